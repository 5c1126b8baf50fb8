"""What is decided when a campaign's first leads were not good enough: stop, change and test again, or continue."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.domain.states import can_be_taken_back
from campaigns.models import Campaign
from campaigns.services import campaigns
from feedback.domain.gate import Verdict
from feedback.models import GateDecision, GateSignature
from feedback.selectors import running_gates
from feedback.selectors.limits import limits
from feedback.selectors.running_gates import GATED, RunningGate, Sent, stands
from leads.models import Lead
from leads.services import arrivals
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role, Side
from leadsync.accounts.selectors import people_with
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices import services as notices

Choice, State = GateDecision.ChoiceChoices, GateDecision.StateChoices
MOST_NOTE = 5_000
# Who signs for continuing: for which department, and who is asked for it.
SIDES = {
    Can.SIGN_FOR_MARKETING: (Side.MARKETING, Role.HEAD_OF_MARKETING),
    Can.SIGN_FOR_SALES: (Side.SALES, Role.HEAD_OF_SALES),
}
MAY: dict[str, tuple[Can, ...]] = {
    Choice.STOP: (Can.DECIDE_GATES,),
    Choice.RETEST: (Can.DECIDE_GATES,),
    Choice.GO_ON: (Can.DECIDE_GATES, *SIDES),
}


def sides_of(by: User) -> list[Side]:
    """The departments this person may sign for."""
    return [side for may, (side, _role) in SIDES.items() if by.can(may)]


def decide(
    *,
    campaign: Campaign,
    choice: str,
    by: User,
    note: str = "",
    round_from: int | None = None,
    at: datetime | None = None,
) -> GateDecision:
    """Decide about a running campaign whose gate was not passed.

    Stopping ends the campaign in the same transaction. Changing begins a new round for leads that arrive from now on.
    Continuing waits for both departments: who proposes it and may sign signs for the own side. `round_from`: the round
    that was seen. The same form sent twice decides once.

    Raises `NotAllowed`; `Invalid` with the field; `Conflict` when somebody else was faster, when the gate is no longer
    failed, or when the campaign does not run any more.
    """
    if choice not in MAY:
        raise Invalid(_("Choose what is to happen."), field="choice")
    check(by, *MAY[choice])
    text = _note(note, choice)
    now = at or timezone.now()
    # Arrivals before campaigns, as everybody locks: who arrives meanwhile is in the one round or the other.
    with db.exclusively(arrivals.LOCK, wait=True):
        held = _held(campaign.pk)
        let_go_of_undone(held)
        standing = _standing(held)
        if standing is None and choice == Choice.RETEST:
            standing = _just_the_same(held, by, text, round_from)
        if standing is not None:
            if (standing.by_id, standing.choice, standing.note) == (by.pk, choice, text):
                return standing
            raise Conflict(
                _("%(name)s was faster: %(choice)s.")
                % {"name": standing.by.name, "choice": standing.get_choice_display()},
                by=standing.by.name,
                decision=standing.pk,
            )
        if round_from is not None and round_from != held.gate_from:
            raise Conflict(_("A new round has begun since. Look at it again."))
        failed = _failed(held)
        sent = running_gates.sent_since({held.pk: failed.certain_at}).get(held.pk, Sent())
        made = GateDecision.objects.create(
            campaign=held,
            round_from=held.gate_from,
            round_after=held.gate_after,
            choice=choice,
            state=State.PROPOSED if choice == Choice.GO_ON else State.TAKEN,
            note=text,
            at=now,
            by=by,
            taken_at=None if choice == Choice.GO_ON else now,
            size=failed.gate.size,
            needed=failed.gate.needed,
            good=failed.gate.good,
            sent_meanwhile=sent.count,
        )
        if choice == Choice.GO_ON:
            _propose(made, by, now)
        else:
            if choice == Choice.STOP:
                campaigns.stop(campaign=held, by=by)
            else:
                _begin_round(held)
            _taken(made, by, now)
    return made


def _note(note: str, choice: str) -> str:
    text = note.replace("\x00", "").strip()
    if len(text) > MOST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NOTE}, field="note")
    if not text and choice == Choice.RETEST:
        raise Invalid(_("Say what changes, so that the next leads test it."), field="note")
    if not text and choice == Choice.GO_ON:
        raise Invalid(_("Say why it goes on, for both departments to read."), field="note")
    return text


def _held(campaign_id: int) -> Campaign:
    found = db.locked(Campaign.objects.filter(pk=campaign_id)).first()
    if found is None:
        raise NotFound(_("This campaign is no longer here."))
    return found


def _standing(campaign: Campaign) -> GateDecision | None:
    """What is decided or proposed about the present round."""
    found = GateDecision.objects.filter(campaign=campaign, round_from=campaign.gate_from)
    one = found.exclude(state=State.WITHDRAWN).select_related("by").first()
    return one if one is not None and stands(one, campaign) else None


def _just_the_same(campaign: Campaign, by: User, note: str, round_from: int | None) -> GateDecision | None:
    """The new round that this very form has begun: sent twice."""
    last = GateDecision.objects.filter(campaign=campaign, state=State.TAKEN, choice=Choice.RETEST).first()
    is_same = (
        last is not None
        and round_from is not None
        and last.round_from == round_from != campaign.gate_from
        and (last.by_id, last.note) == (by.pk, note)
    )
    return last if is_same else None


def _failed(campaign: Campaign) -> RunningGate:
    """The campaign's gate, which has failed. Raises `Conflict` otherwise."""
    agreed = limits()
    if campaign.state not in GATED:
        raise Conflict(
            _("The campaign does not run any more: it is “%(state)s”.")
            % {"state": campaign.get_state_display()}
        )
    found = running_gates.gates(size=agreed.gate_size, needed=agreed.gate_needed, campaigns=[campaign.pk])
    if not found or found[0].gate.verdict is not Verdict.FAILED:
        raise Conflict(_("Marks have changed: the gate can be passed again, so nothing is to be decided."))
    return found[0]


def _begin_round(campaign: Campaign) -> None:
    """From now on numbers go on behind the last one, for leads that are not here yet."""
    figures = Lead.objects.filter(campaign=campaign).aggregate(last=Max("gate_number"))
    _set_round(
        campaign,
        max((figures["last"] or 0) + 1, campaign.gate_from + 1),
        Lead.objects.aggregate(last=Max("pk"))["last"] or 0,
    )


def _set_round(campaign: Campaign, first: int, after: int) -> None:
    campaign.gate_from, campaign.gate_after = first, after
    # Not by `save`: nobody edited the campaign, so its history has nothing to tell.
    Campaign.objects.filter(pk=campaign.pk).update(gate_from=first, gate_after=after)


def _propose(made: GateDecision, by: User, now: datetime) -> None:
    if mine := sides_of(by):
        GateSignature.objects.create(decision=made, side=mine[0], at=now, by=by)
    missing = missing_sides(made)
    notices.put(
        kind="gate_signature",
        recipients=people_with(*(role for side, role in SIDES.values() if side in missing)),
        key=f"gate_signature:{made.pk}",
        context=facts_of(made),
        url=url_of(made.campaign_id),
        is_instant=True,
        by=by,
        at=now,
    )


def missing_sides(decision: GateDecision) -> list[Side]:
    """The departments whose signature is missing."""
    signed = {one.side for one in decision.signatures.all()}
    return [side for side, _role in SIDES.values() if side not in signed]


def facts_of(decision: GateDecision) -> dict[str, str | int]:
    """What notices say of a decision."""
    return {
        "campaign": decision.campaign.name,
        "choice": str(decision.choice),
        "note": decision.note[:500],
        "who": decision.by.name,
        "promising": decision.good,
        "size": decision.size,
        "needed": decision.needed,
        "sent": decision.sent_meanwhile,
    }


def url_of(campaign_id: int) -> str:
    """Where the campaign's gate stands."""
    return reverse("campaigns:page", args=[campaign_id])


def subject_of(campaign_id: int, round_from: int) -> str:
    """What an alert about a failed gate is about."""
    return f"{campaign_id}:{round_from}"


def _taken(made: GateDecision, by: User, now: datetime) -> None:
    """Tell who has to know, and let go of the alert."""
    notices.resolve_alert(kind="gate_failed", subject=subject_of(made.campaign_id, made.round_from), at=now)
    notices.put(
        kind="gate_decided",
        recipients=[
            made.campaign.owner_id,
            *people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES).values_list("pk", flat=True),
        ],
        key=f"gate_decided:{made.pk}",
        context=facts_of(made),
        url=url_of(made.campaign_id),
        by=by,
        at=now,
    )


@dataclass(frozen=True, slots=True)
class _Both:
    campaign: Campaign
    decision: GateDecision


def _both(decision: GateDecision) -> _Both:
    """Campaign and decision, locked in this order."""
    campaign = _held(decision.campaign_id)
    held = db.locked(GateDecision.objects.filter(pk=decision.pk)).select_related("by").get()
    held.campaign = campaign
    return _Both(campaign, held)


def sign(*, decision: GateDecision, by: User, at: datetime | None = None) -> GateDecision:
    """Sign for one's department that the campaign goes on; with the second signature it is decided.

    Signing twice signs once. Raises `NotAllowed`; `Conflict` when it was withdrawn, a new round began, or the gate can
    be passed again; `Invalid` when the other signature is one's own, too.
    """
    mine = sides_of(by)
    if not mine:
        raise NotAllowed(_("The heads of marketing and of sales sign this."))
    now = at or timezone.now()
    with transaction.atomic():
        both = _both(decision)
        held = both.decision
        if held.choice != Choice.GO_ON or held.state == State.WITHDRAWN:
            raise Conflict(_("This was withdrawn. Look at the campaign again."))
        signatures = list(held.signatures.all())
        side = next((one for one in mine if one not in {made.side for made in signatures}), None)
        if side is None:
            return held
        if held.state == State.TAKEN or held.round_from != both.campaign.gate_from:
            raise Conflict(_("This is decided already. Look at the campaign again."))
        # Two departments control each other: whoever may sign for both signs for one.
        if any(made.by_id == by.pk for made in signatures):
            raise Invalid(_("The other side's signature has to come from somebody else."))
        failed = _failed(both.campaign)
        GateSignature.objects.create(decision=held, side=side, at=now, by=by)
        if len(signatures) + 1 == len(SIDES):
            sent = running_gates.sent_since({held.campaign_id: failed.certain_at})
            held.state, held.taken_at = State.TAKEN, now
            held.good = failed.gate.good
            held.sent_meanwhile = sent.get(held.campaign_id, Sent()).count
            held.save(update_fields=["state", "taken_at", "good", "sent_meanwhile"])
            _taken(held, by, now)
    return held


def may_withdraw(decision: GateDecision, campaign: Campaign, now: datetime) -> bool:
    """Whether there is a way back: of a proposal always, of a stop for a day. Of a new round see `withdraw`."""
    if decision.state == State.PROPOSED or decision.choice == Choice.RETEST:
        return decision.state != State.WITHDRAWN
    return (
        decision.choice == Choice.STOP
        and stands(decision, campaign)
        and decision.taken_at is not None
        and can_be_taken_back(decision.taken_at, now)
    )


def withdraw(*, decision: GateDecision, by: User, at: datetime | None = None) -> GateDecision:
    """Take a decision back: a proposal before it is signed, a stop within a day, a new round before its first lead.

    Raises `NotAllowed`, `Conflict` when a new lead has come or the decision is an older one, `Invalid` when it stands.
    """
    check(by, Can.DECIDE_GATES, *(SIDES if decision.choice == Choice.GO_ON else ()))
    now = at or timezone.now()
    with db.exclusively(arrivals.LOCK, wait=True):
        both = _both(decision)
        held, campaign = both.decision, both.campaign
        if held.state == State.WITHDRAWN:
            return held
        if held.choice == Choice.GO_ON and held.state == State.TAKEN:
            raise Invalid(
                _("Both departments have signed: it stands. The campaign can be stopped all the same.")
            )
        if held.choice == Choice.STOP:
            campaigns.take_stop_back(campaign=campaign, by=by, at=now)
        elif held.choice == Choice.RETEST:
            _end_round(held, campaign)
        held.state = State.WITHDRAWN
        held.save(update_fields=["state"])
    return held


def _end_round(decision: GateDecision, campaign: Campaign) -> None:
    later = GateDecision.objects.filter(campaign=campaign, round_from__gt=decision.round_from)
    if later.exclude(state=State.WITHDRAWN).exists():
        raise Conflict(_("The round after it is decided, too: it stands."))
    if Lead.objects.filter(campaign=campaign, gate_number__gte=campaign.gate_from).exists():
        raise Conflict(_("The new round has its first lead: it goes on."))
    _set_round(campaign, decision.round_from, decision.round_after)


def let_go_of_undone(campaign: Campaign | None = None) -> int:
    """A stop that was taken back, or after which the campaign began anew, no longer counts; how many did not."""
    stops = GateDecision.objects.filter(choice=Choice.STOP, state=State.TAKEN)
    if campaign is not None:
        stops = stops.filter(campaign=campaign)
    return stops.exclude(campaign__state=Campaign.State.STOPPED).update(state=State.WITHDRAWN)
