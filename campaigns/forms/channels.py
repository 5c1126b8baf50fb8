"""Forms of channels and contact points. They read what was typed; services say what is allowed."""

from typing import TYPE_CHECKING, Any

from django import forms

from campaigns.models import Channel, ContactPoint
from campaigns.selectors import channels as selectors

if TYPE_CHECKING:  # Django's classes take no parameters when they run
    OfChannel = forms.ModelForm[Channel]
    OfPoint = forms.ModelForm[ContactPoint]
else:
    OfChannel = OfPoint = forms.ModelForm


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
    """What it is, its value, who is responsible."""

    class Meta:
        model = ContactPoint
        fields = ["kind", "value", "responsible", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        besides = self.instance.responsible_id if self.instance.pk else None
        self.fields["responsible"].queryset = selectors.possible_people(besides=besides)  # type: ignore[attr-defined]
        _capitals(self)
