"""Quarters made up for tests of the bulletin's words: figures added up by the real rule, and what units wrote."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import strategies as st

from reports.figures_sums import add_up, unjudged, value_for
from reports.figures_types import (
    DutyFigures,
    MeasureFigures,
    PartyFigures,
    PlanFigures,
    TaskFigures,
    UnitFigures,
)
from reports.figures_values import Judge
from reports.filings import FilingText, QuarterTexts
from reports.reading import Course
from tasks.rules import (
    EXPECTED_BY_QUARTER,
    FILED,
    RED_FROM,
    YELLOW_FROM,
    ZERO,
    Filing,
    Kind,
    Progress,
    counted_percent,
)

TITLE = "西岗区2024年生态环境保护工作计划及措施清单"
UNITS = (
    "区委宣传部",
    "区发改局",
    "区城管执法局",
    "区住建局",
    "区教育局",
    "西岗生态环境分局",
    "香炉礁街道",
    "日新街道",
    "白云街道",
)


@dataclass(frozen=True)
class Duty:
    """One unit's filing: `unit` counts from 0. Without `status` nothing was ever approved."""

    unit: int
    status: str = Progress.ON_SCHEDULE
    percent: int | None = None
    filing: Filing = Filing.APPROVED
    late: bool = False
    returns: int = 0
    no_work: bool = False
    progress: str = ""
    problems: str = ""
    next_steps: str = ""
    overall: str = ""


@dataclass(frozen=True)
class Row:
    """A measure. Without duties its responsibility is open (待确认)."""

    task: int
    duties: tuple[Duty, ...] = ()
    text: str = "持续推进工作措施落实，定期检查。"
    kind: Kind = Kind.ONGOING
    lead_confirmed: bool = False


@dataclass(frozen=True)
class Quarter:
    figures: PlanFigures
    texts: QuarterTexts = field(default_factory=QuarterTexts)


def missing(unit: int, status: str = "") -> Duty:
    return Duty(unit, status, filing=Filing.OVERDUE)


def make_quarter(
    number: int,
    rows: Sequence[Row],
    *,
    tasks: Sequence[str] = ("深入实施碳达峰行动",),
    units: Sequence[str] = UNITS,
    past_due: bool = True,
) -> Quarter:
    expected = Decimal(EXPECTED_BY_QUARTER[number])
    judge = Judge(past_due, YELLOW_FROM, RED_FROM)
    measures, filings = [], {}
    for place, row in enumerate(rows, 1):
        duties = []
        for index, duty in enumerate(row.duties):
            key = place * 100 + index
            percent = None if duty.percent is None else Decimal(duty.percent)
            counted = counted_percent(row.kind, duty.status, percent, expected) if duty.status else ZERO
            filed = duty.filing in FILED
            duties.append(
                DutyFigures(
                    assignment_id=key,
                    unit_code=f"u{duty.unit}",
                    unit_name=units[duty.unit],
                    lead=index == 0,
                    figure=judge.figure(
                        value_for(duty.status, counted, no_work=duty.no_work), expected, filed=filed
                    ),
                    filing=duty.filing,
                    status=duty.status,
                    no_work=duty.no_work,
                    late=duty.late,
                    proxy=False,
                    returns=duty.returns,
                    update_id=None if duty.filing in (Filing.MISSING, Filing.OVERDUE) else key,
                )
            )
            if duty.filing == Filing.APPROVED:
                filings[key] = FilingText(
                    assignment_id=key,
                    no_work=duty.no_work,
                    status=duty.status,
                    percent="",
                    progress=duty.progress,
                    problems=duty.problems,
                    next_steps=duty.next_steps,
                    overall=duty.overall,
                )
        measures.append(
            MeasureFigures(
                number=place,
                task_number=row.task,
                kind=row.kind,
                text=row.text,
                units_text="",
                lead_confirmed=row.lead_confirmed,
                figure=unjudged(expected),
                done=False,
                filed=0,
                due=0,
                lagging=0,
                parties=tuple(
                    PartyFigures(units[int(duty.unit_code[1:])], "unit", False, unjudged(expected), (duty,))
                    for duty in duties
                )
                or (PartyFigures("相关街道", "subset", True, unjudged(expected), ()),),
            )
        )
    named = sorted({duty.unit for row in rows for duty in row.duties})
    figures = PlanFigures(
        plan_code="2024",
        plan_title=TITLE,
        year=2024,
        quarter=number,
        as_of=f"2024-{('04-11', '07-11', '10-11', '12-31')[number - 1]}T17:00:00+08:00",
        past_due=past_due,
        figure=unjudged(expected),
        filings={},
        due=0,
        filed=0,
        late=0,
        lights={},
        tasks=tuple(
            TaskFigures(place, title, unjudged(expected), 0, 0, 0, 0) for place, title in enumerate(tasks, 1)
        ),
        measures=tuple(measures),
        units=tuple(
            UnitFigures(f"u{unit}", units[unit], 2, "政府部门", unjudged(expected), 0, 0, 0, {})
            for unit in named
        ),
        yellow_from=YELLOW_FROM,
        red_from=RED_FROM,
    )
    return Quarter(add_up(figures), QuarterTexts(filings))


def course_of(*quarters: Quarter) -> Course:
    return Course(tuple(quarter.figures for quarter in quarters))


# --- any quarter ------------------------------------------------------------------------------------

_MARKS = '，。；、：！？,.;:!?（）()“”‘’"…—- \n\r\t1234567890%①'
words = st.one_of(
    st.just(""),
    st.text(alphabet=_MARKS + "水气土声工作完成街道管网", max_size=120),
    st.text(max_size=60),
    st.sampled_from(
        ["无", "1.管线未移\n2.资金未到位", "我局已完成“一厂一策”12家;余下3家。。", "持续推进" * 60]
    ),
)
filings = st.sampled_from([Filing.APPROVED, Filing.UNREVIEWED, Filing.UNMENDED, Filing.OVERDUE])


@st.composite
def duties(draw: st.DrawFn, kind: Kind, number: int) -> Duty:
    filing = draw(filings)
    if kind == Kind.TERMINAL:
        status = draw(st.sampled_from(["", Progress.IN_PROGRESS, Progress.LAGGING, Progress.DONE]))
        percent = 100 if status == Progress.DONE else draw(st.integers(0, 99))
    else:
        offered = ["", Progress.ON_SCHEDULE, Progress.PARTIAL, Progress.LAGGING]
        status = draw(st.sampled_from([*offered, Progress.DONE] if number == 4 else offered))
        percent = None
    approved = filing == Filing.APPROVED
    no_work = approved and draw(st.integers(0, 5)) == 0
    if approved and not no_work and not status:
        status = Progress.IN_PROGRESS if kind == Kind.TERMINAL else Progress.ON_SCHEDULE
    return Duty(
        unit=draw(st.integers(0, len(UNITS) - 1)),
        status=status,
        percent=percent,
        filing=filing,
        late=filing != Filing.OVERDUE and draw(st.booleans()),
        returns=0 if filing == Filing.OVERDUE else draw(st.integers(0, 3)),
        no_work=no_work,
        progress=draw(words),
        problems=draw(words),
        next_steps=draw(words),
        overall=draw(words),
    )


@st.composite
def rows(draw: st.DrawFn, number: int, tasks: int) -> Row:
    kind = draw(st.sampled_from([Kind.ONGOING, Kind.TERMINAL]))
    own = draw(st.lists(duties(kind, number), max_size=5, unique_by=lambda duty: duty.unit))
    return Row(
        task=draw(st.integers(1, tasks)),
        duties=tuple(own),
        text=draw(
            st.sampled_from(
                [
                    "持续推进工作措施落实，定期检查。",
                    "严格执行“三线一单”（生态保护红线、环境质量底线）要求",
                    "完成" * 40,
                ]
            )
        ),
        kind=kind,
        lead_confirmed=draw(st.booleans()),
    )


@st.composite
def quarters(draw: st.DrawFn, number: int | None = None) -> Quarter:
    """A quarter with up to three tasks, each with a measure at least."""
    number = number or draw(st.integers(1, 4))
    tasks = draw(st.integers(1, 3))
    made = [draw(rows(number, tasks)) for _ in range(draw(st.integers(0, 5)))]
    for task in range(1, tasks + 1):
        made.append(Row(task, draw(rows(number, tasks)).duties and (Duty(0, percent=None),)))
    titles = ("深入实施碳达峰行动", "扎实推进市容环境综合整治 强化垃圾分类宣传监督", "加强“两高”项目监管")
    return make_quarter(number, sorted(made, key=lambda row: row.task), tasks=titles[:tasks])
