"""Forms of the exchange log and of bookings. They read what was typed; services say what is allowed."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.templatetags.ui import duration
from leadsync.exchange.domain import rules
from leadsync.exchange.domain.light import Quarter
from leadsync.exchange.models import Entry, KindChoices
from leadsync.exchange.selectors import entries, people
from leadsync.exchange.selectors.entries import EntryFilter
from leadsync.exchange.words import BOOKED

FIRST_YEAR, LAST_YEAR = 2000, 2200


def lead_text(lead: Lead | None) -> str:
    """A lead as the field shows it, so that it is found again by its number."""
    return f"#{lead.pk} {lead.title}" if lead is not None else ""


class LearnedForm(forms.Form):
    """What was learned, and of which lead: found by name or number, chosen where several are meant."""

    learned = forms.CharField(
        label=_("What did you learn?"),
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("For those who were not there: what surprised you, what should change."),
        error_messages={"required": _("Write what you learned: it is for those who were not there.")},
    )
    lead = forms.CharField(
        label=_("Lead"),
        required=False,
        max_length=300,
        help_text=_("Name, company or number."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    lead_pick = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.picks: list[Lead] = []
        self.found: Lead | None = None

    def clean(self) -> dict[str, Any]:
        """Find the lead that is meant."""
        data = super().clean() or {}
        text = data.get("lead") or ""
        if text.strip():
            found = entries.leads_named(text, self.person)
            chosen = [one for one in found if one.pk == data.get("lead_pick")]
            if len(chosen or found) == 1:
                self.found = (chosen or found)[0]
            elif found:
                self.picks = found
                self.add_error("lead", _now("Several leads are meant: choose one below."))
            else:
                self.add_error("lead", _now("No lead like this is here. Leave it empty, or look it up."))
        return data

    def refuse(self, error: Invalid | Conflict) -> None:
        """Put a refusal of the service where it belongs."""
        field = error.field if error.field in self.fields else None
        self.add_error(field, error.message)


class EntryForm(LearnedForm):
    """One entry of the log."""

    kind = forms.ChoiceField(label=_("What was it?"), choices=KindChoices, widget=forms.RadioSelect)
    on = forms.DateField(
        label=_("Day"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    partner = forms.ModelChoiceField(User.objects.none(), label=_("With whom"), required=False)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, person=person, **kwargs)
        partner: Any = self.fields["partner"]
        partner.queryset = people.colleagues(person)
        partner.choices = lambda: [("", "–"), *people.to_choose(person)]

    @staticmethod
    def started(entry: Entry) -> dict[str, Any]:
        """What the form shows of an entry."""
        return {
            "kind": entry.kind,
            "on": entry.on,
            "partner": entry.partner_id,
            "lead": lead_text(entry.lead),
            "lead_pick": entry.lead_id,
            "learned": entry.learned,
        }

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the service."""
        data = self.cleaned_data
        return {name: data[name] for name in ("kind", "on", "partner", "learned")} | {"lead": self.found}


class TimeForm(forms.Form):
    """A time: one of those suggested, or another one."""

    slot = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    starts_at = forms.DateTimeField(
        label=_("Another time"),
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local", "step": "300"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        error_messages={"invalid": _("Write a day and a time, like 2026-11-24 10:00.")},
    )

    def clean(self) -> dict[str, Any]:
        """What is typed wins over what is chosen."""
        data = super().clean() or {}
        typed: datetime | None = data.get("starts_at")
        if typed is None and "starts_at" not in self.errors and data.get("slot"):
            try:
                typed = datetime.fromisoformat(data["slot"])
            except ValueError:
                typed = None
            if typed is not None and typed.tzinfo is None:
                typed = None
        if typed is not None and not FIRST_YEAR <= typed.year < LAST_YEAR:
            self.add_error("starts_at", _now("Nobody plans for this year."))
        elif typed is None and "starts_at" not in self.errors:
            self.add_error("starts_at", _now("Choose a time."))
        self.chosen = typed
        return data

    def refuse(self, error: Invalid | Conflict) -> None:
        """Put a refusal of the service where it belongs."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class WithForm(forms.Form):
    """Whom to book, for what and how long: the first half of booking, kept in the address."""

    partner = forms.ModelChoiceField(
        User.objects.none(), label=_("With whom"), error_messages={"required": _("Choose a colleague.")}
    )
    kind = forms.ChoiceField(label=_("What"), choices=list(BOOKED.items()))
    minutes = forms.TypedChoiceField(label=_("How long"), coerce=int)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partner: Any = self.fields["partner"]
        partner.queryset = people.colleagues(person)
        partner.choices = lambda: [("", _now("Choose")), *people.to_choose(person)]
        minutes: Any = self.fields["minutes"]
        minutes.choices = [(one, duration(one)) for one in rules.MINUTES]


class BookForm(TimeForm):
    """The second half: when, and a word to it."""

    note = forms.CharField(
        label=_("Note"),
        required=False,
        help_text=_("What you would like to hear: a first call, a price talk."),
    )


class ReasonForm(forms.Form):
    """Why not, or why no longer."""

    reason = forms.CharField(label=_("Reason"), required=False)


class FilterForm(forms.Form):
    """The cuts of the log, from its address. What makes no sense is passed over: old links open."""

    q = forms.CharField(required=False, max_length=100)
    kind = forms.ChoiceField(required=False, choices=[("", ""), *KindChoices.choices])
    person = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    lead = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    quarter = forms.CharField(required=False, max_length=7)

    def as_filter(self) -> EntryFilter:
        """The filter that the address asks for."""
        self.is_valid()
        data = self.cleaned_data
        return EntryFilter(
            text=data.get("q") or "",
            kind=data.get("kind") or "",
            person=data.get("person"),
            quarter=Quarter.named(data.get("quarter") or ""),
            lead=data.get("lead"),
        )
