"""Nothing of a person who was erased is left in agendas, decisions and minutes."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import models

from feedback.services import disputes
from leads.services import marking
from leadsync.meetings.models import Decision, Meeting, Point
from leadsync.meetings.services import agenda, decisions, minutes, points
from leadsync.notices.models import Alert
from leadsync.privacy.places import BY_LABEL
from leadsync.privacy.services import erasing
from tests.factories.accounts import CompanyFactory, person
from tests.factories.agendas import TUESDAY, alert, meeting
from tests.factories.leads import HOUR, MINUTE, lead, reason

pytestmark = pytest.mark.django_db

WORDS = ("zofia", "żółć", "kwarcolit")


def left() -> list[str]:
    """Where anything of the person is still to be found."""
    kinds = (models.CharField, models.TextField, models.JSONField)
    found = []
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if isinstance(field, kinds)]
        if not names:
            continue
        for row in model._default_manager.values_list(*names):
            for name, value in zip(names, row, strict=True):
                text = json.dumps(value, ensure_ascii=False, default=str).casefold()
                found += [f"{model._meta.label}.{name}: {text[:80]}" for word in WORDS if word in text]
    return found


def test_points_decisions_and_minutes_lose_the_person() -> None:
    CompanyFactory.create()
    admin, head, rep = person("administrator"), person("head_of_sales"), person("rep")
    zofia = lead(name="Zofia", company="Kwarcolit", email="zofia@kwarcolit.example", owner=rep, at=TUESDAY)
    mark = marking.mark(
        lead=zofia, value="not_a_fit", reason=reason(), by=rep, version=None, at=TUESDAY + MINUTE
    )
    disputes.dispute(
        mark=mark, wanted="promising", text="Zofia wants it", by=person("marketer"), at=TUESDAY + HOUR
    )
    listed = {"count": 1, "minutes": 5, "rep": "Rep", "leads": [{"lead_id": zofia.pk, "title": "Zofia"}]}
    alert("overload", "1", context=listed, url="/leads/?owner=1")
    for number in range(4):
        alert(
            "silent",
            str(number),
            context={"lead": "Zofia Żółć", "lead_id": zofia.pk},
            url=f"/leads/{zofia.pk}/",
        )
    own = points.hand_in(source="problem", text="zofia@kwarcolit.example got two mails", by=rep)
    about = points.hand_in(source="need", text="Zofia needs a price", by=rep, about=f"/leads/{zofia.pk}/")
    other = points.hand_in(source="need", text="A price list", by=rep)
    of = meeting(people=(head, rep))
    agenda.begin(meeting=of, by=head)
    due = TUESDAY.date() + timedelta(days=3)
    for point in Point.objects.filter(meeting=of):
        key = f"own:{point.pk}" if point.source in {"need", "problem"} else f"{point.source}:{point.subject}"
        if point != other:
            text = (
                "Call Zofia"
                if point in {about} or point.source == "dispute"
                else "Write to zofia@kwarcolit.example"
            )
            decisions.record(meeting=of, key=key, text=text, owner=rep, due_on=due, by=head, at=TUESDAY)
    minutes.send(meeting=of, by=head)
    Alert.objects.update(resolved_at=TUESDAY)
    Alert.objects.filter(kind__in=["silent", "overload"]).delete()  # the facts follow by themselves
    for label in ("meetings.Point", "meetings.Decision"):
        assert BY_LABEL[label].rows(zofia.pk).exists()
    erasing.erase(lead=zofia, by=admin)
    assert left() == []
    other.refresh_from_db()
    own.refresh_from_db()
    assert (other.text, own.text) == ("A price list", "… got two mails")
    assert Decision.objects.count() == Point.objects.filter(meeting=of).count() - 1
    assert Meeting.objects.get(pk=of.pk).sent_version
