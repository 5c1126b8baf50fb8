"""Sales' verdict on a lead, and taking it back the same day (domain.md, Lead)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.services import touch
from leads.domain import definition, transitions
from leads.domain.definition import Evaluation
from leads.domain.terms import Terms
from leads.domain.words import End, EventKind, MarkValue, Outcome, Stage
from leads.models import Activity, Lead, Mark, Reason
from leads.selectors import agreement, answers
from leads.selectors.answer_words import value_words
from leads.services import activities, changes, clocks, handoff
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Invalid, NotAllowed

# What a mark changes, so what a revert puts back.
_UNDONE = (
    "stage",
    "mark",
    "reason_id",
    "first_contact_at",
    "is_in_time",
    "is_judged_only",
    "marked_at",
    "qualified_at",
    "closed_at",
    "next_step_at",
    "next_step",
    "last_activity_at",
    "attempts",
    "minutes",
    "minutes_estimated",
)


@transaction.atomic
def mark(
    *,
    lead: Lead,
    value: MarkValue | str,
    by: User,
    version: int | None,
    reason: Reason | None = None,
    note: str = "",
    next_step_at: datetime | None = None,
    next_step: str = "",
    at: datetime | None = None,
    overrides: bool = False,
) -> Mark:
    """Mark a lead; the definition in force and how the lead measures up are stored with the mark.

    Promising needs a next step, unless one is planned already; not a fit a reason (with a note where the reason
    says so); unreachable the agreed number of attempts, or a head who `overrides` with a note. A mark ends the
    promise's clock: without an activity it is the first contact, but for not a fit on an obviously false lead,
    which is judged without contact and counted apart. Qualified against the definition (something known speaks
    against it) is for a head who `overrides` with a note, too; what is not known speaks against nothing.

    Raises `NotAllowed`, `Conflict` (the same mark sent twice by one person is one mark), `Invalid` with the field.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_work(lead, by)
    try:
        wanted = MarkValue(value)
    except ValueError as error:
        raise Invalid(_("Choose a mark."), field="mark") from error
    if version is not None and version != lead.version:
        twice = _just_the_same(lead, wanted, by, version, now)
        if twice is not None:
            return twice
        raise changes.conflict(lead)
    terms = agreement.terms()
    is_false_lead = wanted == MarkValue.NOT_A_FIT and reason is not None and reason.is_false_lead
    next_step_at = next_step_at or (
        lead.next_step_at if lead.next_step_at and lead.next_step_at > now else None
    )
    measured, known = measure(lead, terms)
    _check(lead, wanted, reason, note, next_step_at, now)
    broken = _broken(lead, wanted, terms, measured, known)
    if broken is not None:
        _check_override(broken, by, note, overrides)

    was = changes.snapshot(lead, _UNDONE)
    figures = changes.counted_at(lead)
    values: dict[str, Any] = {}
    undo: dict[str, Any] = {"lead": was}
    waiting = activities.pending_call(lead, by, now)
    if waiting is not None:
        undo["activity"] = {
            "id": waiting.pk,
            "outcome": waiting.outcome,
            "minutes": waiting.minutes,
            "is_estimated": waiting.is_estimated,
        }
        is_unanswered = wanted == MarkValue.UNREACHABLE or is_false_lead
        values |= activities.complete_values(
            lead, waiting, outcome=Outcome.NO_ANSWER if is_unanswered else Outcome.REACHED
        )
    is_judged_only = is_false_lead and lead.first_contact_at is None
    ended = handoff.finish(lead, end=End.JUDGED if is_judged_only else End.MARK, at=now)
    if ended is not None:
        undo["handoff"] = ended.pk
    if not is_judged_only:
        values |= activities.contact_values(lead, now, ended)
    values |= {
        "stage": transitions.STAGE_OF_MARK[wanted],
        "mark": wanted,
        "reason_id": reason.pk if reason and wanted == MarkValue.NOT_A_FIT else None,
        "is_judged_only": is_judged_only,
        "marked_at": now,
        "qualified_at": (lead.qualified_at or now) if wanted == MarkValue.QUALIFIED else None,
        "closed_at": now if transitions.STAGE_OF_MARK[wanted] == Stage.CLOSED else None,
        "last_activity_at": now,
    }
    if values["stage"] == Stage.CLOSED:
        values |= {"next_step_at": None, "next_step": ""}
    elif next_step_at is not None:
        values |= {"next_step_at": next_step_at, "next_step": next_step.strip()[:200] or lead.next_step}
    before, after = changes.save(lead, values)
    undo["version"] = lead.version
    made = Mark.objects.create(
        lead_id=lead.pk,
        value=wanted,
        reason=reason if wanted == MarkValue.NOT_A_FIT else None,
        note=note.strip(),
        by=by,
        at=now,
        agreement_id=terms.agreement_id,
        evaluation=kept(terms, measured, known) | ({"overrides": broken.rule} if broken else {}),
        undo=undo,
    )
    changes.record(
        lead,
        EventKind.MARKED,
        by=by,
        at=now,
        before=before,
        after=after
        | {"mark": str(wanted), "mark_id": made.pk}
        | ({"overrides": broken.rule} if broken else {}),
    )
    touch([*figures, *changes.counted_at(lead), *([(lead.campaign_id, waiting.at)] if waiting else [])])
    return made


def _just_the_same(lead: Lead, value: MarkValue, by: User, version: int, now: datetime) -> Mark | None:
    """The mark of a double click: the same value by the same person on the version that was sent again."""
    last = Mark.objects.filter(lead_id=lead.pk, reverted_at=None).order_by("-id").first()
    is_same = (
        last is not None
        and last.by_id == by.pk
        and last.value == value == lead.mark
        and last.undo.get("version") == lead.version == version + 1
        and now - last.at < timedelta(minutes=5)
    )
    return last if is_same else None


def measure(lead: Lead, terms: Terms) -> tuple[Evaluation, dict[str, Any]]:
    """How the lead measures up to the definition of `terms`, and the values it was measured by."""
    known = answers.known([lead.pk], terms.criteria)[lead.pk]
    return definition.evaluate(terms.criteria, terms.points_needed, known), known


def kept(terms: Terms, measured: Evaluation, known: Mapping[str, Any]) -> dict[str, Any]:
    """What a mark keeps of it: the evaluation, and the values of the questions it was made from."""
    asked = {criterion.key: known[criterion.key] for criterion in terms.criteria if criterion.key in known}
    return measured.as_json() | {"answers": asked}


def _check(
    lead: Lead,
    value: MarkValue,
    reason: Reason | None,
    note: str,
    next_step_at: datetime | None,
    now: datetime,
) -> None:
    if not transitions.can_mark(lead.stage, value):
        if lead.is_open:
            raise Invalid(
                _("A qualified lead is lost rather than closed: choose Lost and why."), field="mark"
            )
        raise Invalid(_("This lead is closed. Reopen it first."), field="mark")
    if value == MarkValue.PROMISING:
        if next_step_at is None:
            raise Invalid(_("A promising lead needs a next step: choose when."), field="next_step_at")
        if next_step_at <= now:
            raise Invalid(_("The next step lies in the past: choose a later time."), field="next_step_at")
    elif next_step_at is not None and next_step_at <= now:
        raise Invalid(_("The next step lies in the past: choose a later time."), field="next_step_at")
    if value == MarkValue.NOT_A_FIT:
        if reason is None or not reason.is_for_mark or not reason.is_active:
            raise Invalid(_("Choose why it is not a fit."), field="reason")
        if reason.needs_note and not note.strip():
            raise Invalid(_("This reason needs a note."), field="note")


@dataclass(frozen=True)
class Broken:
    """An agreed rule that a mark would break: "definition" or "attempts". All words are finished sentences.

    `question`: what a rep may want to ask the head of sales, who can override it.
    """

    rule: str
    mark: MarkValue
    message: str
    missing_note: str
    question: str

    @property
    def context(self) -> dict[str, str]:
        return {"rule": self.rule, "mark": str(self.mark), "question": self.question}


def _broken(
    lead: Lead, value: MarkValue, terms: Terms, measured: Evaluation, known: Mapping[str, Any]
) -> Broken | None:
    if value == MarkValue.QUALIFIED:
        failed = definition.against(terms.criteria, terms.points_needed, measured)
        if not failed:
            return None
        why = "; ".join(
            _("%(question)s: %(answer)s")
            % {"question": one.question.rstrip("?:. "), "answer": value_words(one, known[one.key])}
            for one in failed
        )
        question = _(
            "Can %(name)s be marked qualified all the same? Our definition speaks against it. %(why)s."
        )
        return Broken(
            rule="definition",
            mark=value,
            message=_("By our definition this lead is not qualified. %(why)s.") % {"why": why},
            missing_note=_("Say in a note why it is qualified all the same."),
            question=question % {"name": lead.title, "why": why},
        )
    if value == MarkValue.UNREACHABLE and lead.attempts < terms.attempts_needed:
        missing = terms.attempts_needed - lead.attempts
        message = ngettext(
            "%(n)d more attempt is agreed before a lead is unreachable.",
            "%(n)d more attempts are agreed before a lead is unreachable.",
            missing,
        )
        question = _("Can %(name)s be marked unreachable after fewer attempts than agreed?")
        return Broken(
            rule="attempts",
            mark=value,
            message=message % {"n": missing},
            missing_note=_("Say in a note why fewer attempts are enough."),
            question=question % {"name": lead.title},
        )
    return None


def _check_override(broken: Broken, by: User, note: str, overrides: bool) -> None:
    """Only a head breaks an agreed rule, knowingly and with a note."""
    may_override = by.can(Can.WORK_ANY_LEAD)
    if not overrides or not may_override:
        raise Invalid(broken.message, field="mark", may_override=may_override, **broken.context)
    if not note.strip():
        raise Invalid(broken.missing_note, field="note", may_override=True, **broken.context)


@transaction.atomic
def revert(*, mark: Mark, by: User, at: datetime | None = None) -> None:
    """Take a mark back the same day (of the company's zone): its author, or a head. The lead is as it was.

    The promise's clock runs on if this mark ended it; time passed meanwhile is not given back. What was done
    after the mark stays: an activity logged since is then the first contact. Raises `NotAllowed`; `Conflict`
    when it was reverted already or the lead has moved on; `Invalid` on a later day.
    """
    now = changes.instant(at)
    lead = changes.take(Lead(pk=mark.lead_id))
    found = db.locked(Mark.objects.filter(pk=mark.pk)).get()
    if "overrules" in found.undo:
        raise Invalid(
            _("This mark was decided in a dispute and is not taken back. Mark the lead anew instead.")
        )
    if found.by_id != by.pk and not by.can(Can.WORK_ANY_LEAD):
        raise NotAllowed(_("A mark is taken back by who made it, or by the head of sales."))
    zone = accounts.company().tz
    if found.at.astimezone(zone).date() != now.astimezone(zone).date():
        raise Invalid(_("A mark can be taken back on the day it was made. Mark the lead anew instead."))
    is_last = not Mark.objects.filter(lead_id=lead.pk, reverted_at=None, pk__gt=found.pk).exists()
    if found.reverted_at is not None or not is_last or lead.mark != found.value or not _stands(lead, found):
        raise changes.conflict(lead)

    figures = changes.counted_at(lead)
    since = Activity.objects.filter(lead_id=lead.pk, at__gt=found.at).exclude(kind="note")
    former = {name: changes.restored(name, value) for name, value in found.undo["lead"].items()}
    values = former
    later = list(since.order_by("at", "id"))
    kept = {"minutes", "minutes_estimated", "attempts", "last_activity_at"} if later else set()
    if lead.next_step_at != _after_mark(found, "next_step_at", lead):
        kept |= {"next_step_at", "next_step"}  # planned anew since
    values = {name: value for name, value in former.items() if name not in kept}
    first = next((one for one in later if one.direction == "out" or one.outcome == Outcome.REACHED), None)
    clocks.run_on(
        lead,
        handoff=found.undo.get("handoff"),
        stopped_at=found.at,
        ends=(End.MARK, End.JUDGED),
        first=first,
        values=values,
    )
    was_call = found.undo.get("activity")
    touched = []
    if was_call and not later:
        call = Activity.objects.filter(pk=was_call["id"]).first()
        if call is not None:
            call.outcome, call.minutes = was_call["outcome"], was_call["minutes"]
            call.is_estimated = was_call["is_estimated"]
            call.save(update_fields=["outcome", "minutes", "is_estimated"])
            touched.append((lead.campaign_id, call.at))
    before, after = changes.save(lead, values)
    found.reverted_at, found.reverted_by = now, by
    found.save(update_fields=["reverted_at", "reverted_by"])
    mark.reverted_at, mark.reverted_by = now, by
    changes.record(
        lead,
        EventKind.MARK_REVERTED,
        by=by,
        at=now,
        before=before,
        after=after | {"mark_id": found.pk},
    )
    touch([*figures, *changes.counted_at(lead), *touched])


def _stands(lead: Lead, found: Mark) -> bool:
    return lead.stage == transitions.STAGE_OF_MARK[MarkValue(found.value)] and lead.marked_at == found.at


def _after_mark(found: Mark, name: str, lead: Lead) -> Any:
    """What the mark itself left in a column, from its event."""
    event = (
        lead.events.filter(kind=EventKind.MARKED, after__mark_id=found.pk)
        .values_list("after", flat=True)
        .first()
    )
    value = (event or {}).get(name, found.undo["lead"].get(name))
    return changes.restored(name, value)
