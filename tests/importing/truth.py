"""The real plan of 2024 as it is known to read (fixtures/plan_2024.json), and its attachment in the layouts of other offices."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tasks.importing.readings import PlanReading
from tests.importing.builders import LEFT, UP, Grid

ROOT = Path(__file__).resolve().parents[2]
SCAN = ROOT / "docs" / "source" / "xigang-2024-plan.txt"
HEAD = ["序号", "目标任务", "工作措施", "责任单位"]


@dataclass(frozen=True)
class Line:
    """One measure of the plan, in the form in which readings are compared."""

    task: int
    title: str
    number: int
    text: str
    units_text: str
    parties: tuple[str, ...]


@cache
def fixture() -> list[dict[str, Any]]:
    return json.loads((ROOT / "fixtures" / "plan_2024.json").read_text(encoding="utf-8"))


def rows_of(model: str) -> list[dict[str, Any]]:
    return [row["fields"] for row in fixture() if row["model"] == f"tasks.{model}"]


@cache
def plan_2024() -> list[Line]:
    titles = {task["number"]: task["title"] for task in rows_of("targettask")}
    parties: dict[int, list[tuple[int, str]]] = {}
    for party in rows_of("responsibility"):
        parties.setdefault(party["measure"][1], []).append((party["order"], party["printed"]))
    return [
        Line(
            measure["task"][1],
            titles[measure["task"][1]],
            measure["number"],
            measure["text"],
            measure["units_text"],
            tuple(name for _order, name in sorted(parties[measure["number"]])),
        )
        for measure in rows_of("measure")
    ]


def lines_of(reading: PlanReading) -> list[Line]:
    return [
        Line(
            task.number,
            task.title,
            measure.number,
            measure.text,
            measure.units_text,
            tuple(party.printed for party in measure.parties),
        )
        for task in reading.tasks
        for measure in task.measures
    ]


def _tasks() -> Iterator[tuple[int, str, list[Line]]]:
    lines = plan_2024()
    for number in dict.fromkeys(line.task for line in lines):
        own = [line for line in lines if line.task == number]
        yield number, own[0].title, own


def merged() -> Grid:
    """As printed: 序号 and 目标任务 merged over their measures, numbers typed in the text."""
    grid = [list(HEAD)]
    for number, title, lines in _tasks():
        for place, line in enumerate(lines):
            first = [str(number), title] if place == 0 else [UP, UP]
            grid.append([*first, f"{line.number}. {line.text}", line.units_text])
    return grid


def unmerged() -> Grid:
    """Nothing merged: the task stands in its first row only."""
    return [["" if cell == UP else cell for cell in row] for row in merged()]


def repeated() -> Grid:
    """Other heads, the task written in every row, a further column, and a head again in the middle."""
    head = ["编号", "重点任务", "具体措施", "责任部门", "备注"]
    grid = [head]
    for number, title, lines in _tasks():
        for line in lines:
            grid.append([str(number), title, f"{line.number}、{line.text}", line.units_text, "—"])
    return [*grid[:12], head, *grid[12:]]


def gathered() -> Grid:
    """One row a task: its measures numbered in one cell; only where all of them have the same units."""
    grid = [["序号", "主要任务", "工作内容", "责任单位"]]
    for number, title, lines in _tasks():
        groups: list[list[Line]] = []
        for line in lines:
            if groups and groups[-1][0].units_text == line.units_text:
                groups[-1].append(line)
            else:
                groups.append([line])
        for place, group in enumerate(groups):
            first = [str(number), title] if place == 0 else [UP, UP]
            grid.append(
                [*first, "\n".join(f"{line.number}.{line.text}" for line in group), group[0].units_text]
            )
    return grid


def two_levels() -> Grid:
    """A head of two levels, and a title over the whole width."""
    grid = [
        ["西岗区2024年生态环境保护措施清单", LEFT, LEFT, LEFT, LEFT],
        ["序号", "任务", LEFT, "责任分工", "备注"],
        [UP, "目标任务", "工作措施", "责任单位", UP],
    ]
    for row in merged()[1:]:
        grid.append([*row, ""])
    return grid


LAYOUTS = {
    "merged": merged,
    "unmerged": unmerged,
    "repeated": repeated,
    "gathered": gathered,
    "two_levels": two_levels,
}
