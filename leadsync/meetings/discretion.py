"""What is handed in without a name leaves no name in the log either.

Where points are handed in, lines of the log carry neither who asked nor from where: also of those who give their name,
or the others would stand out. With which of them it was, nobody can say then.
"""

from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from django.http import HttpRequest
from django_structlog import signals

QUIET: Final = ("/meetings/hand-in/", "/api/v1/handed-in/")
_WHO: Final = ("user_id", "ip")


def forget(request: HttpRequest, log_kwargs: MutableMapping[str, Any] | None = None, **_more: Any) -> None:
    """Take out of the log's context who asks, before a line about such a request is written."""
    if not request.path.startswith(QUIET):
        return
    structlog.contextvars.unbind_contextvars(*_WHO)
    if log_kwargs is not None:
        log_kwargs.pop("user_agent", None)


def be_quiet() -> None:
    """Listen to what precedes each line: as the request comes in, when it is answered, when it fails."""
    for number, signal in enumerate(
        (
            signals.bind_extra_request_metadata,
            signals.bind_extra_request_finished_metadata,
            signals.bind_extra_request_failed_metadata,
        )
    ):
        signal.connect(forget, dispatch_uid=f"meetings.discretion.{number}")
