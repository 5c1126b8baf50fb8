"""Who can be heard, shadowed or booked."""

from collections.abc import Iterable

from django.db.models import QuerySet

from leads.selectors.people import working
from leadsync.accounts.models import User
from leadsync.accounts.roles import Side


def colleagues(person: User) -> QuerySet[User]:
    """Everybody who signs in here, oneself aside, by name."""
    return User.objects.filter(is_active=True, is_former=False).exclude(pk=person.pk).order_by("name", "pk")


def to_choose(person: User) -> list[tuple[int, str]]:
    """Colleagues as a list to choose from, the other department first. Two queries."""
    found = list(colleagues(person).prefetch_related("groups"))
    own = person.side
    others = [one for one in found if one.side not in {own, Side.DIRECTION}]
    return _named(others) + _named(one for one in found if one not in others)


def _named(people: Iterable[User]) -> list[tuple[int, str]]:
    return [(one.pk, f"{one.name}, {one.role_label}" if one.role_label else one.name) for one in people]


def works_leads(person_id: int) -> bool:
    """Whether this person calls leads, so that a call can be heard. One query."""
    return working().filter(pk=person_id).exists()
