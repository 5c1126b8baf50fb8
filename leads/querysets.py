"""Chainable rules about sets of leads, handoffs and activities. No writes."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

from leads.domain.words import GOOD_MARKS, OPEN_STAGES, WORKED_STAGES

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

    def silent(self, before: datetime) -> Self:
        """In work, but nothing happened since `before` and no step is planned after it."""
        return self.filter(stage__in=WORKED_STAGES, last_activity_at__lt=before).filter(
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
        """What the sweep has to flag at that instant."""
        return self.open().filter(next_check_at__lte=at)


class ActivityQuerySet(models.QuerySet["Activity"]):
    """Sets of activities."""

    def attempts(self) -> Self:
        """Outbound tries to reach the lead."""
        return self.filter(direction="out", kind__in=["call", "email", "message", "meeting"])
