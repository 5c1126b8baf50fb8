"""The dashboard on a wall and on paper: renews itself in place, stays calm without a connection and after a sign-out."""

from playwright.sync_api import expect

from tests.e2e.conftest import Site, Visitors

MINUTE = 60_000


def test_the_wall_renews_itself_and_survives_what_happens_to_a_wall(site: Site, visit: Visitors) -> None:
    page = visit("anna")
    page.clock.install()
    page.goto(f"{site.url}/dashboard/?tv=1")
    figures, lost, out = page.locator("#tv"), page.locator("#tv-lost"), page.locator("#tv-out")
    expect(figures.locator(".kpis > li")).to_have_count(5)
    expect(page.locator("nav")).to_have_count(0)
    # Changed in place, not loaded anew: a mark left on the strip is still there, what was spoilt is mended.
    page.evaluate("window.left = document.querySelector('.kpis')")
    page.evaluate("document.querySelector('.kpis strong').textContent = 'spoilt'")
    page.clock.run_for(MINUTE)
    expect(figures).not_to_contain_text("spoilt")
    assert page.evaluate("window.left === document.querySelector('.kpis')")
    # No connection: the last figures stay, with a note, until it is back.
    page.context.set_offline(True)
    page.clock.run_for(MINUTE)
    expect(lost).to_be_visible()
    expect(figures).to_be_visible()
    page.context.set_offline(False)
    page.clock.run_for(MINUTE)
    expect(lost).to_be_hidden()
    # Signed out: no figures for who passes by. Signed in again on this screen: they come back by themselves.
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.clock.run_for(MINUTE)
    expect(out).to_be_visible()
    expect(figures).to_be_hidden()
    page.context.add_cookies(cookies)
    page.clock.run_for(MINUTE)
    expect(figures).to_be_visible()
    expect(out).to_be_hidden()


def test_the_dashboard_is_two_sheets_of_paper(visit: Visitors) -> None:
    for query in ("", "?period=year"):
        page = visit("anna", path=f"/dashboard/{query}")
        page.wait_for_load_state("networkidle")
        paper = page.pdf(prefer_css_page_size=True, print_background=True)
        assert paper.count(b"/Type /Page\n") == 2, query
        assert b"/MediaBox [0 0 841.9" in paper, "A4 landscape"
