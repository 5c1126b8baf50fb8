"""The company's webhook: what it is told, when, how it is kept secret, and what happens when nobody answers."""

import json
import logging
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from leadsync.accounts.models import User
from leadsync.core import outgoing
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.core.outgoing import Answer, Unreachable
from leadsync.notices import news, outbox, services, webhooks
from leadsync.notices.models import Message, News, Notice, Webhook
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

# A Monday in Warsaw (UTC+1): 10:00 there.
TEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = TEN + timedelta(minutes=10)
EVENING = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
NEXT_SEVEN = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
NEXT_EIGHT = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
SECRET = "T024/B0/SeCrEtPaRt"
ADDRESS = f"https://hooks.example.com/services/{SECRET}"


class Channel:
    """Stands for the other side: keeps what it gets, answers what it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any], str]] = []
        self.answer: Callable[[], Answer] = lambda: Answer(200, b"ok")

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.got.append((url, json.loads(body), headers["Idempotency-Key"]))
        return self.answer()


@pytest.fixture(autouse=True)
def channel(monkeypatch: pytest.MonkeyPatch) -> Channel:
    made = Channel()
    monkeypatch.setattr(outgoing, "post", made.post)

    def resolve(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        ip = "10.0.0.5" if host.startswith("inside") else "93.184.216.34"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return made


@pytest.fixture
def admin(anna: User) -> User:
    return person("administrator", email="admin@example.com")


def save(by: User, **values: Any) -> Webhook:
    return webhooks.save(
        by=by,
        **{
            "address": ADDRESS,
            "format_name": "slack",
            "language": "en",
            "groups": ["late", "wins", "agreement"],
            "is_on": True,
            "at": TEN - timedelta(days=1),
        }
        | values,
    )


@pytest.fixture
def hook(admin: User) -> Webhook:
    """Switched on; this morning's first run is over."""
    made = save(admin)
    news.compose(at=TEN - timedelta(minutes=90))
    return made


def win(
    key: str = "w1", at: datetime = TEN, by: User | None = None, to: list[Any] | None = None, **more: Any
) -> None:
    services.put(
        kind="lead_won",
        recipients=to or [],
        key=key,
        context={"lead": "Ola Wójcik", "company": "Ősz & Co <b>", "amount": "1200", "rep": "Jan", **more},
        url="/leads/7/",
        by=by,
        at=at,
    )


# ---------------------------------------------------------------------------------------------- what it is told


def test_a_win_is_told_even_where_nobody_is_left_to_tell_in_person(
    hook: Webhook, jan: User, channel: Channel
) -> None:
    win(by=jan, to=[jan])
    assert not Notice.objects.exists()
    assert news.compose(at=LATER) == 1
    assert news.send(at=LATER).sent == 1
    assert channel.got[0][0] == ADDRESS


def test_news_told_to_several_people_are_one_line(hook: Webhook, anna: User, jan: User) -> None:
    win(to=[anna, jan])
    win(to=[anna])
    news.compose(at=LATER)
    assert len(json.loads(Message.objects.get().body)["lines"]) == 1


def test_what_the_sweep_wrote_straight_into_the_notices_is_picked_up_once(
    hook: Webhook, anna: User, jan: User
) -> None:
    Notice.objects.bulk_create(
        Notice(recipient=to, kind="lead_missed", key="lead_missed:1", context={"lead": "A"}, created_at=TEN)
        for to in (anna, jan)
    )
    for minutes in (10, 20, 90, 180):
        news.compose(at=TEN + timedelta(minutes=minutes))
    assert News.objects.count() == 1
    assert Message.objects.count() == 1


def test_a_late_commit_of_a_lower_number_is_not_missed(hook: Webhook, anna: User) -> None:
    first = Notice.objects.create(recipient=anna, kind="lead_missed", key="a", context={}, created_at=TEN)
    Notice.objects.create(recipient=anna, kind="lead_missed", key="b", context={}, created_at=TEN)
    Notice.objects.filter(pk=first.pk).delete()
    news.compose(at=LATER)
    first.save(force_insert=True)  # its transaction ends now
    news.compose(at=LATER + timedelta(minutes=10))
    assert set(News.objects.exclude(message=None).values_list("key", flat=True)) == {"a", "b"}


def test_only_chosen_kinds_are_told_and_a_first_signature_is_none(hook: Webhook, anna: User) -> None:
    services.put(kind="question_asked", recipients=[anna], key="q", context={"text": "private"}, at=TEN)
    services.put(kind="gate_passed", recipients=[anna], key="g", context={}, at=TEN)
    services.put(kind="agreement_signed", recipients=[anna], key="s", context={"is_in_force": False}, at=TEN)
    assert news.compose(at=LATER) == 0
    services.put(
        kind="agreement_signed",
        recipients=[anna],
        key="f",
        context={"is_in_force": True, "number": 3, "signed_by": "Ola Nowak"},
        at=TEN,
    )
    news.compose(at=LATER)
    (line,) = json.loads(Message.objects.get().body)["lines"]
    assert line["title"] == "Agreement, version 3: in force"


def test_news_from_before_the_webhook_was_switched_on_are_not_told(admin: User) -> None:
    win(at=TEN - timedelta(days=2))
    save(admin)
    news.compose(at=LATER)
    assert not Message.objects.exists()


def test_a_group_chosen_later_begins_with_what_happens_then(hook: Webhook, admin: User, anna: User) -> None:
    Notice.objects.create(recipient=anna, kind="lead_missed", key="late", context={}, created_at=TEN)
    services.put(kind="gate_passed", recipients=[anna], key="old", context={}, at=TEN)
    news.compose(at=LATER)
    save(admin, groups=["late", "gates"])
    services.put(kind="gate_passed", recipients=[anna], key="new", context={}, at=LATER)
    for minutes in (20, 40):
        news.compose(at=TEN + timedelta(minutes=minutes))
    assert set(News.objects.exclude(message=None).values_list("key", flat=True)) == {"late", "new"}


# ---------------------------------------------------------------------------------------------- when


def test_news_of_a_few_minutes_are_one_message(hook: Webhook) -> None:
    win("a")
    assert news.compose(at=TEN + timedelta(minutes=1)) == 0
    win("b", at=TEN + timedelta(minutes=2))
    assert news.compose(at=TEN + timedelta(minutes=5)) == 1
    assert Message.objects.get().subject == "2 pieces of news"
    assert news.compose(at=TEN + timedelta(minutes=30)) == 0


def test_after_hours_news_wait_until_eight_and_quiet_hours_are_kept(hook: Webhook) -> None:
    win(at=EVENING)
    assert news.compose(at=EVENING + timedelta(minutes=10)) == 0
    assert news.compose(at=NEXT_SEVEN) == 0
    CompanyFactory.create(quiet_from=0, quiet_until=8 * 60 + 15)
    assert news.compose(at=NEXT_EIGHT) == 0
    assert news.compose(at=NEXT_EIGHT + timedelta(minutes=15)) == 1


def test_many_news_are_counted_and_not_written_out(hook: Webhook) -> None:
    for number in range(30):
        win(f"w{number}")
    news.compose(at=LATER)
    content = json.loads(Message.objects.get().body)
    assert (len(content["lines"]), content["rest"]) == (20, "And 10 more")


def test_composing_twice_or_by_two_workers_writes_one_message(hook: Webhook) -> None:
    win()
    assert [news.compose(at=LATER) for _ in range(2)] == [1, 0]


# ---------------------------------------------------------------------------------------------- formats


def test_slack_gets_text_and_blocks_with_its_three_signs_escaped(hook: Webhook, channel: Channel) -> None:
    win(lead="*Ola* | <!channel> & <https://evil.example.com|x>", company="")
    news.compose(at=LATER)
    news.send(at=LATER)
    payload = channel.got[0][1]
    text = json.dumps(payload)
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; &lt;https" in payload["text"]
    (block,) = payload["blocks"]
    assert block["text"]["type"] == "mrkdwn"
    assert block["text"]["text"].startswith("<http://127.0.0.1:8000/leads/7/|")
    assert block["text"]["text"].count("<") == block["text"]["text"].count("|") == 1


def test_teams_gets_a_card_whose_markdown_is_plain(admin: User, channel: Channel) -> None:
    save(admin, format_name="teams")
    win(lead="[Ola](https://evil.example.com) **x**", company="")
    news.compose(at=LATER)
    news.send(at=LATER)
    payload = channel.got[0][1]
    assert payload["type"] == "message"
    card = payload["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["type"] == "AdaptiveCard"
    (block,) = card["content"]["body"]
    assert "\\[Ola\\]\\(https://evil\\.example\\.com\\) \\*\\*x\\*\\*" in block["text"]
    assert block["text"].endswith("](http://127.0.0.1:8000/leads/7/)")


def test_a_message_holds_titles_and_links_and_no_other_facts(hook: Webhook, channel: Channel) -> None:
    win(note="Her mobile is 600 100 200", campaign="Spring")
    news.compose(at=LATER)
    news.send(at=LATER)
    text = json.dumps(channel.got[0][1], ensure_ascii=False)
    assert "600 100 200" not in text
    assert "Jan" not in text


# ---------------------------------------------------------------------------------------------- delivery


def _waiting(channel: Channel, *answers: Answer | Unreachable) -> Message:
    win()
    news.compose(at=LATER)
    left = list(answers)

    def answer() -> Answer:
        given = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(given, Unreachable):
            raise given
        return given

    channel.answer = answer
    return Message.objects.get()


def test_a_channel_that_is_down_is_tried_again_with_the_same_key_until_it_is_given_up(
    hook: Webhook, channel: Channel
) -> None:
    message = _waiting(channel, Answer(500, b""), Unreachable("There was no answer in time."))
    now, waits = LATER, []
    for _attempt in range(outbox.MAX_ATTEMPTS):
        news.send(at=now)
        message.refresh_from_db()
        if message.next_try_at:
            waits.append(int((message.next_try_at - now).total_seconds() // 60))
            now = message.next_try_at
    assert waits == [1, 5, 15, 60, 240, 240, 240]
    assert (message.state, message.error) == ("dead", "There was no answer in time.")
    assert len({key for _url, _body, key in channel.got}) == 1
    stored = Webhook.objects.get()
    assert (stored.is_well, stored.is_on) == (False, True)


def test_a_channel_that_recovers_gets_what_waited(hook: Webhook, channel: Channel) -> None:
    _waiting(channel, Answer(503, b""), Answer(200, b""))
    assert news.send(at=LATER).failed == 1
    assert news.send(at=LATER + timedelta(minutes=1)).sent == 1
    assert Webhook.objects.get().is_well is True


def test_a_pause_the_other_side_asks_for_is_kept(hook: Webhook, channel: Channel) -> None:
    message = _waiting(channel, Answer(429, b"", retry_after=600))
    news.send(at=LATER)
    message.refresh_from_db()
    assert message.next_try_at == LATER + timedelta(minutes=10)


def test_an_address_that_is_gone_is_switched_off_and_its_message_given_up(
    hook: Webhook, channel: Channel
) -> None:
    message = _waiting(channel, Answer(410, b""))
    news.send(at=LATER)
    message.refresh_from_db()
    assert message.state == "dead"
    stored = Webhook.objects.get()
    assert stored.is_on is False
    assert "410" in stored.result


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_worker_killed_between_the_call_and_saving_calls_again_with_the_same_key(
    hook: Webhook, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    _waiting(channel, Answer(200, b""))

    def die(*_args: Any) -> int:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "save_sent", die)
        with pytest.raises(Killed):
            news.send(at=LATER)
    assert news.send(at=LATER + timedelta(minutes=1)).sent == 0  # the lease still runs
    assert news.send(at=LATER + timedelta(minutes=6)).sent == 1
    assert len({key for _url, _body, key in channel.got}) == 1


def test_mails_and_calls_do_not_take_each_others_messages(
    hook: Webhook, channel: Channel, anna: User
) -> None:
    Message.objects.create(
        recipient=anna, key="m", address=anna.email, subject="S", body="B", created_at=TEN, next_try_at=TEN
    )
    assert news.send(at=LATER).sent == 0
    assert channel.got == []


def test_switched_off_nothing_is_composed_or_sent_and_what_waits_is_dropped(
    hook: Webhook, admin: User, channel: Channel
) -> None:
    message = _waiting(channel, Answer(200, b""))
    save(admin, address="", is_on=False)
    message.refresh_from_db()
    assert message.state == "dropped"
    win("w2")
    assert news.compose(at=LATER + timedelta(minutes=20)) == 0
    assert news.send(at=LATER + timedelta(minutes=20)).sent == 0
    assert channel.got == []


# ---------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"address": "http://hooks.example.com/x"}, "address"),
        ({"address": "https://127.0.0.1/x"}, "address"),
        ({"address": "https://localhost/x"}, "address"),
        ({"address": "https://[::1]/x"}, "address"),
        ({"address": "https://169.254.169.254/latest"}, "address"),
        ({"address": "https://2130706433/"}, "address"),
        ({"address": "https://inside.example.com/x"}, "address"),
        ({"address": "https://user:pass@hooks.example.com/"}, "address"),
        ({"address": "https://hooks.example.com:22/"}, "address"),
        ({"address": "nonsense"}, "address"),
        ({"address": ""}, "address"),
        ({"format_name": "irc"}, "format"),
        ({"language": "xx"}, "language"),
        ({"groups": ["everything"]}, "groups"),
        ({"groups": []}, "groups"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field_and_nothing_is_stored(
    admin: User, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(admin, **values)
    assert refused.value.field == field
    assert not Webhook.objects.exists()


def test_an_empty_address_keeps_the_stored_one(hook: Webhook, admin: User) -> None:
    save(admin, address="", groups=["wins"])
    stored = Webhook.objects.get()
    assert (stored.address, stored.groups) == (ADDRESS, ["wins"])


def test_the_page_refuses_an_address_inside_with_the_reason_and_keeps_what_was_typed(
    client: Client, admin: User
) -> None:
    client.force_login(admin)
    response = client.post(
        reverse("notices:webhook"),
        {
            "format": "teams",
            "address": "https://inside.example.com/x",
            "language": "pl",
            "groups": ["wins"],
            "is_on": "on",
        },
    )
    assert response.status_code == 422
    page = response.content.decode()
    assert "inside of the network" in page
    assert "https://inside.example.com/x" in page
    assert not Webhook.objects.exists()


def test_the_address_is_shown_nowhere_in_full(
    client: Client, admin: User, channel: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client.force_login(admin)
    typed = {"format": "slack", "address": ADDRESS, "language": "en", "groups": ["wins"], "is_on": "on"}
    assert client.post(reverse("notices:webhook"), typed).status_code == 302
    channel.answer = lambda: Answer(500, b"")
    win(at=datetime.now(UTC))
    Webhook.objects.update(on_since_at=TEN)
    news.compose(at=LATER)
    client.post(reverse("notices:webhook_test"))
    pages = [
        client.get(reverse("notices:webhook")).content.decode(),
        client.get(reverse("notices:outbox")).content.decode(),
        *Message.objects.values_list("address", flat=True),
        *Message.objects.values_list("error", flat=True),
        caplog.text,
    ]
    assert "https://hooks.example.com/•••" in pages[0]
    assert all(SECRET not in page for page in pages)


def test_a_test_says_at_once_how_it_ended(
    client: Client, hook: Webhook, admin: User, channel: Channel
) -> None:
    client.force_login(admin)
    client.post(reverse("notices:webhook_test"))
    assert Webhook.objects.get().is_well is True
    assert channel.got[0][1]["text"] == "A test from LeadSync"
    channel.answer = lambda: Answer(404, b"no_service")
    page = client.post(reverse("notices:webhook_test"), follow=True).content.decode()
    assert "Not taken: status 404." in page


def test_the_address_can_be_forgotten(client: Client, hook: Webhook, admin: User) -> None:
    client.force_login(admin)
    client.post(reverse("notices:webhook_forget"))
    stored = Webhook.objects.get()
    assert (stored.address, stored.is_on) == ("", False)
    assert client.post(reverse("notices:webhook_test")).status_code == 422


def test_nobody_but_administrators_sets_the_webhook(client: Client, hook: Webhook, jan: User) -> None:
    client.force_login(jan)
    assert client.get(reverse("notices:webhook")).status_code == 403
    for name in ("webhook", "webhook_test", "webhook_forget"):
        assert client.post(reverse(f"notices:{name}"), {"address": ""}).status_code == 403
    with pytest.raises(NotAllowed):
        save(jan, address="https://other.example.com/")
    assert Webhook.objects.get().address == ADDRESS
