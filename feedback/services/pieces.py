"""Asking for what is missing about a lead with one click; filling it answers the question (domain.md, Lead)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from feedback.domain.pieces import Piece
from feedback.models import Question, Reply
from feedback.selectors import pieces
from feedback.selectors.pieces import Filled
from feedback.services import questions
from leads.models import Lead, Tag
from leads.services import answers, changes, learned
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import people_with
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid
from leadsync.notices import services as notices
from leadsync.notices.services import NewNotice

BATCH = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """The open question for a piece; `is_new` unless it was asked already, by whoever."""

    question: Question
    is_new: bool


def _read(piece: str) -> Piece:
    try:
        return Piece.read(piece)
    except ValueError as error:
        raise Invalid(_("This cannot be asked for."), field="piece") from error


def _answerer(lead: Lead, by: User) -> User:
    """The lead's rep while they work here, else the head of sales. Raises `Invalid` where there is nobody to ask."""
    owner = User.objects.filter(pk=lead.owner_id or 0, is_active=True, is_former=False).first()
    found = owner or people_with(Role.HEAD_OF_SALES).exclude(pk=by.pk).first()
    if found is None:
        raise Invalid(_("The lead has no rep, and there is no head of sales to ask."), field="piece")
    if found.pk == by.pk:
        raise Invalid(_("The lead is yours: fill it in."), field="piece")
    return found


def _text(piece: Piece, lead: Lead, language: str) -> str:
    """What is asked, in the language of who answers."""
    with translation.override(language):
        if piece.key:
            return _("Please find out about %(lead)s: %(question)s") % {
                "lead": lead.title,
                "question": pieces.piece_words(piece),
            }
        texts = {
            "situation": _("Please find out about %(lead)s: what is their situation?"),
            "need": _("Please find out about %(lead)s: what do they need?"),
            "objection": _("Please find out about %(lead)s: what speaks against us?"),
        }
        return texts[piece.topic] % {"lead": lead.title}


@transaction.atomic
def ask(*, lead: Lead, piece: str, by: User, at: datetime | None = None) -> Asked:
    """Ask the lead's rep for a piece that is not known. Once while it is open: then the open question comes back.

    Raises `NotAllowed` for who does not log leads, `Invalid` for a piece the definition in force does not ask or
    where nobody can be asked, `Conflict` when it is known meanwhile.
    """
    check(by, Can.LOG_LEADS)
    wanted = _read(piece)
    changes.take(lead)  # two who ask at once: the second one finds the question of the first
    if wanted.key and not pieces.piece_words(wanted):
        raise Invalid(_("The definition in force does not ask this."), field="piece")
    known = pieces.asked_for([lead.pk]).get((lead.pk, str(wanted)))
    if known is not None:
        return Asked(known, is_new=False)
    if pieces.is_known(lead, wanted):
        raise Conflict(_("This is known meanwhile."), lead=lead.pk)
    answerer = _answerer(lead, by)
    text = _text(wanted, lead, answerer.language)
    return Asked(
        questions.ask(text=text, answerer=answerer, by=by, lead=lead, at=at, piece=str(wanted)), is_new=True
    )


@transaction.atomic
def fill(
    *,
    question: Question,
    by: User,
    value: Any = None,
    tag: Tag | None = None,
    words: str | None = None,
    group: str = "",
    at: datetime | None = None,
) -> None:
    """Fill the piece from the question itself: an answer, a tag, or words; the question is answered at once.

    Raises `Invalid` and `NotAllowed` as answering does, `Conflict` for a closed question.
    """
    found = db.locked(Question.objects.filter(pk=question.pk).select_related("asker", "lead")).get()
    if found.closed_at is not None:
        raise Conflict(_("%(name)s closed this question meanwhile.") % {"name": found.asker.name})
    if found.lead is None or not found.piece:
        raise Invalid(_("Write an answer."), field="text")
    piece = Piece.read(found.piece)
    if piece.key:
        answers.answer(lead=found.lead, key=piece.key, value=value, source="rep", by=by, at=at, group=group)
    elif tag is not None and tag.topic == piece.topic:
        learned.tag(lead=found.lead, tag=tag, is_on=True, by=by, at=at)
    elif words and words.strip():
        learned.say(lead=found.lead, topic=piece.topic, words=words, by=by, at=at)
    else:
        raise Invalid(_("Choose what fits, or say it in words."), field="words")
    _settle(only=found.pk, now=at or timezone.now())


# ---------------------------------------------------------------------------------------------- settling


def settle(*, at: datetime | None = None) -> int:
    """Answer the open questions whose piece is there by now, whoever filled it; returns how many.

    Derived from the database: safe to run twice, at the same time, and after a crash. A batch per transaction.
    """
    now = at or timezone.now()
    total = 0
    while count := _settle(now=now):
        total += count
    return total


@transaction.atomic
def _settle(*, now: datetime, only: int | None = None) -> int:
    due = pieces.filled() if only is None else pieces.filled().filter(pk=only)
    claimed = list(
        db.claimable(due.select_related("lead__campaign", "asker", "answerer").order_by("pk"))[:BATCH]
    )
    known = pieces.fillings(claimed)
    done = [(question, known[question.pk]) for question in claimed if question.pk in known]
    replies = Reply.objects.bulk_create([_reply(question, filled, now) for question, filled in done])
    for (question, filled), reply in zip(done, replies, strict=True):
        question.answered_at = reply.at
        if filled.by is not None and filled.by.pk == question.asker_id:
            question.closed_at = reply.at  # who asked has found it out: nobody is waited for
    Question.objects.bulk_update([question for question, _filled in done], ["answered_at", "closed_at"])
    notices.put_many(
        [
            _notice(question, reply)
            for (question, _filled), reply in zip(done, replies, strict=True)
            if reply.by_id != question.asker_id
        ],
        at=now,
    )
    return len(done)


def _reply(question: Question, filled: Filled, now: datetime) -> Reply:
    """The value in words, in the language of who asked, by who filled it; what no person said, by who was asked."""
    with translation.override(question.asker.language):
        text = filled.words()[: questions.LONGEST]
    by = filled.by or question.answerer
    return Reply(question=question, by=by, at=max(filled.at or now, question.asked_at), text=text)


def _notice(question: Question, reply: Reply) -> NewNotice:
    return NewNotice(
        kind="question_answered",
        recipient_id=question.asker_id,
        key=f"answer:{reply.pk}",
        context={
            "answerer": reply.by.name,
            "text": reply.text[:500],
            "question": question.text[:200],
            "about": question.lead.title if question.lead else "",
        },
        url=reverse("feedback:question", args=[question.pk]),
    )
