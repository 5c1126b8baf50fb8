"""The numbers of a campaign's first leads in its gate: 1, 2, 3 … by arrival, without a gap."""

from django.db.models import F

from leads.models import Lead
from leads.selectors import agreement


def close_up(campaign_id: int) -> None:
    """Give the numbers that came free to those who come next.

    To be called in the transaction that takes leads out of the gate, under the arrivals' lock: nobody arrives meanwhile.
    """
    leads = Lead.objects.filter(campaign=campaign_id, is_test=False, is_history=False)
    numbered = list(
        leads.filter(gate_number__isnull=False).order_by("gate_number").values_list("pk", "gate_number")
    )
    free = agreement.terms().gate_size - len(numbered)
    following = (
        leads.filter(gate_number=None).order_by("received_at", "pk").values_list("pk", flat=True)[:free]
        if free > 0
        else ()
    )
    places = [*numbered, *((pk, None) for pk in following)]
    for number, (pk, old) in enumerate(places, start=1):
        if number != old:
            Lead.objects.filter(pk=pk).update(gate_number=number, version=F("version") + 1)
