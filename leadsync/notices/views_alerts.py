"""`/alerts/`: what needs somebody to act, what it costs, whom it waits for, and the one next step."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can, Side
from leadsync.core.errors import Conflict, NotAllowed
from leadsync.core.htmx import render_page
from leadsync.notices import attending, selectors
from leadsync.notices.duties import TOPICS, Topic, kinds_of


def _asked(request: HttpRequest) -> tuple[str, str, bool]:
    """Topic, department and whether what is in order again is asked for; what makes no sense is left out."""
    topic, side = request.GET.get("topic", ""), request.GET.get("side", "")
    return (
        topic if topic in set(Topic) else "",
        side if side in {Side.MARKETING, Side.SALES} else "",
        request.GET.get("show") == "resolved",
    )


def _address(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("notices:alerts") + (f"?{query}" if query else "")


def _key(text: str) -> int | None:
    return int(text[:18]) if text.isascii() and text.isdecimal() else None


@require_GET
@signed_in
def alerts(request: HttpRequest) -> HttpResponse:
    """Open alerts, what costs most first; with `?show=resolved` those of the last 30 days that are in order again."""
    person, now = person_of(request), timezone.now()
    topic, side, is_past = _asked(request)
    kinds = None
    if topic or side:
        kinds = kinds_of(topic=Topic(topic) if topic else None, side=Side(side) if side else None)
    after = _key(request.GET.get("after", ""))
    if is_past:
        page = selectors.resolved_page(person, now=now, kinds=kinds, after=after)
    else:
        page = selectors.alerts_page(person, kinds=kinds, after=after)
    show = "resolved" if is_past else ""
    here = _address(topic=topic, side=side, show=show)
    context = {
        "lines": page.lines,
        "next_url": _address(topic=topic, side=side, show=show, after=str(page.next_key))
        if page.next_key
        else "",
        "is_first_page": after is None,
        "is_past": is_past,
        "is_cut": bool(topic or side),
        "here": here,
        "topic": topic,
        "topics": [
            (value.value, label)
            for value, label in TOPICS.items()
            if value is not Topic.HOUSE
            or any(person.can(can) for can in (Can.EDIT_INTAKE, Can.MANAGE_COMPANY))
        ],
        "sides": [
            (value, label, _address(topic=topic, side=value, show=show))
            for value, label in (("", _("Everybody")), ("mkt", _("Marketing")), ("sales", _("Sales")))
        ],
        "side": side,
        "open_url": _address(topic=topic, side=side),
        "past_url": _address(topic=topic, side=side, show="resolved"),
        "may_acknowledge": person.can(Can.ACKNOWLEDGE),
        "now": now,
    }
    return render_page(request, "notices/alerts.html", context, fragment="rows")


@require_GET
@signed_in
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """Where mails and notices lead: the alert's place on the page, among the open ones or those in order again."""
    found = selectors.visible_alerts(person_of(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return redirect(_address(show="" if found.resolved_at is None else "resolved") + f"#alert-{pk}")


@require_POST
@requires(Can.ACKNOWLEDGE)
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Take care of an alert, or (`undo`) give it up again."""
    person = person_of(request)
    try:
        if request.POST.get("undo"):
            attending.give_up(pk=pk, by=person)
            messages.success(request, _("Nobody takes care of it now."))
        else:
            attending.acknowledge(pk=pk, by=person)
            messages.success(request, _("You take care of it. Everybody sees your name there."))
    except (Conflict, NotAllowed) as refused:
        messages.error(request, refused.message)
    return redirect(_back(request) + f"#alert-{pk}")


def _back(request: HttpRequest) -> str:
    """The cut of the list in which the button was pressed."""
    topic, side = request.POST.get("topic", ""), request.POST.get("side", "")
    return _address(
        topic=topic if topic in set(Topic) else "",
        side=side if side in {Side.MARKETING, Side.SALES} else "",
    )
