"""The numbers of a campaign's first leads in its gate: 1, 2, 3 … by arrival, without a gap.

Leads get them when they arrive (`leads.services.arriving_rows`). To be called in the transaction that takes leads out
of the gate or brings them back, under the arrivals' lock: nobody arrives meanwhile.

A gate that was not passed can be tried anew: the next round goes on with the next number, `Campaign.gate_from`, for
leads that arrive from then on, behind `Campaign.gate_after`. Numbers below that are a decided past: they stay, with the
places that come free among them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from campaigns.models import Campaign
from leads.models import Lead, Merge
from leads.selectors import agreement
from leads.services import changes
from leadsync.core import db

MOST_FREED = 2  # numbers that merging two leads frees in a campaign

type Numbers = dict[int, int | None]  # by lead


class Round(NamedTuple):
    """A campaign's present round: the number of its first lead, and the newest lead (its id) before it began."""

    first: int = 1
    after: int = 0

    def holds(self, number: int | None) -> bool:
        """Whether a lead of this number is in the present round."""
        return number is not None and number >= self.first


def rounds(campaign_ids: Collection[int]) -> dict[int, Round]:
    """The present rounds of these campaigns. One query."""
    rows = Campaign.objects.filter(pk__in=campaign_ids).values_list("pk", "gate_from", "gate_after")
    return {pk: Round(first, after) for pk, first, after in rows}


def next_of(campaign_id: int) -> tuple[int, int]:
    """The number that the next lead gets, and the first of the present round. One query, whatever is held in memory:
    the campaign at hand may have been read before a new round began.
    """
    numbered = Lead.objects.filter(campaign=OuterRef("pk"), gate_number__isnull=False)
    last = Subquery(numbered.order_by("-gate_number").values("gate_number")[:1])
    found = Campaign.objects.filter(pk=campaign_id).values_list("gate_from", last).first()
    first, highest = found or (1, None)
    return max(first, (highest or 0) + 1), first


def hold(lead_ids: Iterable[int], campaign_ids: Iterable[int]) -> None:
    """Lock these leads and those whose numbers may change with them, by number like everybody who locks many."""
    wanted = set(lead_ids)
    for campaign_id, here in rounds(set(campaign_ids)).items():
        wanted |= _numbered(campaign_id, here).keys()
        wanted.update(_waiting(campaign_id, here)[:MOST_FREED])
    list(db.locked(Lead.objects.filter(pk__in=wanted)).order_by("pk").values_list("pk", flat=True))


def close_up(*campaign_ids: int, joined: Mapping[int, int] = MappingProxyType({})) -> Numbers:
    """Give the numbers that came free to those who come next.

    `joined`: leads that others become part of in this transaction, with the id of the other. Returns what number each
    lead had that has another one now.
    """
    size = agreement.terms().gate_size
    before: Numbers = {}
    wanted: Numbers = {}
    for campaign_id, here in sorted(rounds(set(campaign_ids)).items()):
        numbered = _numbered(campaign_id, here)
        free = max(size - len(numbered), 0)
        waiting = list(_waiting(campaign_id, here, joined)[:free]) if free else []
        for number, pk in enumerate([*numbered, *waiting], start=here.first):
            if numbered.get(pk) != number:
                before[pk], wanted[pk] = numbered.get(pk), number
    write(wanted)
    return before


def put_back(
    before: Mapping[int, int | None], after: Mapping[int, int | None], campaign_ids: Iterable[int]
) -> None:
    """Give leads the numbers of `before` again, where nobody's number changed since they had those of `after`.

    Otherwise who came since keeps the place behind them: each takes its old place, and the rest close up. Of a round
    that is decided by now only a place that is free is taken again, and nobody else moves.
    """
    ids = sorted({*before, *after})
    rows = Lead.objects.filter(pk__in=ids).values_list("pk", "campaign_id", "gate_number")
    campaigns = {pk: campaign_id for pk, campaign_id, _number in rows}
    now: Numbers = {pk: number for pk, _campaign_id, number in rows}
    here = rounds({*campaigns.values(), *campaign_ids})
    write(_places_of_the_past(before, now, campaigns, here))
    # From here on only what stands or stood in the present round.
    settled = {
        pk
        for pk, number in now.items()
        if (number is not None and not here[campaigns[pk]].holds(number))
        or (before.get(pk) is not None and not here[campaigns[pk]].holds(before[pk]))
    }
    before = {pk: number for pk, number in before.items() if pk not in settled}
    after = {pk: number for pk, number in after.items() if pk not in settled}
    now = {pk: number for pk, number in now.items() if pk not in settled}
    is_as_left = all(now[pk] == after.get(pk) for pk in now)
    taken = Q(pk__in=[])
    for pk, number in before.items():
        if number is not None and pk in campaigns:
            taken |= Q(campaign=campaigns[pk], gate_number=number)
    if is_as_left and not Lead.objects.filter(taken).exclude(pk__in=now).exists():
        write({pk: number for pk, number in before.items() if pk in now and now[pk] != number})
        return
    size = agreement.terms().gate_size
    wanted: Numbers = {}
    for campaign_id in sorted(set(campaign_ids)):
        first = here[campaign_id].first
        numbered = _numbered(campaign_id, here[campaign_id])
        mine = sorted(
            (number, pk)
            for pk, number in before.items()
            if number is not None and campaigns.get(pk) == campaign_id
        )
        order = [pk for pk in numbered if pk not in before]
        for number, pk in mine:
            order.insert(number - first, pk)
        places: Numbers = {
            pk: number if number < first + size else None for number, pk in enumerate(order, start=first)
        }
        former: Numbers = {**numbered, **{pk: now[pk] for _number, pk in mine}}
        gone = {pk: None for pk in numbered if pk not in places}
        wanted |= {pk: number for pk, number in (places | gone).items() if former[pk] != number}
    write(wanted)


def _places_of_the_past(
    before: Mapping[int, int | None],
    now: Mapping[int, int | None],
    campaigns: Mapping[int, int],
    here: Mapping[int, Round],
) -> Numbers:
    """Who has no number now and had one of a round that is decided, with that number where it is free."""
    wanted: Numbers = {
        pk: number
        for pk, number in before.items()
        if number is not None and pk in now and now[pk] is None and not here[campaigns[pk]].holds(number)
    }
    if not wanted:
        return {}
    taken = Q(pk__in=[])
    for pk, number in wanted.items():
        taken |= Q(campaign=campaigns[pk], gate_number=number)
    held = set(Lead.objects.filter(taken).values_list("campaign_id", "gate_number"))
    return {pk: number for pk, number in wanted.items() if (campaigns[pk], number) not in held}


def write(numbers: Mapping[int, int | None]) -> None:
    """Set these numbers, whoever had them before among these leads."""
    if not numbers:
        return
    # Taken away first: a number is unique in its campaign at every moment.
    Lead.objects.filter(pk__in=list(numbers)).update(gate_number=None, version=changes.NEXT_VERSION)
    rows: Sequence[tuple[int, Sequence[int]]] = [
        (pk, (number,)) for pk, number in numbers.items() if number is not None
    ]
    db.update_rows(Lead, ("gate_number",), rows)


def _waiting(
    campaign_id: int, here: Round, joined: Mapping[int, int] = MappingProxyType({})
) -> QuerySet[Lead, int]:
    """Leads without a number that arrived since the round began, the first to arrive first."""
    leads = Lead.objects.filter(
        campaign=campaign_id, is_test=False, is_history=False, gate_number=None, pk__gt=here.after
    )
    if here.after:
        # One that is part of it by now arrived before the round: so did the lead.
        older = Merge.objects.filter(survivor=OuterRef("pk"), undone_at=None, gone_id__lte=here.after)
        leads = leads.exclude(Exists(older)).exclude(
            pk__in=[pk for pk, gone_id in joined.items() if gone_id <= here.after]
        )
    return leads.order_by("received_at", "pk").values_list("pk", flat=True)


def _numbered(campaign_id: int, here: Round) -> Numbers:
    rows = Lead.objects.filter(campaign=campaign_id, gate_number__gte=here.first).order_by("gate_number")
    return dict(rows.values_list("pk", "gate_number"))
