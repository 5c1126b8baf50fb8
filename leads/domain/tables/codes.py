"""What can be said about a file, a row or a cell: codes only; the words stand in ``messages``."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a whole table is refused."""

    EMPTY = "empty"
    TOO_BIG = "too_big"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_CELLS = "too_many_cells"
    CELL_TOO_LONG = "cell_too_long"
    OLD_EXCEL = "old_excel"
    ENCRYPTED = "encrypted"
    OTHER_SPREADSHEET = "other_spreadsheet"
    NOT_A_TABLE = "not_a_table"
    BINARY = "binary"
    BROKEN_SPREADSHEET = "broken_spreadsheet"
    UNPACKS_TOO_BIG = "unpacks_too_big"
    NO_SUCH_SHEET = "no_such_sheet"
    UNKNOWN_ENCODING = "unknown_encoding"
    BAD_DELIMITER = "bad_delimiter"
    UNREADABLE = "unreadable"
    QUOTE_NOT_CLOSED = "quote_not_closed"
    NO_SUCH_COLUMN = "no_such_column"
    NO_SUCH_FIELD = "no_such_field"
    FIELD_TWICE = "field_twice"
    BAD_FIXED_VALUE = "bad_fixed_value"


class RemarkCode(StrEnum):
    """What is worth knowing about a table or a row, but stops nothing."""

    NUL_REMOVED = "nul_removed"
    BROKEN_CHARACTERS = "broken_characters"
    ENCODING_GUESSED = "encoding_guessed"
    TITLE_ROWS_SKIPPED = "title_rows_skipped"
    NO_HEADER = "no_header"
    DUPLICATE_HEADER = "duplicate_header"
    EMPTY_COLUMNS = "empty_columns"
    QUOTES_AS_TEXT = "quotes_as_text"
    OTHER_SHEETS = "other_sheets"
    SHORT_ROW = "short_row"
    PHONE_UNUSUAL = "phone_unusual"
    SEVERAL_VALUES = "several_values"
    NEGATIVE_AMOUNT = "negative_amount"
    WORD_UNKNOWN = "word_unknown"
    NO_CONTACT = "no_contact"


class ProblemCode(StrEnum):
    """Why a row has to be fixed before it can become a lead."""

    NAME_MISSING = "name_missing"
    ID_MISSING = "id_missing"
    TEST_LEAD = "test_lead"
    LONG_ROW = "long_row"
    TEXT_TOO_LONG = "text_too_long"
    EMAIL_NO_AT = "email_no_at"
    EMAIL_TWO_AT = "email_two_at"
    EMAIL_DOMAIN = "email_domain"
    EMAIL_INVALID = "email_invalid"
    PHONE_LETTERS = "phone_letters"
    PHONE_SHORT = "phone_short"
    PHONE_LONG = "phone_long"
    PHONE_NO_COUNTRY = "phone_no_country"
    PHONE_INVALID = "phone_invalid"
    DAMAGED_BY_EXCEL = "damaged_by_excel"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_RANGE = "date_range"
    DATE_AMBIGUOUS = "date_ambiguous"
    MONEY_UNREADABLE = "money_unreadable"
    MONEY_TOO_LARGE = "money_too_large"
    BOOLEAN_UNREADABLE = "boolean_unreadable"
    COUNTRY_UNKNOWN = "country_unknown"
    MINUTES_UNREADABLE = "minutes_unreadable"
    MINUTES_RANGE = "minutes_range"
    NUMBER_UNREADABLE = "number_unreadable"
    ANSWER_UNREADABLE = "answer_unreadable"


type Code = ErrorCode | RemarkCode | ProblemCode
type Params = dict[str, str | int]
