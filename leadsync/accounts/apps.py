"""People: who is who, who may what, and when work is done."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.apps.registry import apps as present_apps
from django.contrib.auth.management import create_permissions
from django.db.models.signals import post_migrate
from django.utils.module_loading import import_string

from leadsync.accounts.roles import PERMISSIONS
from leadsync.core.money import register_currency_source


def sync_roles(sender: AppConfig, using: str, apps: Apps = present_apps, **_kwargs: Any) -> None:
    """Write the table of roles into groups after every migration. Doing it again changes nothing.

    Django makes permissions in a receiver of the same signal that may come later: they are made here first.
    Emptying the tables (`flush`) sends the signal without `apps`.
    """
    try:
        user = apps.get_model("accounts", "User")
        group = apps.get_model("auth", "Group")
        permission = apps.get_model("auth", "Permission")
    except LookupError:
        return  # migrated back to before there were people
    create_permissions(sender, verbosity=0, using=using, apps=apps)
    known = {
        found.codename: found
        for found in permission.objects.using(using).filter(
            content_type__app_label="accounts", content_type__model=user._meta.model_name
        )
    }
    for role, permissions in PERMISSIONS.items():
        row, _made = group.objects.using(using).get_or_create(name=role.value)
        # A permission that this version of the schema does not have yet comes with its own migration.
        row.permissions.set([known[can.value] for can in permissions if can.value in known])


class Accounts(AppConfig):
    name = "leadsync.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        post_migrate.connect(sync_roles, sender=self, dispatch_uid="accounts.roles")
        # By name: models can be imported only now that the registry is filled.
        register_currency_source(import_string("leadsync.accounts.selectors.currency"))
        import_module("leadsync.accounts.api_schema")
