"""The one sentence a dashboard opens with: chosen by rules, the first that fits. No framework."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ENOUGH = Decimal("0.95")  # of today's pace
JUST_BEGUN = Decimal("0.1")  # of the period's working time


class Headline(StrEnum):
    """What the sentence says. The order of the rules is that of `RULES`."""

    NO_LEADS = "no_leads"
    OVER_NO_PLAN = "over_no_plan"
    OVER_PART_PLAN = "over_part_plan"
    PART_PLAN_LATE = "part_plan_late"
    PART_PLAN = "part_plan"
    NO_PLAN_LATE = "no_plan_late"
    NO_PLAN = "no_plan"
    NOT_BEGUN = "not_begun"
    OVER_REACHED = "over_reached"
    OVER_MISSED = "over_missed"
    REACHED = "reached"
    JUST_BEGUN_LATE = "just_begun_late"
    JUST_BEGUN = "just_begun"
    ENOUGH_BUT_LATE = "enough_but_late"
    FEW_AND_LATE = "few_and_late"
    FEW_BUT_IN_TIME = "few_but_in_time"
    DEALS_BEHIND = "deals_behind"
    ON_PLAN = "on_plan"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. Money and counts of the period so far; `elapsed` is a share of its working
    time.
    """

    has_leads: bool
    has_plan: bool  # for every month of the period
    elapsed: Decimal
    has_part_plan: bool = False  # for some months of it
    is_over: bool = False
    is_ahead: bool = False  # it has not begun
    revenue: Decimal = Decimal(0)
    revenue_plan: Decimal = Decimal(0)
    qualified: int = 0
    qualified_plan: Decimal = Decimal(0)
    in_time: Decimal | None = None  # share of first contacts within the promise; None: none was promised
    in_time_goal: Decimal = Decimal("0.9")
    past_promise: int = 0  # leads past the promise right now


def are_late(facts: Facts) -> bool:
    """First contacts come too late: fewer in time than agreed, or, before any was measured, leads past the
    promise.
    """
    if facts.in_time is None:
        return facts.past_promise > 0
    return facts.in_time < facts.in_time_goal


def are_enough(facts: Facts) -> bool:
    """Good leads keep up with the plan's pace."""
    return facts.qualified >= facts.qualified_plan * facts.elapsed * ENOUGH


def is_revenue_on_pace(facts: Facts) -> bool:
    """Won amounts keep up with the plan's pace."""
    return facts.revenue >= facts.revenue_plan * facts.elapsed * ENOUGH


RULES = (
    (Headline.NO_LEADS, lambda f: not f.has_leads),
    (Headline.OVER_NO_PLAN, lambda f: f.is_over and not f.has_plan and not f.has_part_plan),
    (Headline.OVER_PART_PLAN, lambda f: f.is_over and not f.has_plan),
    (Headline.PART_PLAN_LATE, lambda f: f.has_part_plan and are_late(f)),
    (Headline.PART_PLAN, lambda f: f.has_part_plan),
    (Headline.NO_PLAN_LATE, lambda f: not f.has_plan and are_late(f)),
    (Headline.NO_PLAN, lambda f: not f.has_plan),
    (Headline.NOT_BEGUN, lambda f: f.is_ahead),
    (Headline.OVER_REACHED, lambda f: f.is_over and f.revenue >= f.revenue_plan),
    (Headline.OVER_MISSED, lambda f: f.is_over),
    (Headline.REACHED, lambda f: f.revenue_plan > 0 and f.revenue >= f.revenue_plan),
    (Headline.JUST_BEGUN_LATE, lambda f: f.elapsed < JUST_BEGUN and f.past_promise > 0),
    (Headline.JUST_BEGUN, lambda f: f.elapsed < JUST_BEGUN),
    (Headline.ENOUGH_BUT_LATE, lambda f: are_enough(f) and are_late(f)),
    (Headline.FEW_AND_LATE, are_late),
    (Headline.FEW_BUT_IN_TIME, lambda f: not are_enough(f)),
    (Headline.DEALS_BEHIND, lambda f: not is_revenue_on_pace(f)),
    (Headline.ON_PLAN, lambda f: True),
)


def choose(facts: Facts) -> Headline:
    """The first rule that fits."""
    return next(headline for headline, fits in RULES if fits(facts))
