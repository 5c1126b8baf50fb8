"""The story of the sample company Nordrack: who works there and what its campaigns are like.

Everything here is invented. Shares are what the generator aims at; a campaign's `leads` are spread over its months.
"""

from dataclasses import dataclass, field
from decimal import Decimal

from leadsync.accounts.roles import Role

COMPANY = "Nordrack"
PASSWORD = "leadsync-demo"  # noqa: S105  # the sample company's, printed at the start


@dataclass(frozen=True)
class Colleague:
    """A person of the sample company; `pace` is how fast a rep makes first contact (1 is in time, 2 is often late)."""

    key: str
    name: str
    roles: tuple[Role, ...]
    office: str = "Poznań"
    language: str = "en"
    capacity: int = 8
    pace: float = 1.0
    skill: float = 1.0


PEOPLE = (
    Colleague("anna", "Anna Lewandowska", (Role.DIRECTOR,)),
    Colleague("ola", "Ola Nowak", (Role.HEAD_OF_MARKETING,)),
    Colleague("tomasz", "Tomasz Wrona", (Role.HEAD_OF_SALES,), capacity=4, pace=0.9, skill=1.2),
    Colleague("marta", "Marta Zielińska", (Role.MARKETER,)),
    Colleague("bartek", "Bartek Król", (Role.MARKETER,), language="pl"),
    Colleague("olga", "Olga Smirnova", (Role.MARKETER,), office="Rīga", language="ru"),
    Colleague("pawel", "Paweł Krawczyk", (Role.REP,), capacity=10, pace=1.5),
    Colleague("iga", "Iga Mazur", (Role.REP,), language="pl", pace=0.6, skill=1.4),
    Colleague("dmitri", "Dmitri Volkov", (Role.REP,), office="Rīga", language="ru", pace=1.7, skill=0.8),
    Colleague("lena", "Lena Bauer", (Role.REP,), office="Leipzig", pace=0.8, skill=1.1),
    Colleague("jakub", "Jakub Sroka", (Role.REP,), language="pl", capacity=6, pace=1.1),
    Colleague("nina", "Nina Petrova", (Role.REP,), office="Rīga", language="ru", pace=0.9),
    Colleague("oskar", "Oskar Lange", (Role.REP,), office="Leipzig", capacity=8, pace=1.0, skill=0.9),
    Colleague("admin", "Ewelina Kos", (Role.ADMINISTRATOR,)),
)


@dataclass(frozen=True)
class Channel:
    """A channel with its terms. Its contact points: `leadsync.demo.channels`."""

    name: str
    terms: str = ""


CHANNELS = (
    Channel("Website", "Quote within two working days. Free site survey from 300 pallet places."),
    Channel("Search ads", "Same terms as the website."),
    Channel("Social ads", "Catalogue and call within one working hour."),
    Channel("Phone", "Answered 8:00 to 17:00."),
    Channel("Exhibitions", "Fair price until two weeks after the fair."),
    Channel("Marketplace", "Listed prices, delivery in 10 days, no survey."),
    Channel("Partners", "Partner gets 4 % for three months."),
    Channel("Mailing", "Offer code in every mail, valid 30 days."),
    Channel("Recommendation", "Gift for the customer who recommends."),
)


@dataclass(frozen=True)
class Story:
    """One campaign: `start` and `end` in days before today (negative is ahead), shares of what its leads become."""

    name: str
    kind: str
    channel: str
    owner: str
    leads: int
    start: int
    end: int | None = None
    market: str = "PL"
    markets: tuple[str, ...] = ()
    good: float = 0.35  # promising or better
    qualified: float = 0.6  # of the good
    close: float = 0.24  # of the qualified
    cost: Decimal = Decimal(12)  # per lead
    budget: Decimal | None = None
    state: str = "live"
    segment: str = ""
    offer: str = ""
    hypothesis: str = ""
    minutes: float = 1.0
    deal: int = 15_000
    extra: dict[str, str] = field(default_factory=dict)


STORIES = (
    Story(
        "Racking calculator",
        "website",
        "Website",
        "marta",
        1150,
        365,
        good=0.5,
        markets=("PL", "PL", "PL", "DE", "CZ"),
        offer="Price range in two minutes, exact quote in two working days.",
        hypothesis="Whoever counts pallet places is about to buy.",
        cost=Decimal(9),
    ),
    Story(
        "Inbound phone",
        "phone",
        "Phone",
        "marta",
        520,
        365,
        good=0.42,
        markets=("PL", "PL", "DE"),
        cost=Decimal(3),
    ),
    Story(
        "LinkedIn lead ads",
        "ads",
        "Social ads",
        "bartek",
        610,
        300,
        good=0.3,
        markets=("PL", "DE", "GB"),
        cost=Decimal(31),
        minutes=1.9,
        segment="Logistics over 50 people",
        offer="Warehouse planning guide, 24 pages.",
    ),
    Story(
        "Google search, pallet racking",
        "ads",
        "Search ads",
        "bartek",
        930,
        350,
        good=0.36,
        markets=("PL", "PL", "DE"),
        cost=Decimal(24),
    ),
    Story(
        "Google search, mezzanine",
        "ads",
        "Search ads",
        "bartek",
        320,
        240,
        good=0.41,
        cost=Decimal(29),
        deal=26_000,
    ),
    Story(
        "Partner webinar",
        "partner",
        "Partners",
        "ola",
        180,
        120,
        good=0.54,
        markets=("PL", "DE"),
        cost=Decimal(22),
        deal=21_000,
    ),
    Story("Warehouse guide download", "website", "Website", "marta", 480, 330, good=0.17, cost=Decimal(6)),
    Story("Newsletter, autumn", "website", "Mailing", "bartek", 140, 80, good=0.25, cost=Decimal(4)),
    Story(
        "Newsletter, spring",
        "website",
        "Mailing",
        "bartek",
        160,
        250,
        190,
        good=0.24,
        cost=Decimal(4),
        state="ended",
    ),
    Story(
        "LogiMAT Stuttgart",
        "event",
        "Exhibitions",
        "marta",
        210,
        245,
        200,
        market="DE",
        markets=("DE",),
        good=0.33,
        cost=Decimal(88),
        deal=24_000,
        state="ended",
        offer="Fair price until two weeks after the fair.",
    ),
    Story(
        "Warsaw Pack",
        "event",
        "Exhibitions",
        "marta",
        130,
        150,
        110,
        good=0.28,
        cost=Decimal(70),
        state="ended",
    ),
    Story(
        "Riga Food",
        "event",
        "Exhibitions",
        "olga",
        90,
        75,
        50,
        market="LV",
        markets=("LV", "RU"),
        good=0.3,
        cost=Decimal(64),
        state="ended",
    ),
    Story(
        "Metal Expo visitor list",
        "list",
        "Exhibitions",
        "marta",
        40,
        19,
        market="PL",
        good=0.075,
        qualified=0.0,
        cost=Decimal(80),
        budget=Decimal(3500),
        minutes=1.6,
        hypothesis="Exhibitors of Metal Expo plan new halls.",
        offer="Free hall check.",
    ),
    Story(
        "TikTok test",
        "ads",
        "Social ads",
        "bartek",
        14,
        5,
        good=0.3,
        cost=Decimal(18),
        budget=Decimal(900),
        offer="Shelving from stock.",
    ),
    Story(
        "Marketplace listing",
        "website",
        "Marketplace",
        "olga",
        310,
        320,
        good=0.2,
        markets=("PL", "LV"),
        cost=Decimal(11),
        deal=9_000,
    ),
    Story(
        "Baltic mailing",
        "list",
        "Mailing",
        "olga",
        150,
        60,
        market="LV",
        markets=("LV",),
        good=0.26,
        cost=Decimal(7),
    ),
    Story(
        "Kazakhstan and Volga list",
        "list",
        "Mailing",
        "olga",
        120,
        220,
        170,
        market="RU",
        markets=("RU",),
        good=0.09,
        cost=Decimal(9),
        minutes=1.5,
        state="stopped",
    ),
    Story(
        "Czech partner network",
        "partner",
        "Partners",
        "ola",
        170,
        280,
        market="CZ",
        markets=("CZ",),
        good=0.38,
        cost=Decimal(19),
    ),
    Story(
        "Cold store racking",
        "website",
        "Website",
        "marta",
        130,
        170,
        good=0.37,
        cost=Decimal(21),
        deal=34_000,
    ),
    Story(
        "Rack inspection offer",
        "website",
        "Mailing",
        "bartek",
        210,
        130,
        good=0.31,
        cost=Decimal(5),
        deal=6_500,
    ),
    Story(
        "Recommendations",
        "partner",
        "Recommendation",
        "ola",
        115,
        360,
        good=0.62,
        cost=Decimal(15),
        close=0.34,
    ),
    Story(
        "UK spare parts page",
        "website",
        "Website",
        "marta",
        100,
        100,
        market="GB",
        markets=("GB",),
        good=0.19,
        cost=Decimal(16),
    ),
    Story(
        "Retargeting banners",
        "ads",
        "Search ads",
        "bartek",
        220,
        90,
        good=0.14,
        cost=Decimal(14),
        minutes=1.4,
        state="paused",
    ),
    Story(
        "Winter stock sale",
        "ads",
        "Social ads",
        "bartek",
        0,
        -10,
        cost=Decimal(12),
        budget=Decimal(6000),
        state="draft",
        offer="Last sizes from stock, 15 % less.",
    ),
    Story(
        "Intralogistics Poznań",
        "event",
        "Exhibitions",
        "marta",
        0,
        -35,
        -38,
        cost=Decimal(75),
        budget=Decimal(18_000),
        state="review",
        offer="Hall check at the stand.",
    ),
)
