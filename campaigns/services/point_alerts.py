"""Alerts about contact points: one that does not work, those without a fresh proof, people who cannot get in.

Each is derived from proofs and access lists. Whoever changes these settles what is told at once in the same transaction;
the worker settles all of them every minute, because proofs grow old by themselves.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db.models import DateTimeField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from campaigns.domain.proofs import ProofState, state_of
from campaigns.models import ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.selectors import terms
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import people_with
from leadsync.core import db
from leadsync.notices import services as notices
from leadsync.notices import watching
from leadsync.notices.models import Alert
from leadsync.notices.watching import Fact

BROKEN: Final = "point_broken"
WORKS: Final = "point_works"
STALE: Final = "point_stale"
NO_ACCESS: Final = "point_no_access"

# Minutes of work: to repair a contact point and try it; to try one; to hand over how to sign in.
REPAIR: Final = 15
TRY: Final = 5
HAND_OVER: Final = 10
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def url_of(point_id: int) -> str:
    """The page of a contact point."""
    return reverse("campaigns:point_page", args=[point_id])


def facts_of(point: ContactPoint, proof: Proof | None) -> dict[str, Any]:
    """What the words about a contact point are made of."""
    return {
        "point": point.value,
        "channel": point.channel.name,
        "responsible": point.responsible.name,
        "waits_for": point.responsible.name,
        "reported_by": proof.by.name if proof and proof.by else "",
        "note": proof.note if proof else "",
        "found": proof.found if proof else "",
    }


# ---------------------------------------------------------------------------------------------- the facts


def broken_facts(now: datetime) -> list[Fact]:
    """Contact points in use whose last proof failed. Four queries at most.

    The cost: what the channel's leads take of sales a day, shared by its points in use, for each day begun since the
    first report; and the time to repair it.
    """
    worked_at = (
        selectors.counted_proofs()
        .filter(point=OuterRef("pk"), is_ok=True)
        .order_by("-at", "-id")
        .values("at")[:1]
    )
    failed = selectors.counted_proofs().filter(
        point=OuterRef("pk"), is_ok=False, at__gte=OuterRef("worked_at")
    )
    never = Value(_BEGINNING, output_field=DateTimeField())
    points = list(
        selectors.broken()
        .select_related("channel", "responsible")
        .annotate(worked_at=Coalesce(Subquery(worked_at), never), last_proof=selectors.last_proof())
        .annotate(since_at=Subquery(failed.order_by("at", "id").values("at")[:1]))
        .order_by("pk")
    )
    if not points:
        return []
    proofs = Proof.objects.select_related("by").in_bulk([point.last_proof for point in points])
    channels = {point.channel_id for point in points}
    a_day = terms.minutes_a_day(channels, now)
    sharing: dict[int, int] = {}
    for channel in selectors.in_use().filter(channel__in=channels).values_list("channel", flat=True):
        sharing[channel] = sharing.get(channel, 0) + 1
    found = []
    for point in points:
        days = max((now - point.since_at) // timedelta(days=1) + 1, 1)
        lost = -(-a_day.get(point.channel_id, 0) * days // sharing[point.channel_id])
        found.append(
            Fact(
                subject=str(point.pk),
                context=facts_of(point, proofs[point.last_proof]),
                url=url_of(point.pk),
                cost_minutes=REPAIR + lost,
            )
        )
    return found


def stale_facts(now: datetime) -> list[Fact]:
    """People who answer for contact points without a fresh proof, each with how many. Two queries."""
    days = terms.fresh_days()
    points = (
        selectors.in_use()
        .filter(responsible__is_active=True)
        .annotate(works=selectors.last_proof("is_ok"), proved_at=selectors.last_proof("at"))
        .values_list("responsible", "responsible__name", "works", "proved_at")
    )
    counts: dict[int, dict[ProofState, int]] = {}
    names: dict[int, str] = {}
    for who, name, works, proved_at in points:
        state = state_of(works, proved_at, now=now, fresh_days=days)
        if state in {ProofState.STALE, ProofState.NEVER}:
            names[who] = name
            of = counts.setdefault(who, {})
            of[state] = of.get(state, 0) + 1
    page = reverse("campaigns:channels")
    return [
        Fact(
            subject=str(who),
            context={
                "count": sum(of.values()),
                "never": of.get(ProofState.NEVER, 0),
                "days": days,
                "responsible": names[who],
                "waits_for": names[who],
            },
            url=f"{page}?state=to_try&who={who}",
            cost_minutes=TRY * sum(of.values()),
        )
        for who, of in sorted(counts.items())
    ]


def no_access_facts(now: datetime) -> list[Fact]:
    """Contact points that somebody said they cannot get into and was not answered, each with who. One query."""
    reports: dict[int, list[Proof]] = {}
    for report in (
        selectors.shut_out().filter(at__lte=now).select_related("by", "point__channel", "point__responsible")
    ):
        reports.setdefault(report.point_id, []).append(report)
    return [
        Fact(
            subject=str(point_id),
            context=no_access_of(of),
            url=url_of(point_id),
            cost_minutes=HAND_OVER * len(of),
        )
        for point_id, of in reports.items()
    ]


def no_access_of(reports: Sequence[Proof]) -> dict[str, Any]:
    """What the words about people who cannot get into one contact point are made of."""
    point = reports[0].point
    return {
        "point": point.value,
        "channel": point.channel.name,
        "responsible": point.responsible.name,
        "waits_for": point.responsible.name,
        "count": len(reports),
        "person": ", ".join(one.by.name for one in reports if one.by),
        "note": next((one.note for one in reversed(reports) if one.note), ""),
    }


# ---------------------------------------------------------------------------------------------- settling


def settle_broken(*, by: User | None, at: datetime, wait: bool = True) -> None:
    """Bring `point_broken` in line: the responsible person is told at once, both heads with their mail.

    Each alert that opens is told once, and once that it is over. Nobody hears of what they did (`by`).
    """

    def tell(opened: Sequence[Alert], resolved: Sequence[Alert]) -> None:
        subjects = [int(alert.subject) for alert in [*opened, *resolved]]
        points = {
            point.pk: point
            for point in ContactPoint.objects.filter(pk__in=subjects)
            .select_related("channel", "responsible")
            .annotate(last_proof=selectors.last_proof())
        }
        heads = set(people_with(Role.HEAD_OF_MARKETING, Role.HEAD_OF_SALES).values_list("pk", flat=True))
        for alert in opened:
            point = points[int(alert.subject)]
            _tell(BROKEN, alert, point, heads, dict(alert.context), by, at)
        for alert in resolved:
            found = points.get(int(alert.subject))
            if found is None or not (found.is_active and found.channel.is_active):
                continue  # out of use: nobody has to know how it stands
            proof = Proof.objects.select_related("by").filter(pk=found.last_proof).first()
            works = proof is not None and proof.is_ok
            facts = facts_of(found, proof if works else None) | {"is_taken_back": not works}
            _tell(WORKS, alert, found, heads, facts, by, at)

    _settle(BROKEN, broken_facts, tell, at, wait=wait)


def _tell(
    kind: str,
    alert: Alert,
    point: ContactPoint,
    heads: set[int],
    facts: dict[str, Any],
    by: User | None,
    at: datetime,
) -> None:
    for recipients, is_instant in (
        ({point.responsible_id}, kind == BROKEN),
        (heads - {point.responsible_id}, False),
    ):
        notices.put(
            kind=kind,
            recipients=recipients,
            key=f"{kind}:{alert.pk}",
            context=facts,
            url=url_of(point.pk),
            is_instant=is_instant,
            by=by,
            at=at,
        )


def settle_stale(*, at: datetime) -> None:
    """Bring `point_stale` in line; who is responsible reads it in the next mail."""

    def tell(opened: Sequence[Alert], _resolved: Sequence[Alert]) -> None:
        notices.put_many(
            [
                notices.NewNotice(STALE, int(one.subject), f"{STALE}:{one.pk}", one.context, one.url)
                for one in opened
            ],
            at=at,
        )

    _settle(STALE, stale_facts, tell, at, wait=False)


def settle_no_access(*, at: datetime, wait: bool = True) -> None:
    """Bring `point_no_access` in line. Whoever says it tells the responsible person, who gives access tells them."""
    _settle(NO_ACCESS, no_access_facts, None, at, wait=wait)


def settle_all(*, by: User | None, at: datetime) -> None:
    """Bring what is told at once in line, in the transaction of a change; proofs that grow old wait for the worker."""
    settle_broken(by=by, at=at)
    settle_no_access(at=at)


def watch(*, at: datetime | None = None) -> None:
    """What the worker does every minute. Another worker at the same kind reads the same facts: this one leaves it."""
    now = at or db.now()
    settle_broken(by=None, at=now, wait=False)
    settle_no_access(at=now, wait=False)
    settle_stale(at=now)


def _settle(
    kind: str,
    find: Callable[[datetime], list[Fact]],
    tell: Callable[[Sequence[Alert], Sequence[Alert]], None] | None,
    at: datetime,
    *,
    wait: bool,
) -> None:
    """`watching.settle`; with `wait` after whoever is at it, so that one's own change is never passed over."""
    if not wait:
        watching.settle(kind, find, at=at, tell=tell)
        return
    with db.exclusively(f"alerts:{kind}", wait=True):
        watching.settle(kind, find, at=at, tell=tell)
