"""Consent noted by hand."""

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.forms.leads import OwnIds
from leads.services.consents import LONGEST, LONGEST_PLACE


class ConsentForm(OwnIds):
    """What the person said: yes or no longer, to what, and where."""

    said = forms.ChoiceField(
        label=_("The person"),
        choices=(("given", _("agreed")), ("taken_back", _("took it back"))),
        widget=forms.RadioSelect,
        initial="given",
    )
    text = forms.CharField(
        label=_("To what, in their words"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2})
    )
    place = forms.CharField(
        label=_("Where they said so"),
        required=False,
        max_length=LONGEST_PLACE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("By phone, in a mail, at the stand."),
    )
