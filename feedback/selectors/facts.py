"""What a question carries from the moment of asking, beside the same read now, so that the talk starts from facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.models import Question
from feedback.selectors import timeline
from feedback.selectors.timeline import Step, instant
from leads.domain.words import GOOD_MARKS, MarkValue, Stage
from leads.models import Lead
from leads.models.lead import MarkChoices, StageChoices
from leadsync.core.templatetags.ui import duration, num, when


def _iso(value: Any) -> str | None:
    return value.isoformat() if value else None


def of_lead(lead: Lead) -> dict[str, Any]:
    """Arrival, handoff, first contact with the working minutes between, attempts, mark, stage. Plain JSON values."""
    told = timeline.of_lead(lead)
    handoff = told.handoff
    return {
        "received_at": _iso(lead.received_at),
        "handed_off_at": _iso(handoff.at if handoff else None),
        "rep": told.rep or None,
        "due_at": _iso(handoff.due_at if handoff else None),
        "first_contact_at": _iso(lead.first_contact_at),
        "is_in_time": lead.is_in_time,
        "working_minutes": told.waited,
        "attempts": [
            {
                "at": _iso(activity.at),
                "kind": activity.kind,
                "outcome": activity.outcome,
                "by": activity.by.name if activity.by else "",
            }
            for activity in told.tried
        ],
        "attempts_count": told.attempts,
        "mark": lead.mark,
        "marked_at": _iso(lead.marked_at),
        "stage": lead.stage,
        "sales_minutes": lead.minutes,
        "steps": [step.as_json() for step in told.steps],
    }


def of_campaign(campaign: Campaign) -> dict[str, Any]:
    """How its leads stand: received, contacted, promising or better, not a fit, won; sales time. One query."""
    found = (
        Lead.objects.filter(campaign=campaign)
        .counted()
        .aggregate(
            leads=Count("pk"),
            contacted=Count("pk", filter=Q(first_contact_at__isnull=False)),
            good=Count("pk", filter=Q(mark__in=GOOD_MARKS)),
            not_a_fit=Count("pk", filter=Q(mark=MarkValue.NOT_A_FIT)),
            won=Count("pk", filter=Q(stage=Stage.WON)),
            sales_minutes=Sum("minutes"),
        )
    )
    return found | {"sales_minutes": found["sales_minutes"] or 0}


# ---------------------------------------------------------------------------------------------- side by side


@dataclass(frozen=True, slots=True)
class Line:
    """One fact as of asking and now; `url` shows what it counts."""

    label: str
    asked: str
    now: str
    url: str = ""

    @property
    def is_changed(self) -> bool:
        return self.asked != self.now


@dataclass(frozen=True, slots=True)
class Compared:
    """The facts of a question. `steps` are those of a lead, up to now; what was done since asking is told apart."""

    lines: list[Line]
    steps: list[Step] = field(default_factory=list)
    since: list[Step] = field(default_factory=list)
    more_attempts: int = 0

    @property
    def is_changed(self) -> bool:
        """Whether anything differs from when it was asked."""
        return any(line.is_changed for line in self.lines)


def compared(question: Question, now: Mapping[str, Any]) -> Compared | None:
    """The stored facts beside those of `now`; None for a question without facts, or about somebody erased."""
    stored = question.facts
    if "received_at" in stored and "received_at" in now:
        told = [Step.from_json(step) for step in now["steps"]]
        steps = [step for step in told if step is not None]
        return Compared(
            [
                Line(label, _words_of_lead(key, stored), _words_of_lead(key, now))
                for key, label in _of_lead_labels().items()
            ],
            steps=[step for step in steps if step.at <= question.asked_at],
            since=[step for step in steps if step.at > question.asked_at],
            more_attempts=max(0, now["attempts_count"] - timeline.MOST_ATTEMPTS),
        )
    if "leads" in stored and question.campaign_id is not None:
        return Compared(
            [
                Line(label, _figure(key, stored), _figure(key, now), _list_url(question.campaign_id, cut))
                for key, label, cut in _of_campaign_labels()
            ]
        )
    return None


def _of_lead_labels() -> dict[str, str]:
    return {
        "rep": _("Rep"),
        "due_at": _("First contact due"),
        "first_contact_at": _("First contact"),
        "attempts": _("Attempts"),
        "mark": _("Quality"),
        "stage": _("Stage"),
        "sales_minutes": _("Sales time"),
    }


def _words_of_lead(key: str, facts: Mapping[str, Any]) -> str:
    value = facts.get(key)
    match key:
        case "rep":
            return str(value or _("Not handed off"))
        case "due_at":
            at = instant(value)
            return when(at) if at else "–"
        case "first_contact_at":
            return _contact(instant(value), facts)
        case "attempts":
            return num(facts.get("attempts_count", len(value or ())))
        case "mark":
            marks: dict[str, Any] = dict(MarkChoices.choices)
            return str(marks.get(str(value), "–"))
        case "stage":
            stages: dict[str, Any] = dict(StageChoices.choices)
            return str(stages.get(str(value), "–"))
    return duration(value) or "–"


def _contact(at: datetime | None, facts: Mapping[str, Any]) -> str:
    if at is None:
        return _("None yet")
    text = when(at)
    if facts.get("is_in_time") is not None:
        text = f"{text}, {_('in time') if facts['is_in_time'] else _('past the promise')}"
    waited = facts.get("working_minutes")
    if waited is not None:
        said = _("%(time)s of working time after the handoff") % {"time": duration(waited)}
        text = f"{text}, {said}"
    return text


def _of_campaign_labels() -> list[tuple[str, str, dict[str, str] | None]]:
    """Key, label, and how the list of leads is cut to what is counted; None: no list shows it."""
    return [
        ("leads", _("Leads"), {}),
        ("contacted", _("Contacted"), None),
        ("good", _("Promising or better"), {"mark": "good"}),
        ("not_a_fit", _("Not a fit"), {"mark": MarkValue.NOT_A_FIT.value}),
        ("won", _("Won"), {"stage": Stage.WON.value}),
        ("sales_minutes", _("Sales time"), None),
    ]


def _figure(key: str, facts: Mapping[str, Any]) -> str:
    value = facts.get(key)
    if value is None:
        return "–"
    return duration(value) if key == "sales_minutes" else num(value)


def _list_url(campaign_id: int, cut: dict[str, str] | None) -> str:
    if cut is None:
        return ""
    rest = "".join(f"&{name}={value}" for name, value in cut.items())
    return f"{reverse('leads:list')}?campaign={campaign_id}{rest}"
