"""Meta lead ads: a message carries ids only; the answers are fetched and then kept beside them."""

import hmac
from collections.abc import Iterator, Sequence
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
    is_true,
    known_field,
    text_of,
    titled,
)

NOTED = "leadgen"  # in the body that is kept: what the message said of one lead
ANSWERS = "lead"  # and what was fetched for it
FACTS = ("ad_id", "adgroup_id", "adset_id", "campaign_id", "form_id", "page_id")


def is_theirs(body: bytes, signature: str, secrets: Sequence[str]) -> bool:
    """Whether `X-Hub-Signature-256` was made over these bytes with the app's secret."""
    given = signature.strip().encode("utf-8", "replace")
    found = [
        hmac.compare_digest(given, b"sha256=" + hmac.new(one.encode(), body, "sha256").hexdigest().encode())
        for one in secrets
        if one
    ]
    return any(found)


def leads_in(message: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The leads that a message tells of, each once: its id and what is said of it. Other news are passed over."""
    seen = set()
    entries = message.get("entry") if isinstance(message, dict) else None
    for entry in entries if isinstance(entries, list) else ():
        changes = entry.get("changes") if isinstance(entry, dict) else None
        for change in changes if isinstance(changes, list) else ():
            if not isinstance(change, dict) or change.get("field") != "leadgen":
                continue
            value = change.get("value")
            number = text_of(value, "leadgen_id")
            if not isinstance(value, dict) or number in seen:
                continue
            if number.isascii() and number.isdigit() and len(number) <= 40:
                seen.add(number)
                yield number, value


def needs_answers(kept: Any) -> str:
    """The id of the lead whose answers are still to be fetched; empty when they are here."""
    if not isinstance(kept, dict) or isinstance(kept.get(ANSWERS), dict):
        return ""
    return text_of(kept, NOTED, "leadgen_id")


def read(kept: Any) -> Message:
    """What a lead answered. Raises `Unreadable` for a shape that Meta does not send."""
    if not isinstance(kept, dict):
        raise Unreadable(Why.NOT_OBJECT)
    found = kept.get(ANSWERS)
    noted = kept.get(NOTED)
    if not isinstance(found, dict):
        raise Unreadable(Why.SHAPE, ANSWERS if NOTED in kept else "entry")
    fields = found.get("field_data")
    if not isinstance(fields, list):
        raise Unreadable(Why.SHAPE, "field_data")
    asked = [one for field in fields[:MOST_ASKED] if (one := _asked(field)) is not None]
    boxes = found.get("custom_disclaimer_responses")
    for box in boxes[:MOST_ASKED] if isinstance(boxes, list) else ():
        if key := text_of(box, "checkbox_key"):
            ticked = "true" if is_true(box.get("is_checked")) or box.get("is_checked") == 1 else "false"
            asked.append(Asked(f"consent:{key}"[:MOST_TITLE], titled(key)[:MOST_TITLE], ticked))
    if not any(one.value.strip() for one in asked):
        raise Unreadable(Why.NO_ANSWERS, "field_data")
    facts = facts_of(noted, *FACTS) if isinstance(noted, dict) else {}
    return Message(
        tuple(asked),
        external_id=text_of(noted, "leadgen_id") or text_of(found, "id"),
        sent_at=text_of(found, "created_time"),
        facts={**facts, **facts_of(found, *FACTS, "platform", "is_organic")},
    )


def _asked(field: Any) -> Asked | None:
    key = text_of(field, "name")[:MOST_TITLE]
    if not key:
        return None
    values = field.get("values")
    value = as_text(values if isinstance(values, list) else [values])
    known, rank = known_field(key)
    return Asked(key, titled(key), value, known, rank)
