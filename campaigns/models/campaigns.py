"""Campaigns, what they cost and how often they were visited, and the hints that their figures changed."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from campaigns.models.channels import Channel
from leadsync.core.models import Versioned


class Campaign(Versioned):
    """Something marketing runs that brings leads."""

    class Kind(models.TextChoices):
        WEBSITE = "website", _("Website")
        ADS = "ads", _("Ads")
        PHONE = "phone", _("Phone")
        PARTNER = "partner", _("Partner")
        LIST = "list", _("List")
        EVENT = "event", _("Event")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEW = "review", _("In review")
        LIVE = "live", _("Live")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")
        STOPPED = "stopped", _("Stopped")

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.WEBSITE)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="campaigns", verbose_name=_("channel"))
    market = CountryField(_("market"), blank=True, blank_label=_("Any country"))  # type: ignore[call-overload]  # lazy text does
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="campaigns", verbose_name=_("owner")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    starts_on = models.DateField(_("starts"), null=True, blank=True)
    ends_on = models.DateField(_("ends"), null=True, blank=True)
    budget = models.DecimalField(
        _("budget"), max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    offer = models.TextField(
        _("offer"), blank=True, help_text=_("What people are promised. Sales reads this.")
    )
    terms = models.TextField(
        _("terms"), blank=True, help_text=_("Prices, discounts, dates. Sales reads this.")
    )
    hypothesis = models.TextField(
        _("hypothesis"), blank=True, help_text=_("Why this should bring good leads.")
    )
    idea = models.ForeignKey(
        "campaigns.Idea", models.SET_NULL, null=True, blank=True, related_name="campaigns", editable=False
    )
    # The gate's present round: the number of its first lead, and the newest lead (its id) before the round began.
    gate_from = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    gate_after = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["version", "idea", "gate_from", "gate_after"])

    class Meta:
        verbose_name = _("campaign")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "channel"], name="campaign_name_in_channel"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None)
                | models.Q(starts_on=None)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="campaign_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(budget=None) | models.Q(budget__gte=0), name="campaign_budget_not_negative"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="campaign_by_state")]

    def __str__(self) -> str:
        return self.name


class Spend(models.Model):
    """Money spent on a campaign on one day."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="spends")
    on = models.DateField(_("day"))
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    note = models.CharField(_("what for"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-on", "-id"]
        indexes: ClassVar = [models.Index(fields=["campaign", "on"], name="spend_by_day")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(amount__gte=0), name="spend_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.amount}"


class Visits(models.Model):
    """Visits a campaign had on one day (page views of its form, people at its stand)."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="visits")
    on = models.DateField(_("day"))
    count = models.PositiveIntegerField(_("visits"))

    class Meta:
        ordering: ClassVar = ["-on"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["campaign", "on"], name="visits_once_a_day")]

    def __str__(self) -> str:
        return f"{self.on} {self.count}"


class Touch(models.Model):
    """A hint for the roll-up: something of this campaign at this instant (or day) changed.

    Written in the same transaction as the change; the worker that takes the row away recomputes the cell.
    `leads` writes these too, hence the place: the lowest app that the roll-up counts.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    at = models.DateTimeField(null=True)
    on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(at=None, on__isnull=False) | models.Q(at__isnull=False, on=None),
                name="touch_instant_or_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.at or self.on}"
