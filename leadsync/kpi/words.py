"""Names of months and periods as pages write them."""

from datetime import date

from django.utils import dates
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from feedback.domain.worth import Worth
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.domain.headline import Headline


def month_name(month: date) -> str:
    """ "November 2026", in the nominative."""
    return f"{date_format(month, 'F')} {month.year}"


def month_only(month: date) -> str:
    """ "November"."""
    return date_format(month, "F")


def month_short(month: date) -> str:
    """ "Nov"."""
    return str(dates.MONTHS_3[month.month]).capitalize()


def period_name(period: Period) -> str:
    """ "November", "Quarter 4, 2026", "2026"."""
    match period.span:
        case Span.MONTH:
            return month_only(period.first)
        case Span.QUARTER:
            return _("Quarter %(number)d, %(year)d") % {
                "number": (period.first.month + 2) // 3,
                "year": period.first.year,
            }
        case Span.YEAR:
            return str(period.first.year)


def worth_words(worth: Worth) -> str:
    """The verdict on a campaign, as tables say it."""
    match worth:
        case Worth.WORTH_IT:
            return _("Worth it")
        case Worth.WATCH:
            return _("Watch")
        case Worth.TOO_MUCH_WORK:
            return _("More work than benefit")
        case Worth.TOO_EARLY:
            return _("Too early")
        case _:
            return _("No work yet")


def headline_words(headline: Headline, period: str) -> str:
    """The sentence of a rule, for a period by name."""
    match headline:
        case Headline.NO_LEADS:
            text = _("No leads yet. The first ones start everything here.")
        case Headline.OVER_NO_PLAN:
            text = _("%(period)s closed without a plan.")
        case Headline.OVER_PART_PLAN:
            text = _("%(period)s closed with a plan for some of its months only.")
        case Headline.PART_PLAN_LATE:
            text = _("%(period)s: some months have no plan, and too many leads wait for the first call.")
        case Headline.PART_PLAN:
            text = _("%(period)s: some months have no plan yet.")
        case Headline.NO_PLAN_LATE:
            text = _("%(period)s has no plan, and too many leads wait for the first call.")
        case Headline.NO_PLAN:
            text = _("%(period)s has no plan yet.")
        case Headline.NOT_BEGUN:
            text = _("%(period)s has not begun.")
        case Headline.OVER_REACHED:
            text = _("%(period)s reached its target.")
        case Headline.OVER_MISSED:
            text = _("%(period)s closed below its target.")
        case Headline.REACHED:
            text = _("The target of %(period)s is reached.")
        case Headline.JUST_BEGUN_LATE:
            text = _("%(period)s has just begun, and leads already wait past the promise.")
        case Headline.JUST_BEGUN:
            text = _("%(period)s has just begun.")
        case Headline.ENOUGH_BUT_LATE:
            text = _("Enough good leads. Too many wait for the first call.")
        case Headline.FEW_AND_LATE:
            text = _("Too few good leads, and too many wait for the first call.")
        case Headline.FEW_BUT_IN_TIME:
            text = _("Every lead gets its call in time. There are too few good ones.")
        case Headline.DEALS_BEHIND:
            text = _("Enough good leads, called in time. Deals are behind the plan.")
        case _:
            text = _("On plan: good leads, first calls and deals.")
    return text % {"period": period}
