"""Lines that reach both edges, titles that break at words, and the fonts that print them."""

import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st

from reports.blocks import blocks_from_text, text_from_blocks
from reports.checks import fonts_are_usable
from reports.renderers.appendix import Page, table_pages
from reports.renderers.fonts import FOLDER, FontError, FontStack, choose_fonts
from reports.renderers.layout import BODY_MEASURE, BODY_TRACKING, CHAR, thousandths
from reports.renderers.titles import title_lines
from reports.renderers.typeset import GETA, NOT_FIRST, NOT_LAST, Line, glyphs, set_lines

STACK = FontStack(choose_fonts(""), "")
PLAIN = "推动生态环境保护督察整改工作向纵深发展"


def body(text: str, *, indent: float = 0) -> list[Line]:
    row = glyphs([(text, "fang")], STACK)
    return set_lines(row, measure=BODY_MEASURE, indent=indent, tracking=BODY_TRACKING)


def test_twenty_eight_plain_characters_fill_a_line_and_twenty_six_the_first_one() -> None:
    lines = body(PLAIN * 10, indent=2 * CHAR)
    assert [len(line.text) for line in lines[:-1]] == [26, *[28] * (len(lines) - 2)]
    assert all(abs(line.width - BODY_MEASURE) < 1 for line in lines[1:-1])
    assert abs(lines[0].width - (BODY_MEASURE - 2 * CHAR)) < 1


CHINESE = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经"
MIXED = st.text(alphabet=CHINESE + "，。；：、（）《》“”％—…0123456789ABCPM.% ₂㎡", min_size=1, max_size=300)


@trials(max_examples=300, deadline=None)
@given(MIXED, st.sampled_from([BODY_MEASURE, thousandths(47.4, 10.5), thousandths(29.4, 10.5)]))
def test_every_full_line_ends_at_the_edge_and_no_character_is_lost(text: str, measure: float) -> None:
    lines = set_lines(glyphs([(text, "fang")], STACK), measure=measure)
    kept = "".join(line.text for line in lines)
    assert kept.replace(" ", "") == "".join(text.split())
    for line in lines[:-1]:
        # Half a step of tracking, which is less than 0.01 mm.
        assert line.width == pytest.approx(measure, abs=1.1), line.text
    assert all(line.width <= measure + 1.1 for line in lines)


# No run of marks so long that nothing else could begin a line.
SENTENCES = st.lists(
    st.tuples(
        st.text(alphabet=CHINESE, min_size=2, max_size=9),
        st.sampled_from(
            ["，", "。", "、", "；", "（", "）", "《", "》", "“", "”", "12.5%", "2024年", "PM₂.₅", "——"]
        ),
    ),
    min_size=1,
    max_size=60,
)


@trials(max_examples=300, deadline=None)
@given(SENTENCES)
def test_no_line_begins_or_ends_with_the_wrong_mark_and_no_number_is_torn(
    parts: list[tuple[str, str]],
) -> None:
    lines = body("".join(word + mark for word, mark in parts))
    for before, after in pairwise(lines):
        assert after.text[0] not in NOT_FIRST, after.text
        assert before.text[-1] not in NOT_LAST, before.text
        assert not (before.text[-1].isascii() and after.text[0].isascii()), (before.text, after.text)


def test_two_marks_that_meet_do_not_leave_a_hole() -> None:
    apart = body("（中“中”中）中")[0].width
    meeting = body("中（“中”）中中")[0].width
    # “（“” and “”）” lose half a square each.
    assert apart - meeting == pytest.approx(1000)
    halves = "".join(part.text for part in body("（“中”）。")[0].segments if part.face == "half-fang")
    assert halves == "“”）"


def test_an_endless_word_is_broken_rather_than_hung_over_the_edge() -> None:
    lines = body("https://example.cn/" + "a" * 200)
    assert len(lines) > 3
    assert all(line.width <= BODY_MEASURE + 1 for line in lines)


def test_a_character_without_a_glyph_is_a_visible_mark_and_reported() -> None:
    text = "空气😀质量"
    assert body(text)[0].text == f"空气{GETA}质量"
    assert STACK.missing(text) == ["😀"]
    assert STACK.missing("PM₂.₅ 浓度㎡℃①㙟") == []


def test_what_the_text_face_lacks_the_wide_face_prints() -> None:
    faces = {segment.text: segment.face for segment in body("臭氧O₃")[0].segments}
    assert faces["₃"] == "wide"
    assert faces["臭氧O"] == "fang"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("关于工作进展情况的通报", ["关于工作进展情况的通报"]),
        ("关于第一季度生态环境保护\n工作进展情况的通报", ["关于第一季度生态环境保护", "工作进展情况的通报"]),
        (
            "关于西岗区2024年生态环境保护工作计划及措施清单第一季度进展情况的通报",
            ["关于西岗区2024年生态环境保护工作计划", "及措施清单第一季度进展情况的通报"],
        ),
    ],
)
def test_a_title_breaks_where_it_was_told_or_at_a_word(title: str, lines: list[str]) -> None:
    def width(char: str) -> float:
        return 500 if char.isascii() else 1000

    assert title_lines(title, width, 20_100) == lines


@trials(max_examples=60, deadline=None)
@given(st.text(alphabet=CHINESE + "的和年2024（）", min_size=1, max_size=120))
def test_no_title_line_is_wider_than_the_page(title: str) -> None:
    lines = title_lines(title, lambda _: 1000, 20_100)
    assert "".join(lines) == title
    assert all(len(line) <= 20 for line in lines)


def test_the_free_fonts_are_named_with_their_hashes() -> None:
    fonts = choose_fonts("")
    assert [font["role"] for font in fonts] == [
        "title", "fang", "hei", "kai", "song", "wide", "half-fang", "half-hei", "half-kai"
    ]  # fmt: skip
    assert all(len(font["sha256"]) == 64 and not font["licensed"] for font in fonts)


@pytest.fixture
def licensed(tmp_path: Path) -> Path:
    """A folder with a face that calls itself 仿宋_GB2312 (made of a free one) and one that serves no role."""
    for file, name in (("simfang.ttf", "仿宋_GB2312"), ("other.otf", "某手写体")):
        with TTFont(FOLDER / "FandolKai-Regular.otf") as font:
            for record in font["name"].names:
                if record.nameID in (1, 4):
                    record.string = name.encode(record.getEncoding(), "ignore")
                elif record.nameID == 6:
                    record.string = "Face".encode(record.getEncoding())
            font["name"].setName(name, 4, 3, 1, 0x804)
            font.save(tmp_path / file)
    (tmp_path / "readme.txt").write_text("not a font")
    return tmp_path


def test_a_licensed_face_takes_its_role_and_others_print_what_nobody_else_has(licensed: Path) -> None:
    fonts = {font["role"]: font for font in choose_fonts(str(licensed))}
    assert (fonts["fang"]["file"], fonts["fang"]["licensed"]) == ("simfang.ttf", True)
    assert (fonts["hei"]["file"], fonts["hei"]["licensed"]) == ("FandolHei-Regular.otf", False)
    assert fonts["extra0"]["file"] == "other.otf"
    # Nobody alters a licensed face: its marks stay whole.
    assert "half-fang" not in fonts
    assert "half-kai" in fonts


def test_a_font_that_is_missing_or_another_than_frozen_is_refused(licensed: Path) -> None:
    fonts = choose_fonts(str(licensed))
    FontStack(fonts, str(licensed))
    with pytest.raises(FontError, match="缺少字体文件"):
        FontStack(fonts, str(licensed / "elsewhere"))
    shutil.copy(FOLDER / "FandolHei-Regular.otf", licensed / "simfang.ttf")
    with pytest.raises(FontError, match="不一致"):
        FontStack(fonts, str(licensed))
    (licensed / "broken.ttf").write_bytes(b"no font at all")
    with pytest.raises(FontError, match=r"broken\.ttf 无法读取"):
        choose_fonts(str(licensed))
    with pytest.raises(FontError, match="文件夹不存在"):
        choose_fonts(str(licensed / "elsewhere"))


def test_lines_become_headings_by_how_they_begin_and_read_back_the_same() -> None:
    blocks = blocks_from_text(
        "为推动工作：\n\n 一、总体情况 \n(一)进展。很好。\n1.第8项措施\n2.5个百分点\n一是加强领导"
    )
    assert [(block["kind"], block["text"]) for block in blocks] == [
        ("p", "为推动工作："),
        ("h1", "总体情况"),
        ("h2", "进展。很好。"),
        ("h3", "第8项措施"),
        ("p", "2.5个百分点"),
        ("p", "一是加强领导"),
    ]
    assert blocks_from_text(text_from_blocks(blocks)) == blocks


def appendix_row(number: int, task: int, progress: int) -> dict[str, object]:
    return {
        "task_number": task,
        "task": f"第{task}项目标任务的名称",
        "number": number,
        "measure": PLAIN,
        "units": "区住建局、各街道",
        "lead": "",
        "progress": [f"第{number}项第{line}段" for line in range(progress)],
        "value": ["按序时推进"],
        "light": "green",
    }


def told(pages: list[Page]) -> list[str]:
    """The paragraphs of 进展情况 over all pages, without markup."""
    return [
        re.sub("<[^>]+>", "", line)
        for page in pages
        for part in page.slices
        for line in part.cells["progress"]
    ]


def test_a_row_longer_than_a_page_is_cut_and_each_page_names_task_and_measure() -> None:
    rows = [appendix_row(1, 1, 3), appendix_row(2, 1, 70), appendix_row(3, 2, 2)]
    pages = table_pages(rows, STACK, first_room=330)
    assert len(pages) == 4
    assert told(pages) == [
        f"第{n}项第{line}段" for n, lines in ((1, 3), (2, 70), (3, 2)) for line in range(lines)
    ]
    for page in pages[1:3]:
        assert page.slices[0].rowspan
        assert "（续）" in page.slices[0].cells["task"]
        assert "（续）" in "".join(page.slices[0].cells["measure"])
    assert pages[0].slices[0].rowspan == 2


@trials(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=12))
def test_no_line_of_the_appendix_is_lost_and_no_page_is_too_full(shape: list[tuple[int, bool]]) -> None:
    task, rows = 0, []
    for number, (lines, new_task) in enumerate(shape, 1):
        task += new_task or not rows
        rows.append(appendix_row(number, task, lines))
    pages = table_pages(rows, STACK, first_room=330)
    assert told(pages) == [
        f"第{n}项第{line}段" for n, (lines, _) in enumerate(shape, 1) for line in range(lines)
    ]
    assert all(page.used <= 442 - 37 for page in pages)
    # A measure that is cut has no fewer than four lines on any page.
    counts = [len(part.cells["progress"]) for page in pages for part in page.slices if part.cut]
    assert all(count >= 4 for count in counts)


def test_a_font_folder_that_is_of_no_use_is_known_before_anybody_issues(
    licensed: Path, settings: Any
) -> None:
    settings.FONT_DIR = str(licensed)
    assert fonts_are_usable(None) == []
    (licensed / "broken.ttf").write_bytes(b"no font at all")
    assert [error.id for error in fonts_are_usable(None)] == ["reports.E001"]
