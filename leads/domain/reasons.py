"""The stock reasons for "not a fit" and "lost": what a new company starts with (domain.md, Lead)."""

from dataclasses import dataclass


def gettext_noop(message: str) -> str:
    """Marks a string for translation where it is stored in English and translated when shown."""
    return message


@dataclass(frozen=True)
class StockReason:
    """`key` is stable; `is_false_lead` ends the promise's clock as judged without a contact."""

    key: str
    label: str
    needs_note: bool = False
    is_false_lead: bool = False


OTHER = "other"  # the reason that always needs a note and always stays

STOCK_REASONS = (
    StockReason("no_need", gettext_noop("No need")),
    StockReason("no_budget", gettext_noop("No budget")),
    StockReason("no_authority", gettext_noop("Cannot decide")),
    StockReason("wrong_market", gettext_noop("Wrong market or price")),
    StockReason("too_small", gettext_noop("Too small")),
    StockReason("wrong_data", gettext_noop("Wrong data"), is_false_lead=True),
    StockReason("competitor", gettext_noop("Competitor"), is_false_lead=True),
    StockReason("duplicate", gettext_noop("Duplicate"), is_false_lead=True),
    StockReason("spam", gettext_noop("Spam"), is_false_lead=True),
    StockReason(OTHER, gettext_noop("Other"), needs_note=True),
)
