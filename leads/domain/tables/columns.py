"""Which column holds which field: header names in English, Polish and Russian, and those of known exports."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What a column can be read as."""

    EXTERNAL_ID = "external_id"
    RECEIVED_AT = "received_at"
    OWNER = "owner"
    WON_AT = "won_at"
    WON = "won"
    AMOUNT = "amount"
    LOST_AT = "lost_at"
    LOST = "lost"
    REASON = "reason"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    COMPANY = "company"
    JOB_TITLE = "job_title"
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    CITY = "city"
    LANGUAGE = "language"
    NEED = "need"
    NOTE = "note"
    CAMPAIGN = "campaign"
    CHANNEL = "channel"
    SALES_MINUTES = "sales_minutes"
    MARK = "mark"
    STAGE = "stage"
    NEXT_STEP_AT = "next_step_at"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True)
class Match:
    """A column and the field it was recognised as; ``confidence`` from 0 to 1, 1 for a known name."""

    header: str
    field: Field | None
    confidence: float
    index: int


# Names of one field, best first: where two columns of a file carry names of one field, the earlier name wins.
# Written as ``header_words`` leaves them: lower case, no accents, words apart by one space.
NAMES: dict[Field, str] = {
    Field.EXTERNAL_ID: """external id, lead id, record id, pipedrive system id, id leada, id rekordu, id lida,
        identyfikator rekordu, ид лида, идентификатор, внешний id, identyfikator, zewnetrzny id, prospect id,
        contact id, deal id,
        id, uuid, mql id, lead number, numer leada, номер лида, номер заявки, номер, numer, id zgloszenia,
        numer zgloszenia, leadgen id, id заявки, id контакта, id сделки, код""",
    Field.RECEIVED_AT: """received at, received on, received, created time, create date, created date, created
        at, creation date, date created, created, created on, lead submit time, submitted at, submit time,
        submission date, submission time, date submitted, lead date, lead creation date, first contact date,
        add time, lead created, timestamp, data otrzymania, data utworzenia, utworzono, data zgloszenia, data
        dodania, data wplywu, data leada, дата создания, дата получения, дата заявки, получен, создан, дата
        добавления, дата поступления, дата обращения, submitted, date, data, дата, time""",
    Field.OWNER: """owner, lead owner, contact owner, deal owner, record owner, assigned to, sales rep, rep,
        salesperson, account owner, owner name, sales owner, assignee, responsible, wlasciciel, opiekun,
        handlowiec, przypisany do, wlasciciel leada, wlasciciel kontaktu, sprzedawca, przedstawiciel,
        ответственный, владелец, менеджер, продавец, ответственный менеджер, владелец лида, owner email""",
    Field.WON_AT: """won at, won on, won date, won time, date won, close date, closed won date, deal closed
        date, data wygranej, wygrano, data sprzedazy, data zamkniecia, data wygrania, дата выигрыша, дата
        продажи, дата закрытия, дата сделки, deal close date, closed at""",
    Field.WON: """won, is won, is closed won, wygrany, wygrana, wygrane, czy wygrany, czy wygrana, sprzedano, выигран,
        выиграна, продано, успешно""",
    Field.AMOUNT: """amount, deal value, deal amount, won amount, amount won, revenue, lead value, value, deal
        size, opportunity amount, total amount, contract value, kwota, wartosc, wartosc szansy, wartosc leada,
        wartosc umowy, wartosc transakcji, przychod, cena, сумма, сумма сделки, стоимость, выручка, бюджет
        сделки, стоимость сделки, сумма договора, price""",
    Field.LOST_AT: """lost at, lost on, lost date, lost time, date lost, closed lost date, data przegranej,
        data utraty, data odrzucenia, дата проигрыша, дата потери, дата отказа""",
    Field.LOST: """lost, is lost, is closed lost, przegrany, przegrana, przegrane, utracony, проигран, проиграна,
        потерян""",
    Field.REASON: """reason, lost reason, loss reason, closed lost reason, reason lost, unqualified reason,
        disqualification reason, reject reason, rejection reason, powod, powod przegranej, powod odrzucenia,
        powod utraty, przyczyna, причина, причина отказа, причина проигрыша, причина потери""",
    Field.NAME: """full name, name, contact name, lead name, person name, contact person, customer name,
        client name, your name, contact, person, customer, client, fullname, imie i nazwisko, nazwisko i imie,
        osoba kontaktowa, osoba, kontakt, klient, nazwa kontaktu, twoje imie i nazwisko, nazwa leada, имя и
        фамилия, фио, полное имя, контактное лицо, имя контакта, контакт, клиент, фамилия и имя, фамилия имя
        отчество, ваше имя, full name en, lead""",
    Field.FIRST_NAME: "first name, firstname, given name, forename, person first name, imie, twoje imie, имя",
    Field.LAST_NAME: "last name, lastname, surname, family name, person last name, nazwisko, фамилия",
    Field.COMPANY: """company, company name, organization, organisation, organization name, organisation name,
        account, account name, business name, business, associated company, employer, company account, your
        company, firm, firma, nazwa firmy, organizacja, przedsiebiorstwo, nazwa organizacji, spolka, nazwa
        przedsiebiorstwa, компания, название компании, организация, фирма, название организации, предприятие,
        наименование организации, юрлицо""",
    Field.JOB_TITLE: """job title, jobtitle, position, designation, role, job, occupation, job position,
        stanowisko, funkcja, rola, должность, позиция, роль, title""",
    Field.EMAIL: """email, e mail, email address, e mail address, mail, work email, business email, user
        email, primary email, email work, contact email, person email work, person email, your email, email 1,
        email home, person email home, personal email, company email, adres email, adres e mail, poczta, e
        mail sluzbowy, email sluzbowy, poczta elektroniczna, adres poczty elektronicznej, электронная почта,
        почта, эл почта, имейл, емейл, адрес электронной почты, email адрес, рабочий email, mail address,
        secondary email""",
    Field.PHONE: """phone, phone number, mobile, mobile phone, mobile number, cell phone, cell, telephone,
        tel, phone no, telephone number, contact number, work phone, user phone, business phone, phone work,
        mobile phone number, primary phone, person phone, your phone, whatsapp number, whatsapp, phone 1,
        phone mobile, home phone, phone home, telefon, numer telefonu, nr telefonu, tel kom, komorka, telefon
        komorkowy, nr tel, numer tel, telefon kontaktowy, telefon sluzbowy, телефон, номер телефона,
        мобильный, мобильный телефон, тел, сотовый, контактный телефон, рабочий телефон, моб телефон, номер
        тел""",
    Field.COUNTRY: """country, country region, country code, country name, mailing country, country territory,
        kraj, panstwo, kod kraju, страна, код страны, state country""",
    Field.CITY: "city, town, mailing city, miasto, miejscowosc, город, населенный пункт",
    Field.LANGUAGE: """language, preferred language, lang, locale, jezyk, preferowany jezyk, язык,
        предпочитаемый язык""",
    Field.NEED: """need, what they want, needs, interest, interested in, product interest, requirement, requirements,
    enquiry,
        inquiry, what do you need, request, question, potrzeba, potrzeby, zainteresowanie, zapytanie, czego
        potrzebujesz, czego dotyczy zapytanie, temat, produkt, потребность, потребности, интерес, запрос, что
        нужно, вопрос, интересует, продукт, product, message subject, lead title, deal title, lead name
        title""",
    Field.NOTE: """note, notes, comment, comments, description, remark, remarks, message, note content,
        details, additional information, notatka, notatki, uwagi, komentarz, opis, wiadomosc, tresc, tresc
        wiadomosci, uwaga, заметка, заметки, комментарий, комментарии, примечание, описание, сообщение,
        примечания""",
    Field.CAMPAIGN: """campaign, campaign name, utm campaign, marketing campaign, campaign title, kampania,
        nazwa kampanii, кампания, название кампании, рекламная кампания, source campaign, campaign id,
        landing page id""",
    Field.CHANNEL: """channel, source channel, lead source, source, utm source, original source, marketing
        channel, platform, traffic source, original traffic source, lead channel, kanal, zrodlo, zrodlo leada,
        zrodlo kontaktu, kanal marketingowy, канал, источник, источник лида, источник сделки, источник
        трафика, origin, lead origin, utm medium, medium""",
    Field.SALES_MINUTES: """sales minutes, minutes, sales time, minutes spent, time spent minutes, time spent
        min, minuty, czas sprzedazy, minuty sprzedazy, czas w minutach, минуты, минут, время продаж, время в
        минутах""",
    Field.MARK: """mark, lead quality, verdict, qualification, quality, rating, lead rating, ocena, ocena
        leada, kwalifikacja, jakosc, jakosc leada, оценка, квалификация, качество, качество лида""",
    Field.STAGE: """stage, lead status, deal stage, status, pipeline stage, lifecycle stage, lead stage, state
        of lead, etap, stan, status leada, etap szansy, этап, стадия, статус, статус лида, этап сделки, стадия
        сделки""",
    Field.NEXT_STEP_AT: """next step at, next step, next step date, next activity date, next follow up, follow
        up date, follow up, next contact, activity due date, next contact date, next activity, callback at,
        data nastepnego kroku, nastepny krok, nastepny kontakt, data kontaktu, data nastepnego kontaktu,
        nastepne dzialanie, дата следующего шага, следующий шаг, следующий контакт, дата следующего контакта,
        перезвонить""",
    Field.CONSENT: """consent, gdpr consent, marketing consent, opt in, email opt in, privacy consent, gdpr,
        terms accepted, zgoda, zgoda rodo, zgoda marketingowa, zgoda na kontakt, rodo, согласие, согласие на
        обработку, согласие на обработку персональных данных, согласие на рассылку""",
}

# Words that turn a known name into something else: "Do Not Email", "Email status", "Company size".
_TURNING_TEXT = """
    do not no nie nr is has status verified valid bounced opt out optout opens opened clicks count number
    of size type kind url link website domain ids id last modified updated update changed converted time
    date activity source score index hash preference preferences quality format extension code отказ нет
    не статус тип размер сайт дата код ostatni ostatnia data rozmiar typ strona kod zgoda
"""
_TURNING = frozenset(_TURNING_TEXT.split())
# Words a form's question puts around the name: "What is your phone number?".
_CONTAINED = {
    Field.EMAIL: ("email", "e mail", "adres email", "электронная почта", "почта", "емейл", "имейл"),
    Field.PHONE: (
        "phone number",
        "phone",
        "telefon",
        "numer telefonu",
        "телефон",
        "номер телефона",
        "mobile",
    ),
    Field.COMPANY: (
        "company name",
        "company",
        "nazwa firmy",
        "firma",
        "firmy",
        "компания",
        "компании",
        "organization",
    ),
    Field.COUNTRY: ("country", "kraj", "kraju", "страна"),
    Field.CITY: ("city", "miasto", "город"),
    Field.JOB_TITLE: ("job title", "stanowisko", "должность"),
    Field.NAME: ("full name", "imie i nazwisko", "фио", "имя и фамилия"),
    Field.FIRST_NAME: ("first name",),
    Field.LAST_NAME: ("last name", "nazwisko", "фамилия"),
}
# A box to tick is named by the sentence that is agreed to.
_AGREEING = tuple(
    f"{start} "
    for start in (
        "i agree", "i consent", "i accept", "consent to", "zgadzam sie", "wyrazam zgode", "akceptuje", "zgoda na",
        "я согласен", "я согласна", "согласие на", "я даю согласие", "даю согласие",
    )
)  # fmt: skip
_PREFIXES = re.compile(
    r"^(?:person|lead|contact|deal|organi[sz]ation|activity|note|customer|client|klient|osoba|лид|контакт"
    r"|сделка|properties|primary|your|twoj|twoja|ваш|ваша)\s+(?=\S)"
)
_SUFFIXES = re.compile(r"\s+(?:optional|required|wymagane|opcjonalnie|обязательно|pole wymagane|c)$")
_CAMEL = re.compile(r"(?<=[a-z\u0430-\u044f])(?=[A-Z\u0410-\u042f])")
_EMAIL_LIKE = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]{2,}")
_PHONE_LIKE = re.compile(r"(?:p:)?\+?[\d\s().\-/]{7,20}")
_STROKES = str.maketrans({"ł": "l", "Ł": "l", "ё": "е", "ø": "o", "đ": "d", "ß": "ss", "№": " номер "})

_WORDS_OF: dict[str, tuple[Field, float]] = {}
for _field, _names in NAMES.items():
    for _rank, _name in enumerate(part.strip() for part in re.sub(r"\s+", " ", _names).split(",")):
        _WORDS_OF.setdefault(_name, (_field, 1.0 - 0.002 * _rank))


def header_words(header: str) -> str:
    """Return a header as plain words: lower case, without accents, stars and brackets, one space between
    words.
    """
    text = unicodedata.normalize("NFKC", _CAMEL.sub(" ", header[:200])).casefold().translate(_STROKES)
    # й is и with a mark; it is a letter of its own and stays.
    text = text.replace("й", "\ue000")
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    text = text.replace("\ue000", "й")
    return " ".join("".join(c if c.isalnum() else " " for c in text).split())


def _candidates(header: str) -> list[tuple[Field, float]]:
    """Fields a header may name, each with its confidence."""
    words = header_words(header)
    if not words:
        return []
    exact = _WORDS_OF.get(words)
    if exact:
        return [exact]
    trimmed = words
    for factor in (0.93, 0.88, 0.84):
        shorter = _SUFFIXES.sub("", _PREFIXES.sub("", trimmed))
        if shorter == trimmed:
            break
        trimmed = shorter
        exact = _WORDS_OF.get(trimmed)
        if exact:
            return [(exact[0], exact[1] * factor)]
    # "Email (work)", "Amount, EUR": the name, then something in brackets or after a separator.
    first = header_words(re.split(r"[(\[,/:]", header, maxsplit=1)[0])
    exact = _WORDS_OF.get(first) if first != words else None
    if exact:
        return [(exact[0], exact[1] * 0.8)]
    if f"{words} ".startswith(_AGREEING):
        return [(Field.CONSENT, 0.7)]
    tokens = words.split()
    found: list[tuple[Field, float]] = []
    if len(tokens) <= 12:
        padded = f" {words} "
        for field, names in _CONTAINED.items():
            for name in names:
                if f" {name} " not in padded:
                    continue
                rest = set(padded.replace(f" {name} ", " ").split())
                if not rest & (_TURNING - {"is"}):
                    found.append((field, 0.6 - 0.01 * len(tokens)))
                break
    return found


def recognised_count(cells: Sequence[str]) -> int:
    """Count different fields named by the cells of a row; a row of data names none or one by chance."""
    return len(
        {
            exact[0]
            for cell in cells
            if cell and len(cell) <= 80 and not cell.isdigit()
            if (exact := _WORDS_OF.get(header_words(cell)))
        }
    )


def recognise(headers: Sequence[str], sample_rows: Iterable[Sequence[str]] = ()) -> list[Match]:
    """Say for each column which field it holds; each field at most once, the best name wins, then the
    leftmost.

    ``sample_rows`` are cells of some rows: they find columns of e-mail addresses and phone numbers without a
    telling name, and keep a column such as "Email: yes/no" from being taken for addresses.
    """
    columns: list[list[str]] = [[] for _ in headers]
    for row in sample_rows:
        for index, cell in enumerate(row[: len(headers)]):
            if cell.strip():
                columns[index].append(cell.strip())
    proposals: list[tuple[float, int, Field]] = []
    for index, header in enumerate(headers):
        for field, confidence in _candidates(header):
            if (
                field is Field.EMAIL
                and len(columns[index]) >= 3
                and not any("@" in cell for cell in columns[index])
            ):
                continue
            proposals.append((-confidence, index, field))
    chosen: dict[int, tuple[Field | None, float]] = {}
    taken: set[Field] = set()

    def take(index: int, field: Field, confidence: float) -> None:
        if index not in chosen and field not in taken:
            chosen[index] = (field, round(confidence, 3))
            taken.add(field)

    for negative, index, field in sorted(proposals):
        take(index, field, -negative)
    for field, pattern in ((Field.EMAIL, _EMAIL_LIKE), (Field.PHONE, _PHONE_LIKE)):
        if field in taken:
            continue
        shares = [
            (_share(cells, pattern, is_phone=field is Field.PHONE), -index)
            for index, cells in enumerate(columns)
            if index not in chosen and cells
        ]
        if shares and (best := max(shares))[0] >= 0.6:
            take(-best[1], field, 0.5 * best[0])
    found = [chosen.get(index, (None, 0.0)) for index in range(len(headers))]
    return [
        Match(header, field, confidence, index)
        for index, (header, (field, confidence)) in enumerate(zip(headers, found, strict=True))
    ]


def _share(cells: Sequence[str], pattern: re.Pattern[str], *, is_phone: bool) -> float:
    """Share of cells that look like the pattern; a phone number needs a sign or a gap, else ids would be
    phones.
    """
    good = 0
    for cell in cells:
        if not pattern.fullmatch(cell):
            continue
        if is_phone:
            digits = sum(c.isdigit() for c in cell)
            looks_like_date = re.fullmatch(r"\d{1,4}([-./])\d{1,2}\1\d{1,4}", cell)
            if (
                not 7 <= digits <= 15
                or looks_like_date
                or cell.isdigit()
                or re.fullmatch(r"[\d ]*[.]\d+", cell)
            ):
                continue
        good += 1
    return good / len(cells)


def header_key(headers: Sequence[str]) -> str:
    """Return a stable key of a header set under which its mapping is remembered; order counts, spelling does
    not.
    """
    joined = "\x1f".join(header_words(header) for header in headers)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]
