"""Everything that hangs on a lead, moved to another one as it stands, and put back.

What refers to a lead is read from the models (`leads.selectors.lead_relations`), so rows of apps above this one are
moved without knowing them.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import models

from leads.selectors.lead_relations import Relation, relations
from leads.services import changes


def as_row(thing: models.Model) -> dict[str, Any]:
    """All columns of a row as JSON."""
    return {
        field.attname: changes.as_json(getattr(thing, field.attname)) for field in thing._meta.concrete_fields
    }


def from_row(model: type[models.Model], row: Mapping[str, Any]) -> dict[str, Any]:
    """The way back of `as_row`: columns with their values. Columns that are gone by now are passed over."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    return {
        name: value if isinstance(fields[name], models.JSONField) else fields[name].to_python(value)
        for name, value in row.items()
        if name in fields
    }


def put(model: type[models.Model], rows: list[dict[str, Any]]) -> None:
    """Make these rows again, under the keys they had."""
    model._base_manager.bulk_create([model(**from_row(model, row)) for row in rows])


type Rows = dict[str, list[dict[str, Any]]]


def move(survivor_id: int, other_id: int, prefers_other: Callable[[str, Any], bool]) -> dict[str, Any]:
    """Move all that hangs on `other_id` to the survivor; what puts it back, for the snapshot.

    Of two rows that cannot both stay the survivor's does, unless `prefers_other(label, row)` of the other's row.
    Returns "moved": keys by relation; "kept": rows as they were, by relation; "removed": rows put aside, by model.
    """
    moved: dict[str, list[int]] = {}
    kept: Rows = {}
    removed: Rows = {}
    for relation in relations():
        treatment = relation.treatment
        if treatment.is_pair:
            # Pairs are about what the two were: the worker finds what the one lead is like.
            _take_away(relation, relation.rows(other_id), removed)
            continue
        if treatment.same is not None:
            _make_room(relation, survivor_id, other_id, prefers_other, removed)
        rows = relation.rows(other_id)
        if treatment.is_kept:
            found = list(rows.order_by("pk"))
            kept[relation.label] = [as_row(one) for one in found]
            ids = [one.pk for one in found]
        else:
            ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if ids:
            moved[relation.label] = ids
            rows.update(**{relation.column: survivor_id})
    return {"moved": moved, "kept": kept, "removed": removed}


def _take_away(relation: Relation, rows: models.QuerySet[Any], removed: Rows) -> None:
    found = list(rows.order_by("pk"))
    if found:
        removed.setdefault(relation.model._meta.label, []).extend(as_row(one) for one in found)
        relation.model._base_manager.filter(pk__in=[one.pk for one in found]).delete()


def _make_room(
    relation: Relation,
    survivor_id: int,
    other_id: int,
    prefers_other: Callable[[str, Any], bool],
    removed: Rows,
) -> None:
    names = relation.treatment.same or ()
    mine = {tuple(getattr(row, name) for name in names): row for row in relation.rows(survivor_id)}
    if not mine:
        return
    aside = []
    for row in relation.rows(other_id):
        twin = mine.get(tuple(getattr(row, name) for name in names))
        if twin is not None:
            aside.append(twin.pk if prefers_other(relation.label, row) else row.pk)
    if aside:
        _take_away(relation, relation.model._base_manager.filter(pk__in=aside), removed)
