"""A message as a lead: its answers read by the mapping, the agreement in force and the habits of its sender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from leads.domain import identity
from leads.domain.tables import Field, Row
from leads.domain.tables.answers import readers_of
from leads.domain.tables.codes import ProblemCode
from leads.domain.tables.consents import Agreed
from leads.domain.tables.dates import parse_date
from leads.domain.tables.rows import (
    ANSWER,
    TEXT_LIMITS,
    ColumnMapping,
    Context,
    ParsedRow,
    Problem,
    RowParser,
)
from leads.selectors import agreement
from leads.services.arrivals import Consented, LeadData
from leads.services.import_rows import Clock, data_of
from leadsync.accounts import selectors as accounts
from leadsync.intake.domain import generic, google, mapping, meta, typeform
from leadsync.intake.domain.reading import Asked, Message, Unreadable, parse
from leadsync.intake.models import Source

READERS = {
    Source.Kind.GOOGLE: google.read,
    Source.Kind.META: meta.read,
    Source.Kind.TYPEFORM: typeform.read,
    Source.Kind.GENERIC: generic.read,
}
CONTACTS = frozenset({Field.EMAIL, Field.PHONE})
MOST_ID = 320
_LIMITS = {**TEXT_LIMITS, Field.JOB_TITLE: 150}  # as long as a lead's column


def namespace_of(source: Source) -> str:
    """In which ids of leads are unique: a network's own, or those of one sender."""
    return f"source:{source.pk}" if source.kind == Source.Kind.GENERIC else str(source.kind)


def message_of(source: Source, body: str) -> Message:
    """A message taken apart. Raises `Unreadable`."""
    return READERS[Source.Kind(source.kind)](parse(body))


@dataclass(frozen=True, slots=True)
class Read:
    """What a message says of a lead. `problems` keep it out, `remarks` do not; both as they are stored."""

    data: LeadData
    targets: list[str]
    asked: tuple[Asked, ...]
    payload: dict[str, str]
    is_test: bool
    problems: list[dict[str, Any]] = field(default_factory=list)
    remarks: list[dict[str, Any]] = field(default_factory=list)


class Reader:
    """Reads messages by what is agreed now; made once for many."""

    def __init__(self) -> None:
        self.criteria = agreement.terms().criteria
        self.clock = Clock()
        self.home = str(accounts.company().country)
        self.context = Context(text_limits=_LIMITS, answers=readers_of(self.criteria))

    def read(self, source: Source, body: str, received_at: datetime) -> Read:
        """What the message says. Raises `Unreadable` where it cannot even be taken apart."""
        message = message_of(source, body)
        targets = mapping.chosen(message.asked, source.mapping, self.criteria)
        parsed = self._row(source, message, targets)
        is_test = message.is_test or any(one.code == ProblemCode.TEST_LEAD for one in parsed.problems)
        hard, soft = _sorted(parsed)
        data = data_of(parsed, namespace=namespace_of(source), at=self.clock)
        external_id = data.external_id or shortened(message.external_id)
        data = replace(
            data,
            external_id=external_id,
            namespace=namespace_of(source) if external_id else "",
            received_at=data.received_at or self._instant(message.sent_at) or received_at,
            consent=self._consent(source, message, targets, parsed, received_at),
        )
        return Read(
            data=data,
            targets=targets,
            asked=message.asked,
            payload=payload_of(message),
            is_test=is_test,
            problems=[stored(one) for one in hard],
            remarks=[stored(one) for one in soft],
        )

    def _row(self, source: Source, message: Message, targets: Sequence[str]) -> ParsedRow:
        """The answers as a row of a table, which is where the habits of writing people are known."""
        fields: dict[int, Field] = {}
        answers: dict[int, str] = {}
        cells = [one.value for one in message.asked]
        wants = [place for place, target in enumerate(targets) if target == Field.NEED]
        if len(wants) > 1:
            lines = [f"{message.asked[place].title}: {cells[place]}" for place in wants]
            cells[wants[0]] = "\n".join(lines)
        for place, target in enumerate(targets):
            if target.startswith(ANSWER):
                answers[place] = target.removeprefix(ANSWER)
            elif target and target != mapping.CONSENT_TEXT and place not in wants[1:]:
                fields[place] = Field(target)
        columns = ColumnMapping(
            fields, {}, country=str(source.campaign.market or "") or self.home, answers=answers
        )
        headers = [one.title for one in message.asked]
        return RowParser(columns, headers, context=self.context).parse(Row(1, tuple(cells)))

    def _instant(self, text: str) -> datetime | None:
        return self.clock.instant(parse_date(text)) if text else None

    def _consent(
        self,
        source: Source,
        message: Message,
        targets: Sequence[str],
        parsed: ParsedRow,
        received_at: datetime,
    ) -> Consented | None:
        """What was agreed to: the question ticked, or the words that came with it; when, where it says so."""
        agreed = parsed.values.get(Field.CONSENT)
        if not isinstance(agreed, Agreed):
            return None
        said = message.asked[targets.index(Field.CONSENT)]
        beside = (message.asked[n].value for n, one in enumerate(targets) if one == mapping.CONSENT_TEXT)
        words = next(beside, "") or agreed.words or said.title
        at = self.clock.instant(agreed.at) or self._instant(message.sent_at)
        return Consented(
            text=identity.clean_lines(words),
            place=identity.clean(source.name),
            at=min(at, received_at) if at else received_at,
        )


def shortened(external_id: str) -> str:
    """An id as it is kept: clean, and no longer than its column."""
    return identity.clean(external_id)[:MOST_ID]


def payload_of(message: Message) -> dict[str, str]:
    """What was asked and answered, for the lead's page, and the ids that came with it."""
    found: dict[str, str] = {}
    for one in message.asked:
        if one.value:
            name = one.title if one.title not in found else one.key
            found[name] = one.value
    kept: dict[str, str] = identity.storable({**found, **message.facts})
    return kept


def stored(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept: codes, so that everybody reads it in their language."""
    return identity.storable(  # type: ignore[no-any-return]
        {"column": problem.column[:300], "code": str(problem.code), "params": dict(problem.params)}
    )


def _sorted(parsed: ParsedRow) -> tuple[list[Problem], list[Problem]]:
    """What keeps the lead out, and what is only kept aside: nobody is lost for an odd country or a second number."""
    hard: list[Problem] = []
    soft: list[Problem] = []
    is_reached = bool(CONTACTS & parsed.values.keys())
    is_named = bool({Field.NAME, Field.COMPANY} & parsed.values.keys())
    for one in parsed.problems:
        if one.code == ProblemCode.TEST_LEAD:
            continue
        is_hard = one.code == ProblemCode.NAME_MISSING or (one.field in CONTACTS and not is_reached)
        is_hard = is_hard or (one.field is not None and one.field not in CONTACTS and not is_named)
        (hard if is_hard else soft).append(one)
    return hard, soft


def named(asked: Sequence[Asked], targets: Sequence[str]) -> Mapping[str, str]:
    """Where each answer of a message goes, by key."""
    return {one.key: target for one, target in zip(asked, targets, strict=True)}


__all__ = ["Read", "Reader", "Unreadable", "message_of", "named", "namespace_of", "payload_of", "shortened"]
