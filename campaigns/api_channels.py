"""Channels and contact points over the API: made, changed, and tried."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.domain.proofs import ProofState
from campaigns.models import Channel, ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import channels as services
from campaigns.services import proofs
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Invalid

MOST_TERMS = 20_000
STATES = [selectors.TO_TRY, *(state.value for state in ProofState)]


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


class ProofOut(serializers.Serializer[Proof]):
    """Somebody, or LeadSync, tried a contact point."""

    id = serializers.IntegerField()
    means = serializers.ChoiceField(
        choices=Proof.MeansChoices.choices,
        help_text="`no_access` is about the person who says it, not about the point.",
    )
    is_ok = serializers.BooleanField()
    note = serializers.CharField(help_text="As written; what `found` is about where LeadSync tried it.")
    found = serializers.CharField(help_text="What LeadSync found, as a code; empty where a person tried it.")
    at = serializers.DateTimeField()
    by = Named(allow_null=True)


class PointOut(serializers.Serializer[Any]):
    """A phone number, mailbox, form or profile by which a channel is reached, and how it stands."""

    id = serializers.IntegerField(source="point.pk")
    channel = Named(source="point.channel")
    kind = serializers.ChoiceField(source="point.kind", choices=ContactPoint.Kind.choices)
    value = serializers.CharField(source="point.value", help_text="The number, address or link.")
    responsible = Named(source="point.responsible")
    note = serializers.CharField(source="point.note", help_text="Who answers there, how to sign in.")
    is_active = serializers.BooleanField(source="point.is_active")
    state = serializers.ChoiceField(
        choices=[(state.value, state.value) for state in ProofState],
        help_text="By the last proof: `works` only while it is fresh, as agreed.",
    )
    last_proof = ProofOut(source="proof", allow_null=True)
    access = Named(many=True, help_text="Who can get in.")
    is_watched = serializers.BooleanField(source="point.is_watched", help_text="Tried by itself every day.")
    page_url = serializers.CharField(source="point.page_url")
    page_text = serializers.CharField(source="point.page_text", help_text="What must stand on that page.")
    tried_at = serializers.DateTimeField(
        source="point.tried_at", allow_null=True, help_text="When LeadSync tried it last."
    )
    is_being_tried = serializers.BooleanField()


class PointFields(Strict):
    """What is said about a contact point."""

    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices)
    value = serializers.CharField(max_length=300, help_text="The number, address or link.")
    responsible = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="A person's id.")
    note = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="How to sign in. No passwords."
    )
    is_active = serializers.BooleanField(required=False, default=True)
    is_watched = serializers.BooleanField(required=False, default=False)
    page_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    page_text = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PointIn(PointFields):
    """A contact point to be made."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="An id of `/channels/`.")


class PointEdit(Strict):
    """Changes. Only what is named changes."""

    kind = serializers.ChoiceField(choices=ContactPoint.Kind.choices, required=False)
    value = serializers.CharField(
        max_length=300, required=False, help_text="With another one, older proofs do not count."
    )
    responsible = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    is_active = serializers.BooleanField(required=False)
    is_watched = serializers.BooleanField(required=False)
    page_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    page_text = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PointQuery(Strict):
    """What the list can be cut to."""

    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    responsible = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    state = serializers.ChoiceField(choices=STATES, required=False)


class ProofQuery(Strict):
    """What the list can be cut to."""

    point = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class ProofIn(Strict):
    """Whether a contact point works."""

    is_ok = serializers.BooleanField()
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class PointAccessIn(Strict):
    """Who can get in, or no longer can."""

    person = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="A person's id.")
    has_access = serializers.BooleanField(required=False, default=True)


class NoAccessIn(Strict):
    """Whether one can get in oneself."""

    can_get_in = serializers.BooleanField()
    note = serializers.CharField(max_length=300, required=False, allow_blank=True)


class ChannelViewSet(ListModelMixin, GenericViewSet[Channel]):
    """Channels."""

    permissions: dict[str, Any] = {"create": Can.EDIT_CHANNELS, "partial_update": Can.EDIT_CHANNELS}
    serializer_class = ChannelOut
    queryset = Channel.objects.order_by()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

    @extend_schema(tags=["channels"], summary="List channels")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those out of use too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["channels"],
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
        tags=["channels"],
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


class PointViewSet(GenericViewSet[ContactPoint]):
    """Contact points."""

    permissions: dict[str, Any] = {
        "create": Can.EDIT_CHANNELS,
        "partial_update": Can.EDIT_CHANNELS,
        "access": Can.EDIT_CHANNELS,
        # Everyone signed in may say how one stands, have it tried, and say that they cannot get in.
        "proof": None,
        "try_now": None,
        "no_access": None,
    }
    serializer_class = PointOut
    queryset = ContactPoint.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[ContactPoint]:
        """The list cut to what is asked."""
        asked = read_query(PointQuery, self.request)
        state = asked.pop("state", "")
        rows = ContactPoint.objects.filter(**asked)
        return selectors.of_state(rows, state, now=timezone.now()) if state else rows

    def _point(self, pk: str) -> ContactPoint:
        return get_object_or_404(ContactPoint.objects.select_related("channel", "responsible"), pk=pk)

    def _out(self, request: Request, pk: int) -> Any:
        return PointOut(selectors.point_row(pk, reader=caller(request))).data

    @extend_schema(
        tags=["channels"],
        summary="List contact points, newest first",
        parameters=[
            OpenApiParameter("channel", OpenApiTypes.INT),
            OpenApiParameter("responsible", OpenApiTypes.INT),
            OpenApiParameter("state", enum=STATES, description="`to_try`: without a fresh proof."),
        ],
        responses=PointOut(many=True),
    )
    def list(self, request: Request) -> Response:
        """Those out of use too, each with how it stands."""
        page: list[ContactPoint] = self.paginate_queryset(self.get_queryset()) or []
        ids = [one.pk for one in page]
        found = selectors.point_rows(ContactPoint.objects.filter(pk__in=ids), reader=caller(request))
        rows = {row.point.pk: row for row in found}
        return self.get_paginated_response(PointOut([rows[pk] for pk in ids], many=True).data)

    @extend_schema(tags=["channels"], summary="Read a contact point", responses=PointOut)
    def retrieve(self, request: Request, pk: str) -> Response:
        """How it stands, who can get in."""
        return Response(self._out(request, self._point(pk).pk))

    @extend_schema(
        tags=["channels"],
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
        return Response(self._out(request, made.pk), status=201)

    @extend_schema(
        tags=["channels"],
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
            "note": found.note,
            "is_active": found.is_active,
            "is_watched": found.is_watched,
            "page_url": found.page_url,
            "page_text": found.page_text,
        } | body
        if "responsible" in body:
            told["responsible"] = person_here(body["responsible"])
        services.save_point(by=caller(request), channel=found.channel, point=found, **told)
        return Response(self._out(request, found.pk))

    @extend_schema(
        tags=["channels"],
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
        made = proofs.report(point=self._point(pk), by=caller(request), **read(ProofIn, request))
        return Response(ProofOut(made).data, status=201)

    @extend_schema(
        tags=["channels"],
        summary="Let LeadSync try a contact point now",
        request=None,
        responses={202: PointOut},
    )
    @action(detail=True, methods=["post"], url_path="try")
    def try_now(self, request: Request, pk: str) -> Response:
        """Everyone may. The worker does it within a minute; `tried_at` and `last_proof` say what it found."""
        point = self._point(pk)
        proofs.ask_try(point=point, by=caller(request))
        return Response(self._out(request, point.pk), status=202)

    @extend_schema(
        tags=["channels"],
        summary="Give or take access to a contact point",
        request=PointAccessIn,
        responses=PointOut,
        examples=[OpenApiExample("Iga can get in", value={"person": 7}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def access(self, request: Request, pk: str) -> Response:
        """Access given answers that the person could not get in."""
        body, point = read(PointAccessIn, request), self._point(pk)
        if body["has_access"]:
            proofs.give_access(point=point, to=person_here(body["person"], "person"), by=caller(request))
        else:
            person = get_object_or_404(User, pk=body["person"])
            proofs.take_access(point=point, person=person, by=caller(request))
        return Response(self._out(request, point.pk))

    @extend_schema(
        tags=["channels"],
        summary="Say that one cannot get in, or can again",
        request=NoAccessIn,
        responses=PointOut,
        examples=[OpenApiExample("No password", value={"can_get_in": False}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="no-access")
    def no_access(self, request: Request, pk: str) -> Response:
        """Everyone may, for themselves. Whoever is responsible is told; said twice, it is said once."""
        point = self._point(pk)
        proofs.say_access(point=point, by=caller(request), **read(NoAccessIn, request))
        return Response(self._out(request, point.pk))


class ProofViewSet(ListModelMixin, GenericViewSet[Proof]):
    """What was tried."""

    permissions: dict[str, Any] = {"destroy": None}  # one's own of today, which the service sees to
    serializer_class = ProofOut
    queryset = Proof.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Proof]:
        """Cut to what is asked."""
        rows = Proof.objects.order_by()
        if self.action == "list":
            rows = rows.filter(**read_query(ProofQuery, self.request))
        return rows.select_related("by").fetch_mode(FETCH_RAISE)

    @extend_schema(
        tags=["channels"],
        summary="List what was tried, newest first",
        parameters=[OpenApiParameter("point", OpenApiTypes.INT)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """By people and by LeadSync."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["channels"], summary="Take one's own report of today back", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """As if it had not been made; whoever was told is told that it was taken back."""
        proof = get_object_or_404(Proof.objects.select_related("point"), pk=pk)
        proofs.take_back(proof=proof, by=caller(request))
        return Response(status=204)


def person_here(pk: int, name: str = "responsible") -> User:
    """A colleague who can answer for something, or get in somewhere. Raises `Invalid`."""
    found = User.objects.filter(pk=pk, is_active=True, is_former=False).first()
    if found is None:
        raise Invalid(_("There is no such person."), field=name)
    return found
