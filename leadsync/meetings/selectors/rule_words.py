"""A rule as a sentence in the reader's language, and why a text is no rule."""

from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from leadsync.meetings.domain.recurrence import LAST, MOST_MONTHS, MOST_WEEKS, Flaw, Freq, Rule, RuleError

# Days are named as they stand in a calendar, so that no language has to bend them.
_PLACES = {
    1: gettext_lazy("1st %(day)s"),
    2: gettext_lazy("2nd %(day)s"),
    3: gettext_lazy("3rd %(day)s"),
    4: gettext_lazy("4th %(day)s"),
    LAST: gettext_lazy("last %(day)s"),
}


def weekday(day: int) -> str:
    """The name of a weekday, 0 is Monday."""
    return str(WEEKDAYS[day])


def place(number: int, day: int) -> str:
    """ "1st Monday" of a month; the last for -1."""
    return str(_PLACES[number]) % {"day": _within(weekday(day))}


def _within(name: str) -> str:
    """A weekday within a sentence: only English writes it with a capital letter there."""
    return name if (get_language() or "en").startswith("en") else name.lower()


def sentence(rule: Rule) -> str:
    """When it comes again: "Every week: Monday, Thursday"."""
    if rule.freq is Freq.DAY:
        return _("Every working day")
    if rule.freq is Freq.WEEK:
        days = ", ".join(_within(weekday(day)) for day in rule.weekdays)
        if rule.interval == 1:
            return _("Every week: %(days)s") % {"days": days}
        return ngettext("Every %(n)d week: %(days)s", "Every %(n)d weeks: %(days)s", rule.interval) % {
            "n": rule.interval,
            "days": days,
        }
    if rule.month_day == LAST:
        which = _("last day")
    elif rule.month_day:
        which = _("day %(n)d") % {"n": rule.month_day}
    else:
        which = place(rule.place, rule.weekdays[0])
    if rule.interval == 1:
        return _("Every month: %(which)s") % {"which": which}
    return ngettext("Every %(n)d month: %(which)s", "Every %(n)d months: %(which)s", rule.interval) % {
        "n": rule.interval,
        "which": which,
    }


def refusal(error: RuleError) -> str:
    """Why meetings cannot have this rule, and what to write instead."""
    match error.flaw:
        case Flaw.FREQ:
            return _("Meetings come daily, weekly or monthly: FREQ=DAILY, FREQ=WEEKLY or FREQ=MONTHLY.")
        case Flaw.PART:
            return _(
                "Leave out “%(part)s”: the first and the last day, and the time, have fields of their own."
            ) % {"part": error.part}
        case Flaw.INTERVAL:
            return _(
                "At most every %(weeks)d weeks or every %(months)d months; daily means every working day."
            ) % {
                "weeks": MOST_WEEKS,
                "months": MOST_MONTHS,
            }
        case Flaw.DAYS:
            return _(
                "Say on which days: weekly BYDAY=MO,TH; monthly BYDAY=1MO (1 to 4, or -1 for the last) or BYMONTHDAY=15."
            )
        case Flaw.FORM:
            return _("This is no rule. Every second Monday is FREQ=WEEKLY;INTERVAL=2;BYDAY=MO.")
