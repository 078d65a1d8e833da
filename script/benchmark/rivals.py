"""What else prints as many pages with the same characters: Chromium kept open, LibreOffice from the Word file.

Chromium gets a simple page: each printed page's text as paragraphs, or as a table where it lies across; no charts, and
fonts from the same files. It breaks the lines itself. It is let off nothing else: tagged, as ours is.
"""

import os
import shutil
import statistics
import subprocess
import time
from html import escape
from pathlib import Path

import pypdfium2
from playwright.sync_api import Browser, sync_playwright

from reports.renderers.fonts import FOLDER, FREE

COLUMNS = 7
_STYLE = """
@font-face { font-family: fang; src: url(%s); }
@page { size: A4; margin: 37mm 26mm 35mm 28mm; }
@page wide { size: A4 landscape; margin: 28mm 37mm 26mm 35mm; }
body { margin: 0; font: 16pt/29pt fang; }
p { margin: 0; text-indent: 2em; text-align: justify; }
section { break-after: page; }
section:last-child { break-after: auto; }
section.wide { page: wide; font-size: 8pt; line-height: 10pt; }
table { border-collapse: collapse; width: 100%%; table-layout: fixed; }
td { border: 0.5pt solid; padding: 1pt; }
"""


def run(pdf: bytes, pages: int, word: Path, scratch: Path, repeat: int, *, ours: float) -> None:
    print(f"\n{'s':>10}{'ours':>8}{'pages':>7}  what prints {pages} pages, median of {repeat}")
    chromium = find_chromium()
    if chromium:
        html = scratch / "paper.html"
        html.write_text(_html(pdf), encoding="utf-8")
        took, made = _chromium(chromium, html, repeat)
        verdict = "✓" if ours <= took else "✗ aim: ours no slower"
        print(f"{took:>10.2f}{ours:>8.2f}{made:>7}  Chromium kept open, HTML to PDF  {verdict}", flush=True)
    else:
        print("           no Chromium (environment variable CHROMIUM)")
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office:
        took, made = _office(office, word, scratch, repeat)
        print(f"{took:>10.2f}{'':>8}{made:>7}  LibreOffice started anew, .docx to PDF", flush=True)


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def _html(pdf: bytes) -> str:
    sections = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            lines = [line for line in page.get_textpage().get_text_range().splitlines() if line.strip()]
            sections.append(_table(lines) if page.get_width() > page.get_height() else _text(lines))
    style = _STYLE % (FOLDER / FREE["fang"]).as_uri()
    return f'<!DOCTYPE html><html lang="zh"><meta charset="utf-8"><title>x</title><style>{style}</style>{"".join(sections)}</html>'


def _text(lines: list[str]) -> str:
    paragraphs = "。\n".join("".join(lines).split("。")).splitlines()
    return f"<section>{''.join(f'<p>{escape(part)}</p>' for part in paragraphs)}</section>"


def _table(lines: list[str]) -> str:
    rows = [lines[at : at + COLUMNS] for at in range(0, len(lines), COLUMNS)]
    cells = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    return f'<section class="wide"><table>{"".join(f"<tr>{row}</tr>" for row in cells)}</table></section>'


def _chromium(path: str, html: Path, repeat: int) -> tuple[float, int]:
    """(seconds from the page's address to its PDF, after the first such; pages)."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        try:
            _print(browser, html)
            times = []
            for _ in range(repeat):
                began = time.perf_counter()
                made = _print(browser, html)
                times.append(time.perf_counter() - began)
        finally:
            browser.close()
    return statistics.median(times), _count(made)


def _print(browser: Browser, html: Path) -> bytes:
    page = browser.new_page()
    page.goto(html.as_uri())
    made = page.pdf(prefer_css_page_size=True, tagged=True)
    page.close()
    return made


def _office(path: str, word: Path, scratch: Path, repeat: int) -> tuple[float, int]:
    command = [path, f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "pdf", "--outdir", str(scratch), str(word)]
    times = []
    # The first start makes a profile, and is not counted.
    for _ in range(repeat + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:]), _count(word.with_suffix(".pdf").read_bytes())


def _count(pdf: bytes) -> int:
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)
