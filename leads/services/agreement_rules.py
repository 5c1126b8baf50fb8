"""What a version of the agreement may say: all its faults at once, each with the field it is about."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.attempts import read_wait
from leads.domain.promise import Mode
from leads.models import Agreement, Criterion, Promise
from leadsync.accounts import selectors as accounts
from leadsync.core.errors import Invalid
from leadsync.core.templatetags.ui import duration

MOST_WAITS = 20
# Kinds whose accepted answers are listed.
LISTED = frozenset({Criterion.Kind.CHOICE, Criterion.Kind.COUNTRY, Criterion.Kind.SEGMENT})


@dataclass(frozen=True, slots=True)
class CriterionData:
    """One question as typed; without a `key` it gets one from the question, which then never changes."""

    question: str
    key: str = ""
    kind: str = Criterion.Kind.YES_NO
    threshold: Decimal | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    is_required: bool = True
    points: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in a sentence, and where: `criteria.2.question`, `promises.event`, `gate_needed`."""

    field: str
    message: str


def refuse(faults: Sequence[Fault]) -> None:
    """Raise `Invalid` for the first of these faults, with all of them as `faults` in its context."""
    if faults:
        raise Invalid(faults[0].message, field=faults[0].field, faults=tuple(faults))


# ------------------------------------------------------------------------------------------------ criteria


def rows_of(of: Agreement, criteria: Sequence[CriterionData]) -> list[Criterion]:
    """The criteria as they are stored, in this order, each with its key."""
    taken = {one.key for one in criteria if one.key}
    rows = []
    for place, one in enumerate(criteria):
        question = one.question.strip()
        key = one.key or _key_of(question, taken)
        taken.add(key)
        rows.append(
            Criterion(
                agreement=of,
                key=key,
                question=question,
                kind=one.kind,
                threshold=one.threshold if one.kind == Criterion.Kind.NUMBER else None,
                unit=one.unit.strip() if one.kind == Criterion.Kind.NUMBER else "",
                choices=_different(one.choices) if one.kind in LISTED else [],
                is_required=one.is_required,
                points=0 if one.is_required else one.points,
                position=place,
            )
        )
    return rows


def _different(choices: Sequence[str]) -> list[str]:
    """The accepted answers without what says the same twice: capital letters make no difference."""
    found: dict[str, str] = {}
    for choice in choices:
        if choice.strip():
            found.setdefault(choice.strip().casefold(), choice.strip())
    return list(found.values())


def _key_of(question: str, taken: set[str]) -> str:
    stem = slugify(question)[:45].strip("-") or "question"
    key, number = stem, 2
    while key in taken:
        key, number = f"{stem}-{number}", number + 1
    return key


def faults_of_criteria(rows: Sequence[Criterion]) -> Iterator[Fault]:
    """What is wrong with the criteria, place by place."""
    keys: set[str] = set()
    questions: set[str] = set()
    for place, row in enumerate(rows):
        found = dict(_faults_of_criterion(row))
        question = " ".join(row.question.casefold().split())
        if row.key in keys or question in questions:
            found.setdefault("question", _("This question is there twice."))
        keys.add(row.key)
        questions.add(question)
        for name, message in found.items():
            yield Fault(f"criteria.{place}.{name}", message)


def _faults_of_criterion(row: Criterion) -> Iterator[tuple[str, str]]:
    # The plainer sentence goes last: it stands where both say something about one field.
    yield from _by_field(row, exclude=("agreement",))
    if not row.question:
        yield "question", _("A criterion needs a question.")
    if row.kind not in Criterion.Kind.values:
        yield "kind", _("Choose how it is answered.")
    if row.kind == Criterion.Kind.NUMBER and (row.threshold is None or not row.threshold.is_finite()):
        yield "threshold", _("Say from which number on it is met.")
    if row.kind in LISTED and not row.choices:
        yield "choices", _("Name at least one accepted answer.")
    if not row.is_required and row.points <= 0:
        yield "points", _("What is not required is worth at least 1 point.")


# ------------------------------------------------------------------------------------------------ promises


def faults_of_promises(promises: Mapping[str, tuple[str, int]]) -> Iterator[Fault]:
    """What is wrong with the promises (mode and working minutes by kind of campaign)."""
    most = year_of_work() if promises else 0
    for kind, (mode, minutes) in promises.items():
        where = f"promises.{kind}"
        if kind not in Campaign.Kind.values or mode not in set(Mode):
            yield Fault(where, _("There is no such promise."))
        elif minutes > most:
            yield Fault(
                where,
                _("A promise is a year of working time at most. For your hours that is %(time)s.")
                % {"time": duration(most)},
            )
        else:
            row = Promise(campaign_kind=kind, mode=mode, minutes=minutes)
            for _name, message in _by_field(row, exclude=("agreement",)):
                yield Fault(where, message)


def year_of_work() -> int:
    """How many minutes the company works in a year from now: nothing longer can be promised."""
    now = timezone.now()
    midnight = datetime.combine(now.astimezone(accounts.company().tz).date(), time.min, accounts.company().tz)
    calendar = accounts.company_calendar()
    return int(calendar.between(midnight, midnight + timedelta(days=365))) // 60


# ------------------------------------------------------------------------------------------------ limits


def faults_of_limits(of: Agreement, asked: Sequence[Criterion] | None) -> Iterator[Fault]:
    """What is wrong with the limits of a version that asks these questions (None: they are not known yet)."""
    found = dict(_by_field(of, exclude=("created_by", "number", "state")))
    if "attempt_waits" not in found and (why := _why_not_waits(of.attempt_waits)):
        found["attempt_waits"] = why
    if not {"gate_size", "gate_needed"} & found.keys() and of.gate_needed > of.gate_size:
        found["gate_needed"] = _("More promising leads are needed than the gate has leads.")
    if asked is not None and "points_needed" not in found:
        possible = sum(row.points for row in asked if not row.is_required)
        if of.points_needed > possible:
            found["points_needed"] = _("All criteria together give %(n)d points: fewer than needed.") % {
                "n": possible
            }
    for name, message in found.items():
        yield Fault(name, message)


def _why_not_waits(waits: Sequence[Any]) -> str:
    if len(waits) > MOST_WAITS:
        return _("At most %(n)d waits: the last one repeats.") % {"n": MOST_WAITS}
    try:
        for wait in waits:
            read_wait(str(wait))
    except ValueError:
        return _("Waits are hours or days of working time, such as 1h or 2d.")
    return ""


def _by_field(row: Model, *, exclude: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What the model itself says about its fields."""
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            yield name, messages[0]
