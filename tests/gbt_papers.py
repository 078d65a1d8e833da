"""Bulletins made for measuring: of so many lines, with and without number, seal and what else the standard places."""

from typing import Any

from reports.renderers.fonts import choose_fonts

PLAIN = "各责任单位围绕年度目标任务压实工作责任细化推进举措扎实开展生态环境保护各项工作取得阶段性成效"
MIXED = (
    "区城管执法局会同5个街道，对辖区内12条（段）道路开展“以克论净”检查，共检查36次，PM2.5平均浓度为28微克/立方米，"
    "同比下降6.7%；《大连市生活垃圾分类管理条例》宣传覆盖率达到100%，发现问题（含群众举报）23个，已全部整改。"
)
SHORT_TITLE = "关于第一季度工作进展情况的通报"
TITLE = "关于2024年第一季度生态环境保护工作进展情况的通报"
LONG_TITLE = (
    "关于西岗区2024年度生态环境保护工作计划及措施清单第一季度工作任务进展情况和责任单位报送情况的通报"
)
OFFICE = "西岗区生态文明建设和生态环境保护委员会办公室"
COPIES = "区委办公室，区人大常委会办公室，区政府办公室，区政协办公室，区纪委监委机关，区法院，区检察院"
NUMBER = "西生态办〔2024〕3号"


def paragraph(lines: int) -> dict[str, str]:
    """A paragraph that fills exactly so many lines of 28 characters, the first of 26."""
    return {"kind": "p", "text": (PLAIN * lines)[: 26 + 28 * (lines - 1)]}


def paper(
    body: list[dict[str, str]], *, measures: int = 2, units: int = 3, figures: int = 1, **changes: Any
) -> dict[str, Any]:
    """A frozen bulletin. `changes`: of its head; `title`, `edition`, `draft` and `marks` of the document itself.

    `figures`: rows of the table under the chart, which stands on the last page.
    """
    own: dict[str, Any] = {
        key: changes.pop(key) for key in ("title", "edition", "draft", "marks") if key in changes
    }
    head = {
        "document_number": "",
        "masthead": "",
        "recipients": "",
        "cc": "",
        "signatory": OFFICE,
        "sealed": False,
        "signed_on": "2024-04-16",
        "printed_by": "",
        "printed_on": "2024-04-18",
    }
    return {
        "schema": 2,
        "kind": "bulletin",
        "draft": False,
        "dated": "2024-04-16T15:00:00+08:00",
        "marks": [],
        "edition": {"number": 1, "reason": "", "supersedes": None, "corrected": []},
        "title": SHORT_TITLE,
        "body": body,
        "head": head | changes,
        "appendix": {
            "title": "2024年第一季度工作措施进展情况表",
            "rows": [_measure(number) for number in range(1, measures + 1)],
        },
        "matrix": matrix(units, measures),
        "charts": {"title": "2024年第一季度工作进展情况图表", "parts": [_part(figures)]},
        "fonts": choose_fonts(""),
        **own,
    }


def matrix(units: int, measures: int) -> dict[str, Any]:
    """Every state in turn; every third cell without a duty, every seventh filed late."""
    states = ("approved", "returned", "overdue", "submitted", "missing", "unmended", "unreviewed")
    rows = []
    for unit in range(units):
        cells = [
            None
            if (unit + number) % 3 == 2
            else {
                "filing": states[(unit + number) % len(states)],
                "light": "green",
                "late": "late" if (unit + number) % 7 == 0 else "",
            }
            for number in range(measures)
        ]
        due = [cell for cell in cells if cell]
        missing = sum(cell["filing"] in ("missing", "overdue") for cell in due)
        rows.append(
            {
                "kind": "政府部门",
                "unit": f"第{unit + 1}责任单位",
                "due": len(due),
                "filed": len(due) - missing,
                "late": sum(bool(cell["late"]) for cell in due),
                "missing": missing,
                "approved": 0,
                "progress": "按序时推进",
                "cells": cells,
            }
        )
    title = "2024年第一季度责任单位报送情况表"
    return {"title": title, "measures": list(range(1, measures + 1)), "rows": rows}


def correction() -> dict[str, Any]:
    return {
        "number": 2,
        "reason": "统计口径有误",
        "supersedes": {
            "number": 1,
            "title": TITLE,
            "document_number": "西生态办〔2024〕2号",
            "issued_on": "2024-04-10",
            "sha256": "0" * 64,
        },
        "corrected": [{"measure": 8, "unit": "香炉礁街道"}],
    }


def _measure(number: int) -> dict[str, Any]:
    return {
        "task_number": (number + 1) // 2,
        "task": f"第{(number + 1) // 2}项目标任务",
        "number": number,
        "measure": PLAIN,
        "units": "区住建局、各街道",
        "lead": "",
        "progress": [f"区住建局：{MIXED}", f"各街道：{MIXED}"],
        "value": ["25%", "按序时推进"],
        "light": ("green", "yellow", "red", "blue", "grey")[number % 5],
    }


def _part(rows: int) -> dict[str, Any]:
    return {
        "caption": "图1  各项目标任务完成比例与序时进度",
        "option": {
            "animation": False,
            "textStyle": {"fontFamily": "eco-hei, eco-wide"},
            "xAxis": {"type": "value"},
            "yAxis": {"type": "category", "data": ["目标任务"]},
            "series": [{"type": "bar", "data": [25]}],
        },
        "width": 589,
        "height": 200,
        "head": ["序号", "目标任务", "完成比例"],
        "widths": [20, 96, 40],
        "text": 1,
        "rows": [[str(row), f"第{row}项目标任务", "25%"] for row in range(1, rows + 1)],
    }
