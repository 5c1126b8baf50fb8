"""Forms of channels and contact points. They read what was typed; services say what is allowed."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Channel, ContactPoint
from campaigns.selectors import channels as selectors
from leadsync.accounts.models import User

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfChannel = forms.ModelForm[Channel]
    OfPoint = forms.ModelForm[ContactPoint]
    People = forms.ModelMultipleChoiceField[User]
else:
    OfChannel = OfPoint = forms.ModelForm
    People = forms.ModelMultipleChoiceField


MOST_DIGITS = 18  # what a column of ids holds for certain


class AccessField(People):
    """People by their ids. One that no database holds is nobody's."""

    def clean(self, value: Any) -> Any:
        """As typed; refused like any other value that names nobody."""
        for one in value or ():
            if len(str(one)) > MOST_DIGITS:
                raise forms.ValidationError(
                    self.error_messages["invalid_pk_value"], code="invalid_pk_value", params={"pk": one[:30]}
                )
        return super().clean(value)


class _CheckedByService:
    """Uniqueness is the service's to check, in its transaction."""

    def validate_unique(self) -> None: ...

    def validate_constraints(self) -> None: ...


def _capitals(form: forms.BaseForm) -> None:
    for field in form.fields.values():
        field.label = str(field.label)[:1].upper() + str(field.label)[1:]


class ChannelForm(_CheckedByService, OfChannel):
    """Name, terms, whether it is in use."""

    class Meta:
        model = Channel
        fields = ["name", "terms", "is_active"]
        widgets = {"terms": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _capitals(self)


class PointForm(_CheckedByService, OfPoint):
    """What it is, its value, who is responsible, who can get in, and how LeadSync tries it by itself."""

    # As it was typed: the service says what is wrong with it, in words that fit.
    page_url = forms.CharField(
        label=_("page"),
        max_length=500,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("LeadSync asks for it. Empty: the form or profile itself."),
    )
    access = AccessField(
        label=_("who can get in"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = ContactPoint
        fields = [
            "kind",
            "value",
            "responsible",
            "note",
            "access",
            "is_watched",
            "page_url",
            "page_text",
            "is_active",
        ]
        help_texts = {
            "is_watched": _(
                "A form of ours gets a test lead, a mailbox’s mail server is looked up, a page is asked for."
            ),
            "page_text": _("For example the phone number, as it stands on the site."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        saved = self.instance if self.instance.pk else None
        people: Any = self.fields["responsible"]
        people.queryset = selectors.possible_people(besides=saved.responsible_id if saved else None)
        reps: Any = self.fields["access"]
        have = list(saved.access.values_list("person", flat=True)) if saved else []
        reps.queryset = selectors.possible_users(besides=have)
        reps.initial = have
        self.initial["access"] = have
        _capitals(self)
