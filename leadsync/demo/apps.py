"""The invented sample company."""

from django.apps import AppConfig


class Demo(AppConfig):
    name = "leadsync.demo"
    label = "demo"
    verbose_name = "Demo"
