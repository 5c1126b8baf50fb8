"""What the page of routing shows: rules in words, who takes leads and how full they are, and a dry run stop by stop."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from leads.domain import routing
from leads.domain.routing import Condition, How, WhyNot
from leads.models import Lead, RepGroup, RoutingRule
from leads.selectors import routing as selectors
from leads.selectors import routing_words as words
from leads.selectors.by_words import search
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.codes import country_name, language_name
from leadsync.core.templatetags.ui import num

MOST_FOUND = 8


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in words, with what speaks against it."""

    rule: RoutingRule
    number: int
    conditions: list[tuple[str, str]]
    target: str
    warnings: list[str]
    is_first: bool
    is_last: bool


@dataclass(frozen=True, slots=True)
class RepRow:
    """Somebody who works leads, as they stand today."""

    person: User
    handed: int
    capacity: int
    away_until: date | None
    languages: str
    countries: str
    groups: str
    is_rep: bool

    @property
    def is_full(self) -> bool:
        return self.handed >= self.capacity


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group with its members and the rules that lead to it."""

    group: RepGroup
    members: list[RepRow]
    left: list[str]
    rules: list[str]


@dataclass(frozen=True, slots=True)
class RoutingPage:
    """Rules in order, groups, and the people they are about."""

    rules: list[RuleRow]
    groups: list[GroupRow]
    reps: list[RepRow]
    heads: list[str]


def routing_page(*, now: datetime) -> RoutingPage:
    """Everything of the page but the dry run: a fixed number of statements."""
    standing = selectors.reps(now)
    away = accounts.away_on(now.astimezone(accounts.company().tz).date())
    groups = list(RepGroup.objects.prefetch_related("members", "rules"))
    of_group: dict[int, list[str]] = {}
    for group in groups:
        for member in group.members.all():
            of_group.setdefault(member.pk, []).append(group.name)
    people = User.objects.filter(pk__in=standing).select_related("office").prefetch_related("groups")
    rows = {
        one.pk: RepRow(
            one,
            standing[one.pk].handed,
            standing[one.pk].capacity,
            away[one.pk].ends_on if one.pk in away else None,
            ", ".join(map(language_name, one.spoken)),
            ", ".join(map(country_name, one.markets)),
            ", ".join(of_group.get(one.pk, ())),
            standing[one.pk].is_rep,
        )
        for one in people
    }
    return RoutingPage(
        _rules(standing),
        [
            GroupRow(
                group,
                [rows[one.pk] for one in group.members.all() if one.pk in rows],
                [one.name for one in group.members.all() if one.pk not in rows],
                [rule.name for rule in group.rules.all()],
            )
            for group in groups
        ],
        [row for row in rows.values() if row.is_rep],
        [row.person.name for row in rows.values() if standing[row.person.pk].is_head],
    )


def all_rules() -> list[RoutingRule]:
    """Rules in order, those out of use too, with everything they name."""
    return list(
        RoutingRule.objects.select_related("group", "rep", "changed_by").prefetch_related(
            "channels", "campaigns", "group__members"
        )
    )


def _rules(standing: Mapping[int, routing.Rep]) -> list[RuleRow]:
    found = all_rules()
    campaigns = {one.pk: one for rule in found for one in rule.campaigns.all()}
    channel_of = {pk: one.channel_id for pk, one in campaigns.items()}
    kind_of = {pk: str(one.kind) for pk, one in campaigns.items()}
    before: list[routing.Rule] = []
    rows: list[RuleRow] = []
    for number, rule in enumerate(found, start=1):
        read = selectors.as_rule(rule)
        warnings: list[str] = []
        if rule.is_active:
            wider = next((one for one in before if routing.covers(one, read, channel_of, kind_of)), None)
            if wider is not None:
                warnings.append(
                    _(
                        "“%(rule)s” above takes all of these: this rule decides only when nobody there has room."
                    )
                    % {"rule": wider.name}
                )
            before.append(read)
        if read.target != routing.Target.SAME_OWNER and not any(pk in standing for pk in read.members):
            warnings.append(_("Nobody there works leads any more: the next rule decides."))
        rows.append(
            RuleRow(
                rule,
                number,
                words.conditions(rule),
                words.target(rule),
                warnings,
                number == 1,
                number == len(found),
            )
        )
    return rows


# ---------------------------------------------------------------------------------------------- dry run


@dataclass(frozen=True, slots=True)
class Trial:
    """A lead made up for a dry run."""

    campaign_id: int = 0
    country: str = ""
    language: str = ""
    company_key: str = ""
    owner_id: int | None = None
    pk: int = 1 << 62  # newer than any lead there is


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a dry run in words. `state`: decides, passed (held, but nobody had room), failed, or later."""

    title: str
    state: str
    text: str
    people: list[tuple[str, str]]  # who, and how they stand


@dataclass(frozen=True, slots=True)
class DryRun:
    """Where a lead would go and why."""

    to: User | None
    is_to_head: bool
    asked: list[tuple[str, str]]
    stops: list[Stop]


def dry_run(lead: selectors.Routable, *, now: datetime) -> DryRun:
    """Where the lead would go now, stop by stop, decided by routing itself. Changes nothing."""
    asked, explained = selectors.explain(lead, at=now)
    ids = {who.rep for stage in explained.stages for who in stage.candidates}
    people = User.objects.in_bulk(ids)
    campaign = Campaign.objects.select_related("channel").filter(pk=asked.campaign).first()
    placed = explained.placed
    return DryRun(
        people.get(placed.rep) if placed else None,
        placed is not None and placed.how == How.UNROUTABLE,
        _asked(asked, campaign),
        [_stop(stage, {pk: one.name for pk, one in people.items()}) for stage in explained.stages],
    )


def _asked(asked: routing.Asked, campaign: Campaign | None) -> list[tuple[str, str]]:
    unknown = _("not known")
    found = [
        (str(words.CONDITIONS[Condition.MARKET]), country_name(asked.market) if asked.market else unknown),
        (
            str(words.CONDITIONS[Condition.LANGUAGE]),
            language_name(asked.language) if asked.language else unknown,
        ),
    ]
    if campaign is not None:
        found += [
            (str(words.CONDITIONS[Condition.CAMPAIGN]), campaign.name),
            (str(words.CONDITIONS[Condition.KIND]), campaign.get_kind_display()),
            (str(words.CONDITIONS[Condition.CHANNEL]), campaign.channel.name),
        ]
    return found


def _stop(stage: routing.Stage, names: Mapping[int, str]) -> Stop:
    rule = stage.rule
    if rule is not None:
        title = rule.name
    elif stage.how == How.EVERYBODY:
        title = _("Everybody, in turn")
    else:
        title = _("Head of sales")
    people = [(names.get(who.rep, "–"), _standing(who)) for who in stage.candidates]
    if stage.failed:
        failed = ", ".join(str(words.CONDITIONS[condition]) for condition in stage.failed)
        return Stop(title, "failed", _("Does not hold: %(conditions)s.") % {"conditions": failed}, [])
    if stage.is_deciding:
        return Stop(title, "decides", _how_many(stage.candidates), people)
    if not stage.is_reached:
        return Stop(title, "later", _("Not asked: decided above."), [])
    if not stage.is_same_company:
        return Stop(title, "failed", _("No lead of this company has a rep."), [])
    if not people:
        return Stop(title, "passed", _("Nobody is there."), [])
    return Stop(title, "passed", _("Holds, but nobody there can take it."), people)


def _how_many(candidates: Iterable[routing.Candidate]) -> str:
    listed = list(candidates)
    there = sum(one.why_not is None for one in listed)
    if len(listed) < 2:
        return _("Holds.")
    return ngettext(
        "Holds: %(there)s of %(among)s can take it, the least full one does.",
        "Holds: %(there)s of %(among)s can take it, the least full one does.",
        len(listed),
    ) % {"there": num(there), "among": num(len(listed))}


def _standing(who: routing.Candidate) -> str:
    today = _("%(handed)s of %(capacity)s today") % {
        "handed": num(who.handed),
        "capacity": num(who.capacity),
    }
    if who.why_not is None:
        return today
    reason = str(words.NOT_GIVEN[who.why_not])
    return f"{reason}, {today}" if who.why_not == WhyNot.FULL else reason


def leads_like(text: str, person: User) -> Sequence[Lead]:
    """A few leads that the words are about, the newest first: for choosing one to try."""
    wanted = search(text)
    number = text.strip().removeprefix("#")
    if number.isascii() and number.isdigit() and len(number) < 10:
        wanted |= Q(pk=int(number))
    found = Lead.objects.visible_to(person).filter(wanted, is_test=False)
    return list(found.select_related("owner", "campaign").order_by("-received_at", "-pk")[:MOST_FOUND])
