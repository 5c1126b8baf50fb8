"""Ideas for campaigns, those with the most votes first."""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from campaigns.domain.ideas import IdeaState, telling_words
from campaigns.models import Campaign, Idea, Vote
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can

PAGE = 30
ALIKE = 3
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class IdeaView:
    """One idea as a person sees it."""

    idea: Idea
    votes: int
    voters: list[User]
    campaigns: list[Campaign]
    is_voted: bool
    is_own: bool
    may_vote: bool
    may_edit: bool  # its author, while it is open
    may_decide: bool  # make it a campaign, or decline it
    may_reopen: bool


def shown() -> QuerySet[Idea]:
    """Ideas with their number of votes (`count`), people and campaigns at hand. Three queries."""
    count = Vote.objects.filter(idea=OuterRef("pk")).order_by().values("idea").annotate(n=Count("pk"))
    return (
        Idea.objects.annotate(
            count=Coalesce(Subquery(count.values("n"), output_field=IntegerField()), Value(0))
        )
        .select_related("by", "decided_by")
        .prefetch_related(
            Prefetch("votes", Vote.objects.select_related("by").order_by("pk")),
            Prefetch("campaigns", Campaign.objects.order_by("pk")),
        )
    )


def view_of(idea: Idea, person: User) -> IdeaView:
    """The idea as this person sees it; `idea` comes from `shown`."""
    votes = list(idea.votes.all())
    is_open, is_own = idea.state == IdeaState.OPEN, idea.by_id == person.pk
    may_propose, may_decide = person.can(Can.PROPOSE_IDEAS), person.can(Can.EDIT_CAMPAIGNS)
    return IdeaView(
        idea,
        len(votes),
        [one.by for one in votes],
        list(idea.campaigns.all()),
        is_voted=any(one.by_id == person.pk for one in votes),
        is_own=is_own,
        may_vote=may_propose and is_open,
        may_edit=may_propose and is_open and is_own,
        may_decide=may_decide and is_open,
        may_reopen=(may_decide and idea.state == IdeaState.DECLINED)
        or (may_propose and is_own and idea.state == IdeaState.WITHDRAWN),
    )


def _read_key(text: str) -> tuple[int, int] | None:
    votes, _dash, number = text.partition("-")
    if not all(one.isascii() and one.isdecimal() and len(one) <= MOST_DIGITS for one in (votes, number)):
        return None
    return int(votes), int(number)


def listed(person: User, *, state: str = IdeaState.OPEN, after: str = "") -> tuple[list[IdeaView], str]:
    """One page of ideas in this state, and the key of the next one. Three queries.

    Open ones by votes, among as many the newest first; the others the newest first.
    """
    rows: QuerySet[Any] = shown().filter(state=state)
    key = _read_key(after)
    if state == IdeaState.OPEN:
        if key is not None:
            rows = rows.filter(Q(count__lt=key[0]) | Q(count=key[0], pk__lt=key[1]))
        rows = rows.order_by("-count", "-pk")
    else:
        if key is not None:
            rows = rows.filter(pk__lt=key[1])
        rows = rows.order_by("-pk")
    found = list(rows[: PAGE + 1])
    views = [view_of(one, person) for one in found[:PAGE]]
    return views, f"{views[-1].votes}-{views[-1].idea.pk}" if len(found) > PAGE else ""


def counts() -> dict[str, int]:
    """How many ideas stand in each state. One query."""
    return dict(Idea.objects.order_by().values_list("state").annotate(n=Count("pk")))


def alike(title: str, *, besides: int | None = None) -> list[Idea]:
    """Open ideas that share a telling word with this title, the newest first. One query."""
    words = telling_words(title.replace("\x00", "")[:200])
    if not words:
        return []
    rows = Idea.objects.filter(
        reduce(or_, (Q(title__icontains=word) for word in words)), state=IdeaState.OPEN
    )
    if besides is not None:
        rows = rows.exclude(pk=besides)
    return list(rows.select_related("by").order_by("-pk")[:ALIKE])
