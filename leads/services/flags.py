"""What all parts of a sweep share: who is told, how a notice is written for many rows at once, what a sweep did."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from time import perf_counter

from django.db.models import Case, CharField, F, Q, TextField, Value, When
from django.db.models.functions import Cast, Concat

from leadsync.accounts import selectors as accounts
from leadsync.accounts.roles import Role

NOTICE = ("recipient", "kind", "key", "context", "url", "created_at", "is_instant")


@dataclass(slots=True)
class SweepResult:
    """How much a sweep flagged, and the seconds each part took."""

    warned: int = 0
    missed: int = 0
    escalated: int = 0
    follow_ups: int = 0
    silent: int = 0
    recomputed: int = 0
    rerouted: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, phase: str) -> Iterator[None]:
        started = perf_counter()
        yield
        self.seconds[phase] = self.seconds.get(phase, 0.0) + perf_counter() - started

    @property
    def total(self) -> int:
        return self.warned + self.missed + self.escalated + self.follow_ups + self.silent


class Heads:
    """The heads of sales; asked for once, and only when there is something to tell them."""

    @cached_property
    def ids(self) -> list[int]:
        return list(accounts.people_with(Role.HEAD_OF_SALES).values_list("pk", flat=True))


def title(prefix: str) -> Case:
    """What to call the lead, in SQL; see `Lead.title`."""
    name, company = f"{prefix}name", f"{prefix}company"
    return Case(
        When(~Q(**{name: ""}), then=F(name)),
        When(~Q(**{company: ""}), then=F(company)),
        default=Concat(Value("#"), Cast(f"{prefix}pk", CharField())),
        output_field=TextField(),
    )


def url(lead_id: str) -> Concat:
    """The address of the lead's page, in SQL."""
    return Concat(Value("/leads/"), Cast(lead_id, CharField()), Value("/"), output_field=CharField())


def key(kind: str) -> Concat:
    """The key of a notice about a row, in SQL."""
    return Concat(Value(f"{kind}:"), Cast("pk", CharField()), output_field=CharField())
