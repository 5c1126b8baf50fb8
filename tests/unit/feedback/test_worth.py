"""Sales time for each promising lead against the agreed limit."""

from decimal import Decimal
from typing import Any

import pytest

from feedback.domain.worth import Worth, weigh


def of(**figures: Any) -> Worth:
    return weigh(
        **{"leads": 40, "good": 3, "minutes": 1040, "limit": 120, "marked": 40, "gate_size": 20} | figures
    ).worth


def test_forty_leads_with_three_promising_are_more_work_than_benefit() -> None:
    benefit = weigh(leads=40, good=3, minutes=1040, limit=120, marked=40, gate_size=20)
    assert benefit.worth is Worth.TOO_MUCH_WORK
    assert round(benefit.minutes_each or 0) == 347  # 5 h 47 min
    assert benefit.worth_minutes == 360
    assert benefit.share == Decimal("0.075")


@pytest.mark.parametrize(
    ("minutes", "worth"),
    [
        (0, Worth.WORTH_IT),
        (899, Worth.WORTH_IT),
        (900, Worth.WATCH),
        (1200, Worth.WATCH),
        (1201, Worth.TOO_MUCH_WORK),
    ],
)
def test_bounds_of_the_limit(minutes: int, worth: Worth) -> None:
    assert of(good=10, minutes=minutes) is worth


def test_too_early_before_half_the_gate_is_marked() -> None:
    assert of(leads=20, marked=9) is Worth.TOO_EARLY
    assert of(leads=20, marked=10) is Worth.TOO_MUCH_WORK


def test_a_campaign_that_is_over_is_judged_by_what_came() -> None:
    assert of(leads=6, marked=6, is_closed=True) is Worth.TOO_MUCH_WORK
    assert of(leads=6, marked=0, is_closed=True) is Worth.TOO_EARLY


def test_time_without_a_single_good_lead() -> None:
    assert of(good=0, minutes=121) is Worth.TOO_MUCH_WORK
    assert of(good=0, minutes=90) is Worth.WATCH
    assert weigh(leads=9, good=0, minutes=90, limit=120, marked=9, gate_size=9).minutes_each is None


def test_nothing_arrived_or_nothing_done_yet() -> None:
    assert of(leads=0, good=0, minutes=0, marked=0) is Worth.NO_WORK
    assert of(leads=5, good=0, minutes=0, marked=0) is Worth.NO_WORK


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        of(limit=0)
