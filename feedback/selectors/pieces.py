"""Which pieces of leads are missing, which are asked for, and which have been filled since."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import FETCH_RAISE, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from feedback.domain.pieces import ANSWER, TOPICS, Piece
from feedback.models import Question, Reply
from leads.domain.definition import CriterionKind, CriterionTerms, is_met
from leads.models import Answer, Finding, Lead
from leads.models.voice import Topic
from leads.selectors import agreement, answers
from leads.selectors.answer_words import value_words
from leadsync.accounts.models import User


def waiting() -> QuerySet[Question]:
    """Questions for a piece that nobody has answered or closed."""
    return Question.objects.filter(answered_at=None, closed_at=None).exclude(piece="")


def asked_for(lead_ids: Iterable[int]) -> dict[tuple[int, str], Question]:
    """The open questions of these leads, by lead and piece. One statement."""
    found = waiting().filter(lead__in=list(lead_ids)).select_related("asker", "answerer")
    return {
        (question.lead_id or 0, question.piece): question
        for question in found.order_by("-pk").fetch_mode(FETCH_RAISE)
    }


def piece_words(piece: Piece, criteria: Sequence[CriterionTerms] | None = None) -> str:
    """What is asked for, in words: the criterion's question, or the topic. "" for a criterion nobody asks any more."""
    if piece.topic:
        return str(Topic(piece.topic).label)
    asked = agreement.terms().criteria if criteria is None else criteria
    return next((one.question for one in asked if one.key == piece.key), "")


@dataclass(frozen=True, slots=True)
class Missing:
    """One piece of a lead that is not known; `question` where somebody has asked for it."""

    piece: str
    label: str
    question: Question | None = None


def missing_of(lead_ids: Sequence[int]) -> dict[int, list[Missing]]:
    """What is not known of each lead, in the order of the definition, then topics. Four statements at most."""
    criteria = agreement.terms().criteria
    known = answers.known(lead_ids, criteria)
    topics: dict[int, set[str]] = defaultdict(set)
    for pk, topic in (
        Finding.objects.filter(lead__in=lead_ids).values_list("lead", "topic").distinct().order_by()
    ):
        topics[pk].add(topic)
    asked = asked_for(lead_ids)
    found = {}
    for pk in lead_ids:
        pieces = [
            Piece(key=one.key) for one in criteria if is_met(one, known.get(pk, {}).get(one.key)) is None
        ]
        pieces += [Piece(topic=topic) for topic in TOPICS if topic not in topics[pk]]
        found[pk] = [
            Missing(str(piece), piece_words(piece, criteria), asked.get((pk, str(piece)))) for piece in pieces
        ]
    return found


def is_known(lead: Lead, piece: Piece) -> bool:
    """Whether there is nothing left to ask for."""
    if piece.topic:
        return Finding.objects.filter(lead=lead, topic=piece.topic).exists()
    criterion = next((one for one in agreement.terms().criteria if one.key == piece.key), None)
    value = answers.known([lead.pk])[lead.pk].get(piece.key)
    return criterion is not None and is_met(criterion, value) is not None


# ---------------------------------------------------------------------------------------------- filled since


def filled() -> QuerySet[Question]:
    """Open questions for a piece that is there by now, and was not there when somebody wrote about it last."""
    written = Reply.objects.filter(question=OuterRef(OuterRef("pk")), at__gte=OuterRef("at"))
    answered = Answer.objects.filter(
        ~Exists(written), lead=OuterRef("lead"), key=Substr(OuterRef("piece"), len(ANSWER) + 1)
    )
    learned = Finding.objects.filter(~Exists(written), lead=OuterRef("lead"), topic=OuterRef("piece"))
    by_itself = Q(pk__in=[])
    for own, kind in (
        ("lead__country", CriterionKind.COUNTRY),
        ("lead__campaign__segment", CriterionKind.SEGMENT),
    ):
        pieces = [str(Piece(key=one.key)) for one in agreement.terms().criteria if one.kind == kind]
        if pieces:
            by_itself |= Q(piece__in=pieces) & ~Q(**{own: ""})
    return waiting().filter(
        (Q(piece__startswith=ANSWER) & Exists(answered))
        | (Q(piece__in=TOPICS) & Exists(learned))
        | (by_itself & ~Exists(Reply.objects.filter(question=OuterRef("pk"))))
    )


@dataclass(frozen=True, slots=True)
class Filled:
    """What is known of a piece now. `by` is None where no person said it: then `source` says where it is from."""

    at: datetime | None = None
    by: User | None = None
    criterion: CriterionTerms | None = None
    value: Any = None
    source: str = ""
    findings: tuple[Finding, ...] = ()

    def words(self) -> str:
        """The value in the language in force."""
        if self.findings:
            return ", ".join(one.tag.words if one.tag else one.words for one in self.findings)
        said = value_words(self.criterion, self.value)
        return (
            said
            if self.by is not None
            else _("%(value)s, %(source)s")
            % {
                "value": said,
                "source": str(_SOURCES.get(self.source, self.source)),
            }
        )


_COUNTRY, _SEGMENT = "country", "segment"
_SOURCES: dict[str, Any] = {
    **dict(Answer.Source.choices),
    _COUNTRY: gettext_lazy("from the lead's details"),
    _SEGMENT: gettext_lazy("from the campaign"),
}


def fillings(questions: Sequence[Question]) -> dict[int, Filled]:
    """What fills each of these questions (with lead and campaign at hand), by question. Two statements."""
    leads = {question.lead_id for question in questions}
    criteria = {one.key: one for one in agreement.terms().criteria}
    answered = {
        (one.lead_id, one.key): one
        for one in Answer.objects.filter(lead__in=leads).select_related("by").fetch_mode(FETCH_RAISE)
    }
    learned: dict[tuple[int | None, str], list[Finding]] = defaultdict(list)
    found = Finding.objects.filter(lead__in=leads).select_related("tag", "by")
    for one in found.order_by(F("tag__position").asc(nulls_last=True), "pk").fetch_mode(FETCH_RAISE):
        learned[one.lead_id, one.topic].append(one)
    filled_by = {}
    for question in questions:
        piece, lead = Piece.read(question.piece), question.lead
        if lead is None:
            continue
        if findings := learned[lead.pk, piece.topic]:
            last = max(findings, key=lambda one: one.at)
            filled_by[question.pk] = Filled(last.at, last.by, findings=tuple(findings))
        elif answer := answered.get((lead.pk, piece.key)):
            criterion = criteria.get(piece.key)
            filled_by[question.pk] = Filled(answer.at, answer.by, criterion, answer.value, answer.source)
        elif (criterion := criteria.get(piece.key)) is not None:
            is_country = criterion.kind == CriterionKind.COUNTRY
            value = str(lead.country or "") if is_country else lead.campaign.segment
            source = _COUNTRY if is_country else _SEGMENT
            filled_by[question.pk] = Filled(None, None, criterion, value, source)
    return filled_by
