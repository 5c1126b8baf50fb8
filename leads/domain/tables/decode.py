"""Which kind of file it is and how its bytes become text.

One pass over the whole file counts bytes, NULs and line ends and checks UTF-8, so that nothing is found out
in the middle of an import. Bytes that are not Unicode are judged by how well each likely encoding turns them
into words.
"""

import codecs
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

from .codes import ErrorCode
from .model import MIB, Limits, TableError, whole_mib

type Opener = Callable[[], BinaryIO]

CHUNK_BYTES = MIB
SAMPLE_BYTES = 256 * 1024
SAMPLE_READS = 60
# Rare today: chosen only when they fit clearly better.
RARE = {"iso8859_2": 0.25, "koi8_r": 0.25}
GUESSES = ("cp1250", "cp1251", "cp1252", "iso8859_2", "koi8_r")
OTHER_CHOICES = ("utf-8", "cp1250", "cp1251", "cp1252", "latin-1", "iso8859_2", "koi8_r", "big5")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SIGNATURES = (
    (b"%PDF", "PDF"),
    (b"\x89PNG\r\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"RIFF", "RIFF"),
    (b"\x1f\x8b", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!", "RAR"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x7fELF", "ELF"),
    (b"MZ\x90", "EXE"),
    (b"SQLite format 3\x00", "SQLite"),
    (b"PAR1", "Parquet"),
    (b"{\\rtf", "RTF"),
)
_NO_FILE_ENCODINGS = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7"}
)
_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|table|\?xml|script|svg)\b", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\{\s*"[^"\n]*"\s*:|\[\s*[\[{])')
_ASCII = bytes(range(0x80))
# Control characters that no text file has; tab, line ends, vertical tab, form feed and escape do occur.
_CONTROLS = bytes((*range(0x01, 0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F))


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes become text, and what else the first pass saw."""

    name: str
    is_certain: bool
    choices: tuple[str, ...]
    has_nul: bool
    has_broken: bool
    line_ends: int
    """Upper bound of the number of records."""


def file_kind(head: bytes) -> str:
    """Tell ``zip`` or ``text`` by the first bytes; raise ``TableError`` for anything that is no table."""
    if not head:
        raise TableError(ErrorCode.EMPTY)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in head:
            raise TableError(ErrorCode.ENCRYPTED)
        raise TableError(ErrorCode.OLD_EXCEL)
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            raise TableError(ErrorCode.NOT_A_TABLE, kind=kind)
    plain = head.removeprefix(codecs.BOM_UTF8)
    if _MARKUP.match(plain):
        raise TableError(ErrorCode.NOT_A_TABLE, kind="HTML/XML")
    if _JSON.match(plain):
        raise TableError(ErrorCode.NOT_A_TABLE, kind="JSON")
    return "text"


def known_encoding(name: str) -> str:
    """Return Python's name of a text encoding that a person chose, or raise ``TableError``."""
    try:
        known = codecs.lookup(name).name
        is_text = "a".encode(known).decode(known) == "a" and known not in _NO_FILE_ENCODINGS
    except (LookupError, UnicodeError, ValueError, TypeError):
        known, is_text = "", False
    if not is_text:
        raise TableError(ErrorCode.UNKNOWN_ENCODING, encoding=name[:40])
    return known


def detect(opener: Opener, limits: Limits, *, chosen: str = "") -> Encoding:
    """Read the file once and say how to decode it. ``chosen`` overrules every guess."""
    forced = known_encoding(chosen) if chosen else ""
    size = nuls = controls = line_feeds = returns = 0
    head = b""
    probe = codecs.getincrementaldecoder("utf-8")("strict")
    is_utf8, is_ascii = True, True
    # Where the bytes beyond ASCII stand is unknown, so lines that hold some are collected from everywhere.
    telling: list[bytes] = []
    telling_bytes = 0
    with opener() as stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > limits.file_bytes:
                raise TableError(
                    ErrorCode.TOO_BIG, size_mb=whole_mib(size), limit_mb=limits.file_bytes // MIB
                )
            if not head:
                head = chunk[:SAMPLE_BYTES]
            nuls += chunk.count(0)
            line_feeds += chunk.count(b"\n")
            returns += chunk.count(b"\r")
            controls += len(chunk) - len(chunk.translate(None, _CONTROLS))
            if is_utf8:
                try:
                    probe.decode(chunk)
                except UnicodeDecodeError:
                    is_utf8 = False
            if not chunk.isascii():
                is_ascii = False
                if telling_bytes < SAMPLE_BYTES:
                    for line in re.split(rb"[\r\n]+", chunk):
                        if not line.isascii():
                            telling.append(line[:2000])
                            telling_bytes += min(len(line), 2000)
                            if telling_bytes >= SAMPLE_BYTES:
                                break
    if not size:
        raise TableError(ErrorCode.EMPTY)
    if is_utf8:
        try:
            probe.decode(b"", final=True)
        except UnicodeDecodeError:
            is_utf8 = False
    line_ends = max(line_feeds, returns) + 1

    def found(name: str, *, certain: bool, choices: tuple[str, ...] = (), broken: bool = False) -> Encoding:
        wide = name.startswith(("utf-16", "utf-32"))
        return Encoding(name, certain, choices, (nuls > 0 and not wide), broken, line_ends)

    if forced:
        broken = forced in ("utf-8", "utf-8-sig") and not is_utf8
        return found(forced, certain=True, choices=OTHER_CHOICES, broken=broken)
    for bom, name in _BOMS:
        if head.startswith(bom):
            broken = (name == "utf-8-sig" and not is_utf8) or (name == "utf-16" and size % 2 != 0)
            return found(name, certain=not broken, broken=broken)
    if nuls and (wide := _wide_without_bom(head)):
        return found(wide, certain=True)
    if nuls > size // 10 or controls > max(8, size // 50):
        raise TableError(ErrorCode.BINARY)
    if is_ascii or is_utf8:
        return found("utf-8", certain=True)
    if _mostly_utf8(telling):
        return found("utf-8", certain=False, choices=OTHER_CHOICES, broken=True)
    ranked, is_certain = _rank(b"\n".join(telling))
    choices = tuple(dict.fromkeys((*ranked, *OTHER_CHOICES)))
    return found(ranked[0], certain=is_certain, choices=choices)


def sample_lines(opener: Opener, names: Sequence[str]) -> dict[str, str]:
    """How the most telling line reads in each encoding; empty where all is ASCII or an encoding cannot read it."""
    telling = b""
    with opener() as stream:
        for _ in range(SAMPLE_READS):
            chunk = stream.read(CHUNK_BYTES)
            if not chunk:
                break
            if not chunk.isascii():
                lines = [line for line in re.split(rb"[\r\n]+", chunk) if not line.isascii()]
                telling = max(lines[:100], key=lambda line: len(line[:400].translate(None, _ASCII)))
                break
    found: dict[str, str] = {}
    for name in names:
        text = telling.decode(known_encoding(name), "replace")
        first = next((place for place, c in enumerate(text) if c >= "\x80"), 0)
        part = text[max(first - 20, 0) : first + 60]
        found[name] = " ".join("".join(c if c.isprintable() else " " for c in part).split())
    return found


def _wide_without_bom(head: bytes) -> str:
    """UTF-16 without a mark: decodes to letters and separators one way round and not the other."""
    even = head[: len(head) // 2 * 2]
    best, best_share = "", 0.9
    for name in ("utf-16-le", "utf-16-be"):
        text = even.decode(name, "replace")
        if not text:
            continue
        plain = sum(1 for c in text if " " <= c <= "\u024f" or "\u0400" <= c <= "\u04ff" or c in "\t\r\n")
        if plain / len(text) > best_share:
            best, best_share = name, plain / len(text)
    return best


def _mostly_utf8(lines: list[bytes]) -> bool:
    """A UTF-8 file with a few broken lines must not turn into mojibake altogether."""
    good = 0
    for line in lines:
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            continue
        good += 1
    return good >= 3 and good >= 0.9 * len(lines)


_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ")
_WESTERN = frozenset("äöüßÄÖÜéèêëàâáãåæçñíîïìóôòõøúûùœÉÈÀÇÑÅÆØŒ")
_CENTRAL = frozenset("áčďéěíňóřšťúůýžőűăâîșțşţđľĺŕäöüßôçČŘŠŽŮĽŐŰÁÉÍÓÚÝÄÖÜ")
_SIGNS = frozenset("–—…„”“’‘«»€£§°№\xa0·•™®©")


def _fit(text: str, encoding: str) -> float:
    """How much text looks like words, per character beyond ASCII; the likely encoding has the most."""
    score, count, run = 0.0, 0, 0
    is_cyrillic_encoding = encoding in ("cp1251", "koi8_r", "iso8859_5", "cp866", "mac_cyrillic")
    before = " "
    for position, c in enumerate(text):
        if c < "\x80":
            run = 0
            before = c
            continue
        count += 1
        after = text[position + 1] if position + 1 < len(text) else " "
        if "\u0400" <= c <= "\u04ff":
            run += 1
            is_russian = "а" <= c <= "я" or "А" <= c <= "Я" or c in "ёЁ"
            score += 1.0 if is_russian else 0.2
            if run > 2:
                score += 0.3
            if (before.isalpha() and before < "\x80") or (after.isalpha() and after < "\x80"):
                score -= 1.5
            if before.islower() and c.isupper():
                score -= 1.5
        elif c.isalpha():
            run += 1
            if c in _POLISH and encoding in ("cp1250", "iso8859_2"):
                score += 1.0
            elif c in _WESTERN and encoding == "cp1252":
                score += 0.9
            elif c in _CENTRAL and encoding in ("cp1250", "iso8859_2"):
                score += 0.6
            else:
                score += 0.0 if not is_cyrillic_encoding else -1.0
            if run > 3:
                score -= 1.5
            if not before.isalpha() and not after.isalpha():
                score -= 0.5
            if before.islower() and c.isupper():
                score -= 1.0
        else:
            run = 0
            if before.isalpha() and after.isalpha() and c not in "’–-":
                score -= 1.5
            elif c in _SIGNS:
                score += 0.4
            elif c < "\xa0":
                score -= 2.0
            else:
                score -= 0.6
        before = c
    return score / count if count else 0.0


def _rank(sample: bytes) -> tuple[list[str], bool]:
    """Likely encodings, best first, and whether the first stands out."""
    scored: list[tuple[float, int, str]] = []
    for preference, name in enumerate(GUESSES):
        try:
            text = sample.decode(name)
        except UnicodeDecodeError:
            continue
        scored.append((_fit(text, name) - RARE.get(name, 0.0), -preference, name))
    scored.sort(reverse=True)
    high = sum(1 for byte in sample if byte >= 0x80)
    if scored and scored[0][0] >= 0.5:
        gap = scored[0][0] - scored[1][0] if len(scored) > 1 else 1.0
        return [name for _, _, name in scored], gap >= 0.15 and high >= 4
    ranked = [name for _, _, name in scored]
    other = from_bytes(sample[:65536]).best() if high >= 8 else None
    if other is not None and other.encoding not in ("ascii", *ranked):
        try:
            known = known_encoding(other.encoding)
        except TableError:
            known = ""
        if known and other.chaos < 0.1:
            ranked.insert(0, known)
    if "cp1252" in ranked and ranked[0] in GUESSES and (high < 8 or scored[0][0] < 0.2):
        # A sign or two say nothing about the language: the most common Western encoding, to be confirmed.
        ranked.remove("cp1252")
        ranked.insert(0, "cp1252")
    return ranked or ["latin-1"], False
