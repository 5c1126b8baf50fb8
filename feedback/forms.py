"""Asking and answering."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from feedback.models import Decision
from feedback.selectors import questions
from leads.models import Lead
from leadsync.accounts.models import User


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
