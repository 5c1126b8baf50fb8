"""Signatures as Standard Webhooks has them: who holds the secret can tell that a message is ours and recent."""

import base64
import hashlib
import hmac
from typing import Final

SECRET_START: Final = "whsec_"  # noqa: S105  # how a secret begins
SECRET_BYTES: Final = 32


def secret_of(random: bytes) -> str:
    """Random bytes as a secret that can be copied."""
    return SECRET_START + base64.b64encode(random).decode()


def headers(secret: str, key: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; `seconds` is when it is sent, since 1970."""
    return {
        "webhook-id": key,
        "webhook-timestamp": str(seconds),
        "webhook-signature": signature(secret, key, seconds, body),
    }


def signature(secret: str, key: str, seconds: int, body: bytes) -> str:
    """`v1,` and the base64 of HMAC-SHA256 over id, time and body, with dots between."""
    bare = base64.b64decode(secret.removeprefix(SECRET_START))
    digest = hmac.new(bare, f"{key}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
