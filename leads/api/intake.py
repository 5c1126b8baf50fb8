"""Logging leads over the API: one, or up to five hundred in one message."""

from collections.abc import Mapping
from dataclasses import fields as fields_of
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    PolymorphicProxySerializer,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api.base import LeadActions, LeadOut
from leads.api.known import AnswerValue
from leads.services import intake, same_lead
from leads.services.arriving_rows import RowResult
from leads.services.same_lead import Consented, LeadData
from leadsync.accounts.api_auth import caller
from leadsync.core.api import MOST_ID, Instant, Strict
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.problems import described, pointer

MOST_ANSWERS: Final = 100
MOST_LEADS: Final = 500
MOST_CONSENT: Final = 5_000
REPLAYED: Final = "Idempotency-Replayed"
KNOWN: Final = frozenset(field.name for field in fields_of(LeadData)) - {"consent"}

# ------------------------------------------------------------------------------------------------ what comes


class LeadFields(Strict):
    """What may be said about a lead by hand. Stage, mark, owner and stamps change by actions only."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    company = serializers.CharField(max_length=200, required=False, allow_blank=True)
    job_title = serializers.CharField(max_length=150, required=False, allow_blank=True)
    email = serializers.CharField(max_length=320, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.CharField(
        max_length=100, required=False, allow_blank=True, help_text="Two letters, or its name in English."
    )
    city = serializers.CharField(max_length=100, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    need = serializers.CharField(
        max_length=same_lead.MOST_NEED, required=False, allow_blank=True, help_text="What they want."
    )
    wanted_at = Instant(required=False, allow_null=True, help_text="When they asked to be called.")


class ConsentGiven(Strict):
    """What the person agreed to when they left their data."""

    text = serializers.CharField(max_length=MOST_CONSENT, help_text="The words they saw.")
    place = serializers.CharField(
        max_length=300,
        required=False,
        allow_blank=True,
        help_text="The page or form, in words or as an address.",
    )
    at = Instant(required=False, allow_null=True, help_text="When; as the lead was received if left out.")


class LeadRowIn(LeadFields):
    """A lead of a batch: a name or a company, and the campaign unless the batch says it."""

    campaign = serializers.IntegerField(
        min_value=1,
        max_value=MOST_ID,
        required=False,
        help_text="The campaign's id; that of the batch if left out.",
    )
    received_at = Instant(required=False, allow_null=True, help_text="When they wrote; now if left out.")
    external_id = serializers.CharField(
        max_length=320, required=False, allow_blank=True, help_text="Its id where it comes from."
    )
    namespace = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="Which system `external_id` belongs to."
    )
    answers = serializers.DictField(
        child=AnswerValue(allow_null=True),
        required=False,
        help_text="Answers to the questions of the definition, by key.",
    )
    consent = ConsentGiven(required=False, allow_null=True)

    def validate_answers(self, value: dict[str, Any]) -> dict[str, Any]:
        """Not too many, under keys that a question can have. Raises `ValidationError`."""
        if len(value) > MOST_ANSWERS:
            raise ValidationError(_("At most %(n)d answers.") % {"n": MOST_ANSWERS})
        for key in value:
            serializers.SlugField(max_length=50).run_validation(key)
        return value


class LeadIn(LeadRowIn):
    """A lead to be logged: a name or a company, and the campaign that brought it."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID, help_text="The campaign's id.")


@extend_schema_field(LeadRowIn(many=True))
class Rows(serializers.ListField):
    """Leads as they came: each is looked at by itself, so that a bad one does not stop the others."""

    default_error_messages = {
        "max_length": gettext_lazy("A batch has {max_length} leads at most. Send it in several parts."),
    }


class BatchIn(Strict):
    """Up to five hundred leads in one message."""

    campaign = serializers.IntegerField(
        min_value=1, max_value=MOST_ID, required=False, help_text="Of the leads that name none."
    )
    leads = Rows(min_length=1, max_length=MOST_LEADS)


# ---------------------------------------------------------------------------------------------- what goes


class LoggedProblem(serializers.Serializer[Any]):
    """Why a lead was refused, as a problem document."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = serializers.DictField(help_text="Field → sentences.")  # type: ignore[assignment]  # not the base's
    pointer = serializers.CharField(help_text="Where the first error lies in what was sent, a JSON pointer.")


class LoggedRow(serializers.Serializer[Any]):
    """What became of one lead of a batch."""

    index = serializers.IntegerField(help_text="Its place in `leads`, from 0.")
    status = serializers.ChoiceField(choices=["created", "already_here", "rejected"])
    lead = serializers.IntegerField(
        allow_null=True, help_text="Its id; null if it was refused, or is gone by now."
    )
    problem = LoggedProblem(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    """What became of a batch: the three counts together are the leads sent."""

    created = serializers.IntegerField()
    already_here = serializers.IntegerField(help_text="Leads that were here: a new arrival is noted on each.")
    rejected = serializers.IntegerField()
    results = LoggedRow(many=True, help_text="In the order sent.")


# ------------------------------------------------------------------------------------------------ the view

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Any text of 200 characters at most. The same message repeated under it within a day is answered as "
    "it was the first time, and nothing happens.",
)
REPLAY = OpenApiParameter(
    REPLAYED,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    response=[200, 201],
    enum=["true"],
    description="The message came under this `Idempotency-Key` before: nothing happened this time.",
)
ONE = OpenApiExample(
    "A lead of a form",
    value={
        "name": "Eva Example",
        "company": "Example Sp. z o.o.",
        "email": "eva@example.com",
        "phone": "+48 600 000 000",
        "country": "PL",
        "need": "A hall of 800 square metres",
        "campaign": 12,
        "namespace": "webshop",
        "external_id": "order-1042",
        "wanted_at": "2026-11-23T10:00:00+01:00",
        "answers": {"budget": 20000},
        "consent": {"text": "You may call me about my request.", "place": "https://example.com/contact"},
    },
    request_only=True,
)
MANY = OpenApiExample(
    "Two leads, the second of another campaign",
    value={
        "campaign": 12,
        "leads": [
            {"name": "Eva Example", "email": "eva@example.com"},
            {"name": "Adam Example", "phone": "+48 600 000 002", "campaign": 14},
        ],
    },
    request_only=True,
)
MANY_DONE = OpenApiExample(
    "One new, one refused",
    value={
        "created": 1,
        "already_here": 0,
        "rejected": 1,
        "results": [
            {"index": 0, "status": "created", "lead": 1042, "problem": None},
            {
                "index": 1,
                "status": "rejected",
                "lead": None,
                "problem": {
                    "type": "about:invalid",
                    "title": "This is not an e-mail address.",
                    "status": 422,
                    "detail": "This is not an e-mail address.",
                    "errors": {"email": ["This is not an e-mail address."]},
                    "pointer": "/leads/1/email",
                },
            },
        ],
    },
    response_only=True,
    status_codes=[200],
)

type Refused = ValidationError | Invalid


class IntakeActions(LeadActions):
    """How leads come in over the API."""

    @extend_schema(
        tags=["leads"],
        summary="Log a lead, or up to 500",
        request=PolymorphicProxySerializer("LeadOrBatch", [LeadIn, BatchIn], resource_type_field_name=None),
        parameters=[IDEMPOTENCY, REPLAY],
        responses={
            201: OpenApiResponse(
                LeadOut, description="A new lead. It was handed to a rep if it can be reached."
            ),
            200: OpenApiResponse(
                PolymorphicProxySerializer(
                    "LeadOrBatchDone", [LeadOut, BatchOut], resource_type_field_name=None, many=False
                ),
                description="The lead was here: same external id, e-mail or phone; a new arrival is noted. Or what "
                "became of each lead of a batch.",
            ),
        },
        examples=[ONE, MANY, MANY_DONE],
    )
    def create(self, request: Request) -> Response:
        """A *logged lead* is what others call an inquiry or MQL.

        With `leads` the body is a batch: each lead is saved or refused by itself, a bad one never stops the others,
        and the answer is 200 whatever became of them.
        """
        sent = request.data
        if isinstance(sent, Mapping) and "leads" in sent:
            return self._log_many(request, sent)
        if isinstance(sent, list):
            said = _('Several leads are sent as an object: {"campaign": 12, "leads": [ … ]}.')
            raise ValidationError({"leads": [said]})
        serializer = LeadIn(data=sent)
        serializer.is_valid(raise_exception=True)
        done = self._logged(request, [as_sent(serializer.validated_data, sent)])
        (row,) = done.rows
        if row.problem is not None:
            raise row.problem
        found = intake.present([row.lead_id or 0]).get(row.lead_id or 0)
        if found is None:
            raise Conflict(_("This message was taken before, and the lead it made is no longer here."))
        answer = self._shown(found, status=201 if row.is_new else 200)
        return _marked(answer, done)

    def _log_many(self, request: Request, sent: Mapping[str, Any]) -> Response:
        batch = BatchIn(data=sent)
        batch.is_valid(raise_exception=True)
        campaign, raw = batch.validated_data.get("campaign"), batch.validated_data["leads"]
        rows, refused = read_rows(raw, campaign)
        done = self._logged(request, rows)
        results = [_said(place, row, refused.get(place)) for place, row in enumerate(done.rows)]
        if done.is_replayed:
            here = intake.present(row.lead_id for row in done.rows if row.lead_id is not None)
            for result in results:
                result["lead"] = here.get(result["lead"])
        counts = dict.fromkeys(("created", "already_here", "rejected"), 0)
        for result in results:
            counts[result["status"]] += 1
        return _marked(Response(counts | {"results": results}), done)

    def _logged(self, request: Request, rows: list[intake.Sent | None]) -> intake.Logged:
        key = request.headers.get("Idempotency-Key", "")
        return intake.log(rows=rows, by=caller(request), key=key, message=request.data)


def _marked(answer: Response, done: intake.Logged) -> Response:
    if done.is_replayed:
        answer[REPLAYED] = "true"
    return answer


def as_sent(valid: Mapping[str, Any], raw: Mapping[str, Any], campaign: int | None = None) -> intake.Sent:
    """A lead that could be read, as the service takes it."""
    consent = valid.get("consent")
    data = LeadData(
        **{name: value for name, value in valid.items() if name in KNOWN},
        consent=None if consent is None else Consented(**consent),
    )
    return intake.Sent(data, valid.get("campaign") or campaign or 0, dict(raw))


def read_rows(
    raw: list[Any], campaign: int | None
) -> tuple[list[intake.Sent | None], dict[int, ValidationError]]:
    """The leads of a batch that can be read, None for the others, and by place what is wrong with those."""
    reader = LeadRowIn()  # one for all: making it takes longer than reading a lead
    rows: list[intake.Sent | None] = []
    refused: dict[int, ValidationError] = {}
    for place, one in enumerate(raw):
        try:
            valid = reader.run_validation(one)
            if campaign is None and "campaign" not in valid:
                raise ValidationError({"campaign": [_("Say which campaign brought the lead.")]})
            rows.append(as_sent(valid, one, campaign))
        except ValidationError as error:
            refused[place] = error
            rows.append(None)
    return rows, refused


def _said(place: int, row: RowResult, refused: Refused | None) -> dict[str, Any]:
    """What became of one lead of a batch."""
    if row.lead_id is not None:
        status = "created" if row.is_new else "already_here"
        return {"index": place, "status": status, "lead": row.lead_id, "problem": None}
    why = row.problem or refused
    if why is None:  # a message answered again: what was wrong then is right by now
        why = Invalid(_("It was refused the first time. Send it again under another Idempotency-Key."))
    problem = described(why)
    problem["pointer"] = pointer(problem["errors"], f"/leads/{place}")
    return {"index": place, "status": "rejected", "lead": None, "problem": problem}
