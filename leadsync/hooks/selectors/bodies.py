"""What is sent about leads: everything of a batch of events in a fixed number of statements."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils import translation

from leads.models import Lead, LeadEvent, LeadKey, Reason
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.hooks.domain import events
from leadsync.hooks.domain.events import HookEvent, instant

KEY_START = "evt_"
_INSTANTS = (
    "received_at",
    "handed_off_at",
    "first_contact_at",
    "marked_at",
    "qualified_at",
    "won_at",
    "lost_at",
    "closed_at",
    "erased_at",
)


def key_of(event_id: int) -> str:
    """What a delivery is kept by: the same whenever the event is found."""
    return f"{KEY_START}{event_id}"


def id_of(event: LeadEvent) -> str:
    """The id of the message about an event, to whomever and whenever it is told.

    With the instant: after a restore of a backup other events get the same numbers, and receivers remember ids.
    """
    return f"{key_of(event.pk)}_{int(event.at.timestamp() * 1_000):x}"


def bodies(found: Sequence[LeadEvent]) -> dict[int, str]:
    """What is to be sent for each of these events, as JSON, with the leads as they are now. Six statements."""
    lead_ids = sorted({event.lead_id for event in found})
    leads = Lead.objects.select_related("campaign", "owner", "reason").filter(pk__in=db.among(lead_ids))
    outside: dict[int, list[dict[str, str]]] = {}
    for lead_id, namespace, value in (
        LeadKey.objects.filter(lead_id__in=db.among(lead_ids), kind=LeadKey.Kind.EXTERNAL)
        .order_by("id")
        .values_list("lead_id", "namespace", "value")
    ):
        outside.setdefault(lead_id, []).append({"namespace": namespace, "value": value})
    sides = [side for event in found for side in (event.before, event.after)]
    owners = {one.pk: _person(one) for one in User.objects.filter(pk__in=_named(sides, "owner_id"))}
    currency = accounts.currency()
    # Words of stock reasons do not depend on whose worker writes them.
    with translation.override(settings.LANGUAGE_CODE):
        reasons = {one.pk: _reason(one) for one in Reason.objects.filter(pk__in=_named(sides, "reason_id"))}
        shown = {lead.pk: _lead(lead, outside.get(lead.pk, []), currency) for lead in leads}
    return {
        event.pk: json.dumps(_body(event, shown.get(event.lead_id), owners, reasons), ensure_ascii=False)
        for event in found
    }


def _named(sides: Iterable[Mapping[str, Any]], name: str) -> set[int]:
    return {side[name] for side in sides if isinstance(side.get(name), int)}


def _body(
    event: LeadEvent, lead: dict[str, Any] | None, owners: Mapping[int, Any], reasons: Mapping[int, Any]
) -> dict[str, Any]:
    kind: HookEvent = events.EVENT_OF[event.kind]
    return events.body(
        key=id_of(event),
        event=kind.value,
        at=event.at,
        lead=lead,
        before=events.change(event.before, owners, reasons, kind),
        after=events.change(event.after, owners, reasons, kind),
    )


def _person(person: User) -> dict[str, Any]:
    return {"id": person.pk, "name": person.name, "email": person.email}


def _reason(reason: Reason) -> dict[str, Any]:
    return {"key": reason.key, "label": reason.words}


def _lead(lead: Lead, external_ids: list[dict[str, str]], currency: str) -> dict[str, Any]:
    return {
        "id": lead.pk,
        "url": f"{settings.LEADSYNC_BASE_URL}/leads/{lead.pk}/",
        "name": lead.name,
        "company": lead.company,
        "email": lead.email,
        "phone": lead.phone,
        "country": str(lead.country.code or ""),
        "stage": lead.stage,
        "mark": lead.mark,
        "reason": _reason(lead.reason) if lead.reason else None,
        "owner": _person(lead.owner) if lead.owner else None,
        "campaign": {"id": lead.campaign_id, "name": lead.campaign.name},
        "external_ids": external_ids,
        "amount": None if lead.amount is None else str(lead.amount),
        "currency": currency,
        "lead_version": lead.version,
        **{name: instant(getattr(lead, name)) for name in _INSTANTS},
    }
