"""Callers of the API: programs with a token, browsers with a session."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from leadsync.accounts.models import User
from leadsync.accounts.services import tokens
from tests.factories.accounts import CompanyFactory

type Api = Callable[..., APIClient]


@pytest.fixture(autouse=True)
def company(db: Any) -> Any:
    return CompanyFactory.create()


@pytest.fixture
def api() -> Api:
    """`api(person)` is a program with that person's token; `api(person, scope="read")` one with less."""

    def client(by: User | None, scope: str = "all") -> APIClient:
        made = APIClient(raise_request_exception=False)
        if by is not None:
            _token, secret = tokens.create(by=by, name=f"{scope} {by.tokens.count()}", scope=scope)
            made.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return made

    return client
