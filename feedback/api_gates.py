"""The gate of a campaign over the API: how it stands, what is decided, and what the campaign took and gave."""

from decimal import Decimal
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from feedback.domain.gate import Verdict
from feedback.domain.worth import Worth
from feedback.models import GateDecision, GateSignature
from feedback.selectors import gate as gates
from feedback.selectors import worth
from feedback.selectors.limits import limits
from feedback.services import gates as services
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can, Side
from leadsync.core.api import MOST_ID, Named, Strict, read

DECIDES = (Can.DECIDE_GATES, Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES)


class GateSignatureOut(serializers.Serializer[GateSignature]):
    """One department's signature under continuing."""

    side = serializers.ChoiceField(choices=[Side.MARKETING, Side.SALES])
    at = serializers.DateTimeField()
    by = Named()


class GateDecisionOut(serializers.Serializer[GateDecision]):
    """What was decided about a round that was not passed, with the counts of that moment."""

    id = serializers.IntegerField()
    round_from = serializers.IntegerField(help_text="The number of the round's first lead.")
    choice = serializers.ChoiceField(choices=GateDecision.ChoiceChoices.choices)
    state = serializers.ChoiceField(choices=GateDecision.StateChoices.choices)
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = Named()
    taken_at = serializers.DateTimeField(allow_null=True)
    size = serializers.IntegerField()
    needed = serializers.IntegerField()
    good = serializers.IntegerField()
    sent_meanwhile = serializers.IntegerField(
        help_text="Leads received after it failed, before this was decided."
    )
    signatures = GateSignatureOut(many=True)


class GateOut(serializers.Serializer[Any]):
    """A campaign's gate: its present round, and all decisions about it."""

    round = serializers.IntegerField(help_text="1 for the first.")
    first = serializers.IntegerField(
        help_text="The number of the round's first lead: `gate_number` of leads."
    )
    last = serializers.IntegerField()
    size = serializers.IntegerField()
    needed = serializers.IntegerField(help_text="Promising or better leads that pass it.")
    arrived = serializers.IntegerField()
    good = serializers.IntegerField()
    bad = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    certain_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when the verdict can no longer change by the leads that are left."
    )
    probability = serializers.FloatField(
        help_text="That the campaign's true rate reaches `needed` of `size`, from 0 to 1."
    )
    sent = serializers.IntegerField(
        help_text="Leads received since it failed, up to the decision or until now."
    )
    is_demanded = serializers.BooleanField(help_text="Whether a decision is asked for.")
    decision = GateDecisionOut(allow_null=True, help_text="The one that stands, or waits for signatures.")
    decisions = GateDecisionOut(many=True, help_text="All of them, the newest first.")


class GateDecisionIn(Strict):
    """What is to happen."""

    choice = serializers.ChoiceField(choices=GateDecision.ChoiceChoices.choices)
    note = serializers.CharField(
        max_length=services.MOST_NOTE,
        required=False,
        allow_blank=True,
        help_text="What changes, or why it goes on: needed for `retest` and `continue`.",
    )
    round_from = serializers.IntegerField(
        min_value=1,
        max_value=MOST_ID,
        required=False,
        help_text="The round you have seen (`first`): after a newer one began it is a conflict.",
    )


class BenefitOut(serializers.Serializer[Any]):
    """What a campaign took and gave since its start. Money in the company's currency; null where it is not known."""

    leads = serializers.IntegerField()
    good = serializers.IntegerField(help_text="Promising or better.")
    qualified = serializers.IntegerField()
    deals = serializers.IntegerField()
    minutes = serializers.IntegerField(help_text="Sales time.")
    minutes_estimated = serializers.IntegerField(help_text="The part of it that nobody entered.")
    minutes_each = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    limit = serializers.IntegerField(help_text="Agreed minutes for each promising lead at most.")
    worth = serializers.ChoiceField(choices=[one.value for one in Worth])
    labour = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    spent = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    cost = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    cost_per_good = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    cost_per_qualified = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    cost_per_deal = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)
    revenue = serializers.DecimalField(max_digits=16, decimal_places=2)
    revenue_per_cost = serializers.DecimalField(max_digits=16, decimal_places=2, allow_null=True)


class GateViewSet(GenericViewSet[Campaign]):
    """The gate of a campaign, by the campaign's id."""

    serializer_class = GateOut
    queryset = Campaign.objects.all()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "head", "options"]
    permissions: dict[str, Any] = {
        "decide": DECIDES,
        "sign": (Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES),
        "withdraw": DECIDES,
    }

    def _shown(self, pk: int, status: int = 200) -> Response:
        campaign = get_object_or_404(Campaign, pk=pk)
        agreed = limits()
        view = gates.gate_of(campaign, size=agreed.gate_size, needed=agreed.gate_needed)
        gate = view.gate
        shown = {
            "round": view.number,
            "first": view.first,
            "last": view.last,
            "size": gate.size,
            "needed": gate.needed,
            "arrived": gate.arrived,
            "good": gate.good,
            "bad": gate.bad,
            "verdict": gate.verdict.value,
            "certain_at": view.certain_at,
            "probability": gate.probability,
            "sent": view.sent,
            "is_demanded": view.is_demanded,
            "decision": view.decision,
            "decisions": gates.decisions_of(campaign),
        }
        return Response(GateOut(shown).data, status=status)

    def _decision(self, pk: str, decision: str) -> GateDecision:
        return get_object_or_404(GateDecision, pk=decision, campaign=pk)

    @extend_schema(tags=["gates"], summary="Read a campaign's gate", responses=GateOut)
    @action(detail=True, methods=["get"], url_path="gate")
    def gate(self, request: Request, pk: str) -> Response:
        """How the first leads were judged, and what is decided about it."""
        return self._shown(int(pk))

    @extend_schema(tags=["gates"], summary="Read what a campaign took and gave", responses=BenefitOut)
    @action(detail=True, methods=["get"], url_path="benefit")
    def benefit(self, request: Request, pk: str) -> Response:
        """Sales time against promising leads, and the same in money as far as it is known."""
        campaign = get_object_or_404(Campaign, pk=pk)
        agreed = limits()
        row = worth.benefit_of(
            campaign,
            limit=agreed.minutes_per_promising,
            gate_size=agreed.gate_size,
            spent=worth.spent_on([campaign.pk]).get(campaign.pk),
        )
        found, money = row.benefit, row.money
        assert money is not None
        cents = Decimal("0.01")

        def exact(amount: Decimal | None) -> Decimal | None:
            return None if amount is None else Decimal(amount).quantize(cents)

        shown = {
            "leads": found.leads,
            "good": found.good,
            "qualified": money.qualified,
            "deals": money.deals,
            "minutes": found.minutes,
            "minutes_estimated": row.estimated,
            "minutes_each": exact(found.minutes_each),
            "limit": found.limit,
            "worth": found.worth.value,
            "labour": exact(money.labour),
            "spent": exact(money.spent),
            "cost": exact(money.cost),
            "cost_per_good": exact(money.per_good),
            "cost_per_qualified": exact(money.per_qualified),
            "cost_per_deal": exact(money.per_deal),
            "revenue": exact(money.revenue),
            "revenue_per_cost": exact(money.gain),
        }
        return Response(BenefitOut(shown).data)

    @extend_schema(
        tags=["gates"],
        summary="Decide about a gate that was not passed",
        request=GateDecisionIn,
        responses={201: GateOut},
        examples=[
            OpenApiExample(
                "Change and test again",
                value={
                    "choice": "retest",
                    "note": "The form asks for the size of the hall.",
                    "round_from": 1,
                },
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="gate/decisions")
    def decide(self, request: Request, pk: str) -> Response:
        """Stop, change and test again, or continue: that waits for the signatures of both departments."""
        campaign = get_object_or_404(Campaign, pk=pk)
        services.decide(campaign=campaign, by=caller(request), **read(GateDecisionIn, request))
        return self._shown(campaign.pk, status=201)

    @extend_schema(tags=["gates"], summary="Sign that a campaign goes on", request=None, responses=GateOut)
    @action(detail=True, methods=["post"], url_path="gate/decisions/(?P<decision>[0-9]{1,18})/sign")
    def sign(self, request: Request, pk: str, decision: str) -> Response:
        """For one's department; with the second signature it is decided."""
        services.sign(decision=self._decision(pk, decision), by=caller(request))
        return self._shown(int(pk))

    @extend_schema(
        tags=["gates"], summary="Take a decision about a gate back", request=None, responses=GateOut
    )
    @action(detail=True, methods=["post"], url_path="gate/decisions/(?P<decision>[0-9]{1,18})/withdraw")
    def withdraw(self, request: Request, pk: str, decision: str) -> Response:
        """A proposal until both signed, a stop within a day, a new round before its first lead."""
        services.withdraw(decision=self._decision(pk, decision), by=caller(request))
        return self._shown(int(pk))
