"""Asking, answering and closing: one asker, one answerer, closed only by the asker."""

from datetime import datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.models import Question, Reply
from feedback.selectors import facts, limits
from leads.models import Lead
from leads.selectors import agreement
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices import services as notices

LONGEST = 5_000


def due_at(asked_at: datetime, days: int) -> datetime:
    """The end of the company's working day, `days` working days after asking."""
    return limits.close_after(asked_at, days)


def _text(text: str, empty: str) -> str:
    text = text.strip()
    if not text:
        raise Invalid(empty, field="text")
    if len(text) > LONGEST:
        raise Invalid(_("This is longer than 5,000 characters."), field="text")
    return text


def _about(question: Question) -> str:
    if question.lead is not None:
        return question.lead.title
    return question.campaign.name if question.campaign is not None else ""


@transaction.atomic
def ask(
    *,
    text: str,
    answerer: User,
    by: User,
    lead: Lead | None = None,
    campaign: Campaign | None = None,
    at: datetime | None = None,
    piece: str = "",
) -> Question:
    """Ask one person something, about a lead, a campaign or nothing, with the facts as they stand now.

    `piece` is what of the lead is missing: filling it answers the question (see `pieces`). An answer is due after
    the working days that the agreement gives. Raises `Invalid` for an empty text and for asking oneself or
    somebody who has left, `NotAllowed` without the permission to ask.
    """
    check(by, Can.ASK)
    text = _text(text, _("Write what you want to know."))
    if answerer.pk == by.pk:
        raise Invalid(_("Choose somebody else to ask."), field="answerer")
    if not answerer.is_active or answerer.is_former:
        raise Invalid(
            _("%(name)s does not sign in here any more.") % {"name": answerer.name}, field="answerer"
        )
    now = at or timezone.now()
    question = Question.objects.create(
        asker=by,
        answerer=answerer,
        lead=lead,
        campaign=campaign,
        text=text,
        piece=piece,
        asked_at=now,
        due_at=due_at(now, agreement.terms().question_days),
        facts=facts.of_lead(lead) if lead else facts.of_campaign(campaign) if campaign else {},
    )
    _tell_answerer(question, text, now)
    return question


def _tell_answerer(question: Question, text: str, now: datetime, reply: Reply | None = None) -> None:
    notices.put(
        kind="question_asked",
        recipients=[question.answerer_id],
        key=f"question:{question.pk}:{reply.pk if reply else 0}",
        context={
            "asker": question.asker.name,
            "text": text[:500],
            "about": _about(question),
            "due_at": question.due_at.isoformat(),
        },
        url=reverse("feedback:question", args=[question.pk]),
        is_instant=True,
        by=question.asker,
        at=now,
    )


def _open(question: Question) -> Question:
    """The question, locked for this transaction. Raises `Conflict` when it was closed meanwhile."""
    found = db.locked(Question.objects.filter(pk=question.pk).select_related("asker", "answerer")).get()
    if found.closed_at is not None:
        raise Conflict(_("%(name)s closed this question meanwhile.") % {"name": found.asker.name})
    return found


@transaction.atomic
def reply(*, question: Question, text: str, by: User, at: datetime | None = None) -> Reply:
    """Answer, or as the asker write back, which makes it wait for an answer again.

    Raises `NotAllowed` for anybody else, `Invalid` for an empty text, `Conflict` for a closed question.
    """
    found = _open(question)
    if by.pk not in {found.asker_id, found.answerer_id}:
        raise NotAllowed(
            _("%(asker)s asked %(answerer)s. You can ask a question of your own.")
            % {"asker": found.asker.name, "answerer": found.answerer.name}
        )
    text = _text(text, _("Write an answer."))
    now = at or timezone.now()
    made = Reply.objects.create(question=found, by=by, at=now, text=text)
    is_answer = by.pk == found.answerer_id
    if is_answer != (found.answered_at is not None):
        found.answered_at = now if is_answer else None
        found.save(update_fields=["answered_at"])
    if is_answer:
        notices.put(
            kind="question_answered",
            recipients=[found.asker_id],
            key=f"answer:{made.pk}",
            context={
                "answerer": by.name,
                "text": text[:500],
                "question": found.text[:200],
                "about": _about(found),
            },
            url=reverse("feedback:question", args=[found.pk]),
            by=by,
            at=now,
        )
    else:
        _tell_answerer(found, text, now, made)
    return made


@transaction.atomic
def close(*, question: Question, by: User, at: datetime | None = None) -> None:
    """Say that it is settled. Only the asker can: raises `NotAllowed` for others, `Conflict` when closed."""
    found = _open(question)
    if by.pk != found.asker_id:
        raise NotAllowed(_("Only %(name)s, who asked, can close this.") % {"name": found.asker.name})
    now = at or timezone.now()
    found.closed_at = now
    found.save(update_fields=["closed_at"])
    notices.put(
        kind="question_closed",
        recipients=[found.answerer_id],
        key=f"question_closed:{found.pk}:{now.isoformat()}",
        context={"asker": by.name, "question": found.text[:200], "about": _about(found)},
        url=reverse("feedback:question", args=[found.pk]),
        by=by,
        at=now,
    )


@transaction.atomic
def reopen(*, question: Question, by: User) -> None:
    """Take closing back. Only the asker can: raises `NotAllowed` for others."""
    if by.pk != question.asker_id:
        raise NotAllowed(_("Only %(name)s, who asked, can open this again.") % {"name": question.asker.name})
    Question.objects.filter(pk=question.pk).update(closed_at=None)
