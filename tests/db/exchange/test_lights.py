"""The lights of marketers, who sees them, and the alert that nobody heard a call."""

from datetime import date, timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.services import ideas
from feedback.models import GateVerdict
from leadsync.accounts.models import User
from leadsync.exchange.domain.light import Light, Quarter
from leadsync.exchange.models import Entry
from leadsync.exchange.selectors import lights as selectors
from leadsync.exchange.services import watching
from leadsync.notices.kinds import words_for
from leadsync.notices.models import Alert, Notice
from tests.db.exchange.conftest import NOW, since_long
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force


def heard(by: User, partner: User, on: date, kind: str = "call") -> None:
    Entry.objects.create(by=by, partner=partner, kind=kind, on=on, learned="x", at=NOW)


def test_only_calls_count_and_only_marketers_have_a_light(marta: User, pawel: User) -> None:
    heard(marta, pawel, date(2025, 12, 31))
    heard(marta, pawel, date(2026, 1, 1), kind="day")
    heard(pawel, marta, date(2026, 1, 1))
    person("head_of_marketing")
    found = selectors.lights(now=NOW)
    assert [(one.person, one.light, one.heard, one.heard_before, one.others) for one in found] == [
        (marta, Light.NONE, 0, 1, 1)
    ]
    assert selectors.own_light(pawel, now=NOW) is None
    heard(marta, pawel, date(2026, 1, 1))
    own = selectors.own_light(marta, now=NOW)
    assert own is not None
    assert (own.light, own.missing) == (Light.GREEN, 0)


def test_the_agreement_says_how_many(marta: User, pawel: User) -> None:
    agreement_in_force(calls_heard=3)
    heard(marta, pawel, date(2025, 11, 1))
    for _number in range(2):
        heard(marta, pawel, date(2026, 1, 15))
    own = selectors.own_light(marta, now=NOW)
    assert own is not None
    assert (own.light, own.quota, own.missing) == (Light.NONE, 3, 1)
    past = selectors.lights(Quarter(2025, 4), now=NOW)[0]
    assert (past.light, past.heard) == (Light.RED, 1)


def test_lights_take_the_same_statements_with_1_and_with_20_marketers(marta: User, pawel: User) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            selectors.lights(now=NOW)
        return len(caught)

    count()
    few = count()
    for _number in range(20):
        heard(person("marketer"), pawel, date(2026, 1, 2))
    assert count() == few <= 5


def test_the_alert_opens_once_counts_and_names_nobody_but_to_who_leads(marta: User, pawel: User) -> None:
    ola = person("head_of_marketing")
    assert watching.run(at=NOW) == (1, 0)
    assert watching.run(at=NOW) == (0, 0)
    alert = Alert.objects.get(kind="nobody_heard")
    assert (alert.subject, alert.context["count"], alert.cost_minutes) == ("2026-Q1", 1, 60)
    assert marta.name not in str(alert.context)
    assert "1 marketer" in words_for(alert.kind, alert.context).title
    told = Notice.objects.get(kind="nobody_heard")
    assert told.recipient == ola
    assert marta.name in words_for(told.kind, told.context).text
    since_long(person("marketer"))
    watching.run(at=NOW)
    alert.refresh_from_db()
    assert (alert.context["count"], alert.cost_minutes) == (2, 120)
    for one in selectors.marketers():
        heard(one, pawel, date(2026, 2, 10))
    assert watching.run(at=NOW + timedelta(hours=1)) == (0, 1)
    assert Notice.objects.filter(kind="nobody_heard").count() == 1


def test_nobody_is_red_in_a_company_that_has_just_begun() -> None:
    person("marketer")
    assert watching.run() == (0, 0)
    assert not Alert.objects.filter(kind="nobody_heard").exists()


def test_figures_of_all_are_for_heads_and_the_director(client: Client, marta: User, pawel: User) -> None:
    for by, status in ((marta, 403), (pawel, 403), (person("administrator"), 403)):
        client.force_login(by)
        assert client.get("/listening/people/").status_code == status
    for role in ("head_of_marketing", "head_of_sales", "director"):
        client.force_login(person(role))
        page = client.get("/listening/people/")
        assert page.status_code == 200
        assert marta.name in page.content.decode()
    for odd in ("2026-Q9", "9999-Q1", "%00", "2100-Q4"):
        assert client.get(f"/listening/people/?quarter={odd}").status_code == 200


def test_a_marketer_sees_the_own_light_with_the_way_on(client: Client, marta: User, pawel: User) -> None:
    client.force_login(marta)
    page = client.get("/listening/").content.decode()
    assert "Overdue" in page
    assert "/listening/book/" in page
    client.force_login(pawel)
    assert "Overdue" not in client.get("/listening/").content.decode()


def test_the_author_of_an_idea_hears_once_that_its_campaign_passed(marta: User, pawel: User) -> None:
    idea = ideas.propose(by=pawel, title="Webinar", text="Three asked.")
    made = campaign(owner=marta)
    type(made).objects.filter(pk=made.pk).update(idea=idea)
    GateVerdict.objects.create(campaign=made, round_from=1, verdict="failed", at=NOW, told_at=NOW)
    assert watching.tell_authors(at=NOW) == 0
    GateVerdict.objects.create(campaign=made, round_from=21, verdict="passed", at=NOW, told_at=NOW)
    for _again in range(2):
        watching.tell_authors(at=NOW)
    told = Notice.objects.get(kind="idea_passed")
    assert (told.recipient, told.url) == (pawel, f"/campaigns/{made.pk}/")
    assert made.name in words_for(told.kind, told.context).title
    assert watching.tell_authors(at=NOW + timedelta(days=8)) == 0
