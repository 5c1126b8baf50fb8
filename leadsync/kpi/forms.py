"""The plan's numbers as people type them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadsync.core.forms import NumberField
from leadsync.kpi.domain.plan import Rates
from leadsync.kpi.models import Plan
from leadsync.kpi.selectors.plans import Past
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
_CENT, _ALL = Decimal("0.01"), Decimal(100)


class PlanForm(forms.Form):
    """One month's target and rates. Version guards against two people saving at once."""

    revenue = Amount(label=_("Revenue"), least=Decimal(0), words=_("The target cannot be below 0."))
    average_deal = Amount(
        label=_("Average deal"), least=Decimal(1), words=_("The average deal must be 1 or more.")
    )
    close_rate = Amount(label=_("Qualified leads that become deals, %"), least=_CENT, most=_ALL, words=_RATE)
    qualification_rate = Amount(label=_("Leads that qualify, %"), least=_CENT, most=_ALL, words=_RATE)
    visit_rate = Amount(
        label=_("Visits that become leads, %"), least=_CENT, most=_ALL, words=_RATE, required=False
    )
    cost_per_lead = Amount(label=_("Cost per lead"), least=Decimal(0), words=_("The cost cannot be below 0."))
    in_time_rate = Amount(
        label=_("First contacts within the promise, %"), least=_CENT, most=_ALL, words=_RATE
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> PlanValues:
        """What was typed, for the service. Call when the form is valid."""
        return values_of(self.cleaned_data)


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


def initial(plan: Plan | None, past: Past) -> dict[str, Any]:
    """What the form starts with: the stored plan, else rates of the last full months and no target."""
    if plan is not None:
        names = [*FALLBACK, "revenue", "in_time_rate", "version"]
        return {name: getattr(plan, name) for name in names}
    measured: dict[str, Any] = {
        name: getattr(past.rates, name).value or default for name, default in FALLBACK.items()
    }
    measured["average_deal"] = max(measured["average_deal"], Decimal(1))
    return {**measured, "revenue": None, "in_time_rate": Decimal(90), "version": None}
