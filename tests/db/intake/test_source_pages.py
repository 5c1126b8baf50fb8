"""Pages of sources and messages: who may, setting up, what goes where, the inbox and what is done there."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.intake.models import Payload, Source
from leadsync.intake.services import handling, receiving, sources, waiting
from leadsync.intake.services.receiving import Sent
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> User:
    CompanyFactory()
    found = person("marketer", name="Marta Zielińska")
    client.force_login(found)
    return found


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(f"intake:{name}", args=args), query)
    assert response.status_code == 200
    return text(response)


def press(client: Client, to: str, /, *args: Any, **data: Any) -> str:
    response = client.post(reverse(f"intake:{to}", args=args), data, follow=True)
    assert response.status_code == 200
    return text(response)


def a_source(by: User, kind: str = "google", name: str = "Autumn ads") -> Source:
    return sources.create(kind=kind, name=name, campaign=campaign(), by=by)


def sent(source: Source, lead_id: str = "L1", **answers: str) -> Payload:
    """A message of Google's kind; its payload."""
    given = {"FULL_NAME": "Eva Example", "EMAIL": f"{lead_id.lower()}@example.com"} | answers
    columns = [{"column_id": key, "string_value": value} for key, value in given.items()]
    body = {"lead_id": lead_id, "user_column_data": columns, "google_key": source.secret}
    assert receiving.receive(key=source.key, sent=Sent(json.dumps(body).encode(), {})).status == 200
    return Payload.objects.order_by("-id")[0]


def unreadable(source: Source, lead_id: str = "L1") -> Payload:
    """A message nobody is named in, until "who" goes to the name."""
    return sent(source, lead_id, FULL_NAME="", who="Eva Example")


# ------------------------------------------------------------------------------------------ who may


@pytest.mark.parametrize("role", ["rep", "head_of_sales", "director"])
def test_only_who_may_edit_intake_sees_sources_and_messages(
    client: Client, marketer: User, role: str
) -> None:
    source = a_source(marketer)
    payload = unreadable(source)
    client.force_login(person(role))
    for name, *args in (
        ("sources",),
        ("source_new",),
        ("source", source.pk),
        ("source_heard", source.pk),
        ("source_mapping", source.pk),
        ("inbox",),
        ("message", payload.pk),
    ):
        assert client.get(reverse(f"intake:{name}", args=args)).status_code == 403, name
    for name, *args in (
        ("source_switch", source.pk),
        ("source_renew", source.pk),
        ("source_credentials", source.pk),
        ("retry_all",),
        ("retry", payload.pk),
        ("drop", payload.pk),
        ("bring_back", payload.pk),
    ):
        assert client.post(reverse(f"intake:{name}", args=args)).status_code == 403, name
    before = (source.is_on, source.secret, payload.state)
    source.refresh_from_db()
    payload.refresh_from_db()
    assert (source.is_on, source.secret, payload.state) == before


# ------------------------------------------------------------------------------------------ setting up


def test_without_a_source_the_list_says_what_one_is(client: Client, marketer: User) -> None:
    assert "No source yet" in page(client, "sources")


@pytest.mark.parametrize("kind", Source.Kind.values)
def test_a_new_source_shows_its_address_and_what_to_do_at_the_sender(
    client: Client, marketer: User, kind: str
) -> None:
    to = campaign(name="Spring offer")
    shown = press(client, "source_new", kind=kind, name="  Our   form ", campaign=to.pk)
    source = Source.objects.get()
    assert (source.name, source.campaign, source.is_on) == ("Our form", to, True)
    assert f"/in/{source.key}/" in shown
    assert "Waiting for the first message" in shown
    assert (source.secret in shown) if kind != "meta" else (source.verify_token in shown)


def test_what_was_typed_stays_when_a_source_cannot_be_made(client: Client, marketer: User) -> None:
    campaign()
    response = client.post(reverse("intake:source_new"), {"kind": "google", "name": "Kept", "campaign": 999})
    assert response.status_code == 422
    assert 'value="Kept"' in text(response)
    assert not Source.objects.exists()


def test_it_turns_green_when_a_test_arrives(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    heard = reverse("intake:source_heard", args=[source.pk])
    waiting_for = text(client.get(heard, headers={"HX-Request": "true"}))
    assert "Waiting for the first message" in waiting_for
    assert "data-watch" in waiting_for
    body = {
        "lead_id": "T",
        "is_test": True,
        "google_key": source.secret,
        "user_column_data": [{"column_id": "EMAIL", "string_value": "test@example.com"}],
    }
    receiving.receive(key=source.key, sent=Sent(json.dumps(body).encode(), {}))
    green = text(client.get(heard, headers={"HX-Request": "true"}))
    assert "Test arrived" in green
    assert "data-watch" not in green


def test_a_refusal_is_shown_with_what_to_do(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    receiving.receive(key=source.key, sent=Sent(b'{"google_key": "x"}', {}))
    assert "The key was wrong" in page(client, "source", source.pk)
    assert "The key was wrong" in page(client, "sources")
    sent(source)
    assert "The key was wrong" not in page(client, "source", source.pk)


def test_metas_secrets_are_saved_and_never_shown(client: Client, marketer: User) -> None:
    source = a_source(marketer, "meta")
    shown = press(
        client, "source_credentials", source.pk, secret="app-secret-1", access_token="token-number-1"
    )
    assert "App secret saved" in shown
    assert "Access token saved" in shown
    assert "app-secret-1" not in shown
    assert "token-number-1" not in shown
    press(client, "source_credentials", source.pk, secret="", access_token="")
    source.refresh_from_db()
    assert (source.secret, source.access_token) == ("app-secret-1", "token-number-1")
    odd = client.post(reverse("intake:source_credentials", args=[source.pk]), {"access_token": "ключ"})
    assert odd.status_code == 422
    assert "ключ" not in text(odd)


def test_a_secret_is_renewed_after_a_question(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    old = source.secret
    assert "24 hours" in page(client, "source_renew", source.pk)
    shown = press(client, "source_renew", source.pk, old="day")
    source.refresh_from_db()
    assert source.secret != old
    assert source.secret in shown
    assert source.old_secret == old


def test_two_people_changing_a_source_are_told_and_lose_nothing(client: Client, marketer: User) -> None:
    source, other = a_source(marketer), person("head_of_marketing", name="Ola Krawczyk")
    sources.edit(source=source, name="By Ola", campaign=source.campaign, by=other)
    typed = {"name": "By Marta", "campaign": source.campaign_id, "version": 1}
    response = client.post(reverse("intake:source", args=[source.pk]), typed)
    assert response.status_code == 409
    assert "Ola Krawczyk" in text(response)
    assert 'value="By Marta"' in text(response)


# ------------------------------------------------------------------------------------------ what goes where


def test_questions_are_shown_with_an_example_and_a_suggestion(client: Client, marketer: User) -> None:
    agreement_in_force(criteria=[{"key": "budget", "question": "Is there a budget?"}])
    source = a_source(marketer)
    sent(source, who="The <b>boss</b>", **{"Is there a budget?": "yes"})
    shown = page(client, "source_mapping", source.pk)
    assert "The &lt;b&gt;boss&lt;/b&gt;" in shown
    assert '<option value="answer:budget" selected>' in shown
    assert '<option value="email" selected>' in shown
    assert Lead.objects.get().answers.get().value is True


def test_what_is_chosen_holds_and_what_could_not_be_read_is_tried_again(
    client: Client, marketer: User
) -> None:
    source = a_source(marketer)
    unreadable(source)
    assert "1 message could not be read" in page(client, "source_mapping", source.pk)
    shown = press(client, "source_mapping", source.pk, k0="who", q0="name", k1="EMAIL", q1="email", version=1)
    assert "could not be read before" in shown
    source.refresh_from_db()
    assert source.mapping == {"who": "name", "EMAIL": "email"}
    done = press(client, "retry_all", source=source.pk)
    assert "1 message is tried again" in done.replace("0 of ", "")
    waiting.work()
    assert Lead.objects.get().name == "Eva Example"
    assert "Everything could be read" in page(client, "inbox", state="unreadable")


@pytest.mark.parametrize(
    "typed",
    [{"k0": "who", "q0": "owner"}, {"k0": "who", "q0": "answer:gone"}, {"k0": "x" * 9999, "q0": "zz"}],
)
def test_a_place_that_does_not_exist_is_refused(
    client: Client, marketer: User, typed: dict[str, str]
) -> None:
    source = a_source(marketer)
    response = client.post(reverse("intake:source_mapping", args=[source.pk]), typed)
    assert response.status_code == 422
    source.refresh_from_db()
    assert source.mapping == {}


# ------------------------------------------------------------------------------------------ inbox


def test_messages_are_listed_by_state_and_open_with_their_body(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    bad, good = unreadable(source), sent(source, "L2", note="<script>alert(1)</script>")
    shown = page(client, "inbox")
    assert "A name or a company is needed" in shown
    assert reverse("intake:message", args=[bad.pk]) in shown
    assert "Eva Example" in page(client, "inbox", state="taken", source=source.pk)
    opened = page(client, "message", good.pk)
    assert "<script>alert(1)" not in opened
    assert "&lt;script&gt;" in opened
    assert source.secret not in opened
    assert reverse("leads:page", args=[good.lead_id]) in opened


def test_one_message_is_tried_again(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    payload = unreadable(source)
    assert "still cannot be read" in press(client, "retry", payload.pk)
    sources.set_mapping(source=source, mapping={"who": "name"}, by=marketer)
    assert "It is a lead now" in press(client, "retry", payload.pk)
    again = client.post(reverse("intake:retry", args=[payload.pk]))
    assert again.status_code == 409
    assert Lead.objects.count() == 1


def test_dropping_keeps_the_message_and_can_be_undone(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    payload = unreadable(source)
    assert "Bring it back" in press(client, "drop", payload.pk)
    payload.refresh_from_db()
    assert (payload.state, payload.handled_by, bool(payload.body)) == ("dropped", marketer, True)
    press(client, "bring_back", payload.pk)
    payload.refresh_from_db()
    assert (payload.state, payload.reason["code"]) == ("unreadable", "row")
    lead = sent(source, "L9")
    assert client.post(reverse("intake:drop", args=[lead.pk])).status_code == 409


def test_the_inbox_pages_by_key_and_takes_no_more_statements(
    client: Client, marketer: User, django_assert_max_num_queries: Any
) -> None:
    source = a_source(marketer)
    unreadable(source, "L0")
    with django_assert_max_num_queries(40) as found:
        page(client, "inbox")
        few = len(found)
    first = Payload.objects.get()
    Payload.objects.bulk_create(
        Payload(source=source, received_at=first.received_at, digest=f"{n}", body="{}", state="unreadable")
        for n in range(60)
    )
    with django_assert_max_num_queries(few):
        shown = page(client, "inbox")
    assert "Show 50 more" in shown
    assert reverse("intake:message", args=[first.pk]) not in shown
    rest = page(client, "inbox", state="unreadable", before=first.pk + 11)
    assert reverse("intake:message", args=[first.pk]) in rest


@pytest.mark.parametrize(
    "query", [{"state": "x"}, {"source": "9" * 30}, {"before": "-1"}, {"again": "9" * 18}, {"source": "٣"}]
)
def test_odd_addresses_of_the_inbox_are_read_as_none(
    client: Client, marketer: User, query: dict[str, str]
) -> None:
    assert page(client, "inbox", **query)


def test_the_list_of_sources_takes_no_more_statements_for_more(
    client: Client, marketer: User, django_assert_max_num_queries: Any
) -> None:
    a_source(marketer)
    with django_assert_max_num_queries(40) as found:
        page(client, "sources")
        few = len(found)
    for n in range(10):
        unreadable(a_source(marketer, name=f"S {n}"), f"L{n}")
    with django_assert_max_num_queries(few):
        assert "1 unreadable" in page(client, "sources")


def test_the_campaign_shows_its_sources_and_that_leads_come_after_its_end(
    client: Client, marketer: User
) -> None:
    source = a_source(marketer)
    source.campaign.state = "ended"
    source.campaign.save()
    shown = text(client.get(reverse("campaigns:page", args=[source.campaign_id])))
    assert "Autumn ads" in shown
    assert "Leads that still come are taken" in shown


def test_off_and_on_again(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    assert "is off" in press(client, "source_switch", source.pk, on="0", next="list")
    payload = sent(source)
    assert "The source is off" in page(client, "message", payload.pk)
    press(client, "source_switch", source.pk, on="1")
    waiting.work()
    assert Lead.objects.count() == 1
    assert handling.retry_all(by=marketer) == 0


def test_the_progress_of_trying_again_is_a_fragment_that_ends(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    unreadable(source)
    handling.retry_all(by=marketer)
    url = f"{reverse('intake:inbox')}?state=unreadable&again=1&part=progress"
    under_way = text(client.get(url, headers={"HX-Request": "true"}))
    assert "data-watch" in under_way
    assert "<h1" not in under_way
    waiting.work()
    over = text(client.get(url, headers={"HX-Request": "true"}))
    assert "data-watch" not in over
    assert "1 still cannot be read" in over


def test_a_later_message_does_not_hide_that_others_could_not_be_read(client: Client, marketer: User) -> None:
    source = a_source(marketer)
    unreadable(source)
    sent(source, "L2")
    assert "1 message could not be read." in page(client, "source", source.pk)
