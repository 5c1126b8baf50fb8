"""The outbox: notices to people, the messages that carry them, and alerts. Refers to no lead."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One mail (or webhook call) that carries one or more notices; sent at least once, retried."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENT = "sent", _("Sent")
        DEAD = "dead", _("Given up")
        DROPPED = "dropped", _("Not to be sent")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        WEBHOOK = "webhook", _("Webhook")

    class Sort(models.TextChoices):
        """The sorts of mail that a person may stop, one by one."""

        INSTANT = "instant", _("Mail at once")
        MORNING = "morning", _("Morning mail")
        MONDAY = "monday", _("Monday mail")
        WINS = "wins", _("Wins of the week")
        MINUTES = "minutes", _("Minutes of meetings")

    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    sort = models.CharField(max_length=10, choices=Sort, blank=True, default="", db_default="")
    key = models.CharField(max_length=120, unique=True)  # the idempotency key that goes with the message
    address = models.CharField(max_length=320)
    subject = models.CharField(max_length=300)
    body = models.TextField()
    body_html = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["next_try_at"], condition=models.Q(state="waiting"), name="message_waiting"),
            models.Index(fields=["state", "-id"], name="message_by_state"),
        ]

    def __str__(self) -> str:
        return self.subject


class Notice(models.Model):
    """Something one person should know, in the app and, by its kind, in a mail. Written once per `key`.

    The words are made when shown or sent, in the receiver's language, from `kind` and `context`.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    is_instant = models.BooleanField(default=False)
    read_at = models.DateTimeField(null=True)
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="notices")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "recipient"], name="notice_once")]
        indexes: ClassVar = [
            models.Index(fields=["recipient", "-id"], name="notice_of_person"),
            models.Index(fields=["recipient"], condition=models.Q(read_at=None), name="notice_unread"),
            # What no mail has carried yet and nobody has read: all that delivery looks at.
            models.Index(
                fields=["recipient", "id"],
                condition=models.Q(message=None, read_at=None),
                name="notice_to_send",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Mute(models.Model):
    """A thread one person does not want to hear of: all notices with this address. They stay in the list."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    url = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "url"], name="mute_once")]

    def __str__(self) -> str:
        return self.url


class MailChoice(models.Model):
    """Whether one person wants a sort of mail. No row: yes. Started again, only what came since is mailed."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sort = models.CharField(max_length=10, choices=Message.Sort)
    is_wanted = models.BooleanField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "sort"], name="mail_choice_once")]

    def __str__(self) -> str:
        return f"{self.sort} {self.is_wanted}"


class Webhook(models.Model):
    """Where the company's news go: one channel of Slack or Teams. The address is as good as a password."""

    class Format(models.TextChoices):
        SLACK = "slack", _("Slack")
        TEAMS = "teams", _("Microsoft Teams")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    address = models.CharField(max_length=2_000, blank=True, default="")
    format = models.CharField(max_length=10, choices=Format, default=Format.SLACK)
    language = models.CharField(max_length=5, default="en")
    groups = models.JSONField(default=list)  # leadsync.notices.kinds.Group
    is_on = models.BooleanField(default=False)
    on_since_at = models.DateTimeField(null=True)  # what happened before is not told
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(null=True)
    # The last attempt, a test's too.
    tried_at = models.DateTimeField(null=True)
    is_well = models.BooleanField(null=True)
    result = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="webhook_only_one"),
            models.CheckConstraint(
                condition=models.Q(is_on=False) | ~models.Q(address=""), name="webhook_on_has_address"
            ),
        ]

    def __str__(self) -> str:
        return self.format


class News(models.Model):
    """Something the whole company may hear of, once, whoever was told in person."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="news")

    class Meta:
        verbose_name_plural = "news"
        indexes: ClassVar = [
            models.Index(fields=["created_at"], condition=models.Q(message=None), name="news_to_send")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Alert(models.Model):
    """A fact that needs somebody to act: one open alert per kind and subject.

    `cost_minutes` is what it takes of people's working time while it stands: what needs more comes first.
    """

    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    cost_minutes = models.PositiveIntegerField(default=0, db_default=0)
    context = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["-resolved_at", "-id"],
                condition=models.Q(resolved_at__isnull=False),
                name="alert_resolved",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=models.Q(resolved_at=None), name="alert_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(acknowledged_at=None) | models.Q(acknowledged_by__isnull=False),
                name="alert_acknowledged_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
