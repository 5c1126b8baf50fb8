"""What people hand in, and what a meeting decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leadsync.accounts.models import User
from leadsync.core.errors import Invalid
from leadsync.meetings.models import Point
from leadsync.meetings.services import decisions, points

DAY = "%Y-%m-%d"
HANDED_IN = (
    (Point.SourceChoices.PROBLEM.value, Point.SourceChoices.PROBLEM.label),
    (Point.SourceChoices.NEED.value, Point.SourceChoices.NEED.label),
)


class _Refusable(forms.Form):
    """A form that shows what a service refused where it was typed."""

    def refuse(self, error: Invalid) -> None:
        """Put a refusal of the service where it belongs."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class HandInForm(_Refusable):
    """A problem or a need for the next meeting, with one's name or without."""

    source = forms.ChoiceField(
        label=_("What is it?"),
        choices=HANDED_IN,
        widget=forms.RadioSelect,
        initial=Point.SourceChoices.PROBLEM.value,
        error_messages={"required": _("Choose whether it is a problem or a need.")},
    )
    text = forms.CharField(
        label=_("What should the meeting talk about?"),
        max_length=points.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Facts first, then what would help."),
        error_messages={"required": _("Write what it is about.")},
    )
    is_anonymous = forms.BooleanField(
        label=_("Without my name"),
        required=False,
        help_text=_(
            "Who you are is stored nowhere, and of the time only the day. Nobody can find out later, and you cannot "
            "take it back. What you write may still give you away."
        ),
    )
    about = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)


class DecisionForm(_Refusable):
    """What is done, by whom, until when. The version is what the person saw."""

    text = forms.CharField(
        label=_("Decision"),
        max_length=decisions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what is to be done.")},
    )
    owner = forms.ModelChoiceField(
        User.objects.none(),
        label=_("Who does it"),
        error_messages={
            "required": _("Choose who does it."),
            "invalid_choice": _("This person does not sign in here any more."),
        },
    )
    due_on = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput(format=DAY, attrs={"type": "date"}),
        input_formats=[DAY],
        error_messages={
            "required": _("Choose a day."),
            "invalid": _("Choose a day."),
        },
    )
    version = forms.IntegerField(required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = User.objects.filter(is_active=True, is_former=False)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the service."""
        return {name: self.cleaned_data[name] for name in ("text", "owner", "due_on")}


class EndForm(_Refusable):
    """What was done, or why it is no longer needed."""

    note = forms.CharField(
        label=_("What was done"),
        max_length=decisions.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what was done, or why it is no longer needed.")},
    )
