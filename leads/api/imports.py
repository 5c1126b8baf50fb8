"""Imports over the API: a list taken in, looked at, corrected, saved, undone; rows that need work given back."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.db.models import FETCH_RAISE, QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from campaigns.models import Campaign
from leads.api.import_shapes import (
    CellIn,
    ColumnsIn,
    FileIn,
    ImportBrief,
    ImportOut,
    PreviewRowsOut,
    ReadingIn,
    RejectedQuery,
    RowsQuery,
    TextIn,
    rows_out,
)
from leads.domain.tables import TableError, returned
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services import imports, preview_page, rejected_file
from leadsync.accounts.api_auth import caller
from leadsync.accounts.roles import Can
from leadsync.core.api import Json, read, read_query
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.uploads import is_too_large

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Form(MultiPartParser):
    """A form with a file; one beyond the limits of a form is refused like one that cannot be read."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The fields and the file. Raises `ParseError` (400)."""
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousOperation as error:
            raise ParseError(_("The form cannot be read.")) from error


def shown(what: str) -> dict[int, OpenApiResponse]:
    """An action answers with the import as it is now."""
    return {200: OpenApiResponse(ImportOut, description=what)}


class ImportViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Import]):
    """For everyone who may log leads: they see every import, as on the pages."""

    serializer_class = ImportBrief
    queryset = Import.objects.none()
    lookup_value_regex = "[0-9]{1,18}"
    filter_backends = ()
    parser_classes = (Json, Form)
    permissions: dict[str, Any] = dict.fromkeys(
        (
            "list",
            "retrieve",
            "create",
            "rows",
            "columns",
            "reading",
            "cells",
            "save",
            "cancel",
            "undo",
            "rejected",
        ),
        Can.LOG_LEADS,
    )

    def get_queryset(self) -> QuerySet[Import]:
        """With campaign and person, nothing loaded later; a list without the large columns."""
        rows = Import.objects.select_related("campaign", "by")
        if self.action == "list":
            rows = rows.defer("scan", "edits", "remarks", "columns", "options")
        return rows.fetch_mode(FETCH_RAISE)

    def _import(self, pk: str) -> Import:
        return get_object_or_404(self.get_queryset(), pk=pk)

    def _shown(self, pk: int | str, status: int = 200) -> Response:
        return Response(ImportOut(get_object_or_404(self.get_queryset(), pk=pk)).data, status=status)

    @extend_schema(tags=["imports"], summary="List imports, newest first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(tags=["imports"], summary="Read an import", responses=ImportOut)
    def retrieve(self, request: Request, pk: str, *args: Any, **kwargs: Any) -> Response:
        """While it is saved, `read` of `rows` rows are done; a long list is first looked through by a worker."""
        return self._shown(pk)

    @extend_schema(
        tags=["imports"],
        summary="Take in a list",
        request={"multipart/form-data": FileIn, "application/json": TextIn},
        responses={201: OpenApiResponse(ImportOut, description="The preview. Nothing of it is saved yet.")},
        examples=[
            OpenApiExample(
                "Two leads",
                value={"campaign": 12, "text": "Name;E-mail\nEva;eva@example.com\nJan;jan@example.com"},
                request_only=True,
                media_type="application/json",
            )
        ],
    )
    def create(self, request: Request) -> Response:
        """A file (CSV, TSV, .xlsx; at most 50 MB and 200,000 rows) as `multipart/form-data`, or text as JSON.

        Encoding, separator and columns are recognised. The very list that was imported before is refused (409;
        `context` says by which import); one that is a preview still is that preview.
        """
        is_form = (request.content_type or "").startswith("multipart/")
        files = request.FILES  # read first: only then it is known what was passed over
        if is_form and not files and is_too_large(request):
            raise imports.too_large()
        body = read(FileIn if is_form else TextIn, request)
        campaign = Campaign.objects.filter(pk=body["campaign"]).first()
        if campaign is None:
            raise Invalid(_("There is no such campaign."), field="campaign")
        try:
            if is_form:
                upload = body["file"]
                made = imports.take_file(
                    campaign=campaign, by=caller(request), upload=upload, size=upload.size or 0
                )
            else:
                made = imports.take_text(campaign=campaign, by=caller(request), text=body["text"])
        except Conflict as known:
            raise Conflict(known.message, **{"import": known.context["batch"].pk}) from known
        return self._shown(made.pk, status=201)

    @extend_schema(
        tags=["imports"],
        summary="Read the rows of a preview",
        parameters=[
            OpenApiParameter(
                "show", OpenApiTypes.STR, enum=["all", "fix", "here", "mute"], description="Which rows; all."
            ),
            OpenApiParameter(
                "after",
                OpenApiTypes.INT,
                description="Rows behind this row: `next_after` of the page before.",
            ),
        ],
        responses=PreviewRowsOut,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def rows(self, request: Request, pk: str) -> Response:
        """Fifty rows with what is wrong in which cell, and which lead a row is that is here already."""
        asked = read_query(RowsQuery, request)
        batch = self._import(pk)
        if batch.state != Import.State.PREVIEW or batch.scanned_at is None:
            raise Conflict(_("There is no preview of this list now."), state=batch.state)
        try:
            page = preview_page.page_of(batch, show=asked["show"], after=asked["after"])
        except (TableError, OSError) as error:
            raise self._gone(error) from error
        return Response(rows_out(page))

    @extend_schema(
        tags=["imports"],
        summary="Say what the columns hold",
        request=ColumnsIn,
        responses=shown("With the rows judged anew."),
    )
    @action(detail=True, methods=["post"])
    def columns(self, request: Request, pk: str) -> Response:
        """A field for each column in order, and the rest of how the list is read. It is remembered for lists like it."""
        body = read(ColumnsIn, request)
        batch = self._import(pk)
        kept = {
            "is_history": batch.options.get("is_history", False),
            "namespace": batch.options.get("namespace", ""),
        }
        options = imports.Options(
            is_history=body.get("is_history", kept["is_history"]),
            namespace=body.get("namespace", kept["namespace"]),
            is_by_columns=body.get("is_by_columns", batch.options.get("is_by_columns", False)),
            campaign_name=batch.campaign.name if batch.campaign else "",
        )
        orders = dict(enumerate(body.get("date_orders", ())))
        return self._did(
            pk,
            lambda: imports.set_columns(
                batch=batch,
                by=caller(request),
                fields=dict(enumerate(body["columns"])),
                orders=orders,
                options=options,
            ),
        )

    @extend_schema(
        tags=["imports"],
        summary="Read the list another way",
        request=ReadingIn,
        responses=shown("With columns recognised anew; changed cells are as they came."),
    )
    @action(detail=True, methods=["post"])
    def reading(self, request: Request, pk: str) -> Response:
        """Another encoding, separator or sheet; with or without column names. What is not said is detected."""
        wanted = imports.Reading(**read(ReadingIn, request))
        return self._did(
            pk, lambda: imports.reread(batch=self._import(pk), by=caller(request), reading=wanted)
        )

    @extend_schema(
        tags=["imports"],
        summary="Change a cell",
        request=CellIn,
        responses=shown("With the row judged anew."),
    )
    @action(detail=True, methods=["post"])
    def cells(self, request: Request, pk: str) -> Response:
        """The list itself stays as it came. Column -1 leaves out cells beyond the last column."""
        body = read(CellIn, request)
        return self._did(pk, lambda: imports.set_cell(batch=self._import(pk), by=caller(request), **body))

    @extend_schema(
        tags=["imports"],
        summary="Save an import",
        request=None,
        responses=shown("Saved, or waiting for a worker when it is long."),
    )
    @action(detail=True, methods=["post"])
    def save(self, request: Request, pk: str) -> Response:
        """Rows that are ready become leads and are handed over, rows to fix are kept. Asked twice it is saved once;
        one that failed goes on behind the last row saved."""
        return self._did(pk, lambda: imports.save(batch=self._import(pk), by=caller(request)))

    @extend_schema(
        tags=["imports"],
        summary="Drop or stop an import",
        request=None,
        responses=shown("Dropped; or done with the rows saved so far."),
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """What was saved stays, and can be undone."""
        return self._did(pk, lambda: imports.cancel(batch=self._import(pk), by=caller(request)))

    @extend_schema(
        tags=["imports"],
        summary="Undo an import",
        request=None,
        responses=shown("Undone: its leads are gone, known leads are as before."),
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Within a day, and as long as nobody worked its leads (409)."""
        return self._did(pk, lambda: imports.undo(batch=self._import(pk), by=caller(request)))

    @extend_schema(
        tags=["imports"],
        summary="Fetch the rows that need work",
        parameters=[OpenApiParameter("as", OpenApiTypes.STR, enum=["csv", "xlsx"], description="csv.")],
        responses={
            (200, "text/csv"): OpenApiResponse(OpenApiTypes.BINARY, description="The rows with reasons."),
            (200, CONTENT_TYPES["xlsx"]): OpenApiTypes.BINARY,
        },
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def rejected(self, request: Request, pk: str) -> HttpResponseBase:
        """Of a preview, or of what was saved: row number, reasons, the cells as they came. Mended, it can be taken
        in as it is: our two columns are left out and the others known."""
        kind = read_query(RejectedQuery, request)["as"]
        batch = self._import(pk)
        try:
            headers, rows = rejected_file.rows_of(batch)
        except (TableError, OSError) as error:
            raise self._gone(error) from error
        write = returned.as_xlsx if kind == "xlsx" else returned.as_csv
        response = StreamingHttpResponse(write(headers, rows), content_type=CONTENT_TYPES[kind])
        response["Content-Disposition"] = f'attachment; filename="{rejected_file.name_of(batch)}.{kind}"'
        return response

    def _did(self, pk: str, act: Any) -> Response:
        """One service call; the import as it is afterwards."""
        try:
            act()
        except Conflict as conflict:
            batch = conflict.context.get("batch")
            raise Conflict(conflict.message, state=batch.state if batch else "") from conflict
        except (TableError, OSError) as error:
            raise self._gone(error) from error
        return self._shown(pk)

    @staticmethod
    def _gone(error: TableError | OSError) -> Conflict:
        said = selectors.error_words(error) if isinstance(error, TableError) else _("The list is gone.")
        return Conflict(said)
