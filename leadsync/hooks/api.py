"""Webhooks over the API: the same services and selectors as the pages, for who manages the company."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Strict, Version, etag, expected_version, page_of, read, read_query
from leadsync.hooks.domain.events import HookEvent
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.selectors import endpoints as selectors
from leadsync.hooks.services import endpoints as services
from leadsync.hooks.services import log
from leadsync.notices.news import mask

EVENTS = [event.value for event in HookEvent]


class WebhookOut(serializers.Serializer[Endpoint]):
    """An address that hears what happens to leads."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    name = serializers.CharField()
    host = serializers.SerializerMethodField(
        help_text="Of the address; the rest of it is as good as a password and never shown."
    )
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS))
    is_on = serializers.BooleanField()
    on_since_at = serializers.DateTimeField(allow_null=True, help_text="What happened before is not told.")
    succeeded_at = serializers.DateTimeField(allow_null=True, help_text="The last success.")
    failing_since_at = serializers.DateTimeField(allow_null=True, help_text="Null: it takes what is sent.")

    @extend_schema_field(OpenApiTypes.STR)
    def get_host(self, endpoint: Endpoint) -> str:
        return mask(endpoint.address)


class WebhookWithSecret(WebhookOut):
    """With its secret: on the answer that makes it, and never again."""

    secret = serializers.CharField(help_text="`whsec_` and base64: the key of the signatures.")


class WebhookIn(Strict):
    """A new webhook."""

    name = serializers.CharField(max_length=100)
    address = serializers.CharField(max_length=2_000, help_text="https://, on the Internet.")
    events = serializers.ListField(child=serializers.ChoiceField(choices=EVENTS), max_length=len(EVENTS))
    is_on = serializers.BooleanField(required=False, help_text="On where nothing is said.")


class WebhookChange(Strict):
    """What changes; what is not named stays."""

    name = serializers.CharField(max_length=100, required=False)
    address = serializers.CharField(max_length=2_000, required=False)
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=EVENTS), max_length=len(EVENTS), required=False
    )
    version = Version()


class SwitchIn(Strict):
    """On or off."""

    is_on = serializers.BooleanField(
        help_text="On: it hears what happens from now on. Off: what waits is not sent."
    )


class DeliveryOut(serializers.Serializer[Delivery]):
    """One message to one webhook."""

    id = serializers.IntegerField()
    message_id = serializers.CharField(help_text="The `id` of the message, and its header `webhook-id`.")
    event = serializers.CharField()
    lead = serializers.IntegerField(source="lead_id", allow_null=True)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    next_try_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    status = serializers.IntegerField(allow_null=True, help_text="What the last attempt was answered.")
    error = serializers.CharField(
        help_text="Why it was not taken: the beginning of the answer, or our words."
    )
    milliseconds = serializers.IntegerField(allow_null=True)
    body = serializers.CharField(help_text="The message; empty where the lead was erased.")


class DeliveryQuery(Strict):
    """What the log can be cut to."""

    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class ResendIn(Strict):
    """Which deliveries."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        max_length=500,
        allow_null=True,
        help_text="Null: all that were given up.",
    )


class Resent(serializers.Serializer[Any]):
    """How many go out again."""

    count = serializers.IntegerField()


class TestOut(serializers.Serializer[Any]):
    """How the test ended."""

    is_taken = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text="Null: nobody answered.")
    error = serializers.CharField()
    milliseconds = serializers.IntegerField()


class NothingAsked(Strict):
    """The list has no filters."""


_EXAMPLE = OpenApiExample(
    "A CRM",
    value={
        "name": "CRM",
        "address": "https://crm.example.com/hooks/leadsync",
        "events": ["lead.handed_off", "lead.marked", "lead.won"],
    },
    request_only=True,
)


class WebhookViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Endpoint]):
    """Outgoing webhooks: for who manages the company."""

    serializer_class = WebhookOut
    queryset = Endpoint.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = dict.fromkeys(
        (
            *("list", "retrieve", "create", "partial_update", "destroy"),
            *("switch", "secret", "try_out", "deliveries", "resend"),
        ),
        Can.MANAGE_COMPANY,
    )

    def get_queryset(self) -> QuerySet[Endpoint]:
        """All of them; the list newest first."""
        if self.action == "list":
            read_query(NothingAsked, self.request)
        return selectors.endpoints().order_by("-pk")

    def _endpoint(self, pk: str) -> Endpoint:
        return get_object_or_404(selectors.endpoints(), pk=pk)

    def _shown(self, found: Endpoint, *, with_secret: bool = False, status: int = 200) -> Response:
        serializer = WebhookWithSecret if with_secret else WebhookOut
        headers = etag(found.version) | ({"Cache-Control": "no-store"} if with_secret else {})
        return Response(serializer(found).data, status=status, headers=headers)

    @extend_schema(tags=["hooks"], summary="List webhooks")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["hooks"], summary="Read a webhook")
    def retrieve(self, request: Request, pk: str) -> Response:
        return self._shown(self._endpoint(pk))

    @extend_schema(
        tags=["hooks"],
        summary="Make a webhook",
        request=WebhookIn,
        responses={201: OpenApiResponse(WebhookWithSecret, description="With its secret, this once only.")},
        examples=[_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """It hears what happens from now on. An address inside of the network is refused."""
        body = read(WebhookIn, request)
        made = services.create(
            by=caller(request),
            name=body["name"],
            address=body["address"],
            chosen=body["events"],
            is_on=body.get("is_on", True),
        )
        return self._shown(made, with_secret=True, status=201)

    @extend_schema(
        tags=["hooks"],
        summary="Change a webhook",
        request=WebhookChange,
        responses=WebhookOut,
        examples=[
            OpenApiExample("Wins only", value={"events": ["lead.won"], "version": 1}, request_only=True)
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """An event that is chosen now is told from now on."""
        body = read(WebhookChange, request)
        version = expected_version(request, body.get("version"), is_needed=True)
        found = self._endpoint(pk)
        changed = services.edit(
            by=caller(request),
            endpoint=found,
            name=body.get("name", found.name),
            address=body.get("address", ""),
            chosen=body.get("events", found.events),
            version=version,
        )
        return self._shown(changed)

    @extend_schema(
        tags=["hooks"],
        summary="Delete a webhook",
        responses={204: OpenApiResponse(description="It is gone, and its log.")},
    )
    def destroy(self, request: Request, pk: str) -> Response:
        services.delete(by=caller(request), endpoint=self._endpoint(pk))
        return Response(status=204)

    @extend_schema(
        tags=["hooks"],
        summary="Switch a webhook on or off",
        request=SwitchIn,
        responses=WebhookOut,
        examples=[OpenApiExample("Off", value={"is_on": False}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: str) -> Response:
        is_on = read(SwitchIn, request)["is_on"]
        return self._shown(services.switch(by=caller(request), endpoint=self._endpoint(pk), is_on=is_on))

    @extend_schema(tags=["hooks"], summary="Make a new secret", request=None, responses=WebhookWithSecret)
    @action(detail=True, methods=["post"])
    def secret(self, request: Request, pk: str) -> Response:
        """What is sent from now on is signed with it."""
        found = services.renew_secret(by=caller(request), endpoint=self._endpoint(pk))
        return self._shown(found, with_secret=True)

    @extend_schema(tags=["hooks"], summary="Send a test", request=None, responses=TestOut)
    @action(detail=True, methods=["post"], url_path="test")
    def try_out(self, request: Request, pk: str) -> Response:
        """A signed `ping`, now; it stands in no log."""
        outcome = services.try_out(by=caller(request), endpoint=self._endpoint(pk))
        return Response(TestOut(outcome).data)

    @extend_schema(
        tags=["hooks"],
        summary="List what was sent, newest first",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Delivery.State.values),
            OpenApiParameter("lead", OpenApiTypes.INT),
        ],
        responses=DeliveryOut(many=True),
    )
    @action(detail=True, methods=["get"])
    def deliveries(self, request: Request, pk: str) -> Response:
        """The log of 30 days."""
        asked = read_query(DeliveryQuery, request)
        found = self._endpoint(pk)
        rows = selectors.deliveries(found.pk, asked.get("state", ""), asked.get("lead"))
        return page_of(self, rows, DeliveryOut)

    @extend_schema(
        tags=["hooks"],
        summary="Send again",
        request=ResendIn,
        responses=Resent,
        examples=[OpenApiExample("Two of them", value={"ids": [7, 8]}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def resend(self, request: Request, pk: str) -> Response:
        """These deliveries, in whatever state, or all that were given up. The receiver knows them by their ids."""
        ids = read(ResendIn, request)["ids"]
        found = self._endpoint(pk)
        count = (
            log.send_dead_again(by=caller(request), endpoint=found)
            if ids is None
            else log.send_many_again(by=caller(request), endpoint=found, ids=ids)
        )
        return Response({"count": count})
