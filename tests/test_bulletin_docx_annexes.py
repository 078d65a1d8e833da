"""The annexes in the bulletin's Word file: merged and repeated cells, marks with words, charts as pictures."""

from io import BytesIO

import pytest
from PIL import Image

from reports.renderers.process import render_files
from reports.renderers.word.bulletin import bulletin_docx
from tests.gbt_papers import MIXED, PLAIN
from tests.office_files import (
    FULL,
    bulletin,
    named,
    paragraphs,
    parts_of,
    tables,
    value,
    xml_of,
)

BODY = [{"kind": "p", "text": f"为推动《计划》落地见效，现将有关情况通报如下：{MIXED}"}]


@pytest.fixture(scope="module")
def full() -> bytes:
    return bulletin_docx(bulletin(BODY, measures=5, units=4, **FULL))


def test_annex_1_merges_the_measures_of_a_task_and_repeats_its_heads(full: bytes) -> None:
    table = tables(full)[0]
    assert table[0] == [
        "序号",
        "目标任务",
        "工作措施",
        "责任单位",
        "进展情况",
        "完成比例\n（状态）",
        "进展灯",
    ]
    assert [row[:3] for row in table[1:4]] == [
        ["1", "第1项目标任务", f"1.{PLAIN}"],
        ["", "", f"2.{PLAIN}"],
        ["2", "第2项目标任务", f"3.{PLAIN}"],
    ]
    assert table[1][4] == f"区住建局：{MIXED}\n各街道：{MIXED}"
    assert [row[6] for row in table[1:6]] == ["●黄灯", "●红灯", "●蓝灯", "○灰灯", "●绿灯"]
    element = named(xml_of(full), "tbl")[0]
    rows = named(element, "tr")
    assert [bool(named(row, "tblHeader")) for row in rows] == [True] + [False] * 5
    merges = [[value(m) for m in named(row, "vMerge")] for row in rows]
    assert merges == [[], ["restart", "restart"], [None, None], ["restart", "restart"], [None, None], []]


def test_short_rows_are_kept_whole_and_long_ones_may_break() -> None:
    document = bulletin(BODY, measures=2)
    document["appendix"]["rows"][0]["progress"] = ["已完成。"]
    document["appendix"]["rows"][1]["progress"] = [MIXED * 9]
    rows = named(named(xml_of(bulletin_docx(document)), "tbl")[0], "tr")
    assert [bool(named(row, "cantSplit")) for row in rows] == [True, True, False]
    # What goes on on another page stands on top: words in the middle would be torn apart.
    assert {value(item) for item in named(rows[2], "vAlign")} == {"top"}


def test_annex_2_has_the_marks_and_words_of_the_pdf(full: bytes) -> None:
    table = tables(full)[1]
    assert table[0] == ["序号", "责任单位", "应报", "已报", "逾期\n报送", "未报", "各项工作措施的报送状态"]
    assert table[1][6:] == ["1", "2", "3", "4", "5"]
    assert table[2] == [
        "1",
        "第1责任单位",
        "4",
        "3",
        "1",
        "1",
        "√△\n通过",
        "◇\n退回",
        "",
        "○\n待审",
        "－\n未报",
    ]
    assert table[-1][:3] == ["", "合计", "14"]
    note = next(text for key, text in paragraphs(full) if key == "TableNote")
    assert note.startswith("注：√通过（审核通过）")


def test_sixty_measures_stand_in_several_tables_with_the_units_again() -> None:
    found = [
        table
        for table in tables(bulletin_docx(bulletin(BODY, measures=60, units=4)))
        if "责任单位" in table[0]
    ]
    blocks = [table for table in found if "各项工作措施的报送状态" in table[0]]
    assert len(blocks) > 1
    numbers = [cell for table in blocks for cell in table[1] if cell]
    assert numbers == [str(number) for number in range(1, 61)]
    assert all([row[1] for row in table[2:6]] == [f"第{n}责任单位" for n in range(1, 5)] for table in blocks)


def test_charts_are_pictures_fine_enough_to_print_and_told_to_who_cannot_see_them() -> None:
    document = bulletin(BODY, drawn=True)
    content = render_files(document, ["docx"])["docx"]
    images = [part for name, part in parts_of(content).items() if name.startswith("word/media/")]
    assert len(images) == 1
    with Image.open(BytesIO(images[0])) as image:
        assert image.format == "PNG"
        assert image.width / (156 / 25.4) >= 200
        # Not a white sheet: the bar is there.
        assert len(image.getcolors(1 << 20) or []) > 20
    drawn = xml_of(content).find(".//{*}inline/{*}docPr")
    assert drawn.get("descr").startswith("图1  各项目标任务完成比例与序时进度".replace("  ", " "))
    extent = xml_of(content).find(".//{*}inline/{*}extent")
    assert int(extent.get("cx")) == 156 * 36000
    assert [key for key, _ in paragraphs(content)][-4:-1] == ["AnnexTitle", "Picture", "Caption"]


def test_a_chart_that_cannot_be_drawn_leaves_its_figures_and_a_notice() -> None:
    document = bulletin(BODY, drawn=True)
    document["charts"]["parts"][0]["option"] = {"series": [{"type": "bar", "data": [1]}]}
    content = render_files(document, ["docx"])["docx"]
    assert ("TableCentred", "（图形未能生成，数据见下表）") in paragraphs(content)
    assert tables(content)[-1][1] == ["1", "第1项目标任务", "25%"]
