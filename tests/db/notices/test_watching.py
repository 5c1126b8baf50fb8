"""Alerts follow the facts: opened once, resolved once, whoever else looks at the same moment."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from leadsync.accounts.models import User
from leadsync.notices import attending, selectors, services
from leadsync.notices.duties import MOST_MINUTES, guarded
from leadsync.notices.models import Alert, Notice
from leadsync.notices.watching import Fact, settle
from tests.db.leads.test_races import together
from tests.factories.accounts import person

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
KIND = "gate_late"


def facts(*subjects: str, **context: object) -> list[Fact]:
    return [Fact(subject, context, f"/campaigns/{subject}/", 15) for subject in subjects]


def stands(*subjects: str, at: datetime = AT, **context: object) -> tuple[int, int]:
    return settle(KIND, lambda _now: facts(*subjects, **context), at=at)


@pytest.mark.django_db
class TestOneWorker:
    def test_what_stands_is_opened_once_and_resolved_once(self) -> None:
        assert stands("1", "2") == (2, 0)
        assert stands("1", "2", at=AT + HOUR) == (0, 0)
        assert stands("2", at=AT + 2 * HOUR) == (0, 1)
        assert stands("2", at=AT + 3 * HOUR) == (0, 0)
        assert Alert.objects.get(subject="1").resolved_at == AT + 2 * HOUR
        assert Alert.objects.get(subject="2").resolved_at is None

    def test_standing_again_is_a_new_alert(self) -> None:
        stands("1")
        stands(at=AT + HOUR)
        assert stands("1", at=AT + 2 * HOUR) == (1, 0)
        assert list(Alert.objects.order_by("pk").values_list("opened_at", "resolved_at")) == [
            (AT, AT + HOUR),
            (AT + 2 * HOUR, None),
        ]

    def test_other_facts_keep_the_alert_its_age_and_who_takes_care_of_it(self) -> None:
        stands("1", n=1)
        alert, rep = Alert.objects.get(), person("rep")
        attending.acknowledge(pk=alert.pk, by=rep, at=AT + HOUR)
        assert stands("1", at=AT + 2 * HOUR, n=2) == (0, 0)
        now = Alert.objects.get()
        assert (now.pk, now.context, now.opened_at) == (alert.pk, {"n": 2}, AT)
        assert (now.acknowledged_by, now.acknowledged_at) == (rep, AT + HOUR)

    def test_a_clock_set_back_resolves_nothing_before_it_began(self) -> None:
        stands("1")
        stands(at=AT - HOUR)
        assert Alert.objects.get().resolved_at == AT
        assert stands("1", at=AT - HOUR) == (1, 0)

    def test_kinds_do_not_meddle_with_each_other(self) -> None:
        services.open_alert(kind="unroutable", subject="1", context={})
        stands("1")
        stands(at=AT + HOUR)
        assert Alert.objects.get(kind="unroutable").resolved_at is None

    def test_the_same_thing_found_twice_is_one_alert(self) -> None:
        assert stands("1", "1") == (1, 0)

    def test_what_no_database_keeps_is_left_out_and_costs_stay_within_their_column(self) -> None:
        found = [Fact("1", {"lead": "A\x00B", "half": "\ud83d", "pair": (1, 2)}, "", 10**12)]
        for _turn in range(2):
            settle(KIND, lambda _now: found, at=AT)
        alert = Alert.objects.get()
        assert alert.context == {"lead": "AB", "half": "?", "pair": [1, 2]}
        assert alert.cost_minutes == MOST_MINUTES

    def test_facts_that_did_not_change_write_nothing(self) -> None:
        pairs = [Fact("1", {"pair": (1, 2)}, "", 3)]
        settle(KIND, lambda _now: pairs, at=AT)
        with CaptureQueriesContext(connection) as captured:
            settle(KIND, lambda _now: pairs, at=AT + HOUR)
        assert not [query for query in captured if query["sql"].startswith(("UPDATE", "INSERT"))]

    def test_statements_do_not_grow_with_the_facts(self) -> None:
        counts = []
        for number in (1, 300):
            names = [f"{number}-{n}" for n in range(number)]
            with CaptureQueriesContext(connection) as opening:
                stands(*names, at=AT, n=1)
            with CaptureQueriesContext(connection) as changing:
                stands(*names, at=AT + HOUR, n=2)
            with CaptureQueriesContext(connection) as resolving:
                stands(at=AT + 2 * HOUR)
            counts.append((len(opening), len(changing), len(resolving)))
        assert abs(counts[0][0] - counts[1][0]) <= 1  # the row of the lock is made at the first call
        assert counts[0][1:] == counts[1][1:]

    def test_telling_and_opening_are_one_transaction(self, anna: User) -> None:
        def tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
            services.put(kind=KIND, recipients=[anna], key=f"x:{opened[0].pk}", context={}, at=AT)
            raise ValueError("crash")

        with pytest.raises(ValueError, match="crash"):
            settle(KIND, lambda _now: facts("1"), at=AT, tell=tell)
        assert not Alert.objects.exists()
        assert not Notice.objects.exists()

        told: list[tuple[int, int]] = []
        for _turn in range(2):  # the next tick makes up for it, once
            settle(
                KIND,
                lambda _now: facts("1"),
                at=AT,
                tell=lambda opened, resolved: told.append((len(opened), len(resolved))),
            )
        assert told == [(1, 0)]
        assert Alert.objects.get().pk

    def test_an_alert_says_what_it_costs_however_it_was_opened(self) -> None:
        services.open_alert(kind="unroutable", subject="1", context={"count": 4})
        assert Alert.objects.get().cost_minutes == 20
        services.open_alert(kind="unroutable", subject="1", context={"count": "many"})
        assert Alert.objects.get().cost_minutes == 5


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
class TestTwoWorkers:
    @pytest.fixture(autouse=True)
    def _closed(self) -> Iterator[None]:
        yield
        connections.close_all()

    def test_at_once_they_open_and_resolve_each_alert_once_and_tell_once(self) -> None:
        anna = person("rep")

        def tell(opened: Sequence[Alert], resolved: Sequence[Alert]) -> None:
            for alert in (*opened, *resolved):
                services.put(kind=KIND, recipients=[anna], key=f"{len(resolved)}:{alert.pk}", context={})

        def work(*subjects: str) -> list[tuple[int, int]]:
            return [settle(KIND, lambda _now: facts(*subjects), at=AT, tell=tell) for _turn in range(3)]

        names = [str(n) for n in range(20)]
        results = together(*(lambda: work(*names) for _n in range(4)))
        assert [one for one in results if isinstance(one, Exception)] == []
        assert sum(opened for one in results for opened, _resolved in one) == 20
        assert Alert.objects.filter(resolved_at=None).count() == Alert.objects.count() == 20
        assert Notice.objects.count() == 20
        results = together(*(lambda: work("0") for _n in range(4)))
        assert sum(resolved for one in results for _opened, resolved in one) == 19
        assert list(Alert.objects.filter(resolved_at=None).values_list("subject", flat=True)) == ["0"]
        assert Notice.objects.count() == 39

    def test_a_service_that_opens_the_same_one_meanwhile_does_no_harm(self) -> None:
        looked, opened = Event(), Event()

        def find(_now: datetime) -> list[Fact]:
            found = facts("1", "2")
            looked.set()
            if connection.vendor == "postgresql":  # SQLite has one writer at a time
                opened.wait(10)
            return found

        def service() -> bool:
            looked.wait(10)
            is_new = services.open_alert(kind=KIND, subject="1", context={"by": "hand"}, at=AT - HOUR)
            opened.set()
            return is_new

        told: list[int] = []
        results = together(
            lambda: settle(KIND, find, at=AT, tell=lambda new, _gone: told.append(len(new))), service
        )
        assert [one for one in results if isinstance(one, Exception)] == []
        assert Alert.objects.filter(resolved_at=None).count() == 2
        assert sum(told) + int(results[1]) == 2 or connection.vendor == "sqlite"

    def test_two_people_at_once_take_care_of_it_one_after_the_other(self) -> None:
        stands("1")
        alert = Alert.objects.get()
        people = [person("rep", name=f"Rep {n}") for n in range(4)]
        results = together(*(lambda one=one: attending.acknowledge(pk=alert.pk, by=one) for one in people))
        refused = [one for one in results if isinstance(one, Exception)]
        assert len(refused) == 3
        winner = Alert.objects.get().acknowledged_by
        assert winner in people
        assert all(winner.name in str(one) for one in refused)

    def test_the_counter_reads_the_index_of_open_alerts(self) -> None:
        rows = selectors.unattended(person=1, sees=dict.fromkeys(guarded(), 0))
        if connection.vendor == "sqlite":
            assert "alert_one_open" in rows.explain()
