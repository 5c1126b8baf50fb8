"""`/voice/`: what customers say, counted; each number opens the leads and the words behind it."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, Channel
from leads.domain.tables.export import neutral
from leads.domain.voice import THIN, Headline, Heard, Period, Preset, Rule, headline, share
from leads.domain.words import Topic
from leads.filters import YEARS
from leads.models import Tag
from leads.selectors import completeness
from leads.selectors import voice as selectors
from leads.selectors.voice import NOT_STATED, OTHER_WORDS, By, Scope
from leadsync.accounts import exports
from leadsync.accounts import selectors as accounts
from leadsync.accounts.access import person_of, requires, signed_in
from leadsync.accounts.roles import Can
from leadsync.core.charts import hbars
from leadsync.core.htmx import render_page, wants_fragment
from leadsync.core.templatetags.ui import day, num

TEMPLATE = "leads/voice.html"
COLUMNS = 6  # tags side by side in the table; the file holds all
ROWS = 25


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if YEARS[0] <= found.year <= YEARS[1] else None


def _pk(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def days_words(period: Period) -> str:
    """ "21 Aug – 20 Nov"."""
    return day(period.first) if period.days == 1 else f"{day(period.first)} – {day(period.last)}"


def period_of(given: QueryDict, today: date) -> Period:
    """`from=` and `to=`, else `period=` month, quarter or year; the last three months where neither can be read."""
    first, last = _day(given.get("from", "")), _day(given.get("to", ""))
    named = given.get("period", "")
    preset = Preset(named) if named in set(Preset) else Preset.QUARTER
    period = Period.until(today, preset)
    # A form sends its days with every choice: as long as they are those of the preset, it stays one.
    if first and last and (first, last) != (period.first, period.last):
        return Period.of(first, last)
    return period


class Asked:
    """What an address asks for, and the addresses that follow from it. What cannot be read is left out."""

    def __init__(self, request: HttpRequest) -> None:
        given = request.GET
        self.today = timezone.now().astimezone(accounts.company().tz).date()
        self.period = period_of(given, self.today)
        campaign, channel = _pk(given.get("campaign", "")), _pk(given.get("channel", ""))
        self.campaign = Campaign.objects.filter(pk=campaign).first() if campaign else None
        self.channel = Channel.objects.filter(pk=channel).first() if channel else None
        market = given.get("market", "")[:2].upper()
        self.scope = Scope(
            self.period,
            campaign=self.campaign.pk if self.campaign else None,
            channel=self.channel.pk if self.channel else None,
            market=market if market == NOT_STATED or (len(market) == 2 and market.isalpha()) else "",
            segment=given.get("segment", "")[:100].replace("\x00", ""),
        )
        by = given.get("by", "")
        self.by = By(by) if by in set(By) else By.CAMPAIGN
        topic = given.get("topic", "")
        self.topic = Topic(topic) if topic in set(Topic) else Topic.OBJECTION
        self.has_topic = topic in set(Topic)
        self.what = given.get("what", "")[:40].replace("\x00", "")

    @cached_property
    def _days(self) -> dict[str, str]:
        if self.period.preset is Preset.QUARTER:
            return {}
        if self.period.preset is not None:
            return {"period": str(self.period.preset)}
        return {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}

    @property
    def _cuts(self) -> dict[str, str]:
        cuts = {
            "campaign": str(self.scope.campaign or ""),
            "channel": str(self.scope.channel or ""),
            "market": self.scope.market,
            "segment": self.scope.segment,
        }
        return {name: value for name, value in cuts.items() if value}

    def url(self, name: str = "leads:voice", /, **more: str | None) -> str:
        """The address with these days and cuts, and what is given; None takes one off."""
        own: dict[str, str | None] = {
            **self._days,
            **self._cuts,
            "by": str(self.by) if self.by is not By.CAMPAIGN else None,
            "topic": str(self.topic) if self.has_topic else None,
        }
        if {"from", "period"} & more.keys():
            own = {name: value for name, value in own.items() if name not in {"from", "to", "period"}}
        query = urlencode({name: value for name, value in (own | more).items() if value})
        return reverse(name) + (f"?{query}" if query else "")

    def period_url(self, period: Period) -> str:
        """The same figures of other days."""
        return self.url(**{"from": period.first.isoformat(), "to": period.last.isoformat()})

    def behind_url(self, topic: Topic, what: str = "", group: str = "") -> str:
        """The leads behind a number; `group`: of one row of the table only."""
        cut = {str(self.by): group} if group else {}
        return self.url("leads:voice_behind", topic=str(topic), what=what, by=None, **cut)

    @property
    def list_url(self) -> str:
        """The leads list cut to the same leads."""
        asked = {
            "topic": str(self.topic),
            "said": self.what,
            "learned_from": self.period.first.isoformat(),
            "learned_to": self.period.last.isoformat(),
            "campaign": str(self.scope.campaign or ""),
            "channel": str(self.scope.channel or ""),
            "country": self.scope.market,
            "segment": self.scope.segment,
        }
        return f"{reverse('leads:list')}?{urlencode({name: value for name, value in asked.items() if value})}"


# ---------------------------------------------------------------------------------------------- in words


def change_words(change: int) -> str:
    """ "5 more", "3 fewer", "as many": against the period before."""
    if change > 0:
        return npgettext("than before", "%(n)s more", "%(n)s more", change) % {"n": num(change)}
    if change < 0:
        return npgettext("than before", "%(n)s fewer", "%(n)s fewer", -change) % {"n": num(-change)}
    return _("as many")


def _than_before(one: Heard) -> str:
    if one.change > 0:
        return ngettext("%(n)s more than before", "%(n)s more than before", one.change) % {
            "n": num(one.change)
        }
    if one.change < 0:
        return ngettext("%(n)s fewer than before", "%(n)s fewer than before", -one.change) % {
            "n": num(-one.change)
        }
    return _("as many as before")


def sentence(chosen: Headline, labels: dict[str, str], worked: int) -> str:
    """The sentence above the figures."""
    if chosen.rule is Rule.NOTHING:
        return _("Nothing was noted in this period.")
    if chosen.rule is Rule.ONLY_WORDS:
        return _("What customers said is noted in words only.")
    first = chosen.about[0]
    facts = {
        "tag": labels[first.key],
        "n": num(first.count),
        "leads": ngettext("%(n)s lead", "%(n)s leads", worked) % {"n": num(worked)},
        "change": _than_before(first),
    }
    if chosen.rule is Rule.FIRST_TIED:
        facts["other"] = labels[chosen.about[1].key]
        text = _("“%(tag)s” and “%(other)s” are the most frequent objections: %(n)s of %(leads)s each.")
    elif chosen.rule is Rule.FIRST_NEED:
        text = _("“%(tag)s” is the most frequent need: %(n)s of %(leads)s, %(change)s.")
    else:
        text = _("“%(tag)s” is the most frequent objection: %(n)s of %(leads)s, %(change)s.")
    said = text % facts
    if chosen.grew is not None:
        said += " " + _("“%(tag)s” grew most: %(n)s, %(change)s.") % {
            "tag": labels[chosen.grew.key],
            "n": num(chosen.grew.count),
            "change": _than_before(chosen.grew),
        }
    return said


# ---------------------------------------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class Bar:
    """A tag with its bar, the change in words and the leads behind it."""

    line: selectors.Line
    value: float
    change: str
    url: str


@dataclass(frozen=True, slots=True)
class TopicCard:
    """One topic as a card."""

    figures: selectors.TopicFigures
    bars: list[Bar]
    words: Bar
    url: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table, with what it counts, for narrow screens."""

    label: str
    count: int
    url: str
    share: Decimal | None = None  # of the leads worked in the row
    heat: float | None = None  # the share against the largest of the table, in percent; None for few leads


@dataclass(frozen=True, slots=True)
class Row:
    """One campaign, channel, market or segment."""

    label: str
    url: str  # the same page, cut to it
    worked: int
    is_thin: bool
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to look."""

    label: str
    url: str
    is_current: bool


def _card(asked: Asked, figures: selectors.TopicFigures) -> TopicCard:
    lines = [*figures.tags, figures.words]
    bars = [
        Bar(line, bar.value, change_words(line.change), asked.behind_url(figures.topic, line.key))
        for line, bar in zip(lines, hbars([(line.label, line.count) for line in lines]), strict=True)
    ]
    return TopicCard(figures, bars[:-1], bars[-1], asked.behind_url(figures.topic))


def _cell(
    asked: Asked, label: str, what: str, count: int, group: selectors.GroupFigures, highest: Decimal
) -> Cell:
    url = asked.behind_url(asked.topic, what, group.key)
    part = share(count, group.worked)
    if not count or part is None or group.worked < THIN or not highest:
        return Cell(label, count, url)
    return Cell(label, count, url, part, round(float(part / highest) * 100, 1))


def _table(asked: Asked, found: selectors.Voice) -> tuple[list[str], list[Row], int]:
    """Column heads, rows, and how many rows are left out."""
    figures = found.topics[asked.topic]
    columns = [*(line for line in figures.tags if line.count), figures.words]
    columns = columns if len(columns) <= COLUMNS + 1 else [*columns[:COLUMNS], columns[-1]]
    shares = [
        share(group.counts.get(asked.topic, {}).get(line.key, 0), group.worked) or Decimal(0)
        for group in found.groups
        if group.worked >= THIN
        for line in columns
    ]
    highest = max(shares, default=Decimal(0))
    rows = []
    for group in found.groups:
        counts = group.counts.get(asked.topic, {})
        cells = [
            _cell(asked, line.label, line.key, counts.get(line.key, 0), group, highest) for line in columns
        ]
        everything = Cell(
            _("Any"), group.leads.get(asked.topic, 0), asked.behind_url(asked.topic, "", group.key)
        )
        url = asked.url(**{str(asked.by): group.key})
        rows.append(Row(group.label, url, group.worked, group.worked < THIN, [everything, *cells]))
    heads = [_("Any"), *(line.label for line in columns)]
    return heads, rows[:ROWS], max(len(rows) - ROWS, 0)


def _context(request: HttpRequest, asked: Asked) -> dict[str, Any]:
    found = selectors.voice(asked.scope, by=asked.by)
    topics = found.topics
    labels = {line.key: line.label for figures in topics.values() for line in figures.tags}
    chosen = headline(
        [line.heard for line in topics[Topic.OBJECTION].tags],
        [line.heard for line in topics[Topic.NEED].tags],
        has_words=any(figures.leads for figures in topics.values()),
    )
    heads, rows, hidden = _table(asked, found)
    following = asked.period.following
    bys = {
        By.CAMPAIGN: _("Campaign"),
        By.CHANNEL: _("Channel"),
        By.MARKET: _("Market"),
        By.SEGMENT: _("Segment"),
    }
    presets = {Preset.MONTH: _("Month"), Preset.QUARTER: _("3 months"), Preset.YEAR: _("12 months")}
    return {
        "asked": asked,
        "voice": found,
        "sentence": sentence(chosen, labels, found.worked),
        "has_figures": any(figures.leads or figures.before for figures in topics.values()),
        "is_thin": 0 < found.worked < THIN,
        "period_words": days_words(asked.period),
        "before_words": days_words(asked.period.previous),
        "cards": [_card(asked, figures) for figures in topics.values()],
        "heads": heads,
        "rows": rows,
        "rows_hidden": hidden,
        "thin": THIN,
        "choices": selectors.choices(asked.scope),
        "presets": [
            Choice(
                label,
                asked.url(period=str(preset) if preset is not Preset.QUARTER else None),
                preset is asked.period.preset,
            )
            for preset, label in presets.items()
        ],
        "earlier_url": asked.period_url(asked.period.previous),
        "later_url": asked.period_url(following) if following.first <= asked.today else "",
        "bys": [Choice(label, asked.url(by=str(by)), by is asked.by) for by, label in bys.items()],
        "by_word": bys[asked.by],
        "topics": [
            Choice(figures.label, asked.url(topic=str(topic)), topic is asked.topic)
            for topic, figures in topics.items()
        ],
        "may_export": person_of(request).can(Can.EXPORT),
        "figures_url": asked.url("leads:voice_figures"),
        "words_url": asked.url("leads:voice_words", topic=None, by=None),
        "clear_url": asked.url(campaign=None, channel=None, market=None, segment=None)
        if asked.scope != Scope(asked.period)
        else "",
    }


@require_GET
@signed_in
def voice(request: HttpRequest) -> HttpResponse:
    """The figures: `period=` or `from=` and `to=`, cut by `campaign=`, `channel=`, `market=`, `segment=`, the table `by=`
    for `topic=`.
    """
    asked = Asked(request)
    response = render_page(request, TEMPLATE, _context(request, asked), fragment="figures")
    if wants_fragment(request):
        response["HX-Push-Url"] = asked.url()  # without what the form left open
    return response


@require_GET
@signed_in
def behind(request: HttpRequest) -> HttpResponse:
    """The leads and the words behind a number: `topic=`, `what=` a tag's key or "~" for other words; pages `after=`."""
    asked = Asked(request)
    label = _("Any")
    if asked.what == OTHER_WORDS:
        label = _("In other words")
    elif asked.what:
        tag = Tag.objects.filter(topic=asked.topic, key=asked.what).first()
        if tag is None:
            raise Http404
        label = tag.words
    page = selectors.behind(
        asked.scope,
        asked.topic,
        asked.what,
        after=request.GET.get("after", "")[:60],
        person=person_of(request),
    )
    cuts = [
        asked.campaign.name if asked.campaign else "",
        asked.channel.name if asked.channel else "",
        selectors.market_name(asked.scope.market) if asked.scope.market else "",
        selectors.segment_name(asked.scope.segment) if asked.scope.segment else "",
    ]
    own = asked.behind_url(asked.topic, asked.what)
    context = {
        "asked": asked,
        "topic_words": selectors.TOPIC_WORDS[asked.topic],
        "label": label,
        "about": ", ".join(part for part in [*cuts, days_words(asked.period)] if part),
        "page": page,
        "more_url": f"{own}&{urlencode({'after': page.after})}" if page.after else "",
        "own_url": own,
        "back_url": asked.url(topic=None),
        "list_url": asked.list_url,
        "words_url": asked.url("leads:voice_words", topic=str(asked.topic), what=asked.what, by=None),
        "may_export": person_of(request).can(Can.EXPORT),
    }
    return render_page(request, "leads/voice_behind.html", context, fragment="behind")


@require_GET
@signed_in
def panel(request: HttpRequest) -> HttpResponse:
    """For the dashboard and a campaign's page: the objections said most, and how much of the definition is known.

    Of the last three months, of a campaign (`campaign=`) of the last twelve.
    """
    asked = Asked(request)
    campaign = asked.campaign
    preset = Preset.QUARTER if campaign is None else Preset.YEAR
    period = Period.until(asked.today, preset)
    cut = {"period": str(preset)} | ({"campaign": str(campaign.pk)} if campaign else {})
    voice_url = f"{reverse('leads:voice')}?{urlencode(cut)}"
    if not wants_fragment(request):
        return redirect(voice_url)
    found = selectors.top(Scope(period, campaign=campaign.pk if campaign else None))
    behind_url = reverse("leads:voice_behind")
    begins, ends = selectors.bounds(period)
    context = {
        "rows": [
            (line, bar, f"{behind_url}?{urlencode(cut | {'topic': str(Topic.OBJECTION), 'what': line.key})}")
            for line, bar in zip(found, hbars([(line.label, line.count) for line in found]), strict=True)
        ],
        "voice_url": voice_url,
        "known": completeness.overall(begins, ends, campaign=campaign),
        "known_url": f"{reverse('leads:known')}?{urlencode({'period': str(preset)})}",
        "since": day(period.first),
    }
    return render_page(request, "leads/panels/customers_say.html", context)


# ---------------------------------------------------------------------------------------------- as files


class _Line:
    """Takes what the csv writer writes and hands it on."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text = text


def _lines(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    line = _Line()
    writer = csv.writer(line)
    yield "\ufeff"  # without it Excel takes UTF-8 for the local encoding
    writer.writerow([neutral(cell) for cell in headers])
    yield line.text
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        yield line.text


def _file(
    asked: Asked, name: str, headers: Sequence[str], rows: Iterable[Sequence[str]]
) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_lines(headers, rows), content_type="text/csv; charset=utf-8")
    days = f"{asked.period.first:%Y-%m-%d}-{asked.period.last:%Y-%m-%d}"
    response["Content-Disposition"] = f'attachment; filename="{name}-{days}.csv"'
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@requires(Can.EXPORT)
def figures(request: HttpRequest) -> StreamingHttpResponse:
    """The figures as CSV: all leads, then each row of the table."""
    asked = Asked(request)
    found = selectors.voice(asked.scope, by=asked.by)
    return _file(
        asked, "customers-say", selectors.export_headers(asked.by), list(selectors.export_rows(found))
    )


@require_GET
@requires(Can.EXPORT)
def words(request: HttpRequest) -> StreamingHttpResponse:
    """What was said as CSV, one row for each tag and text of a lead, row by row."""
    asked = Asked(request)
    exports.record(kind=exports.Kind.VOICE, by=person_of(request), what=request.GET.urlencode())
    rows = selectors.words_rows(asked.scope, asked.topic if asked.has_topic else None, asked.what)
    return _file(asked, "customers-words", selectors.words_headers(), rows)
