"""What is known of markets over the API, and what sales says before a campaign goes live."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_countries import countries
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign, MarketNote, Review
from campaigns.selectors import notes as note_selectors
from campaigns.selectors.reviews import review_of
from campaigns.services import notes, reviews
from feedback.selectors import markets as selectors
from feedback.services import evidence
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import (
    MOST_ID,
    Named,
    Strict,
    Version,
    etag,
    expected_version,
    read,
    read_query,
)
from leadsync.core.errors import Conflict

SAID = {"clear": reviews.clear, "object": reviews.object_to, "overrule": reviews.overrule}


class MarketNoteOut(serializers.Serializer[MarketNote]):
    """A note about a country, a segment or both."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    country = serializers.SerializerMethodField(help_text="Two letters; empty: any country.")
    segment = serializers.CharField()
    stance = serializers.ChoiceField(choices=MarketNote.StanceChoices.choices)
    text = serializers.CharField()
    valid_until_on = serializers.DateField(allow_null=True)
    by = Named()
    at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    leads = serializers.SerializerMethodField(help_text="Ids of the leads it rests on.")

    def get_country(self, note: MarketNote) -> str:
        return str(note.country)

    def get_leads(self, note: MarketNote) -> list[int]:
        return [one.lead_id for one in note.evidence.all()]


class MarketNoteQuery(Strict):
    """Which notes."""

    country = serializers.RegexField(r"^[A-Z]{2}$", required=False)
    stance = serializers.ChoiceField(choices=MarketNote.StanceChoices.choices, required=False)
    show = serializers.ChoiceField(choices=["valid", "past"], required=False)


class MarketNoteIn(Strict):
    """What is known of a market: a country, a segment or both have to be named."""

    country = serializers.CharField(max_length=2, required=False, allow_blank=True, help_text="Two letters.")
    segment = serializers.CharField(max_length=100, required=False, allow_blank=True)
    stance = serializers.ChoiceField(choices=MarketNote.StanceChoices.choices)
    text = serializers.CharField(max_length=notes.MOST_TEXT)
    valid_until_on = serializers.DateField(required=False, allow_null=True)
    leads = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST_ID),
        max_length=evidence.MOST,
        required=False,
        help_text="Ids of the leads it rests on.",
    )

    def validate_country(self, value: str) -> str:
        if value and value not in dict(countries):
            raise serializers.ValidationError(_("This is not a country. Write its two letters, like PL."))
        return value


class MarketNoteEdit(MarketNoteIn):
    """The whole note anew."""

    version = Version()


class FacedOut(serializers.Serializer[Any]):
    """A note that concerns a campaign, with what marketing says to it."""

    note = MarketNoteOut()
    answer = serializers.CharField(source="answer.text", default=None, allow_null=True)
    needs_answer = serializers.BooleanField()


class ReviewOut(serializers.Serializer[Review]):
    """What sales says about a campaign."""

    id = serializers.IntegerField()
    state = serializers.ChoiceField(choices=Review.StateChoices.choices)
    at = serializers.DateTimeField()
    by = Named()
    decided_at = serializers.DateTimeField(allow_null=True)
    decided_by = Named(allow_null=True)
    note = serializers.CharField(help_text="The reason of sales.")
    overruled_at = serializers.DateTimeField(allow_null=True)
    overruled_by = Named(allow_null=True)
    overruling = serializers.CharField(help_text="The reason of the director.")


class BeforeLiveOut(serializers.Serializer[Any]):
    """What stands between a campaign and going live."""

    review = ReviewOut(allow_null=True)
    notes = FacedOut(many=True)


class NoteAnswersIn(Strict):
    """What marketing says to notes, by the note's id."""

    answers = serializers.DictField(
        child=serializers.CharField(max_length=notes.MOST_TEXT, allow_blank=True),
        help_text="By the id of the note.",
    )

    def validate_answers(self, value: dict[str, str]) -> dict[int, str]:
        if any(not (key.isascii() and key.isdecimal() and len(key) <= 18) for key in value):
            raise serializers.ValidationError(_("Name each note by its id."))
        return {int(key): text for key, text in value.items()}


class ReviewSayIn(Strict):
    """What sales, or the director over sales, says."""

    do = serializers.ChoiceField(choices=list(SAID))
    note = serializers.CharField(max_length=reviews.MOST_NOTE, required=False, allow_blank=True)


class MarketNoteViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[MarketNote]):
    """Notes about markets: everyone reads and writes them; the author and the heads change them."""

    serializer_class = MarketNoteOut
    queryset = MarketNote.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "put", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.WRITE_MARKET_NOTES,
        "update": Can.WRITE_MARKET_NOTES,
        "withdraw": Can.WRITE_MARKET_NOTES,
        "bring_back": Can.WRITE_MARKET_NOTES,
    }

    def get_queryset(self) -> QuerySet[MarketNote]:
        """Notes as they are shown; the list cut to what is asked."""
        rows = MarketNote.objects.all()
        if self.action == "list":
            asked = read_query(MarketNoteQuery, self.request)
            valid = note_selectors.in_force()
            rows = rows.exclude(pk__in=valid.values("pk")) if asked.pop("show", "") == "past" else valid
            rows = rows.filter(**asked)
        return selectors.with_evidence(rows)

    def _shown(self, pk: int, status: int = 200) -> Response:
        note = selectors.with_evidence(MarketNote.objects.all()).get(pk=pk)
        return Response(MarketNoteOut(note).data, status=status, headers=etag(note.version))

    @extend_schema(
        tags=["markets"],
        summary="List market notes, newest first",
        parameters=[
            OpenApiParameter("country", OpenApiTypes.STR, description="Two letters."),
            OpenApiParameter("stance", OpenApiTypes.STR, enum=["avoid", "caution", "chance"]),
            OpenApiParameter(
                "show", OpenApiTypes.STR, enum=["valid", "past"], description="`past`: withdrawn or expired."
            ),
        ],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["markets"], summary="Read a market note")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        note = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(MarketNoteOut(note).data, headers=etag(note.version))

    @extend_schema(
        tags=["markets"],
        summary="Write down what is known of a market",
        request=MarketNoteIn,
        responses={201: MarketNoteOut},
        examples=[
            OpenApiExample(
                "A country to avoid",
                value={"country": "GB", "stance": "avoid", "text": "Freight makes us a third dearer."},
                request_only=True,
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """Owners of campaigns there are told when it advises against them."""
        note = evidence.write(by=caller(request), **_values(read(MarketNoteIn, request)))
        return self._shown(note.pk, status=201)

    @extend_schema(
        tags=["markets"],
        summary="Change a market note",
        request=MarketNoteEdit,
        responses=MarketNoteOut,
        parameters=[OpenApiParameter("If-Match", OpenApiTypes.STR, OpenApiParameter.HEADER)],
    )
    def update(self, request: Request, pk: str) -> Response:
        """The whole note anew; needs the version that you read. Other words or advice ask for new answers."""
        note = get_object_or_404(MarketNote, pk=pk)
        body = read(MarketNoteEdit, request)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        evidence.edit(note=note, by=caller(request), version=version or 0, **_values(body))
        return self._shown(note.pk)

    @extend_schema(tags=["markets"], summary="Withdraw a market note", request=None, responses=MarketNoteOut)
    @action(detail=True, methods=["post"], url_path="withdraw")
    def withdraw(self, request: Request, pk: str) -> Response:
        """It no longer counts, and stays to be read."""
        note = get_object_or_404(MarketNote, pk=pk)
        notes.withdraw(note=note, by=caller(request))
        return self._shown(note.pk)

    @extend_schema(
        tags=["markets"], summary="Let a withdrawn note count again", request=None, responses=MarketNoteOut
    )
    @action(detail=True, methods=["post"], url_path="bring-back")
    def bring_back(self, request: Request, pk: str) -> Response:
        """The way back of withdrawing."""
        note = get_object_or_404(MarketNote, pk=pk)
        notes.bring_back(note=note, by=caller(request))
        return self._shown(note.pk)


def _values(body: dict[str, Any]) -> dict[str, Any]:
    """What was sent, by the names of the service."""
    leads = body.pop("leads", [])
    return body | {"evidence": " ".join(str(pk) for pk in leads)}


class ReviewViewSet(GenericViewSet[Campaign]):
    """What stands between a campaign and going live, by the campaign's id."""

    serializer_class = BeforeLiveOut
    queryset = Campaign.objects.all()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "head", "options"]
    permissions: dict[str, Any] = {
        "answer": Can.EDIT_CAMPAIGNS,
        "say": (Can.CLEAR_CAMPAIGNS, Can.OVERRULE_REVIEWS),
    }

    def _shown(self, campaign: Campaign) -> Response:
        faced = note_selectors.faced_by(campaign)
        rested = selectors.with_evidence(MarketNote.objects.filter(pk__in=[one.note.pk for one in faced]))
        by_pk = {note.pk: note for note in rested}
        shown = [
            {"note": by_pk[one.note.pk], "answer": one.answer, "needs_answer": one.needs_answer}
            for one in faced
        ]
        return Response(BeforeLiveOut({"review": review_of(campaign), "notes": shown}).data)

    @extend_schema(tags=["markets"], summary="Read a campaign's review and the notes it faces")
    def retrieve(self, request: Request, pk: str) -> Response:
        """`review` is null where sales was never asked: `POST /campaigns/{id}/state/` with `review` asks."""
        return self._shown(get_object_or_404(Campaign, pk=pk))

    @extend_schema(
        tags=["markets"],
        summary="Answer the notes a campaign faces",
        request=NoteAnswersIn,
        responses=BeforeLiveOut,
        examples=[
            OpenApiExample(
                "What is different",
                value={"answers": {"3": "Only partners who pay first."}},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="answers")
    def answer(self, request: Request, pk: str) -> Response:
        """Each “avoid” and “caution” needs an answer before sales is asked and before it goes live."""
        campaign = get_object_or_404(Campaign, pk=pk)
        notes.answer(campaign=campaign, by=caller(request), **read(NoteAnswersIn, request))
        return self._shown(campaign)

    @extend_schema(
        tags=["markets"],
        summary="Clear a campaign, object to it, or overrule an objection",
        request=ReviewSayIn,
        responses=BeforeLiveOut,
        examples=[
            OpenApiExample(
                "Object", value={"do": "object", "note": "The price list is the old one."}, request_only=True
            )
        ],
    )
    @action(detail=True, methods=["post"], url_path="say")
    def say(self, request: Request, pk: str) -> Response:
        """Sales clears or objects with a reason; the director overrules with a note."""
        body = read(ReviewSayIn, request)
        campaign = get_object_or_404(Campaign, pk=pk)
        review = review_of(campaign)
        if review is None:
            raise Conflict(_("Sales was not asked about this campaign yet."))
        SAID[body["do"]](review=review, by=caller(request), note=body.get("note", ""))
        return self._shown(campaign)
