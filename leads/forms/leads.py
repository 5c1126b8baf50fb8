"""Forms of the leads list and of one lead's page. They read what was typed; services say what is allowed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from leads.models import Activity, Lead, Reason
from leads.selectors import leads as selectors
from leads.services.editing import TEXTS
from leadsync.accounts.models import User
from leadsync.core.forms import MoneyField

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfPeople = forms.ModelChoiceField[User]
    OfLead = forms.ModelForm[Lead]
else:
    OfPeople, OfLead = forms.ModelChoiceField, forms.ModelForm


class PersonChoice(OfPeople):
    """A person by name."""

    def label_from_instance(self, obj: Any) -> str:
        """The full name."""
        return str(obj.name)


class OwnIds(forms.Form):
    """A form among others on one page: the ids of its fields carry its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.removesuffix('Form').lower()}_%s")
        super().__init__(*args, **kwargs)


class SaveViewForm(forms.Form):
    """A name for the filters at hand."""

    name = forms.CharField(label=_("Name"), max_length=60)
    is_team = forms.BooleanField(label=_("Everyone sees it"), required=False)
    query = forms.CharField(required=False, widget=forms.HiddenInput)


class SelectedForm(forms.Form):
    """Leads selected in the list."""

    lead = forms.TypedMultipleChoiceField(coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.data.getlist("lead") if hasattr(self.data, "getlist") else []
        numbers = [one for one in given if one.isascii() and one.isdigit() and len(one) < 16]
        self.fields["lead"].choices = [(one, one) for one in numbers[: selectors.MOST_SELECTED]]  # type: ignore[attr-defined]


class ManyForm(SelectedForm):
    """Leads selected in the list, and who takes them."""

    to = PersonChoice(queryset=User.objects.none(), label=_("Rep"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = selectors.reps()  # type: ignore[attr-defined]  # a ModelChoiceField


class PutOffForm(SelectedForm):
    """Leads selected in the list, and when to get back to them: one of the usual days, or a day of one's own."""

    step = forms.ChoiceField(required=False, choices=[(one, one) for one in ("tomorrow", "days3", "week")])
    on = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        """A day named says more than a usual one; one of the two is needed."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "on" in given and not given.get("on") and not given.get("step"):
            self.add_error("on", _("Choose a day, for example 2026-12-01."))
        return given


class GiveForm(OwnIds):
    """Who takes the lead, and what they should know."""

    to = PersonChoice(queryset=User.objects.none(), label=_("Rep"))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, besides: int | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = selectors.reps().exclude(pk=besides or 0)  # type: ignore[attr-defined]  # as above


class WinForm(OwnIds):
    """For how much, and when."""

    amount = MoneyField(label=_("Amount"), min_value=0)
    on = forms.DateField(
        label=_("Day of the win"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )


class WinChangeForm(WinForm):
    """The same for a win that is there: without a day it stays on its day."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].help_text = ""


class LoseForm(OwnIds):
    """Why it was lost, and when."""

    reason = forms.ModelChoiceField(queryset=Reason.objects.none(), label=_("Why?"))
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    on = forms.DateField(
        label=_("Day of the loss"),
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Empty: today."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = Reason.objects.filter(is_for_loss=True, is_active=True)  # type: ignore[attr-defined]


class NoteForm(OwnIds):
    """Something to be known about the lead."""

    note = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 2}))


class ActivityForm(OwnIds):
    """What was done to reach the lead, and what came of it."""

    kind = forms.ChoiceField(
        label=_("What"),
        choices=[one for one in Activity.Kind.choices if one[0] not in {"note", "work"}],
    )
    direction = forms.ChoiceField(label=_("Direction"), choices=Activity.Direction.choices)
    outcome = forms.ChoiceField(
        label=_("Outcome"),
        required=False,
        choices=[
            ("", _("Not known")),
            *(one for one in Activity.OutcomeChoices.choices if one[0] not in {"", "calling"}),
        ],
    )
    minutes = forms.IntegerField(
        label=_("Minutes"),
        required=False,
        min_value=0,
        max_value=1440,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("Left empty, they are estimated."),
    )
    note = forms.CharField(
        label=_("Note"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )


class DetailsForm(OfLead):
    """Who the lead is and how to reach it."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    country = forms.ChoiceField(label=_("Country"), required=False)

    class Meta:
        model = Lead
        fields = list(TEXTS)
        widgets = {
            "need": forms.Textarea(attrs={"rows": 3}),
            "email": forms.TextInput(
                attrs={"inputmode": "email", "autocomplete": "off", "spellcheck": "false"}
            ),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "edit_%s")
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [("", "–"), *countries]  # type: ignore[attr-defined]  # a ChoiceField
        for field in self.fields.values():
            field.label = str(field.label)[:1].upper() + str(field.label)[1:]
        self.fields["version"].initial = self.instance.version

    def _post_clean(self) -> None:
        """The service changes and checks the lead; the form only reads."""

    def changes(self) -> dict[str, str]:
        """What was typed, by the names of the service."""
        return {name: self.cleaned_data[name] for name in TEXTS}
