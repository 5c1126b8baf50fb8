"""Everything that happened to a lead, newest first, in words: who, what, when. A fixed number of queries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import FETCH_RAISE
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.domain.terms import Terms
from leads.domain.words import Door, End, EventKind, MarkValue, Outcome, StepKind
from leads.models import Activity, Arrival, Handoff, Lead, LeadEvent, Mark, Reason, Step
from leads.selectors import event_words, routing_words
from leads.selectors.event_words import SYSTEM, Item, name_of
from leads.selectors.lead_flags import HAS_ACTIVITIES, HAS_MARKS, HAS_STEPS, may_have
from leads.selectors.marks import is_overruling
from leadsync.accounts.models import User
from leadsync.core.templatetags.ui import clock, duration, when

MOST = 200  # of each kind; a lead with more shows the newest

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


def timeline(
    lead: Lead, terms: Terms, marks: Sequence[Mark] | None = None, handoffs: Sequence[Handoff] | None = None
) -> list[Item]:
    """What happened to the lead, newest first; answers under the questions of `terms`. Eight queries at most.

    `marks` and `handoffs`: all of the lead's as `marks_of` and `handoffs_of` read them, where the page has them already.
    """
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
    handoffs = handoffs_of(lead) if handoffs is None else handoffs
    people = _names(events, handoffs)
    is_lost = any(event.kind == EventKind.LOST for event in events)
    reasons = {reason.pk: reason for reason in Reason.objects.all()} if is_lost else {}
    questions = {criterion.key: criterion for criterion in terms.criteria}
    items = [
        *_arrivals(lead),
        *(_handoff(one, people) for one in handoffs),
        *_activities(lead),
        *_marks(marks_of(lead) if marks is None else marks),
        *_steps(lead),
        *event_words.lines(events, {one.at for one in handoffs}, people, reasons, questions),
    ]
    return sorted(items, key=lambda item: (item.at, item.order, item.pk), reverse=True)


def _people(events: Iterable[LeadEvent]) -> set[int]:
    return {
        value
        for event in events
        for value in (event.before.get("owner_id"), event.after.get("owner_id"))
        if isinstance(value, int)
    }


def _names(events: Iterable[LeadEvent], handoffs: Iterable[Handoff]) -> dict[int, str]:
    """The names of all people spoken of. A query where some are not among those the lead was handed to."""
    names = {one.rep_id: one.rep.name for one in handoffs}
    spoken_of = _people(events).union(*(routing_words.people_of(one.why) for one in handoffs))
    if unknown := spoken_of - names.keys():
        names.update(User.objects.filter(pk__in=unknown).values_list("pk", "name"))
    return names


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


def _handoff(one: Handoff, people: Mapping[int, str]) -> Item:
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
    routed = routing_words.why(one.why, one.rep.name, people)
    if routed:
        note = f"{routed}\n{note}".strip()
    by = (
        one.by.name
        if one.by and rule == "by_hand"
        else _("by routing")
        if routed or rule == "round_robin"
        else name_of(one.by)
    )
    return Item("right", tone, text, one.at, by, note, order=1, pk=one.pk)


def _activities(lead: Lead) -> Iterator[Item]:
    if not may_have(lead, HAS_ACTIVITIES):
        return
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
        yield Item(icon, tone, text, one.at, name_of(one.by), one.note, order=2, pk=one.pk)


def _marks(found: Iterable[Mark]) -> Iterator[Item]:
    is_newest = True
    for one in found:
        icon, tone = MARK_LOOKS.get(MarkValue(one.value), ("check", "muted"))
        words = _("Marked %(mark)s")
        if is_overruling(one):
            words = _("Dispute decided, the mark is now: %(mark)s")
        text = words % {"mark": one.get_value_display()}
        if one.reason:
            text = f"{text}: {one.reason.words}"
        notes = [one.note, measured_words(one)]
        if is_overridden(one):
            notes.insert(0, override_words(one))
        stands = one.reverted_at is None
        if one.reverted_at is not None:
            tone = "muted"
            notes.append(
                _("Taken back by %(name)s at %(time)s")
                % {"name": name_of(one.reverted_by), "time": clock(one.reverted_at)}
            )
        yield Item(
            icon,
            tone,
            text,
            one.at,
            name_of(one.by),
            "\n".join(note for note in notes if note),
            order=3,
            pk=one.pk,
            mark_id=one.pk if stands and is_newest else None,
        )
        is_newest = is_newest and not stands


def marks_of(lead: Lead) -> list[Mark]:
    """Every mark the lead ever had, those taken back too, the newest first, with who, why and the version."""
    if not may_have(lead, HAS_MARKS):
        return []
    return list(
        Mark.objects.filter(lead=lead)
        .select_related("by", "reverted_by", "agreement", "reason")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )


def handoffs_of(lead: Lead) -> list[Handoff]:
    """Every time the lead was handed to a rep, the newest first."""
    return list(
        Handoff.objects.filter(lead=lead)
        .select_related("rep", "by")
        .order_by("-id")
        .fetch_mode(FETCH_RAISE)[:MOST]
    )


def is_overridden(mark: Mark) -> bool:
    """Whether a head made the mark against an agreed rule."""
    return bool(mark.evaluation.get("overrides"))


def override_words(mark: Mark) -> str:
    """Which agreed rule the mark overrides."""
    if mark.evaluation.get("overrides") == "attempts":
        return _("Overridden: fewer attempts than agreed")
    return _("Overridden: our definition speaks against it")


def measured_words(mark: Mark) -> str:
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
    if not may_have(lead, HAS_STEPS):
        return
    for step in Step.objects.filter(lead=lead).order_by("-id")[:MOST]:
        icon, tone, text = STEPS[StepKind(step.kind)]
        yield Item(icon, tone, str(text) % {"due": when(step.due_at)}, step.at, SYSTEM, order=2, pk=step.pk)
