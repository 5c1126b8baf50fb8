"""The open doors of the sample company: a form, two sources, their first messages, and who took data out.

No message here becomes a lead: the sample's figures stay what its story says.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import Min

from campaigns.models import Campaign
from leads.domain.words import Stage
from leads.models import Consent, Lead, LeadEvent
from leads.services import lookalikes
from leadsync.accounts.exports import Kind
from leadsync.accounts.models import Company, DataExport, User
from leadsync.core.models import Lock
from leadsync.intake.domain.hosted import Suspicion
from leadsync.intake.models import Source
from leadsync.intake.selectors.forms import default_plan
from leadsync.intake.services import forms, receiving, sources, submissions
from leadsync.intake.services.receiving import Sent

FORM_OF, ADS, QUIZ = "Racking calculator", "Google search, pallet racking", "Partner webinar"
COMPARED = 200
TAKEN_BACK = "Please stop calling me. We have decided, and nobody needs to write either."
CONSENT = "Nordrack may write and call about this request. Consent can be taken back at any time."
EXPORTS = (
    ("anna", Kind.LEADS, 212, "stage=won", 6),
    ("ola", Kind.VOICE, None, "by=market", 3),
    ("marta", Kind.LEADS, 40, "campaign=Metal Expo visitor list", 1),
)


def fill(people: Mapping[str, User], campaigns: Mapping[str, Campaign], now: datetime) -> None:
    """A form that is open, Google Ads and Typeform with a message each, consents, and the log of exports."""
    Company.objects.filter(pk=1).update(privacy_url="https://nordrack.example/privacy")
    marta = people["marta"]
    campaign = campaigns[FORM_OF]
    plan = default_plan(campaign)
    form = forms.create(campaign=campaign, plan=replace(plan, name="Calculator page"), by=marta)
    form = forms.switch(form=form, is_open=True, by=marta)
    submissions.keep_spam(
        form=form,
        message=submissions.Message(
            {"name": "Best SEO", "email": "rank@seo.example", "need": "First page in 7 days"}, "en"
        ),
        why=Suspicion.TRAP,
        at=now - timedelta(hours=5),
    )
    _google(sources.create(kind="google", name="Google Ads", campaign=campaigns[ADS], by=marta), now)
    _typeform(sources.create(kind="typeform", name="Webinar quiz", campaign=campaigns[QUIZ], by=marta), now)
    recent = Lead.objects.filter(campaign=campaign).order_by("-received_at")[:40]
    Consent.objects.bulk_create(
        [
            Consent(
                lead=lead, at=lead.received_at, door="form", text=CONSENT, place="nordrack.example/calculator"
            )
            for lead in recent
        ]
    )
    _taken_back(campaign, now)
    DataExport.objects.bulk_create(
        [
            DataExport(kind=kind, by=people[who], rows=rows, what=what, at=now - timedelta(days=days))
            for who, kind, rows, what, days in EXPORTS
        ]
    )
    # Pairs among the newest leads are found here, so that the page shows some at once; the past is compared already.
    newest = Lead.objects.order_by("-received_at")[:COMPARED].values("pk")
    first = LeadEvent.objects.filter(lead__in=newest).aggregate(first=Min("pk"))["first"] or 0
    Lock.objects.update_or_create(name=lookalikes.LOCK, defaults={"note": str(first - 1)})
    lookalikes.look()


def _taken_back(campaign: Campaign, now: datetime) -> None:
    """One person who had agreed does not any more: the lead that was contacted last and is still open."""
    lead = (
        Lead.objects.filter(campaign=campaign, stage=Stage.CONTACTED, owner__isnull=False)
        .order_by("-first_contact_at", "-pk")
        .first()
    )
    if lead is not None:
        said_at = max(lead.first_contact_at or lead.received_at, now - timedelta(hours=20))
        Consent.objects.create(
            lead=lead,
            at=said_at,
            is_given=False,
            door="hand",
            text=TAKEN_BACK,
            place="by phone",
            by=lead.owner,
        )


def _google(source: Source, now: datetime) -> None:
    """The test that Google sends when somebody presses its button."""
    body = {
        "lead_id": "TeSter-123-ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdefghijklmnopqrstuvwxyz-0123456789",
        "user_column_data": [
            {"column_name": "Full Name", "string_value": "FirstName LastName", "column_id": "FULL_NAME"},
            {"column_name": "User Email", "string_value": "test@example.com", "column_id": "EMAIL"},
        ],
        "api_version": "1.0",
        "form_id": 40000000000,
        "campaign_id": 123_456,
        "google_key": source.secret,
        "is_test": True,
    }
    receiving.receive(
        key=source.key, sent=Sent(json.dumps(body).encode(), {}), at=now - timedelta(days=2, hours=3)
    )


def _typeform(source: Source, now: datetime) -> None:
    """An answer without a name or a way to write back: kept, and waiting for a better mapping."""
    fields = [{"id": "f1", "title": "How many pallets do you store?", "type": "number"}]
    body = {
        "event_id": "01JDEMO",
        "event_type": "form_response",
        "form_response": {
            "form_id": "quiz",
            "token": "demo-quiz-1",
            "submitted_at": (now - timedelta(hours=4)).isoformat(),
            "definition": {"id": "quiz", "title": "Webinar quiz", "fields": fields},
            "answers": [{"type": "number", "number": 900, "field": {"id": "f1", "type": "number"}}],
        },
    }
    raw = json.dumps(body).encode()
    signed = base64.b64encode(hmac.new(source.secret.encode(), raw, hashlib.sha256).digest()).decode()
    receiving.receive(
        key=source.key,
        sent=Sent(raw, {"typeform-signature": f"sha256={signed}"}),
        at=now - timedelta(hours=4),
    )
