"""Channels and contact points over the API: made, changed, and tried."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Channel, ContactPoint, Proof
from campaigns.services import channels as services
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Invalid

MOST_TERMS = 20_000


class ChannelOut(Named):
    """A way leads reach us."""

    terms = serializers.CharField(help_text="What is offered there now.")
    is_active = serializers.BooleanField()


class ChannelIn(Strict):
    """A channel to be made."""

    name = serializers.CharField(max_length=100)
    terms = serializers.CharField(max_length=MOST_TERMS, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False, default=True)


class ChannelEdit(Strict):
    """Changes. Only what is named changes."""

    name = serializers.CharField(max_length=100, required=False)
    terms = serializers.CharField(max_length=MOST_TERMS, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)


class PointOut(serializers.Serializer[ContactPoint]):
    """A phone number, mailbox, form or profile by which a channel is reached."""

    id = serializers.IntegerField()
    channel = Named()
    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices)
    value = serializers.CharField(help_text="The number, address or link.")
    responsible = Named()
    is_active = serializers.BooleanField()


class PointFields(Strict):
    """What is said about a contact point."""

    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices)
    value = serializers.CharField(max_length=300, help_text="The number, address or link.")
    responsible = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="A person's id.")
    is_active = serializers.BooleanField(required=False, default=True)


class PointIn(PointFields):
    """A contact point to be made."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="An id of `/channels/`.")


class PointEdit(Strict):
    """Changes. Only what is named changes."""

    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices, required=False)
    value = serializers.CharField(max_length=300, required=False)
    responsible = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    is_active = serializers.BooleanField(required=False)


class PointQuery(Strict):
    """What the list can be cut to."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class ProofIn(Strict):
    """Whether a contact point works."""

    is_ok = serializers.BooleanField()
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ProofOut(serializers.Serializer[Proof]):
    """Somebody tried a contact point."""

    id = serializers.IntegerField()
    is_ok = serializers.BooleanField()
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = Named(allow_null=True)


class ChannelViewSet(ListModelMixin, GenericViewSet[Channel]):
    """Channels."""

    permissions: dict[str, Any] = {"create": Can.EDIT_CHANNELS, "partial_update": Can.EDIT_CHANNELS}
    serializer_class = ChannelOut
    queryset = Channel.objects.order_by()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

    @extend_schema(tags=["campaigns"], summary="List channels")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those out of use too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["campaigns"],
        summary="Make a channel",
        request=ChannelIn,
        responses={201: ChannelOut},
        examples=[OpenApiExample("Fairs", value={"name": "Fairs"}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Its name is its own."""
        made = services.save_channel(by=caller(request), **read(ChannelIn, request))
        return Response(ChannelOut(made).data, status=201)

    @extend_schema(
        tags=["campaigns"],
        summary="Change a channel",
        request=ChannelEdit,
        responses=ChannelOut,
        examples=[OpenApiExample("Out of use", value={"is_active": False}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Out of use, it is not offered for new campaigns."""
        found = get_object_or_404(Channel, pk=pk)
        told: dict[str, Any] = {"name": found.name, "terms": found.terms, "is_active": found.is_active}
        told |= read(ChannelEdit, request)
        return Response(ChannelOut(services.save_channel(by=caller(request), channel=found, **told)).data)


class PointViewSet(ListModelMixin, GenericViewSet[ContactPoint]):
    """Contact points."""

    permissions: dict[str, Any] = {
        "create": Can.EDIT_CHANNELS,
        "partial_update": Can.EDIT_CHANNELS,
        "proof": None,  # everyone signed in may say whether it works
    }
    serializer_class = PointOut
    queryset = ContactPoint.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ContactPoint]:
        """As they are shown, nothing loaded later; the list cut to what is asked."""
        rows = ContactPoint.objects.all()
        if self.action == "list":
            rows = rows.filter(**read_query(PointQuery, self.request))
        return rows.select_related("channel", "responsible").fetch_mode(FETCH_RAISE)

    def _point(self, pk: str) -> ContactPoint:
        return get_object_or_404(ContactPoint.objects.select_related("channel", "responsible"), pk=pk)

    @extend_schema(
        tags=["campaigns"],
        summary="List contact points, newest first",
        parameters=[OpenApiParameter("channel", OpenApiTypes.INT)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those out of use too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["campaigns"],
        summary="Make a contact point",
        request=PointIn,
        responses={201: PointOut},
        examples=[
            OpenApiExample(
                "A mailbox",
                value={"channel": 3, "kind": "mailbox", "value": "fair@example.com", "responsible": 5},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """A value is in a channel once."""
        body = read(PointIn, request)
        channel = Channel.objects.filter(pk=body.pop("channel")).first()
        if channel is None:
            raise Invalid(_("There is no such channel."), field="channel")
        body["responsible"] = person_here(body["responsible"])
        made = services.save_point(by=caller(request), channel=channel, **body)
        return Response(PointOut(made).data, status=201)

    @extend_schema(
        tags=["campaigns"],
        summary="Change a contact point",
        request=PointEdit,
        responses=PointOut,
        examples=[OpenApiExample("Somebody else answers", value={"responsible": 6}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Out of use, nobody is told about it any more."""
        body, found = read(PointEdit, request), self._point(pk)
        told: dict[str, Any] = {
            "kind": found.kind,
            "value": found.value,
            "responsible": found.responsible,
            "is_active": found.is_active,
        } | body
        if "responsible" in body:
            told["responsible"] = person_here(body["responsible"])
        services.save_point(by=caller(request), channel=found.channel, point=found, **told)
        return Response(PointOut(self._point(pk)).data)

    @extend_schema(
        tags=["campaigns"],
        summary="Say whether a contact point works",
        request=ProofIn,
        responses={201: ProofOut},
        examples=[
            OpenApiExample("Nobody answers", value={"is_ok": False, "note": "Busy"}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"])
    def proof(self, request: Request, pk: str) -> Response:
        """Everyone may. The first report of a fault tells who is responsible at once."""
        made = services.report(point=self._point(pk), by=caller(request), **read(ProofIn, request))
        return Response(ProofOut(made).data, status=201)


def person_here(pk: int) -> User:
    """A colleague who can answer for something. Raises `Invalid`."""
    found = User.objects.filter(pk=pk, is_active=True, is_former=False).first()
    if found is None:
        raise Invalid(_("There is no such person."), field="responsible")
    return found
