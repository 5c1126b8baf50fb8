"""Whether the joint checklist of a new company is over. What was done is read from the facts themselves."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Start(models.Model):
    """The company's first steps: one row, written when all are done or somebody puts the list aside."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    done_at = models.DateTimeField(null=True)
    put_aside_at = models.DateTimeField(null=True)
    put_aside_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("start")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="start_only_one"),
        ]

    def __str__(self) -> str:
        return "done" if self.done_at else "put aside" if self.put_aside_at else "open"
