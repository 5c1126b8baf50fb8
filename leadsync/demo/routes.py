"""Who gets which lead in the sample company: what people speak and sell to, groups, rules."""

from collections.abc import Mapping

from leads.models import RepGroup, RoutingRule
from leadsync.accounts.models import User

# Languages of customers and countries; who is not named takes all.
SPEAKS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "lena": (("de", "en"), ("DE", "AT", "CH")),
    "oskar": (("de", "en"), ("DE", "AT", "CH", "CZ")),
    "dmitri": (("ru", "lv", "en"), ("LV", "LT", "EE")),
    "nina": (("ru", "lv", "en"), ("LV", "LT", "EE")),
}
GROUPS: Mapping[str, tuple[str, ...]] = {
    "Poland": ("pawel", "iga", "jakub"),
    "German-speaking countries": ("lena", "oskar"),
    "Baltics": ("dmitri", "nina"),
}


def fill(people: Mapping[str, User]) -> None:
    """Languages, countries, three groups, and four rules in the order in which they are asked."""
    for key, (spoken, markets) in SPEAKS.items():
        User.objects.filter(pk=people[key].pk).update(spoken=list(spoken), markets=list(markets))
    groups = {}
    for name, members in GROUPS.items():
        groups[name] = RepGroup.objects.create(name=name)
        groups[name].members.set([people[key] for key in members])
    RoutingRule.objects.create(name="Who knows the company", position=0, target="same_owner")
    RoutingRule.objects.create(
        name="Germany, Austria, Switzerland",
        position=1,
        markets=["DE", "AT", "CH"],
        target="group",
        group=groups["German-speaking countries"],
    )
    RoutingRule.objects.create(
        name="Baltics", position=2, markets=["LV", "LT", "EE"], target="group", group=groups["Baltics"]
    )
    RoutingRule.objects.create(
        name="Poland", position=3, markets=["PL"], target="group", group=groups["Poland"]
    )
