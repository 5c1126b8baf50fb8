"""What people of one department learned at the other, what they booked with each other, and wins."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models import Lead


class KindChoices(models.TextChoices):
    CALL = "call", _("Call heard")
    DAY = "day", _("Day shadowed")
    MEETING = "meeting", _("Other department’s meeting")
    TRAINING = "training", _("Joint training")


class Entry(models.Model):
    """Somebody saw the other department's work, and says what they learned."""

    kind = models.CharField(_("what"), max_length=10, choices=KindChoices)
    on = models.DateField(_("day"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="exchange")
    partner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("with"),
    )
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, blank=True, related_name="exchange")
    learned = models.TextField(_("what was learned"))
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-on", "-id"]
        verbose_name_plural = "entries"
        indexes: ClassVar = [
            models.Index(fields=["by", "-on"], name="exchange_of_person"),
            models.Index(fields=["-on", "-id"], name="exchange_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.by_id} {self.kind} {self.on}"


class Booking(models.Model):
    """One of these, agreed with a colleague for a time: it stands in both calendars."""

    class StateChoices(models.TextChoices):
        ASKED = "asked", _("Asked")
        AGREED = "agreed", _("Agreed")
        DECLINED = "declined", _("Declined")
        CANCELLED = "cancelled", _("Cancelled")
        DONE = "done", _("Done")

    kind = models.CharField(_("what"), max_length=10, choices=KindChoices, default=KindChoices.CALL)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    partner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("with")
    )
    starts_at = models.DateTimeField(_("when"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.ASKED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of who declined or cancelled
    is_counter = models.BooleanField(default=False)  # `partner` proposed the time: `by` is to answer
    entry = models.OneToOneField(Entry, models.SET_NULL, null=True, related_name="booking")
    revision = models.PositiveIntegerField(default=0)  # for calendars: raised by each change
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(by=models.F("partner")), name="booking_with_somebody_else"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["by", "starts_at"], name="booking_by"),
            models.Index(fields=["partner", "starts_at"], name="booking_with"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.starts_at}"


class Win(models.Model):
    """A lead that was won, with who brought it and who closed it at that time. Shown while the lead is won.

    Written from the leads by the worker, once a lead: won again after it was reopened, it is the same row with the newer
    facts. The amount stays on the lead.
    """

    lead = models.OneToOneField(Lead, models.CASCADE, related_name="win")
    bringer = models.ForeignKey(  # the campaign's owner
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    closer = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    won_at = models.DateTimeField()
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-won_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["-won_at", "-id"], name="win_newest")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.won_at}"


class Applause(models.Model):
    """One person applauds a won lead, once."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="applause")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "applause"
        constraints: ClassVar = [models.UniqueConstraint(fields=["lead", "by"], name="applause_once")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.by_id}"
