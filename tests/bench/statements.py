"""What a page or a piece of work asks of the database: how many statements, and how the planner answers them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from leads.models import Activity, Handoff, Lead
from leadsync.accounts.models import User
from leadsync.kpi.models import DayFact

_BOOKKEEPING = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
_LARGE = (Lead, Handoff, Activity, DayFact)


@contextmanager
def captured() -> Iterator[list[str]]:
    """The statements of the block, without the bookkeeping of transactions."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as context:
        yield found
    found += [query["sql"] for query in context if not query["sql"].startswith(_BOOKKEEPING)]


def count(work: Callable[[], Any]) -> int:
    """How many statements the work takes."""
    with captured() as found:
        work()
    return len(found)


def client_of(email: str) -> Client:
    """The product in this process, signed in."""
    client = Client(headers={"X-Forwarded-Proto": "https"}, HTTP_HOST="127.0.0.1")
    client.force_login(User.objects.get(email=email))
    return client


def of_page(email: str, path: str) -> list[str]:
    """The statements of a page at its second visit: the first one fills what a process keeps."""
    client = client_of(email)
    client.get(path)
    with captured() as found:
        client.get(path)
    return found


def explain(statement: str) -> str:
    """The plan with its true times, or "" for a statement that is no question about a large table."""
    if not statement.startswith("SELECT") or not any(
        f'"{model._meta.db_table}"' in statement for model in _LARGE
    ):
        return ""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}")
        return "\n".join(row[0] for row in cursor.fetchall())
