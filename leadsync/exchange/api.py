"""The exchange log, bookings, lights and wins over the API: the same rules as the pages."""

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
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from leads.models import Lead
from leadsync.accounts.access import check
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.api import MOST_ID, Day, Instant, Named, Strict, read, read_query
from leadsync.core.errors import Invalid, NotFound
from leadsync.exchange.domain import rules
from leadsync.exchange.domain.light import Light, Quarter
from leadsync.exchange.domain.rules import days_to_sale
from leadsync.exchange.models import Booking, Entry, KindChoices, Win
from leadsync.exchange.selectors import bookings as booking_selectors
from leadsync.exchange.selectors import entries as entry_selectors
from leadsync.exchange.selectors import lights as light_selectors
from leadsync.exchange.selectors import wins as win_selectors
from leadsync.exchange.selectors.entries import EntryFilter
from leadsync.exchange.services import bookings, entries, wins

QUARTER = r"^20[0-9]{2}-Q[1-4]$"
DIGITS = "[0-9]{1,18}"


def person_id(**options: Any) -> serializers.IntegerField:
    """A colleague by id."""
    return serializers.IntegerField(min_value=1, max_value=MOST_ID, **options)


def _colleague(pk: int | None) -> User | None:
    """Raises `Invalid` for an id that is nobody's."""
    if pk is None:
        return None
    found = User.objects.filter(pk=pk, is_former=False).first()
    if found is None:
        raise Invalid(_("There is no such colleague."), field="partner")
    return found


def _lead(pk: int | None, person: User) -> Lead | None:
    """Raises `Invalid` for an id of no lead."""
    if pk is None:
        return None
    found = Lead.objects.visible_to(person).filter(pk=pk, erased_at=None).first()
    if found is None:
        raise Invalid(_("There is no such lead."), field="lead")
    return found


# ---------------------------------------------------------------------------------------------- the log


class LearnedOut(serializers.Serializer[Entry]):
    """One entry of the log: what somebody learned at the other department."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KindChoices.choices)
    on = serializers.DateField()
    by = Named()
    partner = Named(allow_null=True)
    lead = serializers.IntegerField(source="lead_id", allow_null=True)
    learned = serializers.CharField()
    at = serializers.DateTimeField(
        help_text="When it was written; for a day from then its author can change it."
    )


class LearnedIn(Strict):
    """What was learned, from whom."""

    kind = serializers.ChoiceField(choices=KindChoices.choices)
    on = Day()
    partner = person_id(required=False, allow_null=True, help_text="With whom: an id of people.")
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)
    learned = serializers.CharField(max_length=rules.MOST_LEARNED)


class LearnedQuery(Strict):
    """Which entries."""

    q = serializers.CharField(max_length=100, required=False)
    kind = serializers.ChoiceField(choices=KindChoices.choices, required=False)
    person = person_id(required=False)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    quarter = serializers.RegexField(QUARTER, required=False)


class EntryViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Entry]):
    """The log: everyone reads and writes it; an entry is changed by its author, for a day."""

    serializer_class = LearnedOut
    queryset = Entry.objects.none()
    lookup_value_regex = DIGITS
    filter_backends = ()
    http_method_names = ["get", "post", "put", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.LOG_EXCHANGE,
        "update": Can.LOG_EXCHANGE,
        "destroy": Can.LOG_EXCHANGE,
    }

    def get_queryset(self) -> QuerySet[Entry]:
        """Entries with people at hand; the list cut to what is asked."""
        if self.action != "list":
            return entry_selectors.entries()
        asked = read_query(LearnedQuery, self.request)
        quarter = Quarter.named(asked.pop("quarter", ""))
        return entry_selectors.cut(EntryFilter(text=asked.pop("q", ""), quarter=quarter, **asked))

    @extend_schema(
        tags=["exchange"],
        summary="List what people learned, newest first",
        parameters=[
            OpenApiParameter("q", OpenApiTypes.STR, description="Words of what was learned, or of a name."),
            OpenApiParameter("kind", OpenApiTypes.STR, enum=KindChoices.values),
            OpenApiParameter("person", OpenApiTypes.INT, description="Who learned, or with whom."),
            OpenApiParameter("lead", OpenApiTypes.INT),
            OpenApiParameter("quarter", OpenApiTypes.STR, description="Like 2026-Q4."),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """By when it was written."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["exchange"], summary="Read one entry")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["exchange"],
        summary="Write what was learned",
        request=LearnedIn,
        responses={201: LearnedOut},
        examples=[
            OpenApiExample(
                "A call heard",
                value={
                    "kind": "call",
                    "on": "2026-11-20",
                    "partner": 5,
                    "learned": "They ask for the delivery time before the price.",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """The same entry sent twice is one."""
        entry = entries.write(by=caller(request), **_typed(read(LearnedIn, request), request))
        return self._shown(entry.pk, 201)

    @extend_schema(tags=["exchange"], summary="Change an own entry", request=LearnedIn, responses=LearnedOut)
    def update(self, request: Request, pk: str) -> Response:
        """The whole entry anew, within a day; later: 409."""
        entry = get_object_or_404(Entry, pk=pk)
        entries.edit(entry=entry, by=caller(request), **_typed(read(LearnedIn, request), request))
        return self._shown(entry.pk)

    @extend_schema(tags=["exchange"], summary="Delete an own entry", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Within a day; later: 409."""
        entries.remove(entry=get_object_or_404(Entry, pk=pk), by=caller(request))
        return Response(status=204)

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(LearnedOut(entry_selectors.entries().get(pk=pk)).data, status=status)


def _typed(body: dict[str, Any], request: Request) -> dict[str, Any]:
    """What was sent, by the names of the service."""
    return body | {
        "partner": _colleague(body.get("partner")),
        "lead": _lead(body.get("lead"), caller(request)),
    }


# ---------------------------------------------------------------------------------------------- lights


class LightOut(serializers.Serializer[Any]):
    """One marketer in one quarter."""

    person = Named()
    quarter = serializers.CharField()
    light = serializers.ChoiceField(choices=[one.value for one in Light])
    heard = serializers.IntegerField(help_text="Calls heard in the quarter.")
    heard_before = serializers.IntegerField(help_text="Calls heard in the quarter before.")
    quota = serializers.IntegerField(help_text="As many as agreed.")
    others = serializers.IntegerField(help_text="Days, meetings and trainings of the quarter.")
    last_on = serializers.DateField(allow_null=True)


class LightsOut(serializers.Serializer[Any]):
    """The lights of a quarter."""

    results = LightOut(many=True)


class LightsQuery(Strict):
    """Which quarter."""

    quarter = serializers.RegexField(QUARTER, required=False)


class LightsView(APIView):
    """`/api/v1/lights/?quarter=2026-Q4`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["exchange"],
        operation_id="lights",
        summary="Read who heard calls",
        parameters=[
            OpenApiParameter(
                "quarter", OpenApiTypes.STR, description="Like 2026-Q4; this one where nothing is said."
            )
        ],
        responses=LightsOut,
    )
    def get(self, request: Request) -> Response:
        """All marketers for heads and the director; for a marketer the own light; nothing for others."""
        person = caller(request)
        quarter = Quarter.named(read_query(LightsQuery, request).get("quarter", ""))
        if person.can(Can.SEE_EXCHANGE):
            found = light_selectors.lights(quarter)
        elif light_selectors.own_light(person) is not None:
            found = light_selectors.lights(quarter, people=[person])
        else:
            found = []
        return Response(LightsOut({"results": found}).data)


# ---------------------------------------------------------------------------------------------- bookings


class BookingOut(serializers.Serializer[Booking]):
    """Something booked with a colleague."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KindChoices.choices)
    by = Named()
    partner = Named()
    starts_at = serializers.DateTimeField()
    minutes = serializers.IntegerField()
    note = serializers.CharField()
    state = serializers.ChoiceField(choices=Booking.StateChoices.choices)
    reason = serializers.CharField(help_text="Of whoever declined or cancelled.")
    answerer = serializers.SerializerMethodField(help_text="Whose turn it is, by id; null: nobody's.")
    entry = serializers.IntegerField(source="entry_id", allow_null=True, help_text="What was learned.")
    revision = serializers.IntegerField(help_text="Every change raises it.")

    def get_answerer(self, booking: Booking) -> int | None:
        is_asked = booking.state == Booking.StateChoices.ASKED
        return booking_selectors.answerer_id(booking) if is_asked else None


class BookingIn(Strict):
    """Whom to ask for which time."""

    partner = person_id()
    kind = serializers.ChoiceField(choices=KindChoices.choices, default=KindChoices.CALL.value)
    starts_at = Instant()
    minutes = serializers.IntegerField(min_value=5, max_value=rules.LONGEST_MINUTES, default=60)
    note = serializers.CharField(max_length=rules.MOST_NOTE, required=False, allow_blank=True)


class Revision(serializers.IntegerField):
    """The revision that the caller read."""

    def __init__(self) -> None:
        super().__init__(
            min_value=0,
            max_value=2**31 - 1,
            required=False,
            help_text="The revision that you read. Changed meanwhile: 409.",
        )


class BookingAgreeIn(Strict):
    """Take the time that was proposed."""

    revision = Revision()


class BookingReasonIn(Strict):
    """Why not, or why no longer."""

    reason = serializers.CharField(max_length=rules.MOST_NOTE, required=False, allow_blank=True)
    revision = Revision()


class BookingMoveIn(Strict):
    """Another time."""

    starts_at = Instant()
    minutes = serializers.IntegerField(min_value=5, max_value=rules.LONGEST_MINUTES, required=False)
    revision = Revision()


class BookingLearnedIn(Strict):
    """What was learned."""

    learned = serializers.CharField(max_length=rules.MOST_LEARNED)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)


class BookingQuery(Strict):
    """Which of one's own bookings."""

    state = serializers.ChoiceField(choices=Booking.StateChoices.choices, required=False)


class SlotsQuery(Strict):
    """With whom, and how long."""

    partner = person_id()
    minutes = serializers.IntegerField(min_value=5, max_value=rules.LONGEST_MINUTES, default=60)


class SlotsOut(serializers.Serializer[Any]):
    """Times at which both are free."""

    slots = serializers.ListField(child=serializers.DateTimeField())


class BookingViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Booking]):
    """One's own bookings: those one asked for, and those one is asked for."""

    serializer_class = BookingOut
    queryset = Booking.objects.none()
    lookup_value_regex = DIGITS
    filter_backends = ()
    http_method_names = ["get", "post", "head", "options"]
    permissions: dict[str, Any] = dict.fromkeys(
        ("list", "retrieve", "create", "slots", "agree", "decline", "move", "cancel", "learned"),
        Can.LOG_EXCHANGE,
    )

    def get_queryset(self) -> QuerySet[Booking]:
        """One's own; of one state in the list."""
        rows = booking_selectors.bookings().filter(booking_selectors.of_person(caller(self.request)))
        return rows.filter(**read_query(BookingQuery, self.request)) if self.action == "list" else rows

    @extend_schema(
        tags=["exchange"],
        summary="List one's own bookings",
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=Booking.StateChoices.values)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["exchange"], summary="Read a booking")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["exchange"],
        summary="Find times at which both are free",
        parameters=[
            OpenApiParameter("partner", OpenApiTypes.INT, required=True),
            OpenApiParameter("minutes", OpenApiTypes.INT, description="60 where nothing is said."),
        ],
        responses=SlotsOut,
        filters=False,
    )
    @action(detail=False, methods=["get"], url_path="slots", pagination_class=None)
    def slots(self, request: Request) -> Response:
        """Up to three within 30 days, one a day: both work then, nobody is away, nothing is booked."""
        asked = read_query(SlotsQuery, request)
        person, partner = caller(request), User.objects.filter(pk=asked["partner"], is_former=False).first()
        if partner is None:  # a parameter of the address: 400, not the 422 of a body
            raise serializers.ValidationError({"partner": _("There is no such colleague.")})
        found = booking_selectors.free_slots(person, partner, minutes=asked["minutes"])
        return Response(SlotsOut({"slots": found}).data)

    @extend_schema(
        tags=["exchange"],
        summary="Ask a colleague for a time",
        request=BookingIn,
        responses={201: BookingOut},
        examples=[
            OpenApiExample(
                "To hear a call",
                value={
                    "partner": 5,
                    "starts_at": "2026-11-24T10:00:00+01:00",
                    "note": "A first call, please.",
                },
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """The colleague is told. Away or booked already: 409."""
        body = read(BookingIn, request)
        made = bookings.ask(by=caller(request), **body | {"partner": _colleague(body["partner"])})
        return self._shown(made.pk, 201)

    @extend_schema(
        tags=["exchange"], summary="Agree to a booking", request=BookingAgreeIn, responses=BookingOut
    )
    @action(detail=True, methods=["post"], url_path="agree")
    def agree(self, request: Request, pk: str) -> Response:
        """By whoever is asked; it stands in both calendars then."""
        body = read(BookingAgreeIn, request)
        bookings.agree(booking=self._own(pk), by=caller(request), **body)
        return self._shown(int(pk))

    @extend_schema(
        tags=["exchange"], summary="Decline a booking", request=BookingReasonIn, responses=BookingOut
    )
    @action(detail=True, methods=["post"], url_path="decline")
    def decline(self, request: Request, pk: str) -> Response:
        """By whoever is asked, with a reason."""
        body = {"reason": ""} | read(BookingReasonIn, request)
        bookings.decline(booking=self._own(pk), by=caller(request), **body)
        return self._shown(int(pk))

    @extend_schema(
        tags=["exchange"], summary="Propose another time", request=BookingMoveIn, responses=BookingOut
    )
    @action(detail=True, methods=["post"], url_path="move")
    def move(self, request: Request, pk: str) -> Response:
        """Then the other one is to answer."""
        body = read(BookingMoveIn, request)
        bookings.propose(booking=self._own(pk), by=caller(request), **body)
        return self._shown(int(pk))

    @extend_schema(
        tags=["exchange"], summary="Cancel a booking", request=BookingReasonIn, responses=BookingOut
    )
    @action(detail=True, methods=["post"], url_path="cancel")
    def cancel(self, request: Request, pk: str) -> Response:
        """By either; the other one is told."""
        body = read(BookingReasonIn, request)
        bookings.cancel(booking=self._own(pk), by=caller(request), **body)
        return self._shown(int(pk))

    @extend_schema(
        tags=["exchange"],
        summary="Write what was learned at it",
        request=BookingLearnedIn,
        responses={201: LearnedOut},
    )
    @action(detail=True, methods=["post"], url_path="learned")
    def learned(self, request: Request, pk: str) -> Response:
        """By who asked for it, once its time has come."""
        body = read(BookingLearnedIn, request)
        person = caller(request)
        entry = bookings.write_down(
            booking=self._own(pk),
            by=person,
            learned=body["learned"],
            lead=_lead(body.get("lead"), person),
        )
        return Response(LearnedOut(entry_selectors.entries().get(pk=entry.pk)).data, status=201)

    def _own(self, pk: str) -> Booking:
        return get_object_or_404(self.get_queryset(), pk=pk)

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(BookingOut(booking_selectors.bookings().get(pk=pk)).data, status=status)


# ---------------------------------------------------------------------------------------------- wins


class WinOut(serializers.Serializer[Win]):
    """A lead that is won, with who brought and who closed it."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField(source="lead_id")
    title = serializers.CharField(source="lead.title")
    company = serializers.CharField(source="lead.company")
    campaign = Named(source="lead.campaign")
    amount = serializers.DecimalField(
        source="lead.amount",
        max_digits=14,
        decimal_places=2,
        allow_null=True,
        help_text="In the company's currency.",
    )
    bringer = Named(allow_null=True, help_text="The owner of the campaign.")
    logged_by = Named(allow_null=True)
    closer = Named(allow_null=True, help_text="Who noted the sale.")
    won_at = serializers.DateTimeField()
    days = serializers.SerializerMethodField(help_text="From arrival to sale.")
    applause = serializers.SerializerMethodField(help_text="Who applauds.")

    def get_days(self, win: Win) -> int:
        return days_to_sale(win.lead.received_at, win.won_at, company().tz)

    def get_applause(self, win: Win) -> list[str]:
        return [one.by.name for one in win.lead.applause.all()]


class WinViewSet(ListModelMixin, GenericViewSet[Win]):
    """The wall of wins, by the lead's id."""

    serializer_class = WinOut
    queryset = Win.objects.none()
    lookup_value_regex = DIGITS
    filter_backends = ()
    http_method_names = ["get", "post", "delete", "head", "options"]
    permissions: dict[str, Any] = {"applause": Can.LOG_EXCHANGE, "take_back": Can.LOG_EXCHANGE}

    def get_queryset(self) -> QuerySet[Win]:
        """Leads that are won now."""
        return win_selectors.shown()

    @extend_schema(tags=["exchange"], summary="List wins, the newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """By when they were noted."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["exchange"], summary="Applaud a win", request=None, responses=WinOut)
    @action(detail=True, methods=["post"], url_path="applause")
    def applause(self, request: Request, pk: str) -> Response:
        """Once a person; again changes nothing. `pk` is the lead's."""
        wins.applaud(lead=get_object_or_404(Lead, pk=pk), by=caller(request))
        return self._shown(pk)

    @extend_schema(tags=["exchange"], summary="Take applause back", request=None, responses=WinOut)
    @applause.mapping.delete
    def take_back(self, request: Request, pk: str) -> Response:
        """Where there is none nothing changes."""
        check(caller(request), Can.LOG_EXCHANGE)
        wins.take_applause_back(lead=get_object_or_404(Lead, pk=pk), by=caller(request))
        return self._shown(pk)

    def _shown(self, pk: str) -> Response:
        found = win_selectors.shown().filter(lead=int(pk)).first()
        if found is None:
            raise NotFound(_("There is no such win."))
        return Response(WinOut(found).data)
