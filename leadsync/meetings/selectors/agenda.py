"""What the page of a meeting shows: its points in order, what was decided, and what a decision would begin with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db.models import F, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company, company_calendar
from leadsync.meetings.domain import agenda as rules
from leadsync.meetings.domain.agenda import Item
from leadsync.meetings.models import Attendance, Decision, Meeting, Point
from leadsync.meetings.selectors import facts
from leadsync.notices.kinds import Words, kind_of, words_for

LONGEST_TITLE = 140
# A meeting is "the next one" until half a day after it was to begin.
RECENT_HOURS = 12
# What is to be done where the words of a kind name no next step, or say it only beside their title.
STEPS = {
    "promise_missed": gettext_lazy("Share out the leads past the promise."),
    "silent_leads": gettext_lazy("Set a next step for each silent lead, or close it."),
    "gate_late": gettext_lazy("Mark the leads that wait for the verdict."),
}
_TONES = {rules.PROBLEM: "warn", rules.NEED: "acc", rules.DECISION: "warn"}
_ICONS = {rules.PROBLEM: "alert", rules.NEED: "lightbulb", rules.DECISION: "history"}


@dataclass(frozen=True, slots=True)
class Named:
    """One of several facts in one point."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a decision begins with."""

    text: str
    owner_id: int
    due_on: date


@dataclass(slots=True)
class Shown:
    """A point as the page shows it. `is_settled`: the fact behind it is in order meanwhile."""

    item: Item
    words: Words
    icon: str
    tone: str
    point: Point | None = None
    named: list[Named] = field(default_factory=list)
    more: int = 0
    decisions: list[Decision] = field(default_factory=list)
    former: Decision | None = None  # the decision it is about, as it stands now
    suggestion: Suggestion | None = None
    is_settled: bool = False
    typed: Mapping[str, str] = field(default_factory=dict)  # what was typed and refused, with why
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def anchor(self) -> str:
        """Its id on the page: the same before and after the meeting begins."""
        return dom_id(self.key)

    @property
    def is_open(self) -> bool:
        """Whether it still waits to be talked about."""
        return self.point is None or self.point.state == Point.StateChoices.OPEN

    @property
    def is_own(self) -> bool:
        """Handed in by somebody, not a fact of the system."""
        return self.item.own is not None


@dataclass(slots=True)
class Agenda:
    """One meeting with its points. Before it begins `new` is 0 and no point is written down."""

    meeting: Meeting
    points: list[Shown]
    people: Sequence[User]
    due_on: date
    next_at: datetime | None
    new: int = 0
    is_editable: bool = False
    asked: list[Attendance] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.meeting.state == Meeting.StateChoices.RUNNING

    @property
    def is_planned(self) -> bool:
        return self.meeting.state == Meeting.StateChoices.PLANNED

    @property
    def is_held(self) -> bool:
        return self.meeting.state == Meeting.StateChoices.HELD

    @property
    def is_corrected(self) -> bool:
        """Sent, and changed since: what people have is not what stands here."""
        return bool(self.meeting.sent_version) and self.meeting.sent_version != self.meeting.version

    @property
    def open_count(self) -> int:
        return sum(one.is_open for one in self.points)

    @property
    def decided_count(self) -> int:
        return sum(len(one.decisions) for one in self.points)

    def of(self, key: str) -> Shown | None:
        """The point of this key."""
        return next((one for one in self.points if one.key == key), None)


def dom_id(key: str) -> str:
    """The id on the page of the point with this key."""
    return f"p{sha256(key.encode()).hexdigest()[:10]}"


def visible_to(person: User) -> QuerySet[Meeting]:
    """Everyone signed in sees every meeting: openness is the point."""
    return Meeting.objects.all() if person.is_active else Meeting.objects.none()


def day_of(meeting: Meeting) -> date:
    """The day of the meeting in the company's zone."""
    return meeting.starts_at.astimezone(company().tz).date()


def next_of_series(meeting: Meeting) -> datetime | None:
    """When the same people meet next; None where nothing is planned. One query, none outside of a series."""
    if meeting.series_id is None:
        return None
    rows = Meeting.objects.filter(
        series=meeting.series_id, state=Meeting.StateChoices.PLANNED, starts_at__gt=meeting.starts_at
    ).exclude(pk=meeting.pk)
    return rows.order_by("starts_at").values_list("starts_at", flat=True).first()


def next_meeting(now: datetime) -> Meeting | None:
    """The meeting that goes on, else the next one that is planned. One query."""
    since = now - timedelta(hours=RECENT_HOURS)
    rows = Meeting.objects.filter(
        Q(state=Meeting.StateChoices.RUNNING) | Q(state=Meeting.StateChoices.PLANNED, starts_at__gte=since)
    )
    return rows.order_by(F("began_at").desc(nulls_last=True), "starts_at", "pk").first()


def live(meeting: Meeting, known: Sequence[Item] | None = None) -> list[Item]:
    """The points as they would be written down now: facts and what was handed in. Four queries.

    `known`: the open facts, where they were read already.
    """
    found = rules.together(facts.open_facts() if known is None else known)
    return rules.in_order([*found, *facts.unfinished(meeting, day_of(meeting)), *facts.handed_in()])


def agenda_of(meeting: Meeting, person: User, *, at: datetime | None = None) -> Agenda:
    """The meeting's page. A fixed number of queries, however many points."""
    now = at or timezone.now()
    may_run = person.can(Can.RUN_MEETINGS)
    today = now.astimezone(company().tz).date()
    next_at = next_of_series(meeting)
    next_on = next_at.astimezone(company().tz).date() if next_at else None
    due = rules.due_on(today=today, next_on=next_on, calendar=company_calendar())
    is_planned = meeting.state == Meeting.StateChoices.PLANNED
    new = 0
    if is_planned:
        shown = [_shown(item) for item in live(meeting)]
    elif meeting.state == Meeting.StateChoices.RUNNING:
        known = facts.open_facts()
        shown = written(meeting, known)
        new = len(missing([one.item for one in shown], live(meeting, known)))
    else:
        shown = written(meeting)
    people = facts.people() if may_run else []
    is_editable = may_run and meeting.state != Meeting.StateChoices.CANCELLED
    if is_editable:
        owners = facts.concerned([one.item for one in shown], people, by=person)
        for one in shown:
            one.suggestion = Suggestion(_begin_with(one), owners[one.key], due)
    asked = (
        Attendance.objects.filter(meeting=meeting)
        .select_related("person")
        .prefetch_related("person__groups")
        .order_by("person__name", "pk")
    )
    return Agenda(
        meeting=meeting,
        points=shown,
        people=people,
        due_on=due,
        next_at=next_at,
        new=new,
        is_editable=is_editable,
        asked=list(asked),
    )


def missing(there: Iterable[Item], now: Iterable[Item]) -> list[Item]:
    """What of `now` is not among the points: facts that came since, and what was handed in since."""
    known: set[str] = set()
    told: set[str] = set()
    for item in there:
        known.add(item.key)
        if item.source in {rules.ALERT, rules.DISPUTE}:
            told.update(item.subjects)
    # A kind that has become many has its facts one by one on the agenda already, or the other way round.
    return [
        item
        for item in now
        if item.key not in known
        and not (item.source in {rules.ALERT, rules.DISPUTE} and told.issuperset(item.subjects))
    ]


# ---------------------------------------------------------------------------------------------- written points


def written(meeting: Meeting, known: Sequence[Item] | None = None) -> list[Shown]:
    """The points of a meeting that has begun, with what was decided. Five queries, however many; see `live`."""
    decisions = Decision.objects.select_related("owner", "done_by").order_by("id")
    rows = list(
        Point.objects.filter(meeting=meeting)
        .exclude(state=Point.StateChoices.WITHDRAWN)
        .select_related("by")
        .prefetch_related(Prefetch("decisions", decisions, to_attr="told"))
        .order_by("place", "id")
    )
    shown = []
    for point in rows:
        one = _shown(facts.item_of(point, is_signed=True))
        one.point, one.decisions = point, point.told
        shown.append(one)
    _compare(shown, known)
    return shown


def _compare(shown: Sequence[Shown], known: Sequence[Item] | None) -> None:
    """Say of each point whether the fact behind it still stands."""
    of_facts = [one for one in shown if one.item.source in {rules.ALERT, rules.DISPUTE}]
    known_subjects = {item.subject for item in known or ()}
    standing = known_subjects if known is not None else facts.standing(one.item for one in of_facts)
    former = {
        str(one.pk): one
        for one in Decision.objects.filter(
            pk__in=[
                int(one.item.subject)
                for one in shown
                if one.item.source == rules.DECISION and one.item.subject.isdecimal()
            ]
        ).select_related("owner", "done_by")
    }
    for one in shown:
        if one.item.source in {rules.ALERT, rules.DISPUTE}:
            one.is_settled = standing.isdisjoint(one.item.subjects)
        elif one.item.source == rules.DECISION:
            one.former = former.get(one.item.subject)
            one.is_settled = one.former is not None and one.former.state == Decision.StateChoices.DONE


# ---------------------------------------------------------------------------------------------- words


def _shown(item: Item) -> Shown:
    if item.own is not None:
        return Shown(item, _own_words(item), _ICONS[item.source], _TONES[item.source])
    kind = kind_of(item.kind)
    if not item.is_several:
        return Shown(item, words_for(item.kind, item.context), kind.icon, kind.tone)
    listed = [
        Named(words_for(item.kind, one.get("context", {})).title, str(one.get("url", "")))
        for one in item.context.get("named", ())
    ]
    first = words_for(item.kind, (item.context.get("named") or [{}])[0].get("context", {}))
    count = int(item.context.get("count", len(listed)))
    return Shown(
        item,
        Words(_several(item.kind, count, first.title), first.text, ""),
        kind.icon,
        kind.tone,
        named=listed,
        more=max(0, count - len(listed)),
    )


def title_of(item: Item) -> str:
    """What a point is about, in one line."""
    return _shown(item).words.title


def _several(kind: str, count: int, first: str) -> str:
    if kind == "dispute_opened":
        return ngettext("%(n)d disputed mark", "%(n)d disputed marks", count) % {"n": count}
    return ngettext(
        "%(title)s, and %(n)d more of this kind", "%(title)s, and %(n)d more of this kind", count - 1
    ) % {"title": first, "n": count - 1}


def _own_words(item: Item) -> Words:
    lines = item.text.strip().splitlines() or [""]
    if len(lines) == 1 and len(lines[0]) <= LONGEST_TITLE:
        return Words(lines[0])
    title = lines[0] if len(lines[0]) <= LONGEST_TITLE else lines[0][: LONGEST_TITLE - 1] + "…"
    return Words(title, item.text)


def _begin_with(one: Shown) -> str:
    """What the field of a decision says before anybody types: the fact's next step, in the reader's language."""
    item = one.item
    if item.source == rules.NEED:
        return item.text[:500]
    if item.source == rules.PROBLEM:
        return (_("Settle: %(text)s") % {"text": item.text})[:500]
    if item.source == rules.DECISION:
        return str(item.context.get("text", ""))
    if item.source == rules.DISPUTE:
        return _("Decide whether the mark stays.") if not item.is_several else _("Decide these disputes.")
    if item.kind in STEPS:
        return str(STEPS[item.kind])
    # Translators: how the words of notices begin their last sentence, "Next step: …". The same words as there.
    step = rules.next_step(one.words.text, _("Next step:"))
    return step or (_("Settle: %(text)s") % {"text": one.words.title})[:500]
