"""`manage.py catalogues`: keep the translations in step with the strings of the product."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from leadsync.core import catalogues

FOLDERS = ("leadsync", "leads", "campaigns", "feedback", "templates")
SHOWN = 25  # problems per language; the rest is counted


class Command(BaseCommand):
    """Merge the strings of code and templates into the catalogues, or check that nothing is missing."""

    help = "Bring the catalogues up to date with code and templates, and compile them."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Offer `--check`, which changes nothing, and `--language`, for translators who work side by side."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail when a string lacks a translation"
        )
        translated = [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
        parser.add_argument(
            "--language",
            choices=translated,
            action="append",
            help="only this one; may be given several times",
        )

    def handle(self, *args: Any, check: bool, language: list[str] | None, **options: Any) -> None:
        """Raise `CommandError` with every problem under `--check`; otherwise write the catalogues."""
        messages = catalogues.collect(Path(settings.BASE_DIR), FOLDERS)
        failures = []
        for code, _name in settings.LANGUAGES:
            if code == settings.LANGUAGE_CODE or (language and code not in language):
                continue
            path = Path(settings.LOCALE_PATHS[0]) / code / "LC_MESSAGES" / "django.po"
            if not check:
                catalogues.merge(path, code, messages)
                polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
            found = catalogues.problems(path, messages)
            self.stdout.write(f"{code}: {len(messages)} strings, {len(found)} to do")
            failures += [f"{code}: {line}" for line in found[:SHOWN]]
            if len(found) > SHOWN:
                failures.append(f"{code}: and {len(found) - SHOWN} more")
        if check and failures:
            raise CommandError("\n".join(["The catalogues are behind.", *failures]))
