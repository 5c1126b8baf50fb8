"""Many leads at once: what was pasted or uploaded, how its columns were read, what became of each row."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign


class Import(models.Model):
    """One paste or file. Kept whole until it is saved or dropped, so nothing typed is lost.

    `columns` is the list of fields, one per column ("" for unmapped); `edits` holds cells changed in the preview,
    `{row number: {column index: text}}`; `options` the rest (history, date order, namespace, fixed values…).
    """

    class State(models.TextChoices):
        PREVIEW = "preview", _("Preview")
        WAITING = "waiting", _("Waiting to be saved")
        RUNNING = "running", _("Being saved")
        DONE = "done", _("Saved")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        UNDONE = "undone", _("Undone")

    campaign = models.ForeignKey(Campaign, models.PROTECT, null=True, related_name="imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State, default=State.PREVIEW)
    door = models.CharField(max_length=10)
    name = models.CharField(max_length=200, blank=True)
    file = models.FileField(upload_to="imports/%Y/%m/")
    digest = models.CharField(max_length=64)
    columns = models.JSONField(default=list)
    edits = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    scan = models.JSONField(
        default=dict
    )  # what the preview found: counts, and the numbers of rows to fix or here
    scanned_at = models.DateTimeField(null=True)  # None while a long list is still being looked through
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    already_here = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    remarks = models.JSONField(default=list)
    done_row = models.PositiveIntegerField(default=0)  # the last row number saved: where a restart goes on
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class ImportRow(models.Model):
    """A row that could not be saved as it is, with its reasons, to be downloaded, mended and brought again."""

    batch = models.ForeignKey(Import, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    problems = models.JSONField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["batch", "number"], name="import_row_once")]

    def __str__(self) -> str:
        return f"{self.batch_id}:{self.number}"


class ColumnMemory(models.Model):
    """How somebody last mapped a table with these headers; offered the next time."""

    header_key = models.CharField(max_length=64, unique=True)
    columns = models.JSONField()
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.header_key
