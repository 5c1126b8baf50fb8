"""`manage.py funnel`: the figures of the dashboard as a table or as JSON."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leadsync.kpi.selectors.funnel import By, Row, funnel

COLUMNS = ("name", "leads", "contacted", "qualified", "promising", "won", "revenue", "minutes", "spend")


def day(text: str) -> date:
    """A day written as 2026-11-21."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a day; write it as 2026-11-21") from None


class Command(BaseCommand):
    help = "Print leads, contacted, qualified, won and revenue by channel, campaign, month or owner."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", type=day, metavar="D", help="first day, 2026-11-01")
        parser.add_argument("--to", dest="until", type=day, metavar="D", help="last day, 2026-11-30")
        parser.add_argument("--by", choices=[by.value for by in By], required=True)
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        since, until = options["since"], options["until"]
        if since and until and until < since:
            raise CommandError(f"--to {until} is before --from {since}.")
        rows = funnel(By(options["by"]), since=since, until=until)
        if options["format"] == "json":
            self.stdout.write(json.dumps([row.as_dict() for row in rows], ensure_ascii=False, indent=2))
            return
        self.stdout.write(_table(rows))


def _cell(row: Row, column: str) -> str:
    value = getattr(row, column)
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)


def _table(rows: list[Row]) -> str:
    lines = [COLUMNS, *(tuple(_cell(row, column) for column in COLUMNS) for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
