"""Leads over the API: the same filters, services and rights as the pages."""

from typing import Any

import django_filters
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import IF_MATCH, WORKS, LeadOut, done, found_lead
from leads.api.consents import ConsentActions
from leads.api.handing import HandingActions
from leads.api.intake import IntakeActions, LeadFields
from leads.api.known import KnownActions
from leads.api.many import ManyActions
from leads.api.outcomes import OutcomeActions
from leads.api.work import WorkActions
from leads.filters import DayFilter, KeyFilter, LeadFilter, OneOfFilter, YesNoFilter
from leads.services import editing
from leadsync.accounts.roles import Can
from leadsync.core.api import PAGING, Version, etag, read


class LeadEdit(LeadFields):
    """Corrections. Only what is named changes."""

    version = Version()


FINDABLE = {"promise": ["past", "waiting"]}


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the pages, as parameters of the list."""
    found = []
    for name, one in LeadFilter.base_filters.items():
        kind: Any = OpenApiTypes.STR
        enum: list[Any] | None = FINDABLE.get(name)
        if isinstance(one, DayFilter):
            kind = OpenApiTypes.DATE
        elif isinstance(one, KeyFilter):
            kind = OpenApiTypes.INT
        elif isinstance(one, YesNoFilter):
            enum = ["1", "0"]
        choices = one.extra.get("choices")
        is_many = isinstance(one, OneOfFilter)
        if is_many and not callable(choices):
            enum = [value for value, _label in choices or ()]
        found.append(OpenApiParameter(name, kind, description=str(one.label), enum=enum, many=is_many))
    return found


EXAMPLES = {
    "edit": OpenApiExample(
        "A new number", value={"phone": "+48 600 000 001", "version": 3}, request_only=True
    ),
}


class LeadViewSet(
    IntakeActions,
    WorkActions,
    KnownActions,
    HandingActions,
    ManyActions,
    OutcomeActions,
    ConsentActions,
    ListModelMixin,
    RetrieveModelMixin,
):
    """Leads: everyone signed in sees them; who may do what is decided by the services behind the pages."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.LOG_LEADS,
        "partial_update": None,  # who works the lead, and marketing: the service knows whose it is
        "mark": WORKS,
        "unmark": WORKS,
        "log_activity": WORKS,
        "note": None,
        "note_consent": None,
        "answer": None,
        "tag": None,
        "say": None,
        "hand_over": None,
        "hand_over_many": Can.HAND_OVER,
        "hand_back_many": Can.HAND_OVER,
        "put_off_many": WORKS,
        "put_back_many": WORKS,
        "give_back": WORKS,
        "win": WORKS,
        "change_win": WORKS,
        "take_win_back": WORKS,
        "lose": WORKS,
        "reopen": WORKS,
        "next_step": WORKS,
    }

    def filter_queryset(self, queryset: Any) -> Any:
        """The pages' filters. What cannot be read, or is no filter, is refused: a program would not notice."""
        if self.action != "list":
            return queryset
        unknown = set(self.request.query_params) - set(LeadFilter.base_filters) - PAGING
        if unknown:
            raise ValidationError(
                {name[:100]: [_("There is no such filter.")] for name in sorted(unknown)[:20]}
            )
        found: django_filters.FilterSet = LeadFilter(
            self.request.query_params, queryset=queryset, request=self.request
        )
        if found.errors:
            raise ValidationError({name: list(texts) for name, texts in found.errors.items()})
        return found.qs

    @extend_schema(tags=["leads"], summary="List leads, newest first", parameters=filter_parameters())
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The filters of the leads list. Days are days of the company's zone, both ends included."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["leads"], summary="Read a lead")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        lead = found_lead(self.get_queryset(), pk)
        return Response(LeadOut(lead).data, headers=etag(lead.version))

    @extend_schema(
        tags=["leads"],
        summary="Correct a lead",
        request=LeadEdit,
        parameters=[IF_MATCH],
        responses=done("The lead, corrected."),
        examples=[EXAMPLES["edit"]],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. Needs the version that you read."""
        body = read(LeadEdit, request)
        wanted = {name: value for name, value in body.items() if name != "version"}
        return self._acted(
            pk,
            body,
            lambda lead, by, version: editing.edit(lead=lead, by=by, changes=wanted, version=version),
            is_needed=True,
        )
