"""A rep who is away holds leads that wait: their promises stand still, so the head of sales is told and can share
them out."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from leads.models import Handoff
from leads.services.flags import Heads
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import Absence
from leadsync.notices import services as notices
from leadsync.notices.models import Alert

AWAY = "rep_away"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Leads that wait with somebody who is away; `due` of them asked for a time before the absence ends."""

    absence: int
    rep_id: int
    name: str
    until: date
    count: int
    due: int


def absent(today: date) -> QuerySet[Absence]:
    """Absences of this day whose people hold leads waiting for first contact."""
    held = Handoff.objects.open().filter(rep=OuterRef("person"), lead__is_test=False)
    count = held.order_by().values("rep").annotate(n=Count("pk")).values("n")
    return (
        Absence.objects.filter(starts_on__lte=today, ends_on__gte=today, person__is_active=True)
        .annotate(held=Coalesce(Subquery(count, output_field=IntegerField()), 0))
        .filter(held__gt=0)
    )


def alerts() -> QuerySet[Alert]:
    """What is open about people who are away."""
    return Alert.objects.filter(kind=AWAY, resolved_at=None)


def waiting(today: date) -> list[Waiting]:
    """Who is away today and holds leads that wait. One query, and one for each of them."""
    zone = accounts.company().tz
    found = []
    for absence in absent(today).select_related("person").order_by("person__name"):
        back = datetime.combine(absence.ends_on + timedelta(days=1), time.min, zone)
        # All other promises stand still, as soon as the sweep has seen the absence.
        asked = Handoff.objects.open().filter(rep=absence.person, lead__is_test=False)
        due = asked.filter(lead__wanted_at__isnull=False, due_at__lt=back).count()
        found.append(
            Waiting(
                absence.pk,
                absence.person_id,
                absence.person.name,
                absence.ends_on,
                absence.held,  # type: ignore[attr-defined]  # annotated
                due,
            )
        )
    return found


def watch(*, now: datetime, today: date) -> int:
    """Open an alert for each rep who is away and holds waiting leads, keep its facts true, resolve it afterwards.

    The heads hear of it once for each absence. Returns how many are open. Safe to run twice and at the same time.
    """
    found = {f"rep:{one.rep_id}": one for one in waiting(today)}
    heads = Heads()
    for subject, one in found.items():
        url = f"/leads/?promise=waiting&owner={one.rep_id}"
        context = {"rep": one.name, "count": one.count, "due": one.due, "until": one.until.isoformat()}
        if notices.open_alert(kind=AWAY, subject=subject, context=context, url=url, at=now):
            notices.put(
                kind=AWAY,
                recipients=[head for head in heads.ids if head != one.rep_id],
                key=f"{AWAY}:{one.absence}",
                context=context,
                url=url,
                at=now,
            )
    for subject in notices.open_subjects(AWAY):
        if subject not in found:
            notices.resolve_alert(kind=AWAY, subject=subject, at=now)
    return len(found)
