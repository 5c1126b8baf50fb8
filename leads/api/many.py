"""Several leads at once over the API: handed to one rep, or put off; all or none, and taken back as one."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import LeadActions
from leads.models import Lead
from leads.selectors.leads import MOST_SELECTED
from leads.services import bulk
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import User
from leadsync.core.api import MOST_ID, Instant, Strict, read
from leadsync.core.errors import Invalid


def ids(**more: Any) -> serializers.ListField:
    """A list of ids, as many as can be selected in the leads list."""
    one = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    return serializers.ListField(child=one, min_length=1, max_length=MOST_SELECTED, **more)


class HandManyIn(Strict):
    """Which leads go to whom."""

    leads = ids()
    to = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="The rep's id.")


class Moved(serializers.Serializer[Any]):
    """A lead that was handed over, and who had it before."""

    lead = serializers.IntegerField()
    former = serializers.IntegerField(allow_null=True, help_text="A person's id; null: marketing.")


class HandManyOut(serializers.Serializer[Any]):
    """What was handed over; `hand-back/` takes it as it is."""

    to = serializers.IntegerField()
    moved = Moved(many=True)


class MovedIn(Strict):
    """A lead that was handed over, and who had it before."""

    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    former = serializers.IntegerField(min_value=1, max_value=MOST_ID, allow_null=True)


class HandBackIn(Strict):
    """A handover of many, as it was answered."""

    to = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    moved = serializers.ListField(child=MovedIn(), min_length=1, max_length=MOST_SELECTED)


class PutOffIn(Strict):
    """When to get back to these leads; what for stays."""

    leads = ids()
    at = Instant()


class PutOffOut(serializers.Serializer[Any]):
    """Events of what changed; `put-back/` takes them. A lead that had this next step already has none."""

    events = serializers.ListField(child=serializers.IntegerField())


class PutBackIn(Strict):
    """Events of putting off."""

    events = ids()


class Count(serializers.Serializer[Any]):
    """How many leads changed."""

    leads = serializers.IntegerField()


class ManyActions(LeadActions):
    """What is done to several leads at once."""

    def _here(self, wanted: list[int]) -> list[int]:
        """The ids, each once. Raises `Invalid` where one is no lead: a program would not notice it missing."""
        found = set(
            Lead.objects.visible_to(caller(self.request)).filter(pk__in=wanted).values_list("pk", flat=True)
        )
        missing = sorted(set(wanted) - found)
        if missing:
            raise Invalid(_("There is no lead %(id)s.") % {"id": missing[0]}, field="leads")
        return sorted(found)

    @extend_schema(
        tags=["work"],
        summary="Hand several leads over",
        operation_id="leads_hand_over",
        request=HandManyIn,
        responses=HandManyOut,
        examples=[OpenApiExample("Two leads", value={"leads": [7, 8], "to": 3}, request_only=True)],
    )
    @action(detail=False, methods=["post"], url_path="hand-over")
    def hand_over_many(self, request: Request) -> Response:
        """All or none: the refusal names the first lead that cannot go. What the rep has already stays."""
        body = read(HandManyIn, request)
        to = User.objects.filter(pk=body["to"]).first()
        if to is None:
            raise Invalid(_("There is no such person."), field="to")
        done = bulk.hand_over(lead_ids=self._here(body["leads"]), to=to, by=caller(request))
        moved = [{"lead": lead, "former": former} for lead, former in done.former.items()]
        return Response(HandManyOut({"to": to.pk, "moved": moved}).data)

    @extend_schema(
        tags=["work"],
        summary="Take a handover of several leads back",
        operation_id="leads_hand_back",
        request=HandBackIn,
        responses=Count,
    )
    @action(detail=False, methods=["post"], url_path="hand-back")
    def hand_back_many(self, request: Request) -> Response:
        """Each goes to who had it, or to marketing. Leads that moved on since stay."""
        body = read(HandBackIn, request)
        former = {one["lead"]: one["former"] for one in body["moved"]}
        count = bulk.hand_back(former=former, taken_by=body["to"], by=caller(request))
        return Response({"leads": count})

    @extend_schema(
        tags=["work"],
        summary="Put several leads off",
        operation_id="leads_put_off",
        request=PutOffIn,
        responses=PutOffOut,
        examples=[
            OpenApiExample(
                "Next week",
                value={"leads": [7, 8], "at": "2026-11-30T09:00:00+01:00"},
                request_only=True,
            )
        ],
    )
    @action(detail=False, methods=["post"], url_path="put-off")
    def put_off_many(self, request: Request) -> Response:
        """All or none: own leads, or any for the head of sales."""
        body = read(PutOffIn, request)
        leads = self._here(body["leads"])
        try:
            events = bulk.reschedule(lead_ids=leads, by=caller(request), next_step_at=body["at"])
        except Invalid as refused:
            if refused.field == "on":  # as the page's form calls it
                raise Invalid(refused.message, field="at") from refused
            raise
        return Response({"events": events})

    @extend_schema(
        tags=["work"],
        summary="Take back putting off",
        operation_id="leads_put_back",
        request=PutBackIn,
        responses=Count,
    )
    @action(detail=False, methods=["post"], url_path="put-back")
    def put_back_many(self, request: Request) -> Response:
        """Within a day, by who did it. Leads that moved on since stay."""
        body = read(PutBackIn, request)
        return Response({"leads": bulk.take_back(events=body["events"], by=caller(request))})
