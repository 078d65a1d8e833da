"""报送情况: how many filed, and who filed late, was returned repeatedly or did not file, by name in official order."""

from collections.abc import Callable

from reports.figures_types import UNDECIDED, UNMENDED, DutyFigures, PlanFigures
from reports.words.prose import counted, listed, measures_named
from reports.words.text import Part, Text
from tasks.numbers import percent_text
from tasks.rules import Filing

REPEATEDLY = 2


def reporting(text: Text, figures: PlanFigures) -> None:
    text.section("reporting", "报送情况")
    counts = Part("reporting")
    counts.say("counts", _counts(figures))
    parts = [part for part in _parts(figures) if part.sentences]
    if parts:
        counts.say("review", _review(figures))
        counts.say("late", f"逾期报送{figures.late}项次。" if figures.late else "")
    elif figures.due:
        counts.say("all", "各责任单位均按时报送，并已全部通过审核。")
    text.paragraph(counts)
    for part in parts:
        if len(parts) > 1:
            text.part(part)
        else:
            text.paragraph(part)


def _counts(figures: PlanFigures) -> str:
    if not figures.due:
        return "本季度没有应报送的事项。"
    told = f"本季度应报送进展{figures.due}项次，"
    if not figures.missing:
        return f"{told}已全部报送。"
    if not figures.filed:
        return f"{told}{'' if figures.past_due else '目前'}均未报送。"
    yet = "未报送" if figures.past_due else "尚未报送"
    return f"{told}已报送{figures.filed}项次，{yet}{figures.missing}项次，报送率为{percent_text(figures.filing_rate)}。"


def _review(figures: PlanFigures) -> str:
    kinds = [
        (label, count)
        for label, states in (
            ("审核通过", (Filing.APPROVED,)),
            ("未完成审核", UNDECIDED),
            ("退回后未重新报送", UNMENDED),
        )
        if (count := sum(figures.filings.get(state, 0) for state in states))
    ]
    if not kinds:
        return ""
    if len(kinds) == 1:
        label = kinds[0][0]
        return f"已报送的内容{'全部审核通过' if label == '审核通过' else f'均{label}'}。"
    return (
        f"已报送的内容中，{counted([label for label, _ in kinds], [count for _, count in kinds], '项次')}。"
    )


def _parts(figures: PlanFigures) -> list[Part]:
    kinds: list[tuple[str, str, Callable[[DutyFigures], bool], str]] = [
        (
            "missing",
            "未报送" if figures.past_due else "尚未报送",
            lambda duty: duty.missing,
            "未按要求报送本季度进展" if figures.past_due else "尚未报送本季度进展",
        ),
        ("late", "逾期报送", lambda duty: duty.late, "逾期报送本季度进展"),
        ("repeatedly", "多次退回", lambda duty: duty.returns >= REPEATEDLY, "所报内容两次以上被退回"),
        (
            "unmended",
            "退回后未重新报送",
            lambda duty: duty.unmended,
            "所报内容经审核退回，未在通报印发前修改重报",
        ),
        (
            "undecided",
            "已报送未审核",
            lambda duty: duty.undecided,
            "所报内容在通报印发前未完成审核，未计入本季度进展",
        ),
    ]
    parts = []
    for key, heading, rule, verdict in kinds:
        part = Part(f"reporting.{key}", heading)
        units = _units(figures, rule)
        part.say("units", f"{listed(units, '家单位')}{verdict}。" if units else "")
        parts.append(part)
    return parts


def _units(figures: PlanFigures, rule: Callable[[DutyFigures], bool]) -> list[str]:
    """The units that `rule` holds for, in official order, each with its measures."""
    numbers: dict[str, list[int]] = {unit.code: [] for unit in figures.units}
    for row in figures.measures:
        for duty in row.duties:
            if rule(duty):
                numbers[duty.unit_code].append(row.number)
    named = []
    for unit in figures.units:
        own = numbers[unit.code]
        if own:
            every = 1 < len(own) == unit.due
            named.append(f"{unit.name}（{f'全部{len(own)}项措施' if every else measures_named(own)}）")
    return named
