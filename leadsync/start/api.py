"""The joint checklist of a new company over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leadsync.accounts.api_auth import caller
from leadsync.start.domain.steps import Step, progress
from leadsync.start.selectors import steps
from leadsync.start.services import start
from leadsync.start.words import SAYINGS


class StartStepOut(serializers.Serializer[Any]):
    """One step; `have` of `want` where it is counted."""

    step = serializers.ChoiceField(choices=[step.value for step in Step])
    title = serializers.CharField()
    is_done = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(help_text="Names, as far as they are known.")
    have = serializers.IntegerField()
    want = serializers.IntegerField()


class StartOut(serializers.Serializer[Any]):
    """How far the company is with its first steps."""

    done = serializers.IntegerField()
    of = serializers.IntegerField()
    is_over = serializers.BooleanField(help_text="All is done, or the list was put aside.")
    put_aside_at = serializers.DateTimeField(allow_null=True)
    steps = StartStepOut(many=True)


def _answer() -> Response:
    facts, state = steps.facts(), steps.state()
    far = progress(facts)
    return Response(
        StartOut(
            {
                "done": far.done,
                "of": far.of,
                "is_over": far.is_over or state.put_aside_at is not None,
                "put_aside_at": state.put_aside_at,
                "steps": [
                    {
                        "step": step.value,
                        "title": str(SAYINGS[step].title),
                        "is_done": fact.is_done,
                        "at": fact.at,
                        "by": fact.by,
                        "have": fact.have,
                        "want": fact.want,
                    }
                    for step, fact in facts.items()
                ],
            }
        ).data
    )


class StartView(APIView):
    """`/api/v1/start/`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["first steps"], operation_id="start", summary="Read the joint checklist", responses=StartOut
    )
    def get(self, request: Request) -> Response:
        """Every step is read from the facts: nothing here ticks one off."""
        return _answer()


class StartPutAsideView(APIView):
    """`/api/v1/start/put-aside/`."""

    permissions: dict[str, Any] = {"post": start.MAY_PUT_ASIDE, "delete": start.MAY_PUT_ASIDE}

    @extend_schema(
        tags=["first steps"],
        operation_id="start_put_aside",
        summary="Put the joint checklist aside",
        request=None,
        responses=StartOut,
    )
    def post(self, request: Request) -> Response:
        """For everybody. Done twice, the first time counts."""
        start.put_aside(by=caller(request))
        return _answer()

    @extend_schema(
        tags=["first steps"],
        operation_id="start_bring_back",
        summary="Bring the joint checklist back",
        request=None,
        responses={200: StartOut},
    )
    def delete(self, request: Request) -> Response:
        """Shown again as long as not all is done."""
        start.bring_back(by=caller(request))
        return _answer()
