"""From the cells of a row to values of fields, with what has to be fixed and what is only worth knowing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from types import MappingProxyType

from .codes import ErrorCode, Params, ProblemCode, RemarkCode
from .columns import Field, Match, header_words, recognise
from .consents import Agreed, parse_consent
from .contacts import plain_email, plain_number
from .messages import english
from .model import Fault, Remark, Row, Table, TableError
from .text import plain
from .values import (
    CHOICE_EMPTY_WORDS,
    EMPTY_WORDS,
    DateOrder,
    DecimalMark,
    Email,
    Moment,
    Money,
    Phone,
    clean,
    clean_lines,
    decide_date_order,
    fitting,
    is_empty,
    parse_boolean,
    parse_country,
    parse_date,
    parse_email,
    parse_id,
    parse_language,
    parse_mark,
    parse_minutes,
    parse_money,
    parse_phone,
    parse_stage,
    without_prefix,
)

type _ShortWay = Callable[[str, str], Value | None]  # cell and country; "" says nothing, None: the long way
type Value = str | bool | int | Email | Phone | Moment | Money | Agreed

DATE_FIELDS = frozenset({Field.RECEIVED_AT, Field.WON_AT, Field.LOST_AT, Field.NEXT_STEP_AT})
NAME_FIELDS = frozenset({Field.NAME, Field.FIRST_NAME, Field.LAST_NAME, Field.COMPANY})
FREE_TEXT_FIELDS = frozenset({Field.NEED, Field.NOTE})
CHOICE_FIELDS = frozenset({
    Field.CAMPAIGN, Field.CHANNEL, Field.CITY, Field.CONSENT, Field.COUNTRY, Field.LANGUAGE, Field.LOST,
    Field.MARK, Field.OWNER, Field.REASON, Field.STAGE, Field.WON,
})  # fmt: skip
TEXT_LIMITS: Mapping[Field, int] = MappingProxyType(
    {
        Field.NAME: 200,
        Field.FIRST_NAME: 100,
        Field.LAST_NAME: 100,
        Field.COMPANY: 200,
        Field.JOB_TITLE: 200,
        Field.CITY: 100,
        Field.NEED: 2_000,
        Field.NOTE: 10_000,
        Field.CAMPAIGN: 200,
        Field.CHANNEL: 100,
        Field.OWNER: 200,
        Field.REASON: 200,
    }
)
# People are called Null and Na, and NA is Namibia.
_NAMES_NOT_EMPTY = frozenset({"null", "none", "nil", "na"})
_WORDS = frozenset({Field.COUNTRY, Field.LANGUAGE, Field.STAGE, Field.MARK})
_MOST_WORDS = 5_000  # of a column are remembered
_CONTACTS = frozenset({Field.EMAIL, Field.PHONE})
_TEST_LEAD = "<test lead: dummy data"
_TEST_EMAILS = frozenset({"test@meta.com", "test@fb.com"})
# Columns in which the networks say so, as `header_words` reads their names. A mere "test" may be anybody's question.
_TEST_COLUMNS = frozenset(
    {
        "is test",
        "istest",
        "is test lead",
        "test lead",
        "testlead",
        "lead testowy",
        "testowy lead",
        "тестовый лид",
    }
)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column holds which field and how its values are to be read; can be remembered as JSON."""

    fields: dict[int, Field]
    """Field by column index from 0."""
    date_orders: dict[int, DateOrder] = attribute(default_factory=dict)
    """Order of day and month by column index; ``dmy`` where absent."""
    decimal_marks: dict[int, DecimalMark] = attribute(default_factory=dict)
    """Decimal mark by column index, where cells do not tell."""
    country: str = ""
    """ISO country of phone numbers without a country code, when the row has no country of its own."""
    fixed: dict[Field, str] = attribute(default_factory=dict)
    """Values for every row whose cell of that field is empty or missing."""
    answers: dict[int, str] = attribute(default_factory=dict)
    """Key of the criterion that a column answers, by column index."""

    @property
    def ambiguous_dates(self) -> tuple[int, ...]:
        """Columns whose order of day and month a person has to choose."""
        return tuple(index for index, order in self.date_orders.items() if order == "ambiguous")

    def as_dict(self) -> dict[str, object]:
        """Return plain data for JSON."""
        return {
            "fields": {str(index): field.value for index, field in self.fields.items()},
            "date_orders": {str(index): order for index, order in self.date_orders.items()},
            "decimal_marks": {str(index): mark for index, mark in self.decimal_marks.items()},
            "country": self.country,
            "fixed": {field.value: value for field, value in self.fixed.items()},
            "answers": {str(index): key for index, key in self.answers.items()},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, object]) -> "ColumnMapping":
        """Return what ``as_dict`` was made from; entries that make no sense are left out."""
        orders: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy", "ambiguous": "ambiguous"}
        marks: dict[str, DecimalMark] = {".": ".", ",": ","}
        known = {member.value: member for member in Field}
        fields: dict[int, Field] = {}
        for index, name in _entries(data, "fields"):
            if index.isdecimal() and name in known and known[name] not in fields.values():
                fields[int(index)] = known[name]
        country = data.get("country", "")
        return cls(
            fields=fields,
            date_orders={
                int(i): orders[o] for i, o in _entries(data, "date_orders") if i.isdecimal() and o in orders
            },
            decimal_marks={
                int(i): marks[m] for i, m in _entries(data, "decimal_marks") if i.isdecimal() and m in marks
            },
            country=country if isinstance(country, str) else "",
            fixed={known[name]: value for name, value in _entries(data, "fixed") if name in known},
            answers={int(i): key for i, key in _entries(data, "answers") if i.isdecimal() and key},
        )


def _entries(data: Mapping[str, object], key: str) -> list[tuple[str, str]]:
    part = data.get(key)
    if not isinstance(part, Mapping):
        return []
    return [(str(name), value) for name, value in part.items() if isinstance(value, str)]


def field_named(name: str) -> Field:
    """Return the field of a name that a person typed. Raises ``TableError`` when there is none."""
    try:
        return Field(name.strip().lower())
    except ValueError as error:
        raise TableError(ErrorCode.NO_SUCH_FIELD, field=name[:80]) from error


def suggest_mapping(table: Table, *, country: str = "") -> tuple[ColumnMapping, list[Match]]:
    """Recognise the columns of a table and decide the order of its dates, both from its sample."""
    matches = recognise(table.headers, [row.cells for row in table.sample])
    fields = {match.index: match.field for match in matches if match.field}
    return with_date_orders(
        ColumnMapping(fields, country=country), [row.cells for row in table.sample]
    ), matches


def mapping_by_name(
    headers: Sequence[str],
    assignments: Mapping[str, str],
    *,
    fixed: Mapping[str, str] | None = None,
    base: ColumnMapping | None = None,
    country: str = "",
) -> ColumnMapping:
    """Map columns by header and field name as on the command line; ``base`` fills what is not named.

    An empty field name leaves that column unmapped. Raises ``TableError`` for an unknown column or field, or
    for one field given twice.
    """
    by_name = {header: index for index, header in reversed(list(enumerate(headers)))}
    by_words = {header_words(header): index for index, header in reversed(list(enumerate(headers)))}
    named: dict[int, Field] = {}
    answers: dict[int, str] = {}
    dropped: set[int] = set()
    for header, name in assignments.items():
        index = by_name.get(header, by_words.get(header_words(header), -1) if header_words(header) else -1)
        if index < 0:
            raise TableError(ErrorCode.NO_SUCH_COLUMN, column=header[:80])
        if not name:
            dropped.add(index)
            continue
        if key := answered_by(name):
            if key in answers.values():
                raise TableError(ErrorCode.FIELD_TWICE, field=name[:80])
            answers[index] = key
            continue
        target = field_named(name)
        if target in named.values():
            raise TableError(ErrorCode.FIELD_TWICE, field=target.value)
        named[index] = target
    fields = dict(named)
    for index, other in (base.fields if base else {}).items():
        if index not in fields and index not in {*dropped, *answers} and other not in named.values():
            fields[index] = other
    for index, key in (base.answers if base else {}).items():
        if index not in {*fields, *dropped, *answers} and key not in answers.values():
            answers[index] = key
    return ColumnMapping(
        dict(sorted(fields.items())),
        dict(base.date_orders) if base else {},
        dict(base.decimal_marks) if base else {},
        country or (base.country if base else ""),
        {field_named(name): value for name, value in (fixed or {}).items()}
        or (dict(base.fixed) if base else {}),
        answers,
    )


ANSWER = "answer:"


def answered_by(name: str) -> str:
    """The criterion's key in a column's name such as ``answer:budget``; empty for a field."""
    return name.strip().removeprefix(ANSWER) if name.strip().startswith(ANSWER) else ""


def with_date_orders(mapping: ColumnMapping, rows: Iterable[Sequence[str]]) -> ColumnMapping:
    """Return the mapping with the order of each date column decided by the rows given; one pass, nothing
    kept.

    Give all rows of a file, not only its sample, when a few early days of the month would decide wrongly.
    """
    telling: dict[int, set[str]] = {
        index: set() for index, target in mapping.fields.items() if target in DATE_FIELDS
    }
    for cells in rows:
        for index, values in telling.items():
            if index < len(cells) and len(values) < 5_000:
                values.add(cells[index][:40])
    orders = {index: decide_date_order(values) for index, values in telling.items()}
    return replace(mapping, date_orders=orders)


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are read for."""

    is_history: bool = False
    """Leads worked elsewhere: an external id is enough, the caller makes a name from it."""
    empty_words: frozenset[str] = EMPTY_WORDS
    choice_empty_words: frozenset[str] = CHOICE_EMPTY_WORDS
    text_limits: Mapping[Field, int] = TEXT_LIMITS
    answers: Mapping[str, Callable[[str], "str | bool | Fault | None"]] = MappingProxyType({})
    """How cells answer the questions of the definition, by criterion's key."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the row cannot become a lead yet.

    ``column`` is the header, empty when the row as a whole is meant.
    """

    column: str
    field: Field | None
    code: ProblemCode
    params: Params = attribute(default_factory=dict)
    cell: str = ""

    @property
    def is_answer(self) -> bool:
        """Whether it is about a cell that should answer a question of the definition."""
        return self.field is None and bool(self.column)

    def describe(self) -> str:
        """Return the reason as an English sentence."""
        return english(self.code, self.params)


@dataclass(frozen=True, slots=True)
class ParsedRow:
    """A row read by a mapping. With problems it is "to fix"; remarks stop nothing."""

    number: int
    values: dict[Field, Value]
    problems: tuple[Problem, ...]
    remarks: tuple[Remark, ...]
    extra: dict[str, str]
    """Cells without a field, by header, for the payload; also words that a field could not take."""
    answers: dict[str, str | bool] = attribute(default_factory=dict)
    """What the cells answer, by criterion's key."""

    @property
    def is_ready(self) -> bool:
        """Whether nothing has to be fixed."""
        return not self.problems

    def text(self, target: Field) -> str:
        """Return a text field, empty when it has none."""
        value = self.values.get(target, "")
        return value if isinstance(value, str) else ""


def identity(parsed: ParsedRow) -> tuple[str, str, str]:
    """Return (external id, e-mail key, E.164 phone) by which the same lead is found; empty strings where
    absent.
    """
    email, phone = parsed.values.get(Field.EMAIL), parsed.values.get(Field.PHONE)
    return (
        parsed.text(Field.EXTERNAL_ID),
        email.key if isinstance(email, Email) else "",
        phone.e164 if isinstance(phone, Phone) else "",
    )


def parse_row(
    row: Row, mapping: ColumnMapping, headers: Sequence[str], *, context: Context | None = None
) -> ParsedRow:
    """Read one row. For many rows keep a ``RowParser``."""
    return RowParser(mapping, headers, context=context).parse(row)


class RowParser:
    """Reads rows of one table by one mapping. Raises ``TableError`` when a fixed value makes no sense."""

    def __init__(
        self, mapping: ColumnMapping, headers: Sequence[str], *, context: Context | None = None
    ) -> None:
        self.mapping = mapping
        self.headers = tuple(headers)
        self.context = context or Context()
        # The row's country decides how its phone number is read, so it comes first.
        self._columns = [
            (index, target, self._short_way(index, target))
            for index, target in sorted(
                mapping.fields.items(), key=lambda pair: (pair[1] is not Field.COUNTRY, pair[0])
            )
            if 0 <= index < len(self.headers)
        ]
        self._answers = [
            (index, key, self.context.answers[key])
            for index, key in sorted(mapping.answers.items())
            if 0 <= index < len(self.headers) and key in self.context.answers and index not in mapping.fields
        ]
        mapped = {index for index, *_ in self._columns} | {index for index, _key, _read in self._answers}
        self._unmapped = [(index, header) for index, header in enumerate(self.headers) if index not in mapped]
        self._said_test = [index for index, header in self._unmapped if header_words(header) in _TEST_COLUMNS]
        self._fixed = self._read_fixed()
        country = self._fixed.get(Field.COUNTRY)
        self._region = country if isinstance(country, str) else mapping.country

    def _short_way(self, index: int, target: Field) -> _ShortWay | None:
        """What `_Reading.read` makes of the many cells of a column that hold nothing odd; None where there is none."""
        if target is Field.EMAIL:
            return lambda raw, _region: plain_email(raw)
        if target is Field.PHONE:
            return plain_number
        if target in _WORDS:
            return self._remembering(index, target)
        if target not in TEXT_LIMITS or target is Field.CAMPAIGN:
            return None
        limit = self.context.text_limits.get(target, 200)
        words = self.context.choice_empty_words if target in CHOICE_FIELDS else self.context.empty_words
        if target in FREE_TEXT_FIELDS:
            words = frozenset()
        is_name = target in NAME_FIELDS

        def text_of(raw: str, _region: str) -> str | None:
            if not raw.isprintable() or "  " in raw or raw[0] == "'":
                return None
            text = clean_lines(raw)
            if words and len(text) <= 20 and text.casefold() in words:
                return None if is_name else ""
            return text if len(text) <= limit else None

        return text_of

    def _remembering(self, index: int, target: Field) -> _ShortWay:
        """Words of which a column has few, each read once."""
        known: dict[str, str | None] = {}

        def word_of(raw: str, _region: str) -> str | None:
            if raw in known:
                return known[raw]
            reading = _Reading(self, region="")
            reading.read(index, target, raw)
            value = reading.values.get(target, "")
            is_odd = reading.problems or reading.remarks or reading.extra
            found = value if isinstance(value, str) and not is_odd else None
            if len(known) < _MOST_WORDS:
                known[raw] = found
            return found

        return word_of

    def _read_fixed(self) -> dict[Field, Value]:
        reading = _Reading(self, region=self.mapping.country)
        for target in sorted(self.mapping.fixed, key=lambda f: f is not Field.COUNTRY):
            value = self.mapping.fixed[target]
            reading.read(-1, target, value)
            if reading.problems or (target not in reading.values and clean(value)):
                raise TableError(ErrorCode.BAD_FIXED_VALUE, field=target.value, value=value[:80])
        return reading.values

    def parse(self, row: Row) -> ParsedRow:
        """Read one row; whatever stands in its cells, the answer is values, problems and remarks."""
        cells = row.cells
        if self._is_test(cells):
            problem = Problem("", None, ProblemCode.TEST_LEAD)
            extra = {
                header: clean_lines(plain(cells[i])) for i, header in enumerate(self.headers) if cells[i]
            }
            return ParsedRow(row.number, {}, (problem,), (), extra)
        reading = _Reading(self, region=self._region)
        values = reading.values
        for index, target, short_way in self._columns:
            raw = cells[index]
            if not raw:
                continue
            found = short_way(raw, reading.region) if short_way else None
            if found is None:
                reading.read(index, target, raw)
            elif found != "":
                values[target] = found
                if target is Field.COUNTRY and isinstance(found, str):
                    reading.region = found
        for target, value in self._fixed.items():
            if target not in reading.faulty:
                reading.values.setdefault(target, value)
        answers: dict[str, str | bool] = {}
        for index, key, read in self._answers:
            raw = cells[index]
            answer = read(plain(raw)) if raw else None
            if isinstance(answer, Fault):
                problem = Problem(self.headers[index], None, answer.code, answer.params, raw[:200])
                reading.problems.append(problem)
            elif answer is not None:
                answers[key] = answer
        for index, header in self._unmapped:
            cell = cells[index]
            if cell and (text := clean_lines(plain(cell))):
                reading.extra[header] = text
        self._finish(row, reading)
        return ParsedRow(
            row.number,
            reading.values,
            tuple(reading.problems),
            tuple(reading.remarks),
            reading.extra,
            answers,
        )

    def _is_test(self, cells: Sequence[str]) -> bool:
        """Whether a network's test, by its dummy words or by a column of its own."""
        # One search of all cells at once says for nearly every row that there is nothing of the kind.
        if _TEST_LEAD in "\n".join(cells) and any(cell.startswith(_TEST_LEAD) for cell in cells):
            return True
        return any(cells[index] and parse_boolean(cells[index]) is True for index in self._said_test)

    def _finish(self, row: Row, reading: "_Reading") -> None:
        values = reading.values
        if Field.NAME not in values:
            parts = (values.get(Field.FIRST_NAME), values.get(Field.LAST_NAME))
            if name := " ".join(part for part in parts if isinstance(part, str)):
                values[Field.NAME] = name
        email = values.get(Field.EMAIL)
        if isinstance(email, Email) and email.key in _TEST_EMAILS:
            reading.problems.append(Problem("", None, ProblemCode.TEST_LEAD))
        has_name = Field.NAME in values or Field.COMPANY in values or reading.faulty & NAME_FIELDS
        is_known = self.context.is_history and (
            Field.EXTERNAL_ID in values or Field.EXTERNAL_ID in reading.faulty
        )
        if not has_name and not is_known:
            code = ProblemCode.ID_MISSING if self.context.is_history else ProblemCode.NAME_MISSING
            reading.problems.append(Problem("", None, code))
        if row.surplus:
            cells = " | ".join(clean(cell) for cell in row.surplus)[:200]
            params: Params = {"count": len(row.surplus), "cells": cells}
            reading.problems.append(Problem("", None, ProblemCode.LONG_ROW, params))
        if row.missing:
            reading.remarks.append(Remark(RemarkCode.SHORT_ROW, {"count": row.missing}))
        if (
            not self.context.is_history
            and Field.EMAIL not in values
            and Field.PHONE not in values
            and not _CONTACTS & reading.faulty
        ):
            reading.remarks.append(Remark(RemarkCode.NO_CONTACT))


class _Reading:
    """The values of one row while they are read."""

    def __init__(self, parser: RowParser, *, region: str) -> None:
        self.parser = parser
        self.region = region
        self.values: dict[Field, Value] = {}
        self.problems: list[Problem] = []
        self.remarks: list[Remark] = []
        self.extra: dict[str, str] = {}
        self.faulty: set[Field] = set()

    def read(self, index: int, target: Field, raw: str) -> None:
        """Read one cell into its field; index -1 is a value given for every row."""
        cell = plain(raw)
        if not cell or self._says_nothing(target, clean(cell)):
            return
        header = self.parser.headers[index] if index >= 0 else target.value
        value = self._value(index, target, cell)
        if value is None:
            text = clean_lines(cell)
            if text:
                self.extra[header] = text
                self._remark(RemarkCode.WORD_UNKNOWN, header, value=text[:80])
        elif isinstance(value, Fault):
            self.faulty.add(target)
            self.problems.append(Problem(header, target, value.code, value.params, raw[:200]))
        else:
            self.values[target] = value
            if target is Field.COUNTRY and isinstance(value, str):
                self.region = value
            self._remark_on(header, value)

    def _says_nothing(self, target: Field, text: str) -> bool:
        context = self.parser.context
        if not text or target in FREE_TEXT_FIELDS:
            return not text
        if target in NAME_FIELDS and text.casefold() in _NAMES_NOT_EMPTY:
            return False
        if target is Field.COUNTRY and text.upper() == "NA":
            return False
        words = context.choice_empty_words if target in CHOICE_FIELDS else context.empty_words
        return is_empty(text, words=words)

    def _value(self, index: int, target: Field, cell: str) -> Value | Fault | None:
        if target in DATE_FIELDS:
            return parse_date(cell, self.parser.mapping.date_orders.get(index, "dmy"))
        if target is Field.PHONE:
            return parse_phone(cell, self.region)
        if target is Field.AMOUNT:
            return parse_money(cell, self.parser.mapping.decimal_marks.get(index, ""))
        if reader := _READERS.get(target):
            return reader(cell)
        text = clean_lines(cell) if target in FREE_TEXT_FIELDS else clean(cell)
        if target is Field.CAMPAIGN and without_prefix(text).isdecimal():
            text = without_prefix(text)
        return fitting(text, self.parser.context.text_limits.get(target, 200))

    def _remark_on(self, header: str, value: Value) -> None:
        if isinstance(value, Phone) and not value.is_valid:
            self._remark(RemarkCode.PHONE_UNUSUAL, header, value=value.display)
        if isinstance(value, Email | Phone) and value.others:
            self._remark(RemarkCode.SEVERAL_VALUES, header, others=", ".join(value.others)[:200])
            self.extra.setdefault(header, ", ".join(value.others))
        if isinstance(value, Money) and value.is_negative:
            self._remark(RemarkCode.NEGATIVE_AMOUNT, header, value=str(value.amount))

    def _remark(self, code: RemarkCode, header: str, **params: str) -> None:
        self.remarks.append(Remark(code, {"column": header, **params}))


_READERS: dict[Field, Callable[[str], Value | Fault | None]] = {
    Field.EXTERNAL_ID: parse_id,
    Field.EMAIL: parse_email,
    Field.CONSENT: parse_consent,
    Field.COUNTRY: parse_country,
    Field.LANGUAGE: parse_language,
    Field.WON: parse_boolean,
    Field.LOST: parse_boolean,
    Field.STAGE: parse_stage,
    Field.MARK: parse_mark,
    Field.SALES_MINUTES: parse_minutes,
}
