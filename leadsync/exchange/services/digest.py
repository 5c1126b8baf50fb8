"""The wins of the week: a mail to everybody who wants it, once a week, on its first working day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.models import User
from leadsync.accounts.selectors import company, company_calendar
from leadsync.core import db
from leadsync.core.templatetags.ui import day, money, num
from leadsync.exchange.domain import rules
from leadsync.exchange.models import Win
from leadsync.exchange.selectors import wins as selectors
from leadsync.exchange.services import wins
from leadsync.notices import mails
from leadsync.notices.models import Message
from leadsync.notices.selectors import moment, who_stopped

LOCK = "wins-of-the-week"
SHOWN = 20  # written out; the rest is counted


@dataclass(frozen=True, slots=True)
class Line:
    """One win in a mail."""

    title: str
    amount: str
    words: str
    applause: str
    url: str


def write(*, at: datetime | None = None) -> int:
    """Write the mails of this week when their time has come; returns how many. Any number of runs writes them once.

    The time is 8:00 of the week's first working day; workers that were away make up for it on a later working day of the
    same week, and a fresh installation begins with the next one. No win was noted in the week before: no mail.
    """
    now = at or db.now()
    then = moment(now)
    if not then.is_morning_over:
        return 0
    monday = rules.last_week(then.local.date())[1]
    wins.keep(at=now)  # what was noted in the last minute of the week, too
    with db.exclusively(LOCK) as lock:
        if lock is None or lock.note == monday.isoformat():
            return 0
        is_first_ever, written = not lock.note, 0
        if not (is_first_ever and then.local.date() != _first_working_day(monday)):
            written = _write(monday, now)
        lock.ran_at, lock.note = now, monday.isoformat()
        lock.save(update_fields=["ran_at", "note"])
    return written


def _first_working_day(monday: date) -> date | None:
    calendar = company_calendar()
    days = (monday + timedelta(days=number) for number in range(7))
    return next((one for one in days if calendar.is_working_day(one)), None)


def _write(monday: date, now: datetime) -> int:
    found = selectors.noted_in_week(monday - timedelta(days=7))
    if not found:
        return 0
    stopped = who_stopped(Message.Sort.WINS)
    people = User.objects.filter(is_active=True, is_former=False).exclude(email="").order_by("pk")
    zone = company().tz
    messages = []
    for person in people:
        if person.pk not in stopped:
            with mails.spoken(person, zone):
                messages.append(_mail(person, found, monday, now))
    Message.objects.bulk_create(messages, batch_size=500, ignore_conflicts=True)
    return len(messages)


def _mail(person: User, found: list[Win], monday: date, now: datetime) -> Message:
    total = sum((win.lead.amount or Decimal(0) for win in found), Decimal(0))
    count = ngettext("%(n)s win last week", "%(n)s wins last week", len(found)) % {"n": num(len(found))}
    sentence = _("%(count)s, %(amount)s") % {"count": count, "amount": money(total)} if total else count
    more = len(found) - SHOWN
    return mails.mail(
        person,
        sort=Message.Sort.WINS,
        key=f"wins:{person.pk}:{monday:%Y-%m-%d}",
        template="emails/wins",
        subject=sentence,
        context={
            "sentence": sentence,
            "week": _("%(first)s to %(last)s")
            % {"first": day(monday - timedelta(days=7)), "last": day(monday - timedelta(days=1))},
            "lines": [_line(win) for win in found[:SHOWN]],
            "rest": ngettext("And %(n)d more.", "And %(n)d more.", more) % {"n": more} if more > 0 else "",
            "wins_url": reverse("exchange:wins"),
        },
        now=now,
    )


def _line(win: Win) -> Line:
    """The win in words: who brought it and who closed it, both by name."""
    lead = win.lead
    words = [
        _("Brought by: %(name)s (%(campaign)s).") % {"name": win.bringer.name, "campaign": lead.campaign.name}
        if win.bringer
        else _("Campaign: %(name)s.") % {"name": lead.campaign.name}
    ]
    if win.logged_by and win.logged_by_id != win.bringer_id:
        words.append(_("Logged by: %(name)s.") % {"name": win.logged_by.name})
    if win.closer:
        words.append(_("Closed by: %(name)s.") % {"name": win.closer.name})
    applause = len(lead.applause.all())
    return Line(
        f"{lead.title}, {lead.company}" if lead.company and lead.company != lead.title else lead.title,
        money(lead.amount),
        " ".join(words),
        ngettext("%(n)d colleague applauds", "%(n)d colleagues applaud", applause) % {"n": applause}
        if applause
        else "",
        reverse("leads:page", args=[lead.pk]),
    )
