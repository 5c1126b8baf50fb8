"""What never stands in a log: passwords, tokens, and links that work like keys."""

import re
from collections.abc import MutableMapping
from typing import Any

HIDDEN = "•••"

# Names of values that are secrets whatever they hold.
_NAMES = re.compile(r"password|passwd|secret|token|authorization|cookie|csrf|api_?key", re.IGNORECASE)

# Secrets inside of text: our tokens, bearer headers, links of invitations and password resets, URLs with
# passwords.
_TEXTS = (
    (re.compile(r"\blsk_[A-Za-z0-9_-]+"), f"lsk_{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"(/invitations/)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/mails/(?:stop|mute)/)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/meetings/feed/)(?!renew/)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(/password/reset/key/)(?!done)[^/\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://[^/\s:@]*:)[^@\s/]+@"), rf"\1{HIDDEN}@"),
    (
        re.compile(r"(?i)\b([\w-]*(?:password|secret|token|csrf)[\w-]*\s*[=:]\s*)(['\"]?)[^\s&,'\"}]+"),
        rf"\1\2{HIDDEN}",
    ),
)


def _clean(value: Any, depth: int = 0) -> Any:
    if isinstance(value, str):
        for pattern, instead in _TEXTS:
            value = pattern.sub(instead, value)
        return value
    if depth > 4:
        return value
    if isinstance(value, dict):
        return {
            key: HIDDEN if isinstance(key, str) and _NAMES.search(key) else _clean(found, depth + 1)
            for key, found in value.items()
        }
    if isinstance(value, list | tuple):
        return [_clean(found, depth + 1) for found in value]
    return value


def without_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Processor of structlog, the last before rendering: hides secrets by name and by what they look like."""
    for key, value in list(event.items()):
        event[key] = HIDDEN if _NAMES.search(key) else _clean(value)
    return event
