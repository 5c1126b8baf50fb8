"""What the sample company decided at its Monday rounds, and what people handed in for the next one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from leadsync.accounts.models import Company, User
from leadsync.accounts.selectors import company_calendar
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.services import decisions, points

# Weeks ago: (source, kind, words or facts, minutes it cost, decision, owner, days until due, what became of it).
# `became` is what was done, "" for a decision that is still open, None for a point without one.
TALKED: Final = (
    (
        3,
        (
            (
                "problem",
                "LinkedIn leads come without a phone number. Half of the first calls are mails.",
                40,
                "Make the phone number a required field of the LinkedIn form",
                "bartek",
                4,
                "The form asks for it since Thursday; 9 of the last 10 leads have one.",
            ),
            (
                "need",
                "One page about installation in running warehouses. Every second call asks for it.",
                0,
                "Write the page with two photos from Gdynia",
                "marta",
                8,
                "It is on the site and in the mail after the first call.",
            ),
            (
                "need",
                "A sheet with our delivery times by country.",
                0,
                "Send the sheet of the warehouse every Monday",
                "tomasz",
                7,
                "Comes by itself from the warehouse since last week.",
            ),
            ("problem", "Two leads of the fair were called twice on one day.", 0, "", "", 0, None),
        ),
    ),
    (
        1,
        (
            (
                "problem",
                "Metal Expo: most people on the list sell garden tools.",
                190,
                "Ask the organiser which list this is, and whether the money comes back",
                "marta",
                4,
                "",
            ),
            (
                "problem",
                "Leads in Latvia wait for an offer longer than those in Lithuania.",
                60,
                "Agree with the warehouse who calculates offers for Latvia",
                "tomasz",
                11,
                "",
            ),
            (
                "need",
                "Sales wants to hear which words bring the leads of Google search.",
                0,
                "Add the search words to the campaign page",
                "olga",
                3,
                "The five strongest stand in the campaign's offer field.",
            ),
        ),
    ),
)
HANDED_IN: Final = (
    (
        "problem",
        "Three calls this week ended at “you called me yesterday”. Two of us work the same list.",
        "pawel",
        True,
        2,
    ),
    (
        "need",
        "A price list in Lithuanian. Customers there compare it line by line with the local maker.",
        "nina",
        False,
        1,
    ),
)


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Minutes of two past rounds with decisions done, open and overdue, and two points that wait, one without a name."""
    held = Meeting.objects.filter(state=Meeting.StateChoices.HELD).order_by("-starts_at")
    zone = Company.objects.get(pk=1).tz
    monday = now.astimezone(zone).date() - timedelta(days=now.astimezone(zone).weekday())
    for weeks, talked in TALKED:
        meeting = held.filter(starts_at__lt=now, planned_on=monday - timedelta(weeks=weeks)).first()
        if meeting is None:
            continue
        _talked(meeting, talked, people)
    for source, text, who, is_anonymous, days in HANDED_IN:
        points.hand_in(
            source=source,
            text=text,
            by=people[who],
            is_anonymous=is_anonymous,
            at=company_calendar().prev_open(now - timedelta(days=days)),
        )
    decisions.watch(at=now)


def _talked(
    meeting: Meeting,
    talked: tuple[tuple[str, str, int, str, str, int, str | None], ...],
    people: Mapping[str, User],
) -> None:
    zone = Company.objects.get(pk=1).tz
    began = meeting.began_at or meeting.starts_at
    for place, (source, text, cost, decided, owner, days, became) in enumerate(talked, start=1):
        at = began + timedelta(minutes=4 * place)
        point = Point.objects.create(
            meeting=meeting,
            source=source,
            text=text,
            cost_minutes=cost,
            place=place,
            state=Point.StateChoices.DONE,
            note="" if became is not None else "Both were called from the old list; it is gone now.",
            at=began - timedelta(days=2),
            by=people["jakub"] if source == "problem" else people["lena"],
        )
        if became is None:
            continue
        Decision.objects.create(
            meeting=meeting,
            point=point,
            text=decided,
            owner=people[owner],
            due_on=began.astimezone(zone).date() + timedelta(days=days),
            state=Decision.StateChoices.DONE if became else Decision.StateChoices.OPEN,
            at=at,
            by=people["anna"],
            done_at=began + timedelta(days=days - 1, hours=3) if became else None,
            done_by=people[owner] if became else None,
            done_note=became,
        )
    Meeting.objects.filter(pk=meeting.pk).update(
        sent_version=meeting.version, sent_at=(meeting.ended_at or began) + timedelta(minutes=4)
    )
