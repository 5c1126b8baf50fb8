"""Which answer goes where: what a person chose, else what the sender's format says, else what the question is called."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from leads.domain.definition import CriterionTerms
from leads.domain.tables.answers import recognised
from leads.domain.tables.columns import Field, recognise
from leads.domain.tables.rows import ANSWER, answered_by
from leadsync.intake.domain.reading import NOTHING, Asked

CONSENT_TEXT: Final = "consent_text"  # the words that were agreed to
# In the order in which they are offered.
FIELDS: Final = (
    Field.NAME,
    Field.FIRST_NAME,
    Field.LAST_NAME,
    Field.COMPANY,
    Field.JOB_TITLE,
    Field.EMAIL,
    Field.PHONE,
    Field.COUNTRY,
    Field.CITY,
    Field.LANGUAGE,
    Field.NEED,
    Field.EXTERNAL_ID,
    Field.RECEIVED_AT,
    Field.CONSENT,
)
TARGETS: Final = frozenset({*(field.value for field in FIELDS), CONSENT_TEXT})
SEVERAL: Final = frozenset({Field.NEED.value})  # many answers may say what somebody wants

# Around a value, these say nothing about it: `data.contact.email` is the e-mail.
_WRAPPERS: Final = frozenset(
    {
        "answers", "applicant", "body", "contact", "customer", "data", "details", "event", "fields", "form",
        "form_response", "hidden", "item", "lead", "payload", "person", "properties", "record", "response",
        "submission", "user", "values", "visitor",
    }
)  # fmt: skip
_EMAIL_LIKE = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]{2,}")
_SEGMENT = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[[0-9]+\]|([^.\[\]]+)')


def name_of(title: str) -> str:
    """What a value at a path is called, without what only surrounds it."""
    parts = [found[1] or found[2] or "" for found in _SEGMENT.finditer(title)]
    kept = [part for part in parts if part and part.lower() not in _WRAPPERS]
    return " ".join(kept) if kept else title


def is_target(name: str, questions: Sequence[str]) -> bool:
    """Whether an answer can go there: a field of the lead, a question of the definition, or ("") the payload only."""
    return not name or name in TARGETS or answered_by(name) in questions


def suggested(asked: Sequence[Asked], criteria: Sequence[CriterionTerms]) -> list[str]:
    """Where each answer seems to belong, "" for the payload only; each field at most once.

    An id is never guessed: one that stays the same would make one lead of all.
    """
    titles = [name_of(one.title) if one.field == "" else "" for one in asked]
    matches = recognise(titles, [[one.value for one in asked]])
    questions = recognised(matches, criteria, [[one.value for one in asked]])
    found = []
    for place, one in enumerate(asked):
        if one.field:
            found.append("" if one.field == NOTHING else one.field)
            continue
        if place in questions:
            found.append(f"{ANSWER}{questions[place]}")
            continue
        field = Field.NEED if matches[place].field is Field.NOTE else matches[place].field
        if field is Field.NAME and _EMAIL_LIKE.fullmatch(one.value.strip()):
            field = Field.EMAIL  # "contact" is called a name, whatever stands there
        is_usable = field in FIELDS and field is not Field.EXTERNAL_ID
        found.append(field.value if field is not None and is_usable else "")
    return found


def chosen(
    asked: Sequence[Asked], mapping: Mapping[str, str], criteria: Sequence[CriterionTerms]
) -> list[str]:
    """Where each answer of a message goes. Of several for one field the surest that says something is taken."""
    questions = [one.key for one in criteria]
    guessed = suggested(asked, criteria)
    wanted = [
        mapping[one.key] if is_target(mapping.get(one.key, "?"), questions) else guess
        for one, guess in zip(asked, guessed, strict=True)
    ]
    order = sorted(range(len(asked)), key=lambda n: (asked[n].key not in mapping, asked[n].rank, n))
    result = [""] * len(asked)
    taken: set[str] = set()
    for place in order:
        target = wanted[place]
        if not target or not asked[place].value.strip() or (target in taken and target not in SEVERAL):
            continue
        taken.add(target)
        result[place] = target
    return result
