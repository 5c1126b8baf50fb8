"""What the events of a lead say: one line each, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django_countries import countries

from leads.domain.definition import CriterionTerms
from leads.domain.words import EventKind
from leads.models import Lead, LeadEvent, Reason, Topic
from leads.models.lead import MarkChoices, stock_words
from leads.selectors import routing_words
from leads.selectors.answer_words import value_words
from leads.selectors.learned import tags
from leadsync.accounts.models import User
from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import day, when
from leadsync.notices.words import RETURN_REASONS

SYSTEM = "LeadSync"

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
_WON = ("amount", "won_at")


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


def name_of(person: User | None) -> str:
    """Who did it, in words."""
    return person.name if person is not None else SYSTEM


def lines(
    events: Iterable[LeadEvent],
    handed_at: set[datetime],
    people: Mapping[int, str],
    reasons: Mapping[int, Reason],
    questions: Mapping[str, CriterionTerms],
) -> Iterator[Item]:
    """A line for each event that nothing else on the page says; `handed_at`: instants whose handoffs are shown."""
    for event in events:
        told = _event(event, handed_at, people, reasons, questions)
        if told is not None:
            icon, tone, text, note, changes = told
            yield Item(
                icon, tone, text, event.at, name_of(event.by), note, order=4, pk=event.pk, changes=changes
            )


def _event(  # one answer per kind
    event: LeadEvent,
    handed_at: set[datetime],
    people: Mapping[int, str],
    reasons: Mapping[int, Reason],
    questions: Mapping[str, CriterionTerms],
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
            reason = RETURN_REASONS.get(str(after.get("reason") or ""), after.get("reason") or "")
            return (
                "undo",
                "warn",
                _("Returned to marketing from %(name)s: %(reason)s") % {"name": from_name, "reason": reason},
                note or _why_note(after),
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
        case EventKind.WIN_CHANGED:
            return "trophy", "ok", _("The win was corrected"), "", list(_edits(before, after, _WON))
        case EventKind.WIN_REVERTED:
            return "undo", "muted", _("The win was taken back"), "", []
        case EventKind.DISPUTED:
            wanted = dict(MarkChoices.choices).get(after.get("wanted"), after.get("wanted"))
            return "scale", "warn", _("Mark disputed, it should be: %(mark)s") % {"mark": wanted}, note, []
        case EventKind.DISPUTE_ENDED:
            said = _dispute_words(str(after.get("state") or ""))
            return ("scale", "muted", said, note, []) if said else None
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
                    Change(
                        questions[key].question if key in questions else key,
                        value_words(questions.get(key), before.get(key)) or "–",
                        value_words(questions.get(key), after.get(key)) or "–",
                    )
                    for key in {**before, **after}
                ],
            )
        case EventKind.LEARNED:
            return _learned(before, after)
        case EventKind.MERGED:
            title = after.get("title") or "–"
            return (
                "merge",
                "acc",
                _("Made one lead with %(name)s") % {"name": title},
                "",
                list(_edits(before, after)),
            )
        case EventKind.MERGE_UNDONE:
            title = after.get("title") or "–"
            said = _("The merge with %(name)s was undone") % {"name": title}
            return "undo", "muted", said, "", list(_edits(before, after))
        case EventKind.CONSENTED:
            is_given = bool(after.get("is_given"))
            text = _("Consent given") if is_given else _("Consent taken back")
            return ("check" if is_given else "hand"), ("muted" if is_given else "warn"), text, note, []
        case EventKind.ERASED:
            return "eraser", "muted", _("Personal data erased"), "", []
        case EventKind.EDITED:
            return "edit", "muted", _("Details edited"), "", list(_edits(before, after))
        case EventKind.IMPORTED:
            return "upload", "muted", _("Brought up to date by an import"), "", list(_edits(before, after))
        case _:
            return None


def _why_note(after: Mapping[str, Any]) -> str:
    why = after.get("why")
    if not isinstance(why, Mapping):
        return ""
    return (
        routing_words.why(why, "", {})
        if why.get("rule") == routing_words.LEFT
        else str(why.get("note") or "")
    )


def _dispute_words(state: str) -> str:
    """How a dispute ended; nothing where another mark says it."""
    words = {
        "upheld": _("Dispute decided: the mark stays"),
        "withdrawn": _("Dispute withdrawn"),
        "settled": _("Dispute over: sales changed the mark"),
    }
    return words.get(state, "")


def _learned(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[str, str, str, str, list[Change]] | None:
    """ "Objections: Too expensive", or the words of a topic before and after."""
    said = {**before, **after}
    topic = dict(Topic.choices).get(str(said.get("topic")), said.get("topic", ""))
    if "tag" in said:
        label = next((tag.words for tag in tags() if tag.key == said["tag"]), said["tag"])
        text = (
            _("%(topic)s: %(tag)s") % {"topic": topic, "tag": label}
            if "tag" in after
            else _("%(topic)s: %(tag)s taken away") % {"topic": topic, "tag": label}
        )
        return "chat", "acc" if "tag" in after else "muted", text, "", []
    if before.get("words") and after.get("words"):
        changes = [Change(_("In words"), str(before["words"]), str(after["words"]))]
        return "chat", "acc", _("%(topic)s, in words") % {"topic": topic}, "", changes
    if after.get("words"):
        return "chat", "acc", _("%(topic)s, in words") % {"topic": topic}, str(after["words"]), []
    return "chat", "muted", _("%(topic)s: words taken away") % {"topic": topic}, "", []


def _edits(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Iterable[str] = _EDITED
) -> Iterator[Change]:
    for name in names:
        if name not in before and name not in after:
            continue
        label = _("Day of the win") if name == "won_at" else str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # a plain field
        yield Change(
            label[:1].upper() + label[1:], _value(name, before.get(name)), _value(name, after.get(name))
        )


def _value(name: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if name == "country":
        return str(countries.name(value) or value)
    if name == "amount":
        return format_money(value)
    if name == "won_at":
        return day(parse_datetime(str(value))) or str(value)
    if name == "wanted_at":
        at = parse_datetime(str(value))
        return when(at) if at else str(value)
    return str(value)[:500]
