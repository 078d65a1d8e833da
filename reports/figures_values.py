"""A value on its way up from a duty to the plan, and how it becomes a figure with a light."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from reports.figures_types import NO_DUTY, NO_WORK, NOT_DUE, OPEN_PARTY, Figure
from tasks.rules import ZERO, Filing, Light, filing_for, light_for, mean, round_tenth

# Once a quarter is issued, what nobody decided on stays as it was handed in.
_UNDECIDED = {Filing.SUBMITTED: Filing.UNREVIEWED, Filing.RETURNED: Filing.UNMENDED}


@dataclass(frozen=True)
class Value:
    """An unrounded value on its way up. `percent` None: left out of the means above, and `without` says why."""

    percent: Decimal | None
    done: bool = False
    lagging: bool = False
    without: str = NO_DUTY


OPEN = Value(None, without=OPEN_PARTY)
NONE = Value(None)


@dataclass(frozen=True)
class Judge:
    """Turns values into figures under a plan's thresholds, before or after the due date.

    `issuing`: what is undecided is judged as it will stand once the quarter is issued.
    """

    past_due: bool
    yellow_from: int
    red_from: int
    issuing: bool = False

    def figure(self, value: Value, expected: Decimal, *, filed: bool) -> Figure:
        expected = round_tenth(expected)
        if value.percent is None:
            return Figure(None, expected, Light.GREY, value.without)
        percent = round_tenth(value.percent)
        if not filed and not self.past_due and not value.done:
            return Figure(percent, expected, Light.GREY, NOT_DUE)
        light = light_for(
            percent,
            expected,
            done=value.done,
            lagging=value.lagging,
            yellow_from=self.yellow_from,
            red_from=self.red_from,
        )
        return Figure(percent, expected, light, str(light.label))

    def filing(self, status: str | None) -> Filing:
        filing = filing_for(status, past_due=self.past_due)
        return _UNDECIDED.get(filing, filing) if self.issuing else filing


def mean_figure(judge: Judge, values: Sequence[Value], expected: Sequence[Decimal], *, filed: bool) -> Figure:
    """The figure of a task, a unit or the plan: its light is its mean's, 滞后 below it does not colour it.

    序时进度 is the mean of the same rows that the percent is a mean of.
    """
    known = [e for value, e in zip(values, expected, strict=True) if value.percent is not None]
    value = replace(combine(values), lagging=False)
    return judge.figure(value, mean(known or list(expected)) or ZERO, filed=filed)


def combine(values: Sequence[Value]) -> Value:
    """Mean of the values there are; 已完成 only when every responsibility is, also one that has no value now."""
    weighty = [value for value in values if value.without != NO_DUTY or value.percent is not None]
    if not weighty:
        return NONE
    known = [value.percent for value in weighty if value.percent is not None]
    is_open = any(value.without == OPEN_PARTY for value in weighty)
    return Value(
        mean(known),
        done=all(value.done for value in weighty),
        lagging=bool(known) and all(value.lagging for value in weighty if value.percent is not None),
        without=OPEN_PARTY if is_open else NO_WORK,
    )
