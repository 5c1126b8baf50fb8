"""Asking and answering."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
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
        self.fields["answerer"].queryset = questions.people_to_ask(person)  # type: ignore[attr-defined]
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
