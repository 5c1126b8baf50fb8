"""What is agreed now: the version in force, or the stock terms while there is none."""

from leads.domain.definition import CriterionTerms
from leads.domain.promise import Mode, PromiseTerms
from leads.domain.terms import Terms
from leads.models import Agreement
from leadsync.core.held import held, let_go

_LIMITS = (
    "points_needed",
    "gate_size",
    "gate_needed",
    "gate_answer_hours",
    "minutes_per_promising",
    "attempts_needed",
    "silent_days",
    "question_days",
    "proof_days",
    "calls_heard",
    "meeting_days",
    "dispute_days",
)


def in_force() -> Agreement | None:
    """The version that holds now, with criteria and promises loaded. Three queries; one if none does."""
    return (
        Agreement.objects.filter(state=Agreement.State.IN_FORCE)
        .prefetch_related("criteria", "promises")
        .first()
    )


def terms() -> Terms:
    """What holds now as plain values; domain.md's numbers while no version is in force. Read once a request."""
    return held("terms", _terms)


def _terms() -> Terms:
    agreement = in_force()
    return terms_of(agreement) if agreement else Terms()


def let_go_of_terms() -> None:
    """Forget the terms that are held, for the service that has just put others in force."""
    let_go("terms")


def silent_days() -> int:
    """After how many days without anything happening a lead is silent. One query."""
    found = (
        Agreement.objects.filter(state=Agreement.State.IN_FORCE).values_list("silent_days", flat=True).first()
    )
    return Terms().silent_days if found is None else found


def terms_of(agreement: Agreement) -> Terms:
    """A version as plain values."""
    return Terms(
        agreement_id=agreement.pk,
        number=agreement.number,
        criteria=tuple(
            CriterionTerms(
                key=criterion.key,
                question=criterion.question,
                kind=criterion.kind,
                threshold=criterion.threshold,
                choices=tuple(str(choice) for choice in criterion.choices),
                is_required=criterion.is_required,
                points=criterion.points,
            )
            for criterion in agreement.criteria.all()
        ),
        promises={
            promise.campaign_kind: PromiseTerms(Mode(promise.mode), promise.minutes)
            for promise in agreement.promises.all()
        },
        attempt_waits=tuple(str(wait) for wait in agreement.attempt_waits) or Terms().attempt_waits,
        **{name: getattr(agreement, name) for name in _LIMITS},
    )


def terms_for(campaign_kind: str) -> PromiseTerms:
    """The promise that holds now for leads of this kind of campaign."""
    return terms().promise_for(campaign_kind)
