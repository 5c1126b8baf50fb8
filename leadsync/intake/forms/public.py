"""A hosted form as Django fills and reads it: fields of the form's own choosing, in the visitor's language."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django_countries import countries

from leads.domain.definition import BadAnswer, read_answer
from leads.services.same_lead import MOST_NEED, LeadData, normalised
from leadsync.accounts import selectors as accounts
from leadsync.core.errors import Invalid
from leadsync.core.templatetags.ui import clock
from leadsync.intake.domain import hosted
from leadsync.intake.selectors.forms import Shown
from leadsync.intake.services import submissions

TRAP: Final = "remarks2"  # a field that people do not see; named like nothing a browser fills in by itself
SLIP: Final = "page"
CONSENT: Final = "consent"

_AUTOCOMPLETE: Final[Mapping[str, str]] = {
    "name": "name",
    "company": "organization",
    "job_title": "organization-title",
    "email": "email",
    "phone": "tel",
    "country": "country",
    "city": "address-level2",
}
_LENGTHS: Final[Mapping[str, int]] = {
    "name": 200,
    "company": 200,
    "job_title": 150,
    "email": 320,
    "phone": 40,
    "city": 100,
    "need": MOST_NEED,
}


def html_name(field: str) -> str:
    """What a field is called in the page."""
    return field.replace(":", "-")


class InstantInput(forms.DateTimeInput):
    """The browser's own calendar and clock."""

    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any]) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%dT%H:%M")


class PublicForm(forms.Form):
    """The fields of a hosted form, and the consent below them. Build, clean and render it in the visitor's language."""

    use_required_attribute = False  # one answer lists everything at once; the browser would stop at the first

    def __init__(
        self,
        *args: Any,
        shown: Sequence[Shown],
        has_consent: bool = True,
        needs_consent: bool = True,
        now: datetime | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shown, self.now = shown, now or timezone.now()
        for one in shown:
            field = self._field(one)
            has_unit = not one.unit or one.unit in one.label
            field.label = one.label if has_unit else f"{one.label} ({one.unit})"
            if one.is_required:
                if not isinstance(field.widget, forms.RadioSelect):
                    field.widget.attrs["aria-required"] = "true"
                field.error_messages["required"] = _("This is needed.")
            self.fields[html_name(one.field)] = field
        if has_consent:
            self.fields[CONSENT] = forms.BooleanField(
                label=_("Consent"),
                required=needs_consent,
                error_messages={
                    "required": _("Tick this if you agree. Without it we cannot take your message.")
                },
            )

    def _field(self, one: Shown) -> forms.Field:
        is_required = one.is_required
        widget: forms.Widget
        attrs: dict[str, Any] = {"autocomplete": _AUTOCOMPLETE.get(one.field, "off")}
        longest = _LENGTHS.get(one.field, 500)
        match one.kind:
            case "email":
                widget = forms.EmailInput(attrs={**attrs, "inputmode": "email", "spellcheck": "false"})
                return forms.CharField(required=is_required, max_length=longest, widget=widget)
            case "tel":
                widget = forms.TextInput(attrs={**attrs, "type": "tel", "inputmode": "tel"})
                return forms.CharField(required=is_required, max_length=longest, widget=widget)
            case "lines":
                area = forms.Textarea(attrs={**attrs, "rows": 4})
                return forms.CharField(required=is_required, max_length=longest, widget=area)
            case "country":
                return self._choice(one, [*countries], attrs)
            case "choice":
                is_there = any(said.casefold() == "other" for said, _word in one.choices)
                more = [] if is_there else [("other", _("Something else"))]
                return self._choice(one, [*one.choices, *more], attrs)
            case "yes_no":
                said = [("yes", _("Yes")), ("no", _("No"))] + (
                    [] if is_required else [("", _("I do not know"))]
                )
                return forms.ChoiceField(
                    choices=said,
                    required=is_required,
                    widget=forms.RadioSelect,
                    error_messages=self._chosen(),
                )
            case "number":
                text = forms.TextInput(attrs={**attrs, "inputmode": "decimal"})
                return forms.CharField(required=is_required, max_length=64, widget=text)
            case "instant":
                return self._instant(is_required, attrs)
            case _:
                return forms.CharField(
                    required=is_required, max_length=longest, widget=forms.TextInput(attrs=attrs)
                )

    def _chosen(self) -> dict[str, str]:
        return {"invalid_choice": _("Choose one of the answers.")}

    def _choice(self, one: Shown, choices: list[Any], attrs: dict[str, Any]) -> forms.Field:
        return forms.ChoiceField(
            choices=[("", _("Choose")), *choices],
            required=one.is_required,
            widget=forms.Select(attrs=attrs),
            error_messages=self._chosen(),
        )

    def _instant(self, is_required: bool, attrs: dict[str, Any]) -> forms.Field:
        company = accounts.company()
        local = self.now.astimezone(company.tz)
        return forms.CharField(
            required=is_required,
            max_length=40,
            widget=InstantInput({**attrs, "min": f"{local:%Y-%m-%dT%H:%M}"}),
            help_text=_("In our time zone, %(zone)s. It is %(time)s there now.")
            % {"zone": company.zone.replace("_", " "), "time": clock(local)},
        )

    def clean(self) -> dict[str, Any]:
        """Everything that stands against the message, in one round; the rules are those of every door."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        home = str(accounts.company().country)
        for one in self.shown:
            name = html_name(one.field)
            value = typed.get(name)
            if not value:
                continue
            try:
                if one.criterion is not None:
                    self._check_answer(one, value)
                elif one.field == "wanted_at":
                    submissions.wanted_at(value, self.now)
                else:
                    country = typed.get("country", "") if one.field == "phone" else ""
                    normalised(LeadData(**{"country": country, one.field: value}), home)
            except Invalid as problem:
                self.add_error(name, problem.message)
        for among, message in (
            (hosted.NAMING, _("Write your name or your company.")),
            (hosted.REACHING, _("Leave an e-mail address or a phone number, so that we can answer.")),
        ):
            there = [name for name in among if name in self.fields]
            if there and not any(typed.get(name) or name in self.errors for name in there):
                self.add_error(there[0], message)
        return typed

    def _check_answer(self, one: Shown, value: str) -> None:
        assert one.criterion is not None
        if one.kind == "choice":
            return
        try:
            answer = read_answer(one.criterion, value, group=get_format("THOUSAND_SEPARATOR"))
        except BadAnswer:
            said = (
                _("Enter a number, for example 3,500.00.")
                if one.kind == "number"
                else _("This cannot be read. Write it in other words.")
            )
            raise Invalid(said) from None
        if one.kind == "number":
            self.cleaned_data[html_name(one.field)] = answer

    def values(self) -> dict[str, str]:
        """What was sent, by field: read where it could be, else as typed."""
        given: Mapping[str, Any] = getattr(self, "cleaned_data", {})
        return {
            one.field: str(given.get(name) or self.data.get(name) or "")
            for one in self.shown
            if (name := html_name(one.field))
        }
