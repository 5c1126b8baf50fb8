"""Market notes that count, which of them a campaign has to face, and what was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from campaigns.domain import notes as domain
from campaigns.domain.notes import Market, Stance
from campaigns.models import Campaign, MarketNote, NoteAnswer

RANK = {Stance.AVOID: 0, Stance.CAUTION: 1, Stance.CHANCE: 2}


def in_force(today: date | None = None) -> QuerySet[MarketNote]:
    """Notes that count today: neither withdrawn nor past their last day."""
    on = today or timezone.localdate()
    return MarketNote.objects.filter(withdrawn_at=None).filter(
        Q(valid_until_on=None) | Q(valid_until_on__gte=on)
    )


def concerning(market: Market, today: date | None = None) -> list[MarketNote]:
    """Notes about that market, what advises against it first. One query."""
    rows = in_force(today).select_related("by")
    if market.country:
        rows = rows.filter(Q(country="") | Q(country=market.country))
    found = [row for row in rows if domain.concerns(Market(str(row.country), row.segment), market)]
    return sorted(found, key=lambda row: (RANK[Stance(row.stance)], -row.pk))


def market_of(campaign: Campaign) -> Market:
    """Where the campaign goes."""
    return Market(str(campaign.market or ""), campaign.segment)


@dataclass(frozen=True, slots=True)
class Faced:
    """A note that concerns a campaign, with what marketing says to it (None: nothing yet)."""

    note: MarketNote
    answer: NoteAnswer | None

    @property
    def needs_answer(self) -> bool:
        """Whether the campaign cannot go live before somebody says something to it."""
        return self.answer is None and self.note.stance in domain.TO_ANSWER


def faced_by(campaign: Campaign, today: date | None = None) -> list[Faced]:
    """Every note that concerns the campaign, with its answer. Two queries."""
    found = concerning(market_of(campaign), today)
    answers = (
        {row.note_id: row for row in NoteAnswer.objects.filter(campaign=campaign).select_related("by")}
        if found
        else {}
    )
    return [Faced(note, answers.get(note.pk)) for note in found]


def unanswered(faced: Sequence[Faced]) -> list[MarketNote]:
    """The notes among these that still need an answer."""
    return [one.note for one in faced if one.needs_answer]


def campaigns_facing(note: MarketNote) -> list[Campaign]:
    """Campaigns under review, live or paused that go where the note is about, with their owners. One query."""
    rows = Campaign.objects.filter(
        state__in=[Campaign.State.REVIEW, Campaign.State.LIVE, Campaign.State.PAUSED]
    ).select_related("owner")
    if note.country:
        rows = rows.filter(Q(market="") | Q(market=str(note.country)))
    about = Market(str(note.country), note.segment)
    return [row for row in rows.order_by("pk") if domain.concerns(about, market_of(row))]
