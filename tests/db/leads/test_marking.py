"""Sales' verdict: what it needs, what it changes, and taking it back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from leads.models import Activity, Lead, Mark
from leads.services import activities, answers, handoff, marking, outcomes, promise
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import person
from tests.factories.leads import (
    HOUR,
    MINUTE,
    TUESDAY,
    agreement_in_force,
    fresh,
    lead,
    owner_of,
    reason,
    running,
)

pytestmark = pytest.mark.django_db

TOMORROW = TUESDAY + timedelta(days=1)


@pytest.fixture
def mine(db: None) -> Lead:
    return lead(owner=person("rep"), at=TUESDAY)


def mark(one: Lead, value: str, **options: Any) -> Mark:
    given: dict[str, Any] = {
        "lead": one,
        "value": value,
        "by": owner_of(one),
        "version": None,
        "at": TUESDAY + 10 * MINUTE,
    } | options
    return marking.mark(**given)


def test_qualified_moves_the_stage_and_counts_as_contact(mine: Lead) -> None:
    mark(mine, "qualified")
    found = fresh(mine)
    assert (found.stage, found.mark, found.qualified_at) == ("qualified", "qualified", TUESDAY + 10 * MINUTE)
    assert (found.first_contact_at, found.is_in_time) == (TUESDAY + 10 * MINUTE, True)
    assert found.handoffs.get().end == "mark"


def test_promising_needs_a_next_step(mine: Lead) -> None:
    with pytest.raises(Invalid) as refused:
        mark(mine, "promising")
    assert refused.value.field == "next_step_at"
    assert running(mine).ended_at is None
    mark(mine, "promising", next_step_at=TOMORROW, next_step="Send prices")
    assert (fresh(mine).stage, fresh(mine).next_step) == ("contacted", "Send prices")


def test_a_next_step_planned_before_is_enough(mine: Lead) -> None:
    activities.no_answer(lead=mine, by=owner_of(mine), at=TUESDAY + 5 * MINUTE)
    mark(mine, "promising")
    assert fresh(mine).mark == "promising"


@pytest.mark.parametrize(("key", "note", "field"), [(None, "", "reason"), ("other", " ", "note")])
def test_not_a_fit_says_why(mine: Lead, key: str | None, note: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        mark(mine, "not_a_fit", reason=reason(key) if key else None, note=note)
    assert refused.value.field == field
    assert not Mark.objects.exists()


def test_not_a_fit_closes_the_lead_as_a_contact(mine: Lead) -> None:
    mark(mine, "not_a_fit", reason=reason("no_budget"))
    found = fresh(mine)
    assert (found.stage, found.reason, found.is_judged_only) == ("closed", reason("no_budget"), False)
    assert found.first_contact_at == found.closed_at == TUESDAY + 10 * MINUTE


def test_an_obviously_false_lead_is_judged_without_contact(mine: Lead) -> None:
    mark(mine, "not_a_fit", reason=reason("spam"))
    found = fresh(mine)
    assert (found.is_judged_only, found.first_contact_at, found.is_in_time) == (True, None, None)
    ended = found.handoffs.get()
    assert (ended.end, ended.is_in_time) == ("judged", None)
    assert promise.sweep(at=TOMORROW).missed == 0


def test_a_false_lead_that_was_called_first_is_a_contact(mine: Lead) -> None:
    activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + MINUTE)
    mark(mine, "not_a_fit", reason=reason("wrong_data"))
    assert (fresh(mine).is_judged_only, fresh(mine).first_contact_at) == (False, TUESDAY + MINUTE)


def test_unreachable_needs_the_agreed_attempts(mine: Lead) -> None:
    agreement_in_force(attempts_needed=2)
    activities.no_answer(lead=mine, by=owner_of(mine), at=TUESDAY + MINUTE)
    with pytest.raises(Invalid, match="1 more attempt is agreed"):
        mark(mine, "unreachable")
    activities.no_answer(lead=mine, by=owner_of(mine), at=TUESDAY + 2 * MINUTE)
    mark(mine, "unreachable")
    assert (fresh(mine).stage, fresh(mine).next_step_at) == ("closed", None)


def test_a_head_overrides_the_attempts_with_a_note(mine: Lead) -> None:
    head = person("head_of_sales")
    with pytest.raises(Invalid):
        mark(mine, "unreachable", overrides=True, note="Moved away")
    with pytest.raises(Invalid) as refused:
        mark(mine, "unreachable", by=head, overrides=True)
    assert refused.value.field == "note"
    mark(mine, "unreachable", by=head, overrides=True, note="Moved away")
    assert fresh(mine).mark == "unreachable"


def test_the_mark_keeps_the_definition_as_it_stood(mine: Lead) -> None:
    agreement = agreement_in_force(criteria=[{"question": "Decides", "key": "decides"}])
    answers.answer(lead=mine, key="decides", value="yes", source="rep", by=owner_of(mine))
    made = mark(mine, "qualified")
    assert made.agreement == agreement
    assert made.evaluation["is_met"] is True
    assert made.evaluation["met"] == {"decides": True}


def test_marking_completes_the_call_that_led_to_it(mine: Lead) -> None:
    activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + MINUTE)
    mark(mine, "qualified")
    call = Activity.objects.get()
    assert (call.outcome, call.minutes, fresh(mine).minutes) == ("reached", 15, 15)


def test_second_mark_by_someone_else_is_a_conflict(mine: Lead) -> None:
    seen = fresh(mine).version
    mark(mine, "qualified", version=seen)
    with pytest.raises(Conflict) as refused:
        mark(mine, "not_a_fit", reason=reason(), by=person("head_of_sales"), version=seen)
    assert refused.value.context["by"] == owner_of(mine).name
    assert refused.value.context["after"]["mark"] == "qualified"
    assert fresh(mine).mark == "qualified"


def test_the_same_mark_clicked_twice_is_one_mark(mine: Lead) -> None:
    seen = fresh(mine).version
    assert mark(mine, "qualified", version=seen) == mark(mine, "qualified", version=seen)
    assert Mark.objects.count() == 1


def test_a_qualified_lead_is_lost_rather_than_closed(mine: Lead) -> None:
    mark(mine, "qualified")
    with pytest.raises(Invalid, match="lost rather than closed"):
        mark(mine, "not_a_fit", reason=reason())
    mark(mine, "promising", next_step_at=TOMORROW)
    assert (fresh(mine).stage, fresh(mine).qualified_at) == ("contacted", None)


def test_only_the_owner_and_heads_mark(mine: Lead) -> None:
    for role in ("rep", "marketer", "director"):
        with pytest.raises(NotAllowed):
            mark(mine, "qualified", by=person(role))
    assert fresh(mine).mark == "none"


# ------------------------------------------------------------------------------- taking it back


COLUMNS = [field.attname for field in Lead._meta.concrete_fields if field.attname not in {"version"}]


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ("qualified", {}),
        ("promising", {"next_step_at": TOMORROW}),
        ("not_a_fit", {"reason": "no_need"}),
        ("not_a_fit", {"reason": "spam"}),
    ],
)
@pytest.mark.parametrize("is_called_first", [False, True])
def test_a_mark_taken_back_leaves_the_lead_exactly_as_it_was(
    mine: Lead, value: Any, options: Any, is_called_first: bool
) -> None:
    if is_called_first:
        activities.start_call(lead=mine, by=owner_of(mine), at=TUESDAY + MINUTE)
    before = Lead.objects.values(*COLUMNS).get(pk=mine.pk)
    clock = mine.handoffs.values().get()
    call = list(Activity.objects.values())
    if "reason" in options:
        options = {"reason": reason(options["reason"])}
    made = mark(mine, value, **options)
    marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + HOUR)
    assert Lead.objects.values(*COLUMNS).get(pk=mine.pk) == before
    assert mine.handoffs.values().get() == clock
    assert list(Activity.objects.values()) == call
    assert Mark.objects.get().reverted_by == mine.owner


def test_after_taking_it_back_the_promise_is_still_due(mine: Lead) -> None:
    promise.sweep(at=TUESDAY + 45 * MINUTE)
    made = mark(mine, "qualified", at=TUESDAY + 50 * MINUTE)
    marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + 55 * MINUTE)
    assert running(mine).next_check_at == TUESDAY + HOUR
    result = promise.sweep(at=TUESDAY + HOUR)
    assert (result.warned, result.missed) == (0, 1)


def test_a_call_made_since_is_then_the_first_contact(mine: Lead) -> None:
    made = mark(mine, "qualified")
    activities.log(lead=mine, by=owner_of(mine), kind="call", outcome="reached", at=TUESDAY + 30 * MINUTE)
    marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + 40 * MINUTE)
    found = fresh(mine)
    assert (found.stage, found.mark, found.first_contact_at) == ("contacted", "none", TUESDAY + 30 * MINUTE)
    assert (found.minutes, found.is_in_time) == (15, True)
    assert found.handoffs.get().end == "contact"


def test_a_mark_is_taken_back_the_same_day_of_the_companys_zone(mine: Lead) -> None:
    made = mark(mine, "qualified")
    with pytest.raises(Invalid):
        marking.revert(mark=made, by=owner_of(mine), at=datetime.fromisoformat("2026-03-11T00:30:00+01:00"))
    assert fresh(mine).mark == "qualified"
    marking.revert(mark=made, by=owner_of(mine), at=datetime.fromisoformat("2026-03-10T23:30:00+01:00"))


def test_a_mark_is_taken_back_by_its_author_or_a_head(mine: Lead) -> None:
    made = mark(mine, "qualified")
    with pytest.raises(NotAllowed):
        marking.revert(mark=made, by=person("rep"), at=TUESDAY + HOUR)
    marking.revert(mark=made, by=person("head_of_sales"), at=TUESDAY + HOUR)
    assert fresh(mine).mark == "none"


def test_a_mark_is_taken_back_once_and_not_after_the_lead_moved_on(mine: Lead) -> None:
    made = mark(mine, "qualified")
    marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + HOUR)
    with pytest.raises(Conflict):
        marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + HOUR)
    again = mark(mine, "qualified")
    outcomes.lose(lead=mine, by=owner_of(mine), reason=reason(), at=TUESDAY + HOUR)
    with pytest.raises(Conflict):
        marking.revert(mark=again, by=owner_of(mine), at=TUESDAY + 2 * HOUR)


def test_a_next_step_planned_since_stays(mine: Lead) -> None:
    made = mark(mine, "promising", next_step_at=TOMORROW)
    Lead.objects.filter(pk=mine.pk).update(next_step_at=TOMORROW + HOUR)
    marking.revert(mark=made, by=owner_of(mine), at=TUESDAY + HOUR)
    assert fresh(mine).next_step_at == TOMORROW + HOUR


def test_marking_a_lead_handed_on_is_not_for_the_former_rep(mine: Lead) -> None:
    former = mine.owner
    handoff.give(lead=mine, to=person("rep"), by=None, at=TUESDAY + MINUTE)
    with pytest.raises(NotAllowed):
        mark(mine, "qualified", by=former)
