"""Making hosted forms: what they ask, in which languages, where they may be shown, and whether they are open."""

import secrets
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.identity import storable
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.intake.domain import hosted
from leadsync.intake.domain.hosted import Fault, Flaw, Plan
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors import forms as selectors

_SIGNS: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # none that two people read differently
_KEY_LENGTH: Final = 12


def words_of(fault: Fault) -> str:
    """A fault as a sentence that says what to do."""
    match fault.flaw:
        case Flaw.NO_NAME:
            return _("A name is needed.")
        case Flaw.TOO_LONG:
            return _("At most %(n)d characters.") % {"n": fault.limit}
        case Flaw.NO_FIELDS:
            return _("Choose what is asked.")
        case Flaw.TOO_MANY_FIELDS:
            return _("At most %(n)d at once.") % {"n": fault.limit}
        case Flaw.UNKNOWN_FIELD:
            return _("There is no such field: %(name)s.") % {"name": fault.detail}
        case Flaw.TWICE:
            return _("A field can be asked once only.")
        case Flaw.NOT_NAMED:
            return _("Ask for the name or the company: a lead needs one of them.")
        case Flaw.NOT_REACHABLE:
            return _("Ask for the e-mail or the phone: sales must be able to reach the lead.")
        case Flaw.NO_LANGUAGE if fault.detail:
            return _("Forms are not offered in this language: %(code)s.") % {"code": fault.detail}
        case Flaw.NO_LANGUAGE:
            return _("Choose at least one language.")
        case Flaw.LANGUAGE_NOT_OFFERED:
            return _("Choose one of the languages of the form.")
        case Flaw.NO_TEXT:
            return _("Write something here, or do not offer this language.")
        case Flaw.BAD_ORIGIN:
            return _("“%(site)s” is not a site. Write it like https://www.example.com.") % {
                "site": fault.detail
            }
        case Flaw.TOO_MANY_ORIGINS:
            return _("At most %(n)d sites.") % {"n": fault.limit}
        case Flaw.BAD_PAGE:
            return _("Write the whole address of the page. It begins with https://.")


def problems_of(plan: Plan, form: LeadForm | None = None) -> list[Invalid]:
    """Everything that is wrong with a form as somebody wants it, each with its field; empty when it can be saved."""
    already = [one.field for one in selectors.asked_of(form)] if form else []
    known = [one.field for one in selectors.possible_fields(already)]
    found = hosted.faults(plan, known=known, languages=selectors.LANGUAGES)
    return [Invalid(words_of(fault), field=fault.place) for fault in found]


@transaction.atomic
def create(*, campaign: Campaign, plan: Plan, by: User) -> LeadForm:
    """Make a form of this campaign; it is closed until somebody opens it. Raises `NotAllowed`, `Invalid`."""
    check(by, Can.EDIT_INTAKE)
    now = timezone.now()
    form = LeadForm(campaign=campaign, key=_new_key(), created_at=now, created_by=by)
    return _written(form, plan, by)


@transaction.atomic
def edit(*, form: LeadForm, plan: Plan, by: User, version: int | None) -> LeadForm:
    """Change a form. Raises `NotAllowed`, `NotFound`, `Invalid`; `Conflict` that names who changed it meanwhile."""
    check(by, Can.EDIT_INTAKE)
    found = _taken(form, version, by)
    found.version += 1
    return _written(found, plan, by)


@transaction.atomic
def switch(*, form: LeadForm, is_open: bool, by: User, version: int | None = None) -> LeadForm:
    """Open a form for visitors, or close it. Raises `NotAllowed`, `NotFound`, `Conflict`."""
    check(by, Can.EDIT_INTAKE)
    found = _taken(form, version, by)
    if found.is_open == is_open:
        return found
    found.is_open = is_open
    found.version += 1
    found.changed_at, found.changed_by = timezone.now(), by
    found.save(update_fields=["is_open", "version", "changed_at", "changed_by"])
    return found


def _taken(form: LeadForm, version: int | None, by: User) -> LeadForm:
    """The form as it is now. One's own clicks are no conflict."""
    rows = LeadForm.objects.select_related("campaign", "changed_by").filter(pk=form.pk)
    found = db.locked(rows).first()
    if found is None:
        raise NotFound(_("This form is no longer here."))
    if version is not None and version != found.version and found.changed_by_id != by.pk:
        raise Conflict(
            _("“%(form)s” was changed meanwhile by %(name)s. Nothing you typed is lost.")
            % {"form": found.name, "name": found.changed_by.name if found.changed_by else "LeadSync"},
            version=found.version,
        )
    return found


def _written(form: LeadForm, plan: Plan, by: User) -> LeadForm:
    problems = problems_of(plan, form if form.pk else None)
    if problems:
        raise problems[0]
    filled(form, plan)
    form.changed_at, form.changed_by = timezone.now(), by
    form.save()
    return form


def filled(form: LeadForm, plan: Plan) -> LeadForm:
    """The form with what the plan says, not saved: also for a preview of what is being typed."""
    form.name = storable(plan.name.strip())
    form.language = plan.language
    form.fields = [{"field": one.field, "is_required": one.is_required} for one in plan.fields]
    known = frozenset(one.field for one in selectors.possible_fields(one.field for one in plan.fields))
    form.texts = storable({code: selectors.stored(texts, known) for code, texts in plan.texts.items()})
    form.needs_consent = plan.needs_consent
    origins = (hosted.read_origin(one) for one in plan.origins)
    form.origins = list(dict.fromkeys(one for one in origins if one))
    form.thanks_url = plan.thanks_url
    return form


def _new_key() -> str:
    """The public part of an address: says nothing about the campaign, and cannot be guessed."""
    return "".join(secrets.choice(_SIGNS) for _n in range(_KEY_LENGTH))
