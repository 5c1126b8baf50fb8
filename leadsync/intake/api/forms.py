"""Hosted forms over the API: list, make, change, open and close. What visitors do has no API: they have the page."""

from dataclasses import asdict
from typing import Any

from django.db.models import FETCH_RAISE, QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import MOST_ID, Named, Strict, Version, etag, expected_version, read, read_query
from leadsync.core.errors import Invalid
from leadsync.intake.domain.hosted import (
    ANSWER,
    LABEL_LIMIT,
    LEAD_FIELDS,
    MOST_ORIGINS,
    Asked,
    Plan,
    Texts,
)
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import forms as services

STATES = ("open", "closed", "waits")


class AskedField(Strict):
    """One field that visitors are asked for."""

    field = serializers.CharField(
        max_length=60,
        help_text=f"One of {', '.join(LEAD_FIELDS)}; or `{ANSWER}` and the key of a question of the agreement.",
    )
    is_required = serializers.BooleanField(required=False, default=False)


class FormTexts(Strict):
    """The words of one language."""

    title = serializers.CharField(max_length=120)
    intro = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    button = serializers.CharField(max_length=40)
    consent = serializers.CharField(
        max_length=2000, required=False, allow_blank=True, default="", help_text="What visitors agree to."
    )
    thanks = serializers.CharField(max_length=1000, help_text="Read after sending.")
    labels = serializers.DictField(
        child=serializers.CharField(max_length=LABEL_LIMIT, allow_blank=True),
        required=False,
        help_text="Own words for fields, by field.",
    )
    choices = serializers.DictField(
        child=serializers.DictField(child=serializers.CharField(max_length=LABEL_LIMIT, allow_blank=True)),
        required=False,
        help_text="Own words for accepted answers, by field and answer.",
    )


class FormFields(Strict):
    """What is said about a form."""

    language = serializers.ChoiceField(
        choices=selectors.LANGUAGES,
        required=False,
        help_text="For visitors whose language the form does not have.",
    )
    needs_consent = serializers.BooleanField(required=False)
    origins = serializers.ListField(
        child=serializers.CharField(max_length=300),
        max_length=MOST_ORIGINS,
        required=False,
        help_text="Sites that may show the form in a frame, like https://www.example.com.",
    )
    thanks_url = serializers.CharField(
        max_length=500,
        required=False,
        allow_blank=True,
        help_text="Own page after sending, https; empty: ours.",
    )


class FormIn(FormFields):
    """A form to be made; it is closed. What is left out begins as on the page: usual fields, words in every language."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    name = serializers.CharField(max_length=100, help_text="For colleagues.")
    asked = AskedField(many=True, required=False, help_text="The fields in their order.")
    texts = serializers.DictField(child=FormTexts(), required=False, help_text="By language: en, pl, ru.")


class FormEdit(FormFields):
    """Changes. Only what is named changes; fields and texts are replaced as a whole."""

    name = serializers.CharField(max_length=100, required=False)
    asked = AskedField(many=True, required=False)
    texts = serializers.DictField(child=FormTexts(), required=False)
    version = Version()


class FormSwitch(Strict):
    """Whether visitors may use it."""

    is_open = serializers.BooleanField()
    version = Version()


class FormQuery(Strict):
    """What the list can be cut to."""

    campaign = serializers.IntegerField(required=False, min_value=1, max_value=MOST_ID)


class FormOut(serializers.Serializer[LeadForm]):
    """A hosted form."""

    id = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Every change raises it; also the ETag.")
    name = serializers.CharField()
    campaign = Named()
    is_open = serializers.BooleanField()
    state = serializers.SerializerMethodField(
        help_text="`open`, `closed`, or `waits`: open, but its campaign is not live."
    )
    address = serializers.SerializerMethodField(help_text="The public page.")
    asked = serializers.SerializerMethodField(help_text="The fields in their order.")
    gone = serializers.SerializerMethodField(
        help_text="Keys of questions that are no longer in the agreement: visitors are not asked."
    )
    language = serializers.CharField()
    texts = serializers.SerializerMethodField(help_text="By language.")
    needs_consent = serializers.BooleanField()
    origins = serializers.ListField(child=serializers.CharField())
    thanks_url = serializers.CharField()
    changed_at = serializers.DateTimeField()
    changed_by = Named(allow_null=True)

    @extend_schema_field(serializers.ChoiceField(choices=STATES))
    def get_state(self, form: LeadForm) -> str:
        return selectors.state_of(form)

    @extend_schema_field(OpenApiTypes.URI)
    def get_address(self, form: LeadForm) -> str:
        return selectors.address_of(form)

    @extend_schema_field(AskedField(many=True))
    def get_asked(self, form: LeadForm) -> list[dict[str, Any]]:
        return [{"field": one.field, "is_required": one.is_required} for one in selectors.asked_of(form)]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_gone(self, form: LeadForm) -> list[str]:
        return list(selectors.gone_fields(form))

    @extend_schema_field(serializers.DictField(child=FormTexts()))
    def get_texts(self, form: LeadForm) -> dict[str, Any]:
        return {code: asdict(texts) for code, texts in selectors.plan_of(form).texts.items()}


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag you read, instead of `version`.",
)
NEW = OpenApiExample(
    "A form for a fair",
    value={
        "campaign": 12,
        "name": "Stand tablet",
        "asked": [{"field": "name", "is_required": True}, {"field": "phone"}, {"field": "answer:hall"}],
        "language": "pl",
        "origins": ["https://www.example.com"],
    },
    request_only=True,
)


class FormViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[LeadForm]):
    """Hosted forms: everyone signed in reads them; marketing and administrators change them."""

    serializer_class = FormOut
    queryset = LeadForm.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    http_method_names = ["get", "post", "patch", "head", "options"]
    permissions: dict[str, Any] = {
        "create": Can.EDIT_INTAKE,
        "partial_update": Can.EDIT_INTAKE,
        "switch": Can.EDIT_INTAKE,
    }

    def get_queryset(self) -> QuerySet[LeadForm]:
        """Forms as they are shown, nothing loaded later."""
        rows = LeadForm.objects.all()
        if self.action == "list":
            rows = rows.filter(**read_query(FormQuery, self.request))
        return rows.select_related("campaign", "changed_by").fetch_mode(FETCH_RAISE)

    def _shown(self, pk: int, status: int = 200) -> Response:
        form = LeadForm.objects.select_related("campaign", "changed_by").get(pk=pk)
        return Response(FormOut(form).data, status=status, headers=etag(form.version))

    def _form(self, pk: str) -> LeadForm:
        return get_object_or_404(LeadForm.objects.select_related("campaign", "changed_by"), pk=pk)

    @extend_schema(
        tags=["intake"],
        summary="List forms, newest first",
        parameters=[OpenApiParameter("campaign", OpenApiTypes.INT, description="Of this campaign only.")],
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["intake"], summary="Read a form")
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """`ETag` is its version."""
        form = get_object_or_404(self.get_queryset(), pk=pk)
        return Response(FormOut(form).data, headers=etag(form.version))

    @extend_schema(
        tags=["intake"],
        summary="Make a form",
        request=FormIn,
        responses={201: FormOut},
        examples=[NEW],
    )
    def create(self, request: Request) -> Response:
        """It is closed until it is opened with `switch/`."""
        body = read(FormIn, request)
        campaign = Campaign.objects.filter(pk=body.pop("campaign")).first()
        if campaign is None:
            raise Invalid(_("There is no such campaign."), field="campaign")
        plan = _plan(body, selectors.default_plan(campaign))
        _check(plan, None)
        form = services.create(campaign=campaign, plan=plan, by=caller(request))
        return self._shown(form.pk, status=201)

    @extend_schema(
        tags=["intake"],
        summary="Change a form",
        request=FormEdit,
        parameters=[IF_MATCH],
        responses=FormOut,
        examples=[
            OpenApiExample(
                "Another site",
                value={"origins": ["https://www.example.com"], "version": 3},
                request_only=True,
            )
        ],
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Needs the version that you read."""
        body = read(FormEdit, request)
        form = self._form(pk)
        version = expected_version(request, body.pop("version", None), is_needed=True)
        plan = _plan(body, selectors.plan_of(form))
        _check(plan, form)
        services.edit(form=form, plan=plan, by=caller(request), version=version)
        return self._shown(form.pk)

    @extend_schema(
        tags=["intake"],
        summary="Open or close a form",
        request=FormSwitch,
        parameters=[IF_MATCH],
        responses=FormOut,
        examples=[OpenApiExample("Open it", value={"is_open": True}, request_only=True)],
    )
    @action(detail=True, methods=["post"], url_path="switch")
    def switch(self, request: Request, pk: str) -> Response:
        """Visitors can use it while it is open and its campaign is live. Without a version: as it is."""
        body = read(FormSwitch, request)
        version = expected_version(request, body.get("version"))
        form = services.switch(
            form=self._form(pk), is_open=body["is_open"], by=caller(request), version=version
        )
        return self._shown(form.pk)


def _plan(body: dict[str, Any], before: Plan) -> Plan:
    """The form as it would be with what is named changed."""
    texts = before.texts
    if "texts" in body:
        texts = {code: Texts(**words) for code, words in body["texts"].items()}
    language = body.get("language", before.language)
    if "language" not in body and language not in texts and texts:
        language = next(iter(texts))
    return Plan(
        name=body.get("name", before.name),
        fields=tuple(Asked(**one) for one in body["asked"]) if "asked" in body else before.fields,
        texts=texts,
        language=language,
        needs_consent=body.get("needs_consent", before.needs_consent),
        origins=tuple(body.get("origins", before.origins)),
        thanks_url=body.get("thanks_url", before.thanks_url),
    )


def _check(plan: Plan, form: LeadForm | None) -> None:
    """Everything that is wrong at once, by field. Raises `ValidationError`."""
    found: dict[str, list[str]] = {}
    for problem in services.problems_of(plan, form):
        place = "asked" if problem.field == "fields" else problem.field or "non_field_errors"
        found.setdefault(place, []).append(problem.message)
    if found:
        raise serializers.ValidationError(found)
