"""An installation for each test, and a company in it that works around the clock, where it is midday now."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from leads.services import promise
from tests.factories.accounts import CompanyFactory, HoursFactory, person
from tests.factories.campaigns import campaign
from tests.faults.journal import Journal
from tests.faults.processes import Databases, House, connected

# One zone without changes of clocks for each hour from 11 behind UTC to 12 ahead.
ZONES = (
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn", "America/Phoenix"),
    *("America/Costa_Rica", "America/Bogota", "America/Puerto_Rico", "America/Sao_Paulo", "America/Noronha"),
    *("Atlantic/Cape_Verde", "Africa/Abidjan", "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi"),
    *("Asia/Dubai", "Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo"),
    *("Australia/Brisbane", "Pacific/Guadalcanal", "Pacific/Tarawa"),
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say with a failure what its processes were doing."""
    report = yield
    house = getattr(item, "funcargs", {}).get("house")
    if report.when == "call" and report.failed and house is not None:
        report.sections.append(("the installation", house.report()))
    return report


@pytest.fixture(scope="session")
def databases(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Databases]:
    with django_db_blocker.unblock():
        made = Databases(tmp_path_factory.mktemp("databases"))
        try:
            yield made
        finally:
            made.close()


@pytest.fixture
def house(
    databases: Databases, tmp_path: Path, django_db_blocker: DjangoDbBlocker, settings: Settings
) -> Iterator[House]:
    """A migrated, empty installation; nothing runs yet. This process works in its database."""
    with django_db_blocker.unblock():
        made = House.build(tmp_path / "var", databases)
        settings.MEDIA_ROOT = made.var / "uploads"
        try:
            with connected(made.database):
                ContentType.objects.clear_cache()
                yield made
        finally:
            made.close()


@pytest.fixture
def journal(house: House) -> Journal:
    """A company with two reps, a marketer and a head, and a note of all that is asked of it."""
    CompanyFactory.create(zone=ZONES[11 + 12 - timezone.now().hour], country="")
    for weekday in range(7):
        HoursFactory.create(weekday=weekday, opens=0, closes=1440)
    promise.assume_swept(at=timezone.now())
    return Journal(
        reps=[
            person("rep", name="Iga Mazur", capacity=30_000),
            person("rep", name="Lena Bauer", capacity=30_000),
        ],
        head=person("head_of_sales", name="Tomasz Wrona"),
        campaign=campaign(name="Calculator", owner=person("marketer", name="Marta Lis")),
    )
