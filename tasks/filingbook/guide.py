"""What a 季度填报表 tells the person who fills it in: the sheet 填写说明 and the words that a cell shows when it is entered."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tasks.completeness import CONTENT_FIELDS, submission_problems
from tasks.evidence_types import ACCEPTED_TEXT
from tasks.filingbook.content import FilingBook
from tasks.filingbook.layout import BY_KEY, NO_WORK
from tasks.filingpage import BLANK
from tasks.forms.filing import REASON_MAX
from tasks.models.filing import TEXT_MAX
from tasks.rules import HUNDRED, Kind, Progress
from tasks.services.evidence import FILES_MAX

# What Excel takes for a prompt and an error; their titles may have 32.
MESSAGE_MAX = 255
_LONG = f"不超过{TEXT_MAX}字，单元格内换行按 Alt+Enter。"

# Field → what is told where its cell is entered.
PROMPTS: dict[str, str] = {
    "no_work": f"本季度确无相关工作的，选“{NO_WORK}”，同一行其他栏目不必填写；有工作的留空。",
    "self_status": "从下拉列表中选择；可选项因措施类型而异。",
    "percent": "填写0至100的数字，最多一位小数，如 62.5 或 62.5%。“已完成”填100。",
    "decrease_reason": f"完成比例低于上次通过的比例时须填写，不超过{REASON_MAX}字。",
    "indicator_value": "按左侧“指标”栏所列的名称和单位填写数字，最多两位小数。",
    "progress_text": f"提交时必填。本季度做了什么、取得什么成效，尽量写明时间和数据。{_LONG}",
    "problems": f"自评“滞后”时须填写。{_LONG}",
    "next_steps": f"自评“滞后”时须填写。{_LONG}",
    "overall_text": f"牵头单位综合各责任单位情况填写。{_LONG}",
}
# Field → what is told where something else was typed.
ERRORS: dict[str, str] = {
    "no_work": f"只能选“{NO_WORK}”或留空。",
    "self_status": "请从下拉列表中选择自评状态。",
    "percent": "请填写0至100之间的数字，如 62.5。",
    "decrease_reason": f"内容超过{REASON_MAX}字，请精简。",
    "indicator_value": "请填写数字，不要带单位或其他文字。",
    **dict.fromkeys(
        ("progress_text", "problems", "next_steps", "overall_text"),
        f"内容超过{TEXT_MAX}字，请精简；详细材料可作为佐证上传。",
    ),
}


def notes(book: FilingBook) -> tuple[str, str]:
    """The two lines under the title: what this is and until when, and how to go about it."""
    sample = f"【{book.sample}】" if book.sample else ""
    count = f"共{len(book.rows)}项措施，可填写{book.open_count}项"
    first = f"{sample}《{book.plan}》；{count}；填报截止{book.due}；{book.made}从系统下载。"
    if book.locked and not book.open_count:
        return first, f"{book.locked}，本表仅供查阅。"
    second = (
        "只填写白底单元格，灰底的已锁定；标黄的是漏填或前后不一致的内容。"
        "填好后在系统“工作台”上传，核对预览后再保存或提交；佐证材料请在系统中上传。详见“填写说明”。"
    )
    if book.locked:
        return first, f"{book.locked}，仅更正范围内的措施可以填写。{second}"
    late = "已过截止日期，现在提交将标记为“逾期报送”。" if book.is_past_due else ""
    return first, late + second


def paragraphs(book: FilingBook) -> Iterator[tuple[str, list[str]]]:
    """Headings and what stands under them. The choices of 自评状态 stand below these, as the lists look them up there."""
    late = "现已过截止日期，补报将标记为“逾期报送”。" if book.is_past_due else ""
    yield (
        "用途和期限",
        [
            f"本表供{book.unit}离线填写，用 WPS 表格或 Excel 打开。填报截止{book.due}。{late}",
            "本表只用于传递内容：上传后须在系统中核对预览，保存为草稿或提交，填报才生效。",
        ],
    )
    yield (
        "怎样填写",
        [
            "一行是一项工作措施。只填写白底单元格；灰底单元格已锁定，“—”表示该措施不需要填写此栏。",
            "系统中已有的草稿和退回待改的内容已填入本表，可直接修改；上季度的内容列在“上季度填报”栏，仅供参考，不会作为本季度内容上报。",
            "“待审核”“通过”等不能修改的措施整行锁定，内容供查阅；如需修改待审核的填报，请先在系统中撤回，再重新下载本表。",
            *(f"{BY_KEY[name].head}：{PROMPTS[name]}" for name in _asked(book)),
        ],
    )
    yield "提交时的要求", list(rule_texts(book))
    yield (
        "上传和佐证材料",
        [
            "填好后登录系统，在“工作台”的“上传填好的季度填报表”处选择本文件，点击“上传并预览”；"
            "区生态办代填的，在该单位页面点击“上传填报表（代填）”。",
            "系统先列出将要改变的内容和不能接收的内容及原因，由您确认后写入。",
            "下载本表之后有人在系统中改过的措施，不会被本表覆盖，系统会把两边的内容并列出来供您选择。",
            f"佐证材料不随本表上传，请在系统中该措施的填报页上传：每项措施最多{FILES_MAX}个文件，"
            f"每个不超过{book.evidence_mb}MB，可用格式为{ACCEPTED_TEXT}。",
        ],
    )
    yield (
        "注意事项",
        [
            "请勿删除、新增列或改动表头；表中有一个隐藏列用于识别各行，请勿改动。行的次序不影响上传。",
            "需要排序的，先撤销工作表保护（没有密码），再选中整个表格排序，不要只选其中几列。筛选、调整行高列宽不必撤销保护。",
            "表格软件的行高有上限，文字过长的单元格打印时可能显示不全，以系统的纸质填报表和单位进展单为准。",
        ],
    )


def rule_texts(book: FilingBook) -> Iterator[str]:
    """What is refused when a filing is submitted, in the words of the rule itself, as far as the unit's measures ask for it."""
    terminal = any("percent" in row.asked for row in book.rows)
    kind = Kind.TERMINAL if terminal else Kind.ONGOING
    told: set[str] = set()
    indicators = dict.fromkeys(row.indicator_name for row in book.rows if row.indicator_name)
    cases: list[dict[str, Any]] = [
        {},
        {"self_status": Progress.LAGGING},
        *({"_lead": True} for row in book.rows if "overall_text" in row.asked and row.role),
        {"self_status": Progress.DONE},
        *({"_indicator": name} for name in indicators),
    ]
    if terminal:
        cases += [
            {"self_status": Progress.DONE, "percent": HUNDRED / 2},
            {"self_status": Progress.NOT_STARTED, "percent": Decimal(10)},
        ]
    for case in cases:
        values = {**BLANK, **{name: value for name, value in case.items() if name in CONTENT_FIELDS}}
        found = submission_problems(
            values,
            kind=kind,
            quarter=4,
            confirmed_lead="_lead" in case,
            evidence_count=0,
            last_percent=None,
            indicator=case.get("_indicator", ""),
        )
        for text in found.values():
            if text not in told:
                told.add(text)
                yield text
    if any("decrease_reason" in row.asked for row in book.rows):
        yield "完成比例低于“上次通过比例”的，须填写比例下降原因。"
    yield f"选“{NO_WORK}”（本季度无相关工作）的，以上各项不作要求。"


def _asked(book: FilingBook) -> list[str]:
    return [name for name in PROMPTS if any(name in row.asked for row in book.rows)]
