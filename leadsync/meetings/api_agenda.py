"""What happens in joint meetings over the API: points handed in, agendas, decisions, minutes."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Day, Named, Strict, Version, etag, expected_version, read, read_query
from leadsync.core.errors import Invalid
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.selectors import agenda as selectors
from leadsync.meetings.selectors import decisions as decision_selectors
from leadsync.meetings.selectors.agenda import Shown
from leadsync.meetings.services import agenda as agenda_services
from leadsync.meetings.services import decisions, minutes, points

HANDED_IN = [Point.SourceChoices.PROBLEM.value, Point.SourceChoices.NEED.value]
TAGS = ["meetings"]


class HandedInOut(serializers.Serializer[Point]):
    """A problem or a need that somebody handed in."""

    id = serializers.IntegerField()
    source = serializers.ChoiceField(choices=HANDED_IN)  # type: ignore[assignment]  # a field of this name
    text = serializers.CharField()
    about = serializers.CharField(source="url", help_text="The page it is about; empty for none.")
    state = serializers.ChoiceField(choices=Point.StateChoices.choices)
    meeting = serializers.IntegerField(
        source="meeting_id", allow_null=True, help_text="Null: it waits for the next one."
    )
    by = Named(allow_null=True, help_text="Null: handed in without a name.")
    at = serializers.DateTimeField(help_text="Without a name: the beginning of that day.")


class HandInIn(Strict):
    """A problem or a need for the next joint meeting."""

    source = serializers.ChoiceField(choices=HANDED_IN)  # type: ignore[assignment]  # a field of this name
    text = serializers.CharField(max_length=points.LONGEST)
    is_anonymous = serializers.BooleanField(
        default=False, help_text="Who it was is stored nowhere then, and of the time only the day."
    )
    about = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        help_text="`/leads/7/`, `/campaigns/7/`, `/questions/7/`.",
    )


class HandedInQuery(Strict):
    """Which points."""

    show = serializers.ChoiceField(choices=["waiting", "mine"], required=False)


class MeetingDecisionOut(serializers.Serializer[Decision]):
    """Who does what until when."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    meeting = serializers.IntegerField(source="meeting_id")
    point = serializers.SerializerMethodField(help_text="The key of its point; see the agenda.")
    text = serializers.CharField()
    owner = Named()
    due_on = serializers.DateField()
    state = serializers.ChoiceField(choices=Decision.StateChoices.choices)
    at = serializers.DateTimeField()
    by = Named()
    done_at = serializers.DateTimeField(allow_null=True)
    done_by = Named(allow_null=True)
    done_note = serializers.CharField(help_text="What was done, or why it is no longer needed.")

    def get_point(self, decision: Decision) -> str:
        return decision_selectors.key_of(decision.point)


class DecisionQuery(Strict):
    """Which decisions."""

    show = serializers.ChoiceField(choices=["open", "mine", "done"], required=False)


class MeetingDecisionEdit(Strict):
    """The whole decision anew."""

    text = serializers.CharField(max_length=decisions.LONGEST)
    owner = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="Id of a person.")
    due_on = Day()
    version = Version()


class MeetingDecisionIn(Strict):
    """A decision about a point."""

    point = serializers.CharField(max_length=200, help_text="The key of a point of the agenda.")
    text = serializers.CharField(max_length=decisions.LONGEST)
    owner = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="Id of a person.")
    due_on = Day()


class DecisionEnd(Strict):
    """What was done, or why it is no longer needed."""

    note = serializers.CharField(max_length=decisions.LONGEST)


class PointNoteIn(Strict):
    """What was said about a point."""

    point = serializers.CharField(max_length=200, help_text="The key of a point of the agenda.")
    note = serializers.CharField(max_length=points.LONGEST_NOTE, allow_blank=True)
    was = serializers.CharField(
        max_length=points.LONGEST_NOTE,
        required=False,
        allow_blank=True,
        help_text="The note that you read. Another one meanwhile: 409.",
    )


class PointStateIn(Strict):
    """What becomes of a point without a decision."""

    point = serializers.CharField(max_length=200, help_text="The key of a point of the agenda.")
    state = serializers.ChoiceField(choices=["open", "done", "carried"])


class CameIn(Strict):
    """Whether somebody came."""

    person = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    is_present = serializers.BooleanField(allow_null=True)


class SuggestionOut(serializers.Serializer[Any]):
    """What a decision would begin with."""

    text = serializers.CharField()
    owner = serializers.IntegerField(source="owner_id")
    due_on = serializers.DateField()


class AgendaPointOut(serializers.Serializer[Shown]):
    """A point of an agenda."""

    key = serializers.CharField(help_text="The same before and after the meeting begins.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field of this name
        choices=Point.SourceChoices.choices, source="item.source"
    )
    title = serializers.CharField(source="words.title")
    text = serializers.CharField(source="words.text")
    url = serializers.CharField(source="item.url")
    cost_minutes = serializers.IntegerField(
        source="item.cost_minutes", help_text="Working time it takes of people while it stands."
    )
    since = serializers.DateTimeField(source="item.at")
    state = serializers.SerializerMethodField()
    note = serializers.SerializerMethodField()
    is_settled = serializers.BooleanField(help_text="The fact behind it is in order meanwhile.")
    decisions = MeetingDecisionOut(many=True)
    suggestion = SuggestionOut(allow_null=True, help_text="For those who run meetings.")

    def get_state(self, one: Shown) -> str:
        return str(one.point.state) if one.point else str(Point.StateChoices.OPEN)

    def get_note(self, one: Shown) -> str:
        return one.point.note if one.point else ""


class AgendaOut(serializers.Serializer[Any]):
    """A meeting with its points, the costliest first."""

    id = serializers.IntegerField(source="meeting.pk")
    name = serializers.CharField(source="meeting.name")
    starts_at = serializers.DateTimeField(source="meeting.starts_at")
    state = serializers.ChoiceField(choices=Meeting.StateChoices.choices, source="meeting.state")
    began_at = serializers.DateTimeField(source="meeting.began_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="meeting.ended_at", allow_null=True)
    sent_at = serializers.DateTimeField(source="meeting.sent_at", allow_null=True)
    is_corrected = serializers.BooleanField(help_text="Changed since the minutes were sent.")
    new = serializers.IntegerField(help_text="Points that came up since it began and can be added.")
    points = AgendaPointOut(many=True)


class SentOut(serializers.Serializer[Any]):
    """What sending the minutes did."""

    people = serializers.IntegerField()
    is_new = serializers.BooleanField(help_text="False: this version was out already, nobody got it twice.")
    is_correction = serializers.BooleanField()


def _person(pk: int) -> User:
    found = User.objects.filter(pk=pk).first()
    if found is None:
        raise Invalid(_("There is no such person."), field="owner")
    return found


class HandedInViewSet(ListModelMixin, GenericViewSet[Point]):
    """What people hand in for the next joint meeting."""

    serializer_class = HandedInOut
    queryset = Point.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.HAND_IN,
        "withdraw": Can.HAND_IN,
        "bring_back": Can.HAND_IN,
    }

    def get_queryset(self) -> QuerySet[Point]:
        """Points as they are shown; the list cut to what is asked."""
        rows = Point.objects.filter(source__in=rules.HANDED_IN).select_related("by")
        if self.action == "list":
            show = read_query(HandedInQuery, self.request).get("show", "waiting")
            if show == "mine":
                return rows.filter(by=caller(self.request))
            return rows.filter(meeting=None, state=Point.StateChoices.OPEN)
        return rows

    @extend_schema(
        tags=TAGS,
        summary="List what was handed in, newest first",
        parameters=[
            OpenApiParameter(
                "show",
                OpenApiTypes.STR,
                enum=["waiting", "mine"],
                description="`waiting` (default): what no meeting has talked about. `mine`: by your name.",
            )
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=TAGS,
        summary="Hand in a problem or a need",
        request=HandInIn,
        responses={201: HandedInOut},
        examples=[
            OpenApiExample(
                "Without a name",
                value={
                    "source": "problem",
                    "text": "Calls of one list are wrong numbers.",
                    "is_anonymous": True,
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """It waits for the next meeting. Sent twice it is one point."""
        made = points.hand_in(by=caller(request), **read(HandInIn, request))
        return Response(HandedInOut(made).data, status=201)

    @extend_schema(tags=TAGS, summary="Take back what you handed in", request=None, responses=HandedInOut)
    @action(detail=True, methods=["post"], url_path="withdraw")
    def withdraw(self, request: Request, pk: str) -> Response:
        """By who handed it in with a name, as long as it waits."""
        point = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(HandedInOut(points.withdraw(point=point, by=caller(request))).data)

    @extend_schema(
        tags=TAGS, summary="Hand in again what was taken back", request=None, responses=HandedInOut
    )
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """The way back of taking it back."""
        point = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(HandedInOut(points.bring_back(point=point, by=caller(request))).data)


class AgendaViewSet(GenericViewSet[Meeting]):
    """Agendas of meetings, by the meeting's id."""

    serializer_class = AgendaOut
    queryset = Meeting.objects.all()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "head", "options"]
    permissions: dict[str, Any] = dict.fromkeys(
        ("begin", "put_back", "pull_in", "decide", "note", "settle", "present", "end", "go_on", "send"),
        Can.RUN_MEETINGS,
    )

    def _meeting(self, pk: str) -> Meeting:
        return get_object_or_404(selectors.visible_to(caller(self.request)), pk=pk)

    def _shown(self, meeting: Meeting) -> Response:
        fresh = Meeting.objects.get(pk=meeting.pk)
        agenda = selectors.agenda_of(fresh, caller(self.request))
        for one in agenda.points:
            for decision in one.decisions:
                decision.point = one.point or decision.point
        return Response(AgendaOut(agenda).data)

    @extend_schema(tags=TAGS, summary="Read the agenda of a meeting")
    def retrieve(self, request: Request, pk: str) -> Response:
        """Read live from the facts until the meeting begins, then as it was written down."""
        return self._shown(self._meeting(pk))

    @extend_schema(tags=TAGS, summary="Begin a meeting", request=None, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="begin")
    def begin(self, request: Request, pk: str) -> Response:
        """Open facts and what was handed in become its points. Twice is once."""
        return self._shown(agenda_services.begin(meeting=self._meeting(pk), by=caller(request)))

    @extend_schema(tags=TAGS, summary="Take beginning back", request=None, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="put-back")
    def put_back(self, request: Request, pk: str) -> Response:
        """As long as nothing was decided or noted."""
        return self._shown(agenda_services.put_back(meeting=self._meeting(pk), by=caller(request)))

    @extend_schema(tags=TAGS, summary="Add what came up since it began", request=None, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="pull-in")
    def pull_in(self, request: Request, pk: str) -> Response:
        """Behind the points that are there. Twice adds nothing twice."""
        meeting = self._meeting(pk)
        agenda_services.pull_in(meeting=meeting, by=caller(request))
        return self._shown(meeting)

    @extend_schema(
        tags=TAGS,
        summary="Record a decision",
        request=MeetingDecisionIn,
        responses={201: MeetingDecisionOut},
        examples=[
            OpenApiExample(
                "Stop it",
                value={
                    "point": "alert:gate_failed:12",
                    "text": "Stop the campaign",
                    "owner": 5,
                    "due_on": "2026-11-27",
                },
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="decisions")
    def decide(self, request: Request, pk: str) -> Response:
        """About one of its points. The first one begins the meeting. Sent twice it is one decision."""
        body = read(MeetingDecisionIn, request)
        made = decisions.record(
            meeting=self._meeting(pk),
            key=body["point"],
            text=body["text"],
            owner=_person(body["owner"]),
            due_on=body["due_on"],
            by=caller(request),
        )
        return Response(MeetingDecisionOut(made).data, status=201, headers=etag(made.version))

    @extend_schema(
        tags=TAGS, summary="Write down what was said about a point", request=PointNoteIn, responses=AgendaOut
    )
    @action(detail=True, methods=["post"], url_path="notes")
    def note(self, request: Request, pk: str) -> Response:
        """An empty note takes it away."""
        body, meeting = read(PointNoteIn, request), self._meeting(pk)
        points.note(
            meeting=meeting, key=body["point"], text=body["note"], was=body.get("was"), by=caller(request)
        )
        return self._shown(meeting)

    @extend_schema(
        tags=TAGS,
        summary="No decision needed, next time, or open again",
        request=PointStateIn,
        responses=AgendaOut,
    )
    @action(detail=True, methods=["post"], url_path="settle")
    def settle(self, request: Request, pk: str) -> Response:
        """What becomes of a point without a decision."""
        body, meeting = read(PointStateIn, request), self._meeting(pk)
        points.settle(meeting=meeting, key=body["point"], state=body["state"], by=caller(request))
        return self._shown(meeting)

    @extend_schema(tags=TAGS, summary="Say whether somebody came", request=CameIn, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="present")
    def present(self, request: Request, pk: str) -> Response:
        """From the day of the meeting on; it stands in the minutes."""
        body, meeting = read(CameIn, request), self._meeting(pk)
        minutes.set_present(
            meeting=meeting,
            person=_person(body["person"]),
            is_present=body["is_present"],
            by=caller(request),
        )
        return self._shown(meeting)

    @extend_schema(tags=TAGS, summary="End a meeting", request=None, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="end")
    def end(self, request: Request, pk: str) -> Response:
        """Points nobody talked about are for next time. Sending the minutes ends it, too."""
        return self._shown(minutes.end(meeting=self._meeting(pk), by=caller(request)))

    @extend_schema(tags=TAGS, summary="Let a meeting go on", request=None, responses=AgendaOut)
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, pk: str) -> Response:
        """The way back of ending it, until the minutes are sent."""
        return self._shown(minutes.go_on(meeting=self._meeting(pk), by=caller(request)))

    @extend_schema(tags=TAGS, summary="Send the minutes", request=None, responses=SentOut)
    @action(detail=True, methods=["post"], url_path="minutes")
    def send(self, request: Request, pk: str) -> Response:
        """To everyone asked, once a version; a meeting that goes on is over by it."""
        return Response(SentOut(minutes.send(meeting=self._meeting(pk), by=caller(request))).data)


class DecisionViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Decision]):
    """What joint meetings decided."""

    serializer_class = MeetingDecisionOut
    queryset = Decision.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "put", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "update": Can.RUN_MEETINGS,
        "destroy": Can.RUN_MEETINGS,
        "done": None,  # who does it, too: the service knows
        "drop": None,
        "reopen": None,
    }

    def get_queryset(self) -> QuerySet[Decision]:
        """Decisions as they are shown; the list cut to what is asked."""
        person = caller(self.request)
        rows = decision_selectors.visible_to(person)
        if self.action == "list":
            show = read_query(DecisionQuery, self.request).get("show")
            is_open = Decision.StateChoices.OPEN
            if show == "done":
                rows = rows.exclude(state=is_open)
            elif show:
                rows = rows.filter(state=is_open)
            if show == "mine":
                rows = rows.filter(owner=person)
        return rows.select_related("owner", "by", "done_by", "point", "meeting")

    def _shown(self, decision: Decision) -> Response:
        return Response(MeetingDecisionOut(decision).data, headers=etag(decision.version))

    def _found(self, pk: str) -> Decision:
        return get_object_or_404(self.get_queryset(), pk=pk)

    @extend_schema(
        tags=TAGS,
        summary="List decisions, newest first",
        parameters=[
            OpenApiParameter(
                "show",
                OpenApiTypes.STR,
                enum=["open", "mine", "done"],
                description="`mine`: open and yours to do. Nothing: all.",
            )
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=TAGS, summary="Read a decision")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        return self._shown(self._found(pk))

    @extend_schema(
        tags=TAGS,
        summary="Change a decision",
        request=MeetingDecisionEdit,
        responses=MeetingDecisionOut,
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    def update(self, request: Request, pk: str) -> Response:
        """The whole decision anew; needs the version that you read. After the minutes it is a correction."""
        found, body = self._found(pk), read(MeetingDecisionEdit, request)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        decisions.edit(
            decision=found,
            text=body["text"],
            owner=_person(body["owner"]),
            due_on=body["due_on"],
            version=version,
            by=caller(request),
        )
        return self._shown(self._found(pk))

    @extend_schema(tags=TAGS, summary="Take a decision out", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """A slip: until the minutes are sent."""
        decisions.remove(decision=self._found(pk), by=caller(request))
        return Response(status=204)

    @extend_schema(
        tags=TAGS, summary="Say that a decision is done", request=DecisionEnd, responses=MeetingDecisionOut
    )
    @action(detail=True, methods=["post"], url_path="done")
    def done(self, request: Request, pk: str) -> Response:
        """By who does it, or who runs meetings; `note` says what was done."""
        decisions.finish(decision=self._found(pk), by=caller(request), **read(DecisionEnd, request))
        return self._shown(self._found(pk))

    @extend_schema(
        tags=TAGS,
        summary="Say that a decision is no longer needed",
        request=DecisionEnd,
        responses=MeetingDecisionOut,
    )
    @action(detail=True, methods=["post"], url_path="drop")
    def drop(self, request: Request, pk: str) -> Response:
        """By who does it, or who runs meetings; `note` says why."""
        decisions.drop(decision=self._found(pk), by=caller(request), **read(DecisionEnd, request))
        return self._shown(self._found(pk))

    @extend_schema(tags=TAGS, summary="Open a decision again", request=None, responses=MeetingDecisionOut)
    @action(detail=True, methods=["post"], url_path="reopen")
    def reopen(self, request: Request, pk: str) -> Response:
        """By who does it, or who runs meetings."""
        decisions.reopen(decision=self._found(pk), by=caller(request))
        return self._shown(self._found(pk))
