"""When meetings are, and who comes: plain controls that make a rule."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any, Final

from django import forms
from django.forms.utils import from_current_timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leadsync.core.errors import Invalid
from leadsync.meetings.domain.recurrence import LAST, Freq, Rule
from leadsync.meetings.models import Meeting, Series
from leadsync.meetings.selectors import rule_words
from leadsync.meetings.services.series import Terms

WEEK, TWO_WEEKS, MONTH, WORKDAY, KEEP = "week", "two_weeks", "month", "workday", "keep"
REPEATS: Final = [
    (WEEK, _("Every week")),
    (TWO_WEEKS, _("Every two weeks")),
    (MONTH, _("Every month")),
    (WORKDAY, _("Every working day")),
]
PLACES: Final = [(1, _("1st")), (2, _("2nd")), (3, _("3rd")), (4, _("4th")), (LAST, _("last"))]
DATE: Final = {"format": "%Y-%m-%d"}


def _date() -> forms.DateInput:
    return forms.DateInput(**DATE, attrs={"type": "date", "min": "2000-01-01", "max": "2099-12-31"})


def _time() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class PeopleField(forms.TypedMultipleChoiceField):
    """Ids of people. Who of them can come is the service's to say, so that one refusal keeps all that was chosen."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Who comes"),
            coerce=int,
            error_messages={
                "required": _("Choose who comes."),
                "invalid_choice": _("Choose people of the list."),
            },
            widget=forms.CheckboxSelectMultiple,
            **options,
        )

    def valid_value(self, value: Any) -> bool:
        """Whether it is a number that can be an id."""
        text = str(value)
        return text.isascii() and text.isdecimal() and len(text) <= 18

    def chosen(self, form: forms.Form, name: str = "people") -> set[str]:
        """What is ticked, also in a form that was refused."""
        return {str(one) for one in form[name].value() or ()}


class _OfSome(forms.Field):
    """A field that some rules need and others do not: never said to be optional, asked for by `SeriesForm.clean`."""

    def validate(self, value: Any) -> None:
        """Refuse what is no choice; nothing chosen is for the form to judge."""
        if value not in self.empty_values:
            super().validate(value)


class _Days(_OfSome, forms.TypedMultipleChoiceField):
    pass


class _Choice(_OfSome, forms.TypedChoiceField):
    pass


class _Form(forms.Form):
    """A form that puts refusals of services where they belong."""

    PLACES_OF: dict[str, str] = {}

    def refuse(self, error: Invalid) -> None:
        """Put a refusal to its field."""
        field = self.PLACES_OF.get(error.field or "", error.field)
        self.add_error(field if field in self.fields else None, error.message)


class SeriesForm(_Form):
    """A meeting that comes again. `rule` is made of the plain controls; one that they cannot say can be kept."""

    PLACES_OF = {"rule": "repeats"}

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the meeting a name.")},
    )
    repeats = forms.ChoiceField(label=_("How often"), choices=REPEATS)
    weekdays = _Days(label=pgettext_lazy("weekdays", "On"), coerce=int, widget=forms.CheckboxSelectMultiple)
    place_in_month = _Choice(label=_("Which one of the month"), coerce=int, choices=PLACES)
    month_weekday = _Choice(label=_("Weekday"), coerce=int)
    at = forms.TimeField(label=_("Time"), widget=_time(), error_messages={"required": _("Say at what time.")})
    minutes = forms.IntegerField(
        label=_("Minutes"), min_value=5, max_value=1_440, widget=forms.NumberInput(attrs={"step": 5})
    )
    starts_on = forms.DateField(label=_("First day"), widget=_date(), input_formats=["%Y-%m-%d"])
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=_date(), input_formats=["%Y-%m-%d"])
    place = forms.CharField(
        label=_("Where"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("A room, or the link of a video call."),
    )
    people = PeopleField()
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kept: Rule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days = [(day, rule_words.weekday(day)) for day in range(7)]
        self.fields["weekdays"].choices = days  # type: ignore[attr-defined]  # choice fields
        self.fields["month_weekday"].choices = days  # type: ignore[attr-defined]
        self.kept = kept
        if kept is not None:
            self.fields["repeats"].choices = [  # type: ignore[attr-defined]
                *REPEATS,
                (KEEP, _("As before: %(rule)s") % {"rule": rule_words.sentence(kept)}),
            ]

    def clean(self) -> dict[str, Any]:
        """Make the rule, `cleaned_data["rule"]`, where the controls say one."""
        data = super().clean() or {}
        rule = self.rule_of(data)
        if rule is not None:
            data["rule"] = rule
        elif data.get("repeats") == MONTH:
            if not self.errors.keys() & {"month_weekday", "place_in_month"}:
                self.add_error("month_weekday", _("Choose which day of the month."))
        elif "repeats" in data and "weekdays" in data:
            self.add_error("weekdays", _("Choose at least one day."))
        return data

    def rule_of(self, data: dict[str, Any]) -> Rule | None:
        """The rule that these controls say; None where a weekday is missing."""
        weekdays = tuple(sorted(set(data.get("weekdays") or ())))
        match data.get("repeats"):
            case "week" | "two_weeks" as how if weekdays:
                return Rule(Freq.WEEK, 2 if how == TWO_WEEKS else 1, weekdays)
            case "month":
                day, place = data.get("month_weekday"), data.get("place_in_month")
                if isinstance(day, int) and isinstance(place, int):
                    return Rule(Freq.MONTH, 1, (day,), place)
            case "workday":
                return Rule(Freq.DAY)
            case "keep":
                return self.kept
        return None

    def terms(self) -> Terms:
        """What was typed, for the service."""
        data = self.cleaned_data
        return Terms(
            name=data["name"],
            rule=data["rule"].text,
            starts_on=data["starts_on"],
            ends_on=data["ends_on"],
            at_minute=minute_of(data["at"]),
            minutes=data["minutes"],
            place=data["place"],
            people=data["people"],
        )

    @property
    def is_weekly(self) -> bool:
        """Whether weekdays are asked for."""
        return self["repeats"].value() in {WEEK, TWO_WEEKS}


def minute_of(at: time) -> int:
    """Minutes after midnight."""
    return at.hour * 60 + at.minute


def controls_of(rule: Rule) -> dict[str, Any] | None:
    """The plain controls that say this rule; None where they cannot."""
    match rule:
        case Rule(freq=Freq.DAY):
            return {"repeats": WORKDAY}
        case Rule(freq=Freq.WEEK, interval=1 | 2 as interval):
            return {"repeats": WEEK if interval == 1 else TWO_WEEKS, "weekdays": list(rule.weekdays)}
        case Rule(freq=Freq.MONTH, interval=1, month_day=0):
            return {"repeats": MONTH, "place_in_month": rule.place, "month_weekday": rule.weekdays[0]}
    return None


def initial_of(series: Series, rule: Rule | None, people: Iterable[int]) -> dict[str, Any]:
    """What the form of a series says when it is opened."""
    hour, minute = divmod(series.at_minute, 60)
    said = (controls_of(rule) or {"repeats": KEEP}) if rule else {"repeats": WEEK}
    return {
        "name": series.name,
        "at": time(hour, minute),
        "minutes": series.minutes,
        "starts_on": series.starts_on,
        "ends_on": series.ends_on,
        "place": series.place,
        "people": list(people),
        "version": series.version,
        "month_weekday": 0,
        "place_in_month": 1,
    } | said


class _Moment(_Form):
    """A day and a time of the company's zone."""

    PLACES_OF = {"starts_at": "at"}

    on = forms.DateField(label=_("Day"), widget=_date(), input_formats=["%Y-%m-%d"])
    at = forms.TimeField(label=_("Time"), widget=_time(), error_messages={"required": _("Say at what time.")})
    minutes = forms.IntegerField(
        label=_("Minutes"), min_value=5, max_value=1_440, widget=forms.NumberInput(attrs={"step": 5})
    )
    place = forms.CharField(
        label=_("Where"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("A room, or the link of a video call."),
    )

    def starts_at(self) -> datetime:
        """The instant that day and time mean in the zone in force."""
        return datetime.combine(self.cleaned_data["on"], self.cleaned_data["at"])

    def clean(self) -> dict[str, Any]:
        """Refuse a time that the clock skips on this day."""
        data = super().clean() or {}
        if "on" in data and "at" in data:
            try:
                data["starts_at"] = from_current_timezone(self.starts_at())
            except forms.ValidationError:
                self.add_error(
                    "at", _("On this day the clock is put forward over this time, or back. Choose another.")
                )
            except OverflowError:
                self.add_error("on", _("This day lies too far away."))
        return data


class MeetingForm(_Moment):
    """One meeting without a series."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the meeting a name.")},
    )
    people = PeopleField()


class MoveForm(_Moment):
    """Another time or place for one meeting."""

    reason = forms.CharField(
        label=_("Why"), max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def initial_of(meeting: Meeting, local: datetime) -> dict[str, Any]:
        """What it says when it is opened; `local` is when the meeting begins, in the zone in force."""
        return {
            "on": local.date(),
            "at": local.time().replace(tzinfo=None),
            "minutes": meeting.minutes,
            "place": meeting.place,
            "reason": meeting.reason,
            "version": meeting.version,
        }


class ReasonForm(_Form):
    """Why a meeting does not take place."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why, so that people know.")},
    )


class EndForm(_Form):
    """Why a series ends; may be left out."""

    reason = forms.CharField(
        label=_("Why"), max_length=300, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class PeopleForm(_Form):
    """Who comes to one meeting."""

    people = PeopleField()
