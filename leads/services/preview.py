"""Looking through a list before it is saved: which rows are ready, which have to be fixed, who is here already."""

from itertools import batched
from typing import Any

from django.utils import timezone

from leads.domain import identity
from leads.domain.tables import Field, TableError
from leads.domain.tables.rows import ParsedRow
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services import arrivals
from leads.services.arrivals import Key, LeadData
from leads.services.import_rows import Clock, Remarks, data_of, must_fix

BATCH = 1_000
MOST_SHARED = 5_000  # beyond so many new leads who gets how many is said only after saving
ALL, FIX, HERE, MUTE = "all", "fix", "here", "mute"  # mute: new, but there is no way to reach them


def look_through(batch: Import) -> None:
    """Count what is ready, to fix and here already, and remember which rows. Stores it with the import."""
    batch.scan = _scan(batch)
    batch.scanned_at = timezone.now()
    Import.objects.filter(pk=batch.pk, state=Import.State.PREVIEW).update(
        scan=batch.scan, scanned_at=batch.scanned_at, error=batch.scan.get("error", "")
    )


def _scan(batch: Import) -> dict[str, Any]:
    fix: list[int] = []
    here: list[int] = []
    mute: list[int] = []
    is_handed_off = not selectors.history_of(batch)
    twins: dict[str, int] = {}
    remarks = Remarks.of(batch.options.get("table_remarks", []))
    seen: dict[Key, int] = {}
    count = reachable = 0
    kinds: dict[tuple[str, str, str], int] = {}  # what routing asks of a lead
    who: dict[str, int] = {}  # by row that could be handed over: which of `kinds`
    clock = Clock()
    try:
        table = selectors.open_table(batch)
        parser = selectors.parser_of(batch, table.headers)
        for chunk in batched(selectors.rows_of(batch, table), BATCH):
            keyed: list[tuple[int, tuple[Key, ...]]] = []
            for row in chunk:
                count += 1
                parsed = parser.parse(row)
                for remark in parsed.remarks:
                    remarks.add(remark.code, remark.params, row.number)
                hard, soft = must_fix(batch, parsed)
                for note in soft:
                    remarks.add(note.code, note.params, row.number)
                if hard:
                    fix.append(row.number)
                else:
                    data = _data(batch, parsed, clock)
                    keyed.append((row.number, arrivals.keys_of(data)))
                    if not can_be_reached(parsed):
                        mute += [row.number] if is_handed_off else []
                    else:
                        reachable += 1
                        if reachable <= MOST_SHARED:
                            who[str(row.number)] = kinds.setdefault(_kind(data), len(kinds))
            known = arrivals.known_keys(key for _number, keys in keyed for key in keys)
            for number, keys in keyed:
                first = next((seen[key] for key in keys if key in seen), None)
                if any(key in known for key in keys):
                    here.append(number)
                elif first is not None:
                    here.append(number)
                    twins[str(number)] = first
                for key in keys:
                    seen.setdefault(key, first or number)
    except TableError as error:
        return {"rows": count, "fix": [], "here": [], "error": selectors.error_words(error)}
    return {
        "rows": count,
        "fix": fix,
        "here": here,
        "mute": sorted(set(mute).difference(here)),
        "twins": twins,
        "reachable": reachable,
        "kinds": list(kinds),
        "who": who,
        "remarks": remarks.stored(),
    }


def look_at_row(batch: Import, number: int) -> None:
    """After a cell of a long list was changed: judge that row anew, without the other rows of the list."""
    table = selectors.open_table(batch)
    parser = selectors.parser_of(batch, table.headers)
    row = next(
        (one for one in selectors.rows_of(batch, table, after=number - 1) if one.number == number), None
    )
    if row is None:
        return
    parsed = parser.parse(row)
    hard, _soft = must_fix(batch, parsed)
    data = None if hard else _data(batch, parsed, Clock())
    is_here = data is not None and bool(arrivals.known_keys(arrivals.keys_of(data)))
    batch.scan.get("who", {}).pop(str(number), None)
    if data is not None and (data.email or data.phone):
        kinds = batch.scan.setdefault("kinds", [])
        batch.scan.setdefault("who", {})[str(number)] = len(kinds)
        kinds.append(_kind(data))
    is_mute = not hard and not is_here and not can_be_reached(parsed) and not selectors.history_of(batch)
    for name, belongs in ((FIX, bool(hard)), (HERE, is_here), (MUTE, is_mute)):
        numbers = set(batch.scan.get(name, ()))
        numbers = numbers | {number} if belongs else numbers - {number}
        batch.scan[name] = sorted(numbers)
    batch.save(update_fields=["scan"])


def can_be_reached(parsed: ParsedRow) -> bool:
    """Whether the row has an address or a number: only then its lead is handed off."""
    return bool(parsed.values.get(Field.EMAIL) or parsed.values.get(Field.PHONE))


def _data(batch: Import, parsed: ParsedRow, clock: Clock) -> LeadData:
    return data_of(parsed, namespace=batch.options.get("namespace", ""), at=clock)


def _kind(data: LeadData) -> tuple[str, str, str]:
    return data.country, data.language, identity.company_key(data.company)
