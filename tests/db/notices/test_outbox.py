"""The outbox as administrators see it: what waits and why, what was given up, and what they do about it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import User
from leadsync.core.errors import NotAllowed, NotFound
from leadsync.notices import delivery, outbox, services
from leadsync.notices.models import Message, Notice
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def message(to: User, state: str = "dead", **values: object) -> Message:
    return Message.objects.create(
        **{
            "recipient": to,
            "key": f"k{Message.objects.count()}",
            "address": to.email,
            "subject": "This morning: 2 notices",
            "body": "What only Anna may read",
            "state": state,
            "attempts": 8 if state == "dead" else 0,
            "error": "SMTPServerDisconnected: gone" if state == "dead" else "",
            "created_at": AT,
            "next_try_at": AT if state == "waiting" else None,
        }
        | values
    )


@pytest.fixture
def admin(anna: User) -> User:
    return person("administrator", email="admin@example.com")


def test_given_up_messages_come_first_with_their_reason_and_never_their_words(
    client: Client, anna: User, admin: User
) -> None:
    message(anna)
    message(anna, "waiting")
    client.force_login(admin)
    page = client.get(reverse("notices:outbox")).content.decode()
    assert "SMTPServerDisconnected" in page
    assert "anna@example.com" in page
    assert "What only Anna may read" not in page
    assert page.count("<tr>") == 2  # the head and one row
    assert "Outbox, 1 given up" in page


@pytest.mark.parametrize("state", ["dead", "waiting", "sent", "dropped", "nonsense"])
def test_every_state_has_its_list(client: Client, anna: User, admin: User, state: str) -> None:
    message(anna, "sent", sent_at=AT)
    message(anna, "dropped")
    client.force_login(admin)
    assert client.get(reverse("notices:outbox"), {"state": state}).status_code == 200


def test_messages_are_found_by_address_and_name(client: Client, anna: User, jan: User, admin: User) -> None:
    message(anna)
    message(jan)
    client.force_login(admin)
    for words in ("JAN@", "Lis"):
        page = client.get(reverse("notices:outbox"), {"state": "dead", "q": words})
        assert [row.address for row in page.context["rows"]] == ["jan@example.com"]
    assert client.get(reverse("notices:outbox"), {"q": "%_\x00'"}).status_code == 200


def test_fifty_are_shown_and_the_rest_comes_by_key(client: Client, anna: User, admin: User) -> None:
    Message.objects.bulk_create(
        Message(key=f"x{n}", address="a@b.example", subject="S", body="", state="dead", created_at=AT)
        for n in range(60)
    )
    client.force_login(admin)
    first = client.get(reverse("notices:outbox"), {"state": "dead"})
    assert len(first.context["rows"]) == 50
    rest = client.get(
        reverse("notices:outbox"),
        {"state": "dead", "before": first.context["next_key"]},
        headers={"HX-Request": "true"},
    )
    assert len(rest.context["rows"]) == 10
    assert b"<html" not in rest.content


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_costs_the_same_with_one_message_and_twenty(
    client: Client, anna: User, admin: User, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        message(anna)
    client.force_login(admin)
    with django_assert_max_num_queries(9):
        client.get(reverse("notices:outbox"), {"state": "dead"})


def test_one_is_tried_again_and_all_are(client: Client, anna: User, admin: User) -> None:
    one, other = message(anna), message(anna)
    client.force_login(admin)
    client.post(reverse("notices:outbox_retry", args=[one.pk]))
    one.refresh_from_db()
    assert (one.state, one.attempts, one.error) == ("waiting", 0, "")
    client.post(reverse("notices:outbox_retry_all"))
    other.refresh_from_db()
    assert other.state == "waiting"


def test_a_message_that_waits_for_its_next_try_is_tried_at_once(anna: User, admin: User) -> None:
    later = timezone.now() + timedelta(hours=4)
    waiting = message(anna, "waiting", attempts=3, error="gone", next_try_at=later)
    assert outbox.retry(by=admin, pk=waiting.pk) is True
    waiting.refresh_from_db()
    assert waiting.next_try_at is not None
    assert waiting.next_try_at <= timezone.now()


def test_what_a_worker_is_sending_for_the_first_time_is_left_to_it(anna: User, admin: User) -> None:
    leased = message(anna, "waiting", attempts=1, next_try_at=timezone.now() + timedelta(minutes=5))
    assert outbox.retry(by=admin, pk=leased.pk) is False


def test_a_dropped_message_is_not_sent_and_what_it_tells_of_is_not_mailed_again(
    client: Client, anna: User, admin: User
) -> None:
    services.put(kind="silent", recipients=[anna], key="s", context={"days": 14}, at=AT)
    delivery.compose(at=AT)
    waiting = Message.objects.get()
    client.force_login(admin)
    client.post(reverse("notices:outbox_drop", args=[waiting.pk]))
    waiting.refresh_from_db()
    assert waiting.state == "dropped"
    assert delivery.send_waiting(at=AT).sent == 0
    assert delivery.compose(at=AT + timedelta(days=1)) == delivery.Composed()
    assert Notice.objects.get().read_at is None


def test_what_was_sent_is_neither_dropped_nor_tried_again(anna: User, admin: User) -> None:
    sent = message(anna, "sent", sent_at=AT)
    assert outbox.drop(by=admin, pk=sent.pk) is False
    assert outbox.retry(by=admin, pk=sent.pk) is False
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_a_message_that_there_is_not_is_said_to_be_none(client: Client, admin: User) -> None:
    for change in (outbox.retry, outbox.drop):
        with pytest.raises(NotFound):
            change(by=admin, pk=404)


def test_nobody_but_administrators_sees_or_touches_the_outbox(client: Client, anna: User) -> None:
    dead = message(anna)
    client.force_login(anna)
    assert client.get(reverse("notices:outbox")).status_code == 403
    for name, args in (("outbox_retry", [dead.pk]), ("outbox_drop", [dead.pk]), ("outbox_retry_all", [])):
        assert client.post(reverse(f"notices:{name}", args=args)).status_code == 403
    with pytest.raises(NotAllowed):
        outbox.drop(by=anna, pk=dead.pk)
    dead.refresh_from_db()
    assert dead.state == "dead"
    assert "Outbox" not in client.get(reverse("accounts:me")).content.decode()
