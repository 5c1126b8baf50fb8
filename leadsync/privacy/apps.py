"""Personal data: everything about one person, erasing it, and how long it is kept."""

from django.apps import AppConfig


class Privacy(AppConfig):
    name = "leadsync.privacy"
    label = "privacy"
    verbose_name = "Personal data"
