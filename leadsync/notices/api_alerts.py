"""Alerts over the API: what needs somebody to act, and taking care of it."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can, Side
from leadsync.core.api import Named, Strict, read_query
from leadsync.notices import attending, selectors
from leadsync.notices.duties import Topic, duty_of, kinds_of
from leadsync.notices.models import Alert

SIDES = [Side.MARKETING.value, Side.SALES.value]


class AlertOut(serializers.Serializer[Alert]):
    """An alert in the person's language, without what they may not know of others."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    topic = serializers.SerializerMethodField()
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    action = serializers.SerializerMethodField(help_text="The one next step; `url` leads to it.")
    url = serializers.CharField()
    waits_for = serializers.SerializerMethodField(help_text="Who acts, in words.")
    cost_minutes = serializers.IntegerField(help_text="Working time that it takes while it stands.")
    opened_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = Named(allow_null=True)

    def _line(self, alert: Alert) -> selectors.AlertLine:
        return selectors.alert_line(alert, caller(self.context["request"]))

    @extend_schema_field(serializers.ChoiceField(choices=[topic.value for topic in Topic]))
    def get_topic(self, alert: Alert) -> str:
        return duty_of(alert.kind).topic.value

    @extend_schema_field(OpenApiTypes.STR)
    def get_title(self, alert: Alert) -> str:
        return self._line(alert).words.title

    @extend_schema_field(OpenApiTypes.STR)
    def get_text(self, alert: Alert) -> str:
        return self._line(alert).words.text

    @extend_schema_field(OpenApiTypes.STR)
    def get_action(self, alert: Alert) -> str:
        return self._line(alert).words.action

    @extend_schema_field(OpenApiTypes.STR)
    def get_waits_for(self, alert: Alert) -> str:
        return self._line(alert).waits_for


class AlertQuery(Strict):
    """Which alerts."""

    show = serializers.ChoiceField(choices=["open", "resolved"], required=False)
    topic = serializers.ChoiceField(choices=[topic.value for topic in Topic], required=False)
    side = serializers.ChoiceField(choices=SIDES, required=False)


class AlertViewSet(ListModelMixin, GenericViewSet[Alert]):
    """What workers found out, as far as this person may see it."""

    serializer_class = AlertOut
    queryset = Alert.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    permissions: dict[str, Any] = {"acknowledge": Can.ACKNOWLEDGE, "give_up": Can.ACKNOWLEDGE}

    def get_queryset(self) -> QuerySet[Alert]:
        """Open ones, or those that came in order within the last 30 days."""
        asked = read_query(AlertQuery, self.request)
        rows = selectors.visible_alerts(caller(self.request)).select_related("acknowledged_by")
        if asked.get("show") == "resolved":
            rows = rows.filter(resolved_at__gte=timezone.now() - selectors.ALERTS_SHOWN)
        else:
            rows = rows.filter(resolved_at=None)
        if "topic" in asked or "side" in asked:
            topic, side = asked.get("topic"), asked.get("side")
            rows = rows.filter(
                kind__in=kinds_of(topic=Topic(topic) if topic else None, side=Side(side) if side else None)
            )
        return rows

    def _shown(self, pk: int, request: Request) -> Response:
        alert = selectors.visible_alerts(caller(request)).select_related("acknowledged_by").get(pk=pk)
        return Response(AlertOut(alert, context={"request": request}).data)

    @extend_schema(
        tags=["alerts"],
        summary="List alerts, newest first",
        parameters=[
            OpenApiParameter(
                "show",
                OpenApiTypes.STR,
                enum=["open", "resolved"],
                description="`resolved`: the last 30 days.",
            ),
            OpenApiParameter("topic", OpenApiTypes.STR, enum=[topic.value for topic in Topic]),
            OpenApiParameter("side", OpenApiTypes.STR, enum=SIDES, description="The department that acts."),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """`cost_minutes` says which is dearest: that is the order of the page."""
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["alerts"], summary="Take care of an alert", request=None, responses=AlertOut)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Said twice is said once; 409 where somebody else does, or it is in order meanwhile."""
        attending.acknowledge(pk=int(pk), by=caller(request))
        return self._shown(int(pk), request)

    @extend_schema(tags=["alerts"], summary="Give an alert up again", request=None, responses=AlertOut)
    @action(detail=True, methods=["post"], url_path="give-up")
    def give_up(self, request: Request, pk: str) -> Response:
        """One's own, or as a head or the director another person's."""
        attending.give_up(pk=int(pk), by=caller(request))
        return self._shown(int(pk), request)
