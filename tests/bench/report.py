"""What was measured, beside the goals, as a table for people and as JSON for comparing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """Ratio to the floor, growth from 10,000 leads to a million, SQL statements: at most so much. None: not agreed."""

    ratio: float | None = None
    growth: float | None = None
    statements: int | None = None


PAGE_STATEMENTS = 10
GOALS = {
    "queue": Goal(2, 1.2, PAGE_STATEMENTS),
    "list": Goal(1.7, 1.2, PAGE_STATEMENTS),
    "depth": Goal(1.7, 1.2, PAGE_STATEMENTS),
    "search": Goal(2, 2, PAGE_STATEMENTS),
    "lead": Goal(3, 1.2, PAGE_STATEMENTS),
    "mark": Goal(3, 1.2),
    "dashboard": Goal(2, 1.2, PAGE_STATEMENTS),
    "question": Goal(3, None, 15),
    "api": Goal(2, 1.2, PAGE_STATEMENTS),
    "log": Goal(),
    "import": Goal(4, 1.5),
    "sweep": Goal(3, 1.5),
    "sweep-10k": Goal(3, 1.5),
    "idle": Goal(None, 1.1),
    "recompute": Goal(3),
    "backtest": Goal(3),
    "rollup": Goal(3, 1.2),
    "rollup-full": Goal(3, None),
}
MEMORY_MB = {"web": 120, "worker": 200}
FIRST_VISIT_KB, LATER_KB = 150, 20


@dataclass(slots=True)
class Row:
    """One line: milliseconds of ours and of the floor. `skipped` says why there are none.

    For pages also the web server's processor time for one, and its ratio: a check on times from a busy machine.
    """

    name: str
    work: str
    ms: float | None = None
    p95_ms: float | None = None
    floor_ms: float | None = None
    cpu_ms: float | None = None
    cpu_ratio: float | None = None
    floor: str = ""
    statements: int | None = None
    note: str = ""
    skipped: str = ""
    growth: float | None = None

    @property
    def ratio(self) -> float | None:
        """How many times the floor."""
        return self.ms / self.floor_ms if self.ms is not None and self.floor_ms else None

    @property
    def misses(self) -> list[str]:
        """Which goals are not reached."""
        goal = GOALS[self.name]
        found = (
            ("ratio", self.ratio, goal.ratio),
            ("growth", self.growth, goal.growth),
            ("statements", self.statements, goal.statements),
        )
        return [
            name for name, value, most in found if value is not None and most is not None and value > most
        ]


@dataclass(slots=True)
class Report:
    """A whole run."""

    leads: int
    database: str
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    rows: list[Row] = field(default_factory=list)
    weights_kb: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, list[float]] = field(default_factory=dict)
    small: dict[str, float] = field(default_factory=dict)  # milliseconds at 10,000 leads

    def compare(self, small: dict[str, float]) -> None:
        """Take in the times of a run on 10,000 leads."""
        self.small = small
        for row in self.rows:
            if row.ms is not None and small.get(row.name):
                row.growth = row.ms / small[row.name]

    def as_json(self) -> dict[str, Any]:
        return {
            "leads": self.leads,
            "began_at": self.began_at.isoformat(timespec="seconds"),
            "rows": [
                {
                    key: round(value, 3) if isinstance(value, float) else value
                    for key, value in asdict(row).items()
                }
                | {"ratio": round(row.ratio, 2) if row.ratio else None, "goal": asdict(GOALS[row.name])}
                | {"misses": row.misses}
                for row in self.rows
            ],
            "weights_kb": {name: round(value, 1) for name, value in self.weights_kb.items()},
            "memory_mb": {name: [round(one, 1) for one in values] for name, values in self.memory_mb.items()},
        }

    def write(self, folder: Path) -> Path:
        """Keep it as JSON, one file per run."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.began_at:%Y-%m-%dT%H%M%S}-{self.leads}.json"
        path.write_text(json.dumps(self.as_json(), indent=2) + "\n")
        return path

    def table(self) -> str:
        """The table, then weights and memory."""
        head = (
            "",
            "work",
            "ours",
            "p95",
            "floor",
            "ratio",
            "goal",
            "growth",
            "CPU ms",
            "CPU ratio",
            "SQL",
            "",
        )
        lines = [head, *(self._line(row) for row in self.rows)]
        text = "\n".join(_columns(lines))
        skipped = [f"  {row.name}: left out, {row.skipped}" for row in self.rows if row.skipped]
        notes = [f"  {row.name}: {row.note}" for row in self.rows if row.note]
        floors = [f"  {row.name}: {row.floor}" for row in self.rows if row.floor and not row.skipped]
        parts = [f"{self.leads:,} leads, times in ms", text]
        if skipped:
            parts.append("Left out:\n" + "\n".join(skipped))
        if notes:
            parts.append("Notes:\n" + "\n".join(notes))
        if floors:
            parts.append("Floors:\n" + "\n".join(floors))
        if self.weights_kb:
            first, later = self.weights_kb["first"], self.weights_kb["later"]
            each = ", ".join(
                f"{name} {size:.1f}"
                for name, size in self.weights_kb.items()
                if name not in {"first", "later"}
            )
            parts.append(
                f"Page weight, compressed: first visit {first:.1f} kB (goal {FIRST_VISIT_KB}; {each}), "
                f"later {later:.1f} kB (goal {LATER_KB})"
            )
        for name, values in self.memory_mb.items():
            each = ", ".join(f"{value:.0f}" for value in values)
            parts.append(f"Memory after the run, {name}: {each} MB each (goal {MEMORY_MB[name]})")
        return "\n\n".join(parts)

    def _line(self, row: Row) -> Sequence[str]:
        goal = GOALS[row.name]
        if row.skipped:
            return (row.name, row.work, "–", "", "", "", _figure(goal.ratio), "", "", "", "", "left out")
        return (
            row.name,
            row.work,
            _figure(row.ms),
            _figure(row.p95_ms),
            _figure(row.floor_ms),
            _figure(row.ratio),
            _figure(goal.ratio),
            _figure(row.growth),
            _figure(row.cpu_ms),
            _figure(row.cpu_ratio),
            str(row.statements) if row.statements is not None else "",
            "over: " + ", ".join(row.misses) if row.misses else "",
        )


def _figure(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _columns(lines: Iterable[Sequence[str]]) -> list[str]:
    rows = [list(line) for line in lines]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    left = {0, 1, len(widths) - 1}
    return [
        "  ".join(
            cell.ljust(width) if at in left else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
