"""What is agreed, as plain values: the agreement in force, or what holds while none is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from leads.domain.attempts import DEFAULT_WAITS
from leads.domain.definition import CriterionTerms
from leads.domain.promise import Mode, PromiseTerms

DEFAULT_PROMISES: Mapping[str, PromiseTerms] = {
    "website": PromiseTerms(Mode.WITHIN, 60),
    "ads": PromiseTerms(Mode.WITHIN, 60),
    "phone": PromiseTerms(Mode.WITHIN, 60),
    "partner": PromiseTerms(Mode.WITHIN, 240),
    "list": PromiseTerms(Mode.WITHIN, 240),
    "event": PromiseTerms(Mode.SAME_DAY, 60),
}
# What a version says beside its questions and promises, by the names of its fields.
LIMITS = (
    "points_needed",
    "gate_size",
    "gate_needed",
    "gate_answer_hours",
    "minutes_per_promising",
    "attempts_needed",
    "attempt_waits",
    "silent_days",
    "question_days",
    "proof_days",
    "calls_heard",
    "meeting_days",
    "dispute_days",
    "has_rerouting",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The definition, the promises and the limits. `agreement_id` is None while no version is in force."""

    agreement_id: int | None = None
    number: int | None = None
    criteria: tuple[CriterionTerms, ...] = ()
    points_needed: int = 0
    promises: Mapping[str, PromiseTerms] = field(default_factory=lambda: DEFAULT_PROMISES)
    gate_size: int = 20
    gate_needed: int = 5
    gate_answer_hours: int = 16
    minutes_per_promising: int = 120
    attempts_needed: int = 6
    attempt_waits: tuple[str, ...] = DEFAULT_WAITS
    silent_days: int = 14
    question_days: int = 2
    proof_days: int = 7
    calls_heard: int = 1
    meeting_days: int = 7
    dispute_days: int = 5
    has_rerouting: bool = False

    def promise_for(self, campaign_kind: str) -> PromiseTerms:
        """The promise for leads of this kind of campaign; where a version names none, the stock one."""
        return self.promises.get(campaign_kind) or DEFAULT_PROMISES.get(
            campaign_kind, PromiseTerms(Mode.WITHIN, 60)
        )
