"""What campaigns cost and how many visits they had, over the API."""

from decimal import Decimal
from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign, Spend, Visits
from campaigns.services import spending
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Named, Strict, page_of, read


class SpendOut(serializers.Serializer[Spend]):
    """Money spent on one day."""

    id = serializers.IntegerField()
    on = serializers.DateField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    note = serializers.CharField()
    by = Named(allow_null=True)


class SpendIn(Strict):
    """Money spent on one day."""

    on = serializers.DateField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Above 0.")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class SpendEdit(Strict):
    """A correction. Only what is named changes."""

    on = serializers.DateField(required=False)
    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal("0.01"), required=False
    )
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class VisitsOut(serializers.Serializer[Visits]):
    """How many visits one day had."""

    id = serializers.IntegerField()
    on = serializers.DateField()
    count = serializers.IntegerField()


class VisitsIn(Strict):
    """How many visits one day had; a second time replaces the number."""

    on = serializers.DateField()
    count = serializers.IntegerField(min_value=0, max_value=spending.MAX_VISITS)


class MoneyActions(GenericViewSet[Campaign]):
    """Spend and visits of a campaign."""

    def _campaign(self, pk: str) -> Campaign:
        return get_object_or_404(Campaign, pk=pk)

    @extend_schema(
        tags=["campaigns"], summary="List spend, newest entry first", responses=SpendOut(many=True)
    )
    @action(detail=True, methods=["get"], url_path="spend")
    def spend(self, request: Request, pk: str) -> Response:
        """What the campaign cost, entry by entry."""
        rows = Spend.objects.filter(campaign=self._campaign(pk)).select_related("by").fetch_mode(FETCH_RAISE)
        return page_of(self, rows, SpendOut)

    @extend_schema(
        tags=["campaigns"],
        summary="Note money spent",
        request=SpendIn,
        responses={201: OpenApiResponse(SpendOut, description="The entry.")},
        examples=[OpenApiExample("A day", value={"on": "2026-11-20", "amount": "120.00"}, request_only=True)],
    )
    @spend.mapping.post
    def add_spend(self, request: Request, pk: str) -> Response:
        """On one day, today or earlier."""
        body = read(SpendIn, request)
        entry = spending.add(campaign=self._campaign(pk), by=caller(request), **body)
        return Response(SpendOut(entry).data, status=201)

    @extend_schema(
        tags=["campaigns"], summary="List visits, newest entry first", responses=VisitsOut(many=True)
    )
    @action(detail=True, methods=["get"], url_path="visits")
    def visits(self, request: Request, pk: str) -> Response:
        """How many visits each day had."""
        return page_of(self, Visits.objects.filter(campaign=self._campaign(pk)), VisitsOut)

    @extend_schema(
        tags=["campaigns"],
        summary="Say how many visits a day had",
        request=VisitsIn,
        responses=VisitsOut,
        examples=[OpenApiExample("A day", value={"on": "2026-11-20", "count": 312}, request_only=True)],
    )
    @visits.mapping.post
    def set_visits(self, request: Request, pk: str) -> Response:
        """Today or earlier. Said again, the number is replaced: the same message twice changes nothing."""
        body = read(VisitsIn, request)
        entry = spending.set_visits(campaign=self._campaign(pk), by=caller(request), **body)
        return Response(VisitsOut(entry).data)


class SpendViewSet(GenericViewSet[Spend]):
    """Entries of spend, by their own ids."""

    serializer_class = SpendOut
    queryset = Spend.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"partial_update": Can.EDIT_CAMPAIGNS, "destroy": Can.EDIT_CAMPAIGNS}

    def get_queryset(self) -> QuerySet[Spend]:
        """With who noted them."""
        return Spend.objects.select_related("by")

    @extend_schema(
        tags=["campaigns"],
        summary="Correct an entry of spend",
        request=SpendEdit,
        responses=SpendOut,
        examples=[OpenApiExample("Another amount", value={"amount": "130.00"}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """One's own entry; anyone's for the head of marketing."""
        entry = get_object_or_404(self.get_queryset(), pk=pk)
        told: dict[str, Any] = {"on": entry.on, "amount": entry.amount, "note": entry.note} | read(
            SpendEdit, request
        )
        spending.change(spend=entry, by=caller(request), **told)
        return Response(SpendOut(self.get_queryset().get(pk=entry.pk)).data)

    @extend_schema(tags=["campaigns"], summary="Delete an entry of spend", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """One's own entry; anyone's for the head of marketing."""
        spending.remove(spend=get_object_or_404(self.get_queryset(), pk=pk), by=caller(request))
        return Response(status=204)


class VisitsViewSet(GenericViewSet[Visits]):
    """Numbers of visits, by their own ids."""

    serializer_class = VisitsOut
    queryset = Visits.objects.all()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"destroy": Can.EDIT_CAMPAIGNS}

    @extend_schema(tags=["campaigns"], summary="Delete the number of visits of a day", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """The day has none then."""
        spending.remove_visits(visits=get_object_or_404(Visits, pk=pk), by=caller(request))
        return Response(status=204)
