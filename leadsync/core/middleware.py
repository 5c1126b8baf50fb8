"""Middleware that knows no app: faults, redirects for htmx, refusals of the domain."""

import sys
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import defaults

from leadsync.core.errors import DomainError, NotAllowed
from leadsync.core.htmx import wants_fragment

log = structlog.get_logger(__name__)

type GetResponse = Callable[[HttpRequest], HttpResponse]


def _is_database_away(error: BaseException | None) -> bool:
    return isinstance(error, OperationalError | InterfaceError)


def _try_again() -> HttpResponse:
    response = render(None, "503.html", status=503)  # no request: no queries
    response["Retry-After"] = "5"
    return response


def server_error(request: HttpRequest) -> HttpResponseBase:
    """The project's `handler500`: the retry page where the database was away, else the page for faults.

    Faults of middleware never pass `Faults.process_exception`; Django brings them here.
    """
    if _is_database_away(sys.exc_info()[1]):
        return _try_again()
    return defaults.server_error(request)


def _refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The sentence of `error`: above the page where htmx asked, as a page otherwise."""
    template = "components/refused.html" if wants_fragment(request) else "refused.html"
    response = render(request, template, {"error": error}, status=error.http_status)
    if not wants_fragment(request):
        return response
    response["HX-Retarget"] = "#refusals"
    response["HX-Reswap"] = "innerHTML"
    return response


class TooMuch(DomainError):
    """A form with more text than is taken in one message: status 413."""

    code = "too_much"
    http_status = 413


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """The project's `handler400`: 413 with what to do for a form beyond `DATA_UPLOAD_MAX_MEMORY_SIZE`, else as ever."""
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024**2
    error = TooMuch(
        _(
            "This is more text than can be sent at once: at most %(n)s MB. Save it as a file and bring the file."
        )
        % {"n": most}
    )
    if wants_fragment(request):
        return _refused(request, error)
    return render(request, "413.html", {"error": error, "back": _back(request)}, status=error.http_status)


def _back(request: HttpRequest) -> str:
    """The page of ours that the person came from, else the first one."""
    back = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if is_ours else "/"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The project's `CSRF_FAILURE_VIEW`: 403 with what to do, for the usual cause is a page left open for long.

    `reason` is for the log, which Django writes; it tells a person nothing.
    """
    error = NotAllowed(_("This page was open too long. Reload it and try again."))
    if wants_fragment(request):
        return _refused(request, error)
    return render(
        request, "403_csrf.html", {"error": error, "back": _back(request)}, status=error.http_status
    )


class Faults:
    """The database is away for a moment: a page that says so and tries again, not a stack trace."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not _is_database_away(exception):
            return None
        log.error("database_away", exc_info=exception)
        return _try_again()


class HtmxRedirects:
    """A redirect to the sign-in page must not land inside a table row: htmx is told to leave the page."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_redirect = response.status_code in {301, 302} and request.headers.get("HX-Request") == "true"
        if not is_redirect or urlsplit(response["Location"]).path != resolve_url(settings.LOGIN_URL):
            return response
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = response["Location"]
        moved.cookies = response.cookies
        patch_vary_headers(moved, ["HX-Request"])
        return moved


class DomainErrors:
    """A refusal that no view caught becomes a sentence: a fragment for htmx, a page otherwise."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        return _refused(request, exception)
