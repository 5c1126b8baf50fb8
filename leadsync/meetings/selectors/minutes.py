"""The minutes of a meeting: who was there, what was decided, what is for next time."""

from collections.abc import Sequence
from dataclasses import dataclass

from leadsync.accounts.models import User
from leadsync.meetings.models import Attendance, Decision, Meeting, Point
from leadsync.meetings.selectors.agenda import Shown, written


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the page, the mail and the print say, in the language in force."""

    present: Sequence[User]
    absent: Sequence[User]
    unknown: Sequence[User]  # asked, and nobody said whether they came
    decided: Sequence[Shown]
    talked: Sequence[Shown]  # without a decision
    carried: Sequence[Shown]
    left: Sequence[Shown]  # still open, while the meeting goes on

    @property
    def decisions(self) -> list[Decision]:
        """All decisions, by point."""
        return [decision for one in self.decided for decision in one.decisions]

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to talk about."""
        return not (self.decided or self.talked or self.carried or self.left)


def minutes_of(meeting: Meeting) -> Minutes:
    """The minutes as they stand. Seven queries at most, however many points."""
    shown = written(meeting)
    asked = list(
        Attendance.objects.filter(meeting=meeting).select_related("person").order_by("person__name", "pk")
    )
    states = Point.StateChoices

    def having(state: str) -> list[Shown]:
        return [one for one in shown if one.point is not None and one.point.state == state]

    done = having(states.DONE)
    return Minutes(
        present=[one.person for one in asked if one.is_present],
        absent=[one.person for one in asked if one.is_present is False],
        unknown=[one.person for one in asked if one.is_present is None],
        decided=[one for one in done if one.decisions],
        talked=[one for one in done if not one.decisions],
        carried=having(states.CARRIED),
        left=having(states.OPEN),
    )
