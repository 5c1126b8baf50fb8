"""Alerts about leads that found no rep, one for each campaign."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count
from django.utils import timezone

from campaigns.models import Campaign
from leads.models import Handoff, Lead
from leadsync.accounts import selectors as accounts
from leadsync.accounts.roles import Role
from leadsync.notices import services as notices
from leadsync.notices.models import Alert

UNROUTABLE = "unroutable"


def is_told(campaign_id: int) -> bool:
    """Whether an alert about this campaign is open already."""
    subject = f"campaign:{campaign_id}"
    return Alert.objects.filter(kind=UNROUTABLE, subject=subject, resolved_at=None).exists()


def settle(campaign_ids: Iterable[int], *, opens: bool = False) -> None:
    """Keep the alerts about leads that found no rep true: `opens` where there may be some, resolve where none are.

    Counted are those that wait with marketing, and those that wait with the head of sales because no rep had room.
    """
    ids = set(campaign_ids)
    subjects = {f"campaign:{campaign_id}": campaign_id for campaign_id in ids}
    if not opens:
        known = Alert.objects.filter(kind=UNROUTABLE, subject__in=list(subjects), resolved_at=None)
        ids = {subjects[subject] for subject in known.values_list("subject", flat=True)}
    if not ids:
        return
    waiting = Counter(
        dict(
            Lead.objects.filter(campaign__in=ids)
            .without_a_rep()
            .order_by()
            .values_list("campaign")
            .annotate(count=Count("pk"))
        )
    )
    with_heads = Counter(
        dict(
            Handoff.objects.open()
            .filter(rep__in=accounts.people_with(Role.HEAD_OF_SALES).order_by(), why__rule=UNROUTABLE)
            .filter(lead__campaign__in=ids)
            .order_by()
            .values_list("lead__campaign")
            .annotate(count=Count("pk"))
        )
    )
    count = waiting + with_heads
    for campaign in Campaign.objects.filter(pk__in=count):
        notices.open_alert(
            kind=UNROUTABLE,
            subject=f"campaign:{campaign.pk}",
            context={
                "count": count[campaign.pk],
                "campaign": campaign.name,
                "with_head": with_heads[campaign.pk],
            },
            url=f"/campaigns/{campaign.pk}/",
        )
    Alert.objects.filter(
        kind=UNROUTABLE,
        subject__in=[f"campaign:{pk}" for pk in ids if pk not in count],
        resolved_at=None,
    ).update(resolved_at=timezone.now())
