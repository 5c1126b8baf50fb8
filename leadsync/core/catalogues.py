"""Which strings the product shows, and whether the catalogues have them all.

Django's own `makemessages` needs GNU gettext on the machine; this reads the same strings with Django's
template converter and Python's parser, so that the check runs wherever the tests run.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.utils.translation import gettext_noop
from django.utils.translation.template import templatize

# Which positions of a call hold the context, the text, and its plural.
_CALLS = {
    "gettext": (None, 0, None),
    "ngettext": (None, 0, 1),
    "pgettext": (0, 1, None),
    "npgettext": (0, 1, 2),
}
_STRING = r"""u?(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")"""
_TEMPLATE_CALL = re.compile(
    rf"\b(_|n?p?gettext)\(\s*({_STRING})(?:\s*,\s*({_STRING}))?(?:\s*,\s*({_STRING}))?", re.DOTALL
)
_PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|(?<!\{)\{\w+\}(?!\})")
# Django 6.1 begins optional selects with this, and its own catalogues do not have it yet.
gettext_noop("- Select an option -")
# Django's own rules, so that its catalogue and ours are one at runtime. The last form is for fractions.
_PLURALS = {
    "pl": (
        "nplurals=4; plural=(n==1 ? 0 : (n%10>=2 && n%10<=4) && (n%100<12 || n%100>14) ? 1 : "
        "n!=1 && (n%10>=0 && n%10<=1) || (n%10>=5 && n%10<=9) || (n%100>=12 && n%100<=14) ? 2 : 3);"
    ),
    "ru": (
        "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : "
        "n%10==0 || (n%10>=5 && n%10<=9) || (n%100>=11 && n%100<=14) ? 2 : 3);"
    ),
}


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """A string as the source has it; `plural` and `context` are empty where there is none."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What a catalogue tells messages apart by: the plural is not part of it."""
        return self.context, self.text


def _message(function: str, arguments: list[str | None]) -> Message | None:
    """Build the message of a call from its leading arguments, `None` where one is not a plain string."""
    context_at, text_at, plural_at = _CALLS[function]
    found = [
        arguments[at] if at is not None and at < len(arguments) else None
        for at in (context_at, text_at, plural_at)
    ]
    context, text, plural = found
    if not text or (context_at is not None and context is None) or (plural_at is not None and plural is None):
        return None
    return Message(text=text, plural=plural or "", context=context or "")


def in_template(source: str) -> Iterator[Message]:
    """Yield the strings of a Django template: translate, blocktranslate, and `_("…")` in tags."""
    for call in _TEMPLATE_CALL.finditer(templatize(source)):
        name, *strings = call.groups()
        arguments = [ast.literal_eval(string) if string else None for string in strings]
        if message := _message("gettext" if name == "_" else name, arguments):
            yield message


def in_python(source: str) -> Iterator[Message]:
    """Yield the strings of a Python module, whatever name it gave to Django's translation functions."""
    tree = ast.parse(source)
    names = {
        alias.asname or alias.name: alias.name.removesuffix("_lazy").removesuffix("_noop")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        function = names.get(name, name.removesuffix("_lazy").removesuffix("_noop"))
        if function not in _CALLS:
            continue
        arguments = [
            argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None
            for argument in node.args
        ]
        if message := _message(function, arguments):
            yield message


def collect(root: Path, folders: Iterable[str]) -> dict[Message, list[str]]:
    """Return every message under `folders` of `root`, each with the paths that show it, in a stable order."""
    found: dict[Message, set[str]] = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix == ".py":
                messages = in_python(path.read_text(encoding="utf-8"))
            elif path.suffix in {".html", ".txt"} and "templates" in path.relative_to(root).parts:
                messages = in_template(path.read_text(encoding="utf-8"))
            else:
                continue
            for message in messages:
                found.setdefault(message, set()).add(path.relative_to(root).as_posix())
    return {message: sorted(found[message]) for message in sorted(found)}


def merge(catalogue: Path, language: str, messages: dict[Message, list[str]]) -> None:
    """Bring a catalogue up to date: new messages come in empty, unused ones go, translations stay."""
    old = {(entry.msgctxt or "", entry.msgid): entry for entry in read(catalogue)}
    new = polib.POFile(wrapwidth=100)
    new.metadata = {
        "Project-Id-Version": "LeadSync",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": _PLURALS[language],
    }
    forms = range(int(_PLURALS[language][len("nplurals=")]))
    for message, paths in messages.items():
        entry = polib.POEntry(
            msgid=message.text, msgctxt=message.context or None, occurrences=[(path, "") for path in paths]
        )
        known = old.get(message.key)
        if message.plural:
            entry.msgid_plural = message.plural
            entry.msgstr_plural = {at: (known.msgstr_plural.get(at, "") if known else "") for at in forms}
        else:
            entry.msgstr = known.msgstr if known else ""
        if "%" in message.text and _PLACEHOLDER.search(message.text):
            entry.flags.append("python-format")
        new.append(entry)
    catalogue.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(catalogue))


def read(catalogue: Path) -> polib.POFile:
    """Read a catalogue; an absent one is empty. Raises `OSError` when the file is not a catalogue."""
    return polib.pofile(str(catalogue)) if catalogue.exists() else polib.POFile()


def problems(catalogue: Path, messages: dict[Message, list[str]]) -> list[str]:
    """Say what is wrong with a catalogue: missing, unused, untranslated, or with other placeholders."""
    entries = {(entry.msgctxt or "", entry.msgid): entry for entry in read(catalogue) if not entry.obsolete}
    wanted = {message.key: message for message in messages}
    found = [f"unused: {text!r}" for _context, text in sorted(entries.keys() - wanted.keys())]
    for key, message in wanted.items():
        entry = entries.get(key)
        where = messages[message][0]
        if entry is None or (message.plural and entry.msgid_plural != message.plural):
            found.append(f"missing: {message.text!r} ({where})")
            continue
        forms = list(entry.msgstr_plural.values()) if message.plural else [entry.msgstr]
        if not forms or not all(forms) or entry.fuzzy:
            found.append(f"not translated: {message.text!r} ({where})")
            continue
        # A plural form may leave the number out ("one lead"), but may never name what the source does not.
        known = set(_PLACEHOLDER.findall(message.text + message.plural))
        for form in forms:
            used = set(_PLACEHOLDER.findall(form))
            if used - known or (not message.plural and used != known):
                found.append(f"placeholders differ: {message.text!r} → {form!r}")
    return found
