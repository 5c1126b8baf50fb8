"""The words a hosted form begins with, in the language it is shown in."""

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from leadsync.intake.domain.hosted import Texts

# What visitors are asked, by field of the lead.
QUESTIONS: Mapping[str, Any] = {
    "name": gettext_lazy("Your name"),
    "company": gettext_lazy("Company"),
    "job_title": gettext_lazy("Your position"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
    "need": gettext_lazy("How can we help?"),
    "wanted_at": pgettext_lazy("asked of a visitor", "When may we call you?"),
}


def default_texts(language: str, *, company: str) -> Texts:
    """What a new form says in this language until somebody writes something better."""
    with translation.override(language):
        return Texts(
            title=_("Talk to us"),
            intro=_("Leave your contact and we will get back to you."),
            button=_("Send"),
            consent=_(
                "I agree that %(company)s keeps what I have written here and contacts me about it. "
                "I can take this back at any time."
            )
            % {"company": company},
            thanks=_("Thank you. Your message is here, and we will get back to you."),
        )
