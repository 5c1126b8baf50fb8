"""Who and when: the company, its people, their calendars."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from leadsync.accounts.models import Absence, Company, Invitation, OwnDay, User, WorkingHours
from leadsync.accounts.roles import Role
from leadsync.core.businesstime import WorkCalendar

type Week = tuple[tuple[tuple[int, int], ...], ...]

# Where no hours are stored: Monday to Friday, 9:00 to 17:00, in minutes of local time.
DEFAULT_WEEK: Week = (((540, 1020),),) * 5 + ((),) * 2

# Calendars know the public holidays and absences of these years around today.
YEARS_BACK = 1
YEARS_AHEAD = 3


# ---------------------------------------------------------------------------------------------- company

_held: ContextVar[list[Company] | None] = ContextVar("accounts_company", default=None)


@contextmanager
def held_company() -> Iterator[None]:
    """Inside the block `company()` asks the database once: the middleware holds it for one request.

    Only this thread's block shares it, so no process ever works with another's outdated settings.
    """
    token = _held.set([])
    try:
        yield
    finally:
        _held.reset(token)


def let_go_of_company() -> None:
    """Forget the held company, for the service that has just changed it."""
    held = _held.get()
    if held is not None:
        held.clear()


def company() -> Company:
    """The company of this installation, made with defaults at the first call. To read, not to change."""
    held = _held.get()
    if held:
        return held[0]
    found = Company.objects.filter(pk=1).first() or Company.objects.get_or_create(pk=1)[0]
    if held is not None:
        held.append(found)
    return found


def currency() -> str:
    """The company's currency (ISO 4217), for `leadsync.core.money`."""
    return company().currency


# ---------------------------------------------------------------------------------------------- calendars


def years_known(today: date) -> range:
    """The years whose holidays and absences calendars contain."""
    return range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)


@lru_cache(maxsize=64)
def _public_holidays(
    country: str, part: str, first_year: int, last_year: int, language: str | None
) -> tuple[tuple[date, str], ...]:
    if not country:
        return ()
    years = range(first_year, last_year + 1)
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=years, language=language)
    except NotImplementedError:
        # A country without a calendar, or a part that it does not know: the country's own days, else none.
        if part:
            return _public_holidays(country, "", first_year, last_year, language)
        return ()
    return tuple(sorted(found.items()))


def public_holidays(of: Company, years: Sequence[int], language: str | None = None) -> dict[date, str]:
    """Public holidays of the company's country in these years with their names, in order.

    `language` chooses the language of the names where the calendar has it; without one, the country's own.
    Empty for a country without a known calendar.
    """
    return dict(_public_holidays(str(of.country), of.country_part, min(years), max(years), language))


def week_of(hours: Iterable[WorkingHours]) -> Week:
    """Stored windows as seven tuples, Monday first, in minutes of local time."""
    week: list[list[tuple[int, int]]] = [[] for _ in range(7)]
    for window in hours:
        week[window.weekday].append((window.opens, window.closes))
    return tuple(tuple(sorted(day)) for day in week)


def company_week() -> Week:
    """The company's stored hours; Monday to Friday, 9:00 to 17:00, where none are stored."""
    stored = list(WorkingHours.objects.filter(person=None))
    return week_of(stored) if stored else DEFAULT_WEEK


def own_weeks(person_ids: Iterable[int]) -> dict[int, Week]:
    """The weeks of those among these people who have own hours. One query."""
    windows: dict[int, list[WorkingHours]] = {}
    for window in WorkingHours.objects.filter(person__in=list(person_ids)):
        assert window.person_id is not None
        windows.setdefault(window.person_id, []).append(window)
    return {person_id: week_of(hours) for person_id, hours in windows.items()}


def _weeks(person_ids: Sequence[int]) -> tuple[Week, dict[int, Week]]:
    """The company's week and those of these people who have own hours. One query."""
    windows: dict[int | None, list[WorkingHours]] = {}
    for window in WorkingHours.objects.filter(Q(person=None) | Q(person__in=person_ids)):
        windows.setdefault(window.person_id, []).append(window)
    shared = week_of(windows.pop(None)) if None in windows else DEFAULT_WEEK
    return shared, {person_id: week_of(hours) for person_id, hours in windows.items() if person_id}


class _Ground:
    """What all calendars share: the zone, the company's week, its holidays and own days. Two queries."""

    def __init__(self, week: Week) -> None:
        of = company()
        today = timezone.now().astimezone(of.tz).date()
        self.years = years_known(today)
        self.zone = of.tz
        self.week = week
        self.overrides: dict[date, tuple[tuple[int, int], ...]] = {
            day.on: tuple((int(opens), int(closes)) for opens, closes in day.windows)
            for day in OwnDay.objects.all()
        }
        # An own day says more than the country's calendar: work on a holiday is the company's to decide.
        self.closed = frozenset(public_holidays(of, self.years)) - self.overrides.keys()

    def calendar(self, week: Week | None = None, away: Iterable[date] = ()) -> WorkCalendar:
        return WorkCalendar(self.zone, week or self.week, self.closed.union(away), self.overrides)


def company_calendar() -> WorkCalendar:
    """When the company works. Raises `CalendarError` where nothing is ever open: saving refuses that."""
    return _Ground(company_week()).calendar()


def calendars_for(person_ids: Iterable[int]) -> dict[int, WorkCalendar]:
    """When each of these people works, by id. Four queries, however many people.

    Own hours replace the company's week, absences are closed days, own days of the company hold for everyone.
    """
    wanted = list(dict.fromkeys(person_ids))
    if not wanted:
        return {}
    week, weeks = _weeks(wanted)
    ground = _Ground(week)
    away = _days_away(wanted, ground.years)
    shared = ground.calendar()
    return {
        person_id: ground.calendar(weeks.get(person_id), away.get(person_id, ()))
        if person_id in weeks or person_id in away
        else shared
        for person_id in wanted
    }


def _days_away(person_ids: Sequence[int], years: range) -> Mapping[int, set[date]]:
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    away: dict[int, set[date]] = {}
    for absence in Absence.objects.filter(person__in=person_ids, starts_on__lte=last, ends_on__gte=first):
        starts, ends = max(absence.starts_on, first), min(absence.ends_on, last)
        days = (starts + timedelta(days=n) for n in range((ends - starts).days + 1))
        away.setdefault(absence.person_id, set()).update(days)
    return away


# ---------------------------------------------------------------------------------------------- people


def people_with(*roles: Role) -> QuerySet[User]:
    """Active people who hold any of these roles, by name."""
    return User.objects.filter(
        is_active=True,
        is_former=False,
        pk__in=User.groups.through.objects.filter(group__name__in=roles).values("user_id"),
    )


def present_reps(on: date) -> QuerySet[User]:
    """Active reps who are not away on this day (of the company's zone), by name."""
    away = Absence.objects.filter(person=OuterRef("pk"), starts_on__lte=on, ends_on__gte=on)
    return people_with(Role.REP).exclude(Exists(away))


# ---------------------------------------------------------------------------------------------- pages


def everyone() -> QuerySet[User]:
    """All people with account, active ones first, office and roles at hand; without former colleagues."""
    return (
        User.objects.filter(is_former=False)
        .select_related("office")
        .prefetch_related("groups")
        .order_by("-is_active", "name", "pk")
    )


def open_invitations() -> QuerySet[Invitation]:
    """Invitations that nobody has accepted or taken back, newest first; some may be too old."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None).select_related("invited_by")


def away_on(day: date) -> dict[int, Absence]:
    """Who is away on this day, by person. One query."""
    return {
        absence.person_id: absence
        for absence in Absence.objects.filter(starts_on__lte=day, ends_on__gte=day).order_by("ends_on")
    }


@dataclass(frozen=True)
class DayOff:
    """A line in the list of days on which the week does not hold."""

    on: date
    name: str
    windows: tuple[tuple[int, int], ...] = ()
    own_pk: int | None = None
    replaces: str = ""  # the public holiday that an own day stands in for


def days_off(year: int, language: str) -> list[DayOff]:
    """Public holidays and own days of a year in order; an own day replaces the holiday of the same date."""
    public = public_holidays(company(), [year], {"en": "en_US"}.get(language, language))
    own = [
        DayOff(
            on=day.on,
            name=day.name,
            windows=tuple((opens, closes) for opens, closes in day.windows),
            own_pk=day.pk,
            replaces="" if public.get(day.on) == day.name else public.get(day.on, ""),
        )
        for day in OwnDay.objects.filter(on__year=year)
    ]
    taken = {day.on for day in own}
    return sorted(
        [*own, *(DayOff(on, name) for on, name in public.items() if on not in taken)], key=lambda day: day.on
    )
