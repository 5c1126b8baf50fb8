"""Erasing somebody: nothing of them is left anywhere, and every figure is what it was."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.db import models
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from feedback.models import Dispute, Question
from feedback.services import disputes, questions
from leads.domain.words import Door, EventKind
from leads.models import Answer, Handoff, Import, Lead, LeadEvent, LeadKey, Lookalike, Merge
from leads.services import (
    activities,
    answers,
    arrivals,
    consents,
    editing,
    follow_up,
    handoff,
    imports,
    learned,
    marking,
    merging,
    outcomes,
    saved_views,
)
from leads.services.same_lead import Consented
from leadsync.accounts import exports
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.hooks.models import Delivery, Endpoint
from leadsync.intake.models import Payload, Source
from leadsync.kpi.models import CohortFact, DayFact
from leadsync.kpi.services import rollup
from leadsync.notices import delivery
from leadsync.notices.models import Alert, Message, Notice
from leadsync.privacy.models import Erasure
from leadsync.privacy.services import erasing
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import agreement_in_force, fresh, lead, reason

pytestmark = pytest.mark.django_db

# What is planted of one person; none of it may be found anywhere afterwards.
NAME, COMPANY = "Zofia Żółćikowska", "Kwarcolit Zażółć"
MAIL, PHONE = "zofia@kwarcolit.example", "+48600111222"
WORDS = ("żółćikowska", "kwarcolit", "600111222", "600 111 222", "tajneslowo")


def texts(model: type[models.Model]) -> Iterator[tuple[str, Any]]:
    """Every text, document and file name in a table."""
    kinds = (models.CharField, models.TextField, models.JSONField, models.FileField)
    names = [field.attname for field in model._meta.concrete_fields if isinstance(field, kinds)]
    for row in model._default_manager.values_list("pk", *names):
        for name, value in zip(names, row[1:], strict=True):
            yield f"{model._meta.label}.{name} of {row[0]}", value


def left(folder: Path) -> list[str]:
    """Where anything of the person is still to be found: in any column of any table, in any file."""
    found = []
    for model in apps.get_models():
        for place, value in texts(model):
            text = json.dumps(value, ensure_ascii=False, default=str).casefold()
            found += [f"{place}: {text[:120]}" for word in WORDS if word in text]
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace").casefold()
            found += [f"{path.name}" for word in WORDS if word in text]
    return found


class Everywhere:
    """One person, come through every door and worked on with everything that keeps words."""

    def __init__(self) -> None:
        self.head = person("head_of_sales", name="Tomasz Head")
        self.marketer, self.rep = person("marketer"), person("rep")
        self.director = person("director")
        agreement_in_force(
            criteria=[
                {"key": "budget", "question": "Is there a budget?"},
                {"key": "area", "question": "How many square metres?", "kind": "number", "threshold": 100},
                {"key": "goods", "question": "What is stored?", "kind": "text"},
                {"key": "size", "question": "How big?", "kind": "choice", "choices": ["small", "large"]},
            ]
        )
        self.campaign = campaign(owner=self.marketer)
        data = arrivals.LeadData(
            name=NAME,
            company=COMPANY,
            job_title="Tajneslowo manager",
            email=MAIL,
            phone="+48 600 111 222",
            city="Tajneslowo",
            need="A hall for Tajneslowo",
            external_id="tajneslowo-7",
            namespace="shop",
            answers={"budget": True, "area": "250", "goods": "tajneslowo", "size": "large"},
            consent=Consented("Yes, Tajneslowo may call", "https://example.com/?mail=" + MAIL),
        )
        self.lead = arrivals.receive(
            data=data, campaign=self.campaign, door=Door.FORM, by=None, hand_off=False
        ).lead
        other = lead(campaign=self.campaign, owner=self.rep, name="Somebody Else")
        self.other = other
        handoff.give(lead=self.lead, to=self.rep, by=self.head, why={"rule": "by_hand", "note": "tajneslowo"})
        self._pasted()
        self._worked()
        self._talked_about()
        self._looked_at()

    def _pasted(self) -> None:
        """Once saved, once with a row refused, once with a cell changed and never saved."""
        head = "Name\tE-mail\tPhone\n"
        known = imports.take_text(
            campaign=self.campaign,
            by=self.marketer,
            text=f"{head}{NAME}\t{MAIL}\t\nTwo\ttwo@example.com\t\n",
        )
        imports.save(batch=known, by=self.marketer)
        refused = imports.take_text(
            campaign=self.campaign,
            by=self.marketer,
            text=f"{head}{NAME}\tnot@an@address\t{PHONE}\nThree\tthree@example.com\t\n",
        )
        imports.save(batch=refused, by=self.marketer)
        waiting = imports.take_file(
            campaign=self.campaign,
            by=self.marketer,
            upload=ContentFile(f"{head}Four\t{MAIL}\t\n".encode(), name="list.tsv"),
            size=200,
        )
        imports.set_cell(batch=waiting, by=self.marketer, row=2, column=0, text="Tajneslowo")
        self.known, self.refused, self.waiting = known, refused, waiting

    def _worked(self) -> None:
        found, rep = fresh(self.lead), self.rep
        editing.edit(
            lead=found, by=rep, changes={"company": f"{COMPANY} SA", "email": "zofia2@kwarcolit.example"}
        )
        follow_up.add_note(lead=found, by=rep, text="Tajneslowo note")
        activities.log(lead=found, by=rep, kind="call", outcome="reached", note="Said tajneslowo")
        learned.say(lead=found, topic="need", words="Tajneslowo shelves", by=rep)
        answers.answer(lead=found, key="goods", value="Tajneslowo pallets", source="rep", by=rep)
        consents.note(
            lead=found, by=rep, is_given=False, text="No more calls, Tajneslowo", place="Tajneslowo"
        )
        made = marking.mark(
            lead=found,
            value="not_a_fit",
            by=rep,
            reason=reason("no_budget"),
            note="Tajneslowo has no money",
            version=None,
        )
        disputes.dispute(mark=made, wanted="promising", text="Tajneslowo told us otherwise", by=self.marketer)

    def _talked_about(self) -> None:
        asked = questions.ask(
            text="What did Tajneslowo say?", answerer=self.rep, by=self.marketer, lead=fresh(self.lead)
        )
        questions.reply(question=asked, text="Tajneslowo said no", by=self.rep)
        questions.ask(
            text=f"Does {NAME} ({MAIL}) belong to this campaign?",
            answerer=self.marketer,
            by=self.head,
            campaign=self.campaign,
        )
        Alert.objects.create(kind="unreadable", subject="1", context={"from": MAIL}, opened_at=timezone.now())
        delivery.compose(at=timezone.now())
        Message.objects.create(
            key="x",
            address="x@example.com",
            subject=f"About {NAME}",
            body=f"Call 600 111 222 or {MAIL}",
            created_at=timezone.now(),
        )

    def _looked_at(self) -> None:
        saved_views.save(
            by=self.rep, name=NAME, query=f"stage=new&q={MAIL.replace('@', '%40')}", is_team=False
        )
        exports.record(kind=exports.Kind.LEADS, by=self.rep, what=f"q={MAIL}", rows=1)
        now = timezone.now()
        source = Source.objects.create(
            kind="generic",
            name="S",
            campaign=self.campaign,
            key="s",
            secret="s",
            created_at=now,
            changed_at=now,
        )
        for number, lead_id in enumerate((self.lead.pk, None)):
            Payload.objects.create(
                source=source,
                received_at=now,
                external_id=MAIL,
                digest=str(number),
                body=json.dumps(
                    {"mail": MAIL, "tel": "+48 600-111-222"} | ({"t": "tajneslowo"} if lead_id else {})
                ),
                state="taken" if lead_id else "unreadable",
                reason={"value": "x"},
                lead_id=lead_id,
            )
        endpoint = Endpoint.objects.create(
            name="CRM", address="https://x.example", secret="s", created_at=now, changed_at=now
        )
        Delivery.objects.create(
            endpoint=endpoint,
            key="k",
            event="lead.marked",
            lead_id=self.lead.pk,
            body=f"{NAME} tajneslowo",
            created_at=now,
        )
        first, second = sorted((self.lead.pk, self.other.pk))
        Lookalike.objects.create(
            first_id=first, second_id=second, score=95, evidence={"name": [NAME]}, found_at=now
        )
        Merge.objects.create(
            survivor=self.lead, gone_id=999_999, at=now, snapshot={"lead": {"name": "Tajneslowo"}}
        )


@pytest.fixture
def everywhere() -> Everywhere:
    return Everywhere()


def test_nothing_of_the_person_is_left_in_any_table_or_file(
    everywhere: Everywhere,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    folder = Path(settings.MEDIA_ROOT)
    before = left(folder)
    assert len({line.partition(" of ")[0] for line in before}) > 30, "the test has to plant more"
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head, note="Asked by mail")
    assert left(folder) == []


def figures() -> list[Any]:
    rollup.roll_up_full()
    return [
        [row[1:] for row in DayFact.objects.order_by("on", "campaign", "rep").values_list()],
        [row[1:] for row in CohortFact.objects.order_by("month", "campaign", "stage", "mark").values_list()],
        list(
            Lead.objects.order_by("pk").values_list(
                "stage",
                "mark",
                "reason",
                "amount",
                "won_at",
                "received_at",
                "minutes",
                "gate_number",
                "country",
            )
        ),
    ]


def test_every_figure_is_what_it_was(everywhere: Everywhere) -> None:
    won = lead(owner=everywhere.rep, campaign=everywhere.campaign)
    outcomes.win(lead=won, by=everywhere.rep, amount=Decimal("1200.50"), version=None)
    before = figures()
    for one in (everywhere.lead, won):
        erasing.erase(lead=fresh(one), by=everywhere.head)
    assert figures() == before
    assert rollup.check() == []


def test_the_lead_stays_without_a_name_and_its_history_without_words(everywhere: Everywhere) -> None:
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    found = fresh(everywhere.lead)
    assert found.erased_at is not None
    assert (found.title, found.name, found.email, found.phone, found.search) == ("Erased", "", "", "", "")
    assert not LeadKey.objects.filter(lead=found).exists()
    last = LeadEvent.objects.filter(lead=found).latest("pk")
    assert (last.kind, last.by, last.before, last.after) == (EventKind.ERASED, everywhere.head, {}, {})
    # What the definition measured by stays measured: what names nobody as it was, the rest as something known.
    assert dict(Answer.objects.filter(lead=found).values_list("key", "value")) == {
        "budget": True,
        "area": "250",
        "size": "large",
        "goods": "…",
    }


def test_nothing_can_be_done_with_an_erased_lead_any_more(everywhere: Everywhere) -> None:
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    with pytest.raises(Invalid, match="erased"):
        editing.edit(lead=fresh(everywhere.lead), by=everywhere.head, changes={"name": "Back again"})
    with pytest.raises(Invalid, match="erased"):
        erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    assert Erasure.objects.count() == 1


def test_the_same_person_coming_again_is_a_new_lead(everywhere: Everywhere) -> None:
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    again = arrivals.receive(
        data=arrivals.LeadData(name=NAME, email=MAIL), campaign=everywhere.campaign, door=Door.HAND, by=None
    )
    assert again.is_new
    assert again.lead.pk != everywhere.lead.pk


def test_a_running_promise_ends_as_erased_and_questions_and_disputes_are_closed(
    everywhere: Everywhere,
) -> None:
    waiting = lead(owner=everywhere.rep, campaign=everywhere.campaign)
    asked = questions.ask(text="Who is it?", answerer=everywhere.rep, by=everywhere.marketer, lead=waiting)
    for one in (waiting, everywhere.lead):
        erasing.erase(lead=fresh(one), by=everywhere.head)
    ended = Handoff.objects.get(lead=waiting)
    assert (ended.end, ended.next_check_at) == ("erased", None)
    assert Question.objects.get(pk=asked.pk).closed_at is not None
    assert Dispute.objects.get(lead=everywhere.lead).state == Dispute.State.WITHDRAWN


def test_others_keep_what_is_theirs(everywhere: Everywhere) -> None:
    follow_up.add_note(lead=fresh(everywhere.other), by=everywhere.rep, text="Wants shelves")
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    other = fresh(everywhere.other)
    assert (other.name, other.erased_at) == ("Somebody Else", None)
    assert other.activities.get().note == "Wants shelves"
    assert Question.objects.get(campaign=everywhere.campaign).text == "Does … (…) belong to this campaign?"


def test_an_import_can_still_be_undone_and_says_that_its_file_is_gone(
    everywhere: Everywhere, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    batch = imports.take_text(
        campaign=everywhere.campaign,
        by=everywhere.marketer,
        text="Name\tE-mail\nJan Erased\tjan@erased.example\nEva Stays\teva@stays.example\n",
    )
    imports.save(batch=batch, by=everywhere.marketer)
    batch.refresh_from_db()
    path = Path(batch.file.path)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(lead=Lead.objects.get(name="Jan Erased"), by=everywhere.head)
    assert not path.exists()
    batch.refresh_from_db()
    assert not batch.file
    assert batch.options["file_erased_at"]
    assert imports.undo(batch=batch, by=everywhere.marketer).state == Import.State.UNDONE
    assert not Lead.objects.filter(name="Eva Stays").exists()


def test_a_list_that_was_not_saved_yet_is_dropped_with_them(everywhere: Everywhere) -> None:
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    everywhere.waiting.refresh_from_db()
    assert everywhere.waiting.state == Import.State.CANCELLED
    everywhere.refused.refresh_from_db()
    assert everywhere.refused.state == Import.State.DONE
    assert everywhere.refused.rejected == 1


def test_nothing_is_erased_while_a_list_with_them_is_being_saved(everywhere: Everywhere) -> None:
    Import.objects.filter(pk=everywhere.known.pk).update(state=Import.State.RUNNING)
    with pytest.raises(Conflict, match="being saved"):
        erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    assert fresh(everywhere.lead).name == NAME


def test_a_mail_that_waits_is_not_sent_and_what_else_it_told_comes_with_the_next_one(
    everywhere: Everywhere,
) -> None:
    mail = Message.objects.create(
        key="m", address="a@example.com", subject="2 notices", body="Two leads", created_at=timezone.now()
    )
    theirs = Notice.objects.filter(context__lead_id=everywhere.lead.pk).first()
    assert theirs is not None
    other = Notice.objects.create(
        recipient=theirs.recipient, kind="x", key="other", context={}, created_at=timezone.now(), message=mail
    )
    Notice.objects.filter(pk=theirs.pk).update(message=mail)
    erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head)
    mail.refresh_from_db()
    assert (mail.state, mail.body) == (Message.State.DROPPED, "")
    other.refresh_from_db()
    assert (other.message, other.read_at) == (None, None)


def test_only_who_may_and_who_has_read_the_lead_as_it_is(everywhere: Everywhere) -> None:
    for role in ("marketer", "rep", "director"):
        with pytest.raises(NotAllowed):
            erasing.erase(lead=fresh(everywhere.lead), by=person(role))
    with pytest.raises(Conflict):
        erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head, version=1)
    made = erasing.erase(
        lead=fresh(everywhere.lead),
        by=person("administrator"),
        note="By letter",
        version=fresh(everywhere.lead).version,
    )
    assert (made.lead_id, made.why, made.note) == (everywhere.lead.pk, "request", "By letter")
    assert made.counts["Arrival"] == 2


@pytest.mark.parametrize("note", ["Zofia Żółćikowska wrote", f"from {MAIL}", "called from 600 111 222"])
def test_a_note_that_names_the_person_is_refused(everywhere: Everywhere, note: str) -> None:
    with pytest.raises(Invalid, match="leave out") as refused:
        erasing.erase(lead=fresh(everywhere.lead), by=everywhere.head, note=note)
    assert refused.value.field == "note"


def test_who_never_became_a_lead_is_erased_by_address_or_number(everywhere: Everywhere) -> None:
    with pytest.raises(Conflict, match="There is a lead"):
        erasing.erase_unlinked(emails=MAIL, by=everywhere.head)
    with pytest.raises(Invalid):
        erasing.erase_unlinked(emails="nobody", by=everywhere.head)
    unread = Payload.objects.create(
        source=Source.objects.get(),
        received_at=timezone.now(),
        digest="u",
        body='{"x": "stranger@far.example"}',
        state="unreadable",
    )
    made = erasing.erase_unlinked(emails="Stranger@far.example", by=everywhere.head)
    unread.refresh_from_db()
    assert (unread.state, unread.body) == (Payload.State.DROPPED, "")
    assert (made.lead_id, made.counts) == (None, {"Payload": 1})


def test_who_was_merged_into_the_lead_goes_with_it(
    everywhere: Everywhere,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    survivor = lead(campaign=everywhere.campaign, name="Zofia Kwarcolit", owner=everywhere.rep)
    merging.merge(survivor=survivor, other=fresh(everywhere.lead), by=everywhere.head)
    with django_capture_on_commit_callbacks(execute=True):
        erasing.erase(lead=fresh(survivor), by=everywhere.head)
    assert left(Path(settings.MEDIA_ROOT)) == []
