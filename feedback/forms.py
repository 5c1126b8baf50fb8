"""Asking and answering."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from campaigns.models import Campaign, MarketNote
from feedback.models import Decision
from feedback.selectors import questions
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid


class AskForm(forms.Form):
    """Whom, what, and about which lead or campaign."""

    answerer = forms.ModelChoiceField(User.objects.none(), label=_("Who should answer"))
    text = forms.CharField(
        label=_("Question"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to know.")},
    )
    lead = forms.ModelChoiceField(Lead.objects.none(), required=False, widget=forms.HiddenInput)
    campaign = forms.ModelChoiceField(Campaign.objects.none(), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        answerer = self.fields["answerer"]
        answerer.queryset = questions.people_to_ask(person)  # type: ignore[attr-defined]
        # Names are all it takes to choose; who is chosen is read whole.
        answerer.choices = cache(lambda: [("", answerer.empty_label), *questions.names_to_ask(person)])  # type: ignore[attr-defined]
        self.fields["lead"].queryset = Lead.objects.visible_to(person)  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = Campaign.objects.all()  # type: ignore[attr-defined]


class ReplyForm(forms.Form):
    """An answer, or a word back."""

    text = forms.CharField(
        label=_("Answer"),
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
