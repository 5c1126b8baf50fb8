"""Typeform: one message for each response, with the questions beside the answers."""

import base64
import hmac
from collections.abc import Sequence
from typing import Any

from leadsync.intake.domain.reading import (
    MOST_ASKED,
    MOST_TITLE,
    Asked,
    Message,
    Unreadable,
    Why,
    as_text,
    facts_of,
    text_of,
)

BY_TYPE = {"email": ("email", 0), "phone_number": ("phone", 0)}
LEGAL = "consent"


def is_theirs(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether `Typeform-Signature` was made over these bytes with the secret."""
    given = signature.strip().encode("utf-8", "replace")
    found = [
        hmac.compare_digest(
            given, b"sha256=" + base64.b64encode(hmac.new(one.encode(), body, "sha256").digest())
        )
        for one in secrets
        if one
    ]
    return any(found)


def read(message: Any) -> Message:
    """What was answered. Raises `Unreadable` for a shape that Typeform does not send, or a response not finished."""
    if not isinstance(message, dict):
        raise Unreadable(Why.NOT_OBJECT)
    if "partial" in text_of(message, "event_type"):
        raise Unreadable(Why.PARTIAL)
    response = message.get("form_response")
    if not isinstance(response, dict):
        raise Unreadable(Why.SHAPE, "form_response")
    answers = response.get("answers")
    if not isinstance(answers, list):
        answers = []  # a form may ask nothing: all is in hidden fields
    titles = _titles(response)
    asked = [one for answer in answers[:MOST_ASKED] if (one := _asked(answer, titles)) is not None]
    hidden = response.get("hidden")
    for name, value in list(hidden.items())[:MOST_ASKED] if isinstance(hidden, dict) else ():
        if key := " ".join(str(name).split())[:200]:
            asked.append(Asked(f"hidden.{key}", key, as_text(value)))
    if not any(one.value.strip() for one in asked):
        raise Unreadable(Why.NO_ANSWERS, "form_response.answers")
    facts = facts_of(response, "form_id", "landed_at")
    score = text_of(response, "calculated", "score")
    return Message(
        tuple(asked),
        external_id=text_of(response, "token") or text_of(message, "event_id"),
        sent_at=text_of(response, "submitted_at"),
        facts={**facts, **({"score": score} if score else {})},
    )


def _titles(response: dict[str, Any]) -> dict[str, str]:
    definition = response.get("definition")
    fields = definition.get("fields") if isinstance(definition, dict) else None
    found: dict[str, str] = {}
    for field in fields[:MOST_ASKED] if isinstance(fields, list) else ():
        if key := text_of(field, "id"):
            found[key] = text_of(field, "title")[:MOST_TITLE]
    return found


def _asked(answer: Any, titles: dict[str, str]) -> Asked | None:
    if not isinstance(answer, dict):
        return None
    key = (text_of(answer, "field", "id") or text_of(answer, "field", "ref"))[:MOST_TITLE]
    if not key:
        return None
    kind = text_of(answer, "type")
    title = titles.get(key) or text_of(answer, "field", "ref")[:MOST_TITLE] or key
    field, rank = BY_TYPE.get(kind, ("", 0))
    if text_of(answer, "field", "type") == "legal":
        field = LEGAL
    return Asked(key, title, _value(answer, kind), field, rank)


def _value(answer: dict[str, Any], kind: str) -> str:
    value = answer.get(kind)
    if kind == "choice" and isinstance(value, dict):
        return as_text(value.get("label") or value.get("other"))
    if kind == "choices" and isinstance(value, dict):
        labels = value.get("labels")
        listed = list(labels) if isinstance(labels, list) else []
        return as_text([*listed, value.get("other")])
    return as_text(value)
