"""What changed in a plan, and what is missing in it, in words."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadsync.accounts.roles import Side
from leadsync.core.templatetags.ui import money, pct
from leadsync.kpi.domain.plan import HUNDRED
from leadsync.kpi.domain.versions import Change

IN_MONEY = {"revenue", "average_deal", "cost_per_lead", "cost_per_visit"}
NAMES: dict[str, Any] = {
    "revenue": gettext_lazy("Revenue"),
    "average_deal": gettext_lazy("Average deal"),
    "close_rate": gettext_lazy("Qualified leads that become deals"),
    "qualification_rate": gettext_lazy("Leads that qualify"),
    "visit_rate": gettext_lazy("Visits that become leads"),
    "cost_per_lead": gettext_lazy("Cost per lead"),
    "cost_per_visit": gettext_lazy("Cost per visit"),
    "in_time_rate": gettext_lazy("First contacts within the promise"),
    "share": gettext_lazy("Share of leads"),
}
SIGNED_FOR: dict[str, Any] = {
    Side.MARKETING: gettext_lazy("signed for marketing"),
    Side.SALES: gettext_lazy("signed for sales"),
    Side.DIRECTION: gettext_lazy("signed as director"),
}


def rate_words(value: Decimal | None) -> str:
    """A rate in percent as a reader writes it, without needless decimals."""
    if value is None:
        return ""
    exact = value.normalize()
    places = max(0, -int(exact.as_tuple().exponent))
    return pct(value / HUNDRED, min(places, 2))


def figure_words(field: str, value: Decimal | None) -> str:
    """A number of a plan in the form its kind has; "none" where there is none."""
    if value is None:
        return _("none")
    return money(value) if field in IN_MONEY else rate_words(value)


def change_words(change: Change) -> str:
    """ "Website: share of leads 40% → 35%"."""
    name = f"{change.channel}: {str(NAMES[change.field]).lower()}" if change.channel else NAMES[change.field]
    return f"{name} {figure_words(change.field, change.before)} → {figure_words(change.field, change.after)}"


def shares_words(total: Decimal) -> str:
    """What is missing to 100 %, or too much. `total` is the sum of the shares."""
    gap = HUNDRED - total
    text = (
        _("The shares add up to %(total)s: %(gap)s is missing.")
        if gap > 0
        else _("The shares add up to %(total)s: %(gap)s is too much.")
    )
    return text % {"total": rate_words(total), "gap": rate_words(abs(gap))}


def off_words(off: Decimal | None) -> str:
    """How far a fact was from its plan: "−9%", "+4%", "as planned"."""
    if off is None:
        return ""
    whole = round(off * 100)
    if not whole:
        return _("as planned")
    return f"+{pct(off)}" if whole > 0 else pct(off)
