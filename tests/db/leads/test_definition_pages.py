"""Pages of the agreement: reading, drafting, proposing, signing."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.models import Agreement, Answer, Criterion, Signature
from leads.selectors import definition_page, definition_words
from leads.services import agreements
from leads.services.agreements import CriterionData
from leadsync.accounts.models import User
from leadsync.notices.models import Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import TUESDAY, agreement_in_force, lead

pytestmark = pytest.mark.django_db

HALL = {"key": "hall", "question": "Warehouse over 500 m²", "kind": "number", "threshold": 500}
ASKED = {"key": "asked", "question": "Asked us to call", "is_required": False, "points": 1}


@pytest.fixture
def ola() -> User:
    return person("head_of_marketing", name="Ola Nowak")


@pytest.fixture
def tomasz() -> User:
    return person("head_of_sales", name="Tomasz Wrona")


def signed_in(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def body(response: Any) -> str:
    return str(response.content.decode())


def typed(of: Agreement, *rows: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The form of a draft as a browser sends it."""
    data: dict[str, Any] = {
        name: getattr(of, name) for name in definition_words.LIMIT_NAMES if name != "attempt_waits"
    }
    data |= {"attempt_waits": " ".join(of.attempt_waits), "note": of.note, "version": of.version}
    for promise in of.promises.all():
        data[f"mode_{promise.campaign_kind}"] = promise.mode
        data[f"minutes_{promise.campaign_kind}"] = promise.minutes
    data |= {"criteria-TOTAL_FORMS": len(rows), "criteria-INITIAL_FORMS": of.criteria.count()}
    for place, row in enumerate(rows):
        for name, value in ({"kind": "yes_no", "ORDER": place + 1} | row).items():
            data[f"criteria-{place}-{name}"] = value
    return data | changes


def edit_url(of: Agreement) -> str:
    return reverse("leads:definition_edit", args=[of.number])


def draft(by: User) -> Agreement:
    return agreements.new_draft(by=by)


# ------------------------------------------------------------------------------------------------ reading
def test_before_any_agreement_the_page_says_what_holds() -> None:
    text = body(signed_in(person("rep")).get(reverse("leads:definition")))
    assert "No agreement is in force yet" in text
    assert "New draft" not in text


def test_everyone_reads_the_agreement_in_words() -> None:
    agreement_in_force(
        criteria=[HALL, ASKED, {"question": "Country", "kind": "country", "choices": ["PL", "DE"]}],
        promises={"event": ("same_day", 60), "partner": ("within", 240)},
        points_needed=1,
        minutes_per_promising=105,
    )
    text = body(signed_in(person("rep")).get(reverse("leads:definition")))
    for said in (
        "A lead is qualified when everything required is met and 1 point is reached.",
        "at least 500",
        "Poland, Germany",
        "within 4\xa0h of working time",
        "the same working day, with 1\xa0h at least",
        "1\xa0h\xa045\xa0min of sales time at most",
        "The first 20 leads are its gate. 5 of them have to be promising.",
    ):
        assert said in text, said


def test_a_superseded_version_stays_readable() -> None:
    agreement_in_force(criteria=[HALL])
    agreement_in_force(criteria=[ASKED | {"is_required": True}])
    text = body(signed_in(person("rep")).get(reverse("leads:definition_version", args=[1])))
    assert "Warehouse over 500 m²" in text
    assert "Superseded" in text


def test_a_version_that_never_was_is_not_found() -> None:
    client = signed_in(person("head_of_sales"))
    assert client.get(reverse("leads:definition_version", args=[9])).status_code == 404
    assert client.get(reverse("leads:definition_edit", args=[9])).status_code == 404
    assert client.post(reverse("leads:definition_sign", args=[9])).status_code == 404


def test_a_draft_says_in_words_what_differs(ola: User) -> None:
    agreement_in_force(criteria=[HALL, ASKED])
    new = draft(ola)
    agreements.edit(
        agreement=new,
        by=ola,
        criteria=[
            CriterionData("Warehouse over 300 m²", key="hall", kind="number", threshold=Decimal(300)),
            CriterionData("Knows the budget"),
        ],
        promises={"list": ("within", 480)},
        limits={"gate_needed": 6, "attempt_waits": ["2h", "1d"]},
    )
    found = definition_page.version_page(new.number)
    assert found is not None
    said = {(one.kind, one.title, one.before, one.after) for one in found[0].differences}
    assert said == {
        ("added", "Knows the budget", "", "yes, required"),
        ("removed", "Asked us to call", "yes, 1 point", ""),
        (
            "changed",
            "Warehouse over 300 m²",
            "Warehouse over 500 m²: at least 500, required",
            "Warehouse over 300 m²: at least 300, required",
        ),
        ("changed", "List", "within 4\xa0h of working time", "within 8\xa0h of working time"),
        ("changed", "Promising leads needed in the gate", "5", "6"),
        ("changed", "Waits between attempts", "1\xa0h, 1 day, 2 days, 3 days, 5 days", "2\xa0h, 1 day"),
    }
    assert "Knows the budget" in body(signed_in(ola).get(reverse("leads:definition_version", args=[2])))


def test_another_order_of_the_questions_is_a_difference(ola: User) -> None:
    agreement_in_force(criteria=[HALL, ASKED])
    new = draft(ola)
    assert definition_page.version_page(2)[0].differences == []  # type: ignore[index]
    rows = [
        CriterionData("Asked us to call", key="asked", is_required=False, points=1),
        CriterionData("Warehouse over 500 m²", key="hall", kind="number", threshold=Decimal(500)),
    ]
    agreements.edit(agreement=new, by=ola, criteria=rows)
    (one,) = definition_page.version_page(2)[0].differences  # type: ignore[index]
    assert one.title == "Order of the questions"


def test_the_page_takes_as_many_queries_for_many_versions(ola: User) -> None:
    agreement_in_force(criteria=[HALL])
    draft(ola)
    client = signed_in(ola)
    client.get(reverse("leads:definition"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("leads:definition"))
    for _number in range(20):
        agreement_in_force(criteria=[HALL, ASKED])
    with CaptureQueriesContext(connection) as many:
        client.get(reverse("leads:definition"))
    assert len(many) == len(few)


# ------------------------------------------------------------------------------------------------ drafting
def test_a_head_starts_a_draft_and_others_cannot(ola: User) -> None:
    url = reverse("leads:definition_new")
    for role in ("marketer", "rep", "director"):
        assert signed_in(person(role)).post(url).status_code == 403
    assert not Agreement.objects.exists()
    response = signed_in(ola).post(url)
    assert response["Location"] == edit_url(Agreement.objects.get())


def test_every_kind_of_question_is_saved_in_the_order_given(ola: User) -> None:
    new = draft(ola)
    rows = [
        {"question": "Asked us", "is_required": "on", "ORDER": 5},
        {
            "question": "Hall",
            "kind": "number",
            "threshold": "1,500.5",
            "unit": "m²",
            "is_required": "on",
            "ORDER": 1,
        },
        {"question": "Branch", "kind": "choice", "choices": "Retail\n\n Metal ", "points": 2, "ORDER": 2},
        {"question": "Where", "kind": "country", "choices": "Poland\nDE", "is_required": "on", "ORDER": 3},
        {"question": "Need", "kind": "text", "is_required": "on", "ORDER": 4},
        {"question": ""},
        {"question": "Gone", "DELETE": "on"},
    ]
    response = signed_in(ola).post(edit_url(new), typed(new, *rows, points_needed=2))
    assert response.status_code == 302, body(response)
    found = list(Criterion.objects.values_list("question", "kind", "choices", "is_required", "points"))
    assert found == [
        ("Hall", "number", [], True, 0),
        ("Branch", "choice", ["Retail", "Metal"], False, 2),
        ("Where", "country", ["PL", "DE"], True, 0),
        ("Need", "text", [], True, 0),
        ("Asked us", "yes_no", [], True, 0),
    ]
    assert str(Criterion.objects.get(question="Hall").threshold) == "1500.50"


def test_promises_limits_and_note_are_saved(ola: User) -> None:
    new = draft(ola)
    changes = {
        "mode_event": "within",
        "minutes_event": 90,
        "silent_days": 10,
        "attempt_waits": "2h, 1d",
        "note": "Why",
    }
    signed_in(ola).post(edit_url(new), typed(new, **changes))
    new.refresh_from_db()
    assert (new.silent_days, new.attempt_waits, new.note) == (10, ["2h", "1d"], "Why")
    assert tuple(new.promises.values_list("mode", "minutes").get(campaign_kind="event")) == ("within", 90)


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ([], {"gate_needed": 21}, "More promising leads are needed than the gate has leads."),
        ([], {"gate_size": 0}, "greater than or equal to 1"),
        ([], {"attempt_waits": "soon"}, "Waits are hours or days"),
        ([], {"minutes_list": 0}, "greater than or equal to 1"),
        ([], {"points_needed": 3}, "fewer than needed"),
        ([{"question": "Hall", "kind": "number", "is_required": "on"}], {}, "from which number on"),
        ([{"question": "Branch", "kind": "choice", "is_required": "on"}], {}, "at least one accepted answer"),
        ([{"question": "Where", "kind": "country", "choices": "Polnad", "is_required": "on"}], {}, "Polnad"),
        ([{"question": "Budget"}], {}, "worth at least 1 point"),
        (
            [{"question": "Hall", "kind": "number", "threshold": "big", "is_required": "on"}],
            {},
            "Enter a number, for example 3,500.00.",
        ),
    ],
)
def test_a_mistake_comes_back_with_all_that_was_typed(
    ola: User, rows: list[dict[str, Any]], changes: dict[str, Any], said: str
) -> None:
    new = draft(ola)
    response = signed_in(ola).post(
        edit_url(new), typed(new, *rows, **(changes | {"note": "Because of this"}))
    )
    text = body(response)
    assert response.status_code == 422
    assert said in text
    assert "Because of this" in text
    assert not Criterion.objects.exists()
    assert Agreement.objects.get().version == new.version


def test_a_refused_question_is_named_by_its_own_field_even_when_rows_moved(ola: User) -> None:
    new = draft(ola)
    rows = [
        {"question": "Second", "kind": "number", "is_required": "on", "ORDER": 2},
        {"question": "First", "is_required": "on", "ORDER": 1},
    ]
    response = signed_in(ola).post(edit_url(new), typed(new, *rows))
    assert response.context["problems"] == [
        ("id_criteria-0-threshold", "Question 2: Say from which number on it is met.")
    ]


def test_without_scripts_a_row_is_added_and_nothing_lost(ola: User) -> None:
    new = draft(ola)
    response = signed_in(ola).post(edit_url(new), typed(new, {"question": "Hall"}, act="add", note="Kept"))
    assert response.status_code == 200
    assert len(response.context["rows"].forms) == 2
    assert "Kept" in body(response)
    assert not Criterion.objects.exists()


def test_an_older_save_is_a_conflict_and_can_be_put_over(ola: User, tomasz: User) -> None:
    new = draft(ola)
    data = typed(new, note="Mine")
    signed_in(tomasz).post(edit_url(new), typed(new, note="Theirs"))
    response = signed_in(ola).post(edit_url(new), data)
    assert response.status_code == 409
    assert "Mine" in body(response)
    assert Agreement.objects.get().note == "Theirs"
    version = response.context["form"]["version"].value()
    assert signed_in(ola).post(edit_url(new), data | {"version": version}).status_code == 302
    assert Agreement.objects.get().note == "Mine"


def test_what_is_in_force_is_not_edited() -> None:
    agreement = agreement_in_force()
    client = signed_in(person("head_of_sales"))
    before = Agreement.objects.values().get()
    assert client.post(edit_url(agreement), typed(agreement, note="x"))["Location"] == reverse(
        "leads:definition_version", args=[1]
    )
    assert Agreement.objects.values().get() == before


# ------------------------------------------------------------------------------------------------ signing
def test_both_heads_sign_and_it_is_in_force(ola: User, tomasz: User) -> None:
    new = draft(ola)
    signed_in(ola).post(reverse("leads:definition_propose", args=[1]), {"version": new.version})
    page = reverse("leads:definition_version", args=[1])
    sign = reverse("leads:definition_sign", args=[1])
    for head in (ola, tomasz):
        client = signed_in(head)
        assert "Sign version 1" in body(client.get(page))
        version = Agreement.objects.get().version
        assert client.post(sign, {"version": version}).status_code == 302
        assert "Sign version 1" not in body(client.get(page))
    assert Agreement.objects.get().state == "in_force"


def test_the_page_says_who_waits(ola: User, tomasz: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    agreements.sign(agreement=new, by=ola)
    page = definition_page.definition_page()
    assert page.coming is not None
    assert [row.user for row in page.coming.waiting] == [tomasz]
    text = body(signed_in(person("director")).get(reverse("leads:definition")))
    assert "Tomasz Wrona: signature missing." in " ".join(text.split())
    assert "Read and sign" not in text


def test_a_role_that_nobody_holds_is_said(ola: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    assert "nobody holds this role" in body(signed_in(ola).get(reverse("leads:definition_version", args=[1])))


def test_another_wording_than_the_one_read_is_not_signed(ola: User, tomasz: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    seen = new.version
    agreements.edit(agreement=new, by=ola, note="Changed")
    response = signed_in(tomasz).post(reverse("leads:definition_sign", args=[1]), {"version": seen})
    assert response.status_code == 409
    assert not Signature.objects.exists()
    # A form that says nothing signs nothing either.
    assert signed_in(tomasz).post(reverse("leads:definition_sign", args=[1])).status_code == 409


def test_an_edit_of_a_signed_proposal_clears_the_signatures_and_says_so(ola: User, tomasz: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    agreements.sign(agreement=new, by=tomasz)
    client = signed_in(ola)
    assert "Saving a change clears both signatures" in body(client.get(edit_url(new)))
    new.refresh_from_db()
    response = client.post(edit_url(new), typed(new, note="Other"), follow=True)
    assert "Both signatures are cleared" in body(response)
    assert not Signature.objects.exists()


def test_others_neither_propose_nor_sign(ola: User) -> None:
    new = draft(ola)
    for role in ("marketer", "rep", "director"):
        client = signed_in(person(role))
        for name in ("propose", "sign"):
            url = reverse(f"leads:definition_{name}", args=[1])
            assert client.post(url, {"version": new.version}).status_code == 403
        assert client.get(edit_url(new)).status_code == 403
    new.refresh_from_db()
    assert new.state == "draft"


def test_a_draft_is_not_signed(ola: User) -> None:
    new = draft(ola)
    response = signed_in(ola).post(reverse("leads:definition_sign", args=[1]), {"version": new.version})
    assert response.status_code == 422
    assert not Signature.objects.exists()


# ------------------------------------------------------------------------------------------------ the form
def test_segments_and_rerouting_are_agreed_too(ola: User) -> None:
    campaign(segment="SME")
    new = draft(ola)
    row = {"question": "Segment", "kind": "segment", "choices": "SME\nsme\nRetail", "is_required": "on"}
    response = signed_in(ola).post(edit_url(new), typed(new, row, has_rerouting="on"))
    assert response.status_code == 302, body(response)
    assert Criterion.objects.get().choices == ["SME", "Retail"]
    text = body(signed_in(person("rep")).get(reverse("leads:definition_version", args=[1])))
    assert "SME, Retail" in text
    assert "goes to another rep by itself, once." in text
    assert "Segments of our campaigns: SME" in body(signed_in(ola).get(edit_url(new)))


def test_all_faults_of_a_form_come_in_one_round(ola: User) -> None:
    new = draft(ola)
    rows = [
        {"question": "Hall", "kind": "number", "threshold": "big", "is_required": "on"},
        {"question": "Branch", "kind": "choice", "is_required": "on"},
        {"question": "branch ", "is_required": "on"},
        {"question": "", "choices": "typed"},
    ]
    response = signed_in(ola).post(
        edit_url(new),
        typed(new, *rows, gate_size=4, attempt_waits="soon", minutes_list=600_000, silent_days=0),
    )
    assert response.status_code == 422
    assert {target for target, _text in response.context["problems"]} == {
        "id_criteria-0-threshold",
        "id_criteria-1-choices",
        "id_criteria-2-question",
        "id_criteria-3-question",
    }
    assert set(response.context["form"].errors) == {
        "gate_needed",
        "attempt_waits",
        "minutes_list",
        "silent_days",
    }
    assert "A promise is a year of working time at most." in body(response)
    assert not Criterion.objects.exists()


def moved(response: Any) -> list[tuple[str, bool]]:
    return [(one.form["question"].value(), one.is_removed) for one in response.context["listed"]]


def test_rows_are_moved_removed_and_put_back_without_scripts(ola: User) -> None:
    new = draft(ola)
    rows = [{"question": name, "is_required": "on"} for name in ("A", "B", "C")]
    client = signed_in(ola)

    def press(act: str, *given: dict[str, Any]) -> list[tuple[str, bool]]:
        response = client.post(edit_url(new), typed(new, *given, act=act, note="Kept"))
        assert response.status_code == 200
        assert "Kept" in body(response)
        return moved(response)

    assert press("down-0", *rows) == [("B", False), ("A", False), ("C", False)]
    assert press("up-2", *rows) == [("A", False), ("C", False), ("B", False)]
    assert press("up-0", *rows) == [("A", False), ("B", False), ("C", False)]
    assert press("remove-1", *rows) == [("A", False), ("B", True), ("C", False)]
    # A removed row is stepped over.
    gone = [rows[0], rows[1] | {"DELETE": "on"}, rows[2]]
    assert press("down-0", *gone) == [("C", False), ("B", True), ("A", False)]
    assert press("back-1", *gone) == [("A", False), ("B", False), ("C", False)]
    for nonsense in ("up-99", "fly-1", "up-x", "down-"):
        assert press(nonsense, *rows) == [("A", False), ("B", False), ("C", False)]
    assert not Criterion.objects.exists()


def test_a_removed_question_says_how_many_leads_keep_their_answer(ola: User) -> None:
    agreement_in_force(criteria=[HALL])
    for _number in range(3):
        Answer.objects.create(lead=lead(), key="hall", value="900", source="rep", at=TUESDAY)
    new = draft(ola)
    client = signed_in(ola)
    assert "3 leads hold an answer" in body(client.get(edit_url(new)))
    row = {"key": "hall", "question": "Hall", "kind": "number", "threshold": 1}
    response = client.post(edit_url(new), typed(new, row, act="remove-0"))
    assert "3 leads hold an answer to it and keep it." in body(response)
    client.post(edit_url(new), typed(new, row | {"DELETE": "on"}))
    assert not new.criteria.exists()
    assert Answer.objects.count() == 3


def test_a_signature_cleared_by_an_edit_is_said(ola: User, tomasz: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    agreements.sign(agreement=new, by=tomasz)
    response = signed_in(ola).post(edit_url(new), typed(new, note="Another wording"), follow=True)
    assert "Both signatures are cleared: each head signs again." in body(response)
    assert Notice.objects.get(kind="agreement_cleared").recipient == tomasz


# ------------------------------------------------------------------------------------------------ taking back
def test_a_proposed_version_is_withdrawn_and_discarded_on_its_page(ola: User, tomasz: User) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    agreements.sign(agreement=new, by=tomasz)
    client, page = signed_in(ola), reverse("leads:definition_version", args=[1])
    assert "Withdraw to draft" in body(client.get(page))
    response = client.post(
        reverse("leads:definition_withdraw", args=[1]), {"version": new.version}, follow=True
    )
    assert "Its signature is cleared." in body(response)
    assert Agreement.objects.get().state == "draft"
    version = Agreement.objects.get().version
    response = client.post(reverse("leads:definition_discard", args=[1]), {"version": version}, follow=True)
    assert "Version 1 is discarded." in body(response)
    assert not Agreement.objects.exists()
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("address", ["definition_withdraw", "definition_discard"])
def test_what_others_changed_meanwhile_is_not_taken_back(ola: User, tomasz: User, address: str) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    seen = new.version
    agreements.edit(agreement=new, by=tomasz, note="Newer")
    response = signed_in(ola).post(reverse(f"leads:{address}", args=[1]), {"version": seen})
    assert response.status_code == 409
    assert (Agreement.objects.get().state, Agreement.objects.get().note) == ("proposed", "Newer")


@pytest.mark.parametrize("role", ["marketer", "rep", "director"])
def test_others_take_nothing_back(ola: User, role: str) -> None:
    new = draft(ola)
    agreements.propose(agreement=new, by=ola)
    client = signed_in(person(role))
    for address in ("definition_withdraw", "definition_discard"):
        url = reverse(f"leads:{address}", args=[1])
        assert client.post(url, {"version": new.version}).status_code == 403
    assert Agreement.objects.get().state == "proposed"
    assert "Discard" not in body(client.get(reverse("leads:definition_version", args=[1])))


# ------------------------------------------------------------------------------------------------ two versions
def test_any_two_versions_are_compared_in_words(ola: User) -> None:
    agreement_in_force(criteria=[HALL], silent_days=10)
    agreement_in_force(criteria=[HALL | {"threshold": 300}], silent_days=12)
    draft(ola)
    client = signed_in(person("director"))
    text = body(client.get(reverse("leads:definition_against", args=[1, 2])))
    assert "at least 300, required" in text
    assert "at least 500, required" in text
    assert text.index("at least 300, required") < text.index("at least 500, required")
    assert "differ in nothing" in body(client.get(reverse("leads:definition_against", args=[3, 2])))
    assert client.get(reverse("leads:definition_against", args=[1, 9])).status_code == 404


def test_the_form_that_chooses_two_versions_leads_to_their_page(ola: User) -> None:
    client, form = signed_in(ola), reverse("leads:definition_compare")
    assert client.get(form)["Location"] == reverse("leads:definition")
    agreement_in_force()
    agreement_in_force()
    draft(ola)
    for query, pair in (("", [3, 2]), ("?version=1&against=3", [1, 3]), ("?version=x&against=", [3, 2])):
        assert client.get(form + query)["Location"] == reverse("leads:definition_against", args=pair)


# ------------------------------------------------------------------------------------------------ to print
def test_the_sheet_holds_everything_with_both_signatures_in_the_companys_zone(
    ola: User, tomasz: User
) -> None:
    CompanyFactory(name="Baltic Boxes", zone="America/Sao_Paulo")
    new = draft(ola)
    agreements.edit(
        agreement=new,
        by=ola,
        criteria=[CriterionData("Decides", is_required=False, points=2)],
        limits={"points_needed": 1},
    )
    agreements.propose(agreement=new, by=ola)
    url = reverse("leads:definition_print", args=[1])
    reader = signed_in(person("rep"))
    agreements.sign(agreement=new, by=ola, at=TUESDAY)
    text = body(reader.get(url))
    assert "Proposed, not in force: a signature is missing." in text
    assert "Not signed" in text
    agreements.sign(agreement=new, by=tomasz, at=TUESDAY)
    text = body(reader.get(url))
    for said in (
        "Baltic Boxes",
        "In force from 10 Mar 2026 06:00.",
        "Decides",
        "2 points",
        "within 4\xa0h of working time",
        "The first 20 leads are its gate.",
        "Ola Nowak",
        "Tomasz Wrona",
        "America/Sao_Paulo",
    ):
        assert said in text, said
    assert text.count("Signed 10 Mar 2026 06:00") == 2
    assert reader.get(reverse("leads:definition_print", args=[2])).status_code == 404
