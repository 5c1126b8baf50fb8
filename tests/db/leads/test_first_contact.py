"""The report of first contact: every figure equals a slow count over the handoffs, and opens the leads behind it."""

import csv
import random
import re
from collections import Counter
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.test import Client

from leads.domain.first_contact import Tally
from leads.filters import LeadFilter
from leads.models import Handoff, Lead
from leads.selectors.first_contact import Report, report
from leads.services import activities, handoff, marking, promise, upkeep
from leadsync.accounts.models import User
from tests.factories.accounts import OfficeFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import HOUR, MINUTE, TUESDAY, fresh, lead, reason, running

pytestmark = pytest.mark.django_db

PAGE = "/first-contact/"
WARSAW = ZoneInfo("Europe/Warsaw")
NOW = TUESDAY + timedelta(days=9, hours=6)
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)


@pytest.fixture(autouse=True)
def _clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def made(sees_all: bool = True, me: int = 0, first: date = FIRST, last: date = LAST) -> Report:
    return report(first, last, now=NOW, sees_all=sees_all, me=me)


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def busy_days(seed: int = 7, count: int = 60) -> None:
    """Leads of several kinds with several reps of two offices, worked in every way there is."""
    chance = random.Random(seed)
    offices = [OfficeFactory.create(), OfficeFactory.create(), None]
    reps = [person("rep", office=office) for office in offices for _n in range(2)]
    campaigns = [campaign(kind=kind) for kind in ("website", "list", "event")]
    spam = reason("spam")
    for _n in range(count):
        at = TUESDAY + timedelta(days=chance.randrange(8), hours=chance.randrange(-4, 7))
        rep = chance.choice(reps)
        found = lead(
            owner=rep,
            campaign=chance.choice(campaigns),
            at=at,
            given_at=at + chance.randrange(120) * MINUTE,
        )
        later = running(found).at + chance.randrange(1, 400) * MINUTE
        match chance.randrange(7):
            case 0 | 1:
                activities.start_call(lead=found, by=rep, at=later)
            case 2:
                marking.mark(lead=found, value="qualified", by=rep, version=None, at=later)
            case 3:
                marking.mark(lead=found, value="not_a_fit", reason=spam, by=rep, version=None, at=later)
            case 4:
                other = chance.choice([one for one in reps if one != rep])
                handoff.give(lead=found, to=other, by=None, at=later)
                if chance.random() < 0.6:
                    activities.start_call(
                        lead=fresh(found), by=other, at=later + chance.randrange(90) * MINUTE
                    )
            case 5:
                handoff.return_to_marketing(lead=found, by=rep, reason="incomplete", at=later)
                if chance.random() < 0.5:
                    handoff.give(lead=fresh(found), to=rep, by=None, at=later + HOUR)
    upkeep.run(at=NOW)


def naive(wanted: Any = lambda one: True) -> dict[str, Any]:
    """The figures by looking at one handoff after the other."""
    counts: Counter[str] = Counter()
    took, waited = [], []
    for one in Handoff.objects.select_related("lead__campaign", "rep__office"):
        if one.lead.is_test or not FIRST <= one.at.astimezone(WARSAW).date() <= LAST or not wanted(one):
            continue
        if one.waited_seconds is not None:
            waited.append(one.waited_seconds // 60)
        was_past_from_the_start = one.due_at <= one.at
        if one.end in {"contact", "mark"}:
            assert one.taken_seconds is not None
            took.append(one.taken_seconds // 60)
            if one.ended_at is not None and one.ended_at <= one.due_at:
                counts["in_time"] += 1
            elif not was_past_from_the_start:
                counts["late"] += 1
        elif one.end == "judged":
            counts["judged"] += 1
        elif one.end in {"passed_on", "returned"}:
            if not was_past_from_the_start and one.ended_at is not None and one.ended_at >= one.due_at:
                counts["late"] += 1
        elif one.end == "" and not was_past_from_the_start:
            counts["late" if one.due_at <= NOW else "open"] += 1

    def ranked(values: list[int], share: float) -> int | None:
        return sorted(values)[-(-len(values) * int(share * 10) // 10) - 1] if values else None

    return {
        "in_time": counts["in_time"],
        "late": counts["late"],
        "judged": counts["judged"],
        "open": counts["open"],
        "usual": ranked(took, 0.5),
        "nearly_all": ranked(took, 0.9),
        "usual_wait": ranked(waited, 0.5),
        "nearly_all_wait": ranked(waited, 0.9),
    }


def figures(of: Tally, without_waits: bool = False) -> dict[str, Any]:
    names = ["in_time", "late", "judged", "open", "usual", "nearly_all"]
    names += [] if without_waits else ["usual_wait", "nearly_all_wait"]
    return {name: getattr(of, name) for name in names}


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_equals_a_slow_count(seed: int) -> None:
    busy_days(seed)
    found = made()
    assert found.total.decided > 20
    assert figures(found.total) == naive()
    for row in found.kinds:
        assert figures(row.tally) == naive(lambda one, key=row.key: one.lead.campaign.kind == key)
    for row in found.hours:
        hour = int(row.key)
        assert figures(row.tally) == naive(
            lambda one, hour=hour: one.lead.received_at.astimezone(WARSAW).hour == hour
        )
    for row in found.weeks:
        monday = date.fromisoformat(row.key)
        assert figures(row.tally) == naive(
            lambda one, monday=monday: 0 <= (one.at.astimezone(WARSAW).date() - monday).days < 7
        )
    for row in found.reps:
        slow = naive(lambda one, key=row.key: str(one.rep_id) == key)
        assert figures(row.tally, without_waits=True) == {name: slow[name] for name in list(slow)[:6]}
    for row in found.offices:
        slow = naive(lambda one, key=row.key: str(one.rep.office_id or "") == key)
        assert figures(row.tally, without_waits=True) == {name: slow[name] for name in list(slow)[:6]}
    assert len(found.reps) == 6
    assert len(found.offices) == 3


def test_every_promise_is_decided_once_however_often_the_lead_changed_hands() -> None:
    first, second, third = person("rep"), person("rep"), person("rep")
    found = lead(owner=first, at=TUESDAY)
    handoff.give(lead=found, to=second, by=None, at=TUESDAY + 20 * MINUTE)  # before it is due
    handoff.give(lead=fresh(found), to=third, by=None, at=TUESDAY + 2 * HOUR)  # past due
    activities.start_call(lead=fresh(found), by=third, at=TUESDAY + 3 * HOUR)
    upkeep.run(at=NOW)
    rows = {row.key: row.tally for row in made().reps}
    assert [rows[str(one.pk)].decided for one in (first, second, third)] == [0, 1, 0]
    assert rows[str(second.pk)].late == 1
    assert rows[str(third.pk)].usual == 60  # how long it took whom it came to late is measured all the same
    assert made().total.decided == 1


def test_a_lead_that_waits_past_due_counts_as_late_before_anybody_calls() -> None:
    lead(owner=person("rep"), at=TUESDAY)
    assert figures(made().total)["late"] == 1
    lead(owner=person("rep"), at=NOW)
    assert made().total.open == 1


def test_test_leads_and_other_days_are_left_out() -> None:
    rep = person("rep")
    prove = lead(owner=rep, at=TUESDAY)
    Lead.objects.filter(pk=prove.pk).update(is_test=True)
    lead(owner=rep, at=TUESDAY)
    assert made().total.decided == 1
    assert made(first=date(2026, 3, 11)).total.decided == 0
    assert made(last=date(2026, 3, 9)).total.decided == 0


def test_the_numbers_open_as_many_leads_as_they_count() -> None:
    busy_days(3)
    # Where each lead had one handoff at most in a row, the number of leads is the number of promises.
    text = signed_in(person("director")).get(PAGE).content.decode()
    checked = 0
    for url, number in re.findall(r'href="(/leads/\?[^"]*became=[^"]*)"[^>]*>(\d+)</a>', text):
        query = urlsplit(url.replace("&amp;", "&")).query
        leads = LeadFilter(QueryDict(query), queryset=Lead.objects.all()).qs.count()
        decided = dict(parse_qsl(query)).get("held_by") or "became=judged" in query
        assert leads <= int(number)
        if decided:
            assert leads == int(number)
        checked += 1
    assert checked > 30


def test_persons_rows_are_for_heads_and_director_and_a_rep_sees_the_own_one() -> None:
    rep, other = person("rep", name="Paweł Nowak"), person("rep", name="Lena Maj")
    for one in (rep, other):
        lead(owner=one, at=TUESDAY)
    for role in ("director", "head_of_sales", "head_of_marketing"):
        text = signed_in(person(role)).get(PAGE).content.decode()
        assert "Paweł Nowak" in text
        assert "Lena Maj" in text
    text = signed_in(rep).get(PAGE).content.decode()
    assert "My first contacts" in text
    assert "Lena Maj" not in text
    text = signed_in(person("marketer")).get(PAGE).content.decode()
    assert "Lena Maj" not in text
    assert "Paweł Nowak" not in text
    assert "By office" in text
    rows = signed_in(rep).get(PAGE, {"csv": "reps"}).content.decode("utf-8-sig")
    assert "Lena Maj" not in rows
    assert "Paweł Nowak" in rows


@pytest.mark.parametrize("name", ["reps", "kinds", "offices", "weeks", "hours"])
def test_each_table_is_a_file_with_the_same_figures(name: str) -> None:
    busy_days(count=20)
    response = signed_in(person("director")).get(PAGE, {"csv": name})
    assert response["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(StringIO(response.content.decode("utf-8-sig"))))
    table = getattr(made(first=date(2026, 2, 1), last=NOW.date()), name)
    assert [row[1:4] for row in rows[1:]] == [
        [str(line.tally.decided), str(line.tally.in_time), str(line.tally.late)] for line in table
    ]


def test_a_file_nobody_knows_is_not_there() -> None:
    assert signed_in(person("director")).get(PAGE, {"csv": "people"}).status_code == 404


def test_an_empty_period_says_so() -> None:
    text = signed_in(person("marketer")).get(PAGE).content.decode()
    assert "No promise began in this period" in text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"promised_from": "2026-03-31", "promised_to": "2026-03-01"}, "must not come before"),
        ({"promised_from": "2020-01-01", "promised_to": "2026-03-01"}, "At most a year"),
        ({"promised_from": "yesterday"}, "This is not a day"),
        ({"promised_from": "0001-01-01"}, "This is not a day"),
    ],
)
def test_what_is_no_period_is_said_and_kept(asked: dict[str, str], said: str) -> None:
    response = signed_in(person("director")).get(PAGE, asked)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert f'value="{asked["promised_from"]}"' in response.content.decode()


def test_the_page_asks_as_much_for_twenty_reps_as_for_one(django_assert_max_num_queries: Any) -> None:
    client = signed_in(person("director"))
    lead(owner=person("rep"), at=TUESDAY)
    client.get(PAGE)
    with django_assert_max_num_queries(10):
        client.get(PAGE)
    for _n in range(19):
        lead(owner=person("rep", office=OfficeFactory.create()), at=TUESDAY)
    with django_assert_max_num_queries(10):
        client.get(PAGE)


def test_the_days_are_those_of_the_company() -> None:
    late_evening = datetime.fromisoformat("2026-03-10T23:30:00+01:00")
    lead(owner=person("rep"), at=late_evening)
    assert made(first=date(2026, 3, 11)).weeks == []
    (row,) = made(first=date(2026, 3, 10), last=date(2026, 3, 10)).hours
    assert row.key == "23"


def test_the_dashboard_leads_there() -> None:
    lead(owner=person("rep"), at=TUESDAY)
    promise.sweep(at=NOW)
    assert 'href="/first-contact/"' in signed_in(person("director")).get("/dashboard/").content.decode()
