"""Pages about personal data: who sees them, what they say, and that looking is recorded."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from leads.models import Consent, Lead
from leads.services import activities, follow_up
from leadsync.accounts.models import Company, DataExport, User
from leadsync.intake.models import Payload, Source
from leadsync.privacy.models import Erasure
from leadsync.privacy.services import erasing
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead

pytestmark = pytest.mark.django_db

MAY = ("head_of_marketing", "head_of_sales", "administrator")
MAY_NOT = ("marketer", "rep", "director")


def signed_in(by: User) -> Client:
    client = Client()
    client.force_login(by)
    return client


@pytest.fixture
def head() -> User:
    return person("head_of_sales")


@pytest.fixture
def client(head: User) -> Client:
    return signed_in(head)


@pytest.mark.parametrize("role", [*MAY, *MAY_NOT])
def test_only_heads_and_administrators_see_personal_data_as_a_whole(role: str) -> None:
    found = lead(name="Zofia Nowak")
    client = signed_in(person(role))
    pages = (
        "/settings/privacy/",
        "/settings/privacy/periods/",
        "/settings/privacy/erased/",
        "/settings/privacy/exports/",
        f"/leads/{found.pk}/personal/",
        f"/leads/{found.pk}/personal/file/",
        f"/leads/{found.pk}/erase/",
    )
    wanted = 200 if role in MAY else 403
    assert {client.get(page).status_code for page in pages} == {wanted}
    shown = client.get(f"/leads/{found.pk}/").content.decode()
    assert ("Everything about this person" in shown) == (role in MAY)


# ------------------------------------------------------------------------------------- one person


def test_everything_about_one_person_is_told_in_words_and_looking_is_recorded(
    client: Client, head: User
) -> None:
    rep = person("rep", name="Paweł Rep")
    found = lead(name="Zofia Nowak", email="zofia@one.example", owner=rep, need="A hall")
    activities.log(lead=found, by=rep, kind="call", outcome="reached", note="Likes blue shelves")
    shown = client.get(f"/leads/{found.pk}/personal/").content.decode()
    for word in ("Zofia Nowak", "zofia@one.example", "A hall", "Likes blue shelves", "Paweł Rep", "Reached"):
        assert word in shown
    seen = DataExport.objects.get()
    assert (seen.kind, seen.by, seen.lead_id, seen.rows) == ("person", head, found.pk, 1)


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_it_speaks_the_language_that_is_chosen(client: Client, language: str) -> None:
    found = lead()
    shown = client.get(f"/leads/{found.pk}/personal/?language={language}").content.decode()
    assert f'<html lang="{language}"' in shown


def test_a_language_that_we_do_not_speak_is_passed_over(client: Client) -> None:
    assert client.get(f"/leads/{lead().pk}/personal/?language=xx").status_code == 200


def test_the_file_holds_every_table_as_it_stands_and_is_recorded(client: Client) -> None:
    found = lead(name="Zofia Nowak", email="zofia@one.example")
    answer = client.get(f"/leads/{found.pk}/personal/file/")
    assert "attachment" in answer["Content-Disposition"]
    document = json.loads(answer.content)
    assert document["tables"]["leads.Lead"][0]["email"] == "zofia@one.example"
    assert document["tables"]["leads.Arrival"][0]["payload"]["name"] == "Zofia Nowak"
    assert DataExport.objects.get().kind == "person_file"


def test_what_it_asks_of_the_database_does_not_grow_with_what_there_is(
    client: Client, django_assert_max_num_queries
) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    for number in range(12):
        follow_up.add_note(lead=fresh(found), by=rep, text=f"Note {number}")
    with django_assert_max_num_queries(140):
        client.get(f"/leads/{found.pk}/personal/")


# ------------------------------------------------------------------------------------- erasing


def test_erasing_asks_for_the_number_and_says_what_goes(client: Client, head: User) -> None:
    found = lead(name="Zofia Nowak")
    page = client.get(f"/leads/{found.pk}/erase/").content.decode()
    assert "cannot be taken back" in page
    assert "Interest shown" in page
    for typed in ("", "1x", "Zofia Nowak"):
        refused = client.post(
            f"/leads/{found.pk}/erase/", {"confirm": typed, "version": 1, "note": "By mail"}
        )
        assert refused.status_code == 422
        assert 'value="By mail"' in refused.content.decode()
    assert fresh(found).name == "Zofia Nowak"
    done = client.post(
        f"/leads/{found.pk}/erase/", {"confirm": str(found.pk), "version": 1, "note": "By mail"}, follow=True
    )
    assert "Erased. Figures stay" in done.content.decode()
    made = Erasure.objects.get()
    assert (made.lead_id, made.note, made.by) == (found.pk, "By mail", head)


def test_somebody_who_changed_the_lead_meanwhile_is_named_before_it_is_erased(client: Client) -> None:
    rep = person("rep", name="Paweł Rep")
    found = lead(owner=rep)
    read = fresh(found).version
    activities.log(lead=found, by=rep, kind="call", outcome="no_answer")
    typed = {"confirm": str(found.pk), "version": read}
    refused = client.post(f"/leads/{found.pk}/erase/", typed)
    assert refused.status_code == 409
    assert "Paweł Rep" in refused.content.decode()
    assert f'name="version" value="{fresh(found).version}"' in refused.content.decode()


def test_a_note_that_names_the_person_comes_back_with_the_reason(client: Client) -> None:
    found = lead(name="Zofia Nowak")
    refused = client.post(
        f"/leads/{found.pk}/erase/", {"confirm": str(found.pk), "version": 1, "note": "Zofia Nowak wrote"}
    )
    assert refused.status_code == 422
    assert "leave out the name" in refused.content.decode()


def test_an_erased_lead_is_called_so_everywhere_and_search_does_not_find_it(
    client: Client, head: User
) -> None:
    found = lead(name="Zofia Nowak", owner=person("rep"))
    erasing.erase(lead=fresh(found), by=head)
    page = client.get(f"/leads/{found.pk}/").content.decode()
    assert "Erased" in page
    assert "Personal data erased" in page  # the timeline
    assert "Edit details" not in page
    assert "Ask a question" not in page
    assert ">Erased<" in client.get("/leads/").content.decode()
    assert f"/leads/{found.pk}/" not in client.get("/leads/?q=zofia").content.decode()
    assert client.get(f"/leads/{found.pk}/erase/").status_code == 302


def test_what_is_done_with_an_erased_lead_is_refused_in_words(client: Client, head: User) -> None:
    found = lead(owner=head)
    erasing.erase(lead=fresh(found), by=head)
    refused = client.post(f"/leads/{found.pk}/mark/", {"mark": "qualified"})
    assert refused.status_code == 422
    assert "were erased" in refused.content.decode()


# ------------------------------------------------------------------------------------- finding


def test_a_person_is_found_by_mail_phone_or_name_also_where_they_never_became_a_lead(client: Client) -> None:
    found = lead(name="Zofia Nowak", email="zofia@one.example", phone="+48600111222")
    source = Source.objects.create(
        kind="generic",
        name="Shop",
        campaign=campaign(),
        key="k",
        secret="s",
        created_at=timezone.now(),
        changed_at=timezone.now(),
    )
    Payload.objects.create(
        source=source,
        received_at=timezone.now(),
        digest="d",
        body='{"m": "stranger@far.example"}',
        state="unreadable",
    )
    for asked in ("zofia@one.example", "600 111 222", "nowak"):
        assert (
            f"/leads/{found.pk}/personal/" in client.get("/settings/privacy/", {"q": asked}).content.decode()
        )
    page = client.get("/settings/privacy/", {"q": "stranger@far.example"}).content.decode()
    assert "Unreadable" in page
    assert "Erase all of this" in page
    assert (
        "Nothing is known here"
        in client.get("/settings/privacy/", {"q": "nobody@x.example"}).content.decode()
    )
    assert DataExport.objects.filter(kind="search").count() == 5
    done = client.post("/settings/privacy/erase/", {"q": "stranger@far.example"}, follow=True)
    assert "Erased." in done.content.decode()
    assert Payload.objects.get().body == ""


@pytest.mark.parametrize("asked", ["\x00", "\ud800", "'; DROP TABLE", "%", "(((", "+" * 400, "\u202eabc"])
def test_whatever_is_searched_for_is_answered(client: Client, asked: str) -> None:
    assert (
        client.get("/settings/privacy/", {"q": asked.encode("utf-8", "replace").decode()}).status_code == 200
    )
    refused = client.post("/settings/privacy/erase/", {"q": asked.encode("utf-8", "replace").decode()})
    assert refused.status_code in {302, 422}


# ------------------------------------------------------------------------------------- exports


def test_every_list_saved_as_a_file_is_noted_with_person_rows_and_filters(client: Client, head: User) -> None:
    lead(name="One Person")
    list(client.get("/leads/export/?stage=new").streaming_content)  # type: ignore[attr-defined]
    list(client.get("/voice/words.csv").streaming_content)  # type: ignore[attr-defined]
    client.get("/first-contact/?csv=weeks")
    kinds = list(DataExport.objects.order_by("pk").values_list("kind", "by", "rows"))
    assert kinds == [("leads", head.pk, 1), ("voice", head.pk, None), ("first_contact", head.pk, None)]
    page = client.get("/settings/privacy/exports/").content.decode()
    assert "Stage: New" in page
    assert "stage=new" not in page
    assert "Table: Weeks" in page
    other = person("head_of_marketing", name="Ola Other")
    assert "Stage: New" in client.get(f"/settings/privacy/exports/?person={head.pk}").content.decode()
    assert "Stage: New" not in client.get(f"/settings/privacy/exports/?person={other.pk}").content.decode()


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
def test_what_was_taken_out_is_said_in_words_of_the_reader(client: Client, head: User, language: str) -> None:
    home = campaign(name="Metal Expo")
    rows = [
        ("leads", f"campaign={home.pk}&stage=won&won_from=2026-03-01&sort=due"),
        ("leads", "campaign=999999"),
        ("leads", "view=3"),
        ("voice", f"by=market&from=2026-01-01&to=2026-03-31&campaign={home.pk}"),
        ("rejected", "leads=of&march.csv"),
        ("search", "<b>x</b>"),
    ]
    DataExport.objects.bulk_create(
        [DataExport(kind=kind, by=head, at=timezone.now(), what=what) for kind, what in rows]
    )
    head.language = language
    head.save()
    page = client.get("/settings/privacy/exports/").content.decode()
    assert "Metal Expo" in page
    for machine in ("campaign=", "stage=", "won_from", "by=market", "view=3"):
        assert machine not in page
    assert "leads=of&amp;march.csv" in page  # the name of a file, whatever it looks like
    assert "&lt;b&gt;x" in page
    assert "999999" in page


def test_the_log_of_exports_goes_on_by_key(client: Client, head: User) -> None:
    now = timezone.now()
    DataExport.objects.bulk_create(
        [DataExport(kind="leads", by=head, at=now, what=f"n={n}") for n in range(60)]
    )
    first = client.get("/settings/privacy/exports/").content.decode()
    assert "n=59" in first
    assert "n=9<" not in first
    key = DataExport.objects.order_by("-pk")[49].pk
    assert f"before={key}" in first
    assert "n=9<" in client.get(f"/settings/privacy/exports/?before={key}").content.decode()


# ------------------------------------------------------------------------------------- consent


def test_consent_is_noted_by_hand_and_taken_back_without_stopping_anybodys_work(client: Client) -> None:
    rep = person("rep", name="Paweł Rep")
    found = lead(owner=rep)
    theirs = signed_in(rep)
    assert "Nothing was said about consent" in theirs.get(f"/leads/{found.pk}/").content.decode()
    page = theirs.post(
        f"/leads/{found.pk}/consent/",
        {"said": "given", "text": "May call", "place": "At the stand"},
        follow=True,
    ).content.decode()
    assert "May call" in page
    assert "At the stand" in page
    assert "do not contact" not in page
    page = theirs.post(
        f"/leads/{found.pk}/consent/", {"said": "taken_back", "text": "No more calls"}, follow=True
    ).content.decode()
    assert "Consent was taken back" in page
    assert "do not contact" in page
    assert "do not contact" in theirs.get("/queue/").content.decode()
    assert theirs.post(f"/leads/{found.pk}/tried/", {"outcome": "no_answer"}).status_code == 302
    assert [one.is_given for one in Consent.objects.order_by("pk")] == [True, False]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"said": "given", "text": " "}, "required"),
        ({"said": "perhaps", "text": "x"}, "perhaps"),
        ({"said": "given", "text": "x" * 2_001}, "2000"),
    ],
)
def test_consent_that_cannot_be_noted_comes_back_with_what_was_typed(
    typed: dict[str, str], said: str
) -> None:
    rep = person("rep")
    found = lead(owner=rep)
    refused = signed_in(rep).post(f"/leads/{found.pk}/consent/", typed)
    assert refused.status_code == 422
    assert said in refused.content.decode()
    assert not Consent.objects.exists()


def test_another_reps_lead_is_not_ones_own_to_note(client: Client) -> None:
    found = lead(owner=person("rep"))
    assert (
        signed_in(person("rep"))
        .post(f"/leads/{found.pk}/consent/", {"said": "given", "text": "x"})
        .status_code
        == 403
    )


# ------------------------------------------------------------------------------------- how long kept


def old(months: int, **fields: object) -> Lead:
    at = timezone.now() - timedelta(days=31 * months)
    return lead(at=at, **fields)  # type: ignore[arg-type]


def test_periods_show_what_they_would_erase_before_they_are_saved(client: Client) -> None:
    where = campaign(name="Old fair")
    old(30, campaign=where)
    old(30, campaign=where, owner=person("rep"), given_at=timezone.now() - timedelta(days=900))
    old(2, campaign=where)
    page = client.get("/settings/privacy/periods/?keep_months=24&keep_won_months=").content.decode()
    assert "1 lead would be erased today" in page
    assert "1 open lead is older: close it first" in page
    assert "Old fair" in page
    assert Company.objects.get().keep_months is None
    assert Lead.objects.filter(erased_at=None).count() == 3


def test_each_number_opens_the_list_of_its_leads(client: Client) -> None:
    gone, stays = old(30, name="Long Gone"), old(2, name="Just Came")
    del gone, stays
    since = (timezone.now() - timedelta(days=731)).date()
    listed = client.get(f"/leads/?kept=other&untouched={since}").content.decode()
    assert "Long Gone" in listed
    assert "Just Came" not in listed


def test_only_administrators_save_periods(client: Client) -> None:
    typed = {"keep_months": "24", "keep_won_months": "60"}
    assert client.post("/settings/privacy/periods/", typed).status_code == 403
    assert signed_in(person("administrator")).post("/settings/privacy/periods/", typed).status_code == 302
    stored = Company.objects.get()
    assert (stored.keep_months, stored.keep_won_months) == (24, 60)


@pytest.mark.parametrize("typed", ["0", "-3", "x", "1e400", "99999999999999999999", "1.5"])
def test_a_period_that_cannot_be_is_refused_with_what_was_typed(typed: str) -> None:
    client = signed_in(person("administrator"))
    for answer in (
        client.post("/settings/privacy/periods/", {"keep_months": typed}),
        client.get("/settings/privacy/periods/", {"keep_months": typed}),
    ):
        assert answer.status_code == 422
        assert f'value="{typed}"' in answer.content.decode()


def test_the_log_says_what_was_erased_when_why_and_by_whom(client: Client, head: User) -> None:
    assert "Nobody was erased yet" in client.get("/settings/privacy/erased/").content.decode()
    erasing.erase(lead=lead(), by=head, note="By letter")
    page = client.get("/settings/privacy/erased/").content.decode()
    for words in ("The person asked for it", "By letter", head.name):
        assert words in page
