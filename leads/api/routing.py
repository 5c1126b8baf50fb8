"""Routing over the API: the rules in order, and a dry run that changes nothing."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from campaigns.models import Campaign
from leads.domain.identity import company_key
from leads.domain.routing import Condition, How, WhyNot
from leads.models import Lead, RoutingRule
from leads.selectors import routing as selectors
from leads.selectors.routing_page import Trial, all_rules
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.core.api import MOST_ID, Named, Strict, read_query
from leadsync.core.codes import country_of, language_of


class RuleOut(serializers.Serializer[RoutingRule]):
    """A rule: the first in use decides whose conditions all hold. An empty list means any."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    markets = serializers.ListField(child=serializers.CharField(), help_text="Countries, two letters.")
    languages = serializers.ListField(child=serializers.CharField(), help_text="Two letters.")
    campaign_kinds = serializers.ListField(child=serializers.CharField())
    channels = Named(many=True)
    campaigns = Named(many=True)
    target = serializers.ChoiceField(choices=RoutingRule.Target.choices)
    rep = Named(allow_null=True)
    group = Named(allow_null=True)


class RoutingOut(serializers.Serializer[Any]):
    """All rules in order. After them everybody in turn, then the head of sales."""

    rules = RuleOut(many=True)


class CandidateOut(serializers.Serializer[Any]):
    """Somebody whom a stop leads to."""

    rep = Named()
    handed = serializers.IntegerField(help_text="Leads handed to them today.")
    capacity = serializers.IntegerField(help_text="Leads a day they take.")
    why_not = serializers.ChoiceField(
        choices=[one.value for one in WhyNot], allow_null=True, help_text="Null: could take it."
    )


class StopOut(serializers.Serializer[Any]):
    """One stop on the lead's way."""

    how = serializers.ChoiceField(choices=[one.value for one in How])
    rule = Named(allow_null=True)
    is_deciding = serializers.BooleanField()
    failed = serializers.ListField(
        child=serializers.ChoiceField(choices=[one.value for one in Condition]),
        help_text="Conditions that do not hold.",
    )
    candidates = CandidateOut(many=True)


class DryRunOut(serializers.Serializer[Any]):
    """Where the lead would go now, and why."""

    to = Named(allow_null=True, help_text="Null: it would stay with marketing.")
    how = serializers.ChoiceField(choices=[one.value for one in How], allow_null=True)
    stops = StopOut(many=True)


class DryRunQuery(Strict):
    """A lead that is here, or one made up."""

    lead = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    country = serializers.CharField(required=False, max_length=60)
    language = serializers.CharField(required=False, max_length=40)
    campaign = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ID)
    company = serializers.CharField(required=False, max_length=200)

    def validate_country(self, value: str) -> str:
        """The code. Raises `ValidationError`."""
        return _code(country_of(value), _("This is not a country."))

    def validate_language(self, value: str) -> str:
        """The code. Raises `ValidationError`."""
        return _code(language_of(value), _("This is not a language known here."))

    def validate_campaign(self, value: int) -> int:
        """One that is here. Raises `ValidationError`."""
        if not Campaign.objects.filter(pk=value).exists():
            raise serializers.ValidationError(_("There is no such campaign."))
        return value


def _code(found: str, refusal: str) -> str:
    if not found:
        raise serializers.ValidationError(refusal)
    return found


class RoutingView(APIView):
    """`/api/v1/routing/`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["work"], operation_id="routing", summary="Read the rules of routing", responses=RoutingOut
    )
    def get(self, request: Request) -> Response:
        """Who gets which lead: the rules in order, those out of use too."""
        return Response(RoutingOut({"rules": all_rules()}).data)


class DryRunView(APIView):
    """`/api/v1/routing/dry-run/?lead=7`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["work"],
        operation_id="routing_dry_run",
        summary="Try where a lead would go",
        parameters=[
            OpenApiParameter("lead", OpenApiTypes.INT, description="A lead that is here; else the others."),
            OpenApiParameter("country", OpenApiTypes.STR, description="Two letters or a name."),
            OpenApiParameter("language", OpenApiTypes.STR, description="Two letters or a name."),
            OpenApiParameter("campaign", OpenApiTypes.INT),
            OpenApiParameter("company", OpenApiTypes.STR),
        ],
        responses=DryRunOut,
    )
    def get(self, request: Request) -> Response:
        """Decided by routing itself, as of now; nothing is changed, so a token for reading is enough."""
        asked = read_query(DryRunQuery, request)
        lead: Lead | Trial
        if "lead" in asked:
            found = Lead.objects.visible_to(caller(request)).filter(pk=asked["lead"]).first()
            if found is None:
                raise serializers.ValidationError({"lead": [_("There is no such lead.")]})
            lead = found
        else:
            lead = Trial(
                asked.get("campaign", 0),
                asked.get("country", ""),
                asked.get("language", ""),
                company_key(asked.get("company", "")),
            )
        _asked, explained = selectors.explain(lead, at=timezone.now())
        ids = {who.rep for stage in explained.stages for who in stage.candidates}
        names = dict(User.objects.filter(pk__in=ids).values_list("pk", "name"))
        placed = explained.placed
        return Response(
            {
                "to": {"id": placed.rep, "name": names.get(placed.rep, "")} if placed else None,
                "how": placed.how.value if placed else None,
                "stops": [
                    {
                        "how": stage.how.value,
                        "rule": {"id": stage.rule.pk, "name": stage.rule.name} if stage.rule else None,
                        "is_deciding": stage.is_deciding,
                        "failed": [condition.value for condition in stage.failed],
                        "candidates": [
                            {
                                "rep": {"id": who.rep, "name": names.get(who.rep, "")},
                                "handed": who.handed,
                                "capacity": who.capacity,
                                "why_not": who.why_not.value if who.why_not else None,
                            }
                            for who in stage.candidates
                        ],
                    }
                    for stage in explained.stages
                ],
            }
        )
