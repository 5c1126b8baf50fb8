"""How a list is read: what was remembered of lists like it, and which encodings it may have."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy

from leads.domain import tables
from leads.domain.tables import Table, header_key, returned
from leads.domain.tables.rows import ColumnMapping
from leads.models import ColumnMemory, Import

# As people know them; others keep their own name.
ENCODING_LABELS = {
    "utf-8": gettext_lazy("Unicode (UTF-8)"),
    "cp1250": gettext_lazy("Central European (Windows 1250)"),
    "cp1251": gettext_lazy("Cyrillic (Windows 1251)"),
    "cp1252": gettext_lazy("Western (Windows 1252)"),
    "latin-1": gettext_lazy("Western (Latin 1)"),
    "iso8859_2": gettext_lazy("Central European (Latin 2)"),
    "koi8_r": gettext_lazy("Cyrillic (KOI8-R)"),
    "big5": gettext_lazy("Traditional Chinese (Big5)"),
}


def memory_key(table: Table) -> str:
    """Under which the reading of its columns is kept. Without column names of its own: for rows given back only."""
    return header_key(table.headers) if table.has_header else _returned_key(table)


def _returned_key(table: Table) -> str:
    return header_key([*returned.HEADERS, *table.headers])


def remembered(table: Table) -> ColumnMapping | None:
    """How a table with these headers was read the last time."""
    keys = [header_key(table.headers)] if table.has_header else []
    if table.is_returned:
        keys.append(_returned_key(table))
    found = {one.header_key: one for one in ColumnMemory.objects.filter(header_key__in=keys)}
    known = next((found[key] for key in keys if key in found), None)
    return ColumnMapping.from_dict(known.columns) if known else None


def encoding_samples(batch: Import, table: Table) -> list[list[str]]:
    """The encodings a list may have, each with how its most telling line reads then; none where it is certain."""
    if not table.encoding_choices:
        return []
    samples = tables.encoding_samples(batch.file.path, table.encoding_choices)
    return [[name, line.replace("\x00", "")] for name, line in samples.items()]


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """One way to read the bytes of a list, and what one of its lines says then."""

    name: str
    label: str
    sample: str
    is_chosen: bool


def encodings_of(batch: Import) -> list[EncodingChoice]:
    """The encodings to choose from, those that read the same left out; none where there is no doubt."""
    reading = batch.options.get("reading", {})
    chosen = reading.get("encoding", "")
    found: list[EncodingChoice] = []
    seen: set[str] = set()
    for name, sample in sorted(reading.get("samples", ()), key=lambda pair: pair[0] != chosen):
        if sample and sample not in seen:
            seen.add(sample)
            label = str(ENCODING_LABELS.get(name, name))
            found.append(EncodingChoice(name, label, sample, name == chosen))
    return found if len(found) > 1 else []
