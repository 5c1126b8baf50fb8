"""The sealed slip that a public page carries instead of a cookie.

A form in a frame of another site has no cookie to compare a token with, and needs none: nobody is signed in there, and
what a forged message could do, anybody can do by opening the page. The slip says which page was sent (so that sending
it twice is one arrival), when it was shown, what consent it showed, and by which advertisement the visitor came.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from django.core import signing

from leadsync.intake.domain import hosted
from leadsync.intake.models import LeadForm

_SALT: Final = "leadsync.intake.page"
MOST_SLIP: Final = 6000


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it was shown to one visitor."""

    number: str
    shown_at: datetime
    consent: str = ""  # digest of the words
    marks: Mapping[str, str] = field(default_factory=dict)


def digest(text: str) -> str:
    """By which two texts are told apart."""
    return sha256(text.encode("utf-8", "replace")).hexdigest()


def new_page(*, consent: str, marks: Mapping[str, str], now: datetime) -> Page:
    """A page shown now."""
    return Page(secrets.token_urlsafe(12), now, digest(consent)[:16], dict(marks))


def sealed(page: Page, form: LeadForm) -> str:
    """The slip for this page of this form."""
    said = {
        "n": page.number,
        "t": round(page.shown_at.timestamp() * 1000),
        "c": page.consent,
        "m": dict(page.marks),
    }
    return signing.dumps(said, salt=f"{_SALT}.{form.key}", compress=True)


def opened(slip: str, form: LeadForm) -> Page | None:
    """The page behind a slip of this form; None for one that is not ours."""
    if not slip or len(slip) > MOST_SLIP:
        return None
    try:
        said = signing.loads(slip, salt=f"{_SALT}.{form.key}")
        shown_at = datetime.fromtimestamp(said["t"] / 1000, tz=UTC)
        return Page(str(said["n"]), shown_at, str(said["c"]), dict(said["m"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None


def is_fresh(page: Page | None, now: datetime) -> bool:
    """Whether the page may be sent without being shown once more."""
    return page is not None and now - page.shown_at <= hosted.SHOWN_FOR


def same_consent(page: Page, consent: str) -> bool:
    """Whether the words shown are those that would be kept."""
    return page.consent == digest(consent)[:16]
