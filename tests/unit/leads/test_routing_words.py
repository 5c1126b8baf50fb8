"""Why routing chose a rep, in words."""

from leads.domain.routing import Asked, Board, Placed, Rep, Rule, Target
from leads.selectors import routing_words

NAMES = {1: "Lena Bauer", 2: "Jakub Sroka", 3: "Nina Petrova", 9: "Tomasz Wrona"}


def said(board: Board, asked: Asked, **more: str) -> str:
    placed = board.place(asked)
    assert isinstance(placed, Placed)
    why = placed.why(board.reps[placed.rep].capacity) | more
    return routing_words.why(why, NAMES[placed.rep], NAMES)


def reps(*some: Rep) -> dict[int, Rep]:
    return {rep.pk: rep for rep in some}


def test_a_rule_and_its_group_are_named_with_who_was_passed_over_and_why() -> None:
    rule = Rule(5, "Germany", Target.GROUP, "DACH", (1, 2, 3), frozenset({"DE"}))
    board = Board(reps(Rep(1, 8, handed=2), Rep(2, 4, handed=4), Rep(3, 8, is_away=True)), [rule])
    assert said(board, Asked(1, "DE")).splitlines() == [
        "By rule “Germany”: group DACH, 1 of 3 could take it. Lena Bauer: 2 of 8 leads that day.",
        "Passed over: Nina Petrova (away), Jakub Sroka (full).",
    ]


def test_the_same_company_and_a_rep_by_rule_are_said() -> None:
    same = Rule(1, "Known", Target.SAME_OWNER)
    board = Board(reps(Rep(1, 8)), [same], {"acme": (4, 1)})
    assert said(board, Asked(7, company="acme")) == (
        "By rule “Known”: has the newest lead of the same company."
    )
    one = Rule(2, "Webinar", Target.REP, "Lena Bauer", (1,))
    assert said(Board(reps(Rep(1, 8)), [one]), Asked(7)) == (
        "By rule “Webinar”. Lena Bauer: 0 of 8 leads that day."
    )


def test_rules_without_room_and_the_head_of_sales_are_said() -> None:
    rule = Rule(5, "Poland", Target.REP, "Jakub Sroka", (2,))
    board = Board(reps(Rep(2, 4, handed=4), Rep(9, 1, is_rep=False, is_head=True)), [rule])
    assert said(board, Asked(1)).splitlines() == [
        "No rep could take it, so the head of sales has it.",
        "This rule held, but nobody there had room: “Poland”.",
        "Passed over: Jakub Sroka (full).",
    ]


def test_a_handoff_after_an_escalation_says_so_first() -> None:
    text = said(Board(reps(Rep(1, 8))), Asked(1), rule="rerouted", by="everybody")
    assert text.startswith("Escalated, so another rep has it. In turn among all reps, 1 of 1 could take it.")


def test_other_reasons_and_old_ones_say_nothing() -> None:
    for why in ({}, {"rule": "by_hand"}, {"rule": "round_robin", "open": 1, "capacity": 8, "among": 2}):
        assert routing_words.why(why, "Lena Bauer", NAMES) == ""
