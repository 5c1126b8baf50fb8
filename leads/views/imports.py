"""An import: its preview with columns and cells to correct, saving with progress, the result, undo."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.domain.tables import Field, TableError, returned
from leads.models import Import
from leads.selectors import import_reading
from leads.selectors import imports as selectors
from leads.services import imports, preview, preview_page, rejected_file
from leadsync.accounts import exports
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.htmx import render_page, wants_fragment

MENU = (
    (Field.NAME, Field.FIRST_NAME, Field.LAST_NAME, Field.COMPANY, Field.JOB_TITLE),
    (Field.PHONE, Field.EMAIL, Field.NEED, Field.NOTE, Field.COUNTRY, Field.CITY, Field.LANGUAGE),
    (Field.EXTERNAL_ID, Field.RECEIVED_AT, Field.CONSENT, Field.CAMPAIGN, Field.CHANNEL),
    selectors.ONLY_IN_HISTORY,
)

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _batch(pk: int) -> Import:
    return get_object_or_404(Import.objects.select_related("campaign", "by"), pk=pk)


@require_GET
@requires(Can.LOG_LEADS)
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """Preview, progress or result, as far as the import is. Everyone who may log leads sees every import."""
    return _show(request, _batch(pk))


def _show(request: HttpRequest, batch: Import, *, status: int = 200, **more: Any) -> HttpResponse:
    if batch.state != Import.State.PREVIEW:
        return _show_result(request, batch, status=status, **more)
    if batch.scanned_at is None:
        context = {"batch": batch, "is_reading": True} | more
        return render_page(request, "leads/import_wait.html", context, fragment="import", status=status)
    asked = request.POST if request.method == "POST" else request.GET
    show = asked.get("show", preview.ALL)
    try:
        shown = preview_page.page_of(
            batch, show=show, after=_number(asked.get("after")), before=_number(asked.get("before"))
        )
    except (TableError, OSError) as error:
        return _broken(request, batch, error)
    row, _sign, column = request.GET.get("edit", "").partition(".")
    place = (_number(asked.get("at")), -1)
    if request.method == "POST":  # a cell was changed: on to the next one that has to be
        place = (_number(asked.get("row")), _number(asked.get("column")))
    focus = shown.focus(*place)
    context = {
        "batch": batch,
        "campaign": batch.campaign,
        "page": shown,
        "edit_row": _number(row),
        "edit_column": _number(column, -1),
        "focus_row": focus[0],
        "focus_column": focus[1],
        "next_fix": shown.next_to_fix(max(focus[0], place[0])),
        "encodings": import_reading.encodings_of(batch),
        "reading": batch.options.get("reading", {}),
        "tab": "\t",
        "menu": _menu(),
        "is_history": selectors.history_of(batch),
        "has_id": Field.EXTERNAL_ID in batch.columns,
        "has_campaigns": bool({Field.CAMPAIGN, Field.CHANNEL} & set(batch.columns)),
    } | more
    return render_page(request, "leads/import.html", context, fragment="import", status=status)


def _broken(request: HttpRequest, batch: Import, error: TableError | OSError) -> HttpResponse:
    reason = selectors.error_words(error) if isinstance(error, TableError) else _("The list is gone.")
    if batch.scan.get("error"):
        reason = batch.scan["error"]
    context = {"batch": batch, "reason": reason}
    return render_page(request, "leads/import_broken.html", context, fragment="import", status=422)


def _menu() -> list[list[tuple[str, str]]]:
    """What a column can be read as: fields of the lead, then the questions of the definition in force."""
    fields = [[(target.value, str(selectors.FIELD_LABELS[target])) for target in group] for group in MENU]
    questions = [
        (name, _("Answer: %(question)s") % {"question": question})
        for name, question in selectors.question_labels().items()
    ]
    return [*fields, questions] if questions else fields


def _show_result(request: HttpRequest, batch: Import, *, status: int = 200, **more: Any) -> HttpResponse:
    total = batch.scan.get("rows", 0)
    context = {
        "batch": batch,
        "campaign": batch.campaign,
        "total": total,
        "percent": round(100 * batch.read / total) if total else 0,
        "remarks": selectors.remarks_of(batch),
        "can_be_undone": selectors.can_be_undone(batch),
        "is_stopped": batch.options.get("is_stopped", False),
        "is_history": selectors.history_of(batch),
        "gone": selectors.gone_words(batch),
    } | more
    if batch.state in selectors.UNFINISHED:
        return render_page(request, "leads/import_wait.html", context, fragment="import", status=status)
    if wants_fragment(request) and request.method == "GET":
        # The poll of the progress bar sees the end: the whole page is the result.
        response = HttpResponse(status=204)
        response["HX-Redirect"] = request.path
        return response
    return render_page(request, "leads/import_result.html", context, status=status)


@require_POST
@requires(Can.LOG_LEADS)
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what columns hold, how dates are written, and whether the leads were worked elsewhere."""
    batch = _batch(pk)
    posted = request.POST
    fields = {
        int(name.removeprefix("column_")): str(value)
        for name, value in posted.items()
        if re.fullmatch(r"column_\d{1,3}", name)
    }
    orders = {
        int(name.removeprefix("order_")): str(value)
        for name, value in posted.items()
        if re.fullmatch(r"order_\d{1,3}", name)
    }
    is_history = bool(posted.get("is_history"))
    options = imports.Options(
        is_history=is_history,
        namespace=posted.get("namespace", ""),
        is_by_columns=is_history and bool(posted.get("is_by_columns")),
        campaign_name=batch.campaign.name if batch.campaign else "",
    )
    try:
        batch = imports.set_columns(
            batch=batch, by=person_of(request), fields=fields, orders=orders, options=options
        )
    except Invalid as problem:
        return _show(request, _batch(pk), status=422, problem=problem)
    except Conflict:
        return redirect("leads:import", pk)
    return _done(request, batch)


@require_POST
@requires(Can.LOG_LEADS)
def reading(request: HttpRequest, pk: int) -> HttpResponse:
    """Read the list with another encoding, separator or sheet, with or without column names."""
    posted = request.POST
    wanted = imports.Reading(
        encoding=posted.get("encoding", ""),
        delimiter={"tab": "\t"}.get(posted.get("delimiter", ""), posted.get("delimiter", "")),
        sheet=posted.get("sheet", ""),
        has_header={"yes": True, "no": False}.get(posted.get("has_header", "")),
    )
    try:
        batch = imports.reread(batch=_batch(pk), by=person_of(request), reading=wanted)
    except Invalid as problem:
        return _show(request, _batch(pk), status=422, problem=problem)
    except Conflict:
        return redirect("leads:import", pk)
    return _done(request, batch)


@require_POST
@requires(Can.LOG_LEADS)
def cell(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one cell of the preview."""
    batch = _batch(pk)
    try:
        batch = imports.set_cell(
            batch=batch,
            by=person_of(request),
            row=_number(request.POST.get("row")),
            column=_number(request.POST.get("column"), -2),
            text=request.POST.get("text", ""),
        )
    except Invalid as problem:
        return _show(request, _batch(pk), status=422, problem=problem)
    except Conflict:
        return redirect("leads:import", pk)
    return _done(request, batch)


def _done(request: HttpRequest, batch: Import) -> HttpResponse:
    if wants_fragment(request):
        batch.refresh_from_db()
        return _show(request, batch)
    show, after = request.POST.get("show", ""), _number(request.POST.get("after"))
    response = redirect("leads:import", batch.pk)
    cuts = {preview.FIX, preview.HERE, preview.MUTE}
    if show in cuts or after > 0:
        shown = show if show in cuts else preview.ALL
        response["Location"] += f"?show={shown}&after={after}"
    return response


@require_POST
@requires(Can.LOG_LEADS)
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the list, or go on with one that failed. The same click twice saves once."""
    try:
        imports.save(batch=_batch(pk), by=person_of(request))
    except Invalid as problem:
        return _show(request, _batch(pk), status=422, problem=problem)
    return redirect("leads:import", pk)


@require_POST
@requires(Can.LOG_LEADS)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Drop the preview, or stop saving where it is."""
    batch = imports.cancel(batch=_batch(pk), by=person_of(request))
    if batch.state == Import.State.CANCELLED and batch.campaign_id:
        messages.success(request, _("The list was dropped. Nothing of it was saved."))
        return redirect("leads:log", batch.campaign_id)
    return redirect("leads:import", pk)


@require_POST
@requires(Can.LOG_LEADS)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what the import brought, within a day and as long as nobody worked its leads."""
    batch = _batch(pk)
    try:
        imports.undo(batch=batch, by=person_of(request))
    except Conflict as conflict:
        return _show_result(request, _batch(pk), status=409, refusal=conflict.message)
    messages.success(request, _("The import is undone."))
    return redirect("leads:import", pk)


@require_GET
@requires(Can.LOG_LEADS)
def rejected(request: HttpRequest, pk: int, kind: str) -> HttpResponseBase:
    """Rows that need work, as .xlsx or CSV with our columns of row and reason; mended, they can be brought again."""
    batch = _batch(pk)
    try:
        headers, rows = rejected_file.rows_of(batch)
    except (TableError, OSError) as error:
        if batch.state != Import.State.PREVIEW:
            said = _("The list is gone, so its rows cannot be given back. Bring the file again.")
            return _show_result(request, batch, status=410, refusal=said)
        return _broken(request, batch, error)
    exports.record(kind=exports.Kind.REJECTED, by=person_of(request), what=batch.name or f"#{batch.pk}")
    write = returned.as_xlsx if kind == "xlsx" else returned.as_csv
    response = StreamingHttpResponse(write(headers, rows), content_type=CONTENT_TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{rejected_file.name_of(batch)}.{kind}"'
    return response


def _number(text: str | None, otherwise: int = 0) -> int:
    """A number from an address or a form; anything else is `otherwise`."""
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text, re.ASCII) else otherwise
