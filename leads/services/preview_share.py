"""Who would get which of the new leads of a list, were it saved now."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from leads.domain.routing import How
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services import routing
from leads.services.preview import FIX, HERE, MOST_SHARED
from leadsync.accounts.models import User


@dataclass(frozen=True, slots=True)
class _Coming:
    """A row that becomes a lead, as routing looks at it; newer than any lead there is."""

    pk: int
    campaign_id: int
    country: str = ""
    language: str = ""
    company_key: str = ""
    owner_id: int | None = None


_NEWER = 1 << 62


@dataclass(frozen=True, slots=True)
class Share:
    """How many leads each rep gets, how many a head of sales as no rep has room, and how many nobody."""

    reps: tuple[tuple[str, int], ...] = ()
    heads: tuple[tuple[str, int], ...] = ()
    stays: int = 0


def who_gets_what(batch: Import, count: int) -> Share:
    """A dry run of routing over the `count` new leads of a list; nothing for very long ones and for history."""
    who: Mapping[str, int] = batch.scan.get("who", {})
    if (
        not who
        or batch.campaign_id is None
        or selectors.history_of(batch)
        or not 0 < count <= MOST_SHARED
        or batch.scan.get("reachable", 0) > MOST_SHARED
    ):
        return Share()
    kinds = batch.scan["kinds"]
    left_out = {*batch.scan.get(FIX, ()), *batch.scan.get(HERE, ())}
    coming = [
        _Coming(_NEWER + int(number), batch.campaign_id, *kinds[kind])
        for number, kind in sorted(who.items(), key=lambda item: int(item[0]))
        if int(number) not in left_out
    ]
    shared = routing.share_out(coming)
    names = {
        rep.pk: rep.short_name
        for rep in User.objects.filter(pk__in={rep_id for rep_id, _why in shared.values()})
    }
    to_reps: Counter[int] = Counter()
    to_heads: Counter[int] = Counter()
    for rep_id, why in shared.values():
        (to_heads if why["rule"] == How.UNROUTABLE else to_reps)[rep_id] += 1
    return Share(
        tuple((names[pk], many) for pk, many in to_reps.most_common()),
        tuple((names[pk], many) for pk, many in to_heads.most_common()),
        len(coming) - len(shared),
    )
