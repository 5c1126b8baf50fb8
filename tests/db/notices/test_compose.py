"""When which notices become a mail, and what the mail says."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from leadsync.accounts.models import User
from leadsync.notices import choices, delivery, selectors, services
from leadsync.notices.models import Message, Notice
from tests.factories.accounts import CompanyFactory

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


# ---------------------------------------------------------------------------------------- questions wait for more


def ask(person: User, key: str, at: datetime = TEN) -> None:
    services.put(
        kind="question_asked",
        recipients=[person],
        key=key,
        context={"asker": "Jan", "text": "Which budget?"},
        url=f"/questions/{key}/",
        is_instant=True,
        at=at,
    )


def test_questions_of_a_quarter_of_an_hour_go_in_one_mail(anna: User) -> None:
    ask(anna, "1")
    ask(anna, "2", TEN + timedelta(minutes=14))
    assert delivery.compose(at=TEN + timedelta(minutes=14)) == delivery.Composed()
    assert delivery.compose(at=TEN + timedelta(minutes=15)).instant == 1
    assert Notice.objects.filter(message=Message.objects.get()).count() == 2


def test_a_question_rides_along_with_what_cannot_wait(anna: User) -> None:
    ask(anna, "1")
    tell(anna, "a")
    assert delivery.compose(at=TEN).instant == 1
    assert not Notice.objects.filter(message=None).exists()


def test_a_question_at_the_end_of_the_day_comes_in_the_morning(anna: User) -> None:
    asked = datetime(2026, 3, 2, 15, 50, tzinfo=UTC)  # 16:50 in Warsaw, open until 17:00
    ask(anna, "1", asked)
    for minutes in (0, 9, 15, 60):
        assert delivery.compose(at=asked + timedelta(minutes=minutes)) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT).morning == 1


# ---------------------------------------------------------------------------------------- quiet hours


def test_in_quiet_hours_nothing_goes_even_while_the_company_works(anna: User) -> None:
    CompanyFactory.create(quiet_from=9 * 60, quiet_until=11 * 60)
    tell(anna, "a")
    assert delivery.compose(at=TEN) == delivery.Composed()
    assert delivery.compose(at=TEN + timedelta(hours=1)).instant == 1


def test_a_morning_mail_waits_for_the_end_of_quiet_hours_that_go_over_midnight(anna: User) -> None:
    CompanyFactory.create(quiet_from=20 * 60, quiet_until=8 * 60 + 30)
    tell(anna, "a", instant=False, at=EVENING)
    assert delivery.compose(at=NEXT_EIGHT) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT + timedelta(minutes=30)).morning == 1


def test_workers_that_were_away_at_eight_write_the_morning_mail_later(anna: User) -> None:
    tell(anna, "a", instant=False, at=EVENING)
    assert delivery.compose(at=NEXT_EIGHT + timedelta(hours=12)).morning == 1
    assert delivery.compose(at=NEXT_EIGHT + timedelta(hours=13)) == delivery.Composed()


# ---------------------------------------------------------------------------------------- what people chose


def test_a_muted_thread_is_in_no_mail(anna: User) -> None:
    tell(anna, "a")
    tell(anna, "b", instant=False)
    choices.mute(by=anna, url="/leads/7/")
    assert delivery.compose(at=TEN) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT) == delivery.Composed()


def test_what_came_while_muted_is_not_mailed_afterwards(anna: User) -> None:
    choices.mute(by=anna, url="/leads/7/")
    tell(anna, "a")
    choices.unmute(by=anna, url="/leads/7/")
    assert delivery.compose(at=TEN) == delivery.Composed()
    tell(anna, "b")
    assert delivery.compose(at=TEN).instant == 1


def test_somebody_elses_mute_changes_nothing(anna: User, jan: User) -> None:
    choices.mute(by=jan, url="/leads/7/")
    tell(anna, "a")
    assert delivery.compose(at=TEN).instant == 1


def test_who_stopped_instant_mails_gets_the_same_in_the_morning(anna: User) -> None:
    choices.choose(by=anna, sort="instant", is_wanted=False, at=TEN)
    tell(anna, "a")
    assert delivery.compose(at=TEN) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT).morning == 1


def test_who_stopped_the_morning_mail_still_hears_of_what_cannot_wait(anna: User) -> None:
    choices.choose(by=anna, sort="morning", is_wanted=False, at=TEN)
    tell(anna, "a")
    tell(anna, "b", instant=False)
    assert delivery.compose(at=TEN).instant == 1
    assert delivery.compose(at=NEXT_EIGHT) == delivery.Composed()


def test_started_again_the_morning_mail_brings_only_what_came_since(anna: User) -> None:
    choices.choose(by=anna, sort="morning", is_wanted=False, at=TEN)
    tell(anna, "old", instant=False)
    choices.choose(by=anna, sort="morning", is_wanted=True, at=TEN + timedelta(hours=1))
    tell(anna, "new", instant=False, at=TEN + timedelta(hours=2))
    assert delivery.compose(at=NEXT_EIGHT).morning == 1
    assert list(Notice.objects.exclude(message=None).values_list("key", flat=True)) == ["new"]


def test_stopping_drops_what_waits_for_another_try(anna: User) -> None:
    tell(anna, "a")
    delivery.compose(at=TEN)
    choices.choose(by=anna, sort="instant", is_wanted=False, at=TEN)
    assert Message.objects.get().state == "dropped"
    assert delivery.send_waiting(at=TEN).sent == 0


def test_what_nobody_read_for_a_month_is_not_mailed_any_more(anna: User) -> None:
    tell(anna, "a", at=TEN - selectors.MAILED_WITHIN - timedelta(hours=1))
    tell(anna, "b", instant=False, at=TEN - selectors.MAILED_WITHIN - timedelta(hours=1))
    assert delivery.compose(at=TEN) == delivery.Composed()
    assert delivery.compose(at=NEXT_EIGHT) == delivery.Composed()


# ---------------------------------------------------------------------------------------- many at once


def _for_twenty(count: int, people: list[User]) -> None:
    services.put_many(
        [
            services.NewNotice(
                "silent", people[n % len(people)].pk, f"s{n}", {"days": 14, "lead": "L"}, "/leads/1/"
            )
            for n in range(count)
        ],
        at=TEN,
    )


@pytest.mark.parametrize(("count", "heads"), [(20, 1), (10_000, 20)])
def test_mails_of_a_morning_take_the_same_few_statements_however_many(
    anna: User, count: int, heads: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    people = [
        User.objects.create(email=f"p{n}@example.com", name=f"P {n}", password="x") for n in range(heads)
    ]
    _for_twenty(count, people)
    statements = 16 + (count // 1_000 if heads > 1 else 0)  # SQLite takes the links row by row in one call
    with django_assert_max_num_queries(statements):
        assert delivery.compose(at=NEXT_EIGHT).morning == heads
    assert not Notice.objects.filter(message=None).exists()
    assert Message.objects.filter(subject__startswith="This morning: ").count() == heads


def test_ten_thousand_notices_are_written_a_thousand_at_a_time(
    anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(2 * 10_000 // services.BATCH):
        _for_twenty(10_000, [anna])
    assert Notice.objects.count() == 10_000


class Killed(BaseException):
    """Stands for kill -9."""


def test_a_worker_killed_while_composing_leaves_nothing_half_done(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(anna, "a")

    def die(*_args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("leadsync.core.db.update_rows", die)
        with pytest.raises(Killed):
            delivery.compose(at=TEN)
    assert not Message.objects.exists()
    assert delivery.compose(at=TEN).instant == 1
    assert Notice.objects.get().message == Message.objects.get()
