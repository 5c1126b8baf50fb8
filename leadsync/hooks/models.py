"""Addresses of other programs, and what was sent to them."""

import json
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadsync.core.models import Versioned


class Endpoint(Versioned):
    """An address that hears what happens to leads. `secret` signs what is sent; both are as good as passwords."""

    name = models.CharField(_("name"), max_length=100)
    address = models.CharField(_("address"), max_length=2_000)
    secret = models.CharField(max_length=100)
    events = models.JSONField(default=list)  # leadsync.hooks.domain.events.HookEvent
    is_on = models.BooleanField(_("on"), default=True)
    on_since_at = models.DateTimeField(null=True)  # what happened before is not told
    starts = models.JSONField(default=dict, db_default={})  # event → the last LeadEvent before it was chosen
    # A worker that sends holds the address until then; after a failure nobody sends to it before.
    free_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)  # in a row
    failing_since_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)  # the last success
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One event for one endpoint: sent at least once, with an id by which the receiver knows it again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not to be sent")

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    key = models.CharField(max_length=80)  # what it is about: telling twice is telling once
    event = models.CharField(max_length=30)
    lead_id = models.BigIntegerField(null=True)  # no foreign key: what was sent stays when a lead goes
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # what the last attempt was answered
    error = models.CharField(max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["endpoint", "key"], name="delivery_once")]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"], condition=models.Q(state="waiting"), name="delivery_waiting"
            ),
            models.Index(fields=["endpoint", "-id"], name="delivery_of_endpoint"),
            models.Index(fields=["endpoint", "state", "id"], name="delivery_by_state"),
            models.Index(fields=["lead_id"], name="delivery_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.key}"

    @property
    def message_id(self) -> str:
        """The id by which the receiver knows it: that of the body, else (it was erased) the key."""
        return str(json.loads(self.body)["id"]) if self.body else self.key
