"""Who gets which lead, decided without a database: rules, the reps as they stand, and one lead after the other.

`Board` carries what is handed out within a batch, so that many leads at once go where they would go one by one.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
MOST_SKIPPED = 6  # who was passed over, kept with a handoff by name; of more only how many


class How(StrEnum):
    """What decided; kept as `rule` in the reasons of a handoff."""

    RULE = "routing_rule"
    EVERYBODY = "everybody"
    UNROUTABLE = "unroutable"


class Target(StrEnum):
    SAME_OWNER = "same_owner"
    REP = "rep"
    GROUP = "group"


class Condition(StrEnum):
    """What a rule can ask of a lead."""

    MARKET = "market"
    LANGUAGE = "language"
    CHANNEL = "channel"
    KIND = "kind"
    CAMPAIGN = "campaign"


class WhyNot(StrEnum):
    """Why somebody does not get a lead."""

    LEFT = "left"  # switched off, or works no leads any more
    ABSENT = "absent"
    FULL = "full"
    HAD_IT = "had_it"  # must not get this one
    MARKET = "market"  # names other countries
    LANGUAGE = "language"  # names other languages


@dataclass(frozen=True, slots=True)
class Rep:
    """Somebody who works leads, as they stand at the start. Nothing named in `markets` or `spoken` means any."""

    pk: int
    capacity: int
    handed: int = 0  # handoffs today
    last: datetime = LONG_AGO  # the newest handoff
    is_away: bool = False
    is_rep: bool = True
    is_head: bool = False
    markets: frozenset[str] = frozenset()
    spoken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in use; an empty condition always holds. `members` are whom its rep or group stands for."""

    pk: int
    name: str
    target: Target
    target_name: str = ""
    members: tuple[int, ...] = ()
    markets: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    channels: frozenset[int] = frozenset()
    kinds: frozenset[str] = frozenset()
    campaigns: frozenset[int] = frozenset()


class Asked(NamedTuple):  # of a tuple a thousand are made in no time
    """A lead, as routing looks at it. `market` is its country, else its campaign's; empty: not known."""

    pk: int
    market: str = ""
    language: str = ""
    channel: int = 0
    kind: str = ""
    campaign: int = 0
    company: str = ""
    not_to: int | None = None


class Placed(NamedTuple):
    """Where a lead goes, what decided it, and how the one chosen stood before."""

    rep: int
    how: How
    rule: Rule | None
    handed: int
    there: int
    among: int
    skipped: tuple[tuple[int, WhyNot], ...] = ()
    passed: tuple[tuple[Rule, WhyNot | None], ...] = ()  # rules that held, but found nobody

    def why(self, capacity: int) -> dict[str, Any]:
        """The same as it is kept with the handoff and its event."""
        found: dict[str, Any] = {
            "rule": self.how.value,
            "handed": self.handed,
            "capacity": capacity,
            "there": self.there,
            "among": self.among,
        }
        if self.rule is not None:
            found |= {
                "rule_id": self.rule.pk,
                "rule_name": self.rule.name,
                "target": self.rule.target.value,
                "target_name": self.rule.target_name,
            }
        if self.skipped:
            found["skipped"] = [[pk, reason.value] for pk, reason in self.skipped[:MOST_SKIPPED]]
            if len(self.skipped) > MOST_SKIPPED:
                found["more_skipped"] = len(self.skipped) - MOST_SKIPPED
        if self.passed:
            found["passed"] = [
                [rule.name, reason.value if reason else ""] for rule, reason in self.passed[:MOST_SKIPPED]
            ]
        return found


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom a rule leads to, as they stand, and why they do not get the lead."""

    rep: int
    handed: int
    capacity: int
    why_not: WhyNot | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stop on a lead's way: a rule, everybody, or the head of sales."""

    how: How
    rule: Rule | None = None
    failed: tuple[Condition, ...] = ()  # conditions that do not hold
    candidates: tuple[Candidate, ...] = ()
    is_same_company: bool = True  # False: no lead of this company has a rep
    is_deciding: bool = False
    is_reached: bool = True  # False: an earlier stop decided


@dataclass(frozen=True, slots=True)
class Explained:
    """A dry run: where the lead would go, and every stop on its way."""

    placed: Placed | None
    stages: tuple[Stage, ...]


def failing(rule: Rule, asked: Asked) -> tuple[Condition, ...]:
    """The conditions of a rule that do not hold. What is not known of a lead fails a condition that asks for it."""
    return tuple(
        condition
        for condition, wanted, found in (
            (Condition.MARKET, rule.markets, asked.market),
            (Condition.LANGUAGE, rule.languages, asked.language),
            (Condition.CHANNEL, rule.channels, asked.channel),
            (Condition.KIND, rule.kinds, asked.kind),
            (Condition.CAMPAIGN, rule.campaigns, asked.campaign),
        )
        if wanted and found not in wanted
    )


def misfit(rep: Rep, market: str, language: str) -> WhyNot | None:
    """Whether the rep's own countries or languages speak against the lead; what is not known speaks against nobody."""
    if rep.markets and market and market not in rep.markets:
        return WhyNot.MARKET
    if rep.spoken and language and language not in rep.spoken:
        return WhyNot.LANGUAGE
    return None


def covers(earlier: Rule, later: Rule, channel_of: Mapping[int, int], kind_of: Mapping[int, str]) -> bool:
    """Whether every lead that the later rule asks for is taken by the earlier one, as long as somebody there has room."""
    if earlier.target == Target.SAME_OWNER:
        return False
    channels: frozenset[int] = later.channels or frozenset(channel_of.get(one, 0) for one in later.campaigns)
    kinds: frozenset[str] = later.kinds or frozenset(kind_of.get(one, "") for one in later.campaigns)
    pairs: tuple[tuple[frozenset[Any], frozenset[Any]], ...] = (
        (earlier.markets, later.markets),
        (earlier.languages, later.languages),
        (earlier.channels, channels),
        (earlier.kinds, kinds),
        (earlier.campaigns, later.campaigns),
    )
    return all(not wide or (narrow and narrow <= wide) for wide, narrow in pairs)


type _Place = tuple[float, datetime, int, int]  # how full, since when, in which turn, who: the least is next


@dataclass(slots=True)
class _Pool:
    """People among whom leads are shared out. Places in the heap may be old: they only ever get later."""

    members: tuple[int, ...]
    barred: tuple[tuple[int, WhyNot], ...]  # who cannot get any of it, whoever is full
    heap: list[_Place]
    seen: int = -1  # how many were full when `skipped` was made
    skipped: tuple[tuple[int, WhyNot], ...] = ()


@dataclass(slots=True)
class Board:
    """The reps as they stand, the rules in order, and who has which company's newest lead; carries what it gives.

    The next lead goes to whom was handed the fewest leads today for the leads a day they can take; among equals to
    whom has waited longest. It counts what was handed over, not what is open: a day's leads are shared by capacity
    however fast somebody works, and whoever starts a day with a full desk is not left out.
    """

    reps: Mapping[int, Rep]
    rules: Sequence[Rule] = ()
    owners: dict[str, tuple[int, int]] = field(default_factory=dict)  # by company: newest lead, its rep
    now: datetime = LONG_AGO
    _handed: dict[int, int] = field(default_factory=dict)
    _since: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    _full: set[int] = field(default_factory=set)
    _turn: int = 0
    _pools: dict[tuple[Any, ...], _Pool] = field(default_factory=dict)
    _held: dict[tuple[Any, ...], list[Rule]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for pk, rep in self.reps.items():
            self._handed[pk] = rep.handed
            self._since[pk] = (rep.last, 0)
            if rep.handed >= rep.capacity:
                self._full.add(pk)

    # -------------------------------------------------------------------------------------- giving

    def place(self, asked: Asked) -> Placed | None:
        """Where the lead goes; counted at once. None: with marketing, as nobody and no head of sales is there."""
        placed, pool = self._find(asked)
        if placed is not None:
            self._give(asked, placed.rep)
            if pool is not None and pool.heap[0][3] == placed.rep:
                is_last = placed.how == How.UNROUTABLE
                heapq.heapreplace(pool.heap, self._place_of(placed.rep, is_last))
        return placed

    def _find(self, asked: Asked) -> tuple[Placed | None, _Pool | None]:
        """Where the lead goes, and the pool its rep comes from; nothing is counted."""
        passed: tuple[tuple[Rule, WhyNot | None], ...] = ()
        for rule in self._holding(asked):
            if rule.target == Target.GROUP:
                pool = self._group(rule)
                found = self._from(pool, How.RULE, rule, asked, passed)
                if found is not None:
                    return found, pool
                passed = (*passed, (rule, None))
                continue
            rep = self._one(rule, asked)
            if rep is None:
                continue
            against = self._why_not(rep, asked)
            if against is None:
                return Placed(rep, How.RULE, rule, self._handed[rep], 1, 1, passed=passed), None
            passed = (*passed, (rule, against))
        pool = self._everybody(asked.market, asked.language)
        found = self._from(pool, How.EVERYBODY, None, asked, passed)
        if found is None:
            pool = self._heads()
            found = self._from(pool, How.UNROUTABLE, None, asked, passed)
        return found, pool

    def _give(self, asked: Asked, rep: int) -> None:
        handed = self._handed[rep] = self._handed[rep] + 1
        self._turn += 1
        # Ties go by turn: having just been given one puts a rep behind all who wait, in order of giving.
        self._since[rep] = (self.now, self._turn)
        if handed >= self.reps[rep].capacity:
            self._full.add(rep)
        if asked.company:
            newest, _rep = self.owners.get(asked.company, (asked.pk, rep))
            if asked.pk >= newest:
                self.owners[asked.company] = (asked.pk, rep)

    def _holding(self, asked: Asked) -> list[Rule]:
        """The rules whose conditions hold, in order. The same for leads that look the same."""
        key = (asked.market, asked.language, asked.campaign, asked.channel, asked.kind)
        found = self._held.get(key)
        if found is None:
            found = self._held[key] = [rule for rule in self.rules if not failing(rule, asked)]
        return found

    def _one(self, rule: Rule, asked: Asked) -> int | None:
        """Whom a rule names that leads to one person; None where no lead of the company has a rep."""
        if rule.target == Target.REP:
            return rule.members[0] if rule.members else 0
        owner = self.owners.get(asked.company) if asked.company else None
        return owner[1] if owner else None

    def _why_not(self, pk: int, asked: Asked) -> WhyNot | None:
        rep = self.reps.get(pk)
        if rep is None:
            return WhyNot.LEFT
        if pk == asked.not_to:
            return WhyNot.HAD_IT
        if rep.is_away:
            return WhyNot.ABSENT
        return WhyNot.FULL if pk in self._full else None

    # -------------------------------------------------------------------------------------- pools

    def _group(self, rule: Rule) -> _Pool:
        pool = self._pools.get(("rule", rule.pk))
        return pool or self._pool(("rule", rule.pk), rule.members, lambda rep: None)

    def _everybody(self, market: str, language: str) -> _Pool:
        key = ("everybody", market, language)
        return self._pools.get(key) or self._pool(
            key,
            [pk for pk, rep in self.reps.items() if rep.is_rep],
            lambda rep: misfit(rep, market, language),
        )

    def _heads(self) -> _Pool:
        heads = self._pools.get(("heads",))
        return heads or self._pool(
            ("heads",), [pk for pk, rep in self.reps.items() if rep.is_head], lambda rep: None
        )

    def _pool(
        self, key: tuple[Any, ...], members: Iterable[int], against: Callable[[Rep], WhyNot | None]
    ) -> _Pool:
        is_last = key == ("heads",)
        listed = tuple(members)
        barred: list[tuple[int, WhyNot]] = []
        heap: list[_Place] = []
        for pk in listed:
            rep = self.reps.get(pk)
            reason = WhyNot.LEFT if rep is None else WhyNot.ABSENT if rep.is_away else against(rep)
            if reason is not None:
                barred.append((pk, reason))
            else:
                heap.append(self._place_of(pk, is_last))
        heapq.heapify(heap)
        pool = self._pools[key] = _Pool(listed, tuple(barred), heap)
        return pool

    def _place_of(self, pk: int, is_last: bool) -> _Place:
        """Heads of sales take what is left: there the most room counts, and nobody is too full."""
        handed, capacity = self._handed[pk], self.reps[pk].capacity
        # As a float: of counts below many millions, equal shares give equal floats.
        share = float(handed - capacity) if is_last else handed / capacity if capacity else 0.0
        return (share, *self._since[pk], pk)

    def _first(self, pool: _Pool, not_to: int | None, is_last: bool) -> int | None:
        """Whose turn it is; who has become full leaves for good."""
        heap = pool.heap
        aside: _Place | None = None
        found: int | None = None
        while heap:
            top = heap[0]
            pk = top[3]
            if pk in self._full and not is_last:
                heapq.heappop(heap)
            elif (now := self._place_of(pk, is_last)) != top:
                heapq.heapreplace(heap, now)
            elif pk == not_to:
                aside = heapq.heappop(heap)
            else:
                found = pk
                break
        if aside is not None:
            heapq.heappush(heap, aside)
        return found

    def _from(
        self,
        pool: _Pool,
        how: How,
        rule: Rule | None,
        asked: Asked,
        passed: tuple[tuple[Rule, WhyNot | None], ...],
    ) -> Placed | None:
        is_last = how == How.UNROUTABLE
        rep = self._first(pool, asked.not_to, is_last)
        if rep is None:
            return None
        skipped = self._everybody(asked.market, asked.language) if is_last else pool
        reasons = self._skipped(skipped)
        there = len(pool.members) - len(pool.barred if is_last else reasons)
        if asked.not_to is not None and asked.not_to in skipped.members:
            reasons = (*(one for one in reasons if one[0] != asked.not_to), (asked.not_to, WhyNot.HAD_IT))
        return Placed(rep, how, rule, self._handed[rep], there, len(pool.members), reasons, passed)

    def _skipped(self, pool: _Pool) -> tuple[tuple[int, WhyNot], ...]:
        """Who of a pool gets nothing more, and why; made anew when somebody has become full."""
        if pool.seen != len(self._full):
            barred = dict(pool.barred)
            full = ((pk, WhyNot.FULL) for pk in pool.members if pk in self._full and pk not in barred)
            pool.skipped = (*pool.barred, *full)
            pool.seen = len(self._full)
        return pool.skipped

    # -------------------------------------------------------------------------------------- saying why

    def explain(self, asked: Asked) -> Explained:
        """Where the lead would go now and why, stop by stop; nothing is given."""
        placed, _pool = self._find(asked)
        stages: list[Stage] = []
        is_reached = True
        holding = {rule.pk for rule in self._holding(asked)}
        for rule in self.rules:
            is_deciding = placed is not None and placed.rule is rule
            if rule.pk not in holding:
                stages.append(Stage(How.RULE, rule, failing(rule, asked), is_reached=is_reached))
                continue
            if rule.target == Target.GROUP:
                who = self._candidates(self._group(rule).members, asked)
                is_known = True
            else:
                one = self._one(rule, asked)
                is_known = one is not None
                who = self._candidates(() if one is None else (one,), asked)
            stages.append(Stage(How.RULE, rule, (), who, is_known, is_deciding, is_reached))
            is_reached = is_reached and not is_deciding
        everybody = self._everybody(asked.market, asked.language)
        for how, pool in ((How.EVERYBODY, everybody), (How.UNROUTABLE, self._heads())):
            is_deciding = placed is not None and placed.how == how
            who = self._candidates(pool.members, asked, dict(pool.barred), is_last=how == How.UNROUTABLE)
            stages.append(Stage(how, None, (), who, True, is_deciding, is_reached))
            is_reached = is_reached and not is_deciding
        return Explained(placed, tuple(stages))

    def _candidates(
        self,
        members: Sequence[int],
        asked: Asked,
        barred: Mapping[int, WhyNot] | None = None,
        *,
        is_last: bool = False,
    ) -> tuple[Candidate, ...]:
        found: list[Candidate] = []
        for pk in members:
            reason = (barred or {}).get(pk) or self._why_not(pk, asked)
            if is_last and reason == WhyNot.FULL:
                reason = None
            rep = self.reps.get(pk)
            found.append(Candidate(pk, self._handed.get(pk, 0), rep.capacity if rep else 0, reason))
        return tuple(found)

    @property
    def has_room(self) -> bool:
        """Whether anybody at all could be given a lead."""
        return any(not rep.is_away and (rep.is_head or pk not in self._full) for pk, rep in self.reps.items())


def share_out(board: Board, leads: Iterable[Asked]) -> dict[int, Placed]:
    """Places for each lead that finds one, by lead id, in the order given."""
    return {asked.pk: placed for asked in leads if (placed := board.place(asked)) is not None}
