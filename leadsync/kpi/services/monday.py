"""The Monday mail: the week in figures, to directors, once a week, on its first working day."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.selectors.gate import failed_gates
from feedback.selectors.limits import limits
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import company, company_calendar, people_with
from leadsync.core import db
from leadsync.core.templatetags.ui import day, money_short, num, pct
from leadsync.kpi import tiles
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.pace import pace_of
from leadsync.kpi.scene import Scene
from leadsync.kpi.selectors.dashboard import Daily, daily, has_any_lead
from leadsync.kpi.selectors.estimate import Outlook, outlook
from leadsync.kpi.selectors.plans import planned
from leadsync.kpi.selectors.week import Standing, Week, last_week, standing
from leadsync.kpi.words import period_name
from leadsync.notices import mails
from leadsync.notices.domain.hours import Moment, week_of
from leadsync.notices.models import Message
from leadsync.notices.selectors import moment, who_stopped

LOCK = "monday"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line: the number in front, what it counts, what to compare it with."""

    number: str
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Scene:
    week: Week
    standing: Standing
    failed_gates: int
    month: Scene
    daily: Daily
    outlook: Outlook

    def for_(self, person: User) -> Scene:
        """The dashboard's month as this director sees it."""
        return replace(self.month, person=person)


def write(*, at: datetime | None = None) -> int:
    """Write the mails of this week when their time has come; returns how many. Any number of runs writes them once.

    The time is 8:00 of the week's first working day. Workers that were away then make up for it on a later working day
    of the same week; a fresh installation begins with the next one.
    """
    now = at or db.now()
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return 0
        zone = company().tz
        monday = week_of(now.astimezone(zone).date())
        if lock.note == monday.isoformat():
            return 0
        then = moment(now)
        if not then.is_morning_over:
            return 0
        is_first_ever, written = not lock.note, 0
        if not (is_first_ever and then.local.date() != _first_working_day(monday)) and has_any_lead():
            written = _write(monday, then)
        lock.ran_at, lock.note = now, monday.isoformat()
        lock.save(update_fields=["ran_at", "note"])
    return written


def _first_working_day(monday: date) -> date | None:
    calendar = company_calendar()
    days = (monday + timedelta(days=number) for number in range(7))
    return next((one for one in days if calendar.is_working_day(one)), None)


def _write(monday: date, then: Moment) -> int:
    stopped = who_stopped(Message.Sort.MONDAY)
    people = [person for person in people_with(Role.DIRECTOR) if person.pk not in stopped]
    if not people:
        return 0
    zone = company().tz
    today = then.local.date()
    month = Period.holding(today, Span.MONTH)
    agreed, calendar = limits(), company_calendar()
    scene = _Scene(
        last_week(monday),
        standing(then.now),
        len(failed_gates(size=agreed.gate_size, needed=agreed.gate_needed)),
        Scene(
            people[0],
            month,
            then.now,
            today,
            zone,
            pace_of(month, calendar, zone, then.now),
            planned(month.months),
        ),
        daily(month),
        outlook(month, now=then.now, zone=zone, calendar=calendar),
    )
    messages = []
    for person in people:
        with mails.spoken(person, zone):
            messages.append(_mail(person, scene, monday, then.now))
    Message.objects.bulk_create(messages, ignore_conflicts=True)
    return len(messages)


def _mail(person: User, scene: _Scene, monday: date, now: datetime) -> Message:
    sentence = _sentence(scene.week)
    return mails.mail(
        person,
        sort=Message.Sort.MONDAY,
        key=f"monday:{person.pk}:{monday:%Y-%m-%d}",
        template="emails/monday",
        subject=_("Last week: %(words)s") % {"words": sentence},
        context={
            "sentence": sentence,
            "week": _("%(first)s to %(last)s")
            % {"first": day(scene.week.first), "last": day(scene.week.last)},
            "figures": _figures(scene),
            "month": _month(scene, person),
            "waiting": _waiting(scene),
            "dashboard_url": reverse("kpi:dashboard"),
        },
        now=now,
    )


def _sentence(week: Week) -> str:
    total = week.total
    leads = ngettext("%(n)s lead", "%(n)s leads", total.arrived) % {"n": num(total.arrived)}
    won = ngettext("%(n)s won", "%(n)s won", total.won) % {"n": num(total.won)}
    return _("%(leads)s, %(qualified)s qualified, %(won)s") % {
        "leads": leads,
        "qualified": num(total.qualified),
        "won": won,
    }


def _was(number: str) -> str:
    return _("The week before: %(n)s") % {"n": number}


def _figures(scene: _Scene) -> list[Figure]:
    total, before = scene.week.total, scene.week.before
    return [
        Figure(num(total.arrived), _("Leads"), _was(num(before.arrived))),
        Figure(num(total.qualified), _("Qualified leads"), _was(num(before.qualified))),
        Figure(num(total.won), _("Won deals"), _was(num(before.won))),
        Figure(money_short(total.revenue), _("Revenue"), _was(money_short(before.revenue))),
        _in_time(scene),
    ]


def _month(scene: _Scene, person: User) -> dict[str, Any]:
    """The dashboard's sentence and its strip, as they are when the mail is written."""
    month, total = scene.for_(person), scene.daily.total
    _rule, sentence = tiles.headline_of(month, total, True, scene.standing.past_promise)
    return {
        "title": period_name(month.period),
        "sentence": sentence,
        "estimate": tiles.estimate(month, total, scene.outlook),
        "figures": [
            Figure(f"{tile.figure} {tile.against}".strip(), tile.label, tile.delta)
            for tile in tiles.tiles(total, scene.daily.before, month)
        ],
    }


def _waiting(scene: _Scene) -> list[Figure]:
    """What waits for somebody now; nothing that is zero."""
    found, now = [], scene.standing
    for count, label, note in (
        (now.past_promise, _("Past the promise now"), ""),
        (scene.failed_gates, _("Campaigns that failed their first leads and wait for a decision"), ""),
        (
            now.open_questions,
            _("Open questions"),
            ngettext("%(n)s of them is overdue", "%(n)s of them are overdue", now.overdue_questions)
            % {"n": num(now.overdue_questions)}
            if now.overdue_questions
            else "",
        ),
        (now.disputes, _("Open disputes about marks"), ""),
    ):
        if count:
            found.append(Figure(num(count), label, note))
    return found


def _in_time(scene: _Scene) -> Figure:
    share, before = scene.week.total.in_time, scene.week.before.in_time
    notes = [_was(pct(before))] if before is not None else []
    plan = scene.month.plan
    if plan.is_there:
        notes.insert(0, _("Agreed: %(goal)s") % {"goal": pct(plan.in_time_rate / 100)})
    label = _("First contact within the promise")
    return Figure(pct(share) if share is not None else "–", label, ". ".join(notes))
