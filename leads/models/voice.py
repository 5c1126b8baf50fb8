"""What sales learned about a lead: its situation, its needs, its objections, by tag and in words."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.agreement import stock_label
from leads.models.lead import Lead


class Topic(models.TextChoices):
    SITUATION = "situation", _("Situation")
    NEED = "need", _("Needs")
    OBJECTION = "objection", _("Objections")


class Tag(models.Model):
    """One answer that comes back again and again. The list is the company's; keys never change."""

    topic = models.CharField(_("about"), max_length=10, choices=Topic)
    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=100)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["topic", "position", "id"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The label in the reader's language where it is one of the stock tags; the company's own as typed."""
        return stock_label(self.label)


class Finding(models.Model):
    """One thing that sales learned: a tag of its topic, or the topic's words (`tag` is None, one row a lead).

    `at` is when it was learned first (a tag) or changed last (words): what the voice of the customer counts by.
    """

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="findings")
    topic = models.CharField(max_length=10, choices=Topic)
    tag = models.ForeignKey(Tag, models.PROTECT, null=True, related_name="findings")
    words = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["topic", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lead", "tag"], condition=models.Q(tag__isnull=False), name="finding_tag_once"
            ),
            models.UniqueConstraint(
                fields=["lead", "topic"], condition=models.Q(tag=None), name="finding_words_once"
            ),
            models.CheckConstraint(
                condition=models.Q(tag__isnull=False) | ~models.Q(words=""), name="finding_says_something"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["topic", "at"], name="finding_of_period")]

    def __str__(self) -> str:
        return f"{self.topic} {self.lead_id}"
