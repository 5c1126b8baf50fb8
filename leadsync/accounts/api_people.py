"""Absences of colleagues, and one's own tokens, over the API."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import Absence, ApiToken, User
from leadsync.accounts.roles import Can
from leadsync.accounts.services import tokens, working_time
from leadsync.core.api import MOST_ID, Day, Named, Strict, read
from leadsync.core.errors import Invalid

LOOK_AFTER = (Can.MANAGE_PEOPLE, Can.HAND_OVER)


class AbsenceOut(serializers.Serializer[Absence]):
    """Days on which somebody is away, both included."""

    id = serializers.IntegerField()
    person = Named()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    note = serializers.CharField()


class AbsenceIn(Strict):
    """Who is away, from which day to which."""

    person = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="An id of `/people/`.")
    starts_on = Day()
    ends_on = Day()
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class AbsenceViewSet(ListModelMixin, GenericViewSet[Absence]):
    """Absences: who looks after people sees and changes them."""

    serializer_class = AbsenceOut
    queryset = Absence.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"list": LOOK_AFTER, "create": LOOK_AFTER, "destroy": LOOK_AFTER}

    def get_queryset(self) -> QuerySet[Absence]:
        """With whose they are."""
        return Absence.objects.select_related("person")

    @extend_schema(tags=["people"], summary="List absences, newest entry first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Of everybody, past ones too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["people"],
        summary="Say that somebody is away",
        request=AbsenceIn,
        responses={201: AbsenceOut},
        examples=[
            OpenApiExample(
                "A week",
                value={"person": 5, "starts_on": "2026-12-21", "ends_on": "2026-12-27"},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """New leads go to others on these days."""
        body = read(AbsenceIn, request)
        person = User.objects.filter(pk=body.pop("person"), is_former=False).first()
        if person is None:
            raise Invalid(_("There is no such person."), field="person")
        made = working_time.add_absence(by=caller(request), person=person, **body)
        return Response(AbsenceOut(made).data, status=201)

    @extend_schema(tags=["people"], summary="Take an absence back", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """They are there again on these days."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        working_time.remove_absence(by=caller(request), person=found.person, pk=found.pk)
        return Response(status=204)


class TokenFull(serializers.Serializer[ApiToken]):
    """A token of one's own; the token itself is shown once, when it is made."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How it begins.")
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)
    created_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True, help_text="Last use, to the minute.")
    revoked_at = serializers.DateTimeField(allow_null=True)


class TokenViewSet(ListModelMixin, GenericViewSet[ApiToken]):
    """One's own tokens. They are made on a page only: a token that got lost must not make others."""

    serializer_class = TokenFull
    queryset = ApiToken.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"destroy": None}  # one's own

    def get_queryset(self) -> QuerySet[ApiToken]:
        """One's own, nobody else's."""
        return ApiToken.objects.filter(person=caller(self.request))

    @extend_schema(tags=["people"], summary="List one's tokens, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those that were revoked too."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["people"], summary="Revoke a token", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Worthless from now on, the one of this request too."""
        tokens.revoke(by=caller(request), token=get_object_or_404(self.get_queryset(), pk=pk))
        return Response(status=204)
