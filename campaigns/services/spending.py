"""What campaigns cost and how many visits they had, day by day. Each change leaves a hint for the roll-up."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Spend, Visits
from campaigns.services.touches import touch
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import company
from leadsync.core.db import locked
from leadsync.core.errors import Invalid, NotAllowed

FIRST_DAY = date(2000, 1, 1)
MAX_AMOUNT = Decimal(10) ** 12
MAX_VISITS = 1_000_000_000


def add(*, campaign: Campaign, by: User, on: date, amount: Decimal, note: str = "") -> Spend:
    """Note money spent on a day. Raises `NotAllowed`, `Invalid` with the field."""
    check(by, Can.EDIT_CAMPAIGNS)
    _check_day(on)
    _check_amount(amount)
    with transaction.atomic():
        spend = Spend.objects.create(campaign=campaign, on=on, amount=amount, note=_note(note), by=by)
        touch([(campaign.pk, on)])
    return spend


def change(*, spend: Spend, by: User, on: date, amount: Decimal, note: str = "") -> Spend:
    """Correct an entry; moving it to another day changes the figures of both. Raises as `add` does."""
    _check_own(spend, by)
    _check_day(on)
    _check_amount(amount)
    with transaction.atomic():
        current = locked(Spend.objects.filter(pk=spend.pk)).get()
        days = {current.on, on}
        current.on, current.amount, current.note = on, amount, _note(note)
        current.save(update_fields=["on", "amount", "note"])
        touch((current.campaign_id, day) for day in days)
    return current


def remove(*, spend: Spend, by: User) -> None:
    """Delete an entry: one's own, or anyone's for the head of marketing. Gone already: nothing happens."""
    _check_own(spend, by)
    with transaction.atomic():
        current = locked(Spend.objects.filter(pk=spend.pk)).first()
        if current is not None:
            touch([(current.campaign_id, current.on)])
            current.delete()


def set_visits(*, campaign: Campaign, by: User, on: date, count: int) -> Visits:
    """Say how many visits a day had; a second time replaces the number. Raises `NotAllowed`, `Invalid`."""
    check(by, Can.EDIT_CAMPAIGNS)
    _check_day(on)
    if not 0 <= count <= MAX_VISITS:
        raise Invalid(_("Visits are a whole number, 0 or more."), field="count")
    with transaction.atomic():
        visits, _is_new = Visits.objects.update_or_create(campaign=campaign, on=on, defaults={"count": count})
        touch([(campaign.pk, on)])
    return visits


def remove_visits(*, visits: Visits, by: User) -> None:
    """Delete the number of a day. Raises `NotAllowed`. Gone already: nothing happens."""
    check(by, Can.EDIT_CAMPAIGNS)
    with transaction.atomic():
        if Visits.objects.filter(pk=visits.pk).delete()[0]:
            touch([(visits.campaign_id, visits.on)])


def may_change(spend: Spend, by: User) -> bool:
    """Entries are changed by who made them and by the head of marketing, who answers for the money."""
    return by.can(Can.EDIT_CAMPAIGNS) and (spend.by_id == by.pk or by.has_role(Role.HEAD_OF_MARKETING))


def _check_own(spend: Spend, by: User) -> None:
    check(by, Can.EDIT_CAMPAIGNS)
    if not may_change(spend, by):
        raise NotAllowed(_("This entry was made by somebody else. The head of marketing can change it."))


def _check_day(on: date) -> None:
    if on > timezone.now().astimezone(company().tz).date():
        raise Invalid(_("This day is still to come."), field="on")
    if on < FIRST_DAY:
        raise Invalid(_("This day is too long ago."), field="on")


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0:
        raise Invalid(_("The amount has to be above 0."), field="amount")
    if amount >= MAX_AMOUNT:
        raise Invalid(_("This amount is too large to be kept."), field="amount")


def _note(text: str) -> str:
    return text.strip()[:200]
