"""The editor of a hosted form: which fields in which order, words per language, where it may be shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leadsync.core.errors import Invalid
from leadsync.intake.domain import hosted
from leadsync.intake.domain.hosted import Asked, Plan, Texts
from leadsync.intake.forms.public import html_name
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.selectors.form_words import QUESTIONS
from leadsync.intake.selectors.forms import Possible
from leadsync.intake.services import forms as services

_MOVE: Final = re.compile(r"(up|down):([a-z0-9_-]{1,60})")

PARTS: Final[Mapping[str, Any]] = {
    "title": pgettext_lazy("of a form", "Heading"),
    "intro": gettext_lazy("Below the heading"),
    "button": gettext_lazy("Button"),
    "consent": gettext_lazy("Consent"),
    "thanks": gettext_lazy("After sending"),
}
_LINES: Final[Mapping[str, int]] = {"intro": 2, "consent": 3, "thanks": 2}


@dataclass(frozen=True, slots=True)
class Row:
    """One field that can be asked for, with its two switches."""

    possible: Possible
    name: str
    use: forms.BoundField
    need: forms.BoundField
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class Speech:
    """The words of one language."""

    code: str
    name: str
    is_used: bool
    is_first: bool
    parts: list[forms.BoundField]
    labels: list[forms.BoundField]

    @property
    def has_errors(self) -> bool:
        return any(one.errors for one in (*self.parts, *self.labels))

    @property
    def is_open(self) -> bool:
        """Whether its part of the page stands open: the form's own language, and where something is to be fixed."""
        return self.is_first or self.has_errors

    @property
    def reworded(self) -> int:
        """How many questions have words of their own."""
        return sum(bool(one.value()) for one in self.labels)

    @property
    def has_wrong_labels(self) -> bool:
        return any(one.errors for one in self.labels)


class Said(forms.CharField):
    """Text that is needed and shown so. The service says when it is missing, with everything else that is."""

    def validate(self, value: Any) -> None:
        """Nothing: see above."""


class HostedForm(forms.Form):
    """A hosted form as marketing writes it. The service says what is wrong, all of it in one round."""

    use_required_attribute = False

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    order = forms.CharField(required=False, widget=forms.HiddenInput)
    name = Said(
        label=pgettext_lazy("form", "Name"),
        help_text=gettext_lazy("For colleagues. Visitors do not see it."),
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one language.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("For everybody else"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy(
            "Visitors read their browser's language where the form has it, else this one."
        ),
    )
    needs_consent = forms.BooleanField(label=gettext_lazy("Visitors must agree"), required=False)
    origins = forms.CharField(
        label=gettext_lazy("Sites that may show the form"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One a line, like https://www.example.com. Without any, the form has its own page only."
        ),
    )
    thanks_url = forms.CharField(
        label=gettext_lazy("Your own page after sending"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("The whole address, https. Without it, visitors read the words above."),
    )

    def __init__(self, *args: Any, plan: Plan, form: LeadForm | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lead_form, self.plan_before = form, plan
        self.possible = selectors.possible_fields(one.field for one in plan.fields)
        for one in self.possible:
            name = html_name(one.field)
            self.fields[f"use_{name}"] = forms.BooleanField(label=one.label, required=False)
            self.fields[f"need_{name}"] = forms.BooleanField(label=_("Required"), required=False)
        for code, _name in settings.LANGUAGES:
            self._add_language(code)
        self.initial = {**_initial(plan, form, self.possible), **self.initial}

    def _add_language(self, code: str) -> None:
        for part, label in PARTS.items():
            rows = _LINES.get(part)
            widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
            widget.attrs |= {"lang": code, "autocomplete": "off"}
            is_needed = part in {"title", "button", "thanks"}
            self.fields[f"{part}_{code}"] = Said(label=label, required=is_needed, widget=widget)
        for one in self.possible:
            if one.is_gone:
                continue
            name = html_name(one.field)
            with translation.override(code):
                usual = str(QUESTIONS[one.field]) if one.field in QUESTIONS else one.label
            self.fields[f"label_{code}_{name}"] = _word(one.label, usual, code)
            for number, said in enumerate(one.choices):
                self.fields[f"choice_{code}_{name}_{number}"] = _word(f"{one.label}: {said}", said, code)

    # ------------------------------------------------------------------------------------------ showing

    @property
    def rows(self) -> list[Row]:
        """The fields in their order, those that are not asked for last."""
        ordered = self._ordered()
        return [
            Row(
                one,
                html_name(one.field),
                self[f"use_{html_name(one.field)}"],
                self[f"need_{html_name(one.field)}"],
                number == 0,
                number == len(ordered) - 1,
            )
            for number, one in enumerate(ordered)
        ]

    @property
    def speeches(self) -> list[Speech]:
        """The words by language."""
        used = self["languages"].value() or []
        first = self["language"].value()
        return [
            Speech(
                code,
                str(name),
                code in used,
                code == first,
                [self[f"{part}_{code}"] for part in PARTS],
                [
                    self[field]
                    for field in self.fields
                    if field.startswith((f"label_{code}_", f"choice_{code}_"))
                ],
            )
            for code, name in settings.LANGUAGES
        ]

    def _ordered(self) -> list[Possible]:
        by_name = {html_name(one.field): one for one in self.possible}
        said = [name for name in str(self["order"].value() or "").split(",") if name in by_name]
        return [by_name[name] for name in dict.fromkeys([*said, *by_name])]

    def moved(self, where: str) -> "HostedForm":
        """The same with everything typed and one field a place up or down (`up:email`); nothing is checked or saved."""
        typed = {
            name: field.widget.value_from_datadict(self.data, self.files, name)
            for name, field in self.fields.items()
        }
        names = [html_name(one.field) for one in self._ordered()]
        match = _MOVE.fullmatch(where)
        if match and match[2] in names:
            here = names.index(match[2])
            there = min(max(here + (-1 if match[1] == "up" else 1), 0), len(names) - 1)
            names[here], names[there] = names[there], names[here]
        return HostedForm(
            initial=typed | {"order": ",".join(names)}, plan=self.plan_before, form=self.lead_form
        )

    # ------------------------------------------------------------------------------------------ reading

    def clean(self) -> dict[str, Any]:
        """What the service has against it, each at its field."""
        typed: dict[str, Any] = super().clean() or self.cleaned_data
        unread = frozenset(self.errors)  # what stands there cannot be read: nothing more to say about it
        for problem in services.problems_of(self.as_plan(), self.lead_form):
            if next(self._places(problem.field or ""), "") not in unread:
                self.refuse(problem)
        return typed

    def refuse(self, problem: Invalid) -> None:
        """Put a problem where its text was typed."""
        self.add_error(next(iter(self._places(problem.field or "")), None), problem.message)

    def _places(self, place: str) -> Iterator[str]:
        parts = place.split(".", 3)
        if parts[0] == "texts" and len(parts) == 3:
            yield f"{parts[2]}_{parts[1]}"
        elif parts[0] == "texts" and len(parts) == 4:
            kind = parts[2].removesuffix("s")
            start = f"{kind}_{parts[1]}_{html_name(parts[3])}"
            yield from (name for name in self.fields if name.startswith(start))
        elif place == "fields":
            yield "order"
        elif place in self.fields:
            yield place

    def as_plan(self) -> Plan:
        """The form as it was typed, checked or not: also what a preview shows."""
        given = self.cleaned_data

        def text(name: str) -> str:
            return str(given.get(name) or "")

        texts: dict[str, Texts] = {}
        chosen = given.get("languages") or []
        for code, _name in settings.LANGUAGES:
            if code not in chosen:
                continue
            labels = {one.field: text(f"label_{code}_{html_name(one.field)}") for one in self.possible}
            choices = {
                one.field: {
                    said: text(f"choice_{code}_{html_name(one.field)}_{number}")
                    for number, said in enumerate(one.choices)
                }
                for one in self.possible
            }
            texts[code] = Texts(
                **{part: text(f"{part}_{code}") for part in hosted.LIMITS}, labels=labels, choices=choices
            )
        return Plan(
            name=text("name"),
            fields=tuple(
                Asked(one.field, bool(given.get(f"need_{html_name(one.field)}")))
                for one in self._ordered()
                if given.get(f"use_{html_name(one.field)}")
            ),
            texts=texts,
            language=text("language"),
            needs_consent=bool(given.get("needs_consent")),
            origins=tuple(line.strip() for line in text("origins").splitlines() if line.strip()),
            thanks_url=text("thanks_url"),
        )


def _word(label: str, usual: str, code: str) -> forms.CharField:
    attrs = {"placeholder": usual, "lang": code, "autocomplete": "off"}
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs=attrs))


def _initial(plan: Plan, form: LeadForm | None, possible: list[Possible]) -> dict[str, Any]:
    asked = {one.field: one for one in plan.fields}
    found: dict[str, Any] = {
        "version": form.version if form else None,
        "order": ",".join(html_name(one.field) for one in plan.fields),
        "name": plan.name,
        "languages": list(plan.texts),
        "language": plan.language,
        "needs_consent": plan.needs_consent,
        "origins": "\n".join(plan.origins),
        "thanks_url": plan.thanks_url,
    }
    for one in possible:
        name = html_name(one.field)
        found[f"use_{name}"] = one.field in asked
        found[f"need_{name}"] = one.field in asked and asked[one.field].is_required
    usual = selectors.default_texts_by_language()
    for code, _name in settings.LANGUAGES:
        # A language that is not offered yet begins with its usual words: one tick is enough.
        words = plan.texts.get(code) or usual[code]
        found |= {f"{part}_{code}": getattr(words, part) for part in PARTS}
        for one in possible:
            name = html_name(one.field)
            found[f"label_{code}_{name}"] = words.labels.get(one.field, "")
            for number, said in enumerate(one.choices):
                found[f"choice_{code}_{name}_{number}"] = words.choices.get(one.field, {}).get(said, "")
    return found
