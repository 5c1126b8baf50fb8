"""Chainable rules about sets of leads, handoffs and activities. No writes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from leads.domain.first_contact import Verdict
from leads.domain.promise import LATER
from leads.domain.words import GOOD_MARKS, OPEN_STAGES, WORKED_STAGES, End

if TYPE_CHECKING:
    from leads.models import Activity, Handoff, Lead
    from leadsync.accounts.models import User
else:
    Activity = Handoff = Lead = Any


class LeadQuerySet(models.QuerySet["Lead"]):
    """Sets of leads."""

    def visible_to(self, person: "User") -> Self:
        """Everyone signed in sees every lead: openness is the point (domain.md, People and company)."""
        return self if person.is_active else self.none()

    def counted(self) -> Self:
        """Leads that figures count: all but the test leads that prove a channel."""
        return self.filter(is_test=False)

    def open(self) -> Self:
        return self.filter(stage__in=OPEN_STAGES)

    def good(self) -> Self:
        """Promising or better."""
        return self.filter(mark__in=GOOD_MARKS)

    def waiting(self) -> Self:
        """Handed off and not yet contacted."""
        return self.filter(handoffs__ended_at=None, handoffs__isnull=False)

    def without_a_rep(self) -> Self:
        """With marketing only because routing found nobody; neither returned nor anything else is in the way."""
        return (
            self.open()
            .filter(owner=None, is_test=False, is_history=False, first_contact_at=None)
            .filter(~models.Q(email="") | ~models.Q(phone=""))
            .exclude(handoffs__end=End.RETURNED)
        )

    def silent(self, before: datetime) -> Self:
        """In work, but nothing happened since `before` and no step is planned after it."""
        return self.filter(stage__in=WORKED_STAGES, last_activity_at__lt=before, erased_at=None).filter(
            models.Q(next_step_at=None) | models.Q(next_step_at__lt=before)
        )


class HandoffQuerySet(models.QuerySet["Handoff"]):
    """Sets of handoffs."""

    def open(self) -> Self:
        return self.filter(ended_at=None)

    def overdue(self, at: datetime) -> Self:
        """Open and past the promise at that instant."""
        return self.open().filter(due_at__lte=at)

    def to_check(self, at: datetime) -> Self:
        """What the sweep has to look at at that instant."""
        return self.open().filter(next_check_at__lte=at)

    def to_flag(self, at: datetime) -> Self:
        """What has a step to be flagged at that instant."""
        return self.to_check(at).filter(next_check_at__lte=models.F("escalate_at"))

    def to_reroute(self, at: datetime) -> Self:
        """Escalated as agreed, and waiting to be handed to another rep: checked after the last step."""
        return self.to_check(at + LATER).filter(next_check_at__gt=models.F("escalate_at"))

    def with_verdict(self, at: datetime, *wanted: Verdict) -> Self:
        """Handoffs of which one of these became, as things stand at that instant."""
        rules = verdicts(at)
        found = models.Q(pk__in=[])
        for verdict in wanted:
            found |= rules[verdict]
        return self.filter(found)


def verdicts(at: datetime) -> dict[Verdict, models.Q]:
    """What became of a handoff as conditions, no two of which hold; none holds for what is decided elsewhere."""
    contacted = models.Q(end__in=(End.CONTACT, End.MARK))
    is_own = models.Q(due_at__gt=models.F("at"))  # else it was past when it came
    is_running = models.Q(ended_at=None)
    given_on = models.Q(end__in=(End.PASSED_ON, End.RETURNED, End.ERASED), ended_at__gte=models.F("due_at"))
    in_time = models.Q(is_in_time=True)
    return {
        Verdict.IN_TIME: contacted & in_time,
        Verdict.LATE: contacted & ~in_time & is_own,
        Verdict.MISSED: is_own & ((is_running & models.Q(due_at__lte=at)) | given_on),
        Verdict.TAKEN_OVER: contacted & ~in_time & ~is_own,
        Verdict.JUDGED: models.Q(end=End.JUDGED),
        Verdict.OPEN: is_running & is_own & models.Q(due_at__gt=at),
    }


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Sets of activities."""

    def attempts(self) -> Self:
        """Outbound tries to reach the lead."""
        return self.filter(direction="out", kind__in=["call", "email", "message", "meeting"])
