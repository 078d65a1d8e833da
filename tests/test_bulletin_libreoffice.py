"""The Word file as LibreOffice prints it, beside our PDF. Skipped where LibreOffice Writer is not installed.

LibreOffice differs from Word in three things that show here: it puts a quarter of a character between Chinese and digits
whatever the file says, it lets a comma hang out of a full line, and it takes a tracking as hundredths of a millimetre.
"""

import re
import shutil
import subprocess
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from pdfplumber.page import Page

from reports.renderers.fonts import FOLDER
from reports.renderers.process import render_files
from tests.gbt_papers import MIXED, PLAIN, correction, paragraph
from tests.office_files import FULL, bulletin

MM = 25.4 / 72
SOFFICE = shutil.which("soffice") or ""
HAS_WRITER = bool(SOFFICE) and (Path(SOFFICE).resolve().parent / "libswlo.so").exists()
pytestmark = pytest.mark.skipif(not HAS_WRITER, reason="LibreOffice Writer is not installed")

# A name in the file → the free face that the PDF is set in.
FACES = {
    "仿宋_GB2312": "FandolFang",
    "黑体": "FandolHei",
    "楷体_GB2312": "FandolKai",
    "方正小标宋简体": "FandolSong",
    "宋体": "Noto Serif SC",
}


@pytest.fixture(scope="module")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Word file → pages, printed with the fonts of the PDF."""
    folder = tmp_path_factory.mktemp("office")
    aliases = "".join(
        f'<alias binding="same"><family>{name}</family><prefer><family>{face}</family></prefer></alias>'
        for name, face in FACES.items()
    )
    fonts = folder / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n'
        f"<fontconfig><dir>{FOLDER}</dir><cachedir>{folder / 'cache'}</cachedir>{aliases}</fontconfig>",
        encoding="utf-8",
    )

    def printed(content: bytes) -> list[Page]:
        (folder / "paper.docx").write_bytes(content)
        subprocess.run(
            [
                SOFFICE,
                f"-env:UserInstallation=file://{folder / 'profile'}",
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                str(folder),
                str(folder / "paper.docx"),
            ],
            check=True,
            capture_output=True,
            timeout=180,
            env={"FONTCONFIG_FILE": str(fonts), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
        )
        return pdfplumber.open(BytesIO((folder / "paper.pdf").read_bytes())).pages

    return printed


def lines_of(page: Page) -> list[list[dict[str, Any]]]:
    """The lines of text of an upright page, from top to bottom, without head and foot."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for char in page.chars:
        baseline = (float(page.height) - char["matrix"][5]) * MM
        if 37 < baseline < 262:
            found[round(baseline)].append(char)
    return [sorted(found[y], key=lambda char: char["x0"]) for y in sorted(found)]


def text(line: list[dict[str, Any]]) -> str:
    return "".join(char["text"] for char in line)


def long_body(text: str) -> list[dict[str, str]]:
    return [
        block
        for number in range(1, 45)
        for block in ({"kind": "h1", "text": "一、总体情况"}, paragraph(12), {"kind": "p", "text": text})
    ]


def plain(document: dict[str, Any]) -> dict[str, Any]:
    """Without digits, on which LibreOffice spends room of its own."""
    for row in document["appendix"]["rows"]:
        row["progress"] = [f"区住建局：{PLAIN}。{PLAIN}。", f"各街道：{PLAIN}。"]
    return document


def counts(document: dict[str, Any], printer: Any) -> tuple[int, int]:
    """How many pages our PDF has, and LibreOffice's; blank ones before the 版记 left out, which LibreOffice does not print."""
    made = render_files(document, ["pdf", "docx"])
    ours = pdfplumber.open(BytesIO(made["pdf"])).pages
    return sum(bool(page.chars) for page in ours), len(printer(made["docx"]))


@pytest.mark.parametrize(
    "document",
    [
        bulletin(measures=1, units=2),
        bulletin([{"kind": "p", "text": MIXED}] * 5, measures=5, units=9, drawn=True, **FULL),
        bulletin([paragraph(30)], edition=correction(), sealed=True, marks=["演示数据"]),
        plain(bulletin(long_body(PLAIN * 3), measures=4, units=9, **FULL)),
        plain(bulletin([paragraph(5)], measures=60, units=30, **FULL)),
    ],
    ids=["short", "numbered", "corrected", "forty pages", "sixty measures"],
)
def test_it_has_as_many_pages_as_the_pdf_or_one_more_or_less(printer: Any, document: dict[str, Any]) -> None:
    ours, theirs = counts(document, printer)
    assert abs(theirs - ours) <= 1, (ours, theirs)


def test_text_full_of_digits_takes_libreoffice_one_page_in_fifteen_more_at_most(printer: Any) -> None:
    ours, theirs = counts(bulletin(long_body(MIXED * 3), measures=4, units=9, **FULL), printer)
    assert ours <= theirs <= ours * 16 / 15, (ours, theirs)


def test_full_pages_have_22_lines_of_28_characters_that_reach_both_edges(printer: Any) -> None:
    pages = printer(render_files(bulletin([paragraph(150)], measures=1, units=1), ["docx"])["docx"])
    whole = [lines_of(page) for page in pages[1:6]]
    assert [len(lines) for lines in whole] == [22] * 5
    for line in (line for lines in whole for line in lines):
        assert len(line) == 28, text(line)
        assert re.fullmatch("[一-鿿]+", text(line))
        assert line[0]["x0"] * MM == pytest.approx(28, abs=0.1)
        assert line[-1]["x1"] * MM == pytest.approx(184, abs=0.5)
    baselines = [line[0]["matrix"][5] for line in whole[0]]
    assert (baselines[0] - baselines[-1]) / 21 == pytest.approx(28.99, abs=0.06)


def test_every_face_is_the_one_that_the_style_names(printer: Any) -> None:
    body = [
        {"kind": "h1", "text": "一、黑"},
        {"kind": "h2", "text": "（一）楷"},
        {"kind": "p", "text": "仿。" + PLAIN},
    ]
    chars = [
        char
        for page in printer(render_files(bulletin(body, **FULL), ["docx"])["docx"])
        for char in page.chars
    ]
    faces = {char["text"]: char["fontname"].partition("+")[2] for char in chars}
    assert faces["黑"].startswith("FandolHei")
    assert faces["楷"].startswith("FandolKai")
    assert faces["仿"].startswith("FandolFang")
    assert next(char for char in chars if round(char["size"]) == 22)["fontname"].endswith("FandolSong-Bold")
    assert not [char for char in chars if char["text"] in "□〓"]


def test_page_numbers_imprint_and_rule_stand_where_the_standard_has_them(printer: Any) -> None:
    document = bulletin([{"kind": "p", "text": MIXED}] * 5, measures=5, units=9, **FULL)
    pages = printer(render_files(document, ["docx"])["docx"])
    numbers = []
    for page in pages:
        turned = page.width > page.height
        found = [
            char
            for char in page.chars
            if char["text"].strip() and (char["x1"] * MM < 34 if turned else char["top"] * MM > 263)
        ]
        along = sorted(found, key=lambda char: char["top"] if turned else char["x0"])
        dash, *digits, _ = (char["text"] for char in along)
        number = int("".join(digits))
        numbers.append(number)
        # Where the upright page has its lower edge, odd numbers at its right and even ones at its left; and the dash is
        # seven millimetres from the text block.
        if turned:
            middle = (along[0]["x0"] + along[0]["x1"]) / 2 * MM
            assert middle == pytest.approx(35 - 7, abs=1)
            assert (along[0]["top"] * MM > 105) == bool(number % 2)
        else:
            assert (along[0]["x0"] * MM > 105) == bool(number % 2)
        assert dash == "—"
    assert numbers[:-1] == list(range(1, len(pages)))
    assert numbers[-1] % 2 == 0
    last = pages[-1]
    assert max(line["top"] for line in last.lines) * MM == pytest.approx(262, abs=0.3)
    red = [
        line
        for line in pages[0].lines
        if line["stroking_color"] and max(line["stroking_color"][1:] or [1]) < 0.2
    ]
    assert red
    assert (red[0]["x0"] * MM, red[0]["x1"] * MM) == (pytest.approx(28, abs=0.1), pytest.approx(184, abs=0.1))
