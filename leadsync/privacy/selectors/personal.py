"""Everything about one person: for the page in words, for the file as it stands in the tables."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from leads.models import ImportRow, Lead
from leads.selectors.by_words import search
from leads.services import import_erasing
from leads.services.changes import as_json
from leadsync.core.redaction import Traces
from leadsync.intake.models import Payload
from leadsync.intake.services import erasing as intake
from leadsync.notices.kinds import words_for
from leadsync.privacy.columns import label_of, shown_columns, words_of
from leadsync.privacy.places import PLACES, Place

MOST_FOUND = 50
_TOLD = frozenset({"notices.Notice", "notices.News", "notices.Alert"})
_OWN = frozenset({"lead", "survivor"})  # that it is about this lead says the page


@dataclass(frozen=True, slots=True)
class Line:
    """A column and its value in words."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """What one table holds, in words, and what erasing does with it."""

    name: str
    title: str
    erased: str
    rows: list[list[Line]]


def sections(lead: Lead) -> list[Section]:
    """Every table that holds something of this lead, in words. A few statements for each table, whatever its size."""
    found = []
    for place in PLACES:
        rows = [lines for row in place.rows(lead.pk) if (lines := _lines(place, row))]
        if rows:
            found.append(Section(_anchor(place), str(place.title), str(place.erased), rows))
    return found


def _anchor(place: Place) -> str:
    return place.label.replace(".", "-").lower()


def _lines(place: Place, row: Model) -> list[Line]:
    lines = []
    if place.label in _TOLD:
        # The words of a notice are made when it is read.
        told = words_for(row.kind, row.context)  # type: ignore[attr-defined]
        lines.append(Line(label_of("body"), " ".join(part for part in (told.title, told.text) if part)))
    for name in shown_columns(place.model, place.shown):
        if name in _OWN or (place.label in _TOLD and name in {"kind", "subject"}):
            continue
        if text := words_of(row, name):
            lines.append(Line(label_of(name), text))
    return lines


def counts(lead: Lead) -> list[tuple[str, str, int]]:
    """How many rows erasing touches: (what, what becomes of it, how many), of tables that hold some."""
    found = ((place, place.find(lead.pk).count()) for place in PLACES)
    return [(str(place.title), str(place.erased), count) for place, count in found if count]


def as_document(lead: Lead) -> dict[str, Any]:
    """The same for a program: rows by table, every column as it stands."""
    return {
        place.label: [
            {field.attname: _raw(row, field) for field in row._meta.concrete_fields}
            for row in place.rows(lead.pk)
        ]
        for place in PLACES
    }


def _raw(row: Model, field: Any) -> Any:
    return (
        as_json(field.value_from_object(row))
        if field.get_internal_type() != "FileField"
        else str(field.value_from_object(row) or "")
    )


# --------------------------------------------------------------------------------------------- finding


@dataclass(frozen=True, slots=True)
class Found:
    """Who is known by an address, a number or a name, and where they are named without being a lead."""

    leads: list[Lead]
    payloads: list[Payload]
    rows: list[ImportRow]
    lists: int  # how many lists that were never saved to their end name them
    has_more: bool  # of the leads
    can_erase: bool  # by address or number: somebody's for certain

    @property
    def is_empty(self) -> bool:
        return not (self.leads or self.payloads or self.rows or self.lists)


def find(text: str) -> Found:
    """Everything about an e-mail address, a phone number or a name; at most `MOST_FOUND` of each sort."""
    traces = Traces.of(emails=[text], phones=[text], names=[text])
    leads = (
        Lead.objects.filter(search(text)).select_related("campaign", "owner").order_by("-received_at", "-pk")
    )
    unlinked: QuerySet[Payload] = intake.mentioning(traces).filter(lead=None, arrival=None)
    known = list(leads[: MOST_FOUND + 1]) if text else []
    return Found(
        leads=known[:MOST_FOUND],
        has_more=len(known) > MOST_FOUND,
        payloads=list(unlinked.select_related("source", "form").order_by("-pk")[:MOST_FOUND]),
        rows=list(import_erasing.rows_with(traces).select_related("batch").order_by("-pk")[:MOST_FOUND]),
        lists=len(import_erasing.holding(traces)),
        can_erase=bool(traces.emails or traces.phones),
    )
