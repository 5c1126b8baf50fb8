"""`manage.py import_leads FILE`: leads of another program, or deals of leads that are known, from a CSV or .xlsx file."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError

from campaigns.models import Campaign
from leads.domain.tables import Field, TableError, read_table, returned
from leads.domain.tables.rows import ColumnMapping, mapping_by_name, suggest_mapping
from leads.models import Import
from leads.selectors import imports as selectors
from leads.services import imports, rejected_file
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, DomainError


class Command(BaseCommand):
    """Imports a file and prints how many rows were read, created, updated, already here and rejected, and remarks."""

    help = (
        "Imports leads from a CSV, TSV or .xlsx file. Columns are recognised by their names; --map says more. "
        "Without a campaign only leads that are known (by external id, e-mail or phone) are updated."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(Field)
        parser.add_argument("file", help="the file")
        parser.add_argument(
            "--campaign", default="", help="the campaign of all rows, by name; made if there is none"
        )
        parser.add_argument(
            "--campaign-column", default="", metavar="COL", help="the column with the campaign"
        )
        parser.add_argument(
            "--channel-column",
            default="",
            metavar="COL",
            help="the column with the channel; one campaign is made per pair of campaign and channel",
        )
        parser.add_argument("--source", default="", metavar="NAME", help="whose external ids these are")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="COL=FIELD",
            help=f"what a column holds (nothing after = leaves it out). Fields: {names}",
        )
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="FIELD=VALUE",
            help="a value for every row whose cell of that field is empty or missing",
        )
        parser.add_argument(
            "--dates",
            choices=["dmy", "mdy"],
            help="how dates are written where days and months could be swapped",
        )
        parser.add_argument(
            "--history",
            action="store_true",
            help="the leads were worked elsewhere: no clock, no notices; stage, owner, dates and amounts are read",
        )
        parser.add_argument(
            "--by", default="", metavar="EMAIL", help="who imports, and owns campaigns that are made"
        )
        parser.add_argument(
            "--rejected",
            default="",
            metavar="PATH",
            help="where rejected rows go (FILE-rejected.csv, in this folder)",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        by = self._person(options["by"])
        is_history = options["history"]
        try:
            table = read_table(path, filename=path.name)
            mapping, is_by_columns, name = self._mapping(
                table.headers, suggest_mapping(table)[0], options, path
            )
        except TableError as error:
            raise CommandError(error.describe()) from error
        campaign = None
        if name and not is_by_columns:
            found = list(Campaign.objects.filter(name=name)[:2])
            campaign = found[0] if len(found) == 1 else None
            is_by_columns = campaign is None
        taken = imports.Options(is_history, options["source"].strip(), is_by_columns, name)
        if len(taken.namespace) > 60:
            raise CommandError("--source has at most 60 characters.")
        try:
            with path.open("rb") as stream:
                batch = imports.take_file(
                    campaign=campaign,
                    by=by,
                    upload=File(stream, name=path.name),
                    size=path.stat().st_size,
                    options=taken,
                    mapping=mapping,
                    state=Import.State.WAITING,
                    # Leads worked elsewhere are known by their ids: a second time only brings what is new.
                    again=is_history or not (campaign or is_by_columns),
                )
        except Conflict as error:
            earlier: Import = error.context["batch"]
            self._say_known(earlier, options["format"])
            return
        except DomainError as error:
            raise CommandError(error.message) from error
        orders = selectors.mapping_of(batch).ambiguous_dates
        if orders:
            Import.objects.filter(pk=batch.pk).update(state=Import.State.CANCELLED)
            header = table.headers[orders[0]]
            raise CommandError(
                f"Column “{header}”: day and month could be swapped. Say --dates dmy or --dates mdy."
            )
        batch = imports.run(batch.pk)
        if batch.state != Import.State.DONE:
            raise CommandError(f"{batch.error} Rows up to {batch.done_row} are saved.")
        where = self._write_rejected(batch, options["rejected"] or f"{path.stem}-rejected.csv")
        self._say(batch, where, options["format"])

    def _person(self, email: str) -> User | None:
        if not email:
            return None
        person = User.objects.filter(email=email.strip().lower()).first()
        if person is None:
            raise CommandError(f"Nobody has the e-mail {email}.")
        return person

    def _mapping(
        self, headers: tuple[str, ...], known: ColumnMapping, options: dict[str, Any], path: Path
    ) -> tuple[ColumnMapping, bool, str]:
        """How columns are read, whether each row names its campaign, and the campaign's name."""
        named = dict(_pair(text, "--map", "COL=FIELD") for text in options["map"])
        if options["campaign_column"]:
            named[options["campaign_column"]] = Field.CAMPAIGN.value
        if options["channel_column"]:
            named[options["channel_column"]] = Field.CHANNEL.value
        fixed = dict(_pair(text, "--set", "FIELD=VALUE") for text in options["set"])
        country = selectors.home_country()
        mapping = mapping_by_name(headers, named, fixed=fixed, base=known, country=country)
        said = {value.strip().lower() for value in named.values()} | {key.strip().lower() for key in fixed}
        fields = dict(mapping.fields)
        says_campaign, says_channel = Field.CAMPAIGN.value in said, Field.CHANNEL.value in said
        has_campaign = Field.CAMPAIGN in fields.values()
        name: str = options["campaign"].strip()
        if name:
            # What was said outweighs what was recognised.
            fields = {
                index: target
                for index, target in fields.items()
                if not (target is Field.CAMPAIGN and not says_campaign)
                and not (target is Field.CHANNEL and not says_channel)
            }
        is_by_columns = says_channel or says_campaign or (has_campaign and not name)
        if is_by_columns and not name and not has_campaign and Field.CAMPAIGN.value not in fixed:
            name = path.stem[:200]
        orders = dict(mapping.date_orders)
        if options["dates"]:
            orders = dict.fromkeys(fields, options["dates"])
        chosen = ColumnMapping(fields, orders, mapping.decimal_marks, mapping.country, mapping.fixed)
        return chosen, is_by_columns, name

    def _write_rejected(self, batch: Import, path: str) -> str:
        if not batch.rejected:
            return ""
        try:
            with Path(path).open("wb") as out:
                out.writelines(returned.as_csv(*rejected_file.rows_of(batch)))
        except OSError as error:
            raise CommandError(
                f"{batch.rejected} rejected rows could not be written to {path}: {error.strerror}. "
                f"Everything else is saved; they are on the page /imports/{batch.pk}/."
            ) from error
        return path

    def _say(self, batch: Import, where: str, form: str) -> None:
        remarks = selectors.remarks_of(batch)
        if form == "json":
            said = {
                "import": batch.pk,
                "read": batch.read,
                "created": batch.created,
                "updated": batch.updated,
                "already_here": batch.already_here,
                "rejected": batch.rejected,
                "remarks": [
                    {"code": one.code, "text": one.text, "count": one.count, "rows": list(one.rows)}
                    for one in remarks
                ],
                "rejected_file": where or None,
            }
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
            return
        self.stdout.write(
            f"read {batch.read}, created {batch.created}, updated {batch.updated}, "
            f"already here {batch.already_here}, rejected {batch.rejected}"
        )
        for one in remarks:
            rows = ", ".join(str(number) for number in one.rows)
            place = f" (row {rows}{f' and {one.more} more' if one.more else ''})" if rows else ""
            self.stdout.write(f"  {one.count} × {one.text}{place}")
        if where:
            self.stdout.write(f"rejected rows with reasons: {where}")

    def _say_known(self, earlier: Import, form: str) -> None:
        at = (earlier.finished_at or earlier.created_at).isoformat(timespec="seconds")
        if form == "json":
            said = {
                "import": earlier.pk,
                "already_imported_at": at,
                "read": earlier.read,
                "created": 0,
                "updated": 0,
                "already_here": earlier.read - earlier.rejected,
                "rejected": earlier.rejected,
                "remarks": [],
                "rejected_file": None,
            }
            self.stdout.write(json.dumps(said, indent=2))
        else:
            self.stdout.write(f"This very file was imported at {at}: nothing was saved again.")


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    name, sign, value = text.rpartition("=") if option == "--map" else text.partition("=")
    if not sign or not name.strip():
        raise CommandError(f"{option} {text}: write {form}.")
    return name, value
