"""The API's page in a browser: the content policy holds, operations are listed and found, requests can be tried out."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitors

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_operations_are_listed_found_and_tried_out(visit: Visitors, scheme: str) -> None:
    page = visit("pawel", scheme=scheme)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto("/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    # So many that only those near the screen are in the page: one looks for the rest by subject.
    page.get_by_placeholder("Filter by tag").fill("people")
    operation = page.locator("#operations-people-me")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status").get_by_text("200").first.wait_for()
    assert not faults, faults
