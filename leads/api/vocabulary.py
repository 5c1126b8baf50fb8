"""Changing the company's lists of reasons and tags over the API. For who may edit words."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.api.reasons import ReasonFull, ReasonViewSet
from leads.api.routing_rules import MoveIn
from leads.api.voice import TagFull, TagViewSet
from leads.models import Reason, Tag
from leads.models.voice import Topic
from leads.services import vocabulary as services
from leads.services.vocabulary import ReasonData
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Strict, read

CHANGES = dict.fromkeys(("create", "partial_update", "destroy", "move"), Can.EDIT_WORDS)
KEY = "[-a-zA-Z0-9_]{1,50}"


class ReasonFields(Strict):
    """What a reason is for."""

    is_for_mark = serializers.BooleanField(required=False, help_text="Can be why a lead is not a fit.")
    is_for_loss = serializers.BooleanField(required=False, help_text="Can be why a lead was lost.")
    needs_note = serializers.BooleanField(required=False)
    is_false_lead = serializers.BooleanField(
        required=False, help_text="Says that the lead is obviously false: the promise ends without a contact."
    )


class ReasonIn(ReasonFields):
    """A reason to be put into the list, before "other"."""

    label = serializers.CharField(max_length=services.LONGEST)  # type: ignore[assignment]  # not the base's


class ReasonEdit(ReasonFields):
    """Changes. Only what is named changes."""

    label = serializers.CharField(max_length=services.LONGEST, required=False)  # type: ignore[assignment]
    is_active = serializers.BooleanField(required=False, help_text="false takes it out of use.")


class NewTag(Strict):
    """A tag to be put at the end of its topic."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    label = serializers.CharField(max_length=services.LONGEST)  # type: ignore[assignment]


class TagEdit(Strict):
    """Changes. Only what is named changes."""

    label = serializers.CharField(max_length=services.LONGEST, required=False)  # type: ignore[assignment]
    is_active = serializers.BooleanField(required=False, help_text="false takes it out of use.")


class WordActions(GenericViewSet[Any]):
    """What is done to a word of either list, found by its key, in use or not."""

    lookup_field = "key"
    lookup_value_regex = KEY
    full: type[serializers.Serializer[Any]]
    model: type[Reason] | type[Tag]

    def _word(self, key: str) -> Any:
        return get_object_or_404(self.model, key=key)

    def _shown(self, word: Reason | Tag, status: int = 200) -> Response:
        return Response(self.full(self._word(word.key)).data, status=status)

    def _switch(self, word: Reason | Tag, body: dict[str, Any]) -> None:
        if "is_active" in body:
            services.switch(word=word, by=caller(self.request), is_active=body["is_active"])

    def _destroy(self, key: str) -> Response:
        services.remove(word=self._word(key), by=caller(self.request))
        return Response(status=204)

    def _move(self, key: str) -> Response:
        word = self._word(key)
        services.move(word=word, by=caller(self.request), is_up=read(MoveIn, self.request)["is_up"])
        return self._shown(word)


class ReasonsViewSet(WordActions, ReasonViewSet):
    """The company's reasons."""

    permissions: dict[str, Any] = CHANGES
    full = ReasonFull
    model = Reason

    @extend_schema(
        tags=["words"],
        summary="Make a reason",
        request=ReasonIn,
        responses={201: ReasonFull},
        examples=[
            OpenApiExample(
                "A reason", value={"label": "Season is over", "is_for_loss": True}, request_only=True
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Its key is made of its label and never changes."""
        made = services.add_reason(by=caller(request), data=ReasonData(**read(ReasonIn, request)))
        return self._shown(made, status=201)

    @extend_schema(tags=["words"], summary="Change a reason", request=ReasonEdit, responses=ReasonFull)
    def partial_update(self, request: Request, key: str) -> Response:
        """Leads that have it show the new label."""
        body, word = read(ReasonEdit, request), self._word(key)
        told = {name: value for name, value in body.items() if name != "is_active"}
        if told:
            now = {name: getattr(word, name) for name in ReasonData.__dataclass_fields__ if name != "label"}
            data = ReasonData(**({"label": word.words} | now | told))
            services.edit_reason(reason=word, by=caller(request), data=data)
        self._switch(word, body)
        return self._shown(word)

    @extend_schema(tags=["words"], summary="Delete a reason", responses={204: None})
    def destroy(self, request: Request, key: str) -> Response:
        """One of the company's own that nobody ever used."""
        return self._destroy(key)

    @extend_schema(tags=["words"], summary="Move a reason up or down", request=MoveIn, responses=ReasonFull)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, key: str) -> Response:
        """At the end of the list nothing changes."""
        return self._move(key)


class TagsViewSet(WordActions, TagViewSet):
    """The company's tags."""

    permissions: dict[str, Any] = CHANGES
    full = TagFull
    model = Tag

    @extend_schema(
        tags=["words"],
        summary="Make a tag",
        request=NewTag,
        responses={201: TagFull},
        examples=[
            OpenApiExample(
                "An objection", value={"topic": "objection", "label": "Too slow"}, request_only=True
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Its key is made of its label and never changes."""
        return self._shown(services.add_tag(by=caller(request), **read(NewTag, request)), status=201)

    @extend_schema(tags=["words"], summary="Change a tag", request=TagEdit, responses=TagFull)
    def partial_update(self, request: Request, key: str) -> Response:
        """What was said with it shows the new label."""
        body, word = read(TagEdit, request), self._word(key)
        if "label" in body:
            services.rename_tag(tag=word, by=caller(request), label=body["label"])
        self._switch(word, body)
        return self._shown(word)

    @extend_schema(tags=["words"], summary="Delete a tag", responses={204: None})
    def destroy(self, request: Request, key: str) -> Response:
        """One of the company's own that nobody ever used."""
        return self._destroy(key)

    @extend_schema(tags=["words"], summary="Move a tag up or down", request=MoveIn, responses=TagFull)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, key: str) -> Response:
        """At the end of its topic nothing changes."""
        return self._move(key)
