"""The form of a filing on paper, blank or prefilled, for those who sign on paper: its fields are those of the screen's form.

What comes back signed, the office types in (代填) or the unit itself; the code on the sheet says which filing it is. The
document, besides the envelope:

    {"quarter", "blank", "due": text of the last day, "send_to",
     "forms": [{"code", "unit", "task", "number", "measure", "units", "kind", "role": 牵头, 配合 or empty, "state": what the
                prefilled text is, or empty, "reference": what was approved last, or empty, "no_work": bool,
                "choices": [[自评状态, whether chosen]], "percent": null or {"value", "hint"},
                "indicator": null or {"label", "value", "unit", "hint"},
                "texts": [{"label", "hint", "text", "weight": share of the room for writing}], "evidence": [file names]}]}
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from reports.papers.envelope import envelope
from tasks.filingpage import BLANK
from tasks.formcode import form_code
from tasks.forms.filing import FilingForm
from tasks.models import Assignment, Measure, ProgressUpdate, ReportingPeriod
from tasks.numbers import number_text, percent_text
from tasks.readings import evidence_of_many, readings_of
from tasks.rules import QUARTER_NAMES, Progress, Status
from tasks.standing import as_issued
from units.models import Unit, User
from xigang_eco.dates import day_text

# Field → (hint, share of the room for writing). Words and order of the fields are the form's.
_TEXTS = {
    "decrease_reason": ("完成比例低于上次通过的比例时填写", 1),
    "progress_text": ("必填。本季度做了什么、取得什么成效，尽量写明时间和数据", 6),
    "problems": ("自评“滞后”时必填", 3),
    "next_steps": ("自评“滞后”时必填", 3),
    "overall_text": ("", 4),
}
_LEAD_HINTS = {True: "牵头单位必填，综合各责任单位情况", False: "牵头单位待核实，可以不填"}


def filing_forms(
    period: ReportingPeriod, unit: Unit, user: User, now: datetime, *, blank: bool, number: int | None = None
) -> dict[str, Any] | None:
    """The forms of the unit's duties in the quarter, or of the one on measure `number`; None where it has none.

    Whether the person may have this unit's forms is the caller's to decide; what stands in a prefilled one is what they
    may read. In at most seven queries, whatever the number of duties.
    """
    duties = _duties(period, unit, number)
    if not duties:
        return None
    approved = _last_approved(period, duties)
    filings = [] if blank else _filings(period, duties, user)
    contents, files = readings_of(filings, user), evidence_of_many(filings, user)
    by_duty = {row.assignment_id: row for row in filings}
    forms = []
    for duty in duties:
        update = by_duty.get(duty.pk)
        last = approved.get(duty.pk)
        forms.append(
            {
                **_plan(duty, period),
                "state": _state(update) if update else "",
                "reference": "" if blank or last is None else _reference(last, duty.measure),
                **_fields(duty, period, contents[update.pk] if update else BLANK, last),
                "evidence": [file.name for file in files[update.pk]] if update else [],
            }
        )
    which = f"第{number}项措施" if number is not None else ""
    return {
        **envelope(
            "filing_form",
            period.plan,
            title=f"{unit.name}{period}{which}进展填报表",
            day=timezone.localdate(now),
        ),
        "quarter": str(period),
        "blank": blank,
        "due": day_text(period.due_on),
        "send_to": period.plan.issuer,
        "forms": forms,
    }


def _duties(period: ReportingPeriod, unit: Unit, number: int | None) -> list[Assignment]:
    rows = (
        Assignment.objects.select_related("measure__task", "unit")
        .filter(unit=unit, measure__plan=period.plan_id, responsibility__is_open=False)
        .order_by("measure__number")
    )
    return [
        row
        for row in (rows if number is None else rows.filter(measure__number=number))
        if row.covers(period.quarter)
    ]


def _filings(period: ReportingPeriod, duties: list[Assignment], user: User) -> list[ProgressUpdate]:
    return list(
        ProgressUpdate.objects.visible_to(user)
        .filter(period=period, assignment__in=duties)
        .select_related("assignment")
        .order_by("pk")
    )


def _last_approved(period: ReportingPeriod, duties: list[Assignment]) -> dict[int, ProgressUpdate]:
    """Assignment → what was approved last in the quarters of the year before, with work in it."""
    rows = list(
        ProgressUpdate.objects.filter(assignment__in=duties, period__quarter__lt=period.quarter)
        .annotate_quarter()
        .annotate_amending()
        .order_by("period__quarter")
    )
    as_issued(rows)
    return {row.assignment_id: row for row in rows if row.status == Status.APPROVED and not row.no_work}


def _plan(duty: Assignment, period: ReportingPeriod) -> dict[str, Any]:
    """What the plan says, and the code by which the filing is found again."""
    measure = duty.measure
    roles = {"lead": "牵头", "support": "配合"} if measure.lead_confirmed else {}
    return {
        "code": str(form_code(duty, period)),
        "unit": duty.unit.name,
        "task": f"{measure.task.number}.{measure.task.title}",
        "number": measure.number,
        "measure": measure.text,
        "units": measure.units_text,
        "kind": measure.get_kind_display(),
        "role": roles.get(duty.role, ""),
    }


def _fields(
    duty: Assignment, period: ReportingPeriod, content: dict[str, Any], last: ProgressUpdate | None
) -> dict[str, Any]:
    """The fields that the screen's form has for this measure, role and quarter, with what stands in them."""
    last_percent = last.final_percent if last else None
    form = FilingForm(assignment=duty, period=period, content=content, asks_decrease=last_percent is not None)
    names, measure = form.content_names, duty.measure
    choices: Iterable[tuple[str, str]] = form.fields["self_status"].choices  # type: ignore[attr-defined]  # a choice field
    hints = {**_TEXTS, "overall_text": (_LEAD_HINTS[duty.is_confirmed_lead], _TEXTS["overall_text"][1])}
    return {
        "no_work": content["no_work"],
        "choices": [[str(word), value == content["self_status"]] for value, word in choices],
        "percent": {
            "value": number_text(content["percent"]),
            "hint": _percent_hint(measure.expected(period.quarter), last_percent),
        }
        if "percent" in names
        else None,
        "indicator": {
            "label": measure.indicator,
            "value": number_text(content["indicator_value"]),
            "unit": measure.indicator_unit,
            "hint": ""
            if measure.indicator_target is None
            else f"目标值{number_text(measure.indicator_target)}{measure.indicator_unit}",
        }
        if "indicator_value" in names
        else None,
        "texts": [
            {
                "label": str(form.fields[name].label),
                "hint": hints[name][0],
                "text": content[name],
                "weight": hints[name][1],
            }
            for name in names
            if name in _TEXTS
        ],
    }


def _percent_hint(expected: Decimal, last: Decimal | None) -> str:
    before = "" if last is None else f"；上次通过{percent_text(last)}"
    return f"必填，“已完成”填100；序时进度{percent_text(expected)}{before}"


def _state(update: ProgressUpdate) -> str:
    if update.status == Status.DRAFT:
        return "草稿，未提交"
    late = "，逾期报送" if update.is_late else ""
    return f"{update.get_status_display()}{late}"


def _reference(last: ProgressUpdate, measure: Measure) -> str:
    """The figures that were approved last."""
    figures = [
        str(Progress(last.final_status).label) if last.final_status else "",
        f"完成比例{percent_text(last.final_percent)}" if last.final_percent is not None else "",
        f"{measure.indicator}{number_text(last.indicator_value)}{measure.indicator_unit}"
        if last.indicator_value is not None
        else "",
    ]
    quarter: int = last.quarter  # type: ignore[attr-defined]  # annotated
    return f"{QUARTER_NAMES[quarter]}审核通过：{'，'.join(part for part in figures if part)}。"
