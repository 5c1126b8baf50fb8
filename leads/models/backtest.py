"""What a draft of the agreement would have done with leads that are known already."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.agreement import Agreement
from leads.models.lead import Lead


class BackTest(models.Model):
    """A draft measured against the version in force, over the leads received from `from_on` to `to_on` inclusive.

    `agreement_version` is the draft's version when it was asked for. `result` holds under "asked" what both versions
    asked of a lead then (`leads.domain.backtest.Definition.as_json`): once the draft asks something else, the page
    says so; and under "cells" the figures (`Result.as_json`).
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="back_tests")
    agreement_version = models.PositiveIntegerField()
    against = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="+")
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)  # leads measured so far
    total = models.PositiveIntegerField(default=0)
    last_lead = models.PositiveBigIntegerField(default=0)  # where a restart goes on
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(to_on__gte=models.F("from_on")), name="back_test_ends_after"
            )
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.from_on}-{self.to_on}"


class BackTestLead(models.Model):
    """How one lead measures up by the version in force and by the draft: what stands behind each number."""

    class Verdict(models.TextChoices):
        MET = "met", _("Meets it")
        NOT_MET = "not_met", _("Does not meet it")
        UNKNOWN = "unknown", _("Cannot be judged")

    test = models.ForeignKey(BackTest, models.CASCADE, related_name="leads")
    lead = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    before = models.CharField(max_length=7, choices=Verdict)
    after = models.CharField(max_length=7, choices=Verdict)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["test", "lead"], name="back_test_lead_once")]
        indexes: ClassVar = [models.Index(fields=["test", "before", "after"], name="back_test_lead_verdict")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.before} → {self.after}"
