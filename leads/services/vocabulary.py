"""The company's lists: reasons for "not a fit" and "lost", and the tags of what sales learns (domain.md, Lead).

A word that was used stays for ever, switched off at most: what was said with it stays said. Keys are made once, from
the first label, and never change.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from django.db.models import Max, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from leads.domain.identity import clean
from leads.domain.reasons import OTHER, STOCK_REASONS
from leads.domain.tags import STOCK_TAGS
from leads.models import Finding, Lead, Mark, Reason, Tag, Topic
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import db
from leadsync.core.errors import Conflict, Invalid, NotFound

LOCK = "leads:words"
RESERVED = "none"  # what filters call leads without a reason
LONGEST = 100
MOST = 60  # in use in one list: more than anybody reads
_STOCK_KEYS = frozenset({stock.key for stock in STOCK_REASONS} | {stock.key for stock in STOCK_TAGS})


@dataclass(frozen=True)
class ReasonData:
    """What can be said about a reason."""

    label: str
    is_for_mark: bool = True
    is_for_loss: bool = True
    needs_note: bool = False
    is_false_lead: bool = False


@contextmanager
def _changing(by: User) -> Iterator[None]:
    check(by, Can.EDIT_WORDS)
    with db.exclusively(
        LOCK, wait=True
    ):  # one change after the other: order and what has to stay are about all rows
        yield


def add_reason(*, by: User, data: ReasonData) -> Reason:
    """A reason at the end of the list, before "other". Raises `NotAllowed`; `Invalid` with the field."""
    with _changing(by):
        label = _label(data.label, Reason.objects.all())
        _check_reason(data, key="")
        made = Reason(key=_key(label, "reason"), **asdict(data) | {"label": label})
        made.position = _last(Reason.objects.all())
        made.save(force_insert=True)
        other = Reason.objects.filter(key=OTHER).first()
        if other is not None and other.position == made.position - 1:
            _put_in_order([*Reason.objects.exclude(pk__in=[made.pk, other.pk]), made, other])
        return made


def edit_reason(*, reason: Reason, by: User, data: ReasonData) -> Reason:
    """Rename a reason and say what it is for. Raises `NotAllowed`, `NotFound`; `Invalid` with the field."""
    with _changing(by):
        found = _take(Reason, reason.pk)
        label = _label(data.label, Reason.objects.exclude(pk=found.pk), found)
        _check_reason(data, key=found.key)
        for name, value in (asdict(data) | {"label": label}).items():
            setattr(found, name, value)
        found.save()
        _check_left()
        return found


def add_tag(*, by: User, topic: str, label: str) -> Tag:
    """A tag at the end of its topic. Raises `NotAllowed`; `Invalid` with the field."""
    with _changing(by):
        if topic not in Topic.values:
            raise Invalid(_("Choose what the tag is about."), field="topic")
        same = Tag.objects.filter(topic=topic)
        text = _label(label, same)
        made = Tag(topic=topic, key=_key(text, topic), label=text)
        made.position = _last(same)
        made.save(force_insert=True)
        return made


def rename_tag(*, tag: Tag, by: User, label: str) -> Tag:
    """Another label for a tag; what was said with it shows the new one. Its key stays."""
    with _changing(by):
        found = _take(Tag, tag.pk)
        found.label = _label(label, Tag.objects.filter(topic=found.topic).exclude(pk=found.pk), found)
        found.save(update_fields=["label"])
        return found


def move(*, word: Reason | Tag, by: User, is_up: bool) -> None:
    """Change places with the neighbour; at the end of the list nothing happens."""
    with _changing(by):
        rows = list[Reason | Tag](_neighbours(_again(word)))
        place = next(n for n, row in enumerate(rows) if row.pk == word.pk)
        other = place - 1 if is_up else place + 1
        if 0 <= other < len(rows):
            rows[place], rows[other] = rows[other], rows[place]
            _put_in_order(rows)


def switch(*, word: Reason | Tag, by: User, is_active: bool) -> None:
    """Take a word out of use, or put it back. What was said with it stays. Raises `Invalid` for one that has to stay."""
    with _changing(by):
        found = _again(word)
        if found.is_active == is_active:
            return
        if found.key == OTHER and not is_active:
            raise Invalid(
                _("“%(label)s” stays: there is always a reason that is not in the list.") % {"label": found}
            )
        if is_active and _neighbours(found).filter(is_active=True).count() >= MOST:
            raise Invalid(_("At most %(n)d are in use at once.") % {"n": MOST})
        found.is_active = is_active
        found.save(update_fields=["is_active"])
        _check_left()


def remove(*, word: Reason | Tag, by: User) -> None:
    """Delete a word of one's own that nobody ever used. Raises `Conflict` for one that was used, `Invalid` for stock."""
    with _changing(by):
        found = _again(word)
        if found.key in _STOCK_KEYS:
            raise Invalid(_("“%(label)s” came with LeadSync. Take it out of use instead.") % {"label": found})
        if _is_used(found):
            raise Conflict(
                _("“%(label)s” was used meanwhile. Take it out of use instead.") % {"label": found}
            )
        found.delete()
        _check_left()


# ---------------------------------------------------------------------------------------------- rules


def _take[W: (Reason, Tag)](model: type[W], pk: int) -> W:
    found = model.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("This is no longer in the list."))
    return found


def _again(word: Reason | Tag) -> Reason | Tag:
    return _take(Tag, word.pk) if isinstance(word, Tag) else _take(Reason, word.pk)


def _neighbours(word: Reason | Tag) -> QuerySet[Reason] | QuerySet[Tag]:
    return Tag.objects.filter(topic=word.topic) if isinstance(word, Tag) else Reason.objects.all()


def _label(typed: str, others: QuerySet[Reason] | QuerySet[Tag], word: Reason | Tag | None = None) -> str:
    """The label as it is stored. A stock word left as the reader reads it keeps being translated."""
    label = clean(typed)
    if not label:
        raise Invalid(_("Write what it is called."), field="label")
    if len(label) > LONGEST:
        raise Invalid(_("At most %(n)d characters.") % {"n": LONGEST}, field="label")
    if not label.isprintable():
        raise Invalid(_("This holds a character that cannot be kept."), field="label")
    if word is not None and label == word.words:
        return word.label
    same = next(
        (one for one in others if label.casefold() in {one.words.casefold(), one.label.casefold()}), None
    )
    if same is not None and same.is_active:
        raise Invalid(_("“%(label)s” is in the list already.") % {"label": same}, field="label")
    if same is not None:
        raise Invalid(
            _("“%(label)s” is in the list, out of use. Put it back instead.") % {"label": same}, field="label"
        )
    if word is None and others.filter(is_active=True).count() >= MOST:
        raise Invalid(_("At most %(n)d are in use at once.") % {"n": MOST}, field="label")
    return label


def _key(label: str, stem: str) -> str:
    """A key that no reason and no tag has; from the label as far as it has Latin letters."""
    base = slugify(label).replace("-", "_")[:34].strip("_") or stem
    taken = {
        RESERVED,
        *Reason.objects.values_list("key", flat=True),
        *Tag.objects.values_list("key", flat=True),
    }
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key


def _check_reason(data: ReasonData, *, key: str) -> None:
    if key == OTHER and not data.needs_note:
        raise Invalid(_("This reason says nothing without a note."), field="needs_note")
    if not data.is_for_mark and not data.is_for_loss:
        raise Invalid(_("Choose what it is a reason for."), field="is_for_mark")
    if data.is_false_lead and (key == OTHER or not data.is_for_mark):
        raise Invalid(
            _("Only a reason for “not a fit” can say that a lead is obviously false."), field="is_false_lead"
        )


def _check_left() -> None:
    """Nobody is asked for a reason that is not there."""
    in_use = Reason.objects.filter(is_active=True)
    if not in_use.filter(is_for_mark=True).exists():
        raise Invalid(_("At least one reason for “not a fit” has to stay."), field="is_for_mark")
    if not in_use.filter(is_for_loss=True).exists():
        raise Invalid(_("At least one reason for “lost” has to stay."), field="is_for_loss")


def _is_used(word: Reason | Tag) -> bool:
    if isinstance(word, Tag):
        return Finding.objects.filter(tag=word).exists()
    return Lead.objects.filter(reason=word).exists() or Mark.objects.filter(reason=word).exists()


def _last(rows: QuerySet[Reason] | QuerySet[Tag]) -> int:
    highest = rows.aggregate(highest=Max("position"))["highest"]
    return 0 if highest is None else int(highest) + 1


def _put_in_order(rows: Sequence[Reason | Tag]) -> None:
    for position, row in enumerate(rows):
        row.position = position
    Reason.objects.bulk_update([row for row in rows if isinstance(row, Reason)], ["position"])
    Tag.objects.bulk_update([row for row in rows if isinstance(row, Tag)], ["position"])
