"""What is known of a market, on the pages of campaigns: while one is drafted, and while it is under review."""

from typing import Any

from django import template
from django.template.context import Context

from campaigns.domain.notes import Market, ReviewState
from campaigns.models import Campaign
from campaigns.selectors import notes, reviews
from feedback.selectors import markets
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can

register = template.Library()

BEFORE = (Campaign.State.DRAFT, Campaign.State.REVIEW, Campaign.State.STOPPED)


@register.inclusion_tag("feedback/panels/review.html", takes_context=True)
def review_panel(context: Context, campaign: Campaign) -> dict[str, Any]:
    """Notes about the campaign's market with marketing's answers, the market's figures, and what sales says."""
    person = person_of(context["request"])
    faced = notes.faced_by(campaign)
    review = reviews.review_of(campaign)
    market = notes.market_of(campaign)
    is_before = campaign.state in BEFORE
    may_edit = person.can(Can.EDIT_CAMPAIGNS)
    missing = notes.unanswered(faced)
    is_asked = review is not None and campaign.state == Campaign.State.REVIEW
    return {
        "csrf_token": context.get("csrf_token"),
        "campaign": campaign,
        "faced": faced,
        "evidence": markets.of_campaign(faced) if faced else {},
        "missing": missing,
        "review": review,
        "market": market,
        "figures": markets.figures_of(market) if is_before and (market.country or market.segment) else None,
        "typed": context.get("typed") or {},
        "is_shown": is_before or bool(faced),
        "is_before": is_before,
        "may_edit": may_edit,
        "may_ask": may_edit and campaign.state in {Campaign.State.DRAFT, Campaign.State.STOPPED},
        "may_ask_again": may_edit
        and is_asked
        and review is not None
        and review.state == ReviewState.OBJECTED,
        "may_decide": is_asked
        and person.can(Can.CLEAR_CAMPAIGNS)
        and review is not None
        and review.state != ReviewState.OVERRULED,
        "may_overrule": is_asked
        and person.can(Can.OVERRULE_REVIEWS)
        and review is not None
        and review.state == ReviewState.OBJECTED,
        "may_go_live": may_edit and is_asked and not missing and reviews.is_cleared(campaign, review),
    }


@register.simple_tag
def typed_answer(typed: Any, note_id: int, stored: str) -> str:
    """What stands in the field of an answer: what was typed and refused, else what is stored."""
    name = f"answer_{note_id}"
    return str(typed[name]) if name in typed else stored


@register.simple_tag
def rests_on(evidence: dict[int, list[Any]], note_id: int) -> list[Any]:
    """The leads that a note rests on."""
    return evidence.get(note_id, [])


@register.inclusion_tag("feedback/panels/market.html")
def market_panel(country: Any, segment: str) -> dict[str, Any]:
    """Notes and figures of a market, while a campaign for it is drafted; the country as typed or as kept."""
    market = Market(str(country), segment)
    is_named = bool(market.country or market.segment)
    found = notes.concerning(market) if is_named else []
    return {
        "market": market,
        "notes": found,
        "evidence": markets.of_campaign([notes.Faced(note, None) for note in found]) if found else {},
        "figures": markets.figures_of(market) if is_named else None,
    }
