"""From a read row to a lead: which values count, what is only remarked, which campaign; and saving a chunk of them."""

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from statistics import median
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history

from campaigns.models import Campaign, Channel
from leads.domain.past import Note, Past, PastNote
from leads.domain.tables import Field, Row
from leads.domain.tables.rows import ParsedRow, Problem, RowParser
from leads.domain.tables.values import Email, Moment, Money, Phone
from leads.domain.words import MarkValue, Stage
from leads.models import Import, ImportRow, Reason
from leads.selectors import imports as selectors
from leads.services import arrivals, history
from leads.services.arrivals import LeadData
from leads.services.history import Became, HistoryRow
from leads.services.import_consents import Consents
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

NOON = time(12)  # where a file gives only the day
UNUSUAL_TIMES = 100  # an amount this many times the usual one is worth a second look
ENOUGH_AMOUNTS = 5
MOST_GROUPS = 200  # kinds of remarks that are kept
NOT_STATED = "Not stated"
LEFT_OUT = "leadsync:import"  # import_key of who owns campaigns that nobody asked for by name


@dataclass(slots=True)
class Remarks:
    """Remarks of many rows, grouped: what, how often, and the first rows."""

    groups: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, stored: Iterable[Mapping[str, Any]]) -> "Remarks":
        """Go on with what was stored."""
        return cls({_key(one["code"], one["params"]): dict(one) for one in stored})

    def add(self, code: str, params: Mapping[str, Any], number: int = 0) -> None:
        """One more row (0: the list as a whole) with this remark; its group keeps the words of the first."""
        key = _key(code, params)
        group = self.groups.get(key)
        if group is None:
            if len(self.groups) >= MOST_GROUPS:
                return
            group = self.groups[key] = {"code": code, "params": dict(params), "count": 0, "rows": []}
        group["count"] += 1
        if number and len(group["rows"]) < selectors.SHOWN_NUMBERS:
            group["rows"].append(number)

    def stored(self) -> list[dict[str, Any]]:
        """As kept with the import."""
        return list(self.groups.values())


def _key(code: str, params: Mapping[str, Any]) -> str:
    return f"{code}:{params.get('column', '')}"


def must_fix(batch: Import, parsed: ParsedRow) -> tuple[list[Problem], list[Note]]:
    """What keeps the row out, and what does not: worked leads are not turned away for an odd country."""
    if not parsed.problems:
        return [], []
    if not parser_is_lenient(batch):
        return list(parsed.problems), []
    nice = [one for one in parsed.problems if one.field in selectors.NICE_TO_HAVE or one.is_answer]
    soft = [Note(PastNote.KEPT_ASIDE, {"column": one.column, "value": one.cell[:80]}) for one in nice]
    return [one for one in parsed.problems if one not in nice], soft


def parser_is_lenient(batch: Import) -> bool:
    """Leads worked elsewhere, and files that only add to known leads."""
    return selectors.context_of(batch).is_history


def data_of(parsed: ParsedRow, *, namespace: str, at: "Clock", consents: Consents | None = None) -> LeadData:
    """The lead's own fields, in normal form."""
    values = parsed.values
    texts: dict[str, Any] = {
        name: value for name, target in _TEXTS if isinstance(value := values.get(target), str)
    }
    email, phone = values.get(Field.EMAIL), values.get(Field.PHONE)
    if note := parsed.text(Field.NOTE):
        texts["need"] = "\n".join(part for part in (texts.get("need", ""), note) if part)
    return LeadData(
        **texts,
        email=email.key if isinstance(email, Email) else "",
        phone=phone.e164 if isinstance(phone, Phone) else "",
        namespace=namespace if texts.get("external_id") else "",
        received_at=at.instant(values.get(Field.RECEIVED_AT)),
        answers=parsed.answers,
        consent=consents.of(parsed, at.instant) if consents else None,
    )


_TEXTS = (
    ("name", Field.NAME),
    ("company", Field.COMPANY),
    ("job_title", Field.JOB_TITLE),
    ("country", Field.COUNTRY),
    ("city", Field.CITY),
    ("language", Field.LANGUAGE),
    ("need", Field.NEED),
    ("external_id", Field.EXTERNAL_ID),
)


def payload_of(headers: Sequence[str], row: Row) -> dict[str, str]:
    """The row as it came, by column name; NUL bytes, which no database keeps, are left out."""
    found = {
        header: cell.replace("\x00", "") for header, cell in zip(headers, row.cells, strict=True) if cell
    }
    if row.surplus:
        found["…"] = " | ".join(row.surplus).replace("\x00", "")
    return found


class Clock:
    """Turns what a cell says into an instant of the company's zone."""

    def __init__(self) -> None:
        self.zone = accounts.company().tz
        self._same: dict[Moment, datetime] = {}

    def instant(self, value: object) -> datetime | None:
        """None for a cell without a date; a day without a time is its noon."""
        if not isinstance(value, Moment):
            return None
        found = self._same.get(value)
        if found is None:
            wall = value.at if value.has_time else datetime.combine(value.at.date(), NOON)
            found = wall.replace(tzinfo=self.zone) if value.is_naive or not value.has_time else wall
            if len(self._same) < 10_000:
                self._same[value] = found
        return found


@dataclass(slots=True)
class Counts:
    """What became of rows; `read` is always the sum of the others."""

    created: int = 0
    updated: int = 0
    already_here: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.created + self.updated + self.already_here + self.rejected


@contextmanager
def _uncollected() -> Iterator[None]:
    """Within the block nobody looks for cycles: rows make none, and looking takes an eighth of the time of saving."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Saver:
    """Saves chunks of rows of one import, each inside its caller's transaction."""

    def __init__(self, batch: Import, parser: RowParser) -> None:
        self.batch = batch
        self.parser = parser
        self.headers = parser.headers
        self.is_history = selectors.history_of(batch)
        self.namespace: str = batch.options.get("namespace", "")
        self.is_by_columns: bool = batch.options.get("is_by_columns", False)
        self.campaign_name: str = batch.options.get("campaign_name", "")
        mapped = {*parser.mapping.fields.values(), *parser.mapping.fixed}
        self.only_in_history = [target for target in selectors.ONLY_IN_HISTORY if target in mapped]
        self.clock = Clock()
        self.consents = (
            Consents(batch, parser.mapping, parser.headers)
            if Field.CONSENT in parser.mapping.fields.values()
            else None
        )
        self.campaigns: dict[tuple[str, str], Campaign] = {}
        self.reasons = {
            name.casefold(): pk
            for pk, key, label in Reason.objects.values_list("pk", "key", "label")
            for name in (key, label)
        }

    @_uncollected()
    def save(self, rows: Sequence[Row], remarks: Remarks) -> Counts:
        """Save what can be saved; keep the rest with its reasons. Raises nothing for what a row holds."""
        counts = Counts()
        rejected: list[tuple[Row, list[dict[str, Any]]]] = []
        ready: list[tuple[Row, ParsedRow]] = []
        for row in rows:
            parsed = self.parser.parse(row)
            for remark in parsed.remarks:
                remarks.add(remark.code, remark.params, row.number)
            hard, soft = must_fix(self.batch, parsed)
            if hard:
                rejected.append((row, [stored_problem(one) for one in hard]))
                continue
            for note in soft:
                remarks.add(note.code, note.params, row.number)
            ready.append((row, parsed))
        pasts = self._campaigns_of(ready, remarks)
        live: dict[int, list[tuple[Row, ParsedRow]]] = defaultdict(list)
        worked: list[tuple[Row, ParsedRow, int | None]] = []
        known = {campaign.pk: campaign for campaign in pasts.values() if campaign is not None}
        for row, parsed in ready:
            campaign = pasts[row.number]
            if self.is_history or campaign is None:
                worked.append((row, parsed, campaign.pk if campaign else None))
            else:
                live[campaign.pk].append((row, parsed))
        for pk, some in live.items():
            self._save_live(known[pk], some, remarks, counts, rejected)
        if worked:
            self._save_worked(worked, remarks, counts, rejected)
        counts.rejected += len(rejected)
        ImportRow.objects.bulk_create(
            [
                ImportRow(
                    batch=self.batch,
                    number=row.number,
                    cells=[cell.replace("\x00", "") for cell in (*row.cells, *row.surplus)],
                    problems=problems,
                )
                for row, problems in sorted(rejected, key=lambda pair: pair[0].number)
            ]
        )
        return counts

    # ------------------------------------------------------------------------------------------ new leads

    def _save_live(
        self,
        campaign: Campaign,
        rows: Sequence[tuple[Row, ParsedRow]],
        remarks: Remarks,
        counts: Counts,
        rejected: list[tuple[Row, list[dict[str, Any]]]],
    ) -> None:
        for row, parsed in rows:
            for target in self.only_in_history:
                if parsed.values.get(target) not in (None, False, ""):
                    column = str(selectors.FIELD_LABELS[target])
                    remarks.add(PastNote.ONLY_IN_HISTORY, {"column": column}, row.number)
        many = arrivals.receive_many(
            rows=[self._data(parsed) for _row, parsed in rows],
            campaign=campaign,
            door=selectors.door_of(self.batch),
            by=self.batch.by,
            payloads=[payload_of(self.headers, row) for row, _parsed in rows],
            batch=self.batch,
        )
        for (row, _parsed), result in zip(rows, many.rows, strict=True):
            if result.problem is not None:
                rejected.append((row, [self._refused(result.problem)]))
            elif result.is_new:
                counts.created += 1
            else:
                counts.already_here += 1

    def _data(self, parsed: ParsedRow) -> LeadData:
        return data_of(parsed, namespace=self.namespace, at=self.clock, consents=self.consents)

    def _refused(self, problem: Invalid) -> dict[str, Any]:
        column = next(
            (
                self.headers[index]
                for index, target in self.parser.mapping.fields.items()
                if target == problem.field and index < len(self.headers)
            ),
            "",
        )
        return {"column": column, "code": selectors.REFUSED, "params": {"text": problem.message}}

    # ------------------------------------------------------------------------------------------ worked leads

    def _save_worked(
        self,
        rows: Sequence[tuple[Row, ParsedRow, int | None]],
        remarks: Remarks,
        counts: Counts,
        rejected: list[tuple[Row, list[dict[str, Any]]]],
    ) -> None:
        usual = self._usual_amount(parsed for _row, parsed, _campaign in rows)
        given = []
        for row, parsed, campaign_id in rows:
            minutes = parsed.values.get(Field.SALES_MINUTES)
            given.append(
                HistoryRow(
                    data=self._data(parsed),
                    campaign_id=campaign_id,
                    past=self._past(parsed, row.number, usual, remarks),
                    owner=parsed.text(Field.OWNER),
                    minutes=minutes if isinstance(minutes, int) else None,
                    payload=payload_of(self.headers, row),
                )
            )
        results = history.upsert_history(rows=given, by=self.batch.by, batch=self.batch)
        for (row, _parsed, _campaign), result in zip(rows, results, strict=True):
            for note in result.notes:
                remarks.add(note.code, note.params, row.number)
            match result.became:
                case Became.CREATED:
                    counts.created += 1
                case Became.UPDATED:
                    counts.updated += 1
                case Became.ALREADY_HERE:
                    counts.already_here += 1
                case Became.REJECTED:
                    problem = result.problem or Invalid("")
                    rejected.append((row, [self._refused(problem)]))

    def _usual_amount(self, rows: Iterable[ParsedRow]) -> Decimal | None:
        amounts = [
            money.amount
            for parsed in rows
            if isinstance(money := parsed.values.get(Field.AMOUNT), Money) and money.amount > 0
        ]
        return median(amounts) if len(amounts) >= ENOUGH_AMOUNTS else None

    def _past(self, parsed: ParsedRow, number: int, usual: Decimal | None, remarks: Remarks) -> Past:
        values = parsed.values
        money = values.get(Field.AMOUNT)
        amount = money.amount if isinstance(money, Money) else None
        if amount is not None and amount < 0:
            remarks.add(PastNote.AMOUNT_NEGATIVE, {"value": str(amount)}, number)
            amount = None
        elif amount is not None and usual is not None and amount > usual * UNUSUAL_TIMES:
            params = {"value": f"{amount:f}", "usual": f"{usual.normalize():f}"}
            remarks.add(PastNote.AMOUNT_UNUSUAL, params, number)
        reason = parsed.text(Field.REASON)
        reason_id = self.reasons.get(reason.casefold()) if reason else None
        if reason and reason_id is None:
            remarks.add(PastNote.REASON_UNKNOWN, {"value": reason[:80]}, number)
        won, lost = values.get(Field.WON), values.get(Field.LOST)
        stage, mark = parsed.text(Field.STAGE), parsed.text(Field.MARK)
        return Past(
            stage=Stage(stage) if stage else None,
            mark=MarkValue(mark) if mark else None,
            is_won=won if isinstance(won, bool) else None,
            won_at=self.clock.instant(values.get(Field.WON_AT)),
            amount=amount,
            is_lost=lost if isinstance(lost, bool) else None,
            lost_at=self.clock.instant(values.get(Field.LOST_AT)),
            reason_id=reason_id,
        )

    # ------------------------------------------------------------------------------------------ campaigns

    def _campaigns_of(
        self, rows: Sequence[tuple[Row, ParsedRow]], remarks: Remarks
    ) -> dict[int, Campaign | None]:
        """The campaign of each row, by row number: the import's, else one per pair of campaign and channel."""
        if not self.is_by_columns:
            return {row.number: self.batch.campaign for row, _parsed in rows}
        has_campaign_column = Field.CAMPAIGN in self.parser.mapping.fields.values()
        has_channel_column = Field.CHANNEL in self.parser.mapping.fields.values()
        wanted: dict[int, tuple[str, str]] = {}
        for row, parsed in rows:
            name = parsed.text(Field.CAMPAIGN) or ("" if has_campaign_column else self.campaign_name)
            channel = parsed.text(Field.CHANNEL)
            if not name:
                remarks.add(PastNote.CAMPAIGN_NOT_STATED, {"name": NOT_STATED}, row.number)
            if not channel and has_channel_column:
                remarks.add(PastNote.CHANNEL_NOT_STATED, {"name": NOT_STATED}, row.number)
            wanted[row.number] = (name or NOT_STATED, channel)
        missing = set(wanted.values()) - self.campaigns.keys()
        if missing:
            self._make(missing)
        return {number: self.campaigns[pair] for number, pair in wanted.items()}

    def _make(self, pairs: set[tuple[str, str]]) -> None:
        channels = channels_named({channel for _name, channel in pairs})
        for campaign in Campaign.objects.filter(
            name__in={name for name, _channel in pairs}, channel__in=set(channels.values())
        ).select_related("channel"):
            for pair in pairs:
                if pair[0] == campaign.name and channels[pair[1]] == campaign.channel:
                    self.campaigns[pair] = campaign
        missing = sorted(pairs - self.campaigns.keys())
        if not missing:
            return
        owner = self.batch.by or somebody()
        made = bulk_create_with_history(
            [
                Campaign(
                    name=name,
                    channel=channels[channel],
                    owner=owner,
                    state=Campaign.State.ENDED if self.is_history else Campaign.State.LIVE,
                )
                for name, channel in missing
            ],
            Campaign,
            default_user=self.batch.by,
        )
        self.campaigns |= dict(zip(missing, made, strict=True))


def channels_named(names: set[str]) -> dict[str, Channel]:
    """Channels by name, made where there is none; the blank one is the channel "not stated"."""
    found = {one.name: one for one in Channel.objects.filter(name__in=names - {""})}
    missing = sorted(names - found.keys() - {""})
    if missing:
        Channel.objects.bulk_create([Channel(name=name) for name in missing])
        found |= {one.name: one for one in Channel.objects.filter(name__in=missing)}
    if "" in names:
        blank = Channel.objects.filter(key=Channel.NOT_STATED).first()
        if blank is None:
            name = NOT_STATED
            if Channel.objects.filter(name=name).exists():
                name = f"{NOT_STATED} (no channel given)"
            blank = Channel.objects.create(name=name, key=Channel.NOT_STATED)
        found[""] = blank
    return found


def somebody() -> User:
    """Who owns campaigns that a file brought and nobody is named for: a colleague who never signs in."""
    return User.objects.get_or_create(
        import_key=LEFT_OUT,
        defaults={
            "name": _("Import"),
            "email": "import@former.invalid",
            "is_active": False,
            "is_former": True,
            "capacity": 0,
            "password": make_password(None),
        },
    )[0]


def stored_problem(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept with its row."""
    return {"column": problem.column, "code": str(problem.code), "params": dict(problem.params)}
