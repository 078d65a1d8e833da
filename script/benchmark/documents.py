"""Bulletins of as many pages as wanted: the 2024 plan with the sample year's texts, fewer or more of them."""

import copy
import json
from collections.abc import Callable
from typing import Any

from script.benchmark.serving import manage

Document = dict[str, Any]
# How often a size is tried before the nearest is taken.
TRIES = 8
_LAST_ISSUED = (
    "import json; from reports.models import Bulletin; "
    "print(json.dumps(Bulletin.objects.issued().order_by('-period__quarter').first().data))"
)


def sample_bulletin(env: dict[str, str]) -> Document:
    """The document of the sample year's last issued quarter: 21 measures of the real plan."""
    manage(env, "migrate", "-v", "0")
    manage(env, "load_plan")
    manage(env, "demo")
    return dict(json.loads(manage(env, "shell", "-v", "0", "-c", _LAST_ISSUED)))


def of_pages(sample: Document, pages: int, count: Callable[[Document], int]) -> tuple[Document, int]:
    """(a document of `pages` pages or as near as it gets, its pages); `count` renders one and counts."""
    whole = sum(len("".join(row["progress"])) for row in sample["appendix"]["rows"])
    low, high = (0, 0), (whole, count(_sized(sample, whole)))
    best = (_sized(sample, whole), high[1])
    size = whole
    for _ in range(TRIES):
        if best[1] == pages:
            break
        # Pages grow nearly as the text does, from what stands without any.
        if pages < high[1] and not low[1]:
            low = (0, count(_sized(sample, 0)))
            if abs(low[1] - pages) < abs(best[1] - pages):
                best = (_sized(sample, 0), low[1])
        slope = (high[1] - low[1]) / (high[0] - low[0]) if high[0] > low[0] else 1
        size = max(round(high[0] + (pages - high[1]) / slope), 0)
        if size in (low[0], high[0]):
            break
        document = _sized(sample, size)
        made = count(document)
        if abs(made - pages) < abs(best[1] - pages):
            best = (document, made)
        if made < pages and pages < high[1]:
            low = (size, made)
        elif made < pages:
            low, high = high, (size, made)
        else:
            high = (size, made)
    return best


def _sized(sample: Document, size: int) -> Document:
    """The sample with so many characters of 进展情况, and as much of the text: cut short, or again and again."""
    rows = sample["appendix"]["rows"]
    whole = sum(len("".join(row["progress"])) for row in rows)
    document = copy.deepcopy(sample)
    rounds = max(size // whole, 1)
    blocks = len(sample["body"])
    document["body"] = (sample["body"] * (rounds + 1))[: max(blocks * size // whole, 1)]
    tasks = max(row["task_number"] for row in rows)
    made: list[dict[str, Any]] = []
    left = size
    for number in range(rounds + (1 if size > whole else 0)):
        for row in rows:
            if number >= rounds and left <= 0:
                break
            text = sum(len(part) for part in row["progress"])
            share = text if size >= whole else text * size // whole
            left -= share
            made.append(
                {
                    **row,
                    "task_number": row["task_number"] + number * tasks,
                    "number": row["number"] + number * len(rows),
                    "progress": _short(row["progress"], share),
                }
            )
    document["appendix"]["rows"] = made
    return document


def _short(paragraphs: list[str], characters: int) -> list[str]:
    kept = []
    for paragraph in paragraphs:
        if characters <= 0:
            break
        kept.append(paragraph[:characters])
        characters -= len(paragraph)
    return kept
