"""What machines ask: alive, ready, figures; and logs that can be followed and hold no secrets."""

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import structlog
from celery import current_app
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django_structlog.celery.receivers import CeleryReceiver
from pytest_django import Settings

from leadsync import ops
from leadsync.celery import app as celery_app
from leadsync.core.logs import HIDDEN, without_secrets
from leadsync.core.models import Lock
from leadsync.notices.models import Message
from tests.factories.accounts import person
from tests.factories.leads import lead


def database_away(*_args: Any, **_kwargs: Any) -> Any:
    raise OperationalError("could not connect to server at db.internal, password=hunter2")


@pytest.fixture
def swept(db: None) -> None:
    Lock.objects.update_or_create(name="sweep", defaults={"ran_at": timezone.now()})


def test_healthz_needs_no_database_and_no_known_host(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["leads.example.com"]
    response = client.get("/healthz", headers={"host": "10.0.0.7"})
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_is_200_when_everything_is_there(client: Client, swept: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["ready"] is True


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("ran_at", "why"), [(None, "never ran"), (timezone.now() - timedelta(minutes=6), "too long ago")]
)
def test_readyz_says_when_nobody_watches_the_promises(client: Client, ran_at: Any, why: str) -> None:
    Lock.objects.update_or_create(name="sweep", defaults={"ran_at": ran_at})
    lead(owner=person("rep"), at=timezone.now() - timedelta(minutes=6))
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["sweep"]["why"] == why


@pytest.mark.django_db
def test_readyz_is_200_before_the_first_sweep_while_nobody_waits_long(client: Client) -> None:
    lead(owner=person("rep"), at=timezone.now() - timedelta(minutes=4))
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["sweep"] == {"ok": True, "why": "not yet"}


@pytest.mark.django_db
def test_readyz_answers_while_the_database_is_away_and_gives_nothing_away(client: Client) -> None:
    with patch.object(connection, "cursor", database_away):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] == {"ok": False, "why": "OperationalError"}
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_readyz_says_when_the_broker_is_away(client: Client, swept: None) -> None:
    with patch.object(current_app, "connection_for_write", side_effect=ConnectionRefusedError):
        response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["broker"] == {"ok": False, "why": "ConnectionRefusedError"}


@pytest.mark.django_db
def test_a_database_that_is_away_gives_a_page_that_says_try_again(client: Client) -> None:
    client.raise_request_exception = False
    with patch.object(connection, "cursor", database_away):
        response = client.get("/accounts/login/")
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert b"hunter2" not in response.content


def test_metrics_are_off_unless_switched_on(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
def test_metrics_tell_the_business_and_the_requests_by_view(
    client: Client, settings: Settings, swept: None
) -> None:
    settings.METRICS = True
    Message.objects.create(key="a", address="a@example.com", subject="s", body="b", created_at=timezone.now())
    client.get("/accounts/login/?next=/leads/7/")
    text = client.get("/metrics").content.decode()
    assert "leadsync_outbox_waiting 1.0" in text
    assert "leadsync_leads_past_the_promise 0.0" in text
    assert "leadsync_sweep_age_seconds" in text
    assert 'leadsync_requests_total{method="GET",status="200",view="account_login"}' in text
    assert "/leads/7/" not in text


@pytest.mark.django_db
def test_metrics_still_answer_while_the_database_is_away(client: Client, settings: Settings) -> None:
    settings.METRICS = True
    with patch.object(connection, "cursor", database_away):
        response = client.get("/metrics")
    assert response.status_code == 200
    assert "leadsync_database_up 0.0" in response.content.decode()


def test_counts_of_an_earlier_run_go_only_when_no_process_of_it_lives(tmp_path: Path) -> None:
    dead, alive = tmp_path / "counter_999999999.db", tmp_path / "counter_1.db"
    for path in (dead, alive):
        path.touch()
    assert ops.forget_former_processes(tmp_path) == 0
    alive.unlink()
    assert ops.forget_former_processes(tmp_path) == 1


@pytest.mark.django_db
def test_machines_cost_few_statements(
    client: Client, django_assert_max_num_queries: Any, swept: None
) -> None:
    with django_assert_max_num_queries(2):
        client.get("/readyz")


# ---------------------------------------------------------------------------------------- logs


def test_a_task_logs_the_request_id_of_the_page_that_started_it() -> None:
    receiver = CeleryReceiver()
    headers: dict[str, Any] = {}
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        receiver.receiver_before_task_publish(headers=headers)
    assert headers["__django_structlog__"]["request_id"] == "r-1"

    class Task:
        name = "leads.sweep"

        class request:  # noqa: N801  # as Celery calls it
            __django_structlog__ = headers["__django_structlog__"]

    try:
        receiver.receiver_task_prerun("t-1", Task)
        bound = structlog.contextvars.get_contextvars()
        assert (bound["request_id"], bound["task_id"]) == ("r-1", "t-1")
    finally:
        structlog.contextvars.clear_contextvars()


def test_workers_are_told_to_take_the_request_id_over() -> None:
    assert "DjangoStructLogInitStep" in {step.__name__ for step in celery_app.steps["worker"]}


@pytest.mark.parametrize(
    "text",
    [
        "GET /invitations/k3yk3yk3y/",
        "GET /accounts/password/reset/key/2b-c9x1k3yk3yk3y/",
        "Authorization: Bearer k3yk3yk3yk3y",
        "token lsk_k3yk3yk3y was refused",
        "redis://user:k3yk3yk3y@cache:6379/0",
        "password=k3yk3yk3y&x=1",
    ],
)
def test_secrets_inside_of_a_log_line_are_hidden(text: str) -> None:
    event = without_secrets(None, "info", {"event": text, "nested": {"list": [text]}})
    assert "k3yk3yk3y" not in json.dumps(event)
    assert HIDDEN in event["event"]


def test_secrets_are_hidden_by_their_name() -> None:
    event = without_secrets(
        None, "info", {"event": "x", "password": "a", "data": {"csrf_token": "b", "n": 1}}
    )
    assert event == {"event": "x", "password": HIDDEN, "data": {"csrf_token": HIDDEN, "n": 1}}


def test_the_handler_that_writes_logs_hides_secrets_of_any_library() -> None:
    made: Callable[..., logging.Formatter] = django_settings.LOGGING["formatters"]["structured"]["()"]
    options = {
        key: value
        for key, value in django_settings.LOGGING["formatters"]["structured"].items()
        if key != "()"
    }
    record = logging.LogRecord("any", logging.INFO, "", 0, "GET /invitations/%s/", ("k3yk3yk3y",), None)
    assert "k3yk3yk3y" not in made(**options).format(record)


@pytest.mark.django_db
def test_a_password_typed_into_the_sign_in_page_is_not_logged(client: Client, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/accounts/login/", {"login": "anna@example.com", "password": "s3cr3t-s3cr3t"})
    assert "s3cr3t-s3cr3t" not in caplog.text
