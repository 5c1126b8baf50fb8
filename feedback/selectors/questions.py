"""Questions as pages show them: oldest first while open, with their answers, a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.dateparse import parse_datetime

from campaigns.models import Campaign
from feedback.domain.searching import either_case
from feedback.models import Question, Reply
from leads.domain.identity import clean
from leads.models import Activity, Lead
from leadsync.accounts.models import User
from leadsync.accounts.roles import SIDES

PAGE = 50
MOST_WORDS = 8
MOST_CHARACTERS = 200


class Cut(StrEnum):
    """Which questions the page lists."""

    FOR_ME = "for-me"
    MINE = "mine"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """What the list is cut to beside its tab; "" and None leave a cut out. `side` is the department asked."""

    text: str = ""
    person: int | None = None
    side: str = ""

    @property
    def is_set(self) -> bool:
        """Whether anything is cut away."""
        return self != QuestionFilter()


def filtered(questions: QuerySet[Question], by: QuestionFilter) -> QuerySet[Question]:
    """Questions that a person asked or is asked, that a department is asked, and that hold every word of the text.

    Words are found in questions and answers and in the names of leads, campaigns and people, without regard to case
    and accents, in any part of a word and from one letter on.
    """
    if by.person is not None:
        questions = questions.filter(Q(asker=by.person) | Q(answerer=by.person))
    if by.side:
        roles = [role for role, side in SIDES.items() if side == by.side]
        held = User.groups.through.objects.filter(group__name__in=roles).values("user_id")
        questions = questions.filter(answerer__in=held)
    for word in clean(by.text)[:MOST_CHARACTERS].split()[:MOST_WORDS]:
        pattern = either_case(word)
        found = Q(pk__in=Reply.objects.filter(text__regex=pattern).values("question"))
        for column in _SEARCHED:
            found |= Q(**{f"{column}__regex": pattern})
        questions = questions.filter(found)
    return questions


_SEARCHED = (
    "text",
    "lead__name",
    "lead__company",
    "campaign__name",
    "asker__name",
    "answerer__name",
)


def visible_to(person: User) -> QuerySet[Question]:
    """Everyone signed in sees every question: openness is the point."""
    return Question.objects.all() if person.is_active else Question.objects.none()


def told(questions: QuerySet[Question]) -> QuerySet[Question]:
    """With people, what it is about, and the answers: five queries, however many questions."""
    replies = Reply.objects.select_related("by").prefetch_related("by__groups")
    return questions.select_related("asker", "answerer", "lead", "campaign").prefetch_related(
        "asker__groups", "answerer__groups", Prefetch("replies", replies)
    )


def for_person(person: User) -> QuerySet[Question]:
    """What this person still has to answer, the earliest due first."""
    return told(Question.objects.filter(answerer=person, closed_at=None, answered_at=None)).order_by(
        "due_at", "id"
    )


def cut_of(cut: Cut, person: User, by: QuestionFilter | None = None) -> QuerySet[Question]:
    """The questions of one tab: open ones oldest first, closed ones newest first."""
    found = filtered(visible_to(person), by) if by else visible_to(person)
    if cut is Cut.CLOSED:
        return found.exclude(closed_at=None).order_by("-asked_at", "-id")
    found = found.filter(closed_at=None).order_by("asked_at", "id")
    if cut is Cut.FOR_ME:
        return found.filter(answerer=person)
    return found.filter(asker=person) if cut is Cut.MINE else found


def page_of(
    cut: Cut, person: User, *, by: QuestionFilter | None = None, after: int | None = None
) -> tuple[list[Question], int | None]:
    """A page of a tab and the key of the next one."""
    rows = cut_of(cut, person, by)
    last = Question.objects.filter(pk=after).first() if after is not None else None
    if last is not None:
        side = "lt" if cut is Cut.CLOSED else "gt"
        rows = rows.filter(
            Q(**{f"asked_at__{side}": last.asked_at}) | Q(asked_at=last.asked_at, **{f"pk__{side}": last.pk})
        )
    found = list(told(rows)[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


def counts(person: User, by: QuestionFilter | None = None) -> dict[Cut, int]:
    """How many questions each tab holds, within a search. One query."""
    rows = filtered(visible_to(person), by) if by else visible_to(person)
    is_open = Q(closed_at=None)
    found = rows.aggregate(
        for_me=Count("pk", filter=is_open & Q(answerer=person)),
        mine=Count("pk", filter=is_open & Q(asker=person)),
        opened=Count("pk", filter=is_open),
        closed=Count("pk", filter=~is_open),
    )
    return {
        Cut.FOR_ME: found["for_me"],
        Cut.MINE: found["mine"],
        Cut.OPEN: found["opened"],
        Cut.CLOSED: found["closed"],
    }


def about(*, lead: Lead | None = None, campaign: Campaign | None = None) -> list[Question]:
    """All questions about a lead, or about a campaign itself, open ones first. One short query where there are none."""
    which = Q(lead=lead) if lead is not None else Q(campaign=campaign)
    asked = Question.objects.filter(which).order_by("asked_at", "id")
    keys = list(asked.values_list("pk", flat=True)[:100])
    found = told(Question.objects.filter(pk__in=keys)).order_by("asked_at", "id") if keys else ()
    return sorted(found, key=lambda question: question.closed_at is not None)


def people_in_questions() -> list[tuple[int, str]]:
    """Everybody who asked or was asked, by name. One query."""
    return list(
        User.objects.filter(
            Exists(Question.objects.filter(Q(asker=OuterRef("pk")) | Q(answerer=OuterRef("pk"))))
        )
        .order_by("name", "pk")
        .values_list("pk", "name")
    )


def suggested(person: User, *, lead: Lead | None = None, campaign: Campaign | None = None) -> int | None:
    """Whom one most likely wants to ask: the lead's rep, else the campaign's owner, never oneself."""
    candidates = [lead.owner_id, lead.campaign.owner_id] if lead is not None else []
    if campaign is not None:
        candidates.append(campaign.owner_id)
    return next((found for found in candidates if found and found != person.pk), None)


def overdue(now: datetime) -> QuerySet[Question]:
    """What was due and waits for an answer, the longest first; with people and what it is about."""
    return (
        Question.objects.filter(closed_at=None, answered_at=None, due_at__lte=now)
        .select_related("asker", "answerer", "lead", "campaign")
        .order_by("due_at", "id")
    )


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt as of asking, in the reader's words."""

    at: datetime | None
    words: str
    by: str


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """The facts a question about a lead was asked with."""

    received_at: datetime | None
    handed_off_at: datetime | None
    rep: str
    due_at: datetime | None
    first_contact_at: datetime | None
    is_in_time: bool | None
    working_minutes: int | None
    attempts: list[Attempt]


def _instant(value: Any) -> datetime | None:
    return parse_datetime(value) if isinstance(value, str) else None


def lead_facts(question: Question) -> LeadFacts | None:
    """What was stored at asking, None for a question about something else."""
    stored = question.facts
    if "received_at" not in stored:
        return None
    kinds, outcomes = dict(Activity.Kind.choices), dict(Activity.OutcomeChoices.choices)
    return LeadFacts(
        received_at=_instant(stored["received_at"]),
        handed_off_at=_instant(stored.get("handed_off_at")),
        rep=stored.get("rep") or "",
        due_at=_instant(stored.get("due_at")),
        first_contact_at=_instant(stored.get("first_contact_at")),
        is_in_time=stored.get("is_in_time"),
        working_minutes=stored.get("working_minutes"),
        attempts=[
            Attempt(
                _instant(attempt.get("at")),
                ", ".join(
                    str(word)
                    for word in (
                        kinds.get(attempt.get("kind"), attempt.get("kind")),
                        outcomes.get(attempt["outcome"]) if attempt.get("outcome") else "",
                    )
                    if word
                ),
                attempt.get("by", ""),
            )
            for attempt in stored.get("attempts", [])
        ],
    )
