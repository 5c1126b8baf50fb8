"""Columns and values of any table in words that a person understands, in the language in force."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_countries.fields import Country

from leads.selectors.timeline import DOORS
from leads.services.changes import EVENT_WORDS
from leadsync.accounts.exports import WORDS as EXPORTS

# Columns that say nothing about a person: keys of rows, clocks of workers, counters of lists. The file has them, too.
TECHNICAL: Final = frozenset(
    {
        "agreement",
        "already_here",
        "arrival",
        "attempts",
        "batch",
        "body_html",
        "columns",
        "company_key",
        "context",
        "created",
        "digest",
        "dispute",
        "done_row",
        "edits",
        "endpoint",
        "error",
        "escalate_at",
        "file",
        "finished_at",
        "form_key",
        "gate_number",
        "handoff",
        "id",
        "is_instant",
        "is_team",
        "key",
        "lead_id",
        "left_seconds",
        "message",
        "milliseconds",
        "next_check_at",
        "next_try_at",
        "number",
        "options",
        "problems",
        "promise_seconds",
        "read",
        "rejected",
        "remarks",
        "scan",
        "scanned_at",
        "search",
        "started_at",
        "status",
        "taken_seconds",
        "test",
        "times",
        "undo",
        "updated",
        "url",
        "version",
        "waited_seconds",
        "warn_at",
    }
)

LABELS: Final[Mapping[str, Any]] = {
    "acknowledged_at": gettext_lazy("Seen"),
    "acknowledged_by": gettext_lazy("Seen by"),
    "activity": gettext_lazy("Activity"),
    "address": gettext_lazy("To"),
    "after": gettext_lazy("After"),
    "amount": gettext_lazy("Amount"),
    "answered_at": gettext_lazy("Answered"),
    "answerer": gettext_lazy("Who should answer"),
    "answers": gettext_lazy("Answers"),
    "asked_at": gettext_lazy("Asked"),
    "asker": gettext_lazy("Who asked"),
    "at": gettext_lazy("When"),
    "attempts_count": gettext_lazy("Attempts"),
    "before": gettext_lazy("Before"),
    "body": gettext_lazy("What it says"),
    "bringer": gettext_lazy("Brought by"),
    "by": pgettext_lazy("column", "By whom"),
    "campaign": gettext_lazy("Campaign"),
    "cells": gettext_lazy("Cells"),
    "channel": gettext_lazy("Way"),
    "city": gettext_lazy("City"),
    "closed_at": gettext_lazy("Closed"),
    "cohort": gettext_lazy("Which leads"),
    "closer": gettext_lazy("Closed by"),
    "company": gettext_lazy("Company"),
    "cost_minutes": gettext_lazy("Takes, in minutes"),
    "counts": gettext_lazy("How much"),
    "country": gettext_lazy("Country"),
    "day": gettext_lazy("Minutes of a working day"),
    "created_at": gettext_lazy("When"),
    "direction": gettext_lazy("Direction"),
    "dismissed_at": gettext_lazy("Found not to be the same"),
    "dismissed_by": gettext_lazy("Found by"),
    "done_at": gettext_lazy("Done, when"),
    "done_by": gettext_lazy("Done by"),
    "done_note": gettext_lazy("What was done"),
    "door": gettext_lazy("How it came"),
    "due_at": gettext_lazy("Due"),
    "due_on": gettext_lazy("Until"),
    "email": gettext_lazy("E-mail"),
    "end": gettext_lazy("How it ended"),
    "ended_at": pgettext_lazy("moment", "Ended"),
    "erased_at": pgettext_lazy("moment", "Erased"),
    "evaluation": gettext_lazy("By our definition"),
    "event": gettext_lazy("What happened"),
    "evidence": gettext_lazy("Why it looks so"),
    "external_id": gettext_lazy("Number elsewhere"),
    "facts": gettext_lazy("Facts at the time"),
    "first": gettext_lazy("One lead"),
    "first_contact_at": gettext_lazy("First contact"),
    "form": gettext_lazy("Form"),
    "found_at": gettext_lazy("Found"),
    "gap": gettext_lazy("Working minutes since the step before"),
    "gone_id": gettext_lazy("Number of the other lead"),
    "handed_off_at": gettext_lazy("Handed to sales"),
    "handled_at": gettext_lazy("Looked after"),
    "handled_by": gettext_lazy("Looked after by"),
    "is_estimated": gettext_lazy("Minutes are estimated"),
    "is_first": gettext_lazy("The first time"),
    "is_given": gettext_lazy("Given"),
    "is_history": gettext_lazy("Imported with its past"),
    "is_in_time": gettext_lazy("In time"),
    "is_judged_only": gettext_lazy("Judged without contact"),
    "is_test": gettext_lazy("Test"),
    "job_title": gettext_lazy("Position"),
    "key": gettext_lazy("About"),
    "kind": gettext_lazy("Kind"),
    "language": gettext_lazy("Language"),
    "last_activity_at": gettext_lazy("Last activity"),
    "learned": gettext_lazy("What was learned"),
    "logged_by": gettext_lazy("Logged by"),
    "lost_at": gettext_lazy("Lost"),
    "mark": gettext_lazy("Quality"),
    "marked_at": gettext_lazy("Judged"),
    "meeting": gettext_lazy("Meeting"),
    "minutes": gettext_lazy("Minutes"),
    "minutes_estimated": gettext_lazy("Of these estimated"),
    "name": pgettext_lazy("person", "Name"),
    "namespace": gettext_lazy("Of which system"),
    "need": gettext_lazy("What they want"),
    "next_step": gettext_lazy("Next step"),
    "next_step_at": gettext_lazy("Next step, when"),
    "note": gettext_lazy("Note"),
    "on": gettext_lazy("Day"),
    "opened_at": gettext_lazy("Since"),
    "outcome": gettext_lazy("Outcome"),
    "owner": gettext_lazy("Rep"),
    "partner": gettext_lazy("With whom"),
    "payload": gettext_lazy("As received"),
    "person": gettext_lazy("Colleague"),
    "phone": gettext_lazy("Phone"),
    "piece": gettext_lazy("What was missing"),
    "place": gettext_lazy("Where"),
    "point": gettext_lazy("Point of a meeting"),
    "qualified_at": gettext_lazy("Qualified"),
    "query": gettext_lazy("Search"),
    "question": gettext_lazy("Question"),
    "read_at": pgettext_lazy("moment", "Read"),
    "reason": gettext_lazy("Reason"),
    "received_at": pgettext_lazy("moment", "Received"),
    "recipient": gettext_lazy("To whom"),
    "rep": gettext_lazy("Rep"),
    "resolved_at": gettext_lazy("Over"),
    "reverted_at": gettext_lazy("Taken back"),
    "reverted_by": gettext_lazy("Taken back by"),
    "rows": gettext_lazy("How many leads"),
    "sales_minutes": gettext_lazy("Sales minutes"),
    "score": gettext_lazy("How alike, of 100"),
    "second": gettext_lazy("Other lead"),
    "sent_at": gettext_lazy("Sent"),
    "side": gettext_lazy("Side"),
    "snapshot": gettext_lazy("As it was before"),
    "sort": gettext_lazy("Sort"),
    "source": gettext_lazy("From where"),
    "stage": gettext_lazy("Stage"),
    "state": gettext_lazy("State"),
    "subject": gettext_lazy("Subject"),
    "tag": gettext_lazy("What they say"),
    "text": gettext_lazy("Text"),
    "topic": gettext_lazy("About"),
    "undone_at": gettext_lazy("Undone"),
    "undone_by": gettext_lazy("Undone by"),
    "value": gettext_lazy("What"),
    "verdict": gettext_lazy("Decision"),
    "wanted": gettext_lazy("What it should be"),
    "wanted_at": gettext_lazy("Asked to be called at"),
    "working_minutes": gettext_lazy("Working minutes to the first contact"),
    "what": gettext_lazy("What"),
    "why": gettext_lazy("Why"),
    "won_at": pgettext_lazy("lead", "Won"),
    "words": gettext_lazy("In words"),
}

# Codes without choices of their own on the column.
_CODES: Final[Mapping[tuple[str, str], Mapping[Any, Any]]] = {
    ("leads.LeadEvent", "kind"): EVENT_WORDS,
    ("leads.Arrival", "door"): DOORS,
    ("leads.Consent", "door"): DOORS,
    ("leads.Import", "door"): DOORS,
    ("accounts.DataExport", "kind"): EXPORTS,
}


def label_of(name: str) -> str:
    """The column in words; one that nobody named, as it is called."""
    return str(LABELS.get(name, name))


def shown_columns(model: type[Model], shown: frozenset[str] = frozenset()) -> list[str]:
    """The columns that a person is shown, in their order."""
    hidden = TECHNICAL - shown
    return [field.name for field in model._meta.concrete_fields if field.name not in hidden]


def words_of(row: Model, name: str) -> str:
    """The value of a column in words; nothing where it is empty."""
    field: Any = row._meta.get_field(name)
    value = getattr(row, name)
    if value is None or value == "" or value in ([], {}):
        return ""
    codes = _CODES.get((row._meta.label, name))
    if codes is not None:
        return str(codes.get(value, value))
    if field.choices and not isinstance(value, Country):
        return str(dict(field.flatchoices).get(value, value))
    return in_words(value)


def in_words(value: Any) -> str:
    """A value in words: instants in the zone in force, documents line by line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, Country):
        return str(value.name or value.code or "")
    if isinstance(value, Mapping | list | tuple):
        return "\n".join(_lines(value))
    return str(value)


def _lines(value: Any, label: str = "") -> Iterator[str]:
    """A document line by line: "Name: Zofia"."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _lines(one, label_of(str(key)))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _lines(one, label)
    elif value not in (None, ""):
        text = in_words(value)
        yield f"{label}: {text}" if label else text
