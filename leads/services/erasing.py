"""Taking out of the leads' tables who somebody was; what figures count by stays.

Called by `leadsync.privacy.services.erasing`, which holds the lock of arrivals and the transaction. Set-based: a fixed
number of statements, however many leads.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.db.models import Q, QuerySet

from leads.domain.words import End, EventKind, ReturnReason
from leads.models import (
    Activity,
    Answer,
    Arrival,
    Consent,
    Criterion,
    Finding,
    Handoff,
    Lead,
    LeadEvent,
    LeadKey,
    Lookalike,
    Mark,
    Merge,
    SavedView,
)
from leads.services import changes
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.redaction import GONE, Traces

# Who it was. Country and language stay: figures by market are cut by them, and they name nobody.
BLANKED = (
    "name",
    "company",
    "job_title",
    "email",
    "phone",
    "city",
    "need",
    "search",
    "company_key",
    "next_step",
)

_AT_ONCE = 500  # rows in one statement

# What events keep: columns by which figures count, and references. Everything else goes, also what comes to be.
_KEPT = frozenset(
    {
        "activity",
        "amount",
        "arrival",
        "attempts",
        "campaign",
        "campaign_id",
        "clock",
        "closed_at",
        "direction",
        "dispute",
        "door",
        "due_at",
        "first_contact_at",
        "handed_off_at",
        "import",
        "is_given",
        "is_in_time",
        "is_judged_only",
        "kind",
        "last_activity_at",
        "left_seconds",
        "lost_at",
        "mark",
        "mark_id",
        "marked_at",
        "minutes",
        "minutes_estimated",
        "next_step_at",
        "outcome",
        "overrides",
        "owner_id",
        "qualified_at",
        "reason_id",
        "received_at",
        "stage",
        "state",
        "tag",
        "topic",
        "undone",
        "wanted",
        "won_at",
        "work_minutes",
    }
)


def traces_of(leads: Collection[int]) -> Traces:
    """What these leads are recognised by: what stands on them, and former mails and phones that are kept as keys."""
    rows = list(Lead.objects.filter(pk__in=leads).values_list("name", "email", "phone"))
    # Who was merged into them, as they were before: of what is kept of a lead that is no longer there.
    for snapshot in _merges(leads).values_list("snapshot", flat=True):
        for side in ("survivor", "other"):
            was = snapshot.get(side) if isinstance(snapshot, dict) else None
            if isinstance(was, dict):
                name, email, phone = (str(was.get(column) or "") for column in ("name", "email", "phone"))
                rows.append((name, email, phone))
    keys = list(LeadKey.objects.filter(lead__in=leads).values_list("kind", "value"))
    return Traces.of(
        names=[name for name, _email, _phone in rows],
        emails=[*(email for _name, email, _phone in rows), *(v for k, v in keys if k == LeadKey.Kind.EMAIL)],
        phones=[*(phone for _name, _email, phone in rows), *(v for k, v in keys if k == LeadKey.Kind.PHONE)],
    )


def _merges(leads: Collection[int]) -> QuerySet[Merge]:
    return Merge.objects.filter(Q(survivor__in=leads) | Q(gone_id__in=leads))


def with_merged(leads: Collection[int]) -> list[int]:
    """The same leads, and the numbers of those that were merged into them: what is kept by number may name either."""
    gone = Merge.objects.filter(survivor__in=leads, undone_at=None).values_list("gone_id", flat=True)
    return sorted({*leads, *gone})


def erase(*, leads: Collection[int], by: User | None, at: datetime) -> dict[str, int]:
    """Take out who these leads were, end their promises, and append to each an event without content.

    Returns how many rows were changed or deleted, by table. Imports are apart: see `import_erasing`.
    """
    of = {"lead__in": leads}
    counts = {
        "LeadKey": LeadKey.objects.filter(**of).delete()[0],
        "Lookalike": Lookalike.objects.filter(Q(first__in=leads) | Q(second__in=leads)).delete()[0],
        "Consent": Consent.objects.filter(**of).delete()[0],
        "Arrival": Arrival.objects.filter(**of).exclude(payload={}).update(payload={}),
        "Activity": Activity.objects.filter(**of).exclude(note="").update(note=""),
        "Finding": Finding.objects.filter(**of, tag=None).update(words=GONE),
        # A merge of somebody who is erased cannot be undone: there is nothing left to put back.
        "Merge": _merges(leads).exclude(snapshot={}).update(snapshot={}),
        "Answer": _answers(leads),
        "Mark": _marks(leads),
        "Handoff": _handoffs(leads, at),
        "LeadEvent": _events(leads),
    }
    values: dict[str, Any] = dict.fromkeys(BLANKED, "")
    counts["Lead"] = Lead.objects.filter(pk__in=leads).update(
        **values, wanted_at=None, next_step_at=None, erased_at=at, version=changes.NEXT_VERSION
    )
    LeadEvent.objects.bulk_create(
        [LeadEvent(lead_id=pk, by=by, at=at, kind=EventKind.ERASED) for pk in sorted(leads)]
    )
    return {table: count for table, count in counts.items() if count}


def _handoffs(leads: Collection[int], at: datetime) -> int:
    """End the running ones, and take free text out of why each rep was chosen."""
    Handoff.objects.filter(lead__in=leads, ended_at=None).update(
        ended_at=at, end=End.ERASED, next_check_at=None
    )
    rows = [
        Handoff(pk=pk, why=kept)
        for pk, why in Handoff.objects.filter(lead__in=leads).values_list("pk", "why")
        if (kept := _why(why)) != why
    ]
    return Handoff.objects.bulk_update(rows, ["why"], batch_size=_AT_ONCE)


def _why(why: Any) -> dict[str, Any]:
    """How routing came to a rep, without what somebody wrote beside it."""
    return {key: value for key, value in why.items() if key != "note"} if isinstance(why, Mapping) else {}


# ----------------------------------------------------------------------------------------------- answers


class _Answers:
    """Which answers name nobody: yes and no, numbers, countries, and what the definition offers to choose from."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.choices: dict[str, set[str]] = {}
        for key, kind, choices in Criterion.objects.order_by("agreement", "pk").values_list(
            "key", "kind", "choices"
        ):
            self.kinds[key] = kind
            self.choices.setdefault(key, set()).update(str(one).casefold() for one in choices)

    def kept(self, key: str, value: Any) -> Any:
        """The answer where it names nobody, else `GONE`: that something is known stays known."""
        if value is None or isinstance(value, bool):
            return value
        text = str(value)
        kind = self.kinds.get(key)
        if text.casefold() in self.choices.get(key, ()):
            return value
        if kind == Criterion.Kind.COUNTRY and len(text) == 2:
            return value
        return value if kind == Criterion.Kind.NUMBER and _is_number(text) else GONE

    def all_kept(self, answers: Any) -> dict[str, Any]:
        """The same for answers by key."""
        if not isinstance(answers, Mapping):
            return {}
        return {key: self.kept(key, value) for key, value in answers.items()}


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _answers(leads: Collection[int]) -> int:
    known = _Answers()
    rows = [
        Answer(pk=pk, value=kept)
        for pk, key, value in Answer.objects.filter(lead__in=leads).values_list("pk", "key", "value")
        if (kept := known.kept(key, value)) != value
    ]
    return Answer.objects.bulk_update(rows, ["value"], batch_size=_AT_ONCE)


def _marks(leads: Collection[int]) -> int:
    """Notes, the answers that marks were made from, and what a revert would put back."""
    known = _Answers()
    rows: list[Mark] = []
    for pk, evaluation in Mark.objects.filter(lead__in=leads).values_list("pk", "evaluation"):
        kept = dict(evaluation) if isinstance(evaluation, Mapping) else {}
        if "answers" in kept:
            kept["answers"] = known.all_kept(kept["answers"])
        rows.append(Mark(pk=pk, note="", undo={}, evaluation=kept))
    return Mark.objects.bulk_update(rows, ["note", "undo", "evaluation"], batch_size=_AT_ONCE)


# ------------------------------------------------------------------------------------------------ events


def kept_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event keeps of its values before or after."""
    found: dict[str, Any] = {}
    for key, value in event.items():
        if key in _KEPT and isinstance(value, str | int | float | bool | None):
            found[key] = value
        elif key == "why":
            found[key] = _why(value)
        elif key == "reason" and value in set(ReturnReason):
            found[key] = value
    return found


def _events(leads: Collection[int]) -> int:
    rows: list[LeadEvent] = []
    found = LeadEvent.objects.filter(lead__in=leads).values_list("pk", "before", "after")
    for pk, before, after in found.iterator(chunk_size=2_000):
        kept = kept_of(before), kept_of(after)
        if kept != (before, after):
            rows.append(LeadEvent(pk=pk, before=kept[0], after=kept[1]))
    return LeadEvent.objects.bulk_update(rows, ["before", "after"], batch_size=_AT_ONCE)


# ---------------------------------------------------------------------------------------- what is unlinked


def erase_from_views(traces: Traces) -> int:
    """Take out of saved views what they search for, where that is somebody; returns how many were changed."""
    rows = [
        (pk, [traces.without(name) or GONE, _query_without(query, traces)])
        for pk, name, query in SavedView.objects.values_list("pk", "name", "query")
        if traces.found_in(name) or traces.found_in(_plain(query))
    ]
    db.update_rows(SavedView, ["name", "query"], rows)
    return len(rows)


def _plain(query: str) -> list[str]:
    return [value for _key, value in parse_qsl(query)]


def _query_without(query: str, traces: Traces) -> str:
    """The address's query without the parameters that name somebody."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(key, value) for key, value in pairs if not traces.found_in(value)])
