"""Which leads are one: merges that can be undone, pairs that look alike, consent, and messages sent twice."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead


class Merge(models.Model):
    """Two leads became one. The other row is gone; `snapshot` holds what puts both back exactly."""

    survivor = models.ForeignKey(Lead, models.CASCADE, related_name="merges")
    gone_id = models.BigIntegerField()  # the id of the lead that is no longer there, and gets it back
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    snapshot = models.JSONField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["gone_id"], condition=models.Q(undone_at=None), name="merge_gone_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} → {self.survivor_id}"


class Lookalike(models.Model):
    """Two leads that may be the same, with the evidence; a person decides."""

    first = models.ForeignKey(Lead, models.CASCADE, related_name="+")  # the smaller id
    second = models.ForeignKey(Lead, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()  # 0…100, see leads.domain.lookalikes
    evidence = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["first", "second"], name="lookalike_once"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="lookalike_in_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["-score", "-id"], condition=models.Q(dismissed_at=None), name="lookalike_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ~ {self.second_id}"


class Consent(models.Model):
    """What somebody agreed to, or took back: the words they saw, when, and through which door."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="consents")
    is_given = models.BooleanField(default=True)
    at = models.DateTimeField()
    by = models.ForeignKey(  # a colleague who noted it; nobody where the person said so themselves
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    door = models.CharField(max_length=10)
    text = models.TextField(_("what was agreed to"), blank=True)
    place = models.CharField(max_length=300, blank=True)  # the page or form, in words or as an address

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["lead", "-at"], name="consent_of_lead")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.is_given}"


class IdempotencyKey(models.Model):
    """A message of a program under its own key: repeated within a day it is answered as it was the first time."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)  # of the key
    message = models.CharField(max_length=64)  # digest of what was sent with it
    answer = (
        models.JSONField()
    )  # ids only: [[lead id, is new], …] or what the view needs to say the same again
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "digest"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return self.digest[:12]
