"""The voice of the customer over the API, and the tags that it counts."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from leads.domain.voice import MOST_DAYS, Period, Preset
from leads.models import Tag
from leads.models.voice import Topic
from leads.selectors.voice import NOT_STATED, By, Scope, voice
from leadsync.accounts.selectors import company
from leadsync.core.api import MOST_ID, Days, read_query


class TagOut(serializers.Serializer[Tag]):
    """A tag. `key` is what a lead's `learned/tags/` takes."""

    key = serializers.CharField()
    label = serializers.CharField(source="words")  # type: ignore[assignment]  # the base's is another thing


class TagFull(TagOut):
    """A tag in use, and what it is about."""

    topic = serializers.ChoiceField(choices=Topic.choices)


class TagViewSet(ListModelMixin, GenericViewSet[Tag]):
    """The company's tags in use."""

    permissions: dict[str, Any] = {}
    serializer_class = TagFull
    queryset = Tag.objects.filter(is_active=True)
    pagination_class = None
    filter_backends = ()

    @extend_schema(tags=["leads"], summary="List tags", operation_id="tags_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class HeardOut(serializers.Serializer[Any]):
    """In how many leads one thing was noted. `key` is a tag's, or "~" for what was said in other words."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the base's is another thing
    count = serializers.IntegerField()
    before = serializers.IntegerField(help_text="In the period before, of the same length.")


class HeardTopic(serializers.Serializer[Any]):
    """One topic: the leads of which anything is known, and by tag."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    leads = serializers.IntegerField()
    before = serializers.IntegerField()
    heard = HeardOut(many=True)


class HeardCount(serializers.Serializer[Any]):
    """A count within one group."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    key = serializers.CharField()
    count = serializers.IntegerField()


class HeardGroup(serializers.Serializer[Any]):
    """One campaign, channel, market or segment; `key` is what the address takes to cut to it."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # the base's is another thing
    worked = serializers.IntegerField(help_text="Leads worked in the period.")
    heard = HeardCount(many=True)


class VoiceOut(serializers.Serializer[Any]):
    """What customers said in these days; `worked` is what every share is of."""

    first = serializers.DateField()
    last = serializers.DateField()
    worked = serializers.IntegerField()
    worked_before = serializers.IntegerField()
    topics = HeardTopic(many=True)
    groups = HeardGroup(many=True)


class VoiceQuery(Days):
    """Which days, which leads, and what the groups are."""

    period = serializers.ChoiceField(choices=[one.value for one in Preset], required=False)
    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    channel = serializers.IntegerField(min_value=1, max_value=MOST_ID, required=False)
    market = serializers.RegexField(rf"^([A-Z]{{2}}|{NOT_STATED})\Z", required=False)
    segment = serializers.CharField(max_length=100, required=False)
    by = serializers.ChoiceField(choices=[one.value for one in By], required=False, default=By.CAMPAIGN.value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Days, or one of the usual periods; at most ten years."""
        found = super().validate(attrs)
        if ("from" in found) != ("to" in found):
            raise ValidationError({"to" if "from" in found else "from": [_("Say both days.")]})
        if "from" in found and "period" in found:
            raise ValidationError({"period": [_("Either days or a period.")]})
        if "from" in found and (found["to"] - found["from"]).days >= MOST_DAYS:
            raise ValidationError({"from": [_("At most ten years at once.")]})
        return found


class VoiceView(APIView):
    """`/api/v1/voice/?period=quarter&by=market`."""

    permissions: dict[str, Any] = {"get": None}

    @extend_schema(
        tags=["figures"],
        operation_id="voice",
        summary="Read what customers say",
        parameters=[
            OpenApiParameter("period", OpenApiTypes.STR, enum=[one.value for one in Preset]),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day, instead of a period."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Last day."),
            OpenApiParameter("campaign", OpenApiTypes.INT),
            OpenApiParameter("channel", OpenApiTypes.INT),
            OpenApiParameter("market", OpenApiTypes.STR, description="Two letters; “-”: not stated."),
            OpenApiParameter("segment", OpenApiTypes.STR, description="“-”: not stated."),
            OpenApiParameter("by", OpenApiTypes.STR, enum=[one.value for one in By]),
        ],
        responses=VoiceOut,
    )
    def get(self, request: Request) -> Response:
        """Leads by what was noted of them. Where nothing is said: the last three months, by campaign."""
        asked = read_query(VoiceQuery, request)
        if "from" in asked:
            period = Period.of(asked["from"], asked["to"])
        else:
            today = timezone.now().astimezone(company().tz).date()
            period = Period.until(today, Preset(asked.get("period", Preset.QUARTER)))
        scope = Scope(
            period,
            campaign=asked.get("campaign"),
            channel=asked.get("channel"),
            market=asked.get("market", ""),
            segment=asked.get("segment", ""),
        )
        found = voice(scope, by=By(asked["by"]))
        shown = {
            "first": period.first,
            "last": period.last,
            "worked": found.worked,
            "worked_before": found.worked_before,
            "topics": [
                {
                    "topic": one.topic,
                    "leads": one.leads,
                    "before": one.before,
                    "heard": [*one.tags, one.words],
                }
                for one in found.topics.values()
            ],
            "groups": [
                {
                    "key": group.key,
                    "label": group.label,
                    "worked": group.worked,
                    "heard": [
                        {"topic": topic, "key": key, "count": count}
                        for topic, counts in group.counts.items()
                        for key, count in counts.items()
                    ],
                }
                for group in found.groups
            ],
        }
        return Response(VoiceOut(shown).data)
