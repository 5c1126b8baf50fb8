"""What customers say: figures that a plain count gives too, and the leads and words behind each of them."""

import csv
import io
import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from leads.domain.voice import Period
from leads.domain.words import Topic
from leads.models import Activity, Finding, Lead, Tag
from leads.selectors import voice
from leads.selectors.voice import NOT_STATED, OTHER_WORDS, By, Scope
from leadsync.accounts.models import User
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db

URL = "/voice/"
WARSAW = ZoneInfo("Europe/Warsaw")
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
IN_MAY = datetime(2026, 5, 12, 10, tzinfo=UTC)
DAYS = "from=2026-05-01&to=2026-05-31"


@pytest.fixture(autouse=True)
def _company() -> None:
    CompanyFactory.create()


@pytest.fixture
def marta(client: Client) -> User:
    found = person("marketer")
    client.force_login(found)
    return found


def learned(
    of: Lead, *, tag: str = "", words: str = "", topic: str = "objection", at: datetime = IN_MAY
) -> Finding:
    """One thing learned: a stock tag by key, or words of a topic."""
    found = Tag.objects.get(key=tag) if tag else None
    return Finding.objects.create(
        lead=of, topic=found.topic if found else topic, tag=found, words=words, by=of.owner, at=at
    )


def counts(found: voice.Voice, topic: Topic) -> dict[str, tuple[int, int]]:
    figures = found.topics[topic]
    return {line.key: (line.count, line.before) for line in [*figures.tags, figures.words]}


# ------------------------------------------------------------------------------ against a plain count


def some_company(seed: int) -> None:
    """Leads of four campaigns with findings and talks over half a year, some of them tests."""
    chance = random.Random(seed)
    shop, fair = channel(name="Shop"), channel(name="Fair")
    campaigns = [
        campaign(channel=shop, market="PL", segment="Farms"),
        campaign(channel=shop, market="", segment=""),
        campaign(channel=fair, market="DE", segment="Farms"),
        campaign(channel=fair, market="LV", segment="Ports"),
    ]
    tags = list(Tag.objects.all())
    for _number in range(60):
        of = lead(campaign=chance.choice(campaigns), country=chance.choice(["", "PL", "CZ"]))
        Lead.objects.filter(pk=of.pk).update(is_test=chance.random() < 0.1)
        for tag in chance.sample(tags, chance.randint(0, 4)):
            learned(of, tag=tag.key, at=some_time(chance))
        for topic in Topic:
            if chance.random() < 0.3:
                learned(of, words="So they said", topic=topic, at=some_time(chance))
        if chance.random() < 0.5:
            kind = chance.choice([Activity.Kind.CALL, Activity.Kind.NOTE])
            Activity.objects.create(lead=of, campaign=of.campaign, at=some_time(chance), kind=kind)


def some_time(chance: random.Random) -> datetime:
    return datetime(2026, 3, 20, tzinfo=UTC) + timedelta(hours=chance.randint(0, 90 * 24))


def in_days(at: datetime, period: Period) -> bool:
    return period.first <= at.astimezone(WARSAW).date() <= period.last


def plain_group(of: Lead, by: By) -> str:
    market = str(of.country or "") or str(of.campaign.market or "")
    return {
        By.CAMPAIGN: str(of.campaign_id),
        By.CHANNEL: str(of.campaign.channel_id),
        By.MARKET: market or NOT_STATED,
        By.SEGMENT: of.campaign.segment or NOT_STATED,
    }[by]


def plain_findings(scope: Scope) -> list[Finding]:
    """Every finding that belongs to the leads meant, whenever it was."""
    found = []
    for one in Finding.objects.select_related("lead__campaign", "tag"):
        of = one.lead
        cuts = [
            scope.campaign in (None, of.campaign_id),
            scope.channel in (None, of.campaign.channel_id),
            not scope.market or plain_group(of, By.MARKET) == scope.market,
            not scope.segment or plain_group(of, By.SEGMENT) == scope.segment,
        ]
        if all(cuts) and not of.is_test:
            found.append(one)
    return found


def is_alone(words: Finding) -> bool:
    return not words.lead.findings.filter(topic=words.topic).exclude(tag=None).exists()


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("by", list(By))
def test_every_number_is_what_a_plain_count_gives(seed: int, by: By) -> None:
    some_company(seed)
    first = Campaign.objects.order_by("pk").first()
    assert first is not None
    for scope in (
        Scope(MAY),
        Scope(MAY, campaign=first.pk),
        Scope(MAY, channel=first.channel_id, segment="Farms"),
        Scope(MAY, market="PL"),
        Scope(MAY, market=NOT_STATED, segment=NOT_STATED),
    ):
        plain: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        groups: dict[tuple[str, str, str], int] = defaultdict(int)
        leads: dict[str, list[set[int]]] = defaultdict(lambda: [set(), set()])
        for one in plain_findings(scope):
            for place, period in enumerate((MAY, MAY.previous)):
                if not in_days(one.at, period):
                    continue
                leads[one.topic][place].add(one.lead_id)
                if one.tag is None and not is_alone(one):
                    continue
                key = one.tag.key if one.tag else OTHER_WORDS
                plain[one.topic, key][place] += 1
                if not place:
                    groups[plain_group(one.lead, by), one.topic, key] += 1
        found = voice.voice(scope, by=by)
        for topic in Topic:
            seen = {key: list(value) for key, value in counts(found, topic).items() if any(value)}
            assert seen == {key: value for (about, key), value in plain.items() if about == topic}
            figures = found.topics[topic]
            assert [figures.leads, figures.before] == [len(one) for one in leads[topic]]
        assert {
            (group.key, topic.value, key): count
            for group in found.groups
            for topic, own in group.counts.items()
            for key, count in own.items()
        } == groups
        assert sum(group.worked for group in found.groups) == found.worked


@pytest.mark.parametrize("seed", [1, 2])
def test_leads_worked_are_those_talked_to_tried_or_learned_about(seed: int) -> None:
    some_company(seed)
    worked = {one.lead_id for one in plain_findings(Scope(MAY)) if in_days(one.at, MAY)}
    worked |= {
        talk.lead_id
        for talk in Activity.objects.exclude(kind="note").filter(lead__is_test=False)
        if in_days(talk.at, MAY)
    }
    assert voice.voice(Scope(MAY)).worked == len(worked)


def test_days_begin_and_end_in_the_company_s_zone() -> None:
    one, other = lead(), lead()
    learned(one, tag="not_now", at=datetime(2026, 4, 30, 22, 0, tzinfo=UTC))  # 1 May, 0:00 in Warsaw
    learned(other, tag="not_now", at=datetime(2026, 5, 31, 22, 0, tzinfo=UTC))  # 1 June there
    found = counts(voice.voice(Scope(MAY)), Topic.OBJECTION)
    assert found["not_now"] == (1, 0)


def test_words_beside_a_tag_are_not_counted_as_other_words() -> None:
    tagged, told = lead(), lead()
    learned(tagged, tag="too_expensive")
    learned(tagged, words="12% above")
    learned(told, words="The boss likes blue")
    found = counts(voice.voice(Scope(MAY)), Topic.OBJECTION)
    assert found == {"too_expensive": (1, 0), OTHER_WORDS: (1, 0)}


# ------------------------------------------------------------------------------ the pages


def test_the_page_says_what_is_said_most_and_how_that_changed(client: Client, marta: User) -> None:
    for _number in range(3):
        learned(lead(), tag="too_expensive")
    learned(lead(), tag="too_expensive", at=IN_MAY - timedelta(days=30))
    learned(lead(), tag="not_now")
    response = client.get(f"{URL}?{DAYS}")
    assert (
        response.context["sentence"]
        == "“Too expensive” is the most frequent objection: 3 of 4 leads, 2 more than before."
    )
    assert "75%, 2 more" in response.text
    assert "Few leads" in response.text


def test_without_anything_noted_the_page_says_where_to_note_it(client: Client, marta: User) -> None:
    response = client.get(URL)
    assert response.status_code == 200
    assert "Sales notes what it learns" in response.text
    assert "Broken down" not in response.text


@pytest.mark.parametrize("by", [by.value for by in By])
def test_every_number_of_the_page_opens_as_many_leads(client: Client, marta: User, by: str) -> None:
    some_company(3)
    response = client.get(f"{URL}?{DAYS}&by={by}&topic=need")
    asked = [
        *(
            (bar.line.count, bar.url)
            for card in response.context["cards"]
            for bar in [*card.bars, card.words]
        ),
        *((cell.count, cell.url) for row in response.context["rows"] for cell in row.cells),
    ]
    assert len(asked) > 30
    for count, url in asked:
        opened = client.get(url)
        assert len(opened.context["page"].rows) == count, url
        listed = client.get(opened.context["list_url"])
        assert listed.context["cut"].filter.remarks == []
        assert listed.context["page"].total == count, opened.context["list_url"]


def test_behind_a_number_stand_the_lead_its_rep_the_time_and_the_words(client: Client, marta: User) -> None:
    rep = person("rep", name="Paweł Krawczyk")
    of = lead(owner=rep, name="Adam Czaja", company="Omni")
    learned(of, tag="too_expensive")
    learned(of, words="12% above what we pay <now>")
    response = client.get(f"{URL}leads/?{DAYS}&topic=objection&what=too_expensive")
    for part in (
        "Adam Czaja",
        "Omni",
        "Paweł Krawczyk",
        "12% above what we pay &lt;now&gt;",
        "12\xa0May 12:00",
    ):
        assert part in response.text
    fragment = client.get(
        f"{URL}leads/?{DAYS}&topic=objection&what=too_expensive", headers={"HX-Request": "true"}
    )
    assert "<html" not in fragment.text
    assert "Adam Czaja" in fragment.text


def test_a_tag_that_is_not_there_is_not_found(client: Client, marta: User) -> None:
    assert client.get(f"{URL}leads/?topic=objection&what=nonsense").status_code == 404
    assert client.get(f"{URL}leads/?topic=need&what=too_expensive").status_code == 404


def test_many_leads_behind_a_number_come_in_pages_without_gaps(client: Client, marta: User) -> None:
    one = campaign()
    for number in range(voice.PAGE + 5):
        learned(lead(campaign=one), tag="not_now", at=IN_MAY + timedelta(minutes=number // 3))
    seen: list[int] = []
    url = f"{URL}leads/?{DAYS}&topic=objection&what=not_now"
    while url:
        response = client.get(url)
        seen += [said.lead.pk for said in response.context["page"].rows]
        url = response.context["more_url"]
    assert len(seen) == len(set(seen)) == voice.PAGE + 5


@pytest.mark.parametrize(
    "query",
    [
        "from=x&to=2026-05-31",
        "from=2026-13-01&to=0001-01-01",
        "period=decade",
        "campaign=99999999999999999999&channel=-1&market=%00%00&segment=%00&by=x&topic=y",
        "market=ż&after=nonsense&what=%00",
        "from=9999-12-31&to=9999-12-31",
    ],
)
def test_an_address_that_cannot_be_read_still_opens_the_page(client: Client, marta: User, query: str) -> None:
    assert client.get(f"{URL}?{query}").status_code == 200
    assert client.get(f"{URL}leads/?{query}&after=2026_1").status_code in {200, 404}


def test_a_filter_leaves_a_preset_one_and_days_typed_win(client: Client, marta: User) -> None:
    asked = client.get(URL).context["asked"]
    first, last = asked.period.first, asked.period.last
    kept = client.get(f"{URL}?period=quarter&from={first}&to={last}&market=PL").context["asked"]
    assert kept.period.preset == "quarter"
    typed = client.get(f"{URL}?period=quarter&from=2026-05-01&to={last}").context["asked"]
    assert (typed.period.preset, typed.period.first) == (None, date(2026, 5, 1))


def test_a_choice_by_htmx_brings_the_figures_and_a_clean_address(client: Client, marta: User) -> None:
    learned(lead(country="PL"), tag="not_now")
    query = f"{DAYS}&campaign=&channel=&market=PL&segment=&by=campaign&topic=objection"
    response = client.get(f"{URL}?{query}", headers={"HX-Request": "true"})
    assert "<html" not in response.text
    assert response["HX-Push-Url"] == f"{URL}?{DAYS}&market=PL&topic=objection"


def test_more_rows_take_no_more_statements(client: Client, marta: User) -> None:
    seen = []
    client.get(URL)
    for count in (1, 19):
        for _number in range(count):
            learned(lead(), tag="not_now")
            learned(lead(), words="So be it")
        for url in (f"{URL}?{DAYS}", f"{URL}leads/?{DAYS}&topic=objection"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(url).status_code == 200
            seen.append(len(captured))
    assert seen[:2] == seen[2:]
    assert max(seen) <= 18


def rows_of(response: HttpResponse) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_the_files_hold_figures_and_words_and_no_formulas(client: Client, marta: User) -> None:
    of = lead(name="=cmd|x", campaign=campaign(name="+Spring"))
    learned(of, tag="too_expensive")
    learned(of, words="@sum(a)")
    figures = rows_of(client.get(f"{URL}figures.csv?{DAYS}"))  # type: ignore[arg-type]
    assert ["All", "Objections", "Too expensive", "1", "0", "1"] in figures
    assert ["'+Spring", "Objections", "Too expensive", "1", "", "1"] in figures
    words = rows_of(client.get(f"{URL}words.csv?{DAYS}&topic=objection&what=too_expensive"))  # type: ignore[arg-type]
    assert len(words) == 2
    assert words[1][1] == "'=cmd|x"
    assert words[1][-2:] == ["Too expensive", "'@sum(a)"]


def test_an_administrator_alone_takes_no_files_along(client: Client) -> None:
    client.force_login(person("administrator"))
    assert client.get(URL).status_code == 200
    assert client.get(f"{URL}words.csv").status_code == 403
    assert client.get(f"{URL}figures.csv").status_code == 403


def test_strangers_are_sent_to_the_sign_in(client: Client) -> None:
    assert urlsplit(client.get(URL)["Location"]).path == "/accounts/login/"


# ------------------------------------------------------------------------------ the list of leads


def test_the_list_is_cut_by_what_was_said_about_what_and_when(client: Client, marta: User) -> None:
    one, other, third = lead(name="One"), lead(name="Other"), lead(name="Third")
    learned(one, tag="too_expensive")
    learned(one, tag="service", at=IN_MAY - timedelta(days=60))
    learned(other, words="Later", topic="objection")
    learned(third, tag="service")

    def found(query: str) -> set[str]:
        response = client.get(f"/leads/?{query}")
        assert response.context["cut"].filter.remarks == []
        return {row.lead.name for row in response.context["page"].rows}

    assert found("topic=objection") == {"One", "Other"}
    assert found("said=too_expensive") == {"One"}
    assert found("said=~&topic=objection") == {"Other"}
    assert found("said=service&learned_from=2026-05-01") == {"Third"}
    assert found("learned_to=2026-04-30") == {"One"}
    assert found("topic=need&topic=objection") == {"One", "Other", "Third"}
