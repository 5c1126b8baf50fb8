"""Hosted forms: which fields may be asked for, what a form needs to be usable, and what a robot's message looks like."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

ANSWER: Final = "answer:"  # what a field that answers a criterion begins with; the criterion's key follows

LEAD_FIELDS: Final = (
    "name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "city",
    "need",
    "wanted_at",
)
NAMING: Final = ("name", "company")  # a lead needs one of these
REACHING: Final = ("email", "phone")  # and one of these

# Longest texts per language, in characters.
LIMITS: Final[Mapping[str, int]] = {
    "title": 120,
    "intro": 1000,
    "button": 40,
    "consent": 2000,
    "thanks": 1000,
}
LABEL_LIMIT: Final = 200
MOST_FIELDS: Final = 30
MOST_ORIGINS: Final = 20

SHOWN_FOR: Final = timedelta(hours=24)  # a page older than this is shown once more before it is sent
FASTEST: Final = timedelta(seconds=1)  # from showing the page to sending it: nobody reads and types faster
GRACE: Final = timedelta(hours=1)  # who has had the page open since then may still send a form just closed

# What is kept of the address a visitor came by: which advertisement, never who.
MARKS: Final = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "utm_id",
    "gclid",
    "fbclid",
    "msclkid",
    "yclid",
)
MOST_MARK: Final = 200

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_OWN_MACHINE: Final = frozenset({"localhost", "127.0.0.1"})  # where a web designer tries things out


@dataclass(frozen=True, slots=True)
class Asked:
    """One field of a form: one of `LEAD_FIELDS`, or `answer:<criterion key>`."""

    field: str
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """The words of a form in one language. `labels` by field, `choices` by field and accepted answer."""

    title: str = ""
    intro: str = ""
    button: str = ""
    consent: str = ""
    thanks: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Flaw(StrEnum):
    """Why a form cannot be used as it is."""

    NO_NAME = "no_name"
    TOO_LONG = "too_long"
    NO_FIELDS = "no_fields"
    TOO_MANY_FIELDS = "too_many_fields"
    UNKNOWN_FIELD = "unknown_field"
    TWICE = "twice"
    NOT_NAMED = "not_named"
    NOT_REACHABLE = "not_reachable"
    NO_LANGUAGE = "no_language"
    LANGUAGE_NOT_OFFERED = "language_not_offered"
    NO_TEXT = "no_text"
    BAD_ORIGIN = "bad_origin"
    TOO_MANY_ORIGINS = "too_many_origins"
    BAD_PAGE = "bad_page"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong and where: `place` is a name of the form's own data (`texts.pl.title`, `fields`)."""

    flaw: Flaw
    place: str
    detail: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A form as somebody wants it."""

    name: str
    fields: tuple[Asked, ...]
    texts: Mapping[str, Texts]
    language: str
    needs_consent: bool = True
    origins: tuple[str, ...] = ()
    thanks_url: str = ""


def criterion_of(name: str) -> str:
    """The key of the criterion that a field answers; empty for a field of the lead."""
    return name.removeprefix(ANSWER) if name.startswith(ANSWER) else ""


def faults(plan: Plan, *, known: Iterable[str], languages: Iterable[str]) -> list[Fault]:
    """Everything that is wrong with a form, in one round.

    `known` are the fields that may be asked for (those kept from an earlier agreement too), `languages` those that
    pages are spoken in.
    """
    found: list[Fault] = []
    if not plan.name.strip():
        found.append(Fault(Flaw.NO_NAME, "name"))
    elif len(plan.name) > 100:
        found.append(Fault(Flaw.TOO_LONG, "name", limit=100))
    found += _faults_of_fields(plan, frozenset(known))
    found += _faults_of_texts(plan, frozenset(languages))
    if len(plan.origins) > MOST_ORIGINS:
        found.append(Fault(Flaw.TOO_MANY_ORIGINS, "origins", limit=MOST_ORIGINS))
    found += [Fault(Flaw.BAD_ORIGIN, "origins", one[:80]) for one in plan.origins if read_origin(one) is None]
    if plan.thanks_url and not is_web_page(plan.thanks_url):
        found.append(Fault(Flaw.BAD_PAGE, "thanks_url"))
    return found


def _faults_of_fields(plan: Plan, known: frozenset[str]) -> list[Fault]:
    names = [one.field for one in plan.fields]
    if not names:
        return [Fault(Flaw.NO_FIELDS, "fields")]
    found: list[Fault] = []
    if len(names) > MOST_FIELDS:
        found.append(Fault(Flaw.TOO_MANY_FIELDS, "fields", limit=MOST_FIELDS))
    found += [Fault(Flaw.UNKNOWN_FIELD, "fields", name[:80]) for name in names if name not in known]
    if len(set(names)) < len(names):
        found.append(Fault(Flaw.TWICE, "fields"))
    if not set(names) & set(NAMING):
        found.append(Fault(Flaw.NOT_NAMED, "fields"))
    if not set(names) & set(REACHING):
        found.append(Fault(Flaw.NOT_REACHABLE, "fields"))
    return found


def _faults_of_texts(plan: Plan, languages: frozenset[str]) -> list[Fault]:
    found: list[Fault] = []
    if not plan.texts:
        found.append(Fault(Flaw.NO_LANGUAGE, "languages"))
    elif plan.language not in plan.texts:
        found.append(Fault(Flaw.LANGUAGE_NOT_OFFERED, "language"))
    for code, texts in plan.texts.items():
        if code not in languages:
            found.append(Fault(Flaw.NO_LANGUAGE, "languages", code[:10]))
            continue
        for part, limit in LIMITS.items():
            text = getattr(texts, part)
            is_needed = part in {"title", "button", "thanks"} or (part == "consent" and plan.needs_consent)
            if is_needed and not text.strip():
                found.append(Fault(Flaw.NO_TEXT, f"texts.{code}.{part}"))
            elif len(text) > limit:
                found.append(Fault(Flaw.TOO_LONG, f"texts.{code}.{part}", limit=limit))
        said = {f"texts.{code}.labels.{name}": label for name, label in texts.labels.items()}
        said |= {
            f"texts.{code}.choices.{name}": word
            for name, words in texts.choices.items()
            for word in words.values()
        }
        found += [
            Fault(Flaw.TOO_LONG, place, limit=LABEL_LIMIT)
            for place, text in said.items()
            if len(text) > LABEL_LIMIT
        ]
    return found


def needed(fields: Sequence[Asked]) -> frozenset[str]:
    """The fields that have to be filled in: those that say so, and the only one by which a lead is named or reached."""
    names = [one.field for one in fields]
    found = {one.field for one in fields if one.is_required}
    for among in (NAMING, REACHING):
        there = [name for name in among if name in names]
        if len(there) == 1:
            found.add(there[0])
    return frozenset(found)


def read_origin(text: str) -> str | None:
    """A site in the form in which browsers compare it, `https://www.example.com`; None for anything else.

    An address of a page stands for its site. Plain http only on one's own machine.
    """
    typed = text.strip()
    if len(typed) > 300 or not typed.isprintable() or any(sign.isspace() for sign in typed):
        return None
    if "://" not in typed:
        typed = f"https://{typed}"
    try:
        parts = urlsplit(typed)
        host = (parts.hostname or "").rstrip(".")
        host = host if host.isascii() else host.encode("idna").decode()
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if (
        parts.username is not None
        or parts.password is not None
        or not _HOST.fullmatch(host)
        or len(host) > 253
    ):
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _OWN_MACHINE):
        return None
    if "." not in host and host not in _OWN_MACHINE:
        return None
    default = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, default} else "")


def is_web_page(url: str) -> bool:
    """Whether people may be sent there: a whole https address without a password in it."""
    if len(url) > 500 or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    return url.lower().startswith("https://") and read_origin(url) is not None


def choose_language(wanted: Iterable[str], offered: Sequence[str], fallback: str) -> str:
    """The first language a visitor wants that the form is offered in; else the form's own."""
    for code in wanted:
        base = code.lower().partition("-")[0]
        if base in offered:
            return base
    return fallback if fallback in offered or not offered else offered[0]


def marks_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What an address says about the advertisement a visitor came by."""
    return {name: asked[name][:MOST_MARK] for name in MARKS if asked.get(name)}


def page_only(url: str) -> str:
    """An address without what may name a person: no query, no fragment, no password. Empty for none."""
    try:
        parts = urlsplit(url.strip()[:2000])
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not host:
        return ""
    return f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"[:300]


class Suspicion(StrEnum):
    """Why a message is taken for a robot's."""

    TRAP = "trap"  # filled in a field that people do not see
    TOO_FAST = "too_fast"


def suspicion(*, trap: str, shown_at: datetime | None, now: datetime) -> Suspicion | None:
    """Whether a robot seems to have sent this; None for a person, and for a page of which nothing is known."""
    if trap.strip():
        return Suspicion.TRAP
    if shown_at is not None and now - shown_at < FASTEST:
        return Suspicion.TOO_FAST
    return None
