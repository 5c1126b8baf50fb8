"""Disputes over the API: the same selectors and services as the pages."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from feedback.models import Decision, Dispute
from feedback.selectors import disputes as selectors
from feedback.services import disputes as services
from leads.models import Lead
from leads.selectors import marks
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Conflict, Invalid


class DecisionOut(serializers.Serializer[Decision]):
    """What one side said."""

    side = serializers.ChoiceField(choices=["mkt", "sales", "dir"])
    by = Named()
    at = serializers.DateTimeField()
    verdict = serializers.ChoiceField(choices=Decision.Verdict.choices)
    note = serializers.CharField()


class DisputeOut(serializers.Serializer[Dispute]):
    """A mark that marketing thinks wrong."""

    id = serializers.IntegerField()
    lead = serializers.SerializerMethodField()
    mark = serializers.SerializerMethodField(help_text="The mark as sales gave it.")
    wanted = serializers.ChoiceField(choices=Dispute.Wanted.choices)
    text = serializers.CharField()
    by = Named()
    at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=Dispute.State.choices)
    ended_at = serializers.DateTimeField(allow_null=True)
    decisions = DecisionOut(many=True)

    @extend_schema_field(Named)
    def get_lead(self, dispute: Dispute) -> dict[str, Any]:
        return {"id": dispute.lead_id, "name": dispute.lead.title}

    @extend_schema_field(OpenApiTypes.STR)
    def get_mark(self, dispute: Dispute) -> str:
        return dispute.mark.value


class DisputeQuery(Strict):
    """What the list can be cut to."""

    state = serializers.ChoiceField(choices=Dispute.State.choices, required=False)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class DisputeIn(Strict):
    """Why the mark a lead has is wrong, and what it should be."""

    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    wanted = serializers.ChoiceField(choices=Dispute.Wanted.choices)
    text = serializers.CharField(max_length=services.LONGEST)


class DecideIn(Strict):
    """The word of one's side."""

    verdict = serializers.ChoiceField(choices=Decision.Verdict.choices)
    note = serializers.CharField(max_length=services.LONGEST_NOTE, required=False, allow_blank=True)


class DisputeViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Dispute]):
    """Disputes: everyone signed in sees them; marketing disputes, both heads decide, or the director."""

    serializer_class = DisputeOut
    queryset = Dispute.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {
        "create": Can.DISPUTE,
        "decide": Can.DECIDE_DISPUTES,
        "withdraw": Can.DISPUTE,
    }

    def get_queryset(self) -> QuerySet[Dispute]:
        """Disputes as they are shown; the list cut to what is asked."""
        rows = selectors.visible_to(caller(self.request)).order_by("-id")
        if self.action == "list":
            asked = read_query(DisputeQuery, self.request)
            campaign = asked.pop("campaign", None)
            rows = rows.filter(**asked)
            if campaign is not None:
                rows = rows.filter(lead__campaign=campaign)
        return selectors.told(rows)

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(DisputeOut(selectors.told(Dispute.objects.all()).get(pk=pk)).data, status=status)

    def _dispute(self, pk: str) -> Dispute:
        rows = selectors.visible_to(caller(self.request)).select_related("by", "mark")
        return get_object_or_404(rows, pk=pk)

    @extend_schema(
        tags=["disputes"],
        summary="List disputes, newest first",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Dispute.State.values),
            OpenApiParameter("lead", OpenApiTypes.INT),
            OpenApiParameter("campaign", OpenApiTypes.INT),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["disputes"], summary="Read a dispute")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["disputes"],
        summary="Dispute the mark a lead has",
        request=DisputeIn,
        responses={201: OpenApiResponse(DisputeOut, description="The dispute; both heads are told.")},
        examples=[
            OpenApiExample(
                "There is a budget",
                value={"lead": 1042, "wanted": "promising", "text": "The budget is approved for May."},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Within the agreed working days after the mark, once for each mark."""
        body = read(DisputeIn, request)
        lead = Lead.objects.visible_to(caller(request)).filter(pk=body["lead"]).first()
        if lead is None:
            raise Invalid(_("There is no such lead."), field="lead")
        mark = marks.standing(lead)
        if mark is None:
            raise Conflict(_("This lead has no mark now: there is nothing to dispute."))
        made = services.dispute(mark=mark, by=caller(request), wanted=body["wanted"], text=body["text"])
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["disputes"],
        summary="Decide a dispute",
        request=DecideIn,
        responses=DisputeOut,
        examples=[
            OpenApiExample("It stays", value={"verdict": "upheld", "note": "Too small"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"], url_path="decide")
    def decide(self, request: Request, pk: str) -> Response:
        """The word of one's side: both heads who say the same end it, and so does the director alone."""
        body = read(DecideIn, request)
        found = self._dispute(pk)
        services.decide(dispute=found, by=caller(request), verdict=body["verdict"], note=body.get("note", ""))
        return self._shown(found.pk)

    @extend_schema(tags=["disputes"], summary="Withdraw a dispute", request=None, responses=DisputeOut)
    @action(detail=True, methods=["post"], url_path="withdraw")
    def withdraw(self, request: Request, pk: str) -> Response:
        """While it is open, by who disputed."""
        found = self._dispute(pk)
        services.withdraw(dispute=found, by=caller(request))
        return self._shown(found.pk)
