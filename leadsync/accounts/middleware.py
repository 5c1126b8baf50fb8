"""The signed-in person's language and the company's zone for the length of a request."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from leadsync.accounts.selectors import company, held_company
from leadsync.core.held import held_reads
from leadsync.core.middleware import GetResponse


class Person:
    """Speaks the person's language, tells times in the company's zone; what all ask for is read once a request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or "en"
        with held_reads(), held_company(), timezone.override(company().tz):
            return self.get_response(request)
