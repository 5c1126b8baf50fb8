"""The stock tags for what sales learns: what a new company starts with (domain.md, Lead)."""

from dataclasses import dataclass


def gettext_noop(message: str) -> str:
    """Marks a string for translation where it is stored in English and translated when shown."""
    return message


@dataclass(frozen=True)
class StockTag:
    """`topic` is "situation", "need" or "objection"; `key` is stable."""

    topic: str
    key: str
    label: str


STOCK_TAGS = (
    StockTag("situation", "has_supplier", gettext_noop("Works with somebody else")),
    StockTag("situation", "no_supplier", gettext_noop("Has no supplier yet")),
    StockTag("situation", "dated_project", gettext_noop("Has a project with a date")),
    StockTag("situation", "looks_around", gettext_noop("Looks around")),
    StockTag("need", "more_capacity", gettext_noop("Needs more capacity")),
    StockTag("need", "replacement", gettext_noop("Replaces what is worn out")),
    StockTag("need", "lower_costs", gettext_noop("Wants lower costs")),
    StockTag("need", "regulation", gettext_noop("Has to meet a regulation")),
    StockTag("need", "service", gettext_noop("Needs service and parts")),
    StockTag("need", "advice", gettext_noop("Needs advice first")),
    StockTag("objection", "too_expensive", gettext_noop("Too expensive")),
    StockTag("objection", "not_now", gettext_noop("Not now")),
    StockTag("objection", "happy_as_is", gettext_noop("Happy with the present supplier")),
    StockTag("objection", "delivery_time", gettext_noop("Delivery takes too long")),
    StockTag("objection", "missing_feature", gettext_noop("Something is missing")),
    StockTag("objection", "others_decide", gettext_noop("Others decide")),
    StockTag("objection", "unknown_to_them", gettext_noop("Does not know us")),
)
