"""When joint meetings are, over the API: series, meetings, who comes, and one's own calendar."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.api import (
    MOST_ID,
    Day,
    Days,
    Instant,
    Named,
    Strict,
    Version,
    etag,
    expected_version,
    read,
    read_query,
)
from leadsync.meetings.domain.recurrence import instant
from leadsync.meetings.models import Attendance, Meeting, Series
from leadsync.meetings.selectors import series as selectors
from leadsync.meetings.services import attendance, feeds, planning
from leadsync.meetings.services import series as services
from leadsync.meetings.views.feed import address

MINUTES_OF_DAY = 60


class SeriesOut(serializers.Serializer[Series]):
    """A meeting that comes again."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    name = serializers.CharField()
    rule = serializers.CharField(help_text="RRULE of RFC 5545.")
    sentence = serializers.SerializerMethodField(help_text="The rule in your language.")
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    at = serializers.SerializerMethodField(help_text="Time of day in the company's zone.")
    minutes = serializers.IntegerField()
    place = serializers.CharField()
    is_active = serializers.BooleanField()
    people = Named(many=True)

    def get_sentence(self, series: Series) -> str:
        return selectors.sentence_of(series)

    def get_at(self, series: Series) -> str:
        return f"{series.at_minute // 60:02d}:{series.at_minute % 60:02d}"


class SeriesQuery(Strict):
    """Which series."""

    is_active = serializers.BooleanField(required=False)


def _people() -> serializers.ListField:
    return serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        max_length=planning.MOST_PEOPLE,
        help_text="Ids of people, somebody of each department at least.",
    )


class SeriesIn(Strict):
    """A series as a whole."""

    name = serializers.CharField(max_length=150)
    rule = serializers.CharField(max_length=300, help_text="Daily, weekly or monthly, without a time.")
    starts_on = Day()
    ends_on = Day(required=False, allow_null=True)
    at = serializers.RegexField(r"^([01][0-9]|2[0-3]):[0-5][0-9]$", help_text="24 hours, `09:00`.")
    minutes = serializers.IntegerField(
        min_value=planning.LEAST_MINUTES, max_value=planning.MOST_MINUTES, required=False
    )
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    people = _people()


class SeriesEdit(SeriesIn):
    """The whole series anew."""

    version = Version()


class SeriesEndIn(Strict):
    """Why it ends; may be left out."""

    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class AttendanceOut(serializers.Serializer[Attendance]):
    """Somebody who is asked, and whether they came."""

    person = Named()
    is_present = serializers.BooleanField(allow_null=True, help_text="Null: nobody has said.")


class MeetingOut(serializers.Serializer[Meeting]):
    """One meeting: when, where, how it stands, who comes."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    series = serializers.IntegerField(source="series_id", allow_null=True)
    planned_on = serializers.DateField(allow_null=True, help_text="The day its series gave it.")
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    place = serializers.CharField()
    state = serializers.ChoiceField(choices=Meeting.StateChoices.choices)
    is_moved = serializers.BooleanField()
    reason = serializers.CharField(help_text="Why it was moved or cancelled.")
    began_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    attendance = AttendanceOut(many=True)


class MeetingQuery(Days):
    """Which meetings."""

    state = serializers.ChoiceField(choices=Meeting.StateChoices.choices, required=False)
    series = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class MeetingIn(Strict):
    """One meeting without a series."""

    name = serializers.CharField(max_length=150)
    starts_at = Instant()
    minutes = serializers.IntegerField(
        min_value=planning.LEAST_MINUTES, max_value=planning.MOST_MINUTES, required=False
    )
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    people = _people()


class MeetingMoveIn(Strict):
    """Another time or place; what is left out stays."""

    starts_at = Instant(required=False)
    minutes = serializers.IntegerField(
        min_value=planning.LEAST_MINUTES, max_value=planning.MOST_MINUTES, required=False
    )
    place = serializers.CharField(max_length=300, required=False, allow_blank=True)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)
    version = Version()


class CancelIn(Strict):
    """Why it does not take place."""

    reason = serializers.CharField(max_length=300)


class AskedIn(Strict):
    """Who comes to this one meeting."""

    people = _people()


class CalendarOut(serializers.Serializer[Any]):
    """The private address of your calendar."""

    address = serializers.CharField(allow_null=True, help_text="Null until one is made. Keep it to yourself.")
    read_at = serializers.DateTimeField(allow_null=True, help_text="When a program last asked.")


def terms_of(body: dict[str, Any]) -> services.Terms:
    """What was sent, for the service."""
    hour, minute = body.pop("at").split(":")
    return services.Terms(at_minute=int(hour) * MINUTES_OF_DAY + int(minute), **body)


_EXAMPLE: Any = OpenApiExample(
    "Every Monday",
    value={
        "name": "Monday round",
        "rule": "FREQ=WEEKLY;BYDAY=MO",
        "starts_on": "2026-11-23",
        "at": "09:00",
        "people": [5, 9],
    },
    request_only=True,
)


class SeriesViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Series]):
    """Series: everyone reads them, who runs meetings changes them."""

    serializer_class = SeriesOut
    queryset = Series.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "put", "head", "options"]
    permissions: dict[str, Any] = dict.fromkeys(("create", "update", "end", "resume"), Can.RUN_MEETINGS)

    def get_queryset(self) -> QuerySet[Series]:
        """Series as they are shown; the list cut to what is asked."""
        rows = selectors.with_people(Series.objects.all())
        return rows.filter(**read_query(SeriesQuery, self.request)) if self.action == "list" else rows

    def _shown(self, pk: int, status: int = 200) -> Response:
        found = selectors.with_people(Series.objects.all()).get(pk=pk)
        return Response(SeriesOut(found).data, status=status, headers=etag(found.version))

    @extend_schema(
        tags=["meetings"],
        summary="List series of meetings, newest first",
        parameters=[OpenApiParameter("is_active", OpenApiTypes.BOOL, description="False: those that ended.")],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["meetings"], summary="Read a series of meetings")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(SeriesOut(found).data, headers=etag(found.version))

    @extend_schema(
        tags=["meetings"],
        summary="Plan a series of meetings",
        request=SeriesIn,
        responses={201: SeriesOut},
        examples=[_EXAMPLE],
    )
    def create(self, request: Request) -> Response:
        """Its meetings of the next eight weeks are there at once. Days on which nobody works are left out."""
        made = services.create(by=caller(request), terms=terms_of(read(SeriesIn, request)))
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["meetings"],
        summary="Change a series of meetings",
        request=SeriesEdit,
        responses=SeriesOut,
        examples=[
            OpenApiExample(
                "The first Monday of each month",
                value=_EXAMPLE.value | {"rule": "FREQ=MONTHLY;BYDAY=1MO", "version": 1},
                request_only=True,
            )
        ],
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    def update(self, request: Request, pk: str) -> Response:
        """The whole series anew; needs the version that you read. Meetings that were moved or cancelled stay."""
        found = get_object_or_404(Series, pk=pk)
        body = read(SeriesEdit, request)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        services.edit(series=found, by=caller(request), version=version, terms=terms_of(body))
        return self._shown(found.pk)

    @extend_schema(
        tags=["meetings"], summary="End a series of meetings", request=SeriesEndIn, responses=SeriesOut
    )
    @action(detail=True, methods=["post"], url_path="end")
    def end(self, request: Request, pk: str) -> Response:
        """No further meeting takes place; what was held stays."""
        found = get_object_or_404(Series, pk=pk)
        services.end(series=found, by=caller(request), reason=read(SeriesEndIn, request).get("reason", ""))
        return self._shown(found.pk)

    @extend_schema(tags=["meetings"], summary="Start a series again", request=None, responses=SeriesOut)
    @action(detail=True, methods=["post"], url_path="resume")
    def resume(self, request: Request, pk: str) -> Response:
        """The way back of ending it."""
        found = get_object_or_404(Series, pk=pk)
        services.resume(series=found, by=caller(request))
        return self._shown(found.pk)


class MeetingViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Meeting]):
    """Meetings: everyone reads them, who runs meetings changes them."""

    serializer_class = MeetingOut
    queryset = Meeting.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "put", "head", "options"]
    permissions: dict[str, Any] = dict.fromkeys(
        ("create", "move", "cancel", "bring_back", "ask"), Can.RUN_MEETINGS
    )

    def get_queryset(self) -> QuerySet[Meeting]:
        """Meetings as they are shown; the list cut to what is asked."""
        rows = Meeting.objects.prefetch_related("attendance__person")
        if self.action != "list":
            return rows
        asked, zone = read_query(MeetingQuery, self.request), company().tz
        if "from" in asked:
            rows = rows.filter(starts_at__gte=instant(asked.pop("from"), 0, zone))
        if "to" in asked:
            rows = rows.filter(starts_at__lt=instant(asked.pop("to") + timedelta(days=1), 0, zone))
        return rows.filter(**asked)

    def _found(self, pk: str) -> Meeting:
        return get_object_or_404(Meeting, pk=pk)

    def _shown(self, pk: int, status: int = 200) -> Response:
        found = Meeting.objects.prefetch_related("attendance__person").get(pk=pk)
        return Response(MeetingOut(found).data, status=status, headers=etag(found.version))

    @extend_schema(
        tags=["meetings"],
        summary="List meetings, the last planned first",
        parameters=[
            OpenApiParameter("state", OpenApiTypes.STR, enum=list(Meeting.StateChoices.values)),
            OpenApiParameter("series", OpenApiTypes.INT, description="Of this series."),
            OpenApiParameter("from", OpenApiTypes.DATE, description="On this day or later."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="On this day or before."),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["meetings"], summary="Read a meeting")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(MeetingOut(found).data, headers=etag(found.version))

    @extend_schema(
        tags=["meetings"],
        summary="Plan one meeting",
        request=MeetingIn,
        responses={201: MeetingOut},
        examples=[
            OpenApiExample(
                "After a fair",
                value={
                    "name": "After Metal Expo",
                    "starts_at": "2026-11-25T13:00:00+01:00",
                    "people": [5, 9],
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """A meeting without a series. Everybody who is asked is told."""
        made = planning.plan_one(by=caller(request), **read(MeetingIn, request))
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["meetings"],
        summary="Move a meeting",
        request=MeetingMoveIn,
        responses=MeetingOut,
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    @action(detail=True, methods=["post"], url_path="move")
    def move(self, request: Request, pk: str) -> Response:
        """Another time or place for this one; its series leaves it alone then. Everybody who is asked is told."""
        found, body = self._found(pk), read(MeetingMoveIn, request)
        version = expected_version(request, body.pop("version", None))
        said: dict[str, Any] = {
            "starts_at": found.starts_at,
            "minutes": found.minutes,
            "place": found.place,
        } | body
        planning.move(meeting=found, by=caller(request), version=version, **said)
        return self._shown(found.pk)

    @extend_schema(tags=["meetings"], summary="Cancel a meeting", request=CancelIn, responses=MeetingOut)
    @action(detail=True, methods=["post"], url_path="cancel")
    def cancel(self, request: Request, pk: str) -> Response:
        """It does not take place. Everybody who is asked is told."""
        found = self._found(pk)
        planning.cancel(meeting=found, by=caller(request), **read(CancelIn, request))
        return self._shown(found.pk)

    @extend_schema(
        tags=["meetings"], summary="Bring a cancelled meeting back", request=None, responses=MeetingOut
    )
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """The way back of cancelling, until its time is over."""
        found = self._found(pk)
        planning.bring_back(meeting=found, by=caller(request))
        return self._shown(found.pk)

    @extend_schema(
        tags=["meetings"], summary="Say who comes to a meeting", request=AskedIn, responses=MeetingOut
    )
    @action(detail=True, methods=["put"], url_path="people")
    def ask(self, request: Request, pk: str) -> Response:
        """For this one meeting, whatever its series says."""
        found = self._found(pk)
        attendance.ask(meeting=found, by=caller(request), **read(AskedIn, request))
        return self._shown(found.pk)


class CalendarView(APIView):
    """The private address of one's own calendar."""

    permissions: dict[str, Any] = {"get": None, "post": None}

    def _shown(self, request: Request, status: int = 200) -> Response:
        found = feeds.feed_of(caller(request))
        shown: dict[str, str | datetime | None] = {
            "address": address(feeds.token_of(found)) if found else None,
            "read_at": found.read_at if found else None,
        }
        return Response(CalendarOut(shown).data, status=status, headers={"Cache-Control": "no-store"})

    @extend_schema(tags=["meetings"], summary="Read the address of your calendar", responses=CalendarOut)
    def get(self, request: Request) -> Response:
        """The address of an iCalendar file that programs subscribe to."""
        return self._shown(request)

    @extend_schema(
        tags=["meetings"],
        summary="Make a new address for your calendar",
        request=None,
        responses={201: OpenApiResponse(CalendarOut, description="The old one opens nothing any more.")},
    )
    def post(self, request: Request) -> Response:
        """The first address, or a new one instead."""
        feeds.renew(by=caller(request))
        return self._shown(request, status=201)
