"""All papers that are measured against GB/T 9704, printed once for the process."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings

from tests.gbt_papers import (
    COPIES,
    LONG_TITLE,
    MIXED,
    NUMBER,
    PLAIN,
    TITLE,
    correction,
    paper,
    paragraph,
)
from tests.pdf_measure import Sheet, sheets

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

every_paper = pytest.mark.parametrize("name", list(PAPERS))
numbered = pytest.mark.parametrize(
    "name", [name for name, made in PAPERS.items() if made["head"]["document_number"]]
)
without_number = pytest.mark.parametrize(
    "name", [name for name, made in PAPERS.items() if not made["head"]["document_number"]]
)


@cache
def printed(name: str) -> list[Sheet]:
    """The pages of a paper."""
    return sheets(_files()[name])


@cache
def _files() -> dict[str, bytes]:
    """All papers as PDF, from one process."""
    with TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "tests.print_papers", folder],
            input=json.dumps(PAPERS).encode(),
            cwd=settings.BASE_DIR,
            check=True,
            timeout=180,
        )
        return {name: (Path(folder) / f"{name}.pdf").read_bytes() for name in PAPERS}
