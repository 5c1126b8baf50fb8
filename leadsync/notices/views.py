"""The bell's page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from leadsync.accounts.access import person_of, signed_in
from leadsync.core.errors import NotFound
from leadsync.core.htmx import render_page
from leadsync.notices import selectors, services
from leadsync.notices.models import Notice


@require_GET
@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    """What a person was told, newest first, in pages by key (`?before=`)."""
    before = request.GET.get("before", "")
    person = person_of(request)
    lines, next_key = selectors.lines_for(person, before=int(before[:18]) if before.isdecimal() else None)
    context = {
        "lines": lines,
        "next_key": next_key,
        "has_unread": any(line.is_unread for line in lines) or selectors.unread(person).exists(),
        "is_first_page": not before,
    }
    return render_page(request, "notices/list.html", context, fragment="page")


@require_POST
@signed_in
def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read and go where it points. Raises `NotFound` for other people's."""
    person = person_of(request)
    notice = Notice.objects.filter(pk=pk, recipient=person).first()
    if notice is None:
        raise NotFound("")
    services.mark_read(person=person, ids=[pk])
    is_ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return redirect(notice.url if notice.url and is_ours else "notices:list")


@require_POST
@signed_in
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark everything as read."""
    count = services.mark_read(person=person_of(request))
    messages.success(request, ngettext("%(n)d notice read", "%(n)d notices read", count) % {"n": count})
    return redirect("notices:list")
