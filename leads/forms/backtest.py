"""The period of a back-test."""

from django import forms
from django.utils.translation import gettext_lazy as _


class PeriodForm(forms.Form):
    """First and last day; whether they can be measured, the service says."""

    from_on = forms.DateField(label=_("Received from"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    to_on = forms.DateField(label=_("Received until"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
