"""What visitors send through hosted forms: kept as it came, and received as a lead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import structlog
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.domain.identity import storable
from leads.domain.words import Door
from leads.services import arrivals
from leads.services.arrivals import Consented, LeadData
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.intake.domain import hosted
from leadsync.intake.domain.hosted import Suspicion
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import inbox
from leadsync.notices import services as notices

log = structlog.get_logger(__name__)

LONGEST_WAIT: Final = timedelta(days=366)  # how far ahead somebody can ask to be called
_SLACK: Final = timedelta(minutes=5)
_TEXTS: Final = tuple(name for name in hosted.LEAD_FIELDS if name != "wanted_at")
_MOST_VALUE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Message:
    """What a visitor sent: values by field as typed, the language of the page, and the page's own number.

    `consent` is the text they agreed to, empty where they did not.
    """

    fields: Mapping[str, str]
    language: str
    page: str = ""
    consent: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The message as it is kept."""
        found: Any = storable(
            {
                "fields": {name: value[:_MOST_VALUE] for name, value in self.fields.items()},
                "language": self.language,
                "consent": self.consent,
                "marks": dict(self.marks),
            }
        )
        return dict(found)


def take(*, form: LeadForm, message: Message, at: datetime | None = None, door: Door = Door.FORM) -> Payload:
    """Receive what a visitor sent: one lead and one arrival, however often the same page comes.

    With `Door.TEST` the lead is marked as a test: see `services.probing`.

    Raises `Invalid` with a field of the message for what the visitor can mend; nothing is kept then. Whatever else
    stands against it, the message is kept as unreadable for a person to look at: no lead is lost.
    """
    now = at or timezone.now()
    body, digest = _body(message)
    with db.exclusively(arrivals.LOCK, wait=True):
        known = Payload.objects.filter(form=form, external_id=message.page, digest=digest).first()
        if known is not None:
            Payload.objects.filter(pk=known.pk).update(times=known.times + 1)
            return known
        payload = Payload(form=form, received_at=now, external_id=message.page, digest=digest, body=body)
        try:
            _receive(payload, form, message, now, door)
        except Invalid as problem:
            if problem.field and _place(problem.field, message) is not None:
                raise
            payload.state = Payload.State.UNREADABLE
            payload.reason = {"code": "refused", "field": problem.field or "", "text": problem.message}
        except DatabaseError:
            raise
        except Exception as error:
            # A fault of ours must not cost a lead: the message waits in the inbox, the log says what happened.
            log.exception("form_message_not_received", form=form.pk)
            payload.state = Payload.State.UNREADABLE
            payload.reason = {"code": "fault", "text": type(error).__name__}
        payload.save()
        if payload.state == Payload.State.UNREADABLE:
            settle(form, at=now)
    return payload


def keep_spam(*, form: LeadForm, message: Message, why: Suspicion, at: datetime | None = None) -> Payload:
    """Keep what a robot seems to have sent. It is no lead until a person says that it is one."""
    body, digest = _body(message)
    kept, _is_new = Payload.objects.get_or_create(
        form=form,
        external_id=message.page or digest[:40],
        digest=digest,
        defaults={
            "received_at": at or timezone.now(),
            "body": body,
            "state": Payload.State.SPAM,
            "reason": {"code": why.value},
        },
    )
    return kept


def take_after_all(*, payload: Payload, by: User, at: datetime | None = None) -> Payload:
    """Make a lead of a message that was taken for spam, or was unreadable, because somebody has looked at it.

    Raises `NotAllowed`, `NotFound`; `Conflict` where it has been dealt with; `Invalid` where no lead can be made of it.
    """
    check(by, Can.EDIT_INTAKE)
    now = at or timezone.now()
    with db.exclusively(arrivals.LOCK, wait=True):
        rows = Payload.objects.select_related("form__campaign").filter(pk=payload.pk)
        found = db.locked(rows).first()
        if found is None or found.form is None:
            raise NotFound(_("This message is no longer here."))
        if found.state not in {Payload.State.SPAM, Payload.State.UNREADABLE, Payload.State.DROPPED}:
            raise Conflict(_("This message is a lead already."))
        _receive(found, found.form, message_of(found), now)
        found.reason = {}
        found.handled_at, found.handled_by = now, by
        found.save()
        settle(found.form, at=now)
    return found


def settle(form: LeadForm, *, at: datetime | None = None) -> None:
    """Keep the alert about messages of this form that no lead could be made of true; its campaign's owner is told."""
    count = Payload.objects.filter(form=form, state=Payload.State.UNREADABLE).count()
    subject = f"form:{form.pk}"
    if not count:
        notices.resolve_alert(kind=inbox.UNREADABLE, subject=subject, at=at)
        return
    facts = {"count": count, "source": form.name, "campaign": form.campaign.name}
    url = f"/intake/?state={Payload.State.UNREADABLE}"
    if notices.open_alert(kind=inbox.UNREADABLE, subject=subject, context=facts, url=url, at=at):
        notices.put(
            kind=inbox.UNREADABLE,
            recipients=[form.campaign.owner_id],
            key=f"{inbox.UNREADABLE}:{subject}:{(at or timezone.now()).timestamp():.6f}",
            context=facts,
            url=url,
            at=at,
        )


def message_of(payload: Payload) -> Message:
    """A kept message. Whatever stands there, this reads it."""
    try:
        said = json.loads(payload.body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}

    def texts(name: str) -> dict[str, str]:
        found = said.get(name)
        pairs = found.items() if isinstance(found, dict) else ()
        return {str(key): value for key, value in pairs if isinstance(value, str)}

    return Message(
        fields=texts("fields"),
        language=str(said.get("language") or ""),
        page=payload.external_id,
        consent=str(said.get("consent") or ""),
        marks=texts("marks"),
    )


def wanted_at(text: str, now: datetime) -> datetime | None:
    """When a visitor asks to be called, typed in the company's time; None for none. Raises `Invalid`."""
    typed = text.strip()
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        local = None
    if local is None or not 2000 <= local.year <= 9000:
        raise Invalid(_("This is not a time. Write it like 2026-12-01 14:30."), field="wanted_at")
    found = local.replace(tzinfo=accounts.company().tz) if local.tzinfo is None else local
    if found < now - _SLACK:
        raise Invalid(_("This time is over. Choose a later one."), field="wanted_at")
    if found > now + LONGEST_WAIT:
        raise Invalid(_("Choose a time within a year."), field="wanted_at")
    return found


def lead_data(message: Message, *, place: str, received_at: datetime, now: datetime) -> LeadData:
    """A message as a lead's data; a time that is over is left in the message. Raises nothing."""
    try:
        call_at = wanted_at(message.fields.get("wanted_at", ""), now)
    except Invalid:
        call_at = None
    return LeadData(
        **{name: message.fields.get(name, "") for name in _TEXTS},
        language=message.language,
        received_at=received_at,
        wanted_at=call_at,
        answers={
            key: value
            for name, value in message.fields.items()
            if (key := hosted.criterion_of(name)) and value
        },
        consent=Consented(message.consent, place, received_at) if message.consent else None,
    )


def _receive(
    payload: Payload, form: LeadForm, message: Message, now: datetime, door: Door = Door.FORM
) -> None:
    data = lead_data(message, place=selectors.address_of(form), received_at=payload.received_at, now=now)
    with transaction.atomic():
        received = arrivals.receive(
            data=data,
            campaign=form.campaign,
            door=door,
            by=None,
            at=now,
            payload={"form": form.name} | message.as_json(),
        )
    payload.state = Payload.State.TAKEN
    payload.lead, payload.arrival = received.lead, received.arrival


def _place(name: str, message: Message) -> str | None:
    """The field of the message that a refusal is about; None for one that the visitor does not see."""
    return name if name in message.fields else None


def _body(message: Message) -> tuple[str, str]:
    body = json.dumps(message.as_json(), ensure_ascii=False, sort_keys=True)
    return body, sha256(body.encode("utf-8", "replace")).hexdigest()
