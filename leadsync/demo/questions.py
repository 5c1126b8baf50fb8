"""What the two sides of the sample company ask each other: waiting, past due, answered, closed; of every kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F
from django.utils import timezone

from campaigns.models import Campaign
from feedback.models import Question, Reply
from feedback.selectors import cohort, facts
from feedback.services import questions, watching_questions
from leads.models import Lead
from leads.selectors import agreement
from leadsync.accounts.models import User
from leadsync.accounts.selectors import company, company_calendar

METAL = "Metal Expo visitor list"


@dataclass(frozen=True)
class Talk:
    """A question asked so many working days ago, and what was said to it so many working hours later."""

    asker: str
    answerer: str
    text: str
    days: float
    about: Any = None
    said: tuple[tuple[str, float, str], ...] = ()
    is_closed: bool = False


def _month(now: datetime, back: int) -> tuple[date, date]:
    """The first and the last day of a month before the present one."""
    first = last = now.astimezone(company().tz).date().replace(day=1)
    for _ in range(back):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
    return first, last


def _with_about_20(first: date, last: date) -> int:
    """The campaign that brought the most nearly 20 good leads in these days."""
    rows = (
        Lead.objects.counted()
        .good()
        .filter(received_at__date__gte=first, received_at__date__lte=last)
        .values_list("campaign")
        .annotate(count=Count("pk"))
    )
    found: int = min(rows, key=lambda row: (abs(row[1] - 20), row[0]))[0]
    return found


def fill(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """Ask, answer and close, each with the facts as they were; then the alerts about what is past due."""
    for talk in _talks(people, campaigns, now):
        _put(talk, people, now)
    watching_questions.settle_overdue(at=now)


def _talks(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> list[Talk]:
    waiting = (
        Lead.objects.filter(handoffs__ended_at=None, owner=people["pawel"], handoffs__due_at__lt=now)
        .order_by("pk")
        .first()
    )
    late = (
        Lead.objects.filter(owner=people["pawel"], is_in_time=False, mark="promising", stage="contacted")
        .filter(received_at__gt=now - timedelta(days=40), first_contact_at__lt=now - timedelta(days=6))
        .order_by(F("handed_off_at") - F("first_contact_at"), "pk")
        .first()
    )
    expo = (
        Lead.objects.filter(campaign=campaigns[METAL], is_in_time=False).order_by("received_at", "pk").first()
    )
    good = [("mark", "qualified"), ("mark", "promising")]
    first, last = _month(now, 2)
    begun, _end = _month(now, 3)
    _begin, ended = _month(now, 1)
    september = urlencode(
        [("campaign", _with_about_20(first, last)), *good, ("received_from", first), ("received_to", last)]
    )
    quarter = urlencode(
        [
            ("campaign", campaigns["Racking calculator"].pk),
            *good,
            ("received_from", begun),
            ("received_to", ended),
        ]
    )
    silent = urlencode([("owner", people["dmitri"].pk), ("silent", 1)])
    return [
        Talk(
            "tomasz",
            "marta",
            "Did Metal Expo sell us visitors or exhibitors? Most people we reach came for garden tools.",
            1.1,
            campaigns[METAL],
        ),
        Talk(
            "bartek",
            "dmitri",
            "What happened to these silent leads? Shall we write to them again?",
            4.4,
            silent,
        ),
        Talk("marta", "pawel", "This one wrote to us this morning. Can you call before 17:00?", 0.1, waiting),
        Talk(
            "iga",
            "bartek",
            "What do these people see before they fill in the form?",
            3.3,
            campaigns["TikTok test"],
        ),
        Talk(
            "ola",
            "pawel",
            "Why was this one called hours after it was handed to you? It had asked for a quote.",
            3.2,
            late,
            (
                (
                    "pawel",
                    3.5,
                    "I was at a customer in Łódź without a signal. From now on I set an absence for such days.",
                ),
            ),
        ),
        Talk(
            "anna",
            "tomasz",
            "We counted these as good leads. What became of each of them?",
            1.6,
            september,
            (
                (
                    "tomasz",
                    6.0,
                    "The won ones are racks for new halls. Most of those in talks wait for their budget round in "
                    "January; I call every one of them before Christmas.",
                ),
            ),
        ),
        Talk(
            "marta",
            "tomasz",
            "Does the calculator still bring the right people? Which of these would you want more of?",
            0.6,
            quarter,
        ),
        Talk(
            "marta",
            "pawel",
            "Why was one of these leads called only after 16:00?",
            8.2,
            expo or campaigns[METAL],
            (
                (
                    "pawel",
                    0.7,
                    "Two calls earlier that day had no answer. All three are in the lead's history.",
                ),
            ),
            is_closed=True,
        ),
        Talk(
            "lena",
            "marta",
            "Which delivery time do we promise on the landing page? Two callers read six weeks.",
            6.3,
            None,
            (
                (
                    "marta",
                    1.5,
                    "Eight weeks since Monday. The old page was still in the cache of the partner's site.",
                ),
                ("lena", 2.0, "And in the mail that goes out after the form?"),
                ("marta", 3.0, "That one too, corrected today."),
            ),
            is_closed=True,
        ),
        Talk(
            "ola",
            "tomasz",
            "Which of these would have been won with a price list for small halls?",
            13.0,
            urlencode(
                [
                    ("mark", "not_a_fit"),
                    ("reason", "too_small"),
                    ("received_from", first),
                    ("received_to", last),
                ]
            ),
            (
                (
                    "tomasz",
                    5.0,
                    "About a third. We should offer light racks to them by mail and not by phone.",
                ),
            ),
            is_closed=True,
        ),
    ]


def _put(talk: Talk, people: Mapping[str, User], now: datetime) -> None:
    calendar = company_calendar()
    day = 8 * 3600
    asked_at = calendar.add(now, -talk.days * day)
    asker, answerer = people[talk.asker], people[talk.answerer]
    question = Question(
        asker=asker,
        answerer=answerer,
        text=talk.text,
        asked_at=asked_at,
        due_at=questions.due_at(asked_at, agreement.terms().question_days),
    )
    if isinstance(talk.about, Lead):
        question.lead, question.facts = talk.about, facts.of_lead(_as_of(talk.about, asked_at))
        question.facts |= _steps_until(question.facts, asked_at)
    elif isinstance(talk.about, Campaign):
        question.campaign, question.facts = talk.about, facts.of_campaign(talk.about)
    elif talk.about:
        said = cohort.as_words(cohort.words_of([talk.about])[0])
        question.cohort = {"query": talk.about, "words": said}
        question.facts = cohort.as_json(_counts_as_of(talk.about, asker, asked_at))
    question.save()
    for by, hours, text in talk.said:
        at = calendar.add(asked_at, hours * 3600)
        Reply.objects.create(question=question, by=people[by], at=at, text=text)
        question.answered_at = at if by == talk.answerer else None
    if talk.is_closed and question.answered_at:
        question.closed_at = calendar.add(question.answered_at, 2 * 3600)
    question.save(update_fields=["answered_at", "closed_at"])


def _as_of(lead: Lead, at: datetime) -> Lead:
    """The lead as it stood at that instant, as far as its stamps tell."""
    then = Lead.objects.get(pk=lead.pk)
    for name in ("first_contact_at", "marked_at", "qualified_at", "won_at", "lost_at", "closed_at"):
        value = getattr(then, name)
        if value is not None and value > at:
            setattr(then, name, None)
    then.stage, then.mark = _place(lead, at)
    if then.first_contact_at is None:
        then.is_in_time = None
    return then


def _steps_until(stored: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What was done by then; attempts are read from the database, later ones too."""
    until = at.astimezone(timezone.get_default_timezone())
    steps = [step for step in stored["steps"] if datetime.fromisoformat(step["at"]) <= until]
    tried = [one for one in stored["attempts"] if datetime.fromisoformat(one["at"]) <= until]
    return {"steps": steps, "attempts": tried, "attempts_count": len(tried)}


def _place(lead: Lead, at: datetime) -> tuple[str, str]:
    """Stage and mark of a lead at that instant."""
    if lead.first_contact_at is None or lead.first_contact_at > at:
        return "new", "none"
    mark = lead.mark if lead.marked_at is not None and lead.marked_at <= at else "none"
    ended = lead.won_at or lead.lost_at or lead.closed_at
    if ended is not None and ended > at:
        return ("qualified" if mark == "qualified" else "contacted"), mark
    return lead.stage, mark


def _counts_as_of(query: str, person: User, at: datetime) -> cohort.Counts:
    zone = company().tz
    found: cohort.Counts = Counter()
    for lead in cohort.leads_of(query, person):
        found[f"{lead.received_at.astimezone(zone):%Y-%m}", *_place(lead, at)] += 1
    return found
