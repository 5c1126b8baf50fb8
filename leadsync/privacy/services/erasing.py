"""Erasing who somebody was, everywhere at once and for good. What figures count by stays.

One transaction under the lock of arrivals: nobody comes in meanwhile, and no list is between two of its batches. Each
app erases its own tables; files are deleted once all of it is through.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from feedback.services import erasing as feedback
from leads.domain import identity
from leads.models import Lead, LeadKey
from leads.services import arrivals, changes, import_erasing
from leads.services import erasing as leads_erasing
from leadsync.accounts.access import check
from leadsync.accounts.models import DataExport, User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid
from leadsync.core.redaction import Traces
from leadsync.exchange.services import erasing as exchange
from leadsync.hooks.services import log as deliveries
from leadsync.intake.services import erasing as intake
from leadsync.meetings.services import erasing as meetings
from leadsync.notices import erasing as notices
from leadsync.privacy.models import Erasure

LONGEST_NOTE = 300


def erase(
    *,
    lead: Lead,
    by: User,
    note: str = "",
    why: str = Erasure.Why.REQUEST,
    version: int | None = None,
    at: datetime | None = None,
) -> Erasure:
    """Erase everything about the person of this lead. It cannot be taken back.

    `note` says who asked and how, without naming the person: it stays. Raises `NotAllowed`; `Conflict` when the lead
    was changed since `version`, or while a list that holds the person is being saved; `Invalid` for a note that names
    the person or is too long, and for a lead that is erased already.
    """
    check(by, Can.ERASE_LEADS)
    words = identity.clean(note)
    if len(words) > LONGEST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
    # Lists that were never saved are read outside of the transaction: it can take seconds, and no lock is held.
    held = import_erasing.holding(leads_erasing.traces_of([lead.pk]))
    with db.exclusively(arrivals.LOCK, wait=True):
        changes.take(lead, version=version)
        if leads_erasing.traces_of([lead.pk]).found_in(words):
            raise Invalid(
                _(
                    "The note stays when everything else is gone: leave out the name, the address and the number."
                ),
                field="note",
            )
        counts = erase_all([lead.pk], by=by, at=at or timezone.now(), held=held)
        return Erasure.objects.create(
            lead_id=lead.pk, why=why, note=words, at=at or timezone.now(), by=by, counts=counts[lead.pk]
        )


def erase_all(
    leads: Collection[int], *, by: User | None, at: datetime, held: Collection[int]
) -> dict[int, dict[str, int]]:
    """Erase the people of these leads, which are locked with the lock of arrivals held; see `erase`.

    `held`: imports that hold them besides those that brought them (`import_erasing.holding`). Returns what was changed
    where, by lead; several at once are counted together, with the first of them. Raises `Conflict` while a list that
    holds one of them is being saved.
    """
    traces = leads_erasing.traces_of(leads)
    batches = import_erasing.linked(leads) | set(held)
    import_erasing.check_none_is_running(batches)
    urls = feedback.urls_of(leads)
    # What knows its lead by number only may know it by one that was merged into it.
    numbers = leads_erasing.with_merged(leads)
    counts: Counter[str] = Counter({"Delivery": deliveries.forget(numbers)})
    for found in (
        intake.erase(leads=leads, traces=traces, at=at),
        import_erasing.erase(batches=batches, traces=traces, at=at),
        notices.erase(leads=numbers, urls=urls, traces=traces, at=at),
        meetings.erase(leads=numbers, urls=urls, traces=traces),
        feedback.erase(leads=leads, traces=traces, at=at),
        exchange.erase(leads=leads, traces=traces),
        _unlinked(traces),
        leads_erasing.erase(leads=leads, by=by, at=at),
    ):
        counts.update(found)
    first, *others = sorted(leads)
    return {first: {table: count for table, count in counts.items() if count}} | {pk: {} for pk in others}


def _unlinked(traces: Traces) -> dict[str, int]:
    """What is nobody's in particular and may name the person all the same: saved views, and what exports were of."""
    rows: list[DataExport] = []
    for row in notices.mentioning(DataExport.objects.all(), "what", traces):
        row.what = traces.without(row.what)
        rows.append(row)
    found = {
        "DataExport": DataExport.objects.bulk_update(rows, ["what"], batch_size=500),
        "SavedView": leads_erasing.erase_from_views(traces),
    }
    return {table: count for table, count in found.items() if count}


def erase_unlinked(
    *, emails: str = "", phone: str = "", by: User, note: str = "", at: datetime | None = None
) -> Erasure:
    """Erase what there is of somebody who never became a lead: messages nobody could read, rows of lists.

    By e-mail or phone, which are somebody's for certain. Raises `NotAllowed`; `Invalid` where neither can be read, and
    for a note that names the person; `Conflict` where a lead is known by it, which is to be erased instead, and while
    a list that holds the person is being saved.
    """
    check(by, Can.ERASE_LEADS)
    now = at or timezone.now()
    traces = Traces.of(emails=[emails], phones=[phone])
    words = identity.clean(note)
    if not traces:
        raise Invalid(_("An e-mail address or a phone number is needed."), field="q")
    if len(words) > LONGEST_NOTE:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST_NOTE}, field="note")
    if traces.found_in(words):
        raise Invalid(
            _("The note stays when everything else is gone: leave out the name, the address and the number."),
            field="note",
        )
    held = import_erasing.holding(traces)
    with db.exclusively(arrivals.LOCK, wait=True):
        if (
            LeadKey.objects.filter(value__iregex=traces.pattern).exists()
            or Lead.objects.filter(search__iregex=traces.pattern).exists()
        ):
            raise Conflict(_("There is a lead with this address or number: erase that one."))
        import_erasing.check_none_is_running(held)
        counts: Counter[str] = Counter()
        for found in (
            intake.erase(leads=(), traces=traces, at=now),
            import_erasing.erase(batches=held, traces=traces, at=now),
            notices.erase(leads=(), urls=(), traces=traces, at=now),
            meetings.erase(leads=(), urls=(), traces=traces),
            feedback.erase(leads=(), traces=traces, at=now),
            exchange.erase(leads=(), traces=traces),
            _unlinked(traces),
        ):
            counts.update(found)
        return Erasure.objects.create(
            lead_id=None, why=Erasure.Why.REQUEST, note=words, at=now, by=by, counts=dict(counts)
        )
