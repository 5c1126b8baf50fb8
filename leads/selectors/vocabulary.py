"""The lists of reasons and tags as their page shows them, with how often each was used."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from leads.domain.reasons import OTHER, STOCK_REASONS
from leads.domain.tags import STOCK_TAGS
from leads.models import Lead, Mark, Reason, Tag, Topic

_STOCK_KEYS = frozenset({stock.key for stock in STOCK_REASONS} | {stock.key for stock in STOCK_TAGS})


@dataclass(frozen=True, slots=True)
class Row:
    """One word. `used`: leads that have it now. `may_remove`: the company's own, and never used."""

    word: Reason | Tag
    used: int
    may_remove: bool
    is_first: bool
    is_last: bool
    must_stay: bool  # cannot be taken out of use


@dataclass(frozen=True, slots=True)
class TagList:
    """The tags of one topic."""

    topic: str
    label: str
    rows: list[Row]


def _rows(words: list[tuple[Reason | Tag, int, bool]]) -> list[Row]:
    return [
        Row(
            word=word,
            used=used,
            may_remove=not was_used and word.key not in _STOCK_KEYS,
            is_first=place == 0,
            is_last=place == len(words) - 1,
            must_stay=word.key == OTHER,
        )
        for place, (word, used, was_used) in enumerate(words)
    ]


def reasons() -> list[Row]:
    """All reasons in their order. One query."""
    leads = (
        Lead.objects.counted()
        .filter(reason=OuterRef("pk"))
        .order_by()
        .values("reason")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found: QuerySet[Reason] = Reason.objects.annotate(
        used=Coalesce(Subquery(leads, output_field=IntegerField()), Value(0)),
        is_on_a_lead=Exists(Lead.objects.filter(reason=OuterRef("pk"))),
        is_in_a_mark=Exists(Mark.objects.filter(reason=OuterRef("pk"))),
    ).order_by("position", "pk")
    return _rows([(one, one.used, one.is_on_a_lead or one.is_in_a_mark) for one in found])  # type: ignore[attr-defined]


def tag_lists() -> list[TagList]:
    """All tags by topic, in their order. One query."""
    found = Tag.objects.annotate(used=Count("findings")).order_by("position", F("pk"))
    by_topic: dict[str, list[tuple[Reason | Tag, int, bool]]] = {topic: [] for topic in Topic.values}
    for one in found:
        by_topic[one.topic].append((one, one.used, one.used > 0))
    return [TagList(topic, str(Topic(topic).label), _rows(words)) for topic, words in by_topic.items()]
