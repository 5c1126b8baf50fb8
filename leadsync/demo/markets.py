"""What the sample company knows of its markets, and what sales said before each campaign went live."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.domain.notes import STANDING, ReviewState
from campaigns.models import Campaign, MarketNote, NoteAnswer, Review
from campaigns.selectors import notes
from feedback.models import Evidence
from leads.models import Lead
from leadsync.accounts.models import User

# country, segment, stance, words, author, days ago, what marketing answers
NOTES = (
    (
        "GB",
        "",
        "avoid",
        "Freight makes us a third dearer than local makers, and customs takes three weeks. Six offers, no order.",
        "iga",
        96,
        "",
    ),
    (
        "DE",
        "",
        "caution",
        "Buyers ask for the DIN certificate on the first call. Without it the talk ends there.",
        "lena",
        140,
        "The certificate is on the landing page and in the first mail.",
    ),
    (
        "RU",
        "",
        "avoid",
        "Payment takes months, and insurers no longer cover it.",
        "dmitri",
        200,
        "Only partners who pay in advance.",
    ),
    (
        "LV",
        "",
        "chance",
        "Two new logistics parks open in spring; nobody delivers bays within four weeks.",
        "nina",
        30,
        "",
    ),
    (
        "",
        "Logistics over 50 people",
        "caution",
        "They buy twice a year, in March and September. Ask for the budget round first.",
        "pawel",
        60,
        "The mails go out in February and August.",
    ),
)
EVIDENCE = 4


def fill(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """Notes with the leads they rest on, answers of marketing, and a review for each campaign that was under one."""
    answers: dict[int, str] = {}
    for country, segment, stance, text, author, days, answer in NOTES:
        at = now - timedelta(days=days)
        note = MarketNote.objects.create(
            country=country, segment=segment, stance=stance, text=text, by=people[author], at=at
        )
        answers[note.pk] = answer
        there = Lead.objects.filter(is_test=False, received_at__lt=at)
        there = there.filter(country=country) if country else there.filter(campaign__segment=segment)
        for lead in there.filter(mark__in=["not_a_fit", "qualified"]).order_by("-received_at")[:EVIDENCE]:
            Evidence.objects.create(note=note, lead=lead, by=people[author], at=at)
    for campaign in campaigns.values():
        _review(campaign, people, answers, now)


def _review(
    campaign: Campaign, people: Mapping[str, User], answers: Mapping[int, str], now: datetime
) -> None:
    if campaign.state == Campaign.State.DRAFT:
        return
    begun = campaign.history.order_by("history_date").filter(state="live").first()
    is_asked = campaign.state == Campaign.State.REVIEW
    decided = None if is_asked or begun is None else begun.history_date - timedelta(hours=2)
    asked = (decided or now) - timedelta(days=1)
    review = Review.objects.create(
        campaign=campaign,
        by=campaign.owner,
        at=asked,
        market=str(campaign.market or ""),
        segment=campaign.segment,
        state=ReviewState.ASKED if decided is None else ReviewState.CLEARED,
        decided_at=decided,
        decided_by=people["tomasz"] if decided else None,
    )
    for one in notes.faced_by(campaign):
        text = answers.get(one.note.pk, "")
        if one.needs_answer and (text or review.state in STANDING):
            NoteAnswer.objects.create(
                campaign=campaign,
                note=one.note,
                text=text or "Twenty leads first; we go on only if the gate is passed.",
                by=campaign.owner,
                at=max(asked, one.note.at),
            )
