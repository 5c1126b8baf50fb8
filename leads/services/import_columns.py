"""The preview corrected: what columns hold, how dates are written, single cells. The file stays as it came."""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from leads.domain.tables import Field, Limits
from leads.domain.tables.rows import ColumnMapping, answered_by, with_date_orders
from leads.domain.tables.values import DateOrder
from leads.models import Import
from leads.selectors import agreement
from leads.selectors import imports as selectors
from leads.services import preview
from leads.services.import_basics import SEEN_AT_ONCE, check_allowed, in_preview, look_through
from leads.services.import_taking import Options
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid


@transaction.atomic
def set_columns(
    *,
    batch: Import,
    by: User,
    fields: Mapping[int, str],
    orders: Mapping[int, str] | None = None,
    options: Options | None = None,
) -> Import:
    """Say what the columns hold (a field, "answer:key" for a question of the definition in force, "" for none), how
    dates are written, and the options.

    Raises `NotAllowed`; `Conflict` once it is saved; `Invalid` for one field or question given to two columns.
    """
    check_allowed(by)
    held = in_preview(batch)
    chosen: dict[int, Field] = {}
    answers: dict[int, str] = {}
    questions = {criterion.key: criterion.question for criterion in agreement.terms().criteria}
    for index, name in sorted(fields.items()):
        if not name:
            continue
        key = answered_by(name)
        if key in questions and 0 <= index < len(held.columns):
            if key in answers.values():
                raise Invalid(
                    _("Two columns are read as “%(field)s”: choose one.") % {"field": questions[key]},
                    field=f"column_{index}",
                )
            answers[index] = key
            continue
        if name not in Field or not 0 <= index < len(held.columns):
            raise Invalid(_("There is no such field."), field=f"column_{index}")
        target = Field(name)
        if target in chosen.values():
            raise Invalid(
                _("Two columns are read as “%(field)s”: choose one.")
                % {"field": selectors.FIELD_LABELS[target]},
                field=f"column_{index}",
            )
        chosen[index] = target
    old = selectors.mapping_of(held)
    table = selectors.open_table(held)
    dated = with_date_orders(
        ColumnMapping(chosen, {}, old.decimal_marks, old.country, old.fixed, answers),
        (row.cells for row in table),
    )
    known: dict[str, DateOrder] = {"dmy": "dmy", "mdy": "mdy"}
    wanted = {index: known[order] for index, order in (orders or {}).items() if order in known}
    kept = {index: order for index, order in wanted.items() if dated.date_orders.get(index) == "ambiguous"}
    mapping = replace(dated, date_orders={**dated.date_orders, **kept})
    held.options["ambiguous"] = list(dated.ambiguous_dates)
    held.options["mapping"] = mapping.as_dict()
    held.columns = selectors.column_names(mapping, len(held.columns))
    if options is not None:
        if len(options.namespace) > 60:
            raise Invalid(_("At most %(n)d characters.") % {"n": 60}, field="namespace")
        held.options |= {
            "is_history": options.is_history,
            "namespace": options.namespace.strip(),
            "is_by_columns": options.is_by_columns,
            "campaign_name": options.campaign_name,
        }
    held.save(update_fields=["options", "columns"])
    look_through(held)
    return held


@transaction.atomic
def set_cell(*, batch: Import, by: User, row: int, column: int, text: str) -> Import:
    """Change a cell of the preview; the file stays as it came. Column -1 drops cells beyond the last column.

    Raises `NotAllowed`; `Conflict` once it is saved; `Invalid` for a cell that is not there or is too long.
    """
    check_allowed(by)
    held = in_preview(batch)
    if not -1 <= column < len(held.columns) or row < 1:
        raise Invalid(_("There is no such cell."), field="cell")
    if len(text) > Limits().cell_characters:
        raise Invalid(_("At most %(n)d characters.") % {"n": Limits().cell_characters}, field="cell")
    cells = held.edits.setdefault(str(row), {})
    if column == -1:
        cells["extra"] = ""
    else:
        cells[str(column)] = text.replace("\x00", "").encode("utf-8", "replace").decode()
    held.save(update_fields=["edits"])
    if held.scan.get("rows", 0) <= SEEN_AT_ONCE:
        preview.look_through(held)
    else:
        preview.look_at_row(held, row)
    return held
