"""The plan's own fields, as far as a document, a person or an earlier plan says them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tasks.importing.readings import PlanReading
from tasks.models import Plan

FIRST_YEAR, LAST_YEAR = 1990, 2100
# Who issues the district's plans, where neither the document nor an earlier plan says.
ISSUER = "西岗区生态文明建设和生态环境保护委员会办公室"
# Fields of a plan that a person may word: how they are called, and how long they may be.
LABELS = {"title": "标题", "issuer": "印发机关", "attachment_title": "附件标题"}
LONGEST = {
    "title": Plan._meta.get_field("title").max_length or 0,
    "issuer": Plan._meta.get_field("issuer").max_length or 0,
    "attachment_title": Plan._meta.get_field("attachment_title").max_length or 0,
}
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Details:
    """The plan's own fields. `proposed`: names of those that neither a person nor the document has said."""

    code: str
    year: int | None
    title: str
    issuer: str
    issued_on: date | None
    attachment_title: str
    proposed: frozenset[str] = frozenset()


def code_for(year: int) -> str:
    """A free code for a plan of `year`: 2025, then 2025-2."""
    taken = set(Plan.objects.filter(code__startswith=str(year)).values_list("code", flat=True))
    number = 2
    code = str(year)
    while code in taken:
        code, number = f"{year}-{number}", number + 1
    return code


def is_code(code: str) -> bool:
    """Whether `code` can be a plan's."""
    return _SLUG.fullmatch(code) is not None


def details_of(reading: PlanReading, said: Mapping[str, Any]) -> Details:
    """What a person set, else the document, else a proposal. `said`: as `PlanImport.details` keeps it."""
    year = reading.year
    proposed = set()

    def text(name: str, printed: str, proposal: str) -> str:
        if said.get(name):
            return str(said[name])
        if not printed and proposal:
            proposed.add(name)
        return printed or proposal

    earlier = Plan.objects.order_by("-year", "-pk").first() if not reading.issuer else None
    code = str(said.get("code") or "")
    stated = reading.stated.code if reading.stated else ""
    if not code and is_code(stated) and not Plan.objects.filter(code=stated).exists():
        code = stated
    if not code and year:
        code = code_for(year)
        proposed.add("code")
    issued_on = reading.issued_on
    if "issued_on" in said:
        issued_on = date.fromisoformat(said["issued_on"]) if said["issued_on"] else None
    return Details(
        code=code,
        year=year,
        title=text("title", reading.title, f"西岗区{year}年生态环境保护工作计划" if year else ""),
        issuer=text("issuer", reading.issuer, earlier.issuer if earlier else ISSUER),
        issued_on=issued_on,
        attachment_title=text("attachment_title", reading.attachment_title, ""),
        proposed=frozenset(proposed),
    )


def details_of_plan(plan: Plan) -> Details:
    return Details(plan.code, plan.year, plan.title, plan.issuer, plan.issued_on, plan.attachment_title)


def faults(details: Details) -> Iterator[str]:
    """What is wrong with the plan's own fields."""
    for name, longest in LONGEST.items():
        if not getattr(details, name) and name != "attachment_title":
            yield f"请填写计划的{LABELS[name]}。"
        elif len(getattr(details, name)) > longest:
            yield f"计划的{LABELS[name]}超过 {longest} 字，请缩短。"
    if details.year is None:
        return
    if not is_code(details.code):
        yield "计划代码只能用字母、数字、连字符和下划线，不超过 40 个字符。"
    elif Plan.objects.filter(code=details.code).exists():
        yield f"计划代码“{details.code}”已被使用，请换一个。"
