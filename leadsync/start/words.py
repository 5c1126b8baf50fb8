"""What the steps of the start are called, who takes them, and where."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from leadsync.accounts.roles import Can
from leadsync.start.domain.steps import Step


@dataclass(frozen=True, slots=True)
class Saying:
    """A step in words: what and why, who can take it, and the button for whoever may."""

    title: Any
    text: Any
    who: Any
    action: Any
    url_name: str
    may: tuple[Can, ...]  # any of these
    icon: str


SAYINGS: Final[Mapping[Step, Saying]] = {
    Step.PEOPLE: Saying(
        _("Invite people of both departments"),
        _("At least one of marketing and one of sales; the two heads sign, so begin with them."),
        _("Administrator"),
        _("Invite"),
        "accounts:invite",
        (Can.MANAGE_PEOPLE,),
        "user-plus",
    ),
    Step.HOURS: Saying(
        _("Check hours and holidays"),
        _("Promises run in working time only. Look at the week and the holidays, then save."),
        _("Administrator"),
        _("Check the hours"),
        "accounts:hours",
        (Can.MANAGE_COMPANY,),
        "clock",
    ),
    Step.CHANNELS: Saying(
        _("List the channels, and try one contact point"),
        _("A phone number nobody answers costs more than no campaign. Green is what somebody has tried."),
        _("Marketing"),
        _("Open the channels"),
        "campaigns:channels",
        (Can.EDIT_CHANNELS,),
        "phone",
    ),
    Step.AGREEMENT: Saying(
        _("Agree what a good lead is, and sign"),
        _("One definition, the promises and the limits. In force once both heads have signed."),
        _("Both heads"),
        _("Open the agreement"),
        "leads:definition",
        (Can.EDIT_AGREEMENT,),
        "sign",
    ),
    Step.CAMPAIGN: Saying(
        _("Bring the first campaign live"),
        _("Sales reviews it before: whoever knows the market says so while it costs nothing."),
        _("Marketing, then the head of sales"),
        _("Open the campaigns"),
        "campaigns:list",
        (Can.EDIT_CAMPAIGNS, Can.CLEAR_CAMPAIGNS),
        "flag",
    ),
    Step.LEADS: Saying(
        _("Log the first 20 leads"),
        _(
            "By hand, by paste, from a file, or by a form of their own. Sales judges a campaign by its first 20."
        ),
        _("Marketing"),
        _("Open the campaigns"),
        "campaigns:list",
        (Can.LOG_LEADS,),
        "users",
    ),
    Step.CONTACT: Saying(
        _("Make the first contact"),
        _("From the queue, by deadline; the clock stops as soon as somebody tries."),
        _("Sales"),
        _("Open the queue"),
        "leads:queue",
        (Can.WORK_LEADS,),
        "phone-outgoing",
    ),
    Step.MARK: Saying(
        _("Mark the first lead"),
        _("Qualified, promising or not a fit: one key. Marketing sees it at once."),
        _("Sales"),
        _("Open the queue"),
        "leads:queue",
        (Can.WORK_LEADS,),
        "check",
    ),
    Step.MEETING: Saying(
        _("Hold the first joint meeting"),
        _("Half an hour a week; the agenda writes itself from the facts."),
        _("Both heads, or the director"),
        _("Open the meetings"),
        "meetings:list",
        (Can.RUN_MEETINGS,),
        "cal",
    ),
    Step.PLAN: Saying(
        _("Set the first month’s plan"),
        _(
            "A revenue target, taken apart into deals, qualified leads, leads and budget: one number for both."
        ),
        _("Both heads, or the director"),
        _("Open the plan"),
        "kpi:plan_now",
        (Can.EDIT_PLAN,),
        "target",
    ),
}
