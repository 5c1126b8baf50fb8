"""Plans over the API: the steps of a month, setting them, signing, and every version with what it changed."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, etag, expected_version, read
from leadsync.core.errors import NotFound
from leadsync.kpi.domain import versions
from leadsync.kpi.domain.days import parse_month
from leadsync.kpi.domain.plan import Line, PlanValues, Rates, climb_down
from leadsync.kpi.models import Plan
from leadsync.kpi.plan_words import change_words
from leadsync.kpi.selectors import plans as data
from leadsync.kpi.services.plans import set_plan, sign

MOST_LINES = 200
PLACES = Decimal("0.01")
MONTH = OpenApiParameter("month", OpenApiTypes.STR, OpenApiParameter.PATH, description="As `2026-12`.")
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you read, instead of `version`.",
)


def _money(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=14, decimal_places=2, **more)


def _rate(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=5, decimal_places=2, max_value=100, **more)


class PlanLineOut(serializers.Serializer[Any]):
    """One channel's part of the plan."""

    channel = Named()
    share = _rate(help_text="Percent of the plan’s leads. All shares add up to 100.")
    visit_rate = _rate(
        allow_null=True, help_text="Visits that become leads, percent; null where paid by lead."
    )
    cost_per_visit = _money(allow_null=True)
    cost_per_lead = _money(allow_null=True, help_text="Null where visits are paid for.")
    leads = _money()
    visits = _money(allow_null=True)
    budget = _money()


class PlanSignatureOut(serializers.Serializer[Any]):
    """Who signed the version for which side, and when."""

    side = serializers.CharField(help_text="`mkt`, `sales` or `dir`.")
    by = Named()
    at = serializers.DateTimeField()


class PlanOut(serializers.Serializer[Any]):
    """A month's plan: target and rates as they were set, and every step that follows. Counts are not rounded up."""

    month = serializers.CharField(help_text="As `2026-12`.")
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    changed_at = serializers.DateTimeField()
    changed_by = Named(allow_null=True)
    revenue = _money()
    average_deal = _money()
    close_rate = _rate(help_text="Qualified leads that become deals, percent.")
    qualification_rate = _rate(help_text="Leads that qualify, percent.")
    visit_rate = _rate(allow_null=True, help_text="Of the whole plan; counts where it has no lines.")
    cost_per_lead = _money(help_text="Of the whole plan; counts where it has no lines.")
    in_time_rate = _rate(help_text="First contacts within the promise, percent.")
    deals = _money()
    qualified = _money()
    leads = _money()
    visits = _money(allow_null=True)
    budget = _money()
    lines = PlanLineOut(many=True)
    signatures = PlanSignatureOut(many=True, help_text="Under this version: `mkt` and `sales`, then `dir`.")
    waits_for = serializers.ListField(
        child=serializers.CharField(), help_text="Sides whose turn it is to sign."
    )


class PlanLineIn(Strict):
    """One channel: either `visit_rate` and `cost_per_visit`, or `cost_per_lead`."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    share = _rate(min_value=PLACES)
    visit_rate = _rate(min_value=PLACES, required=False, allow_null=True)
    cost_per_visit = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, required=False, allow_null=True
    )
    cost_per_lead = serializers.DecimalField(
        max_digits=10, decimal_places=2, min_value=0, required=False, allow_null=True
    )


class PlanIn(Strict):
    """A whole plan: what is left out is its default, not what it was."""

    revenue = _money(min_value=PLACES)
    average_deal = _money(min_value=1)
    close_rate = _rate(min_value=PLACES)
    qualification_rate = _rate(min_value=PLACES)
    visit_rate = _rate(min_value=PLACES, required=False, allow_null=True)
    cost_per_lead = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, default=Decimal(0))
    in_time_rate = _rate(min_value=PLACES, default=Decimal(90))
    lines = serializers.ListField(child=PlanLineIn(), max_length=MOST_LINES, required=False)
    note = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="What changes and why."
    )
    version = Version()


class ChangeOut(serializers.Serializer[Any]):
    """One number that changed; in words too."""

    field = serializers.CharField()
    channel = serializers.CharField(help_text="Empty for the plan’s own numbers.")
    before = _money(allow_null=True)
    after = _money(allow_null=True)
    words = serializers.CharField()


class PlanVersionOut(serializers.Serializer[Any]):
    """A plan as it was saved once, and what that changed."""

    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = Named(allow_null=True)
    note = serializers.CharField()
    revenue = _money()
    changes = ChangeOut(many=True, allow_null=True, help_text="Null where the version before was not kept.")
    signatures = PlanSignatureOut(many=True)


class PlanViewSet(ViewSet):
    """`/api/v1/plans/2026-12/`."""

    lookup_field = "month"
    lookup_value_regex = "[0-9]{4}-[0-9]{2}"
    permissions: dict[str, Any] = {
        "retrieve": None,
        "versions": None,
        "update": Can.EDIT_PLAN,
        "sign": (Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES, Can.SIGN_PLAN),
    }

    def _plan(self, month: str) -> Plan:
        first = parse_month(month)
        plan = data.plan_of(first) if first else None
        if plan is None:
            raise NotFound("")
        return plan

    def _shown(self, plan: Plan, status: int = 200) -> Response:
        return Response(PlanOut(shown(plan)).data, status=status, headers=etag(plan.version))

    @extend_schema(
        tags=["plan"],
        operation_id="plans_retrieve",
        summary="Read a month’s plan",
        parameters=[MONTH],
        responses=PlanOut,
    )
    def retrieve(self, request: Request, month: str) -> Response:
        """With every step down to the budget, its channels and signatures. 404 where the month has none."""
        return self._shown(self._plan(month))

    @extend_schema(
        tags=["plan"],
        operation_id="plans_update",
        summary="Set a month’s plan",
        request=PlanIn,
        parameters=[MONTH, IF_MATCH],
        responses={200: PlanOut, 201: PlanOut},
        examples=[
            OpenApiExample(
                "Half by visits, half by lead",
                value={
                    "revenue": "480000.00",
                    "average_deal": "24000.00",
                    "close_rate": "25.00",
                    "qualification_rate": "32.00",
                    "lines": [
                        {"channel": 1, "share": "60.00", "visit_rate": "2.00", "cost_per_visit": "2.24"},
                        {"channel": 2, "share": "40.00", "cost_per_lead": "90.00"},
                    ],
                    "version": 3,
                },
                request_only=True,
            )
        ],
    )
    def update(self, request: Request, month: str) -> Response:
        """A new version without signatures; a month’s first one (201) needs no version. Unchanged: nothing happens."""
        body = read(PlanIn, request)
        first = parse_month(month)
        if first is None:
            raise NotFound("")
        is_there = data.plan_of(first) is not None
        version = expected_version(request, body.get("version"), is_needed=is_there)
        set_plan(
            month=first,
            values=values_in(body),
            by=caller(request),
            version=version,
            note=body.get("note", ""),
        )
        return self._shown(self._plan(month), status=200 if is_there else 201)

    @extend_schema(
        tags=["plan"],
        operation_id="plans_sign",
        summary="Sign a month’s plan",
        request=None,
        parameters=[MONTH, IF_MATCH],
        responses=PlanOut,
    )
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, month: str) -> Response:
        """For one’s side: both heads in either order, then the director. Say which version you read."""
        plan = self._plan(month)
        version = expected_version(request, None, is_needed=True)
        sign(month=plan.month, by=caller(request), version=version)
        return self._shown(self._plan(month))

    @extend_schema(
        tags=["plan"],
        operation_id="plans_versions",
        summary="List versions of a month’s plan",
        parameters=[MONTH],
        responses=PlanVersionOut(many=True),
    )
    @action(detail=True, methods=["get"])
    def versions(self, request: Request, month: str) -> Response:
        """The newest first, with what each changed, by whom, and who signed it."""
        found = data.versions_of(self._plan(month))
        return Response(PlanVersionOut([_version(one) for one in found], many=True).data)


def values_in(body: dict[str, Any]) -> PlanValues:
    """A body as the service takes it."""
    return PlanValues(
        revenue=body["revenue"],
        rates=Rates(
            body["average_deal"],
            body["close_rate"],
            body["qualification_rate"],
            body.get("visit_rate"),
            body["cost_per_lead"],
        ),
        in_time_rate=body["in_time_rate"],
        lines=tuple(Line(**line) for line in body.get("lines", ())),
    )


def shown(plan: Plan) -> dict[str, Any]:
    """A plan as the API tells it, amounts rounded to two decimals."""
    values = data.values_of_plan(plan)
    ladder = climb_down(values.revenue, values.rates, values.lines)
    signed = data.signatures_of(plan)
    names = dict(plan.lines.values_list("channel", "channel__name")) if values.lines else {}

    def cents(amount: Decimal | None) -> Decimal | None:
        return amount.quantize(PLACES) if amount is not None else None

    steps = {
        name: cents(getattr(ladder, name)) for name in ("deals", "qualified", "leads", "visits", "budget")
    }
    figures = {name: getattr(plan, name) for name in versions.FIGURES}
    return {
        "month": f"{plan.month:%Y-%m}",
        "version": plan.version,
        "changed_at": plan.changed_at,
        "changed_by": plan.changed_by,
        **figures,
        **steps,
        "lines": [
            {
                "channel": {"id": step.line.channel, "name": names[step.line.channel]},
                **{name: getattr(step.line, name) for name in versions.OF_LINE},
                "leads": cents(step.leads),
                "visits": cents(step.visits),
                "budget": cents(step.budget),
            }
            for step in ladder.lines
        ],
        "signatures": list(signed.values()),
        "waits_for": list(versions.sign_next(signed)),
    }


def _version(found: data.Version) -> dict[str, Any]:
    return {
        "number": found.row.number,
        "at": found.row.at,
        "by": found.row.by,
        "note": found.row.note,
        "revenue": found.values.revenue,
        "changes": [
            {
                "field": change.field,
                "channel": change.channel,
                "before": change.before,
                "after": change.after,
                "words": change_words(change),
            }
            for change in found.changes or ()
        ]
        if found.changes is not None or found.is_first
        else None,
        "signatures": found.signatures,
    }
