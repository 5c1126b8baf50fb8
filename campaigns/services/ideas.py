"""Proposing campaigns, voting for them, and what becomes of an idea."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django_countries import countries

from campaigns.domain import ideas as domain
from campaigns.domain.ideas import IdeaState
from campaigns.models import Campaign, Idea, Vote
from campaigns.services import campaigns
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices import services as notices


def _plain(text: str) -> str:
    """Without what no database keeps and nobody sees: control characters, line breaks apart."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in lines if sign in "\n\t" or sign.isprintable()).strip()


def _checked(title: str, text: str, market: str, segment: str) -> dict[str, str]:
    title, text, segment = " ".join(_plain(title).split()), _plain(text), " ".join(_plain(segment).split())
    if not title:
        raise Invalid(_("Say in a few words what it is."), field="title")
    for field, found, most in (
        ("title", title, domain.MOST_TITLE),
        ("text", text, domain.MOST_TEXT),
        ("segment", segment, domain.MOST_SEGMENT),
    ):
        if len(found) > most:
            raise Invalid(_("At most %(n)d characters.") % {"n": most}, field=field)
    if not text:
        raise Invalid(_("Say why it should work, so that others can judge it."), field="text")
    if market and market not in dict(countries):
        raise Invalid(_("This is not a country."), field="market")
    return {"title": title, "text": text, "market": market, "segment": segment}


@transaction.atomic
def propose(
    *, by: User, title: str, text: str, market: str = "", segment: str = "", at: datetime | None = None
) -> Idea:
    """Propose a campaign; who proposes is for it: the first vote. The same proposal sent twice is one.

    Raises `NotAllowed`, `Invalid` with the field that offends.
    """
    check(by, Can.PROPOSE_IDEAS)
    values = _checked(title, text, market, segment)
    now = at or db.now()
    # The same form sent twice at once waits here.
    db.locked(User.objects.filter(pk=by.pk)).first()
    same = Idea.objects.filter(by=by, state=IdeaState.OPEN, **values).first()
    if same is not None:
        return same
    idea = Idea.objects.create(by=by, at=now, **values)
    Vote.objects.create(idea=idea, by=by, at=now)
    return idea


@transaction.atomic
def edit(
    *, idea: Idea, by: User, version: int, title: str, text: str, market: str = "", segment: str = ""
) -> Idea:
    """Say it better: by its author, while it is open. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    held = _held(idea)
    check(by, Can.PROPOSE_IDEAS)
    _check_own(held, by)
    values = _checked(title, text, market, segment)
    if held.state != IdeaState.OPEN or held.version != version:
        raise Conflict(_told(held), version=held.version)
    return _save(held, **values)


@transaction.atomic
def vote(*, idea: Idea, by: User, at: datetime | None = None) -> None:
    """Be for an idea, once a person; again changes nothing. Raises `NotAllowed`; `Conflict` when it is no longer open."""
    check(by, Can.PROPOSE_IDEAS)
    held = _held(idea)
    if held.state != IdeaState.OPEN:
        raise Conflict(_told(held))
    Vote.objects.bulk_create([Vote(idea=held, by=by, at=at or db.now())], ignore_conflicts=True)


@transaction.atomic
def take_vote_back(*, idea: Idea, by: User) -> None:
    """Take one's vote back while the idea is open; where there is none nothing changes. Raises as `vote` does."""
    check(by, Can.PROPOSE_IDEAS)
    held = _held(idea)
    if held.state != IdeaState.OPEN:
        raise Conflict(_told(held))
    Vote.objects.filter(idea=held, by=by).delete()


@transaction.atomic
def withdraw(*, idea: Idea, by: User, at: datetime | None = None) -> Idea:
    """Its author takes it back; it stays to be read. Withdrawn twice is once. Raises `NotAllowed`, `Conflict`."""
    check(by, Can.PROPOSE_IDEAS)
    held = _held(idea)
    _check_own(held, by)
    if held.state == IdeaState.WITHDRAWN:
        return held
    if held.state != IdeaState.OPEN:
        raise Conflict(_told(held))
    return _save(held, state=IdeaState.WITHDRAWN, decided_at=at or db.now(), decided_by=by, note="")


@transaction.atomic
def decline(*, idea: Idea, by: User, reason: str, at: datetime | None = None) -> Idea:
    """Marketing says "not now", and why; the author is told. Raises `NotAllowed`, `Invalid`, `Conflict`."""
    check(by, Can.EDIT_CAMPAIGNS)
    now = at or db.now()
    held = _held(idea)
    note = _plain(reason)
    if held.state == IdeaState.DECLINED and held.note == note:
        return held
    if held.state != IdeaState.OPEN:
        raise Conflict(_told(held))
    if not note:
        raise Invalid(_("Say why not, for whoever proposed it."), field="reason")
    if len(note) > domain.MOST_TEXT:
        raise Invalid(_("At most %(n)d characters.") % {"n": domain.MOST_TEXT}, field="reason")
    _save(held, state=IdeaState.DECLINED, decided_at=now, decided_by=by, note=note)
    notices.put(
        kind="idea_declined",
        recipients={held.by_id},
        key=f"idea_declined:{held.pk}:{held.version}",
        context={"title": held.title, "name": by.name, "reason": note[:300]},
        url=reverse("campaigns:idea", args=[held.pk]),
        by=by,
        at=now,
    )
    return held


@transaction.atomic
def reopen(*, idea: Idea, by: User) -> Idea:
    """Open it again: a withdrawn one by its author, a declined one by marketing. Raises `NotAllowed`, `Conflict`."""
    held = _held(idea)
    if held.state == IdeaState.WITHDRAWN:
        check(by, Can.PROPOSE_IDEAS)
        _check_own(held, by)
    else:
        check(by, Can.EDIT_CAMPAIGNS)
    if held.state == IdeaState.OPEN:
        return held
    if held.state == IdeaState.TAKEN:
        raise Conflict(_told(held))
    return _save(held, state=IdeaState.OPEN, decided_at=None, decided_by=None, note="")


@transaction.atomic
def take(*, idea: Idea, by: User, campaign: Mapping[str, Any], at: datetime | None = None) -> Campaign:
    """Make it a campaign draft that names its author, who is told. `campaign`: what `campaigns.create` takes.

    Raises `NotAllowed`, `Invalid` as making a campaign does; `Conflict` when it is no longer open, naming what became
    of it.
    """
    check(by, Can.EDIT_CAMPAIGNS)
    now = at or db.now()
    held = _held(idea)
    if held.state != IdeaState.OPEN:
        raise Conflict(_told(held))
    made = campaigns.create(by=by, **campaign)
    Campaign.objects.filter(pk=made.pk).update(idea=held)
    made.idea = held
    _save(held, state=IdeaState.TAKEN, decided_at=now, decided_by=by, note="")
    notices.put(
        kind="idea_taken",
        recipients={held.by_id},
        key=f"idea_taken:{held.pk}:{made.pk}",
        context={"title": held.title, "name": by.name, "campaign": made.name},
        url=reverse("campaigns:page", args=[made.pk]),
        by=by,
        at=now,
    )
    return made


# ---------------------------------------------------------------------------------------------- inside


def _held(idea: Idea) -> Idea:
    held = db.locked(Idea.objects.filter(pk=idea.pk)).first()
    if held is None:
        raise NotFound(_("This idea is no longer here."))
    return held


def _check_own(held: Idea, by: User) -> None:
    if held.by_id != by.pk:
        raise NotAllowed(_("Somebody else proposed this. Vote for it, or propose one of your own."))


def _told(held: Idea) -> str:
    """What became of it meanwhile, and by whom."""
    name = held.decided_by.name if held.decided_by else ""
    if held.state == IdeaState.TAKEN:
        campaign = held.campaigns.order_by("pk").first()
        return _("This idea is a campaign by now: %(campaign)s (%(name)s).") % {
            "campaign": campaign.name if campaign else "–",
            "name": name,
        }
    if held.state == IdeaState.DECLINED:
        return _("Declined meanwhile: %(name)s.") % {"name": name}
    if held.state == IdeaState.WITHDRAWN:
        return _("Withdrawn meanwhile: %(name)s.") % {"name": name}
    return _("This idea was changed meanwhile. Nothing you typed is lost.")


def _save(held: Idea, **values: Any) -> Idea:
    for name, value in values.items():
        setattr(held, name, value)
    held.version += 1
    held.save()
    return held
