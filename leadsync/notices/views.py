"""The bell's page, what people want to hear of, the links in mails, and what administrators look after."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, public, requires, signed_in
from leadsync.accounts.forms import refuse
from leadsync.accounts.roles import Can
from leadsync.core.errors import DomainError, NotFound
from leadsync.core.htmx import render_page
from leadsync.notices import choices, links, outbox, selectors, services, webhooks
from leadsync.notices.forms import WebhookForm
from leadsync.notices.models import Message, Notice
from leadsync.notices.news import mask
from leadsync.notices.outbox import MAX_ATTEMPTS


def _key(text: str) -> int | None:
    """`?before=` as a key; None for what is none."""
    return int(text[:18]) if text.isascii() and text.isdecimal() else None


def _back(request: HttpRequest, otherwise: str) -> str:
    """Where the button was pressed, if that is here."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return resolve_url(otherwise)


@require_GET
@signed_in
def notices(request: HttpRequest) -> HttpResponse:
    """What a person was told, newest first, in pages by key (`?before=`)."""
    before = _key(request.GET.get("before", ""))
    person = person_of(request)
    lines, next_key = selectors.lines_for(person, before=before)
    context = {
        "lines": lines,
        "next_key": next_key,
        "has_unread": any(line.is_unread for line in lines) or selectors.unread(person).exists(),
        "is_first_page": before is None,
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


# ---------------------------------------------------------------------------------------------- what one wants to hear


@require_POST
@signed_in
def mute(request: HttpRequest) -> HttpResponse:
    """Mute a thread or hear of it again, and go back to where the button is."""
    person, url = person_of(request), request.POST.get("url", "")
    if request.POST.get("mute") == "1":
        choices.mute(by=person, url=url)
        messages.success(
            request, _("Muted: it is not counted at the bell and not mailed. It stays in the list.")
        )
    else:
        choices.unmute(by=person, url=url)
        messages.success(request, _("You hear of it again from now on."))
    return redirect(_back(request, "notices:list"))


@require_POST
@signed_in
def choose(request: HttpRequest) -> HttpResponse:
    """Which mails one wants: each sort that the form shows, on or off."""
    person = person_of(request)
    for sort in request.POST.getlist("shown"):
        choices.choose(by=person, sort=sort, is_wanted=sort in request.POST.getlist("wanted"))
    messages.success(request, _("Saved."))
    return redirect(_back(request, "accounts:me"))


# ---------------------------------------------------------------------------------------------- links in mails


@never_cache
@csrf_exempt  # the token is what allows it; mail programs send no cookies (RFC 8058)
@public
@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The link in each mail: a page with a button, which a mail program may press by itself. GET changes nothing."""
    link = links.read_stop(token)
    if link is None:
        return render_page(request, "notices/by_mail_broken.html", status=404)
    with translation.override(link.person.language):
        if request.method == "POST":
            is_wanted = request.POST.get("start") == "1"
            choices.choose(by=link.person, sort=link.about, is_wanted=is_wanted)
        context = {
            "link": link,
            "label": Message.Sort(link.about).label,
            "is_stopped": not selectors.wants(link.person)[link.about],
            "is_done": request.method == "POST",
        }
        return render_page(request, "notices/stop.html", context)


@never_cache
@csrf_exempt
@public
@require_http_methods(["GET", "POST"])
def mute_by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """The link beside a notice in a mail. GET changes nothing."""
    link = links.read_mute(token)
    if link is None:
        return render_page(request, "notices/by_mail_broken.html", status=404)
    with translation.override(link.person.language):
        if request.method == "POST":
            change = choices.unmute if request.POST.get("start") == "1" else choices.mute
            change(by=link.person, url=link.about)
        context = {
            "link": link,
            "is_muted": selectors.is_muted(link.person, link.about),
            "is_done": request.method == "POST",
        }
        return render_page(request, "notices/mute.html", context)


# ---------------------------------------------------------------------------------------------- administrators


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_COMPANY)
def webhook(request: HttpRequest) -> HttpResponse:
    """Where the company's news go."""
    hook = selectors.webhook()
    form = WebhookForm(request.POST or None, hook=hook)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            webhooks.save(
                by=person_of(request),
                address=typed["address"],
                format_name=typed["format"],
                language=typed["language"],
                groups=typed["groups"],
                is_on=typed["is_on"],
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("notices:webhook")
    context = {"tab": "webhook", "form": form, "hook": hook, "masked": mask(hook.address)}
    response = render_page(request, "notices/webhook.html", context, status=422 if form.errors else 200)
    response["Cache-Control"] = "no-store"  # what was typed wrongly is a secret too
    return response


@require_POST
@requires(Can.MANAGE_COMPANY)
def webhook_try(request: HttpRequest) -> HttpResponse:
    """Call the stored address once and say how it ended."""
    outcome = webhooks.try_out(by=person_of(request))
    if outcome.is_well:
        messages.success(request, _("Sent. Look into the channel."))
    else:
        messages.error(request, _("The test did not arrive. %(why)s") % {"why": outcome.words})
    return redirect("notices:webhook")


@require_POST
@requires(Can.MANAGE_COMPANY)
def webhook_forget(request: HttpRequest) -> HttpResponse:
    """Switch the webhook off and forget its address."""
    webhooks.forget(by=person_of(request))
    messages.success(request, _("The address is forgotten. Nothing is sent any more."))
    return redirect("notices:webhook")


OUTBOX_STATES = (Message.State.DEAD, Message.State.WAITING, Message.State.SENT, Message.State.DROPPED)


@require_GET
@requires(Can.MANAGE_COMPANY)
def outbox_page(request: HttpRequest) -> HttpResponse:
    """Messages by state, newest first, in pages by key; to whom and about what, never what they say."""
    counts = selectors.outbox()
    otherwise = Message.State.DEAD if counts.dead else Message.State.WAITING
    asked = request.GET.get("state", "")
    state = Message.State(asked) if asked in OUTBOX_STATES else otherwise
    search = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    before = _key(request.GET.get("before", ""))
    rows, next_key = selectors.messages_in(state, search=search, before=before)
    context = {
        "tab": "outbox",
        "rows": rows,
        "next_key": next_key,
        "state": state,
        "states": [
            {
                "of": one,
                "count": {Message.State.DEAD: counts.dead, Message.State.WAITING: counts.waiting}.get(one),
            }
            for one in OUTBOX_STATES
        ],
        "search": search,
        "counts": counts,
        "is_first_page": before is None,
        "now": timezone.now(),
        "most_attempts": MAX_ATTEMPTS,
    }
    return render_page(request, "notices/outbox.html", context, fragment="page")


@require_POST
@requires(Can.MANAGE_COMPANY)
def outbox_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one message again."""
    if outbox.retry(by=person_of(request), pk=pk):
        messages.success(request, _("It is tried again within half a minute."))
    else:
        messages.info(request, _("It is out already, or just being sent."))
    return redirect(_back(request, "notices:outbox"))


@require_POST
@requires(Can.MANAGE_COMPANY)
def outbox_retry_all(request: HttpRequest) -> HttpResponse:
    """Try everything again that was given up."""
    count = outbox.retry_all(by=person_of(request))
    messages.success(
        request,
        ngettext("%(n)d message is tried again", "%(n)d messages are tried again", count) % {"n": count},
    )
    return redirect("notices:outbox")


@require_POST
@requires(Can.MANAGE_COMPANY)
def outbox_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not send a message."""
    if outbox.drop(by=person_of(request), pk=pk):
        messages.success(request, _("It is not sent. What it tells of stays in the app."))
    else:
        messages.info(request, _("It is out already."))
    return redirect(_back(request, "notices:outbox"))
