"""Alerts about the flow of leads and the plan: drought, overload, a month without a plan.

Each kind is read in a fixed number of statements, whatever it finds.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, F, Max, Sum
from django.urls import reverse

from leads.models import Activity, Handoff
from leadsync.accounts import selectors as accounts
from leadsync.accounts.roles import Role
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import overload
from leadsync.kpi.domain.drought import WEEKS, Flow
from leadsync.kpi.services.plan_watch import plans_waiting
from leadsync.notices import services as notices
from leadsync.notices.duties import person_subject
from leadsync.notices.models import Alert
from leadsync.notices.watching import Fact, Tell, settle

DROUGHT = "drought"
DROUGHT_ALL = "drought_all"
OVERLOAD = "overload"
PLAN = "plan_unsigned"
COMPANY = "company"

NAMED = 5  # leads that an overload names
DROUGHT_ROLES = (Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES)
PLAN_ROLES = (Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR)


def watch(*, at: datetime | None = None) -> None:
    """Settle all kinds. Safe to run twice, at the same time, late, and after a crash."""
    settle(DROUGHT, droughts, at=at, tell=_tell(*DROUGHT_ROLES))
    settle(DROUGHT_ALL, drought_of_all, at=at, tell=_tell(*DROUGHT_ROLES))
    settle(OVERLOAD, overloads, at=at, tell=_tell(*DROUGHT_ROLES))
    settle(PLAN, plans_waiting, at=at, tell=_tell(*PLAN_ROLES))


def _tell(*roles: Role) -> Tell:
    """Tells the people of these roles what was opened, once a day for each subject; it leads to the alert."""

    def tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
        if not opened:
            return
        people, zone = list(accounts.people_with(*roles)), accounts.company().tz
        notices.put_many(
            [
                notices.NewNotice(
                    alert.kind,
                    person.pk,
                    f"{alert.kind}:{alert.subject}:{alert.opened_at.astimezone(zone):%Y-%m-%d}",
                    alert.context,
                    reverse("notices:alert", args=[alert.pk]),
                )
                for alert in opened
                for person in people
            ],
            at=opened[0].opened_at,
        )

    return tell


# ---------------------------------------------------------------------------------------------- drought


def _given(since: datetime, now: datetime) -> dict[int, tuple[int, datetime]]:
    """How many leads each rep was given, and when the last one. One query."""
    rows = (
        Handoff.objects.filter(at__gte=since, at__lte=now, lead__is_test=False)
        .values_list("rep")
        .annotate(count=Count("pk"), last=Max("at"))
        .order_by()
    )
    return {rep: (count, last) for rep, count, last in rows}


def _flow(calendar: WorkCalendar, since: datetime, now: datetime, count: int, last: datetime) -> Flow:
    return Flow(count, calendar.between(since, now), calendar.between(last, now))


def droughts(now: datetime) -> Iterator[Fact]:
    """Reps who work leads, are not away, and got none for longer than chance explains.

    The rate is that of the last 8 weeks, in the rep's own working time: days off and absences count on neither side.
    Cost: the time in which the leads that did not come would have been contacted. Two queries, and the calendars.
    """
    since = now - timedelta(weeks=WEEKS)
    given = _given(since, now)
    if not given:
        return
    today = now.astimezone(accounts.company().tz).date()
    reps = [
        person
        for person in accounts.lead_workers(today).filter(pk__in=list(given))
        if person.is_rep and not person.is_away  # type: ignore[attr-defined]  # annotated
    ]
    calendars = accounts.calendars_for([person.pk for person in reps])
    for person in reps:
        count, last = given[person.pk]
        flow = _flow(calendars[person.pk], since, now, count, last)
        if flow.is_drought:
            yield Fact(
                person_subject(person.pk),
                {
                    "rep": person.name,
                    # In hours: the words need not change with each minute.
                    "minutes": round(flow.quiet_seconds / 3600) * 60,
                    "usual_minutes": round(flow.usual_seconds / 60),
                },
                reverse("leads:routing"),
                round(flow.expected) * round(overload.DEFAULT_SECONDS / 60),
            )


def drought_of_all(now: datetime) -> Iterator[Fact]:
    """Nobody got a lead for longer than chance explains. One query, and the company's calendar."""
    since = now - timedelta(weeks=WEEKS)
    given = _given(since, now)
    if not given:
        return
    count, last = sum(count for count, _last in given.values()), max(last for _count, last in given.values())
    flow = _flow(accounts.company_calendar(), since, now, count, last)
    if flow.is_drought:
        yield Fact(
            COMPANY,
            {
                "minutes": round(flow.quiet_seconds / 3600) * 60,
                "usual_minutes": round(flow.usual_seconds / 60),
            },
            reverse("campaigns:channels"),
            round(flow.expected) * round(overload.DEFAULT_SECONDS / 60),
        )


# ---------------------------------------------------------------------------------------------- overload


def _seconds_each(reps: Iterable[int], now: datetime) -> dict[int, float]:
    """What a first contact took each rep within the last 8 weeks. One query."""
    rows = (
        Activity.objects.filter(
            by__in=list(reps),
            at__gte=now - timedelta(weeks=WEEKS),
            at__lte=now,
            at=F("lead__first_contact_at"),
        )
        .values_list("by")
        .annotate(minutes_sum=Sum("minutes"), count=Count("pk"))
        .order_by()
    )
    return {rep: overload.seconds_each(minutes, count) for rep, minutes, count in rows if rep is not None}


def overloads(now: datetime) -> Iterator[Fact]:
    """Reps whose queue needs more time than there is before some deadline, with the leads that would be missed.

    Cost: the sales time that is missing. Two queries, and the calendars.
    """
    queues: dict[int, list[tuple[int, datetime, str, str, str]]] = defaultdict(list)
    names: dict[int, str] = {}
    rows = (
        Handoff.objects.open()
        .filter(lead__is_test=False)
        .order_by("rep", "due_at", "pk")
        .values_list("rep", "rep__name", "lead", "due_at", "lead__name", "lead__company")
    )
    for rep, name, lead, due_at, title, company in rows:
        names[rep] = name
        queues[rep].append((lead, due_at, title, company, name))
    if not queues:
        return
    each = _seconds_each(queues, now)
    calendars = accounts.calendars_for(queues)
    for rep, queue in queues.items():
        needs = each.get(rep, overload.DEFAULT_SECONDS)
        calendar = calendars[rep]
        jobs = [
            overload.Job(lead, due_at, calendar.between(now, due_at) if due_at > now else 0.0, needs)
            for lead, due_at, _title, _company, _name in queue
        ]
        load = overload.check(jobs, now)
        if not load.is_over:
            continue
        titles = {lead: title or company or f"#{lead}" for lead, _due, title, company, _name in queue}
        minutes = max(round(load.short_seconds / 60), 1)
        yield Fact(
            person_subject(rep),
            {
                "rep": names[rep],
                "count": len(load.missed),
                "minutes": minutes,
                "leads": [
                    {"lead_id": job.key, "title": titles[job.key], "due_at": job.due_at.isoformat()}
                    for job in load.missed[:NAMED]
                ],
            },
            f"{reverse('leads:list')}?promise=waiting&owner={rep}",
            minutes,
        )
