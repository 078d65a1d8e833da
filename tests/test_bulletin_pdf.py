"""The PDF of the real plan with long texts: its lines, its tables, and what the renderer refuses.

The standard itself is measured in test_gbt9704.py, the file in test_pdf_archive.py.
"""

import re
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from django.core.management import call_command
from django.db import transaction
from pdfminer.pdftypes import resolve1
from pdfplumber.page import Page

from reports.document import build_document
from reports.renderers.process import RenderError, render_files, render_pdf
from reports.renderers.typeset import GETA
from reports.services.drafts import course_to_issue, draft_from_figures, texts_to_issue
from tasks.models import Assignment, Plan
from tasks.rules import PeriodState, Progress, Status

# The document is made and printed once, also where workers share the tests out (--dist loadfile).
pytestmark = pytest.mark.django_db

MM = 25.4 / 72
NOW = datetime(2024, 4, 16, 7, 0, tzinfo=UTC)
PLAIN = "各责任单位围绕年度目标任务压实工作责任细化推进举措扎实开展生态环境保护各项工作取得阶段性成效"
PARAGRAPH = (
    "区城管执法局会同5个街道，对辖区内12条（段）道路开展“以克论净”检查，共检查36次，PM2.5平均浓度为28微克/立方米，"
    "同比下降6.7%；《大连市生活垃圾分类管理条例》宣传覆盖率达到100%，发现问题（含群众举报）23个，已全部整改。"
)


@pytest.fixture(scope="module")
def document(django_db_setup: Any, django_db_blocker: Any) -> dict[str, Any]:
    """The first quarter of the real plan with long texts, as it would be issued; the database is left untouched."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "units", "plan_2024", verbosity=0)
        made = make_document()
        transaction.set_rollback(True)
    return made


def make_document() -> dict[str, Any]:
    plan = Plan.objects.get(code="2024")
    period = plan.periods.select_related("plan").get(quarter=1)
    period.state, period.closed_at = PeriodState.CLOSED, NOW
    period.save()
    for index, duty in enumerate(Assignment.objects.filter(measure__plan=plan).select_related("measure")):
        if index % 9 == 4:
            continue
        duty.updates.create(
            period=period,
            status=Status.APPROVED,
            self_status=Progress.LAGGING if index % 7 == 3 else Progress.ON_SCHEDULE,
            percent=25 if duty.measure.kind == "terminal" else None,
            progress_text=PARAGRAPH,
        )
    bulletin = draft_from_figures(period, NOW)
    bulletin.body = [
        *bulletin.body,
        {"kind": "h1", "text": "附带说明"},
        {"kind": "p", "text": PLAIN * 16},
        {"kind": "p", "text": PARAGRAPH * 6},
        {"kind": "p", "text": PARAGRAPH},
    ]
    return build_document(
        bulletin,
        period,
        course_to_issue(period, NOW),
        at=NOW,
        texts=texts_to_issue(period),
        issued_by="周启明",
    )


@pytest.fixture(scope="module")
def content(document: dict[str, Any]) -> bytes:
    return render_pdf(document)


@pytest.fixture(scope="module")
def pages(content: bytes) -> list[Page]:
    return pdfplumber.open(BytesIO(content)).pages


def lines_of(page: Page) -> list[list[dict[str, Any]]]:
    """The characters of each line of an upright page, from top to bottom, page number and head left out."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for char in page.chars:
        baseline = float(page.height) - char["matrix"][5]
        if 37 < baseline * MM < 262:
            found[round(baseline)].append(char)
    return [sorted(found[y], key=lambda char: char["x0"]) for y in sorted(found)]


def text_of(line: list[dict[str, Any]]) -> str:
    return "".join(char["text"] for char in line)


def body_pages(pages: list[Page]) -> list[Page]:
    """The pages before the first annex."""
    return [
        page for page in pages if page.width < page.height and "附件3" not in (page.extract_text() or "")[:40]
    ][:-1]


def baseline(line: list[dict[str, Any]]) -> float:
    return line[0]["matrix"][5] * MM


def test_the_paper_is_a4_with_a_text_block_of_156_by_225_millimetres(pages: list[Page]) -> None:
    for page in pages:
        assert sorted((round(page.width * MM), round(page.height * MM))) == [210, 297]
    for page in body_pages(pages):
        for line in lines_of(page):
            assert line[0]["x0"] * MM > 27.9
            assert line[-1]["x1"] * MM < 184.15
        assert lines_of(page)[0][0]["top"] * MM > 36.9
        assert lines_of(page)[-1][0]["bottom"] * MM < 262.5


def test_plain_lines_have_28_characters_and_every_full_line_reaches_both_edges(pages: list[Page]) -> None:
    plain = full = 0
    for page in body_pages(pages):
        lines = [line for line in lines_of(page) if round(line[0]["size"]) == 16]
        for line, after in pairwise(lines):
            indent = 2 * 156 / 28 if abs(line[0]["x0"] * MM - 39.14) < 0.2 else 0
            # A full line is one that its paragraph goes on after: the next one is not indented.
            if abs(after[0]["x0"] * MM - 28) > 0.1 or line[0]["x0"] * MM > 39.4:
                continue
            full += 1
            assert line[0]["x0"] * MM == pytest.approx(28 + indent, abs=0.1), text_of(line)
            assert line[-1]["x1"] * MM == pytest.approx(184, abs=0.05), text_of(line)
            if not indent and re.fullmatch(r"[一-鿿]+", text_of(line)):
                plain += 1
                assert len(line) == 28, text_of(line)
    assert plain > 20
    assert full > 50


def test_full_pages_have_22_lines_at_an_even_pitch(pages: list[Page]) -> None:
    full = [lines for page in body_pages(pages)[1:-1] if len(lines := lines_of(page)) >= 21]
    assert full
    assert any(len(lines) == 22 for lines in full)
    for lines in full:
        # A page before 署名 may have a line more or fewer in the same height (tests/test_gbt9704.py).
        assert 20 <= len(lines) <= 24
        for line, after in pairwise(lines):
            assert baseline(line) - baseline(after) == pytest.approx(225 / len(lines), abs=0.06)


def test_headings_and_text_are_set_in_their_faces_and_every_font_is_embedded(pages: list[Page]) -> None:
    faces: dict[str, set[str]] = defaultdict(set)
    for page in body_pages(pages):
        for line in lines_of(page):
            for char in line:
                faces[char["fontname"].split("+")[-1]].add(f"{char['size']:.0f}")
            if re.match(r"[一二三四五]、", text_of(line)):
                assert {char["fontname"].split("+")[-1] for char in line} == {"FandolHei-Regular"}
            if text_of(line).startswith("（一）按序时"):
                stop = text_of(line).index("。") + 1
                assert {char["fontname"].split("+")[-1].split("-")[0] for char in line[:stop]} == {
                    "FandolKai"
                }
                assert {char["fontname"].split("+")[-1].split("-")[0] for char in line[stop:]} == {
                    "FandolFang"
                }
    assert faces["FandolSong-Bold"] == {"22"}
    assert "16" in faces["FandolFang-Regular"]
    used = {char["fontname"] for page in pages for char in page.chars}
    allowed = {
        "FandolFang-Half", "FandolKai-Half", "FandolSong-Bold", "FandolFang-Regular", "FandolHei-Regular", "FandolKai-Regular", "NotoSerifSC-Regular"
    }  # fmt: skip
    # A name with six letters before it is a subset inside the file; any other font would be one of this machine.
    assert {re.fullmatch(r"[A-Z]{6}\+(.+)", name)[1] for name in used} <= allowed  # type: ignore[index]
    for page in pages:
        for font in (resolve1(font) for font in resolve1(page.page_obj.resources["Font"]).values()):
            descriptor = resolve1(resolve1(font["DescendantFonts"])[0])["FontDescriptor"]
            assert "FontFile3" in resolve1(descriptor)


def test_the_text_can_be_searched(pages: list[Page], document: dict[str, Any]) -> None:
    text = "".join("".join((page.extract_text() or "").split()) for page in pages)
    assert document["title"].replace("\n", "") in text
    assert "香炉礁街道" in text
    assert "2024年4月16日" in text
    assert PLAIN in text
    # Marks that meet do not overlap: a reader of the text would take what follows for another line.
    for page in body_pages(pages):
        for line in lines_of(page):
            for char, after in pairwise(line):
                assert after["x0"] > char["x1"] - 1.2, text_of(line)


def test_the_appendix_has_all_21_measures_on_landscape_pages_with_repeated_heads(
    pages: list[Page], document: dict[str, Any]
) -> None:
    wide = [page for page in pages if page.width > page.height and "进展灯" in (page.extract_text() or "")]
    assert len(document["appendix"]["rows"]) == 21
    columns: dict[str, str] = defaultdict(str)
    heads = ["序号", "目标任务", "工作措施", "责任单位", "进展情况", "完成比例（状态）", "进展灯"]
    for page in wide:
        table = page.extract_table()
        assert table is not None
        assert [(cell or "").replace("\n", "") for cell in table[0]] == heads
        for row in table[1:]:
            for head, cell in zip(heads, row, strict=True):
                columns[head] += (cell or "").replace("\n", "")
        for char in page.chars:
            assert char["x1"] * MM < 297 - 36.9 or char["top"] * MM < 28
            assert char["bottom"] * MM < 210 - 25.9 or char["x0"] * MM < 35
    told = {name: "".join(text.split()) for name, text in columns.items()}
    for row in document["appendix"]["rows"]:
        assert "".join(f"{row['number']}.{row['measure']}".split()) in told["工作措施"]
        assert row["units"] in told["责任单位"]
        for paragraph in row["progress"]:
            assert "".join(paragraph.split()) in told["进展情况"]
    assert len(re.findall("[绿黄红蓝灰]灯", told["进展灯"])) == 21


def test_charts_are_vector_and_nothing_is_a_picture(pages: list[Page]) -> None:
    assert not [image for page in pages for image in page.images]
    chart = next(page for page in pages if "图1" in (page.extract_text() or ""))
    assert len(chart.rects) + len(chart.curves) > 13
    assert "序时进度" in (chart.extract_text() or "")


def test_the_bytes_are_the_same_every_time(document: dict[str, Any], content: bytes) -> None:
    assert render_pdf(document) == content
    metadata = pdfplumber.open(BytesIO(content)).metadata
    assert metadata["CreationDate"] == metadata["ModDate"]
    assert metadata["CreationDate"].startswith("D:20240416")
    assert metadata["Title"] == document["title"].replace("\n", "")


# --- variants ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def short(document: dict[str, Any]) -> dict[str, Any]:
    """The same with two rows in the appendix: what is looked at here lies elsewhere."""
    return {**document, "appendix": {**document["appendix"], "rows": document["appendix"]["rows"][:2]}}


def test_numbered_sentences_flow_on_and_leave_no_page_half_empty(short: dict[str, Any]) -> None:
    before = [{"kind": "p", "text": "本季度各责任单位按照职责分工推进各项工作。" * 4}] * 3
    items = [
        {
            "kind": "h3",
            "text": f"{number}.第{number}项措施进展慢于序时进度，请有关单位查明原因，加快推进，明确完成时限。",
        }
        for number in range(1, 7)
    ]
    body = [
        *before,
        {"kind": "h1", "text": "三、进展滞后事项"},
        *items,
        {"kind": "h1", "text": "四、报送情况"},
        *before,
    ]
    with pdfplumber.open(BytesIO(render_pdf(short | {"body": body}))) as pdf:
        first = body_pages(pdf.pages)[0]
        lowest = min(baseline(line) for line in lines_of(first))
    # Two lines at most may go along with a heading to the next page.
    assert lowest - (297 - 37 - 225) < 3 * 225 / 22


def test_a_draft_and_sample_data_say_so_on_every_page(short: dict[str, Any]) -> None:
    marked = {**short, "draft": True, "marks": ["草稿", "示例数据"]}
    for page in pdfplumber.open(BytesIO(render_pdf(marked))).pages:
        assert "草稿 示例数据" in (page.extract_text() or "")


def test_a_missing_glyph_is_visible_in_a_draft_and_refused_in_an_issue(short: dict[str, Any]) -> None:
    strange = {**short, "body": [{"kind": "p", "text": "空气质量😀持续改善"}]}
    with pytest.raises(RenderError, match="😀"):
        render_pdf(strange)
    draft = pdfplumber.open(BytesIO(render_pdf({**strange, "draft": True}))).pages[0]
    assert f"空气质量{GETA}持续改善" in (draft.extract_text() or "")


def test_text_that_looks_like_markup_is_printed_as_text_and_fetches_nothing(short: dict[str, Any]) -> None:
    hostile = '<img src="file:///etc/passwd"><b>&amp;{{ 7|add:1 }}'
    page = pdfplumber.open(
        BytesIO(render_pdf({**short, "body": [{"kind": "p", "text": hostile}], "title": hostile}))
    ).pages[0]
    text = "".join((page.extract_text() or "").split())
    assert text.count("".join(hostile.split())) == 2
    assert not page.images


def without_charts(document: dict[str, Any]) -> dict[str, Any]:
    """With options that ECharts does not take."""
    parts = [
        {**part, "option": {"series": [{"type": "no such chart"}], "xAxis": [{"type": "nonsense"}]}}
        if part["option"]
        else part
        for part in document["charts"]["parts"]
    ]
    return {**document, "charts": {**document["charts"], "parts": parts}}


def test_without_the_chart_engine_the_table_alone_prints_with_a_notice(
    short: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    pages = pdfplumber.open(BytesIO(render_pdf(without_charts(short)))).pages
    text = "".join(page.extract_text() or "" for page in pages)
    assert "图形未能生成，数据见下表" in text
    assert "a chart was not drawn" in caplog.text
    assert "加强入海排污口监督管理" in text


def test_a_font_that_is_not_the_frozen_one_is_refused(short: dict[str, Any]) -> None:
    fonts = [{**font, "sha256": "0" * 64} if font["role"] == "kai" else font for font in short["fonts"]]
    with pytest.raises(RenderError, match=r"FandolKai-Regular\.otf 与文稿记录的不一致"):
        render_pdf({**short, "fonts": fonts})


def test_a_title_that_leaves_the_first_page_no_text_is_refused_in_an_issue(short: dict[str, Any]) -> None:
    """GB/T 9704-2012, 7.3.3: the first page shows text."""
    long = {
        **short,
        "title": "关于工作任务进展情况的通报" * 15,
        "head": {**short["head"], "document_number": "西生态办〔2024〕3号"},
    }
    # Whatever the worker logged before, the person reads the reason alone.
    with pytest.raises(RenderError, match=r"\A标题过长，首页排不下正文.*。\Z"):
        render_pdf(without_charts(long))
    draft = pdfplumber.open(BytesIO(render_pdf({**long, "draft": True})))
    # Nobody is named in the 版记 where the draft names no 主送机关.
    assert "主送" not in "".join(page.extract_text() or "" for page in draft.pages)


def test_a_worker_that_is_killed_leaves_no_fonts_behind(
    short: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def stop_when_fonts_are_there(file_format: str, made: int) -> None:
        if not file_format:
            return
        end = time.monotonic() + 60
        while not list(tmp_path.glob("**/weasyprint-*/*")) and time.monotonic() < end:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_files(short, ["pdf"], listener=stop_when_fonts_are_there)
    assert list(tmp_path.iterdir()) == []
