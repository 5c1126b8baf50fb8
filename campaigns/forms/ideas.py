"""Forms of ideas. They read what was typed; services say what is allowed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from leadsync.core.errors import Invalid


class IdeaForm(forms.Form):
    """What somebody proposes; the version is what the person saw."""

    title = forms.CharField(
        label=_("Idea"),
        required=False,
        help_text=_("In a few words: “Webinar for cold-store builders”."),
    )
    text = forms.CharField(
        label=_("Why it should work"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What customers said, what a competitor does, what it could bring."),
    )
    market = forms.ChoiceField(label=_("Country"), required=False)
    segment = forms.CharField(
        label=_("Segment"), required=False, help_text=_("As campaigns name it: “Pet shops”.")
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["market"].choices = [("", _("Any country")), *countries]  # type: ignore[attr-defined]  # a ChoiceField
        # The service refuses what is empty, in words that say why it is asked: not optional all the same.
        for name in ("title", "text"):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = (
                _("Say in a few words what it is.")
                if name == "title"
                else _("Say why it should work, so that others can judge it.")
            )

    def values(self) -> dict[str, Any]:
        """What was typed, by the names of the service."""
        return {name: self.cleaned_data[name] for name in ("title", "text", "market", "segment")}

    def refuse(self, error: Invalid) -> None:
        """Put a refusal of the service where it belongs."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


class DeclineForm(forms.Form):
    """Why not now."""

    reason = forms.CharField(
        label=_("Why not now?"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why not, for whoever proposed it.")},
    )
