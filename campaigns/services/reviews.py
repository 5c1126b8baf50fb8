"""Sales is asked before a campaign goes live: it clears, or objects with a reason; the director may overrule."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.domain.notes import ReviewState
from campaigns.models import Campaign, Review
from campaigns.selectors import notes as notes_selectors
from campaigns.selectors import reviews as selectors
from campaigns.services import notes
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import people_with
from leadsync.core.db import locked
from leadsync.core.errors import Conflict, Invalid
from leadsync.notices import services as notices

MOST_NOTE = 5_000


def check_answered(campaign: Campaign) -> None:
    """Raise `Invalid`, naming the notes, while one that advises against this market is unanswered."""
    missing = notes_selectors.unanswered(notes_selectors.faced_by(campaign))
    if missing:
        raise Invalid(
            ngettext(
                "%(n)d note about this market has no answer yet. Say what is different this time.",
                "%(n)d notes about this market have no answer yet. Say what is different this time.",
                len(missing),
            )
            % {"n": len(missing)},
            field=f"answer_{missing[0].pk}",
            notes=[note.pk for note in missing],
        )


def check_may_go_live(campaign: Campaign) -> None:
    """Raise `Invalid` while sales has not cleared the campaign, or a note is unanswered."""
    check_answered(campaign)
    review = selectors.review_of(campaign)
    if selectors.is_cleared(campaign, review):
        return
    if review is not None and review.state == ReviewState.OBJECTED:
        raise Invalid(
            _("Sales objects: %(reason)s. Change it and ask again, or ask the director.")
            % {"reason": review.note},
            field="to",
        )
    raise Invalid(_("Sales has not cleared it yet."), field="to")


def ask(
    campaign: Campaign, *, by: User, answers: Mapping[int, str] | None = None, at: datetime | None = None
) -> Review:
    """Ask sales, inside the transaction that puts the campaign under review. An earlier review no longer counts.

    Raises `Invalid` while a note is unanswered.
    """
    now = at or timezone.now()
    notes.store_answers(campaign=campaign, answers=answers or {}, by=by, at=now)
    check_answered(campaign)
    return _open(campaign, by, now)


def ask_again(campaign: Campaign, *, by: User, at: datetime | None = None) -> Review:
    """The same for a campaign whose market was changed: what is unanswered then stands in the way of going live."""
    return _open(campaign, by, at or timezone.now())


def _open(campaign: Campaign, by: User, now: datetime) -> Review:
    Review.objects.filter(campaign=campaign).exclude(state=ReviewState.VOID).update(state=ReviewState.VOID)
    review = Review.objects.create(
        campaign=campaign, at=now, by=by, market=str(campaign.market or ""), segment=campaign.segment
    )
    notices.put(
        kind="review_asked",
        recipients=people_with(Role.HEAD_OF_SALES),
        key=f"review:{review.pk}",
        context=_facts(campaign) | {"asker": by.name},
        url=_url(campaign),
        by=by,
        at=now,
    )
    return review


def _facts(campaign: Campaign) -> dict[str, str]:
    return {"campaign": campaign.name, "country": str(campaign.market or ""), "segment": campaign.segment}


def _url(campaign: Campaign) -> str:
    return reverse("campaigns:page", args=[campaign.pk])


def _held(review: Review) -> Review:
    """The review, locked with its campaign. Raises `Conflict` when it no longer counts."""
    locked(Campaign.objects.filter(pk=review.campaign_id)).first()
    held = locked(Review.objects.filter(pk=review.pk)).select_related("campaign", "by").get()
    if held.state == ReviewState.VOID or held.campaign.state != Campaign.State.REVIEW:
        raise Conflict(_("This campaign is no longer under this review. Look at it again."))
    return held


def _note(text: str, empty: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(empty, field="note")
    if len(text) > MOST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_NOTE}, field="note")
    return text


@transaction.atomic
def clear(*, review: Review, by: User, note: str = "", at: datetime | None = None) -> Review:
    """Sales has nothing against it: marketing may go live.

    Raises `NotAllowed`, `Conflict` when it no longer counts, `Invalid` while a note about the market is unanswered.
    """
    check(by, Can.CLEAR_CAMPAIGNS)
    held = _held(review)
    check_answered(held.campaign)
    return _decide(held, ReviewState.CLEARED, note.replace("\x00", "").strip()[:MOST_NOTE], by, at)


@transaction.atomic
def object_to(*, review: Review, by: User, note: str, at: datetime | None = None) -> Review:
    """Sales objects, with the reason. Raises `NotAllowed`, `Conflict`, `Invalid` without a reason."""
    check(by, Can.CLEAR_CAMPAIGNS)
    held = _held(review)
    return _decide(held, ReviewState.OBJECTED, _note(note, _("Say why, so that it can be changed.")), by, at)


def _decide(held: Review, state: ReviewState, note: str, by: User, at: datetime | None) -> Review:
    if held.state == state and held.note == note:
        return held
    if held.state == ReviewState.OVERRULED:
        raise Conflict(_("The director has decided about this campaign already."))
    now = at or timezone.now()
    held.state, held.note, held.decided_at, held.decided_by = state, note, now, by
    held.save()
    notices.put(
        kind="review_decided",
        recipients={held.by_id, held.campaign.owner_id},
        key=f"review_decided:{held.pk}:{now.isoformat()}",
        context=_facts(held.campaign) | {"state": state.value, "note": note[:500], "who": by.name},
        url=_url(held.campaign),
        by=by,
        at=now,
    )
    return held


@transaction.atomic
def overrule(*, review: Review, by: User, note: str, at: datetime | None = None) -> Review:
    """The director lets it go live over an objection, with a note that both sides read.

    Raises `NotAllowed`, `Conflict`, `Invalid` without a note, while a note about the market is unanswered, or where
    nobody objected.
    """
    check(by, Can.OVERRULE_REVIEWS)
    held = _held(review)
    text = _note(note, _("Say why, for both sides to read."))
    if held.state != ReviewState.OBJECTED:
        raise Invalid(_("Sales has not objected: there is nothing to overrule."), field="note")
    check_answered(held.campaign)
    now = at or timezone.now()
    held.state, held.overruling = ReviewState.OVERRULED, text
    held.overruled_at, held.overruled_by = now, by
    held.save()
    notices.put(
        kind="review_decided",
        recipients={held.by_id, held.campaign.owner_id, held.decided_by_id},
        key=f"review_decided:{held.pk}:{now.isoformat()}",
        context=_facts(held.campaign)
        | {"state": ReviewState.OVERRULED.value, "note": text[:500], "who": by.name},
        url=_url(held.campaign),
        by=by,
        at=now,
    )
    return held
