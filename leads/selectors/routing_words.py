"""Routing in words: what a rule asks, why a lead went where it went."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.models import Campaign
from leads.domain.routing import Condition, How, Target, WhyNot
from leads.models import RoutingRule
from leadsync.core.codes import country_name, language_name
from leadsync.core.templatetags.ui import num
from leadsync.core.words import quoted

__all__ = ["CONDITIONS", "NOT_GIVEN", "conditions", "people_of", "target", "why"]

REROUTED = "rerouted"  # `rule` of a handoff after an escalation
LEFT = "left"  # of one after somebody left; `rep` says who

NOT_GIVEN = {
    WhyNot.LEFT: gettext_lazy("works no leads any more"),
    WhyNot.ABSENT: gettext_lazy("away"),
    WhyNot.FULL: gettext_lazy("full"),
    WhyNot.HAD_IT: gettext_lazy("had it before"),
    WhyNot.MARKET: gettext_lazy("other countries"),
    WhyNot.LANGUAGE: gettext_lazy("other languages"),
}
CONDITIONS = {
    Condition.MARKET: gettext_lazy("Country"),
    Condition.LANGUAGE: gettext_lazy("Language"),
    Condition.CHANNEL: gettext_lazy("Channel"),
    Condition.KIND: gettext_lazy("Kind of campaign"),
    Condition.CAMPAIGN: gettext_lazy("Campaign"),
}


def conditions(rule: RoutingRule) -> list[tuple[str, str]]:
    """What the rule asks: (what, which). Empty: it takes every lead."""
    kinds = dict(Campaign.Kind.choices)
    found = (
        (Condition.MARKET, [country_name(code) for code in rule.markets]),
        (Condition.LANGUAGE, [language_name(code) for code in rule.languages]),
        (Condition.CHANNEL, [one.name for one in rule.channels.all()]),
        (Condition.KIND, [str(kinds.get(kind, kind)) for kind in rule.campaign_kinds]),
        (Condition.CAMPAIGN, [one.name for one in rule.campaigns.all()]),
    )
    return [(str(CONDITIONS[condition]), _either(names)) for condition, names in found if names]


def _either(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s or %(last)s") % {"some": ", ".join(names[:-1]), "last": names[-1]}


def target(rule: RoutingRule) -> str:
    """Where the rule leads to."""
    if rule.group is not None:
        return _("Group %(name)s") % {"name": rule.group.name}
    if rule.rep is not None:
        return rule.rep.name
    return _("Who has the same company")


def people_of(why: Mapping[str, Any]) -> set[int]:
    """Whom the reasons of a handoff speak of, by id."""
    return {pk for pk, _reason in _pairs(why.get("skipped") or ())}


def why(why: Mapping[str, Any], name: str, names: Mapping[int, str]) -> str:
    """Why routing chose this rep, in lines; empty for a handoff by hand. `names` are those of `people_of`."""
    if why.get("rule") == LEFT:
        return _("Until then: %(name)s, who works leads no more.") % {"name": why.get("rep") or "–"}
    # Handed on after an escalation, the rule that then decided stands apart.
    is_anew = why.get("rule") == REROUTED
    how = why.get("by") if is_anew else why.get("rule")
    if how not in set(How) or "capacity" not in why:
        return ""
    lines = [_first_line(why, str(how))]
    if is_anew:
        lines[0] = _("Escalated, so another rep has it.") + " " + lines[0]
    if how != How.UNROUTABLE and why.get("target") != Target.SAME_OWNER:
        lines[0] += " " + _("%(name)s: %(handed)s of %(capacity)s leads that day.") % {
            "name": name,
            "handed": num(why.get("handed", 0)),
            "capacity": num(why["capacity"]),
        }
    passed = [str(one[0]) for one in why.get("passed") or () if one]
    if passed:
        lines.append(
            ngettext(
                "This rule held, but nobody there had room: %(names)s.",
                "These rules held, but nobody there had room: %(names)s.",
                len(passed),
            )
            % {"names": ", ".join(quoted(one) for one in passed)}
        )
    if skipped := _skipped(why, names):
        lines.append(_("Passed over: %(names)s.") % {"names": skipped})
    return "\n".join(lines)


def _first_line(why: Mapping[str, Any], how: str) -> str:
    there = {"there": num(why.get("there", 0)), "among": num(why.get("among", 0))}
    if how == How.UNROUTABLE:
        return _("No rep could take it, so the head of sales has it.")
    if how == How.EVERYBODY:
        return _("In turn among all reps, %(there)s of %(among)s could take it.") % there
    rule = {"rule": why.get("rule_name", ""), "name": why.get("target_name", "")}
    if why.get("target") == Target.SAME_OWNER:
        return _("By rule “%(rule)s”: has the newest lead of the same company.") % rule
    if why.get("target") == Target.REP:
        return _("By rule “%(rule)s”.") % rule
    return _("By rule “%(rule)s”: group %(name)s, %(there)s of %(among)s could take it.") % {**rule, **there}


def _skipped(why: Mapping[str, Any], names: Mapping[int, str]) -> str:
    found = [
        f"{names.get(pk, '–')} ({NOT_GIVEN.get(WhyNot(reason), reason) if reason in set(WhyNot) else reason})"
        for pk, reason in _pairs(why.get("skipped") or ())
    ]
    more = why.get("more_skipped")
    if more:
        found.append(ngettext("%(n)d more", "%(n)d more", more) % {"n": more})
    return ", ".join(found)


def _pairs(listed: Iterable[Any]) -> list[tuple[int, str]]:
    return [(one[0], str(one[1])) for one in listed if isinstance(one, list | tuple) and len(one) == 2]
