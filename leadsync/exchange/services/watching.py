"""What the worker watches: the alert "nobody heard a call", and gates that campaigns made of ideas have passed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.urls import reverse

from feedback.domain.gate import Verdict
from feedback.models import GateVerdict
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import people_with
from leadsync.core import db
from leadsync.exchange.domain.light import Light
from leadsync.exchange.selectors import lights
from leadsync.notices import services as notices
from leadsync.notices import watching
from leadsync.notices.models import Alert
from leadsync.notices.services import NewNotice
from leadsync.notices.watching import Fact

KIND = "nobody_heard"
TOLD_WITHIN = timedelta(days=7)  # of a gate that passed longer ago nobody needs to hear
MINUTES_A_CALL = 60  # what hearing one takes: of the marketer's time


def run(*, at: datetime | None = None) -> tuple[int, int]:
    """Open, bring up to date and resolve the alert; how many were opened and resolved."""
    return watching.settle(KIND, find, at=at, tell=_tell)


def find(now: datetime) -> Iterable[Fact]:
    """One fact for the quarter, while there are marketers whose light is red. It counts them, and names nobody."""
    red = [one for one in lights.lights(now=now) if one.light is Light.RED]
    if not red:
        return []
    quarter = red[0].quarter
    return [
        Fact(
            str(quarter),
            {"count": len(red), "quarter": str(quarter), "until": quarter.last.isoformat()},
            reverse("exchange:list"),
            sum(one.missing for one in red) * MINUTES_A_CALL,
        )
    ]


def _tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
    """Who leads marketing hears of it once, with the names."""
    for alert in opened:
        red = [one for one in lights.lights(now=alert.opened_at) if one.light is Light.RED]
        notices.put(
            kind=KIND,
            recipients=people_with(Role.HEAD_OF_MARKETING),
            key=f"{KIND}:{alert.subject}",
            context={**alert.context, "people": [one.person.name for one in red][:10]},
            url=reverse("exchange:people"),
            at=db.now(),
        )


def tell_authors(*, at: datetime | None = None) -> int:
    """Tell whose idea a campaign was that its gate is passed, once a campaign; how many campaigns these are.

    Its owner, who hears of the gate anyway, is not told twice.
    """
    now = at or db.now()
    passed = GateVerdict.objects.filter(
        verdict=Verdict.PASSED.value, told_at__gte=now - TOLD_WITHIN, campaign__idea__isnull=False
    )
    rows = passed.values_list(
        "campaign", "campaign__name", "campaign__owner", "campaign__idea__title", "campaign__idea__by"
    )
    found = [
        NewNotice(
            "idea_passed",
            author,
            f"idea_passed:{pk}",
            {"title": title, "campaign": name},
            reverse("campaigns:page", args=[pk]),
        )
        for pk, name, owner, title, author in rows.distinct()
        if author not in {owner, None}
    ]
    notices.put_many(found, at=now)  # a key that is known changes nothing
    return len(found)
