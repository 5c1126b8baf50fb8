"""Reading a list another way than was detected: its encoding, separator, sheet, whether it has column names."""

from dataclasses import dataclass

from django.db import transaction

from leads.models import Import
from leads.services.import_basics import check_allowed, in_preview, look_through
from leads.services.import_taking import read_over
from leadsync.accounts.models import User


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a list; what is empty or None is detected."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    has_header: bool | None = None


@transaction.atomic
def reread(*, batch: Import, by: User, reading: Reading) -> Import:
    """Read the list this way: its columns are recognised anew, and cells that were changed are as they came.

    Raises `NotAllowed`; `Conflict` once it is saved; `Invalid` where it cannot be read so.
    """
    check_allowed(by)
    held = in_preview(batch)
    chosen: dict[str, str | bool | None] = {"has_header": reading.has_header}
    if not held.options.get("is_unpacked"):  # a large workbook is CSV of ours by now, of one sheet
        chosen |= {"encoding": reading.encoding, "delimiter": reading.delimiter, "sheet": reading.sheet}
    held.options |= chosen
    held.edits = {}
    read_over(held)
    held.save(update_fields=["options", "edits", "columns", "scan"])
    look_through(held)
    return held
