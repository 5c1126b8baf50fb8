"""What a list of leads is cut to: one set of filters for pages, exports, numbers that link here, and the API.

Names are those of the address (`?mark=good&won_from=2026-03-01`). A value that cannot be read is left out and said
in `errors`; it never fails a page. Days are days of the company's zone, both ends included.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from campaigns.models import Campaign, Channel
from leads.domain.words import GOOD_MARKS, MarkValue, Stage
from leads.models import Handoff, Lead, Reason
from leads.models.lead import MarkChoices, StageChoices
from leads.querysets import LeadQuerySet
from leads.selectors import agreement
from leads.selectors.by_words import search
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User

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
    "contacted": ("first_contact_at", ""),
    "marked": ("marked_at", ""),
    "qualified": ("qualified_at", ""),
    "won": ("won_at", Stage.WON),
    "lost": ("lost_at", Stage.LOST),
}
EVENT_WORDS = {
    "received": _("Received"),
    "contacted": _("First contact"),
    "marked": _("Marked"),
    "qualified": _("Qualified"),
    "won": _("Won"),
    "lost": _("Lost"),
}
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


MARKS = [(GOOD, _("Promising or better")), *MarkChoices.choices]


def _reasons() -> list[tuple[str, str]]:
    return [(NO_REASON, ""), *((reason.key, reason.words) for reason in Reason.objects.all())]


class LeadFilter(django_filters.FilterSet):
    """See the module. Test leads are left out unless `test=1` asks for them alone."""

    q = django_filters.CharFilter(method="by_words", label=_("Search"))
    stage = OneOfFilter(method="by_stage", choices=StageChoices.choices, label=_("Stage"))
    mark = OneOfFilter(method="by_mark", choices=MARKS, label=_("Quality"))
    reason = OneOfFilter(method="by_reason", choices=_reasons, label=_("Reason"))
    campaign = KeyFilter(field_name="campaign", model=Campaign, label=_("Campaign"))
    channel = KeyFilter(field_name="campaign__channel", model=Channel, label=_("Channel"))
    kind = OneOfFilter(method="by_kind", choices=Campaign.Kind.choices, label=_("Kind of campaign"))
    market = OneOfFilter(method="by_market", choices=lambda: list(countries), label=_("Market"))
    owner = OwnerFilter(method="by_owner", label=_("Rep"))
    promise = django_filters.ChoiceFilter(
        method="by_promise",
        choices=PROMISES,
        label=_("Promise"),
        error_messages={"invalid_choice": _("There is no “%(value)s”.")},
    )
    late = YesNoFilter(method="by_late", label=_("First contact after the promise"))
    silent = YesNoFilter(method="by_silent", label=_("Silent"))
    test = YesNoFilter(method="by_test", label=_("Test leads"))
    received_from = DayFilter(method="by_day", label=_("Received from"))
    received_to = DayFilter(method="by_day", label=_("Received until"))
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

    class Meta:
        model = Lead
        fields: list[str] = []

    def filter_queryset(self, queryset: Leads) -> Leads:
        """Apply what could be read; without `test` only leads that figures count."""
        found: Leads = super().filter_queryset(queryset)
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

    def by_silent(self, leads: Leads, _name: str, value: bool) -> Leads:
        """In work, but nothing happened for the agreed days and nothing is planned; or the rest."""
        before = timezone.now() - timedelta(days=agreement.terms().silent_days)
        return (
            leads.silent(before) if value else leads.exclude(pk__in=Lead.objects.silent(before).values("pk"))
        )

    def by_test(self, leads: Leads, _name: str, value: bool) -> Leads:
        """Leads sent to prove a channel, or all others."""
        return leads.filter(is_test=value)

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
