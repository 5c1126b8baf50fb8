"""A hosted form in a browser: by its own address, and in a page of another site."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from leadsync.intake.domain.hosted import FASTEST
from tests.e2e.conftest import PHONE, WIDE, Site, Visitors, free_port, until
from tests.e2e.looks import check_looks

pytestmark = pytest.mark.e2e


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Another site, that writes no log."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def other_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A site of its own on another port, and the folder of its pages."""
    folder, port = tmp_path_factory.mktemp("other"), free_port()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}", folder
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def forms(site: Site, other_site: tuple[str, Path]) -> dict[str, str]:
    """Keys of an open form that the other site may show, and of one that it may not."""
    found: dict[str, str] = json.loads(
        site.shell(
            "import json; from dataclasses import replace; from campaigns.models import Campaign; "
            "from leadsync.accounts.models import User; from leadsync.intake.services import forms; "
            "from leadsync.intake.selectors.forms import default_plan; "
            "by = User.objects.get(email='marta@nordrack.example'); "
            "of = Campaign.objects.filter(state='live').earliest('pk'); plan = default_plan(of); "
            f"one = forms.create(campaign=of, plan=replace(plan, name='Shown', origins=('{other_site[0]}',)), by=by); "
            "two = forms.create(campaign=of, plan=replace(plan, name='Alone'), by=by); "
            "[forms.switch(form=f, is_open=True, by=by) for f in (one, two)]; "
            "print(json.dumps({'shown': one.key, 'alone': two.key, 'campaign': str(of.pk), 'pk': str(one.pk)}))"
        )
    )
    return found


def stranger(browser: Browser, **options: Any) -> Page:
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB"} | options)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    return page


def until_believed() -> None:
    """Until the page is older than what only a robot fills in so fast."""
    shown = time.monotonic()
    until(lambda: time.monotonic() - shown > FASTEST.total_seconds() + 0.1)


def leads_of(site: Site, email: str) -> str:
    return site.shell(
        "from leads.models import Lead; from leadsync.intake.models import Payload; "
        f"found = Lead.objects.filter(email='{email}').first(); "
        "print('' if found is None else f'{found.name}|{found.owner.email if found.owner else None}|'"
        "f'{found.arrivals.count()}|{Payload.objects.get(lead=found).state}|'"
        "f'{found.arrivals.get().payload[\"marks\"]}')"
    )


def test_a_visitor_of_another_site_becomes_a_lead_in_a_reps_queue(
    site: Site, browser: Browser, forms: dict[str, str], other_site: tuple[str, Path], visit: Visitors
) -> None:
    address, folder = other_site
    (folder / "offer.html").write_text(
        "<!doctype html><title>Our offer</title><link rel=icon href=data:,><h1>Our offer</h1>"
        f'<script src="{site.url}/f/embed.js" data-form="{forms["shown"]}" data-title="Talk to us" async></script>'
        "<p id=below>Below</p>"
    )
    page = stranger(browser)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/offer.html?utm_source=fair&email=secret@x.example")
    frame = page.frame_locator("iframe[title='Talk to us']")
    expect(frame.get_by_role("heading", level=1)).to_be_visible()
    # As tall as its content: nothing of it scrolls, and the page below follows.
    inside = frame.locator("main").bounding_box()
    outside = page.locator("iframe").bounding_box()
    assert inside is not None
    assert outside is not None
    until(
        lambda: (
            abs((page.locator("iframe").bounding_box() or {"height": 0})["height"] - inside["height"]) <= 2
        ),
        within=5,
    )
    assert page.context.cookies() == []

    frame.get_by_label("Your name").fill("Greta Framed")
    until_believed()
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_text("things to fix")).to_be_visible()
    frame.get_by_label("E-mail").fill("greta@framed.example")
    frame.get_by_role("checkbox").check()
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("heading", name="Sent")).to_be_visible()

    name, owner, arrivals, state, marks = leads_of(site, "greta@framed.example").split("|")
    assert (name, arrivals, state) == ("Greta Framed", "1", "taken")
    assert marks == str({"utm_source": "fair", "page": f"{address}/offer.html"})
    assert "secret" not in marks
    assert page.context.cookies() == []
    assert [one for one in faults if "422" not in one] == []
    rep = visit(owner.partition("@")[0], path="/queue/")
    expect(rep.get_by_text("Greta Framed").first).to_be_visible()
    page.context.close()


def test_a_site_that_the_form_does_not_name_shows_nothing(
    site: Site, browser: Browser, forms: dict[str, str], other_site: tuple[str, Path]
) -> None:
    address, folder = other_site
    (folder / "thief.html").write_text(
        f'<!doctype html><title>x</title><iframe src="{site.url}/f/{forms["alone"]}/" title="f"></iframe>'
    )
    page = stranger(browser)
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/thief.html")
    until(lambda: [one for one in refused if "frame-ancestors" in one or "refused" in one.lower()], within=10)
    assert page.frame_locator("iframe").get_by_role("button", name="Send").count() == 0
    page.context.close()


def test_without_a_script_a_double_click_is_one_lead(
    site: Site, browser: Browser, forms: dict[str, str]
) -> None:
    page = stranger(browser, java_script_enabled=False, viewport=PHONE, locale="pl-PL")
    page.goto(f"{site.url}/f/{forms['alone']}/?lang=en")
    page.get_by_label("Your name").fill("Dora Double")
    page.get_by_label("E-mail").fill("dora@double.example")
    page.get_by_role("checkbox").check()
    until_believed()
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Sent")).to_be_visible()
    assert leads_of(site, "dora@double.example").split("|")[2] == "1"
    page.context.close()


@pytest.mark.parametrize("language", ["en", "pl", "ru"])
@pytest.mark.parametrize("query", ["", "&embed=1"])
def test_the_public_page_is_accessible_and_fits(
    site: Site, browser: Browser, forms: dict[str, str], language: str, query: str
) -> None:
    page = stranger(browser)
    page.goto(f"{site.url}/f/{forms['shown']}/?lang={language}{query}")
    for wrong in (False, True):
        if wrong:
            until_believed()
            page.locator("form button").click()
            expect(page.locator("[data-errors]")).to_have_count(1)
        check_looks(page)
    page.context.close()


def test_fields_move_and_the_preview_follows_while_one_types(visit: Visitors, forms: dict[str, str]) -> None:
    page = visit("marta", path=f"/forms/{forms['pk']}/")
    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_role("heading", level=1)).to_be_visible()
    page.locator("#id_title_en").fill("Straight to the point")
    expect(preview.get_by_role("heading", name="Straight to the point")).to_be_visible()
    row = page.locator("[data-field=email]")
    row.get_by_role("button", name="up").click()
    row.get_by_role("button", name="up").click()
    expect(page.locator(".asked > li").first).to_have_attribute("data-field", "email")
    labels = preview.locator("form .f > label")
    expect(labels.first).to_have_text("E-mail")
    assert page.url.endswith(f"/forms/{forms['pk']}/")
