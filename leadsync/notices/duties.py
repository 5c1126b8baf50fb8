"""Whose business an alert is: what it belongs to, who acts on it, who may see it, what it costs while it stands.

One table for all kinds of alerts. The page, the dashboard, the API and the counter of the navigation all ask it, through
`leadsync.notices.selectors.visible_alerts`. A kind that is not in it is everybody's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from leadsync.accounts.roles import Can, Side


class Topic(StrEnum):
    """What alerts are sorted by for the eye, in the order in which the page offers it."""

    LEADS = "leads"
    CAMPAIGNS = "campaigns"
    TALKS = "talks"
    CHANNELS = "channels"
    AGREED = "agreed"
    HOUSE = "house"


TOPICS: Final = {
    Topic.LEADS: _("Leads and promises"),
    Topic.CAMPAIGNS: _("Campaigns and gates"),
    Topic.TALKS: _("Questions and meetings"),
    Topic.CHANNELS: _("Channels"),
    Topic.AGREED: _("Agreement and plan"),
    Topic.HOUSE: _("LeadSync itself"),
}

_SALES: Final = frozenset({Side.SALES})
_MARKETING: Final = frozenset({Side.MARKETING})
_BOTH: Final = _SALES | _MARKETING


@dataclass(frozen=True, slots=True)
class Duty:
    """Who acts on one kind of alert.

    `who` is said where the facts name nobody. `seen_with` is the permission without which it is not shown; `is_own`
    shows it to the person it is about as well (its subject is `person_subject`). `minutes` is what each thing that an
    alert counts costs; kinds that `watching.settle` keeps say their cost themselves.
    """

    topic: Topic
    sides: frozenset[Side]
    who: Any
    seen_with: Can | None = None
    is_own: bool = False
    minutes: int = 0


_HEAD_OF_SALES = _("Head of sales")
_HEADS = _("Both heads")
_MARKETERS = _("Marketing")
_ADMINISTRATORS = _("Administrators")

DUTIES: Final[Mapping[str, Duty]] = {
    # leads
    "promise_missed": Duty(Topic.LEADS, _SALES, _HEAD_OF_SALES),
    "silent_leads": Duty(Topic.LEADS, _SALES, _HEAD_OF_SALES),
    "completeness_low": Duty(Topic.LEADS, _SALES, _HEAD_OF_SALES),
    "unroutable": Duty(Topic.LEADS, _SALES, _HEAD_OF_SALES, minutes=5),
    "leads_left": Duty(Topic.LEADS, _MARKETING, _MARKETERS, minutes=5),
    "rep_away": Duty(Topic.LEADS, _SALES, _HEAD_OF_SALES, Can.SEE_FIRST_CONTACTS, minutes=5),
    "drought": Duty(Topic.LEADS, _MARKETING, _MARKETERS, Can.SEE_FIRST_CONTACTS, is_own=True),
    "drought_all": Duty(Topic.LEADS, _MARKETING, _MARKETERS),
    "overload": Duty(Topic.LEADS, _BOTH, _HEAD_OF_SALES, Can.SEE_FIRST_CONTACTS, is_own=True),
    "order_short": Duty(Topic.LEADS, _MARKETING, _MARKETERS),
    # campaigns
    "gate_failed": Duty(Topic.CAMPAIGNS, _MARKETING, _MARKETERS),
    "gate_late": Duty(Topic.CAMPAIGNS, _SALES, _HEAD_OF_SALES),
    # talks
    "question_overdue": Duty(Topic.TALKS, _BOTH, _HEADS),
    "no_meeting": Duty(Topic.TALKS, _BOTH, _HEADS),
    "decision_overdue": Duty(Topic.TALKS, _BOTH, _HEADS),
    "nobody_heard": Duty(Topic.TALKS, _MARKETING, _("Head of marketing")),
    # channels
    "point_broken": Duty(Topic.CHANNELS, _MARKETING, _MARKETERS, minutes=30),
    "point_stale": Duty(Topic.CHANNELS, _MARKETING, _MARKETERS),
    "point_no_access": Duty(Topic.CHANNELS, _MARKETING, _MARKETERS),
    # what both signed
    "agreement_unsigned": Duty(Topic.AGREED, _BOTH, _HEADS),
    "plan_unsigned": Duty(Topic.AGREED, _BOTH, _HEADS),
    # LeadSync itself
    "unreadable_messages": Duty(Topic.HOUSE, _MARKETING, _MARKETERS, Can.EDIT_INTAKE, minutes=5),
    "source_token": Duty(Topic.HOUSE, _MARKETING, _MARKETERS, Can.EDIT_INTAKE, minutes=15),
    "rollup_difference": Duty(Topic.HOUSE, frozenset(), _ADMINISTRATORS, Can.MANAGE_COMPANY, minutes=15),
    "webhook_failing": Duty(Topic.HOUSE, frozenset(), _ADMINISTRATORS, Can.MANAGE_COMPANY, minutes=15),
    "mails_given_up": Duty(Topic.HOUSE, frozenset(), _ADMINISTRATORS, Can.MANAGE_COMPANY),
}

_ANYBODY: Final = Duty(Topic.HOUSE, _BOTH, _HEADS)


def duty_of(kind: str) -> Duty:
    """The duty of a kind; everybody's for one that is not in the table."""
    return DUTIES.get(kind, _ANYBODY)


def person_subject(person_id: int) -> str:
    """The subject of alerts that are about one person."""
    return f"rep:{person_id}"


def guarded() -> dict[Can, tuple[str, ...]]:
    """The kinds that are shown only with a permission, by permission."""
    found: dict[Can, tuple[str, ...]] = {}
    for kind, duty in DUTIES.items():
        if duty.seen_with is not None:
            found[duty.seen_with] = (*found.get(duty.seen_with, ()), kind)
    return found


def own_kinds() -> tuple[str, ...]:
    """The kinds that the person they are about sees as well."""
    return tuple(kind for kind, duty in DUTIES.items() if duty.is_own)


def kinds_of(*, topic: Topic | None = None, side: Side | None = None) -> list[str]:
    """The kinds of this topic and on this department's side."""
    return [
        kind
        for kind, duty in DUTIES.items()
        if (topic is None or duty.topic is topic) and (side is None or side in duty.sides)
    ]


def cost_of(kind: str, context: Mapping[str, Any]) -> int:
    """What an alert costs whose caller does not say: so many minutes for each thing it counts, at least one."""
    try:
        count = max(int(context.get("count") or 1), 1)
    except (TypeError, ValueError):
        count = 1
    return min(duty_of(kind).minutes * count, MOST_MINUTES)


MOST_MINUTES: Final = 1_000_000  # more than anybody will spend; keeps the sum in its column
