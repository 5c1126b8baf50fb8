"""What happened to a campaign, and what can be done with it, in words of the language in force."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django_countries import countries

from campaigns.domain import states
from campaigns.domain.states import State
from campaigns.models import Campaign
from campaigns.selectors.history import Change, Happened
from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import day

# The look of a state: icon, tone of its tag.
LOOKS = {
    State.DRAFT: ("edit", "line"),
    State.REVIEW: ("eye", "acc"),
    State.LIVE: ("play", "ok"),
    State.PAUSED: ("pause", "warn"),
    State.ENDED: ("check", ""),
    State.STOPPED: ("x", "bad"),
}

_NAMES = {
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Kind"),
    "channel_id": gettext_lazy("Channel"),
    "market": gettext_lazy("Market"),
    "segment": gettext_lazy("Segment"),
    "owner_id": gettext_lazy("Owner"),
    "starts_on": gettext_lazy("Start"),
    "ends_on": gettext_lazy("End"),
    "budget": gettext_lazy("Budget"),
    "offer": gettext_lazy("Offer"),
    "terms": gettext_lazy("Terms"),
    "hypothesis": gettext_lazy("Hypothesis"),
}
_LONG = frozenset({"offer", "terms", "hypothesis"})


@dataclass(frozen=True, slots=True)
class Step:
    """A button that moves the campaign on."""

    to: str
    label: str
    icon: str
    is_stop: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of "What happened"."""

    pk: int
    icon: str
    tone: str
    at: datetime
    text: str
    by: str


def steps(state: str) -> list[Step]:
    """What somebody may decide now, the likeliest first."""
    return [_step(state, to) for to in states.NEXT[State(state)]]


def _step(before: str, to: State) -> Step:
    match (State(before), to):
        case (State.STOPPED, State.REVIEW):
            label = _("Ask for review again")
        case (_, State.REVIEW):
            label = _("Send to review")
        case (State.PAUSED, State.LIVE):
            label = _("Go on")
        case (State.ENDED, State.LIVE):
            label = _("Open again")
        case (_, State.LIVE):
            label = _("Go live")
        case (_, State.PAUSED):
            label = pgettext("to interrupt a campaign", "Pause")
        case (_, State.ENDED):
            label = pgettext("to end a campaign", "End")
        case (_, State.STOPPED):
            label = _("Stop campaign")
        case _:
            label = _("Back to draft")
    return Step(to, label, LOOKS[to][0], is_stop=to is State.STOPPED)


def became(state: str) -> str:
    """What the toast says after a step."""
    match State(state):
        case State.DRAFT:
            return _("The campaign is a draft.")
        case State.REVIEW:
            return _("The campaign is in review.")
        case State.LIVE:
            return _("The campaign is live.")
        case State.PAUSED:
            return _("The campaign is paused.")
        case State.ENDED:
            return _("The campaign has ended.")
        case _:
            return _("The campaign is stopped.")


def undo(last: Happened) -> str:
    """The label of the button that takes the last change of state back."""
    change = last.change_of("state")
    assert change is not None
    return _("Undo, back to “%(state)s”") % {"state": Campaign.State(change.before).label}


def story(happened: Iterable[Happened]) -> list[Line]:
    """The lines of "What happened", in the order given."""
    return [_line(one) for one in happened]


def _line(one: Happened) -> Line:
    by = one.by.name if one.by else ""
    state = one.change_of("state")
    if one.is_creation:
        return Line(one.pk, "plus", "muted", one.at, _("Campaign made"), by)
    icon, tone = ("edit", "muted")
    if state:
        icon, look = LOOKS[State(state.after)]
        tone = look if look in {"ok", "warn", "bad"} else "muted"
    text = "; ".join(_said(change) for change in one.changes)
    return Line(one.pk, icon, tone, one.at, f"{text}: {one.note}" if one.note else text, by)


def _said(change: Change) -> str:
    if change.field == "state":
        return str(Campaign.State(change.after).label)
    label = str(_NAMES[change.field])
    if change.field in _LONG:
        return _("%(field)s rewritten") % {"field": label}
    return _("%(field)s: %(before)s → %(after)s") % {
        "field": label,
        "before": _value(change.field, change.before),
        "after": _value(change.field, change.after),
    }


def _value(field: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if field == "budget":
        return format_money(value)
    if field == "kind":
        return str(Campaign.Kind(value).label)
    if field == "market":
        return str(countries.name(value) or value)
    return day(value) if isinstance(value, date) else str(value)


def sentences(happened: Sequence[Happened]) -> list[str]:
    """What others changed, for the message of a conflict: one sentence a save."""
    found = []
    for one in happened:
        text = "; ".join(_said(change) for change in one.changes)
        if text:
            found.append(f"{one.by.name}: {text}" if one.by else text)
    return found
