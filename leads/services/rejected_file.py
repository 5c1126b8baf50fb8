"""Rows of an import that need work, to be given back with their reasons."""

from collections.abc import Iterator

from django.utils.text import slugify

from leads.domain.tables.returned import Returned
from leads.domain.tables.rows import RowParser
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services.import_rows import must_fix, stored_problem


def rows_of(batch: Import) -> tuple[list[str], Iterator[Returned]]:
    """The column names of the list and the rows: of the preview as it stands, else those that were not saved.

    Raises `TableError`, `OSError` when the list of a preview is gone.
    """
    if batch.state not in {Import.State.PREVIEW, Import.State.CANCELLED}:
        return selectors.headers_of(batch), selectors.rejected_rows(batch)
    table = selectors.open_table(batch)
    return list(table.headers), _bad_rows(batch, selectors.parser_of(batch, table.headers))


def name_of(batch: Import) -> str:
    """The name of the file without its ending."""
    return f"{slugify(batch.name.rpartition('.')[0]) or 'leads'}-to-fix"


def _bad_rows(batch: Import, parser: RowParser) -> Iterator[Returned]:
    for row in selectors.rows_of(batch, selectors.open_table(batch)):
        hard, _soft = must_fix(batch, parser.parse(row))
        if hard:
            reasons = "; ".join(selectors.problem_words(stored_problem(one)) for one in hard)
            yield row.number, reasons, (*row.cells, *row.surplus)
