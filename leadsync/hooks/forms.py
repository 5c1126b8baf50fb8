"""What is typed about webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leadsync.hooks.domain.events import HookEvent
from leadsync.hooks.models import Endpoint
from leadsync.hooks.words import EVENT_WORDS
from leadsync.notices.news import mask

# What a CRM follows once a lead is handed off; arrivals are told to who asks for them.
USUAL = [event for event in EVENT_WORDS if event not in {HookEvent.ARRIVED, HookEvent.ARRIVED_AGAIN}]


class EndpointForm(forms.Form):
    """Where leads are followed, and what is told there. The stored address is never put into the page."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        label=pgettext_lazy("webhook", "Name"),
        max_length=100,
        help_text=gettext_lazy("What you call the program, such as “CRM”."),
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                "inputmode": "url",
                "placeholder": "https://…",
            }
        ),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("What it is told of a lead"),
        choices=lambda: [(event.value, words) for event, words in EVENT_WORDS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one event.")},
    )

    def __init__(self, *args: Any, endpoint: Endpoint | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        address = self.fields["address"]
        if endpoint is None:
            self.initial = {"events": [event.value for event in USUAL], **self.initial}
            address.required = True
            address.help_text = _(
                "The other program shows it where it takes webhooks. It begins with https://."
            )
        else:
            self.initial = {
                "version": endpoint.version,
                "name": endpoint.name,
                "events": endpoint.events,
                **self.initial,
            }
            address.help_text = _("Stored: %(address)s Leave it empty to keep it.") % {
                "address": mask(endpoint.address)
            }
