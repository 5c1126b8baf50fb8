"""One's own notices over the API: what the bell shows, read and muted."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.core.api import MOST_ID, Strict, read, read_query
from leadsync.notices import choices, selectors, services
from leadsync.notices.models import Notice

MOST_READ = 500


class NoticeOut(serializers.Serializer[Notice]):
    """A notice in the person's language. `thread` is what `mute/` takes; empty: it cannot be muted."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    at = serializers.DateTimeField(source="created_at")
    url = serializers.CharField(help_text="The page it leads to.")
    read_at = serializers.DateTimeField(allow_null=True)
    thread = serializers.SerializerMethodField()
    is_muted = serializers.BooleanField()

    @extend_schema_field(OpenApiTypes.STR)
    def get_title(self, notice: Notice) -> str:
        return selectors.line(notice).words.title

    @extend_schema_field(OpenApiTypes.STR)
    def get_text(self, notice: Notice) -> str:
        return selectors.line(notice).words.text

    @extend_schema_field(OpenApiTypes.STR)
    def get_thread(self, notice: Notice) -> str:
        return selectors.line(notice).thread


class Unread(serializers.Serializer[Any]):
    """What the bell counts: muted threads are not."""

    unread = serializers.IntegerField()


class NothingAsked(Strict):
    """The list has no filters."""


class ReadIn(Strict):
    """Which notices were read."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        max_length=MOST_READ,
        allow_null=True,
        help_text="Null: all of them.",
    )


class MuteIn(Strict):
    """A thread, and whether to hear of it."""

    thread = serializers.CharField(max_length=300)
    is_muted = serializers.BooleanField()


class NoticeViewSet(ListModelMixin, GenericViewSet[Notice]):
    """One's own notices, nobody else's."""

    serializer_class = NoticeOut
    queryset = Notice.objects.none()
    filter_backends = ()
    permissions: dict[str, Any] = {"mark_read": None, "mute": None}

    def get_queryset(self) -> QuerySet[Notice]:
        """Newest first, with whether the thread is muted."""
        read_query(NothingAsked, self.request)
        return selectors.notices_of(caller(self.request))

    def _count(self, request: Request) -> Response:
        return Response({"unread": selectors.unread(caller(request)).count()})

    @extend_schema(tags=["people"], summary="List one's notices, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["people"], summary="Count what is unread", responses=Unread, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def unread(self, request: Request) -> Response:
        """The number at the bell."""
        return self._count(request)

    @extend_schema(
        tags=["people"],
        summary="Mark notices as read",
        request=ReadIn,
        responses=Unread,
        examples=[OpenApiExample("Two of them", value={"ids": [7, 8]}, request_only=True)],
    )
    @action(detail=False, methods=["post"], url_path="read")
    def mark_read(self, request: Request) -> Response:
        """What is left unread. Other people's notices are passed over."""
        services.mark_read(person=caller(request), ids=read(ReadIn, request)["ids"])
        return self._count(request)

    @extend_schema(
        tags=["people"],
        summary="Mute a thread, or hear of it again",
        request=MuteIn,
        responses=Unread,
        examples=[
            OpenApiExample("A lead", value={"thread": "/leads/7/", "is_muted": True}, request_only=True)
        ],
    )
    @action(detail=False, methods=["post"])
    def mute(self, request: Request) -> Response:
        """Muted, it stays in the list, is not counted and not mailed. Unmuted, what came meanwhile is read."""
        body = read(MuteIn, request)
        act = choices.mute if body["is_muted"] else choices.unmute
        act(by=caller(request), url=body["thread"])
        return self._count(request)
