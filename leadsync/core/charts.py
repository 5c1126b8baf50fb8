"""Data → geometry of the charts. No Django, no clock, no language: words and formats come as arguments.

A chart is a frozen set of lines, bars, paths, dots and texts in the units of its view box, together with
the table that says the same; `components/chart.html` draws it. Class names are those of the style sheets.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Write = Callable[[float], str]

# Room around the plot, in units of the view box (about CSS pixels at 430 wide).
LEFT = 36.0
RIGHT = 66.0
TOP = 16.0
BOTTOM = 26.0
LABEL_GAP = 14.0  # two labels at the right end never stand closer than this
TINY = 1e-6  # below this a value is nothing; no figure of the product is that small
CHAR_WIDTH = 6.2  # an average character of the chart's type, for keeping labels inside


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line: of the grid, of a limit, of a plan."""

    x1: float
    y1: float
    x2: float
    y2: float
    css: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A column; `title` is what a pointer resting on it reads."""

    x: float
    y: float
    width: float
    height: float
    css: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """A polyline; `points` as SVG wants them."""

    points: str
    css: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A marked point; `title` is what a pointer resting on it reads."""

    x: float
    y: float
    css: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words in the chart; `anchor` is start, middle or end."""

    x: float
    y: float
    text: str
    css: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything a template needs to draw one chart, and the table that stands for it."""

    width: float
    height: float
    lines: tuple[Line, ...] = ()
    bars: tuple[Bar, ...] = ()
    paths: tuple[Path, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line of a bar chart: a limit, the capacity, the drought."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class MarkedPoint:
    """A point of a curve that carries words; `css` is "" for the plan and "cut" for a proposal."""

    x: float
    label: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Bullet:
    """A bullet in percent of its scale: `value` the bar, `tick` where it should be, `tone` its colour."""

    value: float
    tick: float | None
    tone: str


@dataclass(frozen=True, slots=True)
class HBar:
    """One bar of a list: `value` in percent of the longest."""

    label: str
    amount: float
    value: float


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stack: `n` leads, `share` of all in percent."""

    kind: str
    label: str
    n: int
    share: float
    url: str = ""


@dataclass(frozen=True, slots=True)
class _Plot:
    """The rectangle the data stands in."""

    width: float
    height: float
    top_value: float
    right: float = RIGHT
    left: float = LEFT
    bottom: float = BOTTOM
    ticks: tuple[float, ...] = field(default=())

    @property
    def x_end(self) -> float:
        return self.width - self.right

    @property
    def floor(self) -> float:
        return self.height - self.bottom

    def x(self, share: float) -> float:
        return round(self.left + share * (self.x_end - self.left), 1)

    def y(self, value: float) -> float:
        share = min(max(value / self.top_value, 0.0), 1.0) if self.top_value else 0.0
        return round(self.floor - share * (self.floor - TOP), 1)

    def grid(self, write: Write) -> tuple[tuple[Line, ...], tuple[Text, ...]]:
        lines = tuple(Line(self.left, self.y(t), self.x_end, self.y(t), "grid") for t in self.ticks)
        texts = tuple(Text(self.left - 6, self.y(t) + 4, write(t), "", "end") for t in self.ticks)
        return lines, texts


def plain(value: float) -> str:
    """Write a number without needless decimals: the default where no language is given."""
    return f"{value:g}"


def nice_ticks(highest: float, *, whole: bool = True) -> tuple[float, ...]:
    """Return two to five round values from 0 that reach `highest`. `whole`: never a fraction, for counts."""
    if not math.isfinite(highest) or highest < TINY:
        return (0.0, 1.0)
    rough = highest / 4
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(m * magnitude for m in (1, 2, 5, 10) if m * magnitude >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, math.ceil(step - 1e-9))
    count = math.ceil(highest / step - 1e-9)
    return tuple(round(step * i, 10) for i in range(count + 1))


def _plot(
    highest: float, width: float, height: float, *, whole: bool, right: float, bottom: float, write: Write
) -> _Plot:
    ticks = nice_ticks(highest, whole=whole)
    left = max(LEFT, 12 + CHAR_WIDTH * max(len(write(t)) for t in ticks))
    return _Plot(width, height, ticks[-1], right=right, left=round(left, 1), bottom=bottom, ticks=ticks)


def _room(labels: Sequence[str]) -> float:
    """Return how much room labels need at the right end, at most two fifths of a usual chart."""
    return min(max([12.0, *(10 + CHAR_WIDTH * len(label) for label in labels if label)]), 170.0)


def _points(pairs: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)


def spread(positions: Sequence[float], gap: float = LABEL_GAP) -> tuple[float, ...]:
    """Move labels apart until no two stand closer than `gap`, keeping their order and their middle."""
    order = sorted(range(len(positions)), key=lambda i: positions[i])
    moved = list(positions)
    for before, after in pairwise(order):
        short = gap - (moved[after] - moved[before])
        if short > 0:
            moved[before] -= short / 2
            moved[after] += short / 2
    for before, after in pairwise(order):
        moved[after] = max(moved[after], moved[before] + gap)
    return tuple(round(y, 1) for y in moved)


def _place(share: float) -> str:
    return "start" if share < 0.05 else "end" if share > 0.95 else "middle"


def running_total(
    names: Sequence[str],
    fact: Sequence[float],
    *,
    plan: Sequence[float] | float | None = None,
    forecast: float | None = None,
    words: tuple[str, str, str, str] = ("Day", "Fact", "Plan", "Today"),
    plan_label: str = "",
    forecast_label: str = "",
    write: Write = plain,
    whole: bool = True,
    width: float = 430,
    height: float = 168,
) -> Chart:
    """Draw a total that grows through a period, against its plan, with a dotted line to where it is heading.

    `names` are the days (or weeks) of the whole period; `fact` the total at the end of each one so far, so
    its last value is today's; `plan` the planned totals, or the last of them for a straight line; `forecast`
    the total expected at the end. `words` head the table and name today.
    Raises ValueError when `fact` or `plan` is longer than the period.
    """
    days = len(names)
    if len(fact) > days:
        raise ValueError("more facts than days")
    if isinstance(plan, int | float):
        plan = [plan * (i + 1) / days for i in range(days)]
    planned = list(plan or ())
    if len(planned) > days:
        raise ValueError("more planned values than days")
    is_over = len(fact) == days
    ends = [forecast_label if forecast is not None and not is_over else "", plan_label if planned else ""]
    highest = max([0.0, *fact, *planned, forecast or 0.0])
    plot = _plot(highest, width, height, whole=whole, right=_room(ends), bottom=BOTTOM, write=write)

    def x(index: int) -> float:
        return plot.x(index / (days - 1)) if days > 1 else plot.x(0)

    grid_lines, grid_texts = plot.grid(write)
    lines, texts = list(grid_lines), list(grid_texts)
    paths: list[Path] = []
    dots: list[Dot] = []
    if planned:
        paths.append(Path(_points([(x(i), plot.y(v)) for i, v in enumerate(planned)]), "plan"))
    if fact:
        today = len(fact) - 1
        if not is_over:
            lines.append(Line(x(today), TOP, x(today), plot.floor, "grid"))
        paths.append(Path(_points([(x(i), plot.y(v)) for i, v in enumerate(fact)]), "fact"))
        if forecast is not None and not is_over:
            paths.append(
                Path(_points([(x(today), plot.y(fact[-1])), (x(days - 1), plot.y(forecast))]), "next")
            )
        dots.append(Dot(x(today), plot.y(fact[-1]), "pt", f"{names[today]}: {write(fact[-1])}"))
        near_left = x(today) < plot.left + 24
        texts.append(
            Text(
                x(today) + (8 if near_left else -8),
                max(plot.y(fact[-1]) - 7, 10),
                write(fact[-1]),
                "lbl",
                "start" if near_left else "end",
            )
        )
    # Both lines end at the right edge: their words stand there, apart from each other.
    wanted = [
        (plot.y(forecast), forecast_label) if forecast is not None and fact and not is_over else None,
        (plot.y(planned[-1]), plan_label) if planned else None,
    ]
    labels = [found for found in wanted if found and found[1]]
    for y, (_, label) in zip(spread([at for at, _ in labels]), labels, strict=True):
        texts.append(Text(plot.x_end + 6, y + 4, label))
    texts += _days(names, len(fact) - 1 if fact and not is_over else None, words[3], plot, x)
    rows = tuple(
        (
            name,
            write(fact[i]) if i < len(fact) else "",
            write(planned[i]) if i < len(planned) else "",
        )
        for i, name in enumerate(names)
    )
    return Chart(width, height, tuple(lines), (), tuple(paths), tuple(dots), tuple(texts), words[:3], rows)


def _days(
    names: Sequence[str], today: int | None, today_word: str, plot: _Plot, x: Callable[[int], float]
) -> list[Text]:
    """Name the first day, today and the last day under the plot; an end too close to today gives way."""
    if not names:
        return []
    y = plot.height - 8
    last = len(names) - 1
    texts: list[Text] = []
    today_x = x(today) if today is not None else None
    reach = CHAR_WIDTH * (len(today_word) + 2) / 2

    def is_clear(at: float, label: str) -> bool:
        return today_x is None or abs(today_x - at) > reach + CHAR_WIDTH * len(label)

    if is_clear(x(0), names[0]):
        texts.append(Text(x(0), y, names[0], "", "start"))
    if today_x is not None:
        share = (today_x - plot.left) / max(plot.x_end - plot.left, 1)
        texts.append(Text(today_x, y, today_word, "", _place(share)))
    if last > 0 and is_clear(x(last), names[last]):
        texts.append(Text(x(last), y, names[last], "", "end"))
    return texts


def columns(
    names: Sequence[str],
    values: Sequence[float],
    *,
    levels: Sequence[Level] = (),
    over: float | None = None,
    words: tuple[str, str] = ("Day", "Number"),
    today_word: str = "",
    last_label: str = "",
    every_label: bool = False,
    second_names: Sequence[str] = (),
    write: Write = plain,
    whole: bool = True,
    width: float = 430,
    height: float = 168,
) -> Chart:
    """Draw a column for each day or week; those above `over` are red.

    `names` are the whole period, `values` what is known of it so far. `levels` are dashed lines with their
    words at the right. `every_label`: a number above and a name under each column (weeks), with
    `second_names` as a second line; otherwise only the ends and today are named, and `last_label` stands
    at the last column.
    Raises ValueError when there are more values than names.
    """
    if len(values) > len(names):
        raise ValueError("more values than names")
    slots = max(len(names), 1)
    right = _room([level.label for level in levels])
    bottom = BOTTOM + (16 if second_names else 0)
    highest = max([0.0, *values, *(level.value for level in levels)])
    plot = _plot(highest, width, height, whole=whole, right=right, bottom=bottom, write=write)
    slot = (plot.x_end - plot.left) / slots
    bar_width = round(min(max(slot * 0.62, 1.5), 42.0), 1)

    def middle(index: int) -> float:
        return round(plot.left + slot * (index + 0.5), 1)

    if every_label:
        lines: list[Line] = [Line(plot.left, plot.floor, plot.x_end, plot.floor, "grid")]
        texts: list[Text] = []
    else:
        grid_lines, grid_texts = plot.grid(write)
        lines, texts = list(grid_lines), list(grid_texts)
    bars: list[Bar] = []
    for i, value in enumerate(values):
        if value <= 0:
            continue
        is_over = over is not None and value > over
        bars.append(
            Bar(
                round(middle(i) - bar_width / 2, 1),
                plot.y(value),
                bar_width,
                round(plot.floor - plot.y(value), 1),
                "bar over" if is_over else "bar",
                f"{names[i]}: {write(value)}",
            )
        )
        if every_label:
            texts.append(
                Text(middle(i), plot.y(value) - 6, write(value), "badtx" if is_over else "lbl", "middle")
            )
    if every_label:
        first_line = plot.floor + 17
        for i, name in enumerate(names):
            texts.append(Text(middle(i), first_line, name, "", "middle"))
            if i < len(second_names):
                texts.append(Text(middle(i), first_line + 15, second_names[i], "", "middle"))
    else:
        is_running = bool(today_word) and 0 < len(values) < len(names)
        texts += _days(names, len(values) - 1 if is_running else None, today_word, plot, middle)
        if last_label and values:
            is_over = over is not None and values[-1] > over
            at = middle(len(values) - 1) + bar_width / 2 + 4
            y = max(plot.y(values[-1]) + 4, 12)
            fits = at + CHAR_WIDTH * len(last_label) < plot.x_end
            css = "badtx" if is_over else "lbl"
            texts.append(
                Text(round(at, 1), y, last_label, css)
                if fits
                else Text(middle(len(values) - 1), max(plot.y(values[-1]) - 6, 10), last_label, css, "middle")
            )
    for y, level in zip(spread([plot.y(level.value) for level in levels]), levels, strict=True):
        lines.append(Line(plot.left, plot.y(level.value), plot.x_end, plot.y(level.value), "plan"))
        texts.append(Text(plot.x_end + 6, y + 4, level.label))
    rows = tuple((name, write(values[i]) if i < len(values) else "") for i, name in enumerate(names))
    return Chart(width, height, tuple(lines), tuple(bars), (), (), tuple(texts), words, rows)


def curve(
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    marks: Sequence[MarkedPoint] = (),
    words: tuple[str, str] = ("Budget", "Revenue"),
    write_x: Write = plain,
    write_y: Write = plain,
    width: float = 430,
    height: float = 160,
) -> Chart:
    """Draw what one number makes of another (revenue for each budget), with marked points on the curve.

    `xs` ascend; between them the curve is straight, outside of them marks stand at its ends.
    Raises ValueError for fewer than two points or for lists of different length.
    """
    if len(xs) < 2 or len(xs) != len(ys) or xs[0] >= xs[-1]:
        raise ValueError("a curve needs two ascending points at least, and as many y as x")
    plot = _plot(max(ys), width, height, whole=False, right=34.0, bottom=BOTTOM, write=write_y)

    def x(value: float) -> float:
        return plot.x(min(max((value - xs[0]) / (xs[-1] - xs[0]), 0.0), 1.0))

    def on_curve(value: float) -> float:
        at = min(max(value, xs[0]), xs[-1])
        for i in range(1, len(xs)):
            if at <= xs[i]:
                part = (at - xs[i - 1]) / (xs[i] - xs[i - 1]) if xs[i] > xs[i - 1] else 0.0
                return ys[i - 1] + part * (ys[i] - ys[i - 1])
        return ys[-1]

    grid_lines, grid_texts = plot.grid(write_y)
    lines, texts = list(grid_lines), list(grid_texts)
    step = max(1, (len(xs) - 1) // 3)
    texts += [Text(x(v), height - 8, write_x(v), "", "middle") for v in xs[::step]]
    dots: list[Dot] = []
    for mark in marks:
        at_x, at_y = x(mark.x), plot.y(on_curve(mark.x))
        lines.append(Line(at_x, at_y, at_x, plot.floor, "plan"))
        is_cut = mark.css == "cut"
        dots.append(Dot(at_x, at_y, f"pt {mark.css}".strip(), mark.label))
        texts.append(
            Text(at_x + 9, at_y + 14, mark.label, "badtx")
            if is_cut
            else Text(at_x - 8, max(at_y - 7, 10), mark.label, "lbl", "end")
        )
    path = Path(_points([(x(a), plot.y(b)) for a, b in zip(xs, ys, strict=True)]), "fact")
    rows = tuple((write_x(a), write_y(b)) for a, b in zip(xs, ys, strict=True))
    return Chart(width, height, tuple(lines), (), (path,), tuple(dots), tuple(texts), words, rows)


def bullet(
    fact: float, plan: float, *, pace: float | None = None, fewer_is_better: bool = False, slack: float = 0.1
) -> Bullet:
    """Set a fact against its plan. `pace` is where it should be today, the plan by default.

    Tone: "ok" at pace or better, "warn" within `slack` of it, "bad" beyond. Everything stays within 0…100,
    so that a fact far above its plan fills the bar and moves the tick instead of leaving the card.
    """
    target = plan if pace is None else pace
    scale = max(fact, plan, target)
    if scale <= 0:
        return Bullet(0.0, None, "")
    ratio = fact / target if target > 0 else math.inf
    if fewer_is_better:
        ratio = target / fact if fact > 0 else math.inf
    tone = "ok" if ratio >= 1 else "warn" if ratio >= 1 - slack else "bad"
    return Bullet(round(max(fact, 0) / scale * 100, 1), round(max(target, 0) / scale * 100, 1), tone)


def hbars(items: Sequence[tuple[str, float]]) -> tuple[HBar, ...]:
    """Measure bars against the longest of them, in the order given. Nothing is longer than 100."""
    longest = max((amount for _, amount in items), default=0)
    return tuple(
        HBar(label, amount, round(min(max(amount / longest, 0), 1) * 100, 1) if longest > 0 else 0.0)
        for label, amount in items
    )


def stack(parts: Sequence[tuple[str, str, int] | tuple[str, str, int, str]]) -> tuple[Part, ...]:
    """Turn (kind, label, n[, url]) into parts with their share in percent; empty parts are left out."""
    total = sum(part[2] for part in parts)
    return tuple(
        Part(part[0], part[1], part[2], round(part[2] / total * 100, 1), part[3] if len(part) > 3 else "")
        for part in parts
        if part[2] > 0
    )
