"""Back-tests over the API: asked for over a period, read with their counts."""

from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.domain.backtest import Result
from leads.models import BackTest, BackTestLead
from leads.selectors import backtest as selectors
from leads.services import backtest as services
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Named, Strict, read, read_query
from leadsync.core.errors import Invalid

MOST_NUMBER = 2**31 - 1


class MeasuredCell(serializers.Serializer[Any]):
    """The leads with one verdict by the version in force, and one by the draft."""

    before = serializers.ChoiceField(choices=BackTestLead.Verdict.choices)
    after = serializers.ChoiceField(choices=BackTestLead.Verdict.choices)
    leads = serializers.IntegerField(help_text="Those of `/leads/?measured=12.met.not_met`.")
    won = serializers.IntegerField()
    open = serializers.IntegerField()
    priced = serializers.IntegerField(help_text="Won with a known amount.")
    amount = serializers.DecimalField(max_digits=20, decimal_places=2, help_text="Of those priced together.")


class BackTestOut(serializers.Serializer[BackTest]):
    """A draft beside the version in force, over leads received in these days."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(source="agreement.number", help_text="The version that is measured.")
    against = serializers.SerializerMethodField(help_text="The version in force then; null: there was none.")
    from_on = serializers.DateField()
    to_on = serializers.DateField()
    asked_by = Named(allow_null=True)
    asked_at = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=BackTest.State.choices)
    done = serializers.IntegerField(help_text="Leads measured so far.")
    total = serializers.IntegerField()
    cells = serializers.SerializerMethodField(help_text="Empty until it is done.")

    @extend_schema_field({"type": ["integer", "null"]})
    def get_against(self, test: BackTest) -> int | None:
        return test.against.number if test.against else None

    @extend_schema_field(MeasuredCell(many=True))
    def get_cells(self, test: BackTest) -> list[Any]:
        if test.state != BackTest.State.DONE:
            return []
        found = Result.of_json(test.result["cells"])
        return [
            dict(
                MeasuredCell(
                    {
                        "before": before,
                        "after": after,
                        "leads": group.leads,
                        "won": group.won,
                        "open": group.open,
                        "priced": group.priced,
                        "amount": group.amount,
                    }
                ).data
            )
            for before in BackTestLead.Verdict
            for after in BackTestLead.Verdict
            for group in [found.cell(before, after)]
        ]


class BackTestFull(BackTestOut):
    """A back-test and what it says."""

    sentence = serializers.SerializerMethodField(help_text="What signing would change; empty until done.")
    stale = serializers.SerializerMethodField(help_text="Why it says that no longer; empty: it does.")

    @extend_schema_field(OpenApiTypes.STR)
    def get_sentence(self, test: BackTest) -> str:
        return str(self.context["measured"].sentence)

    @extend_schema_field(OpenApiTypes.STR)
    def get_stale(self, test: BackTest) -> str:
        return str(self.context["measured"].stale)


class BackTestQuery(Strict):
    """What the list can be cut to."""

    version = serializers.IntegerField(min_value=1, max_value=MOST_NUMBER, required=False)


class BackTestIn(Strict):
    """Which version, over the leads received in which days, both included."""

    version = serializers.IntegerField(
        min_value=1, max_value=MOST_NUMBER, help_text="The number of a draft or proposed version."
    )
    from_on = serializers.DateField(
        required=False, help_text="With `to_on`; else the last three full months."
    )
    to_on = serializers.DateField(required=False)


class BackTestViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[BackTest]):
    """Everyone signed in reads them; heads ask."""

    serializer_class = BackTestOut
    queryset = BackTest.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"create": Can.EDIT_AGREEMENT}

    def get_queryset(self) -> QuerySet[BackTest]:
        """With versions and who asked, nothing loaded later; the list cut to what is asked."""
        rows = BackTest.objects.select_related("agreement", "against", "asked_by").fetch_mode(FETCH_RAISE)
        if self.action == "list" and "version" in (asked := read_query(BackTestQuery, self.request)):
            rows = rows.filter(agreement__number=asked["version"])
        return rows

    def _shown(self, pk: int | str, status: int = 200) -> Response:
        test = get_object_or_404(self.get_queryset(), pk=pk)
        page = selectors.page(test.agreement.number, test.pk)
        return Response(
            BackTestFull(test, context={"measured": page.measured if page else None}).data, status=status
        )

    @extend_schema(
        tags=["agreement"],
        summary="List back-tests, newest first",
        parameters=[OpenApiParameter("version", OpenApiTypes.INT, description="Of this version only.")],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["agreement"], summary="Read a back-test", responses=BackTestFull)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """While it is under way, `done` of `total` leads are measured."""
        return self._shown(pk)

    @extend_schema(
        tags=["agreement"],
        summary="Measure a draft",
        request=BackTestIn,
        responses={201: OpenApiResponse(BackTestFull, description="The test, done if there are few leads.")},
        examples=[
            OpenApiExample(
                "Last autumn",
                value={"version": 4, "from_on": "2026-09-01", "to_on": "2026-11-30"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Asked for the same again while it is under way, it is the same test."""
        body = read(BackTestIn, request)
        agreement = selectors.version(body.pop("version"))
        if agreement is None:
            raise Invalid(_("There is no such version."), field="version")
        if ("from_on" in body) != ("to_on" in body):
            raise Invalid(_("Say both days."), field="to_on" if "from_on" in body else "from_on")
        days = body or selectors.usual_period()
        made = services.ask(agreement=agreement, by=caller(request), **days)
        return self._shown(made.pk, status=201)
