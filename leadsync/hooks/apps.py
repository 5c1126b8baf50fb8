"""What happens to leads, told to other programs of the company."""

from django.apps import AppConfig


class Hooks(AppConfig):
    name = "leadsync.hooks"
    label = "hooks"
    verbose_name = "Outgoing webhooks"
