"""Channels, their contact points, and the proofs that these work."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.Model):
    """A way leads reach us. `key` is set for the one that stands for "nobody said which"."""

    NOT_STATED = "not-stated"

    name = models.CharField(_("name"), max_length=100, unique=True)
    key = models.SlugField(max_length=40, null=True, blank=True, unique=True, editable=False)
    terms = models.TextField(
        _("terms"), blank=True, help_text=_("What is offered there now. Sales reads this.")
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name = _("channel")

    def __str__(self) -> str:
        return self.name


class ContactPoint(models.Model):
    """One phone number, mailbox, form or profile of a channel, and when it was last proven to work."""

    class Kind(models.TextChoices):
        PHONE = "phone", _("Phone number")
        MAILBOX = "mailbox", _("Mailbox")
        FORM = "form", _("Form")
        PROFILE = "profile", _("Profile")

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="points", verbose_name=_("channel"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    value = models.CharField(_("number, address or link"), max_length=300)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("responsible")
    )
    note = models.CharField(
        _("note"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("Who answers there, and how to sign in. No passwords."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    # Tried by the worker: a page is asked for, a mailbox's mail server is looked up, a hosted form gets a test lead.
    is_watched = models.BooleanField(_("try by itself every day"), default=False, db_default=False)
    page_url = models.URLField(_("page"), max_length=500, blank=True, default="", db_default="")
    page_text = models.CharField(
        _("text that must stand there"), max_length=200, blank=True, default="", db_default=""
    )
    tried_at = models.DateTimeField(null=True)  # last time by the worker
    next_try_at = models.DateTimeField(null=True)  # when the worker tries; None: it does not
    asked_at = models.DateTimeField(null=True)  # somebody pressed "Try now", and no answer is there yet
    failed_at = models.DateTimeField(null=True)  # a first failure that a second one has to confirm
    changed_at = models.DateTimeField(
        null=True
    )  # the value was another one before: older proofs are not of it
    # What the last try of the worker found, when it is no proof yet: see `leadsync.notices.kinds.channels`.
    found = models.CharField(max_length=20, blank=True, default="", db_default="")
    found_detail = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        ordering: ClassVar = ["channel__name", "kind", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "value"], name="contact_point_once")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(next_try_at__isnull=False),
                name="contact_point_to_try",
            )
        ]

    def __str__(self) -> str:
        return self.value


class PointAccess(models.Model):
    """A rep who can use a contact point: knows how to sign in, or whose phone rings."""

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="access")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["point", "person"], name="point_access_once")
        ]

    def __str__(self) -> str:
        return f"{self.point_id} {self.person_id}"


class Proof(models.Model):
    """Somebody, or the worker, tried a contact point: it worked, or it did not."""

    class MeansChoices(models.TextChoices):
        HAND = "hand", _("Tried by hand")
        CALL = "call", _("Test call")
        MAIL = "mail", _("Test mail")
        PAGE = "page", _("Page asked for")
        MAIL_SERVER = "mail_server", _("Mail server looked up")
        TEST_LEAD = "test_lead", _("Test lead")
        NO_ACCESS = "no_access", _("Can’t get in")

    means = models.CharField(
        _("how"), max_length=12, choices=MeansChoices, default=MeansChoices.HAND, db_default="hand"
    )
    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="proofs")
    is_ok = models.BooleanField(_("works"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    # What the worker found, as a code; `note` holds the detail: see `leadsync.notices.kinds.channels`.
    found = models.CharField(max_length=20, blank=True, default="", db_default="")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["point", "-at"], name="proof_latest")]

    def __str__(self) -> str:
        return f"{self.point_id} {self.at}"
