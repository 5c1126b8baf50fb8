"""`/alerts/`: who sees what, in which order, and who takes care of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.core.errors import Conflict, NotAllowed, NotFound
from leadsync.notices import attending, selectors
from leadsync.notices.duties import DUTIES, Topic, kinds_of
from leadsync.notices.kinds import KINDS
from leadsync.notices.models import Alert
from leadsync.shell import counts_for
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _now() -> Any:
    CompanyFactory.create()
    with time_machine.travel(NOW, tick=False):
        yield


def alert(kind: str = "gate_failed", subject: str = "", **fields: Any) -> Alert:
    defaults: dict[str, Any] = {
        "opened_at": NOW - DAY,
        "context": {"campaign": "Fair"},
        "url": "/campaigns/1/",
    }
    subject = subject or str(Alert.objects.count())
    return Alert.objects.create(kind=kind, subject=subject, **defaults | fields)


def signed_in(*roles: str | Role) -> tuple[Client, User]:
    made, client = person(*roles), Client()
    client.force_login(made)
    return client, made


def shown(client: Client, query: str = "") -> list[int]:
    response = client.get(f"/alerts/{query}")
    assert response.status_code == 200
    return [line.pk for line in response.context["lines"]]


# ---------------------------------------------------------------------------------------------- the table


def test_every_kind_of_alert_has_words_a_topic_and_somebody_it_waits_for() -> None:
    for kind, duty in DUTIES.items():
        assert kind in KINDS, kind
        assert str(duty.who), kind
        assert set(kinds_of(topic=duty.topic)) & {kind}


# ---------------------------------------------------------------------------------------------- who sees what


@pytest.mark.parametrize(
    ("kind", "roles_that_see"),
    [
        ("promise_missed", set(Role)),
        ("rep_away", {Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR}),
        ("overload", {Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR}),
        ("drought", {Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES, Role.DIRECTOR}),
        ("unreadable_messages", {Role.MARKETER, Role.HEAD_OF_MARKETING, Role.ADMINISTRATOR}),
        ("rollup_difference", {Role.ADMINISTRATOR}),
        ("webhook_failing", {Role.ADMINISTRATOR}),
        ("mails_given_up", {Role.ADMINISTRATOR}),
        ("of_a_later_version", set(Role)),
    ],
)
def test_an_alert_is_shown_and_counted_for_those_who_may_see_it(kind: str, roles_that_see: set[Role]) -> None:
    made = alert(kind, "rep:0")
    for role in Role:
        client, user = signed_in(role)
        sees = role in roles_that_see
        assert shown(client) == ([made.pk] if sees else []), role
        assert counts_for(user).alerts == int(sees), role
        assert client.get(reverse("notices:alert", args=[made.pk])).status_code == (302 if sees else 404)


def test_figures_of_one_person_are_shown_to_that_person_and_no_other_rep() -> None:
    mine, me = signed_in("rep")
    other, _somebody = signed_in("rep")
    own = alert("overload", f"rep:{me.pk}")
    alert("rep_away", f"rep:{me.pk}")  # names whom it is about, for whoever shares out the leads
    assert shown(mine) == [own.pk]
    assert shown(other) == []
    assert counts_for(me).alerts == 1


def test_names_in_the_facts_are_for_the_heads_and_the_own_one_for_a_rep() -> None:
    mine, me = signed_in("rep")
    rows = [{"id": me.pk, "name": "Paweł K", "count": 2}, {"id": me.pk + 500, "name": "Iga M", "count": 3}]
    alert("promise_missed", context={"count": 5, "reps": rows})
    assert "with Iga" not in mine.get("/alerts/").content.decode()
    assert "2 with Paweł" in mine.get("/alerts/").content.decode()
    head, _head = signed_in("head_of_sales")
    assert "2 with Paweł, 3 with Iga" in head.get("/alerts/").content.decode()


# ---------------------------------------------------------------------------------------------- the page


def test_what_costs_most_comes_first_then_the_oldest() -> None:
    client, _user = signed_in("marketer")
    cheap = alert(cost_minutes=1, opened_at=NOW - 9 * DAY)
    young = alert(cost_minutes=60, opened_at=NOW - DAY)
    old = alert(cost_minutes=60, opened_at=NOW - 2 * DAY)
    alert(resolved_at=NOW, cost_minutes=900)
    assert shown(client) == [old.pk, young.pk, cheap.pk]


def test_a_row_says_facts_since_when_whom_it_waits_for_and_one_next_step() -> None:
    client, _user = signed_in("marketer")
    alert("point_broken", context={"point": "+48 1", "responsible": "Marta Z"}, cost_minutes=75)
    page = client.get("/alerts/").content.decode()
    for said in (
        "Does not work: +48 1",
        "Since yesterday",
        "Waits for: Marta Z",
        "Takes 1",
        "I take care of it",
    ):
        assert said in page.replace("\N{NO-BREAK SPACE}", " "), said
    assert page.count('class="btn small main"') == 1


def test_names_are_text() -> None:
    client, _user = signed_in("marketer")
    alert("point_broken", context={"point": "<script>alert(1)</script>"})
    assert "<script>alert(1)" not in client.get("/alerts/").content.decode()


def test_the_list_is_cut_by_topic_and_department() -> None:
    client, _user = signed_in("head_of_marketing")
    gate, promise, away = alert("gate_failed"), alert("promise_missed"), alert("rep_away")
    late = alert("gate_late")
    assert set(shown(client, "?topic=campaigns")) == {gate.pk, late.pk}
    assert set(shown(client, "?side=sales")) == {promise.pk, away.pk, late.pk}
    assert shown(client, "?side=sales&topic=campaigns") == [late.pk]
    assert len(shown(client, "?side=dir&topic=nonsense&after=x")) == 4


def test_what_is_in_order_again_is_kept_for_thirty_days() -> None:
    client, _user = signed_in("marketer")
    alert()
    new = alert(resolved_at=NOW - DAY)
    old = alert(resolved_at=NOW - 29 * DAY, opened_at=NOW - 40 * DAY)
    alert(resolved_at=NOW - 31 * DAY, opened_at=NOW - 40 * DAY)
    assert shown(client, "?show=resolved") == [new.pk, old.pk]


@pytest.mark.parametrize("show", ["", "resolved"])
def test_long_lists_come_in_pages_by_key(show: str) -> None:
    client, _user = signed_in("marketer")
    for number in range(120):
        moment = NOW - number % 3 * DAY
        alert(
            cost_minutes=number % 4,
            opened_at=NOW - 9 * DAY if show else moment,
            resolved_at=moment if show else None,
        )
    seen: list[int] = []
    url = f"/alerts/?show={show}"
    while url:
        response = client.get(url, headers={"HX-Request": "true"})
        assert b"<html" not in response.content
        seen += [line.pk for line in response.context["lines"]]
        url = response.context["next_url"]
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("query", ["", "?show=resolved", "?topic=talks", "?side=mkt"])
def test_an_empty_list_says_what_it_would_hold(query: str) -> None:
    client, _user = signed_in("rep")
    page = client.get(f"/alerts/{query}").content.decode()
    assert 'class="empty"' in page


def test_twenty_alerts_cost_as_many_statements_as_one() -> None:
    client, _user = signed_in("director")
    head = person("head_of_sales")
    counts = []
    for _turn in range(2):
        alert("gate_failed", acknowledged_at=NOW, acknowledged_by=head)
        client.get("/alerts/")
        with CaptureQueriesContext(connection) as captured:
            client.get("/alerts/")
        counts.append(len(captured))
        for _number in range(19):
            alert("gate_late", acknowledged_at=NOW, acknowledged_by=head)
    assert counts[0] == counts[1]


def test_mails_lead_to_the_alert_wherever_it_stands_now() -> None:
    client, _user = signed_in("rep")
    made = alert()
    url = reverse("notices:alert", args=[made.pk])
    assert client.get(url)["Location"] == f"/alerts/#alert-{made.pk}"
    Alert.objects.update(resolved_at=NOW)
    assert client.get(url)["Location"] == f"/alerts/?show=resolved#alert-{made.pk}"
    assert client.get("/alerts/999999999999999999/").status_code == 404
    assert Client().get(url).status_code == 302


# ---------------------------------------------------------------------------------------------- taking care


def test_taking_care_shows_name_and_time_and_counts_no_more() -> None:
    client, me = signed_in("rep")
    made = alert()
    assert counts_for(me).alerts == 1
    response = client.post(f"/alerts/{made.pk}/acknowledge/", {"topic": "campaigns"})
    assert response["Location"] == f"/alerts/?topic=campaigns#alert-{made.pk}"
    made.refresh_from_db()
    assert (made.acknowledged_by, made.acknowledged_at) == (me, NOW)
    assert counts_for(me).alerts == 0
    other, _other = signed_in("marketer")
    assert f"{me.name} takes care of it" in other.get("/alerts/").content.decode()
    assert "You take care of it" in client.get("/alerts/").content.decode()


def test_it_can_be_taken_back_by_oneself_and_by_a_head_and_by_nobody_else() -> None:
    made, me = alert(), person("rep")
    attending.acknowledge(pk=made.pk, by=me, at=NOW)
    with pytest.raises(NotAllowed):
        attending.give_up(pk=made.pk, by=person("marketer"))
    assert Alert.objects.get().acknowledged_by == me
    attending.give_up(pk=made.pk, by=me)
    attending.give_up(pk=made.pk, by=me)
    assert Alert.objects.get().acknowledged_at is None
    attending.acknowledge(pk=made.pk, by=me, at=NOW)
    attending.give_up(pk=made.pk, by=person("head_of_sales"))
    assert Alert.objects.get().acknowledged_by is None


def test_the_second_one_is_told_who_takes_care() -> None:
    made, first, second = alert(), person("rep", name="Iga Mazur"), person("rep")
    for _turn in range(2):
        attending.acknowledge(pk=made.pk, by=first, at=NOW)
    with pytest.raises(Conflict, match="Iga Mazur"):
        attending.acknowledge(pk=made.pk, by=second)
    client = Client()
    client.force_login(second)
    page = client.post(f"/alerts/{made.pk}/acknowledge/", follow=True).content.decode()
    assert "Iga Mazur" in page
    assert Alert.objects.get().acknowledged_by == first


def test_what_is_in_order_or_not_for_oneself_is_not_taken() -> None:
    over = alert(resolved_at=NOW)
    with pytest.raises(Conflict):
        attending.acknowledge(pk=over.pk, by=person("rep"))
    hidden = alert("rollup_difference")
    for act in (attending.acknowledge, attending.give_up):
        with pytest.raises(NotFound):
            act(pk=hidden.pk, by=person("rep"))
    assert not Alert.objects.exclude(acknowledged_at=None).exists()


def test_administrators_take_care_of_what_only_they_see() -> None:
    client, me = signed_in("administrator")
    made = alert("webhook_failing")
    assert client.post(f"/alerts/{made.pk}/acknowledge/").status_code == 302
    assert Alert.objects.get().acknowledged_by == me


def test_a_signed_out_person_takes_nothing() -> None:
    made = alert()
    assert Client().post(f"/alerts/{made.pk}/acknowledge/").status_code == 302
    assert Alert.objects.get().acknowledged_at is None
    client, _user = signed_in("rep")
    assert client.get(f"/alerts/{made.pk}/acknowledge/").status_code == 405


def test_the_list_polls_only_where_that_moves_nothing() -> None:
    client, _user = signed_in("rep")
    alert()
    assert 'hx-trigger="poll from:body"' in client.get("/alerts/").content.decode()
    assert "poll from:body" not in client.get("/alerts/?show=resolved").content.decode()
    for _number in range(51):
        alert()
    assert "poll from:body" not in client.get("/alerts/").content.decode()


def test_every_topic_is_offered_but_the_house_to_those_who_cannot_mend_it() -> None:
    rep, _rep = signed_in("rep")
    admin, _admin = signed_in("administrator")
    assert Topic.HOUSE.value not in dict(rep.get("/alerts/").context["topics"])
    assert Topic.HOUSE.value in dict(admin.get("/alerts/").context["topics"])


def test_the_line_of_an_alert_is_in_the_reader_s_language() -> None:
    made = alert("silent_leads", context={"count": 2, "days": 14})
    line = selectors.alert_line(made, person("rep"))
    assert line.words.title == "2 leads in work are silent"
