"""All that differs between PostgreSQL and SQLite, and the few statements that Django's ORM has no words for."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import batched
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.models import AddIndex
from django.db.migrations.state import ProjectState
from django.db.models.expressions import RawSQL
from django.db.models.sql.compiler import SQLCompiler
from django.utils import timezone

from leadsync.core.models import Lock


def is_postgres() -> bool:
    """True on PostgreSQL, False on SQLite."""
    return connection.vendor == "postgresql"


def now() -> datetime:
    """The database's clock, in UTC: the one clock that decides in a sweep, whichever machine runs the worker.

    SQLite lives on the machine that asks, so there it is that machine's clock.
    """
    if not is_postgres():
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row = cursor.fetchone()
    value: datetime = row[0]
    return value


def transaction_marks() -> tuple[int, int]:
    """The number that the next transaction gets, and that of the oldest one that still writes.

    What was there under the first number is complete as soon as the second has reached it: rows with smaller keys
    cannot turn up any more. SQLite has one writer at a time, so nothing turns up late: (0, 0).
    """
    if not is_postgres():
        return 0, 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmax(found)::text::bigint, pg_snapshot_xmin(found)::text::bigint"
            " FROM pg_current_snapshot() AS found"
        )
        following, oldest = cursor.fetchone()
    return int(following), int(oldest)


def check_references() -> None:
    """Have PostgreSQL check now what it would check when the transaction ends. Raises `IntegrityError`.

    For what is taken back at its end on purpose. SQLite would read whole tables for it, and goes without.
    """
    if is_postgres():
        connection.check_constraints()


@contextmanager
def exclusively(name: str, *, wait: bool = False) -> Iterator[Lock | None]:
    """Run the block in one transaction while holding the named lock; yields None when another holds it.

    With `wait` it waits instead. The lock goes with the transaction, so a killed worker leaves none behind. SQLite
    has one writer at a time anyway: the row is locked by the IMMEDIATE transaction itself.
    """
    if not Lock.objects.filter(name=name).exists():
        Lock.objects.bulk_create([Lock(name=name)], ignore_conflicts=True)
    with transaction.atomic():
        rows = Lock.objects.filter(name=name)
        if is_postgres():
            rows = rows.select_for_update(skip_locked=not wait)
        yield rows.first()


def claimable[M: models.Model](rows: models.QuerySet[M]) -> models.QuerySet[M]:
    """Rows locked for this transaction, passing over those that another worker holds.

    The lock lets others refer to the row (insert a row with a foreign key to it): only changes have to wait.
    """
    return rows.select_for_update(skip_locked=True, of=("self",), no_key=True) if is_postgres() else rows


def locked[M: models.Model](rows: models.QuerySet[M]) -> models.QuerySet[M]:
    """Rows locked for this transaction, waiting for those that another one holds; see `claimable`."""
    return rows.select_for_update(of=("self",), no_key=True) if is_postgres() else rows


def _column(model: type[models.Model], name: str) -> str:
    """The column of a field. Raises `TypeError` for a field that has none."""
    column = getattr(model._meta.get_field(name), "column", None)
    if not isinstance(column, str):
        raise TypeError(f"{name} is no column of {model.__name__}")
    return column


def insert_from[M: models.Model](
    model: type[M], rows: models.QuerySet[Any, Any], columns: Sequence[str], *, ignore_conflicts: bool = True
) -> int:
    """INSERT … SELECT: put what `rows` (a `values_list`) selects into `model`; returns how many rows were new.

    `columns` names the model's fields in the order of the `values_list`. A row that offends a unique constraint is
    passed over, which makes doing it twice harmless.
    """
    compiler: SQLCompiler = rows.query.get_compiler(using=rows.db)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    names = ", ".join(quote(_column(model, name)) for name in columns)
    conflict = " ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connections[rows.db].cursor() as cursor:
        # SQLite reads "ON CONFLICT" after a bare SELECT as part of a join unless the SELECT has a WHERE: wrap it.
        cursor.execute(
            f"INSERT INTO {quote(model._meta.db_table)} ({names}) SELECT * FROM ({sql}) AS picked WHERE 1 = 1{conflict}",
            params,
        )
        return int(cursor.rowcount)


def among(keys: Sequence[int] | Sequence[str]) -> RawSQL | list[int | str]:
    """Many keys for a filter (`pk__in=among(keys)`) as one parameter, which is read faster than thousands of them.

    SQLite also refuses a statement with very many parameters. A few stay as they are.
    """
    listed: list[int | str] = list(keys)
    if len(listed) <= _FEW:
        return listed
    if is_postgres():
        if isinstance(listed[0], str):
            return RawSQL("SELECT unnest(%s::text[])", [listed])
        return RawSQL("SELECT unnest(%s::bigint[])", [listed])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(listed)])


def json_as_text(column: str) -> str:
    """SQL for a JSON column as text, to compare with and to hand to `json.loads`: `column` is a quoted name."""
    return f"{column}::text" if is_postgres() else column


def given_rows(columns: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> tuple[str, list[Any]]:
    """SQL for a table of values that the program brings along, to be joined like any other, and its parameters.

    `columns` maps names to "text" or "integer", in the order of the values of a row.
    """
    if is_postgres():
        lists = [[row[place] for row in rows] for place in range(len(columns))]
        kinds = ", ".join(f"%s::{kind}[]" for kind in columns.values())
        return f"SELECT * FROM unnest({kinds}) AS given({', '.join(columns)})", list(lists)
    # Only a column with a type of its own gets an index for the join.
    cells = ", ".join(
        f"CAST(json_extract(value, '$[{place}]') AS {kind}) AS {name}"
        for place, (name, kind) in enumerate(columns.items())
    )
    return f"SELECT {cells} FROM json_each(%s)", [json.dumps([list(row) for row in rows])]


_FEW = 100
_COPIED_AT_ONCE = 10_000  # rows of text in memory
_READ_AT_ONCE = 256 * 1024  # characters handed to the driver
_ESCAPED = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"))

# What the SQLite driver takes as it is; everything else goes through its field.
_PLAIN = frozenset({str, int, bool, type(None)})


class Document(str):
    """JSON that is text already, for `load_rows`: what is kept in two places is made once."""

    __slots__ = ()


def as_document(value: Any) -> Document:
    """The value as a JSON column without an encoder of its own keeps it."""
    return Document(_encode(value))


_encode = json.JSONEncoder(ensure_ascii=False).encode


def load_rows[M: models.Model](
    model: type[M],
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    same: Mapping[str, Any] | None = None,
) -> int:
    """Put many rows into a table the fastest way there is: COPY on PostgreSQL, executemany on SQLite.

    Values are as the database takes them (instants in UTC); None is NULL. `same` holds further columns that have one
    value in all rows. Returns the number of rows. Constraints hold: any offence refuses the whole call, so the caller
    sees to it that there is none.
    """
    everywhere = dict(same or {})
    fields = [model._meta.get_field(name) for name in (*columns, *everywhere)]
    quote = connection.ops.quote_name
    table = quote(model._meta.db_table)
    names = ", ".join(quote(_column(model, name)) for name in (*columns, *everywhere))
    documents = [
        (place, (field.encoder(ensure_ascii=False).encode if field.encoder else _encode))
        for place, field in enumerate(fields)
        if isinstance(field, models.JSONField)
    ]
    (tail,) = _with_documents([[None] * len(columns) + list(everywhere.values())], documents)
    tail = tail[len(columns) :]
    documents = [(place, encode) for place, encode in documents if place < len(columns)]
    if is_postgres():
        instants = [
            place
            for place, field in enumerate(fields[: len(columns)])
            if isinstance(field, models.DateTimeField)
        ]
        line_end = f"\t{_copied([tail])}" if everywhere else "\n"
        count = 0
        with connection.cursor() as cursor:
            for some in batched(_with_instants(_with_documents(rows, documents), instants), _COPIED_AT_ONCE):
                text = io.StringIO(_copied(some, line_end))
                cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN", text, _READ_AT_ONCE)
                count += len(some)
        return count
    marks = ", ".join(["%s"] * len(fields))
    # Instants repeat from row to row; making text of one takes longer than looking it up.
    known: dict[tuple[int, datetime], Any] = {}

    def prepared(place: int, value: Any) -> Any:
        if not isinstance(value, datetime):
            return fields[place].get_db_prep_save(value, connection)  # type: ignore[union-attr]
        if (place, value) not in known:
            known[(place, value)] = fields[place].get_db_prep_save(value, connection)  # type: ignore[union-attr]
        return known[(place, value)]

    def line(row: Sequence[Any], start: int = 0) -> list[Any]:
        return [
            value if type(value) in _PLAIN else prepared(place, value)
            for place, value in enumerate(row, start)
        ]

    end = line(tail, len(columns))
    lines = [line(row) + end for row in _with_documents(rows, documents)]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", lines)
    return len(lines)


def _copied(rows: Sequence[Sequence[Any]], line_end: str = "\n") -> str:
    """Rows as COPY reads them, each ended by `line_end`; what Python writes for numbers and truth PostgreSQL reads.

    Signs are escaped in all rows at once, so cells and rows are held apart by what no text may hold until then.
    """
    text = "".join(
        [
            "\0,".join([cell if type(cell) is str else "\0N" if cell is None else str(cell) for cell in row])
            + "\0;"
            for row in rows
        ]
    )
    if text.count("\0") != sum(len(row) + row.count(None) for row in rows):
        raise ValueError("PostgreSQL keeps no NUL")
    for sign, escaped in _ESCAPED:
        text = text.replace(sign, escaped)
    return text.replace("\0,", "\t").replace("\0N", "\\N").replace("\0;", line_end)


def _with_documents(
    rows: Iterable[Sequence[Any]], documents: Sequence[tuple[int, Callable[[Any], str]]]
) -> Iterable[Sequence[Any]]:
    """The rows with JSON as text in the places that hold it."""
    if not documents:
        return rows
    return (_encoded(list(row), documents) for row in rows)


def _encoded(row: list[Any], documents: Sequence[tuple[int, Callable[[Any], str]]]) -> list[Any]:
    for place, encode in documents:
        value = row[place]
        if type(value) is Document:
            row[place] = str(value)
        elif value is not None:
            row[place] = encode(value)
    return row


def _with_instants(rows: Iterable[Sequence[Any]], places: Sequence[int]) -> Iterable[Sequence[Any]]:
    """The rows with instants as text: they repeat from row to row, and looking one up is quicker than writing it."""
    if not places:
        return rows
    known: dict[datetime, str] = {}

    def written(row: list[Any]) -> list[Any]:
        for place in places:
            value = row[place]
            if value is None:
                continue
            text = known.get(value)
            if text is None:
                text = str(value)
                if len(known) < _COPIED_AT_ONCE:
                    known[value] = text
            row[place] = text
        return row

    return (written(list(row)) for row in rows)


def update_rows[M: models.Model](
    model: type[M], columns: Sequence[str], rows: Sequence[tuple[int, Sequence[Any]]]
) -> None:
    """Set `columns` of many rows, each to values of its own: one UPDATE … FROM on PostgreSQL, executemany on SQLite.

    `rows` holds (primary key, values in the order of `columns`).
    """
    if not rows:
        return
    quote = connection.ops.quote_name
    fields = [model._meta.get_field(name) for name in columns]
    table = quote(model._meta.db_table)
    names = [quote(_column(model, name)) for name in columns]
    with connection.cursor() as cursor:
        if is_postgres():
            types = [field.db_type(connection) for field in fields]
            lists = ", ".join(
                f"unnest(%s::{kind}[]) AS {name}" for name, kind in zip(names, types, strict=True)
            )
            sets = ", ".join(f"{name} = given.{name}" for name in names)
            cursor.execute(
                f"UPDATE {table} SET {sets} FROM (SELECT unnest(%s::bigint[]) AS row_id, {lists}) AS given "
                f"WHERE {table}.id = given.row_id",
                [
                    [pk for pk, _values in rows],
                    *(list(column) for column in zip(*(v for _pk, v in rows), strict=True)),
                ],
            )
            return
        sets = ", ".join(f"{name} = %s" for name in names)
        cursor.executemany(
            f"UPDATE {table} SET {sets} WHERE id = %s",
            [
                [
                    *(
                        field.get_db_prep_save(value, connection)  # type: ignore[union-attr]
                        for field, value in zip(fields, values, strict=True)
                    ),
                    pk,
                ]
                for pk, values in rows
            ],
        )


def tallied(
    rows: models.QuerySet[Any, Any], columns: Sequence[str], cuts: Sequence[Sequence[str]]
) -> list[tuple[Any, ...]]:
    """How many of these rows there are for each combination of some columns, for several such cuts at once.

    `rows` is a `values_list` of `columns`; it is read once, whatever the number of cuts. Each result is the place of
    its cut, the values (as text) filled up with None to the longest cut, and the count.
    """
    try:
        sql, params = rows.order_by().query.sql_with_params()
    except EmptyResultSet:
        return []
    widest = max(len(cut) for cut in cuts)
    parts = []
    for place, cut in enumerate(cuts):
        # By number: Django may name what it selects as it likes.
        found = [f"CAST(c{columns.index(name)} AS text)" for name in cut]
        found += ["CAST(NULL AS text)"] * (widest - len(cut))
        groups = ", ".join(f"c{columns.index(name)}" for name in cut)
        parts.append(f"SELECT {place}, {', '.join(found)}, COUNT(*) FROM picked GROUP BY {groups}")
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    with connections[rows.db].cursor() as cursor:
        cursor.execute(f"WITH picked({names}) AS MATERIALIZED ({sql}) {' UNION ALL '.join(parts)}", params)
        return [tuple(row) for row in cursor.fetchall()]


def first_of_each(rows: Sequence[models.QuerySet[Any, Any]]) -> list[tuple[Any, ...]]:
    """What each of these selects (a `values_list`, cut to its first rows), in one statement.

    Each result begins with the place of its queryset among `rows`. Django's `union` cannot cut its parts on SQLite.
    """
    parts: list[str] = []
    params: list[Any] = []
    for place, one in enumerate(rows):
        try:
            sql, given = one.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {place}, picked.* FROM ({sql}) AS picked")
        params += given
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        return [tuple(row) for row in cursor.fetchall()]


def iso_text(name: str) -> models.Func:
    """An instant as ISO text in UTC ("2026-03-10T09:00:00Z"), for JSON that a statement builds itself."""
    if is_postgres():
        in_utc = models.Func(models.Value("UTC"), models.F(name), function="timezone")
        return models.Func(
            in_utc,
            models.Value('YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            function="to_char",
            output_field=models.TextField(),
        )
    return models.Func(
        models.Value("%Y-%m-%dT%H:%M:%SZ"),
        models.F(name),
        function="strftime",
        output_field=models.TextField(),
    )


def next_ids(model: type[models.Model], count: int) -> list[int]:
    """Reserve `count` primary keys, so that rows of several tables can be built and loaded together.

    Call inside a transaction. On SQLite the highest key counts; its single writer makes that safe.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(
                "SELECT nextval(found.sequence) FROM (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS sequence"
                " OFFSET 0) AS found, generate_series(1, %s)",
                [table, count],
            )
            return [int(row[0]) for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (int(row[0]) if row else 0) + 1
        return list(range(first, first + count))


def make_trigram_index(schema_editor: BaseDatabaseSchemaEditor, table: str, column: str, name: str) -> None:
    """In a migration: an index that makes "contains" fast. SQLite has none of that kind and scans instead."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        schema_editor.execute(
            f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin ({column} gin_trgm_ops)"
        )


def drop_trigram_index(schema_editor: BaseDatabaseSchemaEditor, name: str) -> None:
    """The way back of `make_trigram_index`."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX IF EXISTS {name}")


def local_day(column: str) -> str:
    """SQL for the day of an instant in a zone: `column` is a quoted name, the zone's name is its one parameter."""
    if is_postgres():
        return f"({column} AT TIME ZONE %s)::date"
    return f"django_datetime_cast_date({column}, %s, 'UTC')"


def local_month(column: str) -> str:
    """SQL for the first day of the month of an instant in a zone; parameters as in `local_day`."""
    if is_postgres():
        return f"date_trunc('month', {column} AT TIME ZONE %s)::date"
    return f"substr(django_datetime_cast_date({column}, %s, 'UTC'), 1, 7) || '-01'"


def prefer_indexes() -> None:
    """For the rest of this transaction, let PostgreSQL look rows up by index, one range after the other.

    For statements that join a short list of ranges to a large table: the planner takes each range for a ninth of the
    table and would read all of it. SQLite does so by itself.
    """
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(
                "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;"
                " SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
            )


@contextmanager
def reading_by_index() -> Iterator[None]:
    """Within the block, read as `prefer_indexes` says.

    PostgreSQL keeps such settings for a transaction, so there it is one. On SQLite it must be none: every transaction
    begins with the one lock for writing, and everybody would wait for somebody who only reads.
    """
    if not is_postgres():
        yield
        return
    with transaction.atomic():
        prefer_indexes()
        yield


@contextmanager
def by_hash() -> Iterator[None]:
    """Within the block, let PostgreSQL join no two tables row by row; to be used inside a transaction.

    For statements that join what this very transaction wrote in bulk: the statistics know nothing of it yet, the
    planner expects one row on either side and would go through all of one for each of the other. SQLite looks up by
    index anyway.
    """
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off; SET LOCAL jit = off")
    yield
    # After an error there is nothing to set: the transaction takes it back itself.
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL jit TO DEFAULT")


def refresh_statistics(*models_written: type[models.Model]) -> None:
    """Let PostgreSQL look anew at how much these tables hold; after writing very many rows into them.

    It does so by itself, but later, and not at all where its housekeeping is switched off: a planner that still believes
    a table to be small reads all of it for each batch. Takes a second at most, and stops nobody. SQLite needs none.
    """
    if is_postgres():
        with connection.cursor() as cursor:
            for model in models_written:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def take_your_time() -> None:
    """For the rest of this transaction, lift the limit on a statement's time: for nightly work over whole tables."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


class AddIndexWithoutLock(AddIndex):
    """In a migration with `atomic = False`: an index on a table that people work in while it is built."""

    atomic = False

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_index(model, self.index, concurrently=True)  # type: ignore[call-arg]

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
            return
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)  # type: ignore[call-arg]
