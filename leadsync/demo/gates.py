"""What the sample company decided when first leads were not good enough, and a gate that is tried a second time."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from campaigns.models import Campaign
from feedback.domain.gate import Verdict
from feedback.models import GateDecision, GateSignature, GateVerdict
from feedback.selectors import running_gates
from feedback.selectors.limits import limits
from feedback.services import gate_watch, gates
from leads.models import Lead
from leadsync.accounts.models import User
from leadsync.accounts.roles import Side

# Nothing is decided here yet: the story of the product.
UNDECIDED = "Metal Expo visitor list"
WAITS = "Retargeting banners"
AGAIN = "UK spare parts page"
AGAIN_DAYS = 11
GOES_ON = (
    "We reach buyers here that no other channel brings; the price of a lead is low.",
    "The deals of this channel come late. We look at it again in a quarter.",
    "Few, but the orders are large.",
)


def fill(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """One campaign waits for a decision, one for a second signature, one is in its second round; the rest goes on."""
    agreed = limits()
    found = running_gates.gates(size=agreed.gate_size, needed=agreed.gate_needed)
    by_name = {one.name: one for one in found}
    failed = [
        one for one in found if one.gate.verdict is Verdict.FAILED and one.name not in (UNDECIDED, AGAIN)
    ]
    waits = by_name[WAITS]
    for number, one in enumerate(failed):
        if one is waits or one.certain_at is None:
            continue
        at = one.certain_at + timedelta(days=1)
        decision = _decided(campaigns[one.name], one, "continue", GOES_ON[number % len(GOES_ON)], people, at)
        for side, who in ((Side.MARKETING, "ola"), (Side.SALES, "tomasz")):
            GateSignature.objects.create(decision=decision, side=side.value, at=at, by=people[who])
    _test_again(campaigns[AGAIN], by_name[AGAIN], people, now)
    GateVerdict.objects.bulk_create(
        GateVerdict(
            campaign_id=one.campaign_id,
            round_from=one.round_from,
            verdict=one.gate.verdict.value,
            at=one.certain_at or now,
            told_at=one.certain_at or now,
        )
        for one in found
        if one.gate.verdict is not Verdict.OPEN
    )
    gates.decide(
        campaign=campaigns[waits.name],
        choice="continue",
        by=people["ola"],
        note="These people know us already. The share is low, but so is the price of a lead.",
        at=now - timedelta(hours=3),
    )
    gate_watch.watch(at=now)


def _decided(
    campaign: Campaign,
    one: running_gates.RunningGate,
    choice: str,
    note: str,
    people: Mapping[str, User],
    at: datetime,
) -> GateDecision:
    sent = Lead.objects.counted().filter(campaign=campaign, received_at__lte=at)
    if one.certain_at is not None:
        sent = sent.filter(**running_gates.since(one.certain_at))
    return GateDecision.objects.create(
        campaign=campaign,
        round_from=one.round_from,
        choice=choice,
        state=GateDecision.StateChoices.TAKEN,
        note=note,
        at=at - timedelta(hours=4),
        by=campaign.owner,
        taken_at=at,
        size=one.gate.size,
        needed=one.gate.needed,
        good=one.gate.good,
        sent_meanwhile=sent.count(),
    )


def _test_again(
    campaign: Campaign, one: running_gates.RunningGate, people: Mapping[str, User], now: datetime
) -> None:
    """The second round of a campaign: its numbers go to who came since it was decided."""
    at = now - timedelta(days=AGAIN_DAYS)
    _decided(
        campaign,
        one,
        "retest",
        "The page names freight and customs to Britain before anybody asks for a price.",
        people,
        at,
    )
    counted = Lead.objects.counted().filter(campaign=campaign, is_history=False)
    first = one.gate.size + 1
    came = counted.filter(received_at__gt=at).order_by("received_at", "pk")[: one.gate.size]
    numbered = []
    for number, lead in enumerate(came, start=first):
        lead.gate_number = number
        numbered.append(lead)
    Lead.objects.bulk_update(numbered, ["gate_number"])
    before = Lead.objects.filter(received_at__lte=at).order_by("-pk").values_list("pk", flat=True).first()
    Campaign.objects.filter(pk=campaign.pk).update(gate_from=first, gate_after=before or 0)
    campaign.refresh_from_db(fields=["gate_from", "gate_after"])
