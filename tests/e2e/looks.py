"""What every page keeps to, whoever looks at it: accessible, no wider than the screen, light and dark.

Wide is looked at in light and narrow in dark; `LOOKS=all` looks at all four together, `LOOKS=one` applies the rules of
accessibility to one of the two, by the page's address, as a landing does. What sticks out is looked for on both.
"""

import os
from typing import Any
from urllib.parse import urlsplit
from zlib import crc32

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.conftest import PHONE, WIDE

SCHEMES = ("light", "dark")
AXE = Axe()
# What comes after the page has come: parts that htmx asks for by themselves, and letters.
SETTLED = "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, [hx-trigger=load]')"
LETTERS = "document.fonts.ready.then(() => true)"


def settle(page: Page) -> None:
    """Wait until the page is as people see it."""
    page.wait_for_load_state("load")
    page.wait_for_function(SETTLED)
    page.evaluate(LETTERS)


def faults(page: Page) -> list[dict[str, Any]]:
    """What axe finds on the page as it is now; its script is brought in once a page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
    )
    return found


def check_looks(page: Page) -> None:
    """Fail, saying where, on an accessibility fault, on more or less than one first heading, on what sticks out."""
    settle(page)
    assert page.locator("h1").count() == 1
    looks, chosen = os.environ.get("LOOKS"), crc32(urlsplit(page.url).path.encode()) % 2
    for number, (size, usual) in enumerate(((WIDE, "light"), (PHONE, "dark"))):
        page.set_viewport_size(size)
        where = f"{size['width']} px"
        for scheme in SCHEMES if looks == "all" else (usual,) if looks != "one" or number == chosen else ():
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]  # no colour half-way
            where = f"{size['width']} px, {scheme}"
            found = faults(page)
            assert not found, f"{where}: " + "; ".join(
                f"{one['id']}: {[node['target'] for node in one['nodes'][:3]]} {one['help']}" for one in found
            )
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{where}: the page is {overflow} px wider than the screen"
