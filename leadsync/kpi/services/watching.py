"""Alerts about the flow of leads and the plan: drought, overload, orders that fall short, a month without a plan.

Each kind is read in a fixed number of statements, whatever it finds.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max
from django.urls import reverse
from django.utils import timezone

from leads.models import Handoff
from leads.selectors import waiting
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.core.businesstime import WorkCalendar
from leadsync.kpi.domain import days as periods
from leadsync.kpi.domain import overload
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.drought import WEEKS, Flow
from leadsync.kpi.models import LeadOrder
from leadsync.kpi.selectors.orders import deliveries, seconds_each
from leadsync.kpi.services.plan_watch import plans_waiting
from leadsync.notices import services as notices
from leadsync.notices.duties import person_subject
from leadsync.notices.models import Alert
from leadsync.notices.watching import Fact, Tell, settle

DROUGHT = "drought"
DROUGHT_ALL = "drought_all"
OVERLOAD = waiting.OVERLOAD
ORDER = "order_short"
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
    if Alert.objects.filter(kind=OVERLOAD, resolved_at=None).exists():
        # Queues are ordered by what waiting costs now: measured here, so that no page has to.
        waiting.keep_fresh(at or timezone.now())
    settle(ORDER, orders_short, at=at, tell=_tell(*DROUGHT_ROLES))
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


def _this_month(now: datetime) -> Period:
    return Period.holding(now.astimezone(accounts.company().tz).date(), Span.MONTH)


def _promised_flow(
    calendar: WorkCalendar, promised: int, now: datetime, last: datetime | None, month: Period
) -> Flow:
    """The promise of the month that it is, and the time without a lead since it began or since the last one."""
    zone = accounts.company().tz
    begins, ends = periods.starts_at(month.first, zone), periods.starts_at(month.stop, zone)
    since = max(begins, last) if last else begins
    return Flow(promised, calendar.between(begins, ends), calendar.between(since, now), is_promised=True)


def _promises(month: Period) -> dict[int, int]:
    """Leads promised for a month by rep. One query."""
    rows = LeadOrder.objects.filter(month=month.first, promised__gt=0)
    return dict(rows.values_list("rep", "promised"))  # type: ignore[arg-type]  # none of them is None


def _words_of(flow: Flow) -> dict[str, int | bool]:
    return {
        # In hours: the words need not change with each minute.
        "minutes": round(flow.quiet_seconds / 3600) * 60,
        "usual_minutes": round(flow.usual_seconds / 60),
        "is_promised": flow.is_promised,
    }


def droughts(now: datetime) -> Iterator[Fact]:
    """Reps who work leads, are not away, and got none for longer than chance explains.

    The rate is the one promised for the month, else that of the last 8 weeks, in the rep's own working time: days off
    and absences count on neither side. Cost: the time in which the leads that did not come would have been contacted.
    Three queries, and the calendars.
    """
    since, month = now - timedelta(weeks=WEEKS), _this_month(now)
    given, promises = _given(since, now), _promises(month)
    if not given and not promises:
        return
    today = now.astimezone(accounts.company().tz).date()
    reps = [
        person
        for person in accounts.lead_workers(today).filter(pk__in=[*(given.keys() | promises.keys())])
        if person.is_rep and not person.is_away  # type: ignore[attr-defined]  # annotated
    ]
    calendars = accounts.calendars_for([person.pk for person in reps])
    for person in reps:
        count, last = given.get(person.pk, (0, None))
        if person.pk in promises:
            flow = _promised_flow(calendars[person.pk], promises[person.pk], now, last, month)
        else:
            assert last is not None
            flow = _flow(calendars[person.pk], since, now, count, last)
        if flow.is_drought:
            yield Fact(
                person_subject(person.pk),
                {"rep": person.name, **_words_of(flow)},
                reverse("leads:routing"),
                round(flow.expected) * round(overload.DEFAULT_SECONDS / 60),
            )


def drought_of_all(now: datetime) -> Iterator[Fact]:
    """Nobody got a lead for longer than chance explains, at the promised rate where every rep was promised leads.

    Three queries at most, and the company's calendar.
    """
    since, month = now - timedelta(weeks=WEEKS), _this_month(now)
    given, promises = _given(since, now), _promises(month)
    last = max((last for _count, last in given.values()), default=None)
    calendar = accounts.company_calendar()
    if promises and _all_have(promises, now):
        flow = _promised_flow(calendar, sum(promises.values()), now, last, month)
    elif last is not None:
        flow = _flow(calendar, since, now, sum(count for count, _last in given.values()), last)
    else:
        return
    if flow.is_drought:
        yield Fact(
            COMPANY,
            _words_of(flow),
            reverse("campaigns:channels"),
            round(flow.expected) * round(overload.DEFAULT_SECONDS / 60),
        )


def _all_have(promises: Mapping[int, int], now: datetime) -> bool:
    """Whether every rep who is there was promised leads. One query."""
    today = now.astimezone(accounts.company().tz).date()
    return all(
        person.pk in promises
        for person in accounts.lead_workers(today)
        if person.is_rep and not person.is_away  # type: ignore[attr-defined]  # annotated
    )


# ---------------------------------------------------------------------------------------------- orders


def orders_short(now: datetime) -> Iterator[Fact]:
    """Reps whose leads of this month are behind the promised pace by more than one and by more than chance explains.

    See `leadsync.kpi.domain.orders.Delivery`. Cost: the time in which the missing leads would have been contacted.
    Three queries, and the calendars.
    """
    month = _this_month(now)
    short = {rep: one for rep, one in deliveries(month, now).items() if one.is_short}
    if not short:
        return
    names = dict(User.objects.filter(pk__in=[*short], is_active=True).values_list("pk", "name"))
    for rep, name in sorted(names.items()):
        found = short[rep]
        yield Fact(
            f"{person_subject(rep)}:{month.first:%Y-%m}",
            {
                "rep": name,
                "month": month.first.isoformat(),
                "missing": found.missing,
                "delivered": found.delivered,
                "promised": found.promised,
            },
            f"{reverse('kpi:orders', args=[f'{month.first:%Y-%m}'])}#order-{rep}",
            found.missing * round(overload.DEFAULT_SECONDS / 60),
        )


# ---------------------------------------------------------------------------------------------- overload


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
    each = seconds_each(queues, now)
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
