"""Doors that stay open: hosted forms, and messages that other programs send."""

from django.apps import AppConfig


class Intake(AppConfig):
    name = "leadsync.intake"
    label = "intake"
    verbose_name = "Intake"
