"""What the worker tries by itself: a page that must hold a text, and the mail server of a mailbox's domain.

Points are claimed in the database (two workers never try the same one), tried without holding anything, and what was
found is kept only if nothing changed meanwhile. Test leads for our own hosted forms are sent by `leadsync.intake`.
"""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import idna
import structlog
from django.db import transaction
from django.utils import translation

from campaigns.domain import proofs as rules
from campaigns.domain.proofs import Found, Result
from campaigns.models import ContactPoint, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import proofs
from leadsync.core import db, outgoing

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(minutes=5)  # longer than one try takes, all its time-outs included
MOST_TRIES: Final = 20  # of one run; the next tick goes on
LOOK_UP_SECONDS: Final = 5.0


class NoRecord(Exception):
    """The name has no such record, or there is no such name."""


class NoAnswer(Exception):
    """Nobody answered in time, or only with "ask later"."""


type Ask = Callable[[str, str], list[str]]  # name, type of record → records as text; raises the two above


class Get(Protocol):
    """As `outgoing.get`."""

    def __call__(self, url: str, *, most_bytes: int) -> outgoing.Answer: ...


def work(*, at: datetime | None = None, get: Get = outgoing.get, ask: Ask | None = None) -> int:
    """Try what is due, one after the other; how many were tried."""
    for done in range(MOST_TRIES):
        point = claim(at or db.now(), own_forms=False)
        if point is None:
            return done
        result, means = attempt(point, get=get, ask=ask or ask_resolver)
        proofs.record(point=point, result=result, means=means, at=at)
    return MOST_TRIES


@transaction.atomic
def claim(now: datetime, *, own_forms: bool) -> ContactPoint | None:
    """The contact point in use that has been due the longest; nobody else gets it while the lease runs."""
    due = selectors.in_use().filter(next_try_at__lte=now)
    due = due.filter(selectors.is_own_form()) if own_forms else due.exclude(selectors.is_own_form())
    found = db.claimable(due.order_by("next_try_at", "pk")).first()
    if found is not None:
        found.next_try_at = now + LEASE
        ContactPoint.objects.filter(pk=found.pk).update(next_try_at=found.next_try_at)
    return found


def attempt(point: ContactPoint, *, get: Get, ask: Ask) -> tuple[Result, Proof.MeansChoices]:
    """Try a contact point in every way there is; the first that does not work is the result, else the main one."""
    main: tuple[Result, Proof.MeansChoices] | None = None
    for means in selectors.means_of(point):
        if means is Proof.MeansChoices.MAIL_SERVER:
            result = mail_server(point.value.rpartition("@")[2], ask=ask)
        else:
            result = page(selectors.page_of(point), point.page_text, get=get)
        if not result.is_ok:
            return result, means
        main = main or (result, means)
    # A point that nothing can try is not claimed; one that became so meanwhile says nothing.
    return main or (Result(Found.MAIL_UNKNOWN), Proof.MeansChoices.HAND)


def page(url: str, text: str, *, get: Get = outgoing.get) -> Result:
    """Ask for a page through the one guarded client; `text` must stand in what people read there."""
    try:
        with translation.override("en"):  # reasons are kept as the catalogues name them
            answer = get(url, most_bytes=rules.MOST_PAGE)
    except outgoing.Unreachable as error:
        return Result(Found.PAGE_REFUSED if error.is_refused else Found.PAGE_UNREACHABLE, error.message)
    if not answer.is_ok:
        return Result(Found.PAGE_STATUS, str(answer.status))
    if not rules.stands_in(text, rules.text_of_page(answer.body)):
        return Result(Found.PAGE_TEXT, text)
    return Result(Found.PAGE_OK, text)


def mail_server(domain: str, *, ask: Ask) -> Result:
    """Whether mail for a domain goes anywhere: its MX, else its own address (RFC 5321); a null MX says no (RFC 7505).

    No answer in time says nothing: the name servers of others being slow is no fault of a mailbox.
    """
    try:
        name = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
        found = _exchanger(name, ask)
    except idna.IDNAError:
        return Result(Found.MAIL_NONE, domain)
    except NoRecord:
        return Result(Found.MAIL_NONE, domain)
    except NoAnswer:
        return Result(Found.MAIL_UNKNOWN, domain)
    return Result(Found.MAIL_OK, found) if found else Result(Found.MAIL_REFUSES, domain)


def _exchanger(name: str, ask: Ask) -> str:
    """The server that takes the domain's mail first; "" where the domain says that it takes none."""
    try:
        servers = sorted(_preference(one) for one in ask(name, "MX"))
    except NoRecord:
        servers = []
    if servers:
        taking = [server for _number, server in servers if server]
        return taking[0] if taking else ""
    late: NoAnswer | None = None
    for kind in ("A", "AAAA"):
        try:
            if ask(name, kind):
                return name
        except NoRecord:
            continue
        except NoAnswer as error:
            late = error
    raise late or NoRecord


def _preference(record: str) -> tuple[int, str]:
    number, _space, server = record.strip().partition(" ")
    return (int(number) if number.isdecimal() else 0), server.strip().rstrip(".").lower()


def ask_resolver(name: str, kind: str) -> list[str]:
    """Ask the machine's resolver. Raises `NoRecord`, `NoAnswer`."""
    try:
        resolver = dns.resolver.Resolver()
        answer = resolver.resolve(
            dns.name.from_text(name), dns.rdatatype.from_text(kind), lifetime=LOOK_UP_SECONDS, search=False
        )
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.NameTooLong):
        raise NoRecord from None
    except (dns.exception.DNSException, OSError, socket.gaierror) as error:
        log.info("mail_server_not_looked_up", why=type(error).__name__)
        raise NoAnswer from None
    return [record.to_text() for record in answer]
