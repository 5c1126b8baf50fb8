"""Writing down what we know of a market, and answering it before a campaign goes there."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_countries import countries

from campaigns.domain import notes as domain
from campaigns.models import Campaign, MarketNote, NoteAnswer
from campaigns.selectors import notes as selectors
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core.db import locked
from leadsync.core.errors import Conflict, Invalid, NotAllowed, NotFound
from leadsync.notices import services as notices

MOST_TEXT = 5_000


def _checked(
    country: str, segment: str, stance: str, text: str, valid_until_on: date | None
) -> tuple[str, str, str]:
    segment, text = " ".join(segment.replace("\x00", "").split()), text.replace("\x00", "").strip()
    if country and country not in dict(countries):
        raise Invalid(_("This is not a country."), field="country")
    if not country and not segment:
        raise Invalid(_("Say which country or which segment it is about."), field="country")
    if len(segment) > 100:
        raise Invalid(_("A segment has 100 characters at most."), field="segment")
    if stance not in MarketNote.StanceChoices.values:
        raise Invalid(_("Choose what the note advises."), field="stance")
    if not text:
        raise Invalid(_("Write what we know, so that others can judge it."), field="text")
    if len(text) > MOST_TEXT:
        raise Invalid(_("At most %(n)d characters.") % {"n": MOST_TEXT}, field="text")
    if valid_until_on is not None and valid_until_on < timezone.localdate():
        raise Invalid(_("This day is over: the note would not count."), field="valid_until_on")
    return country, segment, text


@transaction.atomic
def write(
    *,
    by: User,
    stance: str,
    text: str,
    country: str = "",
    segment: str = "",
    valid_until_on: date | None = None,
    at: datetime | None = None,
) -> MarketNote:
    """Write down what we know of a country or a segment.

    Owners of campaigns that go there are told when the note advises against it. The same note sent twice is one.
    Raises `NotAllowed`, `Invalid`.
    """
    check(by, Can.WRITE_MARKET_NOTES)
    country, segment, text = _checked(country, segment, stance, text, valid_until_on)
    now = at or timezone.now()
    values = {
        "country": country,
        "segment": segment,
        "stance": stance,
        "text": text,
        "valid_until_on": valid_until_on,
    }
    # The same form sent twice at once waits here.
    locked(User.objects.filter(pk=by.pk)).first()
    same = MarketNote.objects.filter(by=by, withdrawn_at=None, **values).first()
    if same is not None:
        return same
    note = MarketNote.objects.create(by=by, at=now, **values)
    _tell_owners(note, by, now)
    return note


@transaction.atomic
def edit(
    *,
    note: MarketNote,
    by: User,
    version: int,
    stance: str,
    text: str,
    country: str = "",
    segment: str = "",
    valid_until_on: date | None = None,
    at: datetime | None = None,
) -> MarketNote:
    """Change a note. What it advises or says changed: answers to it no longer count and have to be given anew.

    Raises `NotAllowed` for anybody but its author and the heads, `Invalid`, `Conflict` when it was changed or
    withdrawn meanwhile.
    """
    held = _own(note, by)
    if held.withdrawn_at is not None or held.version != version:
        raise Conflict(_("This note was changed meanwhile. Nothing you typed is lost."), version=held.version)
    country, segment, text = _checked(country, segment, stance, text, valid_until_on)
    is_other = (held.stance, held.text) != (stance, text)
    held.country, held.segment, held.stance, held.text = country, segment, stance, text
    held.valid_until_on = valid_until_on
    held.version += 1
    held.save()
    if is_other:
        NoteAnswer.objects.filter(note=held).delete()
        _tell_owners(held, by, at or timezone.now())
    return held


@transaction.atomic
def withdraw(*, note: MarketNote, by: User, at: datetime | None = None) -> None:
    """The note no longer counts; it stays to be read. Raises `NotAllowed`."""
    held = _own(note, by)
    if held.withdrawn_at is None:
        held.withdrawn_at, held.withdrawn_by = at or timezone.now(), by
        held.version += 1
        held.save()


@transaction.atomic
def bring_back(*, note: MarketNote, by: User, at: datetime | None = None) -> None:
    """A withdrawn note counts again. Raises `NotAllowed`."""
    held = _own(note, by)
    if held.withdrawn_at is not None:
        held.withdrawn_at = held.withdrawn_by = None
        held.version += 1
        held.save()
        _tell_owners(held, by, at or timezone.now())


def may_change(note: MarketNote, by: User) -> bool:
    """Its author, and those who lead a department."""
    return note.by_id == by.pk or by.can(Can.EDIT_WORDS)


def _own(note: MarketNote, by: User) -> MarketNote:
    check(by, Can.WRITE_MARKET_NOTES)
    held = locked(MarketNote.objects.filter(pk=note.pk)).select_related("by").first()
    if held is None:
        raise NotFound(_("This note is no longer here."))
    if not may_change(held, by):
        raise NotAllowed(_("%(name)s wrote this note. Write one of your own.") % {"name": held.by.name})
    return held


def _tell_owners(note: MarketNote, by: User, now: datetime) -> None:
    """Whose campaigns go there hear of a note that asks for an answer."""
    if note.stance not in domain.TO_ANSWER:
        return
    notices.put_many(
        [
            notices.NewNotice(
                "market_note",
                campaign.owner_id,
                f"market_note:{note.pk}:{note.version}:{campaign.pk}",
                {
                    "campaign": campaign.name,
                    "country": str(note.country),
                    "segment": note.segment,
                    "stance": note.stance,
                    "text": note.text[:300],
                    "author": note.by.name,
                },
                reverse("campaigns:page", args=[campaign.pk]),
            )
            for campaign in selectors.campaigns_facing(note)
        ],
        by=by,
        at=now,
    )


def store_answers(
    *, campaign: Campaign, answers: Mapping[int, str], by: User, at: datetime | None = None
) -> None:
    """Keep what marketing says to notes, inside the transaction of its caller; empty texts are passed over.

    Raises `NotAllowed`, `Invalid` with `answer_<note>`.
    """
    check(by, Can.EDIT_CAMPAIGNS)
    now = at or timezone.now()
    faced = {one.note.pk for one in selectors.faced_by(campaign)}
    for pk, typed in answers.items():
        text = typed.replace("\x00", "").strip()
        if not text or pk not in faced:
            continue
        if len(text) > MOST_TEXT:
            raise Invalid(_("At most %(n)d characters.") % {"n": MOST_TEXT}, field=f"answer_{pk}")
        NoteAnswer.objects.update_or_create(
            campaign=campaign, note_id=pk, defaults={"text": text, "by": by, "at": now}
        )


@transaction.atomic
def answer(*, campaign: Campaign, answers: Mapping[int, str], by: User, at: datetime | None = None) -> None:
    """Say something to notes that concern a campaign. Raises `NotAllowed`, `Invalid` with `answer_<note>`."""
    locked(Campaign.objects.filter(pk=campaign.pk)).first()
    store_answers(campaign=campaign, answers=answers, by=by, at=at)
