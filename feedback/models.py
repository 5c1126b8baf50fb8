"""Questions between the departments, disputes about marks, and the leads that market notes rest on."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, MarketNote
from leads.models import Lead, Mark
from leads.models.lead import MarkChoices


class Question(models.Model):
    """Asked by one person of another, about a lead, a campaign or nothing; due; closed by the asker."""

    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="asked")
    answerer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="to_answer",
        verbose_name=_("who should answer"),
    )
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="questions")
    campaign = models.ForeignKey(Campaign, models.CASCADE, null=True, blank=True, related_name="questions")
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)  # as of asking
    # What is missing about the lead and asked for: "answer:<criterion key>", "situation", "need" or "objection".
    # Filling it answers the question.
    piece = models.CharField(max_length=60, blank=True, default="", db_default="")

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["answerer", "due_at"], condition=models.Q(closed_at=None), name="question_open"
            ),
            models.Index(
                fields=["lead"],
                condition=models.Q(answered_at=None, closed_at=None) & ~models.Q(piece=""),
                name="question_for_a_piece",
            ),
            models.Index(fields=["asker"], condition=models.Q(closed_at=None), name="question_asked"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Reply(models.Model):
    """An answer, or a word back by the asker."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="replies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    text = models.TextField(_("answer"))

    class Meta:
        ordering: ClassVar = ["at", "id"]

    def __str__(self) -> str:
        return self.text[:60]


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


class Evidence(models.Model):
    """A lead that a market note rests on."""

    note = models.ForeignKey(MarketNote, models.CASCADE, related_name="evidence")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="market_notes")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "evidence"
        constraints: ClassVar = [models.UniqueConstraint(fields=["note", "lead"], name="evidence_once")]

    def __str__(self) -> str:
        return f"{self.note_id} {self.lead_id}"
