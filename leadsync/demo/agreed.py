"""What the sample company argues about and decides: disputed marks, and what the draft would have done."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from feedback.models import Decision
from feedback.services import disputes
from leads.domain.words import MarkValue
from leads.models import Agreement, Mark
from leads.selectors.backtest import usual_period
from leads.services import backtest
from leadsync.accounts.models import User

UPHELD, OVERTURNED = Decision.Verdict.UPHELD, Decision.Verdict.OVERTURNED
# Who disputes, what the mark should be, why; and what each side says to it.
ARGUED: tuple[tuple[str, str, str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "marta",
        MarkValue.PROMISING,
        "They wrote again this morning and asked for a visit. That is a need.",
        (),
    ),
    (
        "bartek",
        MarkValue.PROMISING,
        "The hall is 480 m², the form said so. Twenty more and it counts.",
        (
            ("tomasz", UPHELD, "Our definition says 500."),
            ("ola", OVERTURNED, "It is a new hall, it will grow."),
        ),
    ),
    (
        "olga",
        MarkValue.PROMISING,
        "The budget comes with the new year, the buyer told me at the fair.",
        (
            ("ola", OVERTURNED, ""),
            ("tomasz", OVERTURNED, "Right, I called. They want an offer in January."),
        ),
    ),
    (
        "marta",
        MarkValue.PROMISING,
        "This is a partner of an old customer.",
        (("ola", UPHELD, ""), ("tomasz", UPHELD, "They buy from their own group only.")),
    ),
)


def fill(people: Mapping[str, User], now: datetime) -> None:
    """Disputes in every state, by the services that people use; and the draft measured over known leads."""
    reps = [people[key].pk for key in ("pawel", "iga", "jakub", "lena", "oskar")]
    recent = Mark.objects.filter(
        value=MarkValue.NOT_A_FIT,
        by__in=reps,
        at__gte=now - timedelta(days=3),
        at__lte=now - timedelta(hours=3),
        lead__mark=MarkValue.NOT_A_FIT,
        reason__is_false_lead=False,
    ).select_related("lead")
    told = [
        (min(mark.at + timedelta(hours=2), now - timedelta(minutes=50 - 10 * place)), mark, *case)
        for place, (mark, case) in enumerate(zip(recent.order_by("-at", "pk"), ARGUED, strict=False))
    ]
    # The oldest first, as it happened: the bell shows what was written last on top.
    for begun, mark, who, wanted, text, words in sorted(told, key=lambda case: case[0]):
        at = begun
        found = disputes.dispute(mark=mark, wanted=wanted, text=text, by=people[who], at=at)
        for head, verdict, note in words:
            at += timedelta(minutes=4)
            disputes.decide(dispute=found, verdict=verdict, by=people[head], note=note, at=at)
    draft = Agreement.objects.filter(state=Agreement.State.DRAFT).first()
    if draft is not None:
        backtest.ask(agreement=draft, by=people["ola"], **usual_period(), at=now)
