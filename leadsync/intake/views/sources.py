"""Settings of sources: the list, a new one, setting one up, and which answer goes where."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.forms import refuse
from leadsync.accounts.roles import Can
from leadsync.core.errors import Conflict, DomainError
from leadsync.core.htmx import render_page
from leadsync.intake.domain.reading import Asked
from leadsync.intake.forms.sources import MOST_QUESTIONS, CredentialsForm, MappingForm, SourceForm
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors import inbox as inbox_selectors
from leadsync.intake.selectors import message_words
from leadsync.intake.selectors import sources as selectors
from leadsync.intake.selectors.sources import QuestionRow
from leadsync.intake.services import sources as services


def _source(pk: int) -> Source:
    return get_object_or_404(Source.objects.select_related("campaign", "changed_by"), pk=pk)


def _version(request: HttpRequest) -> int | None:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None


@require_GET
@requires(Can.EDIT_INTAKE)
def source_list(request: HttpRequest) -> HttpResponse:
    """Who sends by themselves, and how each stands."""
    context = {"tab": "sources", "rows": selectors.source_rows(), "counts": inbox_selectors.counts()}
    return render_page(request, "intake/sources.html", context)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def new_source(request: HttpRequest) -> HttpResponse:
    """Who sends, and for which campaign."""
    asked = request.GET.get("campaign", "")
    initial = {"campaign": asked} if asked.isascii() and asked.isdigit() and len(asked) < 19 else None
    form = SourceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = services.create(
                kind=typed["kind"], name=typed["name"], campaign=typed["campaign"], by=person_of(request)
            )
        except DomainError as error:
            refuse(form, error)
        else:
            return redirect("intake:source", made.pk)
    context = {
        "tab": "sources",
        "form": form,
        "has_campaigns": selectors.possible_campaigns().exists(),
    }
    return render_page(request, "intake/source_new.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def source(request: HttpRequest, pk: int) -> HttpResponse:
    """How a source is set up at its sender, whether something has come, and its name and campaign."""
    found = _source(pk)
    if request.method == "GET":
        return _setup_page(request, found, SourceForm(source=found), CredentialsForm())
    form = SourceForm(request.POST, source=found)
    status = 422
    if form.is_valid():
        try:
            services.edit(
                source=found,
                name=form.cleaned_data["name"],
                campaign=form.cleaned_data["campaign"],
                by=person_of(request),
                version=form.cleaned_data["version"],
            )
        except Conflict as error:
            # What was typed stays; saving again is then meant.
            typed = request.POST.copy()
            typed["version"] = str(error.context["version"])
            form.data, status = typed, 409
            refuse(form, error)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("intake:source", pk)
    return _setup_page(request, found, form, CredentialsForm(), status)


def _setup_page(
    request: HttpRequest,
    found: Source,
    form: SourceForm,
    credentials: CredentialsForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "tab": "sources",
        "source": found,
        "row": selectors.row_of(found),
        "address": selectors.address_of(found),
        "form": form,
        "credentials": credentials,
        "last": selectors.last_message(found),
        "errors_of": credentials if credentials.errors else form,
    }
    return render_page(request, "intake/source.html", context, status=status)


@never_cache
@require_GET
@requires(Can.EDIT_INTAKE)
def heard(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether a first message has come: a fragment that is asked for again while the page is looked at."""
    found = _source(pk)
    if not request.headers.get("HX-Request"):
        return redirect("intake:source", pk)
    context = {"source": found, "row": selectors.row_of(found), "last": selectors.last_message(found)}
    return render_page(request, "intake/source.html", context, fragment="heard")


@require_POST
@requires(Can.EDIT_INTAKE)
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a source on or off: `on` is 0 or 1."""
    is_on = request.POST.get("on") == "1"
    found = services.switch(source=_source(pk), is_on=is_on, by=person_of(request), version=_version(request))
    if is_on:
        messages.success(request, _("“%(source)s” is on.") % {"source": found.name})
    else:
        messages.success(
            request,
            _("“%(source)s” is off. What it sends is kept and becomes leads once it is on again.")
            % {"source": found.name},
        )
    return redirect(
        "intake:sources" if request.POST.get("next") == "list" else "intake:source", *_to(request, pk)
    )


def _to(request: HttpRequest, pk: int) -> tuple[int, ...]:
    return () if request.POST.get("next") == "list" else (pk,)


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, after a question: the old one for a day more, or void at once."""
    found = _source(pk)
    if request.method == "GET":
        return render_page(request, "intake/source_renew.html", {"tab": "sources", "source": found})
    is_void = request.POST.get("old") == "void"
    services.renew_secret(source=found, by=person_of(request), is_old_void=is_void)
    if is_void:
        messages.success(request, _("The new secret is below. The old one is void."))
    else:
        messages.success(request, _("The new secret is below. The old one is accepted for 24 hours more."))
    return redirect("intake:source", pk)


@require_POST
@requires(Can.EDIT_INTAKE)
def credentials(request: HttpRequest, pk: int) -> HttpResponse:
    """The secret and the token that the sender has made."""
    found = _source(pk)
    form = CredentialsForm(request.POST)
    if form.is_valid():
        typed = form.cleaned_data
        try:
            services.set_credentials(
                source=found,
                by=person_of(request),
                secret=typed["secret"],
                access_token=typed["access_token"],
            )
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("intake:source", pk)
    return _setup_page(request, found, SourceForm(source=found), form, 422)


# ------------------------------------------------------------------------------------------------- mapping


@require_http_methods(["GET", "POST"])
@requires(Can.EDIT_INTAKE)
def mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """Which answer goes where."""
    found = _source(pk)
    seen = selectors.seen(found)
    form = MappingForm(rows=seen.questions, initial={"version": found.version})
    status = 200
    if request.method == "POST":
        form, status = MappingForm(request.POST, rows=_posted(request, seen.questions)), 422
        if form.is_valid():
            try:
                services.set_mapping(
                    source=found,
                    mapping=form.as_mapping(),
                    by=person_of(request),
                    version=form.cleaned_data["version"],
                )
            except Conflict as error:
                typed = request.POST.copy()
                typed["version"] = str(error.context["version"])
                form.data, status = typed, 409
                refuse(form, error)
            except DomainError as error:
                refuse(form, error)
            else:
                return _mapped(request, found, form.as_mapping())
    unreadable = Payload.objects.filter(source=found, state=Payload.State.UNREADABLE).count()
    context = {
        "tab": "sources",
        "source": found,
        "form": form,
        "seen": seen,
        "unreadable": unreadable,
        "most_seen": selectors.SEEN,
    }
    return render_page(request, "intake/source_mapping.html", context, status=status)


def _posted(request: HttpRequest, rows: list[QuestionRow]) -> list[QuestionRow]:
    """The questions that the page showed when it was filled in: more may have come meanwhile."""
    known = {row.asked.key: row for row in rows}
    found = []
    for number in range(MOST_QUESTIONS):
        key = request.POST.get(f"k{number}")
        if key is None:
            break
        found.append(known.get(key) or QuestionRow(Asked(key, key, ""), "", is_suggested=False, count=0))
    return found


def _mapped(request: HttpRequest, found: Source, mapped: dict[str, str]) -> HttpResponse:
    twice = services.twice(mapped)
    labels = selectors.questions()
    if twice:
        names = ", ".join(message_words.target_words(target, labels) for target in twice)
        messages.info(
            request,
            _("Saved. Several answers go to %(names)s: the first one that says something is taken.")
            % {"names": names},
        )
    else:
        messages.success(request, _("Saved."))
    waiting = Payload.objects.filter(source=found, state=Payload.State.UNREADABLE).count()
    if waiting:
        messages.info(
            request,
            ngettext(
                "%(n)d message could not be read before: try it again below.",
                "%(n)d messages could not be read before: try them again below.",
                waiting,
            )
            % {"n": waiting},
        )
    return redirect("intake:source_mapping", found.pk)
