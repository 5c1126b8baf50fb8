"""What is worth saying about rows of imported history: codes, and English sentences to be translated when shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from statistics import median
from typing import Any

from leads.domain.reasons import gettext_noop


class HistoryCode(StrEnum):
    """A remark keeps the row; `CAMPAIGN_MISSING` and `NOTHING_KNOWN` refuse it."""

    CAMPAIGN_MISSING = "campaign_missing"
    NOTHING_KNOWN = "nothing_known"
    RECEIVED_MISSING = "received_missing"
    WON_WITHOUT_DATE = "won_without_date"
    LOST_WITHOUT_DATE = "lost_without_date"
    WON_BEFORE_RECEIVED = "won_before_received"
    AMOUNT_HUGE = "amount_huge"
    AMOUNT_UNUSABLE = "amount_unusable"
    VALUE_UNUSABLE = "value_unusable"
    REASON_UNKNOWN = "reason_unknown"
    FORMER_COLLEAGUE = "former_colleague"


TEMPLATES: Mapping[HistoryCode, str] = {
    HistoryCode.CAMPAIGN_MISSING: gettext_noop(
        "The lead is not here yet, and no campaign is given for new ones."
    ),
    HistoryCode.NOTHING_KNOWN: gettext_noop(
        "Nothing tells who this lead is: no id, name, company, e-mail or phone."
    ),
    HistoryCode.RECEIVED_MISSING: gettext_noop("No date received: the day of the import is taken."),
    HistoryCode.WON_WITHOUT_DATE: gettext_noop("Won without a date: the day the lead was received is taken."),
    HistoryCode.LOST_WITHOUT_DATE: gettext_noop(
        "Lost without a date: the day the lead was received is taken."
    ),
    HistoryCode.WON_BEFORE_RECEIVED: gettext_noop("Won %(days)s days before it was received: kept as it is."),
    HistoryCode.AMOUNT_HUGE: gettext_noop("The amount %(amount)s is unusually large: kept as it is."),
    HistoryCode.AMOUNT_UNUSABLE: gettext_noop("The amount %(amount)s cannot be kept: left empty."),
    HistoryCode.VALUE_UNUSABLE: gettext_noop("“%(value)s” cannot be kept as “%(field)s”: left empty."),
    HistoryCode.REASON_UNKNOWN: gettext_noop("The reason “%(reason)s” is not on the list: left empty."),
    HistoryCode.FORMER_COLLEAGUE: gettext_noop(
        "%(owner)s is not among the people here: kept as a former colleague."
    ),
}


@dataclass(frozen=True, slots=True)
class HistoryRemark:
    """Something about one row of the file; `number` as the caller counts rows."""

    number: int
    code: HistoryCode
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The English sentence with its places, to be translated and then filled with `params`."""
        return TEMPLATES[self.code]


_CERTAINLY = Decimal(10_000_000)
_PERHAPS = Decimal(1_000_000)


def huge_from(amounts: Sequence[Decimal]) -> Decimal:
    """From which amount on one is worth a remark: ten million, or a million that is 50 times the usual."""
    usual = [amount for amount in amounts if amount.is_finite() and amount > 0]
    if len(usual) < 5:
        return _CERTAINLY
    return min(_CERTAINLY, max(_PERHAPS, 50 * median(usual)))
