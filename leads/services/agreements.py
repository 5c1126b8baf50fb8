"""The agreement's life: draft → proposed → in force once both heads signed → superseded (domain.md, Agreement)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.attempts import read_wait
from leads.domain.promise import Mode
from leads.domain.terms import DEFAULT_PROMISES, Terms
from leads.models import Agreement, Criterion, Promise, Signature
from leads.selectors import agreement as selectors
from leads.services import changes
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices import services as notices

LOCK = "agreement"
LIMITS = (
    "points_needed",
    "gate_size",
    "gate_needed",
    "gate_answer_hours",
    "minutes_per_promising",
    "attempts_needed",
    "attempt_waits",
    "silent_days",
    "question_days",
    "proof_days",
    "calls_heard",
    "meeting_days",
    "dispute_days",
)
SIDES = {Can.SIGN_FOR_MARKETING: Signature.Side.MARKETING, Can.SIGN_FOR_SALES: Signature.Side.SALES}


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


@transaction.atomic
def new_draft(*, by: User) -> Agreement:
    """A draft that starts as a copy of the version in force, or with the stock terms. Raises `NotAllowed`."""
    _check_may_edit(by)
    with db.exclusively(LOCK, wait=True):
        number = (Agreement.objects.aggregate(last=Max("number"))["last"] or 0) + 1
        former = selectors.in_force()
        stock = Terms()
        values = {name: getattr(former, name) if former else getattr(stock, name) for name in LIMITS}
        values["attempt_waits"] = list(values["attempt_waits"])
        draft = Agreement.objects.create(number=number, created_by=by, **values)
        if former is not None:
            Criterion.objects.bulk_create(_copied(criterion, draft) for criterion in former.criteria.all())
            agreed = {one.campaign_kind: (one.mode, one.minutes) for one in former.promises.all()}
        else:
            agreed = {}
        Promise.objects.bulk_create(
            Promise(agreement=draft, campaign_kind=kind, mode=mode, minutes=minutes)
            for kind, (mode, minutes) in _every_kind(agreed).items()
        )
    return draft


def _every_kind(agreed: Mapping[str, tuple[str, int]]) -> dict[str, tuple[str, int]]:
    stock = {kind: (str(terms.mode), terms.minutes) for kind, terms in DEFAULT_PROMISES.items()}
    return {kind: agreed.get(kind, stock[kind]) for kind in Campaign.Kind.values}


def _copied(criterion: Criterion, to: Agreement) -> Criterion:
    return Criterion(
        agreement=to,
        key=criterion.key,
        question=criterion.question,
        kind=criterion.kind,
        threshold=criterion.threshold,
        unit=criterion.unit,
        choices=criterion.choices,
        is_required=criterion.is_required,
        points=criterion.points,
        position=criterion.position,
    )


@transaction.atomic
def edit(
    *,
    agreement: Agreement,
    by: User,
    criteria: Sequence[CriterionData] | None = None,
    promises: Mapping[str, tuple[str, int]] | None = None,
    limits: Mapping[str, Any] | None = None,
    note: str | None = None,
    version: int | None = None,
) -> bool:
    """Change a draft or a proposed version; what is None stays. True when that cleared a signature.

    `criteria` replaces the whole list in its order, `promises` maps campaign kinds to (mode, working minutes),
    `limits` some of `LIMITS`. Raises `NotAllowed`, `Conflict`, and `Invalid` with the field (`criteria.2.question`,
    `promises.event`, `gate_needed`, …) and nothing changed; signed versions never change.
    """
    _check_may_edit(by)
    found = _take(agreement, version)
    if not found.is_editable:
        raise Invalid(_("A signed version does not change. Start a new draft."))
    for name, value in (limits or {}).items():
        if name not in LIMITS:
            raise Invalid(_("There is no such limit."), field=name)
        setattr(found, name, list(value) if name == "attempt_waits" else value)
    if note is not None:
        found.note = note.strip()
    rows = None if criteria is None else _criteria(found, criteria)
    _check_limits(found, rows)
    if rows is not None:
        found.criteria.all().delete()
        Criterion.objects.bulk_create(rows)
    if promises is not None:
        _set_promises(found, promises)
    cleared, _per_model = Signature.objects.filter(agreement=found).delete()
    found.version += 1
    found.save()
    _bring_up_to_date(agreement, found)
    return bool(cleared)


def _criteria(found: Agreement, criteria: Sequence[CriterionData]) -> list[Criterion]:
    rows: list[Criterion] = []
    seen: set[str] = set()
    for place, one in enumerate(criteria):
        question = one.question.strip()
        where = f"criteria.{place}"
        if not question:
            raise Invalid(_("A criterion needs a question."), field=f"{where}.question")
        if one.kind not in Criterion.Kind.values:
            raise Invalid(_("Choose how it is answered."), field=f"{where}.kind")
        if one.kind == Criterion.Kind.NUMBER and (one.threshold is None or not one.threshold.is_finite()):
            raise Invalid(_("Say from which number on it is met."), field=f"{where}.threshold")
        choices = [choice.strip() for choice in one.choices if choice.strip()]
        if one.kind in {Criterion.Kind.CHOICE, Criterion.Kind.COUNTRY} and not choices:
            raise Invalid(_("Name at least one accepted answer."), field=f"{where}.choices")
        if not one.is_required and one.points <= 0:
            raise Invalid(_("What is not required is worth at least 1 point."), field=f"{where}.points")
        key = one.key or _key_of(question, seen)
        if key in seen:
            raise Invalid(_("This question is there twice."), field=f"{where}.question")
        seen.add(key)
        row = Criterion(
            agreement=found,
            key=key,
            question=question,
            kind=one.kind,
            threshold=one.threshold if one.kind == Criterion.Kind.NUMBER else None,
            unit=one.unit.strip(),
            choices=choices,
            is_required=one.is_required,
            points=0 if one.is_required else one.points,
            position=place,
        )
        _full_clean(row, where, exclude=("agreement",))
        rows.append(row)
    return rows


def _key_of(question: str, seen: set[str]) -> str:
    stem = slugify(question)[:45].strip("-") or "question"
    key, number = stem, 2
    while key in seen:
        key, number = f"{stem}-{number}", number + 1
    return key


def _check_limits(found: Agreement, rows: Sequence[Criterion] | None) -> None:
    try:
        for wait in found.attempt_waits:
            read_wait(str(wait))
    except ValueError as error:
        raise Invalid(
            _("Waits are hours or days of working time, such as 1h or 2d."), field="attempt_waits"
        ) from error
    _full_clean(found, "", exclude=("created_by", "number", "state"))
    if found.gate_needed > found.gate_size:
        raise Invalid(_("More promising leads are needed than the gate has leads."), field="gate_needed")
    asked = list(found.criteria.all()) if rows is None else rows
    possible = sum(row.points for row in asked if not row.is_required)
    if found.points_needed > possible:
        raise Invalid(
            _("All criteria together give %(n)d points: fewer than needed.") % {"n": possible},
            field="points_needed",
        )


def _full_clean(row: Agreement | Criterion | Promise, where: str, *, exclude: Sequence[str]) -> None:
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=f"{where}.{name}" if where else name) from error


def _set_promises(found: Agreement, promises: Mapping[str, tuple[str, int]]) -> None:
    for kind, (mode, minutes) in promises.items():
        where = f"promises.{kind}"
        if kind not in Campaign.Kind.values or mode not in set(Mode):
            raise Invalid(_("There is no such promise."), field=where)
        row = Promise(agreement=found, campaign_kind=kind, mode=mode, minutes=minutes)
        try:
            row.full_clean(exclude=("agreement",), validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            raise Invalid(next(iter(error.message_dict.values()))[0], field=where) from error
        Promise.objects.update_or_create(
            agreement=found, campaign_kind=kind, defaults={"mode": mode, "minutes": minutes}
        )


@transaction.atomic
def propose(
    *, agreement: Agreement, by: User, version: int | None = None, at: datetime | None = None
) -> None:
    """Put a draft before both heads for signing. Raises `NotAllowed`, `Conflict`, `Invalid`."""
    now = changes.instant(at)
    _check_may_edit(by)
    found = _take(agreement, version)
    if found.state != Agreement.State.DRAFT:
        raise Invalid(_("Only a draft is proposed."))
    _check_limits(found, None)
    found.state, found.proposed_at = Agreement.State.PROPOSED, now
    found.version += 1
    found.save(update_fields=["state", "proposed_at", "version"])
    _bring_up_to_date(agreement, found)
    notices.put(
        kind="agreement_proposed",
        recipients=accounts.people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES),
        key=f"agreement_proposed:{found.pk}:{found.version}",
        context={"number": found.number, "proposed_by": by.name, "note": found.note},
        url="/definition/",
        is_instant=True,
        by=by,
        at=now,
    )


@transaction.atomic
def sign(*, agreement: Agreement, by: User, version: int | None = None, at: datetime | None = None) -> bool:
    """Sign a proposed version for one's department; True when that put it in force.

    In force from the instant at which both sides signed; the version before is superseded at that instant.
    Signing twice signs once. Raises `NotAllowed`, `Conflict`; `Invalid` for anything but a proposed version.
    """
    now = changes.instant(at)
    mine = [side for may, side in SIDES.items() if by.can(may)]
    if not mine:
        raise NotAllowed(_("The heads of marketing and of sales sign the agreement."))
    with db.exclusively(LOCK, wait=True):  # two versions signed at once come into force one after the other
        found = _take(agreement, version)
        return _sign(agreement, found, by, mine, now)


def _sign(agreement: Agreement, found: Agreement, by: User, mine: Sequence[str], now: datetime) -> bool:
    if found.state != Agreement.State.PROPOSED:
        raise Invalid(_("Only a proposed version is signed."))
    signed = set(Signature.objects.filter(agreement=found).values_list("side", flat=True))
    side = next((side for side in mine if side not in signed), None)
    if side is None:
        _bring_up_to_date(agreement, found)
        return False
    # Two departments control each other: whoever may sign for both signs for one.
    if Signature.objects.filter(agreement=found, by=by).exists():
        raise Invalid(_("The other side's signature has to come from somebody else."))
    Signature.objects.create(agreement=found, side=side, by=by, at=now)
    is_in_force = len(signed) == 1
    if is_in_force:
        Agreement.objects.filter(state=Agreement.State.IN_FORCE).update(
            state=Agreement.State.SUPERSEDED, superseded_at=now
        )
        found.state, found.in_force_at = Agreement.State.IN_FORCE, now
    found.version += 1
    found.save(update_fields=["state", "in_force_at", "version"])
    selectors.let_go_of_terms()
    _bring_up_to_date(agreement, found)
    everyone = (Role.MARKETER, Role.REP, Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR)
    heads = (Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES)
    notices.put(
        kind="agreement_signed",
        recipients=accounts.people_with(*(everyone if is_in_force else heads)),
        key=f"agreement_signed:{found.pk}:{found.version}",
        context={"number": found.number, "signed_by": by.name, "is_in_force": is_in_force},
        url="/definition/",
        by=by,
        at=now,
    )
    return is_in_force


def _check_may_edit(by: User) -> None:
    if not by.can(Can.EDIT_AGREEMENT):
        raise NotAllowed(_("The heads of marketing and of sales change the agreement."))


def _take(agreement: Agreement, version: int | None) -> Agreement:
    """The version locked, one signer or editor at a time; raises `Conflict` when it is not what was seen."""
    found = db.locked(Agreement.objects.filter(pk=agreement.pk)).get()
    if version is not None and version != found.version:
        raise Conflict(
            _("Version %(n)d of the agreement changed meanwhile. Read it again.") % {"n": found.number},
            version=found.version,
        )
    return found


def _bring_up_to_date(given: Agreement, found: Agreement) -> None:
    given.refresh_from_db()
    assert given.version == found.version
