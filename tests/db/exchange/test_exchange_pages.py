"""Pages of the log, of bookings and of wins: forms, refusals, odd input, query counts."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leadsync.accounts.models import User
from leadsync.exchange.models import Applause, Booking, Entry, Win
from leadsync.exchange.services import entries, wins
from tests.factories.accounts import person
from tests.factories.leads import lead

HTML = "<script>alert(1)</script>"


def typed(partner: User | None, **more: Any) -> dict[str, Any]:
    return {
        "kind": "call",
        "on": timezone.localdate().isoformat(),
        "partner": partner.pk if partner else "",
        "lead": "",
        "learned": "They ask for the delivery time first.",
    } | more


def test_what_was_learned_is_written_and_read_by_everybody(client: Client, marta: User, pawel: User) -> None:
    one = lead(name="Eva Example", owner=pawel)
    client.force_login(marta)
    started = client.get(f"/listening/new/?lead={one.pk}&kind=call").content.decode()
    assert f"#{one.pk} Eva Example" in started
    assert f'value="{pawel.pk}" selected' in started
    sent = client.post("/listening/new/", typed(pawel, lead=f"#{one.pk} Eva Example", learned=HTML))
    assert sent.status_code == 302
    assert Entry.objects.get().lead == one
    client.force_login(person("administrator"))
    page = client.get("/listening/").content.decode()
    assert HTML not in page
    assert "&lt;script&gt;" in page
    assert "/listening/new/" not in page
    assert client.get("/listening/new/").status_code == 403


def test_several_leads_are_chosen_from_and_what_was_typed_stays(
    client: Client, marta: User, pawel: User
) -> None:
    eva, other = lead(name="Eva Example"), lead(name="Eva Other")
    client.force_login(marta)
    page = client.post("/listening/new/", typed(pawel, lead="eva"))
    text = page.content.decode()
    assert page.status_code == 422
    assert "They ask for the delivery time first." in text
    assert f'name="lead_pick" value="{other.pk}"' in text
    assert client.post("/listening/new/", typed(pawel, lead="eva", lead_pick=eva.pk)).status_code == 302
    assert Entry.objects.get().lead == eva
    assert client.post("/listening/new/", typed(pawel, lead="nobody at all")).status_code == 422
    assert Entry.objects.count() == 1
    assert "Eva Other" in client.get("/listening/leads/?lead=eva").content.decode()


@pytest.mark.parametrize(
    "more",
    [
        {"learned": ""},
        {"learned": "x" * 10_000},
        {"learned": "\x00"},
        {"on": "9999-12-31"},
        {"on": "0001-01-01"},
        {"on": "1e400"},
        {"partner": "1e400"},
        {"partner": "99999999999999999999"},
        {"kind": HTML},
        {"lead": "#99999999999999999999"},
        {"lead": "x" * 10_000},
        {"lead": "eva", "lead_pick": "99999999999999999999"},
    ],
)
def test_odd_input_is_refused_at_its_field_and_writes_nothing(
    client: Client, marta: User, pawel: User, more: dict[str, Any]
) -> None:
    client.force_login(marta)
    page = client.post("/listening/new/", typed(pawel) | more)
    assert page.status_code == 422
    assert not Entry.objects.exists()


def test_addresses_that_make_no_sense_open_the_list(client: Client, marta: User) -> None:
    client.force_login(marta)
    for asked in (
        "q=%00&kind=x",
        "person=1e400&lead=-1",
        "quarter=2026-Q9&after=x",
        "lead=99999999999999999999",
    ):
        assert client.get(f"/listening/?{asked}").status_code == 200


def test_an_entry_of_somebody_else_can_neither_be_changed_nor_deleted(
    client: Client, marta: User, pawel: User
) -> None:
    today = timezone.localdate()
    entry = entries.write(by=marta, partner=pawel, kind="call", on=today, learned="Hers")
    client.force_login(pawel)
    assert "Hers" in client.get(f"/listening/{entry.pk}/").content.decode()
    refused = client.post(f"/listening/{entry.pk}/", typed(person("rep"), learned="Mine"))
    assert refused.status_code == 403
    assert client.post(f"/listening/{entry.pk}/delete/").status_code == 403
    assert Entry.objects.get().learned == "Hers"
    client.force_login(marta)
    assert client.post(f"/listening/{entry.pk}/", typed(pawel, learned="Better")).status_code == 302
    assert Entry.objects.get().learned == "Better"
    Entry.objects.update(at=timezone.now() - timedelta(days=2))
    late = client.post(f"/listening/{entry.pk}/", typed(pawel, learned="Too late"))
    assert late.status_code == 409
    assert "Too late" in late.content.decode()
    assert client.post(f"/listening/{entry.pk}/delete/").status_code == 409
    assert Entry.objects.get().learned == "Better"


def test_booking_one_from_choosing_whom_to_writing_it_down(client: Client, marta: User, pawel: User) -> None:
    client.force_login(marta)
    assert client.get("/listening/book/").status_code == 200
    page = client.get(f"/listening/book/?partner={pawel.pk}")
    slots = page.context["slots"]
    assert len(slots) == 3
    body = {
        "partner": pawel.pk,
        "kind": "call",
        "minutes": 60,
        "slot": slots[0].isoformat(),
        "note": "A talk",
    }
    sent = client.post("/listening/book/", body)
    made = Booking.objects.get()
    assert sent.headers["Location"] == f"/listening/bookings/{made.pk}/"
    assert (made.by, made.partner, made.starts_at, made.note) == (marta, pawel, slots[0], "A talk")
    url = f"/listening/bookings/{made.pk}/"
    assert client.post(f"{url}agree/", {"revision": 0}).status_code == 403  # not her turn
    client.force_login(pawel)
    assert "Answer" in client.get("/listening/").content.decode()
    assert client.post(f"{url}agree/", {"revision": 0}).status_code == 302
    assert client.post(f"{url}cancel/", {"revision": 0}).status_code == 409  # saw it before he agreed
    Booking.objects.update(starts_at=timezone.now() - timedelta(hours=1))
    client.force_login(marta)
    assert "Write what you learned" in client.get(url).content.decode()
    assert client.post(f"{url}write/", {"learned": " "}).status_code == 422
    assert client.post(f"{url}write/", {"learned": "Delivery first"}).status_code == 302
    made.refresh_from_db()
    assert (made.state, made.entry) == ("done", Entry.objects.get())
    assert "Delivery first" in client.get(url).content.decode()
    assert client.get("/listening/bookings/").status_code == 200


@pytest.mark.parametrize(
    "more",
    [
        {"slot": "", "starts_at": ""},
        {"slot": "x"},
        {"slot": "2026-02-11T10:00"},  # without a zone
        {"starts_at": "9999-12-31T23:59"},
        {"starts_at": "1e400"},
        {"starts_at": "2020-01-01T10:00"},
        {"minutes": "1e400"},
        {"partner": "99999999999999999999"},
        {"kind": "x"},
        {"note": "x" * 10_000},
    ],
)
def test_odd_bookings_are_refused_and_nobody_is_asked(
    client: Client, marta: User, pawel: User, more: dict[str, Any]
) -> None:
    client.force_login(marta)
    soon = (timezone.now() + timedelta(days=2)).isoformat()
    page = client.post(
        "/listening/book/", {"partner": pawel.pk, "kind": "call", "slot": soon, "note": ""} | more
    )
    assert page.status_code == 422
    assert not Booking.objects.exists()


def test_a_booking_is_for_its_two_people(client: Client, marta: User, pawel: User) -> None:
    made = Booking.objects.create(
        by=marta, partner=pawel, starts_at=timezone.now() + timedelta(days=2), at=timezone.now()
    )
    client.force_login(person("director"))
    for what in ("", "agree/", "decline/", "move/", "cancel/", "write/"):
        url = f"/listening/bookings/{made.pk}/{what}"
        assert (client.post(url) if what else client.get(url)).status_code == 404
    made.refresh_from_db()
    assert (made.state, made.revision) == ("asked", 0)
    client.force_login(pawel)
    declined = client.post(f"/listening/bookings/{made.pk}/decline/", {"decline-reason": ""})
    assert declined.status_code == 422
    moved = client.post(f"/listening/bookings/{made.pk}/move/", {"starts_at": "2020-01-01T10:00"})
    assert moved.status_code == 422
    made.refresh_from_db()
    assert made.state == "asked"


def test_applause_by_a_press_and_by_htmx(client: Client, marta: User, pawel: User) -> None:
    found = lead(owner=pawel)
    type(found).objects.filter(pk=found.pk).update(stage="won", won_at=timezone.now(), amount=5)
    wins.keep()
    client.force_login(marta)
    url = f"/wins/{found.pk}/applause/"
    assert "Applaud" in client.get("/wins/").content.decode()
    part = client.post(url, {"on": "1"}, headers={"HX-Request": "true"})
    assert 'aria-pressed="true"' in part.content.decode()
    assert "<html" not in part.content.decode()
    assert client.post(url, {"on": "1", "next": "//elsewhere.example/"}).headers["Location"] == "/wins/"
    assert Applause.objects.count() == 1
    assert client.post(url, {"on": "0", "next": "/wins/?after=1-1"}).headers["Location"] == "/wins/?after=1-1"
    assert not Applause.objects.exists()
    client.force_login(person("administrator"))
    assert client.post(url, {"on": "1"}).status_code == 403
    assert not Applause.objects.exists()


@pytest.mark.parametrize("url", ["/listening/", "/listening/bookings/", "/wins/"])
def test_pages_take_the_same_statements_with_1_and_with_20_rows(
    client: Client, marta: User, pawel: User, url: str
) -> None:
    def fill(count: int) -> None:
        now = timezone.now()
        for number in range(count):
            one = lead(owner=pawel)
            type(one).objects.filter(pk=one.pk).update(stage="won", won_at=now, amount=5)
            Entry.objects.create(
                by=marta, partner=pawel, kind="call", on=now.date(), learned=f"{number}", lead=one, at=now
            )
            for state in ("asked", "agreed", "cancelled"):
                Booking.objects.create(by=marta, partner=pawel, starts_at=now, state=state, at=now)
        wins.keep()
        for win in Win.objects.all():
            Applause.objects.get_or_create(lead_id=win.lead_id, by=marta, defaults={"at": now})

    def count() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(url).status_code == 200
        return len(caught)

    client.force_login(marta)
    fill(1)
    count()
    few = count()
    fill(20)
    assert count() == few


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("/listening/", "Nobody has written anything yet"),
        ("/listening/?q=nothing", "Nothing fits"),
        ("/listening/bookings/", "Nothing is booked"),
        ("/listening/people/", "Nobody is a marketer yet"),
        ("/wins/", "No win yet"),
        ("/ideas/", "No open ideas"),
        ("/ideas/?show=taken", "No idea is a campaign yet"),
        ("/ideas/?show=declined", "No idea was declined"),
        ("/ideas/?show=withdrawn", "No idea was withdrawn"),
    ],
)
def test_an_empty_page_says_what_comes_next(client: Client, url: str, says: str) -> None:
    client.force_login(person("head_of_marketing"))
    assert says in client.get(url).content.decode()
