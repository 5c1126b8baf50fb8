"""Giving leads to reps, passing them on, giving them back: the clock is started once and never reset."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from campaigns.models import Touch
from leads.models import Handoff, LeadEvent
from leads.services import activities, handoff, promise
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Alert, Notice
from leadsync.notices.selectors import line
from tests.factories.accounts import HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, running

pytestmark = pytest.mark.django_db


def test_the_clock_starts_at_the_handoff_not_at_the_arrival() -> None:
    found = lead(at=TUESDAY - 5 * HOUR)
    made = handoff.give(lead=found, to=person("rep"), by=person("marketer"), at=TUESDAY)
    assert made is not None
    assert (made.at, made.due_at) == (TUESDAY, TUESDAY + HOUR)
    assert (fresh(found).handed_off_at, fresh(found).received_at) == (TUESDAY, TUESDAY - 5 * HOUR)


def test_the_reps_own_hours_decide() -> None:
    rep = person("rep")
    HoursFactory.create(person=rep, weekday=2, opens=600, closes=720)
    found = lead(owner=rep, at=TUESDAY)
    assert running(found).due_at == TUESDAY + timedelta(days=1) + HOUR


def test_event_notice_and_touch_are_written_with_it() -> None:
    rep, head = person("rep"), person("head_of_sales")
    found = lead(at=TUESDAY)
    Touch.objects.all().delete()
    handoff.give(lead=found, to=rep, by=head, at=TUESDAY)
    event = LeadEvent.objects.filter(lead=found).latest("id")
    assert (event.kind, event.by, event.after["owner_id"]) == ("handed_off", head, rep.pk)
    notice = Notice.objects.get(recipient=rep)
    assert (notice.kind, notice.context["lead"]) == ("leads_handed", found.name)
    assert Touch.objects.filter(campaign=found.campaign_id, at=TUESDAY).exists()


def test_who_takes_a_lead_is_not_told_so() -> None:
    head = person("head_of_sales")
    handoff.give(lead=lead(), to=head, by=head)
    assert not Notice.objects.exists()


def test_giving_twice_is_giving_once() -> None:
    rep = person("rep")
    found = lead(owner=rep)
    assert handoff.give(lead=found, to=rep, by=None) == running(found)
    assert Handoff.objects.count() == 1


def test_passing_on_goes_on_with_the_clock_and_keeps_both_handoffs() -> None:
    first, second = person("rep"), person("rep")
    found = lead(owner=first, at=TUESDAY)
    handoff.give(lead=found, to=second, by=person("head_of_sales"), at=TUESDAY + 40 * MINUTE)
    former = Handoff.objects.get(rep=first)
    assert (former.end, former.ended_at, former.left_seconds) == ("passed_on", TUESDAY + 40 * MINUTE, 1200)
    now = running(found)
    assert (now.rep, now.due_at, now.promise_seconds) == (second, TUESDAY + HOUR, 1200)
    assert fresh(found).owner == second
    assert LeadEvent.objects.filter(lead=found).latest("id").kind == "passed_on"


def test_passing_on_when_past_stays_past() -> None:
    found = lead(owner=person("rep"), at=TUESDAY)
    handoff.give(lead=found, to=person("rep"), by=None, at=TUESDAY + 2 * HOUR)
    assert running(found).due_at == TUESDAY + HOUR
    assert promise.sweep(at=TUESDAY + 2 * HOUR).missed == 1


def test_passing_on_after_contact_starts_no_clock() -> None:
    rep, second = person("rep"), person("rep")
    found = lead(owner=rep, at=TUESDAY)
    activities.start_call(lead=found, by=rep, at=TUESDAY + MINUTE)
    assert handoff.give(lead=found, to=second, by=None) is None
    assert fresh(found).owner == second
    assert Notice.objects.filter(recipient=second).count() == 1


def test_a_return_stops_the_clock_and_the_next_handoff_goes_on_with_the_rest() -> None:
    rep = person("rep")
    found = lead(owner=rep, at=TUESDAY)
    handoff.return_to_marketing(lead=found, by=rep, reason="incomplete", at=TUESDAY + 45 * MINUTE)
    assert fresh(found).owner is None
    ended = Handoff.objects.get()
    assert (ended.end, ended.left_seconds, ended.is_in_time) == ("returned", 900, None)
    again = handoff.give(lead=found, to=person("rep"), by=None, at=TUESDAY + 3 * HOUR)
    assert again is not None
    assert again.due_at == TUESDAY + 3 * HOUR + 15 * MINUTE
    assert fresh(found).handed_off_at == TUESDAY


def test_marketing_is_told_of_a_return_with_the_reason() -> None:
    marketer, rep = person("marketer"), person("rep")
    found = lead(owner=rep, campaign=campaign(owner=marketer))
    handoff.return_to_marketing(lead=found, by=rep, reason="wrong_market", note="Wants Chile")
    notice = Notice.objects.get(recipient=marketer)
    assert (notice.kind, notice.context["note"]) == ("lead_returned", "Wants Chile")
    for language, words in (("en", "Wrong market"), ("pl", "Nie ten rynek")):
        with translation.override(language):
            assert words in line(notice).words.text


@pytest.mark.parametrize(("reason", "field"), [("", "reason"), ("because", "reason"), ("other", "note")])
def test_a_return_says_why(reason: str, field: str) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    with pytest.raises(Invalid) as refused:
        handoff.return_to_marketing(lead=found, by=rep, reason=reason)
    assert refused.value.field == field
    assert running(found).ended_at is None


def test_a_rep_neither_takes_nor_gives_leads_of_others() -> None:
    rep, other = person("rep"), person("rep")
    found = lead(owner=other)
    with pytest.raises(NotAllowed):
        handoff.give(lead=found, to=rep, by=rep)
    with pytest.raises(NotAllowed):
        handoff.return_to_marketing(lead=found, by=rep, reason="incomplete")
    assert fresh(found).owner == other
    assert Handoff.objects.count() == 1


def test_marketing_does_not_take_a_lead_away_from_a_rep() -> None:
    found = lead(owner=person("rep"))
    with pytest.raises(NotAllowed):
        handoff.give(lead=found, to=person("rep"), by=person("marketer"))


def test_who_does_not_sell_gets_no_leads() -> None:
    with pytest.raises(Invalid, match="does not work leads"):
        handoff.give(lead=lead(), to=person("marketer"), by=None)


def test_a_lead_without_mail_and_phone_is_not_handed_off() -> None:
    with pytest.raises(Invalid) as refused:
        handoff.give(lead=lead(email=""), to=person("rep"), by=None)
    assert refused.value.field == "email"


def test_an_old_version_is_a_conflict_that_names_who_did_what() -> None:
    rep = person("rep", name="Paweł Nowak")
    found = lead(owner=rep)
    seen = fresh(found).version
    activities.start_call(lead=found, by=rep)
    with pytest.raises(Conflict) as refused:
        handoff.return_to_marketing(lead=found, by=rep, reason="incomplete", version=seen)
    assert refused.value.context["by"] == "Paweł Nowak"
    assert refused.value.context["kind"] == "activity"
    assert "Paweł Nowak" in refused.value.message


def test_many_leads_are_shared_out_at_once_and_returned_ones_go_on(
    django_assert_max_num_queries: Any,
) -> None:
    rep = person("rep", capacity=20)
    to = campaign()
    returned = lead(owner=rep, campaign=to, at=TUESDAY)
    handoff.return_to_marketing(lead=returned, by=rep, reason="incomplete", at=TUESDAY + 30 * MINUTE)
    fresh_ones = [lead(campaign=to, at=TUESDAY) for _n in range(9)]
    Notice.objects.all().delete()
    with django_assert_max_num_queries(30):
        made = handoff.give_many(leads=[returned, *fresh_ones], by=person("marketer"), at=TUESDAY + 2 * HOUR)
    assert len(made) == 10
    assert running(returned).promise_seconds == 1800
    assert Notice.objects.get(recipient=rep).context["count"] == 10


def test_the_alert_about_leads_without_a_rep_goes_when_they_have_one() -> None:
    to = campaign()
    found = lead(campaign=to)
    handoff.give_many(leads=[found], by=None)
    assert Alert.objects.get().resolved_at is None
    handoff.give(lead=found, to=person("rep"), by=None)
    assert Alert.objects.get().resolved_at is not None
