"""Campaigns over the API: the same selectors and services as the pages."""

from decimal import Decimal
from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_countries import countries
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.api_money import MoneyActions
from campaigns.domain.states import State
from campaigns.models import Campaign, Channel
from campaigns.selectors import campaigns as selectors
from campaigns.selectors.campaigns import CampaignFilter
from campaigns.services import campaigns as services
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import (
    MOST_ID,
    Named,
    Strict,
    Version,
    etag,
    expected_version,
    read,
    read_query,
)
from leadsync.core.errors import Invalid

MOST_TEXT = 20_000


class CampaignOut(serializers.Serializer[Campaign]):
    """A campaign. `budget` is in the company's currency."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    name = serializers.CharField()
    kind = serializers.ChoiceField(choices=Campaign.Kind.choices)
    channel = Named()
    market = serializers.SerializerMethodField(help_text="Two letters; empty: any country.")
    segment = serializers.CharField()
    owner = Named()
    state = serializers.ChoiceField(choices=Campaign.State.choices)
    starts_on = serializers.DateField(allow_null=True)
    ends_on = serializers.DateField(allow_null=True)
    budget = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    offer = serializers.CharField()
    terms = serializers.CharField()
    hypothesis = serializers.CharField()
    created_at = serializers.DateTimeField()

    def get_market(self, campaign: Campaign) -> str:
        return str(campaign.market or "")


class CampaignQuery(Strict):
    """What the list can be cut to."""

    q = serializers.CharField(max_length=100, required=False, allow_blank=True)
    state = serializers.ChoiceField(choices=["running", *State], required=False)
    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    owner = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    market = serializers.RegexField(r"^[A-Z]{2}$", required=False)


class CampaignFields(Strict):
    """What is said about a campaign by hand. Its state changes by `state/` only."""

    kind = serializers.ChoiceField(choices=Campaign.Kind.choices, required=False)
    market = serializers.CharField(
        max_length=2, required=False, allow_blank=True, help_text="Two letters; empty: any country."
    )
    segment = serializers.CharField(max_length=100, required=False, allow_blank=True)
    starts_on = serializers.DateField(required=False, allow_null=True)
    ends_on = serializers.DateField(required=False, allow_null=True)
    budget = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal(0), required=False, allow_null=True
    )
    offer = serializers.CharField(max_length=MOST_TEXT, required=False, allow_blank=True)
    terms = serializers.CharField(max_length=MOST_TEXT, required=False, allow_blank=True)
    hypothesis = serializers.CharField(max_length=MOST_TEXT, required=False, allow_blank=True)

    def validate_market(self, value: str) -> str:
        if value and value not in dict(countries):
            raise serializers.ValidationError(_("This is not a country. Write its two letters, like PL."))
        return value


class CampaignIn(CampaignFields):
    """A campaign to be made; it starts as a draft, owned by the caller unless another owner is named."""

    name = serializers.CharField(max_length=200)
    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="An id of `/channels/`.")
    owner = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, help_text="A person of marketing, by id."
    )


class CampaignEdit(CampaignFields):
    """Changes. Only what is named changes."""

    name = serializers.CharField(max_length=200, required=False)
    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    owner = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    version = Version()


class StateIn(Strict):
    """The next state of its life."""

    to = serializers.ChoiceField(choices=Campaign.State.choices)
    note = serializers.CharField(
        max_length=services.LONGEST_NOTE, required=False, allow_blank=True, help_text="Why."
    )
    version = Version()


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you read, instead of `version`.",
)
NEW = OpenApiExample(
    "An event",
    value={
        "name": "Autumn fair",
        "channel": 3,
        "kind": "event",
        "market": "PL",
        "starts_on": "2026-11-02",
        "ends_on": "2026-11-05",
        "budget": "4000.00",
        "offer": "A free measurement on site",
    },
    request_only=True,
)


class CampaignViewSet(MoneyActions, ListModelMixin, RetrieveModelMixin):
    """Campaigns: everyone signed in sees them; marketing changes them."""

    serializer_class = CampaignOut
    queryset = Campaign.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "patch", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.EDIT_CAMPAIGNS,
        "partial_update": Can.EDIT_CAMPAIGNS,
        "state": Can.EDIT_CAMPAIGNS,
        "add_spend": Can.EDIT_CAMPAIGNS,
        "set_visits": Can.EDIT_CAMPAIGNS,
    }

    def get_queryset(self) -> QuerySet[Campaign]:
        """Campaigns as they are shown, nothing loaded later; the list cut to what is asked."""
        rows = Campaign.objects.all()
        if self.action == "list":
            asked = read_query(CampaignQuery, self.request)
            text = asked.pop("q", "")
            rows = selectors.filtered(CampaignFilter(text=text, **asked))
        return rows.select_related("channel", "owner").fetch_mode(FETCH_RAISE)

    def _shown(self, pk: int, status: int = 200) -> Response:
        campaign = Campaign.objects.select_related("channel", "owner").get(pk=pk)
        return Response(CampaignOut(campaign).data, status=status, headers=etag(campaign.version))

    @extend_schema(
        tags=["campaigns"],
        summary="List campaigns, newest first",
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="Words of name or segment."),
            OpenApiParameter(
                "state",
                OpenApiTypes.STR,
                enum=["running", *(state.value for state in State)],
                description="`running`: in review, live or paused.",
            ),
            OpenApiParameter("channel", OpenApiTypes.INT),
            OpenApiParameter("owner", OpenApiTypes.INT),
            OpenApiParameter("market", OpenApiTypes.STR, description="Two letters."),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["campaigns"], summary="Read a campaign")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        campaign = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(CampaignOut(campaign).data, headers=etag(campaign.version))

    @extend_schema(
        tags=["campaigns"],
        summary="Make a campaign",
        request=CampaignIn,
        responses={201: CampaignOut},
        examples=[NEW],
    )
    def create(self, request: Request) -> Response:
        """It starts as a draft."""
        by = caller(request)
        body = looked_up(read(CampaignIn, request))
        campaign = services.create(by=by, **({"owner": by} | body))
        return self._shown(campaign.pk, status=201)

    @extend_schema(
        tags=["campaigns"],
        summary="Change a campaign",
        request=CampaignEdit,
        parameters=[IF_MATCH],
        responses=CampaignOut,
        examples=[OpenApiExample("More money", value={"budget": "5000.00", "version": 4}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs the version that you read."""
        body = read(CampaignEdit, request)
        campaign = self._campaign(pk)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        services.edit(
            campaign=campaign, by=caller(request), version=version or 0, changes=looked_up(body, campaign)
        )
        return self._shown(campaign.pk)

    @extend_schema(
        tags=["campaigns"],
        summary="Move a campaign on",
        request=StateIn,
        parameters=[IF_MATCH],
        responses=CampaignOut,
        examples=[OpenApiExample("Go live", value={"to": "live", "version": 4}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="state")
    def state(self, request: Request, pk: str) -> Response:
        """Draft → review → live → paused → ended, or stopped on the way. Without a version: from where it is."""
        body = read(StateIn, request)
        campaign = self._campaign(pk)
        version = expected_version(request, body.get("version"))
        services.change_state(
            campaign=campaign,
            by=caller(request),
            to=body["to"],
            version=version or campaign.version,
            note=body.get("note", ""),
        )
        return self._shown(campaign.pk)


def looked_up(body: dict[str, Any], campaign: Campaign | None = None) -> dict[str, Any]:
    """Ids of channel and owner as what they stand for; only what the pages offer too. Raises `Invalid`."""
    found = dict(body)
    if "channel" in body:
        besides = campaign.channel_id if campaign else None
        channel: Channel | None = (
            selectors.possible_channels(besides=besides).filter(pk=body["channel"]).first()
        )
        if channel is None:
            raise Invalid(_("There is no such channel in use."), field="channel")
        found["channel"] = channel
    if "owner" in body:
        besides = campaign.owner_id if campaign else None
        owner: User | None = selectors.possible_owners(besides=besides).filter(pk=body["owner"]).first()
        if owner is None:
            raise Invalid(_("A campaign is owned by a person of marketing."), field="owner")
        found["owner"] = owner
    return found
