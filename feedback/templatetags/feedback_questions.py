"""Questions on other apps' pages: the talk about a lead or campaign, and what waits for one's answer."""

from typing import Any

from django import template
from django.template.context import Context
from django.utils import timezone

from campaigns.domain.proofs import ProofState, state_of
from campaigns.models import Campaign
from campaigns.selectors.channels import PointRow
from feedback.forms import AskForm
from feedback.models import Question
from feedback.selectors import questions
from leads.models import Lead
from leads.selectors import agreement
from leadsync.accounts.access import person_of
from leadsync.accounts.roles import Can

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
        asked_of = questions.suggested(person, lead=lead, campaign=campaign)
        about = {"lead": lead.pk if lead else None, "campaign": campaign.pk if campaign else None}
        if head_of_sales:
            asked_of = questions.head_of_sales(person) or asked_of
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


@register.simple_tag
def proof_states(rows: list[PointRow]) -> list[tuple[PointRow, ProofState]]:
    """Each contact point with how its last proof stands under the agreement in force."""
    now, days = timezone.now(), agreement.terms().proof_days
    return [(row, state_of(row.is_ok, row.proved_at, now=now, fresh_days=days)) for row in rows]
