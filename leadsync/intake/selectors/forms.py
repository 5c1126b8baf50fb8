"""Hosted forms as pages show them: the fields of one in a language, a campaign's forms with what came through them."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.urls import reverse
from django.utils import translation
from django.utils.html import format_html

from campaigns.models import Campaign
from leads.domain.definition import CriterionKind, CriterionTerms
from leads.selectors import agreement
from leadsync.accounts import selectors as accounts
from leadsync.intake.domain import hosted
from leadsync.intake.domain.hosted import ANSWER, Asked, Plan, Texts
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors.form_words import QUESTIONS, default_texts

LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)

_KINDS = {
    "email": "email",
    "phone": "tel",
    "country": "country",
    "need": "lines",
    "wanted_at": "instant",
    CriterionKind.YES_NO: "yes_no",
    CriterionKind.NUMBER: "number",
    CriterionKind.CHOICE: "choice",
    CriterionKind.SEGMENT: "choice",
    CriterionKind.COUNTRY: "country",
    CriterionKind.TEXT: "text",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One field as a visitor sees it. `kind` says how it is typed; `choices` are accepted answers with their words."""

    field: str
    kind: str
    label: str
    is_required: bool = False
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    criterion: CriterionTerms | None = None


@dataclass(frozen=True, slots=True)
class Possible:
    """A field that a form may ask for. `is_gone`: a question that the agreement in force no longer asks."""

    field: str
    label: str
    kind: str
    choices: tuple[str, ...] = ()
    is_gone: bool = False

    @property
    def is_answer(self) -> bool:
        return self.field.startswith(ANSWER)


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form with what came through it."""

    form: LeadForm
    state: str  # open, closed, waits (open, but its campaign is not live)
    counts: dict[str, int] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    @property
    def sent(self) -> int:
        return sum(self.counts.values())

    @property
    def leads(self) -> int:
        return self.counts.get(Payload.State.TAKEN, 0)

    @property
    def spam(self) -> int:
        return self.counts.get(Payload.State.SPAM, 0)

    @property
    def unreadable(self) -> int:
        return self.counts.get(Payload.State.UNREADABLE, 0)


def by_key(key: str) -> LeadForm | None:
    """The form of a public address, with its campaign. One query."""
    return LeadForm.objects.select_related("campaign").filter(key=key).first()


def is_taking(form: LeadForm) -> bool:
    """Whether visitors may use it now: it is open, and its campaign is live."""
    return form.is_open and form.campaign.state == Campaign.State.LIVE


def address_of(form: LeadForm) -> str:
    """The whole public address."""
    return settings.LEADSYNC_BASE_URL + reverse("intake:public", args=[form.key])


def plan_of(form: LeadForm) -> Plan:
    """A saved form as plain values. Whatever is stored, this reads it."""
    return Plan(
        name=form.name,
        fields=asked_of(form),
        texts={code: texts_of(words) for code, words in form.texts.items() if isinstance(words, dict)},
        language=form.language,
        needs_consent=form.needs_consent,
        origins=tuple(str(one) for one in form.origins),
        thanks_url=form.thanks_url,
    )


def asked_of(form: LeadForm) -> tuple[Asked, ...]:
    """The fields of a form, in their order."""
    return tuple(
        Asked(str(one["field"]), bool(one.get("is_required")))
        for one in form.fields
        if isinstance(one, dict) and one.get("field")
    )


def texts_of(stored: dict[str, Any]) -> Texts:
    """The words of one language as they are stored."""
    return Texts(
        **{name: str(stored.get(name) or "") for name in hosted.LIMITS},
        labels={str(name): str(label) for name, label in (stored.get("labels") or {}).items()},
        choices={
            str(name): {str(one): str(word) for one, word in words.items()}
            for name, words in (stored.get("choices") or {}).items()
            if isinstance(words, dict)
        },
    )


def stored(texts: Texts, known: Container[str]) -> dict[str, Any]:
    """The words of one language as they are kept: what says nothing, or is about no known field, is left out."""
    found = asdict(texts)
    found["labels"] = {name: label for name, label in texts.labels.items() if label.strip() and name in known}
    found["choices"] = {
        name: said
        for name, words in texts.choices.items()
        if name in known and (said := {one: word for one, word in words.items() if word.strip()})
    }
    return found


def default_plan(campaign: Campaign) -> Plan:
    """What a new form of this campaign looks like until somebody changes it: in all three languages."""
    return Plan(
        name=campaign.name[:100],
        fields=(
            Asked("name", is_required=True),
            Asked("company"),
            Asked("email", is_required=True),
            Asked("phone"),
            Asked("need"),
        ),
        texts=default_texts_by_language(),
        language=LANGUAGES[0],
    )


def default_texts_by_language() -> dict[str, Texts]:
    """The words that a language begins with."""
    name = accounts.company().name
    return {code: default_texts(code, company=name) for code in LANGUAGES}


def snippets(form: LeadForm) -> dict[str, str]:
    """What goes into another site: the script that makes the frame as tall as the form, or a frame of a fixed height."""
    script = settings.LEADSYNC_BASE_URL + reverse("intake:embed")
    return {
        "script": format_html('<script src="{}" data-form="{}" async></script>', script, form.key),
        "frame": format_html(
            '<iframe src="{}?embed=1" title="{}" width="100%" height="720" style="border:0"></iframe>',
            address_of(form),
            next((texts.title for texts in plan_of(form).texts.values() if texts.title), form.name),
        ),
    }


def possible_fields(already: Iterable[str] = ()) -> list[Possible]:
    """What a form may ask for now, in the reader's language; `already` keeps questions no longer in the agreement."""
    found = [Possible(name, str(QUESTIONS[name]), _KINDS.get(name, "text")) for name in hosted.LEAD_FIELDS]
    found += [
        Possible(ANSWER + one.key, one.question, _KINDS[CriterionKind(one.kind)], _accepted(one))
        for one in agreement.terms().criteria
    ]
    here = {one.field for one in found}
    return found + [
        Possible(name, hosted.criterion_of(name), "text", is_gone=True)
        for name in already
        if name not in here and hosted.criterion_of(name)
    ]


def gone_fields(form: LeadForm) -> tuple[str, ...]:
    """Keys of questions that the form names and the agreement in force no longer asks: visitors are not asked."""
    here = {one.key for one in agreement.terms().criteria}
    return tuple(key for one in asked_of(form) if (key := hosted.criterion_of(one.field)) and key not in here)


def shown_fields(fields: Sequence[Asked], texts: Texts, language: str) -> list[Shown]:
    """The fields a visitor sees in a language. Questions no longer in the agreement are passed over."""
    criteria = {one.key: one for one in agreement.terms().criteria}
    needed = hosted.needed(fields)
    found: list[Shown] = []
    with translation.override(language):
        for one in fields:
            criterion = criteria.get(hosted.criterion_of(one.field))
            if criterion is None and one.field not in QUESTIONS:
                continue
            label = texts.labels.get(one.field) or (
                criterion.question if criterion else str(QUESTIONS[one.field])
            )
            words = texts.choices.get(one.field, {})
            found.append(
                Shown(
                    field=one.field,
                    kind=_KINDS[CriterionKind(criterion.kind)]
                    if criterion
                    else _KINDS.get(one.field, "text"),
                    label=label,
                    is_required=one.field in needed,
                    unit=criterion.unit if criterion else "",
                    choices=tuple((said, words.get(said) or said) for said in _accepted(criterion)),
                    criterion=criterion,
                )
            )
    return found


def _accepted(criterion: CriterionTerms | None) -> tuple[str, ...]:
    if criterion is None or criterion.kind not in {CriterionKind.CHOICE, CriterionKind.SEGMENT}:
        return ()
    return criterion.choices


def state_of(form: LeadForm) -> str:
    """`open`, `closed`, or `waits`: open, but its campaign is not live."""
    if not form.is_open:
        return "closed"
    return "open" if is_taking(form) else "waits"


def form_rows(campaign: Campaign) -> list[FormRow]:
    """The forms of a campaign, the newest first, with what came through each. Three statements at most."""
    forms = list(LeadForm.objects.filter(campaign=campaign).select_related("campaign", "changed_by"))
    counts = _counted([one.pk for one in forms])
    return [FormRow(one, state_of(one), counts.get(one.pk, {}), gone_fields(one)) for one in forms]


def form_row(form: LeadForm) -> FormRow:
    """One form with what came through it."""
    return FormRow(form, state_of(form), _counted([form.pk]).get(form.pk, {}), gone_fields(form))


def _counted(forms: Sequence[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    if not forms:
        return found
    rows = (
        Payload.objects.filter(form__in=forms).order_by().values_list("form", "state").annotate(n=Count("pk"))
    )
    for form, state, n in rows:
        if form is not None:
            found.setdefault(form, {})[state] = n
    return found
