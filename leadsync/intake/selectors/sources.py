"""Sources as their pages show them: how they stand, how they are set up, what was asked so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from campaigns.models import Campaign
from leads.selectors import agreement
from leads.selectors.imports import question_labels
from leadsync.intake.domain.mapping import is_target, suggested
from leadsync.intake.domain.reading import Asked, Unreadable
from leadsync.intake.models import Payload, Source
from leadsync.intake.selectors.message_words import refusal_words
from leadsync.intake.selectors.reading import message_of

SEEN: Final = 200  # of so many messages, the newest, questions are shown
MOST_EXAMPLE: Final = 200

State = Payload.State


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source and how it stands. `refusal` says why the last message was refused, where that is news."""

    source: Source
    waiting: int
    unreadable: int
    refusal: str


def _rows(sources: list[Source]) -> list[SourceRow]:
    counts: dict[int, tuple[int, int]] = {
        source_id: (waiting, unreadable)
        for source_id, waiting, unreadable in Payload.objects.filter(
            source__in=sources, state__in=(State.WAITING, State.UNREADABLE)
        )
        .order_by()
        .values_list("source")
        .annotate(
            waiting=Count("pk", filter=Q(state=State.WAITING)),
            unreadable=Count("pk", filter=Q(state=State.UNREADABLE)),
        )
    }
    return [
        SourceRow(one, *counts.get(one.pk, (0, 0)), refusal_words(one.refusal) if _is_news(one) else "")
        for one in sources
    ]


def _is_news(source: Source) -> bool:
    """Whether the last message was one that was refused."""
    return source.refused_at is not None and (source.heard_at is None or source.refused_at > source.heard_at)


def source_rows() -> list[SourceRow]:
    """All sources, by name. Two queries."""
    return _rows(list(Source.objects.select_related("campaign", "changed_by").order_by("name", "pk")))


def rows_of_campaign(campaign: Campaign) -> list[SourceRow]:
    """The campaign's sources, by name. Two queries; one where there is none."""
    found = list(Source.objects.filter(campaign=campaign).order_by("name", "pk"))
    return _rows(found) if found else []


def row_of(source: Source) -> SourceRow:
    """One source. One query."""
    return _rows([source])[0]


def address_of(source: Source) -> str:
    """Where its messages are sent."""
    return f"{settings.LEADSYNC_BASE_URL}/in/{source.key}/"


def last_message(source: Source) -> Payload | None:
    """The newest message that was theirs, without what it says. One query."""
    return Payload.objects.filter(source=source).select_related("lead").defer("body").order_by("-id").first()


def possible_campaigns(besides: int | None = None) -> QuerySet[Campaign]:
    """Campaigns that leads can be sent to: those that are not over, and the one there is."""
    over = (Campaign.State.ENDED, Campaign.State.STOPPED)
    return Campaign.objects.filter(~Q(state__in=over) | Q(pk=besides or 0)).order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question that was seen, with an answer as an example and where such answers go."""

    asked: Asked
    target: str
    is_suggested: bool
    count: int  # in how many of the messages looked at


@dataclass(frozen=True, slots=True)
class Seen:
    """Questions of the newest messages, the order in which a form asks them."""

    questions: list[QuestionRow]
    messages: int
    since: datetime | None


def seen(source: Source) -> Seen:
    """What was asked in the source's newest messages, and what is mapped but was not seen lately. One query and terms."""
    newest = Payload.objects.filter(source=source).order_by("-id").values_list("body", "received_at")[:SEEN]
    found: dict[str, Asked] = {}
    counts: dict[str, int] = {}
    read = 0
    since = None
    for body, received_at in newest:
        try:
            message = message_of(source, body)
        except Unreadable:
            continue
        read, since = read + 1, received_at
        for one in message.asked:
            counts[one.key] = counts.get(one.key, 0) + 1
            if one.key not in found or (not found[one.key].value.strip() and one.value.strip()):
                found[one.key] = one
    mapping: Mapping[str, str] = source.mapping
    for key in mapping:
        found.setdefault(key, Asked(key, key, ""))
    criteria = agreement.terms().criteria
    asked = list(found.values())
    guessed = suggested(asked, criteria)
    keys = [one.key for one in criteria]
    rows = []
    for one, guess in zip(asked, guessed, strict=True):
        is_chosen = is_target(mapping.get(one.key, "?"), keys)
        target = mapping[one.key] if is_chosen else guess
        shown = Asked(one.key, one.title, one.value[:MOST_EXAMPLE], one.field, one.rank)
        rows.append(QuestionRow(shown, target, not is_chosen and bool(guess), counts.get(one.key, 0)))
    return Seen(rows, read, since)


def questions() -> dict[str, str]:
    """What an answer can answer of the definition in force, by "answer:" and key."""
    return question_labels()
