"""Test leads: a hosted form of ours is filled in and sent, and the lead has to turn up in the queue of who gets it.

The message goes the way of every visitor's: it is kept, received as a lead (marked as a test), routed, handed off with
the promise's clock, and read back from the rep's queue. All of that is one transaction, which is taken back at the end:
nobody ever sees the lead, no figure can count it, no one is told, and nothing is left behind for tomorrow's test. What
stays is the proof. Limits and the trap for robots are for strangers; they stand before this way and are passed by.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction

from campaigns.domain.proofs import Found, Result
from campaigns.models import Proof
from campaigns.selectors import channels
from campaigns.services import checks, proofs
from leads.domain.words import Door
from leads.models import Lead
from leads.selectors import queue
from leads.services import arrivals, changes, handoff, routing
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors import forms
from leadsync.intake.services import submissions
from leadsync.intake.services.submissions import Message

log = structlog.get_logger(__name__)

TASK: Final = proofs.TEST_LEADS
MOST_TESTS: Final = 20  # of one run; the next tick goes on
_TRIES: Final = 3  # with other data, where the first is somebody's by chance


@dataclass(frozen=True, slots=True)
class Filled:
    """What a visitor would send, or the label of the field that does not take it."""

    message: Message | None = None
    refused: str = ""


type Fill = Callable[[LeadForm, str, datetime], Filled]


class _TakenBack(Exception):
    """Ends the transaction of a test: nothing of it stays."""


def work(*, fill: Fill, at: datetime | None = None) -> int:
    """Send test leads through the forms that are due; how many."""
    for done in range(MOST_TESTS):
        point = checks.claim(at or db.now(), own_forms=True)
        if point is None:
            return done
        result = send(key=channels.own_key(point) or "", fill=fill, at=at)
        proofs.record(point=point, result=result, means=Proof.MeansChoices.TEST_LEAD, at=at)
    return MOST_TESTS


def send(*, key: str, fill: Fill, at: datetime | None = None) -> Result:
    """Send one test lead through the form of this key; what became of it. Leaves nothing behind."""
    now = at or db.now()
    form = forms.by_key(key)
    if form is None:
        return Result(Found.LEAD_NO_FORM)
    if not form.is_open:
        return Result(Found.LEAD_CLOSED)
    if not forms.is_taking(form):
        return Result(Found.LEAD_NOT_LIVE, form.campaign.name)
    result: Result | None = None
    for _try in range(_TRIES):
        code = secrets.token_hex(6)
        filled = fill(form, code, now)
        if filled.message is None:
            return Result(Found.LEAD_REFUSED, filled.refused)
        try:
            with transaction.atomic():
                result = _through(form, filled.message, code, now)
                raise _TakenBack
        except _TakenBack:
            pass
        if result is not None:
            return result
    return Result(Found.LEAD_FAULT, "known")


def _through(form: LeadForm, message: Message, code: str, now: datetime) -> Result | None:
    """The way of a visitor's message, to the queue; None where it was taken for somebody who is here already."""
    with db.exclusively(arrivals.LOCK, wait=True):
        payload = submissions.take(form=form, message=message, at=now, door=Door.TEST)
        if payload.state != Payload.State.TAKEN or payload.lead is None or payload.arrival is None:
            reason = payload.reason
            if reason.get("code") == "refused":
                return Result(Found.LEAD_REFUSED, str(reason.get("field") or reason.get("text") or ""))
            return Result(Found.LEAD_FAULT, str(reason.get("text") or ""))
        if not payload.arrival.is_first or not payload.lead.is_test:
            return None
        lead = changes.take(payload.lead)
        return _into_queue(lead, code, now)


def _into_queue(lead: Lead, code: str, now: datetime) -> Result:
    placed = routing.share_out([lead], at=now).get(lead.pk)
    if placed is None:
        return Result(Found.LEAD_NOBODY)
    rep_id, why = placed
    handoff.start(lead=lead, to_id=rep_id, by=None, why=why, now=now, tells=False)
    db.check_references()
    rep = User.objects.get(pk=rep_id)
    waiting = queue.first_contacts(rep, now, words=code)
    if lead.pk not in {row.lead.pk for row in waiting.rows}:
        return Result(Found.LEAD_NOT_IN_QUEUE, rep.name)
    return Result(Found.LEAD_OK, rep.name)
