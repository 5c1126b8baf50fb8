"""Everything that happened to a lead, newest first, in words: who, what, when. A fixed number of queries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import FETCH_RAISE
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from leads.domain.terms import Terms
from leads.domain.words import Door, End, EventKind, MarkValue, Outcome, StepKind
from leads.models import Activity, Arrival, Handoff, Lead, LeadEvent, Mark, Reason, Step
from leads.models.lead import MarkChoices, stock_words
from leadsync.accounts.models import User
from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import clock, duration, when

MOST = 200  # of each kind; a lead with more shows the newest
SYSTEM = "LeadSync"

DOORS = {
    Door.HAND: gettext_lazy("by hand"),
    Door.PASTE: gettext_lazy("by paste"),
    Door.FILE: gettext_lazy("from a file"),
    Door.HISTORY: gettext_lazy("from imported history"),
    Door.API: gettext_lazy("over the API"),
    Door.FORM: gettext_lazy("by a form"),
    Door.WEBHOOK: gettext_lazy("by a webhook"),
    Door.TEST: gettext_lazy("as a test"),
}
ENDS = {
    End.CONTACT: gettext_lazy("First contact %(at)s"),
    End.MARK: gettext_lazy("Marked %(at)s"),
    End.JUDGED: gettext_lazy("Judged without contact %(at)s"),
    End.RETURNED: gettext_lazy("Returned to marketing %(at)s"),
    End.PASSED_ON: gettext_lazy("Passed on %(at)s"),
    End.MERGED: gettext_lazy("Merged %(at)s"),
    End.ERASED: gettext_lazy("Erased %(at)s"),
    End.UNDONE: gettext_lazy("Undone %(at)s"),
}
STEPS = {
    StepKind.WARN: ("clock", "warn", gettext_lazy("A quarter of the promise was left")),
    StepKind.MISSED: ("alert", "bad", gettext_lazy("Past the promise, due %(due)s")),
    StepKind.ESCALATED: (
        "alert",
        "bad",
        gettext_lazy("The head of sales was told, the promise was for %(due)s"),
    ),
    StepKind.FOLLOW_UP: ("clock", "warn", gettext_lazy("The next step of %(due)s was past")),
    StepKind.SILENT: ("clock", "warn", gettext_lazy("Silent: nothing happened for the agreed days")),
}
MARK_LOOKS = {
    MarkValue.QUALIFIED: ("check", "ok"),
    MarkValue.PROMISING: ("plus", "acc"),
    MarkValue.NOT_A_FIT: ("x", "muted"),
    MarkValue.UNREACHABLE: ("phone-off", "muted"),
}
_ACTIVITY_ICONS = {
    "call": "phone",
    "email": "mail",
    "meeting": "users",
    "message": "chat",
    "note": "edit",
    "work": "clock",
}
_EDITED = (
    "name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "city",
    "language",
    "need",
    "wanted_at",
)


@dataclass(frozen=True)
class Change:
    """A field's value before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Item:
    """One line. `order` puts what happened at one instant into the order of its causes."""

    icon: str
    tone: str
    text: str
    at: datetime
    by: str = ""
    note: str = ""
    order: int = 0
    pk: int = 0
    changes: list[Change] = field(default_factory=list)
    payload: list[tuple[str, str]] = field(default_factory=list)
    mark_id: int | None = None  # a mark that stands


def timeline(lead: Lead, terms: Terms) -> list[Item]:
    """What happened to the lead, newest first; answers under the questions of `terms`. Eight queries."""
    events = list(
        LeadEvent.objects.filter(lead=lead)
        .exclude(
            kind__in=(
                EventKind.ARRIVED,
                EventKind.ARRIVED_AGAIN,
                EventKind.ACTIVITY,
                EventKind.NOTE,
                EventKind.MARKED,
            )
        )
        .select_related("by")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )
    handoffs = list(
        Handoff.objects.filter(lead=lead)
        .select_related("rep", "by")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )
    people = dict(User.objects.filter(pk__in=_people(events)).values_list("pk", "name"))
    reasons = {reason.pk: reason for reason in Reason.objects.all()}
    questions = {criterion.key: criterion.question for criterion in terms.criteria}
    items = [
        *_arrivals(lead),
        *(_handoff(one) for one in handoffs),
        *_activities(lead),
        *_marks(lead, reasons),
        *_steps(lead),
        *_events(events, {one.at for one in handoffs}, people, reasons, questions),
    ]
    return sorted(items, key=lambda item: (item.at, item.order, item.pk), reverse=True)


def _name(person: User | None) -> str:
    return person.name if person is not None else SYSTEM


def _people(events: Iterable[LeadEvent]) -> set[int]:
    return {
        value
        for event in events
        for value in (event.before.get("owner_id"), event.after.get("owner_id"))
        if isinstance(value, int)
    }


# ---------------------------------------------------------------------------------------------- one kind each


def _arrivals(lead: Lead) -> Iterator[Item]:
    found = (
        Arrival.objects.filter(lead=lead)
        .select_related("campaign", "by")
        .order_by("-at", "-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )
    for arrival in found:
        words = {"campaign": arrival.campaign.name, "door": DOORS.get(arrival.door, arrival.door)}  # type: ignore[call-overload]
        text = (
            _("Received from %(campaign)s, %(door)s")
            if arrival.is_first
            else _("Came again from %(campaign)s, %(door)s")
        ) % words
        yield Item(
            "inbox" if arrival.is_first else "repeat",
            "acc",
            text,
            arrival.at,
            arrival.by.name if arrival.by else "",
            order=0,
            pk=arrival.pk,
            payload=[(str(key), _plain(value)) for key, value in _pairs(arrival.payload)],
        )


def _pairs(payload: Any) -> Iterable[tuple[Any, Any]]:
    return payload.items() if isinstance(payload, Mapping) else [("", payload)]


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_plain(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "\n".join(_plain(one) for one in value)
    return "–" if value is None or value == "" else str(value)[:2_000]


def _handoff(one: Handoff) -> Item:
    text = _("Handed to %(name)s, first contact due %(due)s") % {
        "name": one.rep.name,
        "due": when(one.due_at),
    }
    tone, note = "muted", ""
    if one.ended_at is not None:
        note = ENDS[End(one.end)] % {"at": when(one.ended_at)}
        if one.is_in_time is not None:
            tone = "ok" if one.is_in_time else "bad"
            note = f"{note}, {_('in time') if one.is_in_time else _('after the promise')}"
    rule = one.why.get("rule") if isinstance(one.why, dict) else None
    if rule == "by_hand" and one.why.get("note"):
        note = f"{one.why['note']}\n{note}".strip()
    by = (
        one.by.name
        if one.by and rule == "by_hand"
        else _("in turn")
        if rule == "round_robin"
        else _name(one.by)
    )
    return Item("right", tone, text, one.at, by, note, order=1, pk=one.pk)


def _activities(lead: Lead) -> Iterator[Item]:
    found = (
        Activity.objects.filter(lead=lead)
        .select_related("by")
        .order_by("-at", "-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )
    for one in found:
        text = one.get_kind_display()
        if one.direction == "in" and one.kind not in {"note", "work"}:
            text = _("%(what)s, inbound") % {"what": text}
        if one.outcome:
            text = f"{text}: {one.get_outcome_display()}"
        if one.minutes:
            spent = duration(one.minutes)
            text = f"{text}, " + (_("about %(time)s") % {"time": spent} if one.is_estimated else spent)
        tone = "ok" if one.outcome == Outcome.REACHED else "muted"
        icon = _ACTIVITY_ICONS.get(one.kind, "clock")
        yield Item(icon, tone, text, one.at, _name(one.by), one.note, order=2, pk=one.pk)


def _marks(lead: Lead, reasons: Mapping[int, Reason]) -> Iterator[Item]:
    found = (
        Mark.objects.filter(lead=lead)
        .select_related("by", "reverted_by", "agreement")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )
    is_newest = True
    for one in found:
        icon, tone = MARK_LOOKS.get(MarkValue(one.value), ("check", "muted"))
        text = _("Marked %(mark)s") % {"mark": one.get_value_display()}
        if one.reason_id and one.reason_id in reasons:
            text = f"{text}: {reasons[one.reason_id].words}"
        notes = [one.note, _measured(one)]
        stands = one.reverted_at is None
        if one.reverted_at is not None:
            tone = "muted"
            notes.append(
                _("Taken back by %(name)s at %(time)s")
                % {"name": _name(one.reverted_by), "time": clock(one.reverted_at)}
            )
        yield Item(
            icon,
            tone,
            text,
            one.at,
            _name(one.by),
            "\n".join(note for note in notes if note),
            order=3,
            pk=one.pk,
            mark_id=one.pk if stands and is_newest else None,
        )
        is_newest = is_newest and not stands


def _measured(mark: Mark) -> str:
    """How the lead measured up to the definition when it was marked."""
    known, total = mark.evaluation.get("known"), mark.evaluation.get("total")
    if not total:
        return ""
    words = {"known": known, "total": total, "version": str(mark.agreement or "")}
    if mark.evaluation.get("is_met"):
        return _("Met our definition %(version)s, %(known)s of %(total)s known") % words
    if mark.evaluation.get("can_still_be_met"):
        return _("Cannot be judged by our definition %(version)s yet, %(known)s of %(total)s known") % words
    return _("Did not meet our definition %(version)s, %(known)s of %(total)s known") % words


def _steps(lead: Lead) -> Iterator[Item]:
    for step in Step.objects.filter(lead=lead).order_by("-id")[:MOST]:
        icon, tone, text = STEPS[StepKind(step.kind)]
        yield Item(icon, tone, str(text) % {"due": when(step.due_at)}, step.at, SYSTEM, order=2, pk=step.pk)


def _events(
    events: Iterable[LeadEvent],
    handed_at: set[datetime],
    people: Mapping[int, str],
    reasons: Mapping[int, Reason],
    questions: Mapping[str, str],
) -> Iterator[Item]:
    for event in events:
        told = _event(event, handed_at, people, reasons, questions)
        if told is not None:
            icon, tone, text, note, changes = told
            yield Item(
                icon, tone, text, event.at, _name(event.by), note, order=4, pk=event.pk, changes=changes
            )


def _event(  # one answer per kind
    event: LeadEvent,
    handed_at: set[datetime],
    people: Mapping[int, str],
    reasons: Mapping[int, Reason],
    questions: Mapping[str, str],
) -> tuple[str, str, str, str, list[Change]] | None:
    before, after = event.before, event.after
    note = str(after.get("note") or "")
    match event.kind:
        case EventKind.HANDED_OFF | EventKind.PASSED_ON:
            if event.at in handed_at:
                return None  # the handoff itself says it, with its promise
            name = people.get(after.get("owner_id") or 0, "–")
            return "right", "muted", _("Handed to %(name)s") % {"name": name}, _why_note(after), []
        case EventKind.RETURNED:
            from_name = people.get(before.get("owner_id") or 0, "–")
            reason = _return_words(str(after.get("reason") or ""))
            return (
                "undo",
                "warn",
                _("Returned to marketing from %(name)s: %(reason)s") % {"name": from_name, "reason": reason},
                note,
                [],
            )
        case EventKind.NEXT_STEP:
            at = parse_datetime(str(after.get("next_step_at") or "")) if after.get("next_step_at") else None
            text = stock_words(str(after.get("next_step") or ""))
            if at is None and "next_step_at" in after:
                return "cal", "muted", _("Next step taken away"), "", []
            words = _("Next step %(when)s") % {"when": when(at)} if at else _("Next step")
            return "cal", "muted", f"{words}: {text}" if text else words, "", []
        case EventKind.WON:
            amount = after.get("amount")
            text = _("Won, %(amount)s") % {"amount": format_money(amount)} if amount is not None else _("Won")
            return "trophy", "ok", text, note, []
        case EventKind.LOST:
            why = reasons.get(after.get("reason_id") or 0)
            text = _("Lost: %(reason)s") % {"reason": why.words} if why else _("Lost")
            return "minus", "muted", text, note, []
        case EventKind.REOPENED:
            return "rotate-ccw", "acc", _("Opened again"), note, []
        case EventKind.MARK_REVERTED:
            mark = before.get("mark")
            label = dict(MarkChoices.choices).get(mark, mark) if mark else ""
            return (
                "undo",
                "muted",
                _("Mark taken back: %(mark)s") % {"mark": label} if label else _("Mark taken back"),
                "",
                [],
            )
        case EventKind.ANSWERED | EventKind.FORGOTTEN:
            return (
                "check",
                "muted",
                _("Our definition"),
                "",
                [
                    Change(questions.get(key, key), _answer(before.get(key)), _answer(after.get(key)))
                    for key in {**before, **after}
                ],
            )
        case EventKind.EDITED:
            return "edit", "muted", _("Details edited"), "", list(_edits(before, after))
        case EventKind.IMPORTED:
            return "upload", "muted", _("Brought up to date by an import"), "", list(_edits(before, after))
        case _:
            return None


def _why_note(after: Mapping[str, Any]) -> str:
    why = after.get("why")
    return str(why.get("note") or "") if isinstance(why, Mapping) else ""


def _return_words(reason: str) -> str:
    words = {
        "incomplete": _("Incomplete"),
        "wrong_market": _("Wrong market"),
        "wrong_rep": _("Wrong rep"),
        "not_now": _("Not now"),
        "other": _("Other"),
    }
    return words.get(reason, reason)


def _answer(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _edits(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in _EDITED:
        if name not in before and name not in after:
            continue
        label = str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a plain field
        yield Change(
            label[:1].upper() + label[1:], _value(name, before.get(name)), _value(name, after.get(name))
        )


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name == "country":
        return str(countries.name(value) or value)
    if name == "wanted_at":
        at = parse_datetime(str(value))
        return when(at) if at else str(value)
    return str(value)[:500]
