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
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering: ClassVar = ["channel__name", "kind", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["channel", "value"], name="contact_point_once")
        ]

    def __str__(self) -> str:
        return self.value


class Proof(models.Model):
    """Somebody tried a contact point: it worked, or it did not."""

    point = models.ForeignKey(ContactPoint, models.CASCADE, related_name="proofs")
    is_ok = models.BooleanField(_("works"))
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["point", "-at"], name="proof_latest")]

    def __str__(self) -> str:
        return f"{self.point_id} {self.at}"
