"""Leads over the API: the same filters, services and rights as the pages."""

from dataclasses import fields as fields_of
from typing import Any

import django_filters
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from leads.api.base import IF_MATCH, WORKS, LeadOut, done
from leads.api.handing import HandingActions
from leads.api.known import AnswerValue, KnownActions
from leads.api.many import ManyActions
from leads.api.outcomes import OutcomeActions
from leads.api.work import WorkActions
from leads.filters import DayFilter, KeyFilter, LeadFilter, OneOfFilter, YesNoFilter
from leads.services import arrivals, editing, intake, same_lead
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, PAGING, Instant, Strict, Version, etag, read
from leadsync.core.errors import Invalid

MOST_ANSWERS = 100


class LeadFields(Strict):
    """What may be said about a lead by hand. Stage, mark, owner and stamps change by actions only."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.CharField(max_length=320, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Two letters, or its name in English."
    )
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    need = serializers.CharField(
        max_length=same_lead.MOST_NEED, required=False, allow_blank=True, help_text="What they want."
    )
    wanted_at = Instant(required=False, allow_null=True, help_text="When they asked to be called.")


class LeadIn(LeadFields):
    """A lead to be logged: a name or a company, and the campaign that brought it."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="The campaign's id.")
    received_at = Instant(required=False, allow_null=True, help_text="When they wrote; now if left out.")
    external_id = serializers.CharField(
        max_length=320, required=False, allow_blank=True, help_text="Its id where it comes from."
    )
    namespace = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="Which system `external_id` belongs to."
    )
    answers = serializers.DictField(
        child=AnswerValue(allow_null=True),
        required=False,
        help_text="Answers to the questions of the definition, by key.",
    )

    def validate_answers(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > MOST_ANSWERS:
            raise ValidationError(_("At most %(n)d answers.") % {"n": MOST_ANSWERS})
        for key in value:
            serializers.SlugField(max_length=50).run_validation(key)
        return value


class LeadEdit(LeadFields):
    """Corrections. Only what is named changes."""

    version = Version()


IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of 200 characters at most: repeated within a day, the message is answered, not logged again.",
)


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
    "create": OpenApiExample(
        "A lead of a form",
        value={
            "name": "Eva Example",
            "company": "Example Sp. z o.o.",
            "email": "eva@example.com",
            "phone": "+48 600 000 000",
            "country": "PL",
            "need": "A hall of 800 square metres",
            "campaign": 12,
            "namespace": "webshop",
            "external_id": "order-1042",
            "answers": {"budget": 20000},
        },
        request_only=True,
    ),
    "edit": OpenApiExample(
        "A new number", value={"phone": "+48 600 000 001", "version": 3}, request_only=True
    ),
}


class LeadViewSet(
    WorkActions,
    KnownActions,
    HandingActions,
    ManyActions,
    OutcomeActions,
    ListModelMixin,
    RetrieveModelMixin,
):
    """Leads: everyone signed in sees them; who may do what is decided by the services behind the pages."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "create": (Can.LOG_LEADS, Can.WORK_ANY_LEAD),
        "partial_update": None,  # who works the lead, and marketing: the service knows whose it is
        "mark": WORKS,
        "unmark": WORKS,
        "log_activity": WORKS,
        "note": None,
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
        lead = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(LeadOut(lead).data, headers=etag(lead.version))

    @extend_schema(
        tags=["leads"],
        summary="Log a lead",
        request=LeadIn,
        parameters=[IDEMPOTENCY],
        responses={
            201: OpenApiResponse(
                LeadOut, description="A new lead. It was handed to a rep if it can be reached."
            ),
            200: OpenApiResponse(
                LeadOut,
                description="The lead was here: same external id, e-mail or phone (a new arrival is noted), or the "
                "same Idempotency-Key (nothing happened).",
            ),
        },
        examples=[EXAMPLES["create"]],
    )
    def create(self, request: Request) -> Response:
        """A *logged lead* is what others call an inquiry or MQL."""
        body = read(LeadIn, request)
        campaign = Campaign.objects.filter(pk=body.pop("campaign")).first()
        if campaign is None:
            raise Invalid(_("There is no such campaign."), field="campaign")
        known = {field.name for field in fields_of(arrivals.LeadData)}
        lead, is_new = intake.log(
            data=arrivals.LeadData(**{name: value for name, value in body.items() if name in known}),
            campaign=campaign,
            by=caller(request),
            payload=dict(request.data),
            key=request.headers.get("Idempotency-Key", ""),
        )
        return self._shown(lead.pk, status=201 if is_new else 200)

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
