"""计划导入: the file that goes back with its doubts marked, and the mended one that takes its place."""

import re
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from openpyxl import load_workbook

from tasks.models import PlanImport, SourceFile
from tests.conftest import World
from tests.importing.builders import excel, word
from tests.imports import GRID, TITLE, address, brought, document, keys, page, settle


@pytest.fixture
def record(office: Client, world: World) -> PlanImport:
    return brought(office)


def replace(office: Client, record: PlanImport, data: bytes, name: str = "改正.docx") -> HttpResponse:
    return office.post(address(record, "replace/"), {"file": SimpleUploadedFile(name, data), "text": ""})


def test_a_mended_file_keeps_what_was_decided(office: Client, record: PlanImport) -> None:
    settle(office, record)
    office.post(address(record, "details/"), {"year": "2025", "title": "另拟的标题"})
    mended = [*GRID, ["3", "新增", "新的措施。", "区发改局", ""]]
    response = replace(office, record, document(mended))
    new = PlanImport.objects.get()
    assert response.headers["Location"].startswith(address(new))
    html = page(office, new)
    assert "已换用新上传的文件" in html
    assert "新的措施。" in html
    assert 'value="另拟的标题"' in html
    assert new.choices.keys() == {"区发改委", "区水务集团"}
    assert office.get(address(record)).status_code == 404
    assert SourceFile.objects.count() == 1


def test_a_mended_file_that_is_none_leaves_everything_as_it_was(office: Client, record: PlanImport) -> None:
    settle(office, record)
    for response, said in (
        (replace(office, record, word("不是计划"), "通知.docx"), "“通知.docx”未能读取"),
        (office.post(address(record, "replace/"), {"text": "不是\t表格"}), "没有找到计划表格"),
        (office.post(address(record, "replace/"), {}), "请选择文件"),
    ):
        html = response.content.decode()
        assert response.status_code == 422
        assert said in html
        assert re.search(r'<details[^>]*id="replace" open', html)
    assert (
        "不是\t表格</textarea>"
        in office.post(address(record, "replace/"), {"text": "不是\t表格"}).content.decode()
    )
    assert PlanImport.objects.get() == record
    record.refresh_from_db()
    assert record.choices.keys() == {"区发改委", "区水务集团"}


def test_the_very_same_file_mends_nothing(office: Client, world: World) -> None:
    data = document()
    record = brought(office, data)
    response = replace(office, record, data)
    assert response.status_code == 422
    assert "与现在的文件完全相同" in response.content.decode()
    assert PlanImport.objects.get() == record


def test_the_file_comes_back_with_its_doubts_marked(office: Client, world: World) -> None:
    rows = [*GRID, ["3", "新增", "", "区发改局", ""], ["4", "督察", "落实整改。", "", ""]]
    record = brought(office, excel((TITLE, rows)), name="计划.xlsx")
    assert address(record, "marked/") in page(office, record)
    response = office.get(address(record, "marked/"))
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    book = load_workbook(BytesIO(response.content))
    comments = {
        cell.coordinate: cell.comment.text for row in book[TITLE] for cell in row if cell.comment is not None
    }
    assert "“区发改委”未登记，与区发改局相近" in comments["D2"]
    assert "“区水务集团”未登记" in comments["D3"]
    assert "“区水务集团”未登记" in comments["D4"]
    assert "责任单位为空" in comments["D6"]
    # What is decided in the system is no doubt of the file any more.
    settle(office, record)
    office.post(address(record, "accept/"), {"key": keys(page(office, record)), "accepted": "1"})
    book = load_workbook(BytesIO(office.get(address(record, "marked/")).content))
    left = [cell.coordinate for row in book[TITLE] for cell in row if cell.comment is not None]
    assert not {"D2", "D3", "D4", "D6"}.intersection(left)


def test_the_marked_file_mended_and_brought_again_is_read_as_the_plan(
    office: Client, record: PlanImport
) -> None:
    response = office.get(address(record, "marked/"))
    answer = replace(office, record, response.content, "2025年计划（已标注）.docx")
    assert answer.status_code == 302
    new = PlanImport.objects.get()
    html = page(office, new)
    for row in GRID[1:]:
        assert row[2] in html
    assert "已识别 4 · 建议 1 · 未识别 1" in html
