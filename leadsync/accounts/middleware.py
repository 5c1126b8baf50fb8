"""The signed-in person's language and the company's zone for the length of a request."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from leadsync.accounts.selectors import company
from leadsync.core.middleware import GetResponse


class Person:
    """Speaks the person's language and tells times in the company's zone."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language() or "en"
        with timezone.override(company().tz):
            return self.get_response(request)
