"""The doors of leads, in a browser: a list with rows to fix, two leads that are one, an erased person, a source."""

import base64
import csv
import hashlib
import hmac
import io
import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Hands, Site, Visitors, until
from tests.e2e.test_journeys import campaign_id, ready

pytestmark = pytest.mark.e2e

CAMPAIGN = "Racking calculator"


def arrivals(site: Site, domain: str) -> dict[str, int]:
    """Leads of a mail domain by name, and how often each arrived."""
    found: dict[str, int] = json.loads(
        site.shell(
            "import json; from leads.models import Lead; from django.db.models import Count; "
            f"rows = Lead.objects.filter(email__endswith='@{domain}').annotate(n=Count('arrivals')); "
            "print(json.dumps({lead.name: lead.n for lead in rows}))"
        )
    )
    return found


def log_one(page: Page, site: Site, **typed: str) -> int:
    """Log one lead by hand, and return its number."""
    page.goto(f"/campaigns/{campaign_id(site, CAMPAIGN)}/log/")
    for name, value in typed.items():
        page.locator(f"#id_{name}").fill(value)
    page.locator("form.line button").click()
    expect(page.locator(".toast, [role=status]").filter(has_text=typed["name"]).first).to_be_visible()
    return int(
        site.shell(f"from leads.models import Lead; print(Lead.objects.get(email='{typed['email']}').pk)")
    )


# ------------------------------------------------------------------------------------------------- lists


def test_rows_to_fix_are_fixed_in_place_or_in_a_file_and_nothing_comes_twice(
    site: Site, visit: Visitors, tmp_path: Path
) -> None:
    rows = ["Name\tCompany\tPhone\tE-mail\tWhat they want"]
    rows += [f"Fix {n}\tFix {n} GmbH\t+4822778{n:04d}\tf{n}@fix.example\tRacking" for n in range(1, 9)]
    rows += ["Fix 9\tFix 9 GmbH\t\tf9@@fix.example\tRacking", "Fix 10\tFix 10 GmbH\t12\t\tRacking"]
    page = visit("marta", path=f"/campaigns/{campaign_id(site, CAMPAIGN)}/")
    hands = Hands(page)

    hands.press("l")
    page.wait_for_url("**/log/")
    page.evaluate("text => navigator.clipboard.writeText(text)", "\n".join(rows))
    hands.press("Control+v")
    page.wait_for_url("**/imports/**")
    expect(page.locator("#import input[aria-invalid=true]")).to_have_count(2)
    expect(page.get_by_text("The e-mail address has two @.")).to_be_visible()

    # One is fixed where it stands: into the cell, the right text, on.
    ready(page, "#import form.cell-in")
    cell = page.get_by_label("E-mail, row 10")
    hands.click("#import input[aria-invalid=true]")
    cell.fill("f9@fix.example")
    with page.expect_response(lambda answer: "/cell/" in answer.url and answer.ok):
        cell.press("Tab")
    expect(page.locator("#import input[aria-invalid=true]")).to_have_count(1)
    expect(page.get_by_label("Phone, row 11")).to_be_focused()

    hands.press("Control+Enter")
    expect(page.get_by_text("9 leads logged.")).to_be_visible()
    assert hands.actions <= 3 + 1, "three actions, and one for the row fixed in place"

    # The other comes back as a file with the reason, and goes in again.
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    returned = tmp_path / "returned.csv"
    saved.value.save_as(returned)
    head, *bad = csv.reader(io.StringIO(returned.read_text(encoding="utf-8-sig")))
    assert [row[head.index("Name")] for row in bad] == ["Fix 10"]
    assert any("phone" in cell.lower() for cell in bad[0])
    bad[0][head.index("Phone")] = "+48227780010"
    bad[0][head.index("E-mail")] = "f10@fix.example"
    with returned.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *bad])

    page.get_by_role("link", name="Log more").click()
    page.locator("#id_file").set_input_files(returned)
    page.wait_for_url("**/imports/**")
    page.get_by_role("button", name="Log 1 lead").click()
    expect(page.get_by_text("1 lead logged.")).to_be_visible()
    wanted = {f"Fix {n}": 1 for n in range(1, 11)}
    assert arrivals(site, "fix.example") == wanted

    # The same file and the same list once more: nothing is saved a second time.
    page.get_by_role("link", name="Log more").click()
    page.locator("#id_file").set_input_files(returned)
    expect(page.locator("[data-known]")).to_contain_text("Nothing was saved a second time.")
    page.locator("textarea").first.fill("\n".join(rows))
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("[data-known]")).to_contain_text("Nothing was saved a second time.")
    assert arrivals(site, "fix.example") == wanted


# --------------------------------------------------------------------------------------------- two that are one


def test_two_lookalikes_are_compared_made_one_and_parted_again(site: Site, visit: Visitors) -> None:
    page = visit("marta")
    first = log_one(
        page, site, name="Alexandra Twinley", company="Twinley Lager GmbH", email="alexandra@twinley.example"
    )
    second = log_one(
        page, site, name="Alexandra Twinly", company="Twinley Lager GmbH", email="office@twinley.example"
    )

    # The worker finds them; a person decides.
    page.goto("/leads/duplicates/")
    card = page.locator("#pair-rows > li").filter(has_text="Alexandra Twinly")

    def is_found() -> bool:
        page.reload()
        return card.count() == 1

    until(is_found, within=40, every=1.0)
    hands = Hands(page)
    hands.click("#pair-rows > li:has-text('Alexandra Twinly') a:has-text('Compare')")
    expect(page.get_by_role("heading", level=1)).to_have_text("Make one lead of two")
    kept, gone = (int(number) for number in re.findall(r"/leads/(\d+)/merge/(\d+)/", page.url)[0])
    assert {kept, gone} == {first, second}
    hands.click("input[name='f:email'][value=other]")
    hands.click("button:has-text('Make one lead')")
    expect(page.locator(".toast").first).to_contain_text("two leads are one now")
    assert hands.actions == 3, "compare, choose, make one"
    expect(page).to_have_url(re.compile(f"/leads/{kept}/$"))
    chosen = {first: "alexandra@twinley.example", second: "office@twinley.example"}[gone]
    expect(page.locator("main")).to_contain_text(chosen)

    # The address of the other leads here, and the pair is decided.
    page.goto(f"/leads/{gone}/")
    expect(page).to_have_url(re.compile(f"/leads/{kept}/$"))
    page.goto("/leads/duplicates/")
    expect(card).to_have_count(0)

    page.goto(f"/leads/{kept}/")
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator(".toast").first).to_contain_text("Two leads again")
    for number, name, mail in (
        (first, "Alexandra Twinley", "alexandra@twinley.example"),
        (second, "Alexandra Twinly", "office@twinley.example"),
    ):
        page.goto(f"/leads/{number}/")
        expect(page).to_have_url(re.compile(f"/leads/{number}/$"))
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator("main")).to_contain_text(mail)


# ------------------------------------------------------------------------------------------------- personal data


def test_an_erased_person_is_in_no_list_and_found_by_no_search(site: Site, visit: Visitors) -> None:
    lead = log_one(
        visit("marta"), site, name="Vera Vanishing", company="Vanishing Ltd", email="vera@vanishing.example"
    )
    page = visit("ola", path="/leads/?q=Vanishing")
    expect(page.get_by_text("Vera Vanishing").first).to_be_visible()

    page.goto(f"/leads/{lead}/")
    page.get_by_role("link", name="Erase", exact=True).click()
    stop = page.get_by_role("button", name="Erase for good")
    page.get_by_label("Type the number of this lead").fill("1")
    stop.click()
    expect(page.get_by_text("This is not the number of this lead").first).to_be_visible()
    page.get_by_label("Who asked").fill("by mail, from the person")
    page.get_by_label("Type the number of this lead").fill(str(lead))
    stop.click()
    expect(page.locator(".toast").first).to_contain_text("Erased.")
    expect(page.locator("main")).not_to_contain_text("Vanishing")

    page.goto("/leads/?q=Vanishing")
    expect(page.locator("main")).not_to_contain_text("Vera")
    page.goto("/settings/privacy/?q=vera@vanishing.example")
    expect(page.get_by_text("Nothing is known here")).to_be_visible()
    page.keyboard.press("Control+k")
    with page.expect_response(lambda answer: "/jump/" in answer.url and answer.ok):
        page.keyboard.type("Vera Vanishing")
    expect(page.locator(f"#palette-list [data-href='/leads/{lead}/']")).to_have_count(0)
    page.goto("/settings/privacy/erased/")
    expect(page.locator("main")).to_contain_text("by mail, from the person")


# ------------------------------------------------------------------------------------------------- a source


def signed(address: str, secret: str, number: str, message: object) -> int:
    """Post a message as Standard Webhooks says, written down a second time; the status that was answered."""
    body, stamp = json.dumps(message).encode(), str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{number}.{stamp}.".encode() + body, hashlib.sha256).digest()
    request = urllib.request.Request(
        address,
        body,
        {
            "Content-Type": "application/json",
            "webhook-id": number,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def test_a_source_turns_green_with_its_first_message_which_is_a_lead(site: Site, visit: Visitors) -> None:
    page = visit("marta", path="/settings/sources/")
    page.get_by_role("link", name="New source").first.click()
    page.locator("input[name=kind][value=generic]").check()
    page.locator("#id_name").fill("Web shop")
    page.locator("#id_campaign").select_option(str(campaign_id(site, CAMPAIGN)))
    page.get_by_role("button", name="Next: its address").click()
    expect(page.locator("#heard")).to_contain_text("Waiting for the first message")
    address, secret = (page.locator("code.secret").nth(n).inner_text().strip() for n in (0, 1))
    assert address.startswith(site.url)

    message = {"name": "Sophie Shopper", "email": "sophie@shopper.example", "need": "Racking, 12 bays"}
    forged = "whsec_" + base64.b64encode(b"somebody else's secret").decode()
    assert signed(address, forged, "shop-0", message) == 403
    assert signed(address, secret, "shop-1", message) == 200
    assert signed(address, secret, "shop-1", message) == 200  # sent again, as programs do

    # Nobody touches the page: it looks by itself.
    expect(page.locator("#heard .ok-l")).to_contain_text("It works", timeout=15_000)
    assert arrivals(site, "shopper.example") == {"Sophie Shopper": 1}
    page.get_by_role("link", name="Open the lead").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sophie Shopper")
    owner = site.shell(
        "from leads.models import Lead; print(Lead.objects.get(email='sophie@shopper.example').owner.email)"
    )
    rep = visit(owner.partition("@")[0], path="/queue/")
    expect(rep.get_by_text("Sophie Shopper").first).to_be_visible()
