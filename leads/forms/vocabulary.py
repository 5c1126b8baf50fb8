"""Forms of the lists of reasons and tags."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from leads.models import Reason, Tag
from leads.services.vocabulary import LONGEST, ReasonData


class TagForm(forms.Form):
    """What a tag is called."""

    label = forms.CharField(
        label=_("Label"),
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Write what it is called.")},
    )

    def __init__(self, *args: Any, word: Reason | Tag | None = None, stem: str, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{stem}_%s")
        if word is not None:
            kwargs.setdefault("initial", self.values_of(word))
        super().__init__(*args, **kwargs)

    @staticmethod
    def values_of(word: Reason | Tag) -> dict[str, Any]:
        """What the form begins with."""
        return {"label": word.words}


class ReasonForm(TagForm):
    """What a reason is called, and what it is for."""

    is_for_mark = forms.BooleanField(label=_("For “not a fit”"), required=False, initial=True)
    is_for_loss = forms.BooleanField(label=_("For “lost”"), required=False, initial=True)
    needs_note = forms.BooleanField(label=_("Needs a note"), required=False)
    is_false_lead = forms.BooleanField(
        label=_("Obviously false lead"),
        required=False,
        help_text=_("Judged without contact: it ends the promise’s clock and is counted apart."),
    )

    @staticmethod
    def values_of(word: Reason | Tag) -> dict[str, Any]:
        """What the form begins with."""
        names = ("is_for_mark", "is_for_loss", "needs_note", "is_false_lead")
        return {"label": word.words} | {name: getattr(word, name) for name in names}

    def as_data(self) -> ReasonData:
        """What was typed, as the service takes it."""
        return ReasonData(**self.cleaned_data)
