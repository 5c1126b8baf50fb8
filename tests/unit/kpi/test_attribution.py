"""Credit for leads that came more than once: parts that add up to the whole, whoever gets them."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from leadsync.kpi.domain.attribution import Credit, Shared, moved, rounded


def test_a_third_of_a_lead_each_adds_up_to_one() -> None:
    parts = rounded({1: Fraction(1, 3), 2: Fraction(1, 3), 3: Fraction(1, 3)})
    assert sorted(parts.values()) == [Decimal("0.33"), Decimal("0.33"), Decimal("0.34")]
    assert sum(parts.values()) == 1


def test_the_last_arrival_takes_the_whole_lead_from_the_first() -> None:
    rows = [
        Shared(1, 1, arrivals=2, is_last=False, count=4, amount=Decimal(100)),
        Shared(1, 2, arrivals=2, is_last=True, count=4, amount=Decimal(100)),
    ]
    assert {key: (share.count, share.amount) for key, share in moved(rows, Credit.LAST).items()} == {
        1: (-4, -100),
        2: (4, 100),
    }
    assert {key: share.count for key, share in moved(rows, Credit.EVEN).items()} == {1: -2, 2: 2}
    assert moved(rows, Credit.FIRST) == {}


@given(
    st.lists(
        st.tuples(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.decimals(0, 99_999, places=2)),
        max_size=12,
    )
)
def test_whatever_way_it_is_shared_nothing_is_lost(leads: list[tuple[list[int], Decimal]]) -> None:
    rows = [
        Shared(through[0], one, len(through), place == len(through) - 1, 1, amount)
        for through, amount in leads
        for place, one in enumerate(through)
    ]
    for credit in Credit:
        shares = moved(rows, credit)
        assert sum(share.count for share in shares.values()) == 0
        assert sum(share.amount for share in shares.values()) == 0
        whole = {key: share.amount + 7 for key, share in shares.items()}
        assert sum(rounded(whole).values()) == 7 * len(whole)
