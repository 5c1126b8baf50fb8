"""Who and when: the company, its people, their calendars."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache

import holidays
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from leadsync.accounts.models import Absence, Company, Invitation, OwnDay, User, WorkingHours
from leadsync.accounts.roles import PERMISSIONS, Can, Role
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


def years_known(today: date, since: date | None = None) -> range:
    """The years whose holidays and absences calendars contain; from `since` on where that is earlier."""
    first = today.year - YEARS_BACK
    return range(min(first, since.year) if since else first, today.year + YEARS_AHEAD + 1)


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


@dataclass
class _Known:
    """Calendars of one state of working time, by person; the company's own under None."""

    of: Company
    years: range
    calendars: dict[int | None, WorkCalendar] = field(default_factory=dict)

    def is_of(self, of: Company, years: range) -> bool:
        return self.years == years and all(
            getattr(self.of, name) == getattr(of, name)
            for name in ("version", "zone", "country", "country_part")
        )

    def read(self, person_ids: Sequence[int]) -> dict[int | None, WorkCalendar]:
        """The calendars of these people and of the company, as the database has them. Three queries, or two."""
        week, weeks = _weeks(person_ids)
        overrides: dict[date, tuple[tuple[int, int], ...]] = {
            day.on: tuple((int(opens), int(closes)) for opens, closes in day.windows)
            for day in OwnDay.objects.all()
        }
        # An own day says more than the country's calendar: work on a holiday is the company's to decide.
        closed = frozenset(public_holidays(self.of, self.years)) - overrides.keys()
        away = _days_away(person_ids, self.years) if person_ids else {}
        zone = self.of.tz
        shared = WorkCalendar(zone, week, closed, overrides)
        found: dict[int | None, WorkCalendar] = {None: shared}
        for one in person_ids:
            is_own = one in weeks or one in away
            found[one] = (
                WorkCalendar(zone, weeks.get(one, week), closed.union(away.get(one, ())), overrides)
                if is_own
                else shared
            )
        return found


class _Memory:
    """The newest state of working time that this process knows, kept from page to page.

    Right with any number of processes that tell each other nothing, because whoever changes working time raises
    `Company.version` in the same transaction, once the rows are written, and every request asks for the company anew:

    - Only one state is kept. Whoever sees another starts afresh, also where the database was put back to an older one.
    - What is kept as version 7 is committed, and not older than 7: the version is read outside of any transaction, and
      before hours, days and absences. Where a change came in between it is younger, but then 7 is past, and only who
      began before the change still asks for it.
    - Inside a transaction nothing is kept. It may be the one that changes working time, and be rolled back: a version
      that never was would then stand for other hours than the one that gets its number next. It may read what is kept,
      because no other can have kept the version that it has raised itself.
    - A request that still holds the company of a change that was rolled back does no harm: for what is to be kept, the
      company is read again.
    """

    def __init__(self) -> None:
        self.known: _Known | None = None

    def of(self, company: Company, years: range) -> _Known:
        """What is known of this state: kept, new and now kept, or, in a transaction, new and soon forgotten."""
        if self.known is not None and self.known.is_of(company, years):
            return self.known
        if connection.in_atomic_block:
            return _Known(company, years)
        fresh = Company.objects.get(pk=1) if _held.get() else company
        self.known = known = _Known(fresh, _years_around_now(fresh))
        return known


_memory = _Memory()


def let_go_of_calendars() -> None:
    """Forget what this process knows of working time, where rows were written and no version was raised."""
    _memory.known = None


def _years_around_now(of: Company, since: date | None = None) -> range:
    return years_known(timezone.now().astimezone(of.tz).date(), since)


def _calendars(wanted: Sequence[int | None], since: date | None) -> Mapping[int | None, WorkCalendar]:
    of = company()
    years = _years_around_now(of)
    further_back = _years_around_now(of, since)
    known = _memory.of(of, years) if further_back == years else _Known(of, further_back)
    missing = [one for one in wanted if one not in known.calendars]
    if not missing:
        return known.calendars
    read = known.read([one for one in missing if one is not None])
    if connection.in_atomic_block:
        return {**known.calendars, **read}
    known.calendars.update(read)
    return known.calendars


def company_calendar(*, since: date | None = None) -> WorkCalendar:
    """When the company works. Raises `CalendarError` where nothing is ever open: saving refuses that."""
    return _calendars([None], since)[None]


def calendars_for(person_ids: Iterable[int], *, since: date | None = None) -> dict[int, WorkCalendar]:
    """When each of these people works, by id. Four queries, however many people; once known, the company's alone.

    Own hours replace the company's week, absences are closed days, own days of the company hold for everyone. `since`
    makes them know holidays and absences from further back than `YEARS_BACK`.
    """
    wanted = list(dict.fromkeys(person_ids))
    if not wanted:
        return {}
    found = _calendars(wanted, since)
    return {person_id: found[person_id] for person_id in wanted}


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


def lead_workers(on: date) -> QuerySet[User]:
    """Active people who work leads, with `is_rep`, `is_head` and `is_away` (on this day of the company's zone)."""
    held = User.groups.through.objects.filter(user=OuterRef("pk"))
    away = Absence.objects.filter(person=OuterRef("pk"), starts_on__lte=on, ends_on__gte=on)
    working = [role for role, allowed in PERMISSIONS.items() if Can.WORK_LEADS in allowed]
    return people_with(*working).annotate(
        is_rep=Exists(held.filter(group__name=Role.REP)),
        is_head=Exists(held.filter(group__name=Role.HEAD_OF_SALES)),
        is_away=Exists(away),
    )


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
