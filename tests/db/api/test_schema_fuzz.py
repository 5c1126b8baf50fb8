"""Odd input for every operation, made from our own document: never a server error, never an undocumented answer.

`API_FUZZ_EXAMPLES` says how many inputs of either kind, fitting the document or not, an operation gets.
"""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import resolve
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from leads.services import agreements, backtest
from leadsync.accounts.services import tokens
from leadsync.core.api import PersonThrottle
from leadsync.wsgi import application
from tests.factories.accounts import person
from tests.factories.leads import agreement_in_force, lead

EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "3"))
WANTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def here(path: str) -> tuple[str, Any] | None:
    """The parameter by which an operation of this path finds what it is about, with the value of the newest row."""
    view = getattr(resolve(re.sub(r"{\w+}", "1", path)).func, "cls", None)
    queryset = getattr(view, "queryset", None)
    newest = queryset.model.objects.order_by("-pk").first() if queryset is not None else None
    if view is None or newest is None:
        return None
    name = view.lookup_field
    return "id" if name == "pk" else name, getattr(newest, name)


@pytest.fixture
def _one_connection() -> Iterator[None]:
    """Requests here run inside the test's transaction: they must not close its connection, as servers would."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def document(_one_connection: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The document as the product gives it, asked for with the token of somebody who may do everything."""
    monkeypatch.setattr(PersonThrottle, "rate", "100000/min", raising=False)
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": 1000}]
    )
    everyone = person("marketer", "head_of_marketing", "head_of_sales", "rep", "director")
    for _ in range(3):
        lead(owner=everyone)
    today = timezone.now().date()
    backtest.ask(agreement=agreements.new_draft(by=everyone), from_on=today, to_on=today, by=everyone)
    _token, secret = tokens.create(by=everyone, name="fuzz", scope="all")
    headers = {"Authorization": f"Bearer {secret}"}
    config = schemathesis.Config.from_dict({"headers": headers})
    return schemathesis.openapi.from_wsgi("/api/schema/", application, config=config, headers=headers)


@pytest.mark.embedded
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_answers_as_documented(document: Any, mode: GenerationMode) -> None:
    tried = []
    rows: dict[str, tuple[str, Any]] = {}
    wrong: dict[str, list[str]] = {}
    for found in document.get_all_operations():
        operation = found.ok()
        tried.append(operation.label)
        if (newest := here(operation.full_path)) is not None:
            rows[operation.path] = newest

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],  # an answer that fails is shown as it is
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_as_documented(case: Any) -> None:
            name, value = rows.get(case.path, ("", None))
            if type(case.path_parameters.get(name)) is type(
                value
            ):  # drawn, it would never be one that is here
                case.path_parameters[name] = value
            case.call_and_validate(checks=WANTED)

        try:
            answers_as_documented()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, operation.label  # nothing about it can be wrong
        except (Failure, FailureGroup) as error:
            said = error.exceptions if isinstance(error, FailureGroup) else [error]
            wrong[operation.label] = [str(one) for one in said]
    assert wrong == {}  # all of them at once
    assert len(tried) > 25
