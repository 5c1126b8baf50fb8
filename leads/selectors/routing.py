"""What routing knows before it decides: the reps as they stand, the rules, who has which company."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from django.db.models import Count, Max, OuterRef, Subquery
from django.utils import timezone

from campaigns.models import Campaign
from leads.domain import routing
from leads.domain.tables.words import parse_language
from leads.domain.words import End
from leads.models import Handoff, Lead, RoutingRule
from leadsync.accounts import selectors as accounts
from leadsync.core import db

RECENTLY = timedelta(days=31)  # who waits longer than this waits equally long: keeps the question small


class Routable(Protocol):
    """What routing looks at; a `Lead`, or one about to be saved."""

    @property
    def pk(self) -> int: ...
    @property
    def country(self) -> Any: ...
    @property
    def language(self) -> str: ...
    @property
    def campaign_id(self) -> int: ...
    @property
    def owner_id(self) -> int | None: ...
    @property
    def company_key(self) -> str: ...


def reps(now: datetime) -> dict[int, routing.Rep]:
    """Everybody who works leads, as they stand at this instant. Two statements: the company's and theirs.

    Today's handoffs are those of the company's day; what an undone import brought does not count.
    """
    zone = accounts.company().tz
    today = now.astimezone(zone).date()
    begin = datetime.combine(today, time.min, tzinfo=zone)
    end = datetime.combine(today + timedelta(days=1), time.min, tzinfo=zone)
    # Both questions are answered by an index per person, however many handoffs there have been.
    theirs = Handoff.objects.filter(rep=OuterRef("pk"))
    handed = (
        theirs.filter(at__gte=begin, at__lt=end)
        .exclude(end=End.UNDONE)
        .order_by()
        .values("rep")
        .annotate(count=Count("*"))
        .values("count")
    )
    found = accounts.lead_workers(today).annotate(
        handed=Subquery(handed), last=Subquery(theirs.order_by("-at").values("at")[:1])
    )
    columns = ("pk", "capacity", "handed", "last", "is_away", "is_rep", "is_head", "markets", "spoken")
    return {
        pk: routing.Rep(
            pk,
            capacity,
            handed or 0,
            last if last and last >= now - RECENTLY else routing.LONG_AGO,
            is_away,
            is_rep,
            is_head,
            frozenset(markets),
            frozenset(spoken),
        )
        for pk, capacity, handed, last, is_away, is_rep, is_head, markets, spoken in found.values_list(
            *columns
        )
    }


def has_room(now: datetime) -> bool:
    """Whether anybody at all could be given a lead now. Two statements."""
    return routing.Board(reps(now)).has_room


def rules() -> list[routing.Rule]:
    """The rules in use, in order. One statement where there are none, four more where there are."""
    found = (
        RoutingRule.objects.filter(is_active=True)
        .select_related("group", "rep")
        .prefetch_related("channels", "campaigns", "group__members")
    )
    return [as_rule(rule) for rule in found]


def as_rule(rule: RoutingRule) -> routing.Rule:
    """A stored rule as routing reads it."""
    if rule.group is not None:
        name, members = rule.group.name, tuple(sorted(one.pk for one in rule.group.members.all()))
    elif rule.rep is not None:
        name, members = rule.rep.name, (rule.rep.pk,)
    else:
        name, members = "", ()
    return routing.Rule(
        rule.pk,
        rule.name,
        routing.Target(rule.target),
        name,
        members,
        frozenset(rule.markets),
        frozenset(rule.languages),
        frozenset(one.pk for one in rule.channels.all()),
        frozenset(rule.campaign_kinds),
        frozenset(one.pk for one in rule.campaigns.all()),
    )


def owners_of(leads: Sequence[Routable], working: Iterable[int]) -> dict[str, tuple[int, int]]:
    """For each company of these leads its newest other lead with a rep who works leads, and that rep. One statement."""
    keys = sorted({lead.company_key for lead in leads if lead.company_key})
    if not keys:
        return {}
    others = Lead.objects.filter(
        company_key__in=db.among(keys), owner__in=list(working), is_test=False
    ).exclude(company_key="")
    if owned := [lead.pk for lead in leads if lead.owner_id is not None]:
        others = others.exclude(pk__in=db.among(owned))
    newest = others.order_by().values("company_key").annotate(newest=Max("pk")).values("newest")
    return {
        key: (pk, owner_id)
        for key, pk, owner_id in Lead.objects.filter(pk__in=newest, owner__isnull=False).values_list(
            "company_key", "pk", "owner_id"
        )
    }


def board(
    leads: Sequence[Routable], *, now: datetime, without: Mapping[int, int] | None = None
) -> tuple[routing.Board, list[routing.Asked]]:
    """The board for these leads and the leads as routing reads them: at most eight statements, however many."""
    people = reps(now)
    in_order = rules()
    needs_campaigns = bool(in_order) or any(rep.markets for rep in people.values())
    campaigns = _campaigns({lead.campaign_id for lead in leads}) if needs_campaigns else {}
    owners = (
        owners_of(leads, people) if any(rule.target == routing.Target.SAME_OWNER for rule in in_order) else {}
    )
    apart = without or {}
    asked = []
    for lead in leads:
        market, channel, kind = campaigns.get(lead.campaign_id, ("", 0, ""))
        language = lead.language
        asked.append(
            routing.Asked(
                lead.pk,
                str(lead.country or market),
                (parse_language(language) or "") if language else "",
                channel,
                kind,
                lead.campaign_id,
                lead.company_key,
                apart.get(lead.pk),
            )
        )
    return routing.Board(people, in_order, owners, now), asked


def _campaigns(ids: Iterable[int]) -> dict[int, tuple[str, int, str]]:
    """Market, channel and kind of campaigns."""
    found = Campaign.objects.filter(pk__in=ids).values_list("pk", "market", "channel", "kind")
    return {pk: (str(market or ""), channel, kind) for pk, market, channel, kind in found}


def explain(lead: Routable, *, at: datetime | None = None) -> tuple[routing.Asked, routing.Explained]:
    """A dry run for one lead, stored or made up: the same board, asked why. Changes nothing."""
    found, (asked,) = board([lead], now=at or timezone.now())
    return asked, found.explain(asked)
