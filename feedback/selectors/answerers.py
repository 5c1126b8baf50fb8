"""Who can be asked: a person, or whoever is the head of a department when it is asked."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadsync.accounts.models import Absence, User
from leadsync.accounts.roles import LABELS, Role, Side
from leadsync.accounts.selectors import company, people_with

HEADS = (Role.HEAD_OF_SALES, Role.HEAD_OF_MARKETING)
HEAD_OF = {Side.SALES: Role.HEAD_OF_SALES, Side.MARKETING: Role.HEAD_OF_MARKETING}
NOBODY_IS = {
    Role.HEAD_OF_SALES: gettext_lazy("Nobody else is head of sales here. Choose a person."),
    Role.HEAD_OF_MARKETING: gettext_lazy("Nobody else is head of marketing here. Choose a person."),
}


@dataclass(frozen=True, slots=True)
class Answerer:
    """Somebody who can be asked."""

    pk: int
    name: str
    heads: frozenset[Role]
    is_away: bool


def people_to_ask(person: User) -> QuerySet[User]:
    """Everybody who signs in here, oneself aside, by name."""
    return User.objects.filter(is_active=True, is_former=False).exclude(pk=person.pk)


def answerers(person: User) -> list[Answerer]:
    """The same people with what they are head of. One query."""
    held = User.groups.through.objects.filter(user=OuterRef("pk"))
    today = timezone.now().astimezone(company().tz).date()
    away = Absence.objects.filter(person=OuterRef("pk"), starts_on__lte=today, ends_on__gte=today)
    rows = (
        people_to_ask(person)
        .annotate(
            leads_sales=Exists(held.filter(group__name=Role.HEAD_OF_SALES)),
            leads_marketing=Exists(held.filter(group__name=Role.HEAD_OF_MARKETING)),
            is_away=Exists(away),
        )
        .order_by("name", "pk")
        .values_list("pk", "name", "leads_sales", "leads_marketing", "is_away")
    )
    return [
        Answerer(
            pk,
            name,
            frozenset(role for role, holds in zip(HEADS, (sales, marketing), strict=True) if holds),
            is_away,
        )
        for pk, name, sales, marketing, is_away in rows
    ]


def holder(role: Role, listed: list[Answerer]) -> Answerer | None:
    """Who is asked as the head: who is here today before who is away, then by name."""
    heads = [one for one in listed if role in one.heads]
    return min(heads, key=lambda one: one.is_away, default=None)


def choices(listed: list[Answerer]) -> list[tuple[str, str | list[tuple[str, str]]]]:
    """The list to choose from: the heads by their role, where there is one, then everybody by name."""
    heads = [
        (role.value, f"{LABELS[role]} ({one.name})")
        for role in HEADS
        if (one := holder(role, listed)) is not None
    ]
    people = [(str(one.pk), one.name) for one in listed]
    empty: list[tuple[str, str | list[tuple[str, str]]]] = [("", "---------")]
    return [*empty, (_("By role"), heads), (_("By name"), people)] if heads else [*empty, *people]


def head(role: Role, person: User) -> User | None:
    """The person who holds this role now, never the one who asks."""
    found = holder(role, answerers(person))
    return User.objects.get(pk=found.pk) if found is not None else None


def heads_of(side: Side) -> list[int]:
    """The heads of a department; none for direction. One query."""
    role = HEAD_OF.get(side)
    return list(people_with(role).values_list("pk", flat=True)) if role else []
