"""The bulletin against GB/T 9704-2012, measured from the PDF in millimetres: every row of docs/gbt9704.md is a test here."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.gbt_papers import (
    COPIES,
    LONG_TITLE,
    MIXED,
    NUMBER,
    OFFICE,
    PLAIN,
    TITLE,
    correction,
    paper,
    paragraph,
)
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
    sheets,
    text_sheets,
)

# All papers are printed once, also where workers share the tests out (--dist loadgroup).
pytestmark = pytest.mark.xdist_group("gbt9704")

# Lines of text that the first page has below a title of one line without a number; lines that close the text: a blank one
# and three annexes, a blank one, 署名, date; with a seal one blank line more above 署名, and one kept free below.
FIRST, CLOSING, SEALED = 20, 7, 9
HEADINGS = [
    {"kind": "h1", "text": "一、总体情况"},
    {"kind": "h2", "text": "（一）按序时推进的任务"},
    {"kind": "h3", "text": "1.深入实施碳达峰行动"},
    {"kind": "p", "text": "（1）" + MIXED},
    {"kind": "h2", "text": "（二）滞后的任务。" + PLAIN},
]
MANY = "、".join(f"第{number}责任单位" for number in range(1, 60))
NUMBERED: dict[str, Any] = {"document_number": NUMBER, "recipients": "各责任单位"}
SMALL: dict[str, Any] = {"signatory": "西岗区生态办", "masthead": "西岗区生态文明建设委员会"}

PAPERS: dict[str, dict[str, Any]] = {
    # One page of text.
    "short": paper([*HEADINGS, paragraph(3)]),
    "short_sealed": paper([paragraph(5)], sealed=True, **SMALL),
    "short_numbered": paper([paragraph(3)], cc="区委办公室，区政府办公室", title=TITLE, **NUMBERED, **SMALL),
    "corrected": paper(
        [paragraph(4)], cc=COPIES, sealed=True, title=LONG_TITLE, edition=correction(), **NUMBERED
    ),
    "long_title": paper([paragraph(3)], title=LONG_TITLE),
    "many_recipients": paper([paragraph(6)], cc=COPIES, **(NUMBERED | {"recipients": MANY})),
    "three": paper([paragraph(FIRST + 22 + 10)]),
    # What closes the text ends at the last line of a page, and one line further.
    "exact": paper([paragraph(FIRST + 22 - CLOSING)]),
    "exact_and_one": paper([paragraph(FIRST + 22 - CLOSING + 1)]),
    "exact_sealed": paper([paragraph(FIRST + 22 - SEALED)], sealed=True),
    # The text itself ends at the last line.
    "full": paper([paragraph(FIRST + 22 * 2)]),
    "full_sealed": paper([paragraph(FIRST + 22 * 2)], sealed=True),
    "full_first": paper([paragraph(FIRST - 3)]),
    "full_numbered": paper([paragraph(8)], title=TITLE, sealed=True, **NUMBERED),
    # The last page has no room for the 版记, or is an odd one.
    "blank": paper([paragraph(3)], figures=14, measures=4, cc=COPIES, **NUMBERED, **SMALL),
    "back": paper([paragraph(24)], cc="区委办公室，区政府办公室", measures=1, **NUMBERED, **SMALL),
    "forty": paper(
        [*HEADINGS, *[paragraph(9), {"kind": "p", "text": MIXED * 3}, HEADINGS[2]] * 46, paragraph(5)],
        measures=12,
        units=30,
        cc=COPIES,
        sealed=True,
        title=LONG_TITLE,
        **NUMBERED,
    ),
    "empty": paper([paragraph(2)], measures=0, units=0),
    "draft": paper([paragraph(2)], draft=True, marks=["草稿", "示例数据"]),
}

Printed = Callable[[str], list[Sheet]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All papers as PDF, from one process."""
    target = tmp_path_factory.mktemp("papers")
    subprocess.run(
        [sys.executable, "-m", "tests.print_papers", str(target)],
        input=json.dumps(PAPERS).encode(),
        cwd=settings.BASE_DIR,
        check=True,
        timeout=120,
    )
    return target


@pytest.fixture(scope="module")
def printed(folder: Path) -> Printed:
    """printed(name) → the pages of that paper."""
    made: dict[str, list[Sheet]] = {}

    def pages(name: str) -> list[Sheet]:
        if name not in made:
            made[name] = sheets((folder / f"{name}.pdf").read_bytes())
        return made[name]

    return pages


every_paper = pytest.mark.parametrize("name", list(PAPERS))
numbered = pytest.mark.parametrize(
    "name", [name for name, made in PAPERS.items() if made["head"]["document_number"]]
)
without_number = pytest.mark.parametrize(
    "name", [name for name, made in PAPERS.items() if not made["head"]["document_number"]]
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
def test_paper_is_a4_upright(printed: Printed, name: str) -> None:
    """5.1: 210 × 297 mm; a landscape page lies on an upright sheet."""
    for sheet in printed(name):
        left, lower, right, upper = sheet.page.page_obj.mediabox
        assert (right - left) * MM == pytest.approx(210, abs=0.05)
        assert (upper - lower) * MM == pytest.approx(297, abs=0.05)


@every_paper
def test_margins_are_37_above_and_28_at_the_left_and_the_text_block_156_by_225(
    printed: Printed, name: str
) -> None:
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
def test_full_pages_have_22_lines_from_edge_to_edge_at_one_pitch(printed: Printed, name: str) -> None:
    """5.2.3. Pages before the closing one may be a line off: see `…never_stands_without_text`."""
    full = [rows for sheet in text_sheets(printed(name))[1:-1] if len(rows := body_rows(sheet)) == 22]
    assert len(full) == 1 or len(full) > 30
    for rows in full:
        assert rows[0].em_top == pytest.approx(TOP + (LINE - 16 * MM) / 2, abs=0.2)
        assert rows[-1].em_bottom == pytest.approx(BOTTOM - (LINE - 16 * MM) / 2, abs=0.2)
        for row, after in pairwise(rows):
            assert after.base - row.base == pytest.approx(LINE, abs=0.05)


@pytest.mark.parametrize("name", ["short", "corrected", "full", "exact", "forty", "many_recipients"])
def test_lines_have_28_characters_and_reach_both_edges(printed: Printed, name: str) -> None:
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
def test_no_line_begins_or_ends_with_a_mark_that_may_not(printed: Printed, name: str) -> None:
    """GB/T 15834, 5.1: 、，。；：？！）》” never begin a line, （《“ never end one."""
    for sheet in text_sheets(printed(name)):
        for row in body_rows(sheet):
            assert row.text[0] not in "、，。；：？！）》”％…—", row.text
            assert row.text[-1] not in "（《“〔", row.text


# --- head -------------------------------------------------------------------------------------------


@numbered
def test_the_masthead_is_red_and_centred_and_its_upper_edge_35_below_that_of_the_text_block(
    printed: Printed, name: str
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
def test_the_number_stands_two_blank_lines_below_the_masthead(printed: Printed, name: str) -> None:
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
def test_the_red_rule_lies_4_below_the_number_as_wide_as_the_text_block(printed: Printed, name: str) -> None:
    """7.2.7."""
    first = printed(name)[0]
    (rule,) = [rule for rule in first.rules if rule.red]
    assert rule.x0 == pytest.approx(LEFT, abs=0.05)
    assert rule.x1 == pytest.approx(RIGHT, abs=0.05)
    number = first.row(NUMBER)
    assert rule.top - number.em_bottom == pytest.approx(4, abs=0.3)


@without_number
def test_without_a_number_there_is_neither_red_nor_an_imprint(printed: Printed, name: str) -> None:
    pages = printed(name)
    assert not [letter for letter in pages[0].letters if letter.red]
    assert not [rule for sheet in text_sheets(pages) for rule in sheet.rules]
    assert "印发" not in pages[-1].text


@every_paper
def test_the_title_is_in_22_points_centred_and_its_lines_make_no_box(printed: Printed, name: str) -> None:
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
def test_the_title_stands_two_blank_lines_below_the_red_rule(printed: Printed, name: str) -> None:
    """7.3.1. Its line is 33 pt high."""
    first = printed(name)[0]
    (rule,) = [rule for rule in first.rules if rule.red]
    line_top = title_rows(first)[0].em_top - (33 - 22) / 2 * MM
    assert line_top - rule.bottom == pytest.approx(2 * LINE, abs=0.4)


@every_paper
def test_text_or_recipients_stand_one_blank_line_below_the_title(printed: Printed, name: str) -> None:
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


def test_recipients_that_would_leave_the_first_page_no_text_stand_in_the_imprint(printed: Printed) -> None:
    """7.3.2, 7.3.3."""
    pages = printed("many_recipients")
    assert PLAIN[:20] in pages[0].text
    assert "主送" not in pages[0].text
    imprint = [row.text for row in pages[-1].rows]
    start = next(place for place, text in enumerate(imprint) if text.startswith("主送：第1责任单位、"))
    assert "".join(imprint[start:]).startswith(f"主送：{MANY}。抄送：{COPIES}。")


# --- text -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["short", "forty"])
def test_headings_are_in_hei_kai_and_fang_of_16_points_and_not_bold(printed: Printed, name: str) -> None:
    """7.3.3."""
    (first, *_) = printed(name)
    faces = {"一、": "FandolHei", "（一）": "FandolKai", "1.": "FandolFang", "（1）": "FandolFang"}
    for beginning, face in faces.items():
        row = first.row(beginning)
        assert {round(letter.size) for letter in row.letters} == {16}
        assert row.faces == {face}, row.text
        assert row.x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.3)


def test_a_heading_that_runs_on_is_in_kai_up_to_its_first_stop(printed: Printed) -> None:
    row = printed("short")[0].row("（二）滞后的任务。")
    stop = row.text.index("。") + 1
    assert Row(row.letters[:stop]).faces == {"FandolKai"}
    assert Row(row.letters[stop:]).faces == {"FandolFang"}


@every_paper
def test_no_heading_is_the_last_line_of_a_page(printed: Printed, name: str) -> None:
    for sheet in text_sheets(printed(name))[:-1]:
        last = sheet.rows[-1]
        assert last.faces != {"FandolHei"}
        assert last.text != "1.深入实施碳达峰行动"


@every_paper
def test_the_annexes_are_listed_one_blank_line_below_the_text(printed: Printed, name: str) -> None:
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
def test_without_a_seal_the_date_is_two_characters_further_in_than_the_name(
    printed: Printed, name: str
) -> None:
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
def test_with_a_seal_the_name_is_centred_on_the_date_and_the_seal_has_room(
    printed: Printed, name: str
) -> None:
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
def test_name_and_date_never_stand_without_text_on_their_page(printed: Printed, name: str) -> None:
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
    printed: Printed, name: str, lines: list[int]
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


def test_the_note_of_a_corrected_edition_stands_below_the_date(printed: Printed) -> None:
    """7.3.6, 附注: in brackets, two characters in, on the line after the date."""
    sheet = closing_of(printed("corrected"))
    rows = sheet.rows
    note = rows[rows.index(date_row(sheet)) + 1]
    assert note.x0 == pytest.approx(LEFT + 2 * CHAR, abs=0.2)
    assert "（本版替代第1版（西生态办〔2024〕2号），以本版为准。" in sheet.text
    assert sheet.text.split("统计口径有误")[1].startswith("。）")


# --- annexes ----------------------------------------------------------------------------------------


@every_paper
def test_each_annex_begins_a_page_with_its_label_and_its_title_on_the_third_line(
    printed: Printed, name: str
) -> None:
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
def test_landscape_pages_lie_with_their_head_on_the_left_of_the_sheet(printed: Printed, name: str) -> None:
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
def test_every_page_of_a_table_has_its_head(printed: Printed, name: str) -> None:
    for sheet in printed(name):
        if sheet.wide:
            assert "序号" in sheet.text
            assert "目标任务" in sheet.text or "责任单位" in sheet.text


# --- 版记 --------------------------------------------------------------------------------------------


@numbered
def test_the_imprint_lies_on_the_lower_edge_of_the_last_page_which_is_even(
    printed: Printed, name: str
) -> None:
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
def test_copies_and_printing_are_in_14_points_one_character_in(printed: Printed, name: str) -> None:
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
def test_page_numbers_stand_outside_7_below_the_text_block_one_character_in(
    printed: Printed, name: str
) -> None:
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


def test_a_blank_page_before_the_imprint_and_its_page_have_no_number(printed: Printed) -> None:
    """7.5, third sentence."""
    pages = printed("blank")
    assert len(pages) % 2 == 0
    assert not pages[-2].letters
    assert not pages[-2].rules
    assert [sheet.folio_text for sheet in pages[-2:]] == ["", ""]
    assert pages[-3].folio_text


def test_an_imprint_on_the_back_of_the_last_page_keeps_its_number(printed: Printed) -> None:
    """7.5 drops numbers only where a blank page comes before."""
    pages = printed("back")
    assert "图1" in pages[-2].text
    assert [row.text[:2] for row in pages[-1].rows] == ["抄送", "西岗"]
    assert pages[-1].folio_text.replace(" ", "") == f"—{len(pages)}—"


# --- reading ----------------------------------------------------------------------------------------


@every_paper
def test_lines_joined_read_as_the_text_of_the_document(printed: Printed, name: str) -> None:
    text = "".join(row.text for sheet in text_sheets(printed(name)) for row in sheet.rows)
    place = 0
    for part in [PAPERS[name]["title"], *[block["text"] for block in PAPERS[name]["body"]]]:
        found = text.find(part, place)
        assert found >= 0, part
        place = found + len(part)


def test_cells_of_the_matrix_read_as_the_document_does(printed: Printed) -> None:
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


def test_a_draft_says_so_at_the_head_of_every_page(printed: Printed) -> None:
    for sheet in printed("draft"):
        assert "草稿示例数据" in sheet.text


def test_the_long_bulletin_has_its_forty_pages_and_more(printed: Printed) -> None:
    assert len(text_sheets(printed("forty"))) >= 40
