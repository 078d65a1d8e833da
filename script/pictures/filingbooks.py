"""Filings as workbooks: 季度填报表 out, filled in and looked at again; the year's. Nothing that is uploaded is written."""

from io import BytesIO

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Page

from script.pictures.camera import SIZE, Camera, fetched

Q3, Q4 = "/2024/q3/", "/2024/q4/"
UNIT, COLLEAGUE = "chengguanju", "chengguanju-fz"
NAME = "2024年第四季度区城管执法局季度填报表.xlsx"
SHEET, HEAD_ROW = "季度填报表", 4
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# The measure that a colleague writes online meanwhile, and what they write.
ONLINE = 11
ONLINE_TEXT = "四季度巡查河道12次，未发现返黑返臭。"
# Measure → what is typed into its row, by heads. A percentage that is no number is refused; 滞后 without 存在问题 stays a draft.
TYPED = {
    7: {
        "自评状态": "按序时推进",
        "工作进展": "10月22日启动黄色预警响应2次，出动执法人员46人次，检查工地31处，下达整改通知3份，均已整改。",
        "下一步工作": "继续落实采暖期错峰作业要求。",
    },
    11: {"自评状态": "按序时推进", "工作进展": "四季度完成河道巡查15次，清理漂浮物2.3吨。"},
    12: {
        "自评状态": "推进中",
        "完成比例": "约八成",
        "工作进展": "完成溯源排口41个，其余9个正在复核。",
    },
    16: {"自评状态": "滞后", "工作进展": "餐饮油烟净化设施抽查受商户歇业影响，完成计划的六成。"},
}


def book(camera: Camera) -> None:
    """The workbook as it is printed; on the screen it looks the same."""
    page = camera.as_user(UNIT, Q4 + "workbench/")
    camera.take_office_file(page, address(page), "filingbook", part=0.62)


def yearbook(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "desk/")
    address = page.locator("a", has_text="全年台账（Excel）").get_attribute("href")
    camera.take_office_file(page, str(address), "yearbook", part=0.62)


def bookpreview(camera: Camera) -> None:
    """What is written, what was changed online meanwhile, and what is refused."""
    page = camera.as_user(UNIT, Q4 + "workbench/")
    data = filled(fetched(page, address(page)))
    written_online(camera)
    page.get_by_label("上传填好的季度填报表").set_input_files(
        {"name": NAME, "mimeType": EXCEL, "buffer": data}
    )
    page.get_by_role("button", name="上传并预览").click()
    page.wait_for_selector("#refused")
    # On a screen where all of it is in sight: else the bar of buttons lies over it.
    page.set_viewport_size({"width": SIZE["width"], "height": 1500})
    camera.take(page, "bookpreview", bottom=page.locator("#refused"))
    page.set_viewport_size(SIZE)


# --- what these pictures need ------------------------------------------------------------------------


def address(page: Page) -> str:
    return str(page.locator("a", has_text="季度填报表（Excel）").get_attribute("href"))


def filled(data: bytes) -> bytes:
    """The workbook with what was typed into it."""
    workbook = load_workbook(BytesIO(data))
    sheet: Worksheet = workbook[SHEET]
    columns = {
        "".join(str(cell.value or "").split()): place for place, cell in enumerate(sheet[HEAD_ROW], start=1)
    }
    rows = {sheet.cell(row, columns["序号"]).value: row for row in range(HEAD_ROW + 1, sheet.max_row + 1)}
    for number, values in TYPED.items():
        for head, value in values.items():
            sheet.cell(rows[number], columns[head]).value = value
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def written_online(camera: Camera) -> None:
    """A colleague saves a draft of one of the measures on the screen."""
    page = camera.as_user(COLLEAGUE, Q4 + "workbench/")
    row = page.locator("#due tr", has=page.locator("td.num", has_text=str(ONLINE)))
    page.goto(str(row.locator("a.btn").first.get_attribute("href")))
    page.check("[name=self_status][value=on_schedule]")
    page.fill("[name=progress_text]", ONLINE_TEXT)
    page.click(".actionbar button[value=save]")
    page.wait_for_load_state("networkidle")
