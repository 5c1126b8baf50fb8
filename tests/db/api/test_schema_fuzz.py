"""Odd input for every operation, made from our own document: never a server error, never an undocumented answer.

`API_FUZZ_EXAMPLES` says how many inputs an operation gets beyond the systematic ones.
"""

import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from leadsync.accounts.services import tokens
from leadsync.core.api import PersonThrottle
from leadsync.wsgi import application
from tests.factories.accounts import person
from tests.factories.leads import agreement_in_force, lead

EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "5"))
WANTED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The document as the product gives it, asked for with the token of somebody who may do everything."""
    monkeypatch.setattr(PersonThrottle, "rate", "100000/min", raising=False)
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": 1000}]
    )
    everyone = person("marketer", "head_of_marketing", "head_of_sales", "rep", "director")
    for _ in range(3):
        lead(owner=everyone)
    _token, secret = tokens.create(by=everyone, name="fuzz", scope="all")
    config = schemathesis.Config.from_dict({"headers": {"Authorization": f"Bearer {secret}"}})
    return schemathesis.openapi.from_wsgi("/api/schema/", application, config=config)


schema = schemathesis.pytest.from_fixture("document")


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_every_operation_answers_as_documented(case: Any) -> None:
    case.call_and_validate(checks=WANTED)
