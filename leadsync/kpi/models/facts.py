"""The roll-up: facts by day and by cohort."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from campaigns.models import Campaign


class DayFact(models.Model):
    """What happened on one day (in the company's zone) for one campaign and rep. Made by the roll-up only."""

    on = models.DateField()
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    arrived = models.IntegerField(default=0)
    handed_off = models.IntegerField(default=0)
    contacted = models.IntegerField(default=0)
    contacted_in_time = models.IntegerField(default=0)
    contacted_promised = models.IntegerField(
        default=0
    )  # contacts under a promise: what "in time" is a share of
    judged_only = models.IntegerField(default=0)
    qualified = models.IntegerField(default=0)  # became qualified on this day
    promising = models.IntegerField(default=0)  # marked so on this day, and still is
    not_a_fit = models.IntegerField(default=0)
    unreachable = models.IntegerField(default=0)
    won = models.IntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    lost = models.IntegerField(default=0)
    minutes = models.IntegerField(default=0)
    minutes_estimated = models.IntegerField(default=0)
    spend = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    visits = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["on", "campaign", "rep"], name="day_fact_once"),
            models.UniqueConstraint(
                fields=["on", "campaign"], condition=models.Q(rep=None), name="day_fact_once_without_rep"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["campaign", "on"], name="day_fact_of_campaign")]

    def __str__(self) -> str:
        return f"{self.on} {self.campaign_id}"


class CohortFact(models.Model):
    """Leads received in one month (company's zone) by campaign, with where they stand now. Made by the
    roll-up only.
    """

    month = models.DateField()
    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=10)
    mark = models.CharField(max_length=12)
    leads = models.IntegerField(default=0)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    minutes = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["month", "campaign", "stage", "mark"], name="cohort_fact_once")
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.campaign_id}"
