"""The company's reasons over the API."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from leads.models import Reason
from leadsync.core.errors import Invalid


class ReasonOut(serializers.Serializer[Reason]):
    """Why a lead is not a fit, or was lost. `key` is what `mark/` and `lose/` take."""

    key = serializers.CharField()
    label = serializers.CharField(source="words")  # type: ignore[assignment]  # the base's is another thing


class ReasonFull(ReasonOut):
    """A reason and when it may be given."""

    is_for_mark = serializers.BooleanField(help_text="Can be why a lead is not a fit.")
    is_for_loss = serializers.BooleanField(help_text="Can be why a lead was lost.")
    needs_note = serializers.BooleanField()


class ReasonViewSet(ListModelMixin, GenericViewSet[Reason]):
    """The company's reasons in use."""

    permissions: dict[str, Any] = {}
    serializer_class = ReasonFull
    queryset = Reason.objects.filter(is_active=True)
    pagination_class = None
    filter_backends = ()

    @extend_schema(tags=["leads"], summary="List reasons", operation_id="reasons_list")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


def reason_of(key: str) -> Reason | None:
    """The reason of that key, None for an empty one. Raises `Invalid`."""
    if not key:
        return None
    found = Reason.objects.filter(key=key, is_active=True).first()
    if found is None:
        raise Invalid(_("There is no such reason."), field="reason")
    return found
