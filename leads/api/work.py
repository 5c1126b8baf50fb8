"""A rep's daily work over the API: marks, activities, notes, next steps."""

from typing import Any

from django.db.models import FETCH_RAISE
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import IF_MATCH, LeadActions, done
from leads.api.reasons import reason_of
from leads.domain.words import MarkValue, Outcome
from leads.models import Activity, Mark
from leads.services import activities, follow_up, marking
from leadsync.accounts.api_auth import caller
from leadsync.core.api import Instant, Named, Strict, Version, etag, expected_version, page_of, read
from leadsync.core.errors import Invalid

CONTACT_KINDS = [(kind.value, kind.label) for kind in Activity.Kind if kind not in {"note", "work"}]


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
        help_text="A head marks as unreachable after fewer attempts, or as qualified against the definition, "
        "with a note.",
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


class NextStepIn(Strict):
    """When to get back to the lead, and what for; null takes the plan away."""

    at = Instant(allow_null=True)
    text = serializers.CharField(max_length=follow_up.MOST_TEXT, required=False, allow_blank=True)
    version = Version()


EXAMPLES = {
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
}


class WorkActions(LeadActions):
    """What is done with a lead."""

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
