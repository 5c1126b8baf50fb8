"""What the sample company learned from each other: calls heard, bookings, ideas with votes, wins with applause."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.domain.ideas import IdeaState
from campaigns.models import Campaign, Idea, Vote
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.accounts.selectors import company_calendar
from leadsync.exchange.models import Applause, Booking, Entry, KindChoices, Win
from leadsync.exchange.services import wins

State = Booking.StateChoices
CALL, DAY, MEETING, TRAINING = KindChoices.CALL, KindChoices.DAY, KindChoices.MEETING, KindChoices.TRAINING

# kind, days ago, who, with whom, whether of a lead, what was learned
LEARNED: tuple[tuple[str, int, str, str | None, bool, str], ...] = (
    (
        CALL,
        3,
        "marta",
        "pawel",
        True,
        "The first question was the delivery time, not the price. Our page says “from four weeks” only at the bottom: "
        "it goes to the top.",
    ),
    (
        CALL,
        9,
        "marta",
        "iga",
        True,
        "Iga asks for the ceiling height within the first minute. Half of the calculator’s leads do not know it, and the "
        "talk stops there. The form should say how to measure it.",
    ),
    (
        DAY,
        15,
        "tomasz",
        "ola",
        False,
        "I saw how a campaign is costed. A lead that is marked two days late costs marketing the chance to switch the "
        "advertisement off the same week.",
    ),
    (
        MEETING,
        18,
        "olga",
        None,
        False,
        "Sales plans its week on Monday before nine. Our lists came at ten: from now on they come on Friday.",
    ),
    (
        CALL,
        27,
        "marta",
        "lena",
        True,
        "In Leipzig the DIN certificate decides. I never heard the word before, and it is in none of our mails.",
    ),
    (
        TRAINING,
        34,
        "iga",
        "bartek",
        False,
        "We looked at search words together. “Used racking” brings people we never sell to; it is excluded now.",
    ),
    (
        DAY,
        41,
        "olga",
        "nina",
        False,
        "Six hours on the phone, eleven talks, two offers. Nobody opened the catalogue we send: they look at the price "
        "list on page three. We should send page three.",
    ),
    (
        CALL,
        57,
        "olga",
        "dmitri",
        True,
        "Buyers in Riga ask who installs the racking. We answer it in the offer, and never in a campaign.",
    ),
    (
        CALL,
        63,
        "olga",
        "nina",
        True,
        "He had three tabs open: us and two local makers. Ours was the only one without a photo of a finished hall.",
    ),
    (
        CALL,
        80,
        "marta",
        "tomasz",
        True,
        "Tomasz does not talk about racking for the first five minutes: only about what stands in the hall today. Our "
        "brochure begins with the steel.",
    ),
    (
        MEETING,
        92,
        "pawel",
        "marta",
        False,
        "Marketing’s review of the quarter: the webinar brought fewer leads than the advertisements and three times the "
        "sales. I will name it on the phone.",
    ),
    (
        CALL,
        118,
        "marta",
        "pawel",
        True,
        "A lead from the exhibition did not remember us after nine days. The first call should come the day after.",
    ),
    (
        CALL,
        171,
        "bartek",
        "jakub",
        True,
        "The caller thought our advertisement was for shop shelves. The picture shows shop shelves.",
    ),
)

# title, why, country, segment, who, days ago, state, who votes, note
IDEAS: tuple[tuple[str, str, str, str, str, int, str, str, str], ...] = (
    (
        "Webinar for cold-store builders",
        "Three of my last five calls asked how racking behaves at −25 °C. Nobody explains it, and we test it ourselves.",
        "LV",
        "Logistics over 50 people",
        "nina",
        12,
        "open",
        "nina dmitri pawel iga marta olga tomasz",
        "",
    ),
    (
        "Photos of finished halls in every advertisement",
        "Buyers compare us with local makers who show theirs. We have forty halls and no picture of one.",
        "",
        "",
        "olga",
        20,
        "open",
        "olga marta nina lena oskar",
        "",
    ),
    (
        "Check-up of old racking before the yearly inspection",
        "The law asks for an inspection each year. Who books one learns in spring what has to be replaced in summer.",
        "DE",
        "",
        "lena",
        8,
        "open",
        "lena oskar tomasz ola",
        "",
    ),
    (
        "Calculator by ceiling height",
        "People know how high their hall is and how many pallets they have. They do not know our bay lengths.",
        "",
        "",
        "iga",
        5,
        "open",
        "iga pawel jakub",
        "",
    ),
    (
        "Letter to companies that move into the new parks at Riga",
        "Two parks open in spring. Their tenants are in the register half a year before.",
        "LV",
        "",
        "dmitri",
        2,
        "open",
        "dmitri nina",
        "",
    ),
    (
        "Partner webinar with the forklift dealer",
        "Their customers buy a forklift first and racking four weeks later. They know when.",
        "PL",
        "",
        "pawel",
        260,
        "taken",
        "pawel marta iga tomasz",
        "",
    ),
    (
        "Advertisements on the British market",
        "Search volume is five times that of Poland.",
        "GB",
        "",
        "bartek",
        90,
        "declined",
        "bartek",
        "Freight makes us a third dearer there. Come back to it when a partner stores for us.",
    ),
    (
        "Calendar with pin-up halls",
        "Everybody has a wall.",
        "",
        "",
        "oskar",
        70,
        "withdrawn",
        "oskar jakub",
        "",
    ),
)
FROM_AN_IDEA = "Partner webinar"
APPLAUDERS = ("anna", "ola", "tomasz", "marta", "iga", "nina", "lena", "olga", "jakub")
APPLAUDED = 14


def fill(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """The log, bookings, ideas, and the wins as the worker writes them, with applause for the newest."""
    # They all have been here for longer than two quarters: who is new has no red light.
    User.objects.filter(pk__in=[person.pk for person in people.values()]).update(
        joined_at=now - timedelta(days=420)
    )
    _log(people, now)
    _bookings(people, now)
    _ideas(people, campaigns, now)
    wins.keep(at=now)
    _applause(people, now)


def _log(people: Mapping[str, User], now: datetime) -> None:
    calendar = company_calendar()
    for kind, days, who, partner, has_lead, learned in LEARNED:
        at = calendar.prev_open(now - timedelta(days=days))
        lead = None
        if has_lead and partner is not None:
            called = Lead.objects.filter(owner=people[partner], first_contact_at__lt=at, is_test=False)
            lead = called.exclude(name="").order_by("-first_contact_at", "pk").first()
        Entry.objects.create(
            kind=kind,
            on=at.date(),
            by=people[who],
            partner=people[partner] if partner else None,
            lead=lead,
            learned=learned,
            at=at,
        )


def _bookings(people: Mapping[str, User], now: datetime) -> None:
    """One asked, one agreed, one that waits to be written down; one declined, one that is done."""
    calendar = company_calendar()
    tomorrow = calendar.next_open(now + timedelta(hours=18)) + timedelta(hours=2)
    later = calendar.next_open(tomorrow + timedelta(hours=22)) + timedelta(hours=5)
    yesterday = calendar.prev_open(now - timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    done = Entry.objects.filter(by=people["marta"], kind=CALL).order_by("-on").first()
    rows = (
        ("bartek", "pawel", tomorrow, State.ASKED, "A first call of the calculator, please.", "", None),
        ("marta", "iga", later, State.AGREED, "A price talk.", "", None),
        ("olga", "dmitri", yesterday, State.AGREED, "", "", None),
        ("bartek", "jakub", now - timedelta(days=50), State.DECLINED, "", "Stocktaking all week.", None),
        ("marta", "pawel", now - timedelta(days=3, hours=2), State.DONE, "", "", done),
    )
    for by, partner, starts_at, state, note, reason, entry in rows:
        Booking.objects.create(
            by=people[by],
            partner=people[partner],
            starts_at=starts_at.replace(minute=0, second=0, microsecond=0),
            state=state,
            note=note,
            reason=reason,
            entry=entry,
            revision=0 if state == State.ASKED else 1 if state != State.DONE else 2,
            at=min(now, starts_at) - timedelta(days=1),
            answered_at=None if state == State.ASKED else min(now, starts_at) - timedelta(hours=20),
        )


def _ideas(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    for title, text, market, segment, who, days, state, voters, note in IDEAS:
        at = now - timedelta(days=days)
        by_author = state == IdeaState.WITHDRAWN
        idea = Idea.objects.create(
            title=title,
            text=text,
            market=market,
            segment=segment,
            state=state,
            at=at,
            by=people[who],
            decided_at=None if state == IdeaState.OPEN else at + timedelta(days=6),
            decided_by=None if state == IdeaState.OPEN else people[who if by_author else "marta"],
            note=note,
        )
        Vote.objects.bulk_create(
            Vote(idea=idea, by=people[key], at=at + timedelta(hours=number))
            for number, key in enumerate(voters.split())
        )
        if state == IdeaState.TAKEN and FROM_AN_IDEA in campaigns:
            Campaign.objects.filter(pk=campaigns[FROM_AN_IDEA].pk).update(idea=idea)


def _applause(people: Mapping[str, User], now: datetime) -> None:
    rows = []
    for number, win in enumerate(Win.objects.order_by("-won_at", "-pk")[:APPLAUDED]):
        named = {win.bringer_id, win.logged_by_id, win.closer_id}
        hands = [people[key] for place, key in enumerate(APPLAUDERS) if (place * 5 + number * 3) % 7 < 3]
        rows += [
            Applause(lead_id=win.lead_id, by=person, at=min(now, win.won_at + timedelta(hours=3)))
            for person in hands
            if person.pk not in named
        ]
    Applause.objects.bulk_create(rows)
