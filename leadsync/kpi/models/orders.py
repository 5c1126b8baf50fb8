"""How many leads a rep orders of marketing for a month, and what was promised."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadsync.core.models import Versioned


class LeadOrder(Versioned):
    """One rep's order for one month, in leads handed off. What was delivered is counted, not kept here."""

    month = models.DateField()  # its first day
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    ordered = models.PositiveIntegerField(
        _("ordered"), null=True, blank=True
    )  # by the rep or the head of sales
    promised = models.PositiveIntegerField(_("promised"), null=True, blank=True)  # by marketing

    class Meta:
        ordering: ClassVar = ["month", "rep"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["month", "rep"], name="lead_order_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.rep_id}"


class OrderChange(models.Model):
    """One step of the negotiation about an order: who changed which number, and why."""

    class FieldChoices(models.TextChoices):
        ORDERED = "ordered", _("Ordered")
        PROMISED = "promised", _("Promised")

    order = models.ForeignKey(LeadOrder, models.CASCADE, related_name="changes")
    field = models.CharField(max_length=10, choices=FieldChoices)
    before = models.PositiveIntegerField(null=True)
    after = models.PositiveIntegerField(null=True)
    note = models.CharField(_("why"), max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["order", "id"]
        constraints: ClassVar = []
        indexes: ClassVar = [models.Index(fields=["order", "id"], name="order_change_in_turn")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.field} {self.after}"
