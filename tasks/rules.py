"""The rules of filing and of judging progress: pure functions, no database, the moment passed in.

Source of the lights' thresholds: the published rule of 银川 (less than 10 points behind 序时进度: 按序时推进;
10 to 30: 部分完成; more than 30: 滞后). They are fields of the plan; the values here are the defaults.
"""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.db.models import TextChoices
from django.utils import timezone

from units.models import UNIT_ROLES, Role

TENTH = Decimal("0.1")
# Means of thirds and sevenths end in the 28th digit; what is missing there must not decide a half.
_EXACT = Decimal("1e-12")
ZERO = Decimal(0)
HUNDRED = Decimal(100)
EXPECTED_BY_QUARTER = {1: 25, 2: 50, 3: 75, 4: 100}
YELLOW_FROM = 10
RED_FROM = 30
QUARTER_NAMES = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}


class Status(TextChoices):
    """Where a filing stands (流转状态)."""

    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "退回"
    APPROVED = "approved", "通过"
    # Set when the quarter is issued; nothing leads out of them.
    UNREVIEWED = "unreviewed", "已报未审"
    UNMENDED = "unmended", "退回未改"


class PeriodState(TextChoices):
    """Where a quarter stands (报告期状态)."""

    UPCOMING = "upcoming", "未开始"
    OPEN = "open", "填报中"
    CLOSED = "closed", "已截止"
    ISSUING = "issuing", "印发中"
    ISSUED = "issued", "已印发"


class Kind(TextChoices):
    """Kinds of measures: one with an end is done once; an ongoing one goes on all year."""

    TERMINAL = "terminal", "有终点"
    ONGOING = "ongoing", "常态化"


class Progress(TextChoices):
    """自评状态 and 核定状态."""

    NOT_STARTED = "not_started", "未启动"
    IN_PROGRESS = "in_progress", "推进中"
    ON_SCHEDULE = "on_schedule", "按序时推进"
    PARTIAL = "partial", "部分完成"
    DONE = "done", "已完成"
    LAGGING = "lagging", "滞后"


class Light(TextChoices):
    """进展灯. The word always stands beside the colour."""

    BLUE = "blue", "已完成"
    GREEN = "green", "按序时推进"
    YELLOW = "yellow", "部分完成"
    RED = "red", "滞后"
    GREY = "grey", "待定"


class Filing(TextChoices):
    """填报灯: where one duty stands in one quarter."""

    APPROVED = "approved", "通过"
    SUBMITTED = "submitted", "待审核"
    RETURNED = "returned", "退回"
    MISSING = "missing", "未报"
    OVERDUE = "overdue", "逾期未报"
    UNREVIEWED = "unreviewed", "已报未审"
    UNMENDED = "unmended", "退回未改"


# Filings that count as handed in (已报).
FILED = frozenset({Filing.APPROVED, Filing.SUBMITTED, Filing.RETURNED, Filing.UNREVIEWED, Filing.UNMENDED})
NOT_FILED = frozenset({Filing.MISSING, Filing.OVERDUE})

_FILERS = frozenset({*UNIT_ROLES, Role.OFFICE})
_UNIT = frozenset(UNIT_ROLES)
_OFFICE = frozenset({Role.OFFICE})

# (from, to) → the roles that may. What is not here is forbidden. The office files for a unit (代填) and, when
# a quarter is issued, what was not decided is recorded as it stands.
TRANSITIONS: dict[tuple[str, str], frozenset[str]] = {
    (Status.DRAFT, Status.SUBMITTED): _FILERS,
    (Status.RETURNED, Status.SUBMITTED): _FILERS,
    (Status.SUBMITTED, Status.DRAFT): _UNIT,
    (Status.SUBMITTED, Status.APPROVED): _OFFICE,
    (Status.SUBMITTED, Status.RETURNED): _OFFICE,
    (Status.APPROVED, Status.RETURNED): _OFFICE,
    (Status.SUBMITTED, Status.UNREVIEWED): _OFFICE,
    (Status.RETURNED, Status.UNMENDED): _OFFICE,
}
# What an amendment (更正) of an issued quarter adds, for the filings that it names and nobody else's: they are reopened,
# put back where it is cancelled, and one taken back by its unit and not handed in again is recorded as 退回未改.
AMENDING: dict[tuple[str, str], frozenset[str]] = {
    (Status.APPROVED, Status.RETURNED): _OFFICE,
    (Status.UNREVIEWED, Status.RETURNED): _OFFICE,
    (Status.UNMENDED, Status.RETURNED): _OFFICE,
    (Status.RETURNED, Status.APPROVED): _OFFICE,
    (Status.RETURNED, Status.UNREVIEWED): _OFFICE,
    (Status.RETURNED, Status.UNMENDED): _OFFICE,
    (Status.DRAFT, Status.UNMENDED): _OFFICE,
    (Status.SUBMITTED, Status.UNREVIEWED): _OFFICE,
}
# What an amendment may name: a filing that was handed in. What was not filed before the issue stays not filed.
AMENDABLE = frozenset({Status.APPROVED, Status.UNREVIEWED, Status.UNMENDED})
EDITABLE = frozenset({Status.DRAFT, Status.RETURNED})

PERIOD_TRANSITIONS: dict[tuple[str, str], frozenset[str]] = {
    (PeriodState.UPCOMING, PeriodState.OPEN): _OFFICE,
    (PeriodState.OPEN, PeriodState.CLOSED): _OFFICE,
    (PeriodState.CLOSED, PeriodState.OPEN): _OFFICE,
    (PeriodState.OPEN, PeriodState.UPCOMING): _OFFICE,
    (PeriodState.OPEN, PeriodState.ISSUING): _OFFICE,
    (PeriodState.CLOSED, PeriodState.ISSUING): _OFFICE,
    (PeriodState.ISSUING, PeriodState.ISSUED): _OFFICE,
    # A rendering that failed or was killed gives the quarter back.
    (PeriodState.ISSUING, PeriodState.CLOSED): _OFFICE,
}
# Late filing works until the quarter is issued.
WRITABLE_PERIODS = frozenset({PeriodState.OPEN, PeriodState.CLOSED})
FROZEN_PERIODS = frozenset({PeriodState.ISSUING, PeriodState.ISSUED})


def can_transition(old: str, new: str, role: str, *, amending: bool = False) -> bool:
    """Whether a person of `role` may move a filing from `old` to `new`; `amending`: as an amendment's own step."""
    return role in (AMENDING if amending else TRANSITIONS).get((old, new), frozenset())


def can_move_period(old: str, new: str, role: str) -> bool:
    """Whether a person of `role` may move a quarter from `old` to `new`."""
    return role in PERIOD_TRANSITIONS.get((old, new), frozenset())


# Few values come up, and each again and again: percents of filings, 序时进度.
@lru_cache(maxsize=4096)
def round_tenth(value: Decimal) -> Decimal:
    """Rounded half up to 0.1."""
    return value.quantize(_EXACT).quantize(TENTH, rounding=ROUND_HALF_UP)


def mean(values: list[Decimal]) -> Decimal | None:
    """Arithmetic mean, not rounded; None for no values."""
    return sum(values, ZERO) / len(values) if values else None


def progress_choices(kind: str, quarter: int) -> list[tuple[str, str]]:
    """The 自评状态 that a measure of `kind` offers in `quarter` (1–4)."""
    if kind == Kind.TERMINAL:
        members = [Progress.NOT_STARTED, Progress.IN_PROGRESS, Progress.DONE, Progress.LAGGING]
    else:
        members = [Progress.ON_SCHEDULE, Progress.PARTIAL, Progress.LAGGING]
        if quarter == 4:
            members.append(Progress.DONE)
    return [(member.value, str(member.label)) for member in members]


def counted_percent(kind: str, status: str, percent: Decimal | None, expected: Decimal) -> Decimal:
    """What a filing counts as in means, 0–100.

    Measures with an end count as their percent. Ongoing ones are asked for none: 按序时推进 counts as
    `expected` (序时进度), 部分完成 as 20 points less, 滞后 as 40 less, not below 0, 已完成 as 100.
    """
    if kind == Kind.TERMINAL:
        return ZERO if percent is None else percent
    if status == Progress.DONE:
        return HUNDRED
    less = {Progress.PARTIAL: 20, Progress.LAGGING: 40}.get(Progress(status), 0) if status else 0
    return max(ZERO, expected - less)


def light_for(
    percent: Decimal | None,
    expected: Decimal,
    *,
    done: bool = False,
    lagging: bool = False,
    yellow_from: int = YELLOW_FROM,
    red_from: int = RED_FROM,
) -> Light:
    """进展灯 for a percent against 序时进度, both 0–100 and rounded to 0.1 before they are compared.

    None (待确认, nothing due yet) is grey. A gap of `yellow_from` points is yellow, more than `red_from` red.
    """
    if percent is None:
        return Light.GREY
    if done:
        return Light.BLUE
    gap = round_tenth(expected) - round_tenth(percent)
    if lagging or gap > red_from:
        return Light.RED
    return Light.YELLOW if gap >= yellow_from else Light.GREEN


def is_past_due(due_on: date, moment: datetime) -> bool:
    """Whether the due day is over: the whole day itself still counts."""
    return timezone.localdate(moment) > due_on


def filing_for(status: str | None, *, past_due: bool) -> Filing:
    """填报灯 of one duty. A draft is nobody's business but the unit's: it counts as not filed."""
    if status is None or status == Status.DRAFT:
        return Filing.OVERDUE if past_due else Filing.MISSING
    return Filing(status)


def default_dates(year: int, quarter: int) -> tuple[date, date]:
    """(opens, due) of a quarter: the 20th of its last month, and the 10th of the month after."""
    last_month = quarter * 3
    opens = date(year, last_month, 20)
    due = date(year + 1, 1, 10) if quarter == 4 else date(year, last_month + 1, 10)
    return opens, due


def quarter_days(year: int, quarter: int) -> tuple[date, date]:
    """First and last day of a quarter."""
    first = date(year, quarter * 3 - 2, 1)
    after = date(year + 1, 1, 1) if quarter == 4 else date(year, quarter * 3 + 1, 1)
    return first, date.fromordinal(after.toordinal() - 1)
