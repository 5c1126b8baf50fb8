"""The page of a back-test in words: what signing would change, how many leads stand behind each number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import FETCH_RAISE, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.domain import backtest as domain
from leads.domain.backtest import Definition, Group, Result, Verdict
from leads.models import Agreement, BackTest, BackTestLead
from leads.selectors import agreement as agreements
from leadsync.accounts import selectors as accounts
from leadsync.core.templatetags.ui import day, num


def usual_period() -> dict[str, date]:
    """The last three full months in the company's zone."""
    today = timezone.now().astimezone(accounts.company().tz).date()
    from_on, to_on = domain.last_full_months(today)
    return {"from_on": from_on, "to_on": to_on}


def version(number: int) -> Agreement | None:
    """A version by its number, with what it asks. Three queries."""
    return Agreement.objects.prefetch_related("criteria", "promises").filter(number=number).first()


def definition_of(agreement: Agreement | None) -> Definition:
    """What a version asks of a lead; without one nothing, as while none is in force."""
    if agreement is None:
        return Definition()
    terms = agreements.terms_of(agreement)
    return Definition(terms.criteria, terms.points_needed)


# ------------------------------------------------------------------------------------------------ a test in words


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of leads and the list of them."""

    n: int
    url: str
    tone: str = ""  # "more" or "fewer" where signing changes what counts


@dataclass(frozen=True, slots=True)
class Line:
    """Leads by their verdict of the version in force, over the verdicts of the draft."""

    label: str
    figures: list[Figure]
    total: Figure


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the leads with one verdict."""

    label: str
    group: Group
    url: str
    won_url: str

    @property
    def win_rate(self) -> Decimal | None:
        """The share that is won."""
        return self.group.win_rate

    @property
    def average(self) -> Decimal | None:
        """The average amount of those won, in whole units."""
        return None if self.group.average is None else self.group.average.quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class Measured:
    """One back-test in words. `sentence` and the tables are there once it is done."""

    test: BackTest
    number: int
    result: Result | None
    stale: str = ""  # why it no longer says what signing would change now

    @property
    def is_under_way(self) -> bool:
        return self.test.state in {BackTest.State.WAITING, BackTest.State.RUNNING}

    @property
    def is_failed(self) -> bool:
        return bool(self.test.state == BackTest.State.FAILED)

    @property
    def percent(self) -> int:
        """How much of it is done."""
        return min(100 * self.test.done // self.test.total, 100) if self.test.total else 0

    @property
    def period(self) -> str:
        """Its days in words."""
        return days(self.test)

    @property
    def old(self) -> str:
        """The version it is measured against."""
        return _version_words(self.test.against)

    @property
    def new(self) -> str:
        """The version that is measured."""
        return _("version %(n)d") % {"n": self.number}

    @property
    def sentence(self) -> str:
        """What signing would change, in one sentence."""
        found = self.result
        if found is None:
            return ""
        facts = {
            "leads": num(found.total),
            "period": self.period,
            "more": num(found.more),
            "fewer": num(found.fewer),
            "before": num(found.by_old(Verdict.MET).leads),
            "after": num(found.by_new(Verdict.MET).leads),
        }
        if not found.more and not found.fewer:
            text = ngettext(
                "Signing would change nothing: of %(leads)s lead received %(period)s, %(after)s would have"
                " counted as qualified either way.",
                "Signing would change nothing: of %(leads)s leads received %(period)s, %(after)s would have"
                " counted as qualified either way.",
                found.total,
            )
        elif not found.fewer:
            text = ngettext(
                "Of %(leads)s lead received %(period)s, %(more)s more would have counted as qualified:"
                " %(after)s instead of %(before)s.",
                "Of %(leads)s leads received %(period)s, %(more)s more would have counted as qualified:"
                " %(after)s instead of %(before)s.",
                found.total,
            )
        elif not found.more:
            text = ngettext(
                "Of %(leads)s lead received %(period)s, %(fewer)s fewer would have counted as qualified:"
                " %(after)s instead of %(before)s.",
                "Of %(leads)s leads received %(period)s, %(fewer)s fewer would have counted as qualified:"
                " %(after)s instead of %(before)s.",
                found.total,
            )
        else:
            text = ngettext(
                "Of %(leads)s lead received %(period)s, %(more)s more would have counted as qualified and"
                " %(fewer)s fewer: %(after)s instead of %(before)s.",
                "Of %(leads)s leads received %(period)s, %(more)s more would have counted as qualified and"
                " %(fewer)s fewer: %(after)s instead of %(before)s.",
                found.total,
            )
        return text % facts

    @property
    def unknown(self) -> str:
        """How many could not be judged, in a sentence; "" for none."""
        if self.result is None:
            return ""
        by_new, by_old = (side(Verdict.UNKNOWN).leads for side in (self.result.by_new, self.result.by_old))
        if not by_new and not by_old:
            return ""
        return _(
            "Not enough is known to judge %(new)s of them by the new wording, and %(old)s by the old one."
        ) % {
            "new": num(by_new),
            "old": num(by_old),
        }

    @property
    def is_thin(self) -> bool:
        """Whether there are too few leads to say much."""
        return self.result is not None and self.result.total < domain.THIN

    @property
    def lines(self) -> list[Line]:
        """Verdicts of the version in force down, of the draft across, the totals at the end."""
        if self.result is None:
            return []
        lines = []
        for before in Verdict:
            figures = [
                Figure(self.result.cell(before, after).leads, self._url(before, after), _tone(before, after))
                for after in Verdict
            ]
            total = Figure(self.result.by_old(before).leads, self._url(before, None))
            lines.append(Line(_label(before), figures, total))
        return lines

    @property
    def totals(self) -> list[Figure]:
        """The last line: the verdicts of the draft over all leads, and all leads."""
        if self.result is None:
            return []
        by_new = [Figure(self.result.by_new(after).leads, self._url(None, after)) for after in Verdict]
        return [*by_new, Figure(self.result.total, self._url(None, None))]

    @property
    def verdicts(self) -> list[str]:
        """The columns."""
        return [_label(one) for one in Verdict]

    @property
    def outcomes(self) -> list[tuple[str, list[Outcome]]]:
        """What became of the leads, by each of the two versions."""
        if self.result is None:
            return []
        found = []
        for is_new, title in ((True, self.new), (False, self.old)):
            rows = []
            for wanted in Verdict:
                group = self.result.by_new(wanted) if is_new else self.result.by_old(wanted)
                before, after = (None, wanted) if is_new else (wanted, None)
                rows.append(
                    Outcome(
                        _label(wanted),
                        group,
                        self._url(before, after),
                        self._url(before, after, stage="won"),
                    )
                )
            found.append((title, rows))
        return found

    def _url(self, before: Verdict | None, after: Verdict | None, **more: str) -> str:
        return leads_url(self.test.pk, before, after, **more)


def leads_url(test_id: int, before: str | None, after: str | None, **more: str) -> str:
    """The list of the leads with these verdicts of a test; None: any."""
    query = {"measured": f"{test_id}.{before or ''}.{after or ''}"} | more
    return f"{reverse('leads:list')}?{urlencode(query)}"


def days(test: BackTest) -> str:
    """The days of a test."""
    return f"{day(test.from_on)} – {day(test.to_on)}"


def _version_words(agreement: Agreement | None) -> str:
    return _("version %(n)d") % {"n": agreement.number} if agreement else _("no agreement")


def _label(verdict: Verdict | str) -> str:
    return str(BackTestLead.Verdict(verdict).label)


def _tone(before: Verdict, after: Verdict) -> str:
    if before == after or Verdict.MET not in {before, after}:
        return ""
    return "more" if after == Verdict.MET else "fewer"


def words_of(test_id: int, before: str, after: str) -> str:
    """Which leads of a test are meant, for the list of leads. One query."""
    test = BackTest.objects.select_related("agreement", "against").filter(pk=test_id).first()
    if test is None:
        return ""
    # The verdicts first: a chip cuts what is long.
    sides = ((before, test.against), (after, test.agreement))
    verdicts = [f"{version or _version_words(None)} {_label(wanted)}" for wanted, version in sides if wanted]
    return ", ".join(part for part in (" → ".join(verdicts), days(test)) if part)


# ------------------------------------------------------------------------------------------------ the pages


@dataclass(frozen=True, slots=True)
class Page:
    """The page of a version's back-tests: one of them in full, the others by their periods."""

    agreement: Agreement
    measured: Measured | None
    tests: list[BackTest]
    in_force: Agreement | None


def page(number: int, test_id: int | None = None) -> Page | None:
    """The newest test of a version, or the one asked for; None: no such version."""
    agreement = version(number)
    if agreement is None:
        return None
    in_force = agreements.in_force()
    tests = list(_tests(agreement))
    shown = next((one for one in tests if one.pk == test_id), tests[0] if tests else None)
    return Page(agreement, _measured(shown, agreement, in_force), tests, in_force)


def card(agreement: Agreement, versions: Sequence[Agreement]) -> Measured | None:
    """The newest test of a version, for its page; `versions` are all of them, loaded. One query."""
    newest = _tests(agreement).first()
    in_force = next((one for one in versions if one.state == Agreement.State.IN_FORCE), None)
    return _measured(newest, agreement, in_force)


def _tests(agreement: Agreement) -> QuerySet[BackTest]:
    return (
        BackTest.objects.filter(agreement=agreement)
        .select_related("against", "asked_by")
        .fetch_mode(FETCH_RAISE)
        .order_by("-pk")
    )


def _measured(test: BackTest | None, agreement: Agreement, in_force: Agreement | None) -> Measured | None:
    if test is None:
        return None
    result = Result.of_json(test.result["cells"]) if test.state == BackTest.State.DONE else None
    return Measured(test, agreement.number, result, _stale(test, agreement, in_force))


def _stale(test: BackTest, agreement: Agreement, in_force: Agreement | None) -> str:
    """Why a test is about something else by now; a signed version's test is history and stays as it is."""
    asked = test.result.get("asked", {})
    if not agreement.is_editable:
        return ""
    if definition_of(agreement).as_json() != asked.get("after"):
        return _("The questions changed since: this says nothing about the new wording.")
    if definition_of(in_force).as_json() != asked.get("before"):
        return _("Another version is in force since: this compares with the one before.")
    return ""
