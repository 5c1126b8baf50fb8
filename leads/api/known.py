"""What is known of a lead over the API: answers to the definition, and what sales learned."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import LeadActions
from leads.api.voice import TagOut
from leads.domain import definition
from leads.models import Answer, Lead, Tag, Topic
from leads.selectors import agreement, learned
from leads.selectors import answers as given_answers
from leads.selectors.learned import TopicView
from leads.services import answers
from leads.services import learned as learning
from leadsync.accounts.api_auth import caller
from leadsync.core.api import Strict, read
from leadsync.core.errors import Invalid

QUESTION_KINDS = [(kind.value, kind.value) for kind in definition.CriterionKind]
MOST_NUMBER = 10**15


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


class TopicOut(serializers.Serializer[TopicView]):
    """What sales learned about one topic: tags, and words with who wrote them when."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    tags = serializers.SerializerMethodField()
    words = serializers.CharField()
    by = serializers.CharField(help_text="The name of who wrote the words; empty: nobody did.")
    at = serializers.DateTimeField(allow_null=True)

    @extend_schema_field(TagOut(many=True))
    def get_tags(self, topic: TopicView) -> list[Any]:
        return [dict(TagOut(chip.tag).data) for chip in topic.chips if chip.is_on]


class Learned(serializers.Serializer[Any]):
    """What sales learned about a lead, by topic."""

    topics = TopicOut(many=True)


class TagIn(Strict):
    """A tag that is true of the lead, or is not."""

    tag = serializers.SlugField(max_length=40, help_text="A key of `/tags/`.")
    is_on = serializers.BooleanField(required=False, default=True, help_text="false takes it back.")


class WordsIn(Strict):
    """What was learned about a topic, in words; empty takes them back."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    words = serializers.CharField(max_length=learning.MOST_WORDS, allow_blank=True)
    was = serializers.CharField(
        max_length=learning.MOST_WORDS,
        required=False,
        allow_blank=True,
        help_text="The words that you read. Others by now: 409, which says whose.",
    )


class AnswerIn(Strict):
    """An answer to one question of the definition in force; null takes it back."""

    key = serializers.SlugField(max_length=50)
    value = AnswerValue(allow_null=True)


class KnownActions(LeadActions):
    """What is known of a lead."""

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

    @extend_schema(tags=["work"], summary="Read what sales learned", responses=Learned)
    @action(detail=True, methods=["get"], url_path="learned")
    def learned(self, request: Request, pk: str) -> Response:
        """Situation, needs and objections, by tag and in words."""
        return self._learned(self._lead(pk))

    @extend_schema(
        tags=["work"],
        summary="Note a tag, or take it back",
        request=TagIn,
        responses=Learned,
        examples=[OpenApiExample("An objection", value={"tag": "too-expensive"}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="learned/tags")
    def tag(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. Noted twice, it stands once; the lead's version stays."""
        body = read(TagIn, request)
        lead = self._lead(pk)
        found = Tag.objects.filter(key=body["tag"]).first()
        if found is None:
            raise Invalid(_("There is no such tag."), field="tag")
        learning.tag(lead=lead, tag=found, is_on=body["is_on"], by=caller(request))
        return self._learned(lead)

    @extend_schema(
        tags=["work"],
        summary="Put what was learned into words",
        request=WordsIn,
        responses=Learned,
        examples=[
            OpenApiExample(
                "A need", value={"topic": "need", "words": "Ten seats before May."}, request_only=True
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="learned/words")
    def say(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. A topic has one text; the lead's version stays."""
        body = read(WordsIn, request)
        lead = self._lead(pk)
        learning.say(
            lead=lead, topic=body["topic"], words=body["words"], was=body.get("was"), by=caller(request)
        )
        return self._learned(lead)

    @staticmethod
    def _learned(lead: Lead) -> Response:
        return Response(Learned({"topics": learned.topics_of(lead)}).data)


def measured(lead: Lead) -> dict[str, Any]:
    """What is known of the lead for the definition in force: three queries."""
    terms = agreement.terms()
    known = given_answers.known([lead.pk], terms.criteria)[lead.pk]
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
