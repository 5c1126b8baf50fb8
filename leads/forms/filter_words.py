"""Filters of the leads list in words, in the reader's language: the chips above the list, what a cohort is.

They are made of the address's query, which may have been stored long ago: what it names is looked up anew.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from django_countries import countries

from campaigns.models import Campaign, Channel
from leads.filters import EVENT_WORDS, EVENTS, ME, NO_REASON, NOBODY, LeadFilter
from leads.models import Reason, Tag
from leads.selectors import backtest as back_tests
from leads.selectors import voice
from leadsync.accounts.models import Office, User
from leadsync.core.templatetags.ui import day, when
from leadsync.core.words import quoted

type Pairs = Collection[tuple[str, str]]

_YES_NO = frozenset({"late", "timed", "silent", "test"})
_PEOPLE = frozenset({"owner", "held_by"})


@dataclass(frozen=True, slots=True)
class Said:
    """One filter in words, and which names of the address it is."""

    names: tuple[str, ...]
    label: str
    words: str


@dataclass(slots=True)
class Names:
    """What the numbers and keys of addresses are called, by the name of the filter."""

    by_filter: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, queries: Iterable[Pairs], **known: Mapping[str, str]) -> "Names":
        """All that these queries name. One query for each sort of thing that is not `known` already."""
        asked: dict[str, set[str]] = {}
        for pairs in queries:
            for name, value in pairs:
                asked.setdefault("owner" if name == "held_by" else name, set()).add(value)
        found = dict(known)
        for name, model, label in (
            ("campaign", Campaign, "name"),
            ("channel", Channel, "name"),
            ("owner", User, "name"),
            ("office", Office, "name"),
        ):
            if name in asked and name not in found:
                found[name] = _called(model, asked[name], label)
        if "reason" in asked and "reason" not in found:
            found["reason"] = {reason.key: reason.words for reason in Reason.objects.all()}
        if "said" in asked and "said" not in found:
            found["said"] = {tag.key: tag.words for tag in Tag.objects.all()}
        if "measured" in asked:
            found["measured"] = {value: _measured(value) for value in asked["measured"]}
        return cls(found)

    def name(self, of: str, value: str) -> str:
        """What `value` of a filter is called; itself where nothing is known."""
        return self.by_filter.get(of, {}).get(value, value)


def _called(model: type[Model], values: Iterable[str], label: str) -> dict[str, str]:
    ids = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 16]
    rows = model._default_manager.filter(pk__in=ids).values_list("pk", label) if ids else ()
    return {str(pk): str(name) for pk, name in rows}


def _measured(value: str) -> str:
    test, _dot, verdicts = value.partition(".")
    before, _dot, after = verdicts.partition(".")
    return back_tests.words_of(int(test), before, after) if test.isascii() and test.isdigit() else value


def said(pairs: Pairs, names: Names) -> list[Said]:
    """Every filter of a query in words, in the order of the address; the two ends of a period as one."""
    return list(_said(pairs, names))


def _said(pairs: Pairs, names: Names) -> Iterator[Said]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in LeadFilter.base_filters:
            values.setdefault(name, []).append(value)
    for name, listed in values.items():
        event, _sep, end = name.rpartition("_")
        if event in EVENTS:
            first, last = f"{event}_from", f"{event}_to"
            if end == "to" and first in values:
                continue
            words = _days(values.get(first, [""])[0], values.get(last, [""])[0])
            yield Said((first, last), str(EVENT_WORDS[event]), words)
        else:
            words = ", ".join(_words(name, value, names) for value in listed)
            yield Said((name,), str(LeadFilter.base_filters[name].label), words)


def _day(text: str) -> str:
    try:
        return day(date.fromisoformat(text)) if text else ""
    except ValueError:
        return text


def _moment(text: str) -> str:
    try:
        return when(datetime.fromisoformat(text))
    except ValueError:
        return text


def _days(first: str, last: str) -> str:
    begins, ends = _day(first), _day(last)
    if begins and ends:
        return begins if first == last else f"{begins} – {ends}"
    return _("from %(day)s") % {"day": begins} if begins else _("until %(day)s") % {"day": ends}


def _words(name: str, value: str, names: Names) -> str:
    if name in _YES_NO:
        return _("yes") if value == "1" else _("no")
    if name in _PEOPLE:
        special = {ME: _("me"), NOBODY: _("nobody")}
        return special.get(value) or names.name("owner", value)
    match name:
        case "untouched":
            return _day(value)
        case "sent_after" | "sent_until":
            return _moment(value)
        case "gate":
            return value.replace("-", "–")
        case "q":
            return quoted(value)
        case "segment":
            return voice.segment_name(value)
        case "market":
            return str(countries.name(value) or value)
        case "country":
            return voice.market_name("") if value == voice.NOT_STATED else str(countries.name(value) or value)
        case "said" if value == voice.OTHER_WORDS:
            return _("In other words")
        case "reason" | "office" if value in {NO_REASON, NOBODY}:
            return _("none given")
    return _label(name, value) or names.name(name, value)


def _label(name: str, value: str) -> str:
    """The words of a fixed choice; "" where the filter has none, or makes its choices from the database."""
    choices: Any = LeadFilter.base_filters[name].extra.get("choices", ())
    return "" if callable(choices) else str(dict(choices).get(value, ""))
