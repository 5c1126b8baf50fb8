"""`manage.py demo`: builds the sample company if it is not there, and says how to sign in."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.core.errors import DomainError
from leadsync.demo import build
from leadsync.demo.scenario import COMPANY, PASSWORD

SHOWN = ("marta", "pawel", "iga", "ola", "tomasz", "anna", "admin")


class Command(BaseCommand):
    help = "Builds the invented sample company in an empty database, and prints the address and the sign-ins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seed", type=int, default=build.SEED, help="the same seed gives the same company"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This is a production installation; the sample company has known passwords.")
        if not build.exists():
            started = time.monotonic()
            self.stdout.write(f"Building the sample company {COMPANY}, all of it invented …")
            try:
                built = build.build(seed=options["seed"], say=lambda text: self.stdout.write(f"  {text}"))
            except DomainError as refused:
                raise CommandError(refused.message) from refused
            seconds = time.monotonic() - started
            self.stdout.write(
                f"  {built.people} people, {built.campaigns} campaigns, {built.leads} leads in {seconds:.0f} s\n"
            )
        else:
            self.stdout.write(f"The sample company {COMPANY} is here, with {Lead.objects.count()} leads.")
        people = {
            person.email.split("@")[0]: person
            for person in User.objects.filter(email__endswith="@nordrack.example")
        }
        self.stdout.write(
            f"\n  LeadSync   {settings.LEADSYNC_BASE_URL}\n  Password   {PASSWORD} (for everyone)\n"
        )
        for key in SHOWN:
            if key in people:
                person = people[key]
                self.stdout.write(f"  {person.role_label:<18} {person.email:<28} {person.name}")
        self.stdout.write("\n  Ctrl-C stops everything. `make demo-reset` starts anew.\n")
