"""Leads that may be the same, and leads that are one by now, over the API: the pages' selectors and services."""

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
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.domain import merging as rules
from leads.models import Lead, Lookalike, Merge
from leads.selectors import duplicates as selectors
from leads.services import lookalikes, merging, unmerging
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, MOST_VERSION, Named, Strict, read, read_query
from leadsync.core.errors import Invalid

WHO = (Can.MERGE_LEADS, Can.WORK_LEADS)
MOST_CHOICES = 200


def _named(lead: Lead) -> dict[str, Any]:
    return {"id": lead.pk, "name": lead.title}


class Evidence(serializers.Serializer[Any]):
    """What is alike: percentages of likeness; the same mail or phone written in two ways."""

    name = serializers.IntegerField(required=False)
    company = serializers.IntegerField(required=False)
    mail = serializers.BooleanField(required=False)
    phone = serializers.BooleanField(required=False)


class PairOut(serializers.Serializer[Lookalike]):
    """Two leads that may be the same."""

    id = serializers.IntegerField()
    first = serializers.SerializerMethodField()
    second = serializers.SerializerMethodField()
    score = serializers.IntegerField(help_text="How alike the two are, 92 to 100.")
    evidence = Evidence()
    found_at = serializers.DateTimeField()
    is_dismissed = serializers.SerializerMethodField(help_text="Somebody said that they are not the same.")

    @extend_schema_field(Named)
    def get_first(self, pair: Lookalike) -> dict[str, Any]:
        return _named(pair.first)

    @extend_schema_field(Named)
    def get_second(self, pair: Lookalike) -> dict[str, Any]:
        return _named(pair.second)

    def get_is_dismissed(self, pair: Lookalike) -> bool:
        return pair.dismissed_at is not None


class PairViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Lookalike]):
    """Pairs of leads that may be the same. Merging them is `POST /merges/`."""

    serializer_class = PairOut
    queryset = Lookalike.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"dismiss": WHO, "suggest": WHO}

    def get_queryset(self) -> QuerySet[Lookalike]:
        """The list holds what nobody has decided on."""
        rows = selectors.seen_pairs(caller(self.request))
        if self.action == "list":
            rows = rows.filter(dismissed_at=None)
        return rows.select_related("first", "second").fetch_mode(FETCH_RAISE)

    def _shown(self, pk: int) -> Response:
        return Response(PairOut(Lookalike.objects.select_related("first", "second").get(pk=pk)).data)

    @extend_schema(tags=["duplicates"], summary="List pairs of leads that may be the same, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["duplicates"], summary="Read a pair")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["duplicates"], summary="Say that the two are not the same", request=None, responses=PairOut
    )
    @action(detail=True, methods=["post"], url_path="dismiss")
    def dismiss(self, request: Request, pk: str) -> Response:
        """The pair is not suggested any more."""
        pair = get_object_or_404(self.get_queryset(), pk=pk)
        lookalikes.dismiss(pair=pair, by=caller(request))
        return self._shown(pair.pk)

    @extend_schema(tags=["duplicates"], summary="Suggest a pair again", request=None, responses=PairOut)
    @action(detail=True, methods=["post"], url_path="suggest")
    def suggest(self, request: Request, pk: str) -> Response:
        """Takes back that the two are not the same."""
        pair = get_object_or_404(self.get_queryset(), pk=pk)
        lookalikes.suggest_again(pair=pair, by=caller(request))
        return self._shown(pair.pk)


class MergeOut(serializers.Serializer[Merge]):
    """Two leads that became one."""

    id = serializers.IntegerField()
    survivor = serializers.SerializerMethodField(help_text="The lead that both are now.")
    gone = serializers.SerializerMethodField(
        help_text="The lead that is part of it; it has its id again once the merge is undone."
    )
    at = serializers.DateTimeField()
    by = Named(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = Named(allow_null=True)

    @extend_schema_field(Named)
    def get_survivor(self, merge: Merge) -> dict[str, Any]:
        return _named(merge.survivor)

    @extend_schema_field(Named)
    def get_gone(self, merge: Merge) -> dict[str, Any]:
        return {"id": merge.gone_id, "name": selectors.title_of(merge)}


class MergeQuery(Strict):
    """What the list can be cut to."""

    lead = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)


class MergeIn(Strict):
    """Which two leads become one."""

    survivor = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="The lead that stays.")
    other = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, help_text="The lead that becomes part of it."
    )
    choices = serializers.DictField(
        child=serializers.ChoiceField(choices=rules.SIDES),
        required=False,
        help_text="Whose value stands, by field (`name`, …, `owner_id`), `state` (stage and mark), `answer:<key>` or "
        "`words:<topic>`. Left out: the survivor's, and the other's where the survivor has none.",
    )
    version = serializers.IntegerField(min_value=1, max_value=MOST_VERSION, required=False)
    other_version = serializers.IntegerField(min_value=1, max_value=MOST_VERSION, required=False)

    def validate_choices(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > MOST_CHOICES:
            raise ValidationError(_("At most %(n)d choices.") % {"n": MOST_CHOICES})
        return value


class MergeViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Merge]):
    """Merges: marketing and the head of sales; a rep of leads that are both their own."""

    serializer_class = MergeOut
    queryset = Merge.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"create": WHO, "undo": WHO}

    def get_queryset(self) -> QuerySet[Merge]:
        """Merges as they are shown; the list cut to a lead, the one that stayed or the one that is gone."""
        rows = selectors.merges(caller(self.request))
        if self.action == "list":
            asked = read_query(MergeQuery, self.request)
            if "lead" in asked:
                rows = selectors.about(rows, asked["lead"])
        return rows

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(MergeOut(selectors.merges(caller(self.request)).get(pk=pk)).data, status=status)

    @extend_schema(
        tags=["duplicates"],
        summary="List merges, newest first",
        parameters=[OpenApiParameter("lead", OpenApiTypes.INT)],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["duplicates"], summary="Read a merge")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(
        tags=["duplicates"],
        summary="Make one lead of two",
        request=MergeIn,
        responses={
            201: OpenApiResponse(MergeOut, description="The merge; everything of both is on the survivor.")
        },
        examples=[
            OpenApiExample(
                "Keep the company of the other",
                value={"survivor": 1042, "other": 1077, "choices": {"company": "other"}},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """All of the other moves to the survivor. Until it is undone, the other's address says where it went."""
        body = read(MergeIn, request)
        leads = Lead.objects.visible_to(caller(request)).in_bulk([body["survivor"], body["other"]])
        for name in ("survivor", "other"):
            if body[name] not in leads:
                raise Invalid(_("There is no such lead."), field=name)
        made = merging.merge(
            survivor=leads[body["survivor"]],
            other=leads[body["other"]],
            by=caller(request),
            choices=body.get("choices"),
            versions=(body.get("version"), body.get("other_version")),
        )
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["duplicates"], summary="Make two leads of one again", request=None, responses=MergeOut
    )
    @action(detail=True, methods=["post"], url_path="undo")
    def undo(self, request: Request, pk: str) -> Response:
        """Both as they were; what happened since stays with the survivor. Of several merges the latest comes first."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        unmerging.undo(merge=found, by=caller(request))
        return self._shown(found.pk)
