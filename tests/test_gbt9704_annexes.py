"""GB/T 9704-2012, measured from the PDF: annexes, 版记, page numbers, and what is read back."""

from typing import Any

import pytest

from tests.gbt_printed import PAPERS, every_paper, numbered, printed
from tests.pdf_measure import BOTTOM, LEFT, LINE, MM, RIGHT, TOP, Row, Sheet, text_sheets

# --- annexes ----------------------------------------------------------------------------------------


@every_paper
def test_each_annex_begins_a_page_with_its_label_and_its_title_on_the_third_line(name: str) -> None:
    """7.3.7: 附件 with its number in 3号黑体, flush left, on the first line."""
    pages = printed(name)
    titles = [PAPERS[name][key]["title"] for key in ("appendix", "matrix", "charts")]
    for number, title in enumerate(titles, 1):
        sheet = next(
            sheet
            for sheet in pages[len(text_sheets(pages)) :]
            if any(row.text == f"附件{number}" for row in annex_rows(sheet)[:1])
        )
        label, heading = annex_rows(sheet)[:2]
        left, top = (37 - 2, 28) if sheet.wide else (LEFT, TOP)
        assert label.faces == {"FandolHei"}
        assert round(label.size) == 16
        assert label.x0 == pytest.approx(left, abs=0.3)
        assert label.em_top == pytest.approx(top + (LINE - 16 * MM) / 2, abs=0.2)
        assert heading.text == title
        line_top = heading.em_top - (33 - 22) / 2 * MM
        assert line_top == pytest.approx(top + 2 * LINE, abs=0.3)
        assert heading.middle == pytest.approx(left + (225 if sheet.wide else 156) / 2, abs=0.2)


def annex_rows(sheet: Sheet) -> list[Row]:
    """Label and title of an annex: the rows above its table."""
    if not sheet.wide:
        return sheet.rows
    found: dict[int, list[Any]] = {}
    for letter in sheet.letters:
        if 28 < letter.base < 28 + 60:
            found.setdefault(round(letter.base * 4), []).append(letter)
    return [Row(sorted(found[base], key=lambda letter: letter.x0)) for base in sorted(found)]


@pytest.mark.parametrize("name", ["forty", "blank", "corrected"])
def test_landscape_pages_lie_with_their_head_on_the_left_of_the_sheet(name: str) -> None:
    """8: the head on the binding side of odd pages and on the outer side of even ones. Both are the left.

    Measured on the sheet itself, before a viewer turns it by its /Rotate: the table runs from its head on the left to the
    right, its lines from the foot of the sheet upwards.
    """
    wide = [sheet for sheet in printed(name) if sheet.wide]
    assert {sheet.number % 2 for sheet in wide} == {0, 1}
    for sheet in wide:
        assert sheet.page.page_obj.rotate == 90
        boxes = sheet.boxes("序号")
        (head, *table) = [box for box in boxes if box[1] > 35]
        assert LEFT < head[0] < LEFT + 60
        assert min(box[0] for box in table) > head[0] - 6
        assert max(box[2] for box in table) > head[0] + 20
        assert 35 < head[1] < 40


@pytest.mark.parametrize("name", ["forty", "blank"])
def test_every_page_of_a_table_has_its_head(name: str) -> None:
    for sheet in printed(name):
        if sheet.wide:
            assert "序号" in sheet.text
            assert "目标任务" in sheet.text or "责任单位" in sheet.text


# --- 版记 --------------------------------------------------------------------------------------------


@numbered
def test_the_imprint_lies_on_the_lower_edge_of_the_last_page_which_is_even(name: str) -> None:
    """7.4.1: rules as wide as the text block, 0.35, 0.25 and 0.35 mm; printed on both sides (6.2)."""
    last = printed(name)[-1]
    assert last.number % 2 == 0
    assert not last.wide
    rules = last.long_rules
    copies = bool(PAPERS[name]["head"]["cc"]) or name == "many_recipients"
    assert [round(rule.thick, 2) for rule in rules] == ([0.35, 0.25, 0.35] if copies else [0.35, 0.35])
    assert rules[-1].bottom == pytest.approx(BOTTOM, abs=0.1)
    assert all(rule.x0 == pytest.approx(LEFT, abs=0.05) for rule in rules)


@numbered
def test_copies_and_printing_are_in_14_points_one_character_in(name: str) -> None:
    """7.4.2, 7.4.3: 抄送 goes on under the first of its names; 印发 after the date."""
    last = printed(name)[-1]
    top = last.long_rules[0].top
    rows = [row for row in last.rows if row.base > top]
    one = 14 * MM
    assert {round(row.size) for row in rows} == {14}
    assert {face for row in rows for face in row.faces} == {"FandolFang"}
    assert rows[-1].text.endswith("2024年4月18日印发")
    assert rows[-1].x1 == pytest.approx(RIGHT - one, abs=0.1)
    maker = next(row for row in rows if row.text.startswith(PAPERS[name]["head"]["signatory"]))
    assert maker.x0 == pytest.approx(LEFT + one, abs=0.1)
    copies = PAPERS[name]["head"]["cc"]
    if copies:
        first = rows.index(next(row for row in rows if row.text.startswith("抄送：")))
        assert rows[first].x0 == pytest.approx(LEFT + one, abs=0.1)
        assert "".join(row.text for row in rows[first:]).startswith(f"抄送：{copies}。")
        for row in rows[first + 1 : rows.index(maker)]:
            assert row.x0 == pytest.approx(LEFT + 4 * one, abs=0.2)


@every_paper
def test_page_numbers_stand_outside_7_below_the_text_block_one_character_in(name: str) -> None:
    """7.5: 4号 half-width 宋体 with a dash on each side, on the same place of the sheet also on landscape pages."""
    pages = printed(name)
    one = 14 * MM
    unnumbered = {sheet.number for sheet in pages[-2:]} if not pages[-2].letters else set()
    for sheet in pages:
        if sheet.number in unnumbered:
            assert sheet.folio_text == ""
            continue
        assert sheet.folio_text.replace(" ", "") == f"—{sheet.number}—"
        assert {(letter.face, round(letter.size)) for letter in sheet.folio} == {("NotoSerifSC-Regular", 14)}
        if sheet.number % 2:
            assert sheet.folio[-1].x1 == pytest.approx(RIGHT - one, abs=0.1)
        else:
            assert sheet.folio[0].x0 == pytest.approx(LEFT + one, abs=0.1)
        assert sheet.folio[0].base == pytest.approx(sheet_base(pages), abs=0.05)
    dash = pages[0].folio[0]
    _, top, _, bottom = pages[0].ink(dash.x0, BOTTOM, dash.x1, BOTTOM + 20)
    assert (top + bottom) / 2 == pytest.approx(BOTTOM + 7, abs=0.3)


def sheet_base(pages: list[Sheet]) -> float:
    """The line that the first page's number stands on: all others do."""
    return pages[0].folio[0].base


def test_a_blank_page_before_the_imprint_and_its_page_have_no_number() -> None:
    """7.5, third sentence."""
    pages = printed("blank")
    assert len(pages) % 2 == 0
    assert not pages[-2].letters
    assert not pages[-2].rules
    assert [sheet.folio_text for sheet in pages[-2:]] == ["", ""]
    assert pages[-3].folio_text


def test_an_imprint_on_the_back_of_the_last_page_keeps_its_number() -> None:
    """7.5 drops numbers only where a blank page comes before."""
    pages = printed("back")
    assert "图1" in pages[-2].text
    assert [row.text[:2] for row in pages[-1].rows] == ["抄送", "西岗"]
    assert pages[-1].folio_text.replace(" ", "") == f"—{len(pages)}—"


# --- reading ----------------------------------------------------------------------------------------


@every_paper
def test_lines_joined_read_as_the_text_of_the_document(name: str) -> None:
    text = "".join(row.text for sheet in text_sheets(printed(name)) for row in sheet.rows)
    place = 0
    for part in [PAPERS[name]["title"], *[block["text"] for block in PAPERS[name]["body"]]]:
        found = text.find(part, place)
        assert found >= 0, part
        place = found + len(part)


def test_cells_of_the_matrix_read_as_the_document_does() -> None:
    (sheet,) = [sheet for sheet in printed("blank") if sheet.wide and "各项工作措施的报送状态" in sheet.text]
    table = sheet.page.extract_table()
    assert table
    read = [[(cell or "").replace("\n", "") for cell in row] for row in table]
    heads = ["序号", "责任单位", "应报", "已报", "逾期报送", "未报", "各项工作措施的报送状态", "", "", ""]
    assert read[0] == heads
    assert read[1][-4:] == ["1", "2", "3", "4"]
    assert [row[1] for row in read[2:]] == ["第1责任单位", "第2责任单位", "第3责任单位", "合计"]
    assert read[2] == ["1", "第1责任单位", "3", "3", "1", "0", "√△通过", "◇退回", "", "○待审"]


# --- marks ------------------------------------------------------------------------------------------


def test_a_draft_says_so_at_the_head_of_every_page() -> None:
    for sheet in printed("draft"):
        assert "草稿示例数据" in sheet.text


def test_the_long_bulletin_has_its_forty_pages_and_more() -> None:
    assert len(text_sheets(printed("forty"))) >= 40
