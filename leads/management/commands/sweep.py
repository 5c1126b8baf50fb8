"""`manage.py sweep`: flag what is due now, once, as the worker does every minute."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from leads.services import promise


class Command(BaseCommand):
    """Runs one sweep and prints what it did; with `--verbosity 2` also how long each part took."""

    help = "Flags leads past the promise, past their next step, and silent ones; says what it did."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--batch", type=int, default=2_000, help="handoffs per transaction (2000)")

    def handle(self, *_args: Any, **options: Any) -> None:
        done = promise.sweep(batch=max(int(options["batch"]), 1))
        self.stdout.write(
            f"warned {done.warned}, missed {done.missed}, escalated {done.escalated}, "
            f"follow-ups {done.follow_ups}, silent {done.silent}, due times recomputed {done.recomputed}, "
            f"handed to another rep {done.rerouted}"
        )
        if options["verbosity"] > 1:
            for phase, seconds in done.seconds.items():
                self.stdout.write(f"{phase}: {seconds * 1000:.1f} ms")
