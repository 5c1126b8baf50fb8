"""Series of meetings: which there are, when the next ones are, and which days are left out and why."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Min, Prefetch, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leadsync.accounts.models import OwnDay, User
from leadsync.accounts.roles import SIDES, Role, Side
from leadsync.accounts.selectors import company, company_calendar, people_with, public_holidays
from leadsync.meetings.domain.recurrence import Freq, Rule, RuleError, days, instant
from leadsync.meetings.models import Meeting, Series
from leadsync.meetings.selectors import rule_words

SHOWN: Final = 5  # next meetings of a series
LOOKED: Final = timedelta(days=2 * 366)  # as far as calendars know their holidays
MOST_LEFT_OUT: Final = 10


@dataclass(frozen=True, slots=True)
class Coming:
    """One day of a rule: when the meeting is, or why there is none."""

    day: date
    at: datetime
    reason: str = ""  # of a day that is left out

    @property
    def weekday(self) -> str:
        """Its name in the reader's language."""
        return rule_words.weekday(self.day.weekday())


@dataclass(frozen=True, slots=True)
class Row:
    """A series as lists show it."""

    of: Series
    sentence: str
    next_at: datetime | None
    people: Sequence[User]

    @property
    def clock(self) -> time:
        """Its time of day on the wall."""
        return time(*divmod(self.of.at_minute, 60))


def rule_of(series: Series) -> Rule | None:
    """Its rule; None for one that was written past the services and is none."""
    try:
        return Rule.read(series.rule)
    except RuleError:
        return None


def sentence_of(series: Series) -> str:
    """When it comes again, in the reader's language; the rule itself where it cannot be read."""
    rule = rule_of(series)
    return rule_words.sentence(rule) if rule else series.rule


def planned_days(rule: Rule, *, starts_on: date, ends_on: date | None, first: date, last: date) -> list[date]:
    """Days on which there is a meeting: those of the rule on which the company works."""
    calendar = company_calendar()
    until = min(last, ends_on) if ends_on else last
    return [
        day for day in days(rule, starts_on, max(first, starts_on), until) if calendar.is_working_day(day)
    ]


def coming(
    rule: Rule,
    *,
    starts_on: date,
    ends_on: date | None,
    at_minute: int,
    now: datetime,
    count: int = SHOWN,
) -> list[Coming]:
    """The next meetings of a rule, and between them the days that are left out, with the reason."""
    zone, calendar = company().tz, company_calendar()
    today = now.astimezone(zone).date()
    last = today + LOOKED
    first = max(starts_on, today)
    if ends_on:
        last = min(last, ends_on)
    if first > last:  # begins further ahead than holidays are known
        last = min(ends_on, first + LOOKED) if ends_on else first + LOOKED
    found: list[Coming] = []
    left_out: list[date] = []
    for day in days(rule, starts_on, first, last):
        at = instant(day, at_minute, zone)
        if at <= now:
            continue
        if calendar.is_working_day(day):
            found.append(Coming(day, at))
            if len(found) == count:
                break
        elif rule.freq is not Freq.DAY or calendar.week[day.weekday()]:
            # That nobody works on Sundays is what "every working day" says itself.
            left_out.append(day)
    shown = left_out[:MOST_LEFT_OUT]
    reasons = why_closed(shown)
    out = [Coming(day, instant(day, at_minute, zone), reasons[day]) for day in shown]
    return sorted([*found, *out], key=lambda one: one.day)


def why_closed(closed: Sequence[date]) -> dict[date, str]:
    """Why the company does not work on these days: the name of the holiday or own day, else that it never does then."""
    if not closed:
        return {}
    own = dict(OwnDay.objects.filter(on__in=closed).values_list("on", "name"))
    language = get_language() or "en"
    years = range(min(closed).year, max(closed).year + 1)
    public = public_holidays(company(), years, {"en": "en_US"}.get(language, language))
    return {day: own.get(day) or public.get(day) or _("no working hours on this weekday") for day in closed}


# ---------------------------------------------------------------------------------------------- people


def invitable() -> QuerySet[User]:
    """Everybody who can be asked to a meeting, by name."""
    return User.objects.filter(is_active=True, is_former=False).order_by("name", "pk")


def usual_people() -> list[int]:
    """Who is asked unless somebody says otherwise: both heads and the directors."""
    return list(
        people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR).values_list("pk", flat=True)
    )


def heads() -> QuerySet[User]:
    """Those who answer for joint meetings."""
    return people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES)


@dataclass(frozen=True, slots=True)
class Department:
    """People of one side, to choose from."""

    side: Side
    label: str
    people: Sequence[User]


def departments() -> list[Department]:
    """Whom one can ask, by department. Two queries."""
    found: dict[Side, list[User]] = {side: [] for side in Side}
    for person in invitable().prefetch_related("groups"):
        found[person.side].append(person)
    labels = {
        Side.MARKETING: _("Marketing"),
        Side.SALES: _("Sales"),
        Side.DIRECTION: _("Management"),
    }
    return [Department(side, labels[side], people) for side, people in found.items() if people]


def sides_of(people: Iterable[int]) -> set[Side]:
    """For which departments these people speak; who leads both speaks for both. One query."""
    names = User.groups.through.objects.filter(user__in=list(people)).values_list("group__name", flat=True)
    roles = {role.value: side for role, side in SIDES.items()}
    return {roles[name] for name in names.distinct() if name in roles}


# ---------------------------------------------------------------------------------------------- lists


def with_people(rows: QuerySet[Series]) -> QuerySet[Series]:
    """Series with those who are asked, by name."""
    return rows.select_related("by").prefetch_related(
        Prefetch(
            "people", queryset=User.objects.filter(is_active=True).order_by("name").prefetch_related("groups")
        )
    )


def listed(now: datetime) -> list[Row]:
    """Series that take place, each with its next meeting, by name. Four queries, however many there are."""
    ahead = Meeting.objects.filter(
        starts_at__gt=now, state=Meeting.StateChoices.PLANNED, series__isnull=False
    )
    following = dict(ahead.values_list("series").annotate(first=Min("starts_at")).order_by())
    rows = with_people(Series.objects.filter(is_active=True)).order_by("name", "pk")
    return [Row(one, sentence_of(one), following.get(one.pk), list(one.people.all())) for one in rows]


def ended(most: int = 20) -> Iterator[Series]:
    """Series that no longer take place, the newest first."""
    return iter(Series.objects.filter(is_active=False).order_by("-pk")[:most])
