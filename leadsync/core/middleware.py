"""Middleware that knows no app: faults, redirects for htmx, refusals of the domain."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers

from leadsync.core.errors import DomainError
from leadsync.core.htmx import wants_fragment

type GetResponse = Callable[[HttpRequest], HttpResponse]


class Faults:
    """The database is away for a moment: a page that says so and tries again, not a stack trace."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError | InterfaceError):
            response = render(None, "503.html", status=503)  # type: ignore[arg-type]  # no request: no queries
            response["Retry-After"] = "5"
            return response
        return None


class HtmxRedirects:
    """A redirect to the sign-in page must not land inside a table row: htmx is told to leave the page instead."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code in {301, 302} and request.headers.get("HX-Request") == "true":
            if urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL):
                moved = HttpResponse(status=204)
                moved["HX-Redirect"] = response["Location"]
                patch_vary_headers(moved, ["HX-Request"])
                return moved
        return response


class DomainErrors:
    """A refusal that no view caught becomes a sentence: a fragment for htmx, a page otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        template = "components/refused.html" if wants_fragment(request) else "refused.html"
        response = render(request, template, {"error": exception}, status=exception.http_status)
        if wants_fragment(request):
            response["HX-Retarget"] = "#refusals"
            response["HX-Reswap"] = "innerHTML"
        return response
