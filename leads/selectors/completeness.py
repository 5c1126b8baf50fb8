"""How much of the definition is known about leads that were contacted: by rep, by campaign, by question.

Counted are leads whose first contact fell into the period, without test leads. Each criterion of the definition in force
counts once a lead: answered, or told by the lead's country or its campaign's segment, as `answers.known` has it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from campaigns.models import Campaign
from leads.domain.definition import CriterionKind, CriterionTerms
from leads.domain.voice import share
from leads.models import Answer, Lead
from leads.selectors import agreement
from leadsync.accounts.models import User

_OWN = {CriterionKind.COUNTRY: "country", CriterionKind.SEGMENT: "campaign__segment"}


@dataclass(frozen=True, slots=True)
class Completeness:
    """So many criteria known about so many leads, of `asked` criteria each."""

    leads: int
    known: int
    asked: int

    @property
    def share(self) -> Decimal | None:
        """The part of what could be known, None where there is nothing to know."""
        return share(self.known, self.leads * self.asked)


@dataclass(frozen=True, slots=True)
class Row:
    """One rep (None: nobody), one campaign or one criterion."""

    key: Any
    label: str
    figures: Completeness
    side: str = ""

    @property
    def name(self) -> str:
        return self.label


@dataclass(frozen=True, slots=True)
class Report:
    """All that the page shows; rows with the least known first."""

    all: Completeness
    reps: list[Row] = field(default_factory=list)
    campaigns: list[Row] = field(default_factory=list)
    criteria: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Sums:
    """Leads and known criteria by rep and campaign, and by criterion."""

    leads: Counter[tuple[int | None, int]]
    known: Counter[tuple[int | None, int]]
    by_key: Counter[str]


def _sums(
    begins: datetime, ends: datetime, criteria: tuple[CriterionTerms, ...], campaign: int | None = None
) -> _Sums:
    """Two statements."""
    contacted = Q(is_test=False, first_contact_at__gte=begins, first_contact_at__lt=ends)
    answered = Q(lead__is_test=False, lead__first_contact_at__gte=begins, lead__first_contact_at__lt=ends)
    if campaign is not None:
        contacted &= Q(campaign=campaign)
        answered &= Q(lead__campaign=campaign)
    by_itself = {one.key: _OWN[CriterionKind(one.kind)] for one in criteria if one.kind in _OWN}
    untold = {
        f"own_{number}": Count(
            "pk",
            filter=~Q(**{column: ""}) & Q(~Exists(Answer.objects.filter(lead=OuterRef("pk"), key=key))),
        )
        for number, (key, column) in enumerate(by_itself.items())
    }
    sums = _Sums(Counter(), Counter(), Counter())
    rows: Iterable[Mapping[str, Any]] = (
        Lead.objects.filter(contacted)
        .values("owner", "campaign")
        .annotate(leads=Count("pk"), **untold)
        .order_by()
    )
    for row in rows:
        place = (row["owner"], row["campaign"])
        sums.leads[place] += row["leads"]
        for name, key in zip(untold, by_itself, strict=True):
            sums.known[place] += row[name]
            sums.by_key[key] += row[name]
    answers = (
        Answer.objects.filter(answered, key__in=[one.key for one in criteria])
        .values_list("lead__owner", "lead__campaign", "key")
        .annotate(count=Count("pk"))
        .order_by()
    )
    for owner, of_campaign, key, count in answers:
        sums.known[owner, of_campaign] += count
        sums.by_key[key] += count
    return sums


def overall(begins: datetime, ends: datetime, *, campaign: Campaign | None = None) -> Completeness:
    """One figure for all leads, or for a campaign's. Two statements; none while nothing is asked."""
    criteria = agreement.terms().criteria
    if not criteria:
        return Completeness(0, 0, 0)
    sums = _sums(begins, ends, criteria, campaign.pk if campaign else None)
    return Completeness(sums.leads.total(), sums.known.total(), len(criteria))


def report(begins: datetime, ends: datetime) -> Report:
    """By rep, campaign and criterion. Four statements; none while nothing is asked."""
    criteria = agreement.terms().criteria
    if not criteria:
        return Report(Completeness(0, 0, 0))
    sums, asked = _sums(begins, ends, criteria), len(criteria)
    leads = sums.leads.total()
    people = {
        person.pk: person
        for person in User.objects.filter(pk__in={owner for owner, _campaign in sums.leads if owner})
    }
    names = dict(
        Campaign.objects.filter(pk__in={found for _owner, found in sums.leads}).values_list("pk", "name")
    )
    reps = [
        Row(pk, people[pk].name, figures, side="sales") for pk, figures in _by(sums, 0, asked) if pk in people
    ]
    return Report(
        Completeness(leads, sums.known.total(), asked),
        reps=_least_first(reps),
        campaigns=_least_first(
            Row(pk, names[pk], figures) for pk, figures in _by(sums, 1, asked) if pk in names
        ),
        criteria=_least_first(
            Row(one.key, one.question, Completeness(leads, sums.by_key[one.key], 1)) for one in criteria
        ),
    )


def _by(sums: _Sums, place: int, asked: int) -> list[tuple[Any, Completeness]]:
    leads: Counter[Any] = Counter()
    known: Counter[Any] = Counter()
    for key, count in sums.leads.items():
        leads[key[place]] += count
    for key, count in sums.known.items():
        known[key[place]] += count
    return [(key, Completeness(count, known[key], asked)) for key, count in leads.items()]


def _least_first(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (row.figures.share or 0, -row.figures.leads, row.label))
