"""One lead's page: what it shows, what each role may do there, and two people changing one lead."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.domain.terms import Terms
from leads.domain.words import Door
from leads.models import Activity, Handoff, Lead, Mark, Step
from leads.selectors.timeline import timeline
from leads.services import (
    activities,
    answers,
    arrivals,
    consents,
    editing,
    follow_up,
    handoff,
    marking,
    outcomes,
)
from leads.services.arrivals import LeadData
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, TUESDAY, agreement_in_force, fresh, lead, reason, running

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Target": "lead-page"}


@pytest.fixture
def rep(client: Client) -> User:
    CompanyFactory()
    found = person("rep", name="Paweł Krawczyk")
    client.force_login(found)
    return found


def url(name: str, of: Lead, *more: Any) -> str:
    return reverse(f"leads:{name}", args=[of.pk, *more])


def act(client: Client, name: str, of: Lead, *, htmx: bool = True, **given: Any):
    return client.post(url(f"lead_{name}", of), given, headers=HTMX if htmx else None)


# ---------------------------------------------------------------------------------------------- what it shows


def test_the_page_shows_who_it_is_and_the_promise(client: Client, rep: User) -> None:
    home = campaign(name="Partner webinar")
    one = lead(
        name="Ewa Nowicka",
        company="Nordflex",
        phone="+48615550142",
        need="1,200 places",
        campaign=home,
        owner=rep,
    )
    text = client.get(url("page", one)).text
    for words in (
        "Ewa Nowicka",
        "Nordflex",
        "tel:+48615550142",
        "1,200 places",
        "Partner webinar",
        'class="sla',
    ):
        assert words in text


@pytest.mark.parametrize("pk", [0, 4711])
def test_a_lead_that_is_not_here_is_not_found(client: Client, rep: User, pk: int) -> None:
    assert client.get(reverse("leads:page", args=[pk])).status_code == 404
    for name in ("lead_mark", "lead_log", "lead_edit", "lead_win"):
        assert client.post(reverse(f"leads:{name}", args=[pk])).status_code == 404


def test_the_timeline_says_who_did_what_and_when(rep: User) -> None:
    head = person("head_of_sales", name="Tomasz Wrona")
    other = person("rep", name="Iga Mazur")
    home = campaign(name="Webinar")
    one = arrivals.receive(
        data=LeadData(name="Ewa", phone="+48615550142"),
        campaign=home,
        door=Door.FORM,
        by=None,
        at=TUESDAY,
        payload={"Imię": "Ewa", "raw": [1, {"a": None}]},
        hand_off=False,
    ).lead
    handoff.give(
        lead=one, to=other, by=head, at=TUESDAY, why={"rule": "by_hand", "note": "She asked for Iga"}
    )
    handoff.give(lead=one, to=rep, by=head, at=TUESDAY + HOUR / 4)
    Step.objects.create(
        lead=one, handoff=running(one), kind="missed", due_at=TUESDAY + HOUR, at=TUESDAY + HOUR
    )
    activities.log(
        lead=one,
        by=rep,
        kind="call",
        outcome="reached",
        minutes=12,
        note="Wants a visit",
        at=TUESDAY + 2 * HOUR,
    )
    marking.mark(lead=one, value="qualified", by=rep, version=None, at=TUESDAY + 2 * HOUR)
    outcomes.lose(lead=one, by=rep, reason=reason(), note="Too dear", at=TUESDAY + 3 * HOUR)
    outcomes.reopen(lead=one, by=rep, note="They called back", at=TUESDAY + 4 * HOUR)
    editing.edit(lead=one, by=rep, changes={"company": "Nordflex"})
    told = [
        (item.text.replace("\xa0", " "), item.by, item.note.replace("\xa0", " "))
        for item in timeline(one, Terms())
    ]
    texts = [text for text, _by, _note in told]
    assert texts == sorted(texts, key=texts.index)
    assert texts[-1] == "Received from Webinar, by a form"
    assert texts[-2].startswith("Handed to Iga Mazur, first contact due ")
    assert told[-2][1] == "Tomasz Wrona"
    assert told[-2][2].startswith("She asked for Iga\nPassed on ")
    assert told[-3][2].endswith("after the promise")
    assert texts[-4].startswith("Past the promise")
    assert ("Call: Reached, 12 min", "Paweł Krawczyk", "Wants a visit") in told
    assert "Marked Qualified" in texts
    assert ("Lost: No budget", "Paweł Krawczyk", "Too dear") in told
    assert ("Opened again", "Paweł Krawczyk", "They called back") in told
    edited = timeline(one, Terms())[0]
    assert [(change.label, change.before, change.after) for change in edited.changes] == [
        ("Company", "–", "Nordflex")
    ]
    received = timeline(one, Terms())[-1]
    assert dict(received.payload) == {"Imię": "Ewa", "raw": "1\na: –"}


def test_what_was_received_is_written_as_text(client: Client, rep: User) -> None:
    one = arrivals.receive(
        data=LeadData(name="A"),
        campaign=campaign(),
        door=Door.API,
        by=None,
        payload={"<script>x": "<img src=x onerror=alert(1)>"},
    ).lead
    text = client.get(url("page", one)).text
    assert "<script>x" not in text
    assert "<img src=x" not in text


def test_answers_and_a_mark_taken_back_are_told(rep: User) -> None:
    agreement_in_force(criteria=[{"key": "budget", "question": "Knows the budget"}])
    one = lead(owner=rep)
    answers.answer(lead=one, key="budget", value="true", source="rep", by=rep)
    answers.forget(lead=one, key="budget", by=rep)
    made = marking.mark(lead=one, value="qualified", by=rep, version=None)
    marking.revert(mark=made, by=rep)
    follow_up.set_next_step(lead=one, by=rep, at=timezone.now() + timedelta(days=1), text="Call")
    from_terms = Terms(criteria=())
    texts = [item.text for item in timeline(one, from_terms)]
    assert texts[0].startswith("Next step tomorrow")
    assert "Mark taken back: Qualified" in texts
    assert "Marked Qualified" in texts
    told = [item for item in timeline(one, from_terms) if item.changes]
    assert [(one.changes[0].before, one.changes[0].after) for one in told] == [("yes", "–"), ("–", "yes")]


def work(one: Lead, rep: User, times: int) -> None:
    for _time in range(times):
        activities.log(lead=one, by=rep, kind="email")
        follow_up.add_note(lead=one, by=rep, text="Note")
        made = marking.mark(lead=one, value="qualified", by=rep, version=None)
        marking.revert(mark=made, by=rep)
        handoff.give(lead=one, to=person("rep"), by=None)
        handoff.give(lead=one, to=rep, by=None)


def test_a_long_story_takes_no_more_queries(client: Client, rep: User) -> None:
    agreement_in_force(criteria=[{"key": "budget", "question": "Knows the budget"}])
    one = lead(owner=rep, company="A")
    client.get(url("page", one))
    counts = []
    for times in (1, 9):
        work(one, rep, times)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url("page", one)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 26


def test_what_a_lead_does_not_have_is_not_asked_for(client: Client, rep: User) -> None:
    agreement_in_force(criteria=[{"key": "budget", "question": "Knows the budget"}])
    one = lead(owner=rep, company="A")
    client.get(url("page", one))
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url("page", one)).status_code == 200
    asked = " ".join(query["sql"].partition(" FROM ")[2][:40] for query in seen)
    for table in (
        "leads_mark",
        "leads_finding",
        "leads_merge",
        "leads_lookalike",
        "leads_activity",
        "leads_step",
    ):
        assert f'"{table}"' not in asked
    assert len(seen) <= 21


def test_call_and_mail_are_quiet_and_say_why_once_consent_was_taken_back(client: Client, rep: User) -> None:
    one = lead(name="Ewa Nowicka", phone="+48615550142", email="ewa@one.example", owner=rep)
    why = "Consent was taken back: call or write only where the person asks for it."
    loud = '<a class="btn main" href="tel:'
    before = client.get(url("page", one)).text
    assert loud in before
    assert why not in before
    consents.note(lead=one, by=rep, is_given=True, text="They may call.", at=one.received_at)
    assert loud in client.get(url("page", one)).text
    consents.note(lead=one, by=rep, is_given=False, text="Stop calling.")
    after = client.get(url("page", one)).text
    assert loud not in after
    assert why in after
    assert 'href="tel:+48615550142"' in after  # people decide: nothing is blocked
    assert 'href="mailto:ewa@one.example"' in after
    assert after.count('aria-describedby="taken-back"') == 2


# ---------------------------------------------------------------------------------------------- what is done


def test_a_mark_answers_with_the_page_and_the_way_back(client: Client, rep: User) -> None:
    one = lead(owner=rep, name="Ewa")
    response = act(client, "mark", one, mark="qualified", version=one.version)
    assert "<html" not in response.text
    assert 'id="lead-page"' in response.text
    assert 'id="lead-tags"' in response.text
    assert "Ewa marked Qualified" in response.text
    back = url("lead_take_back", one, Mark.objects.get().pk)
    assert back in response.text
    client.post(back, headers={"HX-Request": "true"})
    assert fresh(one).mark == "none"


def test_without_scripts_every_action_leads_back_to_the_page(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    response = act(client, "mark", one, mark="qualified", version=one.version, htmx=False)
    assert (response.status_code, response["Location"]) == (302, url("page", one))


def test_promising_asks_when_and_not_a_fit_asks_why(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert "When do you get back to them?" in client.get(f"{url('page', one)}?ask=promising").text
    assert "Why not?" in client.get(f"{url('page', one)}?ask=not_a_fit").text
    response = act(client, "mark", one, mark="promising", version=one.version, note="likes it")
    assert response.status_code == 422
    assert "When do you get back to them?" in response.text
    assert 'value="likes it"' in response.text
    assert act(client, "mark", one, mark="promising:week", version=one.version).status_code == 200
    found = fresh(one)
    assert (found.mark, found.next_step_at is not None) == ("promising", True)


def test_two_people_marking_one_lead_is_a_conflict_that_names_the_other(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    seen = one.version
    head = person("head_of_sales", name="Tomasz Wrona")
    marking.mark(lead=fresh(one), value="qualified", by=head, version=None)
    response = act(client, "mark", one, mark="promising:week", version=seen, event=0, note="my words")
    assert response.status_code == 409
    assert "Tomasz Wrona" in response.text
    assert 'value="my words"' in response.text
    assert fresh(one).mark == "qualified"
    again = act(client, "mark", one, mark="promising:week", version=fresh(one).version, note="my words")
    assert again.status_code == 200
    assert fresh(one).mark == "promising"


def test_ones_own_call_is_no_conflict(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    page = client.get(url("page", one))
    assert act(client, "call", one).status_code == 200
    response = act(client, "mark", one, mark="qualified", version=one.version, event=page.context["event_id"])
    assert response.status_code == 200
    assert fresh(one).mark == "qualified"


def test_an_activity_is_logged_and_a_wrong_one_keeps_what_was_typed(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    given = {"kind": "meeting", "direction": "out", "outcome": "reached", "minutes": "45", "note": "On site"}
    assert act(client, "log", one, **given).status_code == 200
    made = Activity.objects.get(lead=one)
    assert (made.kind, made.minutes, made.is_estimated, made.note) == ("meeting", 45, False, "On site")
    response = act(client, "log", one, **given | {"minutes": "many"})
    assert response.status_code == 422
    assert "On site</textarea>" in response.text
    assert '<details class="card log" open>' in response.text


def test_no_answer_sets_the_next_try_and_a_next_step_can_be_chosen(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert "No answer. Next try" in act(client, "tried", one, outcome="no_answer", version=one.version).text
    assert fresh(one).next_step_at is not None
    assert act(client, "tried", one, outcome="wrong_number", version=fresh(one).version).status_code == 200
    day = timezone.localdate() + timedelta(days=10)
    version = fresh(one).version
    assert act(client, "next_step", one, step="date", on=day.isoformat(), version=version).status_code == 200
    assert timezone.localtime(fresh(one).next_step_at).date() >= day
    response = act(client, "next_step", one, step="date", on="soon", version=fresh(one).version)
    assert response.status_code == 422


def test_winning_needs_an_amount_and_losing_a_reason(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    refused = act(client, "win", one, amount="a lot", version=one.version)
    assert refused.status_code == 422
    assert '<dialog id="win" open>' in refused.text
    assert 'value="a lot"' in refused.text
    early = act(client, "win", one, amount="5", on="2999-01-01", version=one.version)
    assert early.status_code == 422
    assert "lies in the future" in early.text
    assert act(client, "win", one, amount="1250.50", version=one.version).status_code == 200
    assert (fresh(one).stage, fresh(one).amount) == ("won", Decimal("1250.50"))

    other = lead(owner=rep)
    marking.mark(lead=other, value="qualified", by=rep, version=None)
    assert act(client, "lose", other, version=other.version).status_code == 422
    assert act(client, "lose", other, reason=reason().pk, version=other.version).status_code == 200
    assert fresh(other).stage == "lost"
    assert act(client, "reopen", other, note="", version=fresh(other).version).status_code == 422
    assert act(client, "reopen", other, note="They called", version=fresh(other).version).status_code == 200
    assert fresh(other).is_open


def test_a_lead_goes_back_to_marketing_with_a_reason(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert act(client, "give_back", one, reason="other", version=one.version).status_code == 422
    assert act(client, "give_back", one, reason="incomplete", version=one.version).status_code == 200
    assert fresh(one).owner is None


def test_the_head_hands_over_with_a_note_and_the_clock_goes_on(client: Client, rep: User) -> None:
    client.force_login(person("head_of_sales"))
    one = lead(owner=rep)
    due = running(one).due_at
    other = person("rep", name="Iga Mazur")
    assert act(client, "give", one, to="").status_code == 422
    assert act(client, "give", one, to=other.pk, note="Knows them").status_code == 200
    assert fresh(one).owner == other
    assert running(one).due_at - due < timedelta(minutes=5)
    assert "Knows them" in client.get(url("page", one)).text


def test_a_criterion_is_answered_and_a_wrong_answer_is_refused_on_the_page(client: Client, rep: User) -> None:
    agreement_in_force(criteria=[{"key": "size", "question": "Size", "kind": "number", "threshold": 5}])
    one = lead(owner=rep)
    assert act(client, "answer", one, key="size", value="12").status_code == 200
    response = act(client, "answer", one, key="size", typed="big")
    assert response.status_code == 422
    assert "This is no number" in response.text
    assert 'value="big"' in response.text
    assert one.answers.get().value == "12"


# ---------------------------------------------------------------------------------------------- editing in place


def details(one: Lead, **changes: Any) -> dict[str, Any]:
    given = {
        name: str(getattr(one, name) or "") for name in ("name", "company", "email", "phone", "city", "need")
    }
    return given | {"version": one.version} | changes


def test_details_are_edited_in_place(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    form = client.get(url("lead_edit", one), headers={"HX-Request": "true"})
    assert "<html" not in form.text
    assert 'name="company"' in form.text
    saved = client.post(
        url("lead_edit", one), details(one, company="Nordflex"), headers={"HX-Request": "true"}
    )
    assert saved["HX-Retarget"] == "#lead-page"
    assert fresh(one).company == "Nordflex"


def test_without_scripts_editing_is_a_page(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    assert "<html" in client.get(url("lead_edit", one)).text
    response = client.post(url("lead_edit", one), details(one, city="Łódź"))
    assert response["Location"] == url("page", one)


def test_an_unreadable_mail_comes_back_as_typed(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    response = client.post(url("lead_edit", one), details(one, email="a@b@c", city="Łódź"))
    assert response.status_code == 422
    assert 'value="a@b@c"' in response.text
    assert 'value="Łódź"' in response.text
    assert fresh(one).city == ""


def test_another_leads_mail_is_refused_with_the_way_to_it(client: Client, rep: User) -> None:
    other = lead(email="taken@example.com")
    one = lead(owner=rep)
    response = client.post(url("lead_edit", one), details(one, email="taken@example.com"))
    assert response.status_code == 422
    assert f'href="{url("page", other)}"' in response.text


def test_editing_over_a_colleague_is_a_conflict_that_keeps_what_was_typed(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    given = details(one, company="Mine")
    head = person("head_of_sales", name="Tomasz Wrona")
    editing.edit(lead=fresh(one), by=head, changes={"company": "Theirs"})
    response = client.post(url("lead_edit", one), given)
    assert response.status_code == 409
    assert "Tomasz Wrona" in response.text
    assert 'value="Mine"' in response.text
    assert fresh(one).company == "Theirs"
    version = fresh(one).version
    assert f'name="version" value="{version}"' in response.text
    assert client.post(url("lead_edit", one), given | {"version": version}).status_code == 302
    assert fresh(one).company == "Mine"


# ---------------------------------------------------------------------------------------------- who may what

WORKERS = {Role.REP, Role.HEAD_OF_SALES}
NOTERS = WORKERS | {Role.MARKETER, Role.HEAD_OF_MARKETING}
GIVERS = {Role.HEAD_OF_SALES, Role.MARKETER, Role.HEAD_OF_MARKETING}
MAY = {
    "lead_mark": WORKERS,
    "lead_call": WORKERS,
    "lead_tried": WORKERS,
    "lead_next_step": WORKERS,
    "lead_log": WORKERS,
    "lead_give_back": WORKERS,
    "lead_win": WORKERS,
    "lead_lose": WORKERS,
    "lead_reopen": WORKERS,
    "lead_note": NOTERS,
    "lead_answer": NOTERS,
    "lead_edit": NOTERS,
    "lead_give": GIVERS,
}


@pytest.mark.parametrize("role", list(Role))
def test_each_action_is_open_to_its_roles_only_and_the_page_to_all(client: Client, role: Role) -> None:
    CompanyFactory()
    client.force_login(person(role))
    one = lead()
    assert client.get(url("page", one)).status_code == 200
    for name, allowed in MAY.items():
        status = client.post(url(name, one), headers=HTMX).status_code
        # A rep's own leads only: this one is nobody's, so the service refuses too.
        is_forbidden = role not in allowed
        assert (status == 403) == is_forbidden or role is Role.REP, (name, role, status)
        assert status < 500


def test_a_rep_works_own_leads_only(client: Client, rep: User) -> None:
    one = lead(owner=person("rep"))
    text = client.get(url("page", one)).text
    assert 'name="mark"' not in text
    assert act(client, "mark", one, mark="qualified").status_code == 403
    assert act(client, "log", one, kind="call", direction="out").status_code == 403
    assert fresh(one).mark == "none"
    assert Handoff.objects.filter(ended_at=None).count() == 1


def test_marketing_reads_notes_and_edits_but_does_not_mark(client: Client) -> None:
    CompanyFactory()
    marketer = person("marketer")
    client.force_login(marketer)
    one = lead(owner=person("rep"))
    text = client.get(url("page", one)).text
    assert 'name="mark"' not in text
    assert 'name="note"' in text
    assert act(client, "note", one, note="Met at the fair").status_code == 200
    assert Activity.objects.get().note == "Met at the fair"
    assert act(client, "note", one, note=" ").status_code == 422
    assert act(client, "give", one, to=person("rep").pk).status_code == 403
    free = lead()
    assert act(client, "give", free, to=person("rep").pk).status_code == 200


# ---------------------------------------------------------------------------------------------- the win afterwards


def test_a_win_is_corrected_in_any_notation_and_taken_back(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    act(client, "win", one, version=fresh(one).version, amount="1 200,50")
    assert fresh(one).amount == Decimal("1200.50")
    text = client.get(url("page", one)).text
    assert 'data-dialog="change-win"' in text
    assert url("lead_take_win_back", one) in text
    refused = act(client, "change_win", one, version=fresh(one).version, amount="-3", on="")
    assert refused.status_code == 422
    assert 'value="-3"' in refused.text
    changed = act(client, "change_win", one, version=fresh(one).version, amount="1,300.00", on="")
    assert "€1,300" in changed.text
    assert "The win was corrected" in changed.text
    assert fresh(one).amount == 1300
    back = act(client, "take_win_back", one, version=fresh(one).version)
    assert "the win was taken back" in back.text
    assert (fresh(one).stage, fresh(one).amount) == ("new", None)


def test_others_are_not_offered_to_change_a_win(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    outcomes.win(lead=one, by=rep, amount=Decimal(5))
    client.force_login(person("rep"))
    assert 'data-dialog="change-win"' not in client.get(url("page", one)).text
    assert act(client, "change_win", one, version=fresh(one).version, amount="7").status_code == 403
    assert act(client, "take_win_back", one).status_code == 403
    assert (fresh(one).stage, fresh(one).amount) == ("won", 5)


def test_a_loss_takes_the_day_it_happened_on(client: Client, rep: User) -> None:
    one = lead(owner=rep)
    marking.mark(lead=one, value="qualified", by=rep, version=None)
    given = {"reason": reason().pk, "on": "2020-02-03"}
    act(client, "lose", one, version=fresh(one).version, **given)
    lost_at = fresh(one).lost_at
    assert lost_at is not None
    assert lost_at.isoformat() == "2020-02-03T11:00:00+00:00"
