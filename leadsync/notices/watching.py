"""Alerts follow the facts: what stands is opened once, what no longer stands is resolved once.

Every kind of alert has a function that reads the facts as they stand now. `settle` compares them with the open alerts,
under one lock a kind, so that two workers at once, or one after a crash, leave the same rows. All of it is one
transaction: after a crash nothing is half done, and the next tick does it. What was resolved and stands again is a new
alert; what stands with other facts keeps its row, its age, and whoever takes care of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Value
from django.db.models.functions import Greatest

from leadsync.core import db
from leadsync.notices.duties import MOST_MINUTES
from leadsync.notices.models import Alert
from leadsync.notices.services import storable

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that needs somebody: what it is about, the facts its words are made of, where its next step is.

    `context` holds JSON values; `waits_for` among them names who has to act, where that is known. `cost_minutes` is what
    it takes of people's working time while it stands.
    """

    subject: str
    context: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""
    cost_minutes: int = 0

    def said(self) -> tuple[Any, str, int]:
        """What an alert keeps of it."""
        return storable(self.context), self.url, min(max(self.cost_minutes, 0), MOST_MINUTES)


type Find = Callable[[datetime], Iterable[Fact]]
type Tell = Callable[[Sequence[Alert], Sequence[Alert]], None]


def settle(kind: str, find: Find, *, at: datetime | None = None, tell: Tell | None = None) -> tuple[int, int]:
    """Bring the alerts of one kind in line with the facts; how many were opened and how many resolved.

    `find(now)` is called while the lock is held: facts read before could be older than the alerts. `tell(opened,
    resolved)` writes notices in the same transaction. (0, 0) when another worker is at it: it reads the same facts.
    A fixed number of statements for each thousand alerts, whatever is settled; two where nothing is new.
    """
    with db.exclusively(f"alerts:{kind}") as lock:
        if lock is None:
            return 0, 0
        now = at or db.now()
        facts = {fact.subject: fact.said() for fact in find(now)}
        known = {alert.subject: alert for alert in Alert.objects.filter(kind=kind, resolved_at=None)}
        opened = _open(kind, {subject: said for subject, said in facts.items() if subject not in known}, now)
        changed = []
        for subject, alert in known.items():
            said = facts.get(subject)
            if said is not None and (alert.context, alert.url, alert.cost_minutes) != said:
                alert.context, alert.url, alert.cost_minutes = said
                changed.append(alert)
        if changed:
            Alert.objects.bulk_update(changed, ["context", "url", "cost_minutes"], batch_size=BATCH)
        resolved = [alert for subject, alert in known.items() if subject not in facts]
        if resolved:
            Alert.objects.filter(pk__in=db.among([alert.pk for alert in resolved])).update(
                # A clock that was set back must not end an alert before it began.
                resolved_at=Greatest("opened_at", Value(now))
            )
        if tell is not None and (opened or resolved):
            tell(opened, resolved)
    return len(opened), len(resolved)


def _open(kind: str, facts: Mapping[str, tuple[Any, str, int]], now: datetime) -> list[Alert]:
    """New alerts, as they stand in the database.

    A service may open one of the same kind beside us (`services.open_alert`): the constraint lets one of them in, and
    ours passes it over.
    """
    if not facts:
        return []
    Alert.objects.bulk_create(
        [
            Alert(kind=kind, subject=subject, context=context, url=url, cost_minutes=cost, opened_at=now)
            for subject, (context, url, cost) in facts.items()
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    rows = Alert.objects.filter(kind=kind, resolved_at=None, opened_at=now, subject__in=db.among([*facts]))
    return list(rows.order_by("pk"))
