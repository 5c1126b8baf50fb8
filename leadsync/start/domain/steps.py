"""The steps of a new company, in their order, and what they depend on. No framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LEADS_WANTED = 20  # a first campaign is judged by as many


class Step(StrEnum):
    """What is done together, in the order in which it is best done."""

    PEOPLE = "people"
    HOURS = "hours"
    CHANNELS = "channels"
    AGREEMENT = "agreement"
    CAMPAIGN = "campaign"
    LEADS = "leads"
    CONTACT = "contact"
    MARK = "mark"
    MEETING = "meeting"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Fact:
    """How one step stands: done at an instant by somebody, as far as that is known, or so many of so many."""

    is_done: bool = False
    at: datetime | None = None
    by: str = ""
    have: int = 0
    want: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the company is."""

    done: int
    of: int
    next_step: Step | None

    @property
    def is_over(self) -> bool:
        return self.next_step is None

    @property
    def share_pct(self) -> int:
        return self.done * 100 // self.of


def progress(facts: Mapping[Step, Fact]) -> Progress:
    """Steps done, and the first one that is not; steps may be done in any order."""
    done = [step for step in Step if facts[step].is_done]
    return Progress(len(done), len(Step), next((step for step in Step if step not in done), None))
