"""What was erased, without what it said."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Erasure(models.Model):
    """Somebody's personal data were erased: which lead, why, by whom, and how much was found where."""

    class Why(models.TextChoices):
        REQUEST = "request", _("The person asked for it")
        RETENTION = "retention", _("Kept for long enough")

    # A lead is erased once; None: somebody who never became one, or so far.
    lead_id = models.BigIntegerField(null=True, unique=True)
    why = models.CharField(max_length=10, choices=Why)
    note = models.CharField(
        _("note"), max_length=300, blank=True
    )  # who asked, how; no personal data of the lead
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    counts = models.JSONField(default=dict)  # rows changed or deleted, by place

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.why}"
