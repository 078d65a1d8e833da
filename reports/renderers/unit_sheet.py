"""单位进展单 as PDF (reports/papers/unit_sheet.py has the document's shape)."""

from typing import Any

from reports.renderers.engine import template_pdf
from reports.renderers.fonts import FontStack
from reports.renderers.layout import points
from reports.renderers.lights import LIGHT_NAMES
from reports.renderers.paper_text import Block, Setting
from reports.renderers.typeset import LOOSEST_CELL

# The text block, the column of labels, and the blank beside a text (templates/papers/unit_sheet.css).
WIDTH_MM, LABEL_MM, SIDE_MM = 167, 25, 2
SIZE_PT, PITCH_PT, PAD_PT = 11, 15.5, 3
# A text of no more lines than this is not cut at all.
UNCUT_LINES = 5
# A measure that has room on one page is not cut.
PAGE_PT = points(255)
NONE = "—"


def unit_sheet_pdf(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The PDF; the same document gives the same bytes. What no font prints becomes 〓. Raises FontError."""
    stack = FontStack(document["fonts"], font_dir)
    return template_pdf("papers", "unit_sheet", _context(document, Setting(stack)), stack)


def _context(document: dict[str, Any], setting: Setting) -> dict[str, Any]:
    return {
        "document": document,
        "marks": "　".join(document["marks"]),
        "title": setting.line("生态环境保护工作单位进展单", face="title"),
        "unit": setting.line(f"单位：{document['unit']}", face="hei"),
        "quarter": setting.line(document["quarter"], face="hei"),
        "running": f"{document['unit']}  {document['quarter']}单位进展单",
        "plan": _wide(f"依据：《{document['plan']}》", setting),
        "basis": _wide(document["basis"], setting),
        "summary": [_wide(text, setting) for text in document["summary"]],
        "empty": _wide("该单位本季度没有承担的工作措施。", setting),
        "measures": [_measure(row, setting) for row in document["measures"]],
        "signs": [setting.line(text) for text in ("填报人：", "单位负责人：", "（公章）")],
        "day": [setting.line(text) for text in "年月日"],
    }


def _measure(row: dict[str, Any], setting: Setting) -> dict[str, Any]:
    figure = ""
    if row["figure"]:
        earlier = "（上次通过）" if row["earlier"] else ""
        figure = f"，完成比例{row['figure']}{earlier}，序时进度{row['expected']}"
    pairs = [
        (("填报状态", row["state"]), ("进展灯", f"{row['word']}（{LIGHT_NAMES[row['light']]}）{figure}")),
        (("自评", row["own"] or NONE), ("核定", row["checked"] or NONE)),
        (("提交", row["filed"] or NONE), ("审核", row["decided"] or NONE)),
    ]
    units = f"{row['units']}（本单位{row['role']}）" if row["role"] else row["units"]
    # Of a filing that is not shown nobody says that it has none.
    files = [NONE]
    if row["evidence"] is not None:
        files = [f"{name}（SHA-256 {mark}）" for name, mark in row["evidence"]] or ["无"]
    made: dict[str, Any] = {
        "name": f"第{row['number']}项措施",
        "head": _text(f"第{row['number']}项措施", [row["measure"]], setting, face="hei"),
        "facts": [
            _text("目标任务", [f"{row['task']}（{row['kind']}）"], setting),
            _text("责任单位", [units], setting),
        ],
        "pairs": [_pair(left, right, setting, row["light"]) for left, right in pairs],
        "texts": [
            *(_text(label, [text], setting, indent=2) for label, text in row["texts"]),
            _text("佐证材料", files, setting),
            _text("审核意见", row["opinions"] or [NONE], setting),
        ],
    }
    rows = [made["head"], *made["facts"], *made["pairs"], *made["texts"]]
    made["whole"] = sum(part["height"] for part in rows) <= PAGE_PT
    return made


def _text(
    name: str, texts: list[str], setting: Setting, *, indent: float = 0, face: str = "fang"
) -> dict[str, Any]:
    """A row with one text. `short`: it stays on one page."""
    width = WIDTH_MM - LABEL_MM - 2 * SIDE_MM
    paragraphs = [
        block
        for text in texts
        for block in setting.paragraphs(text, width=width, size=SIZE_PT, indent=indent, face=face)
    ]
    label = setting.label(name)
    return {
        "label": label.html,
        "paragraphs": [block.html for block in paragraphs],
        "indent": indent,
        "short": sum(block.count for block in paragraphs) <= UNCUT_LINES,
        "height": _height(max(sum(block.count for block in paragraphs), label.count)),
    }


def _pair(left: tuple[str, str], right: tuple[str, str], setting: Setting, light: str) -> dict[str, Any]:
    """Two short facts beside each other."""
    cells = [_half(text, setting) for _, text in (left, right)]
    return {
        "height": _height(max(cell.count for cell in cells)),
        "cells": [
            {"label": setting.label(label).html, "dot": light if label == "进展灯" else "", "html": cell.html}
            for (label, _), cell in zip((left, right), cells, strict=True)
        ],
    }


def _height(lines: int) -> float:
    return lines * PITCH_PT + 2 * PAD_PT


def _half(text: str, setting: Setting) -> Block:
    # The dot before the word takes 3 mm.
    return setting.text(
        text, width=WIDTH_MM / 2 - LABEL_MM - 2 * SIDE_MM - 3, size=SIZE_PT, loosest=LOOSEST_CELL
    )


def _wide(text: str, setting: Setting) -> Block:
    return setting.text(text, width=WIDTH_MM, size=SIZE_PT, loosest=LOOSEST_CELL)
