"""Channels with their contact points and the last proof of each."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from campaigns.models import Channel, ContactPoint, Proof
from leadsync.accounts.models import User


@dataclass(frozen=True, slots=True)
class PointRow:
    """A contact point and who last tried it, when, with what result."""

    point: ContactPoint
    is_ok: bool | None
    proved_at: datetime | None
    proved_by: str
    note: str

    @property
    def link(self) -> str:
        """Where pressing it leads: a call, a mail, a page."""
        kind = self.point.kind
        if kind == ContactPoint.Kind.PHONE:
            return f"tel:{self.point.value.replace(' ', '')}"
        return f"mailto:{self.point.value}" if kind == ContactPoint.Kind.MAILBOX else self.point.value


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel and its contact points in use."""

    channel: Channel
    points: list[PointRow] = field(default_factory=list)


def channel_list(*, with_unused: bool = False) -> list[ChannelRow]:
    """Channels by name, each with its points. Three queries, however many there are.

    The channel that stands for "nobody said which" has no contact points and is left out.
    """
    channels = Channel.objects.exclude(key=Channel.NOT_STATED)
    points = ContactPoint.objects.all()
    if not with_unused:
        channels, points = channels.filter(is_active=True), points.filter(is_active=True)
    rows = {channel.pk: ChannelRow(channel) for channel in channels}
    for row in point_rows(points.filter(channel__in=list(rows))):
        rows[row.point.channel_id].points.append(row)
    return list(rows.values())


def point_rows(points: QuerySet[ContactPoint]) -> list[PointRow]:
    """Contact points with their last proof. Two queries."""
    last = Proof.objects.filter(point=OuterRef("pk")).order_by("-at", "-id").values("pk")[:1]
    found = list(points.select_related("responsible", "channel").annotate(last_proof=Subquery(last)))
    proofs = (
        Proof.objects.select_related("by").in_bulk([point.last_proof for point in found if point.last_proof])
        if found
        else {}
    )
    rows = []
    for point in found:
        proof = proofs.get(point.last_proof)
        rows.append(
            PointRow(
                point,
                proof.is_ok if proof else None,
                proof.at if proof else None,
                proof.by.name if proof and proof.by else "",
                proof.note if proof else "",
            )
        )
    return rows


def possible_people(*, besides: int | None = None) -> QuerySet[User]:
    """Who can be responsible for a contact point: everybody who signs in, and whoever is so already."""
    people = User.objects.filter(is_active=True, is_former=False)
    return people | User.objects.filter(pk=besides) if besides else people
