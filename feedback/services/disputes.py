"""Marketing disputes a mark of sales; both heads decide, or the director does (domain.md, Lead)."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.domain import disputes as rules
from feedback.models import Decision, Dispute
from feedback.selectors import disputes as selectors
from leads.domain import transitions
from leads.domain.words import EventKind
from leads.models import Lead, LeadEvent, Mark
from leads.selectors import marks
from leads.services import changes, overruling
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.core.templatetags.ui import when
from leadsync.notices import services as notices
from leadsync.notices.services import NewNotice

LONGEST = 5_000
LONGEST_NOTE = 2_000
BATCH = 500
_HEADS = (Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES)


@transaction.atomic
def dispute(*, mark: Mark, wanted: str, text: str, by: User, at: datetime | None = None) -> Dispute:
    """Say that a mark is wrong, why, and what it should be. A mark is disputed once, within the agreed days.

    A head of marketing who disputes has said marketing's word with it. Sent twice by one person it is one dispute.
    Raises `NotAllowed` for the own mark; `Conflict` when the mark no longer stands or was disputed; `Invalid` for a
    mark nobody disputes, a mark it cannot become, too late, or without a reason.
    """
    check(by, Can.DISPUTE)
    now = at or timezone.now()
    words = _words(text, LONGEST, "text")
    if not words:
        raise Invalid(_("Say why the mark is wrong."), field="text")
    lead = changes.take(Lead(pk=mark.lead_id))
    found = Mark.objects.select_related("by").get(pk=mark.pk)
    former = Dispute.objects.filter(mark=found).select_related("by").first()
    if former is not None:
        if former.by_id == by.pk and former.text == words and former.wanted == wanted:
            return former
        raise Conflict(
            _("%(name)s has disputed this mark already. A mark is disputed once.") % {"name": former.by.name}
        )
    _check(found, lead, wanted, by, now)
    made = Dispute.objects.create(lead=lead, mark=found, by=by, at=now, text=words, wanted=wanted)
    if by.has_role(Role.HEAD_OF_MARKETING):
        Decision.objects.create(
            dispute=made, side=rules.MARKETING, by=by, at=now, verdict=Decision.Verdict.OVERTURNED
        )
    changes.record(
        lead,
        EventKind.DISPUTED,
        by=by,
        at=now,
        after={"dispute": made.pk, "mark_id": found.pk, "wanted": str(wanted), "note": words[:500]},
    )
    _tell(made, lead, "dispute_opened", [*accounts.people_with(*_HEADS), found.by_id], by=by, now=now)
    return made


def _words(text: str, longest: int, field: str) -> str:
    words = text.strip()
    if "\x00" in words:
        raise Invalid(_("This holds a character that cannot be kept."), field=field)
    if len(words) > longest:
        raise Invalid(_("At most %(n)d characters.") % {"n": longest}, field=field)
    return words


def _check(mark: Mark, lead: Lead, wanted: str, by: User, now: datetime) -> None:
    if mark.by_id == by.pk:
        raise NotAllowed(_("This mark is your own. Sales can take it back or mark the lead anew."))
    if not transitions.overturned_to(mark.value):
        raise Invalid(_("A qualified lead is as good as it gets: there is nothing to dispute."), field="mark")
    if marks.is_overruling(mark):
        raise Invalid(_("This mark was decided in a dispute. It is not disputed again."), field="mark")
    if not marks.stands(mark, lead):
        raise Conflict(_("The lead has another mark meanwhile: there is nothing to dispute."))
    until = selectors.window(mark)
    if now > until:
        raise Invalid(
            _("This mark could be disputed until %(when)s. Ask sales about it instead.")
            % {"when": when(until)},
            field="mark",
        )
    if wanted not in transitions.overturned_to(mark.value):
        raise Invalid(_("Choose what the mark should be."), field="wanted")


@transaction.atomic
def decide(
    *, dispute: Dispute, verdict: str, by: User, note: str = "", at: datetime | None = None
) -> Dispute:
    """Say one side's word: the mark stays ("upheld"), or is changed ("overturned").

    Both heads who say the same end the dispute; where they differ the director does; the director may at once. A head
    may change the own word until the other has spoken. Where sales has changed the mark meanwhile the dispute is
    settled, and comes back so. Raises `NotAllowed`; `Conflict` when it is over or the side has spoken; `Invalid`.
    """
    check(by, Can.DECIDE_DISPUTES)
    now = at or timezone.now()
    if verdict not in Decision.Verdict.values:
        raise Invalid(_("Choose whether the mark stays."), field="verdict")
    words = _words(note, LONGEST_NOTE, "note")
    lead, found = _take(dispute)
    if not marks.stands(found.mark, lead):
        _end(found, lead, Dispute.State.SETTLED, now, by=None)
        return _kept(dispute, found)
    said = {one.side: one for one in Decision.objects.filter(dispute=found).select_related("by")}
    side = _side(by, said)
    Decision.objects.update_or_create(
        dispute=found, side=side, defaults={"by": by, "at": now, "verdict": verdict, "note": words}
    )
    verdicts = {one.side: one.verdict for one in said.values()} | {side: verdict}
    decided = rules.outcome(verdicts)
    if decided is not None:
        _decided(found, lead, decided, by, words, now, {one.by_id for one in said.values()})
    elif rules.heads_differ(verdicts):
        _tell(found, lead, "dispute_differs", accounts.people_with(Role.DIRECTOR), by=by, now=now)
    return _kept(dispute, found)


def _take(dispute: Dispute) -> tuple[Lead, Dispute]:
    """Lead and dispute, locked in this order, which every service keeps. Raises `Conflict` when it is over."""
    lead = changes.take(Lead(pk=dispute.lead_id))
    rows = Dispute.objects.filter(pk=dispute.pk).select_related("mark", "by")
    found = db.locked(rows).get()
    if found.state != Dispute.State.OPEN:
        last = Decision.objects.filter(dispute=found).select_related("by").order_by("-at", "-id").first()
        name = last.by.name if last and found.state in Decision.Verdict.values else ""
        message = (
            _("Decided meanwhile: %(state)s (%(name)s).") % {"state": found.get_state_display(), "name": name}
            if name
            else _("This dispute is over: %(state)s.") % {"state": found.get_state_display()}
        )
        raise Conflict(message, state=found.state, by=name)
    return lead, found


def _side(by: User, said: dict[str, Decision]) -> str:
    sides = selectors.sides_of(by)
    side = rules.side_for(by.pk, sides, {one.side: one.by_id for one in said.values()})
    if side is not None:
        return side
    if rules.heads_differ({one.side: one.verdict for one in said.values()}):
        raise Conflict(_("The heads differ: the director decides."))
    theirs = next((said[one] for one in sides if one in said), None)
    if theirs is None:
        raise NotAllowed(_("Both heads decide, or the director."))
    if theirs.by_id == by.pk:
        raise NotAllowed(_("The other department's word has to come from somebody else."))
    raise Conflict(_("%(name)s has decided for your department.") % {"name": theirs.by.name})


def _decided(
    found: Dispute, lead: Lead, verdict: str, by: User, note: str, now: datetime, spoke: set[int]
) -> None:
    found.state, found.ended_at = Dispute.State(verdict), now
    found.save(update_fields=["state", "ended_at"])
    if verdict == Dispute.State.OVERTURNED:
        overruling.overrule(mark=found.mark, value=found.wanted, by=by, note=note, dispute=found.pk, at=now)
    else:
        _record_end(found, lead, by, now, note)
    recipients = {found.by_id, found.mark.by_id, lead.owner_id, *spoke}
    _tell(found, lead, "dispute_decided", recipients, by=by, now=now, state=verdict, note=note)


@transaction.atomic
def withdraw(*, dispute: Dispute, by: User, at: datetime | None = None) -> Dispute:
    """Take a dispute back while it is open. Only who disputed: raises `NotAllowed`; `Conflict` when it is over."""
    if dispute.by_id != by.pk:
        raise NotAllowed(_("Only %(name)s, who disputed it, can withdraw this.") % {"name": dispute.by.name})
    now = at or timezone.now()
    lead, found = _take(dispute)
    _end(found, lead, Dispute.State.WITHDRAWN, now, by=by)
    _tell(
        found, lead, "dispute_withdrawn", [*accounts.people_with(*_HEADS), found.mark.by_id], by=by, now=now
    )
    return _kept(dispute, found)


def settle(*, at: datetime | None = None) -> int:
    """End open disputes about marks that no longer stand: sales took them back, or marked or opened the lead anew.

    For a worker, each minute; safe to run twice and at the same time. Returns how many ended.
    """
    now = at or timezone.now()
    moot = Dispute.objects.filter(state=Dispute.State.OPEN).filter(
        Q(mark__reverted_at__isnull=False)
        | ~Q(lead__mark=F("mark__value"))
        | Q(lead__marked_at=None)
        | ~Q(lead__marked_at=F("mark__at"))
    )
    ended = 0
    while True:
        with transaction.atomic():
            rows = list(db.claimable(moot.select_related("lead", "mark", "by").order_by("id"))[:BATCH])
            if not rows:
                return ended
            Dispute.objects.filter(pk__in=[one.pk for one in rows]).update(
                state=Dispute.State.SETTLED, ended_at=now
            )
            LeadEvent.objects.bulk_create(
                LeadEvent(
                    lead_id=one.lead_id,
                    at=now,
                    by=None,
                    kind=EventKind.DISPUTE_ENDED,
                    after={"dispute": one.pk, "mark_id": one.mark_id, "state": "settled"},
                )
                for one in rows
            )
            notices.put_many(
                [
                    NewNotice("dispute_settled", one.by_id, _key(one, "dispute_settled"), facts, _url(one))
                    for one in rows
                    if (facts := _facts(one, one.lead))
                ],
                at=now,
            )
        ended += len(rows)


def _end(found: Dispute, lead: Lead, state: Dispute.State, now: datetime, *, by: User | None) -> None:
    found.state, found.ended_at = state, now
    found.save(update_fields=["state", "ended_at"])
    _record_end(found, lead, by, now, "")
    if state == Dispute.State.SETTLED:
        _tell(found, lead, "dispute_settled", [found.by_id], by=by, now=now)


def _record_end(found: Dispute, lead: Lead, by: User | None, now: datetime, note: str) -> None:
    after = {"dispute": found.pk, "mark_id": found.mark_id, "state": str(found.state), "note": note[:500]}
    changes.record(lead, EventKind.DISPUTE_ENDED, by=by, at=now, after=after)


def _kept(dispute: Dispute, found: Dispute) -> Dispute:
    """The caller's object as it stands now."""
    dispute.state, dispute.ended_at = found.state, found.ended_at
    return dispute


# ---------------------------------------------------------------------------------------------- telling


def _facts(found: Dispute, lead: Lead, **more: Any) -> dict[str, Any]:
    return {
        "lead": lead.title,
        "company": lead.company,
        "lead_id": lead.pk,
        "mark": found.mark.value,
        "wanted": str(found.wanted),
        "disputed_by": found.by.name,
        "text": found.text[:500],
    } | more


def _key(found: Dispute, kind: str) -> str:
    return f"{kind}:{found.pk}"


def _url(found: Dispute) -> str:
    return f"/disputes/{found.pk}/"


def _tell(
    found: Dispute,
    lead: Lead,
    kind: str,
    recipients: Any,
    *,
    by: User | None,
    now: datetime,
    **more: Any,
) -> None:
    notices.put(
        kind=kind,
        recipients=recipients,
        key=_key(found, kind),
        context=_facts(found, lead, by=by.name if by else "", **more),
        url=_url(found),
        by=by,
        at=now,
    )
