"""What the queue shows: rows grouped by deadline, and all about the selected lead. A fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from phonenumbers import NumberParseException, parse
from phonenumbers.timezone import time_zones_for_number

from campaigns.models import Campaign
from leads.domain import deadline as deadlines
from leads.domain import gate_places
from leads.domain.deadline import Deadline, Group
from leads.domain.definition import CriterionKind, CriterionTerms, Evaluation, evaluate
from leads.domain.identity import clean, fold
from leads.domain.terms import Terms
from leads.domain.waiting import Loss
from leads.domain.words import GOOD_MARKS, OPEN_STAGES, MarkValue
from leads.models import Activity, Handoff, Lead, LeadEvent, Mark, Reason
from leads.selectors import agreement, answers, consents, learned, waiting
from leads.selectors.answer_words import value_words
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.businesstime import WorkCalendar
from leadsync.core.counting import Counts
from leadsync.notices.duties import person_subject
from leadsync.notices.models import Alert

MOST_ROWS = 200
JUST_CALLED = timedelta(hours=24)
# Campaigns whose gate waits for sales: one that is over has no verdict to wait for.
GATED = (Campaign.State.LIVE, Campaign.State.PAUSED)

# What a row shows; the selected lead is fetched whole.
_SHOWN = (
    "version",
    "name",
    "company",
    "phone",
    "need",
    "campaign",
    "campaign__name",
    "campaign__state",
    "campaign__gate_from",
    "gate_number",
    "handed_off_at",
    "mark",
    "stage",
    "first_contact_at",
    "wanted_at",
    "next_step_at",
    "next_step",
    "last_activity_at",
    "erased_at",
)

GROUP_TITLES = {
    Group.CALLED: gettext_lazy("Called, not marked yet"),
    Group.LOSS: gettext_lazy("More than fits: what waiting costs most first"),
    Group.PAST: gettext_lazy("Past the promise"),
    Group.TODAY: gettext_lazy("Due today"),
    Group.VERDICT: gettext_lazy("Verdict due"),
    Group.TOMORROW: gettext_lazy("Tomorrow"),
    Group.LATER: gettext_lazy("Later"),
    Group.NOTHING: gettext_lazy("Nothing planned"),
}
FOLLOW_UP_TITLES = {Group.PAST: gettext_lazy("Past the agreed time")}


@dataclass(frozen=True)
class Row:
    """One lead in the list. `deadline` is None where no clock runs; `gate` is its place in the campaign's gate, and
    `verdict_at` until when it is to be marked for it.
    """

    lead: Lead
    deadline: Deadline | None = None
    step_at: datetime | None = None
    gate: int | None = None
    verdict_at: datetime | None = None
    loss: Loss | None = None  # while the rep is overloaded: what more waiting costs


@dataclass(frozen=True)
class RowGroup:
    key: Group
    title: str
    rows: list[Row]

    @property
    def is_bad(self) -> bool:
        return self.key is Group.PAST


@dataclass(frozen=True)
class Option:
    """An answer that one press gives: what is sent, what is read, whether it is the answer now, its keys."""

    value: str
    label: str
    is_on: bool
    keys: str

    @property
    def hint(self) -> str:
        return self.keys.partition(" ")[0].removeprefix("Key").removeprefix("Digit")


@dataclass(frozen=True)
class Point:
    """One criterion of the definition beside what is known of it."""

    criterion: CriterionTerms
    value: object
    source: str
    met: bool | None
    is_derived: bool = False

    @property
    def options(self) -> list[Option]:
        """Yes and no, or the accepted choices; none for figures and texts."""
        if self.criterion.kind == CriterionKind.YES_NO:
            return [
                Option("true", _("Yes"), self.value is True, "KeyY Digit1"),
                Option("false", _("No"), self.value is False, "KeyN Digit2"),
            ]
        if self.criterion.kind in {CriterionKind.NUMBER, CriterionKind.TEXT}:
            return []
        now = str(self.value or "").casefold()
        return [
            Option(
                choice,
                value_words(self.criterion, choice),
                choice.casefold() == now,
                f"Digit{number}" if number < 10 else "",
            )
            for number, choice in enumerate(self.criterion.choices, 1)
        ]

    @property
    def typed(self) -> str:
        """What stands in the field: a value that no option stands for, as a person types it."""
        if self.value is None or isinstance(self.value, bool) or any(one.is_on for one in self.options):
            return ""
        return value_words(replace(self.criterion, unit=""), self.value)


@dataclass(frozen=True)
class Pane:
    """The selected lead. `event_id` is the newest thing known to have happened to it when the page was made."""

    row: Row
    position: int
    total: int
    previous_id: int | None
    next_id: int | None
    points: list[Point]
    evaluation: Evaluation
    terms: Terms
    activities: list[Activity]
    reasons: models.QuerySet[Reason]  # read where the page asks why, and only there
    steps: dict[str, datetime]
    event_id: int
    mark: Mark | None
    their_time: datetime | None
    topics: list[learned.TopicView]

    @property
    def lead(self) -> Lead:
        return self.row.lead


@dataclass(frozen=True)
class Queue:
    """The list of one tab."""

    tab: str
    groups: list[RowGroup]
    now: datetime
    gate_size: int
    is_open: bool
    open_until: datetime | None
    done: list[Mark] = field(default_factory=list)
    # What the rows were grouped by, so that the selected lead need not ask again.
    calendar: WorkCalendar | None = None
    terms: Terms | None = None
    costs: waiting.Known | None = None  # while the rep is overloaded: what the rows are ordered by

    @property
    def rows(self) -> list[Row]:
        return [row for group in self.groups for row in group.rows]

    @property
    def past(self) -> int:
        return sum(len(group.rows) for group in self.groups if group.is_bad)


@dataclass(frozen=True)
class TabCounts:
    """The numbers on the tabs."""

    first: int
    past: int
    follow: int
    done: int


def _tabs(person: int, now: datetime, start: datetime, end: datetime) -> list[models.QuerySet[Any]]:
    waiting = Handoff.objects.open().filter(rep=person)
    return [
        waiting,
        waiting.overdue(now),
        Lead.objects.open().filter(owner=person, next_step_at__lt=end),
        Mark.objects.filter(by=person, at__gte=start, reverted_at=None),
    ]


_counts = Counts(_tabs)


def counts(person: User, now: datetime) -> TabCounts:
    """How many wait in each tab: one statement."""
    start, end = _today(now)
    return TabCounts(*_counts(person=person.pk, now=now, start=start, end=end))


def _today(now: datetime) -> tuple[datetime, datetime]:
    """The company's day around `now`, as instants."""
    local = timezone.localtime(now, accounts.company().tz)
    start = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=1)


def first_contacts(person: User, now: datetime, *, words: str = "") -> Queue:
    """Leads handed to this rep that wait for a first contact, by deadline; before them the ones called but not marked.

    Those of a new campaign's first leads that were contacted before and still wait for a mark have a place of their
    own, by the time at which the verdict is due. While the rep is overloaded, as the alert says, those waiting for a
    first contact are one group, ordered by what more waiting costs; leads that asked for a time keep theirs.
    """
    calendar = accounts.calendars_for([person.pk])[person.pk]
    terms = agreement.terms()
    open_handoffs = (
        Handoff.objects.open()
        .filter(rep=person, **_search("lead__", words))
        .select_related("lead__campaign")
        .only("lead", "at", "due_at", "warn_at", "promise_seconds", *(f"lead__{name}" for name in _SHOWN))
        .annotate(**_gate_marks("lead__", terms.gate_size), is_overloaded=_overloaded(person))
        .order_by("due_at", "id")
        .fetch_mode(models.FETCH_RAISE)[:MOST_ROWS]
    )
    just_called = Q(next_step_at=None, first_contact_at__gte=now - JUST_CALLED)
    called = (
        _leads(Lead.objects.filter(owner=person, stage="contacted", mark="none", **_search("", words)))
        .filter(just_called | waits_for_verdict(terms.gate_size))
        .annotate(**_gate_marks("", terms.gate_size))
        .order_by("first_contact_at", "id")[:MOST_ROWS]
    )
    rows: dict[Group, list[Row]] = {}
    for lead in called:
        is_fresh = lead.next_step_at is None and (lead.first_contact_at or now) >= now - JUST_CALLED
        row = _verdict_row(lead, lead, terms, calendar, now, is_fresh=is_fresh)
        if is_fresh or row.verdict_at is not None:
            rows.setdefault(Group.CALLED if is_fresh else Group.VERDICT, []).append(row)
    if Group.VERDICT in rows:
        rows[Group.VERDICT].sort(key=lambda row: (row.verdict_at or now, row.lead.pk))
    costs: waiting.Known | None = None
    for handoff in open_handoffs:
        found = deadlines.read(
            calendar=calendar,
            now=now,
            due_at=handoff.due_at,
            warn_at=handoff.warn_at,
            promise_seconds=handoff.promise_seconds,
            wanted_at=handoff.lead.wanted_at
            if handoff.lead.wanted_at and handoff.lead.wanted_at > now
            else None,
        )
        if handoff.is_overloaded and costs is None:  # type: ignore[attr-defined]  # annotated
            costs = waiting.known(now)
        loss = None
        if costs is not None and found.state is not deadlines.State.ASKED:
            loss = costs.loss(handoff.lead.campaign_id, calendar.between(handoff.at, now) / 3600)
        rows.setdefault(Group.LOSS if loss else found.group, []).append(
            Row(
                handoff.lead,
                deadline=found,
                gate=_gate(handoff.lead, terms),
                verdict_at=_verdict_at(handoff.lead, handoff, terms, calendar),
                loss=loss,
            )
        )
    if Group.LOSS in rows:
        # Rows that lose the same stay in the order of their deadlines.
        rows[Group.LOSS].sort(key=lambda row: -row.loss.weight if row.loss else 0.0)
    return replace(_queue("first", rows, now, terms, calendar), costs=costs)


def _overloaded(person: User) -> Exists:
    """Whether the alert stands that says that this rep's queue needs more time than there is. No query of its own."""
    return Exists(
        Alert.objects.filter(kind=waiting.OVERLOAD, subject=person_subject(person.pk), resolved_at=None)
    )


def follow_ups(person: User, now: datetime, *, words: str = "") -> Queue:
    """Leads in work with a next step, by its time; then the silent ones, then others with nothing planned."""
    calendar = accounts.calendars_for([person.pk])[person.pk]
    mine = _leads(
        Lead.objects.filter(owner=person, stage__in=("contacted", "qualified"), **_search("", words))
    )
    planned = mine.filter(next_step_at__isnull=False).order_by("next_step_at", "id")[:MOST_ROWS]
    unplanned = (
        mine.filter(next_step_at=None).exclude(mark="none", first_contact_at__gte=now - JUST_CALLED)
    ).order_by("last_activity_at", "id")[:50]
    rows: dict[Group, list[Row]] = {}
    for lead in planned:
        assert lead.next_step_at is not None
        group = deadlines.group_of(lead.next_step_at, now, calendar)
        rows.setdefault(group, []).append(Row(lead, step_at=lead.next_step_at))
    terms = agreement.terms()
    quiet_since = now - timedelta(days=terms.silent_days)
    for lead in unplanned:
        is_silent = lead.last_activity_at is not None and lead.last_activity_at <= quiet_since
        rows.setdefault(Group.SILENT if is_silent else Group.NOTHING, []).append(Row(lead))
    return _queue("follow", rows, now, terms, calendar)


def done_today(person: User, now: datetime) -> Queue:
    """What this person marked today, newest first; each can be taken back until the day ends."""
    calendar = accounts.calendars_for([person.pk])[person.pk]
    start, _end = _today(now)
    marks = list(
        Mark.objects.filter(by=person, at__gte=start)
        .select_related("lead__campaign", "reason")
        .order_by("-at", "-id")
        .fetch_mode(models.FETCH_RAISE)[:MOST_ROWS]
    )
    queue = _queue("done", {}, now, Terms(), calendar)
    queue.done.extend(marks)
    return queue


def _leads(leads: models.QuerySet[Lead]) -> models.QuerySet[Lead]:
    return leads.select_related("campaign").only(*_SHOWN).fetch_mode(models.FETCH_RAISE)


def newest_event() -> Subquery:
    """For a lead's query: the newest thing known to have happened to it."""
    return Subquery(LeadEvent.objects.filter(lead=OuterRef("pk")).order_by("-id").values("pk")[:1])


def _whole(pk: int) -> Lead | None:
    """A lead with all that the pane shows of it, and the newest thing known to have happened to it."""
    return (
        Lead.objects.filter(pk=pk)
        .select_related("campaign__channel", "campaign__owner", "logged_by")
        .annotate(event_id=newest_event(), consent_taken_back_at=consents.taken_back_at())
        .fetch_mode(models.FETCH_RAISE)
        .first()
    )


def _search(prefix: str, words: str) -> dict[str, str]:
    folded = fold(clean(words))
    return {f"{prefix}search__contains": folded} if folded else {}


def _gate(lead: Lead, terms: Terms) -> int | None:
    return gate_places.place(lead.gate_number, first=lead.campaign.gate_from, size=terms.gate_size)


def waits_for_verdict(gate_size: int) -> Q:
    """Leads of a running campaign's gate that sales has and has not marked yet."""
    return Q(
        mark="none",
        owner__isnull=False,
        handed_off_at__isnull=False,
        stage__in=OPEN_STAGES,
        erased_at=None,
        is_test=False,
        campaign__state__in=GATED,
        gate_number__gte=F("campaign__gate_from"),
        gate_number__lt=F("campaign__gate_from") + gate_size,
    )


def _gate_marks(prefix: str, gate_size: int) -> dict[str, models.Expression]:
    """How many leads of the same round are marked good, and how many are marked otherwise: what decides the gate."""
    campaign = f"{prefix}campaign"
    first = OuterRef(f"{campaign}__gate_from")
    same = Lead.objects.filter(
        campaign=OuterRef(campaign), is_test=False, gate_number__gte=first, gate_number__lt=first + gate_size
    ).order_by()

    def counted(which: models.QuerySet[Lead]) -> models.Expression:
        found = which.values("campaign").annotate(count=models.Count("pk")).values("count")
        return Coalesce(Subquery(found), 0)

    return {
        "gate_good": counted(same.filter(mark__in=GOOD_MARKS)),
        "gate_bad": counted(same.exclude(mark__in=[MarkValue.NONE, *GOOD_MARKS])),
    }


def _verdict_at(lead: Lead, of: Any, terms: Terms, calendar: WorkCalendar) -> datetime | None:
    """Until when the lead is to be marked for the gate of its campaign; None where nobody waits for that.

    `of` has the counts of `_gate_marks`.
    """
    if _gate(lead, terms) is None or lead.campaign.state not in GATED or lead.handed_off_at is None:
        return None
    if gate_places.is_certain(
        good=of.gate_good, bad=of.gate_bad, size=terms.gate_size, needed=terms.gate_needed
    ):
        return None
    return gate_places.verdict_due(lead.handed_off_at, hours=terms.gate_answer_hours, calendar=calendar)


def _verdict_row(
    lead: Lead, of: Any, terms: Terms, calendar: WorkCalendar, now: datetime, *, is_fresh: bool
) -> Row:
    """A lead that was contacted and is not marked; with the verdict's clock where its campaign's gate waits for it.

    One that was called a moment ago (`is_fresh`) says so instead.
    """
    due_at = _verdict_at(lead, of, terms, calendar)
    if due_at is None or is_fresh:
        return Row(lead, gate=_gate(lead, terms), verdict_at=due_at)
    seconds = terms.gate_answer_hours * 3600
    found = deadlines.read(
        calendar=calendar,
        now=now,
        due_at=due_at,
        warn_at=calendar.add(due_at, -seconds / 4),
        promise_seconds=seconds,
    )
    # All stand in one group, whatever the day: so that tomorrow's time comes with its day.
    group = Group.LATER if found.group is Group.TOMORROW else found.group
    hours = found.seconds // 3600
    shown = replace(
        found,
        group=group,
        # It stands there for days: the hour is enough, and the time at which it is due says more than what is left.
        seconds=hours * 3600 if hours else found.seconds,
        is_running=False,
    )
    return Row(lead, deadline=shown, gate=_gate(lead, terms), verdict_at=due_at)


def _queue(
    tab: str, rows: dict[Group, list[Row]], now: datetime, terms: Terms, calendar: WorkCalendar
) -> Queue:
    silent = ngettext("Silent for %(n)d day", "Silent for %(n)d days", terms.silent_days)
    titles = {
        **GROUP_TITLES,
        Group.SILENT: silent % {"n": terms.silent_days},
        **(FOLLOW_UP_TITLES if tab == "follow" else {}),
    }
    is_open = calendar.is_open(now)
    open_until = next((end for _start, end in calendar.windows_between(now, now + timedelta(days=1))), None)
    return Queue(
        tab=tab,
        groups=[RowGroup(group, str(titles[group]), rows[group]) for group in Group if group in rows],
        now=now,
        gate_size=terms.gate_size,
        is_open=is_open,
        open_until=open_until if is_open else None,
        calendar=calendar,
        terms=terms,
    )


def pane(queue: Queue, lead_id: int | None, person: User, *, stays: bool = False) -> Pane | None:
    """Everything about the selected lead, or the first; None when the list is empty.

    `stays`: the selected lead is shown though the list no longer has it, as when a colleague was faster.
    """
    rows = queue.rows
    if stays and lead_id is not None and all(row.lead.pk != lead_id for row in rows):
        rows = [*(Row(lead) for lead in _leads(Lead.objects.filter(pk=lead_id))), *rows]
    if not rows:
        return None
    index = next((i for i, row in enumerate(rows) if row.lead.pk == lead_id), 0)
    lead = _whole(rows[index].lead.pk)
    if lead is None:  # taken away since the list was read
        return None
    row = replace(rows[index], lead=lead)
    calendar = queue.calendar or accounts.calendars_for([person.pk])[person.pk]
    terms = queue.terms or agreement.terms()
    return Pane(
        row=row,
        position=index + 1,
        total=len(rows),
        previous_id=rows[index - 1].lead.pk if index else None,
        next_id=rows[index + 1].lead.pk
        if index + 1 < len(rows)
        else (rows[index - 1].lead.pk if index else None),
        **definition_of(lead, terms),
        terms=terms,
        activities=list(
            Activity.objects.filter(lead=lead).select_related("by").fetch_mode(models.FETCH_RAISE)[:6]
        ),
        reasons=_reasons(for_loss=False),
        steps=deadlines.next_steps(calendar, queue.now),
        event_id=getattr(lead, "event_id", None) or 0,
        mark=Mark.objects.filter(lead=lead, reverted_at=None).select_related("by", "reason").first()
        if lead.mark != "none"
        else None,
        their_time=their_time(lead, queue.now),
        topics=learned.topics_of(lead),
    )


def definition_of(lead: Lead, terms: Terms) -> dict[str, Any]:
    """`points` and `evaluation` of one lead against the definition in force. One statement."""
    known = answers.known_of(lead, terms.criteria)
    evaluation = evaluate(terms.criteria, terms.points_needed, {key: one.value for key, one in known.items()})
    points = [
        Point(
            criterion=criterion,
            value=known[criterion.key].value if criterion.key in known else None,
            source=known[criterion.key].source if criterion.key in known else "",
            met=evaluation.met.get(criterion.key),
            is_derived=criterion.key in known and known[criterion.key].is_derived,
        )
        for criterion in terms.criteria
    ]
    return {"points": points, "evaluation": evaluation}


def _reasons(*, for_loss: bool) -> models.QuerySet[Reason]:
    return Reason.objects.filter(Q(is_for_loss=True) if for_loss else Q(is_for_mark=True), is_active=True)


def reasons(*, for_loss: bool = False) -> list[Reason]:
    """The reasons in use, in their order."""
    return list(_reasons(for_loss=for_loss))


def their_time(lead: Lead, now: datetime) -> datetime | None:
    """The lead's local time by its phone number, where it differs from the company's; None when that is not known."""
    try:
        zones: Sequence[str] = time_zones_for_number(parse(lead.phone)) if lead.phone.startswith("+") else ()
    except NumberParseException:
        return None
    if not zones or zones[0] == "Etc/Unknown":
        return None
    theirs = now.astimezone(ZoneInfo(zones[0]))
    return theirs if theirs.utcoffset() != now.astimezone(accounts.company().tz).utcoffset() else None


def own_changes_only(lead_id: int, person: User, since_event: int) -> bool:
    """Whether nobody but this person changed the lead since the page was made: then there is no conflict."""
    return not LeadEvent.objects.filter(lead_id=lead_id, pk__gt=since_event).exclude(by=person).exists()
