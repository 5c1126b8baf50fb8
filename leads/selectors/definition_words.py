"""The agreement in words for those who were not there, and what differs between two versions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django_countries import countries

from campaigns.models import Campaign
from leads.domain.attempts import read_wait
from leads.models import Agreement, Criterion, Promise
from leadsync.core.templatetags.ui import duration, num

LIMIT_NAMES = {
    "points_needed": gettext_lazy("Points needed"),
    "gate_size": gettext_lazy("Leads in the gate"),
    "gate_needed": gettext_lazy("Promising leads needed in the gate"),
    "gate_answer_hours": gettext_lazy("Answer about the gate, working hours"),
    "minutes_per_promising": gettext_lazy("Sales time per promising lead"),
    "attempts_needed": gettext_lazy("Attempts before unreachable"),
    "attempt_waits": gettext_lazy("Waits between attempts"),
    "silent_days": gettext_lazy("Silent after, days"),
    "question_days": gettext_lazy("Questions due after, working days"),
    "proof_days": gettext_lazy("Proof of a contact point stale after, days"),
    "calls_heard": gettext_lazy("Calls heard per marketer and quarter"),
    "meeting_days": gettext_lazy("Joint meeting at least every, days"),
    "dispute_days": gettext_lazy("Time for a dispute, working days"),
    "has_rerouting": gettext_lazy("An escalated lead goes to another rep by itself"),
}


# What a difference is about.
ABOUT_QUESTIONS, ABOUT_PROMISES, ABOUT_LIMITS = "questions", "promises", "limits"


@dataclass(frozen=True, slots=True)
class CriterionWords:
    """One question of the definition: what it asks, when it is met, what it counts."""

    question: str
    met_when: str
    is_required: bool
    points: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A rule: its name and what it says."""

    title: str
    text: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two versions differ. `kind` is "added", "removed" or "changed"."""

    kind: str
    title: str
    before: str = ""
    after: str = ""
    about: str = ABOUT_QUESTIONS


def criterion_words(criterion: Criterion) -> CriterionWords:
    """A criterion as the page says it."""
    return CriterionWords(criterion.question, met_when(criterion), criterion.is_required, criterion.points)


def met_when(criterion: Criterion) -> str:
    """When an answer meets the criterion."""
    match criterion.kind:
        case Criterion.Kind.NUMBER:
            threshold = criterion.threshold_or_zero
            places = 0 if threshold == threshold.to_integral_value() else 2
            figure = f"{num(threshold, places)} {criterion.unit}".strip().replace(" ", "\xa0")
            return _("at least %(figure)s") % {"figure": figure}
        case Criterion.Kind.CHOICE | Criterion.Kind.SEGMENT:
            return ", ".join(map(str, criterion.choices))
        case Criterion.Kind.COUNTRY:
            return ", ".join(country_name(str(code)) for code in criterion.choices)
        case Criterion.Kind.TEXT:
            return _("it is known")
        case _:
            return pgettext("answer that meets a criterion", "yes")


def country_name(code: str) -> str:
    """The country's name in the language in force; the code itself where there is none."""
    return str(countries.name(code.upper()) or code)


def weight(criterion: Criterion) -> str:
    """What a criterion counts."""
    if criterion.is_required:
        return _("required")
    return ngettext("%(n)d point", "%(n)d points", criterion.points) % {"n": criterion.points}


def rule(agreement: Agreement, criteria: Sequence[Criterion]) -> str:
    """When a lead is qualified, in one sentence."""
    required = sum(criterion.is_required for criterion in criteria)
    if not criteria:
        return _("No questions are agreed: sales decides lead by lead.")
    if required and agreement.points_needed:
        return ngettext(
            "A lead is qualified when everything required is met and %(n)d point is reached.",
            "A lead is qualified when everything required is met and %(n)d points are reached.",
            agreement.points_needed,
        ) % {"n": agreement.points_needed}
    if agreement.points_needed:
        return ngettext(
            "A lead is qualified when %(n)d point is reached.",
            "A lead is qualified when %(n)d points are reached.",
            agreement.points_needed,
        ) % {"n": agreement.points_needed}
    return _("A lead is qualified when everything required is met. Unknown is not the same as not met.")


def promise_words(promise: Promise) -> str:
    """The promise of one kind of campaign."""
    time = duration(promise.minutes)
    if promise.mode == Promise.Mode.SAME_DAY:
        return _("the same working day, with %(time)s at least") % {"time": time}
    return _("within %(time)s of working time") % {"time": time}


def promises_words(promises: Iterable[Promise]) -> list[tuple[str, str]]:
    """Kind of campaign and its promise, in the order in which kinds are listed."""
    by_kind = {promise.campaign_kind: promise for promise in promises}
    return [
        (str(kind.label), promise_words(by_kind[kind.value]))
        for kind in Campaign.Kind
        if kind.value in by_kind
    ]


def wait_words(wait: str) -> str:
    """A wait between attempts, as "1h" or "2d" is stored."""
    try:
        number, unit = read_wait(wait)
    except ValueError:
        return wait
    if unit == "d":
        return ngettext("%(n)d day", "%(n)d days", number) % {"n": number}
    return duration(number * 60 if unit == "h" else number)


def limits_words(of: Agreement) -> list[Sentence]:
    """The limits as sentences."""
    waits = ", ".join(wait_words(str(wait)) for wait in of.attempt_waits)
    return [
        Sentence(
            _("Test of a new campaign"),
            _(
                "The first %(size)d leads are its gate. %(needed)d of them have to be promising. "
                "Sales says so within %(hours)d working hours."
            )
            % {"size": of.gate_size, "needed": of.gate_needed, "hours": of.gate_answer_hours},
            "flag",
        ),
        Sentence(
            _("Work and benefit"),
            _("A promising lead takes %(time)s of sales time at most, counted over all leads of a campaign.")
            % {"time": duration(of.minutes_per_promising)},
            "scale",
        ),
        Sentence(
            _("Unreachable"),
            " ".join(
                part
                for part in (
                    ngettext(
                        "After %(n)d attempt without an answer.",
                        "After %(n)d attempts without an answer.",
                        of.attempts_needed,
                    )
                    % {"n": of.attempts_needed},
                    _("Working time between attempts: %(waits)s.") % {"waits": waits} if waits else "",
                )
                if part
            ),
            "phone-off",
        ),
        Sentence(
            _("Escalation"),
            _("A lead that nobody contacts for twice the promise goes to another rep by itself, once.")
            if of.has_rerouting
            else _("The head of sales is told of a lead that nobody contacts for twice the promise."),
            "repeat",
        ),
        Sentence(
            _("Silent leads"),
            ngettext(
                "After %(n)d day without anything done, the head of sales is told.",
                "After %(n)d days without anything done, the head of sales is told.",
                of.silent_days,
            )
            % {"n": of.silent_days},
            "clock",
        ),
        Sentence(
            _("Questions"),
            ngettext(
                "Answered within %(n)d working day, closed by who asked.",
                "Answered within %(n)d working days, closed by who asked.",
                of.question_days,
            )
            % {"n": of.question_days},
            "chat",
        ),
        Sentence(
            _("Contact points"),
            ngettext(
                "A test proves a phone, mailbox or form for %(n)d day.",
                "A test proves a phone, mailbox or form for %(n)d days.",
                of.proof_days,
            )
            % {"n": of.proof_days},
            "phone",
        ),
        Sentence(
            _("Listening"),
            ngettext(
                "Every marketer hears %(n)d sales call a quarter.",
                "Every marketer hears %(n)d sales calls a quarter.",
                of.calls_heard,
            )
            % {"n": of.calls_heard},
            "ear",
        ),
        Sentence(
            _("Meetings"),
            ngettext(
                "Both departments meet at least every %(n)d day.",
                "Both departments meet at least every %(n)d days.",
                of.meeting_days,
            )
            % {"n": of.meeting_days},
            "cal",
        ),
        Sentence(
            _("Disputes"),
            ngettext(
                "Marketing can dispute a mark for %(n)d working day.",
                "Marketing can dispute a mark for %(n)d working days.",
                of.dispute_days,
            )
            % {"n": of.dispute_days},
            "gavel",
        ),
    ]


def _limit_value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "attempt_waits":
        return ", ".join(wait_words(str(wait)) for wait in value) or "–"
    return duration(value) if name == "minutes_per_promising" else num(value)


def differences(before: Agreement, after: Agreement) -> list[Difference]:
    """In what `after` differs from `before`, in words. No queries on loaded versions."""
    return [
        *_criteria_differences(list(before.criteria.all()), list(after.criteria.all())),
        *_promise_differences(before, after),
        *(
            Difference(
                "changed",
                str(title),
                _limit_value(name, getattr(before, name)),
                _limit_value(name, getattr(after, name)),
                ABOUT_QUESTIONS if name == "points_needed" else ABOUT_LIMITS,
            )
            for name, title in LIMIT_NAMES.items()
            if getattr(before, name) != getattr(after, name)
        ),
    ]


def grouped(found: Iterable[Difference]) -> list[tuple[str, list[Difference]]]:
    """Differences by what they are about, in the order of the agreement, with a heading each."""
    listed = list(found)
    headings = {
        ABOUT_QUESTIONS: _("A qualified lead"),
        ABOUT_PROMISES: _("Our promise"),
        ABOUT_LIMITS: _("What else we agreed"),
    }
    by_area = [(heading, [one for one in listed if one.about == area]) for area, heading in headings.items()]
    return [(heading, some) for heading, some in by_area if some]


def _criteria_differences(before: Sequence[Criterion], after: Sequence[Criterion]) -> list[Difference]:
    old = {criterion.key: criterion for criterion in before}
    new = {criterion.key: criterion for criterion in after}
    found = [
        Difference("added", criterion.question, after=_whole(criterion))
        for key, criterion in new.items()
        if key not in old
    ]
    found += [
        Difference("removed", criterion.question, before=_whole(criterion))
        for key, criterion in old.items()
        if key not in new
    ]
    for key, criterion in new.items():
        if key not in old:
            continue
        was, now = _whole(old[key]), _whole(criterion)
        if old[key].question != criterion.question:
            was, now = f"{old[key].question}: {was}", f"{criterion.question}: {now}"
        if was != now:
            found.append(Difference("changed", criterion.question, was, now))
    was_order, now_order = [key for key in old if key in new], [key for key in new if key in old]
    if was_order != now_order:
        # Only those that stand elsewhere among the questions both versions ask.
        moved = {key for pair in zip(was_order, now_order, strict=True) if pair[0] != pair[1] for key in pair}
        found.append(
            Difference(
                "changed",
                _("Order of the questions"),
                ", ".join(old[key].question for key in was_order if key in moved),
                ", ".join(new[key].question for key in now_order if key in moved),
            )
        )
    return found


def _whole(criterion: Criterion) -> str:
    return f"{met_when(criterion)}, {weight(criterion)}"


def _promise_differences(before: Agreement, after: Agreement) -> list[Difference]:
    old = {promise.campaign_kind: promise_words(promise) for promise in before.promises.all()}
    new = {promise.campaign_kind: promise_words(promise) for promise in after.promises.all()}
    return [
        Difference(
            "changed", str(kind.label), old.get(kind.value, "–"), new.get(kind.value, "–"), ABOUT_PROMISES
        )
        for kind in Campaign.Kind
        if old.get(kind.value) != new.get(kind.value)
    ]
