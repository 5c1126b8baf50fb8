"""Messages over the API: what was received, and trying again or dropping what is no lead."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Invalid
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors import inbox as selectors
from leadsync.intake.selectors import message_words
from leadsync.intake.services import handling, submissions


class MessageOut(serializers.Serializer[Payload]):
    """A message and what became of it."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Payload.State.choices)
    reasons = serializers.SerializerMethodField(help_text="Why it is unreadable or waits, in words.")
    source = Named(allow_null=True)  # type: ignore[assignment]  # a serializer has one of this name too
    form = Named(allow_null=True)
    external_id = serializers.CharField(help_text="The sender's id of the lead, or empty.")
    received_at = serializers.DateTimeField()
    times = serializers.IntegerField(help_text="How often it came.")
    next_try_at = serializers.DateTimeField(allow_null=True)
    lead = serializers.IntegerField(source="lead_id", allow_null=True, help_text="The lead it became.")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_reasons(self, payload: Payload) -> list[str]:
        return message_words.reasons_of(payload)


class MessageFull(MessageOut):
    """A message with its body."""

    body = serializers.CharField(help_text="As received; a key that stood in it is left out.")


class MessageQuery(Strict):
    """Filters of the list."""

    state = serializers.ChoiceField(choices=Payload.State.choices, required=False)
    source = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=MOST_ID, required=False
    )


class MessagesRetryIn(Strict):
    """Whose messages."""

    source = serializers.IntegerField(  # type: ignore[assignment]
        min_value=1, max_value=MOST_ID, allow_null=True, help_text="Null: of all sources."
    )


class MessagesTried(serializers.Serializer[Any]):
    """How many messages a worker tries again."""

    count = serializers.IntegerField()


class MessageViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Payload]):
    """Messages as received; for who may edit intake."""

    serializer_class = MessageOut
    queryset = Payload.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = dict.fromkeys(
        ("list", "retrieve", "retry", "retry_all", "drop", "bring_back", "take"), Can.EDIT_INTAKE
    )

    def get_queryset(self) -> QuerySet[Payload]:
        """Messages as they are shown; bodies only one by one."""
        if self.action != "list":
            rows = Payload.objects.select_related("source", "form")
        else:
            asked = read_query(MessageQuery, self.request)
            rows = selectors.messages(source_id=asked.get("source"), state=asked.get("state", ""))
        return rows.fetch_mode(FETCH_RAISE)

    def _payload(self, pk: str) -> Payload:
        return get_object_or_404(Payload, pk=pk)

    def _shown(self, pk: int) -> Response:
        return Response(MessageFull(Payload.objects.select_related("source", "form").get(pk=pk)).data)

    @extend_schema(
        tags=["intake"],
        summary="List messages, newest first",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=Payload.State.values),
            OpenApiParameter("source", OpenApiTypes.INT),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["intake"], summary="Read a message", responses=MessageFull)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """With its body."""
        return Response(MessageFull(get_object_or_404(self.get_queryset(), pk=pk)).data)

    @extend_schema(tags=["intake"], summary="Try a message again", request=None, responses=MessageFull)
    @action(detail=True, methods=["post"], url_path="try-again")
    def retry(self, request: Request, pk: str) -> Response:
        """By the mapping and the agreement of now. The message as it is then."""
        return self._shown(handling.retry(payload=self._payload(pk), by=caller(request)).pk)

    @extend_schema(
        tags=["intake"], summary="Make a lead of what looked like spam", request=None, responses=MessageFull
    )
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Somebody says that a person sent it. The message as it is then, with its lead."""
        return self._shown(submissions.take_after_all(payload=self._payload(pk), by=caller(request)).pk)

    @extend_schema(tags=["intake"], summary="Drop a message", request=None, responses=MessageFull)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        """No lead shall come of it; it is kept."""
        return self._shown(handling.drop(payload=self._payload(pk), by=caller(request)).pk)

    @extend_schema(
        tags=["intake"], summary="Bring a dropped message back", request=None, responses=MessageFull
    )
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """It is what it was before."""
        return self._shown(handling.bring_back(payload=self._payload(pk), by=caller(request)).pk)

    @extend_schema(
        tags=["intake"],
        summary="Try everything again that could not be read",
        operation_id="messages_try_all_again",
        request=MessagesRetryIn,
        responses=MessagesTried,
        examples=[OpenApiExample("Of one source", value={"source": 3}, request_only=True)],
    )
    @action(detail=False, methods=["post"], url_path="try-again", pagination_class=None)
    def retry_all(self, request: Request) -> Response:
        """A worker does it; read the list again."""
        number = read(MessagesRetryIn, request)["source"]
        source = Source.objects.filter(pk=number).first() if number is not None else None
        if number is not None and source is None:
            raise Invalid(_("There is no such source."), field="source")
        return Response({"count": handling.retry_all(by=caller(request), source=source)})
