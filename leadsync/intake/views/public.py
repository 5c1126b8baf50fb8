"""What visitors see: the hosted form, its thanks, and the script that puts it into another site. Nobody is signed in.

A page of these sets no cookie, reads none, and renders without the request: who else is signed in in this browser
makes no difference. Instead of a cookie against forgery it carries a sealed slip, see `services.pages`.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import condition, require_http_methods, require_safe

from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import public
from leadsync.core.errors import Invalid
from leadsync.intake.domain import hosted
from leadsync.intake.domain.hosted import Texts
from leadsync.intake.forms.public import CONSENT, SLIP, TRAP, PublicForm, html_name
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import limits, pages, submissions
from leadsync.intake.services.submissions import Message

MOST_BODY: Final = 256 * 1024  # bytes; the longest message that fits into the fields is far below
THEMES: Final = frozenset({"light", "dark", "system"})
_LOADER = Path(settings.BASE_DIR) / "static" / "js" / "embed.js"


@public
@csrf_exempt
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def hosted_form(request: HttpRequest, key: str) -> HttpResponseBase:
    """The form of this address: 404 where there never was one, 410 while it is not open."""
    form = selectors.by_key(key)
    if form is None:
        return _calm(request, None)
    visit = Visit(request, form)
    if _length(request) > MOST_BODY:
        return _calm(request, form, status=413)
    if request.method == "POST":
        return visit.post()
    if not selectors.is_taking(form):
        return _calm(request, form)
    return visit.shown()


@public
@require_safe
def thanks(request: HttpRequest, key: str) -> HttpResponseBase:
    """What a visitor reads after sending; says nothing about them, so anybody may open it."""
    form = selectors.by_key(key)
    if form is None:
        return _calm(request, None)
    visit = Visit(request, form)
    with translation.override(visit.language):
        return visit.page(
            "intake/public_thanks.html", {"thanks": visit.texts.thanks, "thanks_url": form.thanks_url}
        )


def _length(request: HttpRequest) -> int:
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0


def _loader_etag(_request: HttpRequest) -> str:
    return f'"{sha256(_loader()).hexdigest()[:16]}"'


def _loader() -> bytes:
    return _LOADER.read_bytes()


@public
@condition(etag_func=_loader_etag)
@require_safe
def embed_script(_request: HttpRequest) -> HttpResponse:
    """The script that puts a form into another site. Kept by browsers for an hour, then asked about by its ETag."""
    response = HttpResponse(_loader(), content_type="text/javascript; charset=utf-8")
    patch_cache_control(response, public=True, max_age=3600)
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def preview(request: HttpRequest, form: LeadForm, language: str) -> HttpResponseBase:
    """The page as visitors would read it, for the editor beside it: nothing can be sent from it."""
    visit = Visit(request, form, language=language)
    with translation.override(visit.language):
        context = {"form": visit.form_of(), "consent_name": CONSENT, "texts": visit.texts, "is_preview": True}
        return page_of(
            form,
            "intake/public.html",
            {**context, "theme": "system", "trap": TRAP, "slip_name": SLIP},
            language=visit.language,
            may_frame=(CSP.SELF,),
        )


class Visit:
    """One visitor's look at one form."""

    def __init__(self, request: HttpRequest, form: LeadForm, *, language: str = "") -> None:
        self.request, self.form = request, form
        self.now = timezone.now()
        self.plan = selectors.plan_of(form)
        self.language = language if language in form.texts else language_of(request, form)
        self.texts = self.plan.texts.get(self.language, Texts())
        self.is_framed = request.GET.get("embed") == "1"
        with translation.override(self.language):
            self.consent = consent_words(self.texts)
        self.fields = selectors.shown_fields(self.plan.fields, self.texts, self.language)

    def form_of(self, data: QueryDict | None = None) -> PublicForm:
        return PublicForm(
            data,
            shown=self.fields,
            has_consent=bool(self.consent),
            needs_consent=self.form.needs_consent,
            now=self.now,
        )

    # ------------------------------------------------------------------------------------------ showing

    def shown(self) -> HttpResponseBase:
        with translation.override(self.language):
            return self.with_form(self.form_of(), self.new_page())

    def new_page(self) -> pages.Page:
        marks = hosted.marks_of(self.request.GET)
        # The frame's script names the page around it; a browser names only its site.
        around = hosted.page_only(self.request.GET.get("from", "")) if self.is_framed else ""
        came_from = hosted.page_only(self.request.headers.get("Referer", ""))
        own = settings.LEADSYNC_BASE_URL
        if around or (came_from and not came_from.startswith(own)):
            marks["page"] = around or came_from
        return pages.new_page(consent=self.consent, marks=marks, now=self.now)

    def with_form(
        self, form: PublicForm, page: pages.Page, *, status: int = 200, said: str = ""
    ) -> HttpResponseBase:
        """The page with the form and everything typed; `said` is a sentence above it."""
        context = {"form": form, "slip": pages.sealed(page, self.form), "said": said, "consent_name": CONSENT}
        return self.page("intake/public.html", context, status=status)

    def page(self, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponseBase:
        return page_of(
            self.form,
            template,
            {
                **context,
                "texts": self.texts,
                "languages": self.languages(),
                "is_framed": self.is_framed,
                "theme": self.theme(),
                "trap": TRAP,
                "slip_name": SLIP,
            },
            language=self.language,
            status=status,
        )

    def theme(self) -> str:
        """Around a frame the page may be light whatever the visitor's system likes: it says which it is."""
        asked = self.request.GET.get("theme", "")
        return asked if asked in THEMES else "light" if self.is_framed else "system"

    def languages(self) -> list[dict[str, Any]]:
        """The languages of the form, each with its address; none where there is only one."""
        if len(self.plan.texts) < 2:
            return []
        names = dict(settings.LANGUAGES)
        return [
            {
                "code": code,
                "name": names.get(code, code),
                "query": self.query(lang=code),
                "is_on": code == self.language,
            }
            for code in self.plan.texts
        ]

    def query(self, **changed: str) -> str:
        """The present address's query with something changed; only what this page understands."""
        kept = {
            name: self.request.GET[name]
            for name in ("lang", "embed", "theme", "from", *hosted.MARKS)
            if name in self.request.GET
        }
        return urlencode(kept | changed)

    # ------------------------------------------------------------------------------------------ sending

    def post(self) -> HttpResponseBase:
        """Take the message, or say what is missing with everything that was typed."""
        with translation.override(self.language):
            return self._post()

    def _post(self) -> HttpResponseBase:
        data = self.request.POST
        page = pages.opened(data.get(SLIP, ""), self.form)
        form = self.form_of(data)
        if wait := self._too_many():
            return self._later(form, page, wait)
        seems = hosted.suspicion(
            trap=data.get(TRAP, ""), shown_at=page.shown_at if page else None, now=self.now
        )
        is_taking = selectors.is_taking(self.form)
        if seems and is_taking:
            typed = {one.field: data.get(html_name(one.field), "") for one in self.fields}
            submissions.keep_spam(
                form=self.form, message=self._message(typed, page, data), why=seems, at=self.now
            )
            return self._thanked()
        if not is_taking and (seems or page is None or self.now - page.shown_at > hosted.GRACE):
            return _calm(self.request, self.form)
        is_valid = form.is_valid()
        if page is not None and self.consent and not pages.same_consent(page, self.consent):
            said = _("The text that you agree to has changed meanwhile. Please read it again.")
            return self._again(form, self.new_page(), said=said, unticked=True)
        if not is_valid:
            return self._again(form, page or self.new_page())
        if page is None or not pages.is_fresh(page, self.now):
            said = _(
                "This page was open for long. Everything you wrote is still here: please send it once more."
            )
            return self._again(form, self.new_page(), said=said)
        try:
            submissions.take(form=self.form, message=self._message(form.values(), page, data), at=self.now)
        except Invalid as problem:
            name = html_name(problem.field or "")
            form.add_error(name if name in form.fields else None, problem.message)
            return self._again(form, page)
        return self._thanked()

    def _again(
        self, form: PublicForm, page: pages.Page, *, said: str = "", unticked: bool = False
    ) -> HttpResponseBase:
        if unticked and CONSENT in form.data:
            typed = self.request.POST.copy()
            typed.pop(CONSENT, None)
            form = self.form_of(typed)
            form.is_valid()
        return self.with_form(form, page, status=422, said=said)

    def _message(self, fields: Mapping[str, str], page: pages.Page | None, data: QueryDict) -> Message:
        return Message(
            fields=fields,
            language=self.language,
            page=page.number if page else "",
            consent=self.consent if self.consent and data.get(CONSENT) else "",
            marks=page.marks if page else {},
        )

    def _too_many(self) -> int:
        """Seconds to wait, 0 for none: counted for each address and for the form as a whole."""
        whole = limits.wait_needed(what="form", who=self.form.key, most=settings.FORM_RATE_ALL, now=self.now)
        address = address_of(self.request)
        if not address:
            return whole
        return max(
            whole,
            limits.wait_needed(
                what="visitor", who=f"{self.form.key} {address}", most=settings.FORM_RATE, now=self.now
            ),
        )

    def _later(self, form: PublicForm, page: pages.Page | None, wait: int) -> HttpResponseBase:
        minutes = -(-wait // 60)
        said = ngettext(
            "Many messages have just come from where you are. What you wrote is still here: "
            "please send it again in %(n)d minute.",
            "Many messages have just come from where you are. What you wrote is still here: "
            "please send it again in %(n)d minutes.",
            minutes,
        ) % {"n": minutes}
        form.is_valid()
        response = self.with_form(form, page or self.new_page(), status=429, said=said)
        response["Retry-After"] = str(wait)
        return response

    def _thanked(self) -> HttpResponseBase:
        """To the page of thanks, which reloads without sending again; where it is framed, always to our own."""
        if self.form.thanks_url and not self.is_framed and hosted.is_web_page(self.form.thanks_url):
            to = self.form.thanks_url
        else:
            theme = {"theme": self.theme()} if self.is_framed else {}
            framed = {"embed": "1"} if self.is_framed else {}
            query = urlencode({"lang": self.language, **framed, **theme})
            to = f"{reverse('intake:public_thanks', args=[self.form.key])}?{query}"
        response = HttpResponseRedirect(to)
        response.status_code = 303
        return _guarded(response, self.form)


# ---------------------------------------------------------------------------------------------- inside


def consent_words(texts: Texts) -> str:
    """What the visitor agrees to, exactly as it is shown; empty where nothing is asked. In the language in force."""
    if not texts.consent.strip():
        return ""
    policy = accounts.company().privacy_url
    return f"{texts.consent}\n{_('Privacy policy')}: {policy}" if policy else texts.consent


def language_of(request: HttpRequest, form: LeadForm) -> str:
    """The language of the page: asked for in the address, else the browser's, else the form's own."""
    asked = request.GET.get("lang", "")
    accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
    wanted = [asked, *(code for code, _weight in accepted)]
    return hosted.choose_language(wanted, list(form.texts), form.language)


def address_of(request: HttpRequest) -> str:
    """The visitor's address as the project tells it for sign-in; empty where it cannot be told."""
    try:
        return str(get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        return ""


def page_of(
    form: LeadForm | None,
    template: str,
    context: Mapping[str, Any],
    *,
    language: str,
    status: int = 200,
    may_frame: tuple[str, ...] | None = None,
) -> HttpResponseBase:
    """A public page, rendered without the request, with the headers that let only the form's sites frame it."""
    company = accounts.company()
    everything = {
        "company": company,
        "lead_form": form,
        "page_language": language,
        "privacy_url": company.privacy_url,
        "origins": " ".join(str(one) for one in form.origins) if form else "",
        **context,
    }
    response = HttpResponse(render_to_string(template, everything), status=status)
    response["Content-Language"] = language
    patch_vary_headers(response, ["Accept-Language"])
    # Kept by this browser, so that "back" shows the page that was sent: sent again it is the same message.
    patch_cache_control(response, private=True, no_cache=True)
    return _guarded(response, form, may_frame)


def _guarded(
    response: HttpResponse, form: LeadForm | None, may_frame: tuple[str, ...] | None = None
) -> HttpResponseBase:
    """Only the form's sites may show it in a frame; it may send to itself and on to its page of thanks."""
    sites = may_frame if may_frame is not None else tuple(str(one) for one in form.origins) if form else ()
    policy: dict[str, Any] = {**settings.SECURE_CSP}
    if form is not None and form.thanks_url and hosted.is_web_page(form.thanks_url):
        parts = urlsplit(form.thanks_url)
        policy["form-action"] = [CSP.SELF, f"{parts.scheme}://{parts.netloc}"]
    if sites:
        policy["frame-ancestors"] = list(sites)
        response.xframe_options_exempt = True  # that header knows no list of sites
    guarded: HttpResponseBase = csp_override(policy)(lambda _request: response)(None)
    return guarded


def _calm(request: HttpRequest, form: LeadForm | None, status: int = 0) -> HttpResponseBase:
    """There is no form here, or not now; or what was sent is far too much."""
    if form is not None:
        language = language_of(request, form)
    else:
        accepted = parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])
        language = hosted.choose_language(
            (code for code, _weight in accepted), list(selectors.LANGUAGES), selectors.LANGUAGES[0]
        )
    with translation.override(language):
        response = page_of(
            form,
            "intake/public_closed.html",
            {"is_too_much": status == 413, "is_framed": request.GET.get("embed") == "1", "theme": "system"},
            language=language,
            status=status or (410 if form else 404),
        )
    response["Cache-Control"] = "no-store"
    return response
