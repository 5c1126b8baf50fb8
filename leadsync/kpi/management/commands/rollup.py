"""`manage.py rollup`: what beat does every 20 seconds, once, by hand; or everything anew; or a comparison."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from leadsync.kpi.services import rollup


class Command(BaseCommand):
    help = "Bring the facts behind dashboard and funnel up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="compute every fact from scratch")
        parser.add_argument(
            "--check", action="store_true", help="compare every fact with the leads; exit 1 on any difference"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["full"]:
            done = rollup.roll_up_full()
            self.stdout.write(f"Everything computed: {done.days} daily facts, {done.cohorts} cohort facts.")
        elif not options["check"]:
            done = rollup.roll_up_all()
            if done.is_busy:
                raise CommandError("Another roll-up is at work.", returncode=2)
            kind = "Everything computed" if done.is_full else f"{done.touches} changes"
            self.stdout.write(f"{kind}: {done.days} days, {done.cohorts} cohorts.")
        if options["check"]:
            differences = rollup.check()
            for difference in differences:
                self.stdout.write(str(difference))
            if differences:
                raise CommandError(f"{len(differences)} facts differ from the leads.", returncode=1)
            self.stdout.write("No difference.")
