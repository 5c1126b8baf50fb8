"""Tokens: made once, refused when they should be, never more than their scope and their person."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from leadsync.accounts.models import ApiToken, User
from leadsync.accounts.roles import Can
from leadsync.accounts.services import tokens
from leadsync.core.errors import Invalid, NotAllowed
from tests.factories.accounts import CompanyFactory, person

pytestmark = pytest.mark.django_db

PAGE = "/settings/tokens/"


class Leads(ViewSet):
    """As a viewset of another app declares what its actions need."""

    permissions = {"create": Can.LOG_LEADS, "partial_update": Can.WORK_LEADS, "touch": None}

    def list(self, request):  # type: ignore[no-untyped-def]
        return Response({"by": request.user.name})

    create = partial_update = touch = forgotten = list


class Export(APIView):
    permissions = {"get": Can.EXPORT}

    def get(self, request):  # type: ignore[no-untyped-def]
        return Response({})


ACTIONS = {
    "list": "get",
    "create": "post",
    "partial_update": "patch",
    "touch": "put",
    "forgotten": "delete",
}


def call(action: str, header: str) -> Response:
    method = ACTIONS[action]
    request = getattr(APIRequestFactory(), method)("/", headers={"authorization": header} if header else {})
    response: Response = Leads.as_view({method: action})(request)
    return response


def bearer(by: User, scope: str) -> str:
    return f"Bearer {tokens.create(by=by, name=scope, scope=scope)[1]}"


@pytest.mark.parametrize(
    ("role", "scope", "allowed"),
    [
        ("marketer", "read", {"list"}),
        ("marketer", "log", {"list", "create"}),
        ("marketer", "all", {"list", "create", "touch"}),
        ("rep", "log", {"list"}),
        ("rep", "all", {"list", "partial_update", "touch"}),
        ("director", "all", {"list", "touch"}),
    ],
)
def test_a_token_may_what_both_its_scope_and_its_person_may(role: str, scope: str, allowed: set[str]) -> None:
    header = bearer(person(role), scope)
    answers = {action: call(action, header).status_code for action in ACTIONS}
    assert answers == {action: 200 if action in allowed else 403 for action in ACTIONS}


def test_reading_too_can_need_a_permission() -> None:
    for role, status in (("marketer", 200), ("administrator", 403)):
        header = bearer(person(role), "read")
        request = APIRequestFactory().get("/", headers={"authorization": header})
        assert Export.as_view()(request).status_code == status


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer lsk_wrong", "Bearer wrong", "Basic bWFydGE6c2VjcmV0", "Bearer lsk_a b"]
)
@pytest.mark.parametrize("action", ["list", "create"])
def test_without_a_valid_token_the_answer_is_401_and_says_how(header: str, action: str) -> None:
    answer = call(action, header)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="LeadSync"'


@pytest.mark.parametrize("reason", ["revoked", "inactive", "former"])
def test_a_token_stops_working_with_its_person_or_when_revoked(reason: str) -> None:
    someone = person("marketer")
    made, secret = tokens.create(by=someone, name="Form", scope="all")
    assert call("list", f"Bearer {secret}").status_code == 200
    match reason:
        case "revoked":
            tokens.revoke(by=someone, token=made)
        case "inactive":
            User.objects.update(is_active=False)
        case "former":
            User.objects.update(is_former=True)
    assert call("list", f"Bearer {secret}").status_code == 401


def test_use_is_noted_at_most_once_a_minute() -> None:
    header = bearer(person("rep"), "read")
    call("list", header)
    first = ApiToken.objects.get().used_at
    assert first is not None
    call("list", header)
    assert ApiToken.objects.get().used_at == first
    earlier = timezone.now() - timedelta(seconds=61)
    ApiToken.objects.update(used_at=earlier)
    call("list", header)
    assert ApiToken.objects.get().used_at not in {None, earlier}


def test_a_token_costs_one_query_besides_permissions(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    header = bearer(person("rep"), "read")
    call("list", header)
    with django_assert_num_queries(1):
        call("list", header)


def test_the_page_shows_a_new_token_once_and_keeps_its_digest_only(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("marketer"))
    answer = client.post(PAGE, {"name": "Web site form", "scope": "log"})
    kept = ApiToken.objects.get()
    secret = answer.context["shown"]["secret"]
    assert secret in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert secret not in client.get(PAGE).content.decode()
    assert secret not in str(ApiToken.objects.values().get())
    assert secret.startswith(kept.prefix)
    assert call("create", f"Bearer {secret}").status_code == 200
    client.post(reverse("accounts:token_revoke", args=[kept.pk]))
    assert call("create", f"Bearer {secret}").status_code == 401


def test_sending_the_form_again_makes_no_second_token(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("marketer"))
    for status in (200, 422):
        assert client.post(PAGE, {"name": "Form", "scope": "log"}).status_code == status
    assert ApiToken.objects.count() == 1
    with pytest.raises(Invalid):
        tokens.create(by=User.objects.get(), name="Form", scope="read")


def test_a_strangers_token_is_neither_shown_nor_revoked(client: Client) -> None:
    CompanyFactory()
    theirs, _secret = tokens.create(by=person("marketer"), name="Secret thing", scope="read")
    stranger = person("director")
    client.force_login(stranger)
    assert "Secret thing" not in client.get(PAGE).content.decode()
    assert client.post(reverse("accounts:token_revoke", args=[theirs.pk])).status_code == 404
    with pytest.raises(NotAllowed):
        tokens.revoke(by=stranger, token=theirs)
    theirs.refresh_from_db()
    assert theirs.revoked_at is None


def test_an_unsafe_action_that_is_not_named_is_refused_even_for_everything() -> None:
    assert ACTIONS["forgotten"].upper() not in SAFE_METHODS
    assert call("forgotten", bearer(person("marketer", "head_of_sales"), "all")).status_code == 403
