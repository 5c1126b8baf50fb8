"""The month's plan: its numbers, its lines by channel, what it was before, and who signed it."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Channel
from leadsync.core.models import Versioned


class Plan(Versioned):
    """A month's revenue target and the rates that turn it into deals, qualified leads, leads and budget."""

    month = models.DateField(unique=True)  # its first day
    revenue = models.DecimalField(
        _("revenue"), max_digits=14, decimal_places=2, validators=[MinValueValidator(0)]
    )
    average_deal = models.DecimalField(
        _("average deal"), max_digits=14, decimal_places=2, validators=[MinValueValidator(1)]
    )
    close_rate = models.DecimalField(  # deals ÷ qualified, percent
        _("qualified leads that become deals, %"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(0)],
    )
    qualification_rate = models.DecimalField(
        _("leads that qualify, %"), max_digits=5, decimal_places=2, validators=[MinValueValidator(0)]
    )
    visit_rate = models.DecimalField(
        _("visits that become leads, %"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    cost_per_lead = models.DecimalField(
        _("cost per lead"), max_digits=10, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    in_time_rate = models.DecimalField(
        _("first contacts within the promise, %"), max_digits=5, decimal_places=2, default=90
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-month"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(revenue__gte=0), name="plan_revenue_not_negative"),
            models.CheckConstraint(condition=models.Q(average_deal__gt=0), name="plan_average_deal_positive"),
            models.CheckConstraint(
                condition=models.Q(close_rate__gt=0, close_rate__lte=100), name="plan_close_rate_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(qualification_rate__gt=0, qualification_rate__lte=100),
                name="plan_qualification_rate_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class PlanLine(models.Model):
    """What one channel brings of a plan's leads, and what that costs: by visits, or by lead.

    `share` is percent of the plan's leads. A plan without lines is one line with the plan's own rates.
    """

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="lines")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="+")
    share = models.DecimalField(_("share of leads, %"), max_digits=5, decimal_places=2)
    visit_rate = models.DecimalField(
        _("visits that become leads, %"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    cost_per_visit = models.DecimalField(
        _("cost per visit"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    cost_per_lead = models.DecimalField(
        _("cost per lead"), max_digits=10, decimal_places=2, null=True, blank=True
    )

    class Meta:
        ordering: ClassVar = ["plan", "-share", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "channel"], name="plan_line_once_a_channel"),
            models.CheckConstraint(
                condition=models.Q(share__gt=0, share__lte=100), name="plan_line_share_is_a_share"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    visit_rate__gt=0,
                    visit_rate__lte=100,
                    cost_per_visit__gte=0,
                    cost_per_lead__isnull=True,
                )
                | models.Q(visit_rate__isnull=True, cost_per_visit__isnull=True, cost_per_lead__gte=0),
                name="plan_line_by_visits_or_by_lead",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.channel_id} {self.share}"


class PlanVersion(models.Model):
    """A plan as it was saved once: never changed, so that what was signed stays to be read."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # Plan.version when it was saved
    values = models.JSONField()  # decimals as text; see leadsync.kpi.domain.versions
    note = models.CharField(_("what changes and why"), max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["plan", "-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["plan", "number"], name="plan_version_once")]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.number}"


class PlanSignature(models.Model):
    """One signature under one version of a plan: marketing, sales, then direction. A new version has none."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="signatures")
    number = models.PositiveIntegerField()  # the version that was signed
    side = models.CharField(max_length=5)  # leadsync.accounts.roles.Side
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "number", "side"], name="plan_signed_once_a_side")
        ]

    def __str__(self) -> str:
        return f"{self.plan_id} {self.number} {self.side}"
