"""Invented people, companies and wishes for the sample company. Any likeness is chance."""

FIRST_NAMES: dict[str, tuple[str, ...]] = {
    "PL": (
        "Ewa", "Jan", "Sylwia", "Marek", "Piotr", "Karol", "Monika", "Robert", "Alicja", "Rafał", "Zofia", "Grzegorz",
        "Łukasz", "Magda", "Wojciech", "Agnieszka", "Tadeusz", "Renata", "Michał", "Hanna", "Paweł", "Justyna", "Adam",
        "Beata", "Kamil", "Dorota", "Szymon", "Joanna", "Krzysztof", "Bożena",
    ),
    "DE": (
        "Jan", "Lena", "Heinz", "Dirk", "Sabine", "Uwe", "Katrin", "Jürgen", "Anke", "Stefan", "Birgit", "Torsten",
        "Silke", "Markus", "Heike", "Jens", "Ute", "Björn",
    ),
    "CZ": ("Tomáš", "Jiří", "Lenka", "Petr", "Jana", "Zdeněk", "Hana", "Ondřej", "Martina", "Václav"),
    "RU": (
        "Антон", "Ольга", "Сергей", "Наталья", "Дмитрий", "Ирина", "Алексей", "Светлана", "Игорь", "Марина", "Павел",
        "Юлия", "Виктор", "Галина",
    ),
    "LV": ("Inese", "Ilze", "Andris", "Māris", "Līga", "Jānis", "Kristīne", "Edgars"),
    "GB": ("Oliver", "Emma", "Harry", "Sophie", "Jack", "Grace", "Thomas", "Chloe", "George", "Amelia", "Priya", "Omar"),
}  # fmt: skip

LAST_NAMES: dict[str, tuple[str, ...]] = {
    "PL": (
        "Nowicka", "Kot", "Gil", "Sowa", "Wąs", "Dąb", "Lis", "Zych", "Bąk", "Lech", "Maj", "Wilk", "Kruk", "Czaja",
        "Rybak", "Mazurek", "Zając", "Sikora", "Wróbel", "Duda", "Pająk", "Gołąb", "Kania", "Ptak", "Szulc", "Kubiak",
        "Mróz", "Cieślak", "Żuk", "Jeż",
    ),
    "DE": (
        "Brandt", "Vogel", "Adler", "Maas", "Krüger", "Lorenz", "Böhm", "Seidel", "Winkler", "Haas", "Schreiber",
        "Kuhn", "Pohl", "Engel", "Voigt",
    ),
    "CZ": ("Havel", "Dvořák", "Novotná", "Kučera", "Veselý", "Horáková", "Němec", "Marek", "Pokorný"),
    "RU": (
        "Белов", "Коваль", "Гончар", "Ткач", "Мороз", "Кравец", "Дорош", "Бондарь", "Шевчук", "Савченко", "Гайдай",
        "Литвин",
    ),
    "LV": ("Ozola", "Krūma", "Bērziņš", "Kalniņa", "Liepa", "Vītols", "Zariņa"),
    "GB": ("Ward", "Hughes", "Bell", "Shaw", "Price", "Webb", "Mills", "Grant", "Patel", "Reid", "Lowe", "Khan"),
}  # fmt: skip

COMPANY_STEMS = (
    "Nord", "Agro", "Metal", "Techno", "Euro", "Vista", "Omni", "Prima", "Delta", "Sigma", "Helio", "Terra", "Aqua",
    "Ferro", "Lumi", "Rapid", "Solid", "Kargo", "Porto", "Granit", "Baltic", "Karpat", "Odra", "Visla", "Silva", "Neon",
)  # fmt: skip

COMPANY_TAILS: dict[str, tuple[str, ...]] = {
    "PL": ("flex", "pol", "hurt", "trans", "bud", "plast", "meble", "chem", " Części", " Logistyka", " Magazyny"),
    "DE": (" Logistik", " Lager GmbH", "werk", " Handel", " Spedition", "technik"),
    "CZ": ("sklad", " Logistika", "trans", " Servis"),
    "RU": (" Трейд", "снаб", " Логистика", "склад", "строй"),
    "LV": (" SIA", " Noliktava", "trans"),
    "GB": (" Storage", " Supplies", " Freight", "tech", " Foods"),
}

CITIES: dict[str, tuple[str, ...]] = {
    "PL": ("Poznań", "Wrocław", "Lublin", "Gdańsk", "Łódź", "Kraków", "Katowice", "Szczecin"),
    "DE": ("Leipzig", "Hamburg", "Berlin", "Dresden", "Hannover"),
    "CZ": ("Praha", "Brno", "Ostrava"),
    "RU": ("Самара", "Казань", "Пермь"),
    "LV": ("Rīga", "Jelgava"),
    "GB": ("Leeds", "Bristol", "Manchester"),
}

LANGUAGE_OF = {"PL": "pl", "DE": "de", "CZ": "cs", "RU": "ru", "LV": "lv", "GB": "en"}

TITLES: dict[str, tuple[str, ...]] = {
    "PL": ("Kierownik logistyki", "Właściciel", "Zakupy", "Kierownik magazynu", "Dyrektor operacyjny"),
    "DE": ("Lagerleitung", "Einkauf", "Geschäftsführung", "Logistikleitung"),
    "CZ": ("Vedoucí skladu", "Nákup", "Jednatel"),
    "RU": ("Начальник склада", "Закупки", "Логистика", "Директор"),
    "LV": ("Logistika", "Iepirkumi"),
    "GB": ("Logistics manager", "Owner", "Purchasing", "Warehouse manager", "Operations director"),
}

WISHES: dict[str, tuple[str, ...]] = {
    "PL": (
        "Regały na około 1200 miejsc paletowych w nowej hali. Dostawcę wybieramy w maju.",
        "Wycena antresoli, 600 m²",
        "Regały do mroźni, proszą o wizytę",
        "Wymiana 40 regałów półkowych",
        "Cena za 300 ramion wspornikowych",
        "Regały półkowe do 3 alejek",
        "Cennik i terminy dostaw",
        "Przegląd i naprawa regałów po uszkodzeniu wózkiem",
        "Magazyn tymczasowy na sezon",
        "System do archiwum, 800 m półek",
    ),
    "DE": (
        "Angebot für eine Lagerbühne, 600 m²",
        "Palettenregal für etwa 900 Plätze",
        "Nur vor der Schicht erreichbar, bitte vor 9:00",
        "Kragarmregale für Langgut, Außenlager",
        "Regalprüfung nach Norm, zwei Hallen",
        "Fachboden für Ersatzteile, 120 m²",
    ),
    "CZ": ("Paletové regály do nové haly", "Poptávka na mezanin 400 m²", "Stěhování skladu v září", "Regály na pneumatiky"),
    "RU": (
        "Каталог и условия доставки",
        "Стеллажи для холодного склада",
        "Мезонин 200 м²",
        "Замена 40 секций полочных стеллажей",
        "Просчёт на 1500 паллетомест",
    ),
    "LV": ("Noliktavas pārcelšana septembrī", "40 plauktu sekcijas, jūnijs", "Palešu plaukti, cena un piegāde"),
    "GB": (
        "Racking for about 1,200 pallet places in a new hall",
        "Quote for a mezzanine, 600 m²",
        "Warehouse move in September",
        "Shelving for 3 aisles",
        "Catalogue and delivery terms",
        "Cold store racking, asks for a visit",
    ),
}

NOTES_GOOD = (
    "Needs 4 bays in autumn", "Budget confirmed for this quarter", "Wants a visit next week", "Two halls, decides with the owner",
    "Compares three suppliers", "Sent drawings, asks for a price by Friday", "Planning a second hall next year",
)  # fmt: skip

NOTES_BAD = (
    "Private person", "Hall under 500 m²", "Never asked for a call", "Came for garden tools", "Student project",
    "Already bought elsewhere", "Only wanted the catalogue",
)  # fmt: skip
