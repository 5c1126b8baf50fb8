"""What every committed catalogue keeps: complete, with the source's placeholders, in every plural form."""

import gettext
import io
import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import dates, translation

from leadsync.core.catalogues import collect, problems
from leadsync.core.management.commands.catalogues import FOLDERS

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
NUMBERS = (0, 1, 2, 5, 12, 21, 22, 25)
FORMS = {
    "pl": (2, 0, 1, 2, 2, 2, 1, 2),
    "ru": (2, 0, 1, 2, 2, 0, 1, 2),
}
ONE_ONLY = {"pl"}  # where the first plural form is for the number one alone
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|(?<!\{)\{\w+\}(?!\})")
# A number and its unit stay on one line; only digits and placeholders count, not words before them.
LOOSE_UNIT = re.compile(r"(?:\d|[)\]}][sd]?) (?:мин|ч|МБ|min|godz|h|MB|%(?!\())(?![\w(])")


def catalogue_path(language: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def catalogue(language: str) -> polib.POFile:
    return polib.pofile(str(catalogue_path(language)))


def forms(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_every_string_of_the_product_is_translated(language: str) -> None:
    messages = collect(Path(settings.BASE_DIR), FOLDERS)
    assert problems(catalogue_path(language), messages) == []


def test_no_entry_is_empty_fuzzy_or_obsolete(catalogue: polib.POFile) -> None:
    assert [
        entry.msgid
        for entry in catalogue
        if entry.fuzzy or entry.obsolete or not all(map(str.strip, forms(entry)))
    ] == []


def test_every_plural_form_is_filled(catalogue: polib.POFile) -> None:
    assert catalogue.metadata["Plural-Forms"].startswith("nplurals=4;")
    assert [
        entry.msgid
        for entry in catalogue
        if entry.msgid_plural and sorted(entry.msgstr_plural) != [0, 1, 2, 3]
    ] == []


def test_every_translation_has_the_placeholders_of_its_source(language: str, catalogue: polib.POFile) -> None:
    different = []
    for entry in catalogue:
        many = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        for at, form in enumerate(forms(entry)):
            # A form that only the number one takes may be as short as the source's; Russian says it of 21 too.
            is_one = bool(entry.msgid_plural) and at == 0 and language in ONE_ONLY
            wanted = set(PLACEHOLDER.findall(entry.msgid)) if is_one else many
            found = set(PLACEHOLDER.findall(form))
            if found - many or wanted - found:
                different.append((entry.msgid, form))
    assert different == []


def test_numbers_choose_the_plural_form_that_people_say(language: str, catalogue: polib.POFile) -> None:
    compiled = gettext.GNUTranslations(io.BytesIO(catalogue.to_binary()))
    entry = next(entry for entry in catalogue if entry.msgid == "%(n)d day" and entry.msgid_plural)
    said = [compiled.ngettext(entry.msgid, entry.msgid_plural, number) for number in NUMBERS]
    assert said == [entry.msgstr_plural[form] for form in FORMS[language]]


def test_a_number_and_its_unit_stay_on_one_line(catalogue: polib.POFile) -> None:
    assert [form for entry in catalogue for form in forms(entry) if LOOSE_UNIT.search(form)] == []


def test_no_string_of_ours_renames_a_month_or_a_weekday(catalogue: polib.POFile) -> None:
    # Our catalogues come before Django's: "May" as a verb without a context would rename the month.
    with translation.override("en"):
        groups = (dates.MONTHS, dates.MONTHS_3, dates.WEEKDAYS, dates.WEEKDAYS_ABBR)
        names = {str(name) for group in groups for name in group.values()}
        names |= {name.lower() for name in names}
    assert [entry.msgid for entry in catalogue if not entry.msgctxt and entry.msgid in names] == []
