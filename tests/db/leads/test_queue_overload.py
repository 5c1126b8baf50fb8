"""While a rep is overloaded the queue is ordered by what waiting costs, and says why; else by deadline."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.models import Handoff, Lead
from leads.selectors import waiting
from leadsync.accounts.models import User
from leadsync.kpi.services import watching
from leadsync.notices.models import Alert
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 16, 11, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
QUEUE = "/queue/"


@pytest.fixture(autouse=True)
def _now(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def rep(client: Client) -> User:
    CompanyFactory(zone="UTC", country="")
    for weekday in range(7):
        HoursFactory(weekday=weekday, opens=0, closes=1440)
    found = person("rep", name="Paweł Krawczyk")
    client.force_login(found)
    return found


def waits(rep: User, name: str, *, waited: timedelta, due: timedelta, **fields: Any) -> Lead:
    made = lead(name=name, owner=rep, **fields)
    Handoff.objects.filter(lead=made, ended_at=None).update(
        at=NOW - waited, due_at=NOW + due, warn_at=NOW + due, escalate_at=NOW + due + HOUR
    )
    return made


def history(rep: User, of: Any, *, after: timedelta, count: int, qualified: int, amount: int = 0) -> None:
    """First contacts made after such a wait, of which so many qualified; one of them was won."""
    at = NOW - timedelta(days=30)
    for number in range(count):
        good = number < qualified
        made = Lead.objects.create(
            campaign=of,
            name="Past",
            received_at=at,
            mark="qualified" if good else "not_a_fit",
            marked_at=at,
            qualified_at=at if good else None,
            stage="won" if number == 0 and amount else "lost",
            amount=amount if number == 0 and amount else None,
            won_at=at if number == 0 and amount else None,
        )
        times = dict.fromkeys(("at", "due_at", "warn_at", "escalate_at", "ended_at"), at)
        Handoff.objects.create(
            lead=made,
            rep=rep,
            promise_seconds=3600,
            end="contact",
            taken_seconds=round(after.total_seconds()),
            **times,
        )


def overload(rep: User) -> None:
    """Three first contacts within half an hour, a quarter of an hour each; they waited long, and one is fresh."""
    waits(rep, "two days", waited=48 * HOUR, due=10 * MINUTE)
    waits(rep, "six hours", waited=6 * HOUR, due=20 * MINUTE)
    waits(rep, "fresh", waited=MINUTE, due=30 * MINUTE)


def read(response: Any) -> str:
    """The page as a person reads it, whatever keeps numbers and their units together."""
    return str(response.text).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def names(response: Any) -> list[str]:
    return [row.lead.name for row in response.context["queue"].rows]


def test_more_than_fits_stands_by_what_waiting_costs_with_the_reason(client: Client, rep: User) -> None:
    overload(rep)
    assert names(client.get(QUEUE)) == ["two days", "six hours", "fresh"]
    watching.watch(at=NOW)
    response = client.get(QUEUE)
    assert names(response) == ["fresh", "six hours", "two days"]
    assert "More than fits: what waiting costs most first" in read(response)
    assert "2 h more: 20% less likely to qualify" in read(response)
    assert "Too few first contacts are known yet" in read(response)


def test_the_order_is_by_deadline_again_once_everything_fits(client: Client, rep: User) -> None:
    overload(rep)
    watching.watch(at=NOW)
    Handoff.objects.filter(ended_at=None).update(due_at=NOW + 9 * HOUR, warn_at=NOW + 9 * HOUR)
    Handoff.objects.filter(lead__name="six hours").update(due_at=NOW + 8 * HOUR)
    watching.watch(at=NOW)
    response = client.get(QUEUE)
    assert names(response)[0] == "six hours"
    assert "less likely" not in read(response)


def test_own_history_replaces_the_assumed_curve_and_says_how_many(client: Client, rep: User) -> None:
    old = campaign(name="Old")
    history(rep, old, after=MINUTE, count=120, qualified=60, amount=30_000)
    history(rep, old, after=6 * HOUR, count=120, qualified=12)
    overload(rep)
    watching.watch(at=NOW)
    response = client.get(QUEUE)
    assert "From 240 first contacts of the last year" in read(response)
    # 30,000 in deals over 72 qualified leads; after six hours nothing more is lost.
    assert names(response)[0] == "fresh"
    assert "less likely to qualify, about €" in read(response)
    assert "2 h more: next to nothing lost" in read(response)


def test_leads_of_campaigns_that_qualify_more_often_come_first(client: Client, rep: User) -> None:
    good, poor = campaign(name="Good"), campaign(name="Poor")
    history(rep, good, after=MINUTE, count=100, qualified=70)
    history(rep, good, after=6 * HOUR, count=100, qualified=30)
    history(rep, poor, after=MINUTE, count=100, qualified=10)
    history(rep, poor, after=6 * HOUR, count=100, qualified=2)
    waits(rep, "poor", waited=HOUR, due=10 * MINUTE, campaign=poor)
    waits(rep, "good", waited=HOUR, due=20 * MINUTE, campaign=good)
    waits(rep, "more", waited=HOUR, due=25 * MINUTE, campaign=poor)
    watching.watch(at=NOW)
    assert names(client.get(QUEUE))[0] == "good"


def test_who_asked_for_a_time_keeps_it(client: Client, rep: User) -> None:
    overload(rep)
    asked = waits(rep, "asked", waited=HOUR, due=3 * HOUR)
    Lead.objects.filter(pk=asked.pk).update(wanted_at=NOW + 2 * HOUR)
    watching.watch(at=NOW)
    groups = {
        one.key.value: [row.lead.name for row in one.rows]
        for one in client.get(QUEUE).context["queue"].groups
    }
    assert groups == {"loss": ["fresh", "six hours", "two days"], "today": ["asked"]}


def test_a_colleagues_overload_changes_nothing_here(client: Client, rep: User) -> None:
    other = person("rep")
    overload(other)
    watching.watch(at=NOW)
    assert Alert.objects.filter(kind="overload", resolved_at=None).exists()
    waits(rep, "old", waited=48 * HOUR, due=2 * HOUR)
    waits(rep, "new", waited=MINUTE, due=3 * HOUR)
    assert names(client.get(QUEUE)) == ["old", "new"]


def test_the_page_asks_no_more_of_the_database_while_overloaded(client: Client, rep: User) -> None:
    overload(rep)
    client.get(QUEUE)
    counts = []
    for _turn in range(2):
        with CaptureQueriesContext(connection) as captured:
            client.get(QUEUE)
        counts.append(len(captured))
        watching.watch(at=NOW)
    assert counts[0] == counts[1]


def test_what_waiting_costs_is_measured_again_after_an_hour(rep: User) -> None:
    first = waiting.known(NOW)
    waiting.keep_fresh(NOW + 59 * MINUTE)
    assert waiting.known(NOW).at == first.at
    waiting.keep_fresh(NOW + 61 * MINUTE)
    assert waiting.known(NOW).at == NOW + 61 * MINUTE
