"""A cohort that a question is about: filters of the leads list, and where each of its leads stands.

The filters are the list's own, so a count here is the list's count, and every count is an address of the list. The
trace is one statement, however many leads.
"""

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils import dates
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from leads.domain.words import MarkValue, Stage
from leads.filters import ME, LeadFilter
from leads.forms import filter_words
from leads.forms.filter_words import Names, Said
from leads.models import Lead
from leads.models.lead import MarkChoices, StageChoices
from leads.querysets import LeadQuerySet
from leadsync.accounts.models import User
from leadsync.accounts.selectors import company
from leadsync.core import charts
from leadsync.core.errors import Invalid

MOST_QUERY = 2_000  # characters of an address
MOST_MONTHS = 18  # a row each; longer periods are one row
MOST_UNITS = 60  # leads shown one by one

# Where leads stand, as the stack shows it: key, colour, stages.
GROUPS: tuple[tuple[str, str, tuple[Stage, ...]], ...] = (
    ("won", "won", (Stage.WON,)),
    ("talk", "talk", (Stage.CONTACTED, Stage.QUALIFIED)),
    ("new", "wait", (Stage.NEW,)),
    ("lost", "lost", (Stage.LOST, Stage.CLOSED)),
)
MARKS = (MarkValue.QUALIFIED, MarkValue.PROMISING, MarkValue.NOT_A_FIT, MarkValue.UNREACHABLE, MarkValue.NONE)

type Counts = Counter[tuple[str, str, str]]  # how many leads by month of arrival ("2026-04"), stage and mark


def _filter(query: str, person: User) -> LeadFilter:
    request = HttpRequest()
    request.user = person
    return LeadFilter(QueryDict(query), queryset=Lead.objects.visible_to(person), request=request)


def read(query: str, person: User) -> str:
    """The filters of a leads list's address as they are kept: in one order, "me" as the person who asks.

    Raises `Invalid` for what cannot be read, for no filter at all, and for one that no lead fits.
    """
    text = query.strip().removeprefix(reverse("leads:list")).removeprefix("?")
    if len(text) > MOST_QUERY:
        raise Invalid(_("These are more filters than a question can keep."), field="cohort")
    asked = _filter(text, person)
    if asked.remarks:
        raise Invalid(" ".join(asked.remarks), field="cohort")
    pairs = [
        (name, str(person.pk) if name in {"owner", "held_by"} and value == ME else value)
        for name, value in asked.pairs
    ]
    if not pairs:
        raise Invalid(_("Choose which leads: take at least one filter of the list."), field="cohort")
    if not asked.qs.exists():
        raise Invalid(_("No lead fits these filters."), field="cohort")
    return urlencode(pairs)


def list_url(query: str) -> str:
    """The leads list with these filters."""
    return f"{reverse('leads:list')}?{query}" if query else reverse("leads:list")


def words_of(queries: Sequence[str]) -> list[list[Said]]:
    """Filters in the reader's language, for many cohorts at once. A query for each sort of thing they name."""
    listed = [parse_qsl(query) for query in queries]
    names = Names.of(listed)
    return [filter_words.said(pairs, names) for pairs in listed]


def as_words(said: Iterable[Said]) -> str:
    """The filters in one line, as they are kept with the question."""
    return "; ".join(f"{one.label}: {one.words}" for one in said)


def leads_of(query: str, person: User) -> LeadQuerySet:
    """The leads that these filters cut the list to, as they are now."""
    found: LeadQuerySet = _filter(query, person).qs
    return found


# ---------------------------------------------------------------------------------------------- the trace


def counts_of(query: str, person: User) -> Counts | None:
    """How many leads of the cohort stand where, by month of arrival. One statement over the leads.

    None where a filter can no longer be read, because what it names is gone: without it more leads would count.
    """
    asked = _filter(query, person)
    if asked.errors:
        return None
    rows = (
        asked.qs.order_by()
        .annotate(month=TruncMonth("received_at", tzinfo=company().tz))
        .values_list("month", "stage", "mark")
        .annotate(count=Count("pk"))
    )
    found: Counts = Counter()
    for month, stage, mark, count in rows:
        found[f"{month:%Y-%m}", stage, mark] += count
    return found


def as_json(counts: Counts) -> dict[str, Any]:
    """What a question keeps of a trace: months with the leads by stage and mark; a long period as one."""
    months: dict[str, dict[str, int]] = {}
    is_long = len({month for month, _stage, _mark in counts}) > MOST_MONTHS
    for (month, stage, mark), count in sorted(counts.items()):
        place = months.setdefault("" if is_long else month, {})
        place[f"{stage}.{mark}"] = place.get(f"{stage}.{mark}", 0) + count
    return {"leads": sum(counts.values()), "months": months}


def from_json(stored: Mapping[str, Any]) -> Counts | None:
    """A kept trace, None where none was kept."""
    months = stored.get("months")
    if not isinstance(months, Mapping):
        return None
    found: Counts = Counter()
    for month, places in months.items():
        for place, count in places.items():
            stage, _dot, mark = place.partition(".")
            found[month, stage, mark] += count
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """So many leads now, and as of asking (None: not known); `url` shows those of now."""

    label: str
    now: int | None
    asked: int | None
    url: str = ""

    @property
    def is_changed(self) -> bool:
        return None not in (self.now, self.asked) and self.now != self.asked

    @property
    def count(self) -> int:
        """What to show: now, else as of asking."""
        return (self.now if self.now is not None else self.asked) or 0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table (a mark) or of the months, with its cells or its stack."""

    label: str
    total: Cell
    cells: tuple[Cell, ...] = ()
    parts: tuple[charts.Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """One lead of a small cohort."""

    url: str
    mark: str
    label: str


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the leads of a cohort stand, for the page."""

    total: Cell
    parts: tuple[charts.Part, ...]
    heads: tuple[Cell, ...]  # one for each group, over all marks
    rows: tuple[Row, ...]  # one for each mark
    months: tuple[Row, ...]  # empty within one month
    units: tuple[Unit, ...]  # empty where there are too many
    is_live: bool

    @property
    def is_changed(self) -> bool:
        """Whether anything stands elsewhere than when it was asked."""
        return any(cell.is_changed for row in self.rows for cell in (*row.cells, row.total))


def group_words() -> dict[str, str]:
    """What the groups are called."""
    return {
        "won": pgettext("lead", "Won"),
        "talk": _("In talks"),
        "new": _("Not contacted yet"),
        "lost": _("Lost or closed"),
    }


def trace(query: str, *, now: Counts | None, asked: Counts | None, person: User | None = None) -> Trace:
    """The trace of a cohort from what was counted now and as of asking; with `person`, its leads one by one."""
    own = parse_qsl(query)
    words = group_words()
    marks: dict[str, Any] = dict(MarkChoices.choices)
    seen = [counts for counts in (now, asked) if counts is not None]

    def cell(label: str, *, mark: str = "", group: tuple[Stage, ...] = (), month: str | None = None) -> Cell:
        url = list_url(_narrowed(own, mark=mark, group=group, month=month)) if now is not None else ""
        then = (
            asked if month is None or asked is None or not any(one == "" for one, _s, _m in asked) else None
        )
        return Cell(label, _sum(now, mark, group, month), _sum(then, mark, group, month), url)

    def stack(month: str | None = None) -> tuple[charts.Part, ...]:
        return charts.stack(
            [
                (kind, words[key], found.count, found.url)
                for key, kind, stages in GROUPS
                for found in [cell(words[key], group=stages, month=month)]
            ]
        )

    total = cell(_("All of them"))
    heads = tuple(cell(words[key], group=stages) for key, _kind, stages in GROUPS)
    rows = tuple(
        Row(
            str(marks[mark]),
            cell(str(marks[mark]), mark=mark),
            tuple(cell(words[key], mark=mark, group=stages) for key, _kind, stages in GROUPS),
        )
        for mark in MARKS
        if any(_sum(counts, mark, (), None) for counts in seen)
    )
    months = _months(now if now is not None else asked or Counter())
    return Trace(
        total=total,
        parts=stack(),
        heads=heads,
        rows=rows,
        months=tuple(Row(_month_words(month), cell("", month=month), parts=stack(month)) for month in months),
        units=_units(query, person) if person and now is not None and 0 < total.count <= MOST_UNITS else (),
        is_live=now is not None,
    )


def _sum(counts: Counts | None, mark: str, group: tuple[Stage, ...], month: str | None) -> int | None:
    if counts is None:
        return None
    return sum(
        count
        for (of_month, of_stage, of_mark), count in counts.items()
        if (not mark or of_mark == mark)
        and (not group or of_stage in group)
        and (month is None or of_month == month)
    )


def _months(counts: Counts) -> list[str]:
    """Every month from the first to the last, none where it is one alone or there are too many."""
    known = sorted({month for month, _stage, _mark in counts if month})
    if len(known) < 2:
        return []
    listed, (year, month) = [], (int(part) for part in known[0].split("-"))
    while (found := f"{year:04}-{month:02}") <= known[-1]:
        listed.append(found)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        if len(listed) > MOST_MONTHS:
            return []
    return listed


def _month_words(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{str(dates.MONTHS_3[number]).capitalize()} {year}"


def _narrowed(
    own: Sequence[tuple[str, str]], *, mark: str, group: tuple[Stage, ...], month: str | None
) -> str:
    """The address of a part of the cohort: its own filters, cut further."""
    replaced: dict[str, list[str]] = {}
    if mark:
        replaced["mark"] = [mark]
    if group:
        allowed = {value for name, value in own if name == "stage"} or set(StageChoices.values)
        stages: list[str] = [stage.value for stage in group if stage.value in allowed]
        replaced["stage"] = stages or [group[0].value]
    if month:
        year, number = (int(part) for part in month.split("-"))
        first, last = (
            date(year, number, 1).isoformat(),
            date(year, number, monthrange(year, number)[1]).isoformat(),
        )
        ends = dict(own)
        replaced["received_from"] = [max(first, ends.get("received_from", first))]
        replaced["received_to"] = [min(last, ends.get("received_to", last))]
    kept = [(name, value) for name, value in own if name not in replaced]
    return urlencode([*kept, *((name, value) for name, values in replaced.items() for value in values)])


def _units(query: str, person: User) -> tuple[Unit, ...]:
    stages: dict[str, Any] = dict(StageChoices.choices)
    marks: dict[str, Any] = dict(MarkChoices.choices)
    leads = (
        _filter(query, person)
        .qs.order_by("received_at", "pk")
        .only("name", "company", "mark", "stage", "erased_at")[:MOST_UNITS]
    )
    return tuple(
        Unit(
            reverse("leads:page", args=[lead.pk]),
            "" if lead.mark == MarkValue.NONE else lead.mark,
            f"{lead.title}: {marks[lead.mark]}, {stages[lead.stage]}",
        )
        for lead in leads
    )
