"""Leads that programs send: logged once, however often a message is repeated."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from django.core.cache import cache
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.domain.words import Door
from leads.models import Lead
from leads.services import arrivals
from leads.services.arrivals import LeadData
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.errors import Invalid

REMEMBERED_SECONDS: Final = 24 * 60 * 60
MOST_KEY: Final = 200


def log(
    *, data: LeadData, campaign: Campaign, by: User, payload: Mapping[str, Any], key: str = ""
) -> tuple[Lead, bool]:
    """Take in a lead sent over the API: the lead, and whether it is new.

    A message repeated under the same `key` within a day is the same message: it is answered with the lead it made
    and nothing happens, neither an arrival nor a notice. Without a key the same lead (external id, e-mail, phone)
    showed interest once more. Raises `NotAllowed`, `Invalid` with the field, or for a key that came with another
    message before.
    """
    if not key:
        received = arrivals.receive(data=data, campaign=campaign, door=Door.API, by=by, payload=payload)
        return received.lead, received.is_new
    if len(key) > MOST_KEY:
        raise Invalid(_("An Idempotency-Key has %(n)d characters at most.") % {"n": MOST_KEY})
    message = hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()
    name = f"intake:{by.pk}:{hashlib.sha256(key.encode()).hexdigest()}"
    with db.exclusively(arrivals.LOCK, wait=True):  # two at once: the second one waits and finds the first
        known = cache.get(name)
        if known is not None:
            lead_id, said = known
            if said != message:
                raise Invalid(_("This Idempotency-Key came with another message before."))
            lead = Lead.objects.filter(pk=lead_id).first()
            if lead is not None:
                return lead, False
        received = arrivals.receive(data=data, campaign=campaign, door=Door.API, by=by, payload=payload)
        cache.set(name, (received.lead.pk, message), REMEMBERED_SECONDS)
        return received.lead, received.is_new
