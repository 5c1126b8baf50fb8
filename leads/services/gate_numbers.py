"""The numbers of a campaign's first leads in its gate: 1, 2, 3 … by arrival, without a gap.

Leads get them when they arrive (`leads.services.arriving_rows`). To be called in the transaction that takes leads out
of the gate or brings them back, under the arrivals' lock: nobody arrives meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q, QuerySet

from leads.models import Lead
from leads.selectors import agreement
from leads.services import changes
from leadsync.core import db

MOST_FREED = 2  # numbers that merging two leads frees in a campaign

type Numbers = dict[int, int | None]  # by lead


def hold(lead_ids: Iterable[int], campaign_ids: Iterable[int]) -> None:
    """Lock these leads and those whose numbers may change with them, by number like everybody who locks many."""
    wanted = set(lead_ids)
    for campaign_id in set(campaign_ids):
        wanted |= _numbered(campaign_id).keys()
        wanted.update(_waiting(campaign_id)[:MOST_FREED])
    list(db.locked(Lead.objects.filter(pk__in=wanted)).order_by("pk").values_list("pk", flat=True))


def close_up(*campaign_ids: int) -> Numbers:
    """Give the numbers that came free to those who come next.

    Returns what number each lead had that has another one now.
    """
    size = agreement.terms().gate_size
    before: Numbers = {}
    wanted: Numbers = {}
    for campaign_id in sorted(set(campaign_ids)):
        numbered = _numbered(campaign_id)
        free = max(size - len(numbered), 0)
        leads = Lead.objects.filter(campaign=campaign_id, is_test=False, is_history=False, gate_number=None)
        waiting = (
            list(leads.order_by("received_at", "pk").values_list("pk", flat=True)[:free]) if free else []
        )
        for number, pk in enumerate([*numbered, *waiting], start=1):
            if numbered.get(pk) != number:
                before[pk], wanted[pk] = numbered.get(pk), number
    write(wanted)
    return before


def put_back(
    before: Mapping[int, int | None], after: Mapping[int, int | None], campaign_ids: Iterable[int]
) -> None:
    """Give leads the numbers of `before` again, where nobody's number changed since they had those of `after`.

    Otherwise who came since keeps the place behind them: each takes its old place, and the rest close up.
    """
    ids = sorted({*before, *after})
    now: Numbers = dict(Lead.objects.filter(pk__in=ids).values_list("pk", "gate_number"))
    campaigns = dict(Lead.objects.filter(pk__in=ids).values_list("pk", "campaign_id"))
    is_as_left = all(now[pk] == after.get(pk) for pk in now)
    taken = Q(pk__in=[])
    for pk, number in before.items():
        if number is not None and pk in campaigns:
            taken |= Q(campaign=campaigns[pk], gate_number=number)
    if is_as_left and not Lead.objects.filter(taken).exclude(pk__in=ids).exists():
        write({pk: number for pk, number in before.items() if pk in now and now[pk] != number})
        return
    size = agreement.terms().gate_size
    wanted: Numbers = {}
    for campaign_id in sorted(set(campaign_ids)):
        numbered = _numbered(campaign_id)
        mine = sorted(
            (number, pk)
            for pk, number in before.items()
            if number is not None and campaigns.get(pk) == campaign_id
        )
        order = [pk for pk in numbered if pk not in before]
        for number, pk in mine:
            order.insert(number - 1, pk)
        places: Numbers = {pk: number if number <= size else None for number, pk in enumerate(order, start=1)}
        former: Numbers = {**numbered, **{pk: now[pk] for _number, pk in mine}}
        gone = {pk: None for pk in numbered if pk not in places}
        wanted |= {pk: number for pk, number in (places | gone).items() if former[pk] != number}
    write(wanted)


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


def _waiting(campaign_id: int) -> QuerySet[Lead, int]:
    leads = Lead.objects.filter(campaign=campaign_id, is_test=False, is_history=False, gate_number=None)
    return leads.order_by("received_at", "pk").values_list("pk", flat=True)


def _numbered(campaign_id: int) -> Numbers:
    rows = Lead.objects.filter(campaign=campaign_id, gate_number__isnull=False).order_by("gate_number")
    return dict(rows.values_list("pk", "gate_number"))
