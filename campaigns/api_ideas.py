"""Ideas for campaigns over the API: the same rules as the pages."""

from typing import Any

from django.db.models import QuerySet
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
from rest_framework.viewsets import GenericViewSet

from campaigns.domain import ideas as domain
from campaigns.models import Campaign, Channel, Idea
from campaigns.selectors import ideas as selectors
from campaigns.services import ideas
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, etag, expected_version, read, read_query
from leadsync.core.errors import Invalid


class IdeaOut(serializers.Serializer[Idea]):
    """Somebody's proposal for a campaign."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it, votes apart; also the ETag.")
    title = serializers.CharField()
    text = serializers.CharField()
    market = serializers.SerializerMethodField(help_text="Two letters; empty: any country.")
    segment = serializers.CharField()
    state = serializers.ChoiceField(choices=Idea.StateChoices.choices)
    by = Named()
    at = serializers.DateTimeField()
    votes = serializers.IntegerField(source="count")
    voters = serializers.SerializerMethodField(help_text="Who is for it.")
    decided_by = Named(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    note = serializers.CharField(help_text="Why it was declined.")
    campaigns = serializers.SerializerMethodField(help_text="Ids of the campaigns made of it.")

    def get_market(self, idea: Idea) -> str:
        return str(idea.market or "")

    def get_voters(self, idea: Idea) -> list[str]:
        return [one.by.name for one in idea.votes.all()]

    def get_campaigns(self, idea: Idea) -> list[int]:
        return [one.pk for one in idea.campaigns.all()]


class IdeaQuery(Strict):
    """Which ideas."""

    state = serializers.ChoiceField(choices=Idea.StateChoices.choices, required=False)


class IdeaIn(Strict):
    """A campaign to propose, and why it should work."""

    title = serializers.CharField(max_length=domain.MOST_TITLE)
    text = serializers.CharField(max_length=domain.MOST_TEXT)
    market = serializers.CharField(max_length=2, required=False, allow_blank=True, help_text="Two letters.")
    segment = serializers.CharField(max_length=domain.MOST_SEGMENT, required=False, allow_blank=True)

    def validate_market(self, value: str) -> str:
        if value and value not in dict(countries):
            raise serializers.ValidationError(_("This is not a country. Write its two letters, like PL."))
        return value


class IdeaEdit(IdeaIn):
    """The whole idea anew."""

    version = Version()


class IdeaDeclineIn(Strict):
    """Why not now."""

    reason = serializers.CharField(max_length=domain.MOST_TEXT)


class IdeaCampaignIn(Strict):
    """The draft to make of it; what is left out comes from the idea."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    name = serializers.CharField(max_length=200, required=False)
    kind = serializers.ChoiceField(choices=Campaign.Kind.choices, default=Campaign.Kind.WEBSITE.value)
    owner = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, help_text="Oneself where nobody is named."
    )


class IdeaCampaignOut(serializers.Serializer[Campaign]):
    """The draft that was made."""

    campaign = serializers.IntegerField(source="pk")
    idea = serializers.IntegerField(source="idea_id")


class IdeaViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Idea]):
    """Ideas: everyone proposes and votes; who edits campaigns takes them up or declines."""

    serializer_class = IdeaOut
    queryset = Idea.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "put", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.PROPOSE_IDEAS,
        "update": Can.PROPOSE_IDEAS,
        "vote": Can.PROPOSE_IDEAS,
        "take_vote_back": Can.PROPOSE_IDEAS,
        "withdraw": Can.PROPOSE_IDEAS,
        "decline": Can.EDIT_CAMPAIGNS,
        "open_again": (Can.PROPOSE_IDEAS, Can.EDIT_CAMPAIGNS),
        "campaign": Can.EDIT_CAMPAIGNS,
    }

    def get_queryset(self) -> QuerySet[Idea]:
        """Ideas as they are shown; the list cut to what is asked."""
        rows = selectors.shown()
        return rows.filter(**read_query(IdeaQuery, self.request)) if self.action == "list" else rows

    @extend_schema(
        tags=["ideas"],
        summary="List ideas, the newest first",
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=Idea.StateChoices.values)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["ideas"], summary="Read an idea")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        return self._shown(int(pk))

    @extend_schema(
        tags=["ideas"],
        summary="Propose a campaign",
        request=IdeaIn,
        responses={201: IdeaOut},
        examples=[
            OpenApiExample(
                "From a talk with a customer",
                value={
                    "title": "Webinar for cold-store builders",
                    "text": "Three of my last five calls asked how racking behaves at −25 °C.",
                    "market": "LV",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Who proposes is the first to vote for it. The same proposal sent twice is one."""
        made = ideas.propose(by=caller(request), **read(IdeaIn, request))
        return self._shown(made.pk, 201)

    @extend_schema(
        tags=["ideas"],
        summary="Change an own idea",
        request=IdeaEdit,
        responses=IdeaOut,
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    def update(self, request: Request, pk: str) -> Response:
        """The whole idea anew, while it is open; needs the version that you read."""
        idea = get_object_or_404(Idea, pk=pk)
        body = read(IdeaEdit, request)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        ideas.edit(idea=idea, by=caller(request), version=version or 0, **body)
        return self._shown(idea.pk)

    @extend_schema(tags=["ideas"], summary="Vote for an idea", request=None, responses=IdeaOut)
    @action(detail=True, methods=["post"], url_path="vote")
    def vote(self, request: Request, pk: str) -> Response:
        """Once a person; again changes nothing."""
        ideas.vote(idea=get_object_or_404(Idea, pk=pk), by=caller(request))
        return self._shown(int(pk))

    @extend_schema(tags=["ideas"], summary="Take one's vote back", request=None, responses={200: IdeaOut})
    @vote.mapping.delete
    def take_vote_back(self, request: Request, pk: str) -> Response:
        """Where there is none nothing changes."""
        ideas.take_vote_back(idea=get_object_or_404(Idea, pk=pk), by=caller(request))
        return self._shown(int(pk))

    @extend_schema(tags=["ideas"], summary="Withdraw an own idea", request=None, responses=IdeaOut)
    @action(detail=True, methods=["post"], url_path="withdraw")
    def withdraw(self, request: Request, pk: str) -> Response:
        """It stays to be read."""
        ideas.withdraw(idea=get_object_or_404(Idea, pk=pk), by=caller(request))
        return self._shown(int(pk))

    @extend_schema(tags=["ideas"], summary="Decline an idea", request=IdeaDeclineIn, responses=IdeaOut)
    @action(detail=True, methods=["post"], url_path="decline")
    def decline(self, request: Request, pk: str) -> Response:
        """With a reason, which its author reads."""
        idea = get_object_or_404(Idea, pk=pk)
        ideas.decline(idea=idea, by=caller(request), **read(IdeaDeclineIn, request))
        return self._shown(idea.pk)

    @extend_schema(tags=["ideas"], summary="Open an idea again", request=None, responses=IdeaOut)
    @action(detail=True, methods=["post"], url_path="open-again")
    def open_again(self, request: Request, pk: str) -> Response:
        """A withdrawn one by its author, a declined one by marketing."""
        ideas.reopen(idea=get_object_or_404(Idea, pk=pk), by=caller(request))
        return self._shown(int(pk))

    @extend_schema(
        tags=["ideas"],
        summary="Make an idea a campaign draft",
        request=IdeaCampaignIn,
        responses={201: IdeaCampaignOut},
    )
    @action(detail=True, methods=["post"], url_path="campaign")
    def campaign(self, request: Request, pk: str) -> Response:
        """The campaign names the author, who is told. No longer open: 409."""
        idea, person = get_object_or_404(Idea, pk=pk), caller(request)
        body = read(IdeaCampaignIn, request)
        made = ideas.take(
            idea=idea,
            by=person,
            campaign={
                "name": body.get("name") or idea.title,
                "kind": body["kind"],
                "channel": _channel(body["channel"]),
                "owner": _owner(body["owner"]) if "owner" in body else person,
                "market": str(idea.market or ""),
                "segment": idea.segment,
                "hypothesis": idea.text,
            },
        )
        return Response(IdeaCampaignOut(made).data, status=201)

    def _shown(self, pk: int, status: int = 200) -> Response:
        idea = get_object_or_404(selectors.shown(), pk=pk)
        return Response(IdeaOut(idea).data, status=status, headers=etag(idea.version))


def _channel(pk: int) -> Channel:
    found = Channel.objects.filter(pk=pk, is_active=True).first()
    if found is None:
        raise Invalid(_("There is no such channel."), field="channel")
    return found


def _owner(pk: int) -> User:
    found = User.objects.filter(pk=pk, is_active=True, is_former=False).first()
    if found is None or not found.can(Can.EDIT_CAMPAIGNS):
        raise Invalid(_("This colleague does not run campaigns."), field="owner")
    return found
