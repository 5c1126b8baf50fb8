"""What sales knows about markets, and what sales says before a campaign goes live."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from campaigns.models.campaigns import Campaign
from leadsync.core.models import Versioned


class MarketNote(Versioned):
    """Something we learned about a country or a segment that whoever plans a campaign there has to know."""

    class StanceChoices(models.TextChoices):
        AVOID = "avoid", _("Avoid")
        CAUTION = "caution", _("Caution")
        CHANCE = "chance", _("Chance")

    country = CountryField(_("country"), blank=True, blank_label=_("Any country"))  # type: ignore[call-overload]  # lazy text does
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    stance = models.CharField(_("stance"), max_length=10, choices=StanceChoices)
    text = models.TextField(_("what we know"))
    valid_until_on = models.DateField(_("valid until"), null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("market note")
        ordering: ClassVar = ["country", "segment", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(country="") | ~models.Q(segment=""), name="note_about_some_market"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class NoteAnswer(models.Model):
    """What marketing says to a note before a campaign goes to that market."""

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="note_answers")
    note = models.ForeignKey(MarketNote, models.CASCADE, related_name="answers")
    text = models.TextField(_("answer"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["campaign", "note"], name="note_answered_once")
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Review(models.Model):
    """Sales is asked whether a campaign may go live. The newest one counts; a change of market asks anew."""

    class StateChoices(models.TextChoices):
        ASKED = "asked", _("Sales is asked")
        CLEARED = "cleared", _("Cleared by sales")
        OBJECTED = "objected", _("Sales objects")
        OVERRULED = "overruled", _("Overruled by the director")
        VOID = "void", _("Asked anew")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="reviews")
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.ASKED)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    market = CountryField(blank=True)  # for which it was asked
    segment = models.CharField(max_length=100, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.TextField(_("reason"), blank=True)  # of sales
    overruled_at = models.DateTimeField(null=True)
    overruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    overruling = models.TextField(_("why"), blank=True)  # of the director

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["campaign"], condition=~models.Q(state="void"), name="review_one_counts"
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["asked", "void"]) | models.Q(decided_at__isnull=False),
                name="review_decision_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.state}"
