"""What a kind of notice is, and the register of them.

A notice is stored as its kind and a few facts (`context`); the sentence is made when somebody reads it or
when the mail is written, in the reader's language and the company's zone. Facts first, the number in front,
then the next step. A kind nobody registered, or a fact that is missing, still gives a readable line: a notice
is never lost.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import day, when


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads: a title, number in front; the facts and the next step; the name of the link.

    `public` is the title for the company's channel, where it differs: without names of people.
    """

    title: str
    text: str = ""
    action: str = ""
    public: str = ""


class Group(StrEnum):
    """What the company's channel can be told of, in the order in which the settings list it."""

    LATE = "late"
    GATES = "gates"
    WINS = "wins"
    AGREEMENT = "agreement"
    CHANNELS = "channels"


GROUPS = {
    Group.LATE: gettext_lazy("Leads past the promise, and past twice the promise"),
    Group.GATES: gettext_lazy("Verdicts on the first leads of a campaign"),
    Group.WINS: gettext_lazy("Won deals"),
    Group.AGREEMENT: gettext_lazy("A new agreement in force"),
    Group.CHANNELS: gettext_lazy("Contact points that do not work, and that work again"),
}


class Facts(dict[str, Any]):
    """The stored context; a fact that is not there reads as nothing."""

    def __missing__(self, key: str) -> str:
        return ""

    def count(self, key: str = "count") -> int:
        """A whole number, 0 where there is none."""
        try:
            return int(self[key] or 0)
        except (TypeError, ValueError):
            return 0

    def time(self, key: str) -> str:
        """An instant in words ("today 10:30"), nothing where there is none."""
        value = self[key]
        instant = (
            value
            if isinstance(value, datetime)
            else parse_datetime(value)
            if isinstance(value, str)
            else None
        )
        return when(instant) if instant else ""

    def day(self, key: str) -> str:
        """A day in words, nothing where there is none."""
        value = parse_date(str(self[key]))
        return day(value) if value else ""

    def money(self, key: str) -> str:
        """An amount in the company's currency, nothing where there is none."""
        try:
            return format_money(Decimal(str(self[key]))) if self[key] != "" else ""
        except InvalidOperation:
            return ""

    def lead(self) -> str:
        """The lead as people call it: its title and, where it says more, its company."""
        if self["is_erased"]:
            return _("Erased")
        title, company = str(self["lead"] or _("a lead")), str(self["company"] or "")
        return f"{title}, {company}" if company and company != title else title


type Maker = Callable[[Facts], Words]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of notice looks and reads."""

    name: str
    icon: str
    tone: str
    words: Maker
    group: Group | None = None  # which news of the company it is, for the webhook
    is_batched: bool = False  # an instant one waits a quarter of an hour for more of its kind


KINDS: dict[str, Kind] = {}


def registered(
    name: str, icon: str, tone: str = "", *, group: Group | None = None, is_batched: bool = False
) -> Callable[[Callable[[Facts], Words]], Callable[[Facts], Words]]:
    """Register the words of a kind. The docstring of the function names the facts it reads."""

    def register(words: Maker) -> Maker:
        KINDS[name] = Kind(name, icon, tone, words, group, is_batched)
        return words

    return register


def _unknown(name: str) -> Kind:
    return Kind(name, "info", "", lambda facts: Words(str(facts["title"] or name), str(facts["text"])))


def kind_of(name: str) -> Kind:
    """The kind of that name; one that nobody registered shows `title` and `text` of its context."""
    return KINDS.get(name) or _unknown(name)


def batched_kinds() -> frozenset[str]:
    """Kinds whose instant notices wait for more of them."""
    return frozenset(kind.name for kind in KINDS.values() if kind.is_batched)


def kinds_in(groups: Iterable[str]) -> list[str]:
    """Names of the kinds that belong to these groups of news."""
    wanted = set(groups)
    return [kind.name for kind in KINDS.values() if kind.group is not None and kind.group.value in wanted]


def is_news(name: str, context: Mapping[str, Any]) -> bool:
    """Whether the whole company may hear of it. A first signature under an agreement is for its heads alone."""
    kind = KINDS.get(name)
    if kind is None or kind.group is None:
        return False
    return kind.group is not Group.AGREEMENT or bool(context.get("is_in_force"))


def words_for(name: str, context: Mapping[str, Any]) -> Words:
    """The words of a notice in the language and zone in force."""
    return kind_of(name).words(Facts(context))


def sentences(*parts: str) -> str:
    """Those that say something, one after the other."""
    return " ".join(part for part in parts if part)


def named(label: str, value: Any) -> str:
    """ "Campaign: Spring offer." or nothing, when there is nothing to say."""
    if not value:
        return ""
    return f"{label}: {value}" + ("" if str(value).endswith((".", "?", "!", "…")) else ".")


def told(facts: Facts, *keys: str) -> list[str]:
    """Facts of these keys, each with its label."""
    labels = {"campaign": _("Campaign"), "rep": _("Rep"), "reason": _("Reason"), "note": _("Note")}
    return [named(labels[key], facts[key]) for key in keys]
