"""Asking, answering and closing: one asker, one answerer, closed only by the asker."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from feedback.models import Question, Reply
from feedback.selectors import answerers, cohort, facts, limits
from leads.models import Lead
from leads.selectors import agreement
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices import services as notices

LONGEST = 5_000


def due_at(asked_at: datetime, days: int) -> datetime:
    """The end of the company's working day, `days` working days after asking."""
    return limits.close_after(asked_at, days)


def _text(text: str, empty: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Invalid(empty, field="text")
    if len(text) > LONGEST:
        raise Invalid(_("This is longer than 5,000 characters."), field="text")
    return text


def about(question: Question) -> dict[str, Any]:
    """What a question is about, for a notice: the name in `about`, of a cohort how many `leads` it was asked about.

    A cohort has no name, and its filters in words would be in the language of whoever asked.
    """
    if question.lead is not None:
        return {"about": question.lead.title}
    if question.campaign is not None:
        return {"about": question.campaign.name}
    return {"about": "", "leads": question.facts.get("leads", 0) if question.cohort else 0}


def _answerer(of: User | Role, by: User) -> User:
    """Whom to ask: a person as given, a role as whoever holds it now."""
    if isinstance(of, Role):
        found = answerers.head(of, by)
        if found is None:
            raise Invalid(str(answerers.NOBODY_IS[of]), field="answerer")
        return found
    if of.pk == by.pk:
        raise Invalid(_("Choose somebody else to ask."), field="answerer")
    if not of.is_active or of.is_former:
        raise Invalid(_("%(name)s does not sign in here any more.") % {"name": of.name}, field="answerer")
    return of


def _facts(lead: Lead | None, campaign: Campaign | None, query: str, by: User) -> dict[str, Any]:
    if lead is not None:
        return facts.of_lead(lead)
    if campaign is not None:
        return facts.of_campaign(campaign)
    counted = cohort.counts_of(query, by) if query else None
    return cohort.as_json(counted) if counted is not None else {}


def ask(
    *,
    text: str,
    answerer: User | Role,
    by: User,
    lead: Lead | None = None,
    campaign: Campaign | None = None,
    leads: str = "",
    at: datetime | None = None,
    piece: str = "",
    form_key: str = "",
) -> Question:
    """Ask one person something, about a lead, a campaign, a cohort or nothing, with the facts as they stand now.

    `answerer` is a person, or the role of a head: whoever holds it now. `leads` are filters of the leads list: a
    cohort. `piece` is what of the lead is missing: filling it answers the question (see `pieces`). `form_key` was made
    with the form: sent twice, it is one question. An answer is due after the working days that the agreement gives.
    Raises `Invalid` for an empty text, for filters that cannot be read or that no lead fits, for more than one thing to
    ask about, for asking oneself, somebody who has left, or a head that there is not; `NotAllowed` without the
    permission to ask.
    """
    key = form_key.strip()[:40]
    try:
        with transaction.atomic():
            return _ask(
                text, answerer, by, lead, campaign, leads, at or timezone.now(), piece=piece, form_key=key
            )
    except IntegrityError:
        sent = Question.objects.filter(asker=by, form_key=key).first() if key else None
        if sent is None:
            raise
        return sent  # the same form, sent at the same moment


def _ask(
    text: str,
    of: User | Role,
    by: User,
    lead: Lead | None,
    campaign: Campaign | None,
    leads: str,
    now: datetime,
    *,
    piece: str,
    form_key: str,
) -> Question:
    check(by, Can.ASK)
    sent = Question.objects.filter(asker=by, form_key=form_key).first() if form_key else None
    if sent is not None:
        return sent
    text = _text(text, _("Write what you want to know."))
    answerer = _answerer(of, by)
    if sum((lead is not None, campaign is not None, bool(leads))) > 1:
        raise Invalid(
            _("A question is about one thing: a lead, a campaign, or leads of a list."), field="cohort"
        )
    query = cohort.read(leads, by) if leads else ""
    question = Question.objects.create(
        asker=by,
        answerer=answerer,
        lead=lead,
        campaign=campaign,
        cohort={"query": query, "words": cohort.as_words(cohort.words_of([query])[0])} if query else {},
        text=text,
        piece=piece,
        form_key=form_key,
        asked_at=now,
        due_at=due_at(now, agreement.terms().question_days),
        facts=_facts(lead, campaign, query, by),
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
            **about(question),
            "due_at": question.due_at.isoformat(),
        },
        url=reverse("feedback:question", args=[question.pk]),
        is_instant=True,
        by=question.asker,
        at=now,
    )


def _locked(question: Question) -> Question:
    rows = Question.objects.filter(pk=question.pk).select_related("asker", "answerer", "lead", "campaign")
    return db.locked(rows).get()


def _open(question: Question) -> Question:
    """The question, locked for this transaction. Raises `Conflict` when it was closed meanwhile."""
    found = _locked(question)
    if found.closed_at is not None:
        raise Conflict(_("%(name)s closed this question meanwhile.") % {"name": found.asker.name})
    return found


@transaction.atomic
def reply(*, question: Question, text: str, by: User, at: datetime | None = None) -> Reply:
    """Answer, or as the asker write back, which makes it wait for an answer again, due after the agreed days anew.

    The same words again by the same person, with nothing between, are the same form sent twice: nothing new. Raises
    `NotAllowed` for anybody else, `Invalid` for an empty text, `Conflict` for a closed question.
    """
    found = _open(question)
    if by.pk not in {found.asker_id, found.answerer_id}:
        raise NotAllowed(
            _("%(asker)s asked %(answerer)s. You can ask a question of your own.")
            % {"asker": found.asker.name, "answerer": found.answerer.name}
        )
    text = _text(text, _("Write an answer."))
    now = at or timezone.now()
    last = found.replies.order_by("-at", "-id").first()
    if last is not None and last.by_id == by.pk and last.text == text:
        return last  # the same form, sent twice
    made = Reply.objects.create(question=found, by=by, at=now, text=text)
    is_answer = by.pk == found.answerer_id
    if is_answer != (found.answered_at is not None):
        found.answered_at = now if is_answer else None
        if not is_answer:
            found.due_at = due_at(now, agreement.terms().question_days)
        found.save(update_fields=["answered_at", "due_at"])
    if is_answer:
        notices.put(
            kind="question_answered",
            recipients=[found.asker_id],
            key=f"answer:{made.pk}",
            context={
                "answerer": by.name,
                "text": text[:500],
                "question": found.text[:200],
                **about(found),
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
    """Say that it is settled; said again, nothing changes. Only the asker can: raises `NotAllowed` for others."""
    found = _locked(question)
    if by.pk != found.asker_id:
        raise NotAllowed(_("Only %(name)s, who asked, can close this.") % {"name": found.asker.name})
    if found.closed_at is not None:
        return
    now = at or timezone.now()
    found.closed_at = now
    found.save(update_fields=["closed_at"])
    notices.put(
        kind="question_closed",
        recipients=[found.answerer_id],
        key=f"question_closed:{found.pk}:{now.isoformat()}",
        context={"asker": by.name, "question": found.text[:200], **about(found)},
        url=reverse("feedback:question", args=[found.pk]),
        by=by,
        at=now,
    )


@transaction.atomic
def reopen(*, question: Question, by: User, at: datetime | None = None) -> None:
    """Take closing back: what waits for an answer is due after the agreed days anew.

    Only the asker can: raises `NotAllowed` for others, `Conflict` where the lead it is about was erased.
    """
    found = _locked(question)
    if by.pk != found.asker_id:
        raise NotAllowed(_("Only %(name)s, who asked, can open this again.") % {"name": found.asker.name})
    if found.closed_at is None:
        return
    if found.lead is not None and found.lead.erased_at is not None:
        raise Conflict(_("The lead was erased: nobody can answer this any more."))
    now = at or timezone.now()
    closed_at, found.closed_at = found.closed_at, None
    if found.answered_at is None:
        found.due_at = max(found.due_at, due_at(now, agreement.terms().question_days))
    found.save(update_fields=["closed_at", "due_at"])
    notices.put(
        kind="question_reopened",
        recipients=[found.answerer_id],
        key=f"question_reopened:{found.pk}:{closed_at.isoformat()}",
        context={
            "asker": by.name,
            "question": found.text[:200],
            **about(found),
            "due_at": found.due_at.isoformat() if found.answered_at is None else "",
        },
        url=reverse("feedback:question", args=[found.pk]),
        by=by,
        at=now,
    )
