"""The kinds of notices and alerts, and their words; one module for each subject."""

from leadsync.notices.kinds import (  # each registers its kinds
    agreement,
    campaigns,
    disputes,
    hooks,
    imports,
    intake,
    leads,
    merges,
    operations,
    questions,
)
from leadsync.notices.kinds.base import (
    GROUPS,
    KINDS,
    Group,
    Kind,
    Words,
    batched_kinds,
    is_news,
    kind_of,
    kinds_in,
    words_for,
)

__all__ = [
    "GROUPS",
    "KINDS",
    "Group",
    "Kind",
    "Words",
    "agreement",
    "batched_kinds",
    "campaigns",
    "disputes",
    "hooks",
    "imports",
    "intake",
    "is_news",
    "kind_of",
    "kinds_in",
    "leads",
    "merges",
    "operations",
    "questions",
    "words_for",
]
