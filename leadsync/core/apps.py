"""What every other app stands on; knows none of them."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.management import call_command
from django.db.models.signals import post_migrate


def _make_cache_table(sender: AppConfig, using: str, **_kwargs: Any) -> None:
    """The database cache of the embedded default needs its table; with Redis there is nothing to make."""
    if "DatabaseCache" in settings.CACHES["default"]["BACKEND"]:
        call_command("createcachetable", database=using, verbosity=0)


class Core(AppConfig):
    name = "leadsync.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        post_migrate.connect(_make_cache_table, sender=self)
        import_module("leadsync.core.api_schema")  # it tells the OpenAPI document about our kind of input
