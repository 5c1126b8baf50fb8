"""The inbox: messages by state, one of them opened, and what people do with them."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.htmx import render_page
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors import inbox as selectors
from leadsync.intake.services import handling, submissions

State = Payload.State


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 19 else None


@never_cache
@require_GET
@requires(Can.EDIT_INTAKE)
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages of one state, newest first, in pages by key (`?before=`), of all sources or of one."""
    source_id = _number(request.GET.get("source"))
    counts = selectors.counts(source_id)
    asked = request.GET.get("state", "")
    state = State(asked) if asked in State.values else _first(counts)
    before = _number(request.GET.get("before"))
    lines, next_key = selectors.page_of(state, source_id=source_id, before=before)
    again = min(_number(request.GET.get("again")) or 0, selectors.MOST_COUNTED * 100)
    left = selectors.tried_again(source_id) if again else 0
    context = {
        "tab": "inbox",
        "lines": lines,
        "next_key": next_key,
        "state": state,
        "states": [{"of": one, "count": counts.get(one)} for one in selectors.STATES],
        "counts": counts,
        "unreadable": counts.get(State.UNREADABLE, 0),
        "sources": Source.objects.order_by("name", "pk"),
        "source_id": source_id,
        "is_first_page": before is None,
        "query": _query(state, source_id),
        "again": again,
        "left": min(left, again),
        "done": again - min(left, again),
    }
    fragment = "progress" if request.GET.get("part") == "progress" else "page"
    return render_page(request, "intake/inbox.html", context, fragment=fragment)


def _first(counts: dict[str, int]) -> State:
    """Where somebody is needed."""
    return next(
        (one for one in (State.UNREADABLE, State.WAITING, State.SPAM) if counts.get(one)), State.TAKEN
    )


def _query(state: State, source_id: int | None) -> str:
    named = {"state": state.value} | ({"source": str(source_id)} if source_id is not None else {})
    return urlencode(named)


def _payload(pk: int) -> Payload:
    rows = Payload.objects.select_related("source__campaign", "form", "lead", "handled_by")
    return get_object_or_404(rows, pk=pk)


@never_cache
@require_GET
@requires(Can.EDIT_INTAKE)
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message: why it is no lead, what is read in it, and the message as received."""
    found = _payload(pk)
    context = {
        "tab": "inbox",
        "payload": found,
        "opened": selectors.opened(found),
        "can_retry": found.state in handling.RETRIED and found.source_id is not None,
        "can_drop": found.state in handling.DROPPED,
        "can_take": found.state in {State.SPAM, State.UNREADABLE} and found.form_id is not None,
    }
    return render_page(request, "intake/message.html", context)


@require_POST
@requires(Can.EDIT_INTAKE)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one message again."""
    found = handling.retry(payload=_payload(pk), by=person_of(request))
    match found.state:
        case State.TAKEN:
            messages.success(request, _("It is a lead now."))
        case State.TEST:
            messages.success(request, _("It is a test: it makes no lead."))
        case State.WAITING:
            messages.info(request, _("It is tried again within a minute."))
        case _:
            messages.error(request, _("It still cannot be read. The page says why."))
    return redirect("intake:message", pk)


@require_POST
@requires(Can.EDIT_INTAKE)
def retry_all(request: HttpRequest) -> HttpResponse:
    """Have a worker try everything again that could not be read, of all sources or of one."""
    source_id = _number(request.POST.get("source"))
    source = get_object_or_404(Source, pk=source_id) if source_id is not None else None
    count = handling.retry_all(by=person_of(request), source=source)
    if not count:
        messages.info(request, _("Nothing is left to be tried again."))
        return redirect("intake:inbox")
    query = {"state": State.UNREADABLE.value, "again": count}
    if source is not None:
        query["source"] = source.pk
    return redirect(f"{resolve_url('intake:inbox')}?{urlencode(query)}")


@require_POST
@requires(Can.EDIT_INTAKE)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """No lead shall come of it; the page offers to undo that."""
    handling.drop(payload=_payload(pk), by=person_of(request))
    messages.success(request, _("Dropped. It is kept and can be brought back."))
    return redirect("intake:message", pk)


@require_POST
@requires(Can.EDIT_INTAKE)
def bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo that a message was dropped."""
    handling.bring_back(payload=_payload(pk), by=person_of(request))
    messages.success(request, _("It is back."))
    return redirect("intake:message", pk)


@require_POST
@requires(Can.EDIT_INTAKE)
def take_after_all(request: HttpRequest, pk: int) -> HttpResponse:
    """What looked like spam becomes a lead."""
    submissions.take_after_all(payload=_payload(pk), by=person_of(request))
    messages.success(request, _("It is a lead now."))
    return redirect("intake:message", pk)
