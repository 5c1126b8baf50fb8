"""The settings of the company's webhook."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import outgoing
from leadsync.core.errors import Invalid
from leadsync.notices import news, selectors
from leadsync.notices.kinds import Group
from leadsync.notices.models import Message, Webhook
from leadsync.notices.news import Outcome


def save(
    *,
    by: User,
    address: str,
    format_name: str,
    language: str,
    groups: Collection[str],
    is_on: bool,
    at: datetime | None = None,
) -> Webhook:
    """Set the webhook up. An empty address keeps the one there is.

    Switched on, it tells what happens from now on; switched off, what waits is not sent. Raises `NotAllowed`, and
    `Invalid` with the field: an address that is, or whose name leads, inside of the network; on without an address.
    """
    check(by, Can.MANAGE_COMPANY)
    now = at or timezone.now()
    stored = selectors.webhook()
    if format_name not in Webhook.Format.values:
        raise Invalid(_("Choose Slack or Teams."), field="format")
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("LeadSync does not speak this language."), field="language")
    if not set(groups) <= {group.value for group in Group}:
        raise Invalid(_("There are no such news."), field="groups")
    if is_on and not groups:
        raise Invalid(_("Choose at least one kind of news."), field="groups")
    if address.strip():
        try:
            address = outgoing.check(address)  # asks the resolver: outside of the transaction
        except outgoing.Unreachable as error:
            raise Invalid(error.message, field="address") from None
    else:
        address = stored.address
    if is_on and not address:
        raise Invalid(_("An address is needed."), field="address")
    return _store(by, now, address, format_name, language, sorted(set(groups)), is_on)


@transaction.atomic
def _store(
    by: User, now: datetime, address: str, format_name: str, language: str, groups: list[str], is_on: bool
) -> Webhook:
    stored = selectors.webhook()
    is_new_address = address != stored.address
    starts = is_on and not stored.is_on
    found, _is_new = Webhook.objects.update_or_create(
        pk=1,
        defaults={
            "address": address,
            "format": format_name,
            "language": language,
            "groups": groups,
            "is_on": is_on,
            "changed_by": by,
            "changed_at": now,
            **({"on_since_at": now} if starts else {}),
            **({"tried_at": None, "is_well": None, "result": ""} if is_new_address else {}),
        },
    )
    if starts:
        news.start_from_here()
    elif found.on_since_at is not None:
        news.pass_over(set(groups) - set(stored.groups), found.on_since_at)
    if not is_on:
        _drop_waiting()
    return found


@transaction.atomic
def forget(*, by: User, at: datetime | None = None) -> None:
    """Switch the webhook off and forget its address. Raises `NotAllowed`."""
    check(by, Can.MANAGE_COMPANY)
    Webhook.objects.filter(pk=1).update(
        address="",
        is_on=False,
        tried_at=None,
        is_well=None,
        result="",
        changed_by=by,
        changed_at=at or timezone.now(),
    )
    _drop_waiting()


def _drop_waiting() -> None:
    Message.objects.filter(channel=Message.Channel.WEBHOOK, state=Message.State.WAITING).update(
        state=Message.State.DROPPED, next_try_at=None
    )


def try_out(*, by: User, at: datetime | None = None) -> Outcome:
    """Call the stored address once, now, and say how it ended. Raises `NotAllowed`, `Invalid` without an address."""
    check(by, Can.MANAGE_COMPANY)
    hook = selectors.webhook()
    if not hook.address:
        raise Invalid(_("An address is needed."), field="address")
    now = at or timezone.now()
    outcome = news.call(hook, news.trial(hook.language), f"webhook:test:{now.timestamp():.6f}")
    news.remember(outcome, now)
    return outcome
