"""The leads that a market note rests on."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import MarketNote
from campaigns.services import notes
from feedback.models import Evidence
from feedback.selectors.markets import leads_named
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

MOST = 50
_NUMBER = re.compile(r"(?:^|/leads/|#)([0-9]{1,18})(?:/|$)")


def read(text: str) -> list[Lead]:
    """Leads named by number (`12`, `#12`) or by the address of their page, apart by spaces or commas.

    Raises `Invalid` with what is no lead, so that it can be mended.
    """
    numbers: list[int] = []
    for word in re.split(r"[\s,;]+", text.strip()):
        if not word:
            continue
        match = _NUMBER.search(word.partition("?")[0])
        if match is None or int(match[1]) >= 2**63:
            raise Invalid(_("“%(word)s” is no number of a lead.") % {"word": word[:50]}, field="evidence")
        numbers.append(int(match[1]))
    if len(set(numbers)) > MOST:
        raise Invalid(_("A note rests on %(n)d leads at most.") % {"n": MOST}, field="evidence")
    found = leads_named(numbers)
    missing = set(numbers) - {lead.pk for lead in found}
    if missing:
        raise Invalid(_("There is no lead %(number)s.") % {"number": f"#{min(missing)}"}, field="evidence")
    return found


@transaction.atomic
def write(*, by: User, evidence: str, at: datetime | None = None, **values: Any) -> MarketNote:
    """Write a note (`campaigns.services.notes.write`) with the leads it rests on. Raises as that and `read` do."""
    leads = read(evidence)
    note = notes.write(by=by, at=at, **values)
    _add(note, leads, by, at)
    return note


@transaction.atomic
def edit(
    *, note: MarketNote, by: User, version: int, evidence: str, at: datetime | None = None, **values: Any
) -> MarketNote:
    """Change a note and say which leads it rests on. Raises as `campaigns.services.notes.edit` and `read` do."""
    leads = read(evidence)
    changed = notes.edit(note=note, by=by, version=version, at=at, **values)
    Evidence.objects.filter(note=changed).exclude(lead__in=leads).delete()
    _add(changed, leads, by, at)
    return changed


def _add(note: MarketNote, leads: Sequence[Lead], by: User, at: datetime | None) -> None:
    now = at or timezone.now()
    Evidence.objects.bulk_create(
        [Evidence(note=note, lead=lead, by=by, at=now) for lead in leads], ignore_conflicts=True
    )
