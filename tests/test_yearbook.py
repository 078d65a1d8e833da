"""全年台账: what stands in it of each filing and each quarter, and what of neither."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from reports import yearbook
from reports.figures import plan_figures
from reports.load import generate
from reports.renderers.yearbook import FILINGS, MEASURES, UNFILED, write_yearbook
from reports.services.editions import cancel_correction
from reports.yearbook import Yearbook
from tasks.models import Evidence, Measure, Plan, ProgressUpdate, ReportingPeriod
from tasks.rules import Kind, PeriodState, Progress, Status
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft
from tasks.services.review import Correction, return_update
from tasks.services.summaries import set_measure_summary
from tests.amending import correct, issued, quick, update_of
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, unit_party
from tests.stage import picture
from units.models import Unit, User
from xigang_eco.sheets import CONTENT_TYPE, room_of
from xigang_eco.streaming import HEAD_ROW, StreamedSheet

__all__ = ["issued", "quick"]
HEADS = {
    "年度台账": [column.head for column in MEASURES],
    "填报明细": [column.head for column in FILINGS],
    "未报": [column.head for column in UNFILED],
}


def written(plan: Plan, user: User) -> dict[str, list[dict[str, Any]]]:
    """Sheet → rows as head → value."""
    target = BytesIO()
    write_yearbook(Yearbook(plan, user, timezone.now()), target)
    return rows_of(target.getvalue())


def rows_of(content: bytes) -> dict[str, list[dict[str, Any]]]:
    book = load_workbook(BytesIO(content))
    found = {}
    for name, heads in HEADS.items():
        sheet = book[name]
        assert isinstance(sheet, Worksheet)
        assert [cell.value for cell in sheet[HEAD_ROW]] == heads
        found[name] = [
            dict(zip(heads, row, strict=True))
            for row in sheet.iter_rows(min_row=HEAD_ROW + 1, values_only=True)
        ]
    return found


def year_of(world: World) -> dict[str, list[dict[str, Any]]]:
    return written(world.plan, world.cast.office)


def filing_rows(world: World) -> dict[tuple[str, int, str], dict[str, Any]]:
    """(quarter, measure, unit) → row."""
    return {(row["季度"], row["措施序号"], row["责任单位"]): row for row in year_of(world)["填报明细"]}


def every_text(book: dict[str, list[dict[str, Any]]]) -> str:
    return "\n".join(str(value) for rows in book.values() for row in rows for value in row.values())


# --- the file -------------------------------------------------------------------------------------
def test_it_comes_from_disk_with_a_name_that_says_what_it_is(world: World, office: Client) -> None:
    response = office.get(reverse("reports:yearbook", args=["2024", 1]))
    assert response.streaming
    assert response["Content-Type"] == CONTENT_TYPE
    assert "no-store" in response["Cache-Control"]
    assert unquote(response["Content-Disposition"].partition("''")[2]) == "2024年全年台账.xlsx"
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert int(response["Content-Length"]) == len(content)
    assert len(rows_of(content)["年度台账"]) == 3
    PlanFactory(code="other-2024", year=2024)
    response = office.get(reverse("reports:yearbook", args=["2024", 1]))
    assert unquote(response["Content-Disposition"].partition("''")[2]) == "2024年全年台账（2024）.xlsx"


def test_the_office_finds_it_on_its_desk_and_beside_the_ledger_and_nobody_else_does(
    world: World, login: Callable[[User], Client]
) -> None:
    address = reverse("reports:yearbook", args=["2024", 1])
    office = login(world.cast.office)
    for page in ("tasks:desk", "reports:measures"):
        assert address in office.get(reverse(page, args=["2024", 1])).content.decode()
    for who in ("reporter", "leader", "admin"):
        page = login(getattr(world.cast, who)).get(reverse("reports:measures", args=["2024", 1]))
        assert address not in page.content.decode()


def test_made_up_data_are_marked_on_every_sheet(world: World) -> None:
    Plan.objects.filter(pk=world.plan.pk).update(sample="demo")
    world.plan.refresh_from_db()
    target = BytesIO()
    write_yearbook(Yearbook(world.plan, world.cast.office, timezone.now()), target)
    for sheet in load_workbook(BytesIO(target.getvalue())).worksheets:
        assert str(sheet["A2"].value).startswith("【示例数据】"), sheet.title
        assert sheet.oddFooter.left.text == "示例数据"


def test_a_plan_without_measures_gives_an_empty_book(world: World) -> None:
    book = written(PlanFactory(), world.cast.office)
    assert book == {"年度台账": [], "填报明细": [], "未报": []}


# --- 年度台账 ----------------------------------------------------------------------------------------
def test_a_measure_has_its_plan_and_its_four_quarters(world: World) -> None:
    Measure.objects.filter(number=2).update(deadline_text="2024年12月底前")
    world.approve(world.file(world.terminal, percent=40))
    world.approve(world.file(world.lead, overall_text="总体正常。"))
    first, second, third = year_of(world)["年度台账"]
    assert (first["序号"], first["目标任务"], first["工作措施"]) == (
        1,
        "1. 深入实施碳达峰行动",
        "持续推进碳排放核算。",
    )
    assert (first["牵头单位"], second["牵头单位"]) == ("生态环境分局", None)
    assert (first["类型"], second["类型"]) == ("常态化", "有终点")
    assert second["完成时限"] == "2024年12月底前"
    assert second["一季度\n比例（%）"] == 20
    assert second["一季度\n进展灯"] == "绿灯\n按序时推进"
    assert (first["一季度\n报送"], second["一季度\n报送"], third["一季度\n报送"]) == ("1/2", "1/3", "—")
    # An ongoing measure has no percent, an open party no value.
    assert first["一季度\n比例（%）"] is None
    assert third["一季度\n进展灯"] == "灰灯\n待确认"
    assert [first[f"{quarter}季度\n进展灯"] for quarter in "二三四"] == ["未开始"] * 3
    assert first["本措施总体进展（最近一次）"] == "〔第一季度〕总体正常。"


def test_a_light_has_its_colour(world: World) -> None:
    world.approve(world.file(world.support))
    target = BytesIO()
    write_yearbook(Yearbook(world.plan, world.cast.office, timezone.now()), target)
    sheet = load_workbook(BytesIO(target.getvalue()))["年度台账"]
    column = HEADS["年度台账"].index("一季度\n进展灯") + 1
    shown = {
        str(sheet.cell(row, column).value)[:2]: sheet.cell(row, column).fill.fgColor.rgb for row in (4, 5)
    }
    assert shown == {"黄灯": "00FFF1CC", "灰灯": "00EFEFEF"}
    assert sheet.cell(4, column + 3).value == "未开始"
    assert sheet.cell(4, column + 3).fill.fill_type is None


def test_the_latest_word_on_a_measure_is_told_and_of_which_quarter(world: World) -> None:
    world.approve(world.file(world.lead, overall_text="一季度总体。"))
    set_measure_summary(
        measure=world.measures[1], period=world.q1, actor=world.cast.office, text="区生态办所写。"
    )
    ReportingPeriod.objects.filter(pk=world.q2.pk).update(state=PeriodState.OPEN)
    world.q2.refresh_from_db()
    assert [row["本措施总体进展（最近一次）"] for row in year_of(world)["年度台账"]] == [
        "〔第一季度〕一季度总体。",
        "〔第一季度〕区生态办所写。",
        None,
    ]
    world.file(world.lead, period=world.q2, overall_text="二季度总体。")
    assert year_of(world)["年度台账"][0]["本措施总体进展（最近一次）"] == "〔第二季度〕二季度总体。"


def test_every_quarter_stands_as_the_dashboards_have_it(db: None) -> None:
    plan = next(iter(generate(1, "Probe-1234-xyz")))
    plan.refresh_from_db()
    now, office = timezone.now(), User.objects.get(username="load-office")
    measures = list(Yearbook(plan, office, now).measures())
    for period in plan.periods.order_by("quarter"):
        figures = plan_figures(plan, period, now)
        for measure, row in zip(measures, figures.measures, strict=True):
            state = measure.quarters[period.quarter - 1]
            assert state is not None
            assert (state.light, state.word) == (row.figure.light, row.figure.label)
            assert state.filed == f"{row.filed}/{row.due}"
            assert state.percent == (row.figure.percent if row.kind == Kind.TERMINAL else None)
    # Nothing that was handed in is left out, and nothing stands twice.
    filings = [(f.quarter, f.number, f.unit) for measure in measures for f in measure.filings]
    assert len(filings) == len(set(filings)) == ProgressUpdate.objects.exclude(status=Status.DRAFT).count()


# --- 填报明细 ----------------------------------------------------------------------------------------
def test_a_filing_stands_with_all_that_was_written_and_decided(world: World) -> None:
    Measure.objects.filter(number=2).update(indicator="改造管网", indicator_unit="公里")
    attach_evidence(assignment=world.terminal, period=world.q1, actor=world.cast.reporter, upload=picture())
    update = world.file(
        world.terminal,
        percent=Decimal("62.5"),
        progress_text="改造2公里。",
        problems="缺人手。",
        next_steps="增派人员。",
        indicator_value=Decimal("2.50"),
    )
    world.approve(update, correction=Correction(Decimal(50), Progress.LAGGING, "未计在建部分。"))
    update.refresh_from_db()
    row = filing_rows(world)["第一季度", 2, "区发改局"]
    assert row["角色"] is None, "nobody is lead before the office has confirmed it"
    assert (row["目标任务"], row["工作措施"]) == ("1. 深入实施碳达峰行动", "完成管网改造。")
    assert (row["填报状态"], row["自评状态"], row["完成比例（%）"]) == ("通过", "推进中", 62.5)
    assert (row["核定状态"], row["核定比例（%）"], row["核定说明"]) == ("滞后", 50, "未计在建部分。")
    assert (row["工作进展"], row["存在问题"], row["下一步工作"]) == ("改造2公里。", "缺人手。", "增派人员。")
    assert (row["指标"], row["指标实际值"]) == ("改造管网（公里）", 2.5)
    assert (row["提交人"], row["审核人"], row["区生态办代填"]) == ("张敏", "周启明", None)
    for name, moment in (("提交时间", update.submitted_at), ("审核时间", update.decided_at)):
        assert moment is not None
        wall = timezone.localtime(moment).replace(tzinfo=None)
        assert abs((row[name] - wall).total_seconds()) < 2
    assert (row["退回次数"], row["佐证份数"], row["逾期报送"]) == (0, 1, None)


def test_roles_stand_once_the_lead_is_confirmed(world: World) -> None:
    world.file(world.lead)
    world.file(world.support)
    rows = filing_rows(world)
    assert [rows["第一季度", 1, name]["角色"] for name in ("生态环境分局", "区发改局")] == ["牵头", "配合"]
    # In official order, whatever the printed one is.
    assert [row["责任单位"] for row in year_of(world)["填报明细"]] == ["区发改局", "生态环境分局"]


def test_what_waits_has_no_decision_and_what_was_filed_for_a_unit_says_so(world: World) -> None:
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。")
    world.file(world.support, progress_text="补充后。")
    world.file(world.street_duties[1], actor=world.cast.colleague)
    rows = filing_rows(world)
    waiting = rows["第一季度", 1, "区发改局"]
    assert (waiting["填报状态"], waiting["退回次数"], waiting["工作进展"]) == ("待审核", 1, "补充后。")
    assert (waiting["审核人"], waiting["审核时间"]) == (None, None)
    proxy = rows["第一季度", 2, "日新街道"]
    assert (proxy["区生态办代填"], proxy["提交人"]) == ("是", "吴倩")


def test_no_work_is_said(world: World) -> None:
    world.approve(world.file(world.support, no_work=True, self_status="", progress_text="", next_steps=""))
    row = filing_rows(world)["第一季度", 1, "区发改局"]
    assert (row["自评状态"], row["工作进展"]) == ("本季度无相关工作", None)


def test_a_moment_fits_its_column() -> None:
    """Where it does not, there is nothing to read but ###."""
    moments = [column for column in FILINGS if "hh:mm" in column.look.number_format]
    assert len(moments) == 2
    for column in moments:
        assert len("2024-04-03 10:20") <= room_of(column.width)


def test_what_came_late_says_so(world: World) -> None:
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(opens_on="2024-03-20", due_on="2024-04-10")
    world.q1.refresh_from_db()
    world.file(world.support)
    assert filing_rows(world)["第一季度", 1, "区发改局"]["逾期报送"] == "是"


def test_drafts_are_nobodys_but_the_units(world: World) -> None:
    for duty, actor in ((world.support, world.cast.reporter), (world.terminal, world.cast.office)):
        save_draft(
            assignment=duty,
            period=world.q1,
            actor=actor,
            values=world.values(progress_text="草稿文字"),
            base_version=0,
        )
    assert ProgressUpdate.objects.filter(status=Status.DRAFT).count() == 2
    assert year_of(world)["填报明细"] == []
    assert "草稿文字" not in every_text(year_of(world))


def test_what_is_being_mended_reads_as_it_was_handed_in(world: World) -> None:
    update = world.file(world.support, progress_text="初稿文字")
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。")
    update.refresh_from_db()
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="修改中的文字"),
        base_version=update.version,
    )
    attach_evidence(assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture())
    row = filing_rows(world)["第一季度", 1, "区发改局"]
    assert (row["填报状态"], row["工作进展"], row["佐证份数"]) == ("退回", "初稿文字", 0)
    assert "修改中的文字" not in every_text(year_of(world))


def test_nothing_that_a_person_wrote_runs(world: World) -> None:
    Measure.objects.filter(number=1).update(text="=1+1", units_text="+2")
    world.file(world.support, progress_text="=3+3", problems="@x", next_steps="-4")
    target = BytesIO()
    write_yearbook(Yearbook(world.plan, world.cast.office, timezone.now()), target)
    book = load_workbook(BytesIO(target.getvalue()))
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert {"=1+1", "+2", "=3+3", "@x", "-4"} <= {cell.value for cell in cells}
    assert all(cell.data_type != "f" for cell in cells)


# --- 未报 -------------------------------------------------------------------------------------------
def test_who_is_missing_stands_by_quarter_in_official_order(world: World) -> None:
    Unit.objects.filter(code="fgj").update(contact="办公室 0411-1234567")
    world.file(world.support)
    found = year_of(world)["未报"]
    assert [(row["季度"], row["责任单位"], row["应报"], row["已报"], row["未报"]) for row in found] == [
        ("第一季度", "区发改局", 2, 1, 1),
        ("第一季度", "生态环境分局", 1, 0, 1),
        ("第一季度", "香炉礁街道", 1, 0, 1),
        ("第一季度", "日新街道", 1, 0, 1),
    ]
    assert (found[0]["联系人及电话"], found[0]["未报措施序号"]) == ("办公室 0411-1234567", "2")
    assert found[2]["联系人及电话"] == "孙丽", "whose accounts there are, where nothing is entered"
    assert {row["状态"] for row in found} == {"未报"}
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(opens_on="2024-03-20", due_on="2024-04-10")
    assert {row["状态"] for row in year_of(world)["未报"]} == {"逾期未报"}


# --- issued quarters ------------------------------------------------------------------------------
def test_an_issued_quarter_stands_as_it_was_issued(issued: World) -> None:
    before = year_of(issued)
    rows = {row["责任单位"]: row for row in before["填报明细"] if row["措施序号"] == 2}
    assert rows["区发改局"]["填报状态"] == "通过"
    assert rows["香炉礁街道"]["填报状态"] == "已报未审"
    assert [row["责任单位"] for row in before["未报"]] == ["日新街道"]
    Unit.objects.filter(code="fgj").update(name="区发展和改革局")
    Measure.objects.update(lead_confirmed=False)
    Plan.objects.filter(pk=issued.plan.pk).update(yellow_from=0, red_from=0)
    issued.plan.refresh_from_db()
    after = year_of(issued)
    assert after["填报明细"] == before["填报明细"]
    assert after["未报"] == before["未报"]
    for old, new in zip(before["年度台账"], after["年度台账"], strict=True):
        assert {head: old[head] for head in old if "一季度" in head} == {
            head: new[head] for head in new if "一季度" in head
        }
        assert old["本措施总体进展（最近一次）"] == new["本措施总体进展（最近一次）"]


def test_while_it_is_corrected_what_was_issued_counts(issued: World) -> None:
    before = year_of(issued)
    correct(issued, issued.terminal)
    update = update_of(issued, issued.terminal)
    assert update.status == Status.RETURNED
    assert year_of(issued) == before
    issued.file(issued.terminal, percent=Decimal(10), progress_text="更正后的文字")
    assert year_of(issued) == before
    update.refresh_from_db()
    assert (update.status, update.decided_by) == (Status.SUBMITTED, None), "the filing itself has moved on"
    assert issued.plan.periods.get(quarter=1).is_issued


def test_a_correction_that_was_cancelled_leaves_who_decided(issued: World) -> None:
    before = year_of(issued)
    for _ in range(2):
        correct(issued, issued.terminal)
        assert year_of(issued) == before
        cancel_correction(period_id=issued.q1.pk, actor=issued.cast.colleague)
        assert year_of(issued) == before


def test_an_issued_quarter_says_what_it_is_told_from(issued: World) -> None:
    notes = Yearbook(issued.plan, issued.cast.office, timezone.now()).notes
    assert "第一季度以印发的通报为准，第二季度未开始" in notes


# --- cost -----------------------------------------------------------------------------------------
def add_measures(world: World, count: int) -> None:
    for _ in range(count):
        measure = MeasureFactory(task=world.tasks[0])
        duty = unit_party(measure, world.fgj)
        world.approve(world.file(duty, self_status=Progress.ON_SCHEDULE))
        Evidence.objects.create(
            update=ProgressUpdate.objects.get(assignment=duty),
            name="a.png",
            size=1,
            uploaded_by=world.cast.reporter,
        )


def queries_of(world: World) -> int:
    with CaptureQueriesContext(connection) as queries:
        year_of(world)
    return len(queries)


def test_it_takes_as_many_queries_for_a_year_as_for_a_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_measures(world, 1)
    few = queries_of(world)
    add_measures(world, 12)
    assert queries_of(world) == few
    # Of measures, their parties, duties, filings, files and summaries for each further piece.
    monkeypatch.setattr(yearbook, "BATCH", 4)
    assert queries_of(world) - few == 3 * 6


def test_rows_are_written_as_they_come(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No measure is loaded before those of the piece before it are in the file."""
    add_measures(world, 5)
    monkeypatch.setattr(yearbook, "BATCH", 2)
    events: list[str] = []
    append, load = StreamedSheet.append, yearbook.load_batch

    def appended(self: StreamedSheet, *args: Any) -> None:
        events.append("row")
        append(self, *args)

    def loaded(*args: Any, **kwargs: Any) -> Any:
        events.append("load")
        return load(*args, **kwargs)

    monkeypatch.setattr(StreamedSheet, "append", appended)
    monkeypatch.setattr(yearbook, "load_batch", loaded)
    year_of(world)
    pieces = "".join("|" if event == "load" else "." for event in events).strip("|").split("|")
    # Eight measures in four pieces; the first three have no filings, and the missing come last.
    assert [len(piece) for piece in pieces[:4]] == [2, 3, 4, 4]


def test_it_goes_through_the_year_once_and_lazily(world: World) -> None:
    year = Yearbook(world.plan, world.cast.office, timezone.now())
    measures = year.measures()
    assert isinstance(measures, Iterator)
    assert list(year.unfiled()) == []
    assert [measure.number for measure in measures] == [1, 2, 3]
    assert [row.unit for row in year.unfiled()] == ["区发改局", "生态环境分局", "香炉礁街道", "日新街道"]
