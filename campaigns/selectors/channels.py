"""Channels with their contact points: who can use each, what its last proof says, who cannot get in."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone

from campaigns.domain.proofs import ProofState, own_form_key, state_of
from campaigns.domain.states import State
from campaigns.models import Campaign, Channel, ContactPoint, PointAccess, Proof
from campaigns.selectors import terms
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.accounts.selectors import company, people_with
from leadsync.notices.kinds.channels import found_words

NO_ACCESS: Final = Proof.MeansChoices.NO_ACCESS
TO_TRY: Final = "to_try"  # a cut: without a fresh proof, whether it is old or was never there
SHOWN_PROOFS: Final = 50
WAITS_FOR_ANSWER: Final = timedelta(minutes=5)  # of a try that somebody asked for; longer, no worker runs
# In which order points of a channel stand: what needs somebody comes first.
_URGENCY: Final = {ProofState.BROKEN: 0, ProofState.NEVER: 1, ProofState.STALE: 2, ProofState.WORKS: 3}
_RUNNING: Final = (State.LIVE, State.PAUSED)


@dataclass(slots=True)
class PointRow:
    """A contact point and who last tried it, when, with what result. `now` and `fresh_days` say how that stands."""

    point: ContactPoint
    is_ok: bool | None
    proved_at: datetime | None
    proved_by: str
    note: str
    proof: Proof | None = None
    state: ProofState = ProofState.NEVER
    access: list[User] = field(default_factory=list)
    shut_out: list[Proof] = field(default_factory=list)  # reports of those who cannot get in now
    reader_id: int = 0
    at: datetime = field(default_factory=timezone.now)

    @property
    def link(self) -> str:
        """Where pressing it leads: a call, a mail, a page."""
        return link_of(self.point)

    @property
    def said(self) -> str:
        """What was found, in words."""
        return said(self.proof) if self.proof else ""

    @property
    def last_try(self) -> str:
        """What the worker found at its last try, where that is no proof yet; "" otherwise."""
        point = self.point
        is_newer = point.tried_at and (self.proved_at is None or point.tried_at > self.proved_at)
        return found_words(point.found, point.found_detail) if is_newer else ""

    @property
    def is_being_tried(self) -> bool:
        """Whether somebody pressed "Try now" a moment ago and no answer is there yet; without a worker none comes."""
        asked_at = self.point.asked_at
        return asked_at is not None and self.at - asked_at < WAITS_FOR_ANSWER

    @property
    def can_be_tried(self) -> bool:
        """Whether the worker knows a way to try it."""
        return bool(means_of(self.point))

    @property
    def may_take_back(self) -> bool:
        """Whether the last proof is one's own of today: a slip is undone on the same day."""
        return self.proof is not None and is_own_of_today(self.proof, self.reader_id)

    @property
    def has_access(self) -> bool:
        """Whether the reader is on the list of those who can get in."""
        return any(one.pk == self.reader_id for one in self.access)

    @property
    def is_shut_out(self) -> bool:
        """Whether the reader said that they cannot get in."""
        return any(one.by_id == self.reader_id for one in self.shut_out)


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel, its contact points as asked for, and the campaigns that run by it."""

    channel: Channel
    points: list[PointRow] = field(default_factory=list)
    campaigns: list[Campaign] = field(default_factory=list)
    has_points: bool = False  # also when none is as asked for


@dataclass(frozen=True, slots=True)
class Cut:
    """What the directory is cut to: one state, one responsible person. `with_unused` shows all there ever was."""

    state: str = ""
    who: int | None = None
    with_unused: bool = False

    @property
    def is_set(self) -> bool:
        """Whether some points are left out on purpose."""
        return bool(self.state or self.who)


@dataclass(frozen=True, slots=True)
class Directory:
    """The channels asked for, and how many points there are of each state under the same responsible person."""

    rows: list[ChannelRow]
    counts: dict[str, int]
    total: int


def link_of(point: ContactPoint) -> str:
    """Where pressing a contact point leads: a call, a mail, a page."""
    if point.kind == ContactPoint.Kind.PHONE:
        return f"tel:{point.value.replace(' ', '')}"
    return f"mailto:{point.value}" if point.kind == ContactPoint.Kind.MAILBOX else point.value


# ---------------------------------------------------------------------------------------------- what can be tried


def form_addresses() -> str:
    """How addresses of our own hosted forms begin."""
    path = reverse("intake:public", args=["key"])
    return str(settings.LEADSYNC_BASE_URL).rstrip("/") + path.rstrip("/").removesuffix("key")


def own_key(point: ContactPoint) -> str | None:
    """The key of the hosted form of ours that a contact point is; None for everything else."""
    if point.kind != ContactPoint.Kind.FORM:
        return None
    return own_form_key(point.value, form_addresses())


def is_own_form() -> Q:
    """The same as a condition on contact points."""
    return Q(kind=ContactPoint.Kind.FORM, value__istartswith=form_addresses())


def means_of(point: ContactPoint) -> list[Proof.MeansChoices]:
    """How the worker tries a contact point, the first that counts most; nothing for what only a person can try."""
    means = Proof.MeansChoices
    found = []
    if point.kind == ContactPoint.Kind.MAILBOX:
        found.append(means.MAIL_SERVER)
    if own_key(point) is not None:
        found.append(means.TEST_LEAD)
    elif point.page_url or point.kind in {ContactPoint.Kind.FORM, ContactPoint.Kind.PROFILE}:
        found.append(means.PAGE)
    return found


def page_of(point: ContactPoint) -> str:
    """The page the worker asks for: the one that is named, else the point itself where that is a page."""
    is_page = point.kind in {ContactPoint.Kind.FORM, ContactPoint.Kind.PROFILE}
    return point.page_url or (point.value if is_page else "")


# ---------------------------------------------------------------------------------------------- proofs


def counted_proofs() -> QuerySet[Proof]:
    """Proofs that say how a contact point stands.

    Not that somebody has no access, which is about that person; nor those of a value that it does not have any more.
    """
    return Proof.objects.exclude(means=NO_ACCESS).filter(
        Q(point__changed_at=None) | Q(at__gte=F("point__changed_at"))
    )


def last_proof(name: str = "pk") -> Subquery:
    """A field of the last proof of the contact point of the query around."""
    last = counted_proofs().filter(point=OuterRef("pk")).order_by("-at", "-id")
    return Subquery(last.values(name)[:1])


def in_use() -> QuerySet[ContactPoint]:
    """Contact points that people are to use now."""
    return ContactPoint.objects.filter(is_active=True, channel__is_active=True)


def broken() -> QuerySet[ContactPoint]:
    """Contact points in use whose last proof failed."""
    return in_use().annotate(works=last_proof("is_ok")).filter(works=False).select_related("channel")


def of_state(points: QuerySet[ContactPoint], state: str, *, now: datetime) -> QuerySet[ContactPoint]:
    """Those that stand like this (a `ProofState`, or `TO_TRY`) as `state_of` says it, as a condition for the database."""
    fresh_since = now - timedelta(days=terms.fresh_days())
    rules = {
        ProofState.NEVER: Q(works=None),
        ProofState.BROKEN: Q(works=False),
        ProofState.STALE: Q(works=True, proved_at__lt=fresh_since),
        ProofState.WORKS: Q(works=True, proved_at__gte=fresh_since),
    }
    wanted = (
        rules[ProofState.NEVER] | rules[ProofState.STALE] if state == TO_TRY else rules[ProofState(state)]
    )
    return points.annotate(works=last_proof("is_ok"), proved_at=last_proof("at")).filter(wanted)


def shut_out() -> QuerySet[Proof]:
    """Reports of people that they cannot get in, as far as they still stand.

    The last word of a person on a point counts, and access given later answers it.
    """
    later = Proof.objects.filter(point=OuterRef("point"), by=OuterRef("by"), means=NO_ACCESS).filter(
        Q(at__gt=OuterRef("at")) | Q(at=OuterRef("at"), pk__gt=OuterRef("pk"))
    )
    given = PointAccess.objects.filter(point=OuterRef("point"), person=OuterRef("by"), at__gte=OuterRef("at"))
    return (
        Proof.objects.filter(means=NO_ACCESS, is_ok=False, by__is_active=True, by__is_former=False)
        .filter(point__is_active=True, point__channel__is_active=True)
        .filter(~Exists(later), ~Exists(given))
        .select_related("by")
        .order_by("at", "pk")
    )


def is_own_of_today(proof: Proof, person_id: int, now: datetime | None = None) -> bool:
    """Whether this person said it, by hand, on this day of the company's zone."""
    zone = company().tz
    same_day = timezone.localdate(proof.at, zone) == timezone.localdate(now or timezone.now(), zone)
    return proof.by_id == person_id and same_day and not proof.found


def said(proof: Proof) -> str:
    """What was found, in words: ours where the worker tried it, else those of who did."""
    return found_words(proof.found, proof.note) or proof.note


def proofs_of(point: ContactPoint, *, before: int | None = None) -> tuple[list[Proof], int | None]:
    """What was ever tried, newest first, and the key of the next page. One query."""
    rows = Proof.objects.filter(point=point).select_related("by").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: SHOWN_PROOFS + 1])
    shown = found[:SHOWN_PROOFS]
    return shown, shown[-1].pk if len(found) > SHOWN_PROOFS else None


# ---------------------------------------------------------------------------------------------- the directory


def directory(cut: Cut, *, reader: User, now: datetime | None = None) -> Directory:
    """The channels as asked for. Seven queries at most, however many there are.

    Those with a point that does not work come first. The channel that stands for "nobody said which" has no contact
    points and is left out. Cut to a state or a person, only channels with such points are shown.
    """
    channels = Channel.objects.exclude(key=Channel.NOT_STATED)
    points = ContactPoint.objects.all()
    if not cut.with_unused:
        channels, points = channels.filter(is_active=True), points.filter(is_active=True)
    rows = {channel.pk: ChannelRow(channel) for channel in channels}
    if cut.who:
        points = points.filter(responsible=cut.who)
    found = point_rows(points.filter(channel__in=rows), reader=reader, now=now)
    counts = Counter(one.state.value for one in found if one.point.is_active)
    total = counts.total()
    counts[TO_TRY] = counts[ProofState.STALE] + counts[ProofState.NEVER]
    held: dict[int, list[PointRow]] = {}
    for one in found:
        held.setdefault(one.point.channel_id, []).append(one)
    campaigns: dict[int, list[Campaign]] = {}
    for campaign in Campaign.objects.filter(channel__in=rows, state__in=_RUNNING).order_by("name"):
        campaigns.setdefault(campaign.channel_id, []).append(campaign)
    shown = []
    for pk, row in rows.items():
        of = [one for one in held.get(pk, ()) if _is_asked_for(one.state, cut.state)]
        if cut.is_set and not of:
            continue
        of.sort(key=lambda one: (not one.point.is_active, _URGENCY[one.state]))
        shown.append(ChannelRow(row.channel, of, campaigns.get(pk, []), pk in held))
    shown.sort(
        key=lambda row: not any(one.state is ProofState.BROKEN and one.point.is_active for one in row.points)
    )
    return Directory(shown, dict(counts), total)


def _is_asked_for(state: ProofState, wanted: str) -> bool:
    if wanted == TO_TRY:
        return state in {ProofState.STALE, ProofState.NEVER}
    return not wanted or state == wanted


def channel_list(*, with_unused: bool = False) -> list[ChannelRow]:
    """Channels by name, each with its points, for whoever reads them."""
    return directory(Cut(with_unused=with_unused), reader=User()).rows


def point_rows(
    points: QuerySet[ContactPoint], *, reader: User | None = None, now: datetime | None = None
) -> list[PointRow]:
    """Contact points with their last proof, who can use them and who cannot get in. Five queries at most."""
    found = list(points.select_related("responsible", "channel").annotate(last_proof=last_proof()))
    if not found:
        return []
    ids = [point.pk for point in found]
    proofs = Proof.objects.select_related("by").in_bulk(
        [point.last_proof for point in found if point.last_proof]
    )
    access = _access(ids)
    waiting: dict[int, list[Proof]] = {}
    for one in shut_out().filter(point__in=ids):
        waiting.setdefault(one.point_id, []).append(one)
    at, days = now or timezone.now(), terms.fresh_days()
    rows = []
    for point in found:
        proof = proofs.get(point.last_proof)
        is_ok, proved_at = (proof.is_ok, proof.at) if proof else (None, None)
        rows.append(
            PointRow(
                point,
                is_ok,
                proved_at,
                proof.by.name if proof and proof.by else "",
                proof.note if proof else "",
                proof,
                state_of(is_ok, proved_at, now=at, fresh_days=days),
                access.get(point.pk, []),
                waiting.get(point.pk, []),
                reader.pk or 0 if reader else 0,
                at,
            )
        )
    return rows


def _access(points: Sequence[int]) -> dict[int, list[User]]:
    found: dict[int, list[User]] = {}
    rows = PointAccess.objects.filter(point__in=points, person__is_active=True, person__is_former=False)
    for one in rows.select_related("person").order_by("person__name", "person"):
        found.setdefault(one.point_id, []).append(one.person)
    return found


def point_row(pk: int, *, reader: User, now: datetime | None = None) -> PointRow | None:
    """One contact point as the directory shows it; None where there is none."""
    return next(iter(point_rows(ContactPoint.objects.filter(pk=pk), reader=reader, now=now)), None)


# ---------------------------------------------------------------------------------------------- people


def possible_people(*, besides: int | None = None) -> QuerySet[User]:
    """Who can be responsible for a contact point: everybody who signs in, and whoever is so already."""
    people = User.objects.filter(is_active=True, is_former=False)
    return people | User.objects.filter(pk=besides) if besides else people


def possible_users(*, besides: Iterable[int] = ()) -> QuerySet[User]:
    """Who can be given access to a contact point: people of sales, and who has it already."""
    sales = people_with(Role.REP, Role.HEAD_OF_SALES).values("pk")
    return User.objects.filter(Q(pk__in=sales) | Q(pk__in=list(besides))).order_by("name", "pk")


def responsible_people() -> list[User]:
    """Who answers for a contact point in use, by name. One query."""
    return list(User.objects.filter(pk__in=in_use().values("responsible")).order_by("name", "pk"))
