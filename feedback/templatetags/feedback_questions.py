"""Questions on other apps' pages: the talk about a lead or campaign, and what waits for one's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone

from campaigns.domain.proofs import ProofState, state_of
from campaigns.models import Campaign
from campaigns.selectors.channels import PointRow
from feedback.domain import spans
from feedback.forms import AskForm
from feedback.models import Question
from feedback.selectors import answerers, cohort, questions, timeline
from leads.forms.filter_words import Said
from leads.models import Lead
from leads.selectors import agreement
from leadsync.accounts.access import person_of
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import company_calendar

register = template.Library()


@register.inclusion_tag("feedback/ask_panel.html", takes_context=True)
def ask_panel(
    context: Context,
    *,
    lead: Lead | None = None,
    campaign: Campaign | None = None,
    form: AskForm | str | None = None,
    opened: bool = False,
    text: str = "",
    head_of_sales: bool = False,
    oob: bool = False,
) -> dict[str, Any]:
    """All questions about a lead or a campaign, and a form to ask one: `{% ask_panel lead=lead %}`.

    `form` is a form that was refused; `opened` shows the form unfolded, `text` is what it begins with, and
    `head_of_sales` whom it asks.
    """
    request = context["request"]
    person = person_of(request)
    if not isinstance(form, AskForm):  # a template without one passes ""
        asked_of: int | str | None = questions.suggested(person, lead=lead, campaign=campaign)
        about = {"lead": lead.pk if lead else None, "campaign": campaign.pk if campaign else None}
        if head_of_sales:
            found = answerers.head(Role.HEAD_OF_SALES, person)
            asked_of = Role.HEAD_OF_SALES.value if found else asked_of
        form = AskForm(person=person, initial=about | {"answerer": asked_of, "text": text}, auto_id="ask_%s")
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": person,
        "lead": lead,
        "campaign": campaign,
        "questions": questions.about(lead=lead, campaign=campaign),
        "form": form,
        "opened": opened or form.is_bound,
        "may_ask": person.can(Can.ASK),
        "oob": oob,
        "now": timezone.now(),
    }


@register.inclusion_tag("feedback/for_me.html", takes_context=True)
def questions_for_me(context: Context) -> dict[str, Any]:
    """What the signed-in person still has to answer, each with its form."""
    request = context["request"]
    person = person_of(request)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "user": person,
        "questions": list(questions.for_person(person)[:50]),
        "now": timezone.now(),
    }


@register.filter
def lead_facts(question: Question) -> questions.LeadFacts | None:
    """The facts about the lead as of asking, None for a question about something else."""
    return questions.lead_facts(question)


@register.filter
def may_ask(person: Any) -> bool:
    """Whether somebody signed in may ask questions: `{% if user|may_ask %}`."""
    return isinstance(person, User) and person.can(Can.ASK)


@register.filter
def ask_url(address: str) -> str:
    """Where to ask about the leads of an address of the list: `{{ line.url|ask_url }}`; "" for all leads."""
    _path, _mark, query = str(address).partition("?")
    return f"{reverse('feedback:ask')}?{urlencode({'cohort': query})}" if query else ""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a question: its cohort in words, and working time since it was asked and was due."""

    said: list[Said]
    waits_for: int  # whose turn it is: to answer, or to close
    waits: str = ""  # "1 working day 2 h" while nobody has answered
    past_due: str = ""


@register.simple_tag
def beside(rows: Sequence[Question], now: datetime) -> dict[int, Beside]:
    """The same for all questions of a page, read together: `{% beside questions now as told %}`."""
    asked = [question for question in rows if question.cohort.get("query")]
    found = cohort.words_of([question.cohort["query"] for question in asked]) if asked else []
    words = {question.pk: said for question, said in zip(asked, found, strict=True)}
    waiting = {one.pk for one in rows if one.closed_at is None and one.answered_at is None}
    calendar = company_calendar() if waiting else None

    def one(question: Question) -> Beside:
        said = words.get(question.pk, [])
        if calendar is None or question.pk not in waiting:
            return Beside(said, question.asker_id)
        waits = spans.between(calendar, question.asked_at, now)
        late = spans.between(calendar, question.due_at, now)
        return Beside(
            said,
            question.answerer_id,
            timeline.span_words(waits) if waits.minutes else "",
            timeline.span_words(late) if late.minutes else "",
        )

    return {question.pk: one(question) for question in rows}


@register.filter
def beside_of(told: dict[int, Beside] | str, question: Question) -> Beside:
    """What `beside` found of one question; looked up alone where a page did not ask."""
    if isinstance(told, dict) and question.pk in told:
        return told[question.pk]
    return beside([question], timezone.now())[question.pk]


@register.filter
def cohort_url(question: Question) -> str:
    """The leads list with the filters of a question, "" where there are none."""
    query = question.cohort.get("query")
    return cohort.list_url(query) if query else ""


@register.filter
def cohort_count(question: Question) -> int | None:
    """How many leads a cohort had when it was asked about."""
    found = question.facts.get("leads")
    return found if question.cohort and isinstance(found, int) else None


@register.simple_tag
def proof_states(rows: list[PointRow]) -> list[tuple[PointRow, ProofState]]:
    """Each contact point with how its last proof stands under the agreement in force."""
    now, days = timezone.now(), agreement.terms().proof_days
    return [(row, state_of(row.is_ok, row.proved_at, now=now, fresh_days=days)) for row in rows]
