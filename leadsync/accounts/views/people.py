"""People: the list, one person, invitations."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from leadsync.accounts.access import person_of, requires
from leadsync.accounts.forms import AbsenceForm, HoursForm, InviteForm, PersonForm, RolesForm, refuse
from leadsync.accounts.models import Invitation, User
from leadsync.accounts.roles import LABELS, Can, Role
from leadsync.accounts.selectors import away_on, company_week, everyone, open_invitations, own_weeks
from leadsync.accounts.services import people as services
from leadsync.accounts.services import working_time
from leadsync.core.codes import country_name, language_name
from leadsync.core.errors import DomainError
from leadsync.core.htmx import render_page

# Heads of sales look after absences and hours of their people; everything else is an administrator's.
_LOOK_AFTER = (Can.MANAGE_PEOPLE, Can.HAND_OVER)


def role_words(names: list[str] | frozenset[Role]) -> list[str]:
    """Roles in words, in the order of the table."""
    return [str(LABELS[role]) for role in Role if role in names]


@require_http_methods(["GET"])
@requires(*_LOOK_AFTER)
def people(request: HttpRequest) -> HttpResponse:
    """Everyone with an account, and the invitations that are open."""
    now = timezone.now()
    away = away_on(timezone.localdate())
    context = {
        "tab": "people",
        "people": [
            {"of": person, "roles": role_words(person.roles), "away": away.get(person.pk)}
            for person in everyone()
        ],
        "invitations": [
            {"of": one, "roles": role_words(one.roles), "too_old": one.expires_at <= now}
            for one in open_invitations()
        ],
        "may_manage": person_of(request).can(Can.MANAGE_PEOPLE),
    }
    return render_page(request, "accounts/people.html", context)


def _tell(request: HttpRequest, sent: services.Invited) -> None:
    if sent.delivery.is_sent is False:
        messages.error(
            request,
            _("The mail to %(email)s could not be sent: the mail server refused it. Send it again later.")
            % {"email": sent.invitation.email},
        )
    else:
        messages.success(request, _("Invitation sent to %(email)s.") % {"email": sent.invitation.email})


@require_http_methods(["GET", "POST"])
@requires(Can.MANAGE_PEOPLE)
def invite(request: HttpRequest) -> HttpResponse:
    """Invite somebody by mail."""
    form = InviteForm(request.POST or None, initial={"language": person_of(request).language})
    if request.method == "POST" and form.is_valid():
        try:
            sent = services.invite(by=person_of(request), **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            _tell(request, sent)
            return redirect("accounts:people")
    return render_page(
        request, "accounts/invite.html", {"tab": "people", "form": form}, status=422 if form.errors else 200
    )


@require_POST
@requires(Can.MANAGE_PEOPLE)
def resend_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a new link to the same person."""
    sent = services.resend(by=person_of(request), invitation=get_object_or_404(Invitation, pk=pk))
    _tell(request, sent)
    return redirect("accounts:people")


@require_POST
@requires(Can.MANAGE_PEOPLE)
def revoke_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an invitation back."""
    invitation = get_object_or_404(Invitation, pk=pk)
    services.revoke(by=person_of(request), invitation=invitation)
    messages.success(request, _("The invitation to %(email)s is taken back.") % {"email": invitation.email})
    return redirect("accounts:people")


def _found(pk: int) -> User:
    return get_object_or_404(everyone(), pk=pk)


def _person_page(
    request: HttpRequest,
    person: User,
    *,
    form: PersonForm | None = None,
    roles: RolesForm | None = None,
    absence: AbsenceForm | None = None,
    hours: HoursForm | None = None,
) -> HttpResponse:
    """One person with one of the forms as typed, the others as stored."""
    typed = form or roles or absence or hours
    own_week = own_weeks([person.pk]).get(person.pk)
    context = {
        "tab": "people",
        "form": typed,
        "person": person,
        "edit": form or PersonForm(instance=User.objects.select_related("office").get(pk=person.pk)),
        "roles": roles or RolesForm(initial={"roles": [role.value for role in person.roles]}),
        "role_words": role_words(person.roles),
        "spoken": ", ".join(map(language_name, person.spoken)),
        "markets": ", ".join(map(country_name, person.markets)),
        "absence": absence or AbsenceForm(),
        "absences": person.absences.filter(ends_on__gte=timezone.localdate()),
        "hours": hours or HoursForm(week=own_week or company_week(), may_be_empty=True),
        "has_own_hours": own_week is not None,
        "may_manage": person_of(request).can(Can.MANAGE_PEOPLE),
        "is_me": person.pk == person_of(request).pk,
    }
    return render_page(
        request, "accounts/person.html", context, status=422 if typed and typed.errors else 200
    )


@require_http_methods(["GET", "POST"])
@requires(*_LOOK_AFTER)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: name, office, capacity (administrators), roles, absences, own hours."""
    found = _found(pk)
    if request.method == "GET":
        return _person_page(request, found)
    form = PersonForm(request.POST, instance=User.objects.select_related("office").get(pk=pk))
    if form.is_valid():
        try:
            services.edit(by=person_of(request), person=found, **form.cleaned_data)
        except DomainError as error:
            if not error.field:
                raise
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:person", pk=pk)
    return _person_page(request, found, form=form)


@require_POST
@requires(Can.MANAGE_PEOPLE)
def set_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Which roles the person has from now on."""
    found = _found(pk)
    form = RolesForm(request.POST)
    if form.is_valid():
        try:
            services.set_roles(by=person_of(request), person=found, roles=form.cleaned_data["roles"])
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:person", pk=pk)
    return _person_page(request, found, roles=form)


@require_POST
@requires(Can.MANAGE_PEOPLE)
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account off or on: `active` is 0 or 1."""
    found = _found(pk)
    if request.POST.get("active") == "1":
        services.reactivate(by=person_of(request), person=found)
        messages.success(request, _("The account of %(name)s is on again.") % {"name": found.name})
    else:
        services.deactivate(by=person_of(request), person=found)
        messages.success(request, _("The account of %(name)s is off.") % {"name": found.name})
    return redirect("accounts:person", pk=pk)


@require_POST
@requires(*_LOOK_AFTER)
def add_absence(request: HttpRequest, pk: int) -> HttpResponse:
    """The person is away for some days."""
    found = _found(pk)
    form = AbsenceForm(request.POST)
    if form.is_valid():
        try:
            working_time.add_absence(by=person_of(request), person=found, **form.cleaned_data)
        except DomainError as error:
            refuse(form, error)
        else:
            messages.success(request, _("Saved. New leads go to others on these days."))
            return redirect("accounts:person", pk=pk)
    return _person_page(request, found, absence=form)


@require_POST
@requires(*_LOOK_AFTER)
def remove_absence(request: HttpRequest, pk: int, absence_pk: int) -> HttpResponse:
    """The person is not away after all."""
    working_time.remove_absence(by=person_of(request), person=_found(pk), pk=absence_pk)
    messages.success(request, _("Saved."))
    return redirect("accounts:person", pk=pk)


@require_POST
@requires(*_LOOK_AFTER)
def own_hours(request: HttpRequest, pk: int) -> HttpResponse:
    """Hours of the person's own; `follow` gives the company's again."""
    found = _found(pk)
    if "follow" in request.POST:
        working_time.set_own_week(by=person_of(request), person=found, week=[()] * 7)
        messages.success(request, _("The company's hours hold for %(name)s again.") % {"name": found.name})
        return redirect("accounts:person", pk=pk)
    form = HoursForm(request.POST, week=own_weeks([pk]).get(pk), may_be_empty=True)
    if form.is_valid():
        working_time.set_own_week(by=person_of(request), person=found, week=form.cleaned_data["week"])
        messages.success(request, _("Saved. Open promises are counted by the new hours."))
        return redirect("accounts:person", pk=pk)
    return _person_page(request, found, hours=form)
