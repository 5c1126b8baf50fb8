"""Any program that signs its messages as Standard Webhooks does; a message is a JSON object, or a list of them."""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from leadsync.intake.domain.reading import (
    MOST_ASKED,
    MOST_DEPTH,
    MOST_TITLE,
    Asked,
    Message,
    Unreadable,
    Why,
    as_text,
    is_true,
)

TOLERANCE: Final = 300  # seconds between the sender's clock and ours
MOST_ID: Final = 200
PREFIX: Final = "whsec_"
_PLAIN_NAME = re.compile(r'[^.\[\]"\x00-\x1f]+')


class Refusal(StrEnum):
    """Why a message is not theirs."""

    NOT_SIGNED = "not_signed"
    TOO_OLD = "too_old"
    WRONG_SIGNATURE = "wrong_signature"


def signature(*, secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """What stands behind "v1," in `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "replace") + body
    return base64.b64encode(hmac.new(_key(secret), signed, "sha256").digest()).decode()


def _key(secret: str) -> bytes:
    bare = secret.removeprefix(PREFIX)
    try:
        return base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        return secret.encode("utf-8", "replace")


def refusal(
    *,
    body: bytes,
    message_id: str,
    timestamp: str,
    signatures: str,
    secrets: Sequence[str],
    now: datetime,
) -> Refusal | None:
    """Why this message is refused; None when it is theirs and fresh."""
    if not message_id or len(message_id) > MOST_ID or not signatures:
        return Refusal.NOT_SIGNED
    if not re.fullmatch(r"[0-9]{1,12}", timestamp, re.ASCII):
        return Refusal.NOT_SIGNED
    given = [one.removeprefix("v1,").encode("utf-8", "replace") for one in signatures.split()[:20]]
    right = [
        signature(secret=one, message_id=message_id, timestamp=timestamp, body=body).encode()
        for one in secrets
        if one
    ]
    fits = [hmac.compare_digest(ours, theirs) for ours in right for theirs in given]
    if not any(fits):
        return Refusal.WRONG_SIGNATURE
    return Refusal.TOO_OLD if abs(now.timestamp() - int(timestamp)) > TOLERANCE else None


def read(message: Any) -> Message:
    """Every value of the object by its path: `contact.email`, `answers[2].value`. Raises `Unreadable`."""
    if not isinstance(message, dict):
        raise Unreadable(Why.NOT_OBJECT)
    asked: list[Asked] = []
    for path, value in _leaves(message):
        if len(asked) == MOST_ASKED:
            break
        if path and len(path) <= MOST_TITLE:
            asked.append(Asked(path, path, value))
    if not any(one.value.strip() for one in asked):
        raise Unreadable(Why.NO_ANSWERS)
    return Message(tuple(asked), is_test=is_true(message.get("is_test")))


def _leaves(message: Any) -> Iterator[tuple[str, str]]:
    """Paths and values, in the order of the message; a list of plain values is one value."""
    waiting: list[tuple[str, Any, int]] = [("", message, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        inner: list[tuple[str, Any]] | None = None
        if isinstance(value, dict) and depth < MOST_DEPTH:
            inner = [(_joined(path, str(name)), one) for name, one in value.items()]
        elif (
            isinstance(value, list) and depth < MOST_DEPTH and any(isinstance(x, dict | list) for x in value)
        ):
            inner = [(f"{path}[{place}]", one) for place, one in enumerate(value)]
        if inner is None:
            yield path, as_text(value)
        else:
            waiting += [(name, one, depth + 1) for name, one in reversed(inner[: MOST_ASKED + 1])]


def _joined(path: str, name: str) -> str:
    """A name that could be mistaken for a path is written in brackets: two paths never look the same."""
    if not _PLAIN_NAME.fullmatch(name):
        return f"{path}[{json.dumps(name)}]"
    return f"{path}.{name}" if path else name
