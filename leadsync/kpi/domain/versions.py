"""A plan as it was saved, as text that keeps every decimal; what changed between two; who signs next. No framework."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from leadsync.kpi.domain.plan import Line, PlanValues, Rates

type Stored = Mapping[str, Any]

FIGURES = (
    "revenue",
    "average_deal",
    "close_rate",
    "qualification_rate",
    "visit_rate",
    "cost_per_lead",
    "in_time_rate",
)
OF_LINE = ("share", "visit_rate", "cost_per_visit", "cost_per_lead")

MARKETING, SALES, DIRECTION = "mkt", "sales", "dir"
HEADS = (MARKETING, SALES)
SIDES = (*HEADS, DIRECTION)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.2f}"


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def pack(values: PlanValues, names: Mapping[int, str]) -> dict[str, Any]:
    """The values as JSON holds them. Channels keep the name they had."""
    figures = {name: _text(getattr(values.rates, name, None)) for name in FIGURES}
    return figures | {
        "revenue": _text(values.revenue),
        "in_time_rate": _text(values.in_time_rate),
        "lines": [
            {"channel": line.channel, "name": names.get(line.channel, "")}
            | {name: _text(getattr(line, name)) for name in OF_LINE}
            for line in values.lines
        ],
    }


def unpack(stored: Stored) -> PlanValues:
    """What `pack` stored."""
    figures = {name: _decimal(stored.get(name)) for name in FIGURES}
    revenue, in_time_rate = figures.pop("revenue"), figures.pop("in_time_rate")
    return PlanValues(
        revenue=revenue or Decimal(0),
        rates=Rates(**figures),  # type: ignore[arg-type]  # only visit_rate may be None
        in_time_rate=in_time_rate or Decimal(90),
        lines=tuple(
            Line(
                row["channel"],
                share=Decimal(row["share"]),
                **{name: _decimal(row.get(name)) for name in OF_LINE[1:]},
            )
            for row in stored.get("lines", ())
        ),
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One number that changed; `channel` names the line it belongs to, "" for the plan's own."""

    field: str
    before: Decimal | None
    after: Decimal | None
    channel: str = ""


def changes(before: Stored, after: Stored) -> list[Change]:
    """What changed from one to the other: the plan's own numbers, then channel by channel.

    A channel that came or went is told by its share alone, from or to nothing.
    """
    found = [
        Change(name, old, new)
        for name in FIGURES
        if (old := _decimal(before.get(name))) != (new := _decimal(after.get(name)))
    ]
    old_lines = {row["channel"]: row for row in before.get("lines", ())}
    new_lines = {row["channel"]: row for row in after.get("lines", ())}
    for channel in dict.fromkeys((*old_lines, *new_lines)):
        old_row, new_row = old_lines.get(channel, {}), new_lines.get(channel, {})
        name = new_row.get("name") or old_row.get("name") or ""
        fields = OF_LINE if old_row and new_row else OF_LINE[:1]
        found += [
            Change(field, old, new, name)
            for field in fields
            if (old := _decimal(old_row.get(field))) != (new := _decimal(new_row.get(field)))
        ]
    return found


def sign_next(signed: Collection[str]) -> tuple[str, ...]:
    """The sides whose turn it is: the heads in either order, then the director."""
    heads = tuple(side for side in HEADS if side not in signed)
    if heads:
        return heads
    return () if DIRECTION in signed else (DIRECTION,)
