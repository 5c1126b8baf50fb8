"""One agreement that both sides signed: the definition, the promises, the limits."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from leads.domain.reasons import STOCK_REASONS
from leads.domain.tags import STOCK_TAGS
from leadsync.core.models import Versioned

_STOCK_LABELS = frozenset(stock.label for stock in (*STOCK_REASONS, *STOCK_TAGS))


def stock_label(label: str) -> str:
    """The label of a reason or a tag as the reader reads it: LeadSync's own in their language, others as typed."""
    return gettext(label) if label in _STOCK_LABELS else label


class Agreement(Versioned):
    """A version of what both departments agreed on. Signed versions never change; at most one is in force."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PROPOSED = "proposed", _("Proposed")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Superseded")

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(_("what changes and why"), blank=True)

    # the definition
    points_needed = models.PositiveSmallIntegerField(_("points needed"), default=0)

    # limits
    gate_size = models.PositiveSmallIntegerField(
        _("leads in the gate"), default=20, validators=[MinValueValidator(1), MaxValueValidator(200)]
    )
    gate_needed = models.PositiveSmallIntegerField(
        _("promising leads needed"), default=5, validators=[MinValueValidator(1)]
    )
    gate_answer_hours = models.PositiveSmallIntegerField(_("answer due after working hours"), default=16)
    minutes_per_promising = models.PositiveIntegerField(
        _("sales time per promising lead, minutes"), default=120, validators=[MinValueValidator(1)]
    )
    attempts_needed = models.PositiveSmallIntegerField(
        _("attempts before unreachable"), default=6, validators=[MinValueValidator(1)]
    )
    attempt_waits = models.JSONField(  # working time between attempts: "1h", "2d"
        _("waits between attempts"), default=list, blank=True
    )
    silent_days = models.PositiveSmallIntegerField(
        _("silent after days"), default=14, validators=[MinValueValidator(1)]
    )
    question_days = models.PositiveSmallIntegerField(_("questions due after working days"), default=2)
    proof_days = models.PositiveSmallIntegerField(_("proof of a contact point stale after days"), default=7)
    calls_heard = models.PositiveSmallIntegerField(_("calls heard per marketer and quarter"), default=1)
    meeting_days = models.PositiveSmallIntegerField(_("joint meeting at least every days"), default=7)
    dispute_days = models.PositiveSmallIntegerField(_("dispute window, working days"), default=5)
    has_rerouting = models.BooleanField(
        _("an escalated lead goes to another rep by itself"), default=False, db_default=False
    )

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="in_force"), name="agreement_one_in_force"
            ),
            models.CheckConstraint(
                condition=models.Q(gate_needed__lte=models.F("gate_size")),
                name="agreement_gate_can_be_passed",
            ),
        ]

    def __str__(self) -> str:
        return f"v{self.number}"

    @property
    def is_editable(self) -> bool:
        return self.state in {self.State.DRAFT, self.State.PROPOSED}


class Signature(models.Model):
    """One side signed a version. An edit of a proposed version deletes both rows."""

    class Side(models.TextChoices):
        MARKETING = "mkt", _("Marketing")
        SALES = "sales", _("Sales")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="signatures")
    side = models.CharField(max_length=5, choices=Side)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "side"], name="signature_once_a_side")
        ]

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.side}"


class Criterion(models.Model):
    """One question of the definition."""

    class Kind(models.TextChoices):
        YES_NO = "yes_no", _("Yes or no")
        NUMBER = "number", _("Number, at least")
        CHOICE = "choice", _("One of")
        COUNTRY = "country", _("Country, one of")
        SEGMENT = "segment", _("Segment, one of")
        TEXT = "text", _("Text is known")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="criteria")
    key = models.SlugField(max_length=50)
    question = models.CharField(_("question"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.YES_NO)
    threshold = models.DecimalField(
        _("at least"), max_digits=14, decimal_places=2, null=True, blank=True, default=None
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    choices = models.JSONField(_("accepted answers"), default=list, blank=True)
    is_required = models.BooleanField(_("required"), default=True)
    points = models.PositiveSmallIntegerField(_("points"), default=0)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "key"], name="criterion_key_once")
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def threshold_or_zero(self) -> Decimal:
        return self.threshold or Decimal(0)


class Promise(models.Model):
    """The time in which sales makes first contact with leads of one kind of campaign."""

    class Mode(models.TextChoices):
        WITHIN = "within", _("Within working minutes")
        SAME_DAY = "same_day", _("Same working day, never less than")

    agreement = models.ForeignKey(Agreement, models.CASCADE, related_name="promises")
    campaign_kind = models.CharField(max_length=10, choices=Campaign.Kind)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.WITHIN)
    minutes = models.PositiveIntegerField(
        _("working minutes"), default=60, validators=[MinValueValidator(1), MaxValueValidator(60 * 24 * 366)]
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "campaign_kind"], name="promise_once_a_kind")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_kind} {self.mode} {self.minutes}"


class Reason(models.Model):
    """Why a lead is not a fit, or was lost. The list is the company's; keys never change."""

    key = models.SlugField(max_length=40, unique=True)
    label = models.CharField(_("label"), max_length=100)
    is_for_mark = models.BooleanField(_("for not a fit"), default=True)
    is_for_loss = models.BooleanField(_("for lost"), default=True)
    needs_note = models.BooleanField(_("needs a note"), default=False)
    is_false_lead = models.BooleanField(
        _("obviously false"), default=False
    )  # ends the clock as judged without contact
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """The label in the reader's language where it is one of the stock reasons; the company's own as typed."""
        return stock_label(self.label)
