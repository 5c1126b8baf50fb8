"""What is agreed now: the version in force, or the stock terms while there is none."""

from leads.domain.definition import CriterionTerms
from leads.domain.promise import Mode, PromiseTerms
from leads.domain.terms import LIMITS, Terms
from leads.models import Agreement, Criterion
from leadsync.core.held import Newest, held, let_go

# A version in force never changes: what it says is read once in a process, by its id and how often it was edited before.
_in_force: Newest[tuple[int, int], Terms] = Newest()


def in_force() -> Agreement | None:
    """The version that holds now, with criteria and promises loaded. Three queries; one if none does."""
    return (
        Agreement.objects.filter(state=Agreement.State.IN_FORCE)
        .prefetch_related("criteria", "promises")
        .first()
    )


def terms() -> Terms:
    """What holds now as plain values; domain.md's numbers while no version is in force.

    Asked once a request which version that is: one query, and two more where it has just come into force.
    """
    return held("terms", _terms)


def _terms() -> Terms:
    found = Agreement.objects.filter(state=Agreement.State.IN_FORCE).first()
    return _in_force.of((found.pk, found.version), lambda: terms_of(found)) if found else Terms()


def let_go_of_terms() -> None:
    """Forget the terms that are held, for the service that has just put others in force."""
    let_go("terms")


def silent_days() -> int:
    """After how many days without anything happening a lead is silent. One query."""
    found = (
        Agreement.objects.filter(state=Agreement.State.IN_FORCE).values_list("silent_days", flat=True).first()
    )
    return Terms().silent_days if found is None else found


def has_rerouting() -> bool:
    """Whether an escalated lead goes to another rep by itself. One query."""
    return Agreement.objects.filter(state=Agreement.State.IN_FORCE, has_rerouting=True).exists()


def criterion_terms(criterion: Criterion) -> CriterionTerms:
    """One criterion as plain values."""
    return CriterionTerms(
        key=criterion.key,
        question=criterion.question,
        kind=criterion.kind,
        threshold=criterion.threshold,
        choices=tuple(str(choice) for choice in criterion.choices),
        is_required=criterion.is_required,
        points=criterion.points,
        unit=criterion.unit,
    )


def terms_of(agreement: Agreement) -> Terms:
    """A version as plain values."""
    return Terms(
        agreement_id=agreement.pk,
        number=agreement.number,
        criteria=tuple(criterion_terms(criterion) for criterion in agreement.criteria.all()),
        promises={
            promise.campaign_kind: PromiseTerms(Mode(promise.mode), promise.minutes)
            for promise in agreement.promises.all()
        },
        **{name: getattr(agreement, name) for name in LIMITS}
        | {"attempt_waits": tuple(str(wait) for wait in agreement.attempt_waits) or Terms().attempt_waits},
    )


def terms_for(campaign_kind: str) -> PromiseTerms:
    """The promise that holds now for leads of this kind of campaign."""
    return terms().promise_for(campaign_kind)
