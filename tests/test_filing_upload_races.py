"""A workbook carried out while the same filing is handed in on the screen, on PostgreSQL: one of them wins and says so, nothing is lost."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tasks.errors import StaleUpdate, WorkflowError
from tasks.models import FilingUpload, ProgressUpdate, SourceFile, StatusChange
from tasks.rules import PeriodState, Status
from tasks.services import filing, filing_uploads
from tasks.services.filing import save_draft, submit_update
from tasks.services.filing_uploads import Entry, apply_upload, discard_upload
from tasks.services.periods import begin_issuing
from tests.conftest import World
from tests.filingbooks import downloaded, uploaded
from tests.test_races import at_once, committed, locks, meet_before, meeting  # noqa: F401

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

SHEET, SCREEN = "表中写的进展。", "线上提交的进展。"


@pytest.fixture
def upload(committed: World) -> FilingUpload:  # noqa: F811
    world = committed
    book = downloaded(world.cast.reporter, world.q1, world.fgj).put(1, progress_text=SHEET)
    return uploaded(world.cast.reporter, world.q1, world.fgj, book)


def entries(world: World, base_version: int = 0) -> list[Entry]:
    values = {"self_status": "on_schedule", "progress_text": SHEET}
    other = {"self_status": "in_progress", "percent": 20, "progress_text": "另一项的进展。"}
    return [Entry(5, world.support, values, base_version), Entry(6, world.terminal, other, 0)]


def carry_out(world: World, upload: FilingUpload, base_version: int = 0) -> Callable[[], FilingUpload]:
    return lambda: apply_upload(
        upload_id=upload.pk, actor=world.cast.reporter, submit=True, entries=entries(world, base_version)
    )


def test_the_sheet_and_the_screen_at_once(
    committed: World,  # noqa: F811
    upload: FilingUpload,
    locks: bool,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
):
    world = committed
    begun = save_draft(
        assignment=world.support, period=world.q1, actor=world.cast.reporter, values={}, base_version=0
    )

    def on_screen() -> ProgressUpdate:
        return submit_update(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.approver,
            values=world.values(progress_text=SCREEN),
            base_version=begun.version,
        )

    meet_before(monkeypatch, filing, "_write_content")
    carried, screen = at_once(carry_out(world, upload, begun.version), on_screen)
    update = ProgressUpdate.objects.get(assignment=world.support)
    handed_in = StatusChange.objects.filter(update=update)
    assert isinstance(carried, FilingUpload)
    if not locks:
        # Both wrote, one over the other: what the locks are for.
        assert handed_in.count() == 2
        return
    assert handed_in.count() == 1
    result = carried.outcome["5"]
    if isinstance(screen, ProgressUpdate):
        assert (update.progress_text, result["result"]) == (SCREEN, "overtaken")
        assert world.cast.approver.name in result["message"]
        # What the sheet says is not lost: it is in the upload as it came.
        assert any(row["values"]["progress_text"] == SHEET for row in carried.rows)
    else:
        assert isinstance(screen, StaleUpdate)
        assert (update.progress_text, result["result"]) == (SHEET, "submitted")
    other = ProgressUpdate.objects.get(assignment=world.terminal)
    assert other.status == Status.SUBMITTED, "the other row does not fall with it"


def test_two_clicks_at_once_carry_out_once(committed: World, upload: FilingUpload):  # noqa: F811
    world = committed
    results = at_once(carry_out(world, upload), carry_out(world, upload))
    assert [type(result) for result in results] == [FilingUpload, FilingUpload]
    assert results[0].outcome == results[1].outcome
    assert ProgressUpdate.objects.count() == 2
    assert StatusChange.objects.count() == 2


def test_dropped_and_carried_out_at_once(committed: World, upload: FilingUpload):  # noqa: F811
    world = committed
    carried, dropped = at_once(
        carry_out(world, upload), lambda: discard_upload(upload_id=upload.pk, actor=world.cast.reporter)
    )
    kept = FilingUpload.objects.filter(pk=upload.pk).first()
    if isinstance(carried, WorkflowError):
        assert (kept, dropped, ProgressUpdate.objects.count()) == (None, None, 0)
    else:
        assert isinstance(dropped, WorkflowError)
        assert kept is not None
        assert kept.applied_at is not None


def test_of_two_uploads_at_once_one_is_left(committed: World, monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    world = committed
    data = downloaded(world.cast.reporter, world.q1, world.fgj).save()
    meet_before(monkeypatch, filing_uploads, "_keep")

    def upload() -> FilingUpload:
        return uploaded(world.cast.reporter, world.q1, world.fgj, data)

    results: list[Any] = at_once(upload, upload)
    assert [type(result) for result in results] == [FilingUpload, FilingUpload]
    assert FilingUpload.objects.count() == 1
    assert SourceFile.objects.count() == 1


def test_one_person_uploads_again_while_what_they_did_elsewhere_is_written(
    committed: World,  # noqa: F811
    upload: FilingUpload,
    monkeypatch: pytest.MonkeyPatch,
):
    """Each step of a filing names the person, each upload the quarter: neither may wait for the other's lock for ever."""
    world = committed
    data = downloaded(world.cast.reporter, world.q1, world.fgj).save()
    barrier = threading.Barrier(2)
    # The one has locked the quarter and its upload, the other the person.
    monkeypatch.setattr(filing, "_write_content", meeting(barrier, filing._write_content))
    monkeypatch.setattr(filing_uploads, "_drop", meeting(barrier, filing_uploads._drop))
    monkeypatch.setattr(filing_uploads, "clean_name", meeting(barrier, filing_uploads.clean_name))

    def on_screen() -> ProgressUpdate:
        return submit_update(
            assignment=world.support,
            period=world.q1,
            actor=world.cast.reporter,
            values=world.values(progress_text=SCREEN),
            base_version=0,
        )

    results: list[Any] = at_once(on_screen, lambda: uploaded(world.cast.reporter, world.q1, world.fgj, data))
    assert [type(result) for result in results] == [ProgressUpdate, FilingUpload]
    carried, again = at_once(
        lambda: apply_upload(
            upload_id=results[1].pk, actor=world.cast.reporter, submit=True, entries=entries(world)[1:]
        ),
        lambda: uploaded(world.cast.reporter, world.q1, world.fgj, data),
    )
    assert isinstance(again, FilingUpload)
    # Whichever is first: it was carried out, or the newer upload took its place and says so.
    assert isinstance(carried, FilingUpload) or "已由新上传的代替" in str(carried)
    written = ProgressUpdate.objects.filter(assignment=entries(world)[1].assignment).exists()
    assert written == isinstance(carried, FilingUpload)


def test_the_quarter_is_issued_while_a_workbook_is_carried_out(
    committed: World,  # noqa: F811
    upload: FilingUpload,
):
    world = committed
    carried, _ = at_once(
        carry_out(world, upload),
        lambda: begin_issuing(period_id=world.q1.pk, actor=world.cast.office),
    )
    world.q1.refresh_from_db()
    assert world.q1.state == PeriodState.ISSUING
    found = ProgressUpdate.objects.count()
    assert found == (0 if isinstance(carried, WorkflowError) else 2), "all of it before, or nothing after"
