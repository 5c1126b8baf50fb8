"""What all subjects of the leads' API share: a lead as it is shown, and a service call on the version read."""

from collections.abc import Callable
from typing import Any

from django.db.models import FETCH_RAISE, OuterRef, QuerySet, Subquery
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.api.reasons import ReasonOut
from leads.models import Handoff, Lead
from leads.models.lead import MarkChoices, StageChoices
from leads.selectors import duplicates
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.api import Named, etag, expected_version
from leadsync.core.errors import NotFound

WORKS = (Can.WORK_LEADS, Can.WORK_ANY_LEAD)


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
    erased_at = serializers.DateTimeField(
        allow_null=True, help_text="The personal data were erased then: nothing is done with it any more."
    )

    def get_country(self, lead: Lead) -> str:
        return str(lead.country or "")


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you read, instead of `version`.",
)


def done(what: str) -> dict[int, OpenApiResponse]:
    """An action answers with the lead as it is now."""
    return {200: OpenApiResponse(LeadOut, description=what)}


def found_lead(leads: QuerySet[Lead], pk: str) -> Lead:
    """The lead of this address. Raises 404; `NotFound`, which says as `merged_into` what the lead is part of by now."""
    found = leads.filter(pk=pk).first()
    if found is not None:
        return found
    survivor_id = duplicates.survivor_of(int(pk))
    if survivor_id is None:
        raise Http404
    raise NotFound(_("This lead is part of another one by now."), merged_into=survivor_id)


class LeadActions(GenericViewSet[Lead]):
    """The leads that the caller sees, and how an action answers. `LeadViewSet` is all subjects together."""

    serializer_class = LeadOut
    queryset = Lead.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()

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

    def _lead(self, pk: str) -> Lead:
        return found_lead(Lead.objects.visible_to(caller(self.request)), pk)

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
