"""What sales learned about a lead: situation, needs, objections, by tag and in words (domain.md, Lead)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.domain.identity import storable
from leads.domain.words import EventKind, Topic
from leads.models import Finding, Lead, Tag
from leads.services import changes
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid

MOST_WORDS = 2_000


@transaction.atomic
def tag(*, lead: Lead, tag: Tag, is_on: bool, by: User, at: datetime | None = None) -> bool:
    """Note that the tag is true of the lead, or take that back; True when it was not so before.

    Who works the lead, and marketing. It takes nothing away from anybody, so no version is asked for and none is
    raised; said twice, it stands once. Raises `NotAllowed`; `Invalid` for a tag that is no longer in use.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_note(lead, by)
    said = {"topic": tag.topic, "tag": tag.key}
    found = Finding.objects.filter(lead_id=lead.pk, tag=tag)
    if not is_on:
        if not found.delete()[0]:
            return False
        changes.record(lead, EventKind.LEARNED, by=by, at=now, before=said)
        return True
    if found.exists():
        return False
    if not tag.is_active:
        raise Invalid(_("“%(tag)s” is no longer in use.") % {"tag": tag.words}, field="tag")
    Finding.objects.create(lead_id=lead.pk, topic=tag.topic, tag=tag, by=by, at=now)
    changes.record(lead, EventKind.LEARNED, by=by, at=now, after=said)
    return True


@transaction.atomic
def say(
    *,
    lead: Lead,
    topic: Topic | str,
    words: str,
    by: User,
    was: str | None = None,
    at: datetime | None = None,
) -> bool:
    """Put what was learned about a topic into words, one text a lead and topic; nothing takes them back.

    `was`: the words that the writer saw; when they are others by now, that is a conflict that names who changed
    them, and what was typed is the caller's to show again. True when something changed. Raises `NotAllowed`,
    `Conflict`; `Invalid` with the topic as its field for words that cannot be kept, or an unknown topic.
    """
    now = changes.instant(at)
    changes.take(lead)
    changes.check_can_note(lead, by)
    if topic not in set(Topic):
        raise Invalid(_("Choose what it is about: situation, needs or objections."), field="topic")
    about = Topic(topic)
    text = _readable(words, field=about)
    found = Finding.objects.filter(lead_id=lead.pk, topic=about, tag=None).select_related("by").first()
    before = found.words if found else ""
    if text == before:
        return False
    if was is not None and _lines(was) != before:
        who = found.by.name if found and found.by else _("somebody else")
        raise Conflict(
            _("%(name)s wrote something else here meanwhile. What you typed is kept.") % {"name": who},
            lead=lead.pk,
            topic=str(about),
            by=who,
            theirs=before,
        )
    if not text:
        Finding.objects.filter(lead_id=lead.pk, topic=about, tag=None).delete()
    elif found is not None:
        Finding.objects.filter(pk=found.pk).update(words=text, by=by, at=now)
    else:
        Finding.objects.create(lead_id=lead.pk, topic=about, words=text, by=by, at=now)
    changes.record(
        lead,
        EventKind.LEARNED,
        by=by,
        at=now,
        before={"topic": str(about), "words": before} if before else {},
        after={"topic": str(about), "words": text} if text else {},
    )
    return True


def _lines(words: str) -> str:
    """As it is kept: line ends as one sign (a form sends two), no empty ends."""
    return words.replace("\r\n", "\n").replace("\r", "\n").strip()


def _readable(words: str, *, field: str) -> str:
    text = _lines(words)
    if storable(text) != text:
        raise Invalid(_("There are characters in it that cannot be kept."), field=field)
    if len(text) > MOST_WORDS:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_WORDS}, field=field)
    return text
