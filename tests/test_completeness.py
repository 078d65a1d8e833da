"""What a filing needs before it may be submitted, and how numbers are read: rules without a database."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import example, given
from hypothesis import strategies as st

from tasks.completeness import submission_problems
from tasks.forms.filing import LongText, NumberField, plain_number
from tasks.numbers import number_text
from tasks.rules import Kind, Progress, progress_choices

PERCENT = NumberField(low=Decimal(0), high=Decimal(100), places=1)


def problems(kind: str = Kind.ONGOING, *, quarter: int = 2, **given: Any) -> set[str]:
    """Names of the fields that stand in the way, for a filing that is complete but for `given`."""
    rules = {
        "confirmed_lead": given.pop("confirmed_lead", False),
        "evidence_count": given.pop("evidence_count", 0),
        "last_percent": given.pop("last_percent", None),
        "indicator": given.pop("indicator", ""),
    }
    values: dict[str, Any] = {
        "no_work": False,
        "percent": Decimal(50) if kind == Kind.TERMINAL else None,
        "self_status": Progress.IN_PROGRESS if kind == Kind.TERMINAL else Progress.ON_SCHEDULE,
        "progress_text": "已开展检查。",
        "problems": "",
        "next_steps": "",
        "overall_text": "",
        "decrease_reason": "",
        "indicator_value": None,
        **given,
    }
    return set(submission_problems(values, kind=kind, quarter=quarter, **rules))


END, YEAR = Kind.TERMINAL, Kind.ONGOING
LATE = {"self_status": Progress.LAGGING}
DONE = {"self_status": Progress.DONE, "percent": Decimal(100)}


@pytest.mark.parametrize(
    ("kind", "given", "missing"),
    [
        (YEAR, {}, set()),
        (END, {}, set()),
        (YEAR, {"progress_text": " \n "}, {"progress_text"}),
        (YEAR, {"self_status": ""}, {"self_status"}),
        # Words of the other kind of measure.
        (YEAR, {"self_status": Progress.IN_PROGRESS}, {"self_status"}),
        (END, {"self_status": Progress.PARTIAL}, {"self_status"}),
        # Percent: asked of measures with an end only.
        (END, {"percent": None}, {"percent"}),
        (YEAR, {"percent": None}, set()),
        (END, {"percent": Decimal(0)}, set()),
        (END, {"self_status": Progress.NOT_STARTED}, {"percent"}),
        (END, {"self_status": Progress.NOT_STARTED, "percent": Decimal(0)}, set()),
        # 已完成 ⇔ 100, and wants evidence.
        (END, DONE, {"evidence"}),
        (END, {**DONE, "evidence_count": 1}, set()),
        (END, {**DONE, "percent": Decimal("99.9"), "evidence_count": 1}, {"percent"}),
        (END, {"percent": Decimal(100)}, {"percent"}),
        # 滞后 wants to know why and what next.
        (YEAR, LATE, {"problems", "next_steps"}),
        (YEAR, {**LATE, "problems": "资金未到位。"}, {"next_steps"}),
        (YEAR, {**LATE, "problems": "资金未到位。", "next_steps": "协调资金。"}, set()),
        (END, {**LATE, "problems": " ", "next_steps": "协调资金。"}, {"problems"}),
        # A percent below the last approved one wants a reason.
        (END, {"last_percent": Decimal("50.1")}, {"decrease_reason"}),
        (END, {"last_percent": Decimal("50.1"), "decrease_reason": "口径调整。"}, set()),
        (END, {"last_percent": Decimal(50)}, set()),
        (YEAR, {"last_percent": Decimal(90)}, set()),
        # The lead's overall text, the indicator's value.
        (YEAR, {"confirmed_lead": True}, {"overall_text"}),
        (YEAR, {"confirmed_lead": True, "overall_text": "总体正常。"}, set()),
        (YEAR, {"indicator": "安全利用率"}, {"indicator_value"}),
        (YEAR, {"indicator": "安全利用率", "indicator_value": Decimal(0)}, set()),
        # 本季度无相关工作 needs nothing else; what cannot be printed is named all the same.
        (END, {"no_work": True, "percent": None, "self_status": "", "progress_text": ""}, set()),
        (YEAR, {"no_work": True, "progress_text": "无😀"}, {"progress_text"}),
        (YEAR, {"progress_text": "很好😀", "next_steps": "继续\u0007"}, {"progress_text", "next_steps"}),
        (YEAR, {"progress_text": "PM₂.₅下降12%，㎡"}, set()),
    ],
)
def test_what_stands_in_the_way(kind: str, given: dict[str, Any], missing: set[str]) -> None:
    assert problems(kind, **given) == missing


@pytest.mark.parametrize(("quarter", "offered"), [(1, False), (2, False), (3, False), (4, True)])
def test_an_ongoing_measure_is_done_only_at_the_end_of_the_year(quarter: int, offered: bool) -> None:
    assert (Progress.DONE in dict(progress_choices(YEAR, quarter))) is offered
    done = problems(YEAR, quarter=quarter, self_status=Progress.DONE, evidence_count=1)
    assert done == (set() if offered else {"self_status"})


def test_names_the_character_that_cannot_be_printed() -> None:
    values = {"no_work": True, "progress_text": "好😀坏\u0007"}
    found = submission_problems(
        values, kind=YEAR, quarter=1, confirmed_lead=False, evidence_count=0, last_percent=None, indicator=""
    )
    assert found == {"progress_text": "工作进展中有无法印刷的字符（😀、U+0007），请删去或改用规范汉字。"}


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("60", "60"),
        (" 62.5 ", "62.5"),
        ("６２．５％", "62.5"),
        ("62。5", "62.5"),
        ("60%", "60"),
        ("60 %", "60"),
        ("-3", "-3"),
        ("", None),
        ("  ", None),
    ],
)
def test_numbers_as_people_type_them(typed: str, number: str | None) -> None:
    assert plain_number(typed) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    "typed", ["NaN", "inf", "1e2", "1,000", "一半", "60%%", "..5", "6 0", "0x10", "60-", "٦٠٪", "9" * 13]
)
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(ValidationError):
        plain_number(typed)


@pytest.mark.parametrize("typed", ["101", "-0.1", "100.1", "62.55", "1e1", "NaN", "1" * 400])
def test_what_is_no_percent(typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        PERCENT.clean(typed)
    assert caught.value.messages[0].endswith("。")


@given(st.text(max_size=40))
@example("100.0")
@example("１００")
@example("٣")
def test_a_percent_field_gives_a_percent_or_says_why_not(text: str) -> None:
    try:
        value = PERCENT.clean(text)
    except ValidationError:
        return
    assert value is None or (0 <= value <= 100 and value == round(value, 1))


@given(st.decimals(min_value=0, max_value=100, places=1, allow_nan=False))
def test_what_a_field_shows_it_reads_again(value: Decimal) -> None:
    shown = number_text(value)
    assert "E" not in shown
    assert PERCENT.clean(shown) == value


@given(st.text(st.characters(exclude_characters="\0"), max_size=60))
def test_line_ends_count_as_they_do_in_the_browser(text: str) -> None:
    cleaned = LongText(maximum=60).clean(text)
    assert "\r" not in cleaned
    assert cleaned == cleaned.strip()
