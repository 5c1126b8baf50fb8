"""Leads that may be the same, side by side, and those that are one by now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import FETCH_RAISE, Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy, pgettext_lazy
from django_countries import countries

from leads.domain import merging as rules
from leads.domain.terms import Terms
from leads.domain.words import OPEN_STAGES, Stage
from leads.models import Answer, Arrival, Finding, Handoff, Lead, Lookalike, Merge, Topic
from leads.selectors import lead_relations
from leads.selectors.answer_words import value_words
from leads.selectors.lead_flags import HAS_LOOKALIKES, HAS_MERGES, may_have
from leadsync.accounts.models import User
from leadsync.core import db
from leadsync.core.codes import language_name
from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import day

PAGE = 25
_LEADS = ("first__owner", "first__campaign", "second__owner", "second__campaign")


def seen_pairs(person: User) -> QuerySet[Lookalike]:
    """Pairs of leads that this person sees; erased and test leads are like nobody."""
    seen = Lead.objects.visible_to(person).filter(is_test=False, erased_at=None)
    return Lookalike.objects.filter(first__in=seen, second__in=seen)


def open_pairs(person: User) -> QuerySet[Lookalike]:
    """Those of them nobody has decided on."""
    return seen_pairs(person).filter(dismissed_at=None)


@dataclass(frozen=True, slots=True)
class Side:
    """One lead of a pair: from which campaigns it came, and how often."""

    lead: Lead
    arrivals: Sequence[Arrival]


@dataclass(frozen=True, slots=True)
class Sign:
    """What speaks for the two being the same (`is_alike`), or against it, in words."""

    label: str
    words: str
    is_alike: bool


@dataclass(frozen=True, slots=True)
class PairRow:
    """A pair with its evidence; `survivor` is the lead to keep unless somebody swaps them."""

    pair: Lookalike
    sides: tuple[Side, Side]
    signs: list[Sign]
    survivor: Lead
    other: Lead
    why: str  # it is suggested that this one stays


@dataclass(frozen=True, slots=True)
class PairPage:
    """Pairs, the most alike first; `after` is the key the next page begins behind."""

    rows: list[PairRow]
    after: str


def page_of_pairs(person: User, after: str = "") -> PairPage:
    """One page; an `after` that is none of ours begins anew. Two statements."""
    rows = open_pairs(person).select_related(*_LEADS).order_by("-score", "-pk").fetch_mode(FETCH_RAISE)
    score, _dot, pk = after.partition(".")
    if score.isascii() and score.isdigit() and pk.isascii() and pk.isdigit() and len(after) < 24:
        rows = rows.filter(Q(score__lt=int(score)) | Q(score=int(score), pk__lt=int(pk)))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    arrivals = _arrivals({pk for pair in shown for pk in (pair.first_id, pair.second_id)})
    last = f"{shown[-1].score}.{shown[-1].pk}" if len(found) > PAGE else ""
    return PairPage([_row(pair, arrivals) for pair in shown], last)


def _arrivals(lead_ids: set[int]) -> dict[int, list[Arrival]]:
    found: dict[int, list[Arrival]] = {}
    rows = Arrival.objects.filter(lead__in=lead_ids).select_related("campaign").defer("payload")
    for one in rows.order_by("at", "pk").fetch_mode(FETCH_RAISE):
        found.setdefault(one.lead_id, []).append(one)
    return found


def _row(pair: Lookalike, arrivals: Mapping[int, Sequence[Arrival]]) -> PairRow:
    survivor, other, why = keep(pair.first, pair.second)
    sides = (Side(survivor, arrivals.get(survivor.pk, ())), Side(other, arrivals.get(other.pk, ())))
    return PairRow(pair, sides, signs(pair), survivor, other, str(_WHY[why]))


_WHY = {
    rules.Why.WON: gettext_lazy("a customer already"),
    rules.Why.IN_HAND: gettext_lazy("a rep is on it now"),
    rules.Why.WORKED: gettext_lazy("more work went into it"),
    rules.Why.FIRST: gettext_lazy("came first"),
}


def keep(one: Lead, other: Lead) -> tuple[Lead, Lead, rules.Why]:
    """Which of the two to keep, then the other, and what speaks for that."""
    which, why = rules.suggested(_columns(one), _columns(other))
    return (one, other, why) if which == rules.SURVIVOR else (other, one, why)


def _columns(lead: Lead) -> dict[str, Any]:
    return {
        one.attname: getattr(lead, one.attname)
        for one in Lead._meta.concrete_fields
        if one.attname in lead.__dict__
    }


_SIGNS = {
    "name": pgettext_lazy("person", "Name"),
    "company": gettext_lazy("Company"),
    "mail": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "country": gettext_lazy("Country"),
    "city": gettext_lazy("City"),
}


def signs(pair: Lookalike) -> list[Sign]:
    """What is alike, then what differs."""
    found = pair.evidence if isinstance(pair.evidence, dict) else {}
    one, other = pair.first, pair.second
    alike: list[Sign] = []
    differs: list[Sign] = []
    for key in ("name", "company"):
        if (share := found.get(key)) is None:
            continue
        is_alike = isinstance(share, int) and share >= 92
        words = _("the same") if share == 100 else _("%(n)d%% alike") % {"n": share}
        (alike if is_alike else differs).append(Sign(str(_SIGNS[key]), words, is_alike))
    if found.get("mail"):
        alike.append(Sign(str(_SIGNS["mail"]), _("the same but for dots or a plus"), is_alike=True))
    elif one.email and other.email:
        differs.append(Sign(str(_SIGNS["mail"]), _("different"), is_alike=False))
    if found.get("phone"):
        alike.append(Sign(str(_SIGNS["phone"]), _("the same, written differently"), is_alike=True))
    elif one.phone and other.phone:
        differs.append(Sign(str(_SIGNS["phone"]), _("different"), is_alike=False))
    for key in ("country", "city"):
        mine, theirs = str(getattr(one, key) or ""), str(getattr(other, key) or "")
        if mine and theirs:
            is_same = mine.casefold() == theirs.casefold()
            words = _("the same") if is_same else _("different")
            (alike if is_same else differs).append(Sign(str(_SIGNS[key]), words, is_same))
    return [*alike, *differs]


def lookalikes_of(lead: Lead, person: User) -> list[Lead]:
    """The leads that this one may be the same as, the most alike first. One statement where there are any."""
    if not may_have(lead, HAS_LOOKALIKES):
        return []
    rows = open_pairs(person).filter(Q(first=lead.pk) | Q(second=lead.pk)).select_related(*_LEADS)
    found = rows.order_by("-score", "-pk").fetch_mode(FETCH_RAISE)[:3]
    return [pair.second if pair.first_id == lead.pk else pair.first for pair in found]


# ---------------------------------------------------------------------------------------------- merged


def survivor_of(lead_id: int) -> int | None:
    """The lead that this one is part of now; None where it was never here, or is here. One statement."""
    rows = Merge.objects.filter(gone_id=lead_id, undone_at=None)
    return rows.values_list("survivor_id", flat=True).first()


def merges(person: User) -> QuerySet[Merge]:
    """Merges of leads that this person sees, as they are shown; those that were undone too."""
    seen = Lead.objects.visible_to(person)
    rows = Merge.objects.filter(survivor__in=seen).select_related("survivor", "by", "undone_by")
    return rows.fetch_mode(FETCH_RAISE)


def about(rows: QuerySet[Merge], lead_id: int) -> QuerySet[Merge]:
    """Those of them that made this lead, or took it in."""
    return rows.filter(Q(survivor=lead_id) | Q(gone_id=lead_id))


@dataclass(frozen=True, slots=True)
class MergedRow:
    """A lead that is part of another: what it was called, who merged it and when."""

    merge: Merge
    title: str
    is_last: bool  # the one that can be undone


def merges_of(lead: Lead) -> list[MergedRow]:
    """What is part of this lead, the latest first. One statement where there is any."""
    if not may_have(lead, HAS_MERGES):
        return []
    rows = Merge.objects.filter(survivor=lead.pk, undone_at=None).select_related(
        "by", "undone_by", "survivor"
    )
    found = list(rows.order_by("-pk")[:20])
    return [MergedRow(one, title_of(one), place == 0) for place, one in enumerate(found)]


def title_of(merge: Merge) -> str:
    """What the lead that is gone was called."""
    row = merge.snapshot.get("other", {}) if isinstance(merge.snapshot, dict) else {}
    return str(row.get("name") or row.get("company") or f"#{merge.gone_id}")


# ---------------------------------------------------------------------------------------------- side by side


@dataclass(frozen=True, slots=True)
class Choice:
    """A field with both values, and whose stands: a radio where the two differ."""

    name: str
    label: str
    survivor: str
    other: str
    chosen: str

    @property
    def is_open(self) -> bool:
        return self.survivor != self.other


@dataclass(frozen=True)
class Comparison:
    """All that the merge page shows."""

    survivor: Side
    other: Side
    choices: list[Choice]
    moves: list[str]
    counts_for: Arrival | None
    comes_also: list[str]
    running: Sequence[Handoff]
    goes_on: Handoff | None
    are_both_won: bool


_LABELS = {
    "owner_id": gettext_lazy("Rep"),
    rules.STATE: gettext_lazy("Stage and mark"),
}
_COUNTED = {
    "leads.Arrival.lead": ngettext_lazy("%(n)d arrival", "%(n)d arrivals", "n"),
    "leads.Activity.lead": ngettext_lazy("%(n)d activity", "%(n)d activities", "n"),
    "leads.Mark.lead": ngettext_lazy("%(n)d mark", "%(n)d marks", "n"),
    "leads.Answer.lead": ngettext_lazy("%(n)d answer", "%(n)d answers", "n"),
    "leads.Finding.lead": ngettext_lazy("%(n)d thing learned", "%(n)d things learned", "n"),
    "leads.Handoff.lead": ngettext_lazy("%(n)d handoff", "%(n)d handoffs", "n"),
    "leads.Consent.lead": ngettext_lazy("%(n)d consent", "%(n)d consents", "n"),
    "feedback.Question.lead": ngettext_lazy("%(n)d question", "%(n)d questions", "n"),
    "feedback.Dispute.lead": ngettext_lazy("%(n)d dispute", "%(n)d disputes", "n"),
    "feedback.Evidence.lead": ngettext_lazy("%(n)d market note", "%(n)d market notes", "n"),
}


def compare(survivor: Lead, other: Lead, terms: Terms, chosen: Mapping[str, str]) -> Comparison:
    """The two side by side; `chosen` by name, the rest by default. Six statements."""
    mine, theirs = _columns(survivor), _columns(other)
    wanted = rules.defaults(mine, theirs) | {
        name: side for name, side in chosen.items() if side in rules.SIDES
    }
    rows = [_choice(name, survivor, other, wanted) for name in (*rules.FIELDS, rules.STATE)]
    rows += _answers(survivor, other, terms, wanted)
    rows += _words(survivor, other, wanted)
    arrivals = _arrivals({survivor.pk, other.pk})
    first = survivor if rules.came_first(mine, theirs) == rules.SURVIVOR else other
    counts_for = next(iter(arrivals.get(first.pk, ())), None)
    all_of_both = [one for side in (survivor, other) for one in arrivals.get(side.pk, ())]
    running = list(Handoff.objects.open().filter(lead__in=(survivor.pk, other.pk)).select_related("rep"))
    return Comparison(
        survivor=Side(survivor, arrivals.get(survivor.pk, ())),
        other=Side(other, arrivals.get(other.pk, ())),
        choices=[row for row in rows if row.survivor or row.other],
        moves=_moves(other),
        counts_for=counts_for,
        comes_also=sorted({one.campaign.name for one in all_of_both if one.campaign_id != first.campaign_id}),
        running=running,
        goes_on=goes_on(running, survivor, other, rules.merged(mine, theirs, wanted)["stage"]),
        are_both_won=survivor.stage == other.stage == "won",
    )


def _choice(name: str, survivor: Lead, other: Lead, wanted: Mapping[str, str]) -> Choice:
    label = _LABELS.get(name) or Lead._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # a plain field
    said = str(label)
    return Choice(
        name, said[:1].upper() + said[1:], _shown(name, survivor), _shown(name, other), wanted[name]
    )


def _shown(name: str, lead: Lead) -> str:
    if name == "owner_id":
        return lead.owner.name if lead.owner else ""
    if name == rules.STATE:
        parts = [lead.get_stage_display()]
        if lead.mark != "none" and lead.get_mark_display() != parts[0]:
            parts.append(lead.get_mark_display())
        if lead.reason:
            parts.append(lead.reason.words)
        if lead.stage == "won" and lead.amount is not None:
            parts.append(format_money(lead.amount))
        if lead.marked_at:
            parts.append(day(lead.marked_at))
        return ", ".join(parts)
    if name == "country":
        return str(countries.name(str(lead.country or "")) or "")
    if name == "language":
        return language_name(lead.language) if lead.language else ""
    return str(getattr(lead, name) or "")


def _answers(survivor: Lead, other: Lead, terms: Terms, wanted: Mapping[str, str]) -> list[Choice]:
    asked = {criterion.key: criterion for criterion in terms.criteria}
    found: dict[str, dict[int, str]] = {}
    for one in Answer.objects.filter(lead__in=(survivor.pk, other.pk)).order_by("key"):
        found.setdefault(one.key, {})[one.lead_id] = value_words(asked.get(one.key), one.value)
    rows = []
    for key, values in found.items():
        if len(values) < 2:
            continue  # nothing to choose: it comes along
        name = f"{rules.ANSWER}{key}"
        label = asked[key].question if key in asked else key
        rows.append(
            Choice(name, label, values[survivor.pk], values[other.pk], wanted.get(name, rules.SURVIVOR))
        )
    return rows


def _words(survivor: Lead, other: Lead, wanted: Mapping[str, str]) -> list[Choice]:
    found: dict[str, dict[int, str]] = {}
    for one in Finding.objects.filter(lead__in=(survivor.pk, other.pk), tag=None).order_by("topic"):
        found.setdefault(one.topic, {})[one.lead_id] = one.words
    topics = dict(Topic.choices)
    return [
        Choice(
            f"{rules.WORDS}{topic}",
            str(topics.get(topic, topic)),
            values[survivor.pk],
            values[other.pk],
            wanted.get(f"{rules.WORDS}{topic}", rules.SURVIVOR),
        )
        for topic, values in found.items()
        if len(values) == 2
    ]


def _moves(other: Lead) -> list[str]:
    """What comes along with the other lead, counted, in words. One statement."""
    counted = [one for one in lead_relations.relations() if one.label in _COUNTED]
    rows = [
        one.rows(other.pk).order_by().values(one.column).annotate(n=Count("pk")).values_list("n")
        for one in counted
    ]
    return [
        str(_COUNTED[counted[place].label] % {"n": count}) for place, count in db.first_of_each(rows) if count
    ]


def goes_on(running: Sequence[Handoff], survivor: Lead, other: Lead, stage: str) -> Handoff | None:
    """Which of the promises that run on the two goes on for the one lead, which will stand at `stage`.

    The earlier due; none where one of the two was contacted already, or is won.
    """
    if not running or stage not in OPEN_STAGES:
        return None
    if len(running) == 1:
        idle = other if running[0].lead_id == survivor.pk else survivor
        if (idle.is_open and idle.first_contact_at is not None) or idle.stage == Stage.WON:
            return None
    return min(running, key=lambda one: (one.due_at, one.pk))
