"""The paper forms of a filing as PDF (reports/papers/filing_form.py has the document's shape).

A form fills its page: what the words leave of it becomes ruled lines to write on. Only a prefilled one whose texts are long
goes over to another page.
"""

from typing import Any

from django.utils.safestring import SafeString

from reports.renderers.engine import template_pdf
from reports.renderers.fonts import FontStack
from reports.renderers.layout import points
from reports.renderers.paper_text import Block, Setting
from reports.renderers.typeset import LOOSEST_CELL

# The text block and its parts (templates/papers/filing_form.css), less a hair for rounding.
WIDTH_MM, LABEL_MM, SIDE_MM = 167, 25, 2
PAGE_PT = points(259) - 4
SIZE_PT, PITCH_PT, PAD_PT = 11, 15.5, 3
# Two rows share the rule between them.
RULE_PT = 0.5
# Room for a line by hand.
RULED_PT = points(7.5)
TITLE_PT, HEAD_PT, SIGNS_PT = 36, 20, points(25)
NOTE_SIZE, NOTE_PITCH = 9, 12.5
# A text for which nothing is typed gets at least so many lines to write on (a reason one), also beside a long wording.
LEAST_LINES = 2
# How far the plan's words may be cut where they would leave no room; the sheet names the measure, the plan has the text.
WORDING = (None, 12, 8, 5, 3, 2, 1)
CELL_MM = WIDTH_MM - LABEL_MM - 2 * SIDE_MM
NOTES = (
    "填写说明：1.本季度无相关工作的，只勾选该项并签字盖章。2.自评“已完成”须附佐证材料；自评“滞后”须填写存在问题和下一步工作。"
    "3.请用黑色签字笔填写，字迹清楚；写不下的另附页并注明编号。4.本表由区生态办按编号代为录入，也可由单位自行登录平台填报。"
)


def filing_form_pdf(document: dict[str, Any], *, font_dir: str = "") -> bytes:
    """The PDF; the same document gives the same bytes. What no font prints becomes 〓. Raises FontError."""
    stack = FontStack(document["fonts"], font_dir)
    return template_pdf("papers", "filing_form", _context(document, Setting(stack)), stack)


def _context(document: dict[str, Any], setting: Setting) -> dict[str, Any]:
    kind = "空白表" if document["blank"] else "预填表"
    return {
        "document": document,
        "marks": "　".join([kind, *document["marks"]]),
        "title": setting.line("生态环境保护工作任务进展填报表", face="title"),
        "kind": kind,
        "forms": [_form(form, document, setting) for form in document["forms"]],
        "signs": [
            setting.line(text) for text in ("填报人：", "审核人：", "单位负责人（签字）：", "（公章）")
        ],
        "day": [setting.line(text) for text in "年月日"],
    }


def _form(form: dict[str, Any], document: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """The form with as many ruled lines as its page has room for; `cut`: it goes over to another page."""
    notes = setting.text(NOTES, width=WIDTH_MM, size=NOTE_SIZE)
    texts = [_text(row, setting) for row in form["texts"]]
    evidence = _evidence(form["evidence"], setting)
    written = _together([*texts, evidence])
    fixed = TITLE_PT + HEAD_PT + SIGNS_PT + notes.count * NOTE_PITCH + 4 + written
    least = sum(row["least"] for row in texts)
    facts: list[dict[str, Any]] = []
    free = 0
    for most in WORDING:
        facts = _facts(form, document, setting, most=most)
        free = int((PAGE_PT - fixed - _together(facts)) // RULED_PT)
        if free >= least:
            break
    cut = free < least
    if cut:
        # It is the typed texts that are long: with a page more there is room for the plan's words, too.
        facts = _facts(form, document, setting, most=None)
    _rule(texts, form["texts"], least if cut else free)
    return {
        "name": f"编号 {form['code']}　{form['unit']}　第{form['number']}项措施",
        "code": setting.line(f"编号：{form['code']}"),
        "quarter": setting.line(document["quarter"], face="hei"),
        "facts": facts,
        "texts": texts,
        "evidence": evidence,
        "notes": notes.html,
        "cut": cut,
    }


def _facts(
    form: dict[str, Any], document: dict[str, Any], setting: Setting, *, most: int | None
) -> list[dict[str, Any]]:
    """The rows above the texts. `most`: lines of the plan's words."""
    role = f"（本单位{form['role']}）" if form["role"] else ""
    rows = [
        _plain("填报单位", form["unit"], setting, face="hei"),
        _plain("目标任务", f"{form['task']}（{form['kind']}）", setting, most=most),
        _plain(f"第{form['number']}项措施", form["measure"], setting, most=most),
        _plain("责任单位", f"{form['units']}{role}", setting, most=most),
        _plain("报送要求", f"{document['due']}前签字盖章送{document['send_to']}。", setting),
    ]
    if form["state"]:
        rows.append(_plain("本表预填", f"本季度填报内容（{form['state']}）。", setting))
    if form["reference"]:
        rows.append(_plain("上期数据", form["reference"], setting))
    rows.append(
        _ticks("无相关工作", [["本季度无相关工作（勾选后，以下各项不填）", form["no_work"]]], setting)
    )
    rows.append(_ticks("自评状态*", form["choices"], setting))
    if form["percent"]:
        rows.append(_number("完成比例*", form["percent"]["value"], "%", form["percent"]["hint"], setting))
    if form["indicator"]:
        asked = form["indicator"]
        hint = f"{asked['label']}（实际值）必填{'；' if asked['hint'] else ''}{asked['hint']}"
        rows.append(_number("指标*", asked["value"], asked["unit"], hint, setting))
    return rows


def _plain(
    label: str, text: str, setting: Setting, *, face: str = "fang", most: int | None = None
) -> dict[str, Any]:
    block = setting.text(text, width=CELL_MM, size=SIZE_PT, face=face, loosest=LOOSEST_CELL, most=most)
    return _row(label, setting, html=block.html, height=_height(block.count))


def _ticks(label: str, choices: list[list[Any]], setting: Setting) -> dict[str, Any]:
    ticks = [{"html": setting.line(word), "chosen": chosen} for word, chosen in choices]
    return _row(label, setting, ticks=ticks, height=_height(1) + 3)


def _number(label: str, value: str, unit: str, hint: str, setting: Setting) -> dict[str, Any]:
    """A blank for a number with its unit; the hint beside it."""
    told = setting.text(hint, width=CELL_MM - 40, size=NOTE_SIZE, loosest=LOOSEST_CELL, most=2)
    number = {"value": setting.line(value), "unit": setting.line(unit), "hint": told.html}
    return _row(label, setting, number=number, height=_height(told.count) + 5)


def _text(row: dict[str, Any], setting: Setting) -> dict[str, Any]:
    """A text with what is typed of it; the ruled lines come later, `least` of them."""
    paragraphs = setting.paragraphs(row["text"], width=CELL_MM, size=SIZE_PT, indent=2)
    hint = setting.text(row["hint"], width=CELL_MM, size=NOTE_SIZE) if row["hint"] else Block(SafeString(), 0)
    label = row["label"] + ("*" if row["hint"].startswith(("必填", "牵头单位必填")) else "")
    count = sum(block.count for block in paragraphs)
    height = count * PITCH_PT + hint.count * NOTE_PITCH + 2 * PAD_PT
    made = _row(label, setting, height=height)
    least = 0 if paragraphs else min(LEAST_LINES, row["weight"])
    return {**made, "least": least, "hint": hint.html, "paragraphs": [block.html for block in paragraphs]}


def _evidence(names: list[str], setting: Setting) -> dict[str, Any]:
    listed = [setting.text(name, width=CELL_MM, size=SIZE_PT, loosest=LOOSEST_CELL) for name in names]
    asked = [setting.line("附纸质佐证材料"), setting.line("份，名称：")]
    height = sum(block.count for block in listed) * PITCH_PT + 2 * RULED_PT + 2 * PAD_PT
    return {
        **_row("佐证材料", setting, height=height),
        "paragraphs": [block.html for block in listed],
        "asked": asked,
        "ruled": range(1),
    }


def _row(label: str, setting: Setting, *, height: float, **parts: Any) -> dict[str, Any]:
    name = setting.label(label)
    return {"label": name.html, "height": max(height, _height(name.count)), **parts}


def _rule(rows: list[dict[str, Any]], fields: list[dict[str, Any]], lines: int) -> None:
    """Share so many ruled lines out by the fields' weights, to each what it must have."""
    counts = [row["least"] for row in rows]
    weights = [
        field["weight"] / (3 if row["paragraphs"] else 1) for field, row in zip(fields, rows, strict=True)
    ]
    for _ in range(lines - sum(counts)):
        # The next line goes where the most is wanting.
        place = min(range(len(rows)), key=lambda at: (counts[at] / weights[at], at))
        counts[place] += 1
    for row, count in zip(rows, counts, strict=True):
        row["ruled"] = range(count)


def _together(rows: list[dict[str, Any]]) -> float:
    return sum(row["height"] + RULE_PT for row in rows)


def _height(lines: int) -> float:
    return lines * PITCH_PT + 2 * PAD_PT
