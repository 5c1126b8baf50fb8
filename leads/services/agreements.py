"""The agreement's life: draft → proposed → in force once both heads signed → superseded (domain.md, Agreement)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.terms import DEFAULT_PROMISES, LIMITS, Terms
from leads.models import Agreement, Criterion, Promise, Signature
from leads.selectors import agreement as selectors
from leads.services import agreement_rules as rules
from leads.services import changes
from leads.services.agreement_rules import CriterionData, Fault
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices import services as notices

__all__ = [
    "CriterionData",
    "Fault",
    "discard",
    "edit",
    "faults",
    "new_draft",
    "propose",
    "remind",
    "sign",
    "withdraw",
]

LOCK = "agreement"
REMINDED_AFTER: Final = 2  # working days
SIDES = {Can.SIGN_FOR_MARKETING: Signature.Side.MARKETING, Can.SIGN_FOR_SALES: Signature.Side.SALES}
HEADS = {
    Signature.Side.MARKETING: Role.HEAD_OF_MARKETING,
    Signature.Side.SALES: Role.HEAD_OF_SALES,
}


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


def faults(
    *,
    agreement: Agreement,
    criteria: Sequence[CriterionData] | None,
    promises: Mapping[str, tuple[str, int]],
    limits: Mapping[str, Any],
    is_whole: bool = True,
) -> list[Fault]:
    """All that keeps this from being saved, in the order of the form; `edit` refuses the same.

    `is_whole`: whether these are all the criteria. Without it nothing is said of the points they give together.
    """
    wanted = Agreement(**{name: getattr(agreement, name) for name in LIMITS}, note=agreement.note)
    found: list[Fault] = []
    for name, value in limits.items():
        if name in LIMITS:
            setattr(wanted, name, list(value) if name == "attempt_waits" else value)
        else:
            found.append(Fault(name, _("There is no such limit.")))
    rows = list(agreement.criteria.all()) if criteria is None else rules.rows_of(agreement, criteria)
    return [
        *found,
        *rules.faults_of_criteria([] if criteria is None else rows),
        *rules.faults_of_promises(promises),
        *rules.faults_of_limits(wanted, rows if is_whole else None),
    ]


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
    at: datetime | None = None,
) -> bool:
    """Change a draft or a proposed version; what is None stays. True when that cleared a signature.

    `criteria` replaces the whole list in its order, `promises` maps campaign kinds to (mode, working minutes),
    `limits` some of `LIMITS`. A proposed version is proposed anew with the wording it gets, and whose signature is
    cleared is told. Raises `NotAllowed`, `Conflict`, and `Invalid` with the field of the first fault
    (`criteria.2.question`, `promises.event`, `gate_needed`, …) and all of them in its context as `faults`, with
    nothing changed; signed versions never change.
    """
    now = changes.instant(at)
    _check_may_edit(by)
    found = _take(agreement, version)
    if not found.is_editable:
        raise Invalid(_("A signed version does not change. Start a new draft."))
    rules.refuse(faults(agreement=found, criteria=criteria, promises=promises or {}, limits=limits or {}))
    for name, value in (limits or {}).items():
        setattr(found, name, list(value) if name == "attempt_waits" else value)
    if note is not None:
        found.note = note.strip()
    if criteria is not None:
        found.criteria.all().delete()
        Criterion.objects.bulk_create(rules.rows_of(found, criteria))
    for kind, (mode, minutes) in (promises or {}).items():
        Promise.objects.update_or_create(
            agreement=found, campaign_kind=kind, defaults={"mode": mode, "minutes": minutes}
        )
    found.version += 1
    if found.state == Agreement.State.PROPOSED:
        found.proposed_at = now
    cleared = _clear_signatures(found, by=by, at=now)
    found.save()
    _bring_up_to_date(agreement, found)
    return cleared


def _clear_signatures(found: Agreement, *, by: User, at: datetime) -> bool:
    """Take both signatures away and tell who signed; True when there was one."""
    signed = Signature.objects.filter(agreement=found)
    signers = list(signed.values_list("by", flat=True))
    signed.delete()
    notices.put(
        kind="agreement_cleared",
        recipients=signers,
        key=f"agreement_cleared:{found.pk}:{found.version}",
        context={"number": found.number, "changed_by": by.name, "note": found.note},
        url=_url(found),
        is_instant=found.state == Agreement.State.PROPOSED,
        by=by,
        at=at,
    )
    return bool(signers)


def _url(found: Agreement) -> str:
    """The address of a version's page. Written out, as it is stored with the notice and read outside of requests."""
    return f"/definition/{found.number}/"


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
    rules.refuse(faults(agreement=found, criteria=None, promises={}, limits={}))
    found.state, found.proposed_at = Agreement.State.PROPOSED, now
    found.version += 1
    found.save(update_fields=["state", "proposed_at", "version"])
    _bring_up_to_date(agreement, found)
    notices.put(
        kind="agreement_proposed",
        recipients=accounts.people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES),
        key=f"agreement_proposed:{found.pk}:{found.version}",
        context={"number": found.number, "proposed_by": by.name, "note": found.note},
        url=_url(found),
        is_instant=True,
        by=by,
        at=now,
    )


@transaction.atomic
def withdraw(
    *, agreement: Agreement, by: User, version: int | None = None, at: datetime | None = None
) -> bool:
    """Make a proposed version a draft again; True when that cleared a signature. Both heads are told.

    Raises `NotAllowed`, `Conflict`; `Invalid` for anything but a proposed version.
    """
    now = changes.instant(at)
    _check_may_edit(by)
    found = _take(agreement, version)
    if found.state != Agreement.State.PROPOSED:
        raise Invalid(_("Only a proposed version is withdrawn."))
    cleared = bool(Signature.objects.filter(agreement=found).delete()[0])
    found.state, found.proposed_at = Agreement.State.DRAFT, None
    found.version += 1
    found.save(update_fields=["state", "proposed_at", "version"])
    _bring_up_to_date(agreement, found)
    _tell_withdrawn(found, by=by, at=now, is_gone=False)
    return cleared


@transaction.atomic
def discard(
    *, agreement: Agreement, by: User, version: int | None = None, at: datetime | None = None
) -> None:
    """Throw a draft or a proposed version away, with its signatures and back-tests; the heads are told of the latter.

    Raises `NotAllowed`, `Conflict`; `Invalid` for a version that was ever in force: those stay.
    """
    now = changes.instant(at)
    _check_may_edit(by)
    found = _take(agreement, version)
    if not found.is_editable:
        raise Invalid(_("A signed version stays: marks were measured by it."))
    if found.state == Agreement.State.PROPOSED:
        _tell_withdrawn(found, by=by, at=now, is_gone=True)
    found.delete()


def _tell_withdrawn(found: Agreement, *, by: User, at: datetime, is_gone: bool) -> None:
    notices.put(
        kind="agreement_withdrawn",
        recipients=accounts.people_with(*HEADS.values()),
        key=f"agreement_withdrawn:{found.pk}:{found.version}",
        context={"number": found.number, "withdrawn_by": by.name, "is_gone": is_gone},
        url="/definition/" if is_gone else _url(found),
        by=by,
        at=at,
    )


def long_proposed(now: datetime) -> list[Agreement]:
    """Versions that have waited two working days for a signature, with those they have. One query while none has."""
    # A working day is never shorter than a day: this leaves out what cannot be due yet.
    proposed = list(
        Agreement.objects.filter(
            state=Agreement.State.PROPOSED, proposed_at__lte=now - timedelta(days=REMINDED_AFTER)
        ).prefetch_related("signatures")
    )
    if not proposed:
        return []
    company, calendar = accounts.company(), accounts.company_calendar()
    found = []
    for one in proposed:
        assert one.proposed_at is not None
        local = one.proposed_at.astimezone(company.tz)
        day = calendar.add_working_days(local.date(), REMINDED_AFTER)
        if datetime.combine(day, local.time(), company.tz) <= now:
            found.append(one)
    return found


def missing_sides(agreement: Agreement) -> list[Role]:
    """The heads whose signature is missing under a version that was read with its signatures."""
    signed = {row.side for row in agreement.signatures.all()}
    return [role for side, role in HEADS.items() if side not in signed]


@transaction.atomic
def remind(*, at: datetime | None = None) -> int:
    """Remind once whoever has not signed a version that has been proposed for two working days.

    Derived from the database: the key of the notice says which proposal it is about, so that a second worker, or a
    restart, reminds of nothing twice. Returns how many versions wait that long. One query while none is proposed.
    """
    now = at or db.now()
    count = 0
    for one in long_proposed(now):
        assert one.proposed_at is not None
        count += 1
        signatures = list(one.signatures.all())
        missing = missing_sides(one)
        signers = [row.by_id for row in signatures]
        notices.put(
            kind="agreement_reminder",
            recipients=accounts.people_with(*missing).exclude(pk__in=signers),
            key=f"agreement_reminder:{one.pk}:{int(one.proposed_at.timestamp())}",
            context={"number": one.number, "proposed_at": changes.as_json(one.proposed_at)},
            url=_url(one),
            is_instant=True,
            at=now,
        )
    return count


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
        url=_url(found),
        by=by,
        at=now,
    )
    return is_in_force


def _check_may_edit(by: User) -> None:
    if not by.can(Can.EDIT_AGREEMENT):
        raise NotAllowed(_("The heads of marketing and of sales change the agreement."))


def _take(agreement: Agreement, version: int | None) -> Agreement:
    """The version locked, one signer or editor at a time.

    Raises `Conflict` when it is not what was seen, `NotFound` when it was discarded.
    """
    found = db.locked(Agreement.objects.filter(pk=agreement.pk)).first()
    if found is None:
        raise NotFound(_("This version was discarded meanwhile."))
    if version is not None and version != found.version:
        raise Conflict(
            _("Version %(n)d of the agreement changed meanwhile. Read it again.") % {"n": found.number},
            version=found.version,
        )
    return found


def _bring_up_to_date(given: Agreement, found: Agreement) -> None:
    given.refresh_from_db()
    assert given.version == found.version
