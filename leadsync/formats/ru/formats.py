"""Russian: 7 апреля 2026, 9:05, 432 000 €.

Short months are written by the `day` filter: Django has no dotted ones.
"""

DATE_FORMAT = "j E Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j E Y H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j E"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
FIRST_DAY_OF_WEEK = 1

DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d.%m.%y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M"]

DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "\xa0"
NUMBER_GROUPING = 3

# Below: read by leadsync.core.money and leadsync.core.templatetags.ui, not by Django.
MONTHS_AFTER_DAY = (
    "янв.",
    "февр.",
    "марта",
    "апр.",
    "мая",
    "июня",
    "июля",
    "авг.",
    "сент.",
    "окт.",
    "нояб.",
    "дек.",
)
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
PERCENT_PATTERN = "{}\xa0%"
MONEY_BEFORE = False
MONEY_SHORT_UNITS = ("тыс.", "млн")
MONEY_SHORT_GAP = "\xa0"
