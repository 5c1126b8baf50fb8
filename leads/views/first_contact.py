"""`/first-contact/`: how promises were kept, by rep, office, kind of campaign, week and hour. Numbers open the leads."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from leads.domain.first_contact import (
    DECIDED,
    LONGEST,
    Headline,
    Say,
    Tally,
    Verdict,
    headline,
    month_before,
    usual_period,
)
from leads.domain.tables.export import neutral
from leads.filters import NOBODY, DayField
from leads.selectors.first_contact import Report, Row, report
from leadsync.accounts import exports
from leadsync.accounts.access import check, person_of, signed_in
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core import charts
from leadsync.core.htmx import render_page
from leadsync.core.templatetags.ui import day as write_day
from leadsync.core.templatetags.ui import duration, num, pct


class PeriodForm(forms.Form):
    """From when until when, both included; nothing said: the last month and this one until today."""

    promised_from = DayField(label=gettext_lazy("From"), required=False)
    promised_to = DayField(label=gettext_lazy("Until"), required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        self.today = today
        self.first, self.last = usual_period(today)
        for name in self.fields:
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """Set `first` and `last`; what cannot be a period is said at its field."""
        asked: dict[str, Any] = super().clean() or {}
        first = asked.get("promised_from") or self.first
        last = asked.get("promised_to") or self.last
        if last < first:
            self.add_error("promised_to", _("The last day must not come before the first."))
        elif (last - first).days >= LONGEST:
            self.add_error("promised_from", _("At most a year at once."))
        elif not self.errors:
            self.first, self.last = first, last
        return asked


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table with the leads behind each number."""

    row: Row
    label: str
    share: Decimal | None
    url: str
    in_time_url: str
    late_url: str
    judged_url: str
    open_url: str

    @property
    def tally(self) -> Tally:
        return self.row.tally


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of the strip; see templates/components/kpi.html."""

    label: str
    figure: str
    delta: str
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; `has_waits` where arrival → handoff stands beside."""

    name: str
    title: str
    head: str
    lines: list[Line]
    has_waits: bool


class Links:
    """Addresses of the leads behind numbers of one report."""

    def __init__(self, found: Report) -> None:
        self.period = [("promised_from", found.first.isoformat()), ("promised_to", found.last.isoformat())]

    def to(self, verdicts: Iterable[Verdict], more: Sequence[tuple[str, str]] = ()) -> str:
        """The leads of which one of these became. What `more` says of the period takes its place."""
        given = {name for name, _value in more}
        pairs = [*(pair for pair in self.period if pair[0] not in given), *more]
        pairs += [("became", verdict.value) for verdict in verdicts]
        return f"{reverse('leads:list')}?{urlencode(pairs)}"

    def lines(
        self,
        rows: Iterable[Row],
        more: Callable[[str], Sequence[tuple[str, str]]],
        label: Callable[[Row], str] = lambda row: row.label,
    ) -> list[Line]:
        """The lines of a table; `more` makes of a row's key what its leads have in common."""
        return [
            Line(
                row,
                label(row),
                _decimal(row.tally.share),
                self.to(DECIDED, more(row.key)),
                self.to([Verdict.IN_TIME], more(row.key)),
                self.to([Verdict.LATE, Verdict.MISSED], more(row.key)),
                self.to([Verdict.JUDGED], more(row.key)),
                self.to([Verdict.OPEN], more(row.key)),
            )
            for row in rows
        ]


def _decimal(share: Fraction | None) -> Decimal | None:
    return None if share is None else Decimal(share.numerator) / Decimal(share.denominator)


def _tables(found: Report, sees_all: bool) -> list[Table]:
    links = Links(found)

    def week(key: str) -> list[tuple[str, str]]:
        monday = date.fromisoformat(key)
        first, last = max(monday, found.first), min(monday + timedelta(days=6), found.last)
        return [("promised_from", first.isoformat()), ("promised_to", last.isoformat())]

    def hours(row: Row) -> str:
        return f"{int(row.key)}:00–{int(row.key) + 1}:00"

    return [
        Table(
            "reps",
            _("By rep") if sees_all else _("My first contacts"),
            _("Rep"),
            links.lines(found.reps, lambda key: [("held_by", key)]),
            False,
        ),
        Table(
            "kinds",
            _("By kind of campaign"),
            _("Kind"),
            links.lines(found.kinds, lambda key: [("kind", key)]),
            True,
        ),
        Table(
            "offices",
            _("By office"),
            _("Office"),
            links.lines(
                found.offices,
                lambda key: [("office", key or NOBODY)],
                lambda row: row.label or _("No office"),
            ),
            False,
        ),
        Table(
            "weeks",
            _("By week"),
            _("Week from"),
            links.lines(found.weeks, week, lambda row: write_day(date.fromisoformat(row.key))),
            True,
        ),
        Table(
            "hours",
            _("By hour of arrival"),
            _("Arrived"),
            links.lines(found.hours, lambda key: [("hour", key)], hours),
            True,
        ),
    ]


def _tiles(found: Report) -> list[Tile]:
    total, links = found.total, Links(found)
    decided = total.decided
    late = ngettext("%(n)s late", "%(n)s late", total.late) % {"n": num(total.late)}
    missed = total.verdicts[Verdict.MISSED]
    without = ngettext("%(n)s of them without a contact", "%(n)s of them without a contact", missed)
    apart = [
        ngettext("%(n)s not due yet", "%(n)s not due yet", total.open) % {"n": num(total.open)},
        ngettext("%(n)s judged only", "%(n)s judged only", total.judged) % {"n": num(total.judged)},
    ]
    waits = sum(total.waited.values())
    return [
        Tile(_("Promises"), num(decided), ", ".join(apart), links.to(DECIDED)),
        Tile(
            _("In time"),
            pct(_decimal(total.share)) if total.share is not None else "–",
            ", ".join([late, without % {"n": num(missed)}] if missed else [late]) if decided else "",
            links.to([Verdict.IN_TIME]),
        ),
        Tile(
            _("Handoff → first contact"),
            duration(total.usual) if total.usual is not None else "–",
            _("usually; 9 of 10 within %(time)s") % {"time": duration(total.nearly_all)}
            if total.usual is not None
            else _("No first contact yet"),
        ),
        Tile(
            _("Arrival → handoff"),
            duration(total.usual_wait) if waits else "–",
            _("usually; 9 of 10 within %(time)s") % {"time": duration(total.nearly_all_wait)}
            if waits
            else _("No handoff measured yet"),
        ),
    ]


def _sentence(chosen: Headline, total: Tally) -> str:
    facts = {
        "in_time": num(total.in_time),
        "decided": num(total.decided),
        "share": pct(_decimal(total.share)) if total.share is not None else "",
    }
    kept = _("%(share)s of the promises were kept: %(in_time)s of %(decided)s.") % facts
    match chosen.say:
        case Say.NOTHING:
            return _("No promise began in this period.")
        case Say.RUNNING:
            return ngettext(
                "%(n)s promise runs, none is decided yet.",
                "%(n)s promises run, none is decided yet.",
                total.open,
            ) % {"n": num(total.open)}
        case Say.KEPT:
            return ngettext(
                "%(n)s promise, and it was kept.", "%(n)s promises, and all were kept.", total.decided
            ) % {"n": num(total.decided)}
        case Say.WORST_HOUR if chosen.tally is not None and chosen.hour is not None:
            worst = _(
                "Leads that arrive between %(from)d:00 and %(to)d:00 are late most often: %(n)s of %(of)s."
            )
            return f"{kept} " + worst % {
                "from": chosen.hour,
                "to": chosen.hour + 1,
                "n": num(chosen.tally.late),
                "of": num(chosen.tally.decided),
            }
        case Say.SLOW_HANDOFF:
            slow = _(
                "A lead waits longer for its handoff (%(wait)s) than then for its first contact (%(took)s)."
            )
            return f"{kept} " + slow % {
                "wait": duration(total.usual_wait),
                "took": duration(total.usual),
            }
    return kept


def _chart(weeks: Sequence[Line]) -> tuple[charts.Chart, str] | None:
    """A column a week: the share in time. Weeks without a decided promise have none."""
    if not any(line.tally.decided for line in weeks):
        return None
    shares = [float((line.share or Decimal(0)) * 100) for line in weeks]
    is_short = len(weeks) <= 10

    def write(value: float) -> str:
        return pct(Decimal(str(value)) / 100)

    chart = charts.columns(
        [line.label for line in weeks],
        shares,
        words=(_("Week from"), _("In time")),
        every_label=is_short,
        write=write,
        width=430,
    )
    last = next(line for line in reversed(weeks) if line.tally.decided)
    title = _("Share in time by week: %(share)s in the week from %(day)s.") % {
        "share": pct(last.share),
        "day": last.label,
    }
    return chart, title


@dataclass(frozen=True, slots=True)
class Choice:
    """A period one click away."""

    label: str
    url: str
    is_current: bool


def _choices(first: date, last: date, today: date) -> list[Choice]:
    this, before = today.replace(day=1), month_before(today)
    half_a_year = today.replace(day=1)
    for _n in range(5):
        half_a_year = month_before(half_a_year)
    offered = [
        (_("This month"), this, today),
        (_("Last month"), before, this - timedelta(days=1)),
        (_("Both"), before, today),
        (_("6 months"), half_a_year, today),
    ]
    address = reverse("leads:first_contact")
    return [
        Choice(
            label,
            f"{address}?{urlencode({'promised_from': begins.isoformat(), 'promised_to': ends.isoformat()})}",
            (begins, ends) == (first, last),
        )
        for label, begins, ends in offered
    ]


@signed_in
@require_safe
def first_contact(request: HttpRequest) -> HttpResponse:
    """The report; rows of persons are for heads and the director, a rep sees the own one. `?csv=` a table as a file."""
    person, now = person_of(request), timezone.now()
    today = now.astimezone(company().tz).date()
    sees_all = person.can(Can.SEE_FIRST_CONTACTS)
    form = PeriodForm(request.GET, today=today)
    is_valid = form.is_valid()
    found = report(form.first, form.last, now=now, sees_all=sees_all, me=person.pk)
    tables = {table.name: table for table in _tables(found, sees_all)}
    wanted = request.GET.get("csv")
    if wanted is not None:
        check(person, Can.EXPORT)
        if wanted not in tables:
            raise Http404
        exports.record(kind=exports.Kind.FIRST_CONTACT, by=person, what=request.GET.urlencode())
        return _csv(tables[wanted], found)
    chosen = headline(found.total, [(int(row.key), row.tally) for row in found.hours])
    context = {
        "form": form,
        "report": found,
        "tables": tables,
        "tiles": _tiles(found),
        "sentence": _sentence(chosen, found.total),
        "chart": _chart(tables["weeks"].lines),
        "choices": _choices(found.first, found.last, today),
        "zone": company().zone,
    }
    return render_page(request, "leads/first_contact.html", context, status=200 if is_valid else 422)


def _csv(table: Table, found: Report) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"first-contact-{table.name}-{found.first}-{found.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    response.write("\ufeff")  # spreadsheet programs read the encoding from it
    writer = csv.writer(response)
    writer.writerow(_headers(table))
    for line in table.lines:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in _cells(table, line)])
    return response


def _headers(table: Table) -> list[str]:
    waits = [_("Minutes from arrival to handoff, usually"), _("9 of 10 within")] if table.has_waits else []
    return [
        table.head,
        _("Promises"),
        _("In time"),
        _("Late"),
        _("In time, %"),
        _("Minutes to first contact, usually"),
        _("9 of 10 within"),
        _("Judged only"),
        _("Not due yet"),
        *waits,
    ]


def _cells(table: Table, line: Line) -> Iterator[Any]:
    tally = line.tally
    yield line.label if table.name != "weeks" else line.row.key
    yield from (tally.decided, tally.in_time, tally.late)
    yield round(line.share * 100, 1) if line.share is not None else None
    yield from (tally.usual, tally.nearly_all, tally.judged, tally.open)
    if table.has_waits:
        yield from (tally.usual_wait, tally.nearly_all_wait)
