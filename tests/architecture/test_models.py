"""Models: names that say what they hold, and the indexes and constraints that the pages stand on."""

from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.db import models

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    AnyField = models.Field[Any, Any]
    AnyReference = models.ForeignKey[Any, Any]
else:
    AnyField, AnyReference = models.Field, models.ForeignKey

OURS = {
    "core",
    "accounts",
    "notices",
    "campaigns",
    "leads",
    "feedback",
    "exchange",
    "meetings",
    "start",
    "hooks",
    "intake",
    "privacy",
    "kpi",
    "demo",
}
MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in OURS and not model.__name__.startswith("Historical")
]
FIELDS = [
    pytest.param(model, field, id=f"{model._meta.label}.{field.name}")
    for model in MODELS
    for field in model._meta.local_fields
]

# Instants and days whose name is a plain word of the domain.
SHORT_TIMES = {"at", "on", "last_login", "date_joined", "month", "day"}


def each(kind: type[AnyField]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("model", "field"),
        [row for row in FIELDS if type(row.values[1]) is kind],
    )


@each(models.DateTimeField)
def test_instants_end_with_at(model: type[models.Model], field: AnyField) -> None:
    assert field.name.endswith("_at") or field.name in SHORT_TIMES


@each(models.DateField)
def test_days_end_with_on(model: type[models.Model], field: AnyField) -> None:
    assert field.name.endswith("_on") or field.name in SHORT_TIMES


@each(models.BooleanField)
def test_booleans_ask_a_question(model: type[models.Model], field: AnyField) -> None:
    assert field.name.startswith(("is_", "has_", "needs_"))


@pytest.mark.parametrize("model", [pytest.param(model, id=model._meta.label) for model in MODELS])
def test_who_did_something_has_an_instant_beside(model: type[models.Model]) -> None:
    names = {field.name for field in model._meta.local_fields}
    for name in names:
        if name.endswith("_by") and name not in {"logged_by", "invited_by"}:
            assert f"{name.removesuffix('_by')}_at" in names, f"{name} without its instant"
        if name == "by":
            assert names & {"at", "on", "created_at"}, "by without at"


@pytest.mark.parametrize(
    ("model", "field"), [row for row in FIELDS if isinstance(row.values[1], models.ForeignKey)]
)
def test_every_reference_can_be_followed_backwards_by_an_index(
    model: type[models.Model], field: AnyReference
) -> None:
    firsts = {index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields}
    firsts |= {
        rule.fields[0]
        for rule in model._meta.constraints
        if isinstance(rule, models.UniqueConstraint) and rule.fields
    }
    assert getattr(field, "db_index", False) or field.unique or field.name in firsts


@pytest.mark.parametrize(
    ("model", "field"), [row for row in FIELDS if isinstance(row.values[1], models.ForeignKey)]
)
def test_history_never_goes_with_the_person_who_made_it(
    model: type[models.Model], field: AnyReference
) -> None:
    if field.name in {"by", "owner", "asker", "answerer"} or field.name.endswith("_by"):
        assert field.remote_field.on_delete is not models.CASCADE


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, id=rule.name)
        for model in MODELS
        for rule in (*model._meta.constraints, *model._meta.indexes)
    ],
)
def test_constraints_and_indexes_have_names_that_fit_every_database(rule: Any) -> None:
    assert rule.name
    assert len(rule.name) <= 30 if isinstance(rule, models.Index) else len(rule.name) <= 63


def test_text_has_a_limit_or_is_meant_to_be_long() -> None:
    for model in MODELS:
        for field in model._meta.local_fields:
            if isinstance(field, models.CharField):
                assert field.max_length, f"{model._meta.label}.{field.name}"
