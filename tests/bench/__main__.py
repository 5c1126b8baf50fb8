"""Entry point: the environment first, then Django, then everything that needs it."""

import sys

import django

from tests.bench import environment

_place = environment.prepare()
django.setup(set_prefix=False)

from tests.bench.run import main  # noqa: E402

sys.exit(main(_place))
