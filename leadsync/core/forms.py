"""How forms look: labels, help and errors come from our own templates, widgets from Django's."""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.template import TemplateDoesNotExist, loader


class Renderer(DjangoTemplates):
    """Form renderer of the project. The project's templates win; Django's widget templates are the fallback.

    Unlike TemplatesSetting this needs no `django.forms` among the installed apps.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    def get_template(self, template_name: str) -> Any:
        """Return the project's template of this name, else Django's own. Raises TemplateDoesNotExist."""
        try:
            return loader.get_template(template_name)
        except TemplateDoesNotExist:
            return super().get_template(template_name)
