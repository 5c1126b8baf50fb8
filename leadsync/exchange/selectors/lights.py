"""The light of each marketer, and the figures behind it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Max, Q

from leads.selectors.agreement import terms
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import company, people_with
from leadsync.core import db
from leadsync.exchange.domain.light import Light, Quarter, light
from leadsync.exchange.models import Entry, KindChoices


@dataclass(frozen=True, slots=True)
class PersonLight:
    """One marketer in one quarter."""

    person: User
    quarter: Quarter
    light: Light
    heard: int
    heard_before: int
    others: int  # days shadowed, meetings, trainings
    last_on: date | None
    quota: int

    @property
    def missing(self) -> int:
        """Calls still to be heard in the quarter."""
        return max(0, self.quota - self.heard)


def this_quarter(now: datetime | None = None) -> Quarter:
    """The quarter of the company's today."""
    return Quarter.of((now or db.now()).astimezone(company().tz).date())


def marketers() -> Iterable[User]:
    """Whose light there is: who brings leads, by name. Heads have none."""
    return people_with(Role.MARKETER).order_by("name", "pk")


def lights(
    quarter: Quarter | None = None, *, now: datetime | None = None, people: Iterable[User] | None = None
) -> list[PersonLight]:
    """The lights of all marketers, or of these people, for a quarter (this one). Two queries and the agreed number."""
    at = now or db.now()
    zone = company().tz
    quarter = quarter or this_quarter(at)
    found = list(marketers() if people is None else people)
    if not found:
        return []
    within = Q(on__gte=quarter.first, on__lte=quarter.last)
    before = Q(on__gte=quarter.previous.first, on__lte=quarter.previous.last)
    is_call = Q(kind=KindChoices.CALL)
    rows = (
        Entry.objects.filter(by__in=[one.pk for one in found])
        .order_by()
        .values("by")
        .annotate(
            heard=Count("pk", filter=within & is_call),
            heard_before=Count("pk", filter=before & is_call),
            others=Count("pk", filter=within & ~is_call),
            last_on=Max("on", filter=Q(on__lte=quarter.last)),
        )
    )
    figures: dict[int, dict[str, Any]] = {row["by"]: dict(row) for row in rows}
    quota = terms().calls_heard
    nothing: dict[str, Any] = {"heard": 0, "heard_before": 0, "others": 0, "last_on": None}
    lit = []
    for person in found:
        row = figures.get(person.pk, nothing)
        lit.append(
            PersonLight(
                person,
                quarter,
                light(
                    quarter,
                    heard=row["heard"],
                    heard_before=row["heard_before"],
                    quota=quota,
                    joined_at=person.joined_at,
                    now=at,
                    zone=zone,
                ),
                row["heard"],
                row["heard_before"],
                row["others"],
                row["last_on"],
                quota,
            )
        )
    return lit


def own_light(person: User, *, now: datetime | None = None) -> PersonLight | None:
    """One's own light; None for who has none."""
    if not person.is_active or not person.has_role(Role.MARKETER):
        return None
    return lights(now=now, people=[person])[0]
