"""Contact points: green only with a fresh proof; whoever finds a fault says so with one press."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from campaigns.domain.proofs import ProofState, state_of
from campaigns.models import Channel, ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import channels
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices.models import Alert, Notice
from tests.factories.accounts import CompanyFactory, person

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
    channels.report(point=phone, by=pawel, is_ok=False, at=AT)
    assert Alert.objects.get().subject == str(phone.pk)
    assert dict(Notice.objects.values_list("recipient", "is_instant")) == {
        marta.pk: True,
        **dict.fromkeys(heads, False),
    }


def test_the_same_fault_said_twice_tells_nobody_again(phone: ContactPoint, pawel: User) -> None:
    for _number in range(2):
        channels.report(point=phone, by=pawel, is_ok=False, at=AT)
    assert (Proof.objects.count(), Alert.objects.count(), Notice.objects.count()) == (2, 1, 1)


def test_a_proof_that_it_works_resolves_the_alert(phone: ContactPoint, marta: User, pawel: User) -> None:
    channels.report(point=phone, by=pawel, is_ok=False, at=AT)
    channels.report(point=phone, by=pawel, is_ok=True, at=AT + timedelta(hours=1))
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
        channels.report(point=point, by=marta, is_ok=True)
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
    channels.report(point=phone, by=marta, is_ok=False)
    client.post(reverse("campaigns:channel", args=[phone.channel_id]), {"name": "Phones", "terms": "Free"})
    phone.channel.refresh_from_db()
    assert (phone.channel.name, phone.channel.is_active) == ("Phones", False)
    assert not Alert.objects.filter(resolved_at=None).exists()
