"""Either department learns the other's work; wins are shared."""

from django.apps import AppConfig


class Exchange(AppConfig):
    name = "leadsync.exchange"
    label = "exchange"
    verbose_name = "Exchange"
