"""What customers say: situation, needs and objections counted by tag, cut and broken down, with what stands behind.

A count is of leads: a tag is noted once a lead, and counts on the day it was noted first; words count on the day they
were changed last. Test leads are in no figure. Every page is a fixed number of statements, whatever is counted.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    FETCH_RAISE,
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    When,
)
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_countries import countries

from campaigns.models import Campaign, Channel
from leads.domain.voice import Heard, Period, share
from leads.domain.words import Topic
from leads.models import Activity, Finding, Lead, Tag
from leads.models.voice import Topic as TopicChoices
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User

PAGE = 50
MOST_EXPORTED = 200_000
NOT_STATED = "-"  # in addresses: no country, no segment
TOPIC_WORDS: Mapping[str, Any] = dict(TopicChoices.choices)
OTHER_WORDS = "~"  # in the place of a tag's key: said in words, without any tag


class By(StrEnum):
    """What the figures are broken down by."""

    CAMPAIGN = "campaign"
    CHANNEL = "channel"
    MARKET = "market"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which leads are counted, in which days of the company's zone."""

    period: Period
    campaign: int | None = None
    channel: int | None = None
    market: str = ""  # two letters, or NOT_STATED
    segment: str = ""

    def of_leads(self, prefix: str = "") -> Q:
        """The leads meant, for a query that reaches them by `prefix`. Test leads are never meant."""
        found = Q(**{f"{prefix}is_test": False})
        if self.campaign is not None:
            found &= Q(**{f"{prefix}campaign": self.campaign})
        if self.channel is not None:
            found &= Q(**{f"{prefix}campaign__channel": self.channel})
        if self.market:
            found &= of_market([self.market], prefix)
        if self.segment:
            found &= of_segment([self.segment], prefix)
        return found


def of_market(codes: Iterable[str], prefix: str = "") -> Q:
    """Leads of these countries: their own, else their campaign's; `NOT_STATED` where neither is known."""
    wanted = ["" if code == NOT_STATED else code for code in codes]
    own = [code for code in wanted if code]
    return Q(**{f"{prefix}country__in": own}) | Q(
        **{f"{prefix}country": "", f"{prefix}campaign__market__in": wanted}
    )


def of_segment(segments: Iterable[str], prefix: str = "") -> Q:
    """Leads of campaigns for these segments; `NOT_STATED` where the campaign names none."""
    return Q(**{f"{prefix}campaign__segment__in": ["" if one == NOT_STATED else one for one in segments]})


def _group(by: By, prefix: str) -> Any:
    if by is By.MARKET:
        own, campaigns = F(f"{prefix}country"), F(f"{prefix}campaign__market")
        return Case(When(**{f"{prefix}country": ""}, then=campaigns), default=own, output_field=CharField())
    places = {By.CAMPAIGN: "campaign", By.CHANNEL: "campaign__channel", By.SEGMENT: "campaign__segment"}
    return F(prefix + places[by])


def starts_at(day: date) -> datetime:
    """The instant at which a day begins in the company's zone."""
    return datetime.combine(day, time.min, accounts.company().tz)


def bounds(period: Period) -> tuple[datetime, datetime]:
    """The instants between which the period lies, the second one excluded."""
    return starts_at(period.first), starts_at(period.last + timedelta(days=1))


def learned_in(period: Period) -> Q:
    """Findings of the period."""
    begins, ends = bounds(period)
    return Q(at__gte=begins, at__lt=ends)


def without_tags(findings: QuerySet[Finding]) -> QuerySet[Finding]:
    """Words alone: nobody noted a tag of the topic for that lead."""
    tagged = Finding.objects.filter(lead=OuterRef("lead"), topic=OuterRef("topic"), tag__isnull=False)
    return findings.filter(~Exists(tagged), tag=None)


# ---------------------------------------------------------------------------------------------- the figures


@dataclass(frozen=True, slots=True)
class Line:
    """One tag, or other words (`tag` is None), with the leads that said it."""

    key: str
    label: str
    count: int
    before: int
    of: int  # leads worked in the period

    @property
    def change(self) -> int:
        return self.count - self.before

    @property
    def share(self) -> Any:
        return share(self.count, self.of)

    @property
    def heard(self) -> Heard:
        return Heard(self.key, self.count, self.before)


@dataclass(frozen=True, slots=True)
class TopicFigures:
    """One topic: leads of which anything is known, by tag the most frequent first, and in other words."""

    topic: Topic
    label: str
    leads: int
    before: int
    tags: list[Line]
    words: Line
    unheard: list[str]  # labels of tags in use that nobody said


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """One campaign, channel, market or segment: leads worked, and per topic the counts by tag key."""

    key: str  # as addresses name it
    label: str
    worked: int
    leads: dict[Topic, int] = field(default_factory=dict)
    counts: dict[Topic, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Voice:
    """All figures of a page. `worked` is the denominator of every share."""

    scope: Scope
    worked: int
    worked_before: int
    topics: dict[Topic, TopicFigures]
    groups: list[GroupFigures]


def worked_leads(scope: Scope, period: Period | None = None) -> QuerySet[Lead]:
    """Leads with a talk or an attempt in the period, or about which something was learned in it."""
    begins, ends = bounds(period or scope.period)
    talks = Activity.objects.exclude(kind=Activity.Kind.NOTE).filter(at__gte=begins, at__lt=ends)
    if scope.campaign is not None:
        talks = talks.filter(campaign=scope.campaign)
    learned = Finding.objects.filter(at__gte=begins, at__lt=ends)
    touched = talks.order_by().values("lead").union(learned.order_by().values("lead"))
    return Lead.objects.filter(scope.of_leads()).filter(pk__in=touched)


def voice(scope: Scope, *, by: By = By.CAMPAIGN) -> Voice:
    """Everything counted, now and in the period before. Six statements."""
    begins, ends = bounds(scope.period)
    before_begins, _ends = bounds(scope.period.previous)
    now, earlier = Q(at__gte=begins), Q(at__lt=begins)
    heard = Finding.objects.filter(scope.of_leads("lead__"), at__gte=before_begins, at__lt=ends).order_by()
    tagged = Finding.objects.filter(lead=OuterRef("lead"), topic=OuterRef("topic"), tag__isnull=False)
    group = _group(by, "lead__")

    by_tag = (
        heard.filter(Q(tag__isnull=False) | ~Exists(tagged))
        .values_list("topic", "tag", group)
        .annotate(count=Count("pk", filter=now), before=Count("pk", filter=earlier))
    )
    by_topic = heard.values_list("topic", group).annotate(
        count=Count("lead", filter=now, distinct=True), before=Count("lead", filter=earlier, distinct=True)
    )
    worked = dict(worked_leads(scope).values_list(_group(by, "")).annotate(count=Count("pk")).order_by())
    total = sum(worked.values())
    worked_before = worked_leads(scope, scope.period.previous).count()

    tags = {tag.pk: tag for tag in Tag.objects.order_by("position", "pk")}
    counts: dict[tuple[Topic, int | None], list[int]] = defaultdict(lambda: [0, 0])
    in_groups: dict[Any, dict[Topic, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for topic, tag, of_group, count, before in by_tag:
        found = counts[Topic(topic), tag]
        found[0] += count
        found[1] += before
        if count:
            key = tags[tag].key if tag is not None else OTHER_WORDS
            in_groups[of_group][Topic(topic)][key] = count
    leads: dict[Topic, list[int]] = defaultdict(lambda: [0, 0])
    leads_in_groups: dict[Any, dict[Topic, int]] = defaultdict(dict)
    for topic, of_group, count, before in by_topic:
        leads[Topic(topic)][0] += count
        leads[Topic(topic)][1] += before
        if count:
            leads_in_groups[of_group][Topic(topic)] = count

    topics = {
        about: _figures(
            about, [tag for tag in tags.values() if tag.topic == about], counts, leads[about], total
        )
        for about in (Topic.OBJECTION, Topic.NEED, Topic.SITUATION)
    }
    names = _group_names(by, worked.keys() | leads_in_groups.keys())
    groups = [
        GroupFigures(
            str(key) if key not in ("", None) else NOT_STATED,
            names.get(key, str(key)),
            worked.get(key, 0),
            leads_in_groups.get(key, {}),
            {topic: dict(found) for topic, found in in_groups[key].items()} if key in in_groups else {},
        )
        for key in names
    ]
    groups.sort(key=lambda one: (-one.worked, one.label))
    return Voice(scope, total, worked_before, topics, groups)


def _figures(
    about: Topic,
    tags: list[Tag],
    counts: Mapping[tuple[Topic, int | None], list[int]],
    leads: list[int],
    worked: int,
) -> TopicFigures:
    def line(key: str, label: str, tag: int | None) -> Line:
        now, before = counts.get((about, tag), (0, 0))
        return Line(key, label, now, before, worked)

    lines = [line(tag.key, tag.words, tag.pk) for tag in tags]
    heard = {one.key for one in lines if one.count or one.before}
    return TopicFigures(
        topic=about,
        label=str(TOPIC_WORDS[about]),
        leads=leads[0],
        before=leads[1],
        tags=sorted((one for one in lines if one.key in heard), key=lambda one: (-one.count, -one.before)),
        words=line(OTHER_WORDS, _("In other words"), None),
        unheard=[tag.words for tag in tags if tag.is_active and tag.key not in heard],
    )


def _group_names(by: By, keys: Iterable[Any]) -> dict[Any, str]:
    """What the groups are called. One statement for campaigns and channels."""
    wanted = list(keys)
    if by is By.CAMPAIGN:
        return dict(Campaign.objects.filter(pk__in=wanted).values_list("pk", "name"))
    if by is By.CHANNEL:
        return dict(Channel.objects.filter(pk__in=wanted).values_list("pk", "name"))
    name = market_name if by is By.MARKET else segment_name
    return {key: name(key) for key in wanted}


def market_name(code: str) -> str:
    """A country in words, also the one that nobody stated."""
    return str(countries.name(code) or code) if code not in ("", NOT_STATED) else _("No country known")


def segment_name(segment: str) -> str:
    """A segment as it was typed, also the one that nobody named."""
    return segment if segment not in ("", NOT_STATED) else _("No segment named")


@dataclass(frozen=True, slots=True)
class Choices:
    """What the figures can be cut by: only what there is."""

    campaigns: list[tuple[int, str]]
    channels: list[tuple[int, str]]
    markets: list[tuple[str, str]]
    segments: list[tuple[str, str]]


def choices(scope: Scope) -> Choices:
    """Campaigns (the newest first), channels, markets of campaigns and of what was learned, segments.

    Three statements.
    """
    campaigns = list(Campaign.objects.order_by("-pk").values_list("pk", "name", "market", "segment"))
    begins, ends = bounds(scope.period)
    own = (
        Finding.objects.filter(at__gte=begins, at__lt=ends).values_list("lead__country", flat=True).distinct()
    )
    codes = {*(market for _pk, _name, market, _segment in campaigns), *own.order_by(), scope.market}
    segments = {segment for _pk, _name, _market, segment in campaigns} | {scope.segment}
    none = (NOT_STATED, _("Not stated"))
    return Choices(
        campaigns=[(pk, name) for pk, name, _market, _segment in campaigns],
        channels=list(Channel.objects.values_list("pk", "name")),
        markets=[
            *sorted(
                ((code, str(countries.name(code) or code)) for code in codes - {"", NOT_STATED}),
                key=lambda one: one[1],
            ),
            none,
        ],
        segments=[*((one, one) for one in sorted(segments - {"", NOT_STATED})), none],
    )


# ---------------------------------------------------------------------------------------------- behind a number


@dataclass(frozen=True, slots=True)
class Said:
    """One lead behind a number: who learned it when, the tags and words of that topic."""

    lead: Lead
    at: datetime
    by: User | None
    tags: list[Tag]
    words: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A page of the leads behind a number; `after` is the key of the next one, "" on the last."""

    rows: list[Said]
    after: str


def heard_of(scope: Scope, topic: Topic, what: str = "") -> QuerySet[Finding]:
    """The findings that a number counts: of a tag by its key, in other words, or all of the topic."""
    begins, ends = bounds(scope.period)
    found = Finding.objects.filter(scope.of_leads("lead__"), topic=topic, at__gte=begins, at__lt=ends)
    if what == OTHER_WORDS:
        return without_tags(found)
    return found.filter(tag__key=what) if what else found


def _key(text: str) -> tuple[datetime, int] | None:
    at, _sep, pk = text.partition("_")
    try:
        return datetime.fromisoformat(at), int(pk[:18])
    except ValueError:
        return None


def behind(scope: Scope, topic: Topic, what: str = "", *, after: str = "", person: User) -> Behind:
    """The leads behind a number, what was learned last first. Three statements."""
    found = (
        heard_of(scope, topic, what)
        .filter(lead__in=Lead.objects.visible_to(person))
        .order_by()
        .values_list("lead")
        .annotate(last=Max("at"))
    )
    key = _key(after)
    if key is not None:
        found = found.filter(Q(last__lt=key[0]) | Q(last=key[0], lead__lt=key[1]))
    listed = list(found.order_by("-last", "-lead")[: PAGE + 1])
    shown = listed[:PAGE]
    rows = _said(dict(shown), topic)
    return Behind(
        [rows[pk] for pk, _last in shown if pk in rows],
        f"{shown[-1][1].isoformat()}_{shown[-1][0]}" if len(listed) > PAGE else "",
    )


def _said(last: Mapping[int, datetime], topic: Topic) -> dict[int, Said]:
    leads = Lead.objects.filter(pk__in=last).select_related("campaign", "owner").fetch_mode(FETCH_RAISE)
    learned: dict[int, list[Finding]] = defaultdict(list)
    for finding in (
        Finding.objects.filter(lead__in=last, topic=topic)
        .select_related("tag", "by")
        .order_by("at", "pk")
        .fetch_mode(FETCH_RAISE)
    ):
        learned[finding.lead_id].append(finding)
    return {
        lead.pk: Said(
            lead,
            last[lead.pk],
            next((one.by for one in found if one.at == last[lead.pk]), None),
            sorted((one.tag for one in found if one.tag is not None), key=lambda tag: tag.position),
            next((one.words for one in found if one.tag_id is None), ""),
        )
        for lead in leads
        if (found := learned[lead.pk])
    }


# ---------------------------------------------------------------------------------------------- as a file


def export_headers(by: By) -> list[str]:
    """The first line of the figures as a file."""
    groups = {
        By.CAMPAIGN: _("Campaign"),
        By.CHANNEL: _("Channel"),
        By.MARKET: _("Market"),
        By.SEGMENT: _("Segment"),
    }
    return [
        groups[by],
        _("About"),
        pgettext("what customers say", "What they say"),
        _("Leads"),
        _("Before"),
        _("Leads worked"),
    ]


def export_rows(found: Voice) -> Iterator[list[str]]:
    """All leads first, with the period before; then each group."""
    for figures in found.topics.values():
        for line in [*figures.tags, figures.words]:
            yield [
                _("All"),
                figures.label,
                line.label,
                str(line.count),
                str(line.before),
                str(found.worked),
            ]
    for group in found.groups:
        for figures in found.topics.values():
            counts = group.counts.get(figures.topic, {})
            for line in [*figures.tags, figures.words]:
                if counts.get(line.key):
                    yield [
                        group.label,
                        figures.label,
                        line.label,
                        str(counts[line.key]),
                        "",
                        str(group.worked),
                    ]


def words_headers() -> list[str]:
    """The first line of what was said as a file."""
    return [
        _("Id"),
        _("Lead"),
        _("Company"),
        _("Campaign"),
        _("Channel"),
        _("Market"),
        _("Segment"),
        _("Rep"),
        _("Learned"),
        _("By"),
        _("About"),
        pgettext("what customers say", "What they say"),
        _("Words"),
    ]


def words_rows(scope: Scope, topic: Topic | None = None, what: str = "") -> Iterator[list[str]]:
    """Every tag and text of the period, newest first, at most `MOST_EXPORTED`."""
    if topic is not None:
        found = heard_of(scope, topic, what)
    else:
        found = Finding.objects.filter(scope.of_leads("lead__")).filter(learned_in(scope.period))
    zone = accounts.company().tz
    names = {tag.pk: tag.words for tag in Tag.objects.all()}
    said = Finding.objects.filter(lead=OuterRef("lead"), topic=OuterRef("topic"), tag=None).values("words")
    listed = (
        found.select_related("lead__campaign__channel", "lead__owner", "by")
        .annotate(said=Subquery(said[:1]))
        .order_by("-at", "-pk")
        .fetch_mode(FETCH_RAISE)[:MOST_EXPORTED]
    )
    for finding in listed.iterator(chunk_size=2_000):
        lead = finding.lead
        market = str(lead.country or lead.campaign.market or "")
        yield [
            str(lead.pk),
            lead.name,
            lead.company,
            lead.campaign.name,
            lead.campaign.channel.name,
            str(countries.name(market) or market) if market else "",
            lead.campaign.segment,
            lead.owner.name if lead.owner else "",
            f"{finding.at.astimezone(zone):%Y-%m-%d %H:%M}",
            finding.by.name if finding.by else "",
            finding.get_topic_display(),
            names[finding.tag_id] if finding.tag_id else _("In other words"),
            getattr(finding, "said", None) or "",
        ]


# ---------------------------------------------------------------------------------------------- panels


def top(scope: Scope, topic: Topic = Topic.OBJECTION, *, most: int = 3) -> list[Line]:
    """The tags of a topic that are said most. One statement."""
    begins, ends = bounds(scope.period)
    rows = (
        Finding.objects.filter(scope.of_leads("lead__"), topic=topic, at__gte=begins, at__lt=ends)
        .filter(tag__isnull=False)
        .values_list("tag__key", "tag__label")
        .annotate(count=Count("pk"))
        .order_by("-count", "tag__position")
    )
    return [Line(key, _(label), count, 0, 0) for key, label, count in rows[:most]]
