"""Abstract bases and the one table that core keeps: a lock by name."""

from typing import ClassVar

from django.db import models


class Versioned(models.Model):
    """Carries a number that every change raises, so that two people changing one thing notice each other."""

    version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class Lock(models.Model):
    """A row to lock where work of one kind must not run twice at the same time; see `leadsync.core.db.exclusively`."""

    name = models.CharField(max_length=50, primary_key=True)
    ran_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True, default="")

    class Meta:
        constraints: ClassVar = []

    def __str__(self) -> str:
        return self.name
