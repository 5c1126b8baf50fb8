"""Refusals of the API as problem documents (RFC 9457).

400: the request cannot be read (its JSON, a parameter of its address). 422: a field of its body cannot be used.
409: somebody was faster; `context` names who changed what.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from django.db.models import Model
from django.http import JsonResponse
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.views import exception_handler

from leadsync.core.errors import DomainError

CONTENT_TYPE = "application/problem+json"


def _text(value: Any) -> str:
    """What somebody sent may come back in a message: without what no encoding can carry."""
    return str(value).encode("utf-8", "replace").decode()


def _flatten(detail: Any) -> Any:
    if isinstance(detail, dict):
        return {_text(key): _flatten(value) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_flatten(value) for value in detail]
    return _text(detail)


def _plain(value: Any) -> Any:
    """The context of a refusal as JSON knows it; a person or a thing as its id and name."""
    if isinstance(value, Model):
        return {"id": value.pk, "name": str(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `application/problem+json`: type, title, status, detail, errors by field, context."""
    if isinstance(exc, DomainError):
        return Response(_refused(exc), status=exc.http_status, content_type=CONTENT_TYPE)
    response = exception_handler(exc, context)
    if response is None:
        return None
    request = context.get("request")
    is_of_body = (
        isinstance(exc, exceptions.ValidationError) and request and request.method not in SAFE_METHODS
    )
    if is_of_body:
        response.status_code = 422
    response.data = _body(exc, response.status_code)
    response.content_type = CONTENT_TYPE
    return response


def described(exc: DomainError | exceptions.ValidationError) -> dict[str, Any]:
    """A refusal of one row among many as a problem document that stands in the answer; its status is 422."""
    body = _refused(exc) if isinstance(exc, DomainError) else _body(exc, 422)
    return {"errors": {}} | body


def pointer(errors: Any, start: str) -> str:
    """Where the first of these errors lies, as a JSON pointer (RFC 6901) that begins with `start`."""
    while isinstance(errors, Mapping) and errors:
        name, errors = next(iter(errors.items()))
        if name == "non_field_errors":
            break
        start += "/" + _text(name).replace("~", "~0").replace("/", "~1")
    return start


def _body(exc: Exception, status: int) -> dict[str, Any]:
    """The problem document of one of Django REST framework's exceptions."""
    title = _text(getattr(exc, "default_detail", exc))
    code = getattr(exc, "default_code", "error")
    body: dict[str, Any] = {"type": f"about:{code}", "title": title, "status": status}
    if isinstance(exc, exceptions.ValidationError):
        detail = _flatten(exc.detail)
        return body | {
            "detail": title,
            "errors": detail if isinstance(detail, dict) else {"non_field_errors": detail},
        }
    return body | {"detail": _text(getattr(exc, "detail", title))}


def _refused(exc: DomainError) -> dict[str, Any]:
    """The problem document of a refusal of ours."""
    message = _text(exc.message)
    body: dict[str, Any] = {
        "type": f"about:{exc.code}",
        "title": message,
        "status": exc.http_status,
        "detail": message,
    }
    if exc.field:
        body["errors"] = {_text(exc.field): [message]}
    if exc.context:
        body["context"] = _plain(exc.context)
    return body


def problem_response(status: int, title: str, detail: str = "") -> JsonResponse:
    """A problem document outside of DRF's views."""
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail or title},
        status=status,
        content_type=CONTENT_TYPE,
    )
