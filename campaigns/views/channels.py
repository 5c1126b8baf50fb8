"""Channels: the directory, adding and changing them. Saying how a contact point stands: `campaigns.views.points`."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.domain.proofs import ProofState
from campaigns.forms.channels import ChannelForm, PointForm
from campaigns.models import Channel, ContactPoint
from campaigns.selectors import channels as selectors
from campaigns.selectors.channels import TO_TRY, Cut, Directory
from campaigns.services import channels as services
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.core.htmx import render_page

STATES = (TO_TRY, *(state.value for state in ProofState))
MOST_DIGITS = 18


def cut_of(query: QueryDict, reader: User) -> Cut:
    """What the address asks for; what makes no sense is left out. `who` is a person's id or "me"."""
    state, who = query.get("state", ""), query.get("who", "")
    is_number = who.isascii() and who.isdecimal() and len(who) <= MOST_DIGITS
    return Cut(
        state=state if state in STATES else "",
        who=reader.pk if who == "me" else int(who) if is_number else None,
        with_unused=query.get("all") == "1",
    )


@require_GET
@signed_in
def channels(request: HttpRequest) -> HttpResponse:
    """All channels in use (`?all=1`: the others too) with their contact points and last proofs.

    `?state=` and `?who=` cut them to what needs somebody, and to whom one person answers for.
    """
    person = person_of(request)
    cut = cut_of(request.GET, person)
    directory = selectors.directory(cut, reader=person)
    context = {
        "directory": directory,
        "cut": cut,
        "is_mine": cut.who == person.pk,
        "tabs": _tabs(cut, person, directory),
        "people": selectors.responsible_people(),
        "may_edit": person.can(Can.EDIT_CHANNELS),
        "all_url": _address(cut, person, with_unused=not cut.with_unused),
    }
    return render_page(request, "campaigns/channels.html", context)


def _tabs(cut: Cut, reader: User, directory: Directory) -> list[dict[str, Any]]:
    names = {
        "": _("All"),
        TO_TRY: _("To try"),
        ProofState.BROKEN.value: _("Do not work"),
        ProofState.STALE.value: _("Proof is old"),
        ProofState.NEVER.value: _("Never tried"),
        ProofState.WORKS.value: pgettext("contact points", "Work"),
    }
    return [
        {
            "state": state,
            "name": name,
            "url": _address(cut, reader, state=state),
            "count": directory.counts.get(state, 0) if state else directory.total,
        }
        for state, name in names.items()
    ]


def _address(cut: Cut, reader: User, **changed: Any) -> str:
    """The address of the directory with something changed."""
    asked = {"state": cut.state, "who": cut.who, "with_unused": cut.with_unused} | changed
    query = QueryDict(mutable=True)
    if asked["state"]:
        query["state"] = asked["state"]
    if asked["who"]:
        query["who"] = "me" if asked["who"] == reader.pk else str(asked["who"])
    if asked["with_unused"]:
        query["all"] = "1"
    return reverse("campaigns:channels") + (f"?{query.urlencode()}" if query else "")


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
            saved = services.save_point(
                by=person_of(request),
                channel=of,
                point=get_object_or_404(ContactPoint, pk=pk) if pk else None,
                **form.cleaned_data,
            )
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, _("Contact point saved."))
            return redirect(f"{reverse('campaigns:channels')}#point-{saved.pk}")
    return _form(request, form, title=of.name, crumb=crumb)


def _form(request: HttpRequest, form: Any, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render_page(request, "campaigns/channels_form.html", {"form": form} | context, status=status)
