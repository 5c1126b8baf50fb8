"""Ours and the least that any solution must do, in turns: a busy machine slows both."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection, transaction

from tests.bench import statements
from tests.bench.report import Row


def ms(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1_000


def run(*texts: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for text in texts:
            cursor.execute(text)


def compare(
    row: Row,
    times: int,
    ours: Callable[[], Any],
    floor: Callable[[], Any],
    before: Callable[[], Any] = lambda: None,
) -> None:
    """Fill in the medians of `times` runs in turns; `before` is not timed."""
    before()
    row.statements = statements.count(ours)  # warms up, too
    mine: list[float] = []
    least: list[float] = []
    for _ in range(times):
        before()
        least.append(ms(floor))
        before()
        mine.append(ms(ours))
    row.ms, row.floor_ms, row.p95_ms = median(mine), median(least), max(mine)
