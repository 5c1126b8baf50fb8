"""Decisions as the list shows them, with how the fact behind each stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Decision, Point
from leadsync.meetings.selectors import facts
from leadsync.meetings.selectors.agenda import title_of

PAGE: Final = 30
OPEN = Decision.StateChoices.OPEN


class Cut(StrEnum):
    """Which decisions the page lists."""

    OPEN = "open"
    MINE = "mine"
    DONE = "done"


@dataclass(slots=True)
class Shown:
    """A decision with what it was about. `is_settled`: the fact behind it is in order meanwhile."""

    decision: Decision
    about: str
    url: str
    is_settled: bool
    error: str = ""
    typed: str = ""


def today() -> date:
    """The day in the company's zone."""
    return timezone.now().astimezone(company().tz).date()


def visible_to(person: User) -> QuerySet[Decision]:
    """Everyone signed in sees every decision: openness is the point."""
    return Decision.objects.all() if person.is_active else Decision.objects.none()


def key_of(point: Point) -> str:
    """By what forms name a point."""
    return facts.item_of(point).key


def cut_of(cut: Cut, person: User) -> QuerySet[Decision]:
    """Decisions of a tab: what is due first, and of what ended the newest."""
    rows = visible_to(person)
    if cut is Cut.DONE:
        return rows.exclude(state=OPEN).order_by("-done_at", "-id")
    rows = rows.filter(state=OPEN).order_by("due_on", "id")
    return rows.filter(owner=person) if cut is Cut.MINE else rows


def page_of(cut: Cut, person: User, *, after: str = "") -> tuple[list[Shown], str]:
    """A page of a tab and the key of the next one ("" for none). Six queries, however many decisions."""
    rows = cut_of(cut, person)
    edge, last = _edge(after)
    if last is not None:
        if cut is Cut.DONE and isinstance(edge, datetime):
            rows = rows.filter(Q(done_at__lt=edge) | Q(done_at=edge, pk__lt=last))
        elif cut is not Cut.DONE and not isinstance(edge, datetime) and edge is not None:
            rows = rows.filter(Q(due_on__gt=edge) | Q(due_on=edge, pk__gt=last))
    found = list(
        rows.select_related("owner", "done_by", "meeting", "point").prefetch_related("owner__groups")[
            : PAGE + 1
        ]
    )
    listed = found[:PAGE]
    key = ""
    if len(found) > PAGE:
        end = listed[-1]
        at = end.done_at.isoformat() if cut is Cut.DONE and end.done_at else end.due_on.isoformat()
        key = f"{at.replace('+00:00', 'Z')}_{end.pk}"
    return shown(listed), key


def _edge(after: str) -> tuple[date | datetime | None, int | None]:
    """Where the page begins; nothing for what is no key."""
    text, _sign, number = after[:80].partition("_")
    if not (number.isascii() and number.isdecimal() and len(number) <= 18):
        return None, None
    try:
        edge = parse_datetime(text) if "T" in text else parse_date(text)
    except ValueError:
        return None, None
    if isinstance(edge, datetime) and timezone.is_naive(edge):
        return None, None
    return edge, int(number) if edge is not None else None


def counts(person: User) -> dict[Cut, int]:
    """How many decisions the tabs hold, ended ones aside. One query."""
    found = Decision.objects.filter(state=OPEN).aggregate(
        opened=Count("pk"), mine=Count("pk", filter=Q(owner=person))
    )
    return {Cut.OPEN: found["opened"], Cut.MINE: found["mine"]}


def shown(decisions: Sequence[Decision]) -> list[Shown]:
    """Each with the point it is about and whether its fact still stands. Two queries."""
    items = [facts.item_of(one.point) for one in decisions]
    standing = facts.standing(items)
    return [
        Shown(
            decision,
            title_of(item),
            item.url,
            is_settled=item.source in {rules.ALERT, rules.DISPUTE} and standing.isdisjoint(item.subjects),
        )
        for decision, item in zip(decisions, items, strict=True)
    ]
