"""The funnel over the API: the figures of the dashboard and of `manage.py funnel`, from the same selector."""

from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadsync.accounts.access import check
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.api import Days, read_query
from leadsync.kpi.domain.attribution import Credit
from leadsync.kpi.domain.days import month_of
from leadsync.kpi.selectors.attribution import Cut, attribution
from leadsync.kpi.selectors.attribution import total as total_credit
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


class CreditRow(serializers.Serializer[Any]):
    """What a campaign or channel is credited with. Parts of a lead have two places; parts add up exactly."""

    key = serializers.CharField(help_text="The id of the campaign or channel; empty for the sum.")
    name = serializers.CharField()
    leads = serializers.DecimalField(max_digits=14, decimal_places=2)
    qualified = serializers.DecimalField(max_digits=14, decimal_places=2)
    won = serializers.DecimalField(max_digits=14, decimal_places=2)
    revenue = serializers.DecimalField(max_digits=20, decimal_places=2)
    spend = serializers.DecimalField(
        max_digits=20, decimal_places=2, help_text="Its own, however credit is shared."
    )
    cost_per_qualified = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)


class Credits(serializers.Serializer[Any]):
    """Who is credited with the leads and deals of a period."""

    rows = CreditRow(many=True)
    total = CreditRow()


class CreditQuery(Days):
    """A period, how credit is shared, and what it is cut by."""

    by = serializers.ChoiceField(choices=[credit.value for credit in Credit], default=Credit.FIRST.value)
    cut = serializers.ChoiceField(choices=[cut.value for cut in Cut], default=Cut.CAMPAIGN.value)


class AttributionView(APIView):
    """`/api/v1/attribution/?by=last&cut=channel&from=2026-11-01&to=2026-11-30`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["figures"],
        operation_id="attribution",
        summary="Read who is credited with leads and deals",
        parameters=[
            OpenApiParameter(
                "by",
                OpenApiTypes.STR,
                enum=[credit.value for credit in Credit],
                default=Credit.FIRST.value,
                description="Which arrival of a lead gets the credit: its first, its last, or all in equal parts.",
            ),
            OpenApiParameter(
                "cut", OpenApiTypes.STR, enum=[cut.value for cut in Cut], default=Cut.CAMPAIGN.value
            ),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, in the company's zone."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
        ],
        responses=Credits,
    )
    def get(self, request: Request) -> Response:
        """Without days: this month so far. The sum of each figure is the same however credit is shared."""
        asked = read_query(CreditQuery, request)
        zone = company().tz
        today = timezone.now().astimezone(zone).date()
        until = asked.get("to") or today
        since = asked.get("from") or month_of(until)
        rows = attribution(Credit(asked["by"]), Cut(asked["cut"]), since=since, until=until, zone=zone)
        return Response({"rows": [row.as_dict() for row in rows], "total": total_credit(rows).as_dict()})
