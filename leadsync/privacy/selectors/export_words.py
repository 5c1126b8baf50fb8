"""What an export was cut to, in words: the log keeps the address's query, which says little to a person."""

from collections.abc import Iterable
from datetime import date
from typing import Final
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.forms import filter_words
from leads.selectors.voice import By
from leadsync.accounts.exports import Kind
from leadsync.core.templatetags.ui import day

_AS_ADDRESS: Final = frozenset({Kind.LEADS, Kind.VOICE, Kind.FIRST_CONTACT})
_ROWS: Final = {
    By.CAMPAIGN: gettext_lazy("Campaign"),
    By.CHANNEL: gettext_lazy("Channel"),
    By.MARKET: gettext_lazy("Market"),
    By.SEGMENT: gettext_lazy("Segment"),
}
_PERIODS: Final = {
    "month": gettext_lazy("The last month"),
    "quarter": gettext_lazy("The last three months"),
    "year": gettext_lazy("The last year"),
}
_TABLES: Final = {
    "reps": gettext_lazy("Reps"),
    "kinds": gettext_lazy("Kinds of campaign"),
    "offices": gettext_lazy("Offices"),
    "weeks": gettext_lazy("Weeks"),
    "hours": gettext_lazy("Hours"),
}
_PASSED_OVER: Final = frozenset({"view", "sort", "columns"})  # they choose no leads


def in_words(exports: Iterable[tuple[str, str]]) -> list[str]:
    """For each export, its kind and what was noted of it: what it was cut to. A fixed number of statements.

    What is no filter that anybody knows stays as it was noted; what was named in the filters and is gone, by its number.
    """
    found = [(parse_qsl(what) if kind in _AS_ADDRESS else [], what) for kind, what in exports]
    names = filter_words.Names.of([pairs for pairs, _what in found])
    return [_said(pairs, names) or _rest(pairs, what) for pairs, what in found]


def _rest(pairs: list[tuple[str, str]], what: str) -> str:
    return "" if pairs and {name for name, _value in pairs} <= _PASSED_OVER else what


def _said(pairs: list[tuple[str, str]], names: filter_words.Names) -> str:
    own = dict(pairs)
    parts = [f"{one.label}: {one.words}" for one in filter_words.said(pairs, names)]
    if "from" in own or "to" in own:
        parts.append(_days(own.get("from", ""), own.get("to", "")))
    if (period := _PERIODS.get(own.get("period", ""))) is not None:
        parts.append(str(period))
    if (rows := _ROWS.get(own.get("by", ""))) is not None:  # type: ignore[call-overload]
        parts.append(_("Rows: %(what)s") % {"what": rows})
    if (table := _TABLES.get(own.get("csv", ""))) is not None:
        parts.append(_("Table: %(what)s") % {"what": table})
    return " · ".join(part for part in parts if part)


def _days(first: str, last: str) -> str:
    try:
        begins, ends = (day(date.fromisoformat(text)) if text else "" for text in (first, last))
    except ValueError:
        return f"{first} – {last}"
    if begins and ends:
        return begins if begins == ends else f"{begins} – {ends}"
    return _("from %(day)s") % {"day": begins} if begins else _("until %(day)s") % {"day": ends}
