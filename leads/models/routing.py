"""Who gets which lead: ordered rules, and groups of reps."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Channel
from leadsync.core.models import Versioned


class RepGroup(models.Model):
    """Reps who share leads out among themselves by their capacity."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="rep_groups", blank=True, verbose_name=_("reps")
    )

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class RoutingRule(Versioned):
    """The first rule in order whose conditions all hold decides; an empty condition always holds.

    It leads to the rep who has the same company already, to one rep, or to a group; exactly one of the three.
    """

    class Target(models.TextChoices):
        SAME_OWNER = "same_owner", _("Who has the same company")
        REP = "rep", _("One rep")
        GROUP = "group", _("A group")

    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    markets = models.JSONField(_("countries"), default=list, blank=True)  # two letters each
    languages = models.JSONField(_("languages"), default=list, blank=True)  # "pl", "en"
    campaign_kinds = models.JSONField(_("kinds of campaign"), default=list, blank=True)
    channels = models.ManyToManyField(Channel, related_name="+", blank=True, verbose_name=_("channels"))
    campaigns = models.ManyToManyField(Campaign, related_name="+", blank=True, verbose_name=_("campaigns"))
    target = models.CharField(_("goes to"), max_length=10, choices=Target, default=Target.GROUP)
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("rep"),
    )
    group = models.ForeignKey(
        RepGroup, models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("group")
    )
    changed_at = models.DateTimeField(null=True, editable=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(target="same_owner", rep=None, group=None)
                | models.Q(target="rep", rep__isnull=False, group=None)
                | models.Q(target="group", rep=None, group__isnull=False),
                name="routing_rule_one_target",
            )
        ]

    def __str__(self) -> str:
        return self.name
