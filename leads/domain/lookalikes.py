"""How much two leads look alike, and by which parts of their words others like them are looked for. No database.

A score says how alike name *and* company are, 0 to 100; below `ENOUGH` nothing is suggested. The same mail but for its
dots and what follows a plus, or the same phone number written in another way, speak for themselves.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz

from leads.domain.identity import company_key, digits, fold

ENOUGH = 92
_SAME_MAIL = 97
_SAME_PHONE = 95
_RATHER = 60  # names that alike may be one person, where the phone is the same
_LEAST = 3  # letters that an index finds words by
_PART = 4  # a slip of the keyboard leaves one of both ends of a word as it was
_NUMBER = 9  # last digits of a phone number that are the same however it is dialled

# What kind of company it is says nothing about which; as the words they are made of without their dots.
_LEGAL = frozenset(
    tuple(form.split())
    for form in (
        "gmbh",
        "gmbh co kg",
        "co kg",
        "ag",
        "kg",
        "ug",
        "ohg",
        "e k",
        "sp z o o",
        "sp zoo",
        "spzoo",
        "spolka z o o",
        "spolka z ograniczona odpowiedzialnoscia",
        "sp k",
        "sp j",
        "s a",
        "sa",
        "spolka akcyjna",
        "ltd",
        "limited",
        "llc",
        "llp",
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "plc",
        "b v",
        "bv",
        "n v",
        "nv",
        "oy",
        "oyj",
        "ab",
        "a s",
        "as",
        "aps",
        "sarl",
        "s a r l",
        "sas",
        "srl",
        "s r l",
        "spa",
        "s p a",
        "s l",
        "sl",
        "s r o",
        "sro",
        "spol s r o",
        "kft",
        "d o o",
        "doo",
        "ltda",
        "pty",
        "pty ltd",
        "pvt",
        "ooo",
        "ооо",
        "оао",
        "зао",
        "пао",
        "ао",
        "ип",
        "тоо",
        "тов",
        "чп",
    )
)
_LONGEST_FORM = max(map(len, _LEGAL))
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What two leads are compared by, folded."""

    name: str
    company: str
    mail: str
    phone: str  # digits
    is_dialled: bool = (
        False  # the number is written as it is dialled from everywhere, so another one is another phone
    )

    @classmethod
    def of(cls, *, name: str, company: str, email: str, phone: str) -> "Facts":
        """From a lead's columns."""
        return cls(
            name=" ".join(_WORDS.findall(fold(name))),
            company=bare_company(company),
            mail=bare_mail(email),
            phone=digits(phone),
            is_dialled=phone.startswith("+"),
        )


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike two leads are, and what shows it: percentages of likeness by "name" and "company", "mail", "phone"."""

    score: int
    evidence: Mapping[str, Any]


def bare_company(company: str) -> str:
    """The company without its legal form, at either end: "Ооо «Ромашка»" and "Ромашка" are the same."""
    words = _WORDS.findall(company_key(company))
    while True:
        for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
            if tuple(words[-length:]) in _LEGAL:
                words = words[:-length]
                break
            if tuple(words[:length]) in _LEGAL:
                words = words[length:]
                break
        else:
            return " ".join(words)


def bare_mail(email: str) -> str:
    """The address without dots before the @ and without what follows a plus: where mail arrives all the same."""
    local, at, domain = fold(email).partition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}" if at and local else ""


def compare(one: Facts, other: Facts) -> Alike | None:
    """How alike the two are; None where that is not enough to ask somebody."""
    evidence: dict[str, Any] = {}
    score = 0.0
    if one.name and other.name:
        evidence["name"] = round(fuzz.token_sort_ratio(one.name, other.name))
    if one.company and other.company:
        evidence["company"] = round(fuzz.token_sort_ratio(one.company, other.company))
    if "company" in evidence and ("name" in evidence or one.name == other.name):
        score = min(evidence.get("name", 100), evidence["company"])
    if one.mail and one.mail == other.mail:
        evidence["mail"] = True
        score = max(score, _SAME_MAIL)
    number = one.phone[-_NUMBER:]
    if (
        not (one.is_dialled and other.is_dialled)
        and len(number) == _NUMBER
        and number == other.phone[-_NUMBER:]
    ):
        evidence["phone"] = True
        if evidence.get("name", 100) >= _RATHER:
            score = max(score, _SAME_PHONE)
    return Alike(int(score), evidence) if score >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class Search:
    """Where to look for others: what is searched holds one of each of these groups of parts.

    `domain`: and the address ends so; hardly a help to an index, for half of all people share theirs.
    """

    groups: tuple[tuple[str, ...], ...]
    domain: str = ""


def searches(facts: Facts) -> list[Search]:
    """By which parts of words leads like this one are found; empty where nothing is long enough to look for."""
    name, company = _ends(facts.name), _ends(facts.company)
    found = []
    if company and (name or not facts.name):
        found.append(Search((name, company) if name else (company,)))
    local, _at, domain = facts.mail.partition("@")
    address = _ends(local)
    if address and domain.isascii():
        found.append(Search((name, address) if name else (address,), f"@{domain}"))
    if len(facts.phone) >= _NUMBER:
        found.append(Search(((facts.phone[-_NUMBER:],),)))
    return found


def _ends(words: str) -> tuple[str, ...]:
    """Both ends of the longest word: one slip leaves one of them as it was."""
    longest = max(words.split(), key=lambda word: (len(word), word), default="")
    if len(longest) < _LEAST:
        return ()
    if len(longest) < 2 * _PART:
        half = max((len(longest) + 1) // 2, _LEAST)
        return tuple(dict.fromkeys((longest[:half], longest[-half:])))
    return longest[:_PART], longest[-_PART:]
