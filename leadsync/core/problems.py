"""Refusals of the API as problem documents (RFC 9457)."""

from typing import Any

from django.http import JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from leadsync.core.errors import DomainError


def _flatten(detail: Any) -> Any:
    if isinstance(detail, dict):
        return {key: _flatten(value) for key, value in detail.items()}
    if isinstance(detail, list):
        return [_flatten(value) for value in detail]
    return str(detail)


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Every refusal as `application/problem+json` (RFC 9457): type, title, status, detail, errors by field."""
    if isinstance(exc, DomainError):
        errors = {exc.field: [exc.message]} if exc.field else {}
        body = {"type": f"about:{exc.code}", "title": exc.message, "status": exc.http_status, "detail": exc.message}
        return Response(
            body | ({"errors": errors} if errors else {}) | ({"context": dict(exc.context)} if exc.context else {}),
            status=exc.http_status,
            content_type="application/problem+json",
        )
    response = exception_handler(exc, context)
    if response is None:
        return None
    code = getattr(exc, "default_code", "error")
    title = str(getattr(exc, "default_detail", exc))
    body = {"type": f"about:{code}", "title": title, "status": response.status_code}
    if isinstance(exc, exceptions.ValidationError):
        detail = _flatten(exc.detail)
        body["errors"] = detail if isinstance(detail, dict) else {"non_field_errors": detail}
    else:
        body["detail"] = str(getattr(exc, "detail", title))
    response.data = body
    response.content_type = "application/problem+json"
    return response


def problem_response(status: int, title: str, detail: str = "") -> JsonResponse:
    """A problem document outside of DRF's views."""
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": status, "detail": detail or title},
        status=status,
        content_type="application/problem+json",
    )
