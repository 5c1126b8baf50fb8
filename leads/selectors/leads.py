"""The list of leads, what it can be cut by, its rows as a table, and the quick search."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import FETCH_RAISE, DateTimeField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_countries import countries

from campaigns.models import Campaign, Channel
from campaigns.selectors.campaigns import CampaignFilter
from campaigns.selectors.campaigns import filtered as campaigns_like
from leads.models import Handoff, Lead, Reason, SavedView
from leads.querysets import LeadQuerySet
from leads.selectors.by_words import search
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Role

PAGE = 50
MOST_COUNTED = 10_000
MOST_EXPORTED = 200_000
MOST_SELECTED = 500
JUMP_LEADS = 8
JUMP_CAMPAIGNS = 4

NEWEST = "received"
DUE = "due"
SORTS = (NEWEST, DUE)

# What a row shows: the rest of the columns (what they want, the search text) stays in the database.
_SHOWN = (
    "campaign",
    "owner",
    "name",
    "company",
    "stage",
    "mark",
    "gate_number",
    "is_test",
    "is_history",
    "received_at",
    "first_contact_at",
    "is_in_time",
    "next_step_at",
    "next_step",
    "minutes",
    "minutes_estimated",
    "amount",
    "erased_at",
    "version",
    "campaign__name",
    "campaign__channel__name",
    "owner__name",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A lead with the promise that runs for it, if one does."""

    lead: Lead
    due_at: datetime | None
    is_past: bool

    @property
    def is_step_past(self) -> bool:
        """Whether the agreed next step lies in the past."""
        step = self.lead.next_step_at
        return step is not None and step < timezone.now()


@dataclass(frozen=True, slots=True)
class LeadPage:
    """One page of the list. `total` stops at `MOST_COUNTED`; `after` is the key of the next page, "" on the last."""

    rows: Sequence[Row]
    total: int
    is_capped: bool
    shown: int
    after: str


def count(leads: LeadQuerySet) -> tuple[int, bool]:
    """How many, at most `MOST_COUNTED`, and whether there are more: nobody waits for a million to be counted."""
    found = leads.order_by()[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def lead_page(leads: LeadQuerySet, *, sort: str = NEWEST, after: str = "", size: int = PAGE) -> LeadPage:
    """A page of these leads by key, newest first, or by the next deadline and then the rest newest first.

    A fixed number of queries; `after` is the key the page before gave, one that cannot be read begins anew.
    """
    total, is_capped = count(leads)
    key = _Key.read(after, sort)
    wanted = size + 1
    found: list[tuple[Lead, datetime | None]] = []
    if sort == DUE:
        if key is None or key.band == DUE:
            found = [(lead, lead.deadline) for lead in _by_deadline(leads, key, wanted)]  # type: ignore[attr-defined]
        if len(found) < wanted:
            rest = leads.exclude(_has_deadline())
            older = key if key is not None and key.band == NEWEST else None
            found += [(lead, None) for lead in _newest(rest, older, wanted - len(found))]
    else:
        found = [(lead, None) for lead in _newest(leads, key, wanted)]
    shown = (key.shown if key else 0) + min(len(found), size)
    more = ""
    if len(found) > size:
        last, deadline = found[size - 1]
        band, at = (DUE, deadline) if deadline is not None else (NEWEST, last.received_at)
        more = _Key(band, at, last.pk, shown).written
    return LeadPage(rows(lead for lead, _at in found[:size]), total, is_capped, shown, more)


def rows(leads: Iterator[Lead]) -> list[Row]:
    """Leads with the promises that run for them. One query."""
    listed = list(leads)
    now = timezone.now()
    due = dict(
        Handoff.objects.open()
        .filter(lead__in=[lead.pk for lead in listed if lead.stage == "new" or lead.owner_id])
        .values_list("lead_id", "due_at")
    )
    return [Row(lead, due.get(lead.pk), lead.pk in due and due[lead.pk] <= now) for lead in listed]


@dataclass(frozen=True, slots=True)
class _Key:
    """Where a page ended. `band` is what the row was ordered by."""

    band: str
    at: datetime
    pk: int
    shown: int

    @property
    def written(self) -> str:
        return f"{self.band}~{self.at.isoformat()}~{self.pk}~{self.shown}"

    @classmethod
    def read(cls, text: str, sort: str) -> "_Key | None":
        try:
            band, at, pk, shown = text.split("~")
            key = cls(band, datetime.fromisoformat(at.replace(" ", "+")), int(pk[:18]), int(shown[:9]))
            key.at.astimezone(UTC)
        except (ValueError, OverflowError):
            return None
        if timezone.is_naive(key.at) or band not in SORTS or (band == DUE and sort != DUE):
            return None
        return key


def _shown(leads: LeadQuerySet) -> LeadQuerySet:
    return leads.select_related("campaign__channel", "owner").only(*_SHOWN).fetch_mode(FETCH_RAISE)


def _newest(leads: LeadQuerySet, key: _Key | None, size: int) -> list[Lead]:
    if key is not None:
        # The first condition alone reads the index from the right place; the second drops what was shown.
        leads = leads.filter(received_at__lte=key.at).filter(
            Q(received_at__lt=key.at) | Q(received_at=key.at, pk__lt=key.pk)
        )
    return list(_shown(leads).order_by("-received_at", "-pk")[:size])


def _has_deadline() -> Q:
    return Q(next_step_at__isnull=False) | Q(pk__in=Handoff.objects.open().values("lead"))


def _by_deadline(leads: LeadQuerySet, key: _Key | None, size: int) -> list[Lead]:
    due = Handoff.objects.open().filter(lead=OuterRef("pk")).values("due_at")[:1]
    dated = leads.filter(_has_deadline()).annotate(
        deadline=Coalesce(Subquery(due), "next_step_at", output_field=DateTimeField())
    )
    if key is not None:
        later: dict[str, Any] = {"deadline__gt": key.at}
        same: dict[str, Any] = {"deadline": key.at, "pk__gt": key.pk}
        dated = dated.filter(Q(**later) | Q(**same))
    return list(_shown(dated).order_by("deadline", "pk")[:size])  # type: ignore[misc]  # annotated above


# ---------------------------------------------------------------------------------------------- what to cut by


@dataclass(frozen=True, slots=True)
class Choices:
    """What the list can be cut by: only what there is."""

    campaigns: list[tuple[int, str]]
    channels: list[tuple[int, str]]
    owners: list[User]
    reasons: list[Reason]
    markets: list[tuple[str, str]]


def choices() -> Choices:
    """Campaigns (the newest first), channels, reps, reasons, markets. Four queries."""
    campaigns = list(Campaign.objects.order_by("-pk").values_list("pk", "name", "market"))
    codes = {market for _pk, _name, market in campaigns if market}
    return Choices(
        campaigns=[(pk, name) for pk, name, _market in campaigns],
        channels=list(Channel.objects.values_list("pk", "name")),
        owners=list(
            User.objects.filter(
                Q(pk__in=accounts.people_with(Role.REP, Role.HEAD_OF_SALES).values("pk")) | Q(is_former=True)
            )
            .order_by("is_former", "name")
            .only("name", "is_former")
        ),
        reasons=list(Reason.objects.all()),
        markets=sorted(((code, str(countries.name(code) or code)) for code in codes), key=lambda one: one[1]),
    )


def views_for(person: User) -> list[SavedView]:
    """The saved views this person sees: own ones, then the team's. One query."""
    views = SavedView.objects.filter(Q(person=person) | Q(is_team=True)).select_related("person")
    return sorted(views, key=lambda view: (view.person_id != person.pk, view.name.casefold()))


def reps() -> QuerySet[User]:
    """Who can be handed a lead, by name."""
    return accounts.people_with(Role.REP).order_by("name")


# ---------------------------------------------------------------------------------------------- jump


@dataclass(frozen=True, slots=True)
class Found:
    """What the quick search found."""

    leads: list[Lead]
    campaigns: list[Campaign]


def jump(text: str, person: User) -> Found:
    """The newest leads and campaigns that `text` names; nothing for fewer than two characters. Two queries."""
    words = text.strip()
    if len(words) < 2:
        return Found([], [])
    leads = Lead.objects.visible_to(person).counted().filter(search(words))
    return Found(
        leads=list(_shown(leads).order_by("-received_at", "-pk")[:JUMP_LEADS]),
        campaigns=list(
            campaigns_like(CampaignFilter(text=words[:100]))
            .select_related("channel")
            .fetch_mode(FETCH_RAISE)
            .order_by("-pk")[:JUMP_CAMPAIGNS]
        ),
    )


# ---------------------------------------------------------------------------------------------- as a table


def export_headers() -> list[str]:
    """The first line of the export, in the language in force; the import recognises these names."""
    return [
        _("Id"),
        pgettext("person", "Name"),
        _("Company"),
        _("Position"),
        _("E-mail"),
        _("Phone"),
        _("Country"),
        _("City"),
        _("What they want"),
        _("Campaign"),
        _("Channel"),
        _("Rep"),
        _("Received"),
        _("Handed off"),
        _("First contact"),
        _("In time"),
        _("Stage"),
        _("Quality"),
        _("Reason"),
        _("Marked"),
        _("Qualified"),
        _("Won"),
        _("Amount"),
        _("Currency"),
        _("Lost"),
        _("Next step at"),
        _("Next step"),
        _("Attempts"),
        _("Sales minutes"),
        _("Of it estimated"),
    ]


def export_rows(leads: LeadQuerySet) -> Iterator[list[str]]:
    """The leads as rows of text, newest first, at most `MOST_EXPORTED`; instants in the company's zone."""
    company = accounts.company()
    reasons = {reason.pk: reason.words for reason in Reason.objects.all()}
    names: dict[str, str] = {}
    yes, no = _("yes"), _("no")

    def at(value: datetime | None) -> str:
        return f"{value.astimezone(company.tz):%Y-%m-%d %H:%M}" if value else ""

    def country(code: str) -> str:
        if code not in names:
            names[code] = str(countries.name(code) or code)
        return names[code]

    listed = (
        leads.select_related("campaign__channel", "owner")
        .defer("search")
        .fetch_mode(FETCH_RAISE)
        .order_by("-received_at", "-pk")[:MOST_EXPORTED]
    )
    for lead in listed.iterator(chunk_size=2_000):
        yield [
            str(lead.pk),
            lead.name,
            lead.company,
            lead.job_title,
            lead.email,
            lead.phone,
            country(lead.country.code or "") if lead.country else "",
            lead.city,
            lead.need,
            lead.campaign.name,
            lead.campaign.channel.name,
            lead.owner.name if lead.owner else "",
            at(lead.received_at),
            at(lead.handed_off_at),
            at(lead.first_contact_at),
            "" if lead.is_in_time is None else yes if lead.is_in_time else no,
            lead.get_stage_display(),
            lead.get_mark_display() if lead.mark != "none" else "",
            reasons.get(lead.reason_id or 0, ""),
            at(lead.marked_at),
            at(lead.qualified_at),
            at(lead.won_at),
            str(lead.amount) if lead.amount is not None else "",
            company.currency if lead.amount is not None else "",
            at(lead.lost_at),
            at(lead.next_step_at),
            lead.next_step_words,
            str(lead.attempts),
            str(lead.minutes),
            str(lead.minutes_estimated),
        ]
