"""Beat's clock: what ran last stays in memory, and each tick leaves a sign of life."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.beat import Scheduler


class AliveScheduler(Scheduler):
    """Celery's scheduler that touches a file (`--schedule`) at each tick; one that got old means that beat hangs.

    A file that cannot be written stops nobody's work.
    """

    def __init__(self, *args: Any, schedule_filename: str = "", **kwargs: Any) -> None:
        self._alive = Path(schedule_filename) if schedule_filename else None
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        if self._alive is not None:
            with suppress(OSError):
                self._alive.touch()
        return super().tick(*args, **kwargs)
