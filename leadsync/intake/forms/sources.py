"""What is typed about sources."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from leadsync.intake.models import Source
from leadsync.intake.selectors import message_words
from leadsync.intake.selectors import sources as selectors
from leadsync.intake.selectors.sources import QuestionRow

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfCampaigns = forms.ModelChoiceField[Campaign]
else:
    OfCampaigns = forms.ModelChoiceField

MOST_QUESTIONS = 300


class CampaignChoice(OfCampaigns):
    """A campaign by name."""

    def label_from_instance(self, obj: Any) -> str:
        """The name."""
        return str(obj.name)


class SourceForm(forms.Form):
    """Who sends, what it is called here, and which campaign its leads belong to."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=_("Who sends?"),
        choices=Source.Kind.choices,
        widget=forms.RadioSelect,
        initial=Source.Kind.GOOGLE,
    )
    name = forms.CharField(
        label=_("Name"), max_length=100, help_text=_("As your team calls it: “Google Ads, autumn”.")
    )
    campaign = CampaignChoice(
        queryset=Campaign.objects.none(), label=_("Campaign"), help_text=_("All its leads belong to it.")
    )

    def __init__(self, *args: Any, source: Source | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        besides = source.campaign_id if source else None
        self.fields["campaign"].queryset = selectors.possible_campaigns(besides)  # type: ignore[attr-defined]
        if source is not None:
            del self.fields["kind"]
            held = {"name": source.name, "campaign": source.campaign_id, "version": source.version}
            self.initial = {**held, **self.initial}


class CredentialsForm(forms.Form):
    """What another system made. It is kept and, where it is Meta's, never shown again."""

    secret = forms.CharField(
        label=_("App secret"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    access_token = forms.CharField(
        label=_("Access token"), required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )


class MappingForm(forms.Form):
    """Where each answer goes: a select for every question, which carries its key beside it."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, rows: Sequence[QuestionRow], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = message_words.target_choices(selectors.questions())
        self.rows = list(rows)[:MOST_QUESTIONS]
        for number, row in enumerate(self.rows):
            self.fields[f"q{number}"] = forms.ChoiceField(
                label=row.asked.title,
                choices=choices,
                required=False,
                initial=row.target,
                widget=forms.Select(attrs={"class": "field"}),
            )
            self.fields[f"k{number}"] = forms.CharField(
                widget=forms.HiddenInput, initial=row.asked.key, required=False, strip=False
            )

    def lines(self) -> list[tuple[QuestionRow, forms.BoundField, forms.BoundField]]:
        """Questions with their select and their key."""
        return [(row, self[f"q{n}"], self[f"k{n}"]) for n, row in enumerate(self.rows)]

    def as_mapping(self) -> dict[str, str]:
        """Where each question goes, by the key that stood beside it."""
        data = self.cleaned_data
        return {
            data[f"k{n}"]: data[f"q{n}"]
            for n in range(len(self.rows))
            if data.get(f"k{n}") and f"q{n}" in data
        }
