"""Ordering leads for a month, and promising them: every change is kept with who, when and why."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.core.templatetags.ui import num
from leadsync.kpi.domain import days, orders
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.models import LeadOrder, OrderChange

LONGEST = 300  # characters of a reason


class Field(StrEnum):
    """The number of an order that is changed."""

    ORDERED = "ordered"
    PROMISED = "promised"


@dataclass(frozen=True, slots=True)
class Change:
    """One number of an order as it shall be; None takes it away."""

    field: Field
    value: int | None


def may_change(by: User, field: Field, rep_id: int) -> bool:
    """A rep orders for themself, the head of sales for everybody; marketing's head promises."""
    if field is Field.ORDERED:
        return by.can(Can.WORK_ANY_LEAD) or (by.can(Can.WORK_LEADS) and by.pk == rep_id)
    return by.can(Can.EDIT_PLAN) and by.can(Can.EDIT_CAMPAIGNS)


def set_numbers(
    *,
    month: date,
    rep: User,
    changes: list[Change],
    by: User,
    version: int,
    note: str = "",
    at: datetime | None = None,
) -> LeadOrder:
    """Order or promise leads for a rep and month. `version` is the one the person saw, 0 where there was none.

    A number that stays as it is changes nothing. Raises `NotAllowed`, `Invalid`, and `Conflict` when somebody changed
    the order meanwhile.
    """
    for change in changes:
        _check_person(by, change.field, rep.pk)
        _check_number(change)
    note = note.strip()
    if len(note) > LONGEST:
        raise Invalid(_("At most %(n)s characters.") % {"n": LONGEST}, field="note")
    _check_month(month, rep, changes)
    now = at or timezone.now()
    with transaction.atomic():
        order = db.locked(LeadOrder.objects.filter(month=month, rep=rep)).first()
        if (order.version if order else 0) != version:
            raise _conflict(order)
        if order is None:
            order = LeadOrder(month=month, rep=rep, version=0)
        wanted = [one for one in changes if getattr(order, one.field) != one.value]
        if not wanted:
            return order
        kept = [
            OrderChange(
                order=order,
                field=one.field.value,
                before=getattr(order, one.field),
                after=one.value,
                note=note,
                at=now,
                by=by,
            )
            for one in wanted
        ]
        for one in wanted:
            setattr(order, one.field, one.value)
        order.version += 1
        try:
            with transaction.atomic():
                order.save()
        except IntegrityError as error:
            # Two people ordered for one rep and month at the same time.
            raise _conflict(LeadOrder.objects.filter(month=month, rep=rep).first()) from error
        OrderChange.objects.bulk_create(kept)
    return order


def explain(*, change_id: int, note: str, by: User) -> OrderChange:
    """Say why one changed a number. Once, by who changed it. Raises `Invalid` and `NotAllowed`."""
    note = note.strip()
    if not note:
        raise Invalid(_("Say in a few words why."), field="note")
    if len(note) > LONGEST:
        raise Invalid(_("At most %(n)s characters.") % {"n": LONGEST}, field="note")
    with transaction.atomic():
        change = db.locked(OrderChange.objects.filter(pk=change_id)).select_related("order").first()
        if change is None or change.by_id != by.pk:
            raise NotAllowed(_("The reason is given by who changed the number."))
        if change.note and change.note != note:
            raise Invalid(_("A reason stands already; it stays as it was given."), field="note")
        change.note = note
        change.save(update_fields=["note"])
    return change


def _check_person(by: User, field: Field, rep_id: int) -> None:
    if may_change(by, field, rep_id):
        return
    if field is Field.ORDERED:
        raise NotAllowed(_("Reps order for themselves, the head of sales for everybody."))
    raise NotAllowed(_("The head of marketing promises leads."))


def _check_number(change: Change) -> None:
    if change.value is not None and not 0 <= change.value <= orders.MOST:
        raise Invalid(
            _("A whole number from 0 to %(most)s.") % {"most": num(orders.MOST)}, field=change.field.value
        )


def _check_month(month: date, rep: User, changes: list[Change]) -> None:
    if month.day != 1 or month.year not in days.YEARS:
        raise Invalid(_("An order belongs to a whole month."))
    if not any(change.value for change in changes):
        return
    if not rep.has_role(Role.REP, Role.HEAD_OF_SALES) or not rep.is_active:
        raise Invalid(_("%(name)s does not work leads.") % {"name": rep.name})
    period = Period.holding(month, Span.MONTH)
    calendar = accounts.calendars_for([rep.pk], since=month)[rep.pk]
    if not calendar.working_days(period.first, period.last):
        raise Invalid(
            _("%(name)s has no working day in this month: nothing can be ordered.") % {"name": rep.name},
            field=changes[0].field.value,
        )


def _conflict(order: LeadOrder | None) -> Conflict:
    version = order.version if order else 0
    last = order.changes.select_related("by").last() if order else None
    if last is not None:
        words = _("%(name)s changed this order meanwhile. Look again and change it then.")
        return Conflict(words % {"name": last.by.name}, version=version)
    return Conflict(_("This order changed meanwhile. Look again and change it then."), version=version)
