"""Making and changing campaigns, and moving them through their life."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.domain import notes, states
from campaigns.models import Campaign, Channel
from campaigns.selectors import history
from campaigns.selectors.notes import market_of
from campaigns.services import reviews
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.db import locked
from leadsync.core.errors import Conflict, Invalid

EDITABLE = frozenset(
    {
        "name",
        "kind",
        "channel",
        "market",
        "segment",
        "owner",
        "starts_on",
        "ends_on",
        "budget",
        "offer",
        "terms",
        "hypothesis",
    }
)
MAX_BUDGET = Decimal(10) ** 12
LONGEST_NOTE = 100  # characters, what the history holds
# Where a change of market means that sales has to be asked (again).
ASKED_ABOUT = frozenset(
    {Campaign.State.REVIEW, Campaign.State.LIVE, Campaign.State.PAUSED, Campaign.State.ENDED}
)


def create(
    *,
    by: User,
    name: str,
    channel: Channel,
    owner: User,
    kind: str = Campaign.Kind.WEBSITE,
    market: str = "",
    segment: str = "",
    starts_on: date | None = None,
    ends_on: date | None = None,
    budget: Decimal | None = None,
    offer: str = "",
    terms: str = "",
    hypothesis: str = "",
) -> Campaign:
    """Make a campaign; it starts as a draft. Raises `NotAllowed`, `Invalid` with the field that offends."""
    check(by, Can.EDIT_CAMPAIGNS)
    campaign = Campaign(
        name=name.strip(),
        kind=kind,
        channel=channel,
        market=market,
        segment=segment.strip(),
        owner=owner,
        starts_on=starts_on,
        ends_on=ends_on,
        budget=budget,
        offer=offer.strip(),
        terms=terms.strip(),
        hypothesis=hypothesis.strip(),
    )
    with transaction.atomic():
        # The channel's row is what two people making the same name at once wait for.
        locked(Channel.objects.filter(pk=channel.pk)).first()
        _check(campaign)
        return _save(campaign, by)


def edit(*, campaign: Campaign, by: User, version: int, changes: Mapping[str, Any]) -> Campaign:
    """Change fields of a campaign; `changes` holds some of `EDITABLE`, `version` is what the person saw.

    A campaign that goes to another market than sales was asked about is under review again. Raises `NotAllowed`,
    `Invalid`, and `Conflict` when somebody saved meanwhile: its context holds `happened`, what the others changed,
    newest first. Saving what is already there changes nothing.
    """
    check(by, Can.EDIT_CAMPAIGNS)
    unknown = set(changes) - EDITABLE
    if unknown:
        raise TypeError(f"not to be changed this way: {', '.join(sorted(unknown))}")
    with transaction.atomic():
        current = _for_change(campaign, version)
        before = {field: getattr(current, field) for field in changes}
        market = market_of(current)
        for field, value in changes.items():
            setattr(current, field, value.strip() if isinstance(value, str) else value)
        if all(getattr(current, field) == value for field, value in before.items()):
            return current
        if "channel" in changes:
            locked(Channel.objects.filter(pk=current.channel_id)).first()
        _check(current)
        asks = current.state in ASKED_ABOUT and notes.needs_review_again(market, market_of(current))
        if asks:
            current.state = Campaign.State.REVIEW
        saved = _save(current, by)
        if asks:
            reviews.ask_again(saved, by=by)
        return saved


def change_state(
    *,
    campaign: Campaign,
    by: User,
    to: str,
    version: int,
    answers: Mapping[int, str] | None = None,
    note: str = "",
) -> Campaign:
    """Move a campaign on in its life, along `campaigns.domain.states.NEXT`.

    Under review sales is asked; `answers` is what marketing says to the notes about its market, by the note's id. `note`
    says why, and stands with the change in what happened.
    Live it goes only cleared by sales, or by the director over sales. Raises `NotAllowed`, `Conflict` as `edit` does,
    and `Invalid` for a step that is not open from there.
    """
    check(by, Can.EDIT_CAMPAIGNS)
    note = " ".join(note.replace("\x00", "").split())
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("At most %(n)s characters.") % {"n": LONGEST_NOTE}, field="note")
    with transaction.atomic():
        current = _for_change(campaign, version)
        if to not in Campaign.State.values or not states.may_become(current.state, to):
            raise Invalid(
                _("From “%(state)s” this step is not open.") % {"state": current.get_state_display()},
                field="to",
            )
        if to == Campaign.State.LIVE:
            reviews.check_may_go_live(current)
        elif to == Campaign.State.REVIEW:
            reviews.ask(current, by=by, answers=answers)
        current.state = to
        return _save(current, by, note)


def take_back(*, campaign: Campaign, by: User, version: int, at: datetime | None = None) -> Campaign:
    """Undo the last change of state, within a day of it, whatever the order of states says.

    Raises `NotAllowed`, `Conflict`, and `Invalid` when there is nothing to undo or it is too late.
    """
    check(by, Can.EDIT_CAMPAIGNS)
    with transaction.atomic():
        return _take_back(_for_change(campaign, version), by, at or timezone.now())


def _take_back(current: Campaign, by: User, now: datetime) -> Campaign:
    happened = history.what_happened(current)
    last = history.last_change_of_state(happened)
    change = last.change_of("state") if last else None
    if last is None or change is None or not states.can_be_taken_back(last.at, now):
        raise Invalid(_("There is nothing to undo: a change of state can be taken back for a day."))
    if change.before == Campaign.State.LIVE and current.state == Campaign.State.REVIEW:
        reviews.check_may_go_live(current)
    elif change.before in ASKED_ABOUT and history.has_moved(happened[: happened.index(last)]):
        # Stopped or a draft again it could go elsewhere without asking sales: not back to where sales was asked.
        raise Invalid(_("Sales has not cleared it yet."), field="to")
    current.state = change.before
    return _save(current, by)


def stop(*, campaign: Campaign, by: User) -> Campaign:
    """Stop a campaign whose first leads were not good enough, whatever was saved meanwhile: for who decides about that.

    Raises `NotAllowed`, and `Invalid` where it cannot be stopped from its state.
    """
    check(by, Can.DECIDE_GATES)
    with transaction.atomic():
        current = locked(Campaign.objects.filter(pk=campaign.pk)).select_related("channel", "owner").get()
        if not states.may_become(current.state, Campaign.State.STOPPED):
            raise Invalid(
                _("From “%(state)s” this step is not open.") % {"state": current.get_state_display()},
                field="to",
            )
        current.state = Campaign.State.STOPPED
        return _save(current, by)


def take_stop_back(*, campaign: Campaign, by: User, at: datetime | None = None) -> Campaign:
    """Undo `stop` within a day. Raises `NotAllowed`, and `Invalid` when it is too late or no longer stopped."""
    check(by, Can.DECIDE_GATES)
    with transaction.atomic():
        current = locked(Campaign.objects.filter(pk=campaign.pk)).select_related("channel", "owner").get()
        if current.state != Campaign.State.STOPPED:
            raise Invalid(_("The campaign is no longer stopped."), field="to")
        return _take_back(current, by, at or timezone.now())


def _for_change(campaign: Campaign, version: int) -> Campaign:
    current = locked(Campaign.objects.filter(pk=campaign.pk)).select_related("channel", "owner").get()
    if current.version != version:
        # Every change raises the version by one and leaves one record of history.
        theirs = history.what_happened(current, newest=max(current.version - version, 1))
        name = next((one.by.name for one in theirs if one.by), "")
        message = (
            _("%(name)s saved this campaign while you had it open.") % {"name": name}
            if name
            else _("This campaign was saved by somebody else while you had it open.")
        )
        raise Conflict(message, happened=theirs, version=current.version)
    return current


def _save(campaign: Campaign, by: User, note: str = "") -> Campaign:
    if campaign.pk:
        campaign.version += 1
    campaign._history_user = by  # type: ignore[attr-defined]  # simple_history's way of being told
    campaign._change_reason = note or None  # type: ignore[attr-defined]  # the same
    campaign.save()
    return campaign


def _check(campaign: Campaign) -> None:
    """The rules of a campaign's fields. Raises `Invalid`."""
    if not campaign.name:
        raise Invalid(_("A campaign needs a name."), field="name")
    if len(campaign.name) > 200:
        raise Invalid(_("A name has 200 characters at most."), field="name")
    if len(campaign.segment) > 100:
        raise Invalid(_("A segment has 100 characters at most."), field="segment")
    if campaign.kind not in Campaign.Kind.values:
        raise Invalid(_("Choose what kind of campaign it is."), field="kind")
    others = Campaign.objects.filter(channel=campaign.channel, name=campaign.name).exclude(pk=campaign.pk)
    if others.exists():
        raise Invalid(
            _("%(channel)s already has a campaign of this name.") % {"channel": campaign.channel.name},
            field="name",
        )
    if campaign.starts_on and campaign.ends_on and campaign.ends_on < campaign.starts_on:
        raise Invalid(_("It ends before it starts."), field="ends_on")
    if campaign.budget is not None:
        if campaign.budget < 0:
            raise Invalid(_("A budget is 0 or more."), field="budget")
        if campaign.budget >= MAX_BUDGET:
            raise Invalid(_("This budget is too large to be kept."), field="budget")
