"""How a lead ends, over the API: won, lost, opened again."""

from decimal import Decimal

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import IF_MATCH, LeadActions, done
from leads.api.reasons import reason_of
from leads.services import follow_up, outcomes
from leadsync.accounts.api_auth import caller
from leadsync.core.api import Strict, Version, read


class WinIn(Strict):
    """The lead bought."""

    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal(0), help_text="In the company's currency."
    )
    on = serializers.DateField(required=False, allow_null=True, help_text="Today if left out.")
    version = Version()


class WinChangeIn(Strict):
    """A win that was noted wrongly."""

    amount = serializers.DecimalField(
        max_digits=14, decimal_places=2, min_value=Decimal(0), help_text="In the company's currency."
    )
    on = serializers.DateField(required=False, allow_null=True, help_text="The day it has if left out.")
    version = Version()


class LoseIn(Strict):
    """A qualified lead went away."""

    reason = serializers.CharField(max_length=40, help_text="A key of `/reasons/`.")
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    on = serializers.DateField(required=False, allow_null=True, help_text="Today if left out.")
    version = Version()


class ReopenIn(Strict):
    """Why a closed or lost lead is opened again."""

    note = serializers.CharField(max_length=follow_up.MOST_NOTE)
    version = Version()


EXAMPLES = {
    "win": OpenApiExample("Won", value={"amount": "12500.00", "on": "2026-11-20"}, request_only=True),
}


class OutcomeActions(LeadActions):
    """How a lead ends."""

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
        summary="Correct a win",
        request=WinChangeIn,
        parameters=[IF_MATCH],
        responses=done("The lead, with its win."),
    )
    @win.mapping.patch
    def change_win(self, request: Request, pk: str) -> Response:
        """Its amount, and its day."""
        body = read(WinChangeIn, request)
        return self._acted(
            pk,
            body,
            lambda lead, by, version: outcomes.change_win(
                lead=lead, by=by, amount=body["amount"], on=body.get("on"), version=version
            ),
        )

    @extend_schema(
        tags=["work"],
        summary="Take a win back",
        request=None,
        responses=done("The lead, as it was before the win."),
    )
    @win.mapping.delete
    def take_win_back(self, request: Request, pk: str) -> Response:
        """The same day, by who noted it or a head."""
        lead = self._lead(pk)
        outcomes.take_win_back(lead=lead, by=caller(request))
        return self._shown(lead.pk)

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
                lead=lead, by=by, reason=reason, note=body.get("note", ""), on=body.get("on"), version=version
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
