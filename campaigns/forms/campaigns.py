"""Forms of campaigns, spend and visits. They read what was typed; services say what is allowed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from campaigns.domain.states import State
from campaigns.models import Campaign, Spend, Visits
from campaigns.selectors import campaigns as selectors
from campaigns.selectors.campaigns import CampaignFilter
from leadsync.core.forms import MoneyField

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfCampaign = forms.ModelForm[Campaign]
    OfSpend = forms.ModelForm[Spend]
    OfVisits = forms.ModelForm[Visits]
else:
    OfCampaign = OfSpend = OfVisits = forms.ModelForm

MOST_ID = 2**63 - 1  # what a column of ids holds


class Day(forms.DateInput):
    """A date as browsers send and show it, whatever the language."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CampaignForm(OfCampaign):
    """All fields of a campaign, and the version the person saw."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    market = forms.ChoiceField(label=_("market"), required=False)
    budget = MoneyField(
        label=_("budget"), required=False, error_messages={"min_value": _("A budget is 0 or more.")}
    )

    class Meta:
        model = Campaign
        fields = [
            "name",
            "channel",
            "kind",
            "market",
            "segment",
            "owner",
            "starts_on",
            "ends_on",
            "budget",
            "offer",
            "terms",
            "hypothesis",
        ]
        widgets = {"starts_on": Day(), "ends_on": Day()}
        help_texts = {"kind": _("It decides how soon sales calls: see our agreement.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance if self.instance.pk else None
        self.fields["channel"].queryset = selectors.possible_channels(  # type: ignore[attr-defined]
            besides=known.channel_id if known else None
        )
        self.fields["owner"].queryset = selectors.possible_owners(  # type: ignore[attr-defined]
            besides=known.owner_id if known else None
        )
        self.fields["market"].choices = [("", _("Any country")), *countries]  # type: ignore[attr-defined]
        for name in ("starts_on", "ends_on"):
            self.fields[name].input_formats = ["%Y-%m-%d"]  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.label = str(field.label)[:1].upper() + str(field.label)[1:]
        self.fields["version"].initial = self.instance.version if known else None

    def validate_unique(self) -> None:
        """The service checks this, in its transaction."""

    def validate_constraints(self) -> None:
        """The service checks this, in its transaction."""

    def changes(self) -> dict[str, Any]:
        """What was typed, by the names of the service."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class SpendForm(OfSpend):
    """Money spent on one day."""

    amount = MoneyField(label=_("Amount"), error_messages={"min_value": _("The amount has to be above 0.")})

    class Meta:
        model = Spend
        fields = ["on", "amount", "note"]
        widgets = {"on": Day()}
        labels = {"on": _("Day"), "note": _("What for")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].input_formats = ["%Y-%m-%d"]  # type: ignore[attr-defined]

    def validate_constraints(self) -> None:
        """The service checks this."""


class VisitsForm(OfVisits):
    """Visits of one day."""

    class Meta:
        model = Visits
        fields = ["on", "count"]
        widgets = {"on": Day()}
        labels = {"on": _("Day"), "count": _("Visits")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].input_formats = ["%Y-%m-%d"]  # type: ignore[attr-defined]

    def validate_unique(self) -> None:
        """A second number for a day replaces the first."""

    def validate_constraints(self) -> None:
        """The service checks this."""


class FilterForm(forms.Form):
    """The cuts of the list, from its address. What makes no sense is passed over: old links open."""

    q = forms.CharField(required=False, max_length=100, strip=True)
    state = forms.ChoiceField(required=False, choices=[("running", ""), *((state, "") for state in State)])
    channel = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    owner = forms.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    market = forms.RegexField(required=False, regex=r"^[A-Z]{2}$")

    def as_filter(self) -> CampaignFilter:
        """The filter that the address asks for."""
        self.is_valid()
        data = self.cleaned_data
        return CampaignFilter(
            text=data.get("q") or "",
            state=data.get("state") or "",
            channel=data.get("channel"),
            owner=data.get("owner"),
            market=data.get("market") or "",
        )
