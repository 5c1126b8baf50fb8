"""Whose a lead is, over the API: handed over, handed back to marketing."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import IF_MATCH, LeadActions, done
from leads.domain.words import ReturnReason
from leads.services import follow_up, handoff
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.core.api import MOST_ID, Strict, Version, read
from leadsync.core.errors import Invalid


class HandoffIn(Strict):
    """Who gets the lead: a person's id, or null for the one whose turn it is."""

    to = serializers.IntegerField(min_value=1, max_value=MOST_ID, allow_null=True)


class ReturnIn(Strict):
    """Why the lead goes back to marketing."""

    reason = serializers.ChoiceField(choices=[(reason.value, reason.name) for reason in ReturnReason])
    note = serializers.CharField(max_length=follow_up.MOST_NOTE, required=False, allow_blank=True)
    version = Version()


class HandingActions(LeadActions):
    """Whose a lead is."""

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
