"""A plan comes in as a Word file, in a real browser, with and without scripts: brought, decided on, imported, opened, and there for
the unit that has to file on it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tasks.models import Plan, PlanImport
from tasks.rules import PeriodState
from tests.browser.conftest import PHONE, People
from tests.conftest import World
from tests.imports import GRID, HEAD, TITLE, document
from units.models import Unit, UnitAlias

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The last measure names nobody: somebody has to look at it.
ROWS = [*GRID, ["3", "推动督察整改", "落实督察整改。", "", "长期坚持"]]
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def bring(page: Page, data: bytes, name: str = "2025年工作计划.docx") -> None:
    page.get_by_label("文件", exact=True).set_input_files([{"name": name, "mimeType": WORD, "buffer": data}])
    page.get_by_role("button", name="读取并预览").click()


def row(page: Page, printed: str) -> Locator:
    """The row of a printed name."""
    return page.locator(".names tbody tr").filter(has=page.get_by_text(printed, exact=True)).first


def in_sight(page: Page, printed: str) -> None:
    """Back from a choice the row is where the person was, below the navigation."""
    expect(row(page, printed)).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_plan_comes_in(world: World, page_as: People, scripts: bool) -> None:
    office = page_as(world.cast.office, path="/plans/", java_script_enabled=scripts)
    office.get_by_role("link", name="计划导入").click()
    bring(office, document(ROWS))

    # What it would be, and what is still to be said.
    expect(office.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(office.get_by_text("有 2 个责任单位名称尚未认定。")).to_be_visible()
    expect(office.get_by_text("有 1 处问题尚待核对。")).to_be_visible()
    expect(office.get_by_role("button", name="导入", exact=True)).to_be_disabled()

    # One click takes the suggestion; the row stays in sight and says what will be done.
    row(office, "区发改委").get_by_role("button", name="区发改局").click()
    expect(row(office, "区发改委")).to_contain_text("导入时登记为别名")
    in_sight(office, "区发改委")

    # Another name is a unit that does not exist yet: first mistyped, then made.
    row(office, "区水务集团").get_by_text("从全部单位中选择，或改名新建").click()
    row(office, "区水务集团").get_by_label("已有单位或组").fill("区水利局")
    row(office, "区水务集团").get_by_role("button", name="选定").click()
    expect(row(office, "区水务集团")).to_contain_text("没有名为“区水利局”的在用单位或单位组")
    expect(row(office, "区水务集团").get_by_label("已有单位或组")).to_have_value("区水利局")
    unit = row(office, "区水务集团").get_by_label("新建单位", exact=True)
    expect(unit).to_have_value("区水务集团")
    unit.fill("区水务公司")
    unit.press("Enter")
    expect(row(office, "区水务集团")).to_contain_text("导入时新建单位（事业单位）")
    in_sight(office, "区水务集团")

    # Taken back and said again.
    row(office, "区水务集团").get_by_role("button", name="撤销").click()
    expect(row(office, "区水务集团")).to_contain_text("未识别")
    row(office, "区水务集团").get_by_role("button", name="新建单位（事业单位）").click()
    expect(row(office, "区水务集团")).to_contain_text("已认定")

    # The empty cell is looked at.
    problems = office.get_by_role("region", name="需核对")
    problems.get_by_role("button", name="已核对").click()
    expect(problems.get_by_text("均已核对")).to_be_visible()
    assert not Unit.objects.filter(name="区水务集团").exists()
    assert not Plan.objects.filter(year=2025).exists()

    # Imported, and the first quarter opened.
    office.get_by_role("button", name="导入", exact=True).click()
    expect(office.get_by_text(f"《{TITLE}》已导入")).to_be_visible()
    plan = Plan.objects.get(year=2025)
    assert UnitAlias.objects.get(name="区发改委").unit == world.fgj
    assert Unit.objects.filter(name="区水务集团").exists()
    office.once("dialog", lambda dialog: dialog.accept())
    office.get_by_role("row").filter(has_text="第一季度").get_by_role("button", name="开放填报").click()
    expect(office.get_by_text("已开放填报")).to_be_visible()
    assert plan.periods.get(quarter=1).state == PeriodState.OPEN

    # The unit finds the new plan's measure on its workbench.
    reporter = page_as(world.cast.reporter, path="/")
    assert reporter.url.endswith("/2025/q1/workbench/")
    expect(reporter.get_by_role("row").filter(has_text="完成管网改造。").first).to_be_visible()


def test_what_is_refused_leaves_what_was_pasted(world: World, page_as: People) -> None:
    office = page_as(world.cast.office, path="/manage/imports/")
    text = "没有表头的文字，\n也没有责任单位。"
    office.get_by_label("或粘贴表格文字").fill(text)
    office.get_by_role("button", name="读取并预览").click()
    expect(office.get_by_role("alert")).to_contain_text("没有找到计划表格")
    expect(office.get_by_label("或粘贴表格文字")).to_have_value(text)
    office.get_by_label("或粘贴表格文字").fill(
        "\t".join(HEAD) + "\n" + "\n".join("\t".join(line) for line in GRID[1:])
    )
    office.get_by_label("年度", exact=True).fill("2025")
    office.get_by_role("button", name="读取并预览").click()
    expect(office.get_by_role("region", name="清单预览")).to_contain_text("开展夜间施工检查。")


def test_the_marked_file_comes_down_and_a_mended_one_takes_its_place(world: World, page_as: People) -> None:
    office = page_as(world.cast.office, path="/manage/imports/")
    bring(office, document(ROWS))
    row(office, "区发改委").get_by_role("button", name="区发改局").click()
    office.get_by_text("文件内容有误？").click()
    with office.expect_download() as waiting:
        office.get_by_role("link", name="下载标注了问题的文件").click()
    assert waiting.value.suggested_filename == "2025年工作计划（已标注）.docx"
    mended = [*ROWS[:-1], ["3", "推动督察整改", "落实督察整改。", "区发改局", "长期坚持"]]
    files = [{"name": "改正.docx", "mimeType": WORD, "buffer": document(mended)}]
    office.locator("#replace input[type=file]").set_input_files(files)
    office.get_by_role("button", name="上传改正后的文件").click()
    expect(office.get_by_text("已换用新上传的文件")).to_be_visible()
    expect(row(office, "区发改委")).to_contain_text("已认定")
    expect(office.get_by_text("没有需要核对的", exact=True)).to_be_visible()
    assert PlanImport.objects.get().file.name == "改正.docx"


def test_a_document_is_taken_back_only_when_one_says_so(world: World, page_as: People) -> None:
    office = page_as(world.cast.office, path="/manage/imports/")
    bring(office, document(ROWS))
    office.once("dialog", lambda dialog: dialog.dismiss())
    office.get_by_role("button", name="放弃").click()
    assert PlanImport.objects.exists()
    office.once("dialog", lambda dialog: dialog.accept())
    office.get_by_role("button", name="放弃").click()
    expect(office.get_by_text("已放弃“2025年工作计划.docx”的导入")).to_be_visible()
    expect(office.get_by_text("还没有导入过计划。")).to_be_visible()


def test_every_state_is_accessible_and_fits_a_phone(
    world: World, page_as: People, axe: Callable[[Page], list[str]]
) -> None:
    office = page_as(world.cast.office, path="/manage/imports/")
    faults = axe(office)
    bring(office, document(ROWS))
    for fold in office.locator("details > summary").all():
        fold.click()
    faults += axe(office)
    row(office, "区水务集团").get_by_label("已有单位或组").fill("谁也不是" * 10)
    row(office, "区水务集团").get_by_role("button", name="选定").click()
    expect(row(office, "区水务集团")).to_contain_text("没有名为")
    faults += axe(office)
    row(office, "区水务集团").get_by_role("button", name="作为附注").first.click()
    row(office, "区发改委").get_by_role("button", name="作为单位组").first.click()
    office.set_viewport_size(PHONE)
    for fold in office.locator("details > summary").all():
        fold.click()
    faults += axe(office)
    wide = office.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert (faults, wide) == ([], 0)
