"""What every test stands on: no network, its own files and cache, where to find a browser and real data.

Objects come from `tests.factories`; fixtures that only one kind of test needs live in that folder's conftest.
"""

import os
import shutil
import uuid
from pathlib import Path

import hypothesis
import pytest
from django.utils import translation
from pytest_django import Settings

from leadsync.accounts.selectors import let_go_of_calendars
from leadsync.core.held import let_go_of_newest

ROOT = Path(__file__).resolve().parent.parent

# Servers and workers that a test starts run the real settings, in the folder that tests.settings has chosen.
os.environ["DJANGO_SETTINGS_MODULE"] = "leadsync.settings"

hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

DATABASE_FIXTURES = {"db", "transactional_db"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs PostgreSQL when the suite runs on the embedded database.

    With `ONLY_WITH_DATABASE` tests that see no database are left out, and those marked `embedded`: they cannot tell one
    from the other, and the run on the embedded one has them.
    """
    if os.environ.get("ONLY_WITH_DATABASE"):
        blind = [item for item in items if not DATABASE_FIXTURES & set(getattr(item, "fixturenames", ()))]
        blind = [item for item in blind if not item.get_closest_marker("django_db")]
        blind += [item for item in items if item.get_closest_marker("embedded")]
        if blind:
            left_out = set(blind)
            config.hook.pytest_deselected(items=blind)
            items[:] = [item for item in items if item not in left_out]
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        skip = pytest.mark.skip(reason="needs PostgreSQL: run make test-postgres")
        for item in items:
            if item.get_closest_marker("postgres"):
                item.add_marker(skip)


@pytest.fixture(autouse=True)
def _own_files_and_cache(settings: Settings, tmp_path: Path) -> None:
    """Uploads go to the test's own folder; whatever is cached or known, and rate limits, start empty.

    The language is that of the settings, not that of who asked last in the test before.
    """
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.CACHES = {
        alias: {**options, "KEY_PREFIX": uuid.uuid4().hex} for alias, options in settings.CACHES.items()
    }
    let_go_of_calendars()
    let_go_of_newest()
    translation.deactivate()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real test data beside the repository; it is never part of it."""
    path = Path(os.environ.get("LEADSYNC_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"the shared test data is not at {path}")
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of an installed Chromium. Without one: skipped, or failed where browsers are mandatory."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    reason = "no Chromium is installed; on Debian and Ubuntu: apt install chromium"
    if os.environ.get("E2E_REQUIRED"):
        pytest.fail(reason)
    pytest.skip(reason)
