"""What is known about a lead for the criteria of the definition."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.domain import definition
from leads.domain.definition import CriterionKind
from leads.domain.words import EventKind
from leads.models import Answer, Lead
from leads.selectors import agreement
from leads.services import changes
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

_NO_ANSWER = gettext_lazy("This is no answer to the question.")
_REFUSALS = {
    CriterionKind.YES_NO: gettext_lazy("Answer with yes or no."),
    CriterionKind.NUMBER: gettext_lazy("This is no number. Type it like 1200 or 7.5."),
    CriterionKind.COUNTRY: gettext_lazy("This is no country that we know. Type its name or its two letters."),
}


def _id(person: User | None) -> int | None:
    return person.pk if person is not None else None


@transaction.atomic
def answer(
    *,
    lead: Lead,
    key: str,
    value: Any,
    source: str,
    by: User | None,
    at: datetime | None = None,
    group: str = "",
) -> Answer:
    """Answer a criterion of the definition in force; said again, the newer answer stands and the event keeps both.

    The same answer pressed twice is one answer. `group`: what groups thousands where the value was typed. Raises
    `NotAllowed`; `Invalid` for a question that the definition does not ask, or a value it cannot be answered with.
    """
    now = changes.instant(at)
    changes.take(lead)
    if by is not None:
        changes.check_can_note(lead, by)
    asked = {criterion.key: criterion for criterion in agreement.terms().criteria}
    if key not in asked:
        raise Invalid(_("The definition in force does not ask this."), field=key)
    if source not in Answer.Source.values:
        raise Invalid(_("Say where the answer is from."), field="source")
    try:
        stored = definition.read_answer(asked[key], value, group=group)
    except definition.BadAnswer as error:
        raise Invalid(str(_REFUSALS.get(CriterionKind(asked[key].kind), _NO_ANSWER)), field=key) from error
    known = Answer.objects.filter(lead_id=lead.pk, key=key).first()
    if known is not None and known.value == stored and known.source == source and known.by_id == _id(by):
        return known
    before = known.value if known is not None else None
    made, _is_new = Answer.objects.update_or_create(
        lead_id=lead.pk, key=key, defaults={"value": stored, "source": source, "by": by, "at": now}
    )
    changes.record(
        lead,
        EventKind.ANSWERED,
        by=by,
        at=now,
        before={key: before} if before is not None else {},
        after={key: stored},
    )
    return made


@transaction.atomic
def forget(*, lead: Lead, key: str, by: User, at: datetime | None = None) -> None:
    """Take an answer back: it is unknown again. Without one, nothing happens. Raises `NotAllowed`."""
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_note(lead, by)
    known = Answer.objects.filter(lead_id=lead.pk, key=key).first()
    if known is None:
        return
    before = known.value
    known.delete()
    changes.record(lead, EventKind.FORGOTTEN, by=by, at=now, before={key: before}, after={})
