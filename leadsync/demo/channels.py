"""How people reach the sample company, by which number, mailbox, form or profile, and what tries of it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.models import Channel, ContactPoint, PointAccess, Proof
from campaigns.services import point_alerts, proofs
from leadsync.accounts.models import User
from leadsync.intake.models import LeadForm
from leadsync.intake.selectors.forms import address_of

_M = Proof.MeansChoices


@dataclass(frozen=True)
class Try:
    """One try: so many days ago, by whom ("" for LeadSync), what came of it."""

    days: float
    by: str
    is_ok: bool = True
    note: str = ""
    means: str = _M.HAND
    found: str = ""


@dataclass(frozen=True)
class Point:
    """A contact point of a channel. A value of "form" is the company's own hosted form."""

    channel: str
    kind: str
    value: str
    responsible: str
    tries: tuple[Try, ...] = ()
    note: str = ""
    access: tuple[str, ...] = ()
    is_watched: bool = False
    page: tuple[str, str] = ("", "")
    shut_out: tuple[tuple[str, float, str], ...] = ()


def _call(days: float, by: str, note: str = "") -> Try:
    return Try(days, by, note=note, means=_M.CALL)


def _mail(days: float, by: str, note: str = "") -> Try:
    return Try(days, by, note=note, means=_M.MAIL)


def _looked_up(days: float) -> Try:
    return Try(days, "", note="mx1.nordrack.example", means=_M.MAIL_SERVER, found="mail_ok")


def _arrived(days: float, rep: str) -> Try:
    return Try(days, "", note=rep, means=_M.TEST_LEAD, found="lead_ok")


def _asked_for(days: float, text: str) -> Try:
    return Try(days, "", note=text, means=_M.PAGE, found="page_ok")


SALES = ("pawel", "iga", "lena", "jakub", "oskar")
RIGA = ("dmitri", "nina")
NUMBER = "+48 61 555 01 00"

POINTS = (
    Point(
        "Website",
        "form",
        "form",
        "marta",
        (
            _arrived(3.3, "Iga Mazur"),
            _arrived(2.3, "Jakub Sroka"),
            _arrived(1.3, "Paweł Krawczyk"),
            _arrived(0.3, "Iga Mazur"),
        ),
        note="Leads go straight into the queue.",
        is_watched=True,
    ),
    Point(
        "Website",
        "mailbox",
        "hello@nordrack.example",
        "marta",
        (_mail(1.2, "marta", "Answered by Paweł within ten minutes"), _looked_up(0.5)),
        note="Shared mailbox of sales. Sign in with your own account; Ewelina adds people.",
        access=SALES,
        is_watched=True,
    ),
    Point(
        "Search ads",
        "form",
        "https://nordrack.example/quote",
        "bartek",
        (_asked_for(1.1, "Ask for a quote"), _asked_for(0.15, "Ask for a quote")),
        is_watched=True,
        page=("", "Ask for a quote"),
    ),
    Point(
        "Social ads",
        "form",
        "https://nordrack.example/tiktok",
        "bartek",
        (Try(0.6, "bartek", note="Sent one from a phone; it was in the queue"),),
        is_watched=True,
        page=("", "Catalogue"),
    ),
    Point(
        "Phone",
        "phone",
        NUMBER,
        "marta",
        (_call(16.0, "marta"), _call(3.0, "marta", "Iga picked up at the third ring")),
        note="Rings in Poznań from 8:00 to 17:00, then goes to a machine.",
        access=SALES,
        is_watched=True,
        page=("https://nordrack.example/contact", NUMBER),
    ),
    Point(
        "Exhibitions",
        "mailbox",
        "expo@nordrack.example",
        "marta",
        (_mail(0.4, "marta"),),
        access=("pawel", "lena", "tomasz"),
    ),
    Point(
        "Exhibitions",
        "phone",
        "+48 601 555 019",
        "bartek",
        note="The phone at the stand. Lies in the drawer of the fair kit between fairs.",
    ),
    Point(
        "Marketplace",
        "profile",
        "https://market.example/nordrack",
        "olga",
        (Try(9.0, "olga", note="Prices and photos are the new ones"),),
        access=RIGA,
    ),
    Point(
        "Marketplace",
        "mailbox",
        "orders@market.example",
        "olga",
        (
            _mail(23.0, "olga"),
            Try(0.2, "pawel", False, "No rep can open this mailbox", _M.MAIL),
        ),
        note="Opens on the seller’s page of the marketplace. Olga holds the code for signing in.",
        shut_out=(("pawel", 0.2, "The code goes to a phone nobody has"), ("nina", 0.1, "")),
    ),
    Point("Partners", "mailbox", "partner@nordrack.example", "ola", (_mail(4.0, "ola"),), access=("tomasz",)),
    Point("Mailing", "mailbox", "news@nordrack.example", "bartek", (_mail(5.5, "bartek"),), access=("iga",)),
)


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Contact points of every state, the reports and tries behind it, and the alerts that follow."""
    channels = {channel.name: channel for channel in Channel.objects.all()}
    own = LeadForm.objects.filter(is_open=True).select_related("campaign").first()
    for number, one in enumerate(POINTS):
        if one.value == "form" and own is None:
            continue
        url, text = one.page
        point = ContactPoint.objects.create(
            channel=channels[one.channel],
            kind=one.kind,
            value=address_of(own) if own is not None and one.value == "form" else one.value,
            responsible=people[one.responsible],
            note=one.note,
            is_watched=one.is_watched,
            page_url=url,
            page_text=text,
            # The sample's addresses exist nowhere: its own form alone is tried while somebody looks around.
            next_try_at=now + timedelta(hours=1 if one.value == "form" else 20, minutes=number)
            if one.is_watched
            else None,
        )
        PointAccess.objects.bulk_create(
            [PointAccess(point=point, person=people[who], at=now - timedelta(days=40), by=people[one.responsible])
             for who in one.access]
        )  # fmt: skip
        Proof.objects.bulk_create([_proof(point, made, people, now) for made in one.tries])
        tried = [made for made in one.tries if made.found]
        if tried:
            ContactPoint.objects.filter(pk=point.pk).update(
                tried_at=now - timedelta(days=tried[-1].days),
                found=tried[-1].found,
                found_detail=tried[-1].note,
            )
        for who, days, note in one.shut_out:
            proofs.say_access(
                point=point, by=people[who], can_get_in=False, note=note, at=now - timedelta(days=days)
            )
    _first_failure(now)
    point_alerts.watch(at=now)


def _proof(point: ContactPoint, made: Try, people: Mapping[str, User], now: datetime) -> Proof:
    return Proof(
        point=point,
        is_ok=made.is_ok,
        means=made.means,
        note=made.note,
        found=made.found,
        at=now - timedelta(days=made.days),
        by=people.get(made.by),
    )


def _first_failure(now: datetime) -> None:
    """A page that did not answer at the last try: nobody is told before it is tried once more."""
    failed = now - timedelta(minutes=4)
    ContactPoint.objects.filter(value="https://nordrack.example/tiktok").update(
        tried_at=failed, failed_at=failed, found="page_status", found_detail="503"
    )
