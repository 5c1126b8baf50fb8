"""The list of leads: what the address cuts it to, pages by key, the file, saved views, many at once, the quick search."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.filters import LeadFilter
from leads.models import Handoff, Lead, SavedView
from leads.selectors import leads as selectors
from leads.services import activities, marking, outcomes, saved_views
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.kpi import links
from leadsync.kpi.domain.days import Period, Span
from leadsync.kpi.selectors import dashboard
from leadsync.kpi.services import rollup
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import HOUR, TUESDAY, lead, reason

pytestmark = pytest.mark.django_db

LIST = "/leads/"


@pytest.fixture
def head(client: Client) -> User:
    CompanyFactory()
    found = person("head_of_sales", name="Tomasz Wrona")
    client.force_login(found)
    return found


def cut(query: str, by: User | None = None) -> list[str]:
    """The names of the leads that an address shows, oldest first."""
    request = type("Request", (), {"user": by})() if by else None
    found = LeadFilter(QueryDict(query), queryset=Lead.objects.all(), request=request)
    return [one.name for one in found.qs.order_by("received_at", "pk")]


def shown(response) -> list[str]:
    return [row.lead.name for row in response.context["page"].rows]


# ---------------------------------------------------------------------------------------------- filters


@pytest.mark.parametrize(
    "words",
    [
        "łęcka",
        "LECKA",
        "anna lecka",
        "nordflex",
        "anna@nordflex",
        "601 234 567",
        "601-234",
        "+48 601",
        "0601234567",
        "an",
        "no",
    ],
)
def test_a_lead_is_found_by_name_company_mail_and_phone_however_written(words: str) -> None:
    lead(name="Anna Łęcka", company="Nordflex", email="anna@nordflex.pl", phone="+48601234567")
    lead(name="Piotr Sowa", company="Zeta", email="p@zeta.pl", phone="+48699888777")
    query = QueryDict(mutable=True)
    query["q"] = words
    assert cut(query.urlencode()) == ["Anna Łęcka"]


@pytest.mark.parametrize("words", ["+4", "+48", "+ 48", "+48 6", "+486"])
def test_the_first_digits_after_a_plus_find_the_numbers_that_begin_so(words: str) -> None:
    lead(name="Anna Łęcka", phone="+48601234567")
    lead(name="Piotr Sowa", phone="+37060148480")
    query = QueryDict(mutable=True)
    query["q"] = words
    assert cut(query.urlencode()) == ["Anna Łęcka"]


def test_all_words_must_fit_and_short_ones_begin_a_word() -> None:
    lead(name="Anna Łęcka", company="Nordflex")
    assert cut("q=anna+sowa") == []
    assert cut("q=rd") == []
    assert cut("q=%25") == []


def test_promising_or_better_is_one_word_and_marks_add_up() -> None:
    rep = person("rep")
    for name, value in (("Q", "qualified"), ("P", "promising"), ("N", "not_a_fit")):
        one = lead(name=name, owner=rep)
        marking.mark(
            lead=one,
            value=value,
            by=rep,
            version=None,
            reason=reason() if value == "not_a_fit" else None,
            next_step_at=timezone.now() + timedelta(days=2),
        )
    lead(name="O")
    assert cut("mark=good") == ["Q", "P"]
    assert cut("mark=promising&mark=not_a_fit") == ["P", "N"]
    assert cut("mark=none") == ["O"]
    assert cut("reason=no_budget") == ["N"]
    assert cut("stage=contacted&stage=closed") == ["P", "N"]


def test_owner_is_a_person_oneself_or_nobody() -> None:
    rep = person("rep")
    lead(name="A", owner=rep)
    lead(name="B")
    assert cut(f"owner={rep.pk}") == ["A"]
    assert cut("owner=me", by=rep) == ["A"]
    assert cut("owner=nobody") == ["B"]


def test_campaign_channel_kind_and_market_cut_by_the_campaign() -> None:
    ads = channel(name="Ads")
    one = campaign(channel=ads, kind="ads", market="PL")
    lead(name="A", campaign=one)
    lead(name="B")
    for query in (f"campaign={one.pk}", f"channel={ads.pk}", "kind=ads", "market=PL"):
        assert cut(query) == ["A"], query


def test_days_are_those_of_the_company_and_both_ends_count() -> None:
    CompanyFactory(zone="Europe/Warsaw")
    # 23:30 UTC on 9 March is 0:30 on 10 March in Warsaw.
    lead(name="night", at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))
    lead(name="evening", at=datetime(2026, 3, 10, 22, 30, tzinfo=UTC))
    lead(name="next", at=datetime(2026, 3, 10, 23, 30, tzinfo=UTC))
    assert cut("received_from=2026-03-10&received_to=2026-03-10") == ["night", "evening"]
    assert cut("received_to=2026-03-09") == []


def test_promise_past_and_waiting_are_open_handoffs() -> None:
    CompanyFactory()
    rep = person("rep")
    late = lead(name="late", owner=rep)
    lead(name="fresh", owner=rep)
    lead(name="free")
    Handoff.objects.filter(lead=late).update(due_at=timezone.now() - HOUR)
    assert cut("promise=past") == ["late"]
    assert cut("promise=waiting") == ["late", "fresh"]


def test_late_is_first_contact_after_the_promise() -> None:
    rep = person("rep")
    for name, hours in (("late", 5), ("early", 0)):
        one = lead(name=name, owner=rep, at=TUESDAY)
        activities.log(lead=one, by=rep, kind="call", at=TUESDAY + hours * HOUR)
    assert (cut("late=1"), cut("late=0")) == (["late"], ["early"])


def test_test_leads_are_left_out_unless_asked_for() -> None:
    Lead.objects.filter(pk=lead(name="probe").pk).update(is_test=True)
    lead(name="real")
    assert cut("") == ["real"]
    assert cut("test=1") == ["probe"]


@pytest.mark.parametrize(
    "query",
    [
        "mark=great",
        "stage=%00",
        "campaign=abc",
        "campaign=99999999999999999999999999",
        "campaign=-1",
        "channel=0",
        "owner=somebody",
        "owner=999999999999999",
        "owner=²",
        "received_from=2026-02-30",
        "won_to=0001-01-01",
        "lost_to=9999-12-31",
        "late=perhaps",
        "promise=kept",
        "reason=%F0%9F%92%A9",
        "kind=tv",
        "market=XX",
        "q=%00",
        "mark=" + "x" * 5000,
    ],
)
def test_what_cannot_be_read_is_left_out_with_a_remark(client: Client, head: User, query: str) -> None:
    lead(name="A")
    response = client.get(f"{LIST}?{query}&stage=new")
    assert response.status_code == 200
    assert shown(response) == ["A"]
    [remark] = response.context["cut"].filter.remarks
    assert "was left out" in remark
    assert remark.split(".")[0] in response.text


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=received~x~1~1",
        "after=due~2026-03-01T10:00:00~1~1",
        "after=received~0001-01-01T00:00:00%2B14:00~1~1",
        "sort=name",
        "view=x",
        "view=99",
    ],
)
def test_a_place_or_an_order_that_cannot_be_read_begins_anew(client: Client, head: User, query: str) -> None:
    lead(name="A")
    assert shown(client.get(f"{LIST}?{query}")) == ["A"]


# ---------------------------------------------------------------------------------------------- numbers that link here


def test_the_list_shows_as_many_leads_as_the_numbers_that_link_to_it(client: Client, head: User) -> None:
    rep = person("rep")
    now = timezone.now()
    home = campaign()
    for number in range(7):
        one = lead(campaign=home, owner=rep, at=now - timedelta(hours=3))
        if number < 5:
            marking.mark(lead=one, value="qualified", by=rep, version=None)
        if number < 3:
            outcomes.win(lead=one, by=rep, amount=Decimal(100))
        if number == 3:
            outcomes.lose(lead=one, by=rep, reason=reason())
    Handoff.objects.filter(ended_at=None).update(due_at=now - HOUR)
    # Silence: the one qualified lead that is left.
    Lead.objects.filter(stage="qualified").update(last_activity_at=now - timedelta(days=30))
    rollup.roll_up_all()
    today = timezone.localdate()
    period = Period.holding(today, Span.MONTH)

    def counted(url: str) -> int:
        parts = urlsplit(url)
        assert parts.path == LIST
        response = client.get(url)
        assert response.context["cut"].filter.remarks == []
        assert dict(parse_qsl(parts.query)).keys() <= set(LeadFilter.base_filters)
        return response.context["page"].total

    [cohort] = dashboard.cohorts(
        [today.replace(day=1)], silent_before=now - timedelta(days=14), zone=timezone.get_current_timezone()
    )

    def of_cohort(**more) -> int:
        return counted(links.within(period, "received", mark=links.GOOD, **more))

    assert counted(links.within(period, "received")) == 7
    assert counted(links.within(period, "contacted")) == 5
    assert counted(links.within(period, "qualified")) == 5
    assert counted(links.within(period, "won")) == 3
    assert counted(links.leads(promise="past")) == dashboard.waiting_now(now)[rep.pk].past == 2
    assert counted(links.leads(promise="waiting", owner=rep.pk)) == dashboard.waiting_now(now)[rep.pk].waiting
    assert of_cohort() == cohort.good == 5
    assert of_cohort(stage="won") == cohort.won == 3
    assert of_cohort(stage=("lost", "closed")) == cohort.lost == 1
    assert of_cohort(silent=1) == cohort.silent == 1
    assert of_cohort(stage=("contacted", "qualified"), silent=0) == cohort.talks == 0


# ---------------------------------------------------------------------------------------------- pages


def walk(sort: str, size: int) -> list[str]:
    found: list[str] = []
    after = ""
    for _turn in range(50):
        page = selectors.lead_page(Lead.objects.all(), sort=sort, after=after, size=size)
        found += [row.lead.name for row in page.rows]
        assert page.shown == len(found)
        after = page.after
        if not after:
            return found
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_pages_by_key_show_every_lead_once_in_order(size: int) -> None:
    same = TUESDAY
    rep = person("rep")
    for number in range(4):
        lead(name=f"same {number}", at=same)
    due = lead(name="due", at=same - HOUR, owner=rep)
    step = lead(name="step", at=same - 2 * HOUR)
    Handoff.objects.filter(lead=due).update(due_at=TUESDAY + HOUR)
    Lead.objects.filter(pk=step.pk).update(next_step_at=TUESDAY)
    assert walk("received", size) == ["same 3", "same 2", "same 1", "same 0", "due", "step"]
    assert walk("due", size) == ["step", "due", "same 3", "same 2", "same 1", "same 0"]


def test_counting_stops_where_nobody_looks_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MOST_COUNTED", 3)
    for _number in range(3):
        lead()
    assert selectors.count(Lead.objects.all()) == (3, False)
    lead()
    assert selectors.count(Lead.objects.all()) == (3, True)


def test_the_next_page_comes_as_rows_and_without_scripts_as_a_page(
    client: Client, head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors.lead_page, "__kwdefaults__", {"sort": "received", "after": "", "size": 2})
    for number in range(3):
        lead(name=f"Lead {number}", at=TUESDAY + number * HOUR)
    first = client.get(LIST)
    assert shown(first) == ["Lead 2", "Lead 1"]
    more = first.context["more_url"]
    assert shown(client.get(more)) == ["Lead 0"]
    rows = client.get(more, headers={"HX-Request": "true"})
    assert 'id="lead-rows"' in rows.text
    assert "<html" not in rows.text
    assert "HX-Replace-Url" not in rows


def test_a_cut_by_htmx_is_the_results_with_a_clean_address(client: Client, head: User) -> None:
    lead(name="A")
    response = client.get(f"{LIST}?q=A&campaign=&won_from=", headers={"HX-Request": "true"})
    assert response["HX-Replace-Url"] == "/leads/?q=A"
    assert "HX-Request" in response["Vary"]
    assert "<html" not in response.text
    assert 'id="lead-filters"' not in response.text
    assert 'href="/leads/export/?q=A"' in response.text
    assert 'id="lead-views"' in response.text


def test_a_form_that_leaves_filters_open_gets_no_remarks(client: Client, head: User) -> None:
    names = [f"{name}=" for name in LeadFilter.base_filters]
    response = client.get(f"{LIST}?{'&'.join(names)}")
    assert response.context["cut"].filter.remarks == []
    assert response.context["cut"].query == ""


def fill(count: int, rep: User) -> None:
    for number in range(count):
        one = lead(owner=rep if number % 2 else None)
        Lead.objects.filter(pk=one.pk).update(next_step_at=timezone.now() if number % 3 else None)


@pytest.mark.parametrize("query", ["", "?mark=none&q=lead&sort=due"])
def test_a_longer_list_takes_no_more_queries(client: Client, head: User, query: str) -> None:
    rep = person("rep")
    counts = []
    client.get(LIST)  # the session says where it is once
    for count in (1, 19):
        fill(count, rep)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(LIST + query).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 28


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "No leads yet"),
        ("?q=zzz", "No lead fits this"),
        ("?after=received~2026-03-01T10:00:00%2B00:00~1~1", "No more leads"),
    ],
)
def test_an_empty_list_says_what_comes_next(client: Client, head: User, query: str, words: str) -> None:
    assert words in client.get(LIST + query).text


def test_what_is_asked_for_is_said_in_words_each_to_be_taken_off(client: Client, head: User) -> None:
    home = campaign(name="Partner webinar")
    response = client.get(f"{LIST}?campaign={home.pk}&won_from=2026-03-01&won_to=2026-03-31&owner=nobody&q=x")
    chips = {chip.label: chip for chip in response.context["cut"].chips}
    assert chips["Campaign"].words == "Partner webinar"
    assert chips["Rep"].words == "nobody"
    assert "–" in chips["Won"].words
    assert chips["Won"].without_url == f"/leads/?q=x&campaign={home.pk}&owner=nobody"


def test_names_are_written_as_text(client: Client, head: User) -> None:
    lead(name="<script>alert(1)</script>", company="<b>x</b>")
    text = client.get(f"{LIST}?q=<script>").text
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


# ---------------------------------------------------------------------------------------------- as a file


def table(response) -> list[dict[str, str]]:
    text = b"".join(response.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_the_export_is_the_cut_list_as_text_and_never_a_formula(client: Client, head: User) -> None:
    CompanyFactory(zone="Europe/Warsaw")
    rep = person("rep", name="Paweł Krawczyk")
    one = lead(
        name="=HYPERLINK(1)",
        company='Łódź "A", B',
        phone="+48601234567",
        at=TUESDAY,
        owner=rep,
        given_at=TUESDAY,
    )
    outcomes.win(lead=one, by=rep, amount=Decimal("1250.50"))
    lead(name="other")
    response = client.get(f"{reverse('leads:export')}?stage=won")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    [row] = table(response)
    assert row["Name"] == "'=HYPERLINK(1)"
    assert row["Company"] == 'Łódź "A", B'
    assert row["Phone"] == "'+48601234567"
    assert (row["Amount"], row["Currency"], row["Rep"]) == ("1250.50", "EUR", "Paweł Krawczyk")
    assert row["Received"] == "2026-03-10 10:00"


def test_the_export_takes_the_same_queries_for_more_rows_and_stops_at_its_limit(
    head: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for count in (1, 9):
        fill(count, person("rep"))
        with CaptureQueriesContext(connection) as seen:
            list(selectors.export_rows(Lead.objects.all()))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    monkeypatch.setattr(selectors, "MOST_EXPORTED", 4)
    assert len(list(selectors.export_rows(Lead.objects.all()))) == 4


def test_only_who_may_export_gets_the_file(client: Client) -> None:
    CompanyFactory()
    client.force_login(person("administrator"))
    assert client.get(reverse("leads:export")).status_code == 403
    assert "Export" not in client.get(LIST).text


# ---------------------------------------------------------------------------------------------- saved views


def test_a_view_keeps_the_filters_and_says_when_they_differ(client: Client, head: User) -> None:
    response = client.post(
        reverse("leads:save_view"),
        {"name": " My  wins ", "query": "stage=won&view=7&after=x&junk=1", "is_team": ""},
    )
    view = SavedView.objects.get()
    assert (view.name, view.query, view.is_team) == ("My wins", "stage=won", False)
    opened = client.get(response["Location"])
    assert [tab.name for tab in opened.context["cut"].tabs if tab.is_current] == ["My wins"]
    assert "Changed from" not in opened.text
    changed = client.get(f"{LIST}?stage=won&mark=good&view={view.pk}")
    assert "Changed from “My wins”" in changed.text
    assert "Save changes" in changed.text


def test_a_view_is_seen_by_its_owner_and_by_all_when_shared(client: Client, head: User) -> None:
    other = person("rep")
    saved_views.save(by=other, name="Private", query="stage=won")
    saved_views.save(by=other, name="Shared", query="stage=lost", is_team=True)
    names = [tab.name for tab in client.get(LIST).context["cut"].tabs]
    assert "Shared" in names
    assert "Private" not in names


def test_only_the_owner_deletes_a_view(client: Client, head: User) -> None:
    theirs = saved_views.save(by=person("rep"), name="Shared", query="", is_team=True)
    assert client.post(reverse("leads:delete_view", args=[theirs.pk])).status_code == 404
    with pytest.raises(NotAllowed):
        saved_views.delete(view=theirs, by=head)
    mine = saved_views.save(by=head, name="Mine", query="")
    client.post(reverse("leads:delete_view", args=[mine.pk]))
    assert list(SavedView.objects.all()) == [theirs]


def test_the_same_name_again_changes_the_view_and_no_name_is_refused(client: Client, head: User) -> None:
    saved_views.save(by=head, name="A", query="stage=won")
    saved_views.save(by=head, name="A", query="stage=lost")
    assert [view.query for view in SavedView.objects.all()] == ["stage=lost"]
    with pytest.raises(Invalid):
        saved_views.save(by=head, name=" ", query="")
    response = client.post(reverse("leads:save_view"), {"name": "", "query": "stage=won"})
    assert response.status_code == 422
    assert [chip.label for chip in response.context["cut"].chips] == ["Stage"]


# ---------------------------------------------------------------------------------------------- jump


def test_jump_offers_leads_and_campaigns_of_that_name(client: Client, head: User) -> None:
    home = campaign(name="Warsaw expo")
    one = lead(name="Walter Kot", company="Kot & Sons", campaign=home)
    text = client.get(f"{reverse('leads:jump')}?q=wa").text
    assert f'data-href="/leads/{one.pk}/"' in text
    assert f'data-href="/campaigns/{home.pk}/"' in text
    assert "Kot &amp; Sons" in text


def test_jump_says_nothing_for_one_letter_and_takes_two_queries_of_its_own(
    client: Client, head: User
) -> None:
    lead(name="Walter")
    assert "data-href" not in client.get(f"{reverse('leads:jump')}?q=w").text
    with CaptureQueriesContext(connection) as seen:
        found = selectors.jump("walter", head)
    assert len(seen) == 2
    assert [one.name for one in found.leads] == ["Walter"]


def test_the_list_needs_a_sign_in(client: Client) -> None:
    for name in ("list", "export", "jump"):
        response = client.get(reverse(f"leads:{name}"))
        assert response.status_code == 302
        assert response["Location"].startswith("/accounts/login/")
