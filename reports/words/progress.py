"""任务进展情况: what is done and what moves in order, by task, with what its lead or its units report."""

from reports.figures_types import NO_WORK, NOT_DUE, OPEN_PARTY, TaskFigures
from reports.filings import QuarterTexts
from reports.reading import Course
from reports.words.prose import against, own_words, quoted_names, since
from reports.words.text import Part, Text
from tasks.numbers import percent_text
from tasks.rules import Filing, Light

REPORT_MAX = 80
TITLE_MAX = 60
_GREY = {
    OPEN_PARTY: "{}的责任单位待确认，暂不评价。",
    NO_WORK: "{}本季度无相关工作。",
    NOT_DUE: "{}尚未报送进展。",
}


def task_title(task: TaskFigures) -> str:
    """A task's title as one phrase: where the plan sets a blank between two halves, a comma reads on."""
    title = "，".join(task.title.rstrip("。；，").split()).replace("“", "‘").replace("”", "’")
    if len(title) <= TITLE_MAX:
        return title
    # A whole paragraph that some plans print as a task: as much of it as a sentence can carry.
    end = max(title.rfind(mark, TITLE_MAX // 2, TITLE_MAX) for mark in "，、；：。")
    return f"{title[: end if end > 0 else TITLE_MAX]}……"


def progress(text: Text, course: Course, texts: QuarterTexts) -> None:
    figures = course.current
    groups = [
        (key, heading, [task for task in figures.tasks if task.figure.light == light])
        for light, key, heading in (
            (Light.BLUE, "done", "已完成的任务"),
            (Light.GREEN, "ontime", "按序时推进的任务"),
        )
    ]
    shown = [group for group in groups if group[2]]
    grey = Part("waiting")
    for number, (label, words) in enumerate(_GREY.items()):
        names = [
            task_title(task)
            for task in figures.tasks
            if task.figure.light == Light.GREY and task.figure.label == label
        ]
        grey.say(str(number), words.format(quoted_names(names, "项目标任务")) if names else "")
    if not shown and not grey.sentences:
        return
    text.section("tasks", "任务完成情况" if figures.quarter == 4 else "任务进展情况")
    for key, heading, tasks in shown:
        part = Part(key, heading)
        part.say("count", f"共{len(tasks)}项。" if len(tasks) > 1 else "")
        if len(shown) > 1:
            text.part(part)
        elif len(tasks) > 1:
            alone = Part(key)
            alone.say("count", f"{heading}共{len(tasks)}项。")
            text.paragraph(alone)
        text.items([_task(course, task, texts) for task in tasks])
    text.paragraph(grey)


def _task(course: Course, task: TaskFigures, texts: QuarterTexts) -> Part:
    part = Part(f"task.{task.number}")
    figure = task.figure
    told = f"“{task_title(task)}”"
    if figure.light == Light.BLUE:
        told += f"涉及工作措施{task.measures}项，已全部完成。" if task.measures > 1 else "已完成。"
    elif figure.percent is not None:
        change = course.task_change(task.number)
        told += f"涉及工作措施{task.measures}项，完成比例为{percent_text(figure.percent)}，"
        told += f"{since(change)}，" if change is not None else ""
        told += against(figure.percent, figure.expected, course.current.figure.expected)
        told += f"，其中滞后{task.red_measures}项。" if task.red_measures else "。"
    part.say("state", told)
    part.say("report", _report(course, task, texts))
    return part


def _report(course: Course, task: TaskFigures, texts: QuarterTexts) -> str:
    """本措施总体进展 of a confirmed lead or of the office, else what the first unit wrote that the plan names."""
    rows = [row for row in course.current.measures if row.task_number == task.number]
    for row in rows:
        lead = row.lead if row.lead and row.lead_confirmed else None
        written = texts.filings.get(lead.assignment_id) if lead else None
        if lead and written and not written.no_work and (told := own_words(written.overall, REPORT_MAX)):
            return f"牵头单位{lead.unit_name}报告：“{told}”"
        if told := own_words(texts.summaries.get(row.number, ""), REPORT_MAX):
            return told
    for row in rows:
        for duty in row.duties:
            written = texts.filings.get(duty.assignment_id)
            if duty.filing != Filing.APPROVED or not written or written.no_work:
                continue
            if told := own_words(written.progress, REPORT_MAX):
                return f"{duty.unit_name}报告：“{told}”"
    return ""
