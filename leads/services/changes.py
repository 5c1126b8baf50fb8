"""How every service changes a lead: lock, compare versions, keep rights, write the event, save with a new version."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from leads.domain.words import EventKind
from leads.models import Lead, LeadEvent
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound

# What somebody did, as a conflict message and a timeline say it: "Anna Maj, 10:32: mark".
EVENT_WORDS = {
    EventKind.ARRIVED: gettext_lazy("arrival"),
    EventKind.ARRIVED_AGAIN: gettext_lazy("new arrival"),
    EventKind.IMPORTED: gettext_lazy("import"),
    EventKind.HANDED_OFF: gettext_lazy("handoff"),
    EventKind.PASSED_ON: gettext_lazy("passed on"),
    EventKind.RETURNED: gettext_lazy("return to marketing"),
    EventKind.ACTIVITY: gettext_lazy("activity"),
    EventKind.ANSWERED: gettext_lazy("answer"),
    EventKind.FORGOTTEN: gettext_lazy("answer removed"),
    EventKind.LEARNED: gettext_lazy("what sales learned"),
    EventKind.DISPUTED: gettext_lazy("dispute"),
    EventKind.DISPUTE_ENDED: gettext_lazy("dispute decided"),
    EventKind.MARKED: gettext_lazy("mark"),
    EventKind.MARK_REVERTED: gettext_lazy("mark reverted"),
    EventKind.NEXT_STEP: gettext_lazy("next step"),
    EventKind.NOTE: gettext_lazy("note"),
    EventKind.WON: gettext_lazy("won"),
    EventKind.WIN_CHANGED: gettext_lazy("win changed"),
    EventKind.WIN_REVERTED: gettext_lazy("win taken back"),
    EventKind.LOST: gettext_lazy("lost"),
    EventKind.REOPENED: gettext_lazy("reopened"),
    EventKind.EDITED: gettext_lazy("edited"),
    EventKind.CONSENTED: gettext_lazy("consent"),
    EventKind.MERGED: gettext_lazy("merged"),
    EventKind.MERGE_UNDONE: gettext_lazy("merge undone"),
    EventKind.ERASED: gettext_lazy("erased"),
}

NEXT_VERSION = F("version") + 1  # for changes of many leads in one statement
_FIELDS = {field.attname: field for field in Lead._meta.concrete_fields}
_COLUMNS = tuple(_FIELDS)

# Everything that the roll-up counts a lead by.
COUNTED_AT = (
    "received_at",
    "handed_off_at",
    "first_contact_at",
    "marked_at",
    "qualified_at",
    "won_at",
    "lost_at",
)


def instant(at: datetime | None) -> datetime:
    """The instant of a change: now unless the caller says when it happened."""
    return at or timezone.now()


def take(lead: Lead, *, version: int | None = None) -> Lead:
    """Lock the lead for this transaction and bring the given object up to date with the database.

    Raises `Conflict` when `version` is given and somebody changed the lead since, naming who changed what and
    when; `NotFound` when it is gone; `Invalid` once its personal data are erased: nothing is done with it any more.
    """
    try:
        lead.refresh_from_db(fields=_COLUMNS, from_queryset=db.locked(Lead.objects.all()))
    except Lead.DoesNotExist as error:
        raise NotFound(_("This lead is no longer here.")) from error
    if version is not None and version != lead.version:
        raise conflict(lead)
    if lead.erased_at is not None:
        raise Invalid(_("The personal data of this lead were erased: nothing can be changed any more."))
    return lead


def conflict(lead: Lead) -> Conflict:
    """The lead changed meanwhile: who did what and when, from its last event."""
    event = LeadEvent.objects.filter(lead_id=lead.pk).select_related("by").order_by("-id").first()
    name = event.by.name if event and event.by else _("LeadSync")
    what = str(EVENT_WORDS.get(EventKind(event.kind), event.kind)) if event else ""
    return Conflict(
        _("Changed meanwhile by %(name)s: %(what)s. Nothing you typed is lost.")
        % {"name": name, "what": what},
        lead=lead.pk,
        version=lead.version,
        by=name,
        kind=event.kind if event else "",
        what=what,
        at=event.at if event else None,
        before=event.before if event else {},
        after=event.after if event else {},
    )


def check_can_work(lead: Lead, by: User) -> None:
    """Own leads: the rep. Any lead: who may work any. Raises `NotAllowed`."""
    if by.can(Can.WORK_ANY_LEAD) or (lead.owner_id == by.pk and by.can(Can.WORK_LEADS)):
        return
    raise NotAllowed(_("This lead is with somebody else. The head of sales can hand it over."))


def check_can_note(lead: Lead, by: User) -> None:
    """Who works the lead, and marketing, which logs leads. Raises `NotAllowed`."""
    if not by.can(Can.LOG_LEADS):
        check_can_work(lead, by)


def as_json(value: Any) -> Any:
    """A field's value as it stands in an event: instants in ISO, amounts as text."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return str(value)


def snapshot(lead: Lead, names: Iterable[str]) -> dict[str, Any]:
    """Fields of the lead as JSON; names as the database columns have them (`owner_id`)."""
    return {name: as_json(getattr(lead, name)) for name in names}


def restored(name: str, value: Any) -> Any:
    """The way back of `as_json` for a field of a lead."""
    return _FIELDS[name].to_python(value)


def save(lead: Lead, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write these columns and raise the version, unless another change came between; (before, after) that differ.

    Raises `Conflict` when the row is no longer the one that was read.
    """
    changed = {name: value for name, value in values.items() if getattr(lead, name) != value}
    before = snapshot(lead, changed)
    is_done = Lead.objects.filter(pk=lead.pk, version=lead.version).update(
        **changed, version=lead.version + 1
    )
    if not is_done:
        raise conflict(lead)
    for name, value in changed.items():
        setattr(lead, name, value)
    lead.version += 1
    return before, snapshot(lead, changed)


def record(
    lead: Lead,
    kind: EventKind,
    *,
    by: User | None,
    at: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> LeadEvent:
    """Append what was done."""
    return LeadEvent.objects.create(
        lead_id=lead.pk, by=by, at=at, kind=kind, before=dict(before or {}), after=dict(after or {})
    )


def counted_at(lead: Lead) -> list[tuple[int, datetime | None]]:
    """Every instant at which figures count this lead: to be touched before and after a change."""
    return [(lead.campaign_id, getattr(lead, name)) for name in COUNTED_AT]


def campaign_of(lead: Lead) -> Campaign:
    """The lead's campaign, asked for by id: the object at hand may forbid lazy loading."""
    cached = lead._state.fields_cache.get("campaign")
    return cached if isinstance(cached, Campaign) else Campaign.objects.get(pk=lead.campaign_id)


def facts(lead: Lead, campaign: Campaign | None = None, **more: Any) -> dict[str, Any]:
    """What notices say about a lead."""
    found = {"lead": lead.title, "company": lead.company, "lead_id": lead.pk}
    if campaign is not None:
        found["campaign"] = campaign.name
    return found | {name: as_json(value) for name, value in more.items()}


def url_of(lead_id: int) -> str:
    """The address of a lead's page. Written out, as it is stored with the notice and read outside of requests."""
    return f"/leads/{lead_id}/"
