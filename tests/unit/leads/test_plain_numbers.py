"""Numbers that stand in E.164 already are read in a shorter way, with the same answer."""

import phonenumbers
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneNumberFormat

from leads.domain.tables.contacts import parse_phone


def numbers_like(e164: str, code: int) -> list[str]:
    """The number, and what typing errors make of it."""
    start = 1 + len(str(code))
    head, national = e164[:start], e164[start:]
    return [
        e164,
        e164[:-1],
        f"{e164}5",
        *(f"{head}{digit}{national}" for digit in "0189"),
        *(f"{head}{digit}{national[1:]}" for digit in "0123456789"),
    ]


@pytest.mark.parametrize("code", sorted(COUNTRY_CODE_TO_REGION_CODE))
def test_a_number_is_read_alike_with_and_without_spaces(code: int) -> None:
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            for number in numbers_like(phonenumbers.format_number(example, PhoneNumberFormat.E164), code):
                spaced = f"{number[: 1 + len(str(code))]} {number[1 + len(str(code)) :]}"
                assert parse_phone(number) == parse_phone(spaced)
