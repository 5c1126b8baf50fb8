"""How a lead ends: won, lost, and open again."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import transitions
from leads.domain.words import End, EventKind, MarkValue, Stage
from leads.models import Lead, Reason
from leads.services import activities, changes
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from leadsync.notices import services as notices

MOST_AMOUNT = Decimal("999999999999.99")
NOON = time(12)


@transaction.atomic
def win(
    *,
    lead: Lead,
    by: User,
    amount: Decimal,
    on: date | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> None:
    """The lead bought, for `amount` in the company's currency, today or `on` an earlier day (of its zone).

    A win implies qualified and contacted: what is missing takes the instant of the win. Raises `NotAllowed`,
    `Conflict`; `Invalid` for an amount below 0 or beyond measure, a day to come, or a closed lead.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if lead.stage not in transitions.CAN_WIN:
        raise Invalid(_("This lead is closed. Reopen it first."))
    exact = _amount(amount)
    zone = accounts.company().tz
    today = now.astimezone(zone).date()
    if on is not None and on > today:
        raise Invalid(_("The day of the win lies in the future."), field="on")
    won_at = now if on is None or on == today else datetime.combine(on, NOON, zone)
    campaign = changes.campaign_of(lead)
    figures = changes.counted_at(lead)
    values: dict[str, Any] = activities.contact_changes(lead, now)
    if "first_contact_at" in values:
        values["first_contact_at"] = min(won_at, now)
    values |= {
        "stage": Stage.WON,
        "won_at": won_at,
        "amount": exact,
        "qualified_at": lead.qualified_at or won_at,
        "last_activity_at": now,
        "next_step_at": None,
        "next_step": "",
        "lost_at": None,
    }
    if lead.mark != MarkValue.QUALIFIED:
        values |= {
            "mark": MarkValue.QUALIFIED,
            "marked_at": won_at,
            "is_judged_only": False,
            "reason_id": None,
        }
    before, after = changes.save(lead, values)
    changes.record(lead, EventKind.WON, by=by, at=now, before=before, after=after)
    touch([*figures, *changes.counted_at(lead)])
    rep = User.objects.filter(pk__in=[lead.owner_id]).values_list("name", flat=True).first()
    notices.put(
        kind="lead_won",
        recipients={campaign.owner_id, lead.logged_by_id, lead.owner_id},
        key=f"lead_won:{lead.pk}:{lead.version}",
        context=changes.facts(lead, campaign, rep=rep, amount=exact),
        url=changes.url_of(lead.pk),
        by=by,
        at=now,
    )


def _amount(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise Invalid(_("The amount is not a number."), field="amount")
    if amount < 0:
        raise Invalid(_("The amount is 0 or more."), field="amount")
    if amount > MOST_AMOUNT:
        raise Invalid(_("The amount is too large."), field="amount")
    return amount.quantize(Decimal("0.01"))


@transaction.atomic
def lose(
    *,
    lead: Lead,
    by: User,
    reason: Reason | None,
    note: str = "",
    version: int | None = None,
    at: datetime | None = None,
) -> None:
    """A qualified lead went away, and why.

    Raises `NotAllowed`, `Conflict`; `Invalid` without a reason, without the note it asks for, or for a lead that
    is not qualified (one that never was is marked "not a fit").
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if lead.stage not in transitions.CAN_LOSE:
        raise Invalid(_("Only a qualified lead is lost. Mark this one as not a fit instead."))
    if reason is None or not reason.is_for_loss or not reason.is_active:
        raise Invalid(_("Choose why it was lost."), field="reason")
    if reason.needs_note and not note.strip():
        raise Invalid(_("This reason needs a note."), field="note")
    figures = changes.counted_at(lead)
    values: dict[str, Any] = activities.contact_changes(lead, now, End.CONTACT) | {
        "stage": Stage.LOST,
        "lost_at": now,
        "reason_id": reason.pk,
        "last_activity_at": now,
        "next_step_at": None,
        "next_step": "",
    }
    before, after = changes.save(lead, values)
    changes.record(lead, EventKind.LOST, by=by, at=now, before=before, after=after | {"note": note.strip()})
    touch([*figures, *changes.counted_at(lead)])


@transaction.atomic
def reopen(
    *, lead: Lead, by: User, note: str, version: int | None = None, at: datetime | None = None
) -> None:
    """Open a closed or lost lead again, with a note why. It stands where it had come to; no clock starts.

    Raises `NotAllowed`, `Conflict`; `Invalid` without a note or for a lead that is open or won.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if lead.stage not in transitions.CAN_REOPEN:
        raise Invalid(_("Only a closed or lost lead can be reopened."))
    if not note.strip():
        raise Invalid(_("Say in a note why it is opened again."), field="note")
    figures = changes.counted_at(lead)
    before, after = changes.save(lead, reopened_values(lead) | {"last_activity_at": now})
    changes.record(
        lead, EventKind.REOPENED, by=by, at=now, before=before, after=after | {"note": note.strip()}
    )
    touch([*figures, *changes.counted_at(lead)])


def reopened_values(lead: Lead) -> dict[str, Any]:
    """The columns of a lead that opening it again changes: as far as it had come, the closing verdict gone."""
    was_qualified = lead.qualified_at is not None and lead.mark == MarkValue.QUALIFIED
    values: dict[str, Any] = {
        "stage": transitions.reopened_stage(
            was_contacted=lead.first_contact_at is not None, was_qualified=was_qualified
        ),
        "reason_id": None,
        "lost_at": None,
        "closed_at": None,
    }
    if not was_qualified:
        values |= {"mark": MarkValue.NONE, "marked_at": None, "is_judged_only": False}
    return values
