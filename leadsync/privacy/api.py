"""Personal data over the API: everything about one person, erasing, how long data are kept, who took some out."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from leads.models import Lead
from leads.selectors.keeping import Kept
from leadsync.accounts import exports
from leadsync.accounts import selectors as accounts
from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import DataExport
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, expected_version, read, read_query
from leadsync.privacy.forms import MOST_MONTHS
from leadsync.privacy.models import Erasure
from leadsync.privacy.selectors import keeping as due_of
from leadsync.privacy.selectors import personal
from leadsync.privacy.services import erasing, keeping

TAGS = ["personal data"]


class PersonalOut(serializers.Serializer[Any]):
    """Every table that holds something of one person, rows as they stand."""

    lead = serializers.IntegerField()
    at = serializers.DateTimeField()
    tables = serializers.DictField(
        child=serializers.ListField(child=serializers.DictField()), help_text="Rows by table."
    )


class EraseIn(Strict):
    """Who asked for it."""

    note = serializers.CharField(
        max_length=erasing.LONGEST_NOTE,
        required=False,
        allow_blank=True,
        help_text="Who asked, and how. It stays: without the name, the address and the number.",
    )
    version = Version()


class ErasureOut(serializers.Serializer[Erasure]):
    """Somebody's personal data were erased."""

    id = serializers.IntegerField()
    lead = serializers.IntegerField(
        source="lead_id", allow_null=True, help_text="null: somebody who never became a lead."
    )
    why = serializers.ChoiceField(choices=Erasure.Why.choices)
    note = serializers.CharField()
    at = serializers.DateTimeField()
    by = Named(allow_null=True, help_text="null: the worker.")
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Rows changed or deleted, by table."
    )


class UnlinkedIn(Strict):
    """Somebody who never became a lead."""

    known_by = serializers.CharField(max_length=320, help_text="An e-mail address or a phone number.")
    note = serializers.CharField(max_length=erasing.LONGEST_NOTE, required=False, allow_blank=True)


class PersonalDataViewSet(GenericViewSet[Lead]):
    """Everything about the person of one lead: for heads and administrators."""

    queryset = Lead.objects.none()
    serializer_class = PersonalOut
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {
        "retrieve": Can.ERASE_LEADS,
        "erase": Can.ERASE_LEADS,
        "erase_unlinked": Can.ERASE_LEADS,
    }

    def _lead(self, pk: str) -> Lead:
        return get_object_or_404(Lead.objects.visible_to(caller(self.request)), pk=pk)

    @extend_schema(tags=TAGS, summary="Read everything about one person", responses=PersonalOut)
    def retrieve(self, request: Request, pk: str) -> Response:
        """By the number of the lead. Reading is recorded."""
        lead = self._lead(pk)
        exports.record(kind=exports.Kind.PERSON_FILE, by=caller(request), rows=1, lead_id=lead.pk)
        return Response(
            {"lead": lead.pk, "at": timezone.now().isoformat(), "tables": personal.as_document(lead)},
            headers={"Cache-Control": "no-store"},
        )

    @extend_schema(
        tags=TAGS,
        summary="Erase one person",
        request=EraseIn,
        parameters=[
            OpenApiParameter(
                "If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER, description="The lead's ETag."
            )
        ],
        responses={200: OpenApiResponse(ErasureOut, description="What was erased where.")},
        examples=[
            OpenApiExample("By mail", value={"note": "By mail, 3 March", "version": 4}, request_only=True)
        ],
    )
    @action(detail=True, methods=["post"], url_path="erase")
    def erase(self, request: Request, pk: str) -> Response:
        """For good: it cannot be taken back. The lead stays in all figures, without a name."""
        body = read(EraseIn, request)
        made = erasing.erase(
            lead=self._lead(pk),
            by=caller(request),
            note=body.get("note", ""),
            version=expected_version(request, body.get("version")),
        )
        return Response(ErasureOut(made).data)

    @extend_schema(
        tags=TAGS,
        summary="Erase somebody who never became a lead",
        request=UnlinkedIn,
        responses={200: OpenApiResponse(ErasureOut, description="What was erased where.")},
        examples=[OpenApiExample("By address", value={"known_by": "eva@example.com"}, request_only=True)],
    )
    @action(detail=False, methods=["post"], url_path="erase-unlinked")
    def erase_unlinked(self, request: Request) -> Response:
        """Messages that nobody could read, rows of lists that were never saved. 409 where there is a lead."""
        body = read(UnlinkedIn, request)
        known_by = body["known_by"]
        made = erasing.erase_unlinked(
            emails=known_by, phone=known_by, by=caller(request), note=body.get("note", "")
        )
        return Response(ErasureOut(made).data)


class ErasureViewSet(ListModelMixin, GenericViewSet[Erasure]):
    """What was erased, when and why."""

    serializer_class = ErasureOut
    queryset = Erasure.objects.none()
    filter_backends = ()
    permissions: dict[str, Any] = {"list": Can.ERASE_LEADS}

    def get_queryset(self) -> QuerySet[Erasure]:
        """With who did it."""
        return Erasure.objects.select_related("by").fetch_mode(FETCH_RAISE)

    @extend_schema(tags=TAGS, summary="List what was erased, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Without what it said."""
        return super().list(request, *args, **kwargs)


class ExportOut(serializers.Serializer[DataExport]):
    """Somebody took personal data out, or looked at everything about one person."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[(kind.value, kind.value) for kind in exports.Kind])
    at = serializers.DateTimeField()
    by = Named(allow_null=True)
    rows = serializers.IntegerField(allow_null=True, help_text="How many leads; null: not counted.")
    lead = serializers.IntegerField(source="lead_id", allow_null=True)
    what = serializers.CharField(help_text="Filters as in an address, or the name of a file.")


class ExportQuery(Strict):
    """What the list can be cut to."""

    person = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class ExportViewSet(ListModelMixin, GenericViewSet[DataExport]):
    """Who took personal data out."""

    serializer_class = ExportOut
    queryset = DataExport.objects.none()
    filter_backends = ()
    permissions: dict[str, Any] = {"list": Can.ERASE_LEADS}

    def get_queryset(self) -> QuerySet[DataExport]:
        """With who did it, cut to what is asked."""
        asked = read_query(ExportQuery, self.request)
        rows = DataExport.objects.select_related("by").fetch_mode(FETCH_RAISE)
        return rows.filter(by=asked["person"]) if "person" in asked else rows

    @extend_schema(
        tags=TAGS,
        summary="List who took personal data out, newest first",
        parameters=[OpenApiParameter("person", OpenApiTypes.INT, description="Of this colleague only.")],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Lists saved as files, and every look at everything about one person."""
        return super().list(request, *args, **kwargs)


class PeriodsIn(Strict):
    """For how many months personal data are kept; null: for good."""

    keep_months = serializers.IntegerField(
        min_value=1, max_value=MOST_MONTHS, allow_null=True, help_text="Leads without a sale."
    )
    keep_won_months = serializers.IntegerField(
        min_value=1, max_value=MOST_MONTHS, allow_null=True, help_text="Customers."
    )


class DueOut(serializers.Serializer[due_of.Due]):
    """Leads of one sort that nothing has happened to for as long."""

    kept = serializers.ChoiceField(
        choices=[(kept.value, kept.value) for kept in Kept],
        help_text="other: without a sale; won: customers; held: open with a rep, never erased by themselves.",
    )
    since = serializers.DateField(help_text="Nothing has happened since that day began.")
    count = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    query = serializers.CharField(help_text="The filters of /leads/ that give them.")


class PeriodsOut(serializers.Serializer[Any]):
    """The periods, and what they erase the next night."""

    keep_months = serializers.IntegerField(allow_null=True)
    keep_won_months = serializers.IntegerField(allow_null=True)
    due = DueOut(many=True)


class PeriodsView(APIView):
    """How long personal data are kept."""

    permissions: dict[str, Any] = {"get": Can.ERASE_LEADS, "put": Can.MANAGE_COMPANY}

    @staticmethod
    def _shown() -> Response:
        company = accounts.company()
        periods = {"keep_months": company.keep_months, "keep_won_months": company.keep_won_months}
        today = timezone.now().astimezone(company.tz).date()
        return Response(PeriodsOut(periods | {"due": due_of.due(**periods, today=today)}).data)

    @extend_schema(tags=TAGS, summary="Read how long personal data are kept", responses=PeriodsOut)
    def get(self, request: Request) -> Response:
        """With what is old enough to be erased the next night."""
        return self._shown()

    @extend_schema(
        tags=TAGS,
        summary="Say how long personal data are kept",
        request=PeriodsIn,
        responses=PeriodsOut,
        examples=[
            OpenApiExample(
                "Two and five years", value={"keep_months": 24, "keep_won_months": 60}, request_only=True
            )
        ],
    )
    def put(self, request: Request) -> Response:
        """For administrators. What is older is erased from the next night on, and cannot be brought back."""
        keeping.set_periods(by=caller(request), **read(PeriodsIn, request))
        return self._shown()
