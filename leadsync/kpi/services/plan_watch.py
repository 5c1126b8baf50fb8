"""Alert about plans: a month without one, or with one that still lacks a signature."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.urls import reverse

from leads.models import Lead
from leadsync.accounts import selectors as accounts
from leadsync.kpi.domain import days as periods
from leadsync.kpi.domain.versions import sign_next
from leadsync.kpi.models import Plan, PlanSignature
from leadsync.notices.watching import Fact

BEFORE = 5  # working days before a month from which its plan is missed
PLAN_MINUTES = 60  # to make a plan and sign it
SIGN_MINUTES = 15  # to read a plan and sign it
SIGN_WITHIN = 2  # working days after which a signature is missed


def plans_waiting(now: datetime) -> Iterator[Fact]:
    """This month, and the next one once it begins within five working days, where they have no plan or one that still
    lacks a signature two working days after it was saved.

    Nothing is said while the company has no lead: the checklist of the start asks for the first plan. Three queries.
    """
    zone, calendar = accounts.company().tz, accounts.company_calendar()
    today = now.astimezone(zone).date()
    wanted: list[tuple[date, int]] = [(periods.month_of(today), 0)]
    following = periods.add_months(wanted[0][0], 1)
    left = calendar.working_days(periods.after(today), following - timedelta(days=1)) + 1
    if left <= BEFORE:
        wanted.append((following, left))
    planned = {
        month: (pk, version, changed_at)
        for month, pk, version, changed_at in Plan.objects.filter(
            month__in=[month for month, _left in wanted]
        ).values_list("month", "pk", "version", "changed_at")
    }
    signed: dict[tuple[int, int], set[str]] = defaultdict(set)
    for pk, number, side in PlanSignature.objects.filter(
        plan__in=[pk for pk, _version, _at in planned.values()]
    ).values_list("plan", "number", "side"):
        signed[pk, number].add(side)
    found: list[Fact] = []
    for month, left in wanted:
        address = reverse("kpi:plan", args=[f"{month:%Y-%m}"])
        facts = {"month": month.isoformat(), "days": left}
        if month not in planned:
            found.append(Fact(f"{month:%Y-%m}", facts, address, PLAN_MINUTES))
            continue
        pk, version, changed_at = planned[month]
        waits_for = sign_next(signed[pk, version])
        saved_on = changed_at.astimezone(zone).date()
        if waits_for and calendar.working_days(periods.after(saved_on), today) >= SIGN_WITHIN:
            facts |= {"version": version, "waits_for": list(waits_for)}
            found.append(Fact(f"{month:%Y-%m}", facts, address, SIGN_MINUTES))
    if found and Lead.objects.counted().exists():
        yield from found
