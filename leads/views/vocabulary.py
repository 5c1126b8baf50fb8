"""The lists of reasons and tags: one page on which heads add, rename, order and switch words off."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from leads.forms.vocabulary import ReasonForm, TagForm
from leads.models import Reason, Tag, Topic
from leads.selectors import vocabulary as selectors
from leads.services import vocabulary as services
from leadsync.accounts.access import person_of, requires
from leadsync.accounts.roles import Can
from leadsync.core.errors import DomainError
from leadsync.core.htmx import render_page, wants_fragment

TEMPLATE = "leads/vocabulary.html"
REASONS = "reason"
KINDS = (REASONS, *Topic.values)


def _word(kind: str, pk: int) -> Reason | Tag:
    if kind == REASONS:
        return get_object_or_404(Reason, pk=pk)
    return get_object_or_404(Tag, pk=pk, topic=kind)


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise Http404
    return kind


def _form(kind: str, data: Any = None, word: Reason | Tag | None = None) -> TagForm:
    made = ReasonForm if kind == REASONS else TagForm
    return made(data, word=word, stem=f"{kind}_{word.pk if word else 'new'}")


def _show(request: HttpRequest, *, status: int = 200, said: str = "", **more: Any) -> HttpResponse:
    """The whole page, or its lists. `edited`: the word whose form stands in its row; `adding`: the list added to."""
    reasons = selectors.reasons()
    context: dict[str, Any] = {
        "tab": "words",
        "reasons": reasons,
        "in_use": sum(row.word.is_active for row in reasons),
        "tag_lists": selectors.tag_lists(),
        "said": said,
        **more,
    }
    return render_page(request, TEMPLATE, context, fragment="lists", status=status)


@require_GET
@requires(Can.EDIT_WORDS)
def page(request: HttpRequest) -> HttpResponse:
    """All lists; `?edit=reason-7` puts that row's form in its place, `?add=objection` opens a form below a list."""
    kind, _dash, number = request.GET.get("edit", "").partition("-")
    if kind in KINDS and number.isascii() and number.isdigit() and len(number) < 16:
        word = _word(kind, int(number))
        return _show(request, edited=word, edited_kind=kind, edit_form=_form(kind, word=word))
    adding = request.GET.get("add", "")
    if adding in KINDS:
        return _show(request, adding=adding, add_form=_form(adding))
    return _show(request)


def _done(request: HttpRequest, said: str, anchor: str = "") -> HttpResponse:
    if wants_fragment(request):
        return _show(request, said=said)
    messages.success(request, said)
    return redirect(reverse("leads:words") + (f"#{anchor}" if anchor else ""))


def _refuse(form: TagForm, error: DomainError) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)


@require_POST
@requires(Can.EDIT_WORDS)
def add(request: HttpRequest, kind: str) -> HttpResponse:
    """A new reason, or a new tag of a topic."""
    person = person_of(request)
    form = _form(_kind(kind), request.POST)
    if form.is_valid():
        made: Reason | Tag
        try:
            if isinstance(form, ReasonForm):
                made = services.add_reason(by=person, data=form.as_data())
            else:
                made = services.add_tag(by=person, topic=kind, label=form.cleaned_data["label"])
        except DomainError as error:
            _refuse(form, error)
        else:
            return _done(request, _("“%(label)s” added.") % {"label": made.words}, f"{kind}-{made.pk}")
    return _show(request, status=422, adding=kind, add_form=form, form=form)


@require_POST
@requires(Can.EDIT_WORDS)
def save(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Another label, and what a reason is for."""
    person = person_of(request)
    word = _word(_kind(kind), pk)
    form = _form(kind, request.POST, word)
    if form.is_valid():
        try:
            if isinstance(form, ReasonForm) and isinstance(word, Reason):
                services.edit_reason(reason=word, by=person, data=form.as_data())
            elif isinstance(word, Tag):
                services.rename_tag(tag=word, by=person, label=form.cleaned_data["label"])
        except DomainError as error:
            _refuse(form, error)
        else:
            return _done(request, _("Saved."), f"{kind}-{pk}")
    return _show(request, status=422, edited=word, edited_kind=kind, edit_form=form, form=form)


@require_POST
@requires(Can.EDIT_WORDS)
def act(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """`do` is `up`, `down`, `on`, `off` or `remove`."""
    person = person_of(request)
    word = _word(_kind(kind), pk)
    words = {"label": word.words}
    try:
        match request.POST.get("do"):
            case "up" | "down" as way:
                services.move(word=word, by=person, is_up=way == "up")
                said = ""
            case "on":
                services.switch(word=word, by=person, is_active=True)
                said = _("“%(label)s” is in use again.") % words
            case "off":
                services.switch(word=word, by=person, is_active=False)
                said = _("“%(label)s” is out of use. What was said with it stays.") % words
            case "remove":
                services.remove(word=word, by=person)
                said = _("“%(label)s” removed.") % words
            case _:
                raise Http404
    except DomainError as error:
        return _show(request, status=error.http_status, refused=error)
    if said or wants_fragment(request):
        return _done(request, said, f"{kind}-{pk}")
    return redirect(reverse("leads:words") + f"#{kind}-{pk}")
