"""The agreement, leads, their arrivals, handoff, the promise and marks."""

from django.apps import AppConfig


class Leads(AppConfig):
    name = "leads"
    label = "leads"
    verbose_name = "Leads"
