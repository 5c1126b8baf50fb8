"""Several counts in one statement, whose text is made once a process."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

# Stand for a number and for an instant while the statement is made: nothing a condition of ours would say.
_SOME_NUMBER = 7_230_000_000_000_000
_SOME_INSTANT = datetime(1901, 2, 3, 4, 5, 6, tzinfo=UTC)


class Counts:
    """Counts of the rows of several queries, which differ from request to request by a few values alone.

    `build` gets those values and returns the queries. Django makes their SQL at the first call only: for counts on
    every page that takes longer than counting. Which values there are is settled by the first call.
    """

    def __init__(self, build: Callable[..., Sequence[QuerySet[Any]]]) -> None:
        self._build = build
        self._made: dict[str, tuple[str, list[Any]]] = {}

    def __call__(self, **given: int | datetime) -> tuple[int, ...]:
        """How many rows each query has, in their order. One statement."""
        made = self._made.get(connection.vendor)
        if made is None:
            made = self._made[connection.vendor] = self._make(given)
        sql, params = made
        values = {name: _stored(value) for name, value in given.items()}
        with connection.cursor() as cursor:
            cursor.execute(sql, [values[one.name] if isinstance(one, _Slot) else one for one in params])
            row: tuple[int, ...] = cursor.fetchone()
        return row

    def _make(self, given: dict[str, int | datetime]) -> tuple[str, list[Any]]:
        stand_ins = {
            name: _SOME_INSTANT + timedelta(days=n) if isinstance(value, datetime) else _SOME_NUMBER + n
            for n, (name, value) in enumerate(given.items())
        }
        slots = {_stored(value): _Slot(name) for name, value in stand_ins.items()}
        parts, params = [], []
        for query in self._build(**stand_ins):
            part, found = query.order_by().values("pk").query.sql_with_params()
            parts.append(f"(SELECT COUNT(*) FROM ({part}) AS counted)")  # noqa: S608  # Django wrote it
            params += [slots.get(value, value) for value in found]
        return f"SELECT {', '.join(parts)}", params


class _Slot:
    def __init__(self, name: str) -> None:
        self.name = name


def _stored(value: int | datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value
