"""Leads over the API: the same filters, services and rights as the pages."""

from collections.abc import Callable
from dataclasses import fields as fields_of
from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import FETCH_RAISE, OuterRef, QuerySet, Subquery
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
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
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from leads.domain import definition
from leads.domain.words import MarkValue, Outcome, ReturnReason
from leads.filters import DayFilter, KeyFilter, LeadFilter, OneOfFilter, YesNoFilter
from leads.models import Activity, Answer, Handoff, Lead, Mark, Reason
from leads.models.lead import MarkChoices, StageChoices
from leads.selectors import agreement
from leads.services import (
    activities,
    answers,
    arrivals,
    editing,
    follow_up,
    handoff,
    intake,
    marking,
    outcomes,
    same_lead,
)
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import (
    MOST_ID,
    PAGING,
    Instant,
    Named,
    Strict,
    Version,
    etag,
    expected_version,
    page_of,
    read,
)
from leadsync.core.errors import Invalid

WORKS = (Can.WORK_LEADS, Can.WORK_ANY_LEAD)
CONTACT_KINDS = [(kind.value, kind.label) for kind in Activity.Kind if kind not in {"note", "work"}]
QUESTION_KINDS = [(kind.value, kind.value) for kind in definition.CriterionKind]
MOST_ANSWERS = 100
MOST_NUMBER = 10**15

# ------------------------------------------------------------------------------------------------- output


class ReasonOut(serializers.Serializer[Reason]):
    """Why a lead is not a fit, or was lost. `key` is what `mark/` and `lose/` take."""

    key = serializers.CharField()
    label = serializers.CharField(source="words")  # type: ignore[assignment]  # the base's is another thing


class ReasonFull(ReasonOut):
    """A reason and when it may be given."""

    is_for_mark = serializers.BooleanField(help_text="Can be why a lead is not a fit.")
    is_for_loss = serializers.BooleanField(help_text="Can be why a lead was lost.")
    needs_note = serializers.BooleanField()


class LeadOut(serializers.Serializer[Lead]):
    """A lead. Instants carry the company's offset; `amount` is in the company's currency."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    name = serializers.CharField()
    company = serializers.CharField()
    job_title = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField(help_text="E.164 where it could be read, else as typed.")
    country = serializers.SerializerMethodField(help_text="Two letters, or empty.")
    city = serializers.CharField()
    language = serializers.CharField()
    need = serializers.CharField(help_text="What they want.")
    campaign = Named(help_text="The campaign of the first arrival.")
    owner = Named(allow_null=True, help_text="The rep who has it.")
    stage = serializers.ChoiceField(choices=StageChoices.choices)
    mark = serializers.ChoiceField(choices=MarkChoices.choices)
    reason = ReasonOut(allow_null=True)
    gate_number = serializers.IntegerField(allow_null=True)
    is_test = serializers.BooleanField(help_text="Sent to prove a channel: in no figure.")
    received_at = serializers.DateTimeField()
    handed_off_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(
        allow_null=True, help_text="When first contact is promised; null where no promise runs."
    )
    first_contact_at = serializers.DateTimeField(allow_null=True)
    is_in_time = serializers.BooleanField(
        allow_null=True, help_text="First contact within the promise; null: no promise ran."
    )
    marked_at = serializers.DateTimeField(allow_null=True)
    qualified_at = serializers.DateTimeField(allow_null=True)
    won_at = serializers.DateTimeField(allow_null=True)
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    lost_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    wanted_at = serializers.DateTimeField(allow_null=True, help_text="When they asked to be called.")
    next_step_at = serializers.DateTimeField(allow_null=True)
    next_step = serializers.CharField()
    last_activity_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField(help_text="Outbound attempts without an answer since last reached.")
    minutes = serializers.IntegerField(help_text="Sales time.")
    minutes_estimated = serializers.IntegerField(help_text="The part of `minutes` that nobody entered.")

    def get_country(self, lead: Lead) -> str:
        return str(lead.country or "")


class ActivityOut(serializers.Serializer[Activity]):
    """A call, mail, meeting, message or note."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = Named(allow_null=True)
    kind = serializers.ChoiceField(choices=Activity.Kind.choices)
    direction = serializers.ChoiceField(choices=Activity.Direction.choices)
    outcome = serializers.ChoiceField(choices=Activity.OutcomeChoices.choices)
    minutes = serializers.IntegerField()
    is_estimated = serializers.BooleanField()
    note = serializers.CharField()


@extend_schema_field(
    {"type": ["string", "number", "boolean"], "maxLength": 500, "description": "Text, number or yes/no."}
)
class AnswerValue(serializers.Field[Any, Any, Any, Any]):
    """What a question of the definition can be answered with."""

    default_error_messages = {
        "unusable": "An answer is text of 500 characters at most, a number, or true or false."
    }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            return data
        if isinstance(data, str):
            return serializers.CharField(max_length=500, allow_blank=True).run_validation(data)
        if not isinstance(data, int | float) or not abs(data) < MOST_NUMBER:
            self.fail("unusable")
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class QuestionOut(serializers.Serializer[Any]):
    """A question of the definition in force, and what is known of this lead."""

    key = serializers.CharField()
    question = serializers.CharField()
    kind = serializers.ChoiceField(choices=QUESTION_KINDS)
    is_required = serializers.BooleanField()
    value = AnswerValue(allow_null=True)
    is_met = serializers.BooleanField(allow_null=True, help_text="null: not known yet.")


class Measured(serializers.Serializer[Any]):
    """How a lead measures up to the definition in force."""

    known = serializers.IntegerField()
    total = serializers.IntegerField()
    is_met = serializers.BooleanField()
    answers = QuestionOut(many=True)


# ------------------------------------------------------------------------------------------------- input


class LeadFields(Strict):
    """What may be said about a lead by hand. Stage, mark, owner and stamps change by actions only."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.CharField(max_length=320, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Two letters, or its name in English."
    )
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    need = serializers.CharField(
        max_length=same_lead.MOST_NEED, required=False, allow_blank=True, help_text="What they want."
    )
    wanted_at = Instant(required=False, allow_null=True, help_text="When they asked to be called.")


class LeadIn(LeadFields):
    """A lead to be logged: a name or a company, and the campaign that brought it."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="The campaign's id.")
    received_at = Instant(required=False, allow_null=True, help_text="When they wrote; now if left out.")
    external_id = serializers.CharField(
        max_length=320, required=False, allow_blank=True, help_text="Its id where it comes from."
    )
    namespace = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="Which system `external_id` belongs to."
    )
    answers = serializers.DictField(
        child=AnswerValue(allow_null=True),
        required=False,
        help_text="Answers to the questions of the definition, by key.",
    )

    def validate_answers(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > MOST_ANSWERS:
            raise ValidationError(_("At most %(n)d answers.") % {"n": MOST_ANSWERS})
        for key in value:
            serializers.SlugField(max_length=50).run_validation(key)
        return value


class LeadEdit(LeadFields):
    """Corrections. Only what is named changes."""

    version = Version()


class MarkIn(Strict):
    """Sales' verdict."""

    value = serializers.ChoiceField(
        choices=[(mark.value, mark.name) for mark in MarkValue if mark is not MarkValue.NONE]
    )
    reason = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="A key of `/reasons/`; for not a fit."
    )
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    next_step_at = Instant(required=False, allow_null=True, help_text="For promising, unless one is planned.")
    next_step = serializers.CharField(max_length=follow_up.MOST_TEXT, required=False, allow_blank=True)
    overrides = serializers.BooleanField(
        required=False,
        default=False,
        help_text="A head marks as unreachable after fewer attempts, with a note.",
    )
    version = Version()


class ActivityIn(Strict):
    """A call, mail, meeting or message. Minutes left out are estimated, and flagged."""

    kind = serializers.ChoiceField(choices=CONTACT_KINDS)
    outcome = serializers.ChoiceField(
        choices=["reached", "no_answer", "wrong_number"], required=False, allow_blank=True
    )
    direction = serializers.ChoiceField(choices=["out", "in"], required=False, default="out")
    minutes = serializers.IntegerField(
        min_value=0, max_value=activities.MOST_MINUTES, required=False, allow_null=True
    )
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    at = Instant(required=False, allow_null=True, help_text="Now if left out.")
    version = Version()


class NoteIn(Strict):
    """A note about the lead."""

    text = serializers.CharField(max_length=follow_up.MOST_NOTE)


class AnswerIn(Strict):
    """An answer to one question of the definition in force; null takes it back."""

    key = serializers.SlugField(max_length=50)
    value = AnswerValue(allow_null=True)


class HandoffIn(Strict):
    """Who gets the lead: a person's id, or null for the one whose turn it is."""

    to = serializers.IntegerField(min_value=1, max_value=MOST_ID, allow_null=True)


class ReturnIn(Strict):
    """Why the lead goes back to marketing."""

    reason = serializers.ChoiceField(choices=[(reason.value, reason.name) for reason in ReturnReason])
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    version = Version()


class WinIn(Strict):
    """The lead bought."""

    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal(0), help_text="In the company's currency."
    )
    on = serializers.DateField(required=False, allow_null=True, help_text="Today if left out.")
    version = Version()


class LoseIn(Strict):
    """A qualified lead went away."""

    reason = serializers.CharField(max_length=40, help_text="A key of `/reasons/`.")
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    version = Version()


class ReopenIn(Strict):
    """Why a closed or lost lead is opened again."""

    note = serializers.CharField(max_length=follow_up.MOST_NOTE)
    version = Version()


class NextStepIn(Strict):
    """When to get back to the lead, and what for; null takes the plan away."""

    at = Instant(allow_null=True)
    text = serializers.CharField(max_length=follow_up.MOST_TEXT, required=False, allow_blank=True)
    version = Version()


# ------------------------------------------------------------------------------------------------- schema

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you read, instead of `version`.",
)
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of 200 characters at most: repeated within a day, the message is answered, not logged again.",
)
FINDABLE = {"promise": ["past", "waiting"]}


def filter_parameters() -> list[OpenApiParameter]:
    """The filters of the pages, as parameters of the list."""
    found = []
    for name, one in LeadFilter.base_filters.items():
        kind: Any = OpenApiTypes.STR
        enum: list[Any] | None = FINDABLE.get(name)
        if isinstance(one, DayFilter):
            kind = OpenApiTypes.DATE
        elif isinstance(one, KeyFilter):
            kind = OpenApiTypes.INT
        elif isinstance(one, YesNoFilter):
            enum = ["1", "0"]
        choices = one.extra.get("choices")
        is_many = isinstance(one, OneOfFilter)
        if is_many and not callable(choices):
            enum = [value for value, _label in choices or ()]
        found.append(OpenApiParameter(name, kind, description=str(one.label), enum=enum, many=is_many))
    return found


def done(what: str) -> dict[int, OpenApiResponse]:
    """An action answers with the lead as it is now."""
    return {200: OpenApiResponse(LeadOut, description=what)}


EXAMPLES = {
    "create": OpenApiExample(
        "A lead of a form",
        value={
            "name": "Eva Example",
            "company": "Example Sp. z o.o.",
            "email": "eva@example.com",
            "phone": "+48 600 000 000",
            "country": "PL",
            "need": "A hall of 800 square metres",
            "campaign": 12,
            "namespace": "webshop",
            "external_id": "order-1042",
            "answers": {"budget": 20000},
        },
        request_only=True,
    ),
    "edit": OpenApiExample(
        "A new number", value={"phone": "+48 600 000 001", "version": 3}, request_only=True
    ),
    "mark": OpenApiExample(
        "Promising, call next week",
        value={"value": "promising", "next_step_at": "2026-11-24T10:00:00+01:00", "version": 3},
        request_only=True,
    ),
    "not_a_fit": OpenApiExample(
        "Not a fit", value={"value": "not_a_fit", "reason": "no_budget", "version": 3}, request_only=True
    ),
    "activity": OpenApiExample(
        "A call", value={"kind": "call", "outcome": "reached", "minutes": 12, "version": 3}, request_only=True
    ),
    "win": OpenApiExample("Won", value={"amount": "12500.00", "on": "2026-11-20"}, request_only=True),
}


# ------------------------------------------------------------------------------------------------- views


class ReasonViewSet(ListModelMixin, GenericViewSet[Reason]):
    """The company's reasons in use."""

    permissions: dict[str, Any] = {}
    serializer_class = ReasonFull
    queryset = Reason.objects.filter(is_active=True)
    pagination_class = None
    filter_backends = ()

    @extend_schema(tags=["leads"], summary="List reasons", operation_id="reasons_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class LeadViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Lead]):
    """Leads: everyone signed in sees them; who may do what is decided by the services behind the pages."""

    serializer_class = LeadOut
    queryset = Lead.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "patch", "delete", "head", "options"]
    permissions: dict[str, Any] = {
        "create": (Can.LOG_LEADS, Can.WORK_ANY_LEAD),
        "partial_update": None,  # who works the lead, and marketing: the service knows whose it is
        "mark": WORKS,
        "unmark": WORKS,
        "log_activity": WORKS,
        "note": None,
        "answer": None,
        "hand_over": None,
        "give_back": WORKS,
        "win": WORKS,
        "lose": WORKS,
        "reopen": WORKS,
        "next_step": WORKS,
    }

    # --------------------------------------------------------------------------------------------- reading

    def get_queryset(self) -> QuerySet[Lead]:
        """Leads as they are shown: with campaign, rep, reason and the running promise, nothing loaded later."""
        due = Handoff.objects.filter(lead=OuterRef("pk"), ended_at=None).values("due_at")[:1]
        return (
            Lead.objects.visible_to(caller(self.request))
            .select_related("campaign", "owner", "reason")
            .defer("search")
            .annotate(due_at=Subquery(due))
            .fetch_mode(FETCH_RAISE)
        )

    def filter_queryset(self, queryset: Any) -> Any:
        """The pages' filters. What cannot be read, or is no filter, is refused: a program would not notice."""
        if self.action != "list":
            return queryset
        unknown = set(self.request.query_params) - set(LeadFilter.base_filters) - PAGING
        if unknown:
            raise ValidationError(
                {name[:100]: [_("There is no such filter.")] for name in sorted(unknown)[:20]}
            )
        found: django_filters.FilterSet = LeadFilter(
            self.request.query_params, queryset=queryset, request=self.request
        )
        if found.errors:
            raise ValidationError({name: list(texts) for name, texts in found.errors.items()})
        return found.qs

    def _lead(self, pk: str) -> Lead:
        return get_object_or_404(Lead.objects.visible_to(caller(self.request)), pk=pk)

    def _shown(self, pk: int, status: int = 200) -> Response:
        lead = self.get_queryset().get(pk=pk)
        return Response(LeadOut(lead).data, status=status, headers=etag(lead.version))

    def _acted(
        self,
        pk: str,
        body: dict[str, Any],
        act: Callable[[Lead, User, int | None], Any],
        *,
        is_needed: bool = False,
    ) -> Response:
        """One service call on the version that the caller read; the lead as it is afterwards."""
        lead = self._lead(pk)
        act(
            lead,
            caller(self.request),
            expected_version(self.request, body.get("version"), is_needed=is_needed),
        )
        return self._shown(lead.pk)

    @extend_schema(tags=["leads"], summary="List leads, newest first", parameters=filter_parameters())
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The filters of the leads list. Days are days of the company's zone, both ends included."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["leads"], summary="Read a lead")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        lead = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(LeadOut(lead).data, headers=etag(lead.version))

    # --------------------------------------------------------------------------------------------- logging

    @extend_schema(
        tags=["leads"],
        summary="Log a lead",
        request=LeadIn,
        parameters=[IDEMPOTENCY],
        responses={
            201: OpenApiResponse(
                LeadOut, description="A new lead. It was handed to a rep if it can be reached."
            ),
            200: OpenApiResponse(
                LeadOut,
                description="The lead was here: same external id, e-mail or phone (a new arrival is noted), or the "
                "same Idempotency-Key (nothing happened).",
            ),
        },
        examples=[EXAMPLES["create"]],
    )
    def create(self, request: Request) -> Response:
        """A *logged lead* is what others call an inquiry or MQL."""
        body = read(LeadIn, request)
        campaign = Campaign.objects.filter(pk=body.pop("campaign")).first()
        if campaign is None:
            raise Invalid(_("There is no such campaign."), field="campaign")
        known = {field.name for field in fields_of(arrivals.LeadData)}
        lead, is_new = intake.log(
            data=arrivals.LeadData(**{name: value for name, value in body.items() if name in known}),
            campaign=campaign,
            by=caller(request),
            payload=dict(request.data),
            key=request.headers.get("Idempotency-Key", ""),
        )
        return self._shown(lead.pk, status=201 if is_new else 200)

    @extend_schema(
        tags=["leads"],
        summary="Correct a lead",
        request=LeadEdit,
        parameters=[IF_MATCH],
        responses=done("The lead, corrected."),
        examples=[EXAMPLES["edit"]],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. Needs the version that you read."""
        body = read(LeadEdit, request)
        wanted = {name: value for name, value in body.items() if name != "version"}
        return self._acted(
            pk,
            body,
            lambda lead, by, version: editing.edit(lead=lead, by=by, changes=wanted, version=version),
            is_needed=True,
        )

    # --------------------------------------------------------------------------------------------- working

    @extend_schema(
        tags=["work"],
        summary="Mark a lead",
        request=MarkIn,
        parameters=[IF_MATCH],
        responses=done("The lead, marked."),
        examples=[EXAMPLES["mark"], EXAMPLES["not_a_fit"]],
    )
    @action(detail=True, methods=["post"], url_path="mark")
    def mark(self, request: Request, pk: str) -> Response:
        """Sales' verdict; the definition in force is stored with it. Own leads, or any for the head of sales."""
        body = read(MarkIn, request)
        reason = reason_of(body.get("reason", ""))
        return self._acted(
            pk,
            body,
            lambda lead, by, version: marking.mark(
                lead=lead,
                value=body["value"],
                by=by,
                version=version,
                reason=reason,
                note=body.get("note", ""),
                next_step_at=body.get("next_step_at"),
                next_step=body.get("next_step", ""),
                overrides=body["overrides"],
            ),
        )

    @extend_schema(
        tags=["work"],
        summary="Take the last mark back",
        request=None,
        responses=done("The lead, as it was before the mark."),
    )
    @mark.mapping.delete
    def unmark(self, request: Request, pk: str) -> Response:
        """The same day, by who made it or a head."""
        lead = self._lead(pk)
        made = Mark.objects.filter(lead=lead, reverted_at=None).order_by("-pk").first()
        if made is None:
            raise Invalid(_("This lead has no mark."))
        marking.revert(mark=made, by=caller(request))
        return self._shown(lead.pk)

    @extend_schema(tags=["work"], summary="List activities, newest first", responses=ActivityOut(many=True))
    @action(detail=True, methods=["get"], url_path="activities")
    def activities(self, request: Request, pk: str) -> Response:
        """Calls, mails, meetings, messages and notes."""
        rows = Activity.objects.filter(lead=self._lead(pk)).select_related("by").fetch_mode(FETCH_RAISE)
        return page_of(self, rows, ActivityOut)

    @extend_schema(
        tags=["work"],
        summary="Log an activity",
        request=ActivityIn,
        parameters=[IF_MATCH],
        responses={201: ActivityOut},
        examples=[EXAMPLES["activity"]],
    )
    @activities.mapping.post
    def log_activity(self, request: Request, pk: str) -> Response:
        """The first outbound one keeps the promise. A call without answer plans the next try as agreed."""
        body = read(ActivityIn, request)
        lead = self._lead(pk)
        said: dict[str, Any] = {
            "lead": lead,
            "by": caller(request),
            "minutes": body.get("minutes"),
            "note": body.get("note", ""),
            "at": body.get("at"),
            "version": expected_version(request, body.get("version")),
        }
        outcome, direction = body.get("outcome", ""), body["direction"]
        if (body["kind"], outcome, direction) == ("call", Outcome.NO_ANSWER, "out"):
            made = activities.no_answer(**said)
        else:
            made = activities.log(kind=body["kind"], outcome=outcome, direction=direction, **said)
        return Response(ActivityOut(made).data, status=201, headers=etag(lead.version))

    @extend_schema(tags=["work"], summary="Write a note", request=NoteIn, responses={201: ActivityOut})
    @action(detail=True, methods=["post"], url_path="notes")
    def note(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. No contact, and no sales time."""
        body = read(NoteIn, request)
        made = follow_up.add_note(lead=self._lead(pk), by=caller(request), text=body["text"])
        return Response(ActivityOut(made).data, status=201)

    @extend_schema(tags=["work"], summary="Read the answers", responses=Measured)
    @action(detail=True, methods=["get"], url_path="answers")
    def answers(self, request: Request, pk: str) -> Response:
        """Every question of the definition in force with what is known, and how the lead measures up."""
        return Response(Measured(measured(self._lead(pk))).data)

    @extend_schema(
        tags=["work"],
        summary="Answer a question",
        request=AnswerIn,
        responses=Measured,
        examples=[OpenApiExample("A budget", value={"key": "budget", "value": 20000}, request_only=True)],
    )
    @answers.mapping.post
    def answer(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. Said again, the newer answer stands; null takes it back."""
        body = read(AnswerIn, request)
        lead = self._lead(pk)
        if body["value"] is None:
            answers.forget(lead=lead, key=body["key"], by=caller(request))
        else:
            answers.answer(
                lead=lead, key=body["key"], value=body["value"], source=Answer.Source.REP, by=caller(request)
            )
        return Response(Measured(measured(lead)).data)

    @extend_schema(
        tags=["work"], summary="Hand a lead over", request=HandoffIn, responses=done("The lead, handed over.")
    )
    @action(detail=True, methods=["post"], url_path="handoff")
    def hand_over(self, request: Request, pk: str) -> Response:
        """The head of sales any lead, marketing what no rep has. Starts the promise; passed on, it goes on."""
        body = read(HandoffIn, request)
        lead = self._lead(pk)
        if body["to"] is None:
            if lead.owner_id is not None:
                raise Invalid(_("This lead is with a rep already. Say whom it goes to."), field="to")
            handoff.give_many(leads=[lead], by=caller(request))
        else:
            to = User.objects.filter(pk=body["to"]).first()
            if to is None:
                raise Invalid(_("There is no such person."), field="to")
            handoff.give(lead=lead, to=to, by=caller(request))
        return self._shown(lead.pk)

    @extend_schema(
        tags=["work"],
        summary="Return a lead to marketing",
        request=ReturnIn,
        parameters=[IF_MATCH],
        responses=done("The lead, with no rep."),
    )
    @action(detail=True, methods=["post"], url_path="return")
    def give_back(self, request: Request, pk: str) -> Response:
        """The promise's clock stops and keeps what is left."""
        body = read(ReturnIn, request)
        return self._acted(
            pk,
            body,
            lambda lead, by, version: handoff.return_to_marketing(
                lead=lead, by=by, reason=body["reason"], note=body.get("note", ""), version=version
            ),
        )

    @extend_schema(
        tags=["work"],
        summary="Win a lead",
        request=WinIn,
        parameters=[IF_MATCH],
        responses=done("The lead, won."),
        examples=[EXAMPLES["win"]],
    )
    @action(detail=True, methods=["post"], url_path="win")
    def win(self, request: Request, pk: str) -> Response:
        """A win implies qualified."""
        body = read(WinIn, request)
        return self._acted(
            pk,
            body,
            lambda lead, by, version: outcomes.win(
                lead=lead, by=by, amount=body["amount"], on=body.get("on"), version=version
            ),
        )

    @extend_schema(
        tags=["work"],
        summary="Lose a lead",
        request=LoseIn,
        parameters=[IF_MATCH],
        responses=done("The lead, lost."),
    )
    @action(detail=True, methods=["post"], url_path="lose")
    def lose(self, request: Request, pk: str) -> Response:
        """Only a qualified lead is lost; others are marked as not a fit."""
        body = read(LoseIn, request)
        reason = reason_of(body["reason"])
        return self._acted(
            pk,
            body,
            lambda lead, by, version: outcomes.lose(
                lead=lead, by=by, reason=reason, note=body.get("note", ""), version=version
            ),
        )

    @extend_schema(
        tags=["work"],
        summary="Open a lead again",
        request=ReopenIn,
        parameters=[IF_MATCH],
        responses=done("The lead, open."),
    )
    @action(detail=True, methods=["post"], url_path="reopen")
    def reopen(self, request: Request, pk: str) -> Response:
        """A closed or lost one. No clock starts."""
        body = read(ReopenIn, request)
        return self._acted(
            pk,
            body,
            lambda lead, by, version: outcomes.reopen(lead=lead, by=by, note=body["note"], version=version),
        )

    @extend_schema(
        tags=["work"],
        summary="Plan the next step",
        request=NextStepIn,
        parameters=[IF_MATCH],
        responses=done("The lead, with its plan."),
    )
    @action(detail=True, methods=["post"], url_path="next-step")
    def next_step(self, request: Request, pk: str) -> Response:
        """A promising lead always has one."""
        body = read(NextStepIn, request)
        return self._acted(
            pk,
            body,
            lambda lead, by, version: follow_up.set_next_step(
                lead=lead, by=by, at=body["at"], text=body.get("text", ""), version=version
            ),
        )


def reason_of(key: str) -> Reason | None:
    """The reason of that key, None for an empty one. Raises `Invalid`."""
    if not key:
        return None
    found = Reason.objects.filter(key=key, is_active=True).first()
    if found is None:
        raise Invalid(_("There is no such reason."), field="reason")
    return found


def measured(lead: Lead) -> dict[str, Any]:
    """What is known of the lead for the definition in force: three queries."""
    terms = agreement.terms()
    known = dict(Answer.objects.filter(lead=lead).values_list("key", "value"))
    found = definition.evaluate(terms.criteria, terms.points_needed, known)
    return {
        "known": found.known,
        "total": found.total,
        "is_met": found.is_met,
        "answers": [
            {
                "key": criterion.key,
                "question": criterion.question,
                "kind": criterion.kind,
                "is_required": criterion.is_required,
                "value": known.get(criterion.key),
                "is_met": found.met[criterion.key],
            }
            for criterion in terms.criteria
        ],
    }
