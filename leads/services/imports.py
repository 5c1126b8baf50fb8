"""The life of an import: taken in, looked through and corrected, saved in batches, undone within a day.

What callers use of it; each subject has its module.
"""

from leads.services.import_basics import TASK
from leads.services.import_columns import set_cell, set_columns
from leads.services.import_reread import Reading, reread
from leads.services.import_saving import cancel, resume_all, run, save
from leads.services.import_taking import Options, take_file, take_text, too_large
from leads.services.import_undo import undo

__all__ = [
    "TASK",
    "Options",
    "Reading",
    "cancel",
    "reread",
    "resume_all",
    "run",
    "save",
    "set_cell",
    "set_columns",
    "take_file",
    "take_text",
    "too_large",
    "undo",
]
