"""Opens every door that leads come through, and one for other programs to hear of them; runs inside the installation.

The last line printed is a JSON object: where things are.
"""

import json
import sys
from dataclasses import replace

from django.utils import timezone

from campaigns.models import Campaign, MarketNote
from leads.models import Lead
from leads.services import imports, lookalikes
from leadsync.accounts.models import User
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.intake.domain import generic
from leadsync.intake.models import Payload
from leadsync.intake.selectors.forms import default_plan
from leadsync.intake.services import forms, receiving, sources

HEAD = "Name\tCompany\tPhone\tE-mail\tWhat they want"
GOOD = (
    "Johanna Doors\tDoorstep Lagertechnik GmbH\t+48 22 555 71 01\tjohanna@doors.example\tRacking, 40 bays",
    "Johana Doors\tDoorstep Lagertechnik GmbH\t+48 22 555 71 02\tjohana@doors.example\tRacking, 40 bays",
)
BAD = ("\tNobody known\t\t\tA wish", "Bad Mail\tMail Ltd\t\tno mail at all\tShelves")
CODE = "abcdefghijklmnopqrstuvwxyz" * 6  # a word that has to be broken somewhere

now = timezone.now()
marta = User.objects.get(email="marta@nordrack.example")
admin = User.objects.get(email="admin@nordrack.example")
campaign = Campaign.objects.get(name="Racking calculator")

result = imports.take_text(campaign=campaign, by=marta, text="\n".join([HEAD, *GOOD, *BAD]))
imports.save(batch=result, by=marta)
lookalikes.look()
first, second = Lead.objects.filter(email__endswith="@doors.example").order_by("pk")
fresh = "Else Doors\tElse Ltd\t+48 22 555 71 09\telse@doors.example\tA quote"
preview = imports.take_text(campaign=campaign, by=marta, text="\n".join([HEAD, fresh, *BAD, *GOOD]))

form = forms.create(campaign=campaign, plan=replace(default_plan(campaign), name="Open door"), by=marta)
form = forms.switch(form=form, is_open=True, by=marta)
closed = forms.create(campaign=campaign, plan=replace(default_plan(campaign), name="Closed door"), by=marta)

source = sources.create(kind="generic", name="Shop", campaign=campaign, by=marta)
silent = {
    kind: sources.create(kind=kind, name=f"Silent {kind}", campaign=campaign, by=marta).pk
    for kind in ("meta", "google")
}


def heard(number: str, message: object) -> int:
    """The message that this has become."""
    body, stamp = json.dumps(message).encode(), str(int(now.timestamp()))
    signed = generic.signature(secret=source.secret, message_id=number, timestamp=stamp, body=body)
    headers = {"webhook-id": number, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signed}"}
    answer = receiving.receive(key=source.key, sent=receiving.Sent(body, headers))
    assert answer.status == 200, answer
    return Payload.objects.filter(source=source).latest("pk").pk


taken = heard("door-1", {"name": "Walter Webshop", "email": "walter@doors.example", "basket": CODE})
unreadable = heard("door-2", {"basket": {"pallets": 900, "colour": CODE}})

endpoint = Endpoint.objects.create(
    name="Company CRM",
    address="https://crm.example.com/leads",
    secret="whsec_ZG9vcnM=",
    events=["lead.handed_off"],
    is_on=False,
    created_at=now,
    created_by=admin,
    changed_at=now,
    changed_by=admin,
)
for state, status, error in (
    ("sent", 200, ""),
    ("dead", None, f"No answer from {CODE}"),
    ("dropped", None, ""),
):
    Delivery.objects.create(
        endpoint=endpoint,
        key=f"door:{state}",
        event="lead.handed_off",
        lead_id=first.pk,
        state=state,
        attempts=3,
        body=json.dumps({"id": f"door-{state}", "lead": {"name": CODE}}),
        created_at=now,
        sent_at=now,
        status=status,
        error=error,
        milliseconds=120,
    )

sys.stdout.write(
    json.dumps(
        {
            "result": result.pk,
            "preview": preview.pk,
            "first": first.pk,
            "second": second.pk,
            "form": form.pk,
            "key": form.key,
            "closed": closed.key,
            "source": source.pk,
            **silent,
            "taken": taken,
            "unreadable": unreadable,
            "endpoint": endpoint.pk,
            "note": MarketNote.objects.earliest("pk").pk,
            "under_review": Campaign.objects.filter(state="review").latest("pk").pk,
            "with_form": campaign.pk,
        }
    )
)
