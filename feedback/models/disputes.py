"""Disputes about marks, and what both sides decide about them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models import Lead, Mark
from leads.models.lead import MarkChoices


class Dispute(models.Model):
    """Marketing says that sales judged a lead wrongly; both heads, or the director, decide.

    `wanted` is the mark that marketing thinks right. Overturned: the lead gets it. A mark is disputed once.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UPHELD = "upheld", _("The mark stays")
        OVERTURNED = "overturned", _("The mark is changed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        SETTLED = "settled", _("Settled by sales")  # the mark no longer stands: nothing is left to decide

    class Wanted(models.TextChoices):
        QUALIFIED = MarkChoices.QUALIFIED.value, MarkChoices.QUALIFIED.label
        PROMISING = MarkChoices.PROMISING.value, MarkChoices.PROMISING.label

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="disputes")
    mark = models.OneToOneField(Mark, models.CASCADE, related_name="dispute")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(_("why"))
    wanted = models.CharField(_("what it should be"), max_length=12, choices=Wanted)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="open", ended_at=None)
                | (~models.Q(state="open") & models.Q(ended_at__isnull=False)),
                name="dispute_end_has_a_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=models.Q(state="open"), name="dispute_open"),
            models.Index(fields=["lead", "-id"], name="dispute_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.state}"


class Decision(models.Model):
    """What one side says about a dispute. Both heads agreeing end it; so does the director alone."""

    class Verdict(models.TextChoices):
        UPHELD = "upheld", _("The mark stays")
        OVERTURNED = "overturned", _("The mark is changed")

    dispute = models.ForeignKey(Dispute, models.CASCADE, related_name="decisions")
    side = models.CharField(max_length=5)  # leadsync.accounts.roles.Side
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict)
    note = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dispute", "side"], name="decision_once_a_side")
        ]

    def __str__(self) -> str:
        return f"{self.dispute_id} {self.side} {self.verdict}"
