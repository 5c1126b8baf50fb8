"""Answers to the definition's questions as people read them."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _
from django_countries import countries

from leads.domain.definition import CriterionKind, CriterionTerms
from leadsync.core.templatetags.ui import num


def value_words(criterion: CriterionTerms | None, value: Any) -> str:
    """The value in the reader's language: yes or no, a figure with its unit, a country's name, else as it was said.

    Without the criterion (its question is no longer asked) as far as the value itself tells.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    kind = criterion.kind if criterion is not None else ""
    if kind == CriterionKind.NUMBER or isinstance(value, int | float):
        figure = _figure(value)
        unit = criterion.unit if criterion is not None else ""
        return f"{figure} {unit}".strip().replace(" ", "\N{NO-BREAK SPACE}")
    if kind == CriterionKind.COUNTRY:
        return str(countries.name(str(value)) or value)
    return str(value)


def _figure(value: Any) -> str:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if not number.is_finite():
        return str(value)
    places = max(0, -int(number.normalize().as_tuple().exponent))
    return num(number, min(places, 4))
