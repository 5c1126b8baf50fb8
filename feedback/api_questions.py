"""Questions between people over the API: asked, answered, closed by who asked."""

from typing import Any

from django.db.models import QuerySet
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

from campaigns.models import Campaign
from feedback.models import Question, Reply
from feedback.selectors import answerers, cohort, facts_now
from feedback.selectors import questions as selectors
from feedback.selectors.questions import Cut, QuestionFilter
from feedback.services import pieces
from feedback.services import questions as services
from leads.models import Lead
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role, Side
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Invalid


class ReplyOut(serializers.Serializer[Reply]):
    """An answer, or a word back by who asked."""

    by = Named()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class CohortOut(serializers.Serializer[Any]):
    """Leads of the list that a question is about."""

    query = serializers.CharField(
        help_text="The filters, as `/leads/` takes them. Empty: they named somebody erased."
    )
    words = serializers.CharField(help_text="The same, as who asked read it.")


class AskedOut(serializers.Serializer[Question]):
    """A question, what it is about, and the answers so far."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    asker = Named()
    answerer = Named()
    lead = serializers.IntegerField(source="lead_id", allow_null=True)
    campaign = serializers.IntegerField(source="campaign_id", allow_null=True)
    cohort = serializers.SerializerMethodField()
    piece = serializers.CharField(
        help_text="What of the lead is missing: filling it answers. Empty: words do."
    )
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    replies = ReplyOut(many=True)

    @extend_schema_field(CohortOut(allow_null=True))
    def get_cohort(self, question: Question) -> dict[str, str] | None:
        """None for a question about something else."""
        kept = question.cohort
        return {"query": kept.get("query", ""), "words": kept.get("words", "")} if kept else None


class FactsOut(serializers.Serializer[Any]):
    """What a question rests on: as of asking, and now. Empty for a question about nothing in particular."""

    asked = serializers.DictField(
        help_text=(
            "A lead: its stamps and `steps` with `gap`, working minutes since the step before, of `day` minutes a "
            "working day. A campaign: its figures. A cohort: `leads`, and `months` with how many of them by "
            "`stage.mark`."
        )
    )
    now = serializers.DictField(
        allow_null=True, help_text="The same now; null where it cannot be counted any more."
    )


class QuestionQuery(Strict):
    """Which questions: as the tabs of the page cut them, or all."""

    show = serializers.ChoiceField(choices=[cut.value for cut in Cut], required=False)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    q = serializers.CharField(max_length=selectors.MOST_CHARACTERS, required=False, allow_blank=True)
    person = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    side = serializers.ChoiceField(choices=[side.value for side in Side], required=False)


class AskIn(Strict):
    """What one wants to know, of whom, and about what: a lead, a campaign, leads of the list, or nothing."""

    text = serializers.CharField(max_length=services.LONGEST)
    answerer = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, help_text="A person's id. Or `head` instead."
    )
    head = serializers.ChoiceField(
        choices=[role.value for role in answerers.HEADS],
        required=False,
        help_text="Whoever holds this role now.",
    )
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)
    leads = serializers.CharField(
        max_length=cohort.MOST_QUERY,
        required=False,
        allow_blank=True,
        help_text="Filters of the leads list: the part of its address behind “?”.",
    )
    key = serializers.CharField(
        max_length=40,
        required=False,
        allow_blank=True,
        help_text="Yours: sent twice with it, it is one question.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One answerer."""
        if ("answerer" in attrs) == ("head" in attrs):
            raise serializers.ValidationError(
                {"answerer": [_("Say who should answer: a person, or a head.")]}
            )
        return attrs


class PieceIn(Strict):
    """A piece of what is known of a lead that is missing."""

    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    piece = serializers.CharField(
        max_length=60, help_text="`answer:` and a key of the definition, or `situation`, `need`, `objection`."
    )


class ReplyIn(Strict):
    """An answer, or a word back."""

    text = serializers.CharField(max_length=services.LONGEST)


class QuestionViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Question]):
    """Questions: everyone signed in sees them."""

    serializer_class = AskedOut
    queryset = Question.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {
        "create": Can.ASK,
        "ask_piece": Can.LOG_LEADS,
        "reply": None,  # who asked and who was asked: the service knows
        "close": None,
        "reopen": None,
    }

    def get_queryset(self) -> QuerySet[Question]:
        """With people and answers; the list cut to what is asked."""
        person = caller(self.request)
        rows = selectors.visible_to(person)
        if self.action == "list":
            asked = read_query(QuestionQuery, self.request)
            if "show" in asked:
                rows = selectors.cut_of(Cut(asked.pop("show")), person).order_by()
            by = QuestionFilter(asked.pop("q", ""), asked.pop("person", None), asked.pop("side", ""))
            rows = selectors.filtered(rows, by)
            rows = rows.filter(**asked)
        return selectors.told(rows)

    def _question(self, pk: str) -> Question:
        return get_object_or_404(selectors.visible_to(caller(self.request)), pk=pk)

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(AskedOut(self.get_queryset().get(pk=pk)).data, status=status)

    @extend_schema(
        tags=["questions"],
        summary="List questions, newest first",
        parameters=[
            OpenApiParameter(
                "show",
                OpenApiTypes.STR,
                enum=[cut.value for cut in Cut],
                description="As the tabs of the page; all where nothing is said.",
            ),
            OpenApiParameter("lead", OpenApiTypes.INT),
            OpenApiParameter("campaign", OpenApiTypes.INT),
            OpenApiParameter(
                "q",
                OpenApiTypes.STR,
                description="Words of questions and answers, names of leads, campaigns and people.",
            ),
            OpenApiParameter("person", OpenApiTypes.INT, description="Who asked or is asked."),
            OpenApiParameter(
                "side",
                OpenApiTypes.STR,
                enum=[side.value for side in Side],
                description="The department that is asked.",
            ),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """With their answers."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["questions"], summary="Read a question")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """With its answers."""
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["questions"],
        summary="Ask somebody",
        request=AskIn,
        responses={201: AskedOut},
        examples=[
            OpenApiExample(
                "About a lead",
                value={"text": "Why is it too small?", "answerer": 5, "lead": 1042},
                request_only=True,
            ),
            OpenApiExample(
                "The head of sales, about the good leads of April",
                value={
                    "text": "What became of each of them?",
                    "head": "head_of_sales",
                    "leads": "mark=good&received_from=2026-04-01&received_to=2026-04-30",
                },
                request_only=True,
            ),
        ],
    )
    def create(self, request: Request) -> Response:
        """Due after the agreed working days; who is asked is told at once."""
        body = read(AskIn, request)
        answerer = Role(body["head"]) if "head" in body else User.objects.filter(pk=body["answerer"]).first()
        if answerer is None:
            raise Invalid(_("There is no such person."), field="answerer")
        try:
            made = services.ask(
                text=body["text"],
                answerer=answerer,
                by=caller(request),
                lead=lead_of(request, body.get("lead")),
                campaign=campaign_of(body.get("campaign")),
                leads=body.get("leads", ""),
                form_key=body.get("key", ""),
            )
        except Invalid as error:
            names = {"cohort": "leads"} | ({"answerer": "head"} if "head" in body else {})
            raise Invalid(error.message, field=names.get(error.field or "", error.field)) from error
        return self._shown(made.pk, status=201)

    @extend_schema(tags=["questions"], summary="Read the facts of a question", responses=FactsOut)
    @action(detail=True, methods=["get"])
    def facts(self, request: Request, pk: str) -> Response:
        """As of asking, beside the same as it stands now."""
        found = get_object_or_404(selectors.told(selectors.visible_to(caller(request))), pk=pk)
        return Response(FactsOut({"asked": found.facts, "now": facts_now.now(found, caller(request))}).data)

    @extend_schema(
        tags=["questions"],
        summary="Ask for a missing piece",
        operation_id="questions_ask_piece",
        request=PieceIn,
        responses={201: AskedOut},
        examples=[
            OpenApiExample("The budget", value={"lead": 1042, "piece": "answer:budget"}, request_only=True)
        ],
    )
    @action(detail=False, methods=["post"], url_path="piece")
    def ask_piece(self, request: Request) -> Response:
        """Of the lead's rep. Once while it is open: then the open question comes back."""
        body = read(PieceIn, request)
        lead = lead_of(request, body["lead"])
        if lead is None:
            raise Invalid(_("There is no such lead."), field="lead")
        asked = pieces.ask(lead=lead, piece=body["piece"], by=caller(request))
        return self._shown(asked.question.pk, status=201)

    @extend_schema(
        tags=["questions"],
        summary="Answer, or write back",
        request=ReplyIn,
        responses={201: AskedOut},
        examples=[OpenApiExample("An answer", value={"text": "Two halls, not one."}, request_only=True)],
    )
    @action(detail=True, methods=["post"])
    def reply(self, request: Request, pk: str) -> Response:
        """By who was asked; by who asked it waits for an answer again."""
        found = self._question(pk)
        services.reply(question=found, text=read(ReplyIn, request)["text"], by=caller(request))
        return self._shown(found.pk, status=201)

    @extend_schema(tags=["questions"], summary="Close a question", request=None, responses=AskedOut)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """It is settled, says who asked."""
        found = self._question(pk)
        services.close(question=found, by=caller(request))
        return self._shown(found.pk)

    @extend_schema(tags=["questions"], summary="Open a question again", request=None, responses=AskedOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """By who asked."""
        found = self._question(pk)
        services.reopen(question=found, by=caller(request))
        return self._shown(found.pk)


def lead_of(request: Request, pk: int | None) -> Lead | None:
    """The lead of that id, None where none is said. Raises `Invalid`."""
    if pk is None:
        return None
    found = Lead.objects.visible_to(caller(request)).filter(pk=pk).first()
    if found is None:
        raise Invalid(_("There is no such lead."), field="lead")
    return found


def campaign_of(pk: int | None) -> Campaign | None:
    """The campaign of that id, None where none is said. Raises `Invalid`."""
    if pk is None:
        return None
    found = Campaign.objects.filter(pk=pk).first()
    if found is None:
        raise Invalid(_("There is no such campaign."), field="campaign")
    return found
