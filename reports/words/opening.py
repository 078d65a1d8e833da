"""The bulletin's title, and what it is issued upon."""

from reports.figures_types import PlanFigures
from reports.words.text import Part, Text


def title_for(figures: PlanFigures) -> str:
    """With line ends where it should break."""
    if figures.quarter == 4:
        return f"关于{figures.year}年度生态环境保护\n工作任务完成情况的通报"
    return f"关于{figures.period_name}生态环境保护\n工作任务进展情况的通报"


def opening(text: Text, figures: PlanFigures) -> None:
    part = Part("basis")
    matter = (
        f"{figures.year}年度目标任务完成情况和第四季度报送情况"
        if figures.quarter == 4
        else f"{figures.period_name}任务进展和报送情况"
    )
    part.say("opening", f"根据《{figures.plan_title}》（以下简称《计划》），现将{matter}通报如下：")
    text.paragraph(part)
