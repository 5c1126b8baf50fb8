"""How forms look, and how they read numbers.

Labels, help and errors come from our own templates, widgets from Django's.
"""

from typing import Any

from django import forms
from django.conf import settings
from django.forms.renderers import DjangoTemplates
from django.template import TemplateDoesNotExist, loader
from django.utils.formats import get_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from leadsync.core.numbers import parse_number


class Renderer(DjangoTemplates):
    """Form renderer of the project. The project's templates win; Django's widget templates are the fallback.

    Unlike TemplatesSetting this needs no `django.forms` among the installed apps.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    def get_template(self, template_name: str) -> Any:
        """Return the project's template of this name, else Django's own. Raises TemplateDoesNotExist.

        Whose it is, is found out once: to look in vain takes longer than to render a field.
        """
        if settings.DEBUG:  # whoever adds a template sees it
            return self._found(template_name)
        if template_name not in self._known:
            self._known[template_name] = self._found(template_name)
        return self._known[template_name]

    @cached_property
    def _known(self) -> dict[str, Any]:
        return {}

    def _found(self, template_name: str) -> Any:
        try:
            return loader.get_template(template_name)
        except TemplateDoesNotExist:
            return super().get_template(template_name)


class NumberField(forms.DecimalField):
    """A number with up to two decimal places, shown in the reader's notation and read in anyone's.

    Django only drops the language's grouping character, so that in English "1234,50" became 123,450.
    """

    default_error_messages = {"invalid": _("Enter a number, for example 3,500.00.")}

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(max_digits=14, decimal_places=2, localize=True, **options)

    def to_python(self, value: Any) -> Any:
        """Read what was typed in the language in force. Raises ValidationError for what is no number."""
        if not isinstance(value, str):
            return super().to_python(value)
        if not value.strip():
            return None
        number = parse_number(value, group=get_format("THOUSAND_SEPARATOR"))
        if number is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return number


class MoneyField(NumberField):
    """An amount of money, in whole units and cents."""

    default_error_messages = {
        "max_decimal_places": _("An amount has two decimal places at most."),
        "max_digits": _("This amount is too large to be kept."),
        "max_whole_digits": _("This amount is too large to be kept."),
    }
