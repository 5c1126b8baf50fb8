"""Deciding who gets a lead, without a database."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leads.domain.routing import (
    LONG_AGO,
    Asked,
    Board,
    Condition,
    How,
    Placed,
    Rep,
    Rule,
    Target,
    WhyNot,
    covers,
    failing,
    share_out,
)

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)
DAY = timedelta(days=1)


def board(
    *reps: Rep, rules: tuple[Rule, ...] = (), owners: dict[str, tuple[int, int]] | None = None
) -> Board:
    return Board({rep.pk: rep for rep in reps}, rules, dict(owners or {}), NOW)


def place(on: Board, **asked: Any) -> Placed | None:
    return on.place(Asked(asked.pop("pk", 1), **asked))


def group(pk: int, *members: int, **conditions: Any) -> Rule:
    return Rule(pk, f"Rule {pk}", Target.GROUP, f"Group {pk}", members, **conditions)


def to_rep(pk: int, rep: int, **conditions: Any) -> Rule:
    return Rule(pk, f"Rule {pk}", Target.REP, "Somebody", (rep,), **conditions)


SAME = Rule(9, "Same company", Target.SAME_OWNER)


# ------------------------------------------------------------------------------------------ conditions


def test_an_empty_condition_always_holds_and_every_named_one_must() -> None:
    asked = Asked(1, market="DE", language="de", channel=3, kind="ads", campaign=7)
    assert failing(group(1), asked) == ()
    assert failing(group(1, markets=frozenset({"DE", "AT"}), kinds=frozenset({"ads"})), asked) == ()
    assert failing(group(1, markets=frozenset({"DE"}), channels=frozenset({4})), asked) == (
        Condition.CHANNEL,
    )


def test_what_is_not_known_of_a_lead_fails_a_rule_that_asks_for_it() -> None:
    assert failing(group(1, languages=frozenset({"de"})), Asked(1)) == (Condition.LANGUAGE,)


def test_the_first_rule_that_holds_decides() -> None:
    rules = (group(1, 1, markets=frozenset({"DE"})), group(2, 2), group(3, 3))
    on = board(Rep(1, 8), Rep(2, 8), Rep(3, 8), rules=rules)
    assert place(on, market="DE").rep == 1  # type: ignore[union-attr]
    assert place(on, market="PL").rep == 2  # type: ignore[union-attr]


def test_a_rule_that_finds_nobody_with_room_leaves_the_lead_to_the_next_and_is_named() -> None:
    on = board(
        Rep(1, 8, is_away=True),
        Rep(2, 3, handed=3),
        Rep(3, 8),
        rules=(to_rep(1, 1), group(2, 1, 2), group(3, 3)),
    )
    found = place(on)
    assert found is not None
    assert (found.rep, found.rule and found.rule.pk) == (3, 3)
    assert [(rule.pk, why) for rule, why in found.passed] == [(1, WhyNot.ABSENT), (2, None)]


def test_a_rule_for_somebody_who_left_leads_to_the_next() -> None:
    found = place(board(Rep(2, 8), rules=(to_rep(1, 77),)))
    assert found is not None
    assert (found.rep, found.how, found.passed[0][1]) == (2, How.EVERYBODY, WhyNot.LEFT)


# ------------------------------------------------------------------------------------------ sharing


def test_a_group_shares_by_capacity_and_stops_when_all_are_full() -> None:
    on = board(
        Rep(1, 8), Rep(2, 4), Rep(3, 0), Rep(4, 8, is_head=True, is_rep=False), rules=(group(1, 1, 2, 3),)
    )
    found = share_out(on, (Asked(n) for n in range(20)))
    by_rule = Counter(one.rep for one in found.values() if one.how == How.RULE)
    assert by_rule == {1: 8, 2: 4}
    assert all(one.rep == 4 and one.how == How.UNROUTABLE for n, one in found.items() if n >= 12)


def test_ties_go_to_who_has_waited_longest() -> None:
    on = board(Rep(1, 8, last=NOW - DAY), Rep(2, 8, last=NOW - 2 * DAY), Rep(3, 8, last=LONG_AGO))
    assert [place(on, pk=n).rep for n in range(6)] == [3, 2, 1, 3, 2, 1]  # type: ignore[union-attr]


def test_somebody_in_two_groups_is_counted_once() -> None:
    rules = (
        group(1, 1, 2, markets=frozenset({"DE"})),
        group(2, 1, 3, markets=frozenset({"PL"})),
    )
    on = board(Rep(1, 4), Rep(2, 4), Rep(3, 4), rules=rules)
    found = share_out(on, (Asked(n, market="DE" if n % 2 else "PL") for n in range(12)))
    assert Counter(one.rep for one in found.values()) == {1: 4, 2: 4, 3: 4}


def test_without_rules_own_countries_and_languages_speak_for_and_against() -> None:
    german = Rep(1, 8, markets=frozenset({"DE"}), spoken=frozenset({"de"}))
    anybody = Rep(2, 8, last=NOW)
    on = board(german, anybody)
    assert place(on, market="DE", language="de").rep == 1  # type: ignore[union-attr]
    assert place(on, market="PL").rep == 2  # type: ignore[union-attr]
    assert place(on, market="DE", language="pl").rep == 2  # type: ignore[union-attr]
    assert place(on).rep == 1, "not knowing speaks against nobody"  # type: ignore[union-attr]
    alone = board(german)
    assert place(alone, market="PL") is None


def test_what_nobody_fits_goes_to_the_head_with_the_most_room_who_is_there() -> None:
    rep = Rep(1, 8, markets=frozenset({"DE"}))
    heads = (
        Rep(2, 10, handed=9, is_rep=False, is_head=True),
        Rep(3, 4, is_rep=False, is_head=True),
        Rep(4, 50, is_rep=False, is_head=True, is_away=True),
    )
    on = board(rep, *heads)
    found = [place(on, pk=n, market="PL") for n in range(8)]
    assert {one.how for one in found if one} == {How.UNROUTABLE}
    assert Counter(one.rep for one in found if one) == {3: 5, 2: 3}, "more than a day's leads, if it must be"
    assert found[0] is not None
    assert found[0].skipped == ((1, WhyNot.MARKET),)


def test_who_must_not_get_it_is_passed_over_and_named() -> None:
    on = board(Rep(1, 8), Rep(2, 8, handed=5))
    found = place(on, not_to=1)
    assert found is not None
    assert (found.rep, found.skipped) == (2, ((1, WhyNot.HAD_IT),))
    assert place(board(Rep(1, 8)), not_to=1) is None
    assert place(on).rep == 1  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------ the same company


def test_the_rep_of_the_same_company_gets_the_next_one_too() -> None:
    on = board(Rep(1, 8), Rep(2, 8, handed=5), rules=(SAME,), owners={"acme": (5, 2)})
    assert place(on, pk=6, company="acme").rep == 2  # type: ignore[union-attr]
    assert place(on, pk=7, company="other").how == How.EVERYBODY  # type: ignore[union-attr]
    assert place(on, pk=8).how == How.EVERYBODY  # type: ignore[union-attr]


def test_two_leads_of_a_new_company_in_one_batch_go_to_one_rep() -> None:
    on = board(Rep(1, 8), Rep(2, 8), rules=(SAME,))
    found = share_out(
        on, (Asked(n, company=name) for n, name in enumerate(["a", "b", "a", "b", "a"], start=1))
    )
    assert found[1].rep == found[3].rep == found[5].rep
    assert found[2].rep == found[4].rep != found[1].rep


def test_an_owner_who_is_full_or_away_leaves_it_to_the_next_rule() -> None:
    for owner in (Rep(2, 3, handed=3), Rep(2, 3, is_away=True)):
        on = board(Rep(1, 8), owner, rules=(SAME,), owners={"acme": (5, 2)})
        assert place(on, pk=6, company="acme").rep == 1  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------ properties

_codes = st.sampled_from(["", "PL", "DE", "CZ"])
_langs = st.sampled_from(["", "pl", "de"])
_some_codes = st.frozensets(st.sampled_from(["PL", "DE", "CZ"]), max_size=2)
_some_langs = st.frozensets(st.sampled_from(["pl", "de"]), max_size=1)


@st.composite
def boards(draw: st.DrawFn) -> tuple[list[Rep], tuple[Rule, ...]]:
    reps = [
        Rep(
            pk,
            draw(st.integers(0, 5)),
            draw(st.integers(0, 4)),
            NOW - draw(st.integers(0, 3)) * DAY,
            draw(st.booleans()) and draw(st.booleans()),
            is_rep=pk < 6,
            is_head=pk >= 6,
            markets=draw(_some_codes),
            spoken=draw(_some_langs),
        )
        for pk in range(1, draw(st.integers(1, 7)) + 1)
    ]
    rules = []
    for pk in range(draw(st.integers(0, 4))):
        target = draw(st.sampled_from(list(Target)))
        members = draw(st.lists(st.integers(1, 8), min_size=1, max_size=4, unique=True))
        rules.append(
            Rule(
                pk,
                f"Rule {pk}",
                target,
                "",
                ()
                if target == Target.SAME_OWNER
                else tuple(members[:1] if target == Target.REP else members),
                draw(_some_codes),
                draw(_some_langs),
            )
        )
    return reps, tuple(rules)


@st.composite
def leads(draw: st.DrawFn) -> list[Asked]:
    return [
        Asked(
            pk,
            draw(_codes),
            draw(_langs),
            company=draw(st.sampled_from(["", "a", "b"])),
            not_to=draw(st.none() | st.integers(1, 3)),
        )
        for pk in range(1, draw(st.integers(1, 25)) + 1)
    ]


@given(boards(), leads())
def test_many_at_once_go_where_they_would_go_one_by_one(
    drawn: tuple[list[Rep], tuple[Rule, ...]], asked: list[Asked]
) -> None:
    """The second way reads the board anew for each lead, as the database would have it after the one before."""
    reps, rules = drawn
    at_once = share_out(board(*reps, rules=rules), asked)
    standing = {rep.pk: rep for rep in reps}
    owners: dict[str, tuple[int, int]] = {}
    one_by_one: dict[int, Placed] = {}
    for turn, one in enumerate(asked, start=1):
        found = Board(dict(standing), rules, dict(owners), NOW).place(one)
        if found is None:
            continue
        one_by_one[one.pk] = found
        rep = standing[found.rep]
        standing[found.rep] = replace(rep, handed=rep.handed + 1, last=NOW + timedelta(microseconds=turn))
        if one.company:
            owners[one.company] = (one.pk, found.rep)
    assert {pk: (one.rep, one.how, one.handed, one.there) for pk, one in at_once.items()} == {
        pk: (one.rep, one.how, one.handed, one.there) for pk, one in one_by_one.items()
    }
    assert {pk: set(one.skipped) for pk, one in at_once.items()} == {
        pk: set(one.skipped) for pk, one in one_by_one.items()
    }


@given(boards(), leads())
def test_nobody_who_is_away_full_or_unfit_is_ever_given_a_lead_by_a_rule_or_in_turn(
    drawn: tuple[list[Rep], tuple[Rule, ...]], asked: list[Asked]
) -> None:
    reps, rules = drawn
    found = share_out(board(*reps, rules=rules), asked)
    by_pk = {rep.pk: rep for rep in reps}
    handed = Counter({rep.pk: rep.handed for rep in reps})
    for one in asked:
        if one.pk not in found:
            assert not any(rep.is_head and not rep.is_away and rep.pk != one.not_to for rep in reps)
            continue
        placed = found[one.pk]
        rep = by_pk[placed.rep]
        assert not rep.is_away
        assert rep.pk != one.not_to
        if placed.how == How.UNROUTABLE:
            assert rep.is_head
        else:
            assert handed[rep.pk] < rep.capacity
        if placed.how == How.EVERYBODY:
            assert not rep.markets or not one.market or one.market in rep.markets
            assert not rep.spoken or not one.language or one.language in rep.spoken
        handed[rep.pk] += 1


@given(boards(), leads())
def test_a_dry_run_says_where_the_lead_then_goes_and_gives_nothing(
    drawn: tuple[list[Rep], tuple[Rule, ...]], asked: list[Asked]
) -> None:
    reps, rules = drawn
    on = board(*reps, rules=rules)
    for one in asked:
        first, again = on.explain(one), on.explain(one)
        assert first == again
        deciding = [stage for stage in first.stages if stage.is_deciding]
        placed = on.place(one)
        assert first.placed == placed
        assert len(deciding) == (placed is not None)
        if placed is not None:
            (stage,) = deciding
            assert (stage.how, stage.rule, stage.failed) == (placed.how, placed.rule, ())
            assert placed.rep in {who.rep for who in stage.candidates if who.why_not is None}
            for before in first.stages[: first.stages.index(stage)]:
                assert before.failed or all(who.why_not for who in before.candidates)


# ------------------------------------------------------------------------------------------ rules in each other's way


def test_a_rule_behind_a_wider_one_is_found() -> None:
    channel_of, kind_of = {7: 3, 8: 4}, {7: "ads", 8: "event"}

    def is_covered(earlier: Rule, later: Rule) -> bool:
        return covers(earlier, later, channel_of, kind_of)

    german = group(2, 1, markets=frozenset({"DE"}))
    assert is_covered(group(1, 1), german)
    assert is_covered(group(1, 1, markets=frozenset({"DE", "AT"})), german)
    assert not is_covered(german, group(3, 1))
    assert not is_covered(SAME, german)
    assert is_covered(group(1, 1, channels=frozenset({3})), group(2, 1, campaigns=frozenset({7})))
    assert not is_covered(group(1, 1, kinds=frozenset({"ads"})), group(2, 1, campaigns=frozenset({7, 8})))


def test_reasons_stay_short_however_many_were_passed_over() -> None:
    reps = [Rep(n, 1, handed=1) for n in range(1, 60)]
    found = place(board(*reps, Rep(99, 8)))
    assert found is not None
    why = found.why(8)
    assert (why["rule"], why["there"], why["among"], why["handed"], why["capacity"]) == (
        "everybody",
        1,
        60,
        0,
        8,
    )
    assert len(why["skipped"]) + why["more_skipped"] == 59
