"""Geometry of the charts: everything stays inside, labels stay apart, words say what is drawn."""

import dataclasses
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsync.core import charts
from leadsync.core.charts import Chart, Level, MarkedPoint, Text

DAYS = [f"{day} Apr" for day in range(1, 31)]
amounts = st.floats(min_value=0, max_value=1e9, allow_nan=False, allow_infinity=False)


def text(chart: Chart, words: str) -> Text:
    return next(found for found in chart.texts if found.text == words)


def everything_is_inside(chart: Chart) -> bool:
    xs = [line.x1 for line in chart.lines] + [line.x2 for line in chart.lines]
    ys = [line.y1 for line in chart.lines] + [line.y2 for line in chart.lines]
    for path in chart.paths:
        for pair in path.points.split():
            x, y = pair.split(",")
            xs.append(float(x))
            ys.append(float(y))
    for bar in chart.bars:
        xs += [bar.x, bar.x + bar.width]
        ys += [bar.y, bar.y + bar.height]
    for dot in chart.dots:
        xs.append(dot.x)
        ys.append(dot.y)
    return all(-0.2 <= x <= chart.width + 0.2 for x in xs) and all(
        -0.2 <= y <= chart.height + 0.2 for y in ys
    )


# ---------------------------------------------------------------- scale
@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (76, (0, 20, 40, 60, 80)),
        (6, (0, 2, 4, 6)),
        (1, (0, 1)),
        (3, (0, 1, 2, 3)),
        (0, (0, 1)),
        (-5, (0, 1)),
        (float("nan"), (0, 1)),
        (600_000, (0, 200_000, 400_000, 600_000)),
    ],
)
def test_scale_has_round_steps_from_nothing(highest: float, expected: tuple[float, ...]) -> None:
    assert charts.nice_ticks(highest) == expected


def test_scale_of_counts_never_shows_half_a_lead() -> None:
    assert charts.nice_ticks(2) == (0, 1, 2)
    assert charts.nice_ticks(0.4, whole=False)[1] < 1


@given(amounts)
def test_scale_always_reaches_the_highest_value_in_few_steps(highest: float) -> None:
    ticks = charts.nice_ticks(highest)
    assert ticks[-1] >= highest * (1 - 1e-9)
    assert 2 <= len(ticks) <= 6


# ---------------------------------------------------------------- running total
def test_running_total_draws_fact_plan_and_forecast_and_says_them_in_a_table() -> None:
    chart = charts.running_total(
        DAYS, [3, 6, 8], plan=72, forecast=76, plan_label="plan 72", forecast_label="about 76"
    )
    assert [path.css for path in chart.paths] == ["plan", "fact", "next"]
    assert chart.rows[2] == ("3 Apr", "8", "7.2")
    assert chart.rows[3][1] == ""
    assert len(chart.rows) == 30
    assert text(chart, "8").css == "lbl"
    assert everything_is_inside(chart)


def test_labels_of_plan_and_forecast_never_stand_on_each_other() -> None:
    chart = charts.running_total(
        DAYS, [3], plan=72, forecast=72, plan_label="plan 72", forecast_label="about 72"
    )
    assert abs(text(chart, "plan 72").y - text(chart, "about 72").y) >= charts.LABEL_GAP


def test_finished_period_has_no_forecast_and_no_today() -> None:
    chart = charts.running_total(["a", "b"], [1, 2], plan=2, forecast=9, forecast_label="about 9")
    assert "next" not in [path.css for path in chart.paths]
    assert not {"Today", "about 9"} & {found.text for found in chart.texts}


def test_first_day_gives_way_to_today() -> None:
    chart = charts.running_total(DAYS, [3])
    assert text(chart, "Today").text == "Today"
    assert "1 Apr" not in {found.text for found in chart.texts}
    assert text(chart, "30 Apr").anchor == "end"


@pytest.mark.parametrize("fact", [[], [0], [0, 0]])
def test_empty_period_still_draws_its_grid(fact: list[float]) -> None:
    chart = charts.running_total(DAYS, fact)
    assert chart.lines
    assert everything_is_inside(chart)


def test_period_of_one_day_and_no_period_do_not_break() -> None:
    assert charts.running_total(["1 Apr"], [4], plan=5).dots
    assert charts.running_total([], []).rows == ()


def test_more_facts_than_days_are_refused() -> None:
    with pytest.raises(ValueError, match="more facts"):
        charts.running_total(["a"], [1, 2])
    with pytest.raises(ValueError, match="more planned"):
        charts.running_total(["a"], [1], plan=[1, 2])


@given(st.lists(amounts, min_size=1, max_size=30), st.none() | amounts, st.none() | amounts)
def test_running_total_never_leaves_its_box(
    fact: list[float], plan: float | None, forecast: float | None
) -> None:
    assert everything_is_inside(charts.running_total(DAYS, fact, plan=plan, forecast=forecast))


# ---------------------------------------------------------------- columns
def test_column_above_the_limit_is_red_and_the_limit_has_its_words() -> None:
    chart = charts.columns(
        DAYS, [0, 1, 3, 4], levels=[Level(3, "limit 3")], over=3, today_word="Today", last_label="4 now"
    )
    assert [bar.css for bar in chart.bars] == ["bar", "bar", "bar over"]
    assert chart.bars[-1].title == "4 Apr: 4"
    assert text(chart, "limit 3").x > max(bar.x for bar in chart.bars)
    assert text(chart, "4 now").css == "badtx"
    assert everything_is_inside(chart)


def test_weeks_carry_their_numbers_and_two_lines_of_names() -> None:
    chart = charts.columns(
        ["Week 19", "Week 20"],
        [18, 27],
        levels=[Level(23, "sales can call 23"), Level(22, "drought under 22")],
        over=23,
        every_label=True,
        second_names=["4–8 May", "11–15 May"],
    )
    assert text(chart, "27").css == "badtx"
    assert text(chart, "4–8 May").y > text(chart, "Week 19").y
    assert abs(text(chart, "sales can call 23").y - text(chart, "drought under 22").y) >= charts.LABEL_GAP
    assert chart.rows == (("Week 19", "18"), ("Week 20", "27"))


def test_word_at_the_last_column_moves_above_it_when_there_is_no_room() -> None:
    chart = charts.columns(["a", "b"], [1, 2], last_label="2 now, one more than yesterday")
    assert text(chart, "2 now, one more than yesterday").anchor == "middle"


@given(st.lists(amounts, max_size=30), amounts)
def test_columns_never_leave_their_box(values: list[float], limit: float) -> None:
    assert everything_is_inside(charts.columns(DAYS, values, levels=[Level(limit, "limit")], over=limit))


# ---------------------------------------------------------------- curve
def test_marks_stand_on_the_curve_and_stay_at_its_ends() -> None:
    chart = charts.curve(
        [14, 28, 35], [240, 480, 600], marks=[MarkedPoint(28, "plan"), MarkedPoint(5, "cut", "cut")]
    )
    plan, cut = chart.dots
    points = [tuple(map(float, pair.split(","))) for pair in chart.paths[0].points.split()]
    assert (plan.x, plan.y) == points[1]
    assert (cut.x, cut.y) == points[0]
    assert cut.css == "pt cut"
    assert everything_is_inside(chart)


@pytest.mark.parametrize(("xs", "ys"), [([1], [1]), ([1, 2], [1]), ([2, 2], [1, 1])])
def test_curve_without_extent_is_refused(xs: list[float], ys: list[float]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        charts.curve(xs, ys)


# ---------------------------------------------------------------- bullets, bars, stacks
@pytest.mark.parametrize(
    ("fact", "plan", "pace", "value", "tick", "tone"),
    [
        (59, 100, 67, 59, 67, "bad"),
        (62, 100, 67, 62, 67, "warn"),
        (71, 100, 67, 71, 67, "ok"),
        (8420, 7500, 6000, 100, 71.3, "ok"),
        (0, 72, 10, 0, 13.9, "bad"),
    ],
)
def test_bullet_compares_with_today_s_pace(
    fact: float, plan: float, pace: float, value: float, tick: float, tone: str
) -> None:
    assert dataclasses.astuple(charts.bullet(fact, plan, pace=pace)) == (value, tick, tone)


def test_bullet_where_fewer_is_better_turns_round() -> None:
    assert charts.bullet(329, 350, fewer_is_better=True).tone == "ok"
    assert charts.bullet(500, 350, fewer_is_better=True).tone == "bad"
    assert charts.bullet(0, 350, fewer_is_better=True).tone == "ok"


def test_bullet_of_nothing_has_no_tick_and_no_tone() -> None:
    assert charts.bullet(0, 0) == charts.Bullet(0.0, None, "")


@given(amounts, amounts, st.none() | amounts)
def test_bullet_never_leaves_its_track(fact: float, plan: float, pace: float | None) -> None:
    bullet = charts.bullet(fact, plan, pace=pace)
    assert 0 <= bullet.value <= 100
    assert bullet.tick is None or 0 <= bullet.tick <= 100


def test_bars_are_measured_against_the_longest() -> None:
    assert [bar.value for bar in charts.hbars([("a", 12), ("b", 9), ("c", 0)])] == [100, 75, 0]
    assert [bar.value for bar in charts.hbars([("a", 0)])] == [0]
    assert charts.hbars([]) == ()


def test_stack_leaves_out_what_is_empty_and_adds_up() -> None:
    parts = charts.stack([("won", "Won", 16, "/leads/"), ("talk", "In talks", 0), ("lost", "Lost", 48)])
    assert [(part.kind, part.share, part.url) for part in parts] == [("won", 25, "/leads/"), ("lost", 75, "")]
    assert charts.stack([]) == ()


@given(st.lists(st.floats(0, 200), max_size=6))
def test_labels_moved_apart_keep_their_order(positions: list[float]) -> None:
    moved = charts.spread(positions)
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    for before, after in pairwise(order):
        assert moved[after] - moved[before] >= charts.LABEL_GAP - 0.11
