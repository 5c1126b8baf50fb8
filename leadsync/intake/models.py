"""Hosted forms, sources that send by themselves, and every message as it was received."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from leads.models import Arrival, Lead
from leadsync.core.models import Versioned


class LeadForm(Versioned):
    """A page on which visitors leave their data for one campaign; open to anybody who has the address.

    `fields` is an ordered list of `{"field": name of a lead's field or "answer:<criterion key>", "is_required": bool}`;
    `texts` holds the words per language: `{"en": {"title": …, "intro": …, "button": …, "consent": …, "thanks": …,
    "labels": {field: …}}}`. A language is offered when it has texts. `origins` are the sites that may show it in a frame.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="forms", verbose_name=_("campaign"))
    key = models.SlugField(max_length=40, unique=True)  # the public part of its address
    name = models.CharField(_("name"), max_length=100)
    is_open = models.BooleanField(_("open"), default=False)
    language = models.CharField(
        _("language"), max_length=5, default="en"
    )  # where the visitor's is not offered
    fields = models.JSONField(default=list)
    texts = models.JSONField(default=dict)
    needs_consent = models.BooleanField(_("consent is required"), default=True)
    origins = models.JSONField(default=list, blank=True)
    thanks_url = models.URLField(_("page after sending"), max_length=500, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name


class Source(Versioned):
    """Another program that sends leads by itself, each to one campaign. The secret proves that it is the sender."""

    class Kind(models.TextChoices):
        GOOGLE = "google", _("Google Ads lead form")
        META = "meta", _("Meta lead ads")
        TYPEFORM = "typeform", _("Typeform")
        GENERIC = "generic", _("Signed JSON")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=100)
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="sources", verbose_name=_("campaign"))
    key = models.SlugField(max_length=40, unique=True)  # the public part of its address
    secret = models.CharField(_("secret"), max_length=200, blank=True)  # empty: nobody is believed yet
    old_secret = models.CharField(max_length=200, blank=True, default="", db_default="")
    old_secret_until_at = models.DateTimeField(null=True)  # after a renewal both are valid until then
    verify_token = models.CharField(max_length=100, blank=True)  # Meta's handshake
    access_token = models.CharField(max_length=500, blank=True)  # with which Meta's answers are fetched
    mapping = models.JSONField(
        default=dict
    )  # question or path → field, "answer:<criterion key>", "" (payload only)
    is_on = models.BooleanField(_("on"), default=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    heard_at = models.DateTimeField(null=True)  # the last message that was theirs
    refused_at = models.DateTimeField(null=True)  # the last one that was not, and why
    refusal = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Payload(models.Model):
    """One message as received, whatever became of it. What cannot be understood waits here for a better mapping."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")  # to be fetched or tried again
        TAKEN = "taken", _("Is a lead")
        TEST = "test", _("Test")
        UNREADABLE = "unreadable", _("Unreadable")
        SPAM = "spam", _("Looks like spam")
        DROPPED = "dropped", _("Dropped")

    source = models.ForeignKey(Source, models.PROTECT, null=True, related_name="payloads")
    form = models.ForeignKey(LeadForm, models.PROTECT, null=True, related_name="payloads")
    received_at = models.DateTimeField()
    external_id = models.CharField(max_length=320, blank=True)
    digest = models.CharField(max_length=64)  # of the body: a message sent again is the same message
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    reason = models.JSONField(default=dict)  # {"code": …, …}: why it is unreadable or waits
    times = models.PositiveIntegerField(default=1)  # how often it came
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    lead = models.ForeignKey(Lead, models.SET_NULL, null=True, related_name="intake_payloads")
    arrival = models.ForeignKey(Arrival, models.SET_NULL, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)  # by a person: dropped, or taken after all
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "digest"], condition=models.Q(source__isnull=False), name="payload_once"
            ),
            models.UniqueConstraint(  # a page sent twice is one message
                fields=["form", "external_id", "digest"],
                condition=models.Q(form__isnull=False),
                name="payload_of_page_once",
            ),
            models.CheckConstraint(
                condition=models.Q(source__isnull=False, form=None)
                | models.Q(source=None, form__isnull=False),
                name="payload_came_through_one_door",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="payload_by_state"),
            models.Index(fields=["source", "-id"], name="payload_of_source"),
            models.Index(fields=["next_try_at"], condition=models.Q(state="waiting"), name="payload_waiting"),
            models.Index(
                fields=["source", "external_id"],
                condition=~models.Q(external_id=""),
                name="payload_by_external_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.external_id or self.pk}"
