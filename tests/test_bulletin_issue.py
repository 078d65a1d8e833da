"""Issuing: two transactions with a killable process between them, and nothing changes afterwards."""

import hashlib
import os
import signal
import threading
import time
from datetime import timedelta

import psutil
import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from reports.figures import plan_figures
from reports.filings import quarter_texts
from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering, RenderingState
from reports.reading import figures_for
from reports.renderers.process import Listener, RenderError, canonical_json, render_files, render_pdf
from reports.renderers.registry import formats_of
from reports.services import issuing as services
from reports.services import renderings
from reports.services.drafts import (
    StaleBulletin,
    rewrite_draft,
    start_draft,
    undecided_key,
    undecided_updates,
)
from reports.services.issuing import begin_issue, issue_bulletin, release_stalled
from reports.services.renderings import DEAD_AFTER, WAIT_LIMIT, start_waiting
from reports.texts import progress_texts
from tasks.errors import WorkflowError
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Status
from tasks.services.filing import submit_update
from tasks.services.periods import open_period
from tasks.services.review import reopen_update, return_update
from tasks.services.summaries import set_measure_summary
from tests.archive_parts import quick_files
from tests.conftest import World
from tests.drafting import save_draft


def period_of(world: World) -> ReportingPeriod:
    return ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)


def issue(world: World, **kwargs: object) -> Bulletin:
    return issue_bulletin(period_id=world.q1.pk, actor=world.cast.office, **kwargs)  # type: ignore[arg-type]


def pdf_of(bulletin: Bulletin) -> bytes:
    return bytes(bulletin.files.get(format="pdf").content)


@pytest.fixture
def filed(world: World) -> World:
    """One approved, one waiting, one sent back, one missing."""
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    world.file(world.lead)
    update = world.file(world.street_duties[0])
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充数据。")
    return world


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_files(monkeypatch)


# --- what issuing does ------------------------------------------------------------------------------


def test_issuing_stores_all_files_with_their_hashes_and_records_what_was_not_decided(filed: World) -> None:
    bulletin = issue(filed)
    stored = {file.format: file for file in bulletin.files.all()}
    assert set(stored) == set(formats_of("bulletin"))
    for file_format, content in render_files(bulletin.data or {}, list(stored)).items():
        file = stored[file_format]
        assert bytes(file.content) == content
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert pdf_of(bulletin).startswith(b"%PDF-")
    assert bulletin.data_sha256 == hashlib.sha256(canonical_json(bulletin.data or {})).hexdigest()
    assert (bulletin.status, bulletin.issued_by) == (BulletinStatus.ISSUED, filed.cast.office)
    assert period_of(filed).state == PeriodState.ISSUED
    states = dict(ProgressUpdate.objects.values_list("assignment", "status"))
    assert states == {
        filed.support.pk: Status.APPROVED,
        filed.lead.pk: Status.UNREVIEWED,
        filed.street_duties[0].pk: Status.UNMENDED,
    }
    assert (bulletin.data or {})["figures"]["filings"] == {
        "approved": 1, "unreviewed": 1, "unmended": 1, "missing": 2
    }  # fmt: skip
    assert (bulletin.data or {})["undecided"] == [
        {"measure": 1, "unit": "生态环境分局", "status": "已报未审"},
        {"measure": 2, "unit": "香炉礁街道", "status": "退回未改"},
    ]


def test_the_frozen_document_names_its_fonts_and_charts_and_holds_the_texts(
    filed: World, quick: None
) -> None:
    data = issue(filed).data or {}
    assert {font["role"] for font in data["fonts"]} >= {"title", "fang", "hei", "kai", "song", "wide"}
    assert data["charts"]["parts"][0]["option"]["series"]
    rows = {row["number"]: row for row in data["appendix"]["rows"]}
    assert rows[1]["progress"] == ["区发改局：发改局核算碳排放12家。", "已报未审：生态环境分局。"]
    assert rows[1]["lead"] == "生态环境分局"
    assert rows[2]["lead"] == ""
    assert rows[2]["progress"] == ["未报送：区发改局、日新街道。", "退回未改：香炉礁街道。"]
    assert rows[3]["progress"] == ["责任单位待确认：领导小组成员单位。"]
    assert rows[3]["value"] == ["待确认"]
    # An ongoing measure prints a word and no percent.
    assert "%" not in "".join(rows[1]["value"])


def test_what_is_told_of_a_measure_is_the_confirmed_leads_then_the_offices_then_the_units(
    world: World,
) -> None:
    lead = world.approve(world.file(world.lead, overall_text="总体进展良好。\n第二段。"))
    world.approve(world.file(world.support, progress_text="发改局文字。"))
    # The proposed lead of measure 2 is nobody's spokesman.
    world.approve(world.file(world.terminal, progress_text="已改造300米。", overall_text="不应印出。"))
    for street in world.street_duties:
        world.approve(world.file(street, no_work=True))

    def told() -> dict[int, list[str]]:
        period = period_of(world)
        return progress_texts(plan_figures(period.plan, period, timezone.now()), quarter_texts(period))

    assert told()[1] == ["总体进展良好。", "第二段。"]
    assert told()[2] == ["区发改局：已改造300米。", "本季度无相关工作：香炉礁街道、日新街道。"]
    set_measure_summary(
        measure=world.measures[1], period=world.q1, actor=world.cast.office, text="区生态办汇总。"
    )
    assert told()[2] == ["区生态办汇总。", "本季度无相关工作：香炉礁街道、日新街道。"]
    # What is not approved any more is not printed any more.
    reopen_update(update_id=lead.pk, actor=world.cast.office, version=lead.version, reason="请补充。")
    assert told()[1] == ["区发改局：发改局文字。", "退回未改：生态环境分局。"]


def test_a_draft_that_nobody_edited_is_written_anew_from_the_last_figures(filed: World, quick: None) -> None:
    start_draft(period_id=filed.q1.pk, actor=filed.cast.office)
    filed.file(filed.terminal)
    bulletin = issue(filed)
    assert any("已报送4项次" in block["text"] for block in bulletin.body)


# --- nothing changes afterwards ---------------------------------------------------------------------


def test_whatever_changes_later_figures_and_file_stay(filed: World) -> None:
    bulletin = issue(filed)
    before, content = figures_for(period_of(filed), timezone.now()), pdf_of(bulletin)
    data = Bulletin.objects.get().data

    filed.fgj.name = "区发展改革局"
    filed.fgj.save()
    filed.measures[0].text = "改过的措施。"
    filed.measures[0].save()
    filed.plan.yellow_from, filed.plan.red_from = 1, 2
    filed.plan.title = "改过的计划"
    filed.plan.save()
    filed.cast.office.name = "改过的姓名"
    filed.cast.office.save()
    filed.cast.street.is_active = False
    filed.cast.street.save()
    ProgressUpdate.objects.update(progress_text="改过的进展。", percent=None)
    filed.plan.revision += 100
    filed.plan.save()

    assert figures_for(period_of(filed), timezone.now() + timedelta(days=400)) == before
    fresh = Bulletin.objects.get()
    assert (fresh.data, pdf_of(fresh)) == (data, content)
    assert render_pdf(fresh.data or {}) == content


def test_an_issued_bulletin_and_its_file_refuse_every_change(filed: World, quick: None) -> None:
    stale = start_draft(period_id=filed.q1.pk, actor=filed.cast.office)
    bulletin = issue(filed)
    stored = bulletin.files.get(format="pdf")
    bulletin.title = "另一个标题"
    for change in (
        bulletin.save,
        stale.save,
        bulletin.delete,
        stored.save,
        stored.delete,
        lambda: Bulletin.objects.update(title="x"),
        lambda: Bulletin.objects.all().delete(),
        lambda: BulletinFile.objects.update(sha256=""),
        lambda: BulletinFile.objects.all().delete(),
    ):
        with pytest.raises(TypeError, match="印发后不得"):
            change()
    with pytest.raises(ProtectedError):
        filed.plan.delete()
    for service in (save_draft, rewrite_draft):
        arguments = {"values": {"title": "x"}} if service is save_draft else {}
        with pytest.raises(WorkflowError, match="已印发"):
            service(
                period_id=filed.q1.pk, actor=filed.cast.office, base_version=bulletin.version, **arguments
            )


def test_an_issued_quarter_is_neither_filed_nor_reviewed_nor_opened_again(filed: World, quick: None) -> None:
    issue(filed)
    with pytest.raises(WorkflowError, match="不能填报"):
        filed.file(filed.terminal)
    update = ProgressUpdate.objects.get(assignment=filed.lead)
    with pytest.raises(WorkflowError):
        filed.approve(update)
    with pytest.raises(WorkflowError):
        open_period(period_id=filed.q1.pk, actor=filed.cast.office)
    with pytest.raises(WorkflowError, match="已印发"):
        issue(filed)
    assert BulletinFile.objects.count() == len(formats_of("bulletin"))


# --- what may go wrong on the way -------------------------------------------------------------------


def kill_the_worker(found: list[int]) -> None:
    """Kill this process's renderer as soon as it is seen working."""
    me = psutil.Process(os.getpid())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not found:
        for child in me.children(recursive=True):
            try:
                if "reports.renderers.worker" in " ".join(child.cmdline()):
                    found.append(child.pid)
                    os.kill(child.pid, signal.SIGKILL)
            except psutil.Error:
                continue
        time.sleep(0.01)


def given_back(world: World, reason: str) -> None:
    """Draft and quarter are as before, with the reason on the draft."""
    bulletin = Bulletin.objects.get()
    assert bulletin.status == BulletinStatus.DRAFT
    assert reason in bulletin.error
    assert (bulletin.data, bulletin.data_sha256) == (None, "")
    assert bulletin.renderings.first().state == RenderingState.FAILED  # type: ignore[union-attr]
    assert period_of(world).state == PeriodState.CLOSED
    assert not BulletinFile.objects.exists()
    assert ProgressUpdate.objects.get(assignment=world.lead).status == Status.SUBMITTED


def test_a_killed_renderer_gives_draft_and_quarter_back_and_the_next_try_works(filed: World) -> None:
    found: list[int] = []
    killer = threading.Thread(target=kill_the_worker, args=(found,))
    killer.start()
    with pytest.raises(WorkflowError, match="被中止"):
        issue(filed)
    killer.join()
    assert found
    given_back(filed, "被中止")
    filed.file(filed.terminal)
    assert issue(filed).is_issued


def test_a_renderer_that_takes_too_long_is_killed(filed: World) -> None:
    with pytest.raises(WorkflowError, match="超过 0 秒"):
        issue(filed, seconds=0)
    given_back(filed, "超过 0 秒")
    assert not [
        child
        for child in psutil.Process(os.getpid()).children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and "reports.renderers.worker" in " ".join(child.cmdline())
    ]


def test_an_error_of_our_own_gives_draft_and_quarter_back_too(
    filed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(services, "render_files", broken)
    with pytest.raises(MemoryError):
        issue(filed)
    given_back(filed, "中途停止")


def test_where_one_of_the_files_fails_none_is_stored(filed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reports.document.formats_of", lambda _: ["pdf", "unheard-of"])
    with pytest.raises(WorkflowError, match="生成文件时出错"):
        issue(filed)
    given_back(filed, "生成文件时出错")


def test_the_row_tells_how_far_it_is_and_that_it_lives(filed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str]] = []
    original = services.listener_of

    def watched(row: Rendering, formats: list[str]) -> Listener:
        listen = original(row, formats)

        def watch(current: str, made: int) -> None:
            before = Rendering.objects.get(pk=row.pk).heartbeat_at
            listen(current, made)
            now = Rendering.objects.get(pk=row.pk)
            assert now.heartbeat_at > before  # type: ignore[operator]
            seen.append((now.state, now.step))

        return watch

    monkeypatch.setattr("reports.document.formats_of", lambda _: ["pdf"])
    monkeypatch.setattr(services, "listener_of", watched)
    issue(filed)
    assert ("running", "正在排版 PDF") in seen
    row = Rendering.objects.get()
    assert (row.state, row.step, row.asked_by, row.content) == ("done", "", filed.cast.office, None)


def freeze(world: World) -> Rendering:
    """The first transaction alone, as if the process that renders had died after it."""
    return services._freeze(world.q1.pk, world.cast.office, timezone.now(), None, None, True, running=True)


def stop_beating() -> None:
    Rendering.objects.update(heartbeat_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1))


def test_while_it_is_rendered_nothing_is_filed_edited_or_issued_twice(filed: World) -> None:
    freeze(filed)
    version = Bulletin.objects.get().version
    with pytest.raises(WorkflowError, match="不能填报"):
        filed.file(filed.terminal)
    with pytest.raises(WorkflowError, match="正在生成"):
        save_draft(
            period_id=filed.q1.pk, actor=filed.cast.office, base_version=version, values={"title": "x"}
        )
    with pytest.raises(WorkflowError, match="正在生成"):
        issue(filed)
    assert not release_stalled(period_id=filed.q1.pk, actor=filed.cast.office)
    assert Rendering.objects.count() == 1


def test_what_died_with_its_process_is_given_back_by_the_next_look_or_click(filed: World) -> None:
    freeze(filed)
    stop_beating()
    with pytest.raises(WorkflowError, match="只有区生态办"):
        release_stalled(period_id=filed.q1.pk, actor=filed.cast.lead)
    assert release_stalled(period_id=filed.q1.pk, actor=filed.cast.colleague)
    given_back(filed, "中途停止")
    freeze(filed)
    stop_beating()
    assert issue(filed).is_issued


def test_an_issue_that_no_process_takes_up_is_not_made_long_after_the_click(
    filed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    services._freeze(filed.q1.pk, filed.cast.office, timezone.now(), None, None, True)
    Rendering.objects.update(asked_at=timezone.now() - WAIT_LIMIT - timedelta(seconds=1))
    start_waiting()
    assert Bulletin.objects.get().status == BulletinStatus.RENDERING
    assert release_stalled(period_id=filed.q1.pk, actor=filed.cast.office)
    given_back(filed, "等待时间过长")


def test_where_no_process_can_be_started_the_draft_is_back_at_once(
    filed: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(row: Rendering) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(renderings, "start_process", no_room)
    with pytest.raises(WorkflowError, match="已退回草稿：生成文件的程序无法启动"):
        begin_issue(period_id=filed.q1.pk, actor=filed.cast.office)
    given_back(filed, "无法启动")


def test_a_late_renderer_stores_nothing_over_a_newer_state(filed: World) -> None:
    first = freeze(filed)
    stop_beating()
    release_stalled(period_id=filed.q1.pk, actor=filed.cast.office)
    with pytest.raises(RenderError):
        services._store(first, {"pdf": b"%PDF-late"})
    services._give_back(first, "不应出现")
    given_back(filed, "中途停止")

    second = freeze(filed)
    with pytest.raises(RenderError):
        services._store(first, {"pdf": b"%PDF-late"})
    services._give_back(first, "不应出现")
    with pytest.raises(RenderError):
        # It learns so with the next thing that it tells, and ends.
        renderings.listener_of(first, ["pdf"])("pdf", 0)
    assert Bulletin.objects.get().status == BulletinStatus.RENDERING
    assert services._store(second, {"pdf": b"%PDF-second"}).is_issued
    assert pdf_of(Bulletin.objects.get()) == b"%PDF-second"


def test_characters_that_no_font_prints_stop_the_issue_before_anything_changes(filed: World) -> None:
    draft = start_draft(period_id=filed.q1.pk, actor=filed.cast.office)
    save_draft(
        period_id=filed.q1.pk,
        actor=filed.cast.office,
        base_version=draft.version,
        values={"body": [*draft.body, {"kind": "p", "text": "进展良好😀。"}]},
    )
    with pytest.raises(WorkflowError, match=f"正文第{len(draft.body) + 1}段：😀"):
        issue(filed)
    assert period_of(filed).state == PeriodState.OPEN
    assert Bulletin.objects.get().is_draft


# --- what the person who issues has seen ------------------------------------------------------------


def test_issuing_is_refused_when_the_list_of_undecided_has_changed(filed: World) -> None:
    seen = undecided_key(undecided_updates(filed.q1))
    assert seen
    submit_update(
        assignment=filed.street_duties[0],
        period=filed.q1,
        actor=filed.cast.street,
        values=filed.values(percent=25, self_status="in_progress"),
        base_version=ProgressUpdate.objects.get(assignment=filed.street_duties[0]).version,
    )
    with pytest.raises(WorkflowError, match="刚刚有变化"):
        issue(filed, undecided=seen)
    assert period_of(filed).state == PeriodState.OPEN


def test_issuing_is_refused_when_text_or_data_have_changed_since(filed: World) -> None:
    draft = start_draft(period_id=filed.q1.pk, actor=filed.cast.office)
    filed.file(filed.terminal)
    with pytest.raises(WorkflowError, match="数据有变化"):
        issue(filed, version=draft.version, accept_old_words=False)
    saved = save_draft(
        period_id=filed.q1.pk,
        actor=filed.cast.colleague,
        base_version=draft.version,
        values={"title": "新标题"},
    )
    with pytest.raises(StaleBulletin):
        issue(filed, version=draft.version)
    bulletin = issue(filed, version=saved.version, accept_old_words=True)
    # What the person saw and agreed to is what was issued.
    assert (bulletin.title, bulletin.body) == ("新标题", draft.body)


@pytest.mark.parametrize("who", ["reporter", "lead", "leader", "admin"])
def test_only_the_office_drafts_and_issues(filed: World, who: str) -> None:
    actor = getattr(filed.cast, who)
    with pytest.raises(WorkflowError):
        start_draft(period_id=filed.q1.pk, actor=actor)
    with pytest.raises(WorkflowError):
        issue_bulletin(period_id=filed.q1.pk, actor=actor)
    assert not Bulletin.objects.exists()


def test_a_quarter_that_has_not_begun_cannot_be_drafted_or_issued(world: World) -> None:
    with pytest.raises(WorkflowError, match="尚未开始"):
        issue_bulletin(period_id=world.q2.pk, actor=world.cast.office)
    assert not Bulletin.objects.exists()


def test_two_editors_lose_nothing(filed: World) -> None:
    draft = start_draft(period_id=filed.q1.pk, actor=filed.cast.office)
    save_draft(
        period_id=filed.q1.pk,
        actor=filed.cast.office,
        base_version=draft.version,
        values={"title": "先存的标题"},
    )
    with pytest.raises(StaleBulletin, match="周启明") as refused:
        save_draft(
            period_id=filed.q1.pk,
            actor=filed.cast.colleague,
            base_version=draft.version,
            values={"title": "后存的标题"},
        )
    assert refused.value.current.title == "先存的标题"
    with pytest.raises(StaleBulletin):
        rewrite_draft(period_id=filed.q1.pk, actor=filed.cast.colleague, base_version=draft.version)
    assert Bulletin.objects.get().title == "先存的标题"
