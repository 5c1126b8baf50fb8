"""The first steps of a new company, done together."""

from django.apps import AppConfig


class Start(AppConfig):
    name = "leadsync.start"
    label = "start"
    verbose_name = "Start"
