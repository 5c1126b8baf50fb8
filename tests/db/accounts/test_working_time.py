"""Changing when work is done, from the pages."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from leadsync.accounts.models import Absence, Company, OwnDay, User, WorkingHours
from leadsync.accounts.services import company as settings_of
from leadsync.core.errors import NotAllowed
from tests.factories.accounts import CompanyFactory, HoursFactory, person

pytestmark = pytest.mark.django_db

HOURS = "/settings/hours/"


@pytest.fixture
def admin(client: Client) -> User:
    CompanyFactory()
    someone = person("administrator")
    client.force_login(someone)
    return someone


def version() -> int:
    return Company.objects.get().version


def typed(**windows: str) -> dict[str, str]:
    """`typed(mon="9-12 13-17")` as the form posts it."""
    data: dict[str, str] = {}
    for day, text in windows.items():
        weekday = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day)
        for place, window in enumerate(text.split()):
            opens, _dash, closes = window.partition("-")
            data |= {f"d_{weekday}_{place}_opens": opens, f"d_{weekday}_{place}_closes": closes}
    return data


def test_hours_with_a_break_are_kept_and_raise_the_version(client: Client, admin: User) -> None:
    before = version()
    assert client.post(HOURS, typed(mon="9:00-12:00 13:00-17:00", sun="0:00-24:00")).status_code == 302
    stored = list(WorkingHours.objects.filter(person=None).values_list("weekday", "opens", "closes"))
    assert stored == [(0, 540, 720), (0, 780, 1020), (6, 0, 1440)]
    assert version() == before + 1


@pytest.mark.parametrize(
    ("mon", "said"),
    [
        ("9:00-12:00 11:00-17:00", "overlaps"),
        ("17:00-9:00", "Closing must come after opening"),
        ("nine-17:00", "“nine” is not a time of day"),
        ("9:00-", "The window needs both times"),
        ("", "At least one window is needed"),
    ],
)
def test_hours_that_cannot_be_used_are_said_at_the_place_and_what_was_typed_stays(
    client: Client, admin: User, mon: str, said: str
) -> None:
    HoursFactory(weekday=2)
    before = version()
    response = client.post(HOURS, typed(mon=mon))
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert mon == "" or f'value="{mon.split("-")[0]}"' in page
    assert list(WorkingHours.objects.values_list("weekday", flat=True)) == [2]
    assert version() == before


def test_there_is_always_an_empty_window_more_than_stored(client: Client, admin: User) -> None:
    for opens in (0, 120, 240):
        HoursFactory(weekday=1, opens=opens, closes=opens + 60)
    page = client.get(HOURS).content.decode()
    assert 'name="d_1_3_opens"' in page
    assert 'name="d_1_4_opens"' not in page


def test_own_days_are_added_once_and_removed(client: Client, admin: User) -> None:
    before = version()
    add = reverse("accounts:own_day_add")
    day = {"on": "2026-12-24", "name": "Christmas Eve", "windows": "9:00-12:00, 13-14"}
    assert client.post(add, day).status_code == 302
    kept = OwnDay.objects.get()
    assert kept.windows == [[540, 720], [780, 840]]
    again = client.post(add, day)
    assert again.status_code == 422
    assert "in the list already" in again.content.decode()
    client.post(reverse("accounts:own_day_remove", args=[kept.pk]))
    assert not OwnDay.objects.exists()
    assert version() == before + 2


@pytest.mark.parametrize("windows", ["9-12, 11-13", "12-9", "morning"])
def test_windows_of_an_own_day_are_checked(client: Client, admin: User, windows: str) -> None:
    answer = client.post(
        reverse("accounts:own_day_add"), {"on": "2026-12-24", "name": "Eve", "windows": windows}
    )
    assert answer.status_code == 422
    assert windows in answer.content.decode()
    assert not OwnDay.objects.exists()


def test_the_list_shows_holidays_and_own_days_of_the_year_asked_for(client: Client, admin: User) -> None:
    this_year = date.today().year  # noqa: DTZ011
    OwnDay.objects.create(on=date(this_year, 11, 11), name="Stock-taking", windows=[[540, 600]])
    page = client.get(HOURS).content.decode()
    assert "Stock-taking" in page
    assert "instead of National Independence Day" in page
    assert "Stock-taking" not in client.get(HOURS, {"year": this_year + 1}).content.decode()
    assert client.get(HOURS, {"year": "²"}).status_code == 200


def test_own_hours_are_given_and_taken_back(client: Client, admin: User) -> None:
    someone = person("rep")
    url = reverse("accounts:person_hours", args=[someone.pk])
    before = version()
    client.post(url, typed(tue="7-11"))
    assert list(WorkingHours.objects.values_list("person", "weekday", "opens")) == [(someone.pk, 1, 420)]
    client.post(url, {"follow": "1"} | typed(tue="7-11"))
    assert not WorkingHours.objects.exists()
    assert version() == before + 2


def test_absences_are_added_and_removed_and_do_not_overlap(client: Client, admin: User) -> None:
    someone = person("rep")
    add = reverse("accounts:absence_add", args=[someone.pk])
    before = version()
    assert (
        client.post(add, {"starts_on": "2026-12-01", "ends_on": "2026-12-03", "note": "Leave"}).status_code
        == 302
    )
    assert client.post(add, {"starts_on": "2026-12-03", "ends_on": "2026-12-04"}).status_code == 422
    assert client.post(add, {"starts_on": "2026-12-09", "ends_on": "2026-12-08"}).status_code == 422
    absence = Absence.objects.get()
    client.post(reverse("accounts:absence_remove", args=[someone.pk, absence.pk]))
    assert not Absence.objects.exists()
    assert version() == before + 2


def test_an_absence_is_removed_only_from_the_person_it_belongs_to(client: Client, admin: User) -> None:
    theirs = Absence.objects.create(person=person("rep"), starts_on="2026-12-01", ends_on="2026-12-01")
    other = person("rep")
    url = reverse("accounts:absence_remove", args=[other.pk, theirs.pk])
    assert client.post(url).status_code == 404
    assert Absence.objects.exists()


def test_company_settings_are_saved_with_who_changed_them(client: Client, admin: User) -> None:
    before = version()
    data = {
        "name": "Northern Boxes", "currency": "PLN", "zone": "europe/vilnius", "country": "LT",
        "country_part": "", "labour_cost": "38.50",
    }  # fmt: skip
    assert client.post("/settings/", data).status_code == 302
    saved = Company.objects.get()
    assert (saved.name, saved.currency, saved.zone, str(saved.labour_cost)) == (
        "Northern Boxes",
        "PLN",
        "Europe/Vilnius",
        "38.50",
    )
    assert saved.version == before + 1
    change = Company.history.latest()
    assert (change.history_user, change.name) == (admin, "Northern Boxes")


def test_a_new_name_leaves_working_time_alone(admin: User) -> None:
    before = version()
    settings_of.edit(by=admin, changes={"name": "Southern Boxes"})
    assert version() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Europe/Atlantis"),
        ("zone", "../etc/passwd"),
        ("zone", "Etc/GMT+5"),
        ("country_part", "XX"),
        ("labour_cost", "-1"),
        ("currency", "DOUBLOON"),
        ("name", ""),
    ],
)
def test_settings_that_cannot_be_used_change_nothing(
    client: Client, admin: User, field: str, value: str
) -> None:
    data = {"name": "N", "currency": "EUR", "zone": "Europe/Warsaw", "country": "PL", "country_part": ""}
    response = client.post("/settings/", data | {field: value})
    assert response.status_code == 422
    assert f'name="{field}"' in response.content.decode()
    kept = Company.objects.get()
    assert (kept.name, kept.zone, kept.currency) == ("Baltic Boxes", "Europe/Warsaw", "EUR")


def test_a_rep_sees_the_companys_hours_and_changes_nothing(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("rep"))
    page = client.get(HOURS)
    assert page.status_code == 200
    assert "Save hours" not in page.content.decode()
    assert client.post(HOURS, typed(mon="1-2")).status_code == 403
    assert not WorkingHours.objects.exists()


def test_services_ask_for_permission_themselves() -> None:
    CompanyFactory()
    with pytest.raises(NotAllowed):
        settings_of.edit(by=person("director"), changes={"name": "Mine"})
    assert Company.objects.get().name == "Baltic Boxes"
