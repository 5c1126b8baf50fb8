"""Series of meetings: planned, changed, ended, started again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.meetings.domain.recurrence import DAY_MINUTES, FIRST_YEAR, LAST_YEAR, Rule, RuleError
from leadsync.meetings.models import Meeting, Series
from leadsync.meetings.selectors import rule_words
from leadsync.meetings.selectors import series as selectors
from leadsync.meetings.services import planning
from leadsync.notices import services as notices


@dataclass(frozen=True, slots=True)
class Terms:
    """What a series says, as it was typed; `rule` is an RRULE, `at_minute` minutes after midnight on the wall."""

    name: str
    rule: str
    starts_on: date
    at_minute: int
    people: Iterable[int]
    ends_on: date | None = None
    minutes: int = 30
    place: str = ""


def _checked(terms: Terms, now: datetime) -> dict[str, Any]:
    """The columns of a series. Raises `Invalid` with the field."""
    name, place = planning.checked_name(terms.name), planning.checked_place(terms.place)
    try:
        rule = Rule.read(terms.rule)
    except RuleError as error:
        raise Invalid(rule_words.refusal(error), field="rule") from error
    if not 0 <= terms.at_minute < DAY_MINUTES:
        raise Invalid(_("A time of day lies between 0:00 and 23:59."), field="at")
    for field, day in (("starts_on", terms.starts_on), ("ends_on", terms.ends_on)):
        if day is not None and not FIRST_YEAR <= day.year < LAST_YEAR:
            raise Invalid(
                _("The year lies between %(first)d and %(last)d.")
                % {"first": FIRST_YEAR, "last": LAST_YEAR - 1},
                field=field,
            )
    if terms.ends_on is not None and terms.ends_on < terms.starts_on:
        raise Invalid(_("The last day must not come before the first."), field="ends_on")
    minutes = planning.checked_minutes(terms.minutes)
    if not _takes_place(rule, terms, now):
        raise Invalid(
            _("No meeting would come of this: every day of it is over, or a day on which nobody works."),
            field="rule",
        )
    return {
        "name": name,
        "rule": rule.text,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "at_minute": terms.at_minute,
        "minutes": minutes,
        "place": place,
    }


def _takes_place(rule: Rule, terms: Terms, now: datetime) -> bool:
    found = selectors.coming(
        rule,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        at_minute=terms.at_minute,
        now=now,
        count=1,
    )
    return any(not one.reason for one in found)


@transaction.atomic
def create(*, by: User, terms: Terms, at: datetime | None = None) -> Series:
    """Plan a series; its meetings of the next weeks are there at once, and people are told.

    The same series a second time is the first one. Raises `NotAllowed`, `Invalid` with the field.
    """
    check(by, Can.RUN_MEETINGS)
    now = at or db.now()
    columns = _checked(terms, now)
    people = planning.checked_people(terms.people)
    with db.exclusively("meetings.new", wait=True):
        same = Series.objects.filter(is_active=True, **columns).first()
        if same is not None:
            return same
        made = Series.objects.create(**columns, at=now, by=by)
        made.people.set(people)
        planning.plan(made, now)
        _tell("series_planned", made, people, by=by, now=now)
    return made


def _held(series: Series, by: User) -> Series:
    check(by, Can.RUN_MEETINGS)
    found = db.locked(Series.objects.filter(pk=series.pk)).first()
    if found is None:
        raise NotFound(_("This series is no longer here."))
    return found


@transaction.atomic
def edit(
    *, series: Series, by: User, version: int | None, terms: Terms, at: datetime | None = None
) -> Series:
    """Change a series. Meetings still to come follow, but for those that somebody moved or cancelled.

    Those who are new are asked to all meetings still to come, those who left to none. Raises `NotAllowed`, `Invalid`,
    `Conflict` when it was changed or ended meanwhile.
    """
    found = _held(series, by)
    now = at or db.now()
    columns = _checked(terms, now)
    wanted = set(planning.checked_people(terms.people))
    before = set(found.people.values_list("pk", flat=True))
    changed = [name for name, value in columns.items() if getattr(found, name) != value]
    if not changed and wanted == before:
        return found
    if not found.is_active:
        raise Conflict(_("This series has ended. Start it again first."), version=found.version)
    if version is not None and version != found.version:
        raise Conflict(
            _("This series was changed meanwhile. Nothing you typed is lost."), version=found.version
        )
    for name in changed:
        setattr(found, name, columns[name])
    found.version += 1
    found.save()
    found.people.set(wanted)
    planning.plan(found, now)
    ahead = list(
        Meeting.objects.filter(
            series=found, state=Meeting.StateChoices.PLANNED, starts_at__gt=now
        ).values_list("pk", flat=True)
    )
    planning.invite(ahead, wanted - before)
    planning.uninvite(ahead, before - wanted)
    _tell("series_planned", found, wanted - before, by=by, now=now)
    _tell("series_left", found, before - wanted, by=by, now=now)
    if changed:
        _tell("series_changed", found, wanted & before, by=by, now=now)
    return found


@transaction.atomic
def end(*, series: Series, by: User, reason: str = "", at: datetime | None = None) -> Series:
    """Let no further meeting of a series take place; what was held stays. People are told. A second time is the first.

    Meetings that somebody moved are cancelled rather than taken away: they were promised by hand. Raises `NotAllowed`,
    `Invalid` for a reason that is too long.
    """
    found = _held(series, by)
    reason = planning.clean(reason, field="reason", most=300)
    if not found.is_active:
        return found
    now = at or db.now()
    found.is_active = False
    found.version += 1
    found.save()
    planning.plan(found, now)
    for meeting in db.locked(
        Meeting.objects.filter(series=found, state=Meeting.StateChoices.PLANNED, starts_at__gt=now)
    ):
        planning.put_off(meeting, reason or _("The series has ended."), now)
    _tell("series_ended", found, found.people.values_list("pk", flat=True), by=by, now=now, reason=reason)
    return found


@transaction.atomic
def resume(*, series: Series, by: User, at: datetime | None = None) -> Series:
    """Start an ended series again; its last day, where that is over, no longer holds. Raises `NotAllowed`."""
    found = _held(series, by)
    if found.is_active:
        return found
    now = at or db.now()
    if found.ends_on is not None and found.ends_on <= now.astimezone(company().tz).date():
        found.ends_on = None
    found.is_active = True
    found.version += 1
    found.save()
    planning.plan(found, now)
    _tell("series_planned", found, found.people.values_list("pk", flat=True), by=by, now=now)
    return found


def _tell(kind: str, series: Series, people: Iterable[int], *, by: User, now: datetime, **facts: str) -> None:
    following = (
        Meeting.objects.filter(series=series, state=Meeting.StateChoices.PLANNED, starts_at__gt=now)
        .order_by("starts_at")
        .first()
    )
    active = selectors.invitable().filter(pk__in=list(people)).values_list("pk", flat=True)
    notices.put(
        kind=kind,
        recipients=active,
        key=f"{kind}:{series.pk}:{series.version}",
        context={
            "name": series.name,
            "starts_at": following.starts_at.isoformat() if following else "",
            "minutes": series.minutes,
            "place": series.place,
            "by": by.name,
            **facts,
        },
        url=reverse("meetings:series", args=[series.pk]),
        by=by,
        at=now,
    )
