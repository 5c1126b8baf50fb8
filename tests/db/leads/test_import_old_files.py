"""Files of lists hold personal data: they go by age, the page says so, and what came of them stays."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from leads.models import Import, ImportRow, Lead
from leads.services import imports, upkeep
from leadsync.core.errors import Conflict
from tests.factories.accounts import person
from tests.factories.campaigns import campaign

pytestmark = pytest.mark.django_db

LIST = "Name\tE-mail\nAnna Nowak\tanna@example.com\nBad\ta@b@example.com\n"
DAY = timedelta(days=1)


def taken(**changes: object) -> Import:
    batch = imports.take_text(campaign=campaign(), by=person("marketer"), text=LIST)
    Import.objects.filter(pk=batch.pk).update(**changes)
    return Import.objects.get(pk=batch.pk)


def saved() -> Import:
    batch = taken()
    assert batch.by
    return imports.save(batch=batch, by=batch.by)


def shown(client: Client, batch: Import, place: str = "import") -> str:
    client.force_login(person("marketer"))
    answer = client.get(reverse(f"leads:{place}", args=[batch.pk]))
    return answer.getvalue().decode() if answer.streaming else answer.content.decode()


def test_the_file_of_a_saved_list_goes_after_thirty_days_and_not_before(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    batch = saved()
    path = Path(batch.file.path)
    now = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        assert upkeep.run(at=now + 30 * DAY - timedelta(hours=1)).files == 0
        assert path.exists()
        assert upkeep.run(at=now + 30 * DAY).files == 1
    assert not path.exists()
    assert upkeep.run(at=now + 31 * DAY).files == 0


def test_the_page_says_that_the_file_is_gone_and_gives_back_the_rows_that_were_not_saved(
    client: Client,
) -> None:
    batch = saved()
    upkeep.run(at=timezone.now() + 30 * DAY)
    page = shown(client, batch)
    assert "files are kept for 30 days" in page
    assert "can still be downloaded" in page
    back = shown(client, batch, "import_rejected")
    assert "a@b@example.com" in back
    assert "Name,E-mail" in back
    assert Lead.objects.get().name == "Anna Nowak"
    assert ImportRow.objects.count() == 1


def test_an_older_list_that_does_not_keep_its_column_names_keeps_them_then(client: Client) -> None:
    batch = saved()
    del batch.options["headers"]
    batch.save()
    upkeep.run(at=timezone.now() + 30 * DAY)
    assert "Name,E-mail" in shown(client, batch, "import_rejected")


def test_a_list_nobody_saved_is_dropped_and_nothing_of_it_is_left(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = taken(edits={"2": {"0": "Anna Typed"}})
    path = Path(batch.file.path)
    with django_capture_on_commit_callbacks(execute=True):
        upkeep.run(at=timezone.now() + 30 * DAY)
    assert not path.exists()
    batch.refresh_from_db()
    assert (batch.state, batch.edits, batch.scan) == (Import.State.CANCELLED, {}, {"rows": 2})
    assert "Nobody saved it within 30 days" in shown(client, batch)
    client.force_login(person("marketer"))
    answer = client.get(reverse("leads:import_rejected", args=[batch.pk]))
    assert answer.status_code == 410
    assert "The list is gone" in answer.content.decode()


def test_the_same_list_can_be_brought_again_after_it_was_dropped_by_age() -> None:
    batch = taken()
    upkeep.run(at=timezone.now() + 30 * DAY)
    assert batch.by
    again = imports.take_text(campaign=batch.campaign, by=batch.by, text=LIST)  # type: ignore[arg-type]
    assert again.pk != batch.pk
    assert again.state == Import.State.PREVIEW


def test_a_saved_list_is_known_also_without_its_file() -> None:
    batch = saved()
    upkeep.run(at=timezone.now() + 30 * DAY)
    assert batch.by
    with pytest.raises(Conflict):
        imports.take_text(campaign=batch.campaign, by=batch.by, text=LIST)  # type: ignore[arg-type]


def test_a_list_that_failed_half_way_stays_as_far_as_it_was_saved() -> None:
    batch = taken(state=Import.State.FAILED, done_row=2, read=1, created=1)
    upkeep.run(at=timezone.now() + 30 * DAY)
    batch.refresh_from_db()
    assert (batch.state, batch.options["is_stopped"], batch.file.name) == (Import.State.DONE, True, "")


@pytest.mark.parametrize("state", [Import.State.WAITING, Import.State.RUNNING])
def test_a_list_that_is_being_saved_keeps_its_file(state: str) -> None:
    taken(state=state)
    assert upkeep.run(at=timezone.now() + 90 * DAY).files == 0


def test_the_page_says_that_the_file_went_because_somebody_was_erased(client: Client) -> None:
    batch = saved()
    batch.options["file_erased_at"] = timezone.now().isoformat()
    batch.file.name = ""
    batch.save()
    assert "personal data of somebody in it were erased" in shown(client, batch)
