"""One cell in, one normalised value out: the parsers in one place.

Each returns its value, None for a cell that says nothing, or a ``Fault`` that says what is wrong.
"""

from .amounts import DecimalMark, Money, parse_minutes, parse_money
from .contacts import Email, Phone, parse_email, parse_phone
from .dates import DateOrder, Moment, decide_date_order, parse_date
from .text import CHOICE_EMPTY_WORDS, EMPTY_WORDS, clean, clean_lines, fitting, is_empty
from .words import (
    parse_boolean,
    parse_country,
    parse_id,
    parse_language,
    parse_mark,
    parse_stage,
    without_prefix,
)

__all__ = [
    "CHOICE_EMPTY_WORDS",
    "EMPTY_WORDS",
    "DateOrder",
    "DecimalMark",
    "Email",
    "Moment",
    "Money",
    "Phone",
    "clean",
    "clean_lines",
    "decide_date_order",
    "fitting",
    "is_empty",
    "parse_boolean",
    "parse_country",
    "parse_date",
    "parse_email",
    "parse_id",
    "parse_language",
    "parse_mark",
    "parse_minutes",
    "parse_money",
    "parse_phone",
    "parse_stage",
    "without_prefix",
]
