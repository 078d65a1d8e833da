"""The real attachment of 2024: the scan's text, and four further layouts in every kind of file, read back measure by measure."""

from collections.abc import Callable

import pytest

from tasks.importing.reading import Source, read_plan
from tests.importing.builders import SOFFICE, Grid, excel, resaved, text, word
from tests.importing.truth import LAYOUTS, SCAN, lines_of, plan_2024, rows_of

TITLE = "西岗区2024年生态环境保护措施清单"
needs_office = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def test_the_scan_reads_as_the_plan_that_was_entered_by_hand() -> None:
    reading = read_plan(Source(SCAN.read_bytes(), SCAN.name))
    assert lines_of(reading) == plan_2024()
    assert not reading.problems


def test_the_text_around_the_table_becomes_its_sections() -> None:
    reading = read_plan(Source(SCAN.read_bytes()))
    assert [
        (section.number, section.level, section.heading, section.text) for section in reading.sections
    ] == [
        (section["number"], section["level"], section["heading"], section["text"])
        for section in rows_of("plansection")
    ]
    plan = rows_of("plan")[0]
    assert (
        reading.title,
        reading.year,
        reading.issuer,
        str(reading.issued_on),
        reading.preamble,
        reading.attachment_title,
    ) == (
        plan["title"],
        plan["year"],
        plan["issuer"],
        plan["issued_on"],
        plan["preamble"],
        plan["attachment_title"],
    )


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@pytest.mark.parametrize("kind", ["word", "excel", "text"])
def test_every_layout_reads_as_the_same_plan(layout: Callable[[], Grid], kind: str) -> None:
    grid = layout()
    data = (
        word(TITLE, grid)
        if kind == "word"
        else excel(("清单", grid))
        if kind == "excel"
        else text(TITLE, grid)
    )
    reading = read_plan(Source(data))
    assert lines_of(reading) == plan_2024()
    assert not reading.problems


@needs_office
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_every_layout_reads_the_same_after_libreoffice_saved_it(
    layout: Callable[[], Grid], kind: str
) -> None:
    data = word(TITLE, layout()) if kind == "docx" else excel(("清单", layout()))
    assert lines_of(read_plan(Source(resaved(data, kind)))) == plan_2024()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_text_may_come_in_any_encoding_that_windows_writes(encoding: str) -> None:
    data = SCAN.read_text(encoding="utf-8").replace("\n", "\r\n").encode(encoding)
    assert lines_of(read_plan(Source(data))) == plan_2024()
