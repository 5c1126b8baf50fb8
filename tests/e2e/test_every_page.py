"""Every page at both widths, light and dark: no accessibility fault, no script error, nothing wider than the screen."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.conftest import PHONE, WIDE, Site, Visitors

pytestmark = pytest.mark.e2e

PAGES = (
    ("pawel", "/queue/"),
    ("pawel", "/queue/?tab=follow"),
    ("pawel", "/queue/?tab=questions"),
    ("pawel", "/queue/?tab=done"),
    ("marta", "/campaigns/"),
    ("marta", "/campaigns/new/"),
    ("marta", "/campaigns/{campaign}/"),
    ("marta", "/campaigns/{campaign}/edit/"),
    ("marta", "/campaigns/{campaign}/log/"),
    ("marta", "/campaigns/{campaign}/spend/"),
    ("tomasz", "/leads/"),
    ("tomasz", "/leads/{lead}/"),
    ("tomasz", "/definition/"),
    ("anna", "/dashboard/"),
    ("anna", "/plan/{month}/"),
    ("tomasz", "/questions/"),
    ("marta", "/channels/"),
    ("tomasz", "/notifications/"),
    ("admin", "/settings/"),
    ("admin", "/settings/me/"),
    ("admin", "/settings/hours/"),
    ("admin", "/settings/people/"),
    ("admin", "/settings/tokens/"),
)


@pytest.fixture(scope="module")
def places(site: Site) -> dict[str, str]:
    found = site.shell(
        "from campaigns.models import Campaign; from leads.models import Lead; from django.utils import timezone; "
        "print(Campaign.objects.get(name='Metal Expo visitor list').pk,"
        " Lead.objects.filter(stage='won').latest('won_at').pk, f'{timezone.localdate():%Y-%m}')"
    ).split()
    return dict(zip(("campaign", "lead", "month"), found, strict=True))


@pytest.mark.parametrize(("who", "path"), PAGES, ids=[path for _who, path in PAGES])
def test_page_is_accessible_and_fits(visit: Visitors, places: dict[str, str], who: str, path: str) -> None:
    page = visit(who)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    answer = page.goto(path.format(**places))
    assert answer is not None
    assert answer.status == 200
    page.wait_for_load_state("networkidle")
    assert page.locator("h1").count() == 1
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # no colour half-way
            where = f"{size['width']} px, {scheme}"
            found = Axe().run(page).response["violations"]
            assert not found, f"{where}: " + "; ".join(
                f"{one['id']}: {[node['target'] for node in one['nodes'][:3]]} {one['help']}" for one in found
            )
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, f"{where}: the page is {overflow} px wider than the screen"
    assert not faults, faults
