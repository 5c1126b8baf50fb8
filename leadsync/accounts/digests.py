"""What is kept of secrets that only their holders know: tokens and invitation links."""

from hashlib import sha256
from typing import Final

TOKEN_START: Final = "lsk_"  # noqa: S105 (how every token begins is no secret)


def digest_of(token: str) -> str:
    """The SHA-256 of a long random token, in hexadecimal digits. It is not guessable, so no salt."""
    return sha256(token.encode()).hexdigest()
