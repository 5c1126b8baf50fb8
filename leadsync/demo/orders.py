"""What reps of the sample company ordered, what marketing promised, and how they came to it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from leadsync.accounts.models import User
from leadsync.accounts.selectors import calendars_for, company
from leadsync.kpi.domain.days import Period, Span, add_months
from leadsync.kpi.models import LeadOrder
from leadsync.kpi.selectors.orders import OrderRow, elapsed_of, orders_of
from leadsync.kpi.services import orders
from leadsync.kpi.services.orders import Change, Field

# Who asked for what share of what comes anyway, what marketing promised of it, and why.
ASKED: Mapping[str, tuple[str, str]] = {
    "pawel": ("1.0", ""),
    "iga": ("1.05", ""),
    "dmitri": ("1.1", "The Baltic mailing goes out twice"),
    "lena": ("1.45", "The fair's list is mine this month"),
    "jakub": ("0.95", ""),
    "nina": ("1.0", ""),
    "oskar": ("0.9", "Two weeks of training"),
}
SHORT = "lena"  # promised more than came
ARGUED = "dmitri"  # promised less first, then more


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Orders of this month and the next one. After the roll-up, as what came is read from it."""
    this = Period.holding(now.astimezone(company().tz).date(), Span.MONTH)
    rows = {row.rep.pk: row for row in orders_of(this.first, now=now).rows}
    for name, (share, why) in ASKED.items():
        rep = people[name]
        usual = _usual(rows[rep.pk], this, now)
        asked = max(round(usual * Decimal(share)), 3)
        promised = asked if name != ARGUED else max(asked - 4, 1)
        at = now - timedelta(days=25)
        _set(rep, this, Field.ORDERED, asked, rep, at, why)
        _set(rep, this, Field.PROMISED, promised, people["ola"], at + timedelta(hours=5))
        if name == ARGUED:
            _set(
                rep,
                this,
                Field.PROMISED,
                asked - 1,
                people["ola"],
                at + timedelta(days=1),
                "Agreed on Monday",
            )
        following = Period.holding(add_months(this.first, 1), Span.MONTH)
        at = now - timedelta(days=2)
        _set(rep, following, Field.ORDERED, max(round(usual * Decimal("1.1")), 3), rep, at)
        if name == "pawel":
            more = max(round(usual * Decimal("1.3")), 4)
            _set(
                rep,
                following,
                Field.ORDERED,
                more,
                people["tomasz"],
                at + timedelta(hours=3),
                "He has room for more",
            )
        if name in {"pawel", "iga", "dmitri"}:
            less = max(round(usual), 2)
            _set(
                rep,
                following,
                Field.PROMISED,
                less,
                people["ola"],
                at + timedelta(days=1),
                "December is short",
            )


def _usual(row: OrderRow, month: Period, now: datetime) -> Decimal:
    """What a month brings the rep, by what came so far."""
    elapsed = elapsed_of(month, calendars_for([row.rep.pk])[row.rep.pk], company().tz, now)
    return Decimal(row.delivered) / elapsed if elapsed else Decimal(20)


def _set(rep: User, month: Period, field: Field, value: int, by: User, at: datetime, note: str = "") -> None:
    known = LeadOrder.objects.filter(month=month.first, rep=rep).first()
    orders.set_numbers(
        month=month.first,
        rep=rep,
        changes=[Change(field, value)],
        by=by,
        version=known.version if known else 0,
        note=note,
        at=at,
    )
