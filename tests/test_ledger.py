"""台账: what it contains for whom, that it prints, and that nothing in it runs."""

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import replace
from io import BytesIO
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from reports.ledger import Ledger, LedgerRow
from reports.renderers.xlsx import HEADS, WIDTHS, clean, ledger_xlsx
from tasks.models import Measure, Plan
from tasks.rules import Light, Progress
from tasks.services.filing import save_draft
from tasks.services.plans import confirm_lead
from tasks.services.review import return_update
from tasks.services.summaries import set_measure_summary
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, UnitFactory, unit_party
from tests.test_measures import add_measures
from units.models import User
from xigang_eco.sheets import CONTENT_TYPE

EVERYBODY = ("reporter", "approver", "lead", "other", "street", "office", "leader", "admin")
FIRST = 4


def address(query: str = "", quarter: int = 1) -> str:
    return reverse("reports:ledger", args=["2024", quarter]) + (f"?{query}" if query else "")


def book_of(client: Client, query: str = "", quarter: int = 1) -> Workbook:
    response = client.get(address(query, quarter))
    assert response.status_code == 200, query
    return load_workbook(BytesIO(response.content))


def sheet_of(book: Workbook) -> Worksheet:
    sheet = book["台账"]
    assert isinstance(sheet, Worksheet)
    return sheet


def every_text(book: Workbook) -> str:
    """All that stands in any cell of any sheet."""
    return "\n".join(
        str(cell.value)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    )


def numbers(book: Workbook) -> list[int]:
    column = [row[0].value for row in sheet_of(book).iter_rows(min_row=FIRST)]
    return [value for value in column if isinstance(value, int)]


def told(book: Workbook) -> list[str]:
    """The column 进展情况."""
    return [str(row[4].value) for row in sheet_of(book).iter_rows(min_row=FIRST) if row[4].value is not None]


def sample_row(**changes: object) -> LedgerRow:
    row = LedgerRow(
        number=1,
        task="1. 任务",
        text="措施。",
        units_text="区发改局",
        lead="",
        entries=("区发改局〔按序时推进〕：推进。",),
        state="按序时推进",
        light=Light.GREEN,
        filing="1/1",
    )
    return replace(row, **changes)  # type: ignore[arg-type]


def render(*rows: LedgerRow, **changes: object) -> Worksheet:
    ledger = Ledger(title="台账", notes="", sample="", rows=rows, matrix=(), numbers=())
    return sheet_of(load_workbook(BytesIO(ledger_xlsx(replace(ledger, **changes)))))  # type: ignore[arg-type]


# --- the file -------------------------------------------------------------------------------------
def test_it_is_a_workbook_with_a_chinese_name(world, login):
    response = login(world.cast.leader).get(address())
    assert response["Content-Type"] == CONTENT_TYPE
    disposition = response["Content-Disposition"]
    assert disposition.startswith("attachment; filename*=utf-8''")
    assert unquote(disposition.partition("''")[2]) == "2024年第一季度台账.xlsx"
    assert "no-store" in response["Cache-Control"]


def test_it_looks_like_the_printed_attachment(world, login):
    Plan.objects.update(attachment_title="西岗区2024年生态环境保护措施清单")
    sheet = sheet_of(book_of(login(world.cast.leader)))
    assert sheet["A1"].value == "西岗区2024年生态环境保护措施清单第一季度进展台账"
    assert tuple(cell.value for cell in sheet[3]) == HEADS
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert {"A1:H1", "A2:H2"} <= merged
    # Measures 1 and 2 are of one task, and each has one row here: nobody has filed.
    assert "B4:B5" in merged
    assert [sheet.cell(row, 2).value for row in (4, 6)] == ["1. 深入实施碳达峰行动", "2. 推动督察整改"]
    assert [sheet.cell(row, 3).value for row in (4, 5, 6)] == [m.text for m in world.measures]
    assert [sheet.cell(row, 6).value for row in (4, 6)] == ["未到期", "待确认"]


def test_it_is_set_up_for_printing(world, login):
    book = book_of(login(world.cast.office))
    for sheet in book.worksheets:
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.print_title_rows == "$3:$3"
        assert "&P" in sheet.oddFooter.center.text
        assert sheet.print_area
    sheet = sheet_of(book)
    assert sheet.print_area == "'台账'!$A$1:$H$6"
    assert sheet.freeze_panes == "A4"
    for row in sheet.iter_rows(min_row=3):
        for cell in row:
            assert cell.border.left.style == "thin"
            assert cell.alignment.wrap_text or cell.value is None


def test_sample_data_is_marked(world, login):
    client = login(world.cast.office)
    assert "示例数据" not in every_text(book_of(client))
    Plan.objects.filter(pk=world.plan.pk).update(sample="demo")
    book = book_of(client)
    for sheet in book.worksheets:
        assert str(sheet["A2"].value).startswith("【示例数据】")
        assert sheet.oddFooter.left.text == "示例数据"


def test_the_second_sheet_shows_units_by_measures(world, login):
    world.file(world.support)
    sheet = book_of(login(world.cast.other))["单位对照"]
    assert [cell.value for cell in sheet[3]] == ["责任单位", "措施1", "措施2", "措施3"]
    rows = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=4)}
    assert rows["区发改局"] == ["待审核\n黄灯", "未报\n灰灯", None]
    assert rows["生态环境分局"] == ["未报\n灰灯", None, None]


def test_a_measure_with_an_end_shows_its_percent_and_an_ongoing_one_none(world, login):
    world.approve(world.file(world.terminal, percent=40))
    world.approve(world.file(world.support))
    sheet = sheet_of(book_of(login(world.cast.leader)))
    states = {row[0].value: row[5].value for row in sheet.iter_rows(min_row=FIRST) if row[0].value}
    assert states[2] == "20%\n按序时推进"
    assert "%" not in states[1]
    assert "区发改局〔推进中，40%〕：" in "\n".join(told(book_of(login(world.cast.leader))))


def test_the_lead_stands_in_it_once_confirmed(world, login):
    client = login(world.cast.office)
    units = [row[3].value for row in sheet_of(book_of(client)).iter_rows(min_row=FIRST)]
    assert units == ["生态环境分局、区发改局\n〔牵头：生态环境分局〕", "区发改局、各街道", "领导小组成员单位"]
    confirm_lead(measure_id=world.measures[1].pk, actor=world.cast.office, assignment_id=world.terminal.pk)
    units = [row[3].value for row in sheet_of(book_of(client)).iter_rows(min_row=FIRST)]
    assert units[1] == "区发改局、各街道\n〔牵头：区发改局〕"


# --- the filter -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [1, 2, 3]),
        ("task=1", [1, 2]),
        ("unit=sthj", [1]),
        ("kind=terminal", [2]),
        ("light=grey&task=2", [3]),
        ("filing=missing&unit=xlj", [2]),
        ("q=管网", [2]),
        ("sort=-number", [3, 2, 1]),
        ("late=1", []),
        ("page=7", [1, 2, 3]),
    ],
)
def test_it_holds_what_the_list_shows(world, login, query, expected):
    assert numbers(book_of(login(world.cast.office), query)) == expected


def test_it_says_what_it_was_filtered_by(world, login):
    notes = str(sheet_of(book_of(login(world.cast.office), "unit=fgj&light=grey&q=管网"))["A2"].value)
    assert "共 1 项措施" in notes
    assert "责任单位：区发改局" in notes
    assert "进展灯：待定" in notes
    assert "文字：管网" in notes


def test_all_rows_come_not_just_a_page(world, login):
    add_measures(world, 60)
    assert numbers(book_of(login(world.cast.office))) == list(range(1, 64))


def test_nothing_found_is_said(world, login):
    assert "没有符合条件的措施" in every_text(book_of(login(world.cast.office), "q=没有的字"))


@pytest.mark.parametrize("query", ["light=purple", "unit=nosuch", "sort=nosuch", "q=" + "长" * 51])
def test_a_wrong_condition_gives_the_list_with_a_note_and_no_workbook(world, login, query):
    response = login(world.cast.office).get(address(query))
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")
    assert "以下条件无效" in response.content.decode()


# --- who reads what -------------------------------------------------------------------------------
def readers(world: World, login: Callable[[User], Client], text: str, query: str = "") -> set[str]:
    """Everybody whose workbook contains `text` anywhere."""
    return {who for who in EVERYBODY if text in every_text(book_of(login(getattr(world.cast, who)), query))}


@pytest.mark.parametrize(
    "query", ["", "unit=fgj", "unit=fgj&role=support", "q=发改局", "sort=-filing", "task=1"]
)
def test_a_unit_never_gets_anothers_text(world, login, query):
    world.approve(
        world.file(world.support, progress_text="甲的进展", problems="甲的问题", next_steps="甲的下一步")
    )
    for text in ("甲的进展", "甲的问题", "甲的下一步"):
        assert readers(world, login, text, query) == {
            "reporter",
            "approver",
            "lead",
            "office",
            "leader",
            "admin",
        }


def test_what_is_not_approved_is_not_for_leaders(world, login):
    world.file(world.support, progress_text="待审文字")
    assert readers(world, login, "待审文字") == {"reporter", "approver", "lead", "office", "admin"}
    office = told(book_of(login(world.cast.office)))
    assert office[0].startswith("区发改局〔按序时推进，待审核〕：待审文字")


def test_a_proposed_lead_gets_nothing_of_others(world, login):
    world.approve(world.file(world.street_duties[0], progress_text="街道文字"))
    assert readers(world, login, "街道文字") == {"street", "office", "leader", "admin"}


def test_drafts_are_in_no_ledger(world, login):
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="草稿文字"),
        base_version=0,
    )
    assert readers(world, login, "草稿文字") == set()


def test_what_is_being_mended_is_the_units_own(world, login):
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
    assert readers(world, login, "修改中的文字") == {"reporter", "approver"}
    assert readers(world, login, "初稿文字") == {"lead", "office", "admin"}


def test_the_offices_summary_reaches_units_with_the_bulletin(world, login):
    set_measure_summary(measure=world.measures[1], period=world.q1, actor=world.cast.office, text="总体文字")
    assert readers(world, login, "总体文字") == {"office", "leader", "admin"}


def test_states_stand_where_texts_do_not(world, login):
    world.approve(world.file(world.street_duties[0]))
    entries = told(book_of(login(world.cast.other)))
    assert entries == [
        "未报：生态环境分局、区发改局。",
        "未报：区发改局、日新街道；通过：香炉礁街道。",
        "责任单位待确认：领导小组成员单位。",
    ]


def test_no_work_is_said_and_has_no_text(world, login):
    world.approve(world.file(world.support, no_work=True, self_status="", progress_text="", next_steps=""))
    assert told(book_of(login(world.cast.leader)))[0] == "区发改局：本季度无相关工作。"


def test_problems_and_next_steps_are_told(world, login):
    world.approve(
        world.file(world.support, self_status=Progress.LAGGING, problems="缺人手", next_steps="增派人员")
    )
    assert "存在问题：缺人手\n下一步工作：增派人员" in told(book_of(login(world.cast.leader)))[0]


# --- nothing runs, nothing is lost ----------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://evil","点此")',
        "+1",
        "-1",
        "@SUM(A1)",
        "=cmd|' /C calc'!A0",
        "#N/A",
        "\t=1+1",
        "\r\n=1",
    ],
)
def test_what_looks_like_a_formula_is_text(text):
    sheet = render(sample_row(text=text, units_text=text, entries=(text,)), title=text, notes=text)
    for place in ("A1", "A2", "C4", "D4", "E4"):
        cell = sheet[place]
        assert cell.data_type == "s", place
        assert cell.value == clean(text)
        assert bool(cell.quotePrefix) == text.startswith(("=", "+", "-", "@", "\t"))


def test_no_formula_is_in_the_file_even_where_a_person_wrote_one(world, login):
    Measure.objects.filter(number=1).update(text="=1+1", units_text="=2+2")
    world.file(world.support, progress_text="=3+3")
    response = login(world.cast.reporter).get(address())
    with zipfile.ZipFile(BytesIO(response.content)) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name]
    assert sheets
    assert all("<f>" not in sheet and "<f " not in sheet for sheet in sheets)


def test_characters_that_a_file_cannot_carry_are_left_out():
    sheet = render(sample_row(text="好\x00\x07\x0b\x1f\ufffe\ud800字", entries=("一\r\n二\r三",)))
    assert sheet["C4"].value == "好字"
    assert sheet["E4"].value == "一\n二\n三"


def test_what_excel_would_decode_stays_as_it_was_typed():
    assert clean("_x0041_ 和 _x41_") == "_x005F_x0041_ 和 _x41_"


def pieces_of(sheet: Worksheet) -> Iterable[tuple[str, float]]:
    for row in sheet.iter_rows(min_row=FIRST):
        yield str(row[4].value or ""), sheet.row_dimensions[row[0].row].height


@given(
    st.text(st.sampled_from("环境保护。；，\n、ab1 "), min_size=1, max_size=6000),
    st.text(st.sampled_from("措施文字。\n"), min_size=1, max_size=1500),
)
def test_no_text_is_lost_and_every_row_is_as_high_as_its_text(told_text, measure_text):
    sheet = render(sample_row(text=measure_text, entries=("甲：" + told_text, "乙：短。")))
    pieces = list(pieces_of(sheet))
    joined = "".join(text for text, _ in pieces)
    assert joined.replace("\n", "") == f"甲：{told_text}乙：短。".replace("\n", "")
    for text, height in pieces:
        assert height <= 409
        assert len(text) <= 32767
        # 10-point type: characters of 13.3 pixels in a column of 7 pixels a unit; 14 points a line.
        line = int((WIDTHS[4] * 7 - 5) / (10 * 96 / 72))
        needed = sum(
            max(1, -(-sum(2 if ord(c) > 255 else 1 for c in part) // (2 * line))) for part in text.split("\n")
        )
        assert height >= needed * 13.5
    line = int((WIDTHS[2] * 7 - 5) / (10 * 96 / 72))
    needed = sum(max(1, -(-len(part) // line)) for part in measure_text.split("\n"))
    assert sum(height for _, height in pieces) >= needed * 13.5


def test_a_long_text_goes_on_in_the_next_row_under_merged_cells():
    long = "持续开展入海排污口排查整治工作，完成溯源监测。" * 150
    sheet = render(sample_row(entries=("甲：" + long,)), sample_row(number=2))
    rows = [row for row in sheet.iter_rows(min_row=FIRST) if row[4].value]
    assert len(rows) > 3
    last = rows[-2][0].row
    merged = {str(area) for area in sheet.merged_cells.ranges}
    for column in "ACDFGH":
        assert f"{column}4:{column}{last}" in merged
    assert f"B4:B{last + 1}" in merged
    # Pieces end at sentences.
    assert all(str(row[4].value).endswith("。") for row in rows)


def test_a_page_break_never_goes_through_the_words_of_a_measure():
    """Words in merged cells stand on top, in a first row that holds them all: a row is never broken."""
    text = "按照国家及省、市要求，稳妥推进碳达峰碳中和。" * 6
    sheet = render(
        sample_row(text=text, entries=("甲：短。", "乙：短。", "丙：短。")), sample_row(number=2, text="短。")
    )
    line = int((WIDTHS[2] * 7 - 5) / (10 * 96 / 72))
    assert sheet.row_dimensions[4].height >= -(-len(text) // line) * 13.5
    for column in "ABCDFGH":
        assert sheet[f"{column}4"].alignment.vertical == "top"
    assert sheet["C7"].alignment.vertical == "center"


def test_merged_areas_never_overlap(world, login):
    for duty in (world.lead, world.support, world.terminal, *world.street_duties):
        world.approve(world.file(duty, progress_text="完成检查。" * 300))
    sheet = sheet_of(book_of(login(world.cast.office)))
    seen: set[tuple[int, int]] = set()
    for area in sheet.merged_cells.ranges:
        cells = {(row, column) for row, column in area.cells}
        assert not cells & seen
        seen |= cells


# --- cost -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["office", "leader", "lead"])
def test_the_same_queries_for_few_and_many(world, login, who):
    client = login(getattr(world.cast, who))
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。")
    client.get(address())

    def cost() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            client.get(address("sort=-light"))
        return len(captured)

    few = cost()
    for _ in range(30):
        duty = unit_party(world.measures[0], UnitFactory())
        update = world.file(duty)
        if duty.pk % 2:
            return_update(
                update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。"
            )
    add_measures(world, 297)
    MeasureFactory(task=world.tasks[0], number=999)
    PlanFactory.create_batch(49)
    assert cost() == few
    # session, user, quarter, units' stamp; five for the figures; deadlines; filings, what was handed in, summaries
    assert few <= 13
