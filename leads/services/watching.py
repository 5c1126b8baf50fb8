"""Alerts about leads and the agreement: promises missed, leads gone silent, thin records, a signature that is missing.

One alert a kind for the company, with how many of them are with whom: the next step, to share them out or to go through
a list, is one step for all. Each kind is read in a fixed number of statements, whatever it counts.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from leads.domain import minutes, recorded
from leads.domain.words import MarkValue
from leads.models import Activity, Answer, Finding, Handoff, Lead
from leads.selectors import agreement
from leads.services import agreements
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.notices import services as notices
from leadsync.notices.models import Alert
from leadsync.notices.watching import Fact, settle

PROMISE = "promise_missed"
SILENT = "silent_leads"
COMPLETENESS = "completeness_low"
AGREEMENT = "agreement_unsigned"
COMPANY = "company"  # the subject of what is one alert for all

LOOK_MINUTES = 5  # to look at a silent lead and set its next step
NOTE_MINUTES = 2  # to write down what was learned about one lead
SIGN_MINUTES = 30  # to read a version and sign it, for each side
JUDGED = (MarkValue.QUALIFIED, MarkValue.PROMISING, MarkValue.NOT_A_FIT)


def watch(*, at: datetime | None = None) -> None:
    """What changes by the minute. Safe to run twice, at the same time, late, and after a crash."""
    settle(PROMISE, promises_missed, at=at)
    settle(AGREEMENT, agreements_unsigned, at=at)


def watch_work(*, at: datetime | None = None) -> None:
    """What counts all leads in work. Safe like `watch`."""
    settle(SILENT, silent_leads, at=at)
    settle(COMPLETENESS, thin_records, at=at, tell=_tell_heads_of_sales)


def _by_rep(rows: Iterable[tuple[int | None, str | None, int]]) -> list[dict[str, Any]]:
    """Rows of people with the most first, as an alert keeps them."""
    found = [{"id": pk, "name": name or "", "count": count} for pk, name, count in rows if count]
    return sorted(found, key=lambda row: (-int(row["count"] or 0), str(row["name"]), row["id"] or 0))


def promises_missed(now: datetime) -> Iterator[Fact]:
    """Leads past the promise, all of them in one fact. One query."""
    reps = _by_rep(
        Handoff.objects.overdue(now)
        .filter(lead__is_test=False)
        .values_list("rep", "rep__name")
        .annotate(count=Count("pk"))
        .order_by()
    )
    count = sum(row["count"] for row in reps)
    if count:
        yield Fact(
            COMPANY,
            {"count": count, "reps": reps},
            f"{reverse('leads:list')}?promise=past",
            count * minutes.REACHED,
        )


def silent_leads(now: datetime) -> Iterator[Fact]:
    """Leads in work with which nothing happens; not those that came with their past and were never worked here.

    Two queries.
    """
    days = agreement.silent_days()
    was_worked = Activity.objects.filter(lead=OuterRef("pk")).exclude(kind__in=("work", "note"))
    reps = _by_rep(
        Lead.objects.counted()
        .silent(now - timedelta(days=days))
        .filter(Q(is_history=False) | Exists(was_worked))
        .values_list("owner", "owner__name")
        .annotate(count=Count("pk"))
        .order_by()
    )
    count = sum(row["count"] for row in reps)
    if count:
        yield Fact(
            COMPANY,
            {"count": count, "days": days, "reps": [row for row in reps if row["id"]]},
            f"{reverse('leads:list')}?silent=1",
            count * LOOK_MINUTES,
        )


def thin_records(now: datetime) -> Iterator[Fact]:
    """Too few of the leads that sales judged lately say what sales learned. One query.

    Something is learned with a tag or words of situation, needs or objections, or an answer that a rep gave.
    """
    learned = Q(Exists(Finding.objects.filter(lead=OuterRef("pk")))) | Q(
        Exists(Answer.objects.filter(lead=OuterRef("pk"), source=Answer.Source.REP))
    )
    rows = list(
        Lead.objects.counted()
        .filter(
            marked_at__gte=now - timedelta(days=recorded.DAYS),
            mark__in=JUDGED,
            is_judged_only=False,
            is_history=False,
            erased_at=None,
        )
        .values_list("owner", "owner__name")
        .annotate(leads=Count("pk"), known=Count("pk", filter=learned))
        .order_by()
    )
    company = recorded.Recorded(sum(row[2] for row in rows), sum(row[3] for row in rows))
    if not company.is_low:
        return
    reps = [(pk, name, recorded.Recorded(leads, known)) for pk, name, leads, known in rows if pk]
    reps.sort(key=lambda row: (row[2].share_pct, -row[2].leads, row[1]))
    yield Fact(
        COMPANY,
        {
            "share": company.share_pct,
            "limit": recorded.LIMIT_PCT,
            "count": company.leads,
            "missing": company.missing,
            "days": recorded.DAYS,
            "reps": [{"id": pk, "name": name, "share": of.share_pct} for pk, name, of in reps if of.is_low],
        },
        reverse("leads:known"),
        company.missing * NOTE_MINUTES,
    )


def agreements_unsigned(now: datetime) -> Iterator[Fact]:
    """Versions proposed for more than two working days that somebody has not signed. One query while there is none."""
    waiting = agreements.long_proposed(now)
    if not waiting:
        return
    heads: dict[str, list[str]] = {}
    rows = (
        accounts.people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES)
        .filter(groups__name__in=(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES))
        .order_by("name", "pk")
        .values_list("groups__name", "name")
    )
    for role, name in rows:
        heads.setdefault(role, []).append(name)
    for one in waiting:
        missing = agreements.missing_sides(one)
        assert one.proposed_at is not None
        yield Fact(
            f"agreement:{one.pk}",
            {
                "number": one.number,
                "proposed_at": one.proposed_at.isoformat(),
                "waits_for": [name for role in missing for name in heads.get(role.value, [])],
            },
            f"/definition/{one.number}/",
            len(missing) * SIGN_MINUTES,
        )


def _tell_heads_of_sales(opened: Iterable[Alert], _resolved: Iterable[Alert]) -> None:
    """Once for each time it opens, with the morning mail; it leads to the alert."""
    people: list[User] = []
    for alert in opened:
        people = people or list(accounts.people_with(Role.HEAD_OF_SALES))
        notices.put(
            kind=alert.kind,
            recipients=people,
            key=f"{alert.kind}:{alert.pk}",
            context=alert.context,
            url=reverse("notices:alert", args=[alert.pk]),
            at=alert.opened_at,
        )
