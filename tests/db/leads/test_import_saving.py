"""An import from the paste to the leads: counts, restart, idempotence, undo, columns and cells."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone

from leads.domain.words import Door
from leads.models import Arrival, Handoff, Import, ImportRow, Lead, LeadKey
from leads.services import arrivals, import_basics, import_saving, imports, marking, preview_page
from leads.services.arrivals import LeadData
from leads.services.import_rows import Saver
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.notices.models import Notice
from tests.factories.accounts import person
from tests.factories.campaigns import campaign
from tests.factories.leads import fresh, lead, reason

pytestmark = pytest.mark.django_db

HEAD = "Name\tPhone\tE-mail\n"


def listed(count: int, start: int = 0) -> str:
    return HEAD + "".join(f"Lead {n}\t\tl{n}@example.com\n" for n in range(start, start + count))


def paste(text: str, *, into=None, by=None) -> Import:
    return imports.take_text(campaign=into or campaign(), by=by or person("marketer"), text=text)


def saved(batch: Import) -> Import:
    return imports.save(batch=batch, by=batch.by)


def sums_up(batch: Import) -> bool:
    return batch.read == batch.created + batch.updated + batch.already_here + batch.rejected


def test_ready_rows_are_saved_bad_ones_kept_with_cell_and_reason_known_ones_arrive_again() -> None:
    rep = person("rep")
    where = campaign()
    old = lead(campaign=where, owner=rep, email="old@example.com")
    text = HEAD + "Anna\t\tanna@example.com\nBad\t\ta@b@example.com\nOld\t\told@example.com\n"
    batch = paste(text, into=where)
    shown = preview_page.page_of(batch)
    assert (shown.total, shown.ready, shown.fix, shown.here) == (3, 1, 1, 1)
    bad = shown.rows[1].cells[2]
    assert "two @" in bad.problem
    assert shown.rows[2].here.owner == rep.short_name
    done = saved(batch)
    assert (done.state, done.read, done.created, done.already_here, done.rejected) == ("done", 3, 1, 1, 1)
    kept = ImportRow.objects.get()
    assert (kept.number, kept.problems[0]["column"]) == (3, "E-mail")
    assert Arrival.objects.filter(lead=old).count() == 2
    assert Lead.objects.filter(owner=rep, name="Anna").exists()


def test_what_came_is_kept_by_column_name() -> None:
    saved(paste("Name\tE-mail\tShoe size\nAnna\ta@example.com\t38\n"))
    assert Arrival.objects.get().payload == {"Name": "Anna", "E-mail": "a@example.com", "Shoe size": "38"}


def test_the_preview_names_rows_that_repeat_within_the_list() -> None:
    batch = paste(HEAD + "Anna\t\ta@example.com\nAnna M.\t\tA@example.com\n")
    assert preview_page.page_of(batch).rows[1].here.first_row == 2
    done = saved(batch)
    assert (done.created, done.already_here) == (1, 1)


def test_each_rep_is_told_once_about_the_whole_list() -> None:
    person("rep")
    saved(paste(listed(30)))
    assert Notice.objects.filter(kind="leads_handed").count() == 1


def test_the_dry_run_says_what_routing_then_does() -> None:
    for _rep in range(3):
        person("rep")
    batch = paste(listed(7))
    shown = preview_page.page_of(batch)
    assert (shown.gate_first, shown.gate_last) == (1, 7)
    saved(batch)
    counts = sorted(
        Handoff.objects.filter(rep=rep).count() for rep in {h.rep_id for h in Handoff.objects.all()}
    )
    assert sorted(count for _name, count in shown.share.reps) == counts


def test_the_same_list_again_is_refused_with_the_earlier_import() -> None:
    where = campaign()
    first = saved(paste(listed(2), into=where))
    with pytest.raises(Conflict) as known:
        paste(listed(2), into=where)
    assert known.value.context["batch"] == first
    assert Arrival.objects.count() == 2


def test_pasting_again_before_saving_goes_on_with_the_same_preview() -> None:
    where, marketer = campaign(), person("marketer")
    assert paste(listed(2), into=where, by=marketer) == paste(listed(2), into=where, by=marketer)


def test_saving_twice_saves_once() -> None:
    batch = paste(listed(2))
    saved(batch)
    again = saved(batch)
    assert (again.created, Lead.objects.count()) == (2, 2)


def test_a_long_list_waits_for_the_worker_and_is_saved_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_saving, "DIRECT", 3)
    monkeypatch.setattr(import_saving, "BATCH", 2)
    batch = saved(paste(listed(7)))
    assert batch.state == "waiting"
    assert not Lead.objects.exists()
    imports.resume_all()
    batch.refresh_from_db()
    assert (batch.state, batch.created, batch.read) == ("done", 7, 7)


def test_after_a_crash_the_next_run_goes_on_without_a_double_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_saving, "DIRECT", 3)
    monkeypatch.setattr(import_saving, "BATCH", 2)
    batch = saved(paste(HEAD + "Bad\tx\t\n" + listed(6)[len(HEAD) :]))
    real, calls = Saver.save, []

    def dies_in_the_third(self: Saver, rows, remarks):
        calls.append(1)
        counts = real(self, rows, remarks)
        if len(calls) == 3:
            raise SystemExit  # as good as kill -9: nothing of ours runs after it
        return counts

    with monkeypatch.context() as patched:
        patched.setattr(Saver, "save", dies_in_the_third)
        with pytest.raises(SystemExit):
            imports.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.read, batch.done_row) == ("running", 4, 5)
    assert sums_up(batch)
    imports.resume_all()
    batch.refresh_from_db()
    assert (batch.state, batch.read, batch.created, batch.rejected) == ("done", 7, 6, 1)
    assert Lead.objects.count() == LeadKey.objects.count() == 6


def test_a_fault_leaves_the_reason_and_can_be_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = paste(listed(2))
    with monkeypatch.context() as patched:
        patched.setattr(
            Saver, "save", lambda *_args: (_ for _ in ()).throw(OSError("No space left on device"))
        )
        failed = saved(batch)
    assert failed.state == "failed"
    assert "No space left" in failed.error
    assert not Lead.objects.exists()
    assert saved(failed).created == 2


def test_an_import_can_be_undone_and_the_list_brought_again() -> None:
    person("rep")
    where = campaign()
    old = lead(campaign=where, email="l0@example.com")
    done = saved(paste(listed(3), into=where))
    assert done.created == 2
    undone = imports.undo(batch=done, by=done.by)
    assert undone.state == "undone"
    assert list(Lead.objects.all()) == [old]
    assert Arrival.objects.count() == 1
    again = saved(paste(listed(3), into=where))
    assert again.created == 2
    numbers = Lead.objects.order_by("gate_number").values_list("gate_number", flat=True)
    assert list(numbers) == [1, 2, 3]


def closed_with(rep, where, email: str) -> Lead:
    old = lead(campaign=where, owner=rep, email=email)
    marking.mark(lead=old, value="not_a_fit", by=rep, version=None, reason=reason("too_small"))
    return fresh(old)


def as_it_stands(one: Lead) -> dict[str, object]:
    left_out = {"version", "last_activity_at"}
    return {
        name: value for name, value in vars(fresh(one)).items() if name not in left_out and name[0] != "_"
    }


def test_undo_closes_again_what_the_import_opened_and_gives_it_back_to_who_had_it() -> None:
    rep, where = person("rep"), campaign()
    old = closed_with(rep, where, "l0@example.com")
    free = lead(campaign=where, email="l1@example.com")
    before = [as_it_stands(old), as_it_stands(free)]
    done = saved(paste(listed(3), into=where))
    assert (fresh(old).stage, fresh(free).owner) == ("contacted", rep)
    assert Handoff.objects.filter(lead=old, ended_at=None).exists()
    imports.undo(batch=done, by=done.by)
    assert [as_it_stands(old), as_it_stands(free)] == before
    assert not Handoff.objects.filter(ended_at=None).exists()
    assert set(Handoff.objects.filter(at__gte=done.started_at).values_list("end", flat=True)) == {"undone"}
    assert old.events.last().after["undone"] == done.pk


def test_a_lead_that_the_import_opened_and_somebody_worked_keeps_the_import() -> None:
    rep, where = person("rep"), campaign()
    old = closed_with(rep, where, "l0@example.com")
    done = saved(paste(listed(1), into=where))
    marking.mark(lead=fresh(old), value="qualified", by=rep, version=None)
    with pytest.raises(Conflict):
        imports.undo(batch=done, by=done.by)
    assert fresh(old).stage == "qualified"


def test_a_lead_that_came_through_another_door_meanwhile_stays_open_when_the_import_is_undone() -> None:
    rep, where = person("rep"), campaign()
    old = closed_with(rep, where, "l0@example.com")
    done = saved(paste(listed(1), into=where))
    arrivals.receive(
        data=LeadData(name="Lead 0", email="l0@example.com"), campaign=where, door=Door.FORM, by=None
    )
    imports.undo(batch=done, by=done.by)
    assert fresh(old).stage == "contacted"
    assert Arrival.objects.filter(lead=old).count() == 2


def test_an_import_whose_lead_was_worked_stays() -> None:
    rep = person("rep")
    done = saved(paste(listed(2)))
    marking.mark(lead=Lead.objects.first(), value="qualified", by=rep, version=None)
    with pytest.raises(Conflict):
        imports.undo(batch=done, by=done.by)
    assert Lead.objects.count() == 2


def test_after_a_day_an_import_stays() -> None:
    done = saved(paste(listed(1)))
    Import.objects.update(finished_at=timezone.now() - timedelta(days=1, seconds=1))
    with pytest.raises(Conflict):
        imports.undo(batch=done, by=done.by)


def test_undo_of_leads_worked_elsewhere_takes_back_what_the_second_file_changed() -> None:
    marketer, where = person("marketer"), campaign()
    first = paste("ID\tName\nx1\tAnna\n", into=where, by=marketer)
    options = imports.Options(is_history=True, namespace="old")
    imports.set_columns(batch=first, by=marketer, fields={0: "external_id", 1: "name"}, options=options)
    saved(first)
    second = paste("ID\tName\tWon on\nx1\tAnna\t2025-03-04\nx2\tEwa\t\n", into=where, by=marketer)
    imports.set_columns(
        batch=second, by=marketer, fields={0: "external_id", 1: "name", 2: "won_at"}, options=options
    )
    done = saved(second)
    assert (done.updated, done.created) == (1, 1)
    anna = Lead.objects.get(name="Anna")
    assert anna.stage == "won"
    imports.undo(batch=done, by=marketer)
    assert (fresh(anna).stage, fresh(anna).won_at, fresh(anna).qualified_at) == ("new", None, None)
    assert not Lead.objects.filter(name="Ewa").exists()


def test_a_cell_is_corrected_in_the_preview_and_the_file_stays_as_it_came() -> None:
    batch = paste(HEAD + "Anna\tabc\t\n")
    assert preview_page.page_of(batch).fix == 1
    batch = imports.set_cell(batch=batch, by=batch.by, row=2, column=1, text="+48 601 234 567")
    assert preview_page.page_of(batch).fix == 0
    saved(batch)
    assert Lead.objects.get().phone == "+48601234567"
    with batch.file.open("rb") as stream:
        assert b"abc" in stream.read()


def test_cells_beyond_the_last_column_can_be_left_out() -> None:
    batch = paste("Name\tE-mail\nAnna\ta@example.com\textra\nEwa\te@example.com\n")
    assert preview_page.page_of(batch).rows[0].has_extra
    batch = imports.set_cell(batch=batch, by=batch.by, row=2, column=-1, text="")
    assert saved(batch).created == 2


def test_columns_can_be_given_another_meaning_and_are_remembered() -> None:
    marketer = person("marketer")
    batch = paste("Who\tWhere from\tE-mail\nAnna\tMaj\ta@example.com\n", by=marketer)
    imports.set_columns(batch=batch, by=marketer, fields={0: "name", 1: "company", 2: "email"})
    saved(batch)
    assert Lead.objects.get().company == "Maj"
    again = paste("Who\tWhere from\tE-mail\nEwa\tLis\te@example.com\n", by=marketer)
    assert again.columns == ["name", "company", "email"]


def test_one_field_for_two_columns_is_refused() -> None:
    batch = paste("A\tB\nAnna\tMaj\n")
    with pytest.raises(Invalid):
        imports.set_columns(batch=batch, by=batch.by, fields={0: "name", 1: "name"})


def test_while_day_and_month_could_be_swapped_nothing_is_saved() -> None:
    marketer = person("marketer")
    batch = paste("Name\tE-mail\tReceived\nAnna\ta@example.com\t03/04/2025\n", by=marketer)
    with pytest.raises(Invalid):
        imports.save(batch=batch, by=marketer)
    fields = dict(enumerate(batch.columns))
    batch = imports.set_columns(batch=batch, by=marketer, fields=fields, orders={2: "mdy"})
    assert preview_page.page_of(batch).ambiguous
    imports.save(batch=batch, by=marketer)
    assert Lead.objects.get().received_at.date().isoformat() == "2025-03-04"


def test_a_dropped_list_saves_nothing() -> None:
    batch = paste(listed(2))
    assert imports.cancel(batch=batch, by=batch.by).state == "cancelled"
    assert saved(batch).state == "cancelled"
    assert not Lead.objects.exists()


def test_a_stopped_save_keeps_what_is_in_and_counts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_saving, "DIRECT", 0)
    batch = saved(paste(listed(3)))
    assert imports.cancel(batch=batch, by=batch.by).state == "cancelled"
    assert imports.resume_all() == 0


def test_a_rep_may_not_log() -> None:
    with pytest.raises(NotAllowed):
        paste(listed(1), by=person("rep"))


def test_the_worker_looks_through_a_long_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_basics, "SEEN_AT_ONCE", 1)
    batch = paste(listed(3))
    assert batch.scanned_at is None
    imports.resume_all()
    batch.refresh_from_db()
    assert preview_page.page_of(batch).ready == 3


def test_pages_and_filters_show_the_rows_asked_for() -> None:
    batch = paste(listed(60) + "Bad\t\tx\n")
    assert [row.number for row in preview_page.page_of(batch, after=51).rows] == list(range(52, 63))
    (bad,) = preview_page.page_of(batch, show="fix").rows
    assert bad.number == 62


def test_set_based_and_one_by_one_give_the_same_lead() -> None:
    where = campaign()
    saved(
        paste("Name\tPhone\tE-mail\tCountry\nAnna Łęcka\t601 234 567\tAnna@Example.com\tPoland\n", into=where)
    )
    pasted = Lead.objects.get()
    other = arrivals.receive(
        data=LeadData(name="Anna Łęcka", phone="601 234 568", email="Anna2@Example.com", country="PL"),
        campaign=where,
        door=Door.HAND,
        by=None,
    ).lead
    assert (pasted.phone[:-1], pasted.country, pasted.search.split("\n")[0]) == (
        other.phone[:-1],
        other.country,
        other.search.split("\n")[0],
    )


def test_a_file_is_taken_in_and_its_name_shown() -> None:
    upload = ContentFile(listed(2).replace("\t", ",").encode("utf-16"), name="../leads list.csv")
    batch = imports.take_file(campaign=campaign(), by=person("marketer"), upload=upload, size=upload.size)
    assert (batch.name, saved(batch).created) == ("leads list.csv", 2)


@pytest.mark.postgres
def test_the_database_looks_anew_at_tables_that_a_long_list_filled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_saving, "MANY", 40)
    saved(paste(listed(60)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = %s", [Lead._meta.db_table])
        assert cursor.fetchone()[0] >= 60, (
            "a planner that believes the table empty reads all of it for each batch"
        )
