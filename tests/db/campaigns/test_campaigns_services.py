"""Making, changing, moving and paying for campaigns."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from campaigns.models import Campaign, Spend, Touch, Visits
from campaigns.selectors import history
from campaigns.services import campaigns, spending
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import person
from tests.factories.campaigns import campaign as make
from tests.factories.campaigns import channel

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)


@pytest.fixture
def marta() -> User:
    return person("marketer", name="Marta Zielińska")


@pytest.fixture
def bartek() -> User:
    return person("marketer", name="Bartek Król")


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def touched() -> set[tuple[int, date | None]]:
    return set(Touch.objects.values_list("campaign_id", "on"))


def test_a_new_campaign_is_a_draft_and_says_who_made_it(marta: User) -> None:
    made = campaigns.create(by=marta, name=" Metal Expo ", channel=channel(), owner=marta)
    assert (made.name, made.state, made.version) == ("Metal Expo", "draft", 1)
    (happened,) = history.what_happened(made)
    assert happened.is_creation
    assert happened.by == marta


def test_a_rep_makes_and_changes_nothing() -> None:
    rep, campaign = person("rep"), make(name="Calculator")
    with pytest.raises(NotAllowed):
        campaigns.create(by=rep, name="Mine", channel=campaign.channel, owner=rep)
    with pytest.raises(NotAllowed):
        campaigns.edit(campaign=campaign, by=rep, version=1, changes={"name": "Mine"})
    with pytest.raises(NotAllowed):
        campaigns.change_state(campaign=campaign, by=rep, to="stopped", version=1)
    with pytest.raises(NotAllowed):
        spending.add(campaign=campaign, by=rep, on=DAY, amount=Decimal(5))
    assert list(Campaign.objects.values_list("name", "state", "version")) == [("Calculator", "live", 1)]
    assert not Spend.objects.exists()


def test_a_name_is_unique_in_its_channel_only(marta: User) -> None:
    first = make(name="Spring")
    with pytest.raises(Invalid) as refused:
        campaigns.create(by=marta, name="Spring", channel=first.channel, owner=marta)
    assert refused.value.field == "name"
    assert campaigns.create(by=marta, name="Spring", channel=channel(), owner=marta).pk


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"budget": Decimal("-0.01")}, "budget"),
        ({"budget": Decimal(10) ** 12}, "budget"),
        ({"starts_on": DAY, "ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"kind": "radio"}, "kind"),
        ({"segment": "x" * 101}, "segment"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    marta: User, changes: dict[str, object], field: str
) -> None:
    campaign = make()
    with pytest.raises(Invalid) as refused:
        campaigns.edit(campaign=campaign, by=marta, version=1, changes=changes)
    assert refused.value.field == field
    assert fresh(campaign).version == 1


def test_a_budget_of_nothing_is_a_budget(marta: User) -> None:
    campaign = make()
    campaigns.edit(campaign=campaign, by=marta, version=1, changes={"budget": Decimal(0)})
    assert fresh(campaign).budget == 0


def test_saving_what_is_there_already_changes_nothing(marta: User) -> None:
    campaign = make(name="Spring")
    campaigns.edit(campaign=campaign, by=marta, version=1, changes={"name": "Spring "})
    assert fresh(campaign).version == 1
    assert len(history.what_happened(campaign)) == 1


def test_the_second_of_two_savers_learns_who_changed_what(marta: User, bartek: User) -> None:
    campaign = make(budget=Decimal(3500))
    campaigns.edit(campaign=campaign, by=bartek, version=1, changes={"budget": Decimal(4000)})
    campaigns.edit(campaign=campaign, by=bartek, version=2, changes={"terms": "Net 30"})
    with pytest.raises(Conflict) as conflict:
        campaigns.edit(campaign=campaign, by=marta, version=1, changes={"budget": Decimal(1)})
    assert "Bartek Król" in conflict.value.message
    fields = [change.field for one in conflict.value.context["happened"] for change in one.changes]
    assert fields == ["terms", "budget"]
    assert fresh(campaign).budget == 4000


def test_a_step_that_is_not_open_is_refused(marta: User) -> None:
    draft = make(state="draft")
    for to in ("live", "nonsense", "draft"):
        with pytest.raises(Invalid):
            campaigns.change_state(campaign=draft, by=marta, to=to, version=1)
    assert fresh(draft).state == "draft"


def test_a_stop_can_be_taken_back_within_a_day(marta: User) -> None:
    with time_machine.travel("2026-03-09T10:00:00Z", tick=False):
        campaign = make()
    with time_machine.travel("2026-03-10T10:00:00Z", tick=False):
        campaigns.change_state(campaign=campaign, by=marta, to="stopped", version=1)
    with time_machine.travel("2026-03-11T09:59:00Z", tick=False):
        campaigns.take_back(campaign=campaign, by=marta, version=2)
    assert fresh(campaign).state == "live"


def test_a_day_later_it_is_too_late_to_take_back(marta: User) -> None:
    with time_machine.travel("2026-03-09T10:00:00Z", tick=False):
        campaign = make()
    with time_machine.travel("2026-03-10T10:00:00Z", tick=False):
        campaigns.change_state(campaign=campaign, by=marta, to="stopped", version=1)
    with time_machine.travel("2026-03-11T10:00:00Z", tick=False), pytest.raises(Invalid):
        campaigns.take_back(campaign=campaign, by=marta, version=2)
    assert fresh(campaign).state == "stopped"


def test_nothing_to_take_back_says_so(marta: User) -> None:
    with pytest.raises(Invalid):
        campaigns.take_back(campaign=make(), by=marta, version=1)


def test_history_names_people_and_channels(marta: User, bartek: User) -> None:
    campaign = make(owner=bartek, channel=channel(name="Ads"))
    to = channel(name="Events")
    campaigns.edit(campaign=campaign, by=marta, version=1, changes={"owner": marta, "channel": to})
    changes = history.what_happened(campaign)[0].changes
    assert [(change.before, change.after) for change in changes] == [
        ("Ads", "Events"),
        ("Bartek Król", "Marta Zielińska"),
    ]


# ------------------------------------------------------------------------------------------------ money
def test_spend_leaves_a_hint_for_its_day(marta: User) -> None:
    campaign = make()
    entry = spending.add(campaign=campaign, by=marta, on=DAY, amount=Decimal("12.50"), note=" Stand ")
    assert (entry.note, entry.by) == ("Stand", marta)
    assert touched() == {(campaign.pk, DAY)}


def test_moving_spend_to_another_day_touches_both(marta: User) -> None:
    campaign = make()
    entry = spending.add(campaign=campaign, by=marta, on=DAY, amount=Decimal(5))
    Touch.objects.all().delete()
    later = DAY + timedelta(days=3)
    spending.change(spend=entry, by=marta, on=later, amount=Decimal(5))
    assert touched() == {(campaign.pk, DAY), (campaign.pk, later)}


def test_deleting_spend_twice_is_harmless(marta: User) -> None:
    entry = spending.add(campaign=make(), by=marta, on=DAY, amount=Decimal(5))
    spending.remove(spend=entry, by=marta)
    spending.remove(spend=Spend(pk=entry.pk, campaign_id=entry.campaign_id, by=marta), by=marta)
    assert not Spend.objects.exists()


def test_only_the_head_of_marketing_changes_other_peoples_entries(marta: User, bartek: User) -> None:
    entry = spending.add(campaign=make(), by=bartek, on=DAY, amount=Decimal(5))
    with pytest.raises(NotAllowed):
        spending.remove(spend=entry, by=marta)
    with pytest.raises(NotAllowed):
        spending.change(spend=entry, by=marta, on=DAY, amount=Decimal(1))
    assert Spend.objects.get().amount == 5
    spending.change(spend=entry, by=person("head_of_marketing"), on=DAY, amount=Decimal(7))
    assert Spend.objects.get().amount == 7


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "1000000000000"])
def test_an_amount_is_above_nothing_and_can_be_kept(marta: User, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        spending.add(campaign=make(), by=marta, on=DAY, amount=Decimal(amount))
    assert refused.value.field == "amount"
    assert not Touch.objects.exists()


def test_days_to_come_and_days_of_another_age_are_refused(marta: User) -> None:
    campaign = make()
    for on in (timezone.now().date() + timedelta(days=2), date(1999, 12, 31)):
        with pytest.raises(Invalid) as refused:
            spending.add(campaign=campaign, by=marta, on=on, amount=Decimal(5))
        assert refused.value.field == "on"


def test_today_is_the_companys_day(marta: User) -> None:
    # In Warsaw it is the 11th already.
    with time_machine.travel("2026-03-10T23:30:00Z", tick=False):
        assert spending.add(campaign=make(), by=marta, on=date(2026, 3, 11), amount=Decimal(5)).pk


def test_a_second_number_of_visits_replaces_the_first(marta: User) -> None:
    campaign = make()
    spending.set_visits(campaign=campaign, by=marta, on=DAY, count=40)
    found = spending.set_visits(campaign=campaign, by=marta, on=DAY, count=50)
    assert Visits.objects.get().count == 50
    spending.remove_visits(visits=found, by=marta)
    assert not Visits.objects.exists()
    assert Touch.objects.count() == 3


def test_visits_are_not_negative(marta: User) -> None:
    with pytest.raises(Invalid):
        spending.set_visits(campaign=make(), by=marta, on=DAY, count=-1)
