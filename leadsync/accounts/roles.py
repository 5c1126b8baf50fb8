"""Who may do what: one table, from role to permissions, written into Django's groups after every migration.

Everyone signed in sees campaigns, leads, the dashboard, the agreement and the channels: openness is the
point. The permissions below are about changing things and about the few figures that are not for everyone.
"""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    """A role is a Django group of this name. A person may hold several; administrator goes with any."""

    MARKETER = "marketer"
    REP = "rep"
    HEAD_OF_MARKETING = "head_of_marketing"
    HEAD_OF_SALES = "head_of_sales"
    DIRECTOR = "director"
    ADMINISTRATOR = "administrator"


class Side(StrEnum):
    """The department a person speaks for."""

    MARKETING = "mkt"
    SALES = "sales"
    DIRECTION = "dir"


LABELS = {
    Role.MARKETER: _("Marketer"),
    Role.REP: _("Sales rep"),
    Role.HEAD_OF_MARKETING: _("Head of marketing"),
    Role.HEAD_OF_SALES: _("Head of sales"),
    Role.DIRECTOR: _("Director"),
    Role.ADMINISTRATOR: _("Administrator"),
}

SIDES = {
    Role.MARKETER: Side.MARKETING,
    Role.HEAD_OF_MARKETING: Side.MARKETING,
    Role.REP: Side.SALES,
    Role.HEAD_OF_SALES: Side.SALES,
    Role.DIRECTOR: Side.DIRECTION,
    Role.ADMINISTRATOR: Side.DIRECTION,
}


class Can(StrEnum):
    """Permissions by code name; `person.can(Can.LOG_LEADS)` asks for one."""

    EDIT_CAMPAIGNS = "edit_campaigns"
    EDIT_CHANNELS = "edit_channels"
    WRITE_MARKET_NOTES = "write_market_notes"
    CLEAR_CAMPAIGNS = "clear_campaigns"  # or object, for sales, before they go live
    OVERRULE_REVIEWS = "overrule_reviews"
    DECIDE_GATES = "decide_gates"  # stop, or change and test again, after a gate that was not passed
    LOG_LEADS = "log_leads"
    WORK_LEADS = "work_leads"  # marks, activities, follow-ups on own leads
    WORK_ANY_LEAD = "work_any_lead"  # the same on everyone's leads, with a note where a rule is overridden
    HAND_OVER = "hand_over"
    EDIT_AGREEMENT = "edit_agreement"
    EDIT_WORDS = "edit_words"  # the lists of reasons and of tags
    EDIT_ROUTING = "edit_routing"
    DISPUTE = "dispute"  # marks of sales
    DECIDE_DISPUTES = "decide_disputes"
    SIGN_FOR_MARKETING = "sign_for_marketing"
    SIGN_FOR_SALES = "sign_for_sales"
    EDIT_PLAN = "edit_plan"
    SIGN_PLAN = "sign_plan"
    SEE_FIRST_CONTACTS = "see_first_contacts"  # first contact by person: heads and director
    ASK = "ask"
    HAND_IN = "hand_in"  # a problem or a need for the next joint meeting
    RUN_MEETINGS = "run_meetings"  # series, decisions, minutes
    LOG_EXCHANGE = "log_exchange"  # calls heard, days shadowed; book one; applause
    SEE_EXCHANGE = "see_exchange"  # the figures of everybody
    PROPOSE_IDEAS = "propose_ideas"  # and vote for those of others
    ACKNOWLEDGE = "acknowledge"  # an alert: "I take care of it"
    EXPORT = "export"
    MERGE_LEADS = "merge_leads"
    EDIT_INTAKE = "edit_intake"  # hosted forms, sources, messages that could not be read
    ERASE_LEADS = "erase_leads"  # personal data: everything about one person, erasing it, who exported what
    MANAGE_PEOPLE = "manage_people"
    MANAGE_COMPANY = "manage_company"


_EVERYONE = frozenset(
    {
        Can.ASK,
        Can.EXPORT,
        Can.WRITE_MARKET_NOTES,
        Can.HAND_IN,
        Can.LOG_EXCHANGE,
        Can.PROPOSE_IDEAS,
        Can.ACKNOWLEDGE,
    }
)
_MARKETING = _EVERYONE | {
    Can.EDIT_CAMPAIGNS,
    Can.EDIT_CHANNELS,
    Can.DECIDE_GATES,
    Can.EDIT_INTAKE,
    Can.LOG_LEADS,
    Can.MERGE_LEADS,
    Can.DISPUTE,
}
_HEADS = frozenset(
    {
        Can.EDIT_AGREEMENT,
        Can.EDIT_WORDS,
        Can.EDIT_PLAN,
        Can.SEE_FIRST_CONTACTS,
        Can.DECIDE_DISPUTES,
        Can.ERASE_LEADS,
        Can.RUN_MEETINGS,
        Can.SEE_EXCHANGE,
    }
)
_SALES = _EVERYONE | {Can.WORK_LEADS}

PERMISSIONS: dict[Role, frozenset[Can]] = {
    Role.MARKETER: _MARKETING,
    Role.REP: _SALES,
    Role.HEAD_OF_MARKETING: _MARKETING | _HEADS | {Can.SIGN_FOR_MARKETING},
    Role.HEAD_OF_SALES: _SALES
    | _HEADS
    | {
        Can.WORK_ANY_LEAD,
        Can.HAND_OVER,
        Can.MERGE_LEADS,
        Can.EDIT_ROUTING,
        Can.CLEAR_CAMPAIGNS,
        Can.SIGN_FOR_SALES,
    },
    Role.DIRECTOR: _EVERYONE
    | {
        Can.SIGN_PLAN,
        Can.EDIT_PLAN,
        Can.SEE_FIRST_CONTACTS,
        Can.DECIDE_DISPUTES,
        Can.DECIDE_GATES,
        Can.OVERRULE_REVIEWS,
        Can.RUN_MEETINGS,
        Can.SEE_EXCHANGE,
    },
    Role.ADMINISTRATOR: frozenset(
        {Can.MANAGE_PEOPLE, Can.MANAGE_COMPANY, Can.ERASE_LEADS, Can.EDIT_INTAKE, Can.ACKNOWLEDGE}
    ),
}
