"""People, roles, the company and its working time."""

from django.apps import AppConfig


class Accounts(AppConfig):
    name = "leadsync.accounts"
    label = "accounts"
    verbose_name = "People"
