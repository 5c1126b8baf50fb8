"""Rows of leads are put together without a template: they escape what Django's own markup would."""

from typing import Any

import pytest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from leads.templatetags.lead_rows import _html


class Told(str):
    """Text of a type of its own."""


class Drawn:
    """What says itself that it is markup."""

    def __html__(self) -> str:
        return "<svg></svg>"


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert('x' & \"y\")</script>",
        Told("<b>"),
        SafeString("<b>safe</b>"),
        mark_safe("<i>"),
        Drawn(),
        gettext_lazy("<u>later</u>"),
        "{0} {name}",
        1234,
        12.5,
        None,
        True,
        "",
    ],
)
def test_a_value_is_escaped_as_django_escapes_it(value: Any) -> None:
    ours, theirs = (make('<a title="{}">{name}</a>', value, name=value) for make in (_html, format_html))
    assert ours == theirs
    assert isinstance(ours, SafeString)
