"""Consent over the API: what the person of a lead agreed to, or took back."""

from typing import Any

from django.db.models import FETCH_RAISE
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import LeadActions
from leads.domain.words import Door
from leads.models import Consent
from leads.services import consents
from leadsync.accounts.api_auth import caller
from leadsync.core.api import Instant, Named, Strict, page_of, read

DOORS = [(door.value, door.value) for door in Door]


class ConsentOut(serializers.Serializer[Consent]):
    """What somebody agreed to, or took back. The newest row says how it stands."""

    id = serializers.IntegerField()
    is_given = serializers.BooleanField(help_text="false: taken back.")
    at = serializers.DateTimeField()
    by = Named(allow_null=True, help_text="The colleague who noted it; null: the person said so themselves.")
    door = serializers.ChoiceField(choices=DOORS, help_text="How it came in.")
    text = serializers.CharField(help_text="The words they saw, or said.")
    place = serializers.CharField(help_text="The page or form, in words or as an address.")


class ConsentIn(Strict):
    """What the person said."""

    is_given = serializers.BooleanField(help_text="false: they took it back.")
    text = serializers.CharField(max_length=consents.LONGEST)
    place = serializers.CharField(max_length=consents.LONGEST_PLACE, required=False, allow_blank=True)
    at = Instant(required=False, allow_null=True, help_text="When they said so; now if left out.")


class ConsentActions(LeadActions):
    """Consent of one lead."""

    @extend_schema(
        tags=["personal data"], summary="List consents, newest first", responses=ConsentOut(many=True)
    )
    @action(detail=True, methods=["get"], url_path="consents")
    def consents(self, request: Request, pk: str) -> Response:
        """All that the person agreed to or took back."""
        rows = Consent.objects.filter(lead=self._lead(pk)).select_related("by").fetch_mode(FETCH_RAISE)
        return page_of(self, rows, ConsentOut)

    @extend_schema(
        tags=["personal data"],
        summary="Note consent, given or taken back",
        request=ConsentIn,
        responses={201: OpenApiResponse(ConsentOut, description="As it was noted.")},
        examples=[
            OpenApiExample(
                "Taken back",
                value={"is_given": False, "text": "No more calls, please.", "place": "By phone"},
                request_only=True,
            )
        ],
    )
    @consents.mapping.post
    def note_consent(self, request: Request, pk: str) -> Response:
        """Who works the lead, and marketing. Nothing is blocked by it: people decide."""
        body: dict[str, Any] = read(ConsentIn, request)
        made = consents.note(
            lead=self._lead(pk),
            by=caller(request),
            is_given=body["is_given"],
            text=body["text"],
            place=body.get("place", ""),
            at=body.get("at"),
        )
        return Response(ConsentOut(made).data, status=201)
