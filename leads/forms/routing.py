"""What is typed about who gets which lead."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.models import Campaign, Channel
from leads.domain.identity import company_key
from leads.models import RepGroup, RoutingRule
from leads.selectors.routing_page import Trial
from leads.services.routing_rules import RuleData
from leadsync.accounts.models import User
from leadsync.accounts.roles import PERMISSIONS, Can
from leadsync.accounts.selectors import people_with
from leadsync.core.codes import countries_field, country_of, language_of, languages_field

Target = RoutingRule.Target


def lead_workers() -> list[User]:
    """Everybody who works leads, by name."""
    return list(people_with(*(role for role, allowed in PERMISSIONS.items() if Can.WORK_LEADS in allowed)))


class RuleForm(forms.Form):
    """A rule: what it asks of a lead, and where it leads to."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=pgettext_lazy("rule", "Name"), max_length=80)
    target = forms.ChoiceField(label=gettext_lazy("Goes to"))
    markets = countries_field(
        help_text=gettext_lazy(
            "Of the lead, else of its campaign. Names or codes with commas between them: Germany, AT, CH."
        )
    )
    languages = languages_field()
    campaign_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of campaign"),
        choices=Campaign.Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Channels"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    campaigns = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Campaigns"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, rule: RoutingRule | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if rule is not None:
            self.initial = {**_initial(rule), **self.initial}
        named = {name: self.initial.get(name, ()) for name in ("channels", "campaigns")}
        self._offer("channels", Channel.objects.filter(Q(is_active=True) | Q(pk__in=named["channels"])))
        over = (Campaign.State.ENDED, Campaign.State.STOPPED)
        self._offer(
            "campaigns",
            Campaign.objects.filter(~Q(state__in=over) | Q(pk__in=named["campaigns"])).order_by("name", "pk"),
        )
        target = self.fields["target"]
        assert isinstance(target, forms.ChoiceField)
        target.choices = [
            ("", _("Choose")),
            (Target.SAME_OWNER.value, str(Target.SAME_OWNER.label)),
            (_("Groups"), [(f"group:{one.pk}", one.name) for one in RepGroup.objects.all()]),
            (_("Reps"), [(f"rep:{one.pk}", one.name) for one in self._reps(rule)]),
        ]
        target.error_messages["required"] = _("Choose where these leads go.")

    def _offer(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.TypedMultipleChoiceField)
        field.choices = [(one.pk, one.name) for one in rows]

    @staticmethod
    def _reps(rule: RoutingRule | None) -> list[User]:
        people = lead_workers()
        if rule is not None and rule.rep is not None and rule.rep not in people:
            people.append(rule.rep)  # shown as it stands; saving refuses who works no leads
        return people

    @property
    def has_campaigns(self) -> bool:
        """Whether the list of campaigns stands open."""
        return bool(self["campaigns"].value()) or bool(self.errors.get("campaigns"))

    def as_data(self) -> RuleData:
        """What was typed, for the service."""
        data = self.cleaned_data
        kind, _colon, number = str(data["target"]).partition(":")
        return RuleData(
            name=data["name"],
            target=kind,
            rep=int(number) if kind == Target.REP else None,
            group=int(number) if kind == Target.GROUP else None,
            markets=data["markets"],
            languages=data["languages"],
            campaign_kinds=data["campaign_kinds"],
            channels=data["channels"],
            campaigns=data["campaigns"],
            is_active=data["is_active"],
        )


def _initial(rule: RoutingRule) -> dict[str, Any]:
    where = {Target.REP: f"rep:{rule.rep_id}", Target.GROUP: f"group:{rule.group_id}"}
    return {
        "version": rule.version,
        "name": rule.name,
        "target": where.get(Target(rule.target), rule.target),
        "markets": rule.markets,
        "languages": rule.languages,
        "campaign_kinds": rule.campaign_kinds,
        "channels": [one.pk for one in rule.channels.all()],
        "campaigns": [one.pk for one in rule.campaigns.all()],
        "is_active": rule.is_active,
    }


class GroupForm(forms.Form):
    """A group of reps."""

    name = forms.CharField(label=pgettext_lazy("group", "Name"), max_length=80)
    members = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Reps"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("A group needs at least one rep.")},
    )

    def __init__(self, *args: Any, group: RepGroup | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = lead_workers()
        members = self.fields["members"]
        assert isinstance(members, forms.TypedMultipleChoiceField)
        members.choices = [(one.pk, one.name) for one in people]
        if group is not None:
            inside = {one.pk for one in group.members.all()}
            self.initial = {
                "name": group.name,
                "members": [one.pk for one in people if one.pk in inside],
                **self.initial,
            }


class TrialForm(forms.Form):
    """A lead made up for a dry run. In the language of its reader, by name or code."""

    country = forms.CharField(label=gettext_lazy("Country"), max_length=60, required=False)
    language = forms.CharField(label=gettext_lazy("Language"), max_length=40, required=False)
    campaign = forms.ModelChoiceField(
        label=gettext_lazy("Campaign"),
        queryset=Campaign.objects.none(),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        campaign = self.fields["campaign"]
        assert isinstance(campaign, forms.ModelChoiceField)
        over = (Campaign.State.ENDED, Campaign.State.STOPPED)
        campaign.queryset = Campaign.objects.exclude(state__in=over).order_by("name", "pk")
        for name in ("country", "language", "company"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_country(self) -> str:
        """The code of the country."""
        return _read(self.cleaned_data["country"], country_of, _("This is not a country."))

    def clean_language(self) -> str:
        """The code of the language."""
        return _read(self.cleaned_data["language"], language_of, _("This is not a language known here."))

    def as_trial(self) -> Trial:
        """The lead to try."""
        data = self.cleaned_data
        campaign = data["campaign"]
        return Trial(
            campaign.pk if campaign else 0, data["country"], data["language"], company_key(data["company"])
        )


def _read(typed: str, read: Any, refusal: str) -> str:
    code = str(read(typed)) if typed.strip() else ""
    if typed.strip() and not code:
        raise forms.ValidationError(refusal, code="unknown")
    return code
