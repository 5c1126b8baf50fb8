"""Addresses of the leads behind a number."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from leads.domain.words import GOOD_MARKS
from leadsync.kpi.domain.days import Period

GOOD = tuple(mark.value for mark in GOOD_MARKS)


def leads(**filters: Any) -> str:
    """The leads list with these filters: days in ISO, a tuple repeats its name, None is left out."""
    pairs = []
    for name, value in filters.items():
        for one in value if isinstance(value, tuple | list) else (value,):
            if one is not None:
                pairs.append((name, one.isoformat() if isinstance(one, date) else str(one)))
    address = reverse("leads:list")
    return f"{address}?{urlencode(pairs)}" if pairs else address


def within(period: Period, event: str, **filters: Any) -> str:
    """Leads whose event ("received", "won" …) lies in the period."""
    return leads(**{f"{event}_from": period.first, f"{event}_to": period.last}, **filters)
