"""Every page at both widths, light and dark: no accessibility fault, no script error, nothing wider than the screen."""

import json

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
    ("ola", "/definition/3/"),
    ("ola", "/definition/3/edit/"),
    ("ola", "/definition/3/back-test/"),
    ("ola", "/definition/3/against/2/"),
    ("ola", "/definition/compare/?version=3&against=1"),
    ("anna", "/definition/2/print/"),
    ("anna", "/dashboard/"),
    ("anna", "/first-contact/"),
    ("marta", "/voice/"),
    ("marta", "/voice/leads/?topic=objection"),
    ("tomasz", "/definition/known/"),
    ("anna", "/plan/{month}/"),
    ("tomasz", "/questions/"),
    ("tomasz", "/questions/{question}/"),
    ("ola", "/disputes/"),
    ("anna", "/disputes/?show=ended"),
    ("tomasz", "/disputes/{dispute}/"),
    ("tomasz", "/leads/{disputed}/"),
    ("tomasz", "/leads/?owner=me&stage=contacted&stage=qualified&sort=due"),
    ("marta", "/channels/"),
    ("tomasz", "/notifications/"),
    ("admin", "/settings/"),
    ("admin", "/settings/me/"),
    ("admin", "/settings/hours/"),
    ("admin", "/settings/people/"),
    ("admin", "/settings/people/{rep}/"),
    ("tomasz", "/settings/routing/"),
    ("tomasz", "/settings/routing/?country=LV"),
    ("tomasz", "/settings/routing/rules/new/"),
    ("tomasz", "/settings/routing/rules/{rule}/"),
    ("tomasz", "/settings/routing/groups/new/"),
    ("tomasz", "/settings/routing/groups/{group}/"),
    ("tomasz", "/settings/routing/reps/{rep}/"),
    ("ola", "/settings/words/"),
    ("admin", "/settings/tokens/"),
    ("admin", "/settings/webhook/"),
    ("admin", "/settings/outbox/"),
)


@pytest.fixture(scope="module")
def places(site: Site) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        site.shell(
            "import json; from django.utils import timezone; from campaigns.models import Campaign; "
            "from feedback.models import Dispute, Question; from leads.models import Lead, RepGroup, RoutingRule; "
            "from leadsync.accounts.models import User; dispute = Dispute.objects.earliest('pk'); "
            "print(json.dumps({'campaign': Campaign.objects.get(name='Metal Expo visitor list').pk, "
            "'lead': Lead.objects.filter(stage='won').latest('won_at').pk, 'month': f'{timezone.localdate():%Y-%m}', "
            "'dispute': dispute.pk, 'disputed': dispute.lead_id, 'question': Question.objects.earliest('pk').pk, "
            "'rule': RoutingRule.objects.earliest('pk').pk, 'group': RepGroup.objects.earliest('pk').pk, "
            "'rep': User.objects.get(email='oskar@nordrack.example').pk}))"
        )
    )
    return found


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
