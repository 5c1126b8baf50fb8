"""Channels: what works, proven by whom and when; adding and changing them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.forms.channels import ChannelForm, PointForm
from campaigns.models import Channel, ContactPoint
from campaigns.selectors import channels as selectors
from campaigns.services import channels as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.core.htmx import render_page, wants_fragment


@require_GET
@signed_in
def channels(request: HttpRequest) -> HttpResponse:
    """All channels in use (`?all=1`: the others too) with their contact points and last proofs."""
    shows_all = request.GET.get("all") == "1"
    context = {
        "rows": selectors.channel_list(with_unused=shows_all),
        "shows_all": shows_all,
        "may_edit": person_of(request).can(Can.EDIT_CHANNELS),
    }
    return render_page(request, "campaigns/channels.html", context)


@require_POST
@signed_in
def proof(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a contact point works (`works=1`) or does not."""
    person = person_of(request)
    point = get_object_or_404(ContactPoint, pk=pk)
    is_ok = request.POST.get("works") == "1"
    services.report(point=point, by=person, is_ok=is_ok, note=request.POST.get("note", ""))
    words = _("Kept: it works.") if is_ok else _("Kept. The person responsible and both heads are told.")
    if not wants_fragment(request):
        messages.success(request, words)
        return redirect("campaigns:channels")
    context = {
        "rows": selectors.point_rows(ContactPoint.objects.filter(pk=pk)),
        "may_edit": person.can(Can.EDIT_CHANNELS),
        "text": words,
    }
    return render_page(request, "campaigns/channels_point.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CHANNELS)
def channel(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """Make or change a channel."""
    found = get_object_or_404(Channel, pk=pk, key=None) if pk else None
    title = found.name if found else _("New channel")
    form = ChannelForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_channel(
                by=person_of(request),
                channel=get_object_or_404(Channel, pk=pk) if pk else None,
                **form.cleaned_data,
            )
        except Invalid as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, _("Channel saved."))
            return redirect("campaigns:channels")
    return _form(request, form, title=title)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_CHANNELS)
def point(request: HttpRequest, channel_pk: int, pk: int | None = None) -> HttpResponse:
    """Make or change a contact point of a channel."""
    of = get_object_or_404(Channel, pk=channel_pk, key=None)
    found = get_object_or_404(ContactPoint, pk=pk, channel=of) if pk else None
    crumb = found.value if found else _("New contact point")
    form = PointForm(
        request.POST or None,
        instance=found,
        initial={"responsible": person_of(request).pk} if not found else None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.save_point(
                by=person_of(request),
                channel=of,
                point=get_object_or_404(ContactPoint, pk=pk) if pk else None,
                **form.cleaned_data,
            )
        except Invalid as error:
            form.add_error(error.field, error.message)
        else:
            messages.success(request, _("Contact point saved."))
            return redirect("campaigns:channels")
    return _form(request, form, title=of.name, crumb=crumb)


def _form(request: HttpRequest, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render_page(request, "campaigns/channels_form.html", {"form": form} | context, status=status)
