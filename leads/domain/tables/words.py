"""Words with a fixed meaning: yes and no, countries, languages, stages, marks; and ids, where every digit
counts.
"""

import re
from functools import lru_cache

from .codes import ProblemCode
from .columns import header_words
from .countries import COUNTRY_CODES, COUNTRY_NAMES
from .model import Fault
from .text import clean

_YES_TEXT = """
    1 y yes true t x tak prawda да истина д on ok won converted wygrana wygrany wygrane sprzedane выигран
    выиграна выиграно продано успешно granted given accepted agreed zgoda wyrazono согласен согласна
"""
_YES = frozenset(_YES_TEXT.split())
_NO_TEXT = """
    0 n no false f nie falsz нет ложь н off lost przegrana przegrany przegrane проигран проиграна открыт
    open otwarta otwarty denied declined refused brak
"""
_NO = frozenset(_NO_TEXT.split())
_YES_PHRASES = frozenset({"closed won", "deal won", "opted in", "opt in", "closed converted"})
_NO_PHRASES = frozenset(
    {"closed lost", "deal lost", "opted out", "opt out", "not converted", "closed not converted"}
)

LANGUAGES = {
    "english": "en", "angielski": "en", "английский": "en", "polish": "pl", "polski": "pl", "польский": "pl",
    "russian": "ru", "rosyjski": "ru", "русский": "ru", "german": "de", "deutsch": "de", "niemiecki": "de",
    "немецкий": "de", "ukrainian": "uk", "ukrainski": "uk", "украинский": "uk", "french": "fr",
    "francuski": "fr",
    "французский": "fr", "spanish": "es", "hiszpanski": "es", "испанский": "es", "italian": "it",
    "wloski": "it",
    "итальянский": "it", "czech": "cs", "czeski": "cs", "чешский": "cs", "portuguese": "pt",
    "portugalski": "pt",
    "португальский": "pt", "dutch": "nl", "niderlandzki": "nl", "lithuanian": "lt", "litewski": "lt",
    "литовский": "lt", "белорусский": "be", "belarusian": "be", "казахский": "kk", "kazakh": "kk",
}  # fmt: skip

# Words of other programs too: Salesforce's lead statuses, HubSpot's lead statuses and life cycle stages.
STAGES: dict[str, tuple[str, ...]] = {
    "new": ("new", "open", "open not contacted", "not contacted", "created", "intake", "raw", "nowy", "nowa",
        "otwarty",
            "новый", "новая", "необработанный", "subscriber", "lead", "fresh"),
    "contacted": ("contacted", "working", "working contacted", "in progress", "attempted to contact",
        "connected",
                  "attempted contact", "kontakt", "w kontakcie", "skontaktowano", "w toku", "w trakcie",
                  "в работе", "контакт", "связались", "обработка"),
    "qualified": ("qualified", "open deal", "sales qualified lead", "sql", "opportunity", "converted",
                  "closed converted", "kwalifikowany", "zakwalifikowany", "szansa", "квалифицирован",
                  "квалифицированный", "сделка", "marketing qualified lead"),
    "won": ("won", "closed won", "customer", "wygrany", "wygrana", "klient", "sprzedane", "выигран",
        "выиграна",
            "продано", "клиент", "успешно реализовано"),
    "lost": ("lost", "closed lost", "przegrany", "przegrana", "utracony", "проигран", "проиграна", "потерян",
             "закрыто и не реализовано"),
    "closed": ("closed", "closed not converted", "unqualified", "disqualified", "junk lead", "junk",
        "not interested",
               "bad timing", "zamkniety", "zamknieta", "niekwalifikowany", "закрыт", "закрыта",
               "некачественный",
               "не квалифицирован"),
}  # fmt: skip
MARKS: dict[str, tuple[str, ...]] = {
    "qualified": ("qualified", "hot", "kwalifikowany", "zakwalifikowany", "goracy", "квалифицирован",
                  "квалифицированный", "горячий", "good"),
    "promising": ("promising", "warm", "obiecujacy", "rokujacy", "cieply", "перспективный", "теплый",
        "potential"),
    "not_a_fit": ("not a fit", "not fit", "no fit", "unqualified", "disqualified", "junk", "bad", "cold",
        "spam",
                  "nie pasuje", "odrzucony", "zly", "не подходит", "некачественный", "отказ", "холодный"),
    "unreachable": ("unreachable", "no answer", "not reachable", "nieosiagalny", "nie odbiera", "недоступен",
                    "не отвечает", "недозвон"),
}  # fmt: skip
_STAGE_OF = {header_words(word): stage for stage, words in STAGES.items() for word in words}
_MARK_OF = {header_words(word): mark for mark, words in MARKS.items() for word in words}

_META_PREFIX = re.compile(r"^(?:l|ag|as|c|f|p):(?=\S)")
_EXPONENT = re.compile(r"[-+]?\d(?:[.,]\d+)?[eE]\+?\d{1,3}")


@lru_cache(maxsize=5_000)
def parse_boolean(cell: str) -> bool | Fault | None:
    """Read yes and no, tak and nie, да and нет, 1 and 0, won and lost."""
    text = clean(cell)
    if not text:
        return None
    words = header_words(re.sub(r"^([01])[.,]0+$", r"\1", text)) or {"✓": "yes", "✔": "yes", "✗": "no"}.get(
        text, ""
    )
    if words in _YES or words in _YES_PHRASES:
        return True
    if words in _NO or words in _NO_PHRASES:
        return False
    return Fault(ProblemCode.BOOLEAN_UNREADABLE)


@lru_cache(maxsize=5_000)
def parse_country(cell: str) -> str | Fault | None:
    """Read a country's code or its name in English, Polish or Russian as ISO alpha-2."""
    text = clean(cell)
    if not text:
        return None
    code = text.upper()
    if len(code) == 2 and code in COUNTRY_CODES:
        return code
    found = COUNTRY_NAMES.get(header_words(text)) or COUNTRY_NAMES.get(header_words(text.replace(".", "")))
    return found or Fault(ProblemCode.COUNTRY_UNKNOWN)


@lru_cache(maxsize=5_000)
def parse_language(cell: str) -> str | None:
    """Read a language as its two-letter code: ``pl``, ``pl-PL``, ``Polish``; None when unknown."""
    text = clean(cell)
    if re.fullmatch(r"[A-Za-z]{2}(?:[-_][A-Za-z]{2,4})?", text):
        return text[:2].lower()
    return LANGUAGES.get(header_words(text))


@lru_cache(maxsize=5_000)
def parse_stage(cell: str) -> str | None:
    """Read a lead's stage: new, contacted, qualified, won, lost or closed; None for a word we do not know."""
    return _STAGE_OF.get(header_words(clean(cell)))


@lru_cache(maxsize=5_000)
def parse_mark(cell: str) -> str | None:
    """Read a mark: qualified, promising, not_a_fit or unreachable; None for a word we do not know."""
    return _MARK_OF.get(header_words(clean(cell)))


def without_prefix(text: str) -> str:
    """Strip the prefix by which Meta's exports keep spreadsheets from rounding ids and phones (``l:123``)."""
    return _META_PREFIX.sub("", text)


def parse_id(cell: str) -> str | Fault | None:
    """Read an external id as text, whatever its length.

    One that a spreadsheet has rounded (1.23E+17) is a fault.
    """
    text = without_prefix(clean(cell))
    if not text:
        return None
    if _EXPONENT.fullmatch(text):
        return Fault(ProblemCode.DAMAGED_BY_EXCEL)
    if len(text) > 200:
        return Fault(ProblemCode.TEXT_TOO_LONG, {"length": len(text), "limit": 200})
    return text
