"""How a lead ends: won, lost, and open again; a win that is corrected or taken back."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.services import touch
from leads.domain import transitions
from leads.domain.words import End, EventKind, MarkValue, Outcome, Stage
from leads.models import Activity, Handoff, Lead, LeadEvent, Reason
from leads.services import activities, changes, clocks
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices

MOST_AMOUNT = Decimal("999999999999.99")
NOON = time(12)
FIRST_YEAR = 1900
# What a win changes, so what taking it back puts back.
RESTORED = frozenset(
    {
        "stage",
        "won_at",
        "amount",
        "qualified_at",
        "lost_at",
        "mark",
        "marked_at",
        "is_judged_only",
        "reason_id",
        "first_contact_at",
        "is_in_time",
        "last_activity_at",
        "next_step_at",
        "next_step",
    }
)


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
    won_at = _day(on, now)
    campaign = changes.campaign_of(lead)
    figures = changes.counted_at(lead)
    clock = Handoff.objects.filter(lead_id=lead.pk, ended_at=None).values_list("pk", flat=True).first()
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
    changes.record(
        lead,
        EventKind.WON,
        by=by,
        at=now,
        before=before,
        after=after | ({"clock": clock} if clock is not None else {}),
    )
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


@transaction.atomic
def change_win(
    *,
    lead: Lead,
    by: User,
    amount: Decimal,
    on: date | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> None:
    """Correct a win's amount, and its day where one is given; who works the lead. What is there changes nothing.

    What the win implied moves with its day; the first contact stays where it was. Raises `NotAllowed`, `Conflict`;
    `Invalid` for a lead that is not won, and as `win` does.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    if lead.stage != Stage.WON or lead.won_at is None:
        raise Invalid(_("Only a won lead has a win to correct."))
    values: dict[str, Any] = {"amount": _amount(amount)}
    was = lead.won_at
    if on is not None and on != was.astimezone(accounts.company().tz).date():
        won_at = _day(on, now)
        implied = [name for name in ("qualified_at", "marked_at") if getattr(lead, name) == was]
        values |= {"won_at": won_at, **dict.fromkeys(implied, won_at)}
    if all(getattr(lead, name) == value for name, value in values.items()):
        return
    figures = changes.counted_at(lead)
    before, after = changes.save(lead, values)
    changes.record(lead, EventKind.WIN_CHANGED, by=by, at=now, before=before, after=after)
    touch([*figures, *changes.counted_at(lead)])


@transaction.atomic
def take_win_back(*, lead: Lead, by: User, version: int | None = None, at: datetime | None = None) -> None:
    """A win noted by mistake, taken back the same day (of the company's zone) by who noted it, or a head.

    The lead is as it was; the promise's clock runs on if the win ended it, and an activity logged since is then the
    first contact. Raises `NotAllowed`, `Conflict`; `Invalid` on a later day or for a lead that is not won.
    """
    now = changes.instant(at)
    changes.take(lead, version=version)
    changes.check_can_work(lead, by)
    noted = win_noted(lead)
    if noted is None:
        raise Invalid(_("Only a win that was noted here can be taken back."))
    if noted.by_id != by.pk and not by.can(Can.WORK_ANY_LEAD):
        raise NotAllowed(_("A win is taken back by who noted it, or by the head of sales."))
    if not _is_same_day(noted.at, now):
        raise Invalid(_("A win can be taken back on the day it was noted. Correct it instead."))
    figures = changes.counted_at(lead)
    values = {name: changes.restored(name, value) for name, value in noted.before.items() if name in RESTORED}
    later = list(
        Activity.objects.filter(lead_id=lead.pk, at__gt=noted.at).exclude(kind="note").order_by("at", "id")
    )
    if later:
        values.pop("last_activity_at", None)
    is_contact = (one for one in later if one.direction == "out" or one.outcome == Outcome.REACHED)
    clocks.run_on(
        lead,
        handoff=noted.after.get("clock"),
        stopped_at=noted.at,
        ends=(End.CONTACT,),
        first=next(is_contact, None) if "first_contact_at" in values else None,
        values=values,
    )
    before, after = changes.save(lead, values)
    changes.record(lead, EventKind.WIN_REVERTED, by=by, at=now, before=before, after=after)
    touch([*figures, *changes.counted_at(lead)])


def win_noted(lead: Lead) -> LeadEvent | None:
    """The event by which the lead is won now; None where it is not, or came so by an import. One query."""
    if lead.stage != Stage.WON:
        return None
    kinds = (EventKind.WON, EventKind.WIN_REVERTED, EventKind.IMPORTED)
    last = LeadEvent.objects.filter(lead_id=lead.pk, kind__in=kinds).order_by("-id").first()
    return last if last is not None and last.kind == EventKind.WON else None


def can_take_win_back(lead: Lead, by: User, now: datetime) -> bool:
    """Whether this person may take the lead's win back now; one query for a lead that is won."""
    noted = win_noted(lead)
    return (
        noted is not None
        and (noted.by_id == by.pk or by.can(Can.WORK_ANY_LEAD))
        and _is_same_day(noted.at, now)
    )


def _is_same_day(at: datetime, now: datetime) -> bool:
    zone = accounts.company().tz
    return at.astimezone(zone).date() == now.astimezone(zone).date()


def _day(on: date | None, now: datetime) -> datetime:
    """The instant of an end on this day of the company's zone: now for today, noon for a day before."""
    zone = accounts.company().tz
    today = now.astimezone(zone).date()
    if on is None or on == today:
        return now
    if on > today:
        raise Invalid(_("This day lies in the future."), field="on")
    if on.year < FIRST_YEAR:
        raise Invalid(_("This year is too long ago."), field="on")
    return datetime.combine(on, NOON, zone)


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
    on: date | None = None,
    version: int | None = None,
    at: datetime | None = None,
) -> None:
    """A qualified lead went away, and why, today or `on` an earlier day (of the company's zone).

    Raises `NotAllowed`, `Conflict`; `Invalid` without a reason, without the note it asks for, for a day to come, or
    for a lead that is not qualified (one that never was is marked "not a fit").
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
    lost_at = _day(on, now)
    figures = changes.counted_at(lead)
    values: dict[str, Any] = activities.contact_changes(lead, now, End.CONTACT) | {
        "stage": Stage.LOST,
        "lost_at": lost_at,
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
