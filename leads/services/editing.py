"""Correcting what is known about a lead, with its keys kept unique."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from leads.domain import identity
from leads.domain.words import EventKind
from leads.models import Lead, LeadKey
from leads.services import arrivals, changes, recomputing
from leads.services.arrivals import LeadData
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import Invalid

TEXTS = ("name", "company", "job_title", "email", "phone", "country", "city", "language", "need")
EDITABLE = (*TEXTS, "wanted_at")


@transaction.atomic
def edit(*, lead: Lead, by: User, changes: Mapping[str, Any], version: int | None = None) -> Lead:
    """Change some of `EDITABLE` on a lead; who works it, and marketing. Saving what is there changes nothing.

    Mail and phone are what a lead is recognised by: another lead's are refused. A running promise follows the time
    the lead asks for. Raises `NotAllowed`, `Conflict`,
    `Invalid` with the field.
    """
    return _edit(lead, by, changes, version)


def _edit(lead: Lead, by: User, wanted: Mapping[str, Any], version: int | None) -> Lead:
    now = changes.instant(None)
    # Arrivals before leads, the order in which every service locks: no key appears while this one looks.
    with db.exclusively(arrivals.LOCK, wait=True):
        changes.take(lead, version=version)
        changes.check_can_note(lead, by)
        for name in wanted:
            if name not in EDITABLE:
                raise Invalid(_("This cannot be changed."), field=name)
        texts: dict[str, Any] = {
            name: str((wanted[name] if name in wanted else getattr(lead, name)) or "") for name in TEXTS
        }
        data = arrivals.normalised(LeadData(**texts), str(accounts.company().country))
        if not data.name and not data.company:
            raise Invalid(_("A lead needs a name or a company."), field="name")
        wanted_at = wanted.get("wanted_at", lead.wanted_at)
        if not (wanted_at is None or isinstance(wanted_at, datetime)):
            raise Invalid(_("This is not a time."), field="wanted_at")
        _keep_keys(lead, data)
        values: dict[str, Any] = {name: getattr(data, name) for name in TEXTS if name in wanted}
        values["wanted_at"] = wanted_at
        values["search"] = identity.search_text(
            name=data.name, company=data.company, email=data.email, phone=data.phone
        )
        values["company_key"] = identity.company_key(data.company)
        if all(getattr(lead, name) == value for name, value in values.items()):
            return lead
        is_other_time = wanted_at != lead.wanted_at
        before, after = changes.save(lead, values)
        if is_other_time:
            recomputing.recompute(lead=lead.pk)
        for name in ("search", "company_key"):
            before.pop(name, None), after.pop(name, None)
        changes.record(lead, EventKind.EDITED, by=by, at=now, before=before, after=after)
        return lead


def _keep_keys(lead: Lead, data: LeadData) -> None:
    """Keys follow the present mail and phone; former ones stay with the lead, which is still recognised by them."""
    keys = arrivals.keys_of(data)
    known = arrivals.known_keys(keys)
    for key in keys:
        owner_id = known.get(key)
        if owner_id is not None and owner_id != lead.pk:
            other = Lead.objects.get(pk=owner_id)
            raise Invalid(
                _("This belongs to another lead already: %(title)s.") % {"title": other.title},
                field="email" if key[0] == LeadKey.Kind.EMAIL else "phone",
                lead=owner_id,
            )
    LeadKey.objects.bulk_create(
        LeadKey(lead_id=lead.pk, kind=kind, namespace=namespace, value=value)
        for kind, namespace, value in keys
        if (kind, namespace, value) not in known
    )
