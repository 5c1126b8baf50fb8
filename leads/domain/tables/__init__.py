"""Reading people's tables: files and pasted text in, rows of normalised values and clear reasons out.

No database.
"""

from .codes import Code, ErrorCode, ProblemCode, RemarkCode
from .columns import Field, Match, header_key, recognise
from .model import Fault, Limits, Remark, Row, Table, TableError
from .reader import encoding_samples, read_table, read_text, unpack_workbook
from .workbooks import is_large_workbook

__all__ = [
    "Code",
    "ErrorCode",
    "Fault",
    "Field",
    "Limits",
    "Match",
    "ProblemCode",
    "Remark",
    "RemarkCode",
    "Row",
    "Table",
    "TableError",
    "encoding_samples",
    "header_key",
    "is_large_workbook",
    "read_table",
    "read_text",
    "recognise",
    "unpack_workbook",
]
