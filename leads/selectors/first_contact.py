"""The report of first contact: what became of the promises that began in a period, cut in several ways at once."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Case, CharField, DateField, F, IntegerField, Q, Value, When
from django.db.models.functions import ExtractHour, TruncWeek

from campaigns.models import Campaign
from leads.domain.first_contact import CONTACTED, Tally, Verdict
from leads.models import Handoff
from leads.querysets import verdicts
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core import db

_COLUMNS = ("rep", "kind", "week", "hour", "verdict", "took", "waited")
_CUTS = tuple(
    (cut, *counted) for cut in ("kind", "week", "hour") for counted in (("verdict", "took"), ("waited",))
)
_BY_REP = ("rep", "verdict", "took")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table. `key` is what it stands for in addresses; without one (`""`) nothing was given."""

    key: str
    label: str
    tally: Tally
    side: str = "sales"

    @property
    def name(self) -> str:
        return self.label


@dataclass(slots=True)
class Report:
    """What became of the promises that began in the period. `reps` holds whom the reader may see."""

    first: date
    last: date
    total: Tally = field(default_factory=Tally)
    reps: list[Row] = field(default_factory=list)
    offices: list[Row] = field(default_factory=list)
    kinds: list[Row] = field(default_factory=list)
    weeks: list[Row] = field(default_factory=list)
    hours: list[Row] = field(default_factory=list)


def report(first: date, last: date, *, now: datetime, sees_all: bool, me: int) -> Report:
    """The report over the days from `first` to `last` of the company's zone, as things stand now. Two queries.

    Rows of persons: all with `sees_all`, else only the own one. A handoff belongs to the day on which it began.
    """
    zone = accounts.company().tz
    conditions: dict[Verdict, Q] = verdicts(now)
    rows = (
        Handoff.objects.filter(
            at__gte=datetime.combine(first, time.min, zone),
            at__lt=datetime.combine(last + timedelta(days=1), time.min, zone),
            lead__is_test=False,
        )
        .annotate(
            kind=F("lead__campaign__kind"),
            week=TruncWeek("at", tzinfo=zone, output_field=DateField()),
            hour=ExtractHour("lead__received_at", tzinfo=zone),
            verdict=Case(
                *(When(found, then=Value(verdict.value)) for verdict, found in conditions.items()),
                default=Value(Verdict.OTHER.value),
                output_field=CharField(),
            ),
            took=Case(
                When(end__in=("contact", "mark"), then=F("taken_seconds") / 60),
                default=None,
                output_field=IntegerField(),
            ),
            waited=F("waited_seconds") / 60,
        )
        .values_list(*_COLUMNS)
    )
    found: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
    cuts = (*_CUTS, _BY_REP)
    for place, key, second, third, count in db.tallied(rows, _COLUMNS, cuts):
        name, *counted = cuts[place]
        tally = found[name][key or ""]
        if counted == ["waited"]:
            if second is not None:
                tally.waited[int(second)] += count
            continue
        tally.verdicts[second] += count
        if third is not None and second in CONTACTED:
            tally.took[int(third)] += count
    made = Report(first, last)
    for tally in found["kind"].values():
        made.total.add(tally)
    _people(made, found["rep"], sees_all, me)
    made.kinds = [
        Row(value, str(label), found["kind"][value])
        for value, label in Campaign.Kind.choices
        if value in found["kind"]
    ]
    made.weeks = [Row(key[:10], key[:10], tally) for key, tally in sorted(found["week"].items())]
    made.hours = [
        Row(key, f"{int(key)}:00", tally)
        for key, tally in sorted(found["hour"].items(), key=lambda one: int(one[0]))
    ]
    return made


def _people(made: Report, found: dict[str, Tally], sees_all: bool, me: int) -> None:
    """Rows of reps, the least in time first, and of their offices."""
    offices: dict[tuple[str, str], Tally] = defaultdict(Tally)
    people = User.objects.filter(pk__in=[int(key) for key in found]).select_related("office")
    for person in people.only("name", "office__name"):
        tally = found[str(person.pk)]
        office = person.office
        offices[(office.name, str(office.pk)) if office else ("", "")].add(tally)
        if sees_all or person.pk == me:
            made.reps.append(Row(str(person.pk), person.name, tally))
    made.reps.sort(key=lambda row: (row.tally.share is None, row.tally.share or 0, row.label))
    made.offices = [Row(pk, name, tally) for (name, pk), tally in sorted(offices.items())]
