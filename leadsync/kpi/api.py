"""The funnel over the API: the figures of the dashboard and of `manage.py funnel`, from the same selector."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadsync.accounts.access import check
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Days, read_query
from leadsync.kpi.selectors.funnel import By, funnel, total


class FunnelRow(serializers.Serializer[Any]):
    """One line. Counts by event date, `minutes` of sales time, money in the company's currency."""

    key = serializers.CharField(help_text="The id of the channel, campaign or rep; the month as 2026-11.")
    name = serializers.CharField()
    leads = serializers.IntegerField()
    handed_off = serializers.IntegerField()
    contacted = serializers.IntegerField()
    contacted_promised = serializers.IntegerField(help_text="Contacted, of those for which a promise ran.")
    contacted_in_time = serializers.IntegerField()
    judged_only = serializers.IntegerField(help_text="Judged as obviously false without a contact.")
    qualified = serializers.IntegerField()
    promising = serializers.IntegerField()
    not_a_fit = serializers.IntegerField()
    unreachable = serializers.IntegerField()
    won = serializers.IntegerField()
    revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
    lost = serializers.IntegerField()
    minutes = serializers.IntegerField()
    minutes_estimated = serializers.IntegerField()
    spend = serializers.DecimalField(max_digits=20, decimal_places=2)
    visits = serializers.IntegerField()


class Funnel(serializers.Serializer[Any]):
    """The figures of a period, cut by one thing."""

    rows = FunnelRow(many=True)
    total = FunnelRow()


class FunnelQuery(Days):
    """A period and what it is cut by."""

    by = serializers.ChoiceField(choices=[by.value for by in By])


class FunnelView(APIView):
    """`/api/v1/funnel/?by=channel&from=2026-11-01&to=2026-11-30`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["figures"],
        operation_id="funnel",
        summary="Read the funnel",
        parameters=[
            OpenApiParameter("by", OpenApiTypes.STR, required=True, enum=[by.value for by in By]),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, in the company's zone."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
        ],
        responses=Funnel,
    )
    def get(self, request: Request) -> Response:
        """Without days: everything there is. By owner, which is by rep: for heads and the director."""
        asked = read_query(FunnelQuery, request)
        by = By(asked["by"])
        if by is By.OWNER:
            check(caller(request), Can.SEE_FIRST_CONTACTS)
        since, until = asked.get("from"), asked.get("to")
        rows = funnel(by, since=since, until=until)
        return Response(
            {"rows": [row.as_dict() for row in rows], "total": total(since=since, until=until).as_dict()}
        )
