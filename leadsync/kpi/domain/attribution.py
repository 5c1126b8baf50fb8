"""Who gets the credit for a lead that showed interest more than once. No framework."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from fractions import Fraction


class Credit(StrEnum):
    """To which campaign a lead counts: that of its first arrival, of its last one, or to those of all in equal parts."""

    FIRST = "first"
    LAST = "last"
    EVEN = "even"


@dataclass(frozen=True, slots=True)
class Shared:
    """`count` times: a lead of `campaign` with `arrivals` arrivals, one of them through `through`; `amount` in sum.

    `is_last`: that arrival was the last one.
    """

    campaign: int
    through: int
    arrivals: int
    is_last: bool
    count: int
    amount: Decimal = Decimal(0)


@dataclass(slots=True)
class Share:
    """What a campaign gets, exactly."""

    count: Fraction = Fraction(0)
    amount: Fraction = Fraction(0)


def moved(rows: Iterable[Shared], credit: Credit) -> dict[int, Share]:
    """What each campaign gets more or less than by first arrival; all together nothing."""
    found: dict[int, Share] = defaultdict(Share)
    if credit is Credit.FIRST:
        return found
    for row in rows:
        if credit is Credit.EVEN:
            _give(found[row.through], row, Fraction(1, row.arrivals))
        elif row.is_last:
            _give(found[row.through], row, Fraction(1))
        if row.is_last:
            # Each lead has one last arrival: here its whole goes from where it counts by first arrival.
            _give(found[row.campaign], row, Fraction(-1))
    return found


def _give(to: Share, row: Shared, part: Fraction) -> None:
    to.count += row.count * part
    to.amount += Fraction(row.amount) * part


def rounded(parts: Mapping[int, Fraction], places: int = 2) -> dict[int, Decimal]:
    """The parts as decimals that add up to exactly what the parts add up to, rounded to so many places.

    Each is cut off; what is missing then goes to those who lost most, one unit each.
    """
    unit = 10**places
    floors = {key: (part * unit).__floor__() for key, part in parts.items()}
    total = round(sum(parts.values(), Fraction(0)) * unit)
    missing = total - sum(floors.values())
    most = sorted(parts, key=lambda key: (floors[key] - parts[key] * unit, key))
    for key in most[:missing]:
        floors[key] += 1
    step = Decimal(1).scaleb(-places)
    return {key: (Decimal(units) * step).quantize(step, ROUND_FLOOR) for key, units in floors.items()}
