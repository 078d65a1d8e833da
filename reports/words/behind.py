"""滞后事项: what lags, by measure and unit, with the units' own 存在问题; in the last quarter what the year left undone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports.figures_types import SLOW_LIGHTS, DutyFigures, MeasureFigures, PlanFigures
from reports.filings import QuarterTexts
from reports.words.progress import task_title
from reports.words.prose import against, listed, own_words, phrase, quoted_names, standing
from reports.words.text import Part, Text
from tasks.numbers import percent_text
from tasks.rules import Filing, Kind, Light, Progress

PROBLEMS_MAX = 160
NAME_MAX = 40


@dataclass(frozen=True)
class Lag:
    """What lags: measures by how they do, and the units that make a measure that moves in order lag in part."""

    red: list[MeasureFigures]
    yellow: list[MeasureFigures]
    unfinished: list[MeasureFigures]
    by_unit: list[MeasureFigures]

    @property
    def measures(self) -> list[MeasureFigures]:
        """All that are behind or, at the year's end, not finished."""
        return [*self.red, *self.yellow, *self.unfinished]

    @property
    def rows(self) -> list[MeasureFigures]:
        return [*self.measures, *self.by_unit]

    def duties(self, row: MeasureFigures) -> list[DutyFigures]:
        """Those of a measure that lags which make it lag."""
        if row in self.by_unit:
            return [duty for duty in row.duties if slow_by_report(duty)]
        if row in self.unfinished:
            return [duty for duty in row.duties if duty.status != Progress.DONE]
        return [duty for duty in row.duties if duty.slow]


def lag_of(figures: PlanFigures) -> Lag:
    def of(light: Light) -> list[MeasureFigures]:
        return [row for row in figures.measures if row.figure.light == light]

    green = of(Light.GREEN)
    # At the year's end a measure that has an end and has not come to it is not finished, however near it is.
    unfinished = [row for row in green if figures.quarter == 4 and row.kind == Kind.TERMINAL]
    return Lag(
        red=of(Light.RED),
        yellow=of(Light.YELLOW),
        unfinished=unfinished,
        by_unit=[row for row in green if row not in unfinished and any(map(slow_by_report, row.duties))],
    )


def slow_by_report(duty: DutyFigures) -> bool:
    """Slow by what it filed itself and had approved: whoever filed nothing yet is named under 报送情况."""
    return duty.slow and duty.filing == Filing.APPROVED and not duty.no_work


def behind(text: Text, figures: PlanFigures, texts: QuarterTexts) -> None:
    lag = lag_of(figures)
    if not lag.rows:
        return
    last = figures.quarter == 4
    text.section("behind", "未完成事项" if last else "滞后事项" if lag.red else "进度偏慢事项")
    intro = Part("behind")
    intro.say("intro", _intro(lag, figures))
    intro.say("tasks", _tasks(figures))
    text.paragraph(intro)
    groups = [
        (key, heading, rows)
        for key, heading, rows in (
            ("red", "滞后的措施", lag.red),
            ("yellow", "进度偏慢的措施", lag.yellow),
            ("unfinished", "尚未办结的措施", lag.unfinished),
            ("byunit", "部分单位进度偏慢的措施", lag.by_unit),
        )
        if rows
    ]
    for key, heading, rows in groups:
        if len(groups) > 1:
            text.part(Part(f"behind.{key}", heading))
        text.items([_measure(figures, lag, key, row, texts) for row in rows])


def _intro(lag: Lag, figures: PlanFigures) -> str:
    count = len(lag.measures)
    if not count:
        return f"有{len(lag.by_unit)}项工作措施总体按序时推进，但部分单位进度偏慢。"
    if figures.quarter == 4:
        # Whether a measure goes on in the next year is not for a draft to say.
        yet, faster = ("未", "继续") if figures.past_due else ("尚未", "加快")
        return f"有{count}项工作措施{yet}完成年度目标，请有关单位查明原因、{faster}推进。"
    kinds = [standing(light) for light, rows in ((Light.RED, lag.red), (Light.YELLOW, lag.yellow)) if rows]
    # A measure a few points below the 序时进度 is green: 未达到序时进度 would be said of it, too.
    return f"有{count}项工作措施{'或者'.join(kinds)}，请有关单位查明原因、加快推进。"


def _tasks(figures: PlanFigures) -> str:
    if len({task.figure.light for task in figures.tasks}) == 1:
        # All stand alike: that has been said of their number.
        return ""
    told = []
    for light in SLOW_LIGHTS:
        names = [task_title(task) for task in figures.tasks if task.figure.light == light]
        if names:
            told.append(f"{quoted_names(names, '项目标任务')}{standing(light)}")
    return f"从目标任务看，{'；'.join(told)}。" if told else ""


def _measure(figures: PlanFigures, lag: Lag, group: str, row: MeasureFigures, texts: QuarterTexts) -> Part:
    part = Part(f"behind.{group}.{row.number}")
    name = f"第{row.number}项措施“{phrase(row.text, NAME_MAX)}”"
    figure = row.figure
    if group == "byunit":
        told = f"{name}总体{standing(figure.light)}。"
    else:
        told = f"{name}{'尚未办结' if group == 'unfinished' else standing(figure.light)}"
        if row.kind == Kind.TERMINAL and figure.percent is not None:
            # Where nobody ever reported, 0 is no report of theirs.
            unknown = not figure.percent and all(duty.missing for duty in row.duties)
            told += f"，完成比例{'按0%计' if unknown else f'为{percent_text(figure.percent)}'}，{against(figure.percent, figure.expected, figures.figure.expected)}"
        told += "。"
    part.say("state", told)
    _units(part, figures, row, in_order(figures, lag.duties(row)), texts)
    return part


def in_order(figures: PlanFigures, duties: Iterable[DutyFigures]) -> list[DutyFigures]:
    """Duties in the official order of their units."""
    places = {unit.code: place for place, unit in enumerate(figures.units)}
    return sorted(duties, key=lambda duty: places[duty.unit_code])


def _units(
    part: Part, figures: PlanFigures, row: MeasureFigures, slow: list[DutyFigures], texts: QuarterTexts
) -> None:
    """Who said why, each in its own words; then, each kind together, who did not."""
    silent: list[str] = []
    for duty in slow:
        if duty.filing != Filing.APPROVED:
            continue
        written = texts.filings.get(duty.assignment_id)
        problems = own_words(written.problems, PROBLEMS_MAX) if written else ""
        named = duty.unit_name + (_own_percent(row, duty) if len(row.duties) > 1 else "")
        if problems:
            # A unit that has the measure to itself is as the measure is.
            word = f"{_word(duty, figures)}，" if len(row.duties) > 1 else ""
            part.say(duty.unit_code, f"{named}{word}反映的问题是：“{problems}”")
        elif not duty.no_work:
            silent.append(named)
    if len(row.duties) > 1:
        part.say("slow", f"{listed(silent, '家单位')}{_slow(figures)}。" if silent else "")
    # Whoever handed in what nobody has decided on is not called slow for that.
    kinds: list[tuple[str, Callable[[DutyFigures], bool], str]] = [
        (
            "missing",
            lambda duty: duty.missing,
            "本季度未报送进展" if figures.past_due else "尚未报送本季度进展",
        ),
        ("undecided", lambda duty: duty.undecided, "所报内容未完成审核，未计入"),
        ("unmended", lambda duty: duty.unmended, "所报内容退回后未重新报送，未计入"),
    ]
    for key, rule, verdict in kinds:
        names = [duty.unit_name for duty in slow if rule(duty)]
        part.say(key, f"{listed(names, '家单位')}{verdict}。" if names else "")


def _own_percent(row: MeasureFigures, duty: DutyFigures) -> str:
    if row.kind == Kind.TERMINAL and duty.figure.percent is not None:
        return f"（完成比例{percent_text(duty.figure.percent)}）"
    return ""


def _word(duty: DutyFigures, figures: PlanFigures) -> str:
    return "进展滞后" if duty.status == Progress.LAGGING else _slow(figures)


def _slow(figures: PlanFigures) -> str:
    return "尚未完成" if figures.quarter == 4 else "进度偏慢"
