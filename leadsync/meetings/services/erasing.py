"""Taking somebody out of what meetings talked about. Called by `leadsync.privacy.services.erasing`."""

import re
from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from leadsync.core.redaction import GONE, Traces
from leadsync.meetings.models import Decision, Point
from leadsync.notices import erasing as notices
from leadsync.notices.models import Message

_AT_ONCE = 500


def about(leads: Collection[int], urls: Collection[str]) -> QuerySet[Point]:
    """Points about these leads alone: by the number among their facts, or by the address they link to."""
    return Point.objects.filter(notices.about(leads, urls))


def naming(traces: Traces) -> QuerySet[Point]:
    """Points that name one of these people somewhere."""
    found: set[int] = set()
    for column in ("context", "text", "note"):
        rows = notices.mentioning(Point.objects.all(), column, traces)
        found |= set(rows.values_list("pk", flat=True))
    return Point.objects.filter(pk__in=found)


def erase(*, leads: Collection[int], urls: Collection[str], traces: Traces) -> dict[str, int]:
    """Empty the facts of points about these leads; elsewhere only the places go that name them.

    Minutes that tell of such a point are emptied, too: one that still waits is not sent.
    """
    meetings: set[int] = set()
    rows: dict[int, Point] = {}
    for point in about(leads, urls):
        point.context = notices.emptied(point.context)
        point.text, point.note = point.text and GONE, point.note and GONE
        rows[point.pk] = point
    emptied = set(rows)
    for point in [*_listing(leads, urls), *naming(traces)]:
        found = rows.get(point.pk, point)
        before = (found.context, found.text, found.note)
        found.context = traces.without(_without(found.context, set(leads), set(urls)))
        found.text, found.note = traces.without(found.text), traces.without(found.note)
        if before != (found.context, found.text, found.note):
            rows[found.pk] = found
    Point.objects.bulk_update(rows.values(), ["context", "text", "note"], batch_size=_AT_ONCE)
    meetings |= {point.meeting_id for point in rows.values() if point.meeting_id is not None}
    counts = {
        "Point": len(rows),
        "Decision": _decisions(emptied, traces),
        "Message": _minutes(meetings),
    }
    return {table: count for table, count in counts.items() if count}


def _listing(leads: Collection[int], urls: Collection[str]) -> QuerySet[Point]:
    """Points whose facts list one of these leads among others, by number or by address."""
    parts = []
    if leads:
        numbers = "|".join(str(pk) for pk in sorted(leads))
        parts += [rf'"lead_id": ?({numbers})[^0-9]', rf"/leads/({numbers})/"]
    parts += [re.escape(url) for url in sorted(urls)]
    if not parts:
        return Point.objects.none()
    found = Point.objects.annotate(searched=Cast("context", TextField()))
    return found.filter(searched__iregex="|".join(parts))


def _without(value: Any, numbers: Collection[int], addresses: Collection[str]) -> Any:
    """The same facts; what belongs to one of these leads keeps its shape, and of its words only what says nothing."""
    if isinstance(value, list):
        return [_without(one, numbers, addresses) for one in value]
    if not isinstance(value, dict):
        return value
    url = value.get("url")
    is_theirs = value.get("lead_id") in numbers or url in addresses
    is_theirs = is_theirs or any(url == f"/leads/{pk}/" for pk in numbers)
    if not is_theirs:
        return {key: _without(one, numbers, addresses) for key, one in value.items()}
    facts = value.get("context")
    if isinstance(facts, dict):
        return value | {"context": notices.emptied(facts)}
    kept = notices.emptied(value)
    return {key: kept.get(key, GONE if isinstance(one, str) else one) for key, one in value.items()}


def _decisions(emptied: Collection[int], traces: Traces) -> int:
    """Decisions about such a point lose their words; others what names the people."""
    rows: list[Decision] = []
    for one in Decision.objects.filter(Q(point__in=emptied) | _says(traces)):
        before = (one.text, one.done_note)
        if one.point_id in emptied:
            one.text, one.done_note = GONE, one.done_note and GONE
        else:
            one.text, one.done_note = traces.without(one.text), traces.without(one.done_note)
        if before != (one.text, one.done_note):
            rows.append(one)
    return Decision.objects.bulk_update(rows, ["text", "done_note"], batch_size=_AT_ONCE)


def _says(traces: Traces) -> Q:
    if not traces:
        return Q(pk__in=())
    return Q(text__iregex=traces.pattern) | Q(done_note__iregex=traces.pattern)


def _minutes(meetings: Collection[int]) -> int:
    """The mails with the minutes of these meetings."""
    which = Q(pk__in=())
    for pk in meetings:
        which |= Q(key__startswith=f"minutes:{pk}:")
    found = Message.objects.filter(which)
    waiting = found.filter(state__in=(Message.State.WAITING, Message.State.DEAD))
    waiting.update(state=Message.State.DROPPED, next_try_at=None)
    return found.exclude(body="", body_html="").update(body="", body_html="", error="")
