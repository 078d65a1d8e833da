"""Files that mean harm, or only are not what they say: answered in Chinese, in bounded time and memory."""

import re
import zipfile
from io import BytesIO

import pytest

from tasks.importing.errors import ImportFailure, TooLarge, Unreadable
from tasks.importing.limits import PLAN
from tasks.importing.reading import Source, read_plan
from tests.importing.builders import UP, excel, word
from tests.importing.hostile import GRID, HEAD_XML, added, changed, refused

pytestmark = pytest.mark.usefixtures("bounded")


def test_a_zip_bomb_is_refused_whatever_its_directory_claims() -> None:
    bomb = b"<w:document>" + b" " * (PLAN.part + 1)
    data = changed(word(GRID), document__xml=bomb)
    refused(data, TooLarge, "解压后过大")
    # The same with a size that lies.
    size = len(bomb).to_bytes(4, "little")
    refused(data.replace(size, (1000).to_bytes(4, "little")), ImportFailure, "过大|损坏")


def test_a_sheet_of_nothing_but_text_is_refused() -> None:
    row = "<row>" + "<c t='inlineStr'><is><t>" + "文" * 60 + "</t></is></c>" * 1 + "</row>"
    sheet = f"<worksheet><sheetData>{row * 400_000}</sheetData></worksheet>".encode()
    refused(changed(excel(("表", GRID)), sheet1__xml=sheet), TooLarge, "过大|超过")


def test_sheets_that_are_too_large_only_together_are_refused() -> None:
    book = excel(*[(f"表{number}", GRID) for number in range(3)])
    # A single text of this length is more than the parser takes.
    blanks = (b"<x>" + b" " * 5_000_000 + b"</x>") * (PLAN.part // 5_000_100)
    data = changed(
        book,
        **{
            f"sheet{number}__xml": lambda part: part.replace(b"<sheetData>", blanks + b"<sheetData>")
            for number in (1, 2, 3)
        },
    )
    assert 3 * len(blanks) > PLAN.unpacked
    refused(data, TooLarge, "解压后过大")


def test_elements_that_are_small_in_the_file_and_large_in_memory_are_refused() -> None:
    many = b"<x/>" * (PLAN.marks + 1)
    data = changed(
        excel(("表", GRID)), sheet1__xml=lambda part: part.replace(b"<sheetData>", many + b"<sheetData>")
    )
    refused(data, TooLarge, "解压后过大")


def test_more_parts_than_any_document_has() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        for number in range(PLAN.entries + 1):
            target.writestr(f"a{number}", b"")
    refused(stream.getvalue(), TooLarge, "过大")


@pytest.mark.parametrize("kind", ["word", "excel"])
def test_entities_are_never_expanded(kind: str) -> None:
    laughs = "".join(f'<!ENTITY a{n} "{("&a" + str(n - 1) + ";") * 10}">' for n in range(1, 12))
    doctype = f'<!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]>'.encode()

    def put(part: bytes) -> bytes:
        end = part.index(b"?>") + 2 if part.startswith(b"<?xml") else 0
        return part[:end] + doctype + part[end:].replace("加强工地管控。".encode(), b"&a11;")

    data = word(GRID) if kind == "word" else excel(("表", GRID))
    name = "document__xml" if kind == "word" else "sheet1__xml"
    refused(changed(data, **{name: put}), Unreadable, "实体定义")
    # A file of the machine is not read either.
    outside = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    steal = changed(data, **{name: lambda part: HEAD_XML + outside + re.sub(rb"^<[?].*?[?]>", b"", part)})
    refused(steal, Unreadable, "实体定义")


def test_macros_are_refused() -> None:
    refused(added(excel(("表", GRID)), "xl/vbaProject.bin", b"\x00"), Unreadable, "宏")
    refused(added(word(GRID), "word/vbaProject.bin", b"\x00"), Unreadable, "宏")


def test_links_out_of_the_file_are_not_followed() -> None:
    link = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
        b'Target="http://192.0.2.1/x.xlsx" TargetMode="External"/></Relationships>'
    )
    data = added(excel(("表", GRID)), "xl/externalLinks/_rels/externalLink1.xml.rels", link)
    assert len(read_plan(Source(data)).measures) == 1


def test_a_part_that_points_outside_the_package_is_damaged() -> None:
    data = changed(
        excel(("表", GRID)),
        workbook__xml__rels=lambda part: part.replace(b"worksheets/sheet1.xml", b"../../../../etc/passwd"),
    )
    refused(data, ImportFailure, "没有找到计划表格")


def test_a_sheet_with_every_row_used_is_refused() -> None:
    rows = "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, PLAN.rows + 2))
    data = changed(
        excel(("表", GRID)), sheet1__xml=f"<worksheet><sheetData>{rows}</sheetData></worksheet>".encode()
    )
    refused(data, TooLarge, "超过 20,000 行")


def test_a_million_empty_rows_are_passed_over() -> None:
    rows = b"".join(b'<row r="%d"/>' % n for n in range(3, 1_048_577))
    data = changed(
        excel(("表", GRID)), sheet1__xml=lambda part: part.replace(b"</sheetData>", rows + b"</sheetData>")
    )
    assert len(read_plan(Source(data)).measures) == 1


def test_merged_ranges_over_the_whole_sheet_are_bounded() -> None:
    merges = b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    data = changed(
        excel(("表", GRID)), sheet1__xml=lambda part: part.replace(b"</sheetData>", b"</sheetData>" + merges)
    )
    refused(data, ImportFailure, "没有找到计划表格")
    many = b"<mergeCells>" + b'<mergeCell ref="A1:D2"/>' * 60_000 + b"</mergeCells>"
    data = changed(
        excel(("表", GRID)), sheet1__xml=lambda part: part.replace(b"</sheetData>", b"</sheetData>" + many)
    )
    refused(data, TooLarge, "合并单元格过多")


def test_a_text_of_too_many_rows_is_refused() -> None:
    refused("a\tb\n" * (PLAN.rows + 1), TooLarge, "20,000 行")
    refused("字" * (PLAN.characters + 1), TooLarge, "过长")
    refused(b"x" * (PLAN.file + 1), TooLarge, "30 MB")


def test_quotation_marks_without_end_cost_no_more_than_other_text() -> None:
    refused('"a\t"b\n' * 15_000, ImportFailure, "没有找到")
    refused('"' * 300_000, ImportFailure, "没有找到")
    refused("（" * 200_000 + "\n" + "\t".join(["任务", "措施", "责任单位"]), ImportFailure, "没有找到")


@pytest.mark.parametrize("sign", ["（", "、", "牵头", "等", "1.", "各县、", "局 ", "年", "2024年", "一", '"'])
def test_a_cell_of_one_sign_repeated_is_read_in_time(sign: str) -> None:
    cell = sign * (20_000 // len(sign))
    rows = ["\t".join(["任务", "措施", "责任单位", "时限"]), "\t".join([cell, cell, cell, cell])]
    assert read_plan(Source("\n".join(rows))).measures


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "旧格式"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04 not a zip", "损坏"),
        (b"{\\rtf1 abc}", "不支持"),
        (b"\x89PNG\r\n", "不支持"),
        (b"\x00\x01\x02\x03" * 50, "不是可识别的文本"),
    ],
)
def test_files_of_other_kinds_are_named(data: bytes, words: str) -> None:
    refused(data, ImportFailure, words)


def test_a_zip_that_is_no_office_file() -> None:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        target.writestr("content.xml", "<x/>")
    refused(stream.getvalue(), Unreadable, "docx")


def test_a_password_is_named() -> None:
    data = bytearray(word(GRID))
    # The bit that says encrypted, in every local and central header.
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + place] |= 1
            start = data.find(mark, start + 4)
    refused(bytes(data), Unreadable, "密码")


def test_a_file_that_lacks_its_main_part_is_damaged() -> None:
    refused(changed(word(GRID), drop="word/document.xml"), Unreadable, "损坏")
    refused(changed(excel(("表", GRID)), drop="sheet1.xml"), ImportFailure, "没有找到计划表格")


def test_merged_cells_of_5000_rows_are_read_in_time() -> None:
    grid = [*GRID, *[[UP, UP, f"第{n}项工作措施。", "区住建局、区城管执法局"] for n in range(5_000)]]
    assert len(read_plan(Source(excel(("表", grid)))).measures) == 5_001
