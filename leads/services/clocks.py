"""The promise's clock: started for a batch, and let run on when the change that stopped it is taken back."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leads.domain import promise
from leads.domain.terms import Terms
from leads.domain.words import End, Stage
from leads.models import Activity, Handoff, Lead, Step
from leads.selectors import agreement
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.errors import Conflict


@dataclass(slots=True)
class Clocks:
    """Starts clocks for a batch: the agreement and the calendars are read once."""

    terms: Terms
    calendars: Mapping[int, WorkCalendar]
    _same: dict[tuple[int, str, datetime], promise.Clock]
    _agreed: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, rep_ids: Iterable[int], terms: Terms | None = None) -> "Clocks":
        return cls(terms or agreement.terms(), accounts.calendars_for(rep_ids), {}, {})

    def start(
        self,
        *,
        lead_id: int,
        rep_id: int,
        campaign_kind: str,
        at: datetime,
        by: User | None,
        why: Mapping[str, Any],
        wanted_at: datetime | None = None,
        left_seconds: int | None = None,
    ) -> Handoff:
        """An unsaved handoff with its clock. `why` keeps the promise as agreed, for when calendars change."""
        clock = self.clock(
            rep_id=rep_id,
            campaign_kind=campaign_kind,
            at=at,
            wanted_at=wanted_at,
            left_seconds=left_seconds,
        )
        return Handoff(
            lead_id=lead_id,
            rep_id=rep_id,
            by_id=by.pk if by else None,
            at=at,
            why={**why, "promise": self.agreed(campaign_kind, left_seconds)},
            promise_seconds=clock.promise_seconds,
            due_at=clock.due_at,
            warn_at=clock.warn_at,
            escalate_at=clock.escalate_at,
            next_check_at=first_check(clock, wanted_at),
        )

    def clock(
        self,
        *,
        rep_id: int,
        campaign_kind: str,
        at: datetime,
        wanted_at: datetime | None = None,
        left_seconds: int | None = None,
    ) -> promise.Clock:
        """The clock of a handoff; those of one rep that begin together have the same."""
        agreed = self.terms.promise_for(campaign_kind)
        key = (rep_id, campaign_kind, at)
        clock = None if wanted_at or left_seconds is not None else self._same.get(key)
        if clock is None:
            clock = promise.due(
                self.calendars[rep_id], at, agreed.mode, agreed.minutes, wanted_at, left_seconds
            )
            if not wanted_at and left_seconds is None:
                self._same[key] = clock
        return clock

    def agreed(self, campaign_kind: str, left_seconds: int | None = None) -> dict[str, Any]:
        """The promise as it is agreed now, as `Handoff.why` keeps it."""
        found = self._agreed.get(campaign_kind)
        if found is None:
            terms = self.terms.promise_for(campaign_kind)
            found = self._agreed[campaign_kind] = {
                "mode": str(terms.mode),
                "minutes": terms.minutes,
                "agreement": self.terms.agreement_id,
            }
        return found if left_seconds is None else {**found, "left": left_seconds}


def first_check(clock: promise.Clock, wanted_at: datetime | None) -> datetime:
    """When the sweep has to look first.

    A promise that an earlier handoff used up is past from the start: nothing is left to warn of.
    """
    return clock.warn_at if clock.promise_seconds or wanted_at else clock.due_at


def run_on(
    lead: Lead,
    *,
    handoff: int | None,
    stopped_at: datetime,
    ends: Collection[End],
    first: Activity | None,
    values: dict[str, Any],
) -> None:
    """Let the clock of a handoff that was stopped at this instant run on, or end it by the first contact made since.

    `values`: the columns that the lead gets back; a first contact made since goes into them. Raises `Conflict` when
    the lead was handed over meanwhile.
    """
    ended = db.locked(Handoff.objects.filter(pk=handoff)).first() if handoff else None
    if first is not None and values.get("first_contact_at") is None:
        values["first_contact_at"] = first.at
        values["is_in_time"] = first.at <= ended.due_at if ended else None
        if values["stage"] == Stage.NEW:
            values["stage"] = Stage.CONTACTED
    if ended is None or ended.ended_at != stopped_at or ended.end not in ends:
        return
    if first is not None:
        Handoff.objects.filter(pk=ended.pk).update(
            ended_at=first.at,
            end=End.CONTACT,
            is_in_time=first.at <= ended.due_at,
            taken_seconds=None,  # measured anew
        )
        return
    if Handoff.objects.filter(lead_id=lead.pk, ended_at=None).exists():
        raise Conflict(_("The lead was handed over since: it stays as it is."))
    times = {"warn": ended.warn_at, "missed": ended.due_at, "escalated": ended.escalate_at}
    # A promise taken over when it was past was flagged to whom it was with.
    steps = Step.objects.filter(lead=lead, handoff__isnull=False).values_list("handoff", "kind", "due_at")
    flagged = {kind for of, kind, due_at in steps if of == ended.pk or times.get(kind) == due_at}
    left = [time for kind, time in times.items() if kind not in flagged]
    ended.ended_at, ended.end, ended.is_in_time, ended.taken_seconds = None, "", None, None
    ended.next_check_at = min(left, default=None)
    ended.save(update_fields=["ended_at", "end", "is_in_time", "taken_seconds", "next_check_at"])
