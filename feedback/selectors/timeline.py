"""What was done about a lead, step by step, with the working time between: from its arrival to its mark.

The same steps are kept with a question as of asking and read anew for "now". Before the first handoff the company's
working time counts, from then on that of the rep who had the lead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from feedback.domain import spans
from feedback.domain.spans import FULL_DAY, Span
from leads.models import Activity, Handoff, Lead
from leads.models.lead import MarkChoices
from leadsync.accounts.selectors import calendars_for, company_calendar
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.templatetags.ui import duration, when

MOST_ATTEMPTS = 10  # written out; the rest is counted
MOST_COUNTED = 100
MOST_HANDOFFS = 5

ARRIVED, HANDED, ATTEMPT, CONTACT, MARKED = "arrived", "handed", "attempt", "contact", "marked"
WON, LOST, CLOSED = "won", "lost", "closed"

_ORDER = {
    name: place for place, name in enumerate((ARRIVED, HANDED, ATTEMPT, CONTACT, MARKED, WON, LOST, CLOSED))
}
_LOOKS = {
    ARRIVED: ("inbox", "acc"),
    HANDED: ("right", "muted"),
    ATTEMPT: ("phone", "muted"),
    CONTACT: ("check", "ok"),
    MARKED: ("check", "muted"),
    WON: ("star", "ok"),
    LOST: ("x", "muted"),
    CLOSED: ("x", "muted"),
}
_ICONS = {"email": "mail", "meeting": "users", "message": "chat"}


def span_words(span: Span) -> str:
    """ "2 working days 3 h"; below a working day "3 h 20 min"."""
    if not span.days:
        return duration(span.minutes)
    days = ngettext("%(n)d working day", "%(n)d working days", span.days) % {"n": span.days}
    hours = span.rest // 60 * 60
    return f"{days} {duration(hours)}" if hours else days


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done. `gap` is the working time since the step before, None for the first."""

    kind: str
    at: datetime
    by: str = ""
    what: str = ""  # the kind of an attempt, the mark
    outcome: str = ""
    due_at: datetime | None = None
    is_first: bool = False  # the attempt that was the first contact
    is_in_time: bool | None = None
    gap: Span | None = None

    @property
    def words(self) -> str:
        """What happened, in the reader's language."""
        match self.kind:
            case "arrived":
                return _("Arrived")
            case "handed":
                if self.due_at is None:
                    return _("Handed to %(name)s") % {"name": self.by}
                return _("Handed to %(name)s, first contact due %(time)s") % {
                    "name": self.by,
                    "time": when(self.due_at),
                }
            case "attempt":
                kinds, outcomes = dict(Activity.Kind.choices), dict(Activity.OutcomeChoices.choices)
                said = [
                    kinds.get(self.what, self.what),
                    outcomes.get(self.outcome, "") if self.outcome else "",
                ]
                return ", ".join(str(word) for word in said if word)
            case "contact":
                return _("First contact")
            case "marked":
                marks: dict[str, Any] = dict(MarkChoices.choices)
                return _("Marked %(mark)s") % {"mark": marks.get(self.what, self.what)}
            case "won":
                return _("Won")
            case "lost":
                return _("Lost")
        return _("Closed")

    @property
    def remark(self) -> str:
        """What the step meant for the promise."""
        if not self.is_first:
            return ""
        if self.is_in_time is None:
            return _("first contact") if self.kind == ATTEMPT else ""
        if self.kind == ATTEMPT:
            return _("first contact, in time") if self.is_in_time else _("first contact, past the promise")
        return _("in time") if self.is_in_time else _("past the promise")

    @property
    def gap_words(self) -> str:
        """ "+2 working days", the working time since the step before."""
        return f"+{span_words(self.gap)}" if self.gap is not None and self.gap.minutes else ""

    @property
    def is_long(self) -> bool:
        """A working day or more passed before it."""
        return self.gap is not None and self.gap.days > 0

    @property
    def icon(self) -> str:
        return _ICONS.get(self.what, "phone") if self.kind == ATTEMPT else _LOOKS[self.kind][0]

    @property
    def tone(self) -> str:
        if self.is_first and self.is_in_time is not None:
            return "ok" if self.is_in_time else "bad"
        return _LOOKS[self.kind][1]

    def as_json(self) -> dict[str, Any]:
        """The step for the database; what is empty is left out."""
        stored = {
            "kind": self.kind,
            "at": self.at.isoformat(),
            "by": self.by,
            "what": self.what,
            "outcome": self.outcome,
            "due_at": self.due_at.isoformat() if self.due_at else "",
            "is_first": self.is_first or "",
            "is_in_time": self.is_in_time,
            "gap": self.gap.minutes if self.gap else None,
            "day": self.gap.day_minutes if self.gap else None,
        }
        return {key: value for key, value in stored.items() if value not in ("", None)}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Step | None":
        """The step as it was kept, None for what cannot be read."""
        at = instant(stored.get("at"))
        if at is None or stored.get("kind") not in _LOOKS:
            return None
        gap = stored.get("gap")
        return cls(
            kind=stored["kind"],
            at=at,
            by=stored.get("by", ""),
            what=stored.get("what", ""),
            outcome=stored.get("outcome", ""),
            due_at=instant(stored.get("due_at")),
            is_first=bool(stored.get("is_first")),
            is_in_time=stored.get("is_in_time"),
            gap=None if gap is None else Span(gap, stored.get("day") or FULL_DAY),
        )


def instant(value: Any) -> datetime | None:
    """An instant as JSON keeps it; None where there is none."""
    try:
        return parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Told:
    """The steps of a lead, oldest first, and what they were made of."""

    steps: list[Step]
    attempts: int  # all of them, at most `MOST_COUNTED`
    tried: list[Activity]
    handoff: Handoff | None  # the first one
    rep: str  # who has it now
    waited: int | None  # working minutes of the rep from the first handoff to the first contact


def of_lead(lead: Lead) -> Told:
    """What was done about the lead so far. Two queries, and those of the calendars."""
    handoffs = list(Handoff.objects.filter(lead=lead).select_related("rep").order_by("id")[:MOST_HANDOFFS])
    tried = list(
        Activity.objects.filter(lead=lead).attempts().select_related("by").order_by("at", "id")[:MOST_COUNTED]
    )
    steps = [Step(ARRIVED, lead.received_at)]
    steps += [Step(HANDED, one.at, by=one.rep.name, due_at=one.due_at) for one in handoffs]
    shown = tried[:MOST_ATTEMPTS]
    contact = lead.first_contact_at
    first = next((one for one in shown if contact is not None and one.at == contact), None)
    for one in shown:
        is_first = one is first
        steps.append(
            Step(
                ATTEMPT,
                one.at,
                by=one.by.name if one.by else "",
                what=one.kind,
                outcome=one.outcome,
                is_first=is_first,
                is_in_time=lead.is_in_time if is_first else None,
            )
        )
    if contact is not None and first is None:
        steps.append(Step(CONTACT, contact, is_first=True, is_in_time=lead.is_in_time))
    ends = ((MARKED, lead.marked_at), (WON, lead.won_at), (LOST, lead.lost_at), (CLOSED, lead.closed_at))
    for kind, at in ends:
        if at is not None:
            steps.append(Step(kind, at, what=lead.mark if kind == MARKED else ""))
    steps.sort(key=lambda step: (step.at, _ORDER[step.kind]))
    calendars = calendars_for({one.rep_id for one in handoffs}, since=lead.received_at.date())
    waited = None
    if handoffs and contact is not None and contact >= handoffs[0].at:
        waited = round(calendars[handoffs[0].rep_id].between(handoffs[0].at, contact) / 60)
    return Told(
        steps=_with_gaps(steps, handoffs, calendars, company_calendar(since=lead.received_at.date())),
        attempts=len(tried),
        tried=shown,
        handoff=handoffs[0] if handoffs else None,
        rep=handoffs[-1].rep.name if handoffs else "",
        waited=waited,
    )


def _with_gaps(
    steps: Sequence[Step],
    handoffs: Iterable[Handoff],
    calendars: dict[int, WorkCalendar],
    company: WorkCalendar,
) -> list[Step]:
    told: list[Step] = []
    held = list(handoffs)
    for step in steps:
        if not told:
            told.append(step)
            continue
        before = told[-1]
        rep = next((one.rep_id for one in reversed(held) if one.at <= before.at), None)
        calendar = company if rep is None else calendars[rep]
        told.append(replace(step, gap=spans.between(calendar, before.at, step.at)))
    return told
