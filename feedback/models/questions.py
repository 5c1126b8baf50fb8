"""Questions between people of the two departments, and the answers."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from leads.models import Lead


class Question(models.Model):
    """Asked by one person of another, about a lead, a campaign, a cohort or nothing; due; closed by the asker."""

    asker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="asked")
    answerer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="to_answer",
        verbose_name=_("who should answer"),
    )
    lead = models.ForeignKey(Lead, models.CASCADE, null=True, blank=True, related_name="questions")
    campaign = models.ForeignKey(Campaign, models.CASCADE, null=True, blank=True, related_name="questions")
    # A cohort: {"query": filters of the leads list as its address has them, "words": how the asker read them}.
    cohort = models.JSONField(default=dict, db_default={})
    text = models.TextField(_("question"))
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    facts = models.JSONField(default=dict)  # as of asking
    # What is missing about the lead and asked for: "answer:<criterion key>", "situation", "need" or "objection".
    # Filling it answers the question.
    piece = models.CharField(max_length=60, blank=True, default="", db_default="")
    # Made with the form: the same form sent twice is one question.
    form_key = models.CharField(max_length=40, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["asker", "form_key"],
                condition=~models.Q(form_key=""),
                name="question_of_a_form_once",
            )
        ]
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
