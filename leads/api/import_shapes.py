"""What an import looks like over the API, and what is taken in about one."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leads.domain.tables import Field
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services import preview_page
from leadsync.core.api import MOST_ID, Named, Strict

MOST_COLUMNS = 500
MOST_ROW = 2**31 - 1
ORDERS = ("", "dmy", "mdy")


class ImportBrief(serializers.Serializer[Import]):
    """An import in a list. `read` is always the sum of the four counts behind it."""

    id = serializers.IntegerField()
    campaign = Named(allow_null=True, help_text="Null: the rows say which.")
    by = Named(allow_null=True)
    name = serializers.CharField(help_text="The file's; empty for text.")
    state = serializers.ChoiceField(choices=Import.State.choices)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    read = serializers.IntegerField(help_text="Rows saved or rejected so far.")
    created = serializers.IntegerField(help_text="New leads; of an undone import those it had brought.")
    updated = serializers.IntegerField(help_text="Known leads that were completed.")
    already_here = serializers.IntegerField(help_text="Known leads that arrived again, or with nothing new.")
    rejected = serializers.IntegerField(help_text="Rows kept with their reasons.")
    error = serializers.CharField(help_text="Why it failed; empty: it did not.")


class ImportColumnOut(serializers.Serializer[Any]):
    """A column, and what it is read as."""

    header = serializers.CharField()
    field = serializers.CharField(
        help_text="A field of leads, `answer:key` for a question of the definition, or empty: only kept."
    )
    date_order = serializers.ChoiceField(choices=[*ORDERS, "ambiguous"])


class ImportRemarkOut(serializers.Serializer[Any]):
    """Something worth knowing that stopped nothing."""

    text = serializers.CharField()
    count = serializers.IntegerField()
    rows = serializers.ListField(child=serializers.IntegerField(), help_text="The first rows it is about.")


class ImportOut(ImportBrief):
    """An import with its columns and what was found in it."""

    rows = serializers.SerializerMethodField(help_text="How many it has; 0 until it was read.")
    to_fix = serializers.SerializerMethodField(
        help_text="Rows of the preview that cannot be saved as they are."
    )
    here = serializers.SerializerMethodField(help_text="Rows of the preview whose leads are here already.")
    out_of_reach = serializers.SerializerMethodField(
        help_text="Rows of the preview that would be new leads and are not handed off: no phone number, no e-mail."
    )
    is_looked_through = serializers.SerializerMethodField(
        help_text="False: a worker is still at it, come back in a few seconds."
    )
    columns = serializers.SerializerMethodField()
    encoding = serializers.SerializerMethodField()
    encodings = serializers.SerializerMethodField(help_text="What else it may be; empty where it is certain.")
    is_history = serializers.SerializerMethodField(help_text="Leads worked elsewhere: no clock, no notices.")
    namespace = serializers.SerializerMethodField(help_text="Whose external ids these are.")
    can_be_undone = serializers.SerializerMethodField()
    remarks = serializers.SerializerMethodField()

    @extend_schema_field(int)
    def get_rows(self, batch: Import) -> int:
        return int(batch.scan.get("rows", 0))

    @extend_schema_field(int)
    def get_to_fix(self, batch: Import) -> int:
        return len(batch.scan.get("fix", ()))

    @extend_schema_field(int)
    def get_here(self, batch: Import) -> int:
        return len(batch.scan.get("here", ()))

    @extend_schema_field(int)
    def get_out_of_reach(self, batch: Import) -> int:
        return len(batch.scan.get("mute", ()))

    @extend_schema_field(bool)
    def get_is_looked_through(self, batch: Import) -> bool:
        return batch.scanned_at is not None

    @extend_schema_field(ImportColumnOut(many=True))
    def get_columns(self, batch: Import) -> list[dict[str, str]]:
        orders = selectors.mapping_of(batch).date_orders
        headers = batch.options.get("headers", [""] * len(batch.columns))
        return [
            {"header": header, "field": field, "date_order": orders.get(index, "")}
            for index, (header, field) in enumerate(zip(headers, batch.columns, strict=False))
        ]

    @extend_schema_field(str)
    def get_encoding(self, batch: Import) -> str:
        return str(batch.options.get("reading", {}).get("encoding", ""))

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_encodings(self, batch: Import) -> list[str]:
        return [name for name, _sample in batch.options.get("reading", {}).get("samples", ())]

    @extend_schema_field(bool)
    def get_is_history(self, batch: Import) -> bool:
        return selectors.history_of(batch)

    @extend_schema_field(str)
    def get_namespace(self, batch: Import) -> str:
        return str(batch.options.get("namespace", ""))

    @extend_schema_field(bool)
    def get_can_be_undone(self, batch: Import) -> bool:
        return selectors.can_be_undone(batch)

    @extend_schema_field(ImportRemarkOut(many=True))
    def get_remarks(self, batch: Import) -> list[dict[str, Any]]:
        return [
            {"text": one.text, "count": one.count, "rows": list(one.rows)}
            for one in selectors.remarks_of(batch)
        ]


class TextIn(Strict):
    """A list as text: lines of CSV, or cells with tabs between them."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    text = serializers.CharField(trim_whitespace=False)


class FileIn(Strict):
    """A list as a file."""

    campaign = serializers.IntegerField(min_value=1, max_value=MOST_ID)
    file = serializers.FileField(max_length=500, help_text="CSV, TSV or .xlsx.")


class ColumnsIn(Strict):
    """What each column holds, in order."""

    columns = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=80),
        max_length=MOST_COLUMNS,
        help_text=f"Per column {', '.join(Field)}, `answer:key`, or empty: only kept.",
    )
    date_orders = serializers.ListField(
        child=serializers.ChoiceField(choices=ORDERS, allow_blank=True),
        required=False,
        max_length=MOST_COLUMNS,
        help_text="Per column `dmy` or `mdy`, where dates do not tell it themselves.",
    )
    is_history = serializers.BooleanField(required=False, help_text="Leads worked elsewhere.")
    namespace = serializers.CharField(required=False, allow_blank=True, max_length=60)
    is_by_columns = serializers.BooleanField(
        required=False, help_text="Of history: campaign and channel from their columns."
    )


class ReadingIn(Strict):
    """How to read the list; what is left out is detected."""

    encoding = serializers.CharField(required=False, max_length=40)
    delimiter = serializers.ChoiceField(choices=[",", ";", "\t", "|"], required=False)
    sheet = serializers.CharField(required=False, max_length=200)
    has_header = serializers.BooleanField(required=False, allow_null=True)


class CellIn(Strict):
    """A cell and what it should say."""

    row = serializers.IntegerField(min_value=1, max_value=MOST_ROW)
    column = serializers.IntegerField(min_value=-1, max_value=MOST_COLUMNS, help_text="From 0.")
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class RowsQuery(Strict):
    """Which rows of a preview."""

    show = serializers.ChoiceField(choices=["all", "fix", "here", "mute"], default="all")
    after = serializers.IntegerField(min_value=0, max_value=MOST_ROW, default=0)


class RejectedQuery(Strict):
    """Which kind of file."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`as` is a word of Python, hence not an attribute."""
        return {"as": serializers.ChoiceField(choices=["csv", "xlsx"], default="csv")}


class PreviewCellOut(serializers.Serializer[Any]):
    """A cell, and what is wrong with it; empty: nothing."""

    text = serializers.CharField()
    problem = serializers.CharField()


class PreviewHereOut(serializers.Serializer[Any]):
    """The lead that a row is, or the row of the same list that it repeats."""

    lead = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    stage = serializers.CharField()
    owner = serializers.CharField()
    row = serializers.IntegerField(allow_null=True)


class PreviewRowOut(serializers.Serializer[Any]):
    """A row of a preview."""

    number = serializers.IntegerField()
    cells = PreviewCellOut(many=True)
    problems = serializers.ListField(
        child=serializers.CharField(), help_text="What is wrong with the row as a whole."
    )
    is_to_fix = serializers.BooleanField()
    is_out_of_reach = serializers.BooleanField(help_text="It would be a new lead, and cannot be handed off.")
    here = PreviewHereOut(allow_null=True, help_text="Null: it would be a new lead.")


class PreviewRowsOut(serializers.Serializer[Any]):
    """A page of rows."""

    rows = PreviewRowOut(many=True)
    next_after = serializers.IntegerField(allow_null=True, help_text="Null: these are the last.")


def rows_out(page: preview_page.Page) -> dict[str, Any]:
    """A page of the preview as `PreviewRowsOut` describes it."""
    rows = [
        {
            "number": row.number,
            "cells": [{"text": cell.text, "problem": cell.problem} for cell in row.cells],
            "problems": list(row.problems),
            "is_to_fix": row.is_bad,
            "is_out_of_reach": row.is_mute,
            "here": None
            if row.here is None
            else {
                "lead": row.here.lead_id or None,
                "title": row.here.title,
                "stage": row.here.stage,
                "owner": row.here.owner,
                "row": row.here.first_row or None,
            },
        }
        for row in page.rows
    ]
    return {"rows": rows, "next_after": page.last if page.has_later else None}
