"""Messages as the inbox shows them: by state, newest first, and one with what is read in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, QuerySet

from leads.selectors.imports import question_labels
from leadsync.intake.domain.reading import Unreadable, parse
from leadsync.intake.models import Payload
from leadsync.intake.selectors import message_words as words
from leadsync.intake.selectors.reading import Reader

PAGE: Final = 50
MOST_BODY: Final = 100_000  # characters of a message that a page shows
MOST_COUNTED: Final = 10_000

State = Payload.State
STATES: Final = (State.UNREADABLE, State.WAITING, State.SPAM, State.TEST, State.TAKEN, State.DROPPED)


@dataclass(frozen=True, slots=True)
class Line:
    """A message in the list."""

    payload: Payload
    tone: str
    reasons: list[str]

    @property
    def door(self) -> str:
        """Through what it came: the name of its source or form."""
        holder = self.payload.source or self.payload.form
        return holder.name if holder else ""


def messages(*, source_id: int | None = None, state: str = "") -> QuerySet[Payload]:
    """Messages with what the list shows of them, newest first."""
    rows = Payload.objects.select_related("source", "form", "lead").defer("body").order_by("-id")
    if source_id is not None:
        rows = rows.filter(source=source_id)
    return rows.filter(state=state) if state else rows


def page_of(
    state: str, *, source_id: int | None = None, before: int | None = None
) -> tuple[list[Line], int | None]:
    """A page of the inbox, and the key of the next one. One query."""
    rows = messages(source_id=source_id, state=state)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    return [line_of(one) for one in found[:PAGE]], found[PAGE - 1].pk if len(found) > PAGE else None


def line_of(payload: Payload) -> Line:
    """A message as the list shows it."""
    return Line(payload, words.STATE_TONES[State(payload.state)], words.reasons_of(payload))


def counts(source_id: int | None = None) -> dict[str, int]:
    """How many messages need somebody: unreadable, waiting, held for spam. One query."""
    rows = Payload.objects.filter(state__in=(State.UNREADABLE, State.WAITING, State.SPAM))
    if source_id is not None:
        rows = rows.filter(source=source_id)
    return dict(rows.order_by().values_list("state").annotate(count=Count("pk")))


def tried_again(source_id: int | None = None) -> int:
    """How many messages that somebody had tried again are still waiting. One query."""
    rows = Payload.objects.filter(state=State.WAITING, reason__code="again", source__is_on=True)
    if source_id is not None:
        rows = rows.filter(source=source_id)
    return rows.count()


@dataclass(frozen=True, slots=True)
class ReadLine:
    """An answer of a message, and where it goes."""

    title: str
    value: str
    target: str
    is_kept_aside: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """A message with what it says."""

    line: Line
    body: str
    is_cut: bool
    read: list[ReadLine]
    remarks: list[str]


def opened(payload: Payload) -> Opened:
    """One message: as received, laid out, and how it is read by the mapping of now. A fixed number of queries."""
    pretty = laid_out(payload.body)
    return Opened(
        line_of(payload),
        pretty[:MOST_BODY],
        len(pretty) > MOST_BODY,
        _read(payload),
        words.remarks_of(payload),
    )


def laid_out(body: str) -> str:
    """JSON with one value a line, in the characters people read; anything else as it is."""
    try:
        text = json.dumps(parse(body), indent=2, ensure_ascii=False)
    except (Unreadable, RecursionError, ValueError):
        return body
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _read(payload: Payload) -> list[ReadLine]:
    if payload.source is None:
        return _form_read(payload)
    try:
        read = Reader().read(payload.source, payload.body, payload.received_at)
    except Unreadable:
        return []
    labels = question_labels()
    return [
        ReadLine(one.title, one.value[:500], words.target_words(target, labels), not target)
        for one, target in zip(read.asked, read.targets, strict=True)
        if one.value.strip()
    ]


def _form_read(payload: Payload) -> list[ReadLine]:
    try:
        found: Any = parse(payload.body)
    except Unreadable:
        return []
    values: Mapping[str, Any] = found if isinstance(found, dict) else {}
    sent: Any = values.get("fields")
    labels = question_labels()
    return [
        ReadLine(words.target_words(str(name), labels), str(value)[:500], "", False)
        for name, value in (sent.items() if isinstance(sent, dict) else ())
        if value
    ]
