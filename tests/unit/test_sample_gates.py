"""The sample company can be built on any day: its stories of gates that were not passed hold whatever is drawn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from feedback.domain.gate import Verdict, judge
from leadsync.core.businesstime import WorkCalendar
from leadsync.demo.build import PROMISES, SEED
from leadsync.demo.gates import AGAIN, UNDECIDED, WAITS
from leadsync.demo.generator import Inventor
from leadsync.demo.scenario import PEOPLE, STORIES

WARSAW = ZoneInfo("Europe/Warsaw")
OFFICE = WorkCalendar(WARSAW, [[("09:00", "17:00")]] * 5 + [[], []])
REPS = [one for one in PEOPLE if one.capacity]


@pytest.mark.parametrize("days", range(0, 28, 3))
def test_gates_of_the_stories_fail_on_every_day(days: int) -> None:
    now = datetime(2026, 11, 20, 11, 43, tzinfo=UTC) + timedelta(days=days, hours=days)
    inventor = Inventor(
        seed=SEED,
        now=now,
        zone=WARSAW,
        calendars={one.key: OFFICE for one in REPS},
        promises=PROMISES,
        reps=REPS,
    )
    for story in STORIES:
        if story.name in (UNDECIDED, WAITS, AGAIN):
            marks = [life.mark.value for life in inventor.lives(story)]
            assert judge(marks, size=20, needed=5).verdict is Verdict.FAILED, (story.name, marks[:20])
