"""A quarter through the workbook in a real browser: downloaded, filled in offline, uploaded, looked through, handed in, approved."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tasks.filingbook.layout import SHEET
from tasks.models import ProgressUpdate
from tasks.rules import Kind, Status
from tasks.services.filing import save_draft
from tests.browser.conftest import PHONE, People
from tests.conftest import World
from tests.factories import MeasureFactory, unit_party
from tests.filingbooks import Book

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Axe = Callable[[Page], list[str]]


def download(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    return Path(waiting.value.path()).read_bytes()


def upload(page: Page, data: bytes) -> None:
    page.get_by_label("填好的").set_input_files(
        {"name": "一季度填报表.xlsx", "mimeType": "application/octet-stream", "buffer": data}
    )
    page.get_by_role("button", name="上传并预览").click()


def fits(page: Page) -> bool:
    """Whether nothing reaches out over the window's width."""
    wide: bool = page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1"
    )
    return wide


def test_a_quarter_through_the_workbook(world: World, page_as: People, axe: Axe) -> None:
    cast = world.cast
    dust = unit_party(
        MeasureFactory(task=world.tasks[1], number=4, text="整治施工扬尘。", kind=Kind.ONGOING), world.fgj
    )

    # The unit downloads its workbook and fills it in.
    unit = page_as(cast.reporter, path="/")
    book = Book(download(unit, "季度填报表（Excel）"))
    book.put(1, self_status="按序时推进", progress_text="完成碳排放核算12家。", next_steps="继续核查。")
    book.put(2, self_status="推进中", percent="一半", progress_text="管网改造完成一半。")
    book.put(4, self_status="部分完成", progress_text="表中写的扬尘整治情况。")

    # A colleague writes one of them on the screen meanwhile.
    save_draft(
        assignment=dust,
        period=world.q1,
        actor=cast.approver,
        values=world.values(progress_text="李国强在网上写的扬尘整治情况。"),
        base_version=0,
    )

    # The preview: one to write, one faulty cell, one changed online.
    upload(unit, book.save())
    expect(unit.get_by_role("heading", name="填报表预览：区发改局")).to_be_visible()
    expect(unit.get_by_text("完成碳排放核算12家。")).to_be_visible()
    expect(unit.get_by_text("请填写数字，如 60 或 62.5。")).to_be_visible()
    expect(unit.get_by_text("线上已由李国强于")).to_be_visible()
    assert axe(unit) == []
    assert fits(unit)
    assert not ProgressUpdate.objects.filter(assignment=world.support).exists()

    # The file back with its cell marked.
    marked = load_workbook(BytesIO(download(unit, "下载标注文件")))[SHEET]
    wrong = marked.cell(book.row(2), book.columns["percent"])
    assert wrong.comment is not None
    assert "请填写数字" in wrong.comment.text

    # What can go is handed in.
    unit.get_by_role("button", name="直接提交（1 项）").click()
    expect(unit.get_by_text("已提交 1 项，等待区生态办审核")).to_be_visible()
    expect(unit.get_by_role("row").filter(has_text="整治施工扬尘")).to_contain_text("线上已改，未写入")
    assert axe(unit) == []
    assert ProgressUpdate.objects.get(assignment=world.support).status == Status.SUBMITTED
    assert ProgressUpdate.objects.get(assignment=dust).progress_text == "李国强在网上写的扬尘整治情况。"

    # The faulty cell is mended in the same workbook; the conflict goes on in the form, both texts beside each other.
    book.put(2, percent=0.5)
    unit.get_by_role("link", name="返回工作台").click()
    upload(unit, book.save())
    expect(unit.get_by_text("50%")).to_be_visible()
    unit.get_by_role("button", name="直接提交（1 项）").click()
    expect(unit.get_by_text("已提交 1 项，等待区生态办审核")).to_be_visible()
    unit.get_by_role("link", name="上传填报表").click()
    upload(unit, book.save())
    expect(unit.get_by_text("没有可以写入的内容")).to_be_visible()
    unit.get_by_role("button", name="带入填报页对照").click()
    expect(unit.locator("[name=progress_text]")).to_have_value("表中写的扬尘整治情况。")
    unit.locator(".actionbar").get_by_role("button", name="保存草稿").click()
    expect(unit.get_by_role("heading", name="内容对照：措施4")).to_be_visible()
    expect(unit.get_by_text("李国强在网上写的扬尘整治情况。").first).to_be_visible()

    # The office approves one.
    office = page_as(cast.office, path="/2024/q1/review/")
    office.get_by_role("row").filter(has_text="持续推进碳排放核算").get_by_role("link").first.click()
    expect(office.get_by_text("完成碳排放核算12家。").first).to_be_visible()
    office.get_by_role("button", name="通过", exact=True).click()
    assert ProgressUpdate.objects.get(assignment=world.support).status == Status.APPROVED


def test_the_office_files_for_a_unit_by_phone_sized_window_too(
    world: World, page_as: People, axe: Axe
) -> None:
    office = page_as(world.cast.office, path="/2024/q1/units/fgj/", viewport=PHONE)
    book = Book(download(office, "季度填报表（Excel）"))
    book.put(1, self_status="按序时推进", progress_text="代填的进展。").put(2, self_status="不对的状态")
    office.get_by_role("link", name="上传填报表（代填）").click()
    assert axe(office) == []
    assert fits(office)
    upload(office, b"not a workbook")
    expect(office.get_by_role("alert")).to_contain_text("不是 Excel 工作簿")
    upload(office, book.save())
    expect(office.get_by_text("您正以区生态办身份为区发改局代填")).to_be_visible()
    assert axe(office) == []
    assert fits(office)
    office.get_by_role("checkbox", name="措施1").uncheck()
    office.get_by_role("button", name="存为草稿").click()
    expect(office.get_by_role("alert")).to_contain_text("没有勾选可写入的措施")
    office.get_by_role("checkbox", name="措施1").check()
    office.get_by_role("button", name="存为草稿").click()
    expect(office.get_by_text("已存为草稿 1 项")).to_be_visible()
    assert fits(office)
    update = ProgressUpdate.objects.get(assignment=world.support)
    assert (update.is_proxy, update.written_by) == (True, world.cast.office)
