"""Pages of a back-test: what signing would change in a sentence, each number with its leads, progress, refusals."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.models import Agreement, Answer, BackTest, Criterion, Lead
from leads.services import agreements, backtest
from leads.services.agreements import CriterionData
from leadsync.accounts.models import User
from leadsync.core import beats
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
PERIOD = {"from_on": "2026-01-01", "to_on": "2026-03-31"}
HALL = CriterionData("Warehouse", key="hall", kind="number", threshold=Decimal(300))


@pytest.fixture
def ola() -> User:
    return person("head_of_marketing", name="Ola Nowak")


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def body(response: Any) -> str:
    return unescape(response.content.decode()).replace("\xa0", " ")


def some_leads(*halls: int | None, **fields: Any) -> list[Lead]:
    """A lead for each size of a warehouse; None: nobody asked."""
    place = campaign()
    made = []
    for size in halls:
        one = Lead.objects.create(name="Lead", received_at=NOON, campaign=place, **fields)
        if size is not None:
            Answer.objects.create(lead=one, key="hall", value=str(size), source="rep", at=NOON)
        made.append(one)
    return made


def draft(by: User, *criteria: CriterionData) -> Agreement:
    made = agreements.new_draft(by=by)
    agreements.edit(agreement=made, by=by, criteria=criteria or (HALL,))
    return made


def in_force(threshold: int = 500) -> Agreement:
    return agreement_in_force(
        criteria=[
            {"key": "hall", "question": "Warehouse", "kind": Criterion.Kind.NUMBER, "threshold": threshold}
        ]
    )


def url(of: Agreement) -> str:
    return reverse("leads:definition_back_test", args=[of.number])


def measure(client: Client, of: Agreement, **changes: str) -> str:
    response = client.post(url(of), PERIOD | changes, follow=True)
    assert response.status_code == 200
    return body(response)


# ------------------------------------------------------------------------------------------------ in a sentence
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            500,
            300,
            "Of 6 leads received 1 Jan – 31 Mar, 2 more would have counted as qualified: 3 instead of 1.",
        ),
        (
            300,
            500,
            "Of 6 leads received 1 Jan – 31 Mar, 2 fewer would have counted as qualified: 1 instead of 3.",
        ),
        (
            500,
            500,
            "Signing would change nothing: of 6 leads received 1 Jan – 31 Mar, 1 would have counted as"
            " qualified either way.",
        ),
    ],
)
def test_the_page_says_in_one_sentence_what_signing_would_change(
    ola: User, old: int, new: int, said: str
) -> None:
    in_force(old)
    some_leads(900, 400, 400, 100, 100, None)
    made = draft(ola, CriterionData("Warehouse", key="hall", kind="number", threshold=Decimal(new)))
    with time_machine.travel(datetime(2026, 4, 1, 9, tzinfo=UTC)):
        client = signed_in(ola)
        text = measure(client, made)
        assert said in text
        assert "Not enough is known to judge 1 of them by the new wording, and 1 by the old one." in text
        assert "Fewer than 30 leads: a thin sample." in text
        reader = signed_in(person("rep"))
        for page in (reverse("leads:definition_version", args=[2]), reverse("leads:definition")):
            assert said in body(reader.get(page))


def test_more_and_fewer_are_both_said(ola: User) -> None:
    in_force(500)
    made = draft(ola, CriterionData("Asked", key="asked"))
    (gained,) = some_leads(100)
    Answer.objects.create(lead=gained, key="asked", value=True, source="form", at=NOON)
    (lost,) = some_leads(900)
    Answer.objects.create(lead=lost, key="asked", value=False, source="form", at=NOON)
    text = measure(signed_in(ola), made)
    assert "1 more would have counted as qualified and 1 fewer: 1 instead of 1." in text


def test_without_an_agreement_in_force_it_says_so(ola: User) -> None:
    some_leads(900, 100)
    made = draft(ola)
    client = signed_in(ola)
    assert "No agreement is in force: without questions, every lead counted." in body(client.get(url(made)))
    text = measure(client, made)
    assert "1 fewer would have counted as qualified: 1 instead of 2." in text
    assert "version 1 against no agreement" in text


# ------------------------------------------------------------------------------------------------ the numbers
def test_every_number_opens_exactly_its_leads(ola: User) -> None:
    in_force(500)
    some_leads(900, 400, 400, 100, None, None)
    some_leads(800, 450, stage="won", won_at=NOON, amount=Decimal(1000))
    some_leads(900, is_test=True)
    made = draft(ola)
    client = signed_in(person("director"))
    signed_in(ola).post(url(made), PERIOD)
    text = client.get(url(made)).content.decode()
    found = re.findall(r'<a class="link num" href="([^"]+)">(?:<svg.*?</svg>)?([\d,]+)</a>', text, re.DOTALL)
    assert len(found) > 10
    for address, number in found:
        page = client.get(unescape(address))
        assert page.context["page"].total == int(number), address
    assert {number for _address, number in found} >= {"8", "2", "3"}


def test_the_list_says_in_words_which_leads_of_a_back_test_it_shows(ola: User) -> None:
    in_force(500)
    gained, *_rest = some_leads(400, 900)
    made = draft(ola)
    signed_in(ola).post(url(made), PERIOD)
    test = BackTest.objects.get()
    address = f"{reverse('leads:list')}?measured={test.pk}.not_met.met"
    with time_machine.travel(datetime(2026, 4, 1, 9, tzinfo=UTC)):
        response = signed_in(person("rep")).get(address)
    assert [row.lead for row in response.context["page"].rows] == [gained]
    assert "v1 Does not meet it → v2 Meets it, 1 Jan – 31 Mar" in body(response)


@pytest.mark.parametrize("value", ["999.met.met", "x", "1.perhaps.", "..", "1.met.met; DROP", "\x00"])
def test_a_back_test_that_is_not_there_cuts_nothing_and_is_said(ola: User, value: str) -> None:
    some_leads(1, 2)
    response = signed_in(ola).get(reverse("leads:list"), {"measured": value})
    assert response.context["page"].total == 2
    assert "Back-test was left out." in body(response)


def test_win_rate_and_average_stand_beside_those_of_the_rest_and_thin_ones_are_marked(ola: User) -> None:
    in_force(500)
    some_leads(*[900] * 30)
    some_leads(*[900] * 10, stage="won", won_at=NOON, amount=Decimal("1000.40"))
    some_leads(*[100] * 4)
    some_leads(100, stage="won", won_at=NOON, amount=None)
    made = draft(ola)
    text = measure(signed_in(ola), made)
    assert "25.0%" in text  # 10 of 40
    assert re.search(r"20\.0%\s*<span class=\"tag warn\">thin", text)  # 1 of 5
    assert re.search(r"€1,000\s*<span class=\"tag warn\">thin", text)  # of ten wins


# ------------------------------------------------------------------------------------------------ out of date
def test_a_changed_draft_says_that_the_test_is_about_something_else(ola: User) -> None:
    in_force(500)
    some_leads(900)
    made = draft(ola)
    client, page = signed_in(ola), reverse("leads:definition_version", args=[2])
    measure(client, made)
    stale = "The questions changed since"
    # Neither a limit, nor the wording or the order of questions changes a verdict; proposing does not either.
    agreements.edit(agreement=made, by=ola, limits={"silent_days": 3}, note="x")
    reworded = CriterionData("Hall", key="hall", kind="number", threshold=Decimal(300))
    agreements.edit(agreement=made, by=ola, criteria=[reworded])
    agreements.propose(agreement=made, by=ola)
    assert stale not in body(client.get(page))
    agreements.edit(agreement=made, by=ola, criteria=[CriterionData("Hall", key="hall")])
    for address in (page, url(made)):
        text = body(client.get(address))
        assert stale in text
        assert "Measure again" in text


def test_another_version_in_force_makes_it_outdated_too(ola: User) -> None:
    in_force(500)
    some_leads(900)
    made = draft(ola)
    measure(signed_in(ola), made)
    in_force(700)
    assert "Another version is in force since" in body(signed_in(ola).get(url(made)))


def test_the_test_of_a_version_that_was_signed_stays_as_it_was(ola: User) -> None:
    some_leads(900, 100)
    made = draft(ola)
    client = signed_in(ola)
    measure(client, made)
    agreements.propose(agreement=made, by=ola)
    agreements.sign(agreement=made, by=ola)
    agreements.sign(agreement=made, by=person("head_of_sales"))
    text = body(client.get(url(made)))
    assert "1 instead of 2." in text
    assert "Measure again" not in text
    assert client.post(url(made), PERIOD).status_code == 422


# ------------------------------------------------------------------------------------------------ asking
def test_the_last_three_full_months_of_the_companys_zone_are_offered(ola: User) -> None:
    CompanyFactory(zone="Pacific/Apia")
    made = draft(ola)
    with time_machine.travel(datetime(2026, 5, 31, 20, tzinfo=UTC)):  # the first of June there
        text = body(signed_in(ola).get(url(made)))
    assert 'value="2026-03-01"' in text
    assert 'value="2026-05-31"' in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to_on": "2025-12-31"}, "The last day is before the first."),
        ({"to_on": "2999-01-01"}, "This day is ahead: leads are known until today."),
        ({"from_on": "2019-01-01"}, "At most 5 years are measured at once."),
        ({"from_on": "2026-03-30"}, "No lead was received in these days."),
        ({"from_on": "yesterday"}, "Enter a valid date."),
        ({"to_on": ""}, "This field is required."),
    ],
)
def test_a_refused_period_comes_back_as_it_was_typed(ola: User, changes: dict[str, str], said: str) -> None:
    some_leads(900)
    made = draft(ola)
    response = signed_in(ola).post(url(made), PERIOD | changes)
    text = body(response)
    assert response.status_code == 422
    assert said in text
    for value in (PERIOD | changes).values():
        assert not value or f'value="{value}"' in text
    assert not BackTest.objects.exists()


@pytest.mark.parametrize("role", ["marketer", "rep", "director", "administrator"])
def test_everyone_reads_and_only_heads_measure(ola: User, role: str) -> None:
    some_leads(900)
    made = draft(ola)
    client = signed_in(person(role))
    page = client.get(url(made))
    assert page.status_code == 200
    assert "<input" not in page.content.decode().split('id="main"')[1].split("</main>")[0]
    assert client.post(url(made), PERIOD).status_code == 403
    assert not BackTest.objects.exists()


def test_a_version_that_is_not_there_has_no_back_test(ola: User) -> None:
    address = reverse("leads:definition_back_test", args=[7])
    assert signed_in(ola).get(address).status_code == 404
    assert signed_in(ola).post(address, PERIOD).status_code == 404


# ------------------------------------------------------------------------------------------------ progress
def test_progress_is_shown_until_the_worker_is_done(ola: User, monkeypatch: pytest.MonkeyPatch) -> None:
    some_leads(*[900] * 5)
    made = draft(ola)
    monkeypatch.setattr(backtest, "DIRECT", 0)
    monkeypatch.setattr(backtest, "BATCH", 2)
    monkeypatch.setattr(beats, "hint", lambda task: None)
    client = signed_in(ola)
    assert "5 leads are waiting to be measured." in measure(client, made)
    backtest._batch(BackTest.objects.get().pk, waits=True)
    poll = {"HTTP_HX_REQUEST": "true"}
    for address in (url(made), reverse("leads:definition_version", args=[1])):
        text = body(client.get(address, **poll))  # type: ignore[arg-type]
        assert "2 of 5 leads are measured." in text
        assert 'hx-trigger="every 2s"' in text
        assert "<html" not in text
    backtest.resume_all()
    for address in (url(made), reverse("leads:definition_version", args=[1])):
        text = body(client.get(address, **poll))  # type: ignore[arg-type]
        assert "Signing would change nothing" in text
        assert "every 2s" not in text


def test_what_failed_says_why_and_can_be_measured_again(ola: User, monkeypatch: pytest.MonkeyPatch) -> None:
    some_leads(900)
    made = draft(ola)
    client = signed_in(ola)
    with monkeypatch.context() as patch:
        patch.setattr(backtest, "_measure", lambda *args, **options: 1 / 0)
        text = measure(client, made)
    assert "Measuring stopped." in text
    assert "division by zero" in text
    assert "Signing would change nothing" in measure(client, made)


def test_earlier_tests_can_be_read_again(ola: User) -> None:
    some_leads(900)
    made = draft(ola)
    client = signed_in(ola)
    with time_machine.travel(datetime(2026, 4, 1, 9, tzinfo=UTC)):
        measure(client, made)
        first = BackTest.objects.get()
        measure(client, made, from_on="2026-02-01")
        text = body(client.get(url(made)))
        assert "received 1 Feb – 31 Mar" in text
        text = body(client.get(url(made), {"test": first.pk}))
        assert "received 1 Jan – 31 Mar" in text
        for wanted in ("x", "0", "9" * 30):
            assert "received 1 Feb – 31 Mar" in body(client.get(url(made), {"test": wanted}))


def test_the_pages_take_as_many_queries_for_many_leads_and_tests(ola: User) -> None:
    in_force()
    some_leads(900)
    made = draft(ola)
    client = signed_in(ola)
    measure(client, made)
    pages = (url(made), reverse("leads:definition_version", args=[2]), reverse("leads:definition"))

    def counted() -> list[int]:
        counts = []
        for address in pages:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
        return counts

    few = counted()
    some_leads(*range(100, 900, 40))
    for number in range(1, 4):
        measure(client, made, from_on=f"2026-01-0{number}")
    assert counted() == few
