"""The pages of webhooks: secrets once, refusals with what was typed, the log and its buttons, who may see any of it."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.hooks.domain import events
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.hooks.selectors import endpoints as selectors
from leadsync.hooks.words import EVENT_WORDS, words_of
from tests.db.hooks.conftest import ADDRESS, Receiver, an_endpoint
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    return " ".join(html.unescape(response.content.decode()).split())


def typed(**values: Any) -> dict[str, Any]:
    return {"name": "CRM", "address": ADDRESS, "events": ["lead.won"]} | values


def deliveries(of: Endpoint, state: str, count: int = 1, **values: Any) -> list[Delivery]:
    first = Delivery.objects.count()
    now = timezone.now()
    return Delivery.objects.bulk_create(
        Delivery(
            **{
                "endpoint": of,
                "key": f"evt_{first + number}",
                "event": "lead.won",
                "lead_id": 7,
                "body": f'{{"lead": {{"name": "Lead-{first + number}"}}}}',
                "state": state,
                "created_at": now,
                "next_try_at": now + timedelta(hours=1) if state == "waiting" else None,
            }
            | values
        )
        for number in range(count)
    )


# ---------------------------------------------------------------------------------------------- endpoints


def test_without_any_the_page_says_what_comes_next(signed_in: Client) -> None:
    page = text(signed_in.get(reverse("hooks:list")))
    assert "No webhooks yet" in page
    assert reverse("hooks:new") in page


def test_a_new_one_shows_its_secret_once_and_the_address_never(signed_in: Client, receiver: Receiver) -> None:
    answer = signed_in.post(reverse("hooks:new"), typed())
    made = Endpoint.objects.get()
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    assert made.secret in text(answer)
    for name in ("hooks:list", "hooks:endpoint", "hooks:log"):
        page = text(signed_in.get(reverse(name, args=[] if name == "hooks:list" else [made.pk])))
        assert made.secret not in page
        assert "SeCrEt" not in page
        assert "CRM" in page


def test_a_renewed_secret_is_shown_once(signed_in: Client, receiver: Receiver, endpoint: Endpoint) -> None:
    answer = signed_in.post(reverse("hooks:renew", args=[endpoint.pk]))
    fresh = Endpoint.objects.get()
    assert fresh.secret != endpoint.secret
    assert fresh.secret in text(answer)
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"address": "https://inside.example.com/x"}, "inside of the network"),
        ({"address": "crm"}, "https://"),
        ({"address": ""}, "required"),
        ({"name": " "}, "required"),
        ({"name": "a\x00b"}, "Null characters"),
        ({"events": []}, "Choose at least one event."),
        ({"events": ["lead.sung"]}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_used_comes_back_with_what_was_typed(
    signed_in: Client, receiver: Receiver, values: dict[str, Any], why: str
) -> None:
    answer = signed_in.post(reverse("hooks:new"), typed(**values))
    assert answer.status_code == 422
    page = text(answer)
    assert why in page
    if "name" not in values:
        assert 'value="CRM"' in page
    assert not Endpoint.objects.exists()


def test_saving_keeps_the_address_where_none_is_typed(signed_in: Client, endpoint: Endpoint) -> None:
    url = reverse("hooks:endpoint", args=[endpoint.pk])
    answer = signed_in.post(url, typed(name="ERP", address="", version=1, events=["lead.lost", "lead.won"]))
    assert answer.status_code == 302
    found = Endpoint.objects.get()
    assert (found.name, found.address, found.events) == ("ERP", ADDRESS, ["lead.won", "lead.lost"])


def test_a_change_by_somebody_else_meanwhile_is_said_and_saving_again_is_meant(
    signed_in: Client, endpoint: Endpoint
) -> None:
    url = reverse("hooks:endpoint", args=[endpoint.pk])
    Endpoint.objects.update(version=2)
    answer = signed_in.post(url, typed(name="Mine", address="", version=1))
    assert answer.status_code == 409
    assert "was changed meanwhile by Iga Zych" in text(answer)
    version = re.search(r'name="version" value="(\d+)"', answer.content.decode())
    assert version is not None
    assert signed_in.post(url, typed(name="Mine", address="", version=version[1])).status_code == 302
    assert Endpoint.objects.get().name == "Mine"


def test_a_test_says_what_was_answered(signed_in: Client, receiver: Receiver, endpoint: Endpoint) -> None:
    url = reverse("hooks:test", args=[endpoint.pk])
    assert "The test arrived: answer 200" in text(signed_in.post(url, follow=True))
    receiver.answers(401, b"bad <b>signature</b>")
    said = signed_in.post(url, follow=True)
    assert "not taken: answer 401" in text(said)
    assert b"<b>signature" not in said.content
    receiver.answers(307, Location="https://elsewhere.example.com/")
    assert "Redirects are not followed" in text(signed_in.post(url, follow=True))


def test_switching_off_and_on_and_deleting_after_being_asked(signed_in: Client, endpoint: Endpoint) -> None:
    deliveries(endpoint, "waiting", 2)
    switch = reverse("hooks:switch", args=[endpoint.pk])
    delete = reverse("hooks:delete", args=[endpoint.pk])
    assert "2 deliveries still wait" in text(signed_in.get(delete))
    assert "is off" in text(signed_in.post(switch, {"on": "0"}, follow=True))
    assert not Endpoint.objects.get().is_on
    assert set(Delivery.objects.values_list("state", flat=True)) == {"dropped"}
    assert "from now on" in text(signed_in.post(switch, {"on": "1"}, follow=True))
    assert Endpoint.objects.exists()
    assert "is deleted" in text(signed_in.post(delete, follow=True))
    assert not Endpoint.objects.exists()
    assert signed_in.get(delete).status_code == 404


def test_the_list_says_how_each_fares(signed_in: Client, endpoint: Endpoint) -> None:
    deliveries(endpoint, "waiting", 3)
    deliveries(endpoint, "dead", 2)
    Endpoint.objects.update(failing_since_at=timezone.now())
    page = text(signed_in.get(reverse("hooks:list")))
    assert "fails since" in page
    assert "Hears everything" in page
    assert re.search(r'state=waiting">3<', page)
    assert re.search(r'state=dead">2<', page)


def test_the_list_asks_as_much_for_many_as_for_one(
    admin: User, receiver: Receiver, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        deliveries(an_endpoint(admin, name=f"CRM {number}"), "dead")
    with django_assert_num_queries(2):
        assert [row.dead for row in selectors.health(selectors.endpoints())] == [1, 1, 1]


# ---------------------------------------------------------------------------------------------- the log


def test_the_log_opens_at_what_was_given_up_and_shows_what_was_said_and_answered(
    signed_in: Client, endpoint: Endpoint
) -> None:
    deliveries(endpoint, "sent", sent_at=timezone.now(), status=200, milliseconds=87, attempts=1)
    deliveries(
        endpoint, "dead", attempts=8, status=422, error="<script>no such field</script>", milliseconds=12
    )
    url = reverse("hooks:log", args=[endpoint.pk])
    answer = signed_in.get(url)
    page = text(answer)
    assert "422" in page
    assert "Attempt 8 of 8." in page
    assert b"<script>no such" not in answer.content
    assert '"name": "Lead-1"' in page
    assert "Lead-0" not in page
    sent = text(signed_in.get(url, {"state": "sent"}))
    assert "Lead-0" in sent
    assert "after 87 ms" in sent


def test_the_log_goes_on_by_key(signed_in: Client, endpoint: Endpoint) -> None:
    deliveries(endpoint, "sent", 120, sent_at=timezone.now())
    url, seen = reverse("hooks:log", args=[endpoint.pk]) + "?state=sent", []
    while url:
        page = text(signed_in.get(url))
        seen += re.findall(r">Lead-(\d+)</a>", page)
        more = re.search(r'class="btn" href="([^"]+before=\d+)"', page)
        url = more[1] if more else ""
    assert seen == [str(number) for number in range(119, -1, -1)]


@pytest.mark.parametrize(
    "query", ["state=nothing", "before=x", "before=99999999999999999999", "lead=%00", "lead=-1"]
)
def test_an_address_typed_by_hand_shows_the_log(signed_in: Client, endpoint: Endpoint, query: str) -> None:
    assert signed_in.get(f"{reverse('hooks:log', args=[endpoint.pk])}?{query}").status_code == 200


def test_what_was_erased_says_so_and_cannot_be_sent(signed_in: Client, endpoint: Endpoint) -> None:
    (one,) = deliveries(endpoint, "sent", body="", sent_at=timezone.now())
    page = text(signed_in.get(reverse("hooks:log", args=[endpoint.pk])))
    assert "What was said is erased." in page
    assert "Send again" not in page
    said = text(signed_in.post(reverse("hooks:again", args=[endpoint.pk, one.pk]), follow=True))
    assert "cannot be sent any more" in said


def test_buttons_of_the_log(signed_in: Client, endpoint: Endpoint) -> None:
    first, second, third = deliveries(endpoint, "dead", 3, attempts=8)
    signed_in.post(reverse("hooks:again", args=[endpoint.pk, first.pk]))
    signed_in.post(reverse("hooks:drop", args=[endpoint.pk, second.pk]))
    answer = signed_in.post(reverse("hooks:again_all", args=[endpoint.pk]), follow=True)
    assert "1 delivery is sent again" in text(answer)
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {first.pk: "waiting", second.pk: "dropped", third.pk: "waiting"}


def test_a_delivery_of_another_endpoint_is_not_there(
    signed_in: Client, endpoint: Endpoint, admin: User
) -> None:
    (one,) = deliveries(an_endpoint(admin, name="Other"), "dead")
    for name in ("hooks:again", "hooks:drop"):
        assert signed_in.post(reverse(name, args=[endpoint.pk, one.pk])).status_code == 404
    one.refresh_from_db()
    assert one.state == "dead"


def test_a_button_leads_back_only_to_pages_of_ours(signed_in: Client, endpoint: Endpoint) -> None:
    (one,) = deliveries(endpoint, "dead")
    url = reverse("hooks:drop", args=[endpoint.pk, one.pk])
    assert signed_in.post(url, {"next": "https://evil.example.com/"})["Location"] == reverse(
        "hooks:log", args=[endpoint.pk]
    )


# ---------------------------------------------------------------------------------------------- who


@pytest.mark.parametrize("role", ["marketer", "rep", "head_of_sales", "director"])
def test_only_administrators_see_any_of_it(client: Client, endpoint: Endpoint, role: str) -> None:
    client.force_login(person(role))
    (one,) = deliveries(endpoint, "dead")
    for name, args in (
        ("list", []),
        ("new", []),
        ("endpoint", [endpoint.pk]),
        ("log", [endpoint.pk]),
        ("delete", [endpoint.pk]),
    ):
        assert client.get(reverse(f"hooks:{name}", args=args)).status_code == 403
    for name in ("switch", "renew", "test", "delete", "again_all"):
        assert client.post(reverse(f"hooks:{name}", args=[endpoint.pk])).status_code == 403
    assert client.post(reverse("hooks:again", args=[endpoint.pk, one.pk])).status_code == 403
    assert reverse("hooks:list") not in text(client.get(reverse("accounts:me")))
    assert Endpoint.objects.get().secret == endpoint.secret


def test_every_event_has_words() -> None:
    assert list(EVENT_WORDS) == list(events.HookEvent)
    assert words_of("lead.won") == "Won"
    assert words_of("of another version") == "of another version"
