"""What every API view shares: reading bodies, pages by key, throttling, versions. (Refusals: `core.problems`.)

Django REST framework imports this module while its own views are being imported: it must not import them.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from math import ceil
from typing import IO, TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, ParseError, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.generics import GenericAPIView
    from rest_framework.response import Response
    from rest_framework.views import APIView

MOST_ID: Final = 2**63 - 1  # what a primary key can be
MOST_VERSION: Final = 2**31 - 1
YEARS: Final = (1900, 2200)  # instants outside are slips of the keyboard, and no database shifts them safely
PAGING: Final = frozenset({"cursor", "limit"})
MOST_BYTES: Final = 2 * 1024 * 1024
MOST_DEPTH: Final = 20  # more than any body of ours needs, far from what reading or writing it could not bear


class TooLarge(APIException):
    """A body larger than any that makes sense (413)."""

    status_code = 413
    default_code = "too_large"
    default_detail = gettext_lazy("The body is larger than 2 MB. Send it in several parts.")


def _is_deeper(value: Any, most: int) -> bool:
    """Whether lists and objects of `value` stand in each other more than `most` times."""
    level = [value]
    for _depth in range(most + 1):
        level = [
            one
            for outer in level
            if isinstance(outer, dict | list)
            for one in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


class Json(JSONParser):
    """JSON bodies of a size and depth that make sense; others are refused like one that is no JSON."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The body as Python values. Raises `ParseError` (400), `TooLarge` (413) before it is read."""
        request = (parser_context or {}).get("request")
        said = request.META.get("CONTENT_LENGTH") if request is not None else None
        if said and said.isdecimal() and int(said) > MOST_BYTES:
            raise TooLarge
        raw = stream.read(MOST_BYTES + 1)  # whatever the header says
        if len(raw) > MOST_BYTES:
            raise TooLarge
        try:
            found = super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error
        if _is_deeper(found, MOST_DEPTH):
            raise ParseError(_("The JSON is nested too deeply."))
        return found


class FirstRenderer(BaseContentNegotiation):
    """Answers are JSON whatever is asked for: a program that accepts anything else could not use them anyway."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The parser for the body's type, None (415) where there is none."""
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The first one, whatever `Accept` says."""
        return renderers[0], renderers[0].media_type


class CursorPages(CursorPagination):
    """Pages by key, the newest first. `limit` asks for 1 to 200 rows; `next` and `previous` are links."""

    ordering = "-id"
    page_size_query_param = "limit"
    max_page_size = 200
    cursor_query_description = "Where the page begins: taken from `next` or `previous`."
    page_size_query_description = "Rows in a page, 1 to 200; 50 where nothing is said."

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """One page. A limit or a cursor that makes no sense is refused (400)."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except NotFound as error:
            raise ValidationError({"cursor": [_("This is no cursor that we gave.")]}) from error

    def get_page_size(self, request: Request) -> int | None:
        """`limit`, or the default. Raises `ValidationError`."""
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= self.max_page_size:
            raise ValidationError({"limit": [_("A page has 1 to %(n)d rows.") % {"n": self.max_page_size}]})
        return int(text)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The cursor asked for; its position is a key, and comes from outside. Raises `NotFound`."""
        cursor: Cursor | None = super().decode_cursor(request)
        position = cursor.position if cursor else None
        if position is not None and not re.fullmatch(r"[0-9]{1,18}", str(position)):
            raise NotFound
        return cursor

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """What a page looks like, for the OpenAPI document."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


class PersonThrottle(UserRateThrottle):
    """So many requests a minute per person, whichever of their tokens asks; see `API_RATE`.

    Every answer says how many are allowed, how many are left, and in how many seconds all of them are again.
    """

    scope = "person"
    num_requests: int
    duration: int  # seconds

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Whether there is one left; the view's answer tells how many."""
        is_allowed = bool(super().allow_request(request, view))
        if hasattr(self, "history"):  # not where nobody is signed in
            newest = self.history[0] if self.history else self.now
            view.headers |= {
                "RateLimit-Limit": str(self.num_requests),
                "RateLimit-Remaining": str(max(0, self.num_requests - len(self.history))),
                "RateLimit-Reset": str(ceil(max(0.0, newest + self.duration - self.now))),
            }
        return is_allowed


# ------------------------------------------------------------------------------------------------- input


class Strict(serializers.Serializer[Any]):
    """Input of which every field must be known: what may not be set is refused rather than passed over."""

    def to_internal_value(self, data: Any) -> Any:
        """The valid values. Raises `ValidationError` by field."""
        if isinstance(data, Mapping):
            unknown = [str(name) for name in data if name not in self.fields]
            if unknown:
                raise ValidationError({name[:100]: [_("This cannot be set here.")] for name in unknown[:20]})
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """A time with its zone (without one: the company's), in years that a calendar of work can mean."""

    default_error_messages = {
        "years": gettext_lazy("The year lies between {first} and {last}."),
    }

    def to_internal_value(self, value: Any) -> datetime:
        """An aware instant. Raises `ValidationError`."""
        try:
            found = super().to_internal_value(value)
        except OverflowError:
            self.fail("years", first=YEARS[0], last=YEARS[1])
        if not YEARS[0] <= found.year < YEARS[1]:
            self.fail("years", first=YEARS[0], last=YEARS[1])
        return found


class Day(serializers.DateField):
    """A day, in years that a calendar of work can mean."""

    default_error_messages = {"years": Instant.default_error_messages["years"]}

    def to_internal_value(self, value: Any) -> date:
        """The day. Raises `ValidationError`."""
        found = super().to_internal_value(value)
        if not YEARS[0] <= found.year < YEARS[1]:
            self.fail("years", first=YEARS[0], last=YEARS[1])
        return found


class Days(Strict):
    """A period of an address: `from` and `to`, both included."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python, hence not an attribute."""
        days = {name: Day(required=False) for name in ("from", "to")}
        return super().get_fields() | days

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """The period ends on or after the day it begins."""
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise ValidationError({"to": [_("It ends before it begins.")]})
        return attrs


class Version(serializers.IntegerField):
    """The version that the caller read; see `expected_version`."""

    def __init__(self) -> None:
        super().__init__(
            min_value=1,
            max_value=MOST_VERSION,
            required=False,
            help_text="The version that you read. Changed meanwhile: 409, which says what by whom.",
        )


class Named(serializers.Serializer[Any]):
    """Something referred to: its id, and its name as of now."""

    id = serializers.IntegerField()
    name = serializers.CharField()


def read[S: serializers.Serializer[Any]](serializer: type[S], request: Request) -> dict[str, Any]:
    """The body's valid values. Raises `ValidationError` (422)."""
    found = serializer(data=request.data)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


def read_query[S: serializers.Serializer[Any]](serializer: type[S], request: Request) -> dict[str, Any]:
    """The address's parameters; those of paging are left to the pages. Raises `ValidationError` (400)."""
    asked = {name: value for name, value in request.query_params.items() if name not in PAGING}
    found = serializer(data=asked)
    found.is_valid(raise_exception=True)
    return dict(found.validated_data)


# ------------------------------------------------------------------------------------------------- versions


class VersionNeeded(APIException):
    """A change that says nothing about what it is based on (428)."""

    status_code = 428
    default_code = "version_needed"
    default_detail = gettext_lazy(
        "Say which version you read: `version` in the body, or the header If-Match."
    )


_TAG = re.compile(r'\s*(?:W/)?"([0-9]{1,10})"\s*')


def expected_version(request: Request, typed: int | None, *, is_needed: bool = False) -> int | None:
    """The version a change is based on: `If-Match` with an ETag of ours, or `version` of the body.

    Raises `ParseError` for a tag that is not ours or says other than the body; `VersionNeeded` where none is
    said and one is needed.
    """
    header = request.headers.get("If-Match")
    if header is not None:
        match = _TAG.fullmatch(header)
        if match is None or int(match[1]) > MOST_VERSION:
            raise ParseError(_("If-Match holds no ETag of ours."))
        if typed is not None and typed != int(match[1]):
            raise ParseError(_("If-Match and `version` contradict each other."))
        return int(match[1])
    if typed is None and is_needed:
        raise VersionNeeded
    return typed


def page_of(
    view: "GenericAPIView[Any]", rows: Any, serializer: type[serializers.Serializer[Any]]
) -> "Response":
    """One page of rows that belong to what the view shows, such as a lead's activities."""
    return view.get_paginated_response(serializer(view.paginate_queryset(rows), many=True).data)


def etag(version: int) -> dict[str, str]:
    """The header that says which version an answer shows."""
    return {"ETag": f'"{version}"'}
