"""The plan of 2025 that the pictures of 计划导入 bring in: last year's list with new wording, names and deadlines, as a Word file. Invented."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import _Cell

LAST_YEARS = Path("fixtures/plan_2024.json")
PLAN_NAME = "西岗区2025年生态环境保护工作计划.docx"
HEADS = ("序号", "目标任务", "工作措施", "责任单位", "完成时限")
WIDTHS = (1.2, 3.2, 6.8, 3.6, 2.2)
TEXT = (
    "西岗区生态文明建设和生态环境保护委员会办公室",
    "西岗区2025年生态环境保护工作计划",
    "2025年是“十四五”规划的收官之年。为持续改善全区生态环境质量，结合我区实际，制定本计划。",
    "一、推动绿色低碳转型发展",
    "深入实施碳达峰行动，坚决遏制高耗能、高排放、低水平项目盲目发展，强化生态环境分区管控。",
    "二、持续打好污染防治攻坚战",
    "加强重污染天气应对，巩固城市黑臭水体治理成果，有序推进建设用地风险管控和治理修复。",
    "三、加强监管和宣传引导",
    "加强生态环境执法监管，推进城市更新和垃圾分类，广泛开展生态环境保护宣传。",
    "附件：西岗区2025年生态环境保护措施清单",
    "西岗区生态文明建设和生态环境保护委员会办公室",
    "2025年2月10日",
    "附件",
    "西岗区2025年生态环境保护措施清单",
)
HEADINGS = ("一、", "二、", "三、")
DROPPED = (1, 20)
GOES_ON = "长期坚持"
# Measures of last year that read otherwise: text, units, deadline where they do.
CHANGED = {
    3: {"units": "区发改委、西岗生态环境分局、区城管执法局、区交警大队", "deadline": "2025年12月底前"},
    7: {
        "text": "开展重污染天气应急演练，强化重污染天气联合应对。修订重污染天气应急减排清单，持续开展“保良减污”工作，提前“削峰保良”。",
        "deadline": "2025年10月底前",
    },
    12: {
        "text": "加强市政雨洪入海排污口可视化监管工作；完成入海排污口溯源整治，按照“一口一策”整治方案验收销号，开展海洋环境风险源隐患排查和预警防控。",
        "units": "区城管执法局、生态环境分局、区水务集团、相关街道办事处",
        "deadline": "2025年9月底前",
    },
    16: {"units": "区城管执法局、区市场监督管理局、西岗生态环境分局", "deadline": "持续推进"},
    18: {
        "text": "开展老旧小区改造，统筹推进道路维修、下水管网改造工作，实施街景提升改造和行道树补植工程，新建口袋公园3处。",
        "units": "区住房城乡建设局、区城管执法局、各街道",
        "deadline": "视年度资金安排确定",
    },
}


@dataclass(frozen=True)
class Row:
    task: str
    text: str
    units: str
    deadline: str = GOES_ON


NEW = (
    # Whoever typed the list forgot who answers for this one.
    Row("强化大气面源污染整治", "完成加油站油气回收在线监控联网。", "", "2025年6月底前"),
    Row("加强噪声污染防治", "划定噪声敏感建筑物集中区域，建成宁静小区2个。", "西岗生态环境分局、各街道", "2025年11月底前"),
)  # fmt: skip


def rows() -> list[Row]:
    """The list of 2025, tasks in order."""
    fixture = json.loads(LAST_YEARS.read_text(encoding="utf-8"))

    def of(model: str) -> list[dict[str, Any]]:
        return [row["fields"] for row in fixture if row["model"] == model]

    titles = {task["number"]: task["title"] for task in of("tasks.targettask")}
    found = []
    for measure in of("tasks.measure"):
        if measure["number"] not in DROPPED:
            row = Row(titles[measure["task"][1]], measure["text"], measure["units_text"])
            found.append(replace(row, **CHANGED.get(measure["number"], {})))
    places = {row.task: place for place, row in enumerate(found)}
    for row in NEW:
        found.insert(places.get(row.task, len(found) - 1) + 1, row)
    return found


def tasks() -> Iterator[tuple[str, list[Row]]]:
    """Titles with what stands under them, as the cells are merged."""
    together: list[Row] = []
    for row in rows():
        if together and together[0].task != row.task:
            yield together[0].task, together
            together = []
        together.append(row)
    yield together[0].task, together


def plan() -> bytes:
    """The Word file: text, then the list with merged cells and numbers typed before the measures."""
    document = docx.Document()
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Noto Serif CJK SC", Pt(10.5)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Noto Serif CJK SC")
    for text in TEXT:
        paragraph = document.add_paragraph()
        run = paragraph.add_run(text)
        if text.startswith("西岗区2025年"):
            paragraph.alignment, run.font.size, run.bold = WD_ALIGN_PARAGRAPH.CENTER, Pt(16), True
        run.bold = run.bold or text.startswith(HEADINGS)
    table = document.add_table(rows=1, cols=len(HEADS), style="Table Grid")
    for cell, head in zip(table.rows[0].cells, HEADS, strict=True):
        fill(cell, head, bold=True)
    table.autofit = False
    for column, width in zip(table.columns, WIDTHS, strict=True):
        column.width = Cm(width)
    measure = 0
    for number, (title, together) in enumerate(tasks(), start=1):
        added = [table.add_row() for _ in together]
        for line, row in zip(added, together, strict=True):
            measure += 1
            fill(line.cells[2], f"{measure}. {row.text}")
            fill(line.cells[3], row.units)
            fill(line.cells[4], row.deadline)
        for column, text in ((0, str(number)), (1, title)):
            fill(added[0].cells[column].merge(added[-1].cells[column]), text)
    for row_of_cells in table.rows:
        for cell, width in zip(row_of_cells.cells, WIDTHS, strict=True):
            cell.width = Cm(width)
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def fill(cell: _Cell, text: str, *, bold: bool = False) -> None:
    cell.text = text
    for paragraph in cell.paragraphs[1:]:
        paragraph._p.getparent().remove(paragraph._p)
    cell.paragraphs[0].runs[0].bold = bold
