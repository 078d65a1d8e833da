"""Documents brought to 计划导入, and what one does with them on its pages."""

import re
from functools import cache
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from tasks.models import PlanImport
from tests.importing.builders import Grid, word

LIST = "/manage/imports/"
TITLE = "西岗区2025年生态环境保护工作计划"
HEAD = ["序号", "目标任务", "工作措施", "责任单位", "完成时限"]
# 区发改局 and 各街道 are known, 西岗区住建局 by its normal form; 区发改委 is like one, 区水务集团 is not.
GRID: Grid = [
    HEAD,
    ["1", "深入实施碳达峰行动", "持续推进碳排放核算。", "区发改委、生态环境分局", "2025年12月底前"],
    ["", "", "完成管网改造。", "区发改局、区水务集团、各街道", "6月底前"],
    ["2", "加强噪声污染防治", "开展夜间施工检查。", "西岗区住建局、区水务集团", "视情况确定"],
]


def lines(*rows: list[str]) -> str:
    """A table as it is pasted."""
    return TITLE + "\n\n" + "\n".join("\t".join(row) for row in [HEAD, *rows]) + "\n"


def document(grid: Grid = GRID, title: str = TITLE) -> bytes:
    return word(title, grid)


@cache
def usual() -> bytes:
    """The usual document, the same bytes each time: a file that is written anew carries another time."""
    return document()


def bring(
    client: Client, data: bytes | None = None, name: str = "2025年计划.docx", **fields: Any
) -> HttpResponse:
    """Upload a document (the usual one) as its form does."""
    file = SimpleUploadedFile(name, usual() if data is None else data)
    return client.post(LIST, {"file": file, "text": "", "year": "", **fields})


def brought(client: Client, data: bytes | None = None, **fields: Any) -> PlanImport:
    """The import that comes of it."""
    response = bring(client, data, **fields)
    assert response.status_code == 302, response.content.decode()
    return PlanImport.objects.latest("pk")


def address(record: PlanImport, action: str = "") -> str:
    return f"{LIST}{record.pk}/{action}"


def say(client: Client, record: PlanImport, printed: str, action: str, **fields: Any) -> HttpResponse:
    """Whom a printed name means."""
    return client.post(address(record, "choose/"), {"printed": printed, "action": action, **fields})


def settle(client: Client, record: PlanImport) -> None:
    """Decide on everything that the usual document leaves open."""
    assert say(client, record, "区发改委", "pick", pick="unit:fgj").status_code == 302
    assert say(client, record, "区水务集团", "unit", name="区水务集团", kind="4").status_code == 302


def page(client: Client, record: PlanImport) -> str:
    response = client.get(address(record))
    assert response.status_code == 200
    return response.content.decode()


def keys(html: str) -> list[str]:
    """Of the problems that can be marked as looked at."""
    return list(dict.fromkeys(re.findall(r'name="key" value="([^"]+)"', html)))
