"""Beat leaves a sign of life, which containers look at, and keeps nothing in it."""

import os
from pathlib import Path

from celery import Celery

from leadsync.core.beat_scheduler import AliveScheduler


def scheduler(path: str) -> AliveScheduler:
    app = Celery("tests", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {}
    return AliveScheduler(app, schedule_filename=path, lazy=True)


def test_each_tick_touches_the_file(tmp_path: Path) -> None:
    alive = tmp_path / "beat-schedule"
    beat = scheduler(str(alive))
    beat.tick()
    assert alive.read_bytes() == b""
    os.utime(alive, (0, 0))
    beat.tick()
    assert alive.stat().st_mtime > 0


def test_a_file_that_cannot_be_written_or_none_stops_nothing(tmp_path: Path) -> None:
    assert scheduler(str(tmp_path / "not" / "there")).tick() > 0
    assert scheduler("").tick() > 0
