"""When which notices become a mail, and what the mail says."""

from datetime import UTC, datetime, timedelta

import pytest

from leadsync.accounts.models import User
from leadsync.notices import delivery, services
from leadsync.notices.models import Message, Notice

pytestmark = pytest.mark.django_db

# A Monday in Warsaw (UTC+1): 9:00 there is 8:00 UTC.
TEN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)
NEXT_SEVEN = datetime(2026, 3, 3, 6, 0, tzinfo=UTC)
NEXT_EIGHT = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)


def tell(person: User, key: str, *, instant: bool = True, at: datetime = TEN, **context: object) -> None:
    services.put(
        kind="lead_warn",
        recipients=[person],
        key=key,
        context={"lead": "Ola Wójcik", "due_at": TEN.isoformat()} | context,
        url="/leads/7/",
        is_instant=instant,
        at=at,
    )


@pytest.fixture(autouse=True)
def _morning_mail_was_sent(anna: User) -> None:
    delivery.compose(at=TEN - timedelta(minutes=90))


def test_instant_notices_of_one_run_go_in_one_mail(anna: User) -> None:
    tell(anna, "a")
    tell(anna, "b")
    assert delivery.compose(at=TEN).instant == 1
    message = Message.objects.get()
    assert message.subject == "Due 2 Mar 10:00: Ola Wójcik, and 1 more"
    assert Notice.objects.filter(message=message).count() == 2


def test_composing_again_writes_nothing_more(anna: User) -> None:
    tell(anna, "a")
    delivery.compose(at=TEN)
    assert delivery.compose(at=TEN) == delivery.Composed()


def test_outside_of_working_hours_nothing_goes_until_eight(anna: User) -> None:
    tell(anna, "a", at=EVENING)
    assert delivery.compose(at=EVENING) == delivery.Composed()
    assert delivery.compose(at=NEXT_SEVEN) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT) == delivery.Composed(instant=0, morning=1)


def test_on_a_day_off_there_is_neither(anna: User) -> None:
    tell(anna, "a", at=EVENING)
    assert delivery.compose(at=SATURDAY) == delivery.Composed()


def test_the_sixth_instant_mail_of_a_day_waits_for_the_morning(anna: User) -> None:
    for number in range(7):
        tell(anna, f"n{number}")
        delivery.compose(at=TEN + timedelta(minutes=number))
    assert Message.objects.count() == 5
    assert delivery.compose(at=NEXT_EIGHT).morning == 1
    assert Notice.objects.filter(message=Message.objects.latest("pk")).count() == 2


def test_other_notices_wait_for_the_morning_and_an_empty_morning_is_skipped(anna: User, jan: User) -> None:
    tell(anna, "a", instant=False)
    assert delivery.compose(at=TEN) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT).morning == 1
    assert Message.objects.get().recipient == anna


def test_a_second_run_of_the_same_morning_writes_no_second_mail(anna: User) -> None:
    tell(anna, "a", instant=False)
    delivery.compose(at=NEXT_EIGHT)
    tell(anna, "b", instant=False, at=NEXT_EIGHT)
    assert delivery.compose(at=NEXT_EIGHT + timedelta(minutes=5)) == delivery.Composed()


def test_what_was_read_in_the_app_is_not_mailed(anna: User) -> None:
    tell(anna, "a")
    services.mark_read(person=anna)
    assert delivery.compose(at=TEN) == delivery.Composed()


def test_people_who_left_get_no_mail(anna: User) -> None:
    tell(anna, "a")
    User.objects.filter(pk=anna.pk).update(is_active=False)
    assert delivery.compose(at=TEN) == delivery.Composed()


def test_mail_speaks_the_receivers_time_and_links_to_the_installation(anna: User, settings: object) -> None:
    tell(anna, "a", company="Ősz & Co <script>")
    delivery.compose(at=TEN)
    message = Message.objects.get()
    assert "http://127.0.0.1:8000/leads/7/" in message.body
    assert "Ősz & Co <script>" in message.body
    assert "<script>" not in message.body_html
    assert "&lt;script&gt;" in message.body_html


def test_a_name_cannot_put_a_header_into_the_mail(anna: User) -> None:
    tell(anna, "a", lead="Eve\r\nBcc: all@example.com\x00‮")
    delivery.compose(at=TEN)
    assert "\n" not in Message.objects.get().subject
    assert "\x00" not in Message.objects.get().subject


def test_many_notices_are_counted_and_not_written_out(anna: User) -> None:
    services.put_many(
        [services.NewNotice("silent", anna.pk, f"s{n}", {"days": 14, "lead": "L"}) for n in range(45)], at=TEN
    )
    delivery.compose(at=NEXT_EIGHT)
    message = Message.objects.get()
    assert message.subject == "This morning: 45 notices"
    assert "And 15 more notices" in message.body
    assert not Notice.objects.filter(message=None).exists()
