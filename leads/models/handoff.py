"""Giving a lead to a rep, and the promise's clock. A narrow table: this is what the sweep reads and writes."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.querysets import HandoffQuerySet


class Handoff(models.Model):
    """One rep has the lead, from `at` to `ended_at`. Only one is open per lead.

    `due_at` is when first contact was promised; `warn_at` when a quarter of the promise is left; `escalate_at` one more
    promise after due. `next_check_at` is the earliest of these not yet flagged: the only column the sweep looks at.
    `promise_seconds` is what this handoff was given of working time, less than the full promise when an earlier one
    used some of it; `left_seconds` what was left when the lead was returned.
    """

    class EndChoices(models.TextChoices):
        CONTACT = "contact", _("First contact")
        MARK = "mark", _("Marked")
        JUDGED = "judged", _("Judged without contact")
        RETURNED = "returned", _("Returned to marketing")
        PASSED_ON = "passed_on", _("Passed on")
        MERGED = "merged", _("Merged")
        ERASED = "erased", _("Erased")
        UNDONE = "undone", _("Undone")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="handoffs")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="handoffs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    why = models.JSONField(default=dict)  # how routing came to this rep
    promise_seconds = models.PositiveIntegerField()
    due_at = models.DateTimeField()
    warn_at = models.DateTimeField()
    escalate_at = models.DateTimeField()
    next_check_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=EndChoices, blank=True)
    is_in_time = models.BooleanField(null=True)
    left_seconds = models.PositiveIntegerField(null=True)
    # Measured by a worker once it is over, by the calendars of that moment; kept when calendars change later.
    taken_seconds = models.PositiveIntegerField(null=True)  # working time of the rep, from `at` to `ended_at`
    waited_seconds = models.PositiveIntegerField(
        null=True
    )  # working time of the company, from the lead's arrival to its first handoff; None for later ones

    objects = HandoffQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead"], condition=models.Q(ended_at=None), name="handoff_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, end="")
                | (models.Q(ended_at__isnull=False) & ~models.Q(end="")),
                name="handoff_end_has_a_cause",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["rep", "due_at"], condition=models.Q(ended_at=None), name="handoff_queue"),
            models.Index(
                fields=["next_check_at"],
                condition=models.Q(ended_at=None, next_check_at__isnull=False),
                name="handoff_to_check",
            ),
            models.Index(fields=["rep", "at"], name="handoff_of_rep"),
            models.Index(  # the few that were past the promise, for the days on which they were
                fields=["ended_at"], condition=models.Q(ended_at__gt=models.F("due_at")), name="handoff_late"
            ),
            models.Index(fields=["lead", "-id"], name="handoff_of_lead"),
            models.Index(fields=["at"], name="handoff_of_period"),
            models.Index(
                fields=["id"],
                condition=models.Q(ended_at__isnull=False, taken_seconds=None),
                name="handoff_to_measure",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} → {self.rep_id}"


class Step(models.Model):
    """A worker flagged something, once: the promise of a handoff, or a lead's next step. `due_at` is when it was due."""

    class Kind(models.TextChoices):
        WARN = "warn", _("A quarter of the promise left")
        MISSED = "missed", _("Past the promise")
        ESCALATED = "escalated", _("Told to the head of sales")
        FOLLOW_UP = "follow_up", _("Next step past")
        SILENT = "silent", _("Nothing happened")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="steps")
    handoff = models.ForeignKey(Handoff, models.CASCADE, null=True, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind)
    due_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["handoff", "kind"],
                condition=models.Q(handoff__isnull=False),
                name="step_once_per_handoff",
            ),
            models.UniqueConstraint(
                fields=["lead", "kind", "due_at"], condition=models.Q(handoff=None), name="step_once_per_lead"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.lead_id}"
