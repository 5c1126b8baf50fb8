"""A form with more text than is taken at once: a page that says what to do, a fragment for htmx, nothing saved."""

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from leads.models import Import, Lead
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

LIST = "Name\tE-mail\n" + "Anna\tanna@example.com\n" * 100_000


@pytest.fixture(params=[False, True], ids=["view", "csrf"])
def signed(request: pytest.FixtureRequest, settings: Settings) -> Client:
    """Whether the form is first read by the check of its token or by the page itself."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
    client = Client(enforce_csrf_checks=request.param)
    client.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
    client.force_login(person("marketer"))
    return client


def sent(client: Client, fields: dict[str, str], **headers: str) -> Any:
    url = reverse("leads:log_list", args=[campaign().pk])
    form = "application/x-www-form-urlencoded"
    return client.post(
        url,
        urlencode(fields),
        content_type=form,
        headers={k.replace("_", "-"): v for k, v in headers.items()},
    )


def test_a_paste_beyond_the_limit_is_answered_by_what_to_do(signed: Client) -> None:
    answer = sent(signed, {"text": LIST}, referer="http://testserver/campaigns/1/log/")
    assert answer.status_code == 413
    shown = answer.content.decode()
    assert "at most 1 MB. Save it as a file and bring the file." in shown
    assert 'href="http://testserver/campaigns/1/log/"' in shown
    assert not Import.objects.exists()
    assert not Lead.objects.exists()


def test_another_site_is_never_where_the_page_leads_back_to(signed: Client) -> None:
    answer = sent(signed, {"text": LIST}, referer="https://elsewhere.example/")
    assert "elsewhere" not in answer.content.decode()


def test_htmx_gets_a_fragment_above_the_page(signed: Client) -> None:
    answer = sent(signed, {"text": LIST}, hx_request="true")
    assert (answer.status_code, answer["HX-Retarget"]) == (413, "#refusals")
    shown = answer.content.decode()
    assert "bring the file" in shown
    assert "<html" not in shown


def test_other_bad_requests_are_as_ever(signed: Client, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
    assert sent(signed, {"a": "1", "b": "2", "c": "3"}).status_code == 400
