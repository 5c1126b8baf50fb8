"""What was told of a campaign's gate, and what was decided after it was not passed."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class GateDecision(models.Model):
    """Stop, change and test again, or continue although the gate failed. Continuing takes both departments' signatures.

    Of one round of a campaign (`round_from` is the first number of its gate) one decision is open or taken; those that
    were withdrawn stay readable. The counts are as of the moment it was taken.
    """

    class ChoiceChoices(models.TextChoices):
        STOP = "stop", _("Stop")
        RETEST = "retest", _("Change and test again")
        GO_ON = "continue", _("Continue")

    class StateChoices(models.TextChoices):
        PROPOSED = "proposed", _("Waits for signatures")
        TAKEN = "taken", _("Decided")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="gate_decisions")
    round_from = models.PositiveIntegerField()
    round_after = models.PositiveBigIntegerField(default=0)  # the campaign's `gate_after` in that round
    choice = models.CharField(_("decision"), max_length=10, choices=ChoiceChoices)
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.PROPOSED)
    note = models.TextField(_("what changes, or why"), blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    size = models.PositiveIntegerField(default=0)
    needed = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    sent_meanwhile = models.PositiveIntegerField(default=0)  # received after it failed, before this was taken

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["campaign", "round_from"],
                condition=~models.Q(state="withdrawn"),
                name="gate_decided_once_a_round",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="taken") | models.Q(taken_at__isnull=False),
                name="gate_decision_taken_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.choice} {self.state}"


class GateVerdict(models.Model):
    """That a round of a campaign's gate passed or failed, as it was told: once, however often marks change."""

    class VerdictChoices(models.TextChoices):
        PASSED = "passed", _("Passed")
        FAILED = "failed", _("Not passed")

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="gate_verdicts")
    round_from = models.PositiveIntegerField()
    verdict = models.CharField(max_length=6, choices=VerdictChoices)
    at = models.DateTimeField()  # when it became certain
    told_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["campaign", "round_from", "verdict"], name="gate_verdict_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.verdict}"


class GateSignature(models.Model):
    """One department's signature under continuing with a campaign that did not pass."""

    decision = models.ForeignKey(GateDecision, models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=5)  # leadsync.accounts.roles.Side
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "side"], name="gate_signed_once_a_side")
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.side}"
