"""Questions between people over the API: asked, answered, closed by who asked."""

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

from campaigns.models import Campaign
from feedback.models import Question, Reply
from feedback.selectors import questions as selectors
from feedback.selectors.questions import Cut
from feedback.services import pieces
from feedback.services import questions as services
from leads.models import Lead
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, read, read_query
from leadsync.core.errors import Invalid


class ReplyOut(serializers.Serializer[Reply]):
    """An answer, or a word back by who asked."""

    by = Named()
    at = serializers.DateTimeField()
    text = serializers.CharField()


class AskedOut(serializers.Serializer[Question]):
    """A question, what it is about, and the answers so far."""

    id = serializers.IntegerField()
    text = serializers.CharField()
    asker = Named()
    answerer = Named()
    lead = serializers.IntegerField(source="lead_id", allow_null=True)
    campaign = serializers.IntegerField(source="campaign_id", allow_null=True)
    piece = serializers.CharField(
        help_text="What of the lead is missing: filling it answers. Empty: words do."
    )
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    replies = ReplyOut(many=True)


class QuestionQuery(Strict):
    """Which questions: as the tabs of the page cut them, or all."""

    show = serializers.ChoiceField(choices=[cut.value for cut in Cut], required=False)
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class AskIn(Strict):
    """What one wants to know, of whom, and about what: a lead, a campaign or nothing."""

    text = serializers.CharField(max_length=services.LONGEST)
    answerer = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="A person's id.")
    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False, allow_null=True)


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
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Due after the agreed working days; who is asked is told at once."""
        body = read(AskIn, request)
        answerer = User.objects.filter(pk=body["answerer"]).first()
        if answerer is None:
            raise Invalid(_("There is no such person."), field="answerer")
        made = services.ask(
            text=body["text"],
            answerer=answerer,
            by=caller(request),
            lead=lead_of(request, body.get("lead")),
            campaign=campaign_of(body.get("campaign")),
        )
        return self._shown(made.pk, status=201)

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
