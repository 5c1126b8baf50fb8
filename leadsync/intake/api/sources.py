"""Sources over the API: programs that send leads by themselves."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, etag, expected_version, read, read_query
from leadsync.core.errors import Invalid
from leadsync.intake.models import Source
from leadsync.intake.selectors import sources as selectors
from leadsync.intake.services import sources as services


class SourceOut(serializers.Serializer[Source]):
    """A source. Its secret is shown on its page only."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    name = serializers.CharField()
    campaign = Named(help_text="Whose leads they become.")
    address = serializers.SerializerMethodField(help_text="Where its messages are sent.")
    is_on = serializers.BooleanField(help_text="Off, its messages are kept and wait.")
    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True),
        help_text='Question or path → field, "answer:" and a question\'s key, or "" for the payload only.',
    )
    heard_at = serializers.DateTimeField(allow_null=True, help_text="The last message that was theirs.")
    refused_at = serializers.DateTimeField(allow_null=True, help_text="The last one that was not.")
    refusal = serializers.CharField(help_text="Why it was refused: `wrong_key`, `too_old` …")

    def get_address(self, source: Source) -> str:
        return selectors.address_of(source)


class NothingAsked(Strict):
    """The list has no filters."""


class SourceIn(Strict):
    """A source to be made."""

    kind = serializers.ChoiceField(choices=Source.Kind.choices)
    name = serializers.CharField(max_length=100)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="An id of `/campaigns/`.")


class SourceEdit(Strict):
    """Changes. Only what is named changes."""

    name = serializers.CharField(max_length=100, required=False)
    campaign = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, help_text="Where its leads go from now on."
    )
    version = Version()


class SourceMappingIn(Strict):
    """Where answers go. What is not named keeps what it had."""

    mapping = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=100),
        help_text='Question or path → field, "answer:" and a question\'s key, or "" for the payload only.',
    )
    version = Version()


class SourceSwitchIn(Strict):
    """On or off."""

    is_on = serializers.BooleanField()
    version = Version()


class SourceViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Source]):
    """Programs that send leads by themselves; for who may edit intake."""

    serializer_class = SourceOut
    queryset = Source.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = dict.fromkeys(
        ("list", "retrieve", "create", "set_mapping", "switch"), Can.EDIT_INTAKE
    )

    def get_queryset(self) -> QuerySet[Source]:
        """Sources as they are shown, nothing loaded later."""
        if self.action == "list":
            read_query(NothingAsked, self.request)
        return Source.objects.select_related("campaign").fetch_mode(FETCH_RAISE)

    def _shown(self, pk: int, status: int = 200) -> Response:
        source = Source.objects.select_related("campaign").get(pk=pk)
        return Response(SourceOut(source).data, status=status, headers=etag(source.version))

    @extend_schema(tags=["intake"], summary="List sources, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["intake"], summary="Read a source")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        source = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(SourceOut(source).data, headers=etag(source.version))

    @extend_schema(
        tags=["intake"],
        summary="Make a source",
        request=SourceIn,
        responses={201: SourceOut},
        examples=[
            OpenApiExample(
                "Google Ads", value={"kind": "google", "name": "Autumn", "campaign": 12}, request_only=True
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """It is on at once; its page shows address, secret and what to do at the sender."""
        body = read(SourceIn, request)
        campaign = _campaign(body["campaign"])
        made = services.create(kind=body["kind"], name=body["name"], campaign=campaign, by=caller(request))
        return self._shown(made.pk, 201)

    @extend_schema(
        tags=["intake"],
        summary="Name a source anew, or send its leads to another campaign",
        request=SourceEdit,
        responses=SourceOut,
        examples=[OpenApiExample("Another campaign", value={"campaign": 14}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Holds for messages from now on."""
        body = read(SourceEdit, request)
        source = get_object_or_404(Source.objects.select_related("campaign"), pk=pk)
        services.edit(
            source=source,
            name=body.get("name", source.name),
            campaign=_campaign(body["campaign"]) if "campaign" in body else source.campaign,
            by=caller(request),
            version=expected_version(request, body.get("version")),
        )
        return self._shown(source.pk)

    @extend_schema(
        tags=["intake"],
        summary="Say which answer goes where",
        request=SourceMappingIn,
        responses=SourceOut,
        examples=[
            OpenApiExample(
                "Two answers",
                value={"mapping": {"buyer.label": "name", "budget": "answer:budget"}},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="mapping")
    def set_mapping(self, request: Request, pk: str) -> Response:
        """Holds for messages from now on, and for those that are tried again."""
        body = read(SourceMappingIn, request)
        source = get_object_or_404(Source, pk=pk)
        services.set_mapping(
            source=source,
            mapping=body["mapping"],
            by=caller(request),
            version=expected_version(request, body.get("version")),
        )
        return self._shown(source.pk)

    @extend_schema(
        tags=["intake"],
        summary="Switch a source on or off",
        request=SourceSwitchIn,
        responses=SourceOut,
        examples=[OpenApiExample("Off", value={"is_on": False}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: str) -> Response:
        """Off, what it sends is kept; on, it becomes leads."""
        body = read(SourceSwitchIn, request)
        source = get_object_or_404(Source, pk=pk)
        services.switch(
            source=source,
            is_on=body["is_on"],
            by=caller(request),
            version=expected_version(request, body.get("version")),
        )
        return self._shown(source.pk)


def _campaign(pk: int) -> Campaign:
    """A campaign that leads may go to. Raises `Invalid`."""
    found: Campaign | None = selectors.possible_campaigns().filter(pk=pk).first()
    if found is None:
        raise Invalid(_("There is no such campaign, or it is over."), field="campaign")
    return found
