"""When work is done: hours of the company and of people, own days, absences. A change raises the version."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.domain.hours import Code, Fault, Windows, faults_of_day, faults_of_week
from leadsync.accounts.models import Absence, OwnDay, User, WorkingHours
from leadsync.accounts.roles import Can
from leadsync.accounts.services.company import raise_version
from leadsync.core.errors import Invalid, NotFound


def sentence(fault: Fault) -> str:
    """What is wrong with hours, for the person who typed them."""
    match fault.code:
        case Code.REVERSED:
            return _("Closing must come after opening. Work past midnight is two windows that meet at 24:00.")
        case Code.OVERLAP:
            return _("This window overlaps with another one of the same day.")
        case Code.NEVER_OPEN:
            return _("At least one window is needed: without open hours no promise could ever fall due.")


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Invalid(sentence(faults[0]), field=f"weekday_{faults[0].weekday}")


def _write_week(person: User | None, week: Sequence[Windows]) -> None:
    WorkingHours.objects.filter(person=person).delete()
    WorkingHours.objects.bulk_create(
        WorkingHours(person=person, weekday=weekday, opens=opens, closes=closes)
        for weekday, windows in enumerate(week)
        for opens, closes in windows
    )
    raise_version()


@transaction.atomic
def set_company_week(*, by: User, week: Sequence[Windows]) -> None:
    """Replace the company's hours: seven days, Monday first, windows in minutes of local time.

    Raises `NotAllowed`; `Invalid` for reversed or overlapping windows and a week that is never open.
    """
    check(by, Can.MANAGE_COMPANY)
    _refuse(faults_of_week(week))
    _write_week(None, week)


@transaction.atomic
def set_own_week(*, by: User, person: User, week: Sequence[Windows]) -> None:
    """Give a person hours of their own, or, with an empty week, the company's again.

    Raises as `set_company_week`.
    """
    check(by, Can.MANAGE_PEOPLE, Can.HAND_OVER)
    if any(week):
        _refuse(faults_of_week(week))
    _write_week(person, week)


@transaction.atomic
def add_own_day(*, by: User, on: date, name: str, windows: Windows = ()) -> OwnDay:
    """Say of one day that the company is closed (no windows), or open in these windows only.

    Raises `NotAllowed`; `Invalid` for a day that is there already and for windows that cannot be used.
    """
    check(by, Can.MANAGE_COMPANY)
    faults = faults_of_day(windows)
    if faults:
        raise Invalid(sentence(faults[0]), field="windows")
    stored = [list(window) for window in sorted(windows)]
    day, is_new = OwnDay.objects.get_or_create(on=on, defaults={"name": name, "windows": stored})
    if not is_new:
        raise Invalid(_("This day is in the list already. Remove it there first."), field="on")
    raise_version()
    return day


@transaction.atomic
def remove_own_day(*, by: User, pk: int) -> OwnDay:
    """Let the week and the country's holidays decide about the day again. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.MANAGE_COMPANY)
    day = OwnDay.objects.filter(pk=pk).first()
    if day is None:
        raise NotFound(_("This day is not in the list any more."))
    OwnDay.objects.filter(pk=pk).delete()
    raise_version()
    return day


@transaction.atomic
def add_absence(*, by: User, person: User, starts_on: date, ends_on: date, note: str = "") -> Absence:
    """Say that a person is away from `starts_on` to `ends_on`, both included.

    Raises `NotAllowed`; `Invalid` for an end before the start and days that are in an absence already.
    """
    check(by, Can.MANAGE_PEOPLE, Can.HAND_OVER)
    if ends_on < starts_on:
        raise Invalid(_("The last day must not come before the first."), field="ends_on")
    if Absence.objects.filter(person=person, starts_on__lte=ends_on, ends_on__gte=starts_on).exists():
        raise Invalid(_("Some of these days are in the list already."), field="starts_on")
    absence = Absence.objects.create(person=person, starts_on=starts_on, ends_on=ends_on, note=note)
    raise_version()
    return absence


@transaction.atomic
def remove_absence(*, by: User, person: User, pk: int) -> None:
    """Take an absence back. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.MANAGE_PEOPLE, Can.HAND_OVER)
    removed, _rows = Absence.objects.filter(person=person, pk=pk).delete()
    if not removed:
        raise NotFound(_("This absence is not in the list any more."))
    raise_version()
