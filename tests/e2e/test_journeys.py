"""The daily ways through LeadSync, in a browser, against a real server and worker; clicks and keys are counted."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Hands, Site, Visitors, until

pytestmark = pytest.mark.e2e


def pasted(kind: str, base: int) -> str:
    """Ten leads as copied from a spreadsheet, unlike those of any other test."""
    rows = ["Name\tCompany\tPhone\tE-mail\tWhat they want"]
    rows += [
        f"Journey {kind}{n}\tPaste {kind}{n} GmbH\t+4822777{base + n:04d}\tj{kind}{n}@paste.example\tRacking, {n} bays"
        for n in range(1, 11)
    ]
    return "\n".join(rows)


def ready(page: Page, selector: str) -> None:
    """Wait until htmx has taken over what it has just put into the page; before that a press is a plain submit."""
    page.wait_for_function(
        "s => document.querySelector(s)?.['htmx-internal-data']?.initHash !== undefined", arg=selector
    )


def campaign_id(site: Site, name: str) -> int:
    return int(
        site.shell(f"from campaigns.models import Campaign; print(Campaign.objects.get(name={name!r}).pk)")
    )


@pytest.mark.parametrize(("phone", "kind", "base"), [(False, "wide", 100), (True, "phone", 200)])
def test_pasted_leads_are_called_marked_and_counted(
    site: Site, visit: Visitors, phone: bool, kind: str, base: int
) -> None:
    campaign = campaign_id(site, "Racking calculator")
    marketer = visit("marta", phone=phone, path=f"/campaigns/{campaign}/")
    hands = Hands(marketer)

    # The marketer: log, paste, save.
    if phone:
        marketer.goto(f"/campaigns/{campaign}/log/")
        hands.actions += 1  # the button on the campaign's page
        marketer.locator("textarea").first.fill(pasted(kind, base))
        marketer.locator("form[data-paste] button").first.tap()
        hands.actions += 1
    else:
        hands.press("l")
        marketer.wait_for_url("**/log/")
        marketer.evaluate("text => navigator.clipboard.writeText(text)", pasted(kind, base))
        hands.press("Control+v")
    marketer.wait_for_url("**/imports/**")
    expect(marketer.get_by_text(f"Journey {kind}1", exact=True).first).to_be_visible()
    if phone:
        hands.tap("button:has-text('Log 10 leads')")
    else:
        hands.press("Control+Enter")
    expect(marketer.get_by_text(re.compile("10 leads|10 created|created", re.I)).first).to_be_visible()
    assert hands.actions <= 3, "logging ten leads takes three actions"

    # They are in reps' queues at once.
    owners = site.shell(
        "from leads.models import Handoff; "
        f"print(','.join(Handoff.objects.filter(lead__name__startswith='Journey {kind}', ended_at=None)"
        ".order_by('lead_id').values_list('rep__email', flat=True)))"
    ).split(",")
    assert len(owners) == 10
    who = owners[0].split("@")[0]
    lead = int(
        site.shell(
            "from leads.models import Lead; "
            f"print(Lead.objects.filter(name__startswith='Journey {kind}', owner__email='{owners[0]}').earliest('pk').pk)"
        )
    )

    # The rep: call, mark.
    rep = visit(who, phone=phone, path=f"/queue/?lead={lead}")
    expect(rep.locator("#lead h2.name")).to_contain_text(f"Journey {kind}")
    called = rep.locator("#lead h2.name").inner_text()
    hands = Hands(rep)
    with rep.expect_response(lambda answer: "/call/" in answer.url and answer.ok):
        hands.tap("#lead a[data-call]") if phone else hands.press("c")
    expect(rep.locator("#lead h2.name")).to_have_text(called)
    ready(rep, "#lead button[value=qualified]")
    with rep.expect_response(lambda answer: "/mark/" in answer.url and answer.ok):
        hands.tap("#lead button[value=qualified]") if phone else hands.press("1")
    expect(rep.locator(".toast").first).to_contain_text(called)
    expect(rep.locator("#lead h2.name")).not_to_have_text(called)
    assert hands.actions == 2, "calling and marking takes two actions, and the next lead opens by itself"

    # The campaign and, once the worker has rolled up, the dashboard say so.
    marketer.goto(f"/leads/{lead}/")
    expect(marketer.locator("main")).to_contain_text("Qualified")
    arrived = (
        "from leadsync.kpi.models import DayFact; from django.db.models import Sum; from django.utils import timezone; "
        f"f = DayFact.objects.filter(campaign_id={campaign}); print(f.aggregate(Sum('arrived'))['arrived__sum'],"
        f" __import__('leads.models').models.Lead.objects.filter(campaign_id={campaign}, is_test=False).count())"
    )

    def rolled_up() -> bool:
        fact, plain = site.shell(arrived).split()
        return fact == plain

    assert until(rolled_up, within=40, every=1.0)
    director = visit("anna", phone=phone, path="/dashboard/")
    expect(director.locator("h1")).to_contain_text("Dashboard")
    expect(director.locator("main")).to_contain_text("Racking calculator")


def test_not_a_fit_takes_three_actions_and_is_undone_by_one(site: Site, visit: Visitors) -> None:
    rep = visit("iga", path="/queue/")
    name = rep.locator("#lead h2.name").inner_text()
    hands = Hands(rep)
    with rep.expect_response(lambda answer: "/call/" in answer.url):
        hands.press("c")
    hands.press("3")
    expect(rep.locator(".asks")).to_be_visible()
    ready(rep, ".asks button")
    with rep.expect_response(lambda answer: "/mark/" in answer.url):
        hands.press("1")
    expect(rep.locator(".toast").first).to_contain_text(name)
    assert hands.actions == 3
    ready(rep, ".toast[data-undo] form")
    with rep.expect_response(lambda answer: "/revert/" in answer.url and answer.ok):
        rep.keyboard.press("z")
    expect(rep.locator("#lead h2.name")).to_have_text(name)


def test_a_lead_left_alone_is_flagged_by_the_running_worker(site: Site, visit: Visitors) -> None:
    handoff = site.shell(
        "from leads.models import Handoff; from django.utils import timezone; from datetime import timedelta as d; "
        "now = timezone.now(); h = Handoff.objects.filter(rep__email='lena@nordrack.example', ended_at=None, "
        "due_at__gt=now).first(); "
        "Handoff.objects.filter(pk=h.pk).update(due_at=now + d(seconds=1), warn_at=now - d(minutes=9), "
        "next_check_at=now - d(minutes=9)); print(h.pk)"
    )
    steps = (
        "from leads.models import Step; "
        f"print(','.join(sorted(Step.objects.filter(handoff_id={handoff}).values_list('kind', flat=True))))"
    )
    until(lambda: site.shell(steps) == "missed,warn", within=60, every=1.0)

    rep = visit("lena", path="/queue/")
    # First in the list, but for a rep who has more than fits: then rows stand by what waiting costs.
    expect(rep.locator("#queue-list")).to_contain_text(re.compile("Past the promise|More than fits"))
    rep.goto("/notifications/")
    expect(rep.locator("main")).to_contain_text(re.compile("promise", re.I))
    # The worker has been by several times since: each step is there once.
    assert site.shell(steps) == "missed,warn"


def test_director_reads_the_week_without_a_click(visit: Visitors) -> None:
    director = visit("anna", path="/")
    expect(director).to_have_url(re.compile("/dashboard/"))
    expect(director.locator(".say").first).to_be_visible()
    expect(director.locator(".kpis li")).to_have_count(5)


def test_russian_keyboard_presses_the_same_keys(visit: Visitors) -> None:
    rep = visit("nina", path="/queue/")
    with rep.expect_response(lambda answer: "/call/" in answer.url and answer.ok):
        rep.evaluate(
            "document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'с', code: 'KeyC', bubbles: true}))"
        )


def test_working_the_queue_needs_no_script(site: Site, visit: Visitors) -> None:
    visit("oskar")  # signs in
    context = visit.browser.new_context(
        java_script_enabled=False, storage_state=visit.states["oskar"], base_url=site.url
    )
    visit.contexts.append(context)
    page = context.new_page()
    page.goto("/queue/")
    name = page.locator("#lead h2.name").inner_text()
    page.locator("button[name=ask][value=not_a_fit]").click()
    page.locator("button[value='not_a_fit:no_need']").click()
    expect(page.locator("#lead h2.name")).not_to_have_text(name)
    page.goto("/queue/?tab=done")
    expect(page.locator("main")).to_contain_text(name)


def test_keys_of_the_queue_lead_to_where_one_types(visit: Visitors) -> None:
    rep = visit("nina", path="/queue/")
    keys = rep.keyboard
    keys.press("d")
    expect(rep.locator("#on-step")).to_be_focused()
    keys.press("Escape")
    expect(rep.locator("#on-step")).to_be_hidden()
    keys.press("q")
    expect(rep.locator("#ask-panel textarea")).to_be_focused()
    keys.press("Escape")
    keys.press("/")
    expect(rep.locator("#palette input")).to_be_focused()
    keys.press("Escape")

    keys.press("?")
    for key in ("J", "K", "↵", "Z", "Esc", "T", "D", "Q", "/"):
        expect(rep.locator("[data-keys-list] kbd").get_by_text(key, exact=True).first).to_be_visible()
    keys.press("Escape")

    keys.press("n")
    keys.type("Asked to be called after lunch")
    with rep.expect_response(lambda answer: "/note/" in answer.url and answer.ok):
        keys.press("ControlOrMeta+Enter")
    expect(rep.locator("#lead")).to_contain_text("Asked to be called after lunch")


def test_answers_and_objections_take_one_key_each_and_keep_what_is_typed(visit: Visitors) -> None:
    rep = visit("nina", path="/queue/")
    keys = rep.keyboard
    ready(rep, "#learned-objection-form")
    rep.locator("#note").fill("Half a note")
    rep.locator("#note").blur()

    with rep.expect_response(lambda answer: "/learn/" in answer.url and answer.ok):
        keys.press("o")
        keys.press("1")
    expect(rep.locator("#tag-too_expensive")).to_have_attribute("aria-pressed", "true")
    ready(rep, "#learned-objection-form")
    keys.press("i")
    keys.type("A rival is cheaper")
    with rep.expect_response(lambda answer: "/learn/" in answer.url and answer.ok):
        keys.press("ControlOrMeta+Enter")
    keys.press("Escape")  # out of the text
    keys.press("Escape")  # out of the topic
    # Her words, as she typed them; she reads the tag in Russian.
    expect(rep.locator("#learned-objection summary")).to_contain_text("“A rival is cheaper”")

    unknown = rep.locator("#points li[data-key=KeyA]")
    open_questions = unknown.count()
    name = rep.locator("#lead h2.name").inner_text()
    while open_questions:
        keys.press("a")
        field = rep.locator("#points input[name=typed]:focus")
        with rep.expect_response(lambda answer: "/answer/" in answer.url and answer.ok):
            if field.count():
                keys.type("700")
                keys.press("Enter")
            else:
                keys.press("1")
        expect(unknown).to_have_count(open_questions - 1)
        keys.press("Escape")
        open_questions -= 1
    # No digit was taken for a mark, and the note is still there.
    expect(rep.locator("#lead h2.name")).to_have_text(name)
    expect(rep.locator("#note")).to_have_value("Half a note")
