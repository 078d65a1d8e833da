"""单位进展单: one unit's quarter on paper, for its own file.

An issued quarter is read from its bulletin alone, so that no later change of names or plan shows; another one as it stands,
each filing as the person who asks may read it. The document, besides the envelope:

    {"unit", "quarter", "plan", "basis": text, "summary": [sentences],
     "measures": [{"number", "task", "measure", "units", "kind", "role": 牵头, 配合 or empty, "own": 自评 in words,
                   "checked": 核定 in words, "figure": percent or empty, "earlier": whether it is an earlier quarter's,
                   "expected", "light": value of Light, "word",
                   "state": 填报状态 in words, "filed", "decided": who and when, "texts": [[label, text]],
                   "evidence": [[name, first characters of its SHA-256]] or null where the filing is not shown, "opinions": [text]}]}
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from reports.figures_types import DutyFigures, MeasureFigures, PlanFigures, UnitFigures
from reports.filings import FilingText, QuarterTexts, filing_text, opinions_on, texts_from_json
from reports.frozen import figures_from_json
from reports.models import Bulletin
from reports.papers.envelope import day_of, envelope
from reports.reading import data_key, figures_for
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.numbers import percent_text
from tasks.readings import evidence_of_many, readings_of
from tasks.rules import Filing, Kind, Progress, Status
from tasks.thread import reads_thread
from units.models import Unit, User
from xigang_eco.dates import chinese_date, day_text

# So many characters of a SHA-256 tell one file of a unit from another.
HASH_SHOWN = 12
_UNDECIDED = {
    Filing.UNREVIEWED: "印发时尚未审核，未计入通报，内容不在本单据中列出。",
    Filing.UNMENDED: "退回后至印发时未重新报送，未计入通报，内容不在本单据中列出。",
}


@dataclass(frozen=True)
class _Quarter:
    """What a sheet is made from. `drafts`: the duties (assignments) that `texts` holds a draft of."""

    figures: PlanFigures
    texts: QuarterTexts
    basis: str
    mark: str
    day: date
    drafts: frozenset[int] = frozenset()


def unit_sheet(period: ReportingPeriod, code: str, user: User, now: datetime) -> dict[str, Any] | None:
    """The sheet of the unit `code` as `user` may read it; None where there is no such unit in the quarter or at all.

    Whether the person may have this unit's sheet is the caller's to decide. `period.plan` must be fresh.
    """
    quarter = _issued(period) if period.is_issued else _standing(period, code, user, now)
    unit = quarter.figures.unit(code)
    registered = None if unit else Unit.objects.filter(code=code).first()
    if unit is None and registered is None:
        return None
    name = unit.name if unit else str(registered)
    titles = {task.number: task.title for task in quarter.figures.tasks}
    rows = [
        (measure, duty)
        for measure in quarter.figures.measures
        for duty in measure.duties
        if duty.unit_code == code
    ]
    return {
        **envelope(
            "unit_sheet",
            period.plan,
            title=f"{name}{quarter.figures.period_name}生态环境保护工作进展单",
            day=quarter.day,
            mark=quarter.mark,
        ),
        "unit": name,
        "quarter": quarter.figures.period_name,
        "plan": quarter.figures.plan_title,
        "basis": quarter.basis,
        "summary": _summary(unit, quarter.figures) if unit else [],
        "measures": [
            _measure(measure, duty, titles[measure.task_number], quarter, opinions=reads_thread(user))
            for measure, duty in rows
        ],
    }


def _issued(period: ReportingPeriod) -> _Quarter:
    bulletin = Bulletin.objects.current().only("data", "title", "edition").get(period=period)
    data: Any = bulletin.data
    day = day_of(data["issued"]["at"])
    # Quarters issued before texts were kept have figures only.
    texts = texts_from_json(data["texts"]) if "texts" in data else QuarterTexts()
    edition = f"，第{bulletin.edition}版" if bulletin.edition > 1 else ""
    return _Quarter(
        figures=figures_from_json(data["figures"]),
        texts=texts,
        basis=f"内容摘自《{bulletin.plain_title}》（{day_text(day)}印发{edition}）所附数据。",
        mark="",
        day=day,
    )


def _standing(period: ReportingPeriod, code: str, user: User, now: datetime) -> _Quarter:
    """A quarter that is not issued; its filings as `user` reads them."""
    figures = figures_for(period, now, key=data_key(period, now))
    updates = list(
        ProgressUpdate.objects.visible_to(user)
        .filter(period=period, assignment__unit__code=code)
        .select_related("assignment__measure", "submitted_by", "decided_by")
        .order_by("pk")
    )
    contents, files, opinions = (
        readings_of(updates, user),
        evidence_of_many(updates, user),
        opinions_on(updates),
    )
    filings = {}
    for update in updates:
        evidence = [(file.name, file.sha256) for file in files[update.pk]]
        text = filing_text(update, contents[update.pk], evidence, opinions.get(update.pk, ""))
        # A decision on what was handed in before is none on what waits now.
        if update.status not in (Status.APPROVED, Status.RETURNED):
            text = replace(text, decided_on="", decided_by="", opinion="")
        filings[update.assignment_id] = text
    day = timezone.localdate(period.moment(now))
    return _Quarter(
        figures=figures,
        texts=QuarterTexts(filings),
        basis=f"数据截至{day_text(day)}，本季度通报尚未印发，以通报印发的内容为准。",
        mark=f"数据截至{day_text(day)}，未印发",
        day=day,
        drafts=frozenset(row.assignment_id for row in updates if row.status == Status.DRAFT),
    )


def _summary(unit: UnitFigures, figures: PlanFigures) -> list[str]:
    filed = f"承担工作措施{unit.due}项，已报送{unit.filed}项"
    if unit.missing:
        filed += f"，{'逾期未报' if figures.past_due else '尚未报送'}{unit.missing}项"
    counts = [
        f"{label}{count}项"
        for label, count in (
            ("审核通过", unit.filings.get(Filing.APPROVED, 0)),
            ("待审核", unit.filings.get(Filing.SUBMITTED, 0)),
            ("退回", unit.filings.get(Filing.RETURNED, 0)),
            ("已报未审", unit.filings.get(Filing.UNREVIEWED, 0)),
            ("退回未改", unit.filings.get(Filing.UNMENDED, 0)),
            ("逾期报送", unit.late),
        )
        if count
    ]
    figure = unit.figure
    stands = f"单位进展：{figure.label}"
    if figure.percent is not None:
        stands += f"（完成比例{percent_text(figure.percent)}，序时进度{percent_text(figure.expected)}）"
    return [f"{filed}{'；其中' + '、'.join(counts) if counts else ''}。", f"{stands}。"]


def _measure(
    measure: MeasureFigures, duty: DutyFigures, title: str, quarter: _Quarter, *, opinions: bool
) -> dict[str, Any]:
    text = quarter.texts.filings.get(duty.assignment_id)
    is_draft = duty.assignment_id in quarter.drafts
    terminal = measure.kind == Kind.TERMINAL
    role = ("牵头" if duty.lead else "配合") if measure.lead_confirmed else ""
    return {
        "number": measure.number,
        "task": f"{measure.task_number}.{title}",
        "measure": measure.text,
        "units": measure.units_text,
        "kind": str(Kind(measure.kind).label),
        "role": role,
        "own": _own(text, terminal),
        "checked": _checked(text, duty, terminal),
        "figure": percent_text(duty.figure.percent) if terminal and duty.figure.percent is not None else "",
        # A figure of an earlier quarter counts until this quarter's is approved.
        "earlier": bool(duty.status) and duty.filing != Filing.APPROVED,
        "expected": percent_text(duty.figure.expected),
        "light": duty.figure.light.value,
        "word": duty.figure.label,
        "state": _state(duty, is_draft),
        "filed": _who(text.submitted_by, text.submitted_on) if text and not is_draft else "",
        "decided": _who(text.decided_by, text.decided_on) if text else "",
        "texts": _texts(text, duty),
        "evidence": [[name, sha256[:HASH_SHOWN]] for name, sha256 in text.evidence] if text else None,
        "opinions": _opinions(text, opinions=opinions),
    }


def _own(text: FilingText | None, terminal: bool) -> str:
    if text is None:
        return ""
    if text.no_work:
        return "本季度无相关工作"
    # Kept only since a 单位进展单 is made of it.
    status, percent = text.self_status or text.status, text.self_percent or text.percent
    return _figure(status, percent if terminal else "")


def _checked(text: FilingText | None, duty: DutyFigures, terminal: bool) -> str:
    """核定: what counts where the reviewer decided; empty before."""
    if text is None or duty.filing != Filing.APPROVED:
        return ""
    if text.no_work:
        return "同自评"
    final = _figure(text.status, text.percent if terminal else "")
    return "同自评" if final == _own(text, terminal) else final


def _figure(status: str, percent: str) -> str:
    word = str(Progress(status).label) if status else ""
    return "，".join(part for part in (word, percent) if part)


def _state(duty: DutyFigures, is_draft: bool) -> str:
    notes = [
        note
        for note, holds in (
            ("逾期报送", duty.late),
            ("区生态办代填", duty.proxy),
            (f"退回{duty.returns}次", duty.returns > 0),
        )
        if holds
    ]
    word = f"{duty.filing.label}（草稿，未提交）" if is_draft else str(duty.filing.label)
    return f"{word}（{'、'.join(notes)}）" if notes and not is_draft else word


def _who(name: str, day: str) -> str:
    return "  ".join(part for part in (name, chinese_date(day)) if part)


def _texts(text: FilingText | None, duty: DutyFigures) -> list[list[str]]:
    if text is None:
        return [["填报内容", _UNDECIDED[duty.filing]]] if duty.filing in _UNDECIDED else []
    rows = [
        ("指标", text.indicator),
        ("工作进展", text.progress),
        ("存在问题", text.problems),
        ("下一步工作", text.next_steps),
        ("比例下降原因", text.decrease_reason),
        ("本措施总体进展", text.overall),
    ]
    return [[label, written] for label, written in rows if written]


def _opinions(text: FilingText | None, *, opinions: bool) -> list[str]:
    """`opinions`: whether the person reads what office and unit said to each other; 核定说明 belongs to the figures."""
    if text is None:
        return []
    said = [text.opinion] if opinions and text.opinion else []
    return [*said, *([f"核定说明：{text.note}"] if text.note else [])]
