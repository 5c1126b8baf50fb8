"""Countries and languages as people type them: names in their language or in English, or the two letters of the code."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_countries import countries

_BETWEEN = re.compile(r"[,;\n]+")
MOST = 60


def country_name(code: str) -> str:
    """The country in the reader's language; the code where it has no name."""
    return str(countries.name(code) or code)


def country_of(text: str) -> str:
    """The code of a country named by code or name; empty for none."""
    return _countries(get_language() or "").get(text.strip().casefold(), "")


@lru_cache(maxsize=16)
def _countries(_reader: str) -> dict[str, str]:
    """Codes by what one reader may call a country."""
    found = {str(name).casefold(): code for code, name in countries}
    with translation.override("en"):
        found |= {str(name).casefold(): code for code, name in countries}
    return found | {code.casefold(): code for code, _name in countries}


@lru_cache(maxsize=16)
def _languages(_reader: str) -> tuple[dict[str, str], dict[str, str]]:
    """Codes with their names for one reader, and names and codes with their code."""
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    for code, info in LANG_INFO.items():
        if len(code) != 2 or "name" not in info:
            continue
        names[code] = translation.gettext(info["name"])
        for name in (code, info["name"], info["name_local"], names[code]):
            codes.setdefault(name.casefold(), code)
    return names, codes


def language_name(code: str) -> str:
    """The language in the reader's language; the code where it has no name."""
    return _languages(get_language() or "")[0].get(code, code)


def language_of(text: str) -> str:
    """The two letters of a language named by code or name; empty for none."""
    return _languages(get_language() or "")[1].get(text.strip().casefold(), "")


class CodesField(forms.CharField):
    """Several countries or languages in one line, read as a list of codes and shown by their names."""

    def __init__(self, *, read: Callable[[str], str], name: Callable[[str], str], **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("widget", forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
        super().__init__(**options)
        self.read, self.name = read, name

    def prepare_value(self, value: Any) -> Any:
        """Codes by their names; what was typed as it was."""
        if value is None or isinstance(value, str):
            return value
        return ", ".join(code if "," in (said := self.name(code)) else said for code in value)

    def clean(self, value: Any) -> Any:
        """The codes, each once, in the order typed. Raises ValidationError that names what is not known."""
        typed = [part.strip() for part in _BETWEEN.split(str(super().clean(value) or "")) if part.strip()]
        found = {part: self.read(part) for part in typed[: MOST + 1]}
        unknown = [part for part, code in found.items() if not code]
        if unknown:
            raise forms.ValidationError(
                _("Not known here: %(names)s.") % {"names": ", ".join(unknown)[:200]}, code="unknown"
            )
        if len(typed) > MOST:
            raise forms.ValidationError(_("At most %(n)d at once.") % {"n": MOST}, code="too_many")
        return list(dict.fromkeys(found.values()))


def countries_field(**options: Any) -> CodesField:
    """A field for several countries."""
    options.setdefault("help_text", gettext_lazy("Names or codes with commas between them: Germany, AT, CH."))
    options.setdefault("label", gettext_lazy("Countries"))
    return CodesField(read=country_of, name=country_name, **options)


def languages_field(**options: Any) -> CodesField:
    """A field for several languages."""
    options.setdefault("help_text", gettext_lazy("Names or codes with commas between them: German, en."))
    options.setdefault("label", gettext_lazy("Languages"))
    return CodesField(read=language_of, name=language_name, **options)


def unknown_codes(codes: Iterable[str], name: Callable[[str], str]) -> list[str]:
    """Those of the codes that nothing is called by."""
    return [code for code in codes if name(code) == code]
