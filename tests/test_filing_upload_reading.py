"""A filled-in 季度填报表 is read by its mark, heads and keys wherever people have moved them; what is doubtful is said, never guessed."""

import shutil
import subprocess
from datetime import date, datetime, time
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.styles import PatternFill

from tasks.filingbook.layout import BY_KEY, COLUMNS, FilingKey, marks_of, read_key
from tasks.filingbook.reading import FilledBook, NotOurs, read_book
from tasks.formcode import FormCode
from tasks.importing.errors import ImportFailure, TooLarge, Unreadable
from tests.conftest import World
from tests.filingbooks import Book, downloaded

LAST = "progress_text"


def key(number: int, *, version: int = 0, unit: str = "fgj", quarter: int = 1, plan: str = "2024") -> str:
    return str(FilingKey(FormCode(plan, quarter, number, unit), version, marks_of({})))


def written(rows: list[dict[str, Any]], *, heads: list[str] | None = None, head_row: int = 4) -> bytes:
    """A workbook with our heads, written by hand. `rows`: key of a column → value."""
    keys = heads or [column.key for column in COLUMNS]
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for place, name in enumerate(keys, 1):
        sheet.cell(head_row, place, BY_KEY[name].head if name in BY_KEY else name)
    for line, row in enumerate(rows, head_row + 1):
        for name, value in row.items():
            cell = sheet.cell(line, keys.index(name) + 1)
            if isinstance(value, tuple):
                cell.value, cell.number_format = value
            else:
                cell.value = value
    return saved(workbook)


def saved(workbook: Workbook) -> bytes:
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def one(**values: Any) -> dict[str, str]:
    """What is read of one row with these cells."""
    return read_book(written([{"number": 1, "key": key(1), **values}])).rows[0].values


def faults(book: FilledBook) -> list[tuple[int | None, str | None, str]]:
    return [(fault.row, fault.column, fault.message) for fault in book.faults]


@pytest.fixture
def book(world: World) -> Book:
    return downloaded(world.cast.reporter, world.q1, world.fgj)


# --- as people bring it -------------------------------------------------------------------------------------


def test_what_was_typed_is_read_with_the_row_of_the_sheet(book: Book):
    book.put(1, self_status="按序时推进", progress_text="检查12次。\n整改5处。 ", next_steps="继续。")
    book.put(2, percent=0.625)
    read = read_book(book.save())
    assert [row.row for row in read.rows] == [book.row(1), book.row(2)]
    assert read.rows[0].values["progress_text"] == "检查12次。\n整改5处。"
    assert read.rows[0].values["self_status"] == "按序时推进"
    assert read.rows[1].values["percent"] == "62.5%"
    assert read.owners == [("2024", 1, "fgj")]
    assert read.faults == ()


def test_rows_are_known_by_their_keys_wherever_they_stand(book: Book):
    book.put(1, progress_text="第一项").put(2, progress_text="第二项")
    first, second = book.row(1), book.row(2)
    for place in range(1, book.sheet.max_column + 1):
        one, two = book.sheet.cell(first, place), book.sheet.cell(second, place)
        one.value, two.value = two.value, one.value
    book.sheet.insert_rows(first)
    read = read_book(book.save())
    assert {row.key.code.number: row.values[LAST] for row in read.rows} == {1: "第一项", 2: "第二项"}
    assert read.faults == ()


def test_hidden_rows_columns_and_sheets_are_read_for_people_filter(book: Book):
    book.put(1, progress_text="筛掉的行里写的。")
    book.sheet.row_dimensions[book.row(1)].hidden = True
    book.sheet.column_dimensions["K"].hidden = True
    book.workbook.create_sheet("封面", 0)
    book.sheet.sheet_state = "hidden"
    book.sheet.title = "改了名"
    read = read_book(book.save())
    assert read.sheet == "改了名"
    assert {row.key.code.number: row.values[LAST] for row in read.rows}[1] == "筛掉的行里写的。"


def test_inserted_moved_and_deleted_columns_do_not_matter(book: Book):
    book.put(1, progress_text="内容", problems="问题")
    book.sheet.insert_cols(3, 2)
    book.sheet.cell(book.head, 3).value = "本单位备注"
    book.sheet.insert_rows(1, 3)
    place = book.columns["measure"]
    book.sheet.delete_cols(place)
    read = read_book(book.save())
    assert read.rows[0].values["progress_text"] == "内容"
    assert read.rows[0].values["problems"] == "问题"
    assert "measure" not in read.places


def test_a_deleted_column_to_fill_is_said_and_left_alone(book: Book):
    book.sheet.delete_cols(book.columns["problems"])
    read = read_book(book.save())
    assert "problems" not in read.rows[0].values
    assert faults(read) == [(None, None, "缺少“存在问题”列，该栏内容不作改动。")]


def test_deleted_and_blank_rows_and_lines_below_are_nothing(book: Book):
    book.sheet.delete_rows(book.row(1))
    last = book.sheet.max_row
    book.sheet.cell(last + 2, 1).value = "填表人：张敏　联系电话：0411-00000000"
    read = read_book(book.save())
    assert [row.key.code.number for row in read.rows] == [2]
    assert read.faults == ()


def test_rows_of_a_workbook_that_libreoffice_saved_are_the_same(book: Book, tmp_path: Path):
    if not shutil.which("soffice"):
        pytest.skip("LibreOffice is not installed")
    book.put(1, self_status="按序时推进", progress_text="检查12次。\n整改5处。")
    book.put(2, percent=0.3, problems="=1+1")
    book.cell(2, "problems").data_type = "s"
    source = tmp_path / "one.xlsx"
    source.write_bytes(book.save())
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "xlsx",
            "--outdir",
            str(tmp_path / "out"),
            str(source),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    before, after = read_book(source.read_bytes()), read_book((tmp_path / "out" / "one.xlsx").read_bytes())
    assert after.rows == before.rows
    assert after.rows[1].values["percent"] == "30%"
    assert after.rows[1].values["problems"] == "=1+1"
    assert after.faults == ()


# --- cells --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (62.5, "62.5"),
        ("62.5%", "62.5%"),
        ("６２．５％", "６２．５％"),
        ((0.625, "0%"), "62.5%"),
        ((0.625, "0.0%"), "62.5%"),
        ((1, "0%"), "100%"),
        ((0, "0.0%"), "0%"),
        ((1 / 3, "0.0%"), "33.3%"),
        ((0.6255, "0.00%"), "62.55%"),
        ((62.5, '0.0"%"'), "62.5"),
        ((1200, "#,##0"), "1200"),
        ("1,2", "1,2"),
        ((datetime(2024, 3, 4), "m/d"), "3/4"),
        (True, "是"),
        (None, ""),
        ("  60 ", "60"),
    ],
)
def test_a_percent_is_read_as_the_sheet_shows_it_with_the_places_that_count(value: Any, shown: str):
    assert one(percent=value)["percent"] == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (12, "12"),
        (45356, "45356"),
        ((datetime(2024, 3, 5), "yyyy/m/d"), "2024/3/5"),
        (date(2024, 3, 5), "2024-03-05"),
        (time(8, 30), "08:30"),
        (False, "否"),
        ("第一行_x000D_\n第二行", "第一行\n第二行"),
        ("—", "—"),
        ("１２次", "１２次"),
    ],
)
def test_whatever_stands_in_a_text_cell_is_read_as_it_shows(value: Any, shown: str):
    assert one(progress_text=value)["progress_text"] == shown


def test_formulas_give_their_saved_result_and_one_without_is_said(book: Book):
    book.put(1, progress_text='="完成"&12&"次"')
    read = read_book(book.save())
    assert read.rows[0].values["progress_text"] == ""
    assert [(row, column) for row, column, _ in faults(read)] == [(book.row(1), "progress_text")]
    assert "公式" in read.faults[0].message
    # The same with a result, as office programs save it.
    data = edited(book.save(), "<v></v>", "<v>完成12次</v>", mark='<c r="K5"', add=' t="str"')
    read = read_book(data)
    assert read.rows[0].values["progress_text"] == "完成12次"
    assert read.faults == ()


def edited(data: bytes, old: str, new: str, *, mark: str, add: str) -> bytes:
    """The first sheet's XML with one cell changed."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for item in source.infolist():
            content = source.read(item)
            if item.filename == "xl/worksheets/sheet1.xml":
                text = content.decode()
                place = text.index(mark)
                start = text.index(old if old in text[place:] else "<v/>", place)
                found = old if text.startswith(old, start) else "<v/>"
                text = text[:start] + new + text[start + len(found) :]
                text = text[: place + len(mark)] + add + text[place + len(mark) :]
                content = text.encode()
            target.writestr(item, content)
    return out.getvalue()


def test_a_cell_that_shows_an_error_is_said(book: Book):
    book.put(1, progress_text="#N/A")
    assert book.cell(1, "progress_text").data_type == "e"
    read = read_book(book.save())
    assert faults(read) == [(book.row(1), "progress_text", "单元格公式出错（#N/A）。请改为直接填写内容。")]


# --- what is refused, and how it is said --------------------------------------------------------------------


def test_the_same_row_twice_is_refused_with_both_places():
    data = written(
        [
            {"number": 1, "key": key(1), LAST: "甲"},
            {"number": 2, "key": key(2)},
            {"number": 1, "key": key(1), LAST: "乙"},
        ]
    )
    told = faults(read_book(data))
    assert [row for row, _, _ in told] == [5, 7]
    assert all("第5行、第7行是同一项措施" in message for _, _, message in told)


def test_a_damaged_key_a_row_without_one_and_a_number_that_does_not_fit():
    data = written(
        [
            {"number": 1, "key": "2024/Q1/1/fgj"},
            {"number": 2, LAST: "自己加的一行"},
            {"number": 9, "key": key(3), LAST: "错位的内容"},
            {"key": key(4)},
            {"number": "５", "key": key(5)},
        ]
    )
    read = read_book(data)
    told = faults(read)
    assert [row.key.code.number for row in read.rows] == [3, 4, 5]
    assert (told[0][0], "标识已被改动" in told[0][2]) == (5, True)
    assert (told[1][0], "没有标识" in told[1][2]) == (6, True)
    assert (told[2][0], told[2][1], "序号为“9”，与本行标识（措施3）不符" in told[2][2]) == (7, "number", True)
    assert (told[3][0], "序号为空" in told[3][2]) == (8, True)
    assert len(told) == 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "没有季度填报表"),
        ("xigang-filings/99", "以前的格式"),
    ],
)
def test_a_workbook_that_is_not_ours_or_of_another_format(text: str, told: str):
    data = written([{"number": 1}], heads=["number", "progress_text", text or "别的"])
    with pytest.raises(NotOurs, match=told):
        read_book(data)


def test_two_sheets_or_two_columns_of_the_same_leave_it_open_which_counts(book: Book):
    copy = book.workbook.copy_worksheet(book.sheet)
    copy.title = "备份"
    with pytest.raises(NotOurs, match="2 张填报表（“季度填报表”、“备份”）"):
        read_book(book.save())
    book.workbook.remove(copy)
    book.sheet.cell(book.head, book.sheet.max_column + 1).value = "工作\n进展"
    with pytest.raises(NotOurs, match="2 个“工作进展”列"):
        read_book(book.save())


def test_without_the_numbers_nothing_can_be_checked(book: Book):
    book.sheet.delete_cols(book.columns["number"])
    with pytest.raises(NotOurs, match="缺少“序号”列"):
        read_book(book.save())


def test_no_rows_or_none_that_is_known():
    with pytest.raises(NotOurs, match="没有任何一行"):
        read_book(written([]))
    with pytest.raises(NotOurs, match="没有一行的标识可以辨认"):
        read_book(written([{"number": 1, "key": "???"}]))


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"", Unreadable, "空的"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, Unreadable, "旧格式"),
        (b"%PDF-1.7", Unreadable, "不是 Excel 工作簿"),
        (b"PK\x03\x04 broken", Unreadable, "已损坏"),
        (b"PK" + b"\0" * (5 * 1024 * 1024), TooLarge, "5 MB"),
    ],
)
def test_other_files_are_told_apart(data: bytes, error: type[ImportFailure], told: str):
    with pytest.raises(error, match=told):
        read_book(data)


def test_a_word_file_and_a_workbook_of_too_many_rows():
    stream = BytesIO()
    Document().save(stream)
    with pytest.raises(Unreadable, match="不是 Excel 工作簿"):
        read_book(stream.getvalue())
    rows = [{"number": 1, "key": key(1), LAST: "x"} for _ in range(2_100)]
    with pytest.raises(TooLarge, match="2,000 行"):
        read_book(written(rows))


def test_colours_and_comments_do_not_matter(book: Book):
    book.cell(1, LAST).fill = PatternFill("solid", fgColor="FFFF00")
    book.put(1, progress_text="内容")
    assert read_book(saved(load_workbook(BytesIO(book.save())))).rows[0].values[LAST] == "内容"


# --- whatever is typed --------------------------------------------------------------------------------------

texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"])
    | st.sampled_from("\n\t=+-@'\"%%．％，,。—是否√0123456789./_x"),
    max_size=40,
)
cells = st.one_of(
    st.none(),
    texts,
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 1), datetime(9999, 1, 1)),
    st.times(),
    st.sampled_from(["#N/A", "#DIV/0!", "#REF!", "=1/0", "=A1", "=SUM(", "{=1}"]),
)
formats = st.sampled_from(
    [
        "General",
        "0%",
        "0.0%",
        "@",
        "yyyy/m/d",
        '0.0"%"',
        "#,##0.00",
        "[Red]0.0;(0.0)",
        "m/d",
        "0.0E+00",
        ";;;",
    ]
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([column.key for column in COLUMNS]), st.tuples(cells, formats), max_size=8
    )
)
def test_no_cell_breaks_the_reading(values: dict[str, tuple[Any, str]]):
    """Whatever stands in the cells: rows of text and problems, or one of our own refusals."""
    rows = [
        {"number": 1, "key": key(1)} | {k: v for k, v in values.items() if v[0] != ""},
        {"number": 2, "key": key(2), LAST: "第二项"},
    ]
    try:
        read = read_book(written(rows))
    except ImportFailure:
        return
    for row in read.rows:
        assert set(row.values) <= set(BY_KEY)
        assert all(isinstance(text, str) and "\0" not in text for text in row.values.values())
    assert read.rows[-1].values[LAST] == "第二项"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_a_key_is_itself_or_nothing(text: str):
    found = read_key(text)
    assert found is None or read_key(str(found)) == found
