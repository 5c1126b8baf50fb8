"""Invitations, roles, and switching accounts off."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import patch

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from leadsync.accounts.models import Invitation, User
from leadsync.accounts.roles import Role
from leadsync.accounts.services import people, tokens
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import PASSWORD, CompanyFactory, person

pytestmark = pytest.mark.django_db

ANSWER = {"name": "Nina Nowa", "language": "pl", "password1": "a-good-long-one"}


@pytest.fixture
def admin() -> User:
    CompanyFactory()
    return person("administrator", name="Ada Admin")


def invited(by: User, **changes: object) -> people.Invited:
    given = {"email": "nina@example.com", "name": "Nina Nowa", "roles": ["rep"], "language": "pl"} | changes
    return people.invite(by=by, **given)  # type: ignore[arg-type]


def test_an_invitation_is_mailed_in_its_language_and_makes_a_person_with_its_roles(
    client: Client, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.force_login(admin)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("accounts:invite"),
            {
                "email": "Nina@Example.com",
                "name": "Nina Nowa",
                "roles": ["rep", "marketer"],
                "language": "en",
            },
        )
    (sent,) = mail.outbox
    assert sent.to == ["nina@example.com"]
    assert "Ada Admin" in sent.subject
    link = re.search(r"/invitations/\S+/", str(sent.body))
    assert link is not None
    assert link[0] in str(sent.alternatives[0].content)  # type: ignore[attr-defined]

    newcomer = Client()
    assert newcomer.get(link[0]).status_code == 200
    assert newcomer.post(link[0], ANSWER).status_code == 302
    nina = User.objects.get(email="nina@example.com")
    assert nina.roles == {Role.REP, Role.MARKETER}
    assert nina.language == "pl"
    assert newcomer.get(reverse("accounts:me")).status_code == 200


def test_a_mail_server_that_refuses_leaves_the_invitation_and_is_told(
    client: Client, admin: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with (
        patch("leadsync.accounts.mails.EmailMultiAlternatives.send", side_effect=SMTPServerDisconnected),
        django_capture_on_commit_callbacks(execute=True),
    ):
        made = invited(admin)
    assert made.delivery.is_sent is False
    assert Invitation.objects.filter(pk=made.invitation.pk, revoked_at=None).exists()


def test_only_the_digest_of_the_link_is_kept(admin: User) -> None:
    made = invited(admin)
    assert made.token not in str(Invitation.objects.values().get())


@pytest.mark.parametrize("state", ["used", "revoked", "too_old", "resent", "unknown"])
def test_a_link_that_does_not_work_says_so_and_makes_nobody(client: Client, admin: User, state: str) -> None:
    made = invited(admin)
    url = reverse("accounts:invitation", args=[made.token])
    match state:
        case "used":
            people.accept(invitation=made.invitation, name="N", password="a-good-long-one", language="en")
        case "revoked":
            people.revoke(by=admin, invitation=made.invitation)
        case "too_old":
            Invitation.objects.update(expires_at=timezone.now())
        case "resent":
            people.resend(by=admin, invitation=made.invitation)
        case "unknown":
            url = reverse("accounts:invitation", args=["something-else"])
    before = User.objects.count()
    for response in (client.get(url), client.post(url, ANSWER)):
        assert response.status_code == (404 if state in {"resent", "unknown"} else 410)
    assert User.objects.count() == before


def test_a_second_invitation_replaces_the_first_and_an_old_one_works_when_resent(
    admin: User,
) -> None:
    first = invited(admin)
    second = invited(admin)
    first.invitation.refresh_from_db()
    assert first.invitation.revoked_at is not None
    Invitation.objects.filter(pk=second.invitation.pk).update(expires_at=timezone.now() - timedelta(days=1))
    third = people.resend(by=admin, invitation=second.invitation)
    made = people.accept(invitation=third.invitation, name="Nina", password="a-good-long-one", language="en")
    assert made.email == "nina@example.com"


def test_an_invitation_makes_one_person_even_when_accepted_twice(admin: User) -> None:
    made = invited(admin)
    people.accept(invitation=made.invitation, name="Nina", password="a-good-long-one", language="en")
    with pytest.raises(Conflict):
        people.accept(invitation=made.invitation, name="Mallory", password="a-good-long-one", language="en")
    assert User.objects.get(email="nina@example.com").name == "Nina"


@pytest.mark.parametrize("password", ["short", "1234567890123", "password123", "nina@example.com"])
def test_a_weak_password_keeps_the_invitation_open(client: Client, admin: User, password: str) -> None:
    made = invited(admin)
    url = reverse("accounts:invitation", args=[made.token])
    response = client.post(url, ANSWER | {"password1": password})
    assert response.status_code == 422
    assert "Nina Nowa" in response.content.decode()
    assert not User.objects.filter(email="nina@example.com").exists()
    assert client.post(url, ANSWER).status_code == 302


def test_a_former_colleague_becomes_a_person_and_keeps_the_past(admin: User) -> None:
    former = person(name="N. Nowa", email="nina@example.com", is_former=True, is_active=False)
    made = people.accept(
        invitation=invited(admin).invitation, name="Nina", password="a-good-long-one", language="en"
    )
    assert made.pk == former.pk
    assert made.is_active
    assert not made.is_former


@pytest.mark.parametrize("is_active", [True, False])
def test_who_is_here_already_is_not_invited(admin: User, is_active: bool) -> None:
    person("rep", email="nina@example.com", is_active=is_active)
    with pytest.raises(Invalid) as refused:
        invited(admin, email="NINA@example.com")
    assert refused.value.field == "email"
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("roles", [[], ["king"]])
def test_an_invitation_needs_roles_that_exist(admin: User, roles: list[str]) -> None:
    with pytest.raises(Invalid):
        invited(admin, roles=roles)


def test_the_last_administrator_stays(admin: User) -> None:
    other = person("administrator", "director")
    people.deactivate(by=admin, person=other)
    with pytest.raises(NotAllowed):
        people.set_roles(by=admin, person=admin, roles=["director"])
    admin.refresh_from_db()
    assert User.objects.get(pk=admin.pk).has_role(Role.ADMINISTRATOR)


def test_an_administrator_may_stop_being_one_while_another_remains(admin: User) -> None:
    person("administrator")
    people.set_roles(by=admin, person=admin, roles=["director"])
    assert User.objects.get(pk=admin.pk).roles == {Role.DIRECTOR}


def test_nobody_switches_off_their_own_account(client: Client, admin: User) -> None:
    person("administrator")
    client.force_login(admin)
    assert client.post(reverse("accounts:person_switch", args=[admin.pk]), {"active": "0"}).status_code == 403
    assert User.objects.get(pk=admin.pk).is_active


def test_switching_an_account_off_ends_its_sessions_and_tokens_and_on_again_lets_in(admin: User) -> None:
    someone = person("rep")
    theirs = Client()
    theirs.post("/accounts/login/", {"login": someone.email, "password": PASSWORD})
    token, _secret = tokens.create(by=someone, name="Form", scope="read")
    people.deactivate(by=admin, person=someone)
    assert theirs.get(reverse("accounts:me")).status_code == 302
    token.refresh_from_db()
    assert token.revoked_at is not None
    people.reactivate(by=admin, person=someone)
    assert theirs.get(reverse("accounts:me")).status_code == 302
    theirs.post("/accounts/login/", {"login": someone.email, "password": PASSWORD})
    assert theirs.get(reverse("accounts:me")).status_code == 200


def test_a_former_colleague_is_not_switched_on_without_invitation(admin: User) -> None:
    former = person(is_former=True, is_active=False)
    with pytest.raises(Invalid):
        people.reactivate(by=admin, person=former)


def test_an_administrator_changes_name_capacity_and_office(client: Client, admin: User) -> None:
    someone = person("rep")
    client.force_login(admin)
    url = reverse("accounts:person", args=[someone.pk])
    assert client.post(url, {"name": "Paweł Nowak", "capacity": "12", "office": "Gdańsk "}).status_code == 302
    someone = User.objects.select_related("office").get(pk=someone.pk)
    assert someone.office is not None
    assert (someone.name, someone.capacity, someone.office.name) == ("Paweł Nowak", 12, "Gdańsk")
    assert client.post(url, {"name": "Paweł Nowak", "capacity": "501", "office": ""}).status_code == 422


def test_languages_and_countries_are_typed_by_name_or_code(client: Client, admin: User) -> None:
    someone = person("rep", name="Lena Bauer")
    client.force_login(admin)
    url = reverse("accounts:person", args=[someone.pk])
    data = {
        "name": "Lena Bauer",
        "capacity": "8",
        "office": "",
        "spoken": "German; en",
        "markets": "at, Germany",
    }
    assert client.post(url, data).status_code == 302
    someone.refresh_from_db()
    assert (someone.spoken, someone.markets) == (["de", "en"], ["AT", "DE"])
    assert 'value="Austria, Germany"' in client.get(url).content.decode()
    refused = client.post(url, data | {"markets": "Germany, Atlantis"})
    assert refused.status_code == 422
    assert "Not known here: Atlantis." in refused.content.decode()
    with pytest.raises(Invalid):
        people.edit_work(by=admin, person=someone, capacity=8, spoken=["xx"], markets=[])
    someone.refresh_from_db()
    assert (someone.spoken, someone.markets) == (["de", "en"], ["AT", "DE"])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_administrators_manage_people_and_a_refusal_changes_nothing(role: Role) -> None:
    someone, target = person(role), person("rep")
    attempts = (
        lambda: invited(someone),
        lambda: people.set_roles(by=someone, person=target, roles=["administrator"]),
        lambda: people.deactivate(by=someone, person=target),
        lambda: people.edit(by=someone, person=target, name="X", capacity=1),
    )
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    kept = User.objects.get(pk=target.pk)
    assert (set(kept.roles), kept.is_active, kept.name) == ({Role.REP}, True, target.name)
    assert not Invitation.objects.exists()
