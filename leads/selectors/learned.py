"""What sales learned about a lead, topic by topic, beside the tags that can be pressed."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import FETCH_RAISE

from leads.models import Finding, Lead, Tag, Topic
from leads.selectors.lead_flags import HAS_FINDINGS, may_have
from leadsync.core.held import held

# The key that leads to a topic, and what it is called in ids and addresses.
KEYS = {Topic.SITUATION: "KeyS", Topic.NEED: "KeyB", Topic.OBJECTION: "KeyO"}


@dataclass(frozen=True)
class Chip:
    """One tag and whether it was said of the lead; `key` presses it while the focus is in its topic."""

    tag: Tag
    is_on: bool
    key: str

    @property
    def hint(self) -> str:
        return self.key.removeprefix("Digit")


@dataclass(frozen=True)
class TopicView:
    """One topic: its tags in use (and those out of use that were said), and its words with who wrote them when."""

    topic: Topic
    label: str
    key: str
    chips: list[Chip] = field(default_factory=list)
    words: str = ""
    by: str = ""
    at: datetime | None = None
    said: list[str] = field(default_factory=list)  # the tags that were said, in words

    @property
    def hint(self) -> str:
        return self.key.removeprefix("Key")

    @property
    def is_empty(self) -> bool:
        return not self.words and not self.said

    @property
    def is_known(self) -> bool:
        return not self.is_empty


def tags() -> list[Tag]:
    """All tags in their order, those out of use too. Read once a request."""
    return held("tags", lambda: list(Tag.objects.all()))


def topics_of(lead: Lead) -> list[TopicView]:
    """The three topics in their order. One statement for the tags, one for what was found."""
    rows = Finding.objects.filter(lead=lead).select_related("by").fetch_mode(FETCH_RAISE)
    found = list(rows) if may_have(lead, HAS_FINDINGS) else []
    said = {one.tag_id for one in found}
    words = {one.topic: one for one in found if one.tag_id is None}
    return [_view(topic, said, words.get(topic)) for topic in Topic]


def _view(topic: Topic, said: set[int | None], words: Finding | None) -> TopicView:
    shown = [tag for tag in tags() if tag.topic == topic and (tag.is_active or tag.pk in said)]
    return TopicView(
        topic=topic,
        label=str(topic.label),
        key=KEYS[topic],
        chips=[
            Chip(tag, tag.pk in said, f"Digit{number}" if number < 10 else "")
            for number, tag in enumerate(shown, 1)
        ],
        words=words.words if words else "",
        by=words.by.name if words and words.by else "",
        at=words.at if words else None,
        said=[tag.words for tag in shown if tag.pk in said],
    )
