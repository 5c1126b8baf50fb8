"""The agreement, leads, their arrivals, handoff, the promise and marks."""

from django.apps import AppConfig
from django.utils.module_loading import import_string

from campaigns.selectors import terms


class Leads(AppConfig):
    name = "leads"
    label = "leads"
    verbose_name = "Leads"

    def ready(self) -> None:
        # By name: models can be imported only now that the registry is filled.
        source = "leads.selectors.channel_cost"
        terms.register(import_string(f"{source}.proof_days"), import_string(f"{source}.minutes_a_day"))
