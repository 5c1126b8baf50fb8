"""Who works leads, who no longer can, and who takes over from them."""

from datetime import datetime

from django.db.models import QuerySet

from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import PERMISSIONS, Can, Role

_WORKING = tuple(role for role, allowed in PERMISSIONS.items() if Can.WORK_LEADS in allowed)


def working() -> QuerySet[User]:
    """Who works leads: active, with a role for it."""
    return accounts.people_with(*_WORKING) | User.objects.filter(is_active=True, is_superuser=True)


def unable() -> QuerySet[User]:
    """Colleagues with an account who cannot work leads. Former colleagues of imported history never did, here."""
    return User.objects.filter(is_former=False).exclude(pk__in=working().values("pk"))


def next_owner(without: int, on: datetime) -> User | None:
    """The head of sales who takes over: one who is there, of the same office, by name. None: there is no head."""
    heads = list(accounts.people_with(Role.HEAD_OF_SALES).exclude(pk=without).order_by("name", "pk"))
    if len(heads) < 2:
        return heads[0] if heads else None
    away = accounts.away_on(on.astimezone(accounts.company().tz).date())
    office = User.objects.filter(pk=without).values_list("office_id", flat=True).first()
    return min(heads, key=lambda head: (head.pk in away, office is None or head.office_id != office))
