"""What the reps of the sample company learned from those they reached: tags, and a sentence here and there."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from leads.models import Activity, Finding, Lead, Tag
from leadsync.core import db

# How often a tag is heard, by topic; what a lead's verdict makes more likely stands below.
HEARD: Mapping[str, Mapping[str, float]] = {
    "situation": {"has_supplier": 0.30, "no_supplier": 0.10, "dated_project": 0.16, "looks_around": 0.22},
    "need": {
        "more_capacity": 0.30,
        "replacement": 0.14,
        "lower_costs": 0.12,
        "regulation": 0.07,
        "service": 0.06,
        "advice": 0.13,
    },
    "objection": {
        "too_expensive": 0.10,
        "not_now": 0.12,
        "happy_as_is": 0.08,
        "delivery_time": 0.04,
        "missing_feature": 0.05,
        "others_decide": 0.08,
        "unknown_to_them": 0.05,
    },
}
BY_REASON: Mapping[str, tuple[str, float]] = {
    "no_budget": ("too_expensive", 0.7),
    "wrong_market": ("too_expensive", 0.4),
    "no_authority": ("others_decide", 0.7),
    "no_need": ("happy_as_is", 0.5),
    "too_small": ("looks_around", 0.4),
}
# Since a quarter ago a supplier is late: what the page shows as a change against the period before.
LATELY: Mapping[str, float] = {"delivery_time": 0.13, "too_expensive": 0.06}
WORDS: Mapping[str, Sequence[str]] = {
    "situation": (
        "Two halls, one of them rented until March.",
        "Stores at a logistics company today and wants its own racks.",
        "Moved in May, half of the racks came along from the old hall.",
        "Family business, the son takes over this year.",
    ),
    "need": (
        "600 pallet places more before the season.",
        "Inspection protocol for the insurer by the end of the quarter.",
        "Lighter racks for the mezzanine, the floor takes 350 kg per m².",
        "Somebody who also takes the old racks away.",
    ),
    "objection": (
        "Quote was 12 % above the local supplier.",
        "Twelve weeks are too long, the hall is empty from February.",
        "Bought from the partner of a sister company until now.",
        "Wants to see one installation nearby first.",
    ),
}
COLUMNS = ("lead", "topic", "tag", "words", "by", "at")


def fill(*, seed: int, now: datetime) -> int:
    """Write what was learned about every lead that was reached; returns how many findings."""
    chance = random.Random(seed)  # noqa: S311 - an invented company, the same for every seed
    tags = dict(Tag.objects.values_list("key", "pk"))
    return db.load_rows(Finding, COLUMNS, _rows(chance, tags, now))


def _rows(chance: random.Random, tags: Mapping[str, int], now: datetime) -> Iterator[tuple[Any, ...]]:
    reached: dict[int, tuple[int | None, datetime]] = {}
    for lead_id, person, when in (
        Activity.objects.filter(outcome="reached").order_by("at", "pk").values_list("lead", "by", "at")
    ):
        reached.setdefault(lead_id, (person, when))
    reasons = dict(Lead.objects.exclude(reason=None).values_list("pk", "reason__key"))
    quarter = now - timedelta(days=91)
    for lead, (by, at) in sorted(reached.items()):
        likely, how_likely = BY_REASON.get(reasons.get(lead, ""), ("", 0.0))
        for topic, heard in HEARD.items():
            for key, usual in heard.items():
                odds = how_likely if key == likely else usual
                if at >= quarter:
                    odds += LATELY.get(key, 0.0)
                if chance.random() < odds:
                    yield lead, topic, tags[key], "", by, at
            if chance.random() < 0.025:
                yield lead, topic, None, chance.choice(WORDS[topic]), by, at
