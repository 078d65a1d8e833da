"""季度填报表 as it is downloaded: for whom, with which rows and texts, and what of it may be written."""

from datetime import timedelta
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

from tasks.filingbook.content import BookRow, FilingBook, filing_book
from tasks.filingbook.layout import FILLED, NO_WORK, NOT_ASKED, FilingKey, marks_of, read_key
from tasks.models import Assignment, Measure, ReportingPeriod, Sample
from tasks.rules import PeriodState, Progress
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft, withdraw_update
from tasks.services.review import Correction, return_update
from tests.amending import correct, issued, quick  # noqa: F401  # fixtures
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory, open_quarter, unit_party
from tests.filingbooks import Book, downloaded
from tests.stage import picture
from units.models import Unit, User
from xigang_eco.sheets import CONTENT_TYPE


def address(unit: Unit, quarter: int = 1, plan: str = "2024") -> str:
    return reverse("tasks:filing_book", args=[plan, quarter, unit.code])


def book_of(client: Client, unit: Unit, quarter: int = 1) -> Book:
    response = client.get(address(unit, quarter))
    assert response.status_code == 200
    return Book(response.content)


def content_of(world: World, user: User, unit: Unit, period: ReportingPeriod | None = None) -> FilingBook:
    book = filing_book(period or world.q1, unit, user, timezone.now())
    assert book is not None
    return book


def open_cells(book: Book, number: int) -> set[str]:
    """Keys of the columns whose cell in a measure's row may be written."""
    return {key for key in book.columns if not book.cell(number, key).protection.locked}


def begin(
    world: World, duty: Assignment, user: User, period: ReportingPeriod | None = None, **changes: Any
) -> Any:
    """A draft."""
    return save_draft(
        assignment=duty,
        period=period or world.q1,
        actor=user,
        values=world.values(**changes),
        base_version=0,
    )


# --- for whom -------------------------------------------------------------------------------------
def test_the_file_is_named_as_papers_are_and_kept_nowhere(world, login):
    response = login(world.cast.reporter).get(address(world.fgj))
    assert response["Content-Type"] == CONTENT_TYPE
    assert response["Cache-Control"] == "no-store"
    assert unquote(response["Content-Disposition"]).endswith("2024年第一季度区发改局填报表.xlsx")
    sheet = book_of(login(world.cast.reporter), world.fgj).sheet
    assert [sheet.title, sheet.parent.sheetnames] == ["季度填报表", ["季度填报表", "填写说明"]]


@pytest.mark.parametrize("who", ["reporter", "other", "street", "lead"])
def test_another_units_workbook_does_not_exist(world, login, who):
    client = login(getattr(world.cast, who))
    own = getattr(world.cast, who).unit
    for unit in (world.fgj, world.sthj, world.zjj, *world.streets):
        expected = 200 if unit == own and unit != world.zjj else 404
        assert client.get(address(unit)).status_code == expected
    assert client.get(reverse("tasks:filing_book", args=["2024", 1, "nobody"])).status_code == 404


def test_the_office_has_any_units_that_has_duties(world, login):
    client = login(world.cast.office)
    assert client.get(address(world.fgj)).status_code == 200
    assert client.get(address(world.streets[1])).status_code == 200
    # Without duties there is nothing to fill in.
    assert client.get(address(world.zjj)).status_code == 404


def test_there_is_none_of_a_quarter_that_has_not_begun(world, login):
    assert world.q2.state == PeriodState.UPCOMING
    assert login(world.cast.reporter).get(address(world.fgj, 2)).status_code == 404


def test_it_is_offered_where_people_file(world, login):
    page = login(world.cast.reporter).get(reverse("tasks:workbench", args=["2024", 1])).content.decode()
    assert address(world.fgj) in page
    assert (
        address(world.zjj)
        not in login(world.cast.other).get(reverse("tasks:workbench", args=["2024", 1])).content.decode()
    )
    page = login(world.cast.office).get(reverse("reports:unit", args=["2024", 1, "fgj"])).content.decode()
    assert address(world.fgj) in page
    page = login(world.cast.leader).get(reverse("reports:unit", args=["2024", 1, "fgj"])).content.decode()
    assert address(world.fgj) not in page


# --- rows -----------------------------------------------------------------------------------------
def test_a_row_for_each_duty_of_the_quarter_in_the_plans_order(world):
    extra = MeasureFactory(task=world.tasks[1], number=9, text="第九项。")
    unit_party(extra, world.fgj)
    ended = MeasureFactory(task=world.tasks[1], number=8, text="已结束。")
    Assignment.objects.filter(pk=unit_party(ended, world.fgj).pk).update(first_quarter=2)
    book = content_of(world, world.cast.reporter, world.fgj)
    assert [row.number for row in book.rows] == [1, 2, 9]
    assert [str(row.key).partition("#")[0] for row in book.rows] == [
        "2024/Q1/1/fgj@0",
        "2024/Q1/2/fgj@0",
        "2024/Q1/9/fgj@0",
    ]


def test_the_plan_stands_in_it_word_for_word(world):
    Measure.objects.filter(pk=world.measures[1].pk).update(deadline_text="2024年12月底前")
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    told = {
        key: book.cell(2, key).value
        for key in ("number", "task", "measure", "units", "deadline", "kind", "status", "evidence")
    }
    assert told == {
        "number": 2,
        "task": "1.深入实施碳达峰行动",
        "measure": "完成管网改造。",
        "units": "区发改局、各街道",
        "deadline": "2024年12月底前",
        "kind": "有终点",
        "status": "未报",
        "evidence": "0份",
    }


def test_columns_that_no_row_needs_are_left_out(world):
    street = downloaded(world.cast.street, world.q1, world.streets[0])
    absent = {"deadline", "role", "previous", "returned", "overall_text", "indicator", "decrease_reason"}
    assert absent.isdisjoint(street.columns)
    assert "percent" in street.columns
    assert "percent" not in downloaded(world.cast.lead, world.q1, world.sthj).columns


def test_the_role_is_told_only_once_it_is_confirmed(world):
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert book.cell(1, "role").value == "配合"
    # Measure 2 names 区发改局 first, which nobody has confirmed.
    assert book.cell(2, "role").value is None
    assert downloaded(world.cast.lead, world.q1, world.sthj).cell(1, "role").value == "牵头"


def test_made_up_data_say_so_on_every_page(world):
    world.plan.sample = Sample.DEMO
    world.plan.save()
    world.q1.plan.refresh_from_db()
    sheet = downloaded(world.cast.reporter, world.q1, world.fgj).sheet
    assert "示例数据" in sheet["A2"].value
    assert sheet.oddHeader.center.text == "【示例数据】区发改局2024年第一季度填报表"


# --- what may be written --------------------------------------------------------------------------
ALWAYS = {"no_work", "self_status", "progress_text", "problems", "next_steps"}


def test_each_measure_is_asked_what_the_form_on_the_screen_asks(world):
    Measure.objects.filter(pk=world.measures[0].pk).update(
        indicator="安全利用率", indicator_unit="%", indicator_target=Decimal(95)
    )
    own = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert open_cells(own, 1) == ALWAYS | {"indicator_value"}
    # The proposed lead may write 本措施总体进展; the ongoing measure beside it has no percent.
    assert open_cells(own, 2) == ALWAYS | {"percent", "overall_text"}
    assert own.cell(1, "percent").value == NOT_ASKED
    assert own.cell(2, "indicator_value").value == NOT_ASKED
    assert own.cell(1, "overall_text").value == NOT_ASKED
    assert own.cell(1, "indicator").value == "安全利用率（%）\n目标值95%"
    assert own.cell(2, "indicator").value is None
    lead = downloaded(world.cast.lead, world.q1, world.sthj)
    assert open_cells(lead, 1) == ALWAYS | {"overall_text", "indicator_value"}


def test_what_stands_in_the_filing_is_there_to_go_on_with(world):
    update = begin(
        world,
        world.terminal,
        world.cast.reporter,
        percent=Decimal("62.5"),
        self_status=Progress.IN_PROGRESS,
        progress_text="第一段。\n第二段。",
        problems="资金未到位。",
    )
    attach_evidence(assignment=world.terminal, period=world.q1, actor=world.cast.reporter, upload=picture())
    book = downloaded(world.cast.approver, world.q1, world.fgj)
    told = {key: book.cell(2, key).value for key in book.columns if key in {c.key for c in FILLED}}
    assert told == {
        "no_work": None,
        "self_status": "推进中",
        "percent": 0.625,
        "progress_text": "第一段。\n第二段。",
        "problems": "资金未到位。",
        "next_steps": "继续推进。",
        "overall_text": None,
    }
    assert book.cell(2, "percent").number_format == "0.0%"
    assert (book.cell(2, "status").value, book.cell(2, "evidence").value) == ("草稿", "1份")
    key = read_key(book.cell(2, "key").value)
    assert key is not None
    assert (key.version, key.code.number, key.code.unit) == (update.version, 2, "fgj")


def test_the_marks_of_a_row_are_of_what_its_cells_show(world):
    """So that a cell that nobody touched is known when it comes back."""
    begin(world, world.support, world.cast.reporter, progress_text="草稿文字。", self_status=Progress.DONE)
    row = content_of(world, world.cast.reporter, world.fgj).rows[0]
    # 已完成 is not offered on an ongoing measure before the last quarter: the cell is empty.
    assert row.content["self_status"] == ""
    assert row.key == FilingKey(row.key.code, 1, marks_of({**row.content, "self_status": ""}))
    assert marks_of(row.content) != marks_of({**row.content, "progress_text": "别的。"})


def test_no_work_is_a_word(world):
    begin(world, world.support, world.cast.reporter, no_work=True, progress_text="", self_status="")
    assert downloaded(world.cast.reporter, world.q1, world.fgj).cell(1, "no_work").value == NO_WORK


def test_what_was_returned_is_there_to_mend_with_the_reason(world):
    update = world.file(world.support, progress_text="初稿。")
    return_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充检查次数。"
    )
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert open_cells(book, 1) == ALWAYS
    assert book.cell(1, "progress_text").value == "初稿。"
    assert (book.cell(1, "status").value, book.cell(1, "returned").value) == ("退回", "请补充检查次数。")
    assert book.cell(2, "returned").value is None


@pytest.mark.parametrize("approved", [False, True])
def test_what_takes_no_change_is_locked_with_its_text(world, approved):
    update = world.file(world.support, progress_text="已经报出。")
    if approved:
        world.approve(update)
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert open_cells(book, 1) == set()
    assert open_cells(book, 2)
    assert book.cell(1, "progress_text").value == "已经报出。"
    assert book.cell(1, "status").value == ("通过" if approved else "待审核")
    assert book.cell(1, "measure").fill.fgColor.rgb != book.cell(2, "measure").fill.fgColor.rgb


def test_what_the_reviewer_found_is_told(world):
    update = world.file(world.terminal, percent=Decimal(40))
    world.approve(update, correction=Correction(Decimal(20), "", "现场核查。"))
    row = content_of(world, world.cast.reporter, world.fgj).rows[1]
    assert row.status == "通过，核定：推进中，20%"


def test_late_filing_works_and_is_said_to_be_late(world):
    world.q1.due_on = timezone.localdate() - timedelta(days=3)
    world.q1.state, world.q1.closed_at = PeriodState.CLOSED, timezone.now()
    world.q1.save()
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert open_cells(book, 1)
    assert book.cell(1, "status").value == "逾期未报"
    assert "逾期报送" in book.sheet["A3"].value


def test_an_issued_quarter_is_for_reading_only(issued):  # noqa: F811
    book = downloaded(issued.cast.reporter, issued.q1, issued.fgj)
    assert [open_cells(book, number) for number in (1, 2)] == [set(), set()]
    assert book.sheet["A3"].value == "2024年第一季度通报已印发，本表仅供查阅。"


def test_nothing_is_written_while_the_bulletin_is_being_made(world):
    begin(world, world.support, world.cast.reporter)
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=PeriodState.ISSUING)
    world.q1.refresh_from_db()
    book = downloaded(world.cast.reporter, world.q1, world.fgj)
    assert [open_cells(book, number) for number in (1, 2)] == [set(), set()]
    assert book.sheet["A3"].value == "2024年第一季度印发中，本表仅供查阅。"


def test_a_correction_opens_the_filings_that_it_names(issued):  # noqa: F811
    correct(issued, issued.terminal)
    book = downloaded(issued.cast.reporter, issued.q1, issued.fgj)
    assert open_cells(book, 1) == set()
    assert "percent" in open_cells(book, 2)
    assert "仅更正范围内的措施可以填写" in book.sheet["A3"].value


# --- what the office may read ---------------------------------------------------------------------
def text_of(book: Book) -> str:
    return "\n".join(
        str(cell.value) for sheet in book.workbook for row in sheet.iter_rows() for cell in row if cell.value
    )


def test_a_unit_that_is_writing_is_not_read_over_the_shoulder(world):
    begin(
        world, world.support, world.cast.reporter, progress_text="尚未想好，不应外传。", problems="内部讨论。"
    )
    book = downloaded(world.cast.office, world.q1, world.fgj)
    assert open_cells(book, 1) == set()
    assert book.cell(1, "status").value == "单位正在填写"
    assert book.cell(1, "evidence").value is None
    for secret in ("不应外传", "内部讨论"):
        assert secret not in text_of(book)
        assert secret in text_of(downloaded(world.cast.reporter, world.q1, world.fgj))
    assert open_cells(book, 2)


def test_a_returned_filing_that_the_unit_mends_is_the_units(world):
    update = world.file(world.support, progress_text="初稿。")
    update = return_update(
        update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。"
    )
    # Nobody has begun: the office may file for the unit, on what it was handed.
    assert downloaded(world.cast.office, world.q1, world.fgj).cell(1, "progress_text").value == "初稿。"
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="改了一半。"),
        base_version=update.version,
    )
    book = downloaded(world.cast.office, world.q1, world.fgj)
    assert open_cells(book, 1) == set()
    assert "改了一半" not in text_of(book)
    assert "初稿" not in text_of(book)


def test_evidence_alone_is_a_beginning(world):
    attach_evidence(assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture())
    assert downloaded(world.cast.office, world.q1, world.fgj).cell(1, "status").value == "单位正在填写"


def test_what_the_unit_took_back_is_its_own_again(world):
    update = world.file(world.support, progress_text="先报后撤。")
    withdraw_update(update_id=update.pk, actor=world.cast.reporter)
    assert "先报后撤" not in text_of(downloaded(world.cast.office, world.q1, world.fgj))


def test_the_office_goes_on_with_what_it_began(world):
    begin(world, world.support, world.cast.office, progress_text="代填文字。")
    book = downloaded(world.cast.colleague, world.q1, world.fgj)
    assert book.cell(1, "progress_text").value == "代填文字。"
    assert open_cells(book, 1) == ALWAYS


# --- the quarter before ---------------------------------------------------------------------------
def filled(row: BookRow) -> dict[str, Any]:
    return {name: value for name, value in row.content.items() if value}


def test_the_last_quarter_stands_beside_and_not_in_the_cells(world):
    world.approve(
        world.file(world.terminal, percent=Decimal("40.5"), progress_text="改造3公里。", problems="缺人。"),
        correction=Correction(Decimal(30), "", "现场核查。"),
    )
    q2 = open_quarter(world.plan, 2)
    row = content_of(world, world.cast.reporter, world.fgj, q2).rows[1]
    assert row.previous == (
        "第一季度（通过）\n自评：推进中，40.5%\n核定：推进中，30%\n工作进展：改造3公里。\n存在问题：缺人。\n下一步工作：继续推进。"
    )
    assert filled(row) == {}
    book = downloaded(world.cast.reporter, q2, world.fgj)
    assert book.cell(2, "last_percent").value == 0.3
    assert "decrease_reason" in open_cells(book, 2)
    assert book.cell(1, "decrease_reason").value == NOT_ASKED
    assert book.cell(2, "previous").protection.locked
    # Of a filing handed in without work, that is all there is to say.
    world.file(world.support, no_work=True)
    assert content_of(world, world.cast.reporter, world.fgj, q2).rows[0].previous == (
        "第一季度（待审核）：本季度无相关工作"
    )


def test_a_draft_of_the_last_quarter_was_not_handed_in(world):
    begin(world, world.support, world.cast.reporter, progress_text="没有报出。")
    q2 = open_quarter(world.plan, 2)
    assert content_of(world, world.cast.reporter, world.fgj, q2).rows[0].previous == ""


def test_the_first_quarter_looks_back_to_the_year_before(world):
    before = PlanFactory(code="2023", year=2023)
    q4 = open_quarter(before, 4)
    old = MeasureFactory(task=TaskFactory(plan=before, number=1), number=5)
    duty = unit_party(old, world.fgj)
    stranger = unit_party(old, world.zjj)
    world.file(duty, period=q4, progress_text="去年完成。")
    world.file(stranger, period=q4, progress_text="住建局去年的文字。")
    assert content_of(world, world.cast.reporter, world.fgj).rows[0].previous == ""
    Measure.objects.filter(pk=world.measures[0].pk).update(continues=old)
    for user in (world.cast.reporter, world.cast.office):
        told = content_of(world, user, world.fgj).rows[0].previous
        assert told.startswith("2023年第四季度（待审核）\n自评：按序时推进\n工作进展：去年完成。")
    # Another unit of the same measure filed nothing then.
    assert content_of(world, world.cast.lead, world.sthj).rows[0].previous == ""


def test_what_was_never_handed_in_the_year_before_is_not_told(world):
    before = PlanFactory(code="2023", year=2023)
    q4 = open_quarter(before, 4)
    old = MeasureFactory(task=TaskFactory(plan=before, number=1), number=5)
    begin(world, unit_party(old, world.fgj), world.cast.reporter, q4, progress_text="没有报出。")
    Measure.objects.filter(pk=world.measures[0].pk).update(continues=old)
    assert content_of(world, world.cast.reporter, world.fgj).rows[0].previous == ""


def test_the_latest_quarter_is_the_last_one(world):
    world.file(world.support, progress_text="一季度。")
    world.file(world.terminal, progress_text="只有一季度。")
    world.file(world.support, period=open_quarter(world.plan, 2), progress_text="二季度。")
    rows = content_of(world, world.cast.reporter, world.fgj, open_quarter(world.plan, 3)).rows
    assert [row.previous.partition("（")[0] for row in rows] == ["第二季度", "第一季度"]


# --- cost -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["reporter", "office"])
def test_the_same_queries_for_few_and_many(world, login, who):
    client = login(getattr(world.cast, who))

    def grow(numbers: range) -> None:
        for number in numbers:
            duty = unit_party(MeasureFactory(task=world.tasks[1], number=number), world.fgj)
            update = world.file(duty, progress_text=f"第{number}项。")
            if number % 2:
                return_update(
                    update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。"
                )
                continue
            world.approve(update)
        begin(world, unit_party(MeasureFactory(task=world.tasks[1]), world.fgj), world.cast.reporter)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address(world.fgj, 2)).status_code == 200
        return len(captured)

    grow(range(10, 13))
    open_quarter(world.plan, 2)
    world.file(world.support, period=world.plan.periods.get(quarter=2))
    cost()
    few = cost()
    grow(range(20, 60))
    assert cost() == few <= 20


def test_a_workbook_of_many_measures_opens(world, login):
    for number in range(10, 30):
        unit_party(MeasureFactory(task=world.tasks[1], number=number, text="加强监管。" * 40), UnitFactory())
        unit_party(Measure.objects.get(plan=world.plan, number=number), world.fgj)
    data = login(world.cast.reporter).get(address(world.fgj)).content
    assert load_workbook(BytesIO(data))["季度填报表"].max_row == 4 + 22
