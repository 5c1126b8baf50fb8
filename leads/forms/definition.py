"""The form of a draft of the agreement: questions, promises, limits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from campaigns.models import Campaign
from leads.domain.terms import LIMITS
from leads.models import Agreement, Criterion, Promise
from leads.selectors.definition_words import LIMIT_NAMES, country_name
from leads.services.agreement_rules import LISTED, CriterionData
from leadsync.core.forms import NumberField

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfAgreement = forms.ModelForm[Agreement]
    OfForms = BaseFormSet[forms.Form]
else:
    OfAgreement = forms.ModelForm
    OfForms = BaseFormSet

MAX_CRITERIA = 50


class TermsForm(OfAgreement):
    """Everything of a version but the questions."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    attempt_waits = forms.CharField(
        max_length=200,
        required=False,
        help_text=gettext_lazy("Working time, in order: 1h 1d 2d. The last one repeats."),
    )

    class Meta:
        model = Agreement
        fields = ["note", *LIMITS]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LIMIT_NAMES.items():
            self.fields[name].label = label
        self.fields["minutes_per_promising"].label = gettext_lazy("Sales time per promising lead, minutes")
        self.fields["note"].label = gettext_lazy("What changes and why")
        self.fields["note"].widget.attrs["rows"] = 2
        self.initial["attempt_waits"] = " ".join(map(str, self.instance.attempt_waits))
        self.initial["version"] = self.instance.version
        stored = {promise.campaign_kind: promise for promise in self.instance.promises.all()}
        for kind in Campaign.Kind:
            promise = stored.get(kind.value) or Promise(campaign_kind=kind.value)
            self.fields[f"mode_{kind.value}"] = forms.ChoiceField(
                label=kind.label, choices=Promise.Mode.choices, initial=promise.mode
            )
            self.fields[f"minutes_{kind.value}"] = forms.IntegerField(
                label=_("%(kind)s, working minutes") % {"kind": kind.label},
                initial=promise.minutes,
                min_value=1,
                widget=forms.NumberInput(attrs={"class": "mini"}),
            )

    def validate_constraints(self) -> None:
        """The service checks this, together with the questions."""

    def clean_attempt_waits(self) -> list[str]:
        """The waits as a list; whether each can be read, the service says."""
        return str(self.cleaned_data["attempt_waits"]).replace(",", " ").split()

    def promise_rows(self) -> list[tuple[str, Any, Any]]:
        """Kind of campaign with its two fields, for the template."""
        return [
            (str(kind.label), self[f"mode_{kind.value}"], self[f"minutes_{kind.value}"])
            for kind in Campaign.Kind
        ]

    def limits(self) -> dict[str, Any]:
        """The limits by the names of the service, as far as they could be read."""
        return {name: self.cleaned_data[name] for name in LIMIT_NAMES if name in self.cleaned_data}

    def promises(self) -> dict[str, tuple[str, int]]:
        """The promises by kind of campaign, as far as they could be read."""
        data = self.cleaned_data
        return {
            kind.value: (data[f"mode_{kind.value}"], data[f"minutes_{kind.value}"])
            for kind in Campaign.Kind
            if f"mode_{kind.value}" in data and f"minutes_{kind.value}" in data
        }


class CriterionForm(forms.Form):
    """One question. A row without a question is no row."""

    key = forms.SlugField(required=False, max_length=50, widget=forms.HiddenInput)
    question = forms.CharField(label=gettext_lazy("Question"), required=False, max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Met when"), choices=Criterion.Kind.choices)
    threshold = NumberField(
        label=gettext_lazy("At least"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "mini"}),
    )
    unit = forms.CharField(label=gettext_lazy("Unit"), required=False, max_length=20)
    choices = forms.CharField(
        label=gettext_lazy("Accepted answers, one a line"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    is_required = forms.BooleanField(label=gettext_lazy("Required"), required=False)
    points = forms.IntegerField(
        label=gettext_lazy("Points"),
        required=False,
        min_value=0,
        max_value=100,
        widget=forms.NumberInput(attrs={"class": "mini"}),
    )

    def clean(self) -> dict[str, Any]:
        """Countries are typed by name or code and kept by code. Only an empty row may have no question."""
        data = super().clean() or self.cleaned_data
        typed = ("key", "threshold", "unit", "choices", "points")
        is_empty = not any(data.get(name) not in (None, "", 0) or self.has_error(name) for name in typed)
        if not data.get("question") and not self.has_error("question") and not is_empty:
            self.add_error("question", _("A criterion needs a question."))
        answers = [line.strip() for line in str(data.get("choices") or "").splitlines() if line.strip()]
        if data.get("kind") == Criterion.Kind.COUNTRY:
            codes = country_codes()
            unknown = [answer for answer in answers if answer.casefold() not in codes]
            if unknown:
                self.add_error("choices", _("Not a known country: %(names)s") % {"names": ", ".join(unknown)})
            answers = [codes[answer.casefold()] for answer in answers if answer.casefold() in codes]
        data["answers"] = tuple(dict.fromkeys(answers))
        return data

    def as_data(self) -> CriterionData:
        """What was typed, for the service. Fields that the kind has no use for are left out."""
        data = self.cleaned_data
        kind = data["kind"]
        listed = kind in LISTED
        is_number = kind == Criterion.Kind.NUMBER
        return CriterionData(
            question=data["question"],
            key=data["key"],
            kind=kind,
            threshold=data["threshold"] if is_number else None,
            unit=data["unit"] if is_number else "",
            choices=data["answers"] if listed else (),
            is_required=data["is_required"],
            points=data["points"] or 0,
        )


def country_codes() -> dict[str, str]:
    """Codes of countries by what people type: code, English name, name in the language in force."""
    found = {code.casefold(): code for code, _name in countries}
    with translation.override("en"):
        found |= {str(name).casefold(): code for code, name in countries}
    return found | {str(name).casefold(): code for code, name in countries}


class CriteriaFormSet(OfForms):
    """The questions. Their places, and which are removed, are hidden fields that buttons change."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        """Place and removal as hidden fields."""
        super().add_fields(form, index)
        form.fields["ORDER"].widget = forms.HiddenInput()
        form.fields["DELETE"].widget = forms.HiddenInput()

    def in_order(self) -> list[forms.Form]:
        """All rows in the order in which they are shown, those removed in their old places."""
        listed = list(enumerate(self.forms))
        return [form for _place, form in sorted(listed, key=lambda pair: self._place(*pair))]

    def rows(self) -> list[forms.Form]:
        """The rows that stand, in their order: with a question or a fault, not removed. After `is_valid`."""
        return [
            form
            for form in self.in_order()
            if not is_removed(form) and (form.cleaned_data.get("question") or form.errors)
        ]

    @staticmethod
    def _place(index: int, form: forms.Form) -> tuple[bool, int, int]:
        order = _number(form["ORDER"].value())
        return (order is None, order or 0, index)


def is_removed(form: forms.Form) -> bool:
    """Whether the row is marked to be removed."""
    return str(form["DELETE"].value() or "") not in {"", "False", "0"}


def _number(value: Any) -> int | None:
    text = str(value if value is not None else "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def rearranged(data: QueryDict, act: str) -> QueryDict:
    """What was typed after a button of a row was pressed: "up-2", "down-2", "remove-2", "back-2", or "add"."""
    typed = data.copy()
    total = min(_number(typed.get("criteria-TOTAL_FORMS")) or 0, MAX_CRITERIA * 2)
    verb, _dash, number = act.partition("-")
    row = _number(number)
    if verb == "add":
        typed["criteria-TOTAL_FORMS"] = str(total + 1)
    elif row is not None and row < total:
        if verb in {"remove", "back"}:
            typed[f"criteria-{row}-DELETE"] = "on" if verb == "remove" else ""
        elif verb in {"up", "down"}:
            _move(typed, row, total, -1 if verb == "up" else 1)
    return typed


def _move(typed: QueryDict, row: int, total: int, by: int) -> None:
    """Swap the row with the next one that stands in that direction, and number all anew."""

    def place(index: int) -> tuple[bool, int, int]:
        order = _number(typed.get(f"criteria-{index}-ORDER"))
        return (order is None, order or 0, index)

    listed = sorted(range(total), key=place)
    standing = [index for index in listed if not typed.get(f"criteria-{index}-DELETE")]
    if row in standing:
        wanted = standing.index(row) + by
        if 0 <= wanted < len(standing):
            here, there = listed.index(row), listed.index(standing[wanted])
            listed[here], listed[there] = listed[there], listed[here]
    for order, index in enumerate(listed, start=1):
        typed[f"criteria-{index}-ORDER"] = str(order)


def criteria_formset(data: Mapping[str, Any] | None = None, *, of: Agreement, blank: int = 1) -> Any:
    """The formset of a version's questions, `blank` empty rows at the end."""
    made = formset_factory(
        CriterionForm,
        formset=CriteriaFormSet,
        extra=blank,
        can_order=True,
        can_delete=True,
        max_num=MAX_CRITERIA,
        validate_max=True,
    )
    initial = [
        {
            "key": criterion.key,
            "question": criterion.question,
            "kind": criterion.kind,
            "threshold": _plain(criterion.threshold),
            "unit": criterion.unit,
            "choices": "\n".join(
                country_name(str(choice)) if criterion.kind == Criterion.Kind.COUNTRY else str(choice)
                for choice in criterion.choices
            ),
            "is_required": criterion.is_required,
            "points": criterion.points or None,
        }
        for criterion in of.criteria.all()
    ]
    return made(data, initial=initial, prefix="criteria")


def _plain(threshold: Decimal | None) -> Decimal | None:
    if threshold is None:
        return None
    return threshold.quantize(Decimal(1)) if threshold == threshold.to_integral_value() else threshold
