"""Countries: all ISO 3166-1 alpha-2 codes, and names of the common ones in English, Polish and Russian."""

from .columns import header_words

_COUNTRY_CODES_TEXT = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV
    BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES
    ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE
    IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY
    MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU
    NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM
    SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE
    VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRY_CODES = frozenset(_COUNTRY_CODES_TEXT.split())

_NAMES: dict[str, str] = {
    "AE": "are, uae, united arab emirates, zjednoczone emiraty arabskie, оаэ, объединенные арабские эмираты",
    "AL": "alb, albania, албания",
    "AM": "arm, armenia, армения",
    "AR": "arg, argentina, argentyna, аргентина",
    "AT": "aut, austria, österreich, австрия",
    "AU": "aus, australia, австралия",
    "AZ": "aze, azerbaijan, azerbejdżan, азербайджан",
    "BA": "bih, bosnia and herzegovina, bośnia i hercegowina, босния и герцеговина",
    "BD": "bgd, bangladesh, bangladesz, бангладеш",
    "BE": "bel, belgium, belgia, belgique, belgië, бельгия",
    "BG": "bgr, bulgaria, bułgaria, българия, болгария",
    "BH": "bhr, bahrain, bahrajn, бахрейн",
    "BR": "bra, brazil, brazylia, brasil, бразилия",
    "BY": "blr, belarus, białoruś, беларусь, белоруссия",
    "CA": "can, canada, kanada, канада",
    "CH": "che, switzerland, szwajcaria, schweiz, suisse, швейцария",
    "CL": "chl, chile, чили",
    "CN": "chn, china, chiny, китай, кнр",
    "CO": "col, colombia, kolumbia, колумбия",
    "CY": "cyp, cyprus, cypr, кипр",
    "CZ": """cze, czechia, czech republic, czechy, republika czeska, česko, česká republika, чехия,
        чешская республика""",
    "DE": "deu, ger, germany, niemcy, deutschland, германия",
    "DK": "dnk, denmark, dania, danmark, дания",
    "EE": "est, estonia, eesti, эстония",
    "EG": "egy, egypt, egipt, египет",
    "ES": "esp, spain, hiszpania, españa, испания",
    "FI": "fin, finland, finlandia, suomi, финляндия",
    "FR": "fra, france, francja, франция",
    "GB": """gbr, uk, united kingdom, great britain, england, scotland, wales, britain, wielka brytania,
        anglia, zjednoczone królestwo, великобритания, англия, соединенное королевство""",
    "GE": "geo, georgia, gruzja, грузия",
    "GR": "grc, greece, grecja, греция",
    "HK": "hkg, hong kong, hongkong, гонконг",
    "HR": "hrv, croatia, chorwacja, hrvatska, хорватия",
    "HU": "hun, hungary, węgry, magyarország, венгрия",
    "ID": "idn, indonesia, indonezja, индонезия",
    "IE": "irl, ireland, irlandia, ирландия",
    "IL": "isr, israel, izrael, израиль",
    "IN": "ind, india, indie, индия",
    "IS": "isl, iceland, islandia, исландия",
    "IT": "ita, italy, włochy, italia, италия",
    "JP": "jpn, japan, japonia, япония",
    "KE": "ken, kenya, kenia, кения",
    "KG": "kgz, kyrgyzstan, kirgistan, киргизия, кыргызстан",
    "KR": "kor, south korea, korea, korea południowa, republic of korea, южная корея, корея",
    "KW": "kwt, kuwait, kuwejt, кувейт",
    "KZ": "kaz, kazakhstan, kazachstan, казахстан",
    "LI": "lie, liechtenstein, лихтенштейн",
    "LK": "lka, sri lanka, шри ланка",
    "LT": "ltu, lithuania, litwa, lietuva, литва",
    "LU": "lux, luxembourg, luksemburg, люксембург",
    "LV": "lva, latvia, łotwa, latvija, латвия",
    "MA": "mar, morocco, maroko, марокко",
    "MD": "mda, moldova, mołdawia, молдавия, молдова",
    "ME": "mne, montenegro, czarnogóra, черногория",
    "MK": "mkd, north macedonia, macedonia, macedonia północna, северная македония",
    "MT": "mlt, malta, мальта",
    "MX": "mex, mexico, meksyk, méxico, мексика",
    "MY": "mys, malaysia, malezja, малайзия",
    "NG": "nga, nigeria, нигерия",
    "NL": """nld, netherlands, the netherlands, holland, holandia, niderlandy, nederland, нидерланды,
        голландия""",
    "NO": "nor, norway, norwegia, norge, норвегия",
    "NZ": "nzl, new zealand, nowa zelandia, новая зеландия",
    "OM": "omn, oman, оман",
    "PE": "per, peru, перу",
    "PH": "phl, philippines, filipiny, филиппины",
    "PK": "pak, pakistan, пакистан",
    "PL": "pol, poland, polska, rzeczpospolita polska, polen, польша",
    "PT": "prt, portugal, portugalia, португалия",
    "QA": "qat, qatar, katar, катар",
    "RO": "rou, romania, rumunia, românia, румыния",
    "RS": "srb, serbia, сербия",
    "RU": "rus, russia, russian federation, rosja, federacja rosyjska, россия, российская федерация, рф",
    "SA": "sau, saudi arabia, arabia saudyjska, саудовская аравия",
    "SE": "swe, sweden, szwecja, sverige, швеция",
    "SG": "sgp, singapore, singapur, сингапур",
    "SI": "svn, slovenia, słowenia, slovenija, словения",
    "SK": "svk, slovakia, słowacja, slovensko, словакия",
    "TH": "tha, thailand, tajlandia, таиланд",
    "TJ": "tjk, tajikistan, tadżykistan, таджикистан",
    "TN": "tun, tunisia, tunezja, тунис",
    "TR": "tur, turkey, türkiye, turcja, турция",
    "TW": "twn, taiwan, tajwan, тайвань",
    "UA": "ukr, ukraine, ukraina, україна, украина",
    "US": """usa, united states, united states of america, america, stany zjednoczone, stany zjednoczone
        ameryki, сша, соединенные штаты америки, соединенные штаты""",
    "UZ": "uzb, uzbekistan, узбекистан",
    "VN": "vnm, vietnam, viet nam, wietnam, вьетнам",
    "ZA": "zaf, south africa, rpa, republika południowej afryki, юар, южная африка",
}

COUNTRY_NAMES: dict[str, str] = {
    header_words(name): code for code, names in _NAMES.items() for name in names.split(",")
}
