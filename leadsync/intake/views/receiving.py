"""Where other programs send their messages. No page: a status and a word."""

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from leadsync.accounts.access import public
from leadsync.intake.services import receiving
from leadsync.intake.services.receiving import MOST_BYTES, Answered, Sent

HEADERS = (
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-hub-signature-256",
    "typeform-signature",
)


@never_cache
@csrf_exempt  # a signature over the message, or a key in it, is what allows it; programs send no cookies
@public
@require_http_methods(["GET", "POST"])
def message(request: HttpRequest, key: str) -> HttpResponse:
    """A message of a source; by GET Meta asks once whether the address is ours."""
    if request.method == "GET":
        return _said(receiving.shake_hands(key=key, query=request.GET))
    length = request.headers.get("Content-Length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > MOST_BYTES:
        return _said(receiving.too_long(key=key))
    try:
        body = request.read(MOST_BYTES + 1)  # one more says that it is too long, without reading the rest
    except UnreadablePostError:
        return _said(Answered(400, "broken off"))
    headers = {name: request.headers.get(name, "") for name in HEADERS}
    return _said(receiving.receive(key=key, sent=Sent(body, headers)))


def _said(answer: Answered) -> HttpResponse:
    response = HttpResponse(answer.text, status=answer.status, content_type="text/plain; charset=utf-8")
    response["X-Content-Type-Options"] = "nosniff"
    return response
