"""Writing down who gets which lead: rules in order, and groups of reps. For who may edit routing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Channel
from leads.models import RepGroup, RoutingRule
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.codes import country_name, language_name, unknown_codes
from leadsync.core.errors import Conflict, Invalid, NotFound
from leadsync.core.words import quoted

MOST_RULES = 100
_ORDER = "leads.routing"  # rules change their places one at a time

Target = RoutingRule.Target


@dataclass(frozen=True, slots=True)
class RuleData:
    """A rule as typed. An empty condition always holds; `rep` or `group` as the target needs it."""

    name: str
    target: str
    rep: int | None = None
    group: int | None = None
    markets: Sequence[str] = ()
    languages: Sequence[str] = ()
    campaign_kinds: Sequence[str] = ()
    channels: Sequence[int] = ()
    campaigns: Sequence[int] = ()
    is_active: bool = True


def add_rule(*, data: RuleData, by: User) -> RoutingRule:
    """Put a rule at the end. Raises `NotAllowed`; `Invalid` with the field."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        if RoutingRule.objects.count() >= MOST_RULES:
            raise Invalid(_("At most %(n)d rules. Delete one that is not needed.") % {"n": MOST_RULES})
        last = RoutingRule.objects.order_by("-position").values_list("position", flat=True).first()
        return _write(RoutingRule(position=(last or 0) + 1, version=0), data, by)


def edit_rule(*, rule: RoutingRule, data: RuleData, by: User, version: int | None = None) -> RoutingRule:
    """Change a rule. Raises `NotAllowed`, `NotFound`, `Conflict` that names who changed it, `Invalid`."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        return _write(_taken(rule, version, by), data, by)


def switch_rule(*, rule: RoutingRule, is_active: bool, by: User, version: int | None = None) -> None:
    """Take a rule out of use, or into use again. Raises as `edit_rule`."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        found = _taken(rule, version, by)
        if found.is_active != is_active:
            found.is_active = is_active
            _sign(found, by)
            found.save(update_fields=["is_active", "version", "changed_at", "changed_by"])


def move_rule(*, rule: RoutingRule, is_up: bool, by: User) -> None:
    """One place up or down; at the end of the list nothing changes. Raises `NotAllowed`, `NotFound`."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        ids = list(RoutingRule.objects.values_list("pk", flat=True))
        if rule.pk not in ids:
            raise NotFound(_("This rule is no longer here."))
        place = ids.index(rule.pk)
        other = place - 1 if is_up else place + 1
        if not 0 <= other < len(ids):
            return
        ids[place], ids[other] = ids[other], ids[place]
        db.update_rows(RoutingRule, ["position"], [(pk, [n]) for n, pk in enumerate(ids, start=1)])


def delete_rule(*, rule: RoutingRule, by: User, version: int | None = None) -> None:
    """Delete a rule; handoffs it decided keep its name. Raises as `edit_rule`."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        _taken(rule, version, by).delete()


def save_group(*, name: str, members: Sequence[int], by: User, group: RepGroup | None = None) -> RepGroup:
    """Make a group or change one. Raises `NotAllowed`, `NotFound`, `Invalid` with the field."""
    check(by, Can.EDIT_ROUTING)
    wanted = name.strip()
    if not wanted:
        raise Invalid(_("A name is needed."), field="name")
    if len(wanted) > 80:
        raise Invalid(_("At most %(n)d characters.") % {"n": 80}, field="name")
    with db.exclusively(_ORDER, wait=True):
        if group is not None and not RepGroup.objects.filter(pk=group.pk).exists():
            raise NotFound(_("This group is no longer here."))
        same = RepGroup.objects.filter(name__iexact=wanted)
        if same.exclude(pk=group.pk if group else 0).exists():
            raise Invalid(_("There is a group of this name already."), field="name")
        people = [one for one in User.objects.filter(pk__in=set(members)) if one.can(Can.WORK_LEADS)]
        if len(people) < len(set(members)):
            raise Invalid(_("Somebody chosen does not work leads any more."), field="members")
        if not people:
            raise Invalid(_("A group needs at least one rep."), field="members")
        found = group or RepGroup()
        found.name = wanted
        found.save()
        found.members.set(people)
        return found


def delete_group(*, group: RepGroup, by: User) -> None:
    """Delete a group that no rule leads to. Raises `NotAllowed`; `Conflict` that names the rules."""
    check(by, Can.EDIT_ROUTING)
    with db.exclusively(_ORDER, wait=True):
        names = list(RoutingRule.objects.filter(group=group).values_list("name", flat=True))
        if names:
            raise Conflict(
                _("Rules lead to this group: %(names)s. Change or delete them first.")
                % {"names": ", ".join(quoted(name) for name in names)}
            )
        group.delete()


# ---------------------------------------------------------------------------------------------- inside


def _taken(rule: RoutingRule, version: int | None, by: User) -> RoutingRule:
    """The rule as it is now. One's own clicks are no conflict."""
    found = RoutingRule.objects.select_related("changed_by").filter(pk=rule.pk).first()
    if found is None:
        raise NotFound(_("This rule is no longer here."))
    if version is not None and version != found.version and found.changed_by_id != by.pk:
        raise Conflict(
            _("“%(rule)s” was changed meanwhile by %(name)s. Nothing you typed is lost.")
            % {"rule": found.name, "name": found.changed_by.name if found.changed_by else "LeadSync"},
            version=found.version,
        )
    return found


def _sign(rule: RoutingRule, by: User) -> None:
    rule.version += 1
    rule.changed_at, rule.changed_by = timezone.now(), by


@transaction.atomic
def _write(rule: RoutingRule, data: RuleData, by: User) -> RoutingRule:
    _check(data)
    rule.name = data.name.strip()
    rule.target = data.target
    rule.rep_id = data.rep if data.target == Target.REP else None
    rule.group_id = data.group if data.target == Target.GROUP else None
    rule.markets = list(dict.fromkeys(data.markets))
    rule.languages = list(dict.fromkeys(data.languages))
    rule.campaign_kinds = list(dict.fromkeys(data.campaign_kinds))
    rule.is_active = data.is_active
    _sign(rule, by)
    rule.save()
    rule.channels.set(data.channels)
    rule.campaigns.set(data.campaigns)
    return rule


def _check(data: RuleData) -> None:
    if not data.name.strip():
        raise Invalid(_("A name is needed."), field="name")
    if len(data.name.strip()) > 80:
        raise Invalid(_("At most %(n)d characters.") % {"n": 80}, field="name")
    if data.target not in Target.values:
        raise Invalid(_("Choose where these leads go."), field="target")
    if data.target == Target.REP:
        rep = User.objects.filter(pk=data.rep or 0).first()
        if rep is None or not rep.can(Can.WORK_LEADS):
            raise Invalid(_("Choose somebody who works leads."), field="target")
    if data.target == Target.GROUP:
        group = RepGroup.objects.filter(pk=data.group or 0).first()
        if group is None:
            raise Invalid(_("There is no such group."), field="target")
        if not group.members.exists():
            raise Invalid(_("This group is empty: put a rep into it first."), field="target")
    for field, codes, name in (
        ("markets", data.markets, country_name),
        ("languages", data.languages, language_name),
    ):
        if unknown := unknown_codes(codes, name):
            raise Invalid(_("Not known here: %(names)s.") % {"names": ", ".join(unknown)}, field=field)
    if not set(data.campaign_kinds) <= set(Campaign.Kind.values):
        raise Invalid(_("There is no such kind of campaign."), field="campaign_kinds")
    if Channel.objects.filter(pk__in=data.channels).count() < len(set(data.channels)):
        raise Invalid(_("There is no such channel."), field="channels")
    if Campaign.objects.filter(pk__in=data.campaigns).count() < len(set(data.campaigns)):
        raise Invalid(_("There is no such campaign."), field="campaigns")
