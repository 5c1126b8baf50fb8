"""What is typed on the settings pages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leadsync.accounts.domain.hours import Code, clock, faults_of_day, parse_clock
from leadsync.accounts.models import Absence, ApiToken, Company, Invitation, Office, User
from leadsync.accounts.roles import LABELS, Role
from leadsync.accounts.selectors import Week
from leadsync.accounts.services.company import parts_of, zones
from leadsync.accounts.services.working_time import sentence
from leadsync.core.codes import countries_field, languages_field
from leadsync.core.errors import DomainError

# Currencies offered; the one in use is always among them.
CURRENCIES: Final = (
    "EUR", "PLN", "USD", "GBP", "CHF", "CZK", "DKK", "GEL", "HUF", "ILS", "KZT", "NOK", "RON", "RSD", "RUB",
    "SEK", "TRY", "UAH",
)  # fmt: skip

# A day shows at least this many windows, and always an empty one to type into.
MIN_WINDOWS: Final = 2
MAX_WINDOWS: Final = 12
_PLACE: Final = re.compile(r"d_[0-6]_(\d{1,2})_(?:opens|closes)", re.ASCII)


def refuse(form: forms.BaseForm, error: DomainError) -> None:
    """Put what a service refused at the field it names, else at the top of the form."""
    form.add_error(error.field if error.field in form.fields else None, error.message)


class DateInput(forms.DateInput):
    """The browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class ClockField(forms.CharField):
    """A time of day as people write it, in minutes; None where nothing is written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=8,
            widget=forms.TextInput(
                attrs={
                    "class": "field short",
                    "inputmode": "numeric",
                    "autocomplete": "off",
                    "placeholder": "–:––",
                }
            ),
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return clock(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_clock(text)
        except ValueError:
            raise forms.ValidationError(
                _("“%(text)s” is not a time of day. Write it like 9:00 or 17:30.") % {"text": text}
            ) from None


class MeForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people change about themselves."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = User
        fields = ("name", "language", "theme", "has_shortcuts")
        labels: ClassVar = {
            "name": pgettext_lazy("person", "Name"),
            "theme": gettext_lazy("Theme"),
            "has_shortcuts": gettext_lazy("Keyboard shortcuts"),
        }
        help_texts: ClassVar = {
            "has_shortcuts": gettext_lazy("Single keys such as J, K or C. Off, only real shortcuts work."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autocomplete"] = "name"


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    """The company's settings."""

    currency = forms.ChoiceField(label=gettext_lazy("Currency"))
    quiet_from = ClockField(label=gettext_lazy("Quiet from"), required=False)
    quiet_until = ClockField(
        label=gettext_lazy("Quiet until"),
        required=False,
        help_text=gettext_lazy(
            "No mail and no webhook goes out in between, whatever the working hours; it may go over midnight."
        ),
    )

    class Meta:
        model = Company
        fields = (
            "name",
            "currency",
            "zone",
            "country",
            "country_part",
            "labour_cost",
            "quiet_from",
            "quiet_until",
            "privacy_url",
        )
        labels: ClassVar = {
            "name": gettext_lazy("Company name"),
            "zone": gettext_lazy("Time zone"),
            "country": gettext_lazy("Country"),
            "country_part": gettext_lazy("Part of the country"),
            "labour_cost": gettext_lazy("Cost of a sales hour"),
            "privacy_url": gettext_lazy("Address of our privacy policy"),
        }
        help_texts: ClassVar = {
            "zone": gettext_lazy("All times are shown in it, and the promise is counted in it."),
            "country_part": gettext_lazy("For holidays of one state or region only, such as BY for Bavaria."),
            "labour_cost": gettext_lazy("Shows what sales time costs. Left empty, only hours are shown."),
            "privacy_url": gettext_lazy("Forms that visitors fill in link to it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = dict.fromkeys((*CURRENCIES, self.instance.currency))
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        currency.choices = [(code, code) for code in codes]
        self.fields["zone"].widget.attrs |= {"list": "zones", "autocomplete": "off"}
        self.fields["labour_cost"].widget.attrs |= {"inputmode": "decimal"}

    def clean_quiet_from(self) -> int | None:
        """Midnight is where a day begins."""
        minutes: int | None = self.cleaned_data["quiet_from"]
        return minutes if minutes is None else minutes % (24 * 60)

    def clean_zone(self) -> str:
        wanted = str(self.cleaned_data["zone"]).strip()
        for zone in zones():
            if zone.lower() == wanted.lower().replace(" ", "_"):
                return zone
        raise forms.ValidationError(_("There is no time zone of this name. Pick one of the list."))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        part = str(cleaned.get("country_part", "")).strip().upper()
        known = parts_of(str(cleaned.get("country", "")))
        if part and part not in known:
            some = ", ".join(known[:12])
            self.add_error(
                "country_part",
                _("This country has no part of this code. It has: %(codes)s.") % {"codes": some}
                if some
                else _("The holidays of this country are the same in all its parts."),
            )
        cleaned["country_part"] = part
        return cleaned


@dataclass(frozen=True)
class DayRow:
    """One weekday of the grid of hours: its name and the two fields of each window."""

    name: str
    windows: list[tuple[forms.BoundField, forms.BoundField]]

    @property
    def errors(self) -> list[str]:
        """What is wrong with this day, each sentence once."""
        return list(dict.fromkeys(str(e) for pair in self.windows for field in pair for e in field.errors))


class HoursForm(forms.Form):
    """A week of opening hours as typed: per weekday some windows, each from and to."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, week: Week | None = None, may_be_empty: bool = False
    ) -> None:
        super().__init__(data)
        self.may_be_empty = may_be_empty
        stored = week or ((),) * 7
        most = max((len(day) for day in stored), default=0) + 1
        if data is not None:
            most = max([most, *(int(found[1]) + 1 for found in map(_PLACE.fullmatch, data) if found)])
        self.places = range(min(max(most, MIN_WINDOWS), MAX_WINDOWS))
        for weekday in range(7):
            for place in self.places:
                window = stored[weekday][place] if place < len(stored[weekday]) else None
                self._add(weekday, place, "opens", window and window[0])
                self._add(weekday, place, "closes", window and window[1])

    def _add(self, weekday: int, place: int, edge: str, minutes: int | None) -> None:
        opens = edge == "opens"
        names = {"day": WEEKDAYS[weekday], "n": place + 1}
        field = forms.CharField(
            required=False,
            max_length=8,
            initial="" if minutes is None else clock(minutes),
            label=(_("%(day)s, from (%(n)s)") if opens else _("%(day)s, to (%(n)s)")) % names,
        )
        field.widget.attrs |= {
            "class": "field clock n",
            "inputmode": "numeric",
            "autocomplete": "off",
            "aria-label": field.label,
        }
        self.fields[self.key(weekday, place, edge)] = field

    @staticmethod
    def key(weekday: int, place: int, edge: str) -> str:
        return f"d_{weekday}_{place}_{edge}"

    @property
    def days(self) -> Iterator[DayRow]:
        """The rows of the grid, Monday first."""
        for weekday in range(7):
            windows = [
                (self[self.key(weekday, place, "opens")], self[self.key(weekday, place, "closes")])
                for place in self.places
            ]
            yield DayRow(str(WEEKDAYS[weekday]), windows)

    def clean(self) -> dict[str, Any]:
        week: list[list[tuple[int, int]]] = []
        for weekday in range(7):
            day: list[tuple[int, int]] = []
            places: list[int] = []
            for place in self.places:
                window = self._window(weekday, place)
                if window:
                    day.append(window)
                    places.append(place)
            for fault in faults_of_day(day, weekday):
                edge = "closes" if fault.code is Code.REVERSED else "opens"
                self.add_error(self.key(weekday, places[fault.place], edge), sentence(fault))
            week.append(day)
        if not self.errors and not any(week) and not self.may_be_empty:
            self.add_error(
                None, _("At least one window is needed: without open hours no promise could ever fall due.")
            )
        return {"week": week}

    def _window(self, weekday: int, place: int) -> tuple[int, int] | None:
        typed: dict[str, int] = {}
        texts = {
            edge: str(self.data.get(self.key(weekday, place, edge), "")).strip()
            for edge in ("opens", "closes")
        }
        if not any(texts.values()):
            return None
        for edge, text in texts.items():
            try:
                typed[edge] = parse_clock(text)
            except ValueError:
                self.add_error(
                    self.key(weekday, place, edge),
                    _("“%(text)s” is not a time of day. Write it like 9:00 or 17:30.") % {"text": text}
                    if text
                    else _("The window needs both times."),
                )
        return (typed["opens"], typed["closes"]) if len(typed) == 2 else None


class OwnDayForm(forms.Form):
    """A day on which the company does other than its week says."""

    on = forms.DateField(label=gettext_lazy("Day"), widget=DateInput)
    name = forms.CharField(label=gettext_lazy("What for"), max_length=100)
    windows = forms.CharField(
        label=gettext_lazy("Open"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Such as 9:00-12:00. Left empty, the day is closed."),
    )

    def clean_windows(self) -> list[tuple[int, int]]:
        found = []
        for part in str(self.cleaned_data["windows"]).replace("–", "-").replace(";", ",").split(","):
            if not part.strip():
                continue
            opens, dash, closes = part.partition("-")
            try:
                if not dash:
                    raise ValueError(part)
                found.append((parse_clock(opens), parse_clock(closes)))
            except ValueError:
                raise forms.ValidationError(
                    _("“%(text)s” is no window. Write it like 9:00-12:00.") % {"text": part.strip()}
                ) from None
        faults = faults_of_day(found)
        if faults:
            raise forms.ValidationError(sentence(faults[0]))
        return found


class AbsenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """Days on which somebody is away."""

    class Meta:
        model = Absence
        fields = ("starts_on", "ends_on", "note")
        widgets: ClassVar = {"starts_on": DateInput, "ends_on": DateInput}
        labels: ClassVar = {
            "starts_on": gettext_lazy("First day away"),
            "ends_on": gettext_lazy("Last day away"),
            "note": gettext_lazy("Note"),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        starts_on, ends_on = cleaned.get("starts_on"), cleaned.get("ends_on")
        if isinstance(starts_on, date) and isinstance(ends_on, date) and ends_on < starts_on:
            self.add_error("ends_on", _("The last day must not come before the first."))
        return cleaned

    def _post_clean(self) -> None:
        """The service makes the row; its constraints are checked there."""


def role_choices() -> list[tuple[str, str]]:
    """Roles in the order of the table, in words."""
    return [(role.value, str(LABELS[role])) for role in Role]


class RolesField(forms.MultipleChoiceField):
    """Which roles somebody has."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Roles"),
            choices=role_choices,
            widget=forms.CheckboxSelectMultiple,
            help_text=gettext_lazy("Administrator goes with any other role: settings and people."),
        )


class InviteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whom to invite."""

    roles = RolesField()
    language = forms.ChoiceField(label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES)

    class Meta:
        model = Invitation
        fields = ("email", "name", "roles", "language")
        labels: ClassVar = {"email": gettext_lazy("E-mail"), "name": pgettext_lazy("person", "Name")}


TAKES_LANGUAGES = gettext_lazy("Leads in these only: German, en. Empty: any.")
TAKES_COUNTRIES = gettext_lazy("Leads from these only: Germany, AT, CH. Empty: any.")


class WorkForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which leads a person takes, and how many a day: what routing looks at."""

    spoken = languages_field(help_text=TAKES_LANGUAGES)
    markets = countries_field(help_text=TAKES_COUNTRIES)

    class Meta:
        model = User
        fields = ("capacity", "spoken", "markets")
        labels: ClassVar = {"capacity": gettext_lazy("Leads a day")}


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """What an administrator changes about a person."""

    office = forms.CharField(
        label=gettext_lazy("Office"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("An office of a new name is made."),
    )
    spoken = languages_field(help_text=TAKES_LANGUAGES)
    markets = countries_field(help_text=TAKES_COUNTRIES)

    class Meta:
        model = User
        fields = ("name", "capacity", "spoken", "markets")
        labels: ClassVar = {"name": pgettext_lazy("person", "Name"), "capacity": gettext_lazy("Leads a day")}
        help_texts: ClassVar = {"capacity": gettext_lazy("How many new leads a day this person can answer.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].widget.attrs |= {"list": "offices", "autocomplete": "off"}
        if self.instance.office:
            self.initial["office"] = self.instance.office.name

    def offices(self) -> Sequence[str]:
        """Names of the offices there are, to pick from."""
        return list(Office.objects.values_list("name", flat=True))


class RolesForm(forms.Form):
    """Which roles a person has."""

    roles = RolesField()


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a new token is for."""

    class Meta:
        model = ApiToken
        fields = ("name", "scope")
        labels: ClassVar = {"name": gettext_lazy("Name"), "scope": pgettext_lazy("token", "May")}
        help_texts: ClassVar = {"name": gettext_lazy("Which program uses it, such as “Web site form”.")}
        widgets: ClassVar = {"scope": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scope = self.fields["scope"]
        assert isinstance(scope, forms.ChoiceField)
        scope.choices = ApiToken.Scope.choices


class AcceptForm(forms.Form):
    """The first thing somebody invited does: a name and a password."""

    name = forms.CharField(
        label=pgettext_lazy("person", "Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    password1 = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = password_validators_help_text_html()
