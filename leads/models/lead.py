"""A lead, and everything that is known and was done about it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from campaigns.models import Campaign
from leads.domain.words import STOCK_STEPS
from leads.models.agreement import Agreement, Reason
from leads.querysets import ActivityQuerySet, LeadQuerySet
from leadsync.core.models import Versioned


def stock_words(next_step: str) -> str:
    """A next step as the reader reads it: LeadSync's own in their language, a person's as it was typed."""
    return gettext(next_step) if next_step in STOCK_STEPS else next_step


class StageChoices(models.TextChoices):
    NEW = "new", _("New")
    CONTACTED = "contacted", _("Contacted")
    QUALIFIED = "qualified", _("Qualified")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    CLOSED = "closed", _("Closed")


class MarkChoices(models.TextChoices):
    NONE = "none", _("Not marked")
    QUALIFIED = "qualified", _("Qualified")
    PROMISING = "promising", _("Promising")
    NOT_A_FIT = "not_a_fit", _("Not a fit")
    UNREACHABLE = "unreachable", _("Unreachable")


class Lead(Versioned):
    """One person or company that showed interest. The first arrival decides `campaign`.

    The `_at` columns are what the roll-up counts: each is the instant of the first (or, for marks, the present) event
    of its kind. `stage` and `mark` change only through services, each writing a `LeadEvent`.
    """

    name = models.CharField(_("name"), max_length=200, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    job_title = models.CharField(_("position"), max_length=150, blank=True)
    email = models.CharField(_("e-mail"), max_length=320, blank=True)
    phone = models.CharField(
        _("phone"), max_length=40, blank=True
    )  # E.164 where it could be read, else as typed
    country = CountryField(_("country"), blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    need = models.TextField(_("what they want"), blank=True)
    search = models.TextField(
        blank=True, editable=False
    )  # folded name, company, mail, phone; see domain.identity

    company_key = models.CharField(  # by which two companies are the same; see domain.identity
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="leads", verbose_name=_("campaign"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="leads",
        verbose_name=_("rep"),
    )
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    gate_number = models.PositiveIntegerField(null=True)  # 1…n by arrival within the campaign's gate
    is_test = models.BooleanField(default=False)  # sent to prove a channel: in no figure
    is_history = models.BooleanField(default=False)  # came with its past: no clock, no notices

    stage = models.CharField(_("stage"), max_length=10, choices=StageChoices, default=StageChoices.NEW)
    mark = models.CharField(_("mark"), max_length=12, choices=MarkChoices, default=MarkChoices.NONE)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+")

    received_at = models.DateTimeField(_("received"))
    handed_off_at = models.DateTimeField(null=True)  # first handoff
    first_contact_at = models.DateTimeField(null=True)
    is_in_time = models.BooleanField(null=True)  # first contact within the promise; None: no promise ran
    is_judged_only = models.BooleanField(default=False)  # marked as false without a contact
    marked_at = models.DateTimeField(null=True)
    qualified_at = models.DateTimeField(null=True)
    won_at = models.DateTimeField(null=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True, blank=True)
    lost_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(_("asked to be called at"), null=True, blank=True)
    next_step_at = models.DateTimeField(_("next step"), null=True, blank=True)
    next_step = models.CharField(_("next step"), max_length=200, blank=True)
    last_activity_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(
        default=0
    )  # outbound attempts without an answer since last reached
    minutes = models.PositiveIntegerField(default=0)  # sales time, the sum over activities
    minutes_estimated = models.PositiveIntegerField(default=0)  # the part of `minutes` nobody entered
    erased_at = models.DateTimeField(null=True)  # who it was is gone; what it counts for stays

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount=None) | models.Q(amount__gte=0), name="lead_amount_not_negative"
            ),
            models.CheckConstraint(
                condition=~models.Q(stage="won") | models.Q(won_at__isnull=False), name="lead_won_has_a_date"
            ),
            models.UniqueConstraint(fields=["campaign", "gate_number"], name="lead_gate_number_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["campaign", "received_at"], name="lead_by_campaign"),
            models.Index(fields=["-received_at", "-id"], name="lead_newest"),
            models.Index(fields=["owner", "-received_at"], name="lead_by_owner"),
            models.Index(
                fields=["campaign", "first_contact_at"],
                condition=models.Q(first_contact_at__isnull=False),
                name="lead_contacted",
            ),
            models.Index(
                fields=["campaign", "marked_at"],
                condition=models.Q(marked_at__isnull=False),
                name="lead_marked",
            ),
            models.Index(
                fields=["campaign", "handed_off_at"],
                condition=models.Q(handed_off_at__isnull=False),
                name="lead_handed_off",
            ),
            models.Index(
                fields=["campaign", "qualified_at"],
                condition=models.Q(qualified_at__isnull=False),
                name="lead_qualified",
            ),
            models.Index(
                fields=["campaign", "won_at"], condition=models.Q(won_at__isnull=False), name="lead_won"
            ),
            models.Index(
                fields=["campaign", "lost_at"], condition=models.Q(lost_at__isnull=False), name="lead_lost"
            ),
            models.Index(
                fields=["owner", "next_step_at"],
                condition=models.Q(next_step_at__isnull=False),
                name="lead_follow_up",
            ),
            models.Index(
                fields=["next_step_at"], condition=models.Q(next_step_at__isnull=False), name="lead_next_step"
            ),
            models.Index(
                fields=["last_activity_at"],
                condition=models.Q(stage__in=["contacted", "qualified"]),
                name="lead_silent",
            ),
            models.Index(fields=["company_key"], condition=~models.Q(company_key=""), name="lead_of_company"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What to call the lead: the person, else the company, else its number; "Erased" once it is."""
        if found := self.name or self.company:
            return found
        return f"#{self.pk}" if self.erased_at is None else pgettext("lead", "Erased")

    @property
    def next_step_words(self) -> str:
        return stock_words(self.next_step)

    @property
    def is_open(self) -> bool:
        return self.stage in {"new", "contacted", "qualified"}

    @property
    def can_be_reached(self) -> bool:
        """At least one way to reach it: what a handoff needs."""
        return bool(self.email or self.phone)


class LeadKey(models.Model):
    """What makes two arrivals the same lead, kept unique by the database however many doors are open at once."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        EXTERNAL = "external", _("External id")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=8, choices=Kind)
    namespace = models.CharField(max_length=60, blank=True)  # which system an external id belongs to
    value = models.CharField(max_length=320)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "namespace", "value"], name="lead_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class Arrival(models.Model):
    """Somebody showed interest, once. All are kept; the first decides the lead's campaign."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="arrivals")
    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="arrivals")
    at = models.DateTimeField()
    door = models.CharField(max_length=10)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    is_first = models.BooleanField(default=True)
    payload = models.JSONField(default=dict)  # as received
    batch = models.ForeignKey("leads.Import", models.SET_NULL, null=True, related_name="arrivals")

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["campaign", "at"], name="arrival_of_campaign")]

    def __str__(self) -> str:
        return f"{self.lead_id} {self.at}"


class LeadEvent(models.Model):
    """What was done to a lead, by whom, when, with the values before and after. Never changed."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=30)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["lead", "-id"], name="event_of_lead")]

    def __str__(self) -> str:
        return f"{self.kind} {self.lead_id}"


class Activity(models.Model):
    """A call, mail, meeting or message with a lead. Minutes nobody entered are estimated and say so."""

    class Kind(models.TextChoices):
        CALL = "call", _("Call")
        EMAIL = "email", _("E-mail")
        MEETING = "meeting", _("Meeting")
        MESSAGE = "message", _("Message")
        NOTE = "note", _("Note")
        WORK = "work", _("Other work")  # sales minutes that came with imported history

    class Direction(models.TextChoices):
        OUT = "out", _("Outbound")
        IN = "in", _("Inbound")

    class OutcomeChoices(models.TextChoices):
        CALLING = "calling", _("Calling")
        REACHED = "reached", _("Reached")
        NO_ANSWER = "no_answer", _("No answer")
        WRONG_NUMBER = "wrong_number", _("Wrong number")
        NONE = "", "–"

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="activities")
    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="+"
    )  # the lead's, so that minutes sum by index
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.CALL)
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.OUT)
    outcome = models.CharField(_("outcome"), max_length=12, choices=OutcomeChoices, blank=True)
    minutes = models.PositiveIntegerField(_("minutes"), default=0)
    is_estimated = models.BooleanField(default=False)
    note = models.TextField(_("note"), blank=True)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["lead", "-at"], name="activity_of_lead"),
            models.Index(fields=["campaign", "at"], name="activity_of_campaign"),
            models.Index(fields=["by", "-at"], name="activity_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.outcome} {self.lead_id}"


class Mark(models.Model):
    """Sales' verdict, with the definition as it stood and how the lead measured up. A revert keeps the row."""

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="marks")
    value = models.CharField(max_length=12, choices=MarkChoices)
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    agreement = models.ForeignKey(Agreement, models.PROTECT, null=True, related_name="+")
    evaluation = models.JSONField(default=dict)  # see leads.domain.definition.Evaluation
    undo = models.JSONField(default=dict)  # what a revert puts back
    reverted_at = models.DateTimeField(null=True)
    reverted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["lead", "-id"], name="mark_of_lead"),
            models.Index(fields=["by", "-at"], name="mark_of_person"),
        ]

    def __str__(self) -> str:
        return f"{self.value} {self.lead_id}"


class Answer(models.Model):
    """What is known about a lead for one criterion. Belongs to the lead and survives new agreements."""

    class Source(models.TextChoices):
        FORM = "form", _("from the form")
        REP = "rep", _("from sales")
        IMPORT = "import", _("from the import")

    lead = models.ForeignKey(Lead, models.CASCADE, related_name="answers")
    key = models.SlugField(max_length=50)
    value = models.JSONField()
    source = models.CharField(max_length=10, choices=Source)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["lead", "key"], name="answer_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.lead_id}"


class SavedView(models.Model):
    """A named filter of the leads list: an address with words."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="views")
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=1000)
    is_team = models.BooleanField(_("for everyone"), default=False)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "name"], name="view_name_once")]

    def __str__(self) -> str:
        return self.name
