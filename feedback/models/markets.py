"""The leads that market notes rest on."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from campaigns.models import MarketNote
from leads.models import Lead


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
