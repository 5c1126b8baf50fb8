"""No table is forgotten when somebody asks what is known about them, or to be erased: models are walked, not listed."""

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from leads.models import Lead
from leadsync.privacy.columns import LABELS, shown_columns
from leadsync.privacy.places import BY_LABEL, PLACES, WITHOUT

TEXTS = (models.CharField, models.TextField, models.JSONField, models.FileField)


def everything() -> list[type[models.Model]]:
    return apps.get_models(include_auto_created=True)


def can_hold_words(model: type[models.Model]) -> bool:
    return any(isinstance(field, TEXTS) for field in model._meta.concrete_fields)


def refers_to_a_lead(model: type[models.Model]) -> bool:
    fields: list[Any] = list(model._meta.concrete_fields)
    return model is Lead or any(
        field.related_model is Lead or field.attname in {"lead_id", "gone_id"} for field in fields
    )


@pytest.mark.parametrize("model", [pytest.param(one, id=one._meta.label) for one in everything()])
def test_every_table_says_what_becomes_of_personal_data(model: type[models.Model]) -> None:
    label = model._meta.label
    if refers_to_a_lead(model):
        assert label in BY_LABEL, (
            f"{label} refers to a lead: say in privacy.places how it is shown and erased"
        )
    elif can_hold_words(model):
        assert (label in BY_LABEL) != (label in WITHOUT), (
            f"{label} can hold words: put it into PLACES, or into WITHOUT with the reason"
        )


def test_nothing_is_listed_that_is_not_there() -> None:
    known = {model._meta.label for model in everything()}
    assert {*BY_LABEL, *WITHOUT} <= known
    assert len(BY_LABEL) == len(PLACES)


@pytest.mark.parametrize("place", [pytest.param(one, id=one.label) for one in PLACES])
def test_every_column_shown_to_a_person_has_words(place: Any) -> None:
    names = set(shown_columns(place.model, place.shown)) - {"lead", "survivor"}
    assert names <= set(LABELS), "give them words in privacy.columns, or call them TECHNICAL"
