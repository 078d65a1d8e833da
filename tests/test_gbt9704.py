"""The bulletin against GB/T 9704-2012, measured from the PDF in millimetres: every row of docs/gbt9704.md is a test.

Here the paper, the head and the text; annexes, 版记 and page numbers are in test_gbt9704_annexes.py.
"""

import re
from itertools import pairwise

import pytest

from tests.gbt_papers import COPIES, NUMBER, OFFICE, PLAIN
from tests.gbt_printed import MANY, PAPERS, SMALL, every_paper, numbered, printed, without_number
from tests.pdf_measure import (
    BOTTOM,
    CHAR,
    LEFT,
    LINE,
    MM,
    RIGHT,
    TOP,
    Row,
    Sheet,
    body_rows,
    text_sheets,
)


def closing_of(pages: list[Sheet]) -> Sheet:
    return text_sheets(pages)[-1]


def date_row(sheet: Sheet) -> Row:
    return sheet.row("2024年4月16日")


def name_row(sheet: Sheet) -> Row:
    """The row above the date."""
    return sheet.rows[sheet.rows.index(date_row(sheet)) - 1]


# --- paper and text block ---------------------------------------------------------------------------


@every_paper
def test_paper_is_a4_upright(name: str) -> None:
    """5.1: 210 × 297 mm; a landscape page lies on an upright sheet."""
    for sheet in printed(name):
        left, lower, right, upper = sheet.page.page_obj.mediabox
        assert (right - left) * MM == pytest.approx(210, abs=0.05)
        assert (upper - lower) * MM == pytest.approx(297, abs=0.05)


@every_paper
def test_margins_are_37_above_and_28_at_the_left_and_the_text_block_156_by_225(name: str) -> None:
    """5.2.1: nothing but the page number and the marks of a draft stands outside, on any page."""
    for sheet in printed(name):
        sides = (37 - 2, 28, 297 - 35 + 2, 210 - 26) if sheet.wide else (LEFT, TOP, RIGHT, BOTTOM)
        left, top, right, bottom = sides
        for letter in sheet.letters:
            if letter.base < top - 5 or letter.base > bottom + 5:
                continue
            assert left - 0.05 < letter.x0 < letter.x1 < right + 0.06, letter
            assert top < letter.base < bottom, letter
        # Half of a table's outer rule, which is 0.5 pt thick.
        for rule in sheet.rules:
            assert top - 0.2 < rule.top <= rule.bottom < bottom + 0.2
            assert left - 0.2 < rule.x0 <= rule.x1 < right + 0.2


@pytest.mark.parametrize("name", ["three", "forty"])
def test_full_pages_have_22_lines_from_edge_to_edge_at_one_pitch(name: str) -> None:
    """5.2.3. Pages before the closing one may be a line off: see `…never_stands_without_text`."""
    full = [rows for sheet in text_sheets(printed(name))[1:-1] if len(rows := body_rows(sheet)) == 22]
    assert len(full) == 1 or len(full) > 30
    for rows in full:
        assert rows[0].em_top == pytest.approx(TOP + (LINE - 16 * MM) / 2, abs=0.2)
        assert rows[-1].em_bottom == pytest.approx(BOTTOM - (LINE - 16 * MM) / 2, abs=0.2)
        for row, after in pairwise(rows):
            assert after.base - row.base == pytest.approx(LINE, abs=0.05)


@pytest.mark.parametrize("name", ["short", "corrected", "full", "exact", "forty", "many_recipients"])
def test_lines_have_28_characters_and_reach_both_edges(name: str) -> None:
    """5.2.3: plain ideographs 28 to a line; every line that its paragraph goes on after ends at the right edge."""
    full = 0
    for sheet in text_sheets(printed(name)):
        for row, after in pairwise(body_rows(sheet)):
            # The next line is not indented: this one is full. Lines that stand further in close the text.
            if abs(after.x0 - LEFT) > 0.1 or row.x0 > LEFT + 2.1 * CHAR or row.text.endswith("："):
                continue
            full += 1
            indent = 0 if abs(row.x0 - LEFT) < 0.1 else 2 * CHAR
            assert row.x0 == pytest.approx(LEFT + indent, abs=0.1), row.text
            assert row.x1 == pytest.approx(RIGHT, abs=0.06), row.text
            if re.fullmatch("[一-鿿]+", row.text):
                assert len(row.text) == (26 if indent else 28), row.text
    assert full > 1


@every_paper
def test_no_line_begins_or_ends_with_a_mark_that_may_not(name: str) -> None:
    """GB/T 15834, 5.1: 、，。；：？！）》” never begin a line, （《“ never end one."""
    for sheet in text_sheets(printed(name)):
        for row in body_rows(sheet):
            assert row.text[0] not in "、，。；：？！）》”％…—", row.text
            assert row.text[-1] not in "（《“〔", row.text


# --- head -------------------------------------------------------------------------------------------


@numbered
def test_the_masthead_is_red_and_centred_and_its_upper_edge_35_below_that_of_the_text_block(
    name: str,
) -> None:
    """7.2.4, to the ink."""
    first = printed(name)[0]
    rows = [row for row in first.rows if row.letters[0].red]
    assert "".join(row.text for row in rows) in (OFFICE, SMALL["masthead"])
    for row in rows:
        assert row.faces == {"FandolSong-Bold"}
        assert row.middle == pytest.approx(106, abs=0.1)
        assert row.size > 22
    left, top, right, _ = first.ink(LEFT, 45, RIGHT, rows[0].base + 1)
    assert top == pytest.approx(TOP + 35, abs=0.3)
    assert LEFT - 0.1 < left < right < RIGHT + 0.1


@numbered
def test_the_number_stands_two_blank_lines_below_the_masthead(name: str) -> None:
    """7.2.5: centred, 3号仿宋."""
    first = printed(name)[0]
    masthead = [row for row in first.rows if row.letters[0].red][-1]
    row = first.row(NUMBER)
    assert row.text == NUMBER
    assert (row.faces, round(row.size)) == ({"FandolFang"}, 16)
    assert row.middle == pytest.approx(106, abs=0.1)
    # From the foot of the large letters, with the leading of their own line, to the head of the number.
    gap = row.em_top - masthead.em_bottom
    assert gap == pytest.approx(2 * LINE + (LINE - 16 * MM) / 2 + 0.125 * masthead.size * MM, abs=1)


@numbered
def test_the_red_rule_lies_4_below_the_number_as_wide_as_the_text_block(name: str) -> None:
    """7.2.7."""
    first = printed(name)[0]
    (rule,) = [rule for rule in first.rules if rule.red]
    assert rule.x0 == pytest.approx(LEFT, abs=0.05)
    assert rule.x1 == pytest.approx(RIGHT, abs=0.05)
    number = first.row(NUMBER)
    assert rule.top - number.em_bottom == pytest.approx(4, abs=0.3)


@without_number
def test_without_a_number_there_is_neither_red_nor_an_imprint(name: str) -> None:
    pages = printed(name)
    assert not [letter for letter in pages[0].letters if letter.red]
    assert not [rule for sheet in text_sheets(pages) for rule in sheet.rules]
    assert "印发" not in pages[-1].text


@every_paper
def test_the_title_is_in_22_points_centred_and_its_lines_make_no_box(name: str) -> None:
    """7.3.1: 2号小标宋, a trapezoid or a lozenge."""
    first = printed(name)[0]
    rows = title_rows(first)
    assert "".join(row.text for row in rows) == PAPERS[name]["title"]
    widths = [row.x1 - row.x0 for row in rows]
    for row in rows:
        assert row.faces == {"FandolSong-Bold"}
        assert row.middle == pytest.approx(106, abs=0.1)
    peak = widths.index(max(widths))
    for short, long in [*pairwise(widths[: peak + 1]), *pairwise(widths[peak:][::-1])]:
        assert long - short > 0.8 * 22 * MM


def title_rows(sheet: Sheet) -> list[Row]:
    return [row for row in sheet.rows if round(row.size) == 22 and not row.letters[0].red]


@numbered
def test_the_title_stands_two_blank_lines_below_the_red_rule(name: str) -> None:
    """7.3.1. Its line is 33 pt high."""
    first = printed(name)[0]
    (rule,) = [rule for rule in first.rules if rule.red]
    line_top = title_rows(first)[0].em_top - (33 - 22) / 2 * MM
    assert line_top - rule.bottom == pytest.approx(2 * LINE, abs=0.4)


@every_paper
def test_text_or_recipients_stand_one_blank_line_below_the_title(name: str) -> None:
    """7.3.2: 主送 flush left, closed by a full-width colon; the text on the next line."""
    first = printed(name)[0]
    above = title_rows(first)[-1]
    line_bottom = above.em_bottom + (33 - 22) / 2 * MM
    if PAPERS[name]["edition"]["number"] > 1:
        assert first.row("（第2版，替代2024年4月10日印发的第1版）").faces == {"FandolKai"}
        line_bottom += LINE
    below = body_rows(first)
    below = [row for row in below if row.base > line_bottom]
    pitch = below[1].base - below[0].base
    assert below[0].em_top - line_bottom == pytest.approx(LINE + (pitch - 16 * MM) / 2, abs=0.4)
    if PAPERS[name]["head"]["recipients"] and name != "many_recipients":
        assert below[0].text == "各责任单位："
        assert below[0].x0 == pytest.approx(LEFT, abs=0.1)
        below = below[1:]
    assert below[0].x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.2)


def test_recipients_that_would_leave_the_first_page_no_text_stand_in_the_imprint() -> None:
    """7.3.2, 7.3.3."""
    pages = printed("many_recipients")
    assert PLAIN[:20] in pages[0].text
    assert "主送" not in pages[0].text
    imprint = [row.text for row in pages[-1].rows]
    start = next(place for place, text in enumerate(imprint) if text.startswith("主送：第1责任单位、"))
    assert "".join(imprint[start:]).startswith(f"主送：{MANY}。抄送：{COPIES}。")


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short", "forty"])
def test_headings_are_in_hei_kai_and_fang_of_16_points_and_not_bold(name: str) -> None:
    """7.3.3."""
    (first, *_) = printed(name)
    faces = {"一、": "FandolHei", "（一）": "FandolKai", "1.": "FandolFang", "（1）": "FandolFang"}
    for beginning, face in faces.items():
        row = first.row(beginning)
        assert {round(letter.size) for letter in row.letters} == {16}
        assert row.faces == {face}, row.text
        assert row.x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.3)


def test_a_heading_that_runs_on_is_in_kai_up_to_its_first_stop() -> None:
    row = printed("short")[0].row("（二）滞后的任务。")
    stop = row.text.index("。") + 1
    assert Row(row.letters[:stop]).faces == {"FandolKai"}
    assert Row(row.letters[stop:]).faces == {"FandolFang"}


@every_paper
def test_no_heading_is_the_last_line_of_a_page(name: str) -> None:
    for sheet in text_sheets(printed(name))[:-1]:
        last = sheet.rows[-1]
        assert last.faces != {"FandolHei"}
        assert last.text != "1.深入实施碳达峰行动"


@every_paper
def test_the_annexes_are_listed_one_blank_line_below_the_text(name: str) -> None:
    """7.3.4: two characters in, numbered, names under each other, no mark behind them."""
    sheet = closing_of(printed(name))
    rows = sheet.rows
    first = rows.index(sheet.row("附件：1."))
    listed = rows[first : first + 3]
    titles = [PAPERS[name][key]["title"] for key in ("appendix", "matrix", "charts")]
    assert [row.text for row in listed] == [f"附件：1.{titles[0]}", f"2.{titles[1]}", f"3.{titles[2]}"]
    assert listed[0].x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.1)
    pitch = listed[1].base - listed[0].base
    assert listed[0].base - rows[first - 1].base == pytest.approx(2 * pitch, abs=0.05)
    names = [row.letters[row.text.index("2024")].x0 for row in listed]
    assert max(names) - min(names) < 0.1


UNSEALED = [name for name, made in PAPERS.items() if not made["head"]["sealed"]]
SEALED_PAPERS = [name for name, made in PAPERS.items() if made["head"]["sealed"]]


@pytest.mark.parametrize("name", UNSEALED)
def test_without_a_seal_the_date_is_two_characters_further_in_than_the_name(name: str) -> None:
    """7.3.5.2: 署名 one blank line below 附件说明, two characters from the right; the date on the next line.

    Where the date would reach further right than the name, it is the date that keeps two characters.
    """
    sheet = closing_of(printed(name))
    signed, day = name_row(sheet), date_row(sheet)
    assert signed.text == PAPERS[name]["head"]["signatory"]
    pitch = day.base - signed.base
    assert signed.base - sheet.row("3.").base == pytest.approx(2 * pitch, abs=0.05)
    assert max(signed.x1, day.x1) == pytest.approx(RIGHT - 2 * CHAR, abs=0.1)
    assert day.x0 - signed.x0 == pytest.approx(2 * CHAR, abs=0.1)


@pytest.mark.parametrize("name", SEALED_PAPERS)
def test_with_a_seal_the_name_is_centred_on_the_date_and_the_seal_has_room(name: str) -> None:
    """7.3.5.1: the date four characters from the right, or further in for a long name; no seal is drawn.

    A seal of 42 mm, its centre a little above name and date, begins within a line below the text and ends above the
    page's foot.
    """
    sheet = closing_of(printed(name))
    signed, day = name_row(sheet), date_row(sheet)
    assert signed.text == PAPERS[name]["head"]["signatory"]
    assert signed.middle == pytest.approx(day.middle, abs=0.1)
    right = RIGHT - (4 if day.x1 > signed.x1 else 2) * CHAR
    assert max(signed.x1, day.x1) == pytest.approx(right, abs=0.1)
    above = sheet.row("3.")
    pitch = day.base - signed.base
    assert signed.base - above.base == pytest.approx(3 * pitch, abs=0.05)
    top = above.em_bottom + 0.4 * pitch
    assert (signed.em_top + day.em_bottom) / 2 > top + 42 / 2
    assert top + 42 < BOTTOM
    assert not [letter for letter in sheet.letters if letter.red and letter.base > 160]


@every_paper
def test_name_and_date_never_stand_without_text_on_their_page(name: str) -> None:
    """7.3.5.5: lines are set closer or wider instead of 此页无正文; at least two lines of text are on the page."""
    texts = text_sheets(printed(name))
    above = [row for row in texts[-1].rows if row.base < texts[-1].row("附件：1.").base]
    assert len([row for row in above if round(row.size) == 16]) >= 2
    for sheet in texts[1:-1]:
        rows = body_rows(sheet)
        assert 20 <= len(rows) <= 24
        pitches = [after.base - row.base for row, after in pairwise(rows)]
        assert max(pitches) - min(pitches) < 0.1
        # 撑满版心 (5.2.3): a page that a heading left for the next one is filled, too.
        assert rows[-1].em_bottom + (pitches[0] - 16 * MM) / 2 == pytest.approx(BOTTOM, abs=0.2)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("exact", [20, 22]),
        ("exact_and_one", [20, 23]),
        ("exact_sealed", [20, 22]),
        ("full", [20, 21, 21, 2]),
        ("full_sealed", [20, 21, 21, 2]),
    ],
)
def test_text_that_ends_with_a_page_takes_as_few_lines_more_or_fewer_as_will_do(
    name: str, lines: list[int]
) -> None:
    """Blank lines before 附件说明 and 署名, and what a seal keeps free, are counted as lines."""
    texts = text_sheets(printed(name))
    assert len(texts) == len(lines)
    for sheet, count in zip(texts, lines, strict=True):
        rows = body_rows(sheet)
        pitch = rows[1].base - rows[0].base
        if count > 2:
            top = TOP if sheet.number > 1 else title_rows(sheet)[-1].em_bottom + 5.5 * MM + LINE
            assert (BOTTOM - top) / pitch == pytest.approx(count, abs=0.05), sheet.number
        else:
            above = [row for row in rows if row.base < sheet.row("附件：1.").base]
            assert len(above) == count


def test_the_note_of_a_corrected_edition_stands_below_the_date() -> None:
    """7.3.6, 附注: in brackets, two characters in, on the line after the date."""
    sheet = closing_of(printed("corrected"))
    rows = sheet.rows
    note = rows[rows.index(date_row(sheet)) + 1]
    assert note.x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.2)
    assert "（本版替代第1版（西生态办〔2024〕2号），以本版为准。" in sheet.text
    assert sheet.text.split("统计口径有误")[1].startswith("。）")
