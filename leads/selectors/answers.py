"""What is known of leads for the criteria of a definition: answers, else the country and the segment they came with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from leads.domain.definition import CriterionKind, CriterionTerms, derived
from leads.models import Answer, Lead
from leads.selectors import agreement
from leadsync.core import db

_DERIVED_KINDS = frozenset({CriterionKind.COUNTRY, CriterionKind.SEGMENT})


def known(
    lead_ids: Iterable[int], criteria: Sequence[CriterionTerms] | None = None
) -> dict[int, dict[str, Any]]:
    """The values by lead and by the criterion's key; a lead of which nothing is known has an empty mapping.

    `criteria`: those of the definition in force unless others are given; they only say which keys the country and
    the segment answer. One statement, a second one where the definition asks for a country or a segment.
    """
    ids = list(dict.fromkeys(lead_ids))
    asked = agreement.terms().criteria if criteria is None else criteria
    found: dict[int, dict[str, Any]] = {pk: {} for pk in ids}
    if not ids:
        return found
    if any(criterion.kind in _DERIVED_KINDS for criterion in asked):
        rows = Lead.objects.filter(pk__in=db.among(ids)).values_list("pk", "country", "campaign__segment")
        for pk, country, segment in rows:
            found[pk] = dict(derived(asked, country=str(country or ""), segment=segment))
    for pk, key, value in Answer.objects.filter(lead_id__in=db.among(ids)).values_list(
        "lead", "key", "value"
    ):
        found[pk][key] = value
    return found


@dataclass(frozen=True, slots=True)
class Known:
    """One value and where it is from, in words. `is_derived`: nobody answered, the lead's own data says it."""

    value: Any
    source: str
    is_derived: bool = False


def known_of(lead: Lead, criteria: Sequence[CriterionTerms]) -> dict[str, Known]:
    """The same for one lead at hand with its campaign, with the sources. One statement."""
    own = derived(criteria, country=str(lead.country or ""), segment=lead.campaign.segment)
    kinds = {criterion.key: criterion.kind for criterion in criteria}
    found = {
        key: Known(
            value,
            _("from the campaign") if kinds[key] == CriterionKind.SEGMENT else _("from the details"),
            is_derived=True,
        )
        for key, value in own.items()
    }
    for answer in Answer.objects.filter(lead=lead):
        found[answer.key] = Known(answer.value, answer.get_source_display())
    return found
