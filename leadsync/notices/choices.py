"""What people want to hear of: muted threads, and sorts of mail they stopped."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from leadsync.notices import services
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.models import MailChoice, Message, Mute, Notice


@transaction.atomic
def mute(*, by: User, url: str, at: datetime | None = None) -> None:
    """Hear no more of a thread: its notices stay in the list, are not counted and not mailed. Twice is once.

    Raises `Invalid` for what is no thread.
    """
    if not thread_of(url) or len(url) > Mute._meta.get_field("url").max_length:  # type: ignore[operator]
        raise Invalid(_("Only a lead, a question, a campaign or a contact point can be muted."))
    Mute.objects.get_or_create(person=by, url=url, defaults={"at": at or timezone.now()})


@transaction.atomic
def unmute(*, by: User, url: str, at: datetime | None = None) -> None:
    """Hear of a thread again. What came meanwhile counts as read, so that no mail brings it afterwards."""
    if Mute.objects.filter(person=by, url=url).delete()[0]:
        missed = Notice.objects.filter(recipient=by, url=url, read_at=None).values_list("pk", flat=True)
        services.mark_read(person=by, ids=missed, at=at)


@transaction.atomic
def choose(*, by: User, sort: str, is_wanted: bool, at: datetime | None = None) -> None:
    """Stop a sort of mail, or have it again: then with what comes from now on. Choosing the same changes nothing.

    Stopped instant mails come with the morning mail. Raises `Invalid` for a sort that there is not.
    """
    if sort not in Message.Sort.values:
        raise Invalid(_("There is no such mail."))
    now = at or timezone.now()
    chosen, is_new = MailChoice.objects.get_or_create(
        person=by, sort=sort, defaults={"is_wanted": is_wanted, "changed_at": now}
    )
    if is_new and is_wanted:
        chosen.delete()  # nobody had stopped it
    elif not is_new and chosen.is_wanted != is_wanted:
        MailChoice.objects.filter(pk=chosen.pk).update(is_wanted=is_wanted, changed_at=now)
    if not is_wanted:  # also what waits for another try
        Message.objects.filter(recipient=by, sort=sort, state=Message.State.WAITING).update(
            state=Message.State.DROPPED, next_try_at=None
        )
