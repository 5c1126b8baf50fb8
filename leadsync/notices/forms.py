"""What is typed about notices: the webhook."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leadsync.notices.kinds import GROUPS
from leadsync.notices.models import Webhook
from leadsync.notices.news import mask


class WebhookForm(forms.Form):
    """Where the company's news go, and which. The stored address is never put into the page."""

    is_on = forms.BooleanField(label=_("Tell the channel"), required=False)
    format = forms.ChoiceField(
        label=pgettext_lazy("webhook", "Where"), choices=Webhook.Format.choices, widget=forms.RadioSelect
    )
    address = forms.CharField(
        label=_("Address of the webhook"),
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
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    groups = forms.MultipleChoiceField(
        label=_("What it is told"),
        choices=lambda: [(group.value, words) for group, words in GROUPS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, hook: Webhook) -> None:
        initial = {
            "is_on": hook.is_on,
            "format": hook.format,
            "language": hook.language,
            "groups": hook.groups if hook.address or hook.groups else [group.value for group in GROUPS],
        }
        super().__init__(data, initial=initial)
        self.fields["address"].help_text = (
            _("Stored: %(address)s Leave it empty to keep it.") % {"address": mask(hook.address)}
            if hook.address
            else _(
                "Make an incoming webhook in Slack, or in Teams a workflow for webhook requests, and copy its address."
            )
        )
