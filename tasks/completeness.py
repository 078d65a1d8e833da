"""What a filing needs before it may be submitted: a pure rule, shared by the form and the service."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tasks.numbers import percent_text
from tasks.rules import HUNDRED, ZERO, Kind, Progress, progress_choices
from xigang_eco.glyphs import named, unprintable

# What a person writes in a filing; everything else on an update is the workflow's.
CONTENT_FIELDS = (
    "no_work",
    "percent",
    "self_status",
    "progress_text",
    "problems",
    "next_steps",
    "overall_text",
    "decrease_reason",
    "indicator_value",
)
TEXT_FIELDS = {
    "progress_text": "工作进展",
    "problems": "存在问题",
    "next_steps": "下一步工作",
    "overall_text": "本措施总体进展",
    "decrease_reason": "比例下降原因",
}


def submission_problems(
    values: Mapping[str, Any],
    *,
    kind: str,
    quarter: int,
    confirmed_lead: bool,
    evidence_count: int,
    last_percent: Decimal | None,
    indicator: str,
) -> dict[str, str]:
    """Field → what is missing or contradicts itself; empty when `values` may be submitted.

    `last_percent`: the last approved percent of an earlier quarter, None where there is none. Key `evidence` stands
    for the files. 本季度无相关工作 needs nothing else.
    """
    problems: dict[str, str] = {}
    for field, label in TEXT_FIELDS.items():
        strange = unprintable(values.get(field) or "")
        if strange:
            problems[field] = f"{label}中有无法印刷的字符（{named(strange)}），请删去或改用规范汉字。"
    if values.get("no_work"):
        return problems
    status = values.get("self_status") or ""
    percent = values.get("percent")
    if not (values.get("progress_text") or "").strip():
        problems.setdefault("progress_text", "请填写工作进展。")
    if status not in dict(progress_choices(kind, quarter)):
        problems["self_status"] = "请选择自评状态。"
    if kind == Kind.TERMINAL:
        problems.update(_percent_problems(status, percent, last_percent, values.get("decrease_reason")))
    if status == Progress.DONE and not evidence_count:
        problems["evidence"] = "自评为“已完成”须上传佐证材料。"
    if status == Progress.LAGGING:
        if not (values.get("problems") or "").strip():
            problems.setdefault("problems", "自评为“滞后”须填写存在问题。")
        if not (values.get("next_steps") or "").strip():
            problems.setdefault("next_steps", "自评为“滞后”须填写下一步工作。")
    if confirmed_lead and not (values.get("overall_text") or "").strip():
        problems.setdefault("overall_text", "牵头单位须填写本措施总体进展。")
    if indicator and values.get("indicator_value") is None:
        problems["indicator_value"] = f"请填写“{indicator}”的实际值。"
    return problems


def _percent_problems(
    status: str, percent: Decimal | None, last_percent: Decimal | None, reason: str | None
) -> dict[str, str]:
    if percent is None:
        return {"percent": "请填写完成比例（0 至 100）。"}
    problems = {}
    if (status == Progress.DONE) != (percent == HUNDRED):
        problems["percent"] = "“已完成”与完成比例 100% 应当一致：请核对自评状态和完成比例。"
    elif status == Progress.NOT_STARTED and percent != ZERO:
        problems["percent"] = "自评为“未启动”时，完成比例应为 0。"
    if last_percent is not None and percent < last_percent and not (reason or "").strip():
        problems["decrease_reason"] = f"完成比例低于上次通过的 {percent_text(last_percent)}，请说明原因。"
    return problems
