"""English sentences for every code. The Django layer translates the template and fills in the params.

``gettext_noop`` has the name that ``makemessages`` looks for, without importing Django.
"""

from collections.abc import Mapping

from .codes import Code, ErrorCode, ProblemCode, RemarkCode


def gettext_noop(s: str) -> str:
    """Mark ``s`` for translation and return it unchanged."""
    return s


TEMPLATES: dict[Code, str] = {
    ErrorCode.EMPTY: gettext_noop("There is nothing in it: no row with any text."),
    ErrorCode.TOO_BIG: gettext_noop(
        "The file has %(size_mb)s MB. At most %(limit_mb)s MB can be read at once."
    ),
    ErrorCode.TOO_MANY_ROWS: gettext_noop(
        "The file has more than %(limit)s rows. Split it into several files."
    ),
    ErrorCode.TOO_MANY_COLUMNS: gettext_noop(
        "Row %(row)s has %(count)s columns. At most %(limit)s columns can be read."
    ),
    ErrorCode.TOO_MANY_CELLS: gettext_noop(
        "The sheet spans %(rows)s rows and %(columns)s columns, too many cells to read. Save it as CSV."
    ),
    ErrorCode.CELL_TOO_LONG: gettext_noop(
        "Row %(row)s, column %(column)s: the cell has more than %(limit)s characters."
    ),
    ErrorCode.OLD_EXCEL: gettext_noop("This is an old Excel file (.xls). Save it as .xlsx or CSV."),
    ErrorCode.ENCRYPTED: gettext_noop("The file is protected by a password. Save it without one."),
    ErrorCode.OTHER_SPREADSHEET: gettext_noop("%(kind)s cannot be read. Save it as .xlsx or CSV."),
    ErrorCode.NOT_A_TABLE: gettext_noop(
        "This is a file of the kind %(kind)s, not a table. Choose a CSV or .xlsx file."
    ),
    ErrorCode.BINARY: gettext_noop("The file is not text. Choose a CSV or .xlsx file."),
    ErrorCode.BROKEN_SPREADSHEET: gettext_noop(
        "The spreadsheet is damaged and cannot be opened. Save it again or as CSV."
    ),
    ErrorCode.UNPACKS_TOO_BIG: gettext_noop(
        "The file unpacks to more than %(limit_mb)s MB and is not opened."
    ),
    ErrorCode.NO_SUCH_SHEET: gettext_noop("There is no sheet “%(sheet)s” in the file."),
    ErrorCode.UNKNOWN_ENCODING: gettext_noop("The encoding “%(encoding)s” is not known."),
    ErrorCode.BAD_DELIMITER: gettext_noop(
        "The separator must be one character that is no quote and no line end."
    ),
    ErrorCode.UNREADABLE: gettext_noop("Row %(row)s cannot be read."),
    ErrorCode.QUOTE_NOT_CLOSED: gettext_noop(
        "Row %(row)s, column %(column)s: the quote that opens here is never closed."
    ),
    ErrorCode.NO_SUCH_COLUMN: gettext_noop("There is no column “%(column)s” in the file."),
    ErrorCode.NO_SUCH_FIELD: gettext_noop("There is no field “%(field)s”."),
    ErrorCode.FIELD_TWICE: gettext_noop("Two columns are read as “%(field)s”: choose one."),
    ErrorCode.BAD_FIXED_VALUE: gettext_noop("“%(value)s” cannot be set as “%(field)s” for every row."),
    RemarkCode.NUL_REMOVED: gettext_noop("The file had NUL characters. They were removed."),
    RemarkCode.BROKEN_CHARACTERS: gettext_noop(
        "Some characters do not fit the encoding %(encoding)s. They are shown as “�”."
    ),
    RemarkCode.ENCODING_GUESSED: gettext_noop(
        "The encoding was guessed as %(encoding)s. Check names with accents."
    ),
    RemarkCode.TITLE_ROWS_SKIPPED: gettext_noop("%(count)s rows above the header were skipped."),
    RemarkCode.NO_HEADER: gettext_noop("The first row looks like data, so columns are named by letters."),
    RemarkCode.DUPLICATE_HEADER: gettext_noop("The column name “%(header)s” appears more than once."),
    RemarkCode.EMPTY_COLUMNS: gettext_noop("%(count)s columns without a name at the end were left out."),
    RemarkCode.QUOTES_AS_TEXT: gettext_noop("Quotes do not pair up, so they are read as plain text."),
    RemarkCode.OTHER_SHEETS: gettext_noop(
        "Only the sheet “%(sheet)s” is read. Others in the file: %(others)s."
    ),
    RemarkCode.SHORT_ROW: gettext_noop("The row ends %(count)s columns early."),
    RemarkCode.PHONE_UNUSUAL: gettext_noop(
        "%(column)s: %(value)s has the right length but is no known kind of number."
    ),
    RemarkCode.SEVERAL_VALUES: gettext_noop(
        "%(column)s: several values, the first one is used. Others: %(others)s."
    ),
    RemarkCode.NEGATIVE_AMOUNT: gettext_noop("%(column)s: the amount %(value)s is negative."),
    RemarkCode.WORD_UNKNOWN: gettext_noop(
        "%(column)s: “%(value)s” is not a known word here and is kept as it is."
    ),
    RemarkCode.NO_CONTACT: gettext_noop("No e-mail and no phone: nobody can reach this lead yet."),
    ProblemCode.NAME_MISSING: gettext_noop("A name or a company is needed."),
    ProblemCode.ID_MISSING: gettext_noop("A name, a company or an external ID is needed."),
    ProblemCode.TEST_LEAD: gettext_noop("This is a test lead of the advertising network."),
    ProblemCode.LONG_ROW: gettext_noop("The row has %(count)s more cells than there are columns: %(cells)s"),
    ProblemCode.TEXT_TOO_LONG: gettext_noop("The text has %(length)s characters, at most %(limit)s fit."),
    ProblemCode.EMAIL_NO_AT: gettext_noop("The e-mail address has no @."),
    ProblemCode.EMAIL_TWO_AT: gettext_noop("The e-mail address has two @."),
    ProblemCode.EMAIL_DOMAIN: gettext_noop("The part after the @ is not a mail domain."),
    ProblemCode.EMAIL_INVALID: gettext_noop("This is not an e-mail address."),
    ProblemCode.PHONE_LETTERS: gettext_noop("The phone number contains letters."),
    ProblemCode.PHONE_SHORT: gettext_noop("The phone number is %(count)s digits short."),
    ProblemCode.PHONE_LONG: gettext_noop("The phone number is %(count)s digits too long."),
    ProblemCode.PHONE_NO_COUNTRY: gettext_noop(
        "The phone number has no country code, and no country is known for it."
    ),
    ProblemCode.PHONE_INVALID: gettext_noop("This is not a phone number."),
    ProblemCode.DAMAGED_BY_EXCEL: gettext_noop(
        "Excel has rounded this number. Export it again with the column as text."
    ),
    ProblemCode.DATE_UNREADABLE: gettext_noop("This is not a date."),
    ProblemCode.DATE_IMPOSSIBLE: gettext_noop("There is no such date."),
    ProblemCode.DATE_RANGE: gettext_noop("The year must lie between %(first)s and %(last)s."),
    ProblemCode.DATE_AMBIGUOUS: gettext_noop(
        "Day and month could be swapped. Choose the order for this column."
    ),
    ProblemCode.MONEY_UNREADABLE: gettext_noop("This is not an amount."),
    ProblemCode.MONEY_TOO_LARGE: gettext_noop(
        "The amount has more than %(limit)s digits before the decimal point."
    ),
    ProblemCode.BOOLEAN_UNREADABLE: gettext_noop("This is neither yes nor no."),
    ProblemCode.COUNTRY_UNKNOWN: gettext_noop("This country is not known. Use its two-letter code."),
    ProblemCode.MINUTES_UNREADABLE: gettext_noop("This is not a number of minutes."),
    ProblemCode.MINUTES_RANGE: gettext_noop("Minutes must lie between 0 and %(limit)s."),
    ProblemCode.NUMBER_UNREADABLE: gettext_noop("This is not a number."),
    ProblemCode.ANSWER_UNREADABLE: gettext_noop("This is no answer to the question."),
}


def english(code: Code, params: Mapping[str, str | int]) -> str:
    """Return the English sentence of ``code``; the command line and logs use it untranslated."""
    return TEMPLATES[code] % params
