"""Google Ads lead forms: one message for each lead, with the key of the webhook in its body."""

import json
from collections.abc import Sequence
from hmac import compare_digest
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

FACTS = (
    "gcl_id",
    "campaign_id",
    "adgroup_id",
    "creative_id",
    "asset_group_id",
    "form_id",
    "lead_stage",
    "api_version",
)
KEY = "google_key"


def is_theirs(message: Any, secrets: Sequence[str]) -> bool:
    """Whether the message holds the key."""
    given = message.get(KEY) if isinstance(message, dict) else None
    if not isinstance(given, str) or not given:
        return False
    found = [compare_digest(given.encode("utf-8", "replace"), one.encode()) for one in secrets if one]
    return any(found)


def without_key(text: str, message: dict[str, Any]) -> str:
    """The message as it came, but for the key: it is a password, and the message is shown."""
    shown = text.replace(json.dumps(message[KEY]), '"…"')
    # A key may be written with escapes that we would not use.
    return shown if shown != text else json.dumps({**message, KEY: "…"}, indent=1)


def read(message: Any) -> Message:
    """What the message says. Raises `Unreadable` for a shape that Google does not send."""
    if not isinstance(message, dict):
        raise Unreadable(Why.NOT_OBJECT)
    columns = message.get("user_column_data")
    if not isinstance(columns, list):
        raise Unreadable(Why.SHAPE, "user_column_data")
    asked = []
    for column in columns[:MOST_ASKED]:
        if not isinstance(column, dict):
            continue
        name = text_of(column, "column_name")
        key = (text_of(column, "column_id") or name)[:MOST_TITLE]
        value = as_text(column.get("string_value"))
        if key:
            field, rank = known_field(key)
            asked.append(Asked(key, (name or titled(key))[:MOST_TITLE], value, field, rank))
    if not any(one.value.strip() for one in asked):
        raise Unreadable(Why.NO_ANSWERS, "user_column_data")
    return Message(
        tuple(asked),
        external_id=text_of(message, "lead_id"),
        sent_at=text_of(message, "lead_submit_time"),
        is_test=is_true(message.get("is_test")),
        facts=facts_of(message, *FACTS),
    )
