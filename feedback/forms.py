"""Asking and answering."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries import countries

from campaigns.models import Campaign, MarketNote
from feedback.models import Decision
from feedback.selectors import answerers
from feedback.selectors import cohort as cohorts
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.core.errors import Invalid


class AskForm(forms.Form):
    """Whom, what, and about what: a lead, a campaign, leads of the list, or nothing."""

    answerer = forms.ChoiceField(
        label=_("Who should answer"), error_messages={"invalid_choice": _("Choose somebody of the list.")}
    )
    text = forms.CharField(
        label=_("Question"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to know.")},
    )
    lead = forms.ModelChoiceField(Lead.objects.none(), required=False, widget=forms.HiddenInput)
    campaign = forms.ModelChoiceField(Campaign.objects.none(), required=False, widget=forms.HiddenInput)
    cohort = forms.CharField(required=False, max_length=cohorts.MOST_QUERY, widget=forms.HiddenInput)
    key = forms.CharField(
        required=False, max_length=40, widget=forms.HiddenInput, initial=lambda: uuid4().hex
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        # Read once, and only where the form is shown or sent.
        self._listed = cache(lambda: answerers.answerers(person))
        self.fields["answerer"].choices = cache(lambda: answerers.choices(self._listed()))  # type: ignore[attr-defined]
        self.fields["lead"].queryset = Lead.objects.visible_to(person)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.all()  # type: ignore[attr-defined]

    @property
    def nobody(self) -> list[str]:
        """What to say of heads that there are none of."""
        return [
            str(answerers.NOBODY_IS[role])
            for role in answerers.HEADS
            if answerers.holder(role, self._listed()) is None
        ]

    def clean_answerer(self) -> User | Role:
        """The person, or the role of a head: who that is, is decided when it is asked."""
        chosen = self.cleaned_data["answerer"]
        return Role(chosen) if chosen in set(answerers.HEADS) else User.objects.get(pk=int(chosen))

    def refuse(self, error: Invalid) -> None:
        """Put a refusal of the service where it belongs."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class ReplyForm(forms.Form):
    """An answer, or a word back."""

    text = forms.CharField(
        label=pgettext_lazy("noun", "Answer"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write an answer.")},
    )


class DisputeForm(forms.Form):
    """Why a mark is wrong, and what it should be."""

    wanted = forms.ChoiceField(
        label=_("What should it be?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the mark should be.")},
    )
    text = forms.CharField(
        label=_("Why?"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why the mark is wrong.")},
    )

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "dispute_%s")
        super().__init__(*args, **kwargs)
        self.fields["wanted"].choices = list(choices)  # type: ignore[attr-defined]  # a ChoiceField


class DecideForm(forms.Form):
    """One side's word on a dispute."""

    verdict = forms.ChoiceField(
        choices=Decision.Verdict.choices, error_messages={"required": _("Choose whether the mark stays.")}
    )
    note = forms.CharField(required=False, max_length=2_000)


class MarketNoteForm(forms.Form):
    """What we know of a market. The service says what is allowed; the version is what the person saw."""

    country = forms.ChoiceField(label=_("Country"), required=False)
    segment = forms.CharField(
        label=_("Segment"), required=False, help_text=_("As campaigns name it: “Pet shops”.")
    )
    stance = forms.ChoiceField(label=_("Advice"), choices=MarketNote.StanceChoices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What we know"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Facts first: what customers there say, what it costs, when it was tried."),
    )
    evidence = forms.CharField(
        label=_("Leads it rests on"),
        required=False,
        help_text=_("Numbers or addresses of leads, apart by commas."),
    )
    valid_until_on = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", _("Any country")), *countries]  # type: ignore[attr-defined]  # a ChoiceField

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the service."""
        names = ("country", "segment", "stance", "text", "valid_until_on", "evidence")
        return {name: self.cleaned_data[name] for name in names}

    def refuse(self, error: Invalid) -> None:
        """Put a refusal of the service where it belongs."""
        self.add_error(error.field if error.field in self.fields else None, error.message)
