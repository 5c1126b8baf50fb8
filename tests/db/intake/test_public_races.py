"""One page sent by several clicks at the same moment, each on a connection of its own."""

from collections.abc import Iterator

import pytest
from django.db import connections

from leads.models import Arrival, Consent, Lead
from leadsync.intake.models import Payload
from leadsync.intake.services import submissions
from leadsync.intake.services.submissions import Message
from tests.db.leads.test_races import together
from tests.factories.accounts import CompanyFactory
from tests.factories.intake import hosted_form

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)

CLICKS = 6


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    CompanyFactory()
    yield
    connections.close_all()


def test_one_page_sent_by_many_clicks_at_once_is_one_lead_and_one_arrival() -> None:
    form = hosted_form()
    message = Message({"name": "Ewa Maj", "email": "ewa@firma.example"}, "en", "page one", "I agree.")
    kept = together(*[lambda: submissions.take(form=form, message=message).pk] * CLICKS)
    payload = Payload.objects.get()
    assert kept == [payload.pk] * CLICKS
    assert (payload.state, payload.times) == ("taken", CLICKS)
    assert (Lead.objects.count(), Arrival.objects.count(), Consent.objects.count()) == (1, 1, 1)


def test_two_people_on_two_pages_at_once_are_two_leads() -> None:
    form = hosted_form()
    messages = [
        Message({"name": f"Visitor {n}", "email": f"v{n}@firma.example"}, "en", f"page {n}")
        for n in range(CLICKS)
    ]
    together(*[lambda one=one: submissions.take(form=form, message=one) for one in messages])
    assert (Lead.objects.count(), Payload.objects.filter(state="taken").count()) == (CLICKS, CLICKS)
