"""The back-test of a draft: what signing it would change, over leads that are known already."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from leads.forms.backtest import PeriodForm
from leads.selectors import backtest as selectors
from leads.services import backtest
from leadsync.accounts.access import check, person_of, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid
from leadsync.core.htmx import render_page


@require_http_methods(["GET", "POST"])
@signed_in
def back_test(request: HttpRequest, number: int) -> HttpResponse:
    """Everyone reads it, `?test=` an earlier one; a head asks for one over a period (POST)."""
    if request.method == "POST":
        return _ask(request, number)
    return _page(request, number, PeriodForm(initial=selectors.usual_period()))


def _ask(request: HttpRequest, number: int) -> HttpResponse:
    person = person_of(request)
    check(person, Can.EDIT_AGREEMENT)
    agreement = selectors.version(number)
    if agreement is None:
        raise Http404
    form = PeriodForm(request.POST)
    if form.is_valid():
        try:
            backtest.ask(agreement=agreement, by=person, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return redirect("leads:definition_back_test", number)
    return _page(request, number, form, status=422)


def _page(request: HttpRequest, number: int, form: PeriodForm, *, status: int = 200) -> HttpResponse:
    wanted = request.GET.get("test", "")
    page = selectors.page(
        number, int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 16 else None
    )
    if page is None:
        raise Http404
    may_ask = person_of(request).can(Can.EDIT_AGREEMENT) and page.agreement.is_editable
    context = {"page": page, "form": form, "may_ask": may_ask}
    return render_page(request, "leads/backtest.html", context, fragment="back_test", status=status)
