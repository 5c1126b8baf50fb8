"""Median and 90th percentile of the steps from arrival to deal."""

from datetime import UTC, date, datetime, timedelta

from leadsync.kpi.domain.velocity import Stamps, Step, measure, pace_of, percentile

START = datetime(2026, 3, 10, 9, tzinfo=UTC)


def after(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def seconds(begun: datetime, ended: datetime) -> float:
    return (ended - begun).total_seconds()


def test_percentiles_are_values_that_were_measured() -> None:
    assert percentile([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9) == 9
    assert percentile([5.0], 0.9) == 5
    assert pace_of([]) is None


def test_each_step_runs_from_the_one_before_it() -> None:
    lead = Stamps(START, after(1), after(3), after(6), after(10))
    month = measure(date(2026, 3, 1), {step: [lead] for step in Step}, seconds)
    assert {step: pace.usual / 3_600 for step, pace in month.steps.items()} == {
        Step.HANDOFF: 1,
        Step.CONTACT: 2,
        Step.QUALIFIED: 3,
        Step.WON: 4,
    }


def test_a_step_nobody_made_is_missing_and_one_that_ended_before_it_began_took_no_time() -> None:
    odd = Stamps(START, contacted=after(2), qualified=after(1))
    month = measure(date(2026, 3, 1), {step: [odd] for step in Step}, seconds)
    assert {step: pace.usual for step, pace in month.steps.items()} == {Step.QUALIFIED: 0}
