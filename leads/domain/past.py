"""What an imported row says about a lead's past, and what that makes of the lead. No database, no clock.

A row moves a lead forward only: a file older than what is known takes nothing back, it leaves a remark.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

from leads.domain.words import MarkValue, Stage


def gettext_noop(s: str) -> str:
    """Mark ``s`` for translation and return it unchanged."""
    return s


class PastNote(StrEnum):
    """What is worth knowing about a row of a lead's past; it stops nothing."""

    WIN_WITHOUT_DATE = "win_without_date"
    WIN_WITHOUT_AMOUNT = "win_without_amount"
    WON_BEFORE_RECEIVED = "won_before_received"
    LOSS_WITHOUT_DATE = "loss_without_date"
    IN_THE_FUTURE = "in_the_future"
    AMOUNT_NOT_WON = "amount_not_won"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_UNUSUAL = "amount_unusual"
    STAGE_KEPT = "stage_kept"
    REASON_UNKNOWN = "reason_unknown"
    RECEIVED_MISSING = "received_missing"
    CHANNEL_NOT_STATED = "channel_not_stated"
    CAMPAIGN_NOT_STATED = "campaign_not_stated"
    NAMED_BY_ID = "named_by_id"
    OWNER_MADE = "owner_made"
    CONTACT_OF_ANOTHER = "contact_of_another"
    ONLY_IN_HISTORY = "only_in_history"
    KEPT_ASIDE = "kept_aside"


TEMPLATES: dict[PastNote, str] = {
    PastNote.WIN_WITHOUT_DATE: gettext_noop("Won without a date: it takes the day the lead was received."),
    PastNote.WIN_WITHOUT_AMOUNT: gettext_noop("Won without an amount: it adds nothing to revenue."),
    PastNote.WON_BEFORE_RECEIVED: gettext_noop(
        "Won before the lead was received (%(won)s, received %(received)s). Kept as given."
    ),
    PastNote.LOSS_WITHOUT_DATE: gettext_noop("Lost without a date: it takes the day the lead was received."),
    PastNote.IN_THE_FUTURE: gettext_noop("A date lies in the future (%(value)s): it counts as now."),
    PastNote.AMOUNT_NOT_WON: gettext_noop("An amount without a win is kept with the arrival only."),
    PastNote.AMOUNT_NEGATIVE: gettext_noop(
        "An amount below 0 (%(value)s) is kept with the arrival only and counts as none."
    ),
    PastNote.AMOUNT_UNUSUAL: gettext_noop(
        "The amount %(value)s is more than 100 times the usual one (%(usual)s). Counted as given: check it."
    ),
    PastNote.STAGE_KEPT: gettext_noop("What is known goes further than this row: the stage was kept."),
    PastNote.REASON_UNKNOWN: gettext_noop(
        "“%(value)s” is not in the list of reasons and is kept with the arrival only."
    ),
    PastNote.RECEIVED_MISSING: gettext_noop("No date of receipt: the moment of the import counts."),
    PastNote.CHANNEL_NOT_STATED: gettext_noop("No channel is named: the lead is counted under “%(name)s”."),
    PastNote.CAMPAIGN_NOT_STATED: gettext_noop("No campaign is named: the lead is counted under “%(name)s”."),
    PastNote.NAMED_BY_ID: gettext_noop("No name and no company: the lead goes by its external ID."),
    PastNote.OWNER_MADE: gettext_noop(
        "“%(value)s” is nobody here: kept as a former colleague without sign-in."
    ),
    PastNote.CONTACT_OF_ANOTHER: gettext_noop("The e-mail or phone belongs to another lead, which keeps it."),
    PastNote.ONLY_IN_HISTORY: gettext_noop(
        "%(column)s is read only for leads worked elsewhere (history). It is kept with the arrival."
    ),
    PastNote.KEPT_ASIDE: gettext_noop(
        "%(column)s: “%(value)s” cannot be read and is kept with the arrival only."
    ),
}


@dataclass(frozen=True, slots=True)
class Note:
    """One remark with what its sentence needs."""

    code: PastNote
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """What the row says; None where it says nothing. Instants are aware."""

    stage: Stage | None = None
    mark: MarkValue | None = None
    is_won: bool | None = None
    won_at: datetime | None = None
    amount: Decimal | None = None
    is_lost: bool | None = None
    lost_at: datetime | None = None
    reason_id: int | None = None

    @property
    def wins(self) -> bool:
        """Said outright, else by the stage, else by a date of winning (others date open deals too)."""
        if self.is_won is not None:
            return self.is_won
        return self.stage == Stage.WON if self.stage is not None else self.won_at is not None

    @property
    def loses(self) -> bool:
        """The same for losing; a row that says both has won."""
        if self.wins:
            return False
        if self.is_lost is not None:
            return self.is_lost
        return self.stage == Stage.LOST if self.stage is not None else self.lost_at is not None


_RANK = {
    Stage.NEW: 0,
    Stage.CONTACTED: 1,
    Stage.QUALIFIED: 2,
    Stage.CLOSED: 3,
    Stage.LOST: 4,
    Stage.WON: 5,
}
_STAGE_OF_MARK = {
    MarkValue.QUALIFIED: Stage.QUALIFIED,
    MarkValue.PROMISING: Stage.CONTACTED,
    MarkValue.NOT_A_FIT: Stage.CLOSED,
    MarkValue.UNREACHABLE: Stage.CLOSED,
}

COLUMNS = (
    "stage",
    "mark",
    "reason_id",
    "first_contact_at",
    "marked_at",
    "qualified_at",
    "won_at",
    "amount",
    "lost_at",
    "closed_at",
)


def applied(
    lead: Mapping[str, Any], past: Past, *, now: datetime, zone: tzinfo
) -> tuple[dict[str, Any], list[Note]]:
    """The columns of `lead` (`COLUMNS` and `received_at`) as they stand after the row, and what to say of it.

    A win without a date takes the day of receipt; it implies contacted and qualified. A win before receipt
    and any amount from 0 up are kept as given. What lies after `now` counts as now.
    """
    values: dict[str, Any] = {name: lead[name] for name in COLUMNS}
    notes: list[Note] = []
    received = lead["received_at"]

    def past_or(at: datetime | None, known: datetime | None, code: PastNote) -> datetime:
        if at is None and known is None:
            notes.append(Note(code, {}))
        found = at or known or received
        if found > now:
            notes.append(Note(PastNote.IN_THE_FUTURE, {"value": found.astimezone(zone).date().isoformat()}))
            return now
        return found

    stage = Stage(values["stage"])
    if past.wins:
        won_at = past_or(past.won_at, values["won_at"], PastNote.WIN_WITHOUT_DATE)
        day, received_day = won_at.astimezone(zone).date(), received.astimezone(zone).date()
        if day < received_day:
            notes.append(
                Note(
                    PastNote.WON_BEFORE_RECEIVED,
                    {"won": day.isoformat(), "received": received_day.isoformat()},
                )
            )
        values |= {
            "stage": Stage.WON.value,
            "won_at": won_at,
            "first_contact_at": values["first_contact_at"] or won_at,
            "qualified_at": values["qualified_at"] or won_at,
            "lost_at": None,
            "closed_at": None,
            "reason_id": None,
        }
        if values["mark"] != MarkValue.QUALIFIED:
            values |= {"mark": MarkValue.QUALIFIED.value, "marked_at": won_at}
        if past.amount is not None:
            values["amount"] = past.amount
        elif values["amount"] is None:
            notes.append(Note(PastNote.WIN_WITHOUT_AMOUNT, {}))
        return values, notes
    if past.amount is not None:
        notes.append(Note(PastNote.AMOUNT_NOT_WON, {}))
    wanted = (
        Stage.LOST if past.loses else past.stage or _STAGE_OF_MARK.get(past.mark or MarkValue.NONE, Stage.NEW)
    )
    if wanted == Stage.LOST and stage != Stage.WON:
        lost_at = past_or(past.lost_at, values["lost_at"], PastNote.LOSS_WITHOUT_DATE)
        values |= {
            "stage": Stage.LOST.value,
            "lost_at": lost_at,
            "first_contact_at": values["first_contact_at"] or lost_at,
            "closed_at": None,
        }
        if past.reason_id is not None:
            values["reason_id"] = past.reason_id
    elif wanted is Stage.WON or _RANK[wanted] < _RANK[stage]:
        # "not won" of a lead that is new says nothing against it; less than what is known does.
        if past.stage is not None or past.mark is not None or (past.is_won is False and stage == Stage.WON):
            notes.append(Note(PastNote.STAGE_KEPT, {}))
        return values, notes
    elif wanted != stage:
        values["stage"] = wanted.value
        if wanted == Stage.CLOSED:
            values["closed_at"] = values["closed_at"] or min(past.lost_at or received, now)
            if past.reason_id is not None:
                values["reason_id"] = past.reason_id
        if wanted in {Stage.CONTACTED, Stage.QUALIFIED}:
            values["first_contact_at"] = values["first_contact_at"] or received
        if wanted == Stage.QUALIFIED:
            values["qualified_at"] = values["qualified_at"] or received
    if past.mark is not None and past.mark != values["mark"]:
        values |= {"mark": past.mark.value, "marked_at": received}
        if past.mark == MarkValue.QUALIFIED:
            values["qualified_at"] = values["qualified_at"] or received
        if past.mark != MarkValue.NONE:
            values["first_contact_at"] = values["first_contact_at"] or received
    return values, notes
