"""What is typed about personal data: erasing somebody, and how long data are kept."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models import Lead
from leadsync.privacy.services.erasing import LONGEST_NOTE

MOST_MONTHS = 1_200


class EraseForm(forms.Form):
    """The number of the lead, typed once more, and who asked. A number is the same in every language."""

    confirm = forms.CharField(
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Who asked, and how"),
        required=False,
        max_length=LONGEST_NOTE,
        help_text=gettext_lazy(
            "This note stays: “by mail, 3 March, from the person”. Leave out the name, the address and the number."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lead: Lead, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lead = lead
        self.fields["confirm"].label = _("Type the number of this lead, %(number)d") % {"number": lead.pk}

    def clean_confirm(self) -> str:
        """The lead's number, and no other."""
        typed = str(self.cleaned_data["confirm"]).strip().lstrip("#")
        if typed != str(self.lead.pk):
            raise forms.ValidationError(
                _("This is not the number of this lead: it is %(number)d.") % {"number": self.lead.pk}
            )
        return typed


class UnlinkedForm(forms.Form):
    """Erasing somebody who never became a lead: by the address or number that was searched for."""

    q = forms.CharField(max_length=320, widget=forms.HiddenInput)
    note = forms.CharField(
        label=gettext_lazy("Who asked, and how"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PeriodsForm(forms.Form):
    """For how many months personal data are kept; empty: for good."""

    keep_months = forms.IntegerField(
        label=gettext_lazy("Leads without a sale, months"),
        required=False,
        min_value=1,
        max_value=MOST_MONTHS,
        help_text=gettext_lazy(
            "Counted from when they last wrote or were last worked. Empty: kept for good."
        ),
    )
    keep_won_months = forms.IntegerField(
        label=gettext_lazy("Customers, months"),
        required=False,
        min_value=1,
        max_value=MOST_MONTHS,
        help_text=gettext_lazy("Invoices may have to be kept for longer elsewhere. Empty: kept for good."),
    )
