"""What can go wrong for reasons a person understands.

A service raises one of these; `leadsync.core.middleware.DomainErrors` turns it into a page or a fragment and
`leadsync.core.api.problem` into a problem document. The message is a finished, translated sentence.
"""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """A rule of the product says no. `message` tells the person what and why, `field` where it was typed."""

    code = "refused"
    http_status = 400

    def __init__(self, message: str, *, field: str | None = None, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.context: Mapping[str, Any] = context


class Invalid(DomainError):
    """Something typed is not usable: status 422, the form comes back with what was typed."""

    code = "invalid"
    http_status = 422


class Conflict(DomainError):
    """Somebody else was faster: status 409. `context` names who changed what, so that nothing is lost."""

    code = "conflict"
    http_status = 409


class NotAllowed(DomainError):
    """This person may not do this: status 403."""

    code = "not_allowed"
    http_status = 403


class NotFound(DomainError):
    """There is no such thing, or not for this person: status 404."""

    code = "not_found"
    http_status = 404
