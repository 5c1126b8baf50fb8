"""The plan's numbers as people type them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Channel
from leadsync.core.forms import NumberField
from leadsync.kpi.domain.plan import HUNDRED, ChannelPast, Cutting, Line, Rates, share_gap, split
from leadsync.kpi.models import Plan
from leadsync.kpi.plan_words import shares_words
from leadsync.kpi.selectors.plans import Past, values_of_plan
from leadsync.kpi.services.plans import PlanValues

FALLBACK = {  # where nothing was measured yet: round numbers to start from
    "average_deal": Decimal(10_000),
    "close_rate": Decimal(25),
    "qualification_rate": Decimal(30),
    "visit_rate": None,
    "cost_per_lead": Decimal(50),
}


class Amount(NumberField):
    """A number in the reader's notation, without needless zeros; limits say what is allowed in words."""

    def __init__(
        self, *, label: Any, least: Decimal | None, words: Any, most: Decimal | None = None, **more: Any
    ) -> None:
        self.least, self.most, self.words = least, most, words
        super().__init__(label=label, widget=forms.TextInput(), **more)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        # Its row in the ladder names it in other words, so the field carries its own name.
        return {
            "class": "inline",
            "data-inline": "",
            "inputmode": "decimal",
            "autocomplete": "off",
            "aria-label": self.label,
        }

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Decimal):
            whole = value == value.to_integral_value()
            return value.quantize(Decimal(1)) if whole else value.normalize()
        return value

    def to_python(self, value: Any) -> Any:
        # People paste rates as they stand on the page, with a percent sign.
        return super().to_python(value.strip().removesuffix("%") if isinstance(value, str) else value)

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            raise forms.ValidationError(self.words, code="limit")


_RATE = _("A rate must be above 0 and at most 100%.")
_COST = _("The cost cannot be below 0.")
_TARGET = _("The target must be above 0.")
_CENT, _ALL = Decimal("0.01"), Decimal(100)
OF_LINE = ("share", "visit_rate", "cost_per_visit", "cost_per_lead")


class PlanForm(forms.Form):
    """One month's target, rates and channels. Version guards against two people saving at once.

    Each channel has four fields, such as `share_3`; one without a share is not part of the plan.
    """

    revenue = Amount(label=_("Revenue"), least=_CENT, words=_TARGET)
    average_deal = Amount(
        label=_("Average deal"), least=Decimal(1), words=_("The average deal must be 1 or more.")
    )
    close_rate = Amount(label=_("Qualified leads that become deals, %"), least=_CENT, most=_ALL, words=_RATE)
    qualification_rate = Amount(label=_("Leads that qualify, %"), least=_CENT, most=_ALL, words=_RATE)
    visit_rate = Amount(
        label=_("Visits that become leads, %"), least=_CENT, most=_ALL, words=_RATE, required=False
    )
    cost_per_lead = Amount(label=_("Cost per lead"), least=Decimal(0), words=_COST)
    in_time_rate = Amount(
        label=_("First contacts within the promise, %"), least=_CENT, most=_ALL, words=_RATE
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What changes and why"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"class": "field", "autocomplete": "off"}),
    )

    def __init__(
        self, data: Any = None, *, channels: Sequence[Channel] = (), initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.channels = channels
        self.total: Decimal | None = None  # of the shares, where they can be read
        self.lines: tuple[Line, ...] = ()
        for channel in channels:
            self.fields |= _fields_of(channel)

    def row(self, channel: Channel) -> dict[str, forms.BoundField]:
        """The four fields of a channel by their short names."""
        return {name: self[f"{name}_{channel.pk}"] for name in OF_LINE}

    def clean(self) -> dict[str, Any]:
        """The channels as lines of the plan, with what is missing said at its field."""
        data = super().clean() or {}
        used = [channel for channel in self.channels if self._has_share(channel, data)]
        shares = [data.get(f"share_{channel.pk}") for channel in used]
        known = [share for share in shares if share is not None]
        if used and len(known) == len(used):
            self.total = sum(known, Decimal(0))
            if share_gap(known) and not any(f"share_{channel.pk}" in self.errors for channel in used):
                self.add_error(f"share_{used[-1].pk}", shares_words(self.total))
        self.lines = tuple(line for channel in used if (line := self._line(channel, data)) is not None)
        return data

    def _has_share(self, channel: Channel, data: Mapping[str, Any]) -> bool:
        name = f"share_{channel.pk}"
        return name in self.errors or bool(data.get(name))

    def _line(self, channel: Channel, data: Mapping[str, Any]) -> Line | None:
        """The line, or None where something about it is wrong, which is then said."""
        names = [f"{name}_{channel.pk}" for name in OF_LINE]
        share, rate, visit, lead = (data.get(name) for name in names)
        if any(name in self.errors for name in names[1:]):
            return None
        if lead is not None and (rate is not None or visit is not None):
            self.add_error(
                names[3], gettext("Either the cost per lead or the two for visits: leave one of them empty.")
            )
        elif lead is None and rate is None and visit is None:
            self.add_error(names[3], gettext("Say here what a lead costs, or fill in the two for visits."))
        elif lead is None and rate is None:
            self.add_error(names[1], gettext("How many of 100 visits become leads?"))
        elif lead is None and visit is None:
            self.add_error(names[2], gettext("What does a visit cost? 0 where it costs nothing."))
        elif share is not None:
            return Line(channel.pk, share, rate, visit, lead)
        return None

    @property
    def has_sound_rates(self) -> bool:
        """Target and rates can be worked with, whatever is wrong about the channels."""
        return not any(name in self.errors for name in NUMBERS)

    def values(self) -> PlanValues:
        """What was typed, for the service. Call when the form is valid."""
        return replace(values_of(self.cleaned_data), lines=self.lines)

    def values_above(self) -> PlanValues:
        """What was typed without the channels: down to leads it stands. Call when `has_sound_rates`."""
        return values_of(self.cleaned_data)


MOST_SLIDER = 125  # percent of the plan's budget
NUMBERS = (*FALLBACK, "revenue", "in_time_rate")


def _fields_of(channel: Channel) -> dict[str, forms.Field]:
    labels: dict[str, Any] = {
        "share": gettext("%(channel)s: share of leads, %%"),
        "visit_rate": gettext("%(channel)s: visits that become leads, %%"),
        "cost_per_visit": gettext("%(channel)s: cost per visit"),
        "cost_per_lead": gettext("%(channel)s: cost per lead"),
    }
    limits: dict[str, Any] = {
        "share": {"least": Decimal(0), "most": HUNDRED, "words": _("A share is between 0 and 100%.")},
        "visit_rate": {"least": _CENT, "most": _ALL, "words": _RATE},
        "cost_per_visit": {"least": Decimal(0), "words": _COST},
        "cost_per_lead": {"least": Decimal(0), "words": _COST},
    }
    return {
        f"{name}_{channel.pk}": Amount(
            label=labels[name] % {"channel": channel.name}, required=False, **limits[name]
        )
        for name in OF_LINE
    }


def values_of(data: Mapping[str, Any]) -> PlanValues:
    return PlanValues(
        revenue=data["revenue"],
        rates=Rates(
            average_deal=data["average_deal"],
            close_rate=data["close_rate"],
            qualification_rate=data["qualification_rate"],
            visit_rate=data["visit_rate"],
            cost_per_lead=data["cost_per_lead"],
        ),
        in_time_rate=data["in_time_rate"],
    )


def of_values(values: PlanValues) -> dict[str, Any]:
    """Values as the form starts with them."""
    rates = {name: getattr(values.rates, name) for name in FALLBACK}
    return (
        rates
        | {"revenue": values.revenue or None, "in_time_rate": values.in_time_rate}
        | {f"{name}_{line.channel}": getattr(line, name) for line in values.lines for name in OF_LINE}
    )


def measured(past: Past, revenue: Decimal | None = None) -> PlanValues:
    """A plan out of the rates of the last full months, with round numbers where nothing was measured."""
    found: dict[str, Any] = {
        name: getattr(past.rates, name).value or default for name, default in FALLBACK.items()
    }
    found["average_deal"] = max(found["average_deal"], Decimal(1))
    return PlanValues(revenue or Decimal(0), Rates(**found))


def as_before(channels: Sequence[Channel], past: Mapping[int, ChannelPast]) -> tuple[Line, ...]:
    """The channels of a plan as they brought leads in the last full months; none where none did."""
    came = {channel.pk: past[channel.pk].leads for channel in channels if channel.pk in past}
    return tuple(
        past[channel].line(share)
        for channel, share in sorted(split(came).items(), key=lambda one: -one[1])
        if share > 0
    )


def initial(plan: Plan | None, past: Past) -> dict[str, Any]:
    """What the form starts with: the stored plan, else rates of the last full months and no target."""
    if plan is not None:
        return of_values(values_of_plan(plan)) | {"version": plan.version}
    return of_values(measured(past)) | {"version": None}


class BudgetForm(forms.Form):
    """A budget that is fixed, from which the target follows."""

    budget = Amount(label=_("Budget"), least=_CENT, words=_("The budget must be above 0."))


class CutForm(forms.Form):
    """Another budget than the plan's: typed, or from the slider (percent of the plan's) where that was moved.

    `cut_was` and `slider_was` are what the page showed, so that it is seen which of the two was changed.
    """

    cut = Amount(label=_("Budget"), least=Decimal(0), words=_("A budget cannot be below 0."), required=False)
    slider = forms.DecimalField(required=False, min_value=0, max_value=MOST_SLIDER)
    cut_was = forms.DecimalField(required=False)
    slider_was = forms.DecimalField(required=False)
    is_cut = forms.BooleanField(required=False)
    cutting = forms.ChoiceField(choices=[(way.value, "") for way in Cutting], required=False)

    def chosen(self, budget: Decimal) -> Decimal | None:
        """The budget to look at; None for the plan's own."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        if data["cut"] is not None and data["cut"] != data["cut_was"]:
            return Decimal(data["cut"])
        if data["slider"] is not None and data["slider"] != data["slider_was"]:
            return None if data["slider"] == HUNDRED else budget * data["slider"] / HUNDRED
        return data["cut"] if data["is_cut"] else None

    @property
    def way(self) -> Cutting:
        """How the budget is cut: of each channel as much where nothing else is said."""
        return Cutting(getattr(self, "cleaned_data", {}).get("cutting") or Cutting.EVENLY)
