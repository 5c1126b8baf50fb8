"""The agreement over the API: its versions, drafting, proposing and signing."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from leads.api.base import IF_MATCH
from leads.domain.terms import LIMITS
from leads.models import Agreement, Criterion, Promise, Signature
from leads.services import agreements
from leads.services.agreements import CriterionData
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Named, Strict, Version, etag, expected_version, read

MOST_CRITERIA = 100
MOST_NOTE = 5_000
MOST_LIMIT = 32_767
NUMBER = OpenApiParameter(
    "number", OpenApiTypes.INT, OpenApiParameter.PATH, description="The version's number, from 1."
)


class CriterionOut(serializers.Serializer[Criterion]):
    """One question of the definition."""

    key = serializers.CharField()
    question = serializers.CharField()
    kind = serializers.ChoiceField(choices=Criterion.Kind.choices)
    threshold = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    unit = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())
    is_required = serializers.BooleanField()
    points = serializers.IntegerField()


class PromiseOut(serializers.Serializer[Promise]):
    """The time in which sales makes first contact with leads of one kind of campaign."""

    campaign_kind = serializers.ChoiceField(choices=Campaign.Kind.choices)
    mode = serializers.ChoiceField(choices=Promise.Mode.choices)
    minutes = serializers.IntegerField(help_text="Working minutes.")


class SignatureOut(serializers.Serializer[Signature]):
    """Who signed for which side, and when."""

    side = serializers.ChoiceField(choices=Signature.Side.choices)
    by = Named()
    at = serializers.DateTimeField()


class AgreementOut(serializers.Serializer[Agreement]):
    """A version of what both departments agreed on."""

    number = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    state = serializers.ChoiceField(choices=Agreement.State.choices)
    note = serializers.CharField(help_text="What changes and why.")
    created_at = serializers.DateTimeField()
    proposed_at = serializers.DateTimeField(allow_null=True)
    in_force_at = serializers.DateTimeField(allow_null=True)
    superseded_at = serializers.DateTimeField(allow_null=True)
    criteria = CriterionOut(many=True)
    promises = PromiseOut(many=True)
    signatures = SignatureOut(many=True)
    limits = serializers.SerializerMethodField(help_text="The agreed limits by name, such as `gate_size`.")

    @extend_schema_field(
        {
            "type": "object",
            "additionalProperties": {
                "oneOf": [
                    {"type": "integer"},
                    {"type": "boolean"},
                    {"type": "array", "items": {"type": "string"}},
                ]
            },
            "example": {"gate_size": 20, "gate_needed": 5},
        }
    )
    def get_limits(self, agreement: Agreement) -> dict[str, Any]:
        return {name: getattr(agreement, name) for name in LIMITS}


class CriterionIn(Strict):
    """One question; without a `key` it gets one, which then never changes."""

    key = serializers.SlugField(max_length=50, required=False, allow_blank=True)
    question = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=Criterion.Kind.choices, required=False)
    threshold = serializers.DecimalField(max_digits=14, decimal_places=2, required=False, allow_null=True)
    unit = serializers.CharField(max_length=20, required=False, allow_blank=True)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=100, required=False
    )
    is_required = serializers.BooleanField(required=False)
    points = serializers.IntegerField(min_value=0, max_value=MOST_LIMIT, required=False)


class PromiseIn(Strict):
    """The promise for leads of one kind of campaign."""

    campaign_kind = serializers.ChoiceField(choices=Campaign.Kind.choices)
    mode = serializers.ChoiceField(choices=Promise.Mode.choices)
    minutes = serializers.IntegerField(min_value=1, max_value=60 * 24 * 366)


class LimitsIn(Strict):
    """Some of the limits; what is left out stays."""

    has_rerouting = serializers.BooleanField(required=False, help_text="Leads past the promise go to others.")

    attempt_waits = serializers.ListField(
        child=serializers.CharField(max_length=10),
        max_length=50,
        required=False,
        help_text="Working time between attempts: `1h`, `2d`.",
    )

    def get_fields(self) -> dict[str, Any]:
        """A number for each of them, those that a draft has."""
        numbers = {
            name: serializers.IntegerField(min_value=0, max_value=MOST_LIMIT, required=False)
            for name in LIMITS
            if name not in {"attempt_waits", "has_rerouting"}
        }
        return numbers | super().get_fields()


class AgreementEdit(Strict):
    """Changes. Only what is named changes; `criteria` and `promises` replace all of them."""

    criteria = serializers.ListField(child=CriterionIn(), max_length=MOST_CRITERIA, required=False)
    promises = serializers.ListField(child=PromiseIn(), max_length=20, required=False)
    limits = LimitsIn(required=False)
    note = serializers.CharField(max_length=MOST_NOTE, required=False, allow_blank=True)
    version = Version()


class AgreementViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Agreement]):
    """Versions of the agreement, by number."""

    serializer_class = AgreementOut
    queryset = Agreement.objects.none()
    lookup_field = "number"
    lookup_value_regex = "[0-9]{1,9}"
    filter_backends = ()
    permissions: dict[str, Any] = {
        "create": Can.EDIT_AGREEMENT,
        "partial_update": Can.EDIT_AGREEMENT,
        "destroy": Can.EDIT_AGREEMENT,
        "propose": Can.EDIT_AGREEMENT,
        "withdraw": Can.EDIT_AGREEMENT,
        "sign": (Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES),
    }

    def get_queryset(self) -> QuerySet[Agreement]:
        """With questions, promises and signatures: four queries."""
        return Agreement.objects.prefetch_related("criteria", "promises", "signatures__by")

    def _agreement(self, number: str) -> Agreement:
        return get_object_or_404(Agreement, number=number)

    def _shown(self, number: int, status: int = 200) -> Response:
        found = self.get_queryset().get(number=number)
        return Response(AgreementOut(found).data, status=status, headers=etag(found.version))

    @extend_schema(tags=["agreement"], summary="List versions of the agreement, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Old, present and coming ones."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["agreement"], summary="Read a version of the agreement", parameters=[NUMBER])
    def retrieve(self, request: Request, number: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its `version`, which changes while it is drafted; its number never does."""
        return self._shown(get_object_or_404(self.get_queryset(), number=number).number)

    @extend_schema(tags=["agreement"], summary="Start a draft", request=None, responses={201: AgreementOut})
    def create(self, request: Request) -> Response:
        """A copy of the version in force. Nothing changes until both heads sign it."""
        return self._shown(agreements.new_draft(by=caller(request)).number, status=201)

    @extend_schema(
        tags=["agreement"],
        summary="Change a draft or a proposed version",
        request=AgreementEdit,
        parameters=[NUMBER, IF_MATCH],
        responses=AgreementOut,
        examples=[
            OpenApiExample(
                "A larger gate", value={"limits": {"gate_size": 30}, "version": 2}, request_only=True
            )
        ],
    )
    def partial_update(self, request: Request, number: str) -> Response:
        """A proposed version loses its signatures, and who signed is told. Signed versions never change."""
        body, found = read(AgreementEdit, request), self._agreement(number)
        version = expected_version(request, body.get("version"), is_needed=True)
        criteria = body.get("criteria")
        promises = body.get("promises")
        agreements.edit(
            agreement=found,
            by=caller(request),
            criteria=None if criteria is None else [criterion(one) for one in criteria],
            promises=None
            if promises is None
            else {one["campaign_kind"]: (one["mode"], one["minutes"]) for one in promises},
            limits=body.get("limits"),
            note=body.get("note"),
            version=version,
        )
        return self._shown(found.number)

    @extend_schema(
        tags=["agreement"],
        summary="Throw a draft or a proposed version away",
        parameters=[NUMBER, IF_MATCH],
        responses={204: None},
    )
    def destroy(self, request: Request, number: str) -> Response:
        """With its signatures and back-tests."""
        version = expected_version(request, None)
        agreements.discard(agreement=self._agreement(number), by=caller(request), version=version)
        return Response(status=204)

    @extend_schema(
        tags=["agreement"],
        summary="Propose a draft",
        request=None,
        parameters=[NUMBER, IF_MATCH],
        responses=AgreementOut,
    )
    @action(detail=True, methods=["post"])
    def propose(self, request: Request, number: str) -> Response:
        """It lies before both heads for signing."""
        found = self._agreement(number)
        agreements.propose(agreement=found, by=caller(request), version=expected_version(request, None))
        return self._shown(found.number)

    @extend_schema(
        tags=["agreement"],
        summary="Make a proposed version a draft again",
        request=None,
        parameters=[NUMBER, IF_MATCH],
        responses=AgreementOut,
    )
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, number: str) -> Response:
        """Its signatures are cleared; both heads are told."""
        found = self._agreement(number)
        agreements.withdraw(agreement=found, by=caller(request), version=expected_version(request, None))
        return self._shown(found.number)

    @extend_schema(
        tags=["agreement"],
        summary="Sign a proposed version",
        request=None,
        parameters=[NUMBER, IF_MATCH],
        responses=AgreementOut,
    )
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, number: str) -> Response:
        """For one's department; the second signature puts it in force. Say which version you read."""
        found = self._agreement(number)
        version = expected_version(request, None, is_needed=True)
        agreements.sign(agreement=found, by=caller(request), version=version)
        return self._shown(found.number)


def criterion(told: dict[str, Any]) -> CriterionData:
    """A question as the service takes it."""
    if "choices" in told:
        told = told | {"choices": tuple(told["choices"])}
    return CriterionData(**told)
