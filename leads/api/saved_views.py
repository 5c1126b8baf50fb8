"""Named filters of the leads list over the API."""

from typing import Any

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.models import SavedView
from leads.services import saved_views as services
from leadsync.accounts.api_auth import caller
from leadsync.core.api import Named, Strict, read


class ViewOut(serializers.Serializer[SavedView]):
    """A named filter; `query` is what `/leads/` takes."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    query = serializers.CharField()
    is_team = serializers.BooleanField(help_text="Everyone sees it.")
    person = Named()


class ViewIn(Strict):
    """Filters under a name of one's own; the same name again is a change of it."""

    name = serializers.CharField(max_length=services.MOST_NAME)
    query = serializers.CharField(
        max_length=services.MOST_QUERY, allow_blank=True, help_text="The part of an address behind “?”."
    )
    is_team = serializers.BooleanField(required=False, default=False)


class ViewViewSet(ListModelMixin, GenericViewSet[SavedView]):
    """One's own views, and those that are for everyone."""

    serializer_class = ViewOut
    queryset = SavedView.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"create": None, "destroy": None}  # one's own: the service knows

    def get_queryset(self) -> QuerySet[SavedView]:
        """With whose they are."""
        mine = Q(person=caller(self.request)) | Q(is_team=True)
        return SavedView.objects.filter(mine).select_related("person")

    @extend_schema(tags=["leads"], summary="List saved views, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """One's own, and those that are for everyone."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["leads"],
        summary="Save a view",
        request=ViewIn,
        responses={201: ViewOut},
        examples=[
            OpenApiExample("Good ones", value={"name": "Good", "query": "mark=good"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        """The same name again is a change of it."""
        made = services.save(by=caller(request), **read(ViewIn, request))
        return Response(ViewOut(made).data, status=201)

    @extend_schema(tags=["leads"], summary="Delete a saved view", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """One's own."""
        services.delete(view=get_object_or_404(self.get_queryset(), pk=pk), by=caller(request))
        return Response(status=204)
