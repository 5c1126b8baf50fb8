"""Joint meetings: their series, who comes, the points on the agenda, what was decided, and private calendar feeds."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from leadsync.core.models import Versioned


class Series(Versioned):
    """A meeting that comes again: an iCalendar rule on days and a time of day in the company's zone."""

    name = models.CharField(_("name"), max_length=150)
    rule = models.CharField(_("repeats"), max_length=300)  # RFC 5545 RRULE value, without a time
    starts_on = models.DateField(_("first meeting"))
    ends_on = models.DateField(_("last meeting"), null=True, blank=True)
    at_minute = models.PositiveSmallIntegerField(_("time of day"), validators=[MaxValueValidator(1439)])
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=30, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    place = models.CharField(_("where"), max_length=300, blank=True)
    is_active = models.BooleanField(_("takes place"), default=True)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="meeting_series", verbose_name=_("who comes"), blank=True
    )
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("series of meetings")
        verbose_name_plural = _("series of meetings")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(at_minute__lt=1440), name="series_time_of_day"),
            models.CheckConstraint(condition=models.Q(minutes__gt=0), name="series_lasts"),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="series_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Meeting(Versioned):
    """One meeting. Of a series: the occurrence of the rule on `planned_on`, wherever it was moved to since.

    Until it begins its agenda is read from the facts; what begins it writes them down as points.
    """

    class StateChoices(models.TextChoices):
        PLANNED = "planned", _("Planned")
        RUNNING = "running", _("Going on")
        HELD = "held", _("Held")
        CANCELLED = "cancelled", _("Cancelled")

    series = models.ForeignKey(Series, models.CASCADE, null=True, related_name="meetings")
    planned_on = models.DateField(null=True)
    name = models.CharField(_("name"), max_length=150)
    starts_at = models.DateTimeField(_("starts"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=30, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    place = models.CharField(_("where"), max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.PLANNED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # why it was cancelled or moved
    is_moved = models.BooleanField(default=False)  # by a person: its series leaves it alone since
    zone = models.CharField(max_length=60, blank=True)  # in which its time of day was said
    changed_at = models.DateTimeField(null=True)  # moved, cancelled, brought back; None: never
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # the minutes, last time
    sent_version = models.PositiveIntegerField(default=0)  # which version went out; 0: none yet
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-starts_at", "-id"]
        verbose_name = _("meeting")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "planned_on"], name="meeting_once_a_day_of_series"),
            models.CheckConstraint(
                condition=models.Q(series=None, planned_on=None)
                | models.Q(series__isnull=False, planned_on__isnull=False),
                name="meeting_of_series_has_its_day",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["planned", "cancelled"]) | models.Q(began_at__isnull=False),
                name="meeting_begun_has_a_time",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "starts_at"], name="meeting_by_state")]

    def __str__(self) -> str:
        return f"{self.name} {self.starts_at:%Y-%m-%d}"


class Attendance(models.Model):
    """Who is asked to a meeting, and whether they came; None until somebody says."""

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="attendance")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_present = models.BooleanField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["meeting", "person"], name="attendance_once")
        ]

    def __str__(self) -> str:
        return f"{self.meeting_id} {self.person_id}"


class Point(models.Model):
    """One point of an agenda: an open fact, or what somebody handed in.

    What is handed in waits (`meeting` empty) for the next meeting. Without a name there is no `by`: nobody can find out
    who it was. `source` and `subject` say which fact it is, so that one fact is one point however often it is looked at.
    """

    class SourceChoices(models.TextChoices):
        PROBLEM = "problem", _("Problem")
        NEED = "need", _("Need")
        ALERT = "alert", _("Alert")
        QUESTION = "question", _("Question")
        DISPUTE = "dispute", _("Dispute")
        DECISION = "decision", _("Decision not done yet")

    class StateChoices(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Talked about")
        CARRIED = "carried", _("Next time")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    meeting = models.ForeignKey(Meeting, models.CASCADE, null=True, related_name="points")
    source = models.CharField(max_length=10, choices=SourceChoices)
    subject = models.CharField(max_length=160, blank=True)  # "" for what was handed in
    kind = models.CharField(max_length=40, blank=True)  # of notice or alert: how the context reads
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    text = models.TextField(_("what it is about"), blank=True)  # of what was handed in
    cost_minutes = models.PositiveIntegerField(default=0)
    place = models.PositiveSmallIntegerField(default=0)  # on the agenda, from 1, once the meeting has begun
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.OPEN)
    note = models.TextField(_("what was said"), blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["place", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["meeting", "source", "subject"],
                condition=~models.Q(subject=""),
                name="point_once_a_meeting",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=models.Q(meeting=None, state="open"), name="point_waiting")
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.subject or self.text[:40]}"


class Decision(Versioned):
    """What a meeting decided about a point: who does it until when. Carried over until it is done or dropped."""

    class StateChoices(models.TextChoices):
        OPEN = "open", _("Open")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("No longer needed")

    meeting = models.ForeignKey(Meeting, models.CASCADE, related_name="decisions")
    point = models.ForeignKey(Point, models.CASCADE, related_name="decisions")
    text = models.TextField(_("decision"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who does it")
    )
    due_on = models.DateField(_("until"))
    state = models.CharField(max_length=10, choices=StateChoices, default=StateChoices.OPEN)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    done_note = models.TextField(_("what was done"), blank=True)

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        verbose_name = _("decision")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(state="open", done_at=None)
                | (~models.Q(state="open") & models.Q(done_at__isnull=False)),
                name="meeting_decision_end_has_a_time",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_on"], condition=models.Q(state="open"), name="meeting_decision_open"),
            models.Index(fields=["owner"], condition=models.Q(state="open"), name="meeting_decision_of"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Feed(models.Model):
    """The private address of one person's calendar. A new `nonce` makes the old address useless."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)  # last time by a calendar

    class Meta:
        constraints: ClassVar = []

    def __str__(self) -> str:
        return f"{self.person_id}"
