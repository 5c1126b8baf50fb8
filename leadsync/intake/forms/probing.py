"""A hosted form filled in as a visitor would, to prove that it brings leads: read by the very form visitors fill in."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Final

import phonenumbers
from django.utils import translation

from leadsync.accounts import selectors as accounts
from leadsync.intake.domain.hosted import Texts
from leadsync.intake.forms.public import CONSENT, PublicForm, html_name
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.selectors.forms import Shown
from leadsync.intake.services.probing import Filled
from leadsync.intake.services.submissions import Message

_ALWAYS: Final = frozenset({"name", "company", "email"})
_DOMAIN: Final = "test.leadsync.example"
_TEXT: Final = "LeadSync test"
_CHANGED_DIGITS: Final = 5


def filled(form: LeadForm, code: str, now: datetime) -> Filled:
    """The message a visitor would send, every needed field with something that fits; or the field that refuses it."""
    plan = selectors.plan_of(form)
    language = form.language if form.language in plan.texts else next(iter(plan.texts), form.language)
    texts = plan.texts.get(language, Texts())
    shown = selectors.shown_fields(plan.fields, texts, language)
    typed: dict[str, Any] = {
        html_name(one.field): _sample(one, code, now)
        for one in shown
        if one.is_required or one.field in _ALWAYS
    }
    with translation.override(language):
        typed[CONSENT] = "on"
        visitors = PublicForm(
            typed,
            shown=shown,
            has_consent=bool(texts.consent.strip()),
            needs_consent=form.needs_consent,
            now=now,
        )
        if not visitors.is_valid():
            name = next(iter(visitors.errors))
            field = visitors.fields.get(name)
            return Filled(refused=str(field.label if field else name))
        return Filled(Message(fields=visitors.values(), language=language, page=code, consent=texts.consent))


def _sample(one: Shown, code: str, now: datetime) -> str:
    """Something that fits a field, and is nobody's."""
    match one.kind:
        case "email":
            return f"test+{code}@{_DOMAIN}"
        case "tel":
            return _phone()
        case "country":
            return str(accounts.company().country) or "PL"
        case "choice":
            return one.choices[0][0] if one.choices else "other"
        case "yes_no":
            return "yes"
        case "number":
            return "1"
        case "instant":
            return f"{(now + timedelta(days=1)).astimezone(accounts.company().tz):%Y-%m-%dT%H:%M}"
        case _:
            return f"{_TEXT} {code}"[:60]


def _phone() -> str:
    """A number of the company's country that looks like a real one, another one each time."""
    country = str(accounts.company().country) or "PL"
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        example = phonenumbers.example_number("PL")
    assert example is not None
    national = str(example.national_number)
    for _try in range(50):
        ending = f"{secrets.randbelow(10**_CHANGED_DIGITS):0{_CHANGED_DIGITS}d}"
        candidate = phonenumbers.PhoneNumber(
            country_code=example.country_code,
            national_number=int(national[:-_CHANGED_DIGITS] + ending),
        )
        if phonenumbers.is_valid_number(candidate):
            return phonenumbers.format_number(candidate, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
