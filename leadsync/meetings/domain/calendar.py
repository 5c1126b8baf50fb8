"""A calendar file (RFC 5545) of single events, for programs that subscribe to an address.

Times are in UTC, so no definition of a zone is needed; what comes again is one event each time. The same events give
the same bytes, so that a program can be told that nothing is new.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from icalendar import Calendar, Event, vDuration, vText, vUri

PRODUCT: Final = "-//LeadSync//Meetings//EN"
REFRESH: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `uid` stays the same for as long as it exists; `sequence` rises with each change of it."""

    uid: str
    starts_at: datetime
    minutes: int
    summary: str
    changed_at: datetime
    sequence: int = 0
    place: str = ""
    text: str = ""
    url: str = ""
    is_cancelled: bool = False


def calendar_file(name: str, entries: Iterable[Entry]) -> bytes:
    """The file as it is sent: lines folded and text escaped by the library."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", name)  # what most programs show; NAME (RFC 7986) is for the others
    made.add("name", name)
    made.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(REFRESH))
    for one in sorted(entries, key=lambda entry: (entry.starts_at, entry.uid)):
        made.add_component(_event(one))
    return bytes(made.to_ical())


def _event(one: Entry) -> Event:
    made = Event()
    starts_at = one.starts_at.astimezone(UTC).replace(microsecond=0)
    changed_at = one.changed_at.astimezone(UTC).replace(microsecond=0)
    made.add("uid", one.uid)
    made.add("dtstamp", changed_at)
    made.add("last-modified", changed_at)
    made.add("dtstart", starts_at)
    made.add("dtend", starts_at + timedelta(minutes=one.minutes))
    made.add("sequence", one.sequence)
    made.add("summary", vText(one.summary))
    made.add("status", "CANCELLED" if one.is_cancelled else "CONFIRMED")
    made.add("transp", "TRANSPARENT" if one.is_cancelled else "OPAQUE")
    if one.place:
        made.add("location", vText(one.place))
    if one.text:
        made.add("description", vText(one.text))
    if one.url:
        made.add("url", vUri(one.url))
    return made
