"""What the agreement in force says about gates and sales time, and how long something is open by it."""

from datetime import datetime, time, timedelta

from leads.domain.terms import Terms
from leads.models import Agreement
from leadsync.accounts.selectors import company, company_calendar


def limits() -> Agreement | Terms:
    """The agreement in force without its criteria and promises, or the stock limits. One query."""
    return Agreement.objects.filter(state=Agreement.State.IN_FORCE).first() or Terms()


def close_after(at: datetime, days: int) -> datetime:
    """The end of the company's working day, `days` working days after the day of `at`."""
    calendar, zone = company_calendar(), company().tz
    day = calendar.add_working_days(at.astimezone(zone).date(), days)
    midnight = datetime.combine(day, time(), zone)
    windows = list(calendar.windows_between(midnight, midnight + timedelta(days=1)))
    return windows[-1][1] if windows else midnight + timedelta(days=1)
