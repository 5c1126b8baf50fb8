"""What sales says about a campaign before it goes live."""

from campaigns.domain.notes import STANDING, Market, ReviewState, needs_review_again
from campaigns.models import Campaign, Review
from campaigns.selectors.notes import market_of


def review_of(campaign: Campaign) -> Review | None:
    """The review that counts, with who asked and decided; None where sales was never asked."""
    return (
        Review.objects.filter(campaign=campaign)
        .exclude(state=ReviewState.VOID)
        .select_related("by", "decided_by", "overruled_by")
        .first()
    )


def is_cleared(campaign: Campaign, review: Review | None) -> bool:
    """Whether sales, or the director over sales, lets it go live.

    A campaign that was live before anybody was asked may go on without being asked; one in review may not. What
    was said about another market does not count.
    """
    if review is None:
        return campaign.state in {Campaign.State.PAUSED, Campaign.State.ENDED, Campaign.State.LIVE}
    asked_about = Market(str(review.market or ""), review.segment)
    return review.state in STANDING and not needs_review_again(asked_about, market_of(campaign))


def waiting() -> list[Review]:
    """Reviews that wait for sales, the longest first."""
    rows = Review.objects.filter(state=ReviewState.ASKED, campaign__state=Campaign.State.REVIEW)
    return list(rows.select_related("campaign", "campaign__channel", "campaign__owner", "by").order_by("at"))
