"""The production settings, with the floor's views beside the product's."""

from leadsync.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.floor"
