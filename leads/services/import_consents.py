"""Consent that a list brings: with the words agreed to, the time, and the list as its source."""

from collections.abc import Callable
from datetime import datetime

from leads.domain.tables import Field
from leads.domain.tables.consents import Agreed
from leads.domain.tables.rows import ColumnMapping, ParsedRow
from leads.models import Import
from leads.services.same_lead import Consented

PLACE_CHARACTERS = 300


def place_of(batch: Import) -> str:
    """What names an import as the place where consent was noted; no other import has it."""
    number = f"#{batch.pk}"
    return f"{batch.name[: PLACE_CHARACTERS - len(number) - 1]} {number}".strip()


class Consents:
    """Reads the consent of rows of one import."""

    def __init__(self, batch: Import, mapping: ColumnMapping, headers: tuple[str, ...]) -> None:
        self._place = place_of(batch)
        self._header = next(
            (
                headers[index]
                for index, target in mapping.fields.items()
                if target is Field.CONSENT and index < len(headers)
            ),
            "",
        )

    def of(self, parsed: ParsedRow, instant: Callable[[object], datetime | None]) -> Consented | None:
        """None where the row gives none. A mere yes agrees to what the column's name says, when the lead came in."""
        agreed = parsed.values.get(Field.CONSENT)
        if not isinstance(agreed, Agreed):
            return None
        at = instant(agreed.at) or instant(parsed.values.get(Field.RECEIVED_AT))
        return Consented(agreed.words or self._header, self._place, at)
