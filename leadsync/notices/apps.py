"""Notices to people, their delivery, and alerts."""

from django.apps import AppConfig


class Notices(AppConfig):
    name = "leadsync.notices"
    label = "notices"
    verbose_name = "Notices"
