"""The 季度填报表 in another program: saved again it is still ours, and its formulas can be worked out."""

import csv
import re
import shutil
import subprocess
from collections.abc import Callable
from decimal import Decimal
from io import StringIO

import pytest
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.reading import read_book
from tests.filingbook_rows import ALWAYS, book, opened, row, terminal, validations
from tests.filingbooks import Book

SOFFICE = shutil.which("soffice")
XLSX = "xlsx:Calc MS Excel 2007 XML"
pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, str], bytes]:
    """A workbook as LibreOffice saves it again, in a format that it knows by the name given."""
    folder = tmp_path_factory.mktemp("office")

    def convert(data: bytes, kind: str) -> bytes:
        (folder / "in").mkdir(exist_ok=True)
        (folder / "in" / "book.xlsx").write_bytes(data)
        profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
        command = [str(SOFFICE), "--headless", profile, "--convert-to", kind, "--outdir", str(folder)]
        subprocess.run(
            [*command, str(folder / "in" / "book.xlsx")], check=True, capture_output=True, timeout=180
        )
        return (folder / f"book.{kind.partition(':')[0]}").read_bytes()

    return convert


def test_saved_by_another_program_it_is_still_ours(converted):
    rows = (
        row(1, content={"progress_text": "第一段。\n=第二段", "self_status": "partial"}),
        terminal(
            2,
            previous="第一季度（通过）",
            last_percent=Decimal(30),
            content={"percent": Decimal("12.5"), "indicator_value": Decimal("98.25")},
        ),
        row(3, writable=False),
    )
    data = filing_book_xlsx(book(*rows))
    saved = converted(data, XLSX)
    assert saved != data
    assert read_book(saved).rows == read_book(data).rows
    before, after = Book(data), Book(saved)
    assert after.columns == before.columns
    for number in (1, 2, 3):
        for key in before.columns:
            ours, theirs = before.cell(number, key), after.cell(number, key)
            assert ours.protection.locked == theirs.protection.locked, (number, key)
    assert after.sheet.protection.sheet
    assert after.sheet.column_dimensions[get_column_letter(after.columns["key"])].hidden
    checks = {key: (rule.type, rule.sqref.ranges) for key, rule in validations(before).items()}
    assert {key: (rule.type, rule.sqref.ranges) for key, rule in validations(after).items()} == checks
    assert "填写说明" in validations(after)["self_status"].formula1


def test_rows_put_in_another_order_carry_their_keys_with_them(converted):
    """As sorting the whole table does; what is checked in a row follows what stands in it."""
    made = opened(
        row(1), terminal(2, content={"percent": Decimal(20)}), row(3, content={"problems": "缺人。"})
    )
    before = {item.key: item.values for item in read_book(made.save()).rows}
    sheet, columns = made.sheet, range(1, made.sheet.max_column + 1)
    lines = [[sheet.cell(place, column).value for column in columns] for place in (5, 6, 7)]
    for place, line in zip((5, 6, 7), (lines[2], lines[0], lines[1]), strict=True):
        for column, value in zip(columns, line, strict=True):
            sheet.cell(place, column).value = value
    made.put(2, self_status="未启动")
    assert painted(made, converted) == {
        *((2, key) for key in ("percent", "progress_text", "overall_text", "indicator_value")),
        *((3, key) for key in ("self_status", "progress_text")),
    }
    after = {item.key: item.values for item in read_book(converted(made.save(), XLSX)).rows}
    key = next(key for key in before if key.code.number == 2)
    assert after == before | {key: before[key] | {"self_status": "未启动"}}


def painted(made: Book, convert: Callable[[bytes, str], bytes]) -> set[tuple[int, str]]:
    """(measure, key) of the cells that a conditional format changes, as LibreOffice works the formulas out."""
    sheet = made.sheet
    keys = {place: key for key, place in made.columns.items()}
    numbers = {made.row(number): number for number in (1, 2, 3)}
    out: Worksheet = made.workbook.create_sheet("判断", 0)
    asked = []
    for area in sheet.conditional_formatting:
        column = re.match("[A-Z]+", str(area.sqref)).group()  # type: ignore[union-attr]
        for rule in area.rules:
            for place, number in numbers.items():
                formula = re.sub(
                    r'("[^"]*")|(\$[A-Z]{1,2})5',
                    lambda m, at=place: m[1] or f"季度填报表!{m[2]}{at}",
                    rule.formula[0],
                )
                asked.append((number, keys[sheet[f"{column}1"].column]))
                out.cell(len(asked), 1, f"=IF({formula},1,0)")
    for other in made.workbook.worksheets:
        other.protection.sheet = False
    lines = list(csv.reader(StringIO(convert(made.save(), "csv").decode())))
    answers = [line[0] for line in lines[: len(asked)]]
    assert set(answers) <= {"0", "1"}, "a formula that cannot be worked out"
    return {cell for cell, answer in zip(asked, answers, strict=True) if answer == "1"}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        pytest.param({1: {}, 2: {}, 3: {}}, set(), id="nothing"),
        pytest.param(
            {1: {"self_status": "滞后"}, 2: {"progress_text": "推进。"}, 3: {"progress_text": "推进。"}},
            {
                *((1, key) for key in ("progress_text", "problems", "next_steps")),
                *((2, key) for key in ("self_status", "percent", "overall_text", "indicator_value")),
                (3, "self_status"),
            },
            id="missing",
        ),
        pytest.param(
            {
                1: {"self_status": "已完成", "progress_text": "推进。"},
                2: {
                    "self_status": "已完成",
                    "progress_text": "推进。",
                    "percent": 0.2,
                    "overall_text": "好。",
                    "indicator_value": 98,
                },
                3: {"no_work": "是", "progress_text": "推进。"},
            },
            {
                (1, "evidence"),
                *((2, key) for key in ("evidence", "percent", "decrease_reason")),
                *(
                    (3, key)
                    for key in (*ALWAYS, "percent", "decrease_reason", "indicator_value", "overall_text")
                ),
            },
            id="contradicting",
        ),
        pytest.param(
            {
                1: {"self_status": "按序时推进", "progress_text": "推进。"},
                2: {
                    "self_status": "未启动",
                    "progress_text": "推进。",
                    "percent": 0,
                    "decrease_reason": "调整。",
                    "overall_text": "好。",
                    "indicator_value": 98,
                },
                3: {"self_status": "部分完成", "progress_text": "推进。"},
            },
            set(),
            id="complete",
        ),
    ],
)
def test_what_is_missing_or_contradicts_itself_is_painted(converted, typed, expected):
    made = opened(row(1), terminal(2, last_percent=Decimal(30)), row(3))
    for number, values in typed.items():
        made.put(number, **values)
    assert painted(made, converted) == expected
