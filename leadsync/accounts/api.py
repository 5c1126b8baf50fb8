"""Oneself and colleagues over the API."""

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.models import ApiToken, User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import company


class CompanyOut(serializers.Serializer[Any]):
    """What every amount and day of the API refers to."""

    name = serializers.CharField()
    currency = serializers.CharField()
    zone = serializers.CharField()


class TokenOut(serializers.Serializer[ApiToken]):
    """The token that this request came with."""

    name = serializers.CharField()
    scope = serializers.ChoiceField(choices=ApiToken.Scope.choices)


class PersonOut(serializers.Serializer[User]):
    """A colleague."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    roles = serializers.SerializerMethodField()

    def get_roles(self, person: User) -> list[str]:
        return sorted(role.value for role in person.roles)


class Me(PersonOut):
    """Who asks, and what they may do."""

    email = serializers.CharField()
    language = serializers.CharField()
    permissions = serializers.SerializerMethodField()
    company = CompanyOut()
    token = TokenOut(allow_null=True)

    def get_permissions(self, person: User) -> list[str]:
        return sorted(can.value for can in Can if person.can(can))


class MeView(APIView):
    """`/api/v1/me/`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(tags=["people"], summary="Who am I", operation_id="me", responses=Me)
    def get(self, request: Request) -> Response:
        """The person of the token or session, with roles, permissions and the company."""
        person = caller(request)
        token = request.auth if isinstance(request.auth, ApiToken) else None
        person.company, person.token = company(), token  # type: ignore[attr-defined]  # for the answer
        return Response(Me(person).data)


class PersonViewSet(ListModelMixin, GenericViewSet[User]):
    """Colleagues who can sign in."""

    permissions: dict[str, Any] = {}
    serializer_class = PersonOut
    queryset = User.objects.none()
    filter_backends = ()

    def get_queryset(self) -> QuerySet[User]:
        """With their roles: two queries."""
        groups = Group.objects.filter(name__in=[role.value for role in Role])
        return User.objects.filter(is_active=True, is_former=False).prefetch_related(
            Prefetch("groups", queryset=groups)
        )

    @extend_schema(tags=["people"], summary="List people")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Whom a lead can be handed to, and who can own a campaign."""
        return super().list(request, *args, **kwargs)
