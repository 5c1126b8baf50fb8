"""Countries and languages as people type them."""

import pytest
from django import forms
from django.utils import translation

from leadsync.core.codes import countries_field, country_of, language_name, language_of, languages_field


@pytest.mark.parametrize(
    ("language", "text"), [("pl", "Niemcy"), ("ru", "Германия"), ("pl", "germany"), ("ru", "de")]
)
def test_a_country_is_read_in_the_readers_language_in_english_and_by_code(language: str, text: str) -> None:
    with translation.override(language):
        assert country_of(f" {text} ") == "DE"
        assert country_of("Atlantis") == ""


@pytest.mark.parametrize(
    ("language", "text"), [("pl", "niemiecki"), ("ru", "German"), ("en", "Deutsch"), ("pl", "DE")]
)
def test_a_language_is_read_in_its_own_name_too(language: str, text: str) -> None:
    with translation.override(language):
        assert language_of(text) == "de"
        assert language_of("Klingon") == ""
    with translation.override("pl"):
        assert language_name("de") == "niemiecki"


def test_a_list_is_read_each_once_in_order_and_shown_by_names() -> None:
    field = countries_field()
    assert field.clean(" de, Austria;AT,\nPoland,, ") == ["DE", "AT", "PL"]
    assert field.clean("") == field.clean(None) == []
    assert field.prepare_value(["DE", "AT"]) == "Germany, Austria"
    assert field.prepare_value("typed, so far") == "typed, so far"
    assert languages_field().clean(languages_field().prepare_value(["de", "pl"])) == ["de", "pl"]


def test_every_country_is_read_back_from_how_it_is_shown() -> None:
    field = countries_field()
    for language in ("en", "pl", "ru"):
        with translation.override(language):
            codes = ["BO", "KR", "CD", "MK", "TW", "VG", "CI"]
            assert field.clean(field.prepare_value(codes)) == codes


def test_what_is_not_known_is_named() -> None:
    with pytest.raises(forms.ValidationError, match="Not known here: Atlantis, Nowhere"):
        countries_field().clean("Germany, Atlantis, Nowhere")
    with pytest.raises(forms.ValidationError):
        countries_field().clean("x" * 100_000)
