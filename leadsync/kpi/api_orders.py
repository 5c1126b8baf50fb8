"""Orders of leads over the API: what each rep can call, ordered, was promised and got; and the negotiation."""

from datetime import date
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, MOST_VERSION, Named, Strict, etag, expected_version, read
from leadsync.core.errors import NotFound
from leadsync.kpi.domain.days import parse_month
from leadsync.kpi.domain.orders import MOST, whole
from leadsync.kpi.models import OrderChange
from leadsync.kpi.selectors.orders import OrderRow, Orders, orders_of
from leadsync.kpi.services import orders
from leadsync.kpi.services.orders import Change, Field

TAGS = ["figures"]
MONTH = OpenApiParameter("month", OpenApiTypes.STR, OpenApiParameter.PATH, description="As `2026-12`.")


class OrderChangeOut(serializers.Serializer[OrderChange]):
    """One step of the negotiation."""

    id = serializers.IntegerField()
    field = serializers.ChoiceField(choices=[field.value for field in Field])
    before = serializers.IntegerField(allow_null=True)
    after = serializers.IntegerField(allow_null=True)
    note = serializers.CharField(help_text="Why; empty where nothing was said.")
    at = serializers.DateTimeField()
    by = Named()


class OrderOut(serializers.Serializer[Any]):
    """One rep's order."""

    rep = Named()
    version = serializers.IntegerField(
        help_text="0 where nobody ordered or promised yet; else raised by every change."
    )
    can_call = serializers.IntegerField(help_text="First contacts that fit into the rep's month.")
    ordered = serializers.IntegerField(allow_null=True)
    promised = serializers.IntegerField(allow_null=True)
    delivered = serializers.IntegerField(help_text="Leads of the rep whose first handoff is in the month.")
    due = serializers.IntegerField(
        allow_null=True, help_text="Of the promised ones, what should be there by now."
    )
    is_short = serializers.BooleanField(help_text="Behind the promise by more than chance explains.")
    changes = OrderChangeOut(many=True, help_text="The newest first.")


class OrderWeekOut(serializers.Serializer[Any]):
    """One week of the month, all reps together."""

    first = serializers.DateField()
    last = serializers.DateField()
    can_call = serializers.IntegerField()
    leads = serializers.IntegerField(help_text="Past weeks: handed off. Later: promised.")
    is_over = serializers.BooleanField()


class OrdersOut(serializers.Serializer[Any]):
    """A month's orders."""

    month = serializers.CharField(help_text="As `2026-12`.")
    working_days = serializers.IntegerField(help_text="Of the company.")
    orders = OrderOut(many=True)
    weeks = OrderWeekOut(many=True)


class OrderIn(Strict):
    """What shall change; a number left out stays, null takes it away."""

    ordered = serializers.IntegerField(min_value=0, max_value=MOST, required=False, allow_null=True)
    promised = serializers.IntegerField(min_value=0, max_value=MOST, required=False, allow_null=True)
    note = serializers.CharField(
        max_length=orders.LONGEST, required=False, allow_blank=True, help_text="Why; read by both sides."
    )
    version = serializers.IntegerField(
        min_value=0,
        max_value=MOST_VERSION,
        required=False,
        help_text="The version that you read, 0 for a first one.",
    )


class OrderWhyIn(Strict):
    """Why a number was changed."""

    note = serializers.CharField(max_length=orders.LONGEST)


def _month(text: str) -> date:
    month = parse_month(text)
    if month is None:
        raise NotFound(_("There is no such month. Write it like 2026-12."))
    return month


def _order(row: OrderRow) -> dict[str, Any]:
    due = row.delivery.due
    return {
        "rep": row.rep,
        "version": row.version,
        "can_call": row.calls,
        "ordered": row.ordered,
        "promised": row.promised,
        "delivered": row.delivered,
        "due": None if due is None else whole(due),
        "is_short": row.delivery.is_short,
        "changes": row.changes,
    }


def _shown(found: Orders) -> dict[str, Any]:
    return {
        "month": f"{found.period.first:%Y-%m}",
        "working_days": found.working_days,
        "orders": [_order(row) for row in found.rows],
        "weeks": [
            {
                "first": week.first,
                "last": week.last,
                "can_call": week.calls,
                "leads": week.coming,
                "is_over": week.is_over,
            }
            for week in found.weeks
        ],
    }


class OrdersView(APIView):
    """`/api/v1/orders/2026-12/`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=TAGS,
        operation_id="orders_read",
        summary="Read the orders of a month",
        parameters=[MONTH],
        responses=OrdersOut,
    )
    def get(self, request: Request, month: str) -> Response:
        """Per rep what can be called, was ordered, promised and delivered, with every change; and week by week."""
        return Response(OrdersOut(_shown(orders_of(_month(month), now=timezone.now()))).data)


class OrderView(APIView):
    """`/api/v1/orders/2026-12/7/`."""

    permissions: dict[str, Any] = {"put": (Can.WORK_LEADS, Can.WORK_ANY_LEAD, Can.EDIT_PLAN)}

    @extend_schema(
        tags=TAGS,
        operation_id="orders_set",
        summary="Order or promise leads",
        parameters=[MONTH, OpenApiParameter("rep", OpenApiTypes.INT, OpenApiParameter.PATH)],
        request=OrderIn,
        responses=OrderOut,
    )
    def put(self, request: Request, month: str, rep: int) -> Response:
        """`ordered`: the rep or the head of sales. `promised`: the head of marketing. Say which version you read."""
        first, given = _month(month), read(OrderIn, request)
        person = get_object_or_404(User, pk=min(rep, MOST_ID))
        version = expected_version(request, given.get("version"), is_needed=True)
        orders.set_numbers(
            month=first,
            rep=person,
            changes=[Change(field, given[field.value]) for field in Field if field.value in given],
            by=caller(request),
            version=version or 0,
            note=given.get("note", ""),
        )
        found = orders_of(first, now=timezone.now())
        row = next((row for row in found.rows if row.rep.pk == person.pk), None)
        if row is None:
            raise NotFound(_("%(name)s does not work leads.") % {"name": person.name})
        return Response(OrderOut(_order(row)).data, headers=etag(row.version))


class OrderWhyView(APIView):
    """`/api/v1/orders/changes/12/why/`."""

    permissions: dict[str, Any] = {"post": (Can.WORK_LEADS, Can.WORK_ANY_LEAD, Can.EDIT_PLAN)}

    @extend_schema(
        tags=TAGS,
        operation_id="orders_why",
        summary="Say why a number was changed",
        parameters=[OpenApiParameter("change", OpenApiTypes.INT, OpenApiParameter.PATH)],
        request=OrderWhyIn,
        responses=OrderChangeOut,
    )
    def post(self, request: Request, change: int) -> Response:
        """Once, by who changed it."""
        note = read(OrderWhyIn, request)["note"]
        return Response(
            OrderChangeOut(orders.explain(change_id=min(change, MOST_ID), note=note, by=caller(request))).data
        )
