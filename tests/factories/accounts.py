"""People and the company."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from django.contrib.auth.models import Group
from factory.declarations import LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory
from factory.helpers import post_generation

from leadsync.accounts.models import Absence, Company, Office, User, WorkingHours
from leadsync.accounts.roles import Role

PASSWORD = "one-two-three-four"  # what every person made here signs in with


class CompanyFactory(DjangoModelFactory):
    """The one company: Warsaw, euros, Poland's holidays. Called again, it changes what is given."""

    id = 1
    name = "Baltic Boxes"
    currency = "EUR"
    zone = "Europe/Warsaw"
    country = "PL"

    class Meta:
        model = Company

    @classmethod
    def _create(cls, model_class: type[Company], *args: Any, **kwargs: Any) -> Company:
        return model_class.objects.update_or_create(pk=1, defaults=kwargs)[0]


class OfficeFactory(DjangoModelFactory):
    name = Sequence(lambda n: f"Office {n}")

    class Meta:
        model = Office


class UserFactory(DjangoModelFactory):
    """A person with `PASSWORD`. `role` is one role or several, by name or member."""

    name = Sequence(lambda n: f"Person {n}")
    email = Sequence(lambda n: f"person{n}@example.com")

    class Meta:
        model = User
        skip_postgeneration_save = True

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        return model_class.objects.create_user(**{"password": PASSWORD} | kwargs)

    @post_generation
    def role(self, create: bool, given: str | Role | Iterable[str | Role] | None, **_kwargs: Any) -> None:
        if create and given:
            give_roles(cast(User, self), *([given] if isinstance(given, str) else given))


def person(*roles: str | Role, name: str | None = None, **fields: Any) -> User:
    """A person with these roles: `person("rep", name="Paweł Nowak")`, `person("rep", "administrator")`."""
    if name is not None:
        fields["name"] = name
    made = UserFactory.create(**fields)
    assert isinstance(made, User)
    give_roles(made, *roles)
    return made


def give_roles(to: User, *roles: str | Role) -> None:
    """Put the person into the groups that migrating has made."""
    names = [Role(role).value for role in roles]
    found = list(Group.objects.filter(name__in=names))
    assert len(found) == len(set(names)), "the groups of the roles are missing: were migrations run?"
    to.groups.add(*found)
    to.__dict__.pop("roles", None)


class HoursFactory(DjangoModelFactory):
    """One open window, 9:00 to 17:00; the company's unless `person` is given."""

    person = None
    weekday = 0
    opens = 540
    closes = 1020

    class Meta:
        model = WorkingHours


class AbsenceFactory(DjangoModelFactory):
    person = SubFactory(UserFactory)
    starts_on = LazyFunction(lambda: datetime.now(UTC).date())
    ends_on = SelfAttribute("starts_on")

    class Meta:
        model = Absence
