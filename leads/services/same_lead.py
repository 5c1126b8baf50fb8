"""One row in the form in which it is kept, and which lead it is: the keys that two arrivals of one lead share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter, gt
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_countries import countries

from leads.domain import identity
from leads.models import Lead, LeadKey
from leads.services import changes
from leadsync.accounts import selectors as accounts
from leadsync.core import db
from leadsync.core.errors import Invalid

MOST_NEED = 20_000
_LONGEST_CODE = 3  # of a country

type Key = tuple[str, str, str]  # kind, namespace, value


@dataclass(frozen=True, slots=True)
class Consented:
    """What somebody agreed to when they left their data: the words they saw, and where (a page, a form)."""

    text: str = ""
    place: str = ""
    at: datetime | None = None  # None: when the lead is received


@dataclass(frozen=True, slots=True)
class LeadData:
    """What is known of somebody who showed interest, as typed or as a door brought it."""

    name: str = ""
    company: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""
    country: str = ""
    city: str = ""
    language: str = ""
    need: str = ""
    external_id: str = ""
    namespace: str = ""
    received_at: datetime | None = None
    wanted_at: datetime | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    consent: Consented | None = None


@dataclass(frozen=True, slots=True)
class SameLead:
    """A lead that is here already, with who has it."""

    lead_id: int
    title: str
    stage: str
    owner: str
    campaign: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row in normal form with the keys it is recognised by; or the problem it has."""

    data: LeadData
    payload: Mapping[str, Any]
    keys: tuple[Key, ...] = ()
    problem: Invalid | None = None


_LIMITS = {"name": 200, "company": 200, "job_title": 150, "phone": 40, "city": 100, "language": 10}
_MOST = tuple(_LIMITS.values())
_limited_of = attrgetter(*_LIMITS)


def prepared(row: LeadData, payload: Mapping[str, Any], home: str) -> Prepared:
    """The row made ready to be saved; `home` as in `normalised`. Raises nothing: a problem stands in its place."""
    try:
        data = normalised(row, home)
    except Invalid as problem:
        return Prepared(row, payload, problem=problem)
    if not data.name and not data.company:
        return Prepared(row, payload, problem=Invalid(_("A lead needs a name or a company."), field="name"))
    return Prepared(data, payload or as_payload(row), keys_of(data))


def as_payload(row: LeadData) -> dict[str, Any]:
    """What came, where the door brought nothing rawer: the fields that hold something."""
    found = {name: getattr(row, name) for name in LeadData.__slots__ if name != "consent"}
    return {
        name: changes.as_json(dict(value) if name == "answers" else value)
        for name, value in found.items()
        if value
    } | ({"consent": row.consent.text} if row.consent else {})


def normalised(row: LeadData, home: str) -> LeadData:
    """The row in the form in which it is kept; `home` is the country for phones of rows that name none.

    An unreadable number is kept as typed. Raises `Invalid` with the field: too long, no mail address, letters in
    a phone number, no country.
    """
    texts = [text and identity.clean(text) for text in _limited_of(row)]
    if any(map(gt, map(len, texts), _MOST)):
        field_name = next(
            name for name, text in zip(_LIMITS, texts, strict=True) if len(text) > _LIMITS[name]
        )
        raise Invalid(_("At most %(n)d characters.") % {"n": _LIMITS[field_name]}, field=field_name)
    name, company, job_title, phone, city, language = texts
    need = row.need and identity.clean_lines(row.need)
    external_id = row.external_id and identity.clean(row.external_id)
    namespace = row.namespace and identity.clean(row.namespace)
    if len(need) > MOST_NEED:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NEED}, field="need")
    if len(external_id) > 320 or len(namespace) > 60:
        raise Invalid(_("The external id is too long."), field="external_id")
    country = _country(row.country)
    email = row.email.strip()
    if email:
        found = identity.normalise_email(email)
        if found is None:
            raise Invalid(_("This is not an e-mail address."), field="email")
        email = found
    if phone:
        number = identity.normalise_phone(phone, country or home)
        if number is None and any(sign.isalpha() for sign in phone):
            raise Invalid(_("This is not a phone number: it has letters."), field="phone")
        phone = number or phone
    return LeadData(
        name=name,
        company=company,
        job_title=job_title,
        email=email,
        phone=phone,
        country=country,
        city=city,
        language=language,
        need=need,
        external_id=external_id,
        namespace=namespace,
        received_at=row.received_at,
        wanted_at=row.wanted_at,
        answers=row.answers,
        consent=row.consent,
    )


def _country(text: str) -> str:
    wanted = text.strip()
    if not wanted:
        return ""
    # Only names are said in a language.
    code = _code_of(wanted, (get_language() or "") if len(wanted) > _LONGEST_CODE else "")
    if not code:
        raise Invalid(_("This is not a country."), field="country")
    return code


@lru_cache(maxsize=1024)
def _code_of(text: str, language: str) -> str:
    """ISO code of a country named by code or in this language, the active one; empty for none."""
    return str(countries.alpha2(text.upper()) if len(text) <= _LONGEST_CODE else countries.by_name(text))


def keys_of(data: LeadData) -> tuple[Key, ...]:
    """What the lead is recognised by, the surest first."""
    found: list[Key] = []
    if data.external_id:
        found.append((LeadKey.Kind.EXTERNAL, data.namespace, data.external_id))
    if data.email:
        found.append((LeadKey.Kind.EMAIL, "", data.email))
    if data.phone.startswith("+") and data.phone[1:].isdigit():
        found.append((LeadKey.Kind.PHONE, "", data.phone))
    return tuple(found)


def known_keys(keys: Iterable[Key]) -> dict[Key, int]:
    """Which of these keys are here, with their lead: one query per kind (and namespace)."""
    groups: dict[tuple[str, str], list[str]] = {}
    for kind, namespace, value in set(keys):
        groups.setdefault((kind, namespace), []).append(value)
    found: dict[Key, int] = {}
    for (kind, namespace), values in groups.items():
        for value, lead_id in LeadKey.objects.filter(
            kind=kind, namespace=namespace, value__in=db.among(values)
        ).values_list("value", "lead_id"):
            found[(kind, namespace, value)] = lead_id
    return found


def find_same(rows: Sequence[LeadData]) -> list[SameLead | None]:
    """For each row the lead that it is, if it is here: for a preview. At most four queries."""
    home = str(accounts.company().country)
    ready = [prepared(row, {}, home) for row in rows]
    known = known_keys(key for one in ready for key in one.keys)
    ids = [next((known[key] for key in one.keys if key in known), None) for one in ready]
    leads = {
        lead.pk: SameLead(
            lead.pk, lead.title, lead.stage, lead.owner.name if lead.owner else "", lead.campaign.name
        )
        for lead in Lead.objects.filter(pk__in={found for found in ids if found}).select_related(
            "owner", "campaign"
        )
    }
    return [leads.get(found) if found else None for found in ids]
