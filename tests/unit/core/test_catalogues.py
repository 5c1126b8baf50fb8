"""Strings are found where Django finds them, and a catalogue that is behind is told so."""

from pathlib import Path

import polib
import pytest

from leadsync.core.catalogues import Message, collect, in_python, in_template, merge, problems


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% translate "Queue" %}', Message("Queue")),
        ('{% translate "A lead\'s page" %}', Message("A lead's page")),
        ('{% translate "May" context "month" %}', Message("May", context="month")),
        ("{% blocktranslate %}Hi {{ name }}{% endblocktranslate %}", Message("Hi %(name)s")),
        (
            "{% blocktranslate count n=x %}{{ n }} lead{% plural %}{{ n }} leads{% endblocktranslate %}",
            Message("%(n)s lead", plural="%(n)s leads"),
        ),
        ("{% blocktranslate trimmed %}\n  One\n  two\n{% endblocktranslate %}", Message("One two")),
        ('{% include "x.html" with title=_("Leads") %}', Message("Leads")),
        ('{{ value|default:_("Nobody") }}', Message("Nobody")),
    ],
)
def test_strings_of_templates_are_found(source: str, expected: Message) -> None:
    assert list(in_template(source)) == [expected]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from django.utils.translation import gettext_lazy as _\nx = _('Queue')", Message("Queue")),
        ("from django.utils.translation import gettext\nx = gettext('One ' 'two')", Message("One two")),
        (
            "from django.utils.translation import ngettext as n\nx = n('a lead', '%(n)s leads', 2)",
            Message("a lead", plural="%(n)s leads"),
        ),
        (
            "from django.utils import translation\nx = translation.pgettext('month', 'May')",
            Message("May", context="month"),
        ),
    ],
)
def test_strings_of_modules_are_found(source: str, expected: Message) -> None:
    assert list(in_python(source)) == [expected]


def test_computed_strings_and_other_functions_are_left_alone() -> None:
    source = "from django.utils.translation import gettext\ngettext(name)\nlabel('Queue')\n_('not ours')"
    assert list(in_python(source)) == []


def test_merge_keeps_translations_adds_new_strings_and_drops_unused_ones(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    page.write_text('{% translate "Queue" %}{% translate "Gone" %}')
    catalogue = tmp_path / "pl.po"
    merge(catalogue, "pl", collect(tmp_path, ["templates"]))
    entries = polib.pofile(str(catalogue))
    for entry in entries:
        entry.msgstr = f"pl {entry.msgid}"
    entries.save()

    page.write_text('{% translate "Queue" %}{% translate "New" %}')
    messages = collect(tmp_path, ["templates"])
    assert problems(catalogue, messages) == ["unused: 'Gone'", "missing: 'New' (templates/page.html)"]
    merge(catalogue, "pl", messages)

    assert {entry.msgid: entry.msgstr for entry in polib.pofile(str(catalogue))} == {
        "Queue": "pl Queue",
        "New": "",
    }
    assert problems(catalogue, messages) == ["not translated: 'New' (templates/page.html)"]


def test_a_translation_that_names_another_placeholder_is_a_problem(tmp_path: Path) -> None:
    messages = {Message("%(n)s lead", plural="%(n)s leads"): ["a.py"], Message("Hi %(name)s"): ["a.py"]}
    catalogue = tmp_path / "ru.po"
    merge(catalogue, "ru", messages)
    entries = polib.pofile(str(catalogue))
    for entry in entries:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "один лид", 1: "%(n)s лида", 2: "%(n)s лидов", 3: "%(n)s лида"}
        else:
            entry.msgstr = "Привет, %(nom)s"
    entries.save()
    assert problems(catalogue, messages) == ["placeholders differ: 'Hi %(name)s' → 'Привет, %(nom)s'"]
