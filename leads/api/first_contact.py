"""The report of first contact over the API: the figures of the page, by the same selector."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leads.domain.first_contact import LONGEST, usual_period
from leads.selectors.first_contact import report
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company
from leadsync.core.api import Days, read_query


class Kept(serializers.Serializer[Any]):
    """What became of some promises. Times are whole minutes of working time."""

    decided = serializers.IntegerField(help_text="Promises whose end is known: in time, or late.")
    in_time = serializers.IntegerField()
    late = serializers.IntegerField(help_text="Contacted late, or not at all when it fell due.")
    share = serializers.FloatField(allow_null=True, help_text="In time of those decided.")
    judged = serializers.IntegerField(help_text="Judged as obviously false without a contact.")
    open = serializers.IntegerField(help_text="Not due yet.")
    usual = serializers.IntegerField(allow_null=True, help_text="Half of the first contacts took no longer.")
    nearly_all = serializers.IntegerField(allow_null=True, help_text="Nine in ten took no longer.")
    usual_wait = serializers.IntegerField(allow_null=True, help_text="Arrival to handoff: half, no longer.")
    nearly_all_wait = serializers.IntegerField(allow_null=True, help_text="Arrival to handoff: nine in ten.")


class KeptOf(serializers.Serializer[Any]):
    """One line. `key` is an id, a kind, the week's first day or the hour of arrival; empty: none."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the base's is another thing
    figures = Kept(source="tally")


class FirstContacts(serializers.Serializer[Any]):
    """The promises that began in these days. Lines of reps are for heads and the director; a rep sees the own one."""

    first = serializers.DateField()
    last = serializers.DateField()
    total = Kept()
    reps = KeptOf(many=True)
    offices = KeptOf(many=True)
    kinds = KeptOf(many=True)
    weeks = KeptOf(many=True)
    hours = KeptOf(many=True)


class FirstContactView(APIView):
    """`/api/v1/first-contact/?from=2026-11-01&to=2026-11-30`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["figures"],
        operation_id="first_contact",
        summary="Read the report of first contact",
        parameters=[
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, in the company's zone."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
        ],
        responses=FirstContacts,
    )
    def get(self, request: Request) -> Response:
        """Without days: the last month, and this one until today. At most a year at once."""
        asked, now, person = read_query(Days, request), timezone.now(), caller(request)
        usual_first, usual_last = usual_period(now.astimezone(company().tz).date())
        first, last = asked.get("from", usual_first), asked.get("to", usual_last)
        if last < first:
            raise ValidationError({"to": [_("The last day must not come before the first.")]})
        if (last - first).days >= LONGEST:
            raise ValidationError({"from": [_("At most a year at once.")]})
        found = report(first, last, now=now, sees_all=person.can(Can.SEE_FIRST_CONTACTS), me=person.pk)
        return Response(FirstContacts(found).data)
