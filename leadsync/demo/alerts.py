"""What needs somebody in the sample company: found by the same workers as everywhere, some of it taken care of."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.services import point_alerts
from feedback.services import gate_watch, watching_questions
from leads.services import watching as leads
from leadsync.accounts.models import User
from leadsync.exchange.services import watching as exchange
from leadsync.kpi.services import watching as kpi
from leadsync.meetings.services import decisions
from leadsync.meetings.services import watching as meetings
from leadsync.notices import attending, outbox, selectors
from leadsync.start.services import start

# Workers look each minute; these are the looks that found something. Leads come and go, so only what stands still
# since then is looked for that long ago.
AGO = (timedelta(days=3), timedelta(hours=20), timedelta(minutes=70))
# kind → who takes care of it, since so many minutes
TAKEN = {"silent_leads": ("tomasz", 55), "point_broken": ("olga", 40)}


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Settle every kind of alert, and let two people take care of one. At the end of the build, as it reads the rest."""
    for ago in AGO:
        leads.watch_work(at=now - ago)
    leads.watch(at=now - AGO[-1])
    leads.watch(at=now)
    leads.watch_work(at=now)
    kpi.watch(at=now)
    gate_watch.watch(at=now)
    watching_questions.settle_overdue(at=now)
    point_alerts.watch(at=now)
    meetings.no_meeting()
    decisions.watch(at=now)
    exchange.run(at=now)
    outbox.watch(at=now)
    for kind, (who, minutes) in TAKEN.items():
        alert = selectors.alerts_for(people[who]).filter(kind=kind).first()
        if alert is not None:
            taken_at = max(alert.opened_at, now - timedelta(minutes=minutes))
            attending.acknowledge(pk=alert.pk, by=people[who], at=taken_at)
    start.watch(at=now)
