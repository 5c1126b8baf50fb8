"""Saying how contact points stand: tried by hand, by the worker, and who cannot get in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.domain import proofs as rules
from campaigns.domain.proofs import Result
from campaigns.models import ContactPoint, PointAccess, Proof
from campaigns.selectors import channels as selectors
from campaigns.services import point_alerts
from leadsync.accounts.access import check
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can
from leadsync.core import beats, db
from leadsync.core.errors import Invalid, NotAllowed
from leadsync.notices import services as notices

MOST_NOTE: Final = 300
CHECKS: Final = "campaigns.check_points"
TEST_LEADS: Final = "intake.send_test_leads"
ASKED_AGAIN: Final = timedelta(seconds=30)  # who presses twice waits for the first answer

_BY_HAND: Final = {
    ContactPoint.Kind.PHONE.value: Proof.MeansChoices.CALL,
    ContactPoint.Kind.MAILBOX.value: Proof.MeansChoices.MAIL,
}


def _clean(note: str) -> str:
    return " ".join(note.replace("\x00", "").split())[:MOST_NOTE]


def _take(point: ContactPoint) -> ContactPoint:
    """The row, locked: of two people at once the second sees what the first one said."""
    return db.locked(ContactPoint.objects.filter(pk=point.pk).select_related("channel", "responsible")).get()


@transaction.atomic
def report(
    *, point: ContactPoint, by: User, is_ok: bool, note: str = "", at: datetime | None = None
) -> Proof:
    """Keep that somebody tried a contact point. Everyone signed in may: one click.

    The first report of a fault opens an alert and tells whoever is responsible at once, and both heads; a
    proof that it works resolves the alert and tells them too.
    """
    now = at or timezone.now()
    found = _take(point)
    proof = Proof.objects.create(
        point=found,
        is_ok=is_ok,
        note=_clean(note),
        means=_BY_HAND.get(found.kind, Proof.MeansChoices.HAND),
        at=now,
        by=by,
    )
    # Said by a person, it needs no second failure of the worker's.
    ContactPoint.objects.filter(pk=found.pk).update(failed_at=None)
    point_alerts.settle_broken(by=by, at=now)
    return proof


@transaction.atomic
def take_back(*, proof: Proof, by: User, at: datetime | None = None) -> bool:
    """Undo one's own report of the same day, as if it had not been made; False when it is gone already.

    Raises `NotAllowed` for somebody else's report, the worker's, and one of an earlier day.
    """
    now = at or timezone.now()
    _take(proof.point)
    found = Proof.objects.filter(pk=proof.pk).first()
    if found is None:
        return False
    if not selectors.is_own_of_today(found, by.pk, now):
        raise NotAllowed(_("Only your own report can be taken back, and only on the same day."))
    found.delete()
    point_alerts.settle_all(by=by, at=now)
    return True


# ---------------------------------------------------------------------------------------------- the worker


@transaction.atomic
def ask_try(*, point: ContactPoint, by: User, at: datetime | None = None) -> bool:
    """Let the worker try a contact point now; False when it was just asked. Everyone signed in may.

    Raises `Invalid` for one that only a person can try.
    """
    if not by.is_active:
        raise NotAllowed(_("Sign in first."))
    now = at or timezone.now()
    found = _take(point)
    if not (found.is_active and found.channel.is_active):
        raise Invalid(_("This contact point is not in use."))
    if not selectors.means_of(found):
        raise Invalid(
            _("LeadSync cannot try this by itself. Call, and say here whether it worked."), field="point"
        )
    if found.asked_at is not None and now - found.asked_at < ASKED_AGAIN:
        return False
    ContactPoint.objects.filter(pk=found.pk).update(asked_at=now, next_try_at=now)
    task = CHECKS if selectors.own_key(found) is None else TEST_LEADS
    transaction.on_commit(lambda: beats.hint(task))
    return True


@transaction.atomic
def record(
    *, point: ContactPoint, result: Result, means: Proof.MeansChoices, at: datetime | None = None
) -> Proof | None:
    """Keep what the worker found when it tried `point`, which it claimed; the proof, where it is one.

    A failure is a proof only when an earlier one, ten minutes ago or more, says the same. What was found about a
    point that was changed, given up, or claimed by somebody else meanwhile is dropped.
    """
    now = at or db.now()
    found = _take(point)
    if found.next_try_at != point.next_try_at or not found.is_active:
        return None
    follows = rules.verdict(
        result, pk=found.pk, now=now, failed_at=found.failed_at, is_watched=found.is_watched
    )
    detail = result.detail.replace("\x00", "")[: rules.DETAIL]
    ContactPoint.objects.filter(pk=found.pk).update(
        tried_at=now,
        asked_at=None,
        next_try_at=follows.next_try_at,
        failed_at=follows.failed_at,
        found=result.found.value,
        found_detail=detail,
    )
    if follows.proof is None:
        return None
    proof = Proof.objects.create(
        point=found, is_ok=follows.proof, found=result.found.value, note=detail, means=means, at=now
    )
    point_alerts.settle_broken(by=None, at=now)
    return proof


# ---------------------------------------------------------------------------------------------- who can get in


@transaction.atomic
def say_access(
    *, point: ContactPoint, by: User, can_get_in: bool, note: str = "", at: datetime | None = None
) -> bool:
    """Keep that somebody cannot get in, or can again; False when that is what they said last.

    Says nothing about the point itself. Whoever is responsible is told, and gives access.
    """
    now = at or timezone.now()
    found = _take(point)
    is_shut_out = selectors.shut_out().filter(point=found, by=by).exists()
    if is_shut_out is not can_get_in:
        return False
    said = Proof.objects.create(
        point=found, is_ok=can_get_in, note=_clean(note), means=selectors.NO_ACCESS, at=now, by=by
    )
    if not can_get_in:
        notices.put(
            kind=point_alerts.NO_ACCESS,
            recipients=[found.responsible],
            key=f"{point_alerts.NO_ACCESS}:{said.pk}",
            context=point_alerts.no_access_of([said]),
            url=point_alerts.url_of(found.pk),
            by=by,
            at=now,
        )
    point_alerts.settle_no_access(at=now)
    return True


@transaction.atomic
def give_access(*, point: ContactPoint, to: User, by: User, at: datetime | None = None) -> PointAccess:
    """Note that somebody can get in now; given again, it answers their later "I can't get in". They are told.

    Raises `NotAllowed`; `Invalid` for somebody who does not work here any more.
    """
    check(by, Can.EDIT_CHANNELS)
    if not to.is_active or to.is_former:
        raise Invalid(_("There is no such person."), field="person")
    now = at or timezone.now()
    found = _take(point)
    was_waiting = selectors.shut_out().filter(point=found, by=to).exists()
    access, is_new = PointAccess.objects.get_or_create(point=found, person=to, defaults={"at": now, "by": by})
    if not is_new and was_waiting:
        access.at, access.by = now, by
        access.save(update_fields=["at", "by"])
    if is_new or was_waiting:
        notices.put(
            kind="access_given",
            recipients=[to],
            key=f"access_given:{access.pk}:{now.timestamp():.6f}",
            context={"point": found.value, "channel": found.channel.name, "who": by.name},
            url=point_alerts.url_of(found.pk),
            by=by,
            at=now,
        )
        point_alerts.settle_no_access(at=now)
    return access


@transaction.atomic
def take_access(*, point: ContactPoint, person: User, by: User) -> bool:
    """Note that somebody cannot get in any more; False when they could not. Raises `NotAllowed`."""
    check(by, Can.EDIT_CHANNELS)
    found = _take(point)
    return PointAccess.objects.filter(point=found, person=person).delete()[0] > 0


def set_access(*, point: ContactPoint, people: Iterable[User], by: User, at: datetime | None = None) -> None:
    """Make the list of those who can get in the one given; inside the caller's transaction."""
    wanted = {person.pk: person for person in people}
    now_have = {one.person_id: one.person for one in point.access.select_related("person")}
    for pk, person in wanted.items():
        if pk not in now_have:
            give_access(point=point, to=person, by=by, at=at)
    for pk, person in now_have.items():
        if pk not in wanted:
            take_access(point=point, person=person, by=by)
