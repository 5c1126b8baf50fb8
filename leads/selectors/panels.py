"""Panels about leads that stand on the pages of other apps."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import FETCH_RAISE
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign
from leads.domain.words import MarkValue, Stage
from leads.models import Handoff, Lead, Mark
from leads.selectors.people import next_owner
from leads.selectors.timeline import is_overridden, override_words
from leadsync.accounts.models import User

FIRST = 10


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead of a campaign, and what sales said about it."""

    lead: Lead
    said: str


@dataclass(frozen=True, slots=True)
class CampaignLeads:
    """The newest leads of a campaign, and how many there are (test leads are in no figure)."""

    rows: list[LeadRow]
    total: int


def campaign_leads(campaign: Campaign, person: User, *, first: int = FIRST) -> CampaignLeads:
    """The newest leads of the campaign: quality, words of sales, rep, sales time. Three queries."""
    leads = Lead.objects.visible_to(person).counted().filter(campaign=campaign)
    newest = list(
        leads.select_related("owner", "reason")
        .order_by("-received_at", "-pk")
        .fetch_mode(FETCH_RAISE)[:first]
    )
    marks: dict[int, Mark] = {}
    standing = Mark.objects.filter(lead__in=[lead.pk for lead in newest], reverted_at=None).order_by("pk")
    for mark in standing.fetch_mode(FETCH_RAISE):
        marks[mark.lead_id] = mark
    return CampaignLeads(
        rows=[LeadRow(lead, said(lead, marks.get(lead.pk))) for lead in newest], total=leads.count()
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    """What happens to a person's open leads when they no longer work leads; `head` None: back to marketing."""

    count: int
    waiting: int
    head: User | None


def leaving(person: User, now: datetime) -> Leaving | None:
    """The open leads of somebody who works leads, and who takes them over; None where there are none."""
    count = Lead.objects.open().filter(owner=person).count()
    if not count:
        return None
    return Leaving(
        count, Handoff.objects.open().filter(rep=person).count(), next_owner(without=person.pk, on=now)
    )


def said(lead: Lead, mark: Mark | None) -> str:
    """What sales said, in one line: the reason and the note of the mark, the attempts, or the next step."""
    note = " ".join((mark.note if mark else "").split())
    if mark is not None and mark.value == lead.mark and is_overridden(mark):
        note = f"{override_words(mark)}. {note}"
    if lead.mark == MarkValue.NOT_A_FIT or lead.stage == Stage.LOST:
        parts = [lead.reason.words if lead.reason else "", note]
    elif lead.mark == MarkValue.UNREACHABLE or (lead.mark == MarkValue.NONE and lead.attempts):
        tries = ngettext("%(n)d attempt", "%(n)d attempts", lead.attempts) % {"n": lead.attempts}
        parts = [tries, note]
    else:
        parts = [note, _("Next: %(step)s") % {"step": lead.next_step} if lead.next_step else ""]
    return ". ".join(part.rstrip(".") for part in parts if part)
