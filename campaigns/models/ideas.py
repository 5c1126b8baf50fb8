"""Ideas for campaigns, from anybody, and who is for them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from leadsync.core.models import Versioned


class Idea(Versioned):
    """Somebody's proposal for a campaign. One that is taken up has campaigns (`Campaign.idea`) that credit its author."""

    class StateChoices(models.TextChoices):
        OPEN = "open", pgettext_lazy("idea", "Open")
        TAKEN = "taken", _("Became a campaign")
        DECLINED = "declined", _("Not now")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    title = models.CharField(_("idea"), max_length=200)
    text = models.TextField(_("why it should work"), blank=True)
    market = CountryField(_("country"), blank=True, blank_label=_("Any country"))  # type: ignore[call-overload]  # lazy text does
    segment = models.CharField(_("segment"), max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.OPEN)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.TextField(_("reason"), blank=True)  # of whoever declined

    class Meta:
        verbose_name = _("idea")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["state", "-id"], name="idea_by_state")]

    def __str__(self) -> str:
        return self.title


class Vote(models.Model):
    """One person is for an idea, once."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="votes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["idea", "by"], name="vote_once")]

    def __str__(self) -> str:
        return f"{self.idea_id} {self.by_id}"
