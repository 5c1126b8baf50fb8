"""Columns of a list that answer the definition's questions."""

from typing import Any

import pytest
from django.test import Client

from campaigns.models import Campaign
from leads.models import Answer, ColumnMemory, Import, ImportRow, Lead, LeadEvent
from leads.selectors import imports as selectors
from leads.services import answers, imports
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make_campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db

LIST = (
    "Name,Email,Is there a budget?,Places,Home market\n"
    'Ewa,ewa@example.com,yes,"1,200",Germany\n'
    "Jan,jan@example.com,,,\n"
    "Ola,ola@example.com,нет,7.5,pl\n"
)


@pytest.fixture
def asked(db: None) -> None:
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Is there a budget?"},
            {"key": "places", "question": "Pallet places", "kind": "number", "threshold": 500},
            {
                "key": "home",
                "question": "Home market",
                "kind": "country",
                "choices": ["DE", "PL"],
                "is_required": False,
                "points": 1,
            },
        ]
    )


@pytest.fixture
def marketer(db: None) -> User:
    return person("marketer")


@pytest.fixture
def home(db: None) -> Campaign:
    return make_campaign()


def take(text: str, by: User, campaign: Campaign, **options: Any) -> Import:
    return imports.take_text(text=text, campaign=campaign, by=by, options=imports.Options(**options))


def save(batch: Import, by: User) -> Import:
    imports.save(batch=batch, by=by)
    batch.refresh_from_db()
    assert batch.state == Import.State.DONE
    return batch


def known(of: str) -> dict[str, Any]:
    return dict(Answer.objects.filter(lead__name=of).values_list("key", "value"))


def test_columns_named_like_a_question_or_its_key_answer_it(
    asked: None, marketer: User, home: Campaign
) -> None:
    batch = take(LIST, marketer, home)
    assert batch.columns == ["name", "email", "answer:budget", "answer:places", "answer:home"]
    save(batch, marketer)
    assert known("Ewa") == {"budget": True, "places": "1200", "home": "DE"}
    assert known("Jan") == {}
    assert known("Ola") == {"budget": False, "places": "7.5", "home": "PL"}
    assert set(Answer.objects.values_list("source", flat=True)) == {"import"}


def test_a_cell_that_is_no_answer_is_to_fix_with_its_reason(
    asked: None, marketer: User, home: Campaign, client: Client
) -> None:
    text = "Name,Email,budget,places,home\nEwa,ewa@example.com,perhaps,many,Nowhere\n"
    batch = take(text, marketer, home)
    client.force_login(marketer)
    page = client.get(f"/imports/{batch.pk}/")
    for reason in ("neither yes nor no", "not a number", "country is not known"):
        assert reason in page.text
    assert batch.scan["fix"] == [2]
    for column, cell in ((2, "no"), (3, "40"), (4, "PL")):
        imports.set_cell(batch=batch, by=marketer, row=2, column=column, text=cell)
    save(batch, marketer)
    assert known("Ewa") == {"budget": False, "places": "40", "home": "PL"}


def test_rows_that_were_not_mended_are_kept_with_the_reason(
    asked: None, marketer: User, home: Campaign
) -> None:
    text = "Name,Email,budget\nEwa,ewa@example.com,perhaps\nJan,jan@example.com,yes\n"
    save(take(text, marketer, home), marketer)
    assert list(Lead.objects.values_list("name", flat=True)) == ["Jan"]
    assert ImportRow.objects.get().problems[0]["code"] == "boolean_unreadable"


def test_a_column_is_mapped_to_a_question_by_hand_and_remembered(
    asked: None, marketer: User, home: Campaign, client: Client
) -> None:
    text = "Name,Email,Money there\nEwa,ewa@example.com,yes\n"
    batch = take(text, marketer, home)
    assert batch.columns[2] == ""
    client.force_login(marketer)
    assert "Answer: Is there a budget?" in client.get(f"/imports/{batch.pk}/").text
    sent = {"column_0": "name", "column_1": "email", "column_2": "answer:budget"}
    assert client.post(f"/imports/{batch.pk}/columns/", sent).status_code == 302
    batch.refresh_from_db()
    save(batch, marketer)
    assert known("Ewa") == {"budget": True}
    again = take(text.replace("ewa", "ola").replace("Ewa", "Ola"), marketer, home)
    assert again.columns[2] == "answer:budget"
    assert ColumnMemory.objects.get().columns["answers"] == {"2": "budget"}


def test_two_columns_cannot_answer_one_question(asked: None, marketer: User, home: Campaign) -> None:
    batch = take(LIST, marketer, home)
    with pytest.raises(Invalid) as refused:
        imports.set_columns(
            batch=batch, by=marketer, fields={0: "name", 2: "answer:budget", 3: "answer:budget"}
        )
    assert refused.value.field == "column_3"
    batch.refresh_from_db()
    assert batch.columns[3] == "answer:places"


@pytest.mark.parametrize("name", ["answer:nobody-asks", "answer:"])
def test_a_question_that_nobody_asks_is_refused(
    asked: None, marketer: User, home: Campaign, name: str
) -> None:
    batch = take(LIST, marketer, home)
    with pytest.raises(Invalid) as refused:
        imports.set_columns(batch=batch, by=marketer, fields={2: name})
    assert refused.value.field == "column_2"


def test_a_question_no_longer_asked_is_forgotten_by_the_memory(
    asked: None, marketer: User, home: Campaign
) -> None:
    save(take(LIST, marketer, home), marketer)
    places = {"key": "places", "question": "Pallet places", "kind": "number", "threshold": 5}
    agreement_in_force(criteria=[places])
    again = take(LIST.replace("@example", "@other"), marketer, home)
    assert again.columns == ["name", "email", "", "answer:places", ""]


def test_a_known_lead_keeps_its_answers_when_it_comes_again(
    asked: None, marketer: User, home: Campaign
) -> None:
    save(take(LIST, marketer, home), marketer)
    again = "Name,Email,Is there a budget?\nEwa,ewa@example.com,no\nJan,jan@example.com,no\n"
    save(take(again, marketer, home), marketer)
    assert known("Ewa")["budget"] is True
    assert known("Jan") == {}


def test_history_renews_what_an_import_answered_but_not_what_sales_said(
    asked: None, marketer: User, home: Campaign
) -> None:
    text = "Name,Email,Is there a budget?,places\nEwa,ewa@example.com,yes,100\n"
    save(take(text, marketer, home, is_history=True), marketer)
    assert known("Ewa") == {"budget": True, "places": "100"}
    lead = Lead.objects.get()
    answers.answer(lead=lead, key="places", value="900", source="rep", by=person("head_of_sales"))
    later = "Name,Email,Is there a budget?,places,home\nEwa,ewa@example.com,no,200,PL\n"
    batch = save(take(later, marketer, home, is_history=True), marketer)
    assert (batch.updated, batch.already_here) == (1, 0)
    assert known("Ewa") == {"budget": False, "places": "900", "home": "PL"}
    event = LeadEvent.objects.filter(lead=lead, kind="imported").latest("id")
    assert event.before["answers"] == {"budget": True, "home": None}
    assert event.after["answers"] == {"budget": False, "home": "PL"}
    same = later.replace("Name", "Full name")
    assert save(take(same, marketer, home, is_history=True), marketer).already_here == 1


def test_undoing_a_history_import_puts_the_answers_back(asked: None, marketer: User, home: Campaign) -> None:
    text = "Name,Email,Is there a budget?\nEwa,ewa@example.com,yes\n"
    save(take(text, marketer, home, is_history=True), marketer)
    later = "Name,Email,Is there a budget?,home\nEwa,ewa@example.com,no,PL\n"
    batch = save(take(later, marketer, home, is_history=True), marketer)
    imports.undo(batch=batch, by=marketer)
    assert known("Ewa") == {"budget": True}


def test_history_keeps_a_lead_whose_answer_cannot_be_read(
    asked: None, marketer: User, home: Campaign
) -> None:
    text = "Name,Email,Is there a budget?\nEwa,ewa@example.com,perhaps\n"
    batch = save(take(text, marketer, home, is_history=True), marketer)
    assert (batch.created, batch.rejected) == (1, 0)
    assert known("Ewa") == {}
    assert any("perhaps" in group.text for group in selectors.remarks_of(batch))
