"""Open facts that a joint meeting talks about, read from where they are kept: alerts, disputes, decisions not done."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from campaigns.models import Campaign, ContactPoint
from feedback.models import Dispute, Question
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role, Side
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.domain.agenda import Item
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.notices.models import Alert

# Both heads look at the lead and say what they think.
DISPUTE_MINUTES: Final = 10

_ABOUT = re.compile(r"^/(campaigns|questions|leads|channels/points)/(\d{1,18})/")
_WHO = re.compile(r"[?&]who=(\d{1,18})(?:&|$)")

# Kinds whose cause lies with one department, where no single person is named by the fact.
_OF_MARKETING = frozenset(
    {
        "drought",
        "drought_all",
        "order_short",
        "nobody_heard",
        "unreadable_messages",
        "point_broken",
        "point_no_access",
    }
)
_OF_SALES = frozenset(
    {
        "promise_missed",
        "silent_leads",
        "completeness_low",
        "overload",
        "gate_late",
        "unroutable",
        "leads_left",
        "leads_not_rerouted",
        "rep_away",
        "dispute_opened",
    }
)
_OTHER = {Side.MARKETING: Side.SALES, Side.SALES: Side.MARKETING}


def open_facts() -> list[Item]:
    """Every open alert a meeting can do something about, and every open dispute, one by one. Two queries."""
    alerts = Alert.objects.filter(resolved_at=None).exclude(kind__in=rules.SKIPPED)
    return [
        *(
            Item(
                source=rules.ALERT,
                subject=rules.subject_of(one.kind, one.subject),
                at=one.opened_at,
                kind=one.kind,
                context=one.context,
                url=one.url,
                cost_minutes=one.cost_minutes,
            )
            for one in alerts
        ),
        *open_disputes(),
    ]


def open_disputes() -> list[Item]:
    """Every open dispute. One query."""
    rows = Dispute.objects.filter(state=Dispute.State.OPEN).select_related("lead", "mark", "by")
    return [
        Item(
            source=rules.DISPUTE,
            subject=rules.subject_of("dispute_opened", str(one.pk)),
            at=one.at,
            kind="dispute_opened",
            context={
                "lead": one.lead.title,
                "company": one.lead.company,
                "lead_id": one.lead_id,
                "mark": one.mark.value,
                "wanted": one.wanted,
                "disputed_by": one.by.name,
                "text": one.text[:500],
            },
            url=f"/disputes/{one.pk}/",
            cost_minutes=DISPUTE_MINUTES,
        )
        for one in rows
    ]


def standing(items: Iterable[Item]) -> set[str]:
    """The subjects of the alerts and disputes that are open, of the kinds of these points. Two queries at most."""
    listed = list(items)
    kinds = {item.kind for item in listed if item.source == rules.ALERT}
    found = {
        rules.subject_of(kind, subject)
        for kind, subject in Alert.objects.filter(resolved_at=None, kind__in=kinds).values_list(
            "kind", "subject"
        )
    }
    if any(item.source == rules.DISPUTE for item in listed):
        found |= {
            rules.subject_of("dispute_opened", str(pk))
            for pk in Dispute.objects.filter(state=Dispute.State.OPEN).values_list("pk", flat=True)
        }
    return found


def unfinished(meeting: Meeting, on: date) -> list[Item]:
    """Decisions of other meetings that are due by this day and not done. One query.

    Those due later are under way: nobody has to answer for them yet.
    """
    rows = Decision.objects.filter(state=Decision.StateChoices.OPEN, due_on__lte=on).exclude(meeting=meeting)
    return [_unfinished(one) for one in rows.select_related("owner", "meeting", "point")]


def _unfinished(one: Decision) -> Item:
    return Item(
        source=rules.DECISION,
        subject=str(one.pk),
        at=one.at,
        kind="decision_overdue",
        context={
            "decision": one.pk,
            "text": one.text[:500],
            "owner": one.owner.name,
            "due_on": one.due_on.isoformat(),
            "meeting": one.meeting.name,
        },
        url=f"/meetings/decisions/{one.pk}/",
        cost_minutes=one.point.cost_minutes,
    )


def handed_in() -> list[Item]:
    """What people handed in and no meeting has talked about yet, the oldest first. One query."""
    rows = Point.objects.filter(meeting=None, state=Point.StateChoices.OPEN, source__in=rules.HANDED_IN)
    return [item_of(one, is_signed=True) for one in rows.select_related("by").order_by("at", "id")]


def item_of(point: Point, *, is_signed: bool = False) -> Item:
    """A point that is written down, as it was when it was; `is_signed` with the name of who handed it in."""
    return Item(
        source=point.source,
        subject=point.subject,
        at=point.at,
        kind=point.kind,
        context=point.context,
        url=point.url,
        text=point.text,
        cost_minutes=point.cost_minutes,
        own=point.pk if point.source in rules.HANDED_IN else None,
        by=point.by_id,
        author=point.by.name if is_signed and point.by is not None else "",
    )


# ---------------------------------------------------------------------------------------------- whom it concerns


def people() -> list[User]:
    """Everyone who can be given something to do, by name, with their roles. Two queries."""
    rows = User.objects.filter(is_active=True, is_former=False)
    return list(rows.only("pk", "name", "email").prefetch_related("groups").order_by("name", "pk"))


def concerned(items: Iterable[Item], people: Sequence[User], *, by: User) -> dict[str, int]:
    """Who of `people` should look after each point, by its key. At most five queries, however many points.

    The owner of the campaign, the answerer of the question, the rep of the lead, the responsible of the contact point,
    the owner of the decision; the head whose signature is missing. Where the fact names nobody: the head of the
    department it lies with, for what somebody handed in the head of the other department; else the one who asks.
    """
    listed = list(items)
    wanted: dict[str, set[int]] = {
        what: set() for what in ("campaigns", "questions", "leads", "channels/points", "decisions", "people")
    }
    about: dict[str, tuple[str, int]] = {}
    for item in listed:
        found = _about(item)
        if found is not None:
            about[item.key] = found
            wanted[found[0]].add(found[1])
    owners = {
        ("campaigns", pk): owner
        for pk, owner in Campaign.objects.filter(pk__in=wanted["campaigns"]).values_list("pk", "owner")
    }
    owners |= {
        ("questions", pk): answerer
        for pk, answerer in Question.objects.filter(pk__in=wanted["questions"]).values_list("pk", "answerer")
    }
    owners |= {
        ("leads", pk): owner
        for pk, owner in Lead.objects.filter(pk__in=wanted["leads"], owner__isnull=False).values_list(
            "pk", "owner"
        )
    }
    owners |= {
        ("channels/points", pk): responsible
        for pk, responsible in ContactPoint.objects.filter(pk__in=wanted["channels/points"]).values_list(
            "pk", "responsible"
        )
    }
    owners |= {
        ("decisions", pk): owner
        for pk, owner in Decision.objects.filter(pk__in=wanted["decisions"]).values_list("pk", "owner")
    }
    owners |= {("people", pk): pk for pk in wanted["people"]}
    heads, sides = _heads(people), {one.pk: one.side for one in people}
    found_owners: dict[str, int] = {}
    for item in listed:
        owner = owners.get(about[item.key]) if item.key in about else None
        missing = item.context.get("signs") or []
        if missing:  # a decision that waits for a department's signature
            owner = heads.get(Side(missing[0]), owner)
        if owner is None or owner not in sides:
            owner = heads.get(_side(item, sides) or Side.DIRECTION)
        found_owners[item.key] = owner if owner is not None else by.pk
    return found_owners


def _about(item: Item) -> tuple[str, int] | None:
    if item.source == rules.DECISION:
        return ("decisions", int(item.subject)) if item.subject.isdecimal() else None
    if item.source in rules.HANDED_IN or item.is_several:
        return None
    if found := _WHO.search(item.url):
        return "people", int(found[1])
    if found := _ABOUT.match(item.url):
        return found[1], int(found[2])
    return None


def _side(item: Item, sides: Mapping[int, Side]) -> Side | None:
    if item.source in rules.HANDED_IN:
        side = sides.get(item.by) if item.by is not None else None
        return _OTHER.get(side) if side is not None else None
    if item.kind in _OF_MARKETING:
        return Side.MARKETING
    return Side.SALES if item.kind in _OF_SALES else None


def _heads(people: Sequence[User]) -> dict[Side, int]:
    heads: dict[Side, int] = {}
    for side, role in (
        (Side.MARKETING, Role.HEAD_OF_MARKETING),
        (Side.SALES, Role.HEAD_OF_SALES),
        (Side.DIRECTION, Role.DIRECTOR),
    ):
        head = next((one for one in people if one.has_role(role)), None)
        if head is not None:
            heads[side] = head.pk
    return heads
