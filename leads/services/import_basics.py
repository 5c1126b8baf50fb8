"""What every step of an import needs: who may, whether it is still a preview, and a hint to the worker."""

import logging

from celery import current_app
from django.utils.translation import gettext as _

from leads.models import Import
from leads.services import preview
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, NotAllowed

log = logging.getLogger(__name__)

SEEN_AT_ONCE = 5_000  # so many rows are looked through while the person waits
TASK = "leads.resume_imports"


def check_allowed(by: User | None) -> None:
    """Raises `NotAllowed` for who may not log leads."""
    if by is not None and not by.can(Can.LOG_LEADS):
        raise NotAllowed(_("Logging leads is for marketing."))


def in_preview(batch: Import) -> Import:
    """The import, locked for this transaction. Raises `Conflict` once it is saved or dropped, and until it is read."""
    held = db.locked(Import.objects.filter(pk=batch.pk)).first()
    if held is None or held.state != Import.State.PREVIEW:
        raise Conflict(_("This list is being saved or was saved already."), batch=held)
    if is_unread(held):
        raise Conflict(_("This list is still being read. Try again in a moment."), batch=held)
    return held


def is_unread(batch: Import) -> bool:
    """Whether a worker has still to unpack the list and to recognise its columns."""
    return bool(batch.options.get("is_packed")) or "mapping" not in batch.options


def look_through(batch: Import) -> None:
    """Look through a list now, or leave a long one to the worker."""
    if batch.scan.get("rows", SEEN_AT_ONCE + 1) <= SEEN_AT_ONCE:
        preview.look_through(batch)
    else:
        batch.scanned_at = None
        batch.save(update_fields=["scanned_at"])
        hint()


def hint() -> None:
    """Tell the worker that there is work. Only a hint: every minute it looks by itself."""
    try:
        current_app.send_task(TASK, retry=False)
    except Exception:
        log.warning("broker_away", exc_info=True)
