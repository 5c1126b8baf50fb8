"""What both departments agreed, in a browser: answers by keys, signatures, disputes, routing, follow-ups, notices."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Hands, Site, Visitors, until
from tests.e2e.test_journeys import ready

pytestmark = pytest.mark.e2e


def looked_up(site: Site, code: str) -> Any:
    """What the installation says: `code` sets `found` to something that JSON can hold."""
    return json.loads(site.shell(f"import json\n{code}\nprint(json.dumps(found))"))


def stay(page: Page) -> None:
    """From here on `is_same_page` says whether the page was loaded anew."""
    page.evaluate("window.isSamePage = true")


def is_same_page(page: Page) -> bool:
    return bool(page.evaluate("window.isSamePage === true"))


def a_queue_lead(site: Site, who: str) -> int:
    """A lead that waits for its first contact, of whom more than one yes-or-no question is open."""
    found = looked_up(
        site,
        "from leads.models import Agreement, Answer, Handoff\n"
        "asked = [c.key for c in Agreement.objects.get(state='in_force').criteria.filter(kind='yes_no')]\n"
        f"rows = Handoff.objects.filter(rep__email='{who}@nordrack.example', ended_at=None)\n"
        "found = [h.lead_id for h in rows.order_by('due_at')"
        " if Answer.objects.filter(lead=h.lead_id, key__in=asked).count() < len(asked) - 1]",
    )
    assert found, f"the sample company left nothing open for {who}"
    return int(found[0])


def test_a_rep_answers_and_learns_by_keys_without_a_page_load(site: Site, visit: Visitors) -> None:
    lead = a_queue_lead(site, "jakub")
    rep = visit("jakub", path=f"/queue/?lead={lead}")
    stay(rep)
    hands = Hands(rep)
    open_questions = rep.locator("#points li[data-key=KeyA]")
    open_yes_no = rep.locator("#points li[data-key=KeyA]:has(button[data-key~=KeyY])")
    before, most = open_yes_no.count(), open_questions.count()
    assert before >= 2

    ready(rep, "#points form")
    hands.press("a")
    while rep.locator("#points li:focus-within button[data-key~=KeyY]").count() == 0:
        rep.keyboard.press("Escape")  # out of the field of a question that is no yes or no
        hands.press("a")
        assert hands.actions <= most, "A comes to each open question"
    skipped = hands.actions - 1
    with rep.expect_response(lambda answer: "/answer/" in answer.url and answer.ok):
        hands.press("y")
    expect(open_yes_no).to_have_count(before - 1)
    assert hands.actions - skipped == 2, "an answer is two keys: to it, and what it is"
    # The next question has the focus; until then a faster key would have it taken away again.
    expect(rep.locator("#points li[data-focus]:focus-within")).to_have_count(1)

    rep.keyboard.press("Escape")
    ready(rep, "#learned-objection-form")
    hands.actions = 0
    with rep.expect_response(lambda answer: "/learn/" in answer.url and answer.ok):
        hands.press("o")
        hands.press("2")
    assert hands.actions == 2
    expect(rep.locator("#learned-objection button[aria-pressed=true]")).to_have_count(1)
    expect(rep.locator("#learned-objection:focus-within")).to_have_count(1)
    assert is_same_page(rep)


def test_both_heads_measure_and_sign_a_draft(site: Site, visit: Visitors) -> None:
    number = looked_up(
        site, "from leads.models import Agreement\nfound = Agreement.objects.latest('number').number + 1"
    )
    marketing = visit("ola", path="/definition/")
    marketing.get_by_role("button", name="New draft").click()
    marketing.wait_for_url(f"**/definition/{number}/edit/")
    marketing.get_by_label("Joint meeting at least every, days").fill("10")
    marketing.get_by_role("button", name="Save").last.click()
    marketing.wait_for_url(f"**/definition/{number}/")
    expect(marketing.locator(".diff")).to_contain_text("10")

    # Measured by the worker: the page says how far it is and then what signing would change, by itself.
    marketing.get_by_role("link", name="Measure it").click()
    with marketing.expect_navigation():
        marketing.get_by_role("button", name="Measure", exact=True).click()
    stay(marketing)
    expect(marketing.locator("#back-test")).to_contain_text(
        re.compile("leads (are|is) (waiting|measured)|would have counted")
    )
    expect(marketing.locator("#said")).to_contain_text(
        re.compile(r"[Oo]f [\d,]+ leads received"), timeout=60_000
    )
    assert is_same_page(marketing)

    marketing.goto(f"/definition/{number}/")
    hands = Hands(marketing)
    hands.click("button:has-text('Propose for signing')")
    expect(marketing.get_by_role("button", name=f"Sign version {number}")).to_be_visible()
    hands.click(f"button:has-text('Sign version {number}')")
    expect(marketing.get_by_role("button", name=f"Sign version {number}")).to_have_count(0)
    assert hands.actions == 2
    state = f"from leads.models import Agreement\nfound = Agreement.objects.get(number={number}).state"
    assert looked_up(site, state) == "proposed", "one head alone puts nothing in force"

    sales = visit("tomasz", phone=True, path="/definition/")
    taps = Hands(sales)
    taps.tap("a:has-text('Read and sign')")
    taps.tap(f"button:has-text('Sign version {number}')")
    assert taps.actions == 2
    expect(sales.locator("main")).to_contain_text("In force", ignore_case=True)
    assert looked_up(site, state) == "in_force"
    marketing.goto("/definition/")
    expect(marketing.locator("main, header").first).to_be_visible()
    expect(marketing.get_by_text(f"Version {number}, in force since")).to_be_visible()


def test_a_disputed_mark_is_changed_once_both_heads_say_so(site: Site, visit: Visitors) -> None:
    lead = looked_up(
        site,
        "from leads.models import Mark\n"
        "found = Mark.objects.filter(value='not_a_fit', lead__mark='not_a_fit', dispute=None, reverted_at=None,"
        " by__groups__name='rep').latest('at').lead_id",
    )
    marketer = visit("marta", path=f"/leads/{lead}/")
    marketer.locator(".dispute-it summary").click()
    ready(marketer, "#dispute-form")
    if marketer.locator("#dispute-form [name=wanted][value=promising]").count():
        marketer.locator("#dispute-form [name=wanted][value=promising]").first.check()
    elif marketer.locator("#dispute-form select[name=wanted]").count():
        marketer.locator("#dispute-form select[name=wanted]").select_option("promising")
    marketer.locator("#dispute-form textarea").fill("They asked for a second visit this morning.")
    with marketer.expect_response(lambda answer: "/dispute/" in answer.url and answer.ok):
        marketer.locator("#dispute-form button").click()
    expect(marketer.locator("article.dispute")).to_contain_text("They asked for a second visit this morning.")

    for who, phone in (("ola", False), ("tomasz", True)):
        head = visit(who, phone=phone, path=f"/leads/{lead}/")
        stay(head)
        ready(head, "article.dispute form")
        verdict = head.locator("article.dispute button[value=overturned]")
        with head.expect_response(lambda answer: "/decide/" in answer.url and answer.ok):
            verdict.tap() if phone else verdict.click()
        expect(head.locator(".toast").first).to_be_visible()

    marketer.reload()
    expect(marketer.locator("#lead-tags")).to_contain_text("Promising")
    expect(marketer.locator(".dispute-panel")).to_contain_text("The mark is changed")


@pytest.mark.parametrize("phone", [False, True])
def test_a_dry_run_says_where_a_lead_would_go_and_gives_nothing_away(
    site: Site, visit: Visitors, phone: bool
) -> None:
    count = "from leads.models import Handoff, Lead\nfound = [Handoff.objects.count(), Lead.objects.count()]"
    before = looked_up(site, count)
    head = visit("tomasz", phone=phone, path="/settings/routing/")
    stay(head)
    ready(head, "#trial form")
    head.locator("#trial").get_by_label("Country").fill("Latvia")
    head.locator("#trial").get_by_label("Country").press("Enter")
    expect(head.locator("#trial .say")).to_contain_text("Goes to")
    expect(head.locator("#trial .stops")).to_contain_text("Baltics")
    assert is_same_page(head)
    assert looked_up(site, count) == before


def test_several_follow_ups_are_put_off_by_keys_and_taken_back_from_the_toast(
    site: Site, visit: Visitors
) -> None:
    rep = visit("lena", path="/queue/?tab=follow")
    rep.get_by_role("link", name="Put several off at once").click()
    rep.wait_for_url("**/leads/?**")
    stay(rep)
    hands = Hands(rep)
    for key in ("j", "x", "j", "x"):
        hands.press(key)
    chosen = rep.locator("#lead-rows input[name=lead]:checked").evaluate_all(
        "all => all.map(one => one.value)"
    )
    assert len(chosen) == 2
    planned = (
        "from leads.models import Lead\n"
        f"found = [str(at) for at in Lead.objects.filter(pk__in={[int(pk) for pk in chosen]}).order_by('pk')"
        ".values_list('next_step_at', flat=True)]"
    )
    before = looked_up(site, planned)
    with rep.expect_response(lambda answer: "/put-off/" in answer.url and answer.ok):
        hands.press("t")
    expect(rep.locator(".toast").first).to_contain_text("2")
    after = looked_up(site, planned)
    assert all(new != old for new, old in zip(after, before, strict=True))
    assert hands.actions == 5, "two leads chosen and put off by five keys"
    ready(rep, ".toast[data-undo] form")
    with rep.expect_response(lambda answer: "/put-back/" in answer.url and answer.ok):
        hands.press("z")
    assert looked_up(site, planned) == before
    assert is_same_page(rep)


def test_a_muted_thread_is_not_counted_at_the_bell(visit: Visitors) -> None:
    head = visit("ola", path="/notifications/")
    unread = head.locator("#rows li.unread")
    before = unread.count()
    assert before
    title = unread.first.locator(".title").inner_text().splitlines()[0].strip()
    unread.first.get_by_role("button", name=re.compile("^Mute")).click()
    muted = head.locator("#rows li.muted-row").filter(has_text=title)
    expect(muted.first).to_contain_text("Muted")
    left = unread.count()
    assert left < before
    bell = head.locator("a[href='/notifications/'] .count, a[href='/notifications/'] .badge").first
    if left:
        expect(bell).to_contain_text(str(left))
    muted.first.get_by_role("button", name=re.compile("^Unmute")).click()
    expect(head.locator("#rows li.muted-row")).to_have_count(0)


def test_the_stop_link_of_a_mail_works_signed_out(site: Site, visit: Visitors) -> None:
    body = looked_up(
        site,
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "from leadsync.accounts.selectors import company_calendar\n"
        "from leadsync.notices import delivery\n"
        "from leadsync.notices.models import Message, Notice\n"
        "from leadsync.notices.services import put\n"
        "from leadsync.accounts.models import User\n"
        "person = User.objects.get(email='anna@nordrack.example')\n"
        "opens = company_calendar().next_open(timezone.now() + timedelta(hours=20))\n"
        "kind = Notice.objects.filter(recipient=person).latest('pk')\n"
        "put(kind=kind.kind, recipients=[person], key='stop-link', context=kind.context, url=kind.url)\n"
        "delivery.compose(at=opens + timedelta(hours=1))\n"
        "found = Message.objects.filter(recipient=person, sort='morning').latest('pk').body",
    )
    link = re.search(r"http\S+/mails/stop/\S+", body)
    assert link, body
    stranger = visit.browser.new_context(base_url=site.url)
    visit.contexts.append(stranger)
    page = stranger.new_page()
    wanted = (
        "from leadsync.accounts.models import User\nfrom leadsync.notices.selectors import wants\n"
        "found = wants(User.objects.get(email='anna@nordrack.example'))['morning']"
    )
    page.goto(link[0])
    assert looked_up(site, wanted) is True, "looking at the link stops nothing"
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.locator("h1")).to_contain_text("Stopped")
    assert looked_up(site, wanted) is False
    director = visit("anna", path="/settings/me/")
    expect(director.get_by_label("Morning mail")).not_to_be_checked()
    page.get_by_role("button", name="Start again").click()
    expect(page.locator("h1")).to_contain_text("On again")
    assert looked_up(site, wanted) is True


def test_a_missing_piece_is_asked_by_one_click_and_answered_by_one_tap(site: Site, visit: Visitors) -> None:
    lead = a_queue_lead(site, "oskar")
    marketer = visit("marta", path=f"/leads/{lead}/")
    stay(marketer)
    asks = marketer.locator("#points li:has(button[data-key~=KeyY]) .piece button").first
    label = asks.get_attribute("aria-label") or ""
    wanted = label.partition(": ")[2]
    hands = Hands(marketer)
    ready(marketer, "#points .piece form")
    with marketer.expect_response(lambda answer: "/questions/piece/" in answer.url and answer.ok):
        hands.click(f"#points .piece button[aria-label={json.dumps(label)}]")
    expect(marketer.locator("#points li").filter(has_text=wanted)).to_contain_text("asked, Marta")
    assert hands.actions == 1
    assert is_same_page(marketer)

    rep = visit("oskar", phone=True, path="/queue/?tab=questions")
    stay(rep)
    card = rep.locator("article.question").filter(has_text=wanted)
    number = (card.first.get_attribute("id") or "").removeprefix("question-")
    ready(rep, f"#question-{number} form")
    taps = Hands(rep)
    with rep.expect_response(lambda answer: "/fill/" in answer.url and answer.ok):
        taps.tap(f"#question-{number} button[name=value][value=true]")
    assert taps.actions == 1
    assert is_same_page(rep)
    answered = (
        "from feedback.models import Question\n"
        f"found = Question.objects.get(pk={number}).answered_at is not None"
    )
    assert until(lambda: looked_up(site, answered), within=40, every=1.0)
    marketer.reload()
    expect(marketer.locator("#points li").filter(has_text=wanted)).to_contain_text("yes")
