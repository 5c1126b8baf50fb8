"""Writing routing over the API: rules in their order, and groups of reps. For who may edit routing."""

from dataclasses import fields as fields_of
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign, Channel
from leads.api.base import IF_MATCH
from leads.api.routing import RuleOut
from leads.models import RepGroup, RoutingRule
from leads.services import routing_rules as services
from leads.services.routing_rules import RuleData
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, etag, expected_version, read
from leadsync.core.errors import Invalid

MOST_IN_LIST = 200


def _texts(most: int) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=most), max_length=MOST_IN_LIST, required=False
    )


def _ids() -> serializers.ListField:
    one = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    return serializers.ListField(child=one, max_length=MOST_IN_LIST, required=False)


class RuleFields(Strict):
    """Conditions, which hold where they are empty, and where the leads go."""

    is_active = serializers.BooleanField(required=False)
    markets = _texts(2)
    languages = _texts(2)
    campaign_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=Campaign.Kind.choices), max_length=10, required=False
    )
    channels = _ids()
    campaigns = _ids()
    rep = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, allow_null=True, help_text="Where `target` is `rep`."
    )
    group = serializers.IntegerField(
        min_value=1,
        max_value=MOST_ID,
        required=False,
        allow_null=True,
        help_text="Where `target` is `group`.",
    )


class RuleIn(RuleFields):
    """A rule to be put at the end."""

    name = serializers.CharField(max_length=80)
    target = serializers.ChoiceField(choices=RoutingRule.Target.choices)


class RuleEdit(RuleFields):
    """Changes. Only what is named changes."""

    name = serializers.CharField(max_length=80, required=False)
    target = serializers.ChoiceField(choices=RoutingRule.Target.choices, required=False)
    version = Version()


class MoveIn(Strict):
    """Which way."""

    is_up = serializers.BooleanField(help_text="true: one place up; false: one down.")


class GroupOut(serializers.Serializer[RepGroup]):
    """Reps who share leads out among themselves."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    members = Named(many=True)


class GroupFields(Strict):
    """A group's name and who is in it."""

    name = serializers.CharField(max_length=80)
    members = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID), max_length=MOST_IN_LIST
    )


class GroupEdit(Strict):
    """Changes. Only what is named changes."""

    name = serializers.CharField(max_length=80, required=False)
    members = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        max_length=MOST_IN_LIST,
        required=False,
    )


def _read(serializer: type[Strict], request: Request) -> dict[str, Any]:
    """The body's valid values, with ids of what is here. Raises `ValidationError`, `Invalid` with the field."""
    body = read(serializer, request)
    for name, model in (("channels", Channel), ("campaigns", Campaign)):
        wanted = set(body.get(name, ()))
        if wanted and len(wanted) > model._default_manager.filter(pk__in=wanted).count():
            raise Invalid(_("Some of these are not here."), field=name)
    return body


def _data_of(rule: RoutingRule) -> dict[str, Any]:
    """A rule as the service would have been told."""
    plain: dict[str, Any] = {"rep": rule.rep_id, "group": rule.group_id}
    plain |= {name: [one.pk for one in getattr(rule, name).all()] for name in ("channels", "campaigns")}
    return {one.name: plain.get(one.name, getattr(rule, one.name)) for one in fields_of(RuleData)}


class RuleViewSet(GenericViewSet[RoutingRule]):
    """Rules by their ids; `/routing/` lists them in order."""

    serializer_class = RuleOut
    queryset = RoutingRule.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = dict.fromkeys(
        ("create", "partial_update", "destroy", "move"), Can.EDIT_ROUTING
    )

    def get_queryset(self) -> QuerySet[RoutingRule]:
        """With what they lead to and their conditions."""
        return RoutingRule.objects.select_related("rep", "group").prefetch_related("channels", "campaigns")

    def _rule(self, pk: str) -> RoutingRule:
        return get_object_or_404(self.get_queryset(), pk=pk)

    def _shown(self, pk: int, status: int = 200) -> Response:
        rule = self.get_queryset().get(pk=pk)
        return Response(RuleOut(rule).data, status=status, headers=etag(rule.version))

    @extend_schema(
        tags=["routing"],
        summary="Make a rule of routing",
        request=RuleIn,
        responses={201: RuleOut},
        examples=[
            OpenApiExample(
                "Leads of Poland",
                value={"name": "Poland", "markets": ["PL"], "target": "group", "group": 2},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """It comes last."""
        made = services.add_rule(data=RuleData(**_read(RuleIn, request)), by=caller(request))
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["routing"],
        summary="Change a rule of routing",
        request=RuleEdit,
        parameters=[IF_MATCH],
        responses=RuleOut,
        examples=[OpenApiExample("Out of use", value={"is_active": False, "version": 2}, request_only=True)],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs the version that you read."""
        body, rule = _read(RuleEdit, request), self._rule(pk)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        data = RuleData(**(_data_of(rule) | body))
        services.edit_rule(rule=rule, data=data, by=caller(request), version=version)
        return self._shown(rule.pk)

    @extend_schema(
        tags=["routing"], summary="Delete a rule of routing", parameters=[IF_MATCH], responses={204: None}
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """Handoffs that it decided keep its name."""
        version = expected_version(request, None)
        services.delete_rule(rule=self._rule(pk), by=caller(request), version=version)
        return Response(status=204)

    @extend_schema(tags=["routing"], summary="Move a rule up or down", request=MoveIn, responses=RuleOut)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: str) -> Response:
        """At the end of the list nothing changes."""
        body, rule = read(MoveIn, request), self._rule(pk)
        services.move_rule(rule=rule, is_up=body["is_up"], by=caller(request))
        return self._shown(rule.pk)


class GroupViewSet(ListModelMixin, GenericViewSet[RepGroup]):
    """Groups of reps."""

    serializer_class = GroupOut
    queryset = RepGroup.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = dict.fromkeys(("create", "partial_update", "destroy"), Can.EDIT_ROUTING)

    def get_queryset(self) -> QuerySet[RepGroup]:
        """With who is in them."""
        return RepGroup.objects.prefetch_related("members")

    def _shown(self, pk: int, status: int = 200) -> Response:
        return Response(GroupOut(self.get_queryset().get(pk=pk)).data, status=status)

    @extend_schema(tags=["routing"], summary="List groups of reps, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """With who is in them."""
        return super().list(request, *args, **kwargs)

    @extend_schema(
        tags=["routing"],
        summary="Make a group of reps",
        request=GroupFields,
        responses={201: GroupOut},
        examples=[OpenApiExample("Two reps", value={"name": "North", "members": [5, 6]}, request_only=True)],
    )
    def create(self, request: Request) -> Response:
        """Its name is its own."""
        made = services.save_group(by=caller(request), **read(GroupFields, request))
        return self._shown(made.pk, status=201)

    @extend_schema(tags=["routing"], summary="Change a group of reps", request=GroupEdit, responses=GroupOut)
    def partial_update(self, request: Request, pk: str) -> Response:
        """`members` replaces all of them."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        told: dict[str, Any] = {"name": found.name, "members": [one.pk for one in found.members.all()]}
        services.save_group(by=caller(request), group=found, **(told | read(GroupEdit, request)))
        return self._shown(found.pk)

    @extend_schema(tags=["routing"], summary="Delete a group of reps", responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """One that no rule leads to."""
        services.delete_group(group=get_object_or_404(RepGroup, pk=pk), by=caller(request))
        return Response(status=204)
