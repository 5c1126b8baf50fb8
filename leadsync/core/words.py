"""What every sentence needs, in the reader's language."""

from typing import Any

from django.utils.translation import gettext as _


def quoted(text: Any) -> str:
    """The text between the quotation marks of the reader's language; nothing where there is none."""
    return _("“%(text)s”") % {"text": text} if text else ""
