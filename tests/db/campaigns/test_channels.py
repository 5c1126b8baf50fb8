"""Contact points: green only with a fresh proof; whoever finds a fault says so with one press."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from campaigns.domain.proofs import Found, ProofState, state_of
from campaigns.models import Channel, ContactPoint, PointAccess, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import channels, point_alerts, proofs
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices.kinds import words_for
from leadsync.notices.kinds.channels import found_words
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def marta() -> User:
    CompanyFactory.create()
    return person("marketer", name="Marta Lis")


@pytest.fixture
def pawel(marta: User) -> User:
    return person("rep", name="Paweł Krawczyk")


@pytest.fixture
def phone(marta: User) -> ContactPoint:
    channel = channels.save_channel(by=marta, name="Hotline")
    return channels.save_point(
        by=marta, channel=channel, kind="phone", value="22 123 45 67", responsible=marta
    )


@pytest.mark.parametrize(
    ("is_ok", "age", "state"),
    [
        (True, timedelta(days=7), ProofState.WORKS),
        (True, timedelta(days=7, seconds=1), ProofState.STALE),
        (False, timedelta(days=90), ProofState.BROKEN),
    ],
)
def test_green_needs_a_fresh_proof_and_broken_stays_broken(
    is_ok: bool, age: timedelta, state: ProofState
) -> None:
    assert state_of(is_ok, AT - age, now=AT, fresh_days=7) is state


def test_nobody_ever_tried_is_its_own_state() -> None:
    assert state_of(None, None, now=AT, fresh_days=7) is ProofState.NEVER


def test_a_fault_opens_an_alert_and_tells_the_responsible_at_once_and_both_heads(
    phone: ContactPoint, marta: User, pawel: User
) -> None:
    heads = {person("head_of_marketing").pk, person("head_of_sales").pk}
    proofs.report(point=phone, by=pawel, is_ok=False, at=AT)
    assert Alert.objects.get().subject == str(phone.pk)
    assert dict(Notice.objects.values_list("recipient", "is_instant")) == {
        marta.pk: True,
        **dict.fromkeys(heads, False),
    }


def test_the_same_fault_said_twice_tells_nobody_again(phone: ContactPoint, pawel: User) -> None:
    for _number in range(2):
        proofs.report(point=phone, by=pawel, is_ok=False, at=AT)
    assert (Proof.objects.count(), Alert.objects.count(), Notice.objects.count()) == (2, 1, 1)


def test_a_proof_that_it_works_resolves_the_alert(phone: ContactPoint, marta: User, pawel: User) -> None:
    proofs.report(point=phone, by=pawel, is_ok=False, at=AT)
    proofs.report(point=phone, by=pawel, is_ok=True, at=AT + timedelta(hours=1))
    assert Alert.objects.get().resolved_at == AT + timedelta(hours=1)
    assert Notice.objects.filter(recipient=marta, kind="point_works").exists()


def test_only_marketing_changes_channels(pawel: User, phone: ContactPoint) -> None:
    with pytest.raises(NotAllowed):
        channels.save_channel(by=pawel, name="My own")
    assert Channel.objects.filter(name="My own").count() == 0


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("phone", "22 123 45 67", "+48 22 123 45 67"),
        ("mailbox", "sales@example.com", "sales@example.com"),
        ("form", "https://example.com/ask", "https://example.com/ask"),
    ],
)
def test_usable_values_are_kept_in_one_form(marta: User, kind: str, value: str, kept: str) -> None:
    assert channels.clean_value(kind, value) == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "call us"),
        ("mailbox", "a@@b"),
        ("form", "javascript:alert(1)"),
        ("profile", "example"),
        ("form", ""),
    ],
)
def test_values_nobody_could_use_are_refused(marta: User, kind: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        channels.clean_value(kind, value)
    assert refusal.value.field == "value"


def test_a_value_is_in_a_channel_once(phone: ContactPoint, marta: User) -> None:
    with pytest.raises(Invalid):
        channels.save_point(
            by=marta, channel=phone.channel, kind="phone", value="+48221234567", responsible=marta
        )


def test_a_rep_reports_a_fault_with_one_press(client: Client, phone: ContactPoint, pawel: User) -> None:
    client.force_login(pawel)
    response = client.post(
        reverse("campaigns:proof", args=[phone.pk]), {"works": "0"}, headers={"HX-Request": "true"}
    )
    assert "Does not work" in response.content.decode()
    assert Proof.objects.get().by == pawel


def test_the_page_costs_the_same_with_many_points(
    client: Client, phone: ContactPoint, marta: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        point = channels.save_point(
            by=marta,
            channel=phone.channel,
            kind="mailbox",
            value=f"box{number}@example.com",
            responsible=marta,
        )
        proofs.report(point=point, by=marta, is_ok=True)
    client.force_login(marta)
    with django_assert_max_num_queries(17):
        page = client.get(reverse("campaigns:channels"))
    assert page.content.decode().count("Responsible:") == 21


def test_the_channel_nobody_stated_is_not_listed(marta: User) -> None:
    Channel.objects.create(name="Not stated", key=Channel.NOT_STATED)
    assert selectors.channel_list() == []


def test_what_was_typed_comes_back_with_the_reason(client: Client, phone: ContactPoint, marta: User) -> None:
    client.force_login(marta)
    data = {"kind": "mailbox", "value": "no address", "responsible": marta.pk, "is_active": "on"}
    response = client.post(reverse("campaigns:point_new", args=[phone.channel_id]), data)
    assert response.status_code == 422
    assert "no address" in response.content.decode()
    assert "This is no mail address." in response.content.decode()


def test_a_channel_can_be_changed_and_taken_out_of_use(
    client: Client, phone: ContactPoint, marta: User
) -> None:
    client.force_login(marta)
    proofs.report(point=phone, by=marta, is_ok=False)
    client.post(reverse("campaigns:channel", args=[phone.channel_id]), {"name": "Phones", "terms": "Free"})
    phone.channel.refresh_from_db()
    assert (phone.channel.name, phone.channel.is_active) == ("Phones", False)
    assert not Alert.objects.filter(resolved_at=None).exists()


# ------------------------------------------------------------------------------------------------ the directory


def mailbox(by: User, channel: Channel, number: int = 0) -> ContactPoint:
    return channels.save_point(
        by=by, channel=channel, kind="mailbox", value=f"box{number}@example.com", responsible=by
    )


def test_the_directory_is_cut_by_state_and_by_who_answers(
    client: Client, phone: ContactPoint, marta: User, pawel: User
) -> None:
    other = person("marketer", name="Olga S")
    theirs = mailbox(other, phone.channel)
    fair = channels.save_channel(by=marta, name="Fairs", terms="Fair price")
    old = mailbox(marta, fair, 7)
    proofs.report(point=theirs, by=pawel, is_ok=False)
    proofs.report(point=old, by=marta, is_ok=True, at=timezone.now() - timedelta(days=8))
    client.force_login(marta)

    def shown(query: str) -> set[str]:
        page = client.get(reverse("campaigns:channels") + query).content.decode()
        return {point.value for point in (phone, theirs, old) if f">{point.value}<" in page}

    assert shown("") == {phone.value, theirs.value, old.value}
    assert shown("?state=broken") == {theirs.value}
    assert shown("?state=stale") == {old.value}
    assert shown("?state=never") == {phone.value}
    assert shown("?state=works") == set()
    assert shown("?state=to_try") == {phone.value, old.value}
    assert shown("?who=me") == {phone.value, old.value}
    assert shown(f"?who={other.pk}&state=broken") == {theirs.value}
    assert shown("?who=99999999999999999999&state=odd") == {phone.value, theirs.value, old.value}


def test_sales_reads_terms_and_which_campaigns_run(client: Client, phone: ContactPoint, pawel: User) -> None:
    channels.save_channel(by=person("marketer"), channel=phone.channel, name="Hotline", terms="Free survey")
    for state in ("live", "paused", "draft", "ended"):
        campaign(name=f"Spring {state}", channel=phone.channel, state=state)
    client.force_login(pawel)
    page = client.get(reverse("campaigns:channels")).content.decode()
    assert "Free survey" in page
    assert "2 campaigns run:" in page
    assert "Spring live" in page
    assert "Spring draft" not in page
    assert "New channel" not in page


@pytest.mark.parametrize("count", [1, 20])
def test_directory_and_point_pages_cost_the_same_however_much_there_is(
    client: Client,
    phone: ContactPoint,
    marta: User,
    pawel: User,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(count):
        point = mailbox(marta, phone.channel, number)
        proofs.report(point=point, by=pawel, is_ok=bool(number % 2))
        proofs.report(point=phone, by=pawel, is_ok=True)
        proofs.give_access(point=point, to=pawel, by=marta)
        proofs.say_access(point=point, by=person("rep"), can_get_in=False)
        campaign(channel=phone.channel)
    client.force_login(pawel)
    client.get(reverse("campaigns:channels"))
    with django_assert_max_num_queries(18):
        client.get(reverse("campaigns:channels"))
    with django_assert_max_num_queries(18):
        client.get(reverse("campaigns:point_page", args=[phone.pk]))


def test_an_empty_directory_says_what_is_next(client: Client, marta: User) -> None:
    client.force_login(marta)
    page = client.get(reverse("campaigns:channels")).content.decode()
    assert "No channels yet" in page
    page = client.get(reverse("campaigns:channels") + "?state=broken").content.decode()
    assert "Every contact point that was tried works" in page


# ------------------------------------------------------------------------------------------------ proofs by hand


@pytest.mark.parametrize(
    ("kind", "value", "means"),
    [
        ("phone", "22 123 45 68", "call"),
        ("mailbox", "a@example.com", "mail"),
        ("form", "https://example.com/", "hand"),
        ("profile", "https://example.com/", "hand"),
    ],
)
def test_the_kind_says_how_it_was_tried(
    marta: User, phone: ContactPoint, kind: str, value: str, means: str
) -> None:
    point = channels.save_point(by=marta, channel=phone.channel, kind=kind, value=value, responsible=marta)
    assert proofs.report(point=point, by=marta, is_ok=True).means == means


def test_a_wrong_report_is_taken_back_on_the_same_day_by_its_author(
    client: Client, phone: ContactPoint, marta: User, pawel: User
) -> None:
    made = proofs.report(point=phone, by=pawel, is_ok=False)
    client.force_login(marta)
    url = reverse("campaigns:proof_take_back", args=[made.pk])
    assert client.post(url).status_code == 403
    assert Proof.objects.filter(pk=made.pk).exists()
    client.force_login(pawel)
    assert client.post(url).status_code == 302
    assert not Proof.objects.exists()
    assert not Alert.objects.filter(kind="point_broken", resolved_at=None).exists()
    told = Notice.objects.get(kind="point_works", recipient=marta)
    assert words_for(told.kind, told.context).title == f"Report taken back: {phone.value}"
    assert client.post(url).status_code == 302  # pressed twice


def test_an_older_report_stays(phone: ContactPoint, pawel: User) -> None:
    made = proofs.report(point=phone, by=pawel, is_ok=False, at=AT)
    with pytest.raises(NotAllowed):
        proofs.take_back(proof=made, by=pawel, at=AT + timedelta(days=1))
    assert Proof.objects.filter(pk=made.pk).exists()


def test_taking_back_that_it_works_opens_the_alert_again(phone: ContactPoint, pawel: User) -> None:
    proofs.report(point=phone, by=person("rep"), is_ok=False, at=AT)
    made = proofs.report(point=phone, by=pawel, is_ok=True, at=AT + timedelta(minutes=5))
    proofs.take_back(proof=made, by=pawel, at=AT + timedelta(minutes=6))
    assert Alert.objects.filter(kind="point_broken", resolved_at=None).count() == 1


@pytest.mark.parametrize("note", ["x" * 10_000, "a\x00b", "<script>alert(1)</script>", "‮abc", "\ud800"])
def test_odd_notes_are_kept_short_and_shown_as_text(
    client: Client, phone: ContactPoint, pawel: User, note: str
) -> None:
    client.force_login(pawel)
    data = {"works": "0", "note": note.encode("utf-8", "replace").decode()}
    client.post(reverse("campaigns:proof", args=[phone.pk]), data)
    page = client.get(reverse("campaigns:point_page", args=[phone.pk]))
    assert page.status_code == 200
    assert "<script>alert(1)" not in page.content.decode()
    assert len(Proof.objects.get().note) <= 300


def test_nothing_leads_to_other_sites(client: Client, phone: ContactPoint, pawel: User) -> None:
    client.force_login(pawel)
    for back in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        response = client.post(reverse("campaigns:proof", args=[phone.pk]), {"works": "1", "back": back})
        assert response["Location"].startswith("/channels/")


# ------------------------------------------------------------------------------------------------ who can get in


def test_i_cant_get_in_is_one_press_and_access_answers_it(
    client: Client, phone: ContactPoint, marta: User, pawel: User
) -> None:
    client.force_login(pawel)
    url = reverse("campaigns:point_no_access", args=[phone.pk])
    for _number in range(2):
        assert client.post(url, {"can": "0"}).status_code == 302
    alert = Alert.objects.get(kind="point_no_access", resolved_at=None)
    assert alert.subject == str(phone.pk)
    assert words_for(alert.kind, alert.context).action == "Give access"
    assert Notice.objects.get(kind="point_no_access").recipient == marta
    row = selectors.point_row(phone.pk, reader=pawel)
    assert row is not None
    assert (row.state, row.is_shut_out) == (ProofState.NEVER, True)

    client.force_login(marta)
    client.post(reverse("campaigns:point_access", args=[phone.pk]), {"person": pawel.pk, "has": "1"})
    alert.refresh_from_db()
    assert alert.resolved_at is not None
    assert Notice.objects.filter(kind="access_given", recipient=pawel).count() == 1
    row = selectors.point_row(phone.pk, reader=pawel)
    assert row is not None
    assert (row.has_access, row.is_shut_out) == (True, False)


def test_people_who_cannot_get_into_the_same_point_are_one_alert(
    phone: ContactPoint, marta: User, pawel: User
) -> None:
    iga = person("rep", name="Iga")
    proofs.say_access(point=phone, by=pawel, can_get_in=False, note="No code", at=AT)
    alone = Alert.objects.get(kind="point_no_access", resolved_at=None)
    proofs.say_access(point=phone, by=iga, can_get_in=False, at=AT + timedelta(hours=1))
    alert = Alert.objects.get(kind="point_no_access", resolved_at=None)
    words = words_for(alert.kind, alert.context)
    assert words.title == f"2 people cannot get in: {phone.value}"
    assert f"{pawel.name}, Iga" in words.text
    assert "No code" in words.text
    assert (alert.pk, alert.cost_minutes) == (alone.pk, 2 * alone.cost_minutes)
    # Each is told to the responsible person by name.
    told = Notice.objects.filter(kind="point_no_access", recipient=marta).order_by("pk")
    assert [one.context["person"] for one in told] == [pawel.name, "Iga"]

    proofs.give_access(point=phone, to=pawel, by=marta, at=AT + timedelta(hours=2))
    alert.refresh_from_db()
    assert alert.resolved_at is None
    assert words_for(alert.kind, alert.context).title == f"Cannot get in: Iga, {phone.value}"
    proofs.give_access(point=phone, to=iga, by=marta, at=AT + timedelta(hours=3))
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_who_has_access_and_cannot_get_in_is_given_it_anew(
    phone: ContactPoint, marta: User, pawel: User
) -> None:
    proofs.give_access(point=phone, to=pawel, by=marta, at=AT)
    proofs.say_access(point=phone, by=pawel, can_get_in=False, at=AT + timedelta(days=1))
    assert Alert.objects.filter(kind="point_no_access", resolved_at=None).count() == 1
    proofs.give_access(point=phone, to=pawel, by=marta, at=AT + timedelta(days=2))
    assert not Alert.objects.filter(kind="point_no_access", resolved_at=None).exists()


def test_i_can_get_in_now_resolves_it(phone: ContactPoint, pawel: User) -> None:
    proofs.say_access(point=phone, by=pawel, can_get_in=False, at=AT)
    assert proofs.say_access(point=phone, by=pawel, can_get_in=True, at=AT + timedelta(hours=1))
    assert not Alert.objects.filter(kind="point_no_access", resolved_at=None).exists()
    assert not proofs.say_access(point=phone, by=pawel, can_get_in=True, at=AT + timedelta(hours=2))


def test_only_marketing_gives_and_takes_access(
    client: Client, phone: ContactPoint, marta: User, pawel: User
) -> None:
    client.force_login(pawel)
    url = reverse("campaigns:point_access", args=[phone.pk])
    assert client.post(url, {"person": pawel.pk, "has": "1"}).status_code == 403
    assert not PointAccess.objects.exists()
    client.force_login(marta)
    assert client.post(url, {"person": "x" * 99}).status_code == 404
    client.post(url, {"person": pawel.pk})
    client.post(url, {"person": pawel.pk, "has": "0"})
    assert not PointAccess.objects.exists()


def test_the_form_of_a_point_keeps_access_and_what_is_tried(
    client: Client, phone: ContactPoint, marta: User, pawel: User
) -> None:
    client.force_login(marta)
    url = reverse("campaigns:point", args=[phone.channel_id, phone.pk])
    data = {
        "kind": "phone",
        "value": phone.value,
        "responsible": marta.pk,
        "note": "Ask Ewa",
        "access": [pawel.pk],
        "is_watched": "on",
        "page_url": "https://example.com/contact",
        "page_text": phone.value,
        "is_active": "on",
    }
    assert client.post(url, data).status_code == 302
    phone.refresh_from_db()
    assert (phone.note, phone.is_watched, phone.page_text) == ("Ask Ewa", True, phone.value)
    assert phone.next_try_at is not None
    assert PointAccess.objects.get().person == pawel
    refused = client.post(url, data | {"page_url": "https://10.0.0.1/", "note": "typed"})
    assert refused.status_code == 422
    assert "points inside of the network" in refused.content.decode()
    assert "typed" in refused.content.decode()
    for nobody in ("9" * 21, "-1", "x", "٣" * 20):
        refused = client.post(url, data | {"access": [nobody], "responsible": nobody, "note": "typed"})
        assert refused.status_code == 422
        assert PointAccess.objects.get().person == pawel


# ------------------------------------------------------------------------------------------------ alerts


def test_points_without_a_fresh_proof_are_one_alert_for_who_answers(
    phone: ContactPoint, marta: User, pawel: User
) -> None:
    mailbox(marta, phone.channel)
    proofs.report(point=phone, by=pawel, is_ok=True, at=AT)
    point_alerts.watch(at=AT + timedelta(days=1))
    alert = Alert.objects.get(kind="point_stale")
    assert (alert.subject, alert.context["count"], alert.cost_minutes) == (str(marta.pk), 1, 5)
    point_alerts.watch(at=AT + timedelta(days=8))
    alert.refresh_from_db()
    assert (alert.context["count"], alert.context["never"], alert.cost_minutes) == (2, 1, 10)
    assert Notice.objects.filter(kind="point_stale", recipient=marta).count() == 1
    assert alert.url.endswith(f"?state=to_try&who={marta.pk}")
    for point in ContactPoint.objects.all():
        proofs.report(point=point, by=pawel, is_ok=True, at=AT + timedelta(days=8))
    point_alerts.watch(at=AT + timedelta(days=8, minutes=1))
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_what_a_broken_point_costs_grows_with_its_days(phone: ContactPoint, marta: User, pawel: User) -> None:
    of = campaign(channel=phone.channel)
    one = lead(campaign=of, at=AT - timedelta(days=2))
    Lead.objects.filter(pk=one.pk).update(minutes=600)  # 20 minutes a day over 30 days
    mailbox(marta, phone.channel)  # shares the channel's leads
    proofs.report(point=phone, by=pawel, is_ok=False, at=AT)
    alert = Alert.objects.get(kind="point_broken")
    assert alert.cost_minutes == 15 + 10
    proofs.report(point=phone, by=pawel, is_ok=False, at=AT + timedelta(days=1))
    point_alerts.watch(at=AT + timedelta(days=2, hours=1))
    alert.refresh_from_db()
    assert alert.cost_minutes == 15 + 3 * 10


def test_a_point_taken_out_of_use_needs_nobody(phone: ContactPoint, marta: User, pawel: User) -> None:
    proofs.report(point=phone, by=pawel, is_ok=False)
    proofs.say_access(point=phone, by=pawel, can_get_in=False)
    channels.save_channel(by=marta, channel=phone.channel, name="Hotline", is_active=False)
    assert not Alert.objects.filter(resolved_at=None, kind__startswith="point_").exists()
    assert not Notice.objects.filter(kind="point_works").exists()


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("found", list(Found))
def test_everything_that_can_be_found_has_words(found: Found, language: str) -> None:
    with translation.override(language):
        words = found_words(found.value, "example.com")
    assert words.strip()
    assert "%(" not in words
