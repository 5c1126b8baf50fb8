"""When and for whom the dashboard is made."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from leadsync.accounts.models import User
from leadsync.kpi.domain.days import Period
from leadsync.kpi.domain.pace import Pace
from leadsync.kpi.selectors.plans import Planned


@dataclass(frozen=True, slots=True)
class Scene:
    """When and for whom the page is made."""

    person: User
    period: Period
    now: datetime
    today: date
    zone: ZoneInfo
    pace: Pace
    plan: Planned

    @property
    def until(self) -> date:
        """The last day of the period that has begun."""
        return min(self.period.last, self.today)
