"""The open leads of somebody who left, or works no leads any more, go to a head of sales: none is ever orphaned.

A worker looks who cannot work leads and compares them with whom it knew of; only then, and once an hour, it looks for
their leads. They go in batches, a transaction each; what the head is told at the end is counted in the note of the
lock, in the same transactions: a worker that is killed loses one batch, and the head hears of all of them once.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from leads.models import Lead, LeadEvent
from leads.selectors.people import next_owner, unable, working
from leads.services import moving
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.models import Lock
from leadsync.notices import services as notices

LEAVING = "leaving"
ALERT = "leads_left"
RULE = "left"
BATCH = 1_000
AGAIN_AFTER = timedelta(hours=1)  # for leads that came to somebody in the very moment of leaving


@dataclass(slots=True)
class _State:
    """Whose leads were looked for last, when, and what was handed over of a pass that is not told yet.

    `handed`: by person, how many leads by head ("": marketing), and since when.
    """

    unable: list[int] = field(default_factory=list)
    checked_at: str = ""
    handed: dict[str, dict[str, int]] = field(default_factory=dict)
    since: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, note: str) -> "_State":
        return cls(**json.loads(note)) if note else cls()

    def is_settled(self, ids: Iterable[int], now: datetime) -> bool:
        if not self.checked_at or self.handed or sorted(ids) != self.unable:
            return False
        return abs(now - datetime.fromisoformat(self.checked_at)) < AGAIN_AFTER


def hand_over_all(*, now: datetime, note: str, batch: int = BATCH) -> int:
    """Hand over the open leads of everybody who cannot work them; returns how many went.

    Where nobody came or went, one question is asked. One worker at a time; another one passes.
    """
    ids = sorted(unable().values_list("pk", flat=True))
    if _State.read(note).is_settled(ids, now):
        return 0
    holding = Lead.objects.open().filter(owner__in=ids).order_by().values_list("owner", flat=True).distinct()
    started = {int(person_id) for person_id in _State.read(note).handed}
    moved = 0
    for person_id in sorted({*holding, *started} - {None}):
        while count := _batch(person_id, now, batch):
            moved += count
    with db.exclusively(LEAVING) as lock:
        # Leads that somebody had open just now were passed over: they make the next run look again.
        if lock is not None and not Lead.objects.open().filter(owner__in=ids).exists():
            state = _State.read(lock.note)
            state.unable, state.checked_at = ids, now.isoformat()
            _remember(lock, state)
    _settle_alerts(now)
    return moved


def _batch(person_id: int, now: datetime, size: int) -> int:
    """Hand over some leads of this person; 0 when no more are there, and then whoever got them is told."""
    with db.exclusively(LEAVING) as lock:
        if lock is None or working().filter(pk=person_id).exists():
            return 0
        state = _State.read(lock.note)
        key = str(person_id)
        leads = moving.taken(Lead.objects.open().filter(owner=person_id), size)
        if not leads:
            _tell(person_id, state.handed.pop(key, {}), state.since.pop(key, ""), now)
            _remember(lock, state)
            return 0
        head = next_owner(person_id, now)
        name = User.objects.filter(pk=person_id).values_list("name", flat=True).first()
        why = {"rule": RULE, "rep": name, "rep_id": person_id}
        if head is None:
            moving.give_back(leads=leads, why=why, now=now)
        else:
            moving.move(leads=leads, to={lead.pk: (head.pk, why) for lead in leads}, by=None, now=now)
        counts = state.handed.setdefault(key, {})
        to = str(head.pk) if head else ""
        counts[to] = counts.get(to, 0) + len(leads)
        state.since.setdefault(key, f"{now.isoformat()}:{leads[0].pk}")
        _remember(lock, state)
        return len(leads)


def _remember(lock: Lock, state: _State) -> None:
    Lock.objects.filter(pk=lock.pk).update(note=json.dumps(asdict(state)))


def _tell(person_id: int, counts: dict[str, int], since: str, now: datetime) -> None:
    """Each head how many leads came, once; an alert for those that nobody could take."""
    name = User.objects.filter(pk=person_id).values_list("name", flat=True).first()
    notices.put_many(
        [
            notices.NewNotice(
                "leads_inherited",
                int(head),
                f"leads_inherited:{person_id}:{since}",
                {"count": count, "rep": name},
                "/leads/?owner=me",
            )
            for head, count in counts.items()
            if head
        ],
        at=now,
    )
    if counts.get(""):
        notices.open_alert(
            kind=ALERT,
            subject=f"rep:{person_id}",
            context={"count": counts[""], "rep": name},
            url="/leads/?owner=nobody",
            at=now,
        )


def _settle_alerts(now: datetime) -> None:
    """Keep what alerts say of leads that went back to marketing true."""
    for subject in notices.open_subjects(ALERT):
        person_id = int(subject.removeprefix("rep:"))
        left = LeadEvent.objects.filter(
            lead__in=Lead.objects.open().filter(owner=None),
            after__why__rule=RULE,
            after__why__rep_id=person_id,
        )
        if not left.exists():
            notices.resolve_alert(kind=ALERT, subject=subject, at=now)
