"""The page of routing: reading it, changing rules and groups, a dry run; what is refused and what stays typed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads.models import Handoff, LeadEvent, RepGroup, RoutingRule
from leads.services import routing_rules
from leads.services.routing_rules import RuleData
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from tests.factories.accounts import AbsenceFactory, CompanyFactory, person
from tests.factories.campaigns import campaign, channel
from tests.factories.leads import lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def head(client: Client) -> User:
    CompanyFactory()
    found = person("head_of_sales", name="Tomasz Wrona")
    client.force_login(found)
    return found


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def page(client: Client, **query: Any) -> str:
    response = client.get(reverse("leads:routing"), query)
    assert response.status_code == 200
    return text(response)


def typed(**data: Any) -> dict[str, Any]:
    return {"name": "Germany", "is_active": "on"} | data


def a_group(*members: User, by: User, name: str = "DACH") -> RepGroup:
    return routing_rules.save_group(name=name, members=[one.pk for one in members], by=by)


def a_rule(by: User, rep: User, **data: Any) -> RoutingRule:
    return routing_rules.add_rule(
        data=RuleData(**{"name": "Rule", "target": "rep", "rep": rep.pk} | data), by=by
    )


# ------------------------------------------------------------------------------------------ reading


def test_everybody_reads_the_rules_and_only_who_may_changes_them(client: Client, head: User) -> None:
    rep = person("rep", name="Lena Bauer")
    made = a_rule(head, rep, name="Germany", markets=["DE", "AT"], languages=["de"], campaign_kinds=["ads"])
    for role in ("rep", "marketer", "director"):
        client.force_login(person(role))
        shown = page(client)
        assert "Germany or Austria" in shown
        assert "German" in shown
        assert "Lena Bauer" in shown
        assert reverse("leads:routing_rule", args=[made.pk]) not in shown
        for name, *args in (
            ("routing_rule_new",),
            ("routing_rule", made.pk),
            ("routing_rule_move", made.pk),
            ("routing_rule_switch", made.pk),
            ("routing_rule_delete", made.pk),
            ("routing_group_new",),
            ("routing_rep", rep.pk),
        ):
            assert client.post(reverse(f"leads:{name}", args=args)).status_code == 403
    made.refresh_from_db()
    assert (RoutingRule.objects.count(), made.version, made.is_active) == (1, 1, True)


def test_it_says_who_is_full_and_who_is_away(client: Client, head: User) -> None:
    full, away = person("rep", capacity=0, name="Full One"), person("rep", name="Away One")
    today = timezone.now().date()
    AbsenceFactory.create(person=away, starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=1))
    a_group(full, away, by=head)
    shown = page(client)
    assert shown.count("full today") == 2
    assert shown.count("away until") == 2
    assert "0 of 8" in shown


def test_more_rules_take_no_more_statements(
    client: Client, head: User, django_assert_max_num_queries: Any
) -> None:
    rep = person("rep")
    a_rule(head, rep, channels=[channel().pk], campaigns=[campaign().pk])
    a_group(rep, by=head)
    with django_assert_max_num_queries(30) as few:
        page(client)
    for n in range(20):
        a_rule(head, person("rep"), channels=[channel().pk], campaigns=[campaign().pk])
        a_group(rep, by=head, name=f"G {n}")
    with django_assert_max_num_queries(len(few)):
        page(client)


# ------------------------------------------------------------------------------------------ rules


def test_a_rule_is_added_with_countries_and_languages_by_name_or_code(client: Client, head: User) -> None:
    group = a_group(person("rep"), by=head)
    to, where = channel(), campaign()
    data = typed(
        target=f"group:{group.pk}",
        markets="Germany, at; CH",
        languages="German, en",
        campaign_kinds=["ads", "event"],
        channels=[to.pk],
        campaigns=[where.pk],
    )
    assert client.post(reverse("leads:routing_rule_new"), data).status_code == 302
    made = RoutingRule.objects.get()
    assert (made.name, made.group, made.rep) == ("Germany", group, None)
    assert (made.markets, made.languages, made.campaign_kinds) == (
        ["DE", "AT", "CH"],
        ["de", "en"],
        ["ads", "event"],
    )
    assert (list(made.channels.all()), list(made.campaigns.all())) == ([to], [where])
    assert made.changed_by == head


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose where these leads go."),
        ({"target": "same_owner", "markets": "Germany, Atlantis"}, "Not known here: Atlantis."),
        ({"target": "same_owner", "languages": "Klingon"}, "Not known here: Klingon."),
        ({"target": "same_owner", "name": " "}, "This field is required."),
        ({"target": "same_owner", "campaigns": ["999"]}, "999"),
        ({"target": "rep:999"}, "rep:999"),
        ({"target": "nonsense"}, "nonsense"),
    ],
)
def test_what_cannot_be_a_rule_is_refused_and_stays_typed(
    client: Client, head: User, data: dict[str, Any], words: str
) -> None:
    response = client.post(reverse("leads:routing_rule_new"), typed(**data))
    assert response.status_code == 422
    assert words in text(response)
    assert not RoutingRule.objects.exists()


def test_a_rule_needs_a_target_that_can_take_leads(head: User) -> None:
    marketer, empty = person("marketer"), RepGroup.objects.create(name="Empty")
    for data in (
        RuleData("A", "rep", rep=marketer.pk),
        RuleData("A", "rep"),
        RuleData("A", "group", group=empty.pk),
        RuleData("A", "group", group=999),
        RuleData("A", "same_owner", campaign_kinds=["nonsense"]),
        RuleData("A", "same_owner", channels=[999]),
        RuleData("A", "same_owner", markets=["XX"]),
    ):
        with pytest.raises(Invalid):
            routing_rules.add_rule(data=data, by=head)
    assert not RoutingRule.objects.exists()
    with pytest.raises(NotAllowed):
        routing_rules.add_rule(data=RuleData("A", "same_owner"), by=person("rep"))


def test_two_people_changing_one_rule_are_told_and_lose_nothing(client: Client, head: User) -> None:
    other = person("head_of_sales", name="Anna Lewandowska")
    made = a_rule(head, head, name="Old")
    seen = made.version
    routing_rules.edit_rule(rule=made, data=RuleData("Theirs", "same_owner"), by=other, version=seen)
    address = reverse("leads:routing_rule", args=[made.pk])
    data = typed(name="Mine", target=f"rep:{head.pk}", markets="DE", version=seen)
    response = client.post(address, data)
    assert response.status_code == 409
    assert "Anna Lewandowska" in text(response)
    assert 'value="Mine"' in text(response)
    made.refresh_from_db()
    assert made.name == "Theirs"
    again = client.post(address, data | {"version": made.version})
    assert again.status_code == 302
    made.refresh_from_db()
    assert (made.name, made.markets) == ("Mine", ["DE"])


def test_rules_change_places_and_go_out_of_use_without_script_and_with_it(client: Client, head: User) -> None:
    first, second, third = (a_rule(head, head, name=name) for name in ("One", "Two", "Three"))
    move = reverse("leads:routing_rule_move", args=[third.pk])
    assert client.post(move, {"to": "up"}).status_code == 302
    assert list(RoutingRule.objects.values_list("name", flat=True)) == ["One", "Three", "Two"]
    moved = client.post(move, {"to": "up"}, headers={"HX-Request": "true"})
    assert text(moved).index("Three") < text(moved).index("One")
    client.post(move, {"to": "up"})
    assert list(RoutingRule.objects.values_list("name", flat=True)) == ["Three", "One", "Two"]
    switch = reverse("leads:routing_rule_switch", args=[first.pk])
    assert client.post(switch, {"active": "0", "version": first.version}).status_code == 302
    first.refresh_from_db()
    assert not first.is_active
    with pytest.raises(Conflict):
        routing_rules.delete_rule(rule=first, by=person("head_of_sales"), version=first.version - 1)
    client.post(reverse("leads:routing_rule_delete", args=[second.pk]))
    assert list(RoutingRule.objects.values_list("name", flat=True)) == ["Three", "One"]


def test_a_rule_behind_a_wider_one_and_one_to_nobody_are_pointed_out(client: Client, head: User) -> None:
    rep = person("rep")
    a_rule(head, rep, name="Everything")
    a_rule(head, rep, name="Germany", markets=["DE"])
    assert "“Everything” above takes all of these" in page(client)
    User.objects.filter(pk=rep.pk).update(is_active=False)
    assert page(client).count("Nobody there works leads any more") == 2


# ------------------------------------------------------------------------------------------ groups and reps


def test_a_group_needs_a_name_of_its_own_and_somebody_in_it(client: Client, head: User) -> None:
    rep = person("rep")
    a_group(rep, by=head)
    address = reverse("leads:routing_group_new")
    assert client.post(address, {"name": "Nobody"}).status_code == 422
    assert "of this name already" in text(client.post(address, {"name": "dach", "members": [rep.pk]}))
    assert client.post(address, {"name": "X", "members": [person("marketer").pk]}).status_code == 422
    assert RepGroup.objects.count() == 1
    assert client.post(address, {"name": "Poland", "members": [rep.pk]}).status_code == 302


def test_a_group_that_rules_lead_to_is_not_deleted_and_they_are_named(client: Client, head: User) -> None:
    group = a_group(person("rep"), by=head)
    made = routing_rules.add_rule(data=RuleData("Germany", "group", group=group.pk), by=head)
    response = client.post(reverse("leads:routing_group_delete", args=[group.pk]))
    assert response.status_code == 409
    assert "“Germany”" in text(response)
    assert RepGroup.objects.exists()
    routing_rules.delete_rule(rule=made, by=head)
    assert client.post(reverse("leads:routing_group_delete", args=[group.pk])).status_code == 302
    assert not RepGroup.objects.exists()


def test_the_head_of_sales_says_which_leads_somebody_takes(client: Client, head: User) -> None:
    rep = person("rep", name="Lena Bauer")
    address = reverse("leads:routing_rep", args=[rep.pk])
    assert client.post(address, {"capacity": "5", "spoken": "German", "markets": "DE, AT"}).status_code == 302
    rep.refresh_from_db()
    assert (rep.capacity, rep.spoken, rep.markets) == (5, ["de"], ["DE", "AT"])
    assert "Germany, Austria" in page(client)
    refused = client.post(address, {"capacity": "501", "spoken": "", "markets": "Nowhere"})
    assert refused.status_code == 422
    assert 'value="Nowhere"' in text(refused)
    rep.refresh_from_db()
    assert (rep.capacity, rep.markets) == (5, ["DE", "AT"])


# ------------------------------------------------------------------------------------------ dry run


def test_a_lead_is_tried_without_anything_being_changed(client: Client, head: User) -> None:
    lena, jakub = person("rep", name="Lena Bauer"), person("rep", name="Jakub Sroka", capacity=0)
    a_rule(head, jakub, name="Full one")
    a_rule(head, lena, name="Germany", markets=["DE"])
    a_rule(head, jakub, name="Later")
    one = lead(name="Ewa Nowak", country="DE")
    events = LeadEvent.objects.count()
    client.force_login(person("marketer"))
    shown = page(client, lead=one.pk)
    assert "Goes to Lena Bauer." in shown
    assert "Holds, but nobody there can take it." in shown
    assert "Jakub Sroka: full, 0 of 0 today" in shown
    assert "Not asked: decided above." in shown
    assert (Handoff.objects.count(), LeadEvent.objects.count()) == (0, events)


def test_a_lead_made_up_is_tried(client: Client, head: User) -> None:
    lena = person("rep", name="Lena Bauer")
    a_rule(head, lena, name="Germany", markets=["DE"], campaign_kinds=["event"])
    assert "Goes to Lena Bauer." in page(client, country="Germany", campaign=campaign(kind="event").pk)
    lena.capacity = 0
    lena.save()
    shown = page(client, country="Germany")
    assert "Does not hold: Kind of campaign." in shown
    assert "Goes to Tomasz Wrona, head of sales: no rep can take it." in shown
    head.groups.clear()
    assert "Stays with marketing: nobody can take it." in page(client, country="Germany")


def test_what_cannot_be_tried_is_refused_at_its_field(client: Client, head: User) -> None:
    response = client.get(reverse("leads:routing"), {"country": "Atlantis"})
    assert response.status_code == 422
    assert "This is not a country." in text(response)
    for number in ("999", "x", "99999999999999999999999"):
        assert client.get(reverse("leads:routing"), {"lead": number}).status_code == 404


def test_a_lead_to_try_is_found_by_its_name(client: Client, head: User) -> None:
    one = lead(name="Ewa Nowak")
    lead(name="Somebody Else")
    shown = page(client, find="nowak")
    assert f"?lead={one.pk}" in shown
    assert "Somebody Else" not in shown
    assert "No lead like this is here." in page(client, find="nobody at all")


def test_only_the_dry_run_is_sent_where_only_it_was_asked_for(client: Client, head: User) -> None:
    a_rule(head, head, name="Everything")
    part = client.get(reverse("leads:routing"), {"country": "Germany"}, headers={"HX-Request": "true"})
    assert "Goes to Tomasz Wrona." in text(part)
    assert "<html" not in text(part)
    assert 'id="rules"' not in text(part)
