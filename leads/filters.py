"""What a list of leads is cut to: one set of filters for pages, exports, numbers that link here, and the API.

Names are those of the address (`?mark=good&won_from=2026-03-01`). A value that cannot be read is left out and said
in `errors`; it never fails a page. Days are days of the company's zone, both ends included.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.db.models.functions import ExtractHour
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from campaigns.models import Campaign, Channel
from leads.domain.first_contact import Verdict
from leads.domain.words import GOOD_MARKS, MarkValue, Stage
from leads.models import BackTest, BackTestLead, Finding, Handoff, Lead, Reason, Tag
from leads.models.lead import MarkChoices, StageChoices
from leads.models.voice import Topic
from leads.querysets import LeadQuerySet
from leads.selectors import agreement, keeping, voice
from leads.selectors.by_words import search
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import Office, User

if TYPE_CHECKING:
    Leads = LeadQuerySet
else:
    Leads = Any

GOOD = "good"  # a mark of its own in addresses: promising or better
NOBODY = "nobody"
ME = "me"
NO_REASON = "none"
YEARS = (1970, 2200)

# The events a lead can be cut by, with the instant of each. A win and a loss count while they stand.
EVENTS: dict[str, tuple[str, str]] = {
    "received": ("received_at", ""),
    "handed": ("handed_off_at", ""),
    "contacted": ("first_contact_at", ""),
    "marked": ("marked_at", ""),
    "qualified": ("qualified_at", ""),
    "won": ("won_at", Stage.WON),
    "lost": ("lost_at", Stage.LOST),
    "learned": ("", ""),  # something was learned about it; together with `topic` and `said`
    "promised": (
        "",
        "",
    ),  # a promise of first contact began; together with `became`, `held_by`, `office`, `hour`
}
EVENT_WORDS = {
    "received": _("Received"),
    "handed": _("Handed off"),
    "contacted": _("First contact"),
    "marked": _("Marked"),
    "qualified": _("Qualified"),
    "won": _("Won"),
    "lost": _("Lost"),
    "learned": _("Learned"),
    "promised": _("Promise began"),
}
KEPT = (
    (keeping.Kept.OTHER, _("not a customer")),
    (keeping.Kept.WON, _("customer")),
    (keeping.Kept.HELD, _("open, with a rep")),
)
PROMISES = (("past", _("Past the promise")), ("waiting", _("Waiting for first contact")))


def starts_at(day: date) -> datetime:
    """The instant at which a day begins in the company's zone."""
    return datetime.combine(day, time.min, accounts.company().tz)


class DayField(forms.DateField):
    """A day as addresses write it."""

    default_error_messages = {"invalid": _("This is not a day. Write it like 2026-03-31.")}  # Django's way

    def __init__(self, **options: Any) -> None:
        options.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(**options)

    def to_python(self, value: Any) -> date | None:
        found = super().to_python(value)
        if found is not None and not YEARS[0] <= found.year <= YEARS[1]:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return found


class YesNoField(forms.CharField):
    """1 or 0, and their usual spellings; None when nothing is said."""

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]  # a yes or no, not its text
        word = str(value or "").strip().lower()
        if not word:
            return None
        if word in {"1", "true", "yes", "on"}:
            return True
        if word in {"0", "false", "no", "off"}:
            return False
        raise ValidationError(_("Say 1 or 0."), code="invalid")


class OneOfField(forms.TypedMultipleChoiceField):
    """One or more of fixed words."""

    default_error_messages = {"invalid_choice": _("There is no “%(value)s”.")}  # Django's way

    def to_python(self, value: Any) -> list[str]:
        """The words given; a form that leaves one open sends it empty."""
        return [one for one in super().to_python(value) if one]


class KeyField(forms.IntegerField):
    """The number of something that is here; anything else is refused in words."""

    default_error_messages = {"invalid": _("It is not known.")}  # Django's way

    def __init__(self, *, model: type[Campaign | Channel], **options: Any) -> None:
        super().__init__(**options)
        self.model = model

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if not 0 < value < 2**53 or not self.model._default_manager.filter(pk=value).exists():
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class OwnerField(forms.CharField):
    """A rep's number, `me`, or `nobody`."""

    def to_python(self, value: Any) -> str | int | None:  # type: ignore[override]  # a number, or one of two words
        text = str(value or "").strip()
        if text in {"", NOBODY, ME}:
            return text or None
        if (
            text.isascii()
            and text.isdigit()
            and len(text) < 16
            and User.objects.filter(pk=int(text)).exists()
        ):
            return int(text)
        raise ValidationError(_("It is not known."), code="invalid")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The leads of a back-test with these verdicts, before and after; "" is any."""

    test: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.test}.{self.before}.{self.after}"


class VerdictsField(forms.CharField):
    """The number of a back-test with the verdicts of both versions: `12.met.not_met`, `12..met`, `12..`."""

    def to_python(self, value: Any) -> Verdicts | None:  # type: ignore[override]  # what the words mean
        text = str(value or "").strip()
        if not text:
            return None
        test, _dot, verdicts = text.partition(".")
        before, _dot, after = verdicts.partition(".")
        if (
            {before, after} <= {"", *BackTestLead.Verdict.values}
            and test.isascii()
            and test.isdigit()
            and len(test) < 16
            and BackTest.objects.filter(pk=int(test)).exists()
        ):
            return Verdicts(int(test), before, after)
        raise ValidationError(_("It is not known."), code="invalid")


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, as addresses write it: in UTC, to the microsecond."""

    at: datetime

    def __str__(self) -> str:
        return self.at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class InstantField(forms.CharField):
    """A moment with its zone: 2026-03-31T10:30:00Z."""

    def to_python(self, value: Any) -> Instant | None:  # type: ignore[override]  # what the words mean
        text = str(value or "").strip()
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None or not YEARS[0] <= found.year <= YEARS[1]:
            raise ValidationError(
                gettext("This is not a moment. Write it like 2026-03-31T10:30:00Z."), code="invalid"
            )
        return Instant(found)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers in a gate, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


class NumbersField(forms.CharField):
    """Numbers in a gate: `21-40`."""

    def to_python(self, value: Any) -> Numbers | None:  # type: ignore[override]  # what the words mean
        text = str(value or "").strip()
        if not text:
            return None
        ends = text.split("-")
        if len(ends) == 2 and all(end.isascii() and end.isdigit() and len(end) < 10 for end in ends):
            return Numbers(int(ends[0]), int(ends[1]))
        raise ValidationError(gettext("These are no numbers. Write them like 1-20."), code="invalid")


class DayFilter(django_filters.Filter):
    field_class = DayField


class YesNoFilter(django_filters.Filter):
    field_class = YesNoField


class OneOfFilter(django_filters.Filter):
    field_class = OneOfField


class KeyFilter(django_filters.Filter):
    field_class = KeyField


class OwnerFilter(django_filters.Filter):
    field_class = OwnerField


class VerdictsFilter(django_filters.Filter):
    field_class = VerdictsField


class InstantFilter(django_filters.Filter):
    field_class = InstantField


class NumbersFilter(django_filters.Filter):
    field_class = NumbersField


MARKS = [(GOOD, _("Promising or better")), *MarkChoices.choices]


def _reasons() -> list[tuple[str, str]]:
    return [(NO_REASON, ""), *((reason.key, reason.words) for reason in Reason.objects.all())]


def _countries() -> list[tuple[str, str]]:
    return [(voice.NOT_STATED, voice.market_name("")), *countries]


def _tags() -> list[tuple[str, str]]:
    return [
        (voice.OTHER_WORDS, gettext("In other words")),
        *((tag.key, tag.words) for tag in Tag.objects.all()),
    ]


def _learned(asked: dict[str, Any]) -> QuerySet[Finding]:
    """What was learned about these topics, said so, in these days: all of it about one finding."""
    found = Finding.objects.all()
    if asked.get("topic"):
        found = found.filter(topic__in=asked["topic"])
    if asked.get("said"):
        tagged = Q(tag__key__in=asked["said"])
        others = voice.without_tags(found) if voice.OTHER_WORDS in asked["said"] else Finding.objects.none()
        found = found.filter(tagged | Q(pk__in=others.values("pk")))
    if asked.get("learned_from"):
        found = found.filter(at__gte=starts_at(asked["learned_from"]))
    if asked.get("learned_to"):
        found = found.filter(at__lt=starts_at(asked["learned_to"] + timedelta(days=1)))
    return found


BECAME = (
    (Verdict.IN_TIME, _("contacted in time")),
    (Verdict.LATE, _("contacted late")),
    (Verdict.MISSED, _("fell due without a contact")),
    (Verdict.TAKEN_OVER, _("taken over past the promise")),
    (Verdict.JUDGED, _("judged without contact")),
    (Verdict.OPEN, _("not due yet")),
)
_PROMISED = ("became", "held_by", "office", "hour", "promised_from", "promised_to")


def _offices() -> list[tuple[str, str]]:
    return [(NOBODY, ""), *((str(pk), name) for pk, name in Office.objects.values_list("pk", "name"))]


def _promised(asked: dict[str, Any], me: Any) -> QuerySet[Handoff]:
    """What became of promises that began in these days, with this rep or office: all of it about one handoff."""
    found = Handoff.objects.all()
    if asked.get("became"):
        found = found.with_verdict(timezone.now(), *(Verdict(one) for one in asked["became"]))
    if asked.get("held_by"):
        held_by = asked["held_by"]
        found = found.filter(rep=me if held_by == ME else None if held_by == NOBODY else int(held_by))
    if asked.get("office"):
        offices = [int(one) for one in asked["office"] if one != NOBODY]
        without = Q(rep__office=None) if NOBODY in asked["office"] else Q(pk__in=[])
        found = found.filter(Q(rep__office__in=offices) | without)
    if asked.get("hour"):
        found = found.annotate(arrived=ExtractHour("lead__received_at", tzinfo=accounts.company().tz)).filter(
            arrived__in=[int(one) for one in asked["hour"]]
        )
    if asked.get("promised_from"):
        found = found.filter(at__gte=starts_at(asked["promised_from"]))
    if asked.get("promised_to"):
        found = found.filter(at__lt=starts_at(asked["promised_to"] + timedelta(days=1)))
    return found


class LeadFilter(django_filters.FilterSet):
    """See the module. Test leads are left out unless `test=1` asks for them alone."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    stage = OneOfFilter(method="by_stage", choices=StageChoices.choices, label=_("Stage"))
    mark = OneOfFilter(method="by_mark", choices=MARKS, label=_("Quality"))
    reason = OneOfFilter(method="by_reason", choices=_reasons, label=_("Reason"))
    campaign = KeyFilter(field_name="campaign", model=Campaign, label=_("Campaign"))
    channel = KeyFilter(field_name="campaign__channel", model=Channel, label=_("Channel"))
    kind = OneOfFilter(method="by_kind", choices=Campaign.Kind.choices, label=_("Kind of campaign"))
    country = OneOfFilter(method="by_country", choices=_countries, label=_("Country"))
    segment = django_filters.CharFilter(method="by_segment", max_length=100, label=_("Segment"))
    topic = OneOfFilter(method="by_learned", choices=Topic.choices, label=_("Learned about"))
    said = OneOfFilter(method="by_learned", choices=_tags, label=_("They say"))
    market = OneOfFilter(method="by_market", choices=lambda: list(countries), label=_("Market"))
    owner = OwnerFilter(method="by_owner", label=_("Rep"))
    promise = django_filters.ChoiceFilter(
        method="by_promise",
        choices=PROMISES,
        label=_("Promise"),
        error_messages={"invalid_choice": _("There is no “%(value)s”.")},
    )
    late = YesNoFilter(method="by_late", label=_("First contact after the promise"))
    timed = YesNoFilter(method="by_timed", label=_("First contact under a promise"))
    silent = YesNoFilter(method="by_silent", label=_("Silent"))
    test = YesNoFilter(method="by_test", label=_("Test leads"))
    measured = VerdictsFilter(method="by_verdicts", label=_("Back-test"))
    kept = django_filters.ChoiceFilter(
        method="by_kept",
        choices=KEPT,
        label=_("Kept as"),
        error_messages={"invalid_choice": _("There is no “%(value)s”.")},
    )
    untouched = DayFilter(method="by_untouched", label=_("Nothing happened since"))
    gate = NumbersFilter(method="by_gate", label=_("Numbers in the gate"))
    sent_after = InstantFilter(method="by_instant", label=_("Sent to sales after"))
    sent_until = InstantFilter(method="by_instant", label=_("Sent to sales until"))
    received_from = DayFilter(method="by_day", label=_("Received from"))
    received_to = DayFilter(method="by_day", label=_("Received until"))
    handed_from = DayFilter(method="by_day", label=_("Handed off from"))
    handed_to = DayFilter(method="by_day", label=_("Handed off until"))
    contacted_from = DayFilter(method="by_day", label=_("First contact from"))
    contacted_to = DayFilter(method="by_day", label=_("First contact until"))
    marked_from = DayFilter(method="by_day", label=_("Marked from"))
    marked_to = DayFilter(method="by_day", label=_("Marked until"))
    qualified_from = DayFilter(method="by_day", label=_("Qualified from"))
    qualified_to = DayFilter(method="by_day", label=_("Qualified until"))
    won_from = DayFilter(method="by_day", label=_("Won from"))
    won_to = DayFilter(method="by_day", label=_("Won until"))
    lost_from = DayFilter(method="by_day", label=_("Lost from"))
    lost_to = DayFilter(method="by_day", label=_("Lost until"))
    became = OneOfFilter(method="by_promised", choices=BECAME, label=_("The promise"))
    held_by = OwnerFilter(method="by_promised", label=_("Promise of"))
    office = OneOfFilter(method="by_promised", choices=_offices, label=_("Office"))
    hour = OneOfFilter(
        method="by_promised",
        choices=[(str(hour), f"{hour}:00") for hour in range(24)],
        label=_("Arrived in the hour from"),
    )
    promised_from = DayFilter(method="by_promised", label=_("Promise began from"))
    promised_to = DayFilter(method="by_promised", label=_("Promise began until"))
    learned_from = DayFilter(method="by_learned", label=_("Learned from"))
    learned_to = DayFilter(method="by_learned", label=_("Learned until"))

    class Meta:
        model = Lead
        fields: list[str] = []

    def filter_queryset(self, queryset: Leads) -> Leads:
        """Apply what could be read; without `test` only leads that figures count."""
        found: Leads = super().filter_queryset(queryset)
        asked = self.form.cleaned_data
        if any(asked.get(name) for name in ("topic", "said", "learned_from", "learned_to")):
            found = found.filter(pk__in=_learned(asked).values("lead"))
        if any(asked.get(name) for name in _PROMISED):
            me = getattr(self.request, "user", None)
            found = found.filter(pk__in=_promised(asked, me).values("lead"))
        return found if self.form.cleaned_data.get("test") is not None else found.counted()

    @property
    def values(self) -> dict[str, Any]:
        """What could be read of what was asked, by name; what was not asked is left out."""
        if not self.is_bound:
            return {}
        self.form.is_valid()
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "", [])}

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        """The address's query in one order, so that two that mean the same are the same."""
        for name, value in self.values.items():
            for one in value if isinstance(value, list) else (value,):
                yield name, {True: "1", False: "0"}.get(one, "") if isinstance(one, bool) else str(one)

    @property
    def remarks(self) -> list[str]:
        """What could not be read and was left out, one sentence each."""
        return [
            gettext("%(filter)s was left out. %(why)s") % {"filter": self.filters[name].label, "why": why}
            for name, messages in self.errors.items()
            for why in messages
        ]

    # ------------------------------------------------------------------------------------------ one each

    def by_words(self, leads: Leads, _name: str, value: str) -> Leads:
        """Name, company, mail, phone; see `search`."""
        return leads.filter(search(value))

    def by_stage(self, leads: Leads, _name: str, value: Iterable[str]) -> Leads:
        """Any of these stages."""
        return leads.filter(stage__in=list(value)) if value else leads

    def by_mark(self, leads: Leads, _name: str, value: Iterable[str]) -> Leads:
        """Any of these marks; "good" stands for promising or better."""
        wanted = marks_of(value)
        return leads.filter(mark__in=wanted) if wanted else leads

    def by_reason(self, leads: Leads, _name: str, value: list[str]) -> Leads:
        """Any of these reasons; "none" where nobody gave one."""
        if not value:
            return leads
        found = Q(reason__key__in=value)
        return leads.filter(found | Q(reason=None) if NO_REASON in value else found)

    def by_kind(self, leads: Leads, _name: str, value: list[str]) -> Leads:
        """Leads of these kinds of campaign."""
        return leads.filter(campaign__kind__in=value) if value else leads

    def by_market(self, leads: Leads, _name: str, value: list[str]) -> Leads:
        """Leads of campaigns for these countries."""
        return leads.filter(campaign__market__in=value) if value else leads

    def by_country(self, leads: Leads, _name: str, value: list[str]) -> Leads:
        """Leads of these countries: their own, else their campaign's; "-" where neither is known."""
        return leads.filter(voice.of_market(value)) if value else leads

    def by_segment(self, leads: Leads, _name: str, value: str) -> Leads:
        """Leads of campaigns for this segment; "-" where the campaign names none."""
        return leads.filter(voice.of_segment([value]))

    def by_learned(self, leads: Leads, _name: str, _value: Any) -> Leads:
        """About what, which words and when belong together: see `filter_queryset`."""
        return leads

    def by_promised(self, leads: Leads, _name: str, _value: Any) -> Leads:
        """Taken together in `filter_queryset`: all of it is asked of one handoff."""
        return leads

    def by_owner(self, leads: Leads, _name: str, value: str | int) -> Leads:
        """Leads with this rep, with oneself, or with nobody."""
        if value == NOBODY:
            return leads.filter(owner=None)
        if value == ME:
            return leads.filter(owner=getattr(self.request, "user", None))
        return leads.filter(owner_id=int(value))

    def by_promise(self, leads: Leads, _name: str, value: str) -> Leads:
        """Handed off and not contacted: all (`waiting`), or those past the promise."""
        running = Handoff.objects.overdue(timezone.now()) if value == "past" else Handoff.objects.open()
        return leads.filter(pk__in=running.values("lead"))

    def by_late(self, leads: Leads, _name: str, value: bool) -> Leads:
        """First contact after the promise, or within it."""
        return leads.filter(is_in_time=not value)

    def by_timed(self, leads: Leads, _name: str, value: bool) -> Leads:
        """First contact while a promise ran, in time or late; or contacted without one, or not yet."""
        return leads.filter(is_in_time__isnull=not value)

    def by_silent(self, leads: Leads, _name: str, value: bool) -> Leads:
        """In work, but nothing happened for the agreed days and nothing is planned; or the rest."""
        before = timezone.now() - timedelta(days=agreement.terms().silent_days)
        return (
            leads.silent(before) if value else leads.exclude(pk__in=Lead.objects.silent(before).values("pk"))
        )

    def by_test(self, leads: Leads, _name: str, value: bool) -> Leads:
        """Leads sent to prove a channel, or all others."""
        return leads.filter(is_test=value)

    def by_verdicts(self, leads: Leads, _name: str, value: Verdicts) -> Leads:
        """Leads of a back-test, by how they measured up."""
        asked = {"before": value.before, "after": value.after}
        found = BackTestLead.objects.filter(
            test=value.test, **{side: one for side, one in asked.items() if one}
        )
        return leads.filter(pk__in=found.values("lead"))

    def by_kept(self, leads: Leads, _name: str, value: str) -> Leads:
        """Leads whose personal data are kept for the same time; see `leads.selectors.keeping`."""
        return keeping.of_sort(leads, value)

    def by_untouched(self, leads: Leads, _name: str, value: date) -> Leads:
        """Leads that nothing has happened to since that day began."""
        return keeping.untouched(leads, starts_at(value))

    def by_gate(self, leads: Leads, _name: str, value: Numbers) -> Leads:
        """Leads with these numbers in their campaign's gate."""
        return leads.filter(gate_number__gte=value.first, gate_number__lte=value.last)

    def by_instant(self, leads: Leads, name: str, value: Instant) -> Leads:
        """Received after this moment, or up to it; leads that came with their past were not sent to anybody."""
        found = leads.filter(is_history=False)
        if name == "sent_after":
            return found.filter(received_at__gt=value.at)
        return found.filter(received_at__lte=value.at)

    def by_day(self, leads: Leads, name: str, value: date) -> Leads:
        """Not before the day begins, or before the next one does; a win and a loss while they stand."""
        event, _sep, end = name.rpartition("_")
        column, stage = EVENTS[event]
        if stage:
            leads = leads.filter(stage=stage)
        if end == "from":
            return leads.filter(**{f"{column}__gte": starts_at(value)})
        return leads.filter(**{f"{column}__lt": starts_at(value + timedelta(days=1))})


def marks_of(asked: Iterable[str]) -> list[str]:
    """The marks meant by the words of an address."""
    found: set[str] = set()
    for one in asked or ():
        found |= {mark.value for mark in GOOD_MARKS} if one == GOOD else {MarkValue(one).value}
    return sorted(found)
