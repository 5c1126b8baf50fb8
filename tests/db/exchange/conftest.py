"""Two people of either department, in a company whose calendar is known."""

from datetime import UTC, datetime

import pytest

from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, HoursFactory, person

# A Tuesday, 10:00 in Warsaw, in the second month of a quarter.
NOW = datetime(2026, 2, 10, 9, 0, tzinfo=UTC)
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _company(db: None) -> None:
    CompanyFactory.create()
    for weekday in range(5):
        HoursFactory.create(weekday=weekday)


def since_long(made: User) -> User:
    """The person, as if there for years."""
    User.objects.filter(pk=made.pk).update(joined_at=LONG_AGO)
    made.refresh_from_db()
    return made


@pytest.fixture
def marta(_company: None) -> User:
    return since_long(person("marketer", name="Marta Zielińska"))


@pytest.fixture
def pawel(_company: None) -> User:
    return since_long(person("rep", name="Paweł Krawczyk"))
