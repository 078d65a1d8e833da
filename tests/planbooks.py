"""Plans as hypothesis makes them up, the facts that make a plan, and workbooks edited as an office would."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

from django.db import models
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tasks.models import (
    Assignment,
    AssignmentRole,
    DeadlineKind,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    Responsibility,
    Scope,
    TargetTask,
)
from tasks.planbook.contents import contents_of
from tasks.planbook.layout import HEAD_ROW, NOBODY
from tasks.planbook.writing import plan_xlsx
from tasks.rules import Kind
from tests.factories import PlanFactory
from units.models import Unit, UnitGroup

# Which plan it is, and what happens with it, is no part of what makes it.
_NOT_THE_PLAN = {"id", "plan", "code", "sample", "revision"}


def plan_facts(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """Every field of every row of a plan, without ids: found by looking at the models, so that a new field is missed nowhere."""
    rows: dict[str, models.QuerySet[Any]] = {
        "plan": Plan.objects.filter(pk=plan.pk),
        "sections": PlanSection.objects.filter(plan=plan).order_by("order"),
        "tasks": TargetTask.objects.filter(plan=plan).order_by("number"),
        "measures": Measure.objects.filter(plan=plan).order_by("number"),
        "parties": Responsibility.objects.filter(measure__plan=plan).order_by("measure__number", "order"),
        "duties": Assignment.objects.filter(measure__plan=plan).order_by("measure__number", "unit__code"),
        "demands": PlanDemand.objects.filter(section__plan=plan).order_by("section__order", "order"),
        "links": DemandLink.objects.filter(measure__plan=plan).order_by(
            "demand__section__order", "demand__order", "measure__number"
        ),
    }
    return {name: [_facts(row) for row in found] for name, found in rows.items()}


def _facts(row: models.Model) -> dict[str, Any]:
    return {
        field.name: _plain(field.name, getattr(row, field.name))
        for field in row._meta.concrete_fields
        if field.name not in _NOT_THE_PLAN
    }


def _plain(name: str, value: Any) -> Any:
    if name == "continues" and value is not None:
        return value.natural_key()
    if isinstance(value, models.Model):
        # Of its own plan: the key without the plan's code.
        key = value.natural_key()  # type: ignore[attr-defined]
        return key if isinstance(value, (Unit, UnitGroup)) else key[1:]
    return value


# --- texts ----------------------------------------------------------------------------------------
_HARD = (
    "=1+1", "+86", "-", "@某某", "1. 加强监管", "（1）落实", "#N/A", "_x0041_", "🌿绿色", " 前有空格", "后有空格 ", "是", "TRUE", "007",
    "2024年12月31日", "50%", "1e5", "'引号", "\t制表", "　全角空格起头", "<b>&amp;</b>", "\u200b零宽",
)  # fmt: skip
_SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"), exclude_characters="\ufffe\uffff")
_LINE = (st.sampled_from(_HARD) | st.text(_SIGNS, min_size=1, max_size=30)).filter(
    lambda text: bool(text.strip())
)


def words(most: int) -> st.SearchStrategy[str]:
    """Text with anything in it, also line breaks, that is not blank."""
    lines = st.lists(_LINE, min_size=1, max_size=3).map("\n".join)
    return lines.map(lambda text: text[:most]).filter(lambda text: bool(text.strip()))


# Paragraphs, also empty ones and long ones.
_TEXT = st.lists(_LINE | st.just("") | _LINE.map(lambda line: line * 90), max_size=4).map("\n".join)
_DAY = st.dates(date(2015, 1, 1), date(2035, 12, 31))


@st.composite
def deadlines(draw: st.DrawFn) -> tuple[str, str, date | None, date | None]:
    text = draw(
        st.sampled_from(("", "2024年12月底前", "长期坚持", "2023—2025年", "按上级要求", "6月底前"))
        | words(60)
    )
    kind = draw(st.sampled_from(DeadlineKind.values))
    first, last = sorted((draw(_DAY), draw(_DAY)))
    if kind in (DeadlineKind.NONE, DeadlineKind.UNKNOWN):
        # Whether nobody can read it, or it is not there, is said by the wording.
        kind = DeadlineKind.UNKNOWN if text else DeadlineKind.NONE
    starts = (
        first
        if kind == DeadlineKind.RANGE or (kind == DeadlineKind.ONGOING and draw(st.booleans()))
        else None
    )
    ends = last if kind in (DeadlineKind.DATE, DeadlineKind.RANGE) else None
    return text, kind, starts, ends


# --- plans ----------------------------------------------------------------------------------------
@st.composite
def plans(draw: st.DrawFn, units: list[Unit], groups: list[UnitGroup], before: list[Measure]) -> Plan:
    """A plan of 2024 in the database; `before`: measures of earlier plans that its own may continue."""
    yellow, red = sorted(draw(st.tuples(st.integers(0, 100), st.integers(0, 100))))
    plan = PlanFactory(
        year=2024,
        title=draw(words(200)),
        issuer=draw(words(100)),
        issued_on=draw(st.none() | _DAY),
        preamble=draw(_TEXT),
        attachment_title=draw(st.just("") | words(200)),
        yellow_from=yellow,
        red_from=red,
    )
    heads = draw(
        st.lists(
            st.sampled_from(("备注", "资金来源", "联系人", "= 公式", "责任 人")), max_size=3, unique=True
        )
    )
    numbers = iter(sorted(draw(st.sets(st.integers(0, 300), min_size=8, max_size=8))))
    for task_number in sorted(draw(st.sets(st.integers(0, 200), min_size=1, max_size=3))):
        task = TargetTask.objects.create(
            plan=plan,
            number=task_number,
            title=draw(words(500)),
            categories=draw(st.lists(words(40), max_size=3)),
        )
        for _ in range(draw(st.integers(1, 2))):
            draw_measure(draw, task, next(numbers), heads, before, units, groups)
    draw_sections(draw, plan)
    return plan


def draw_measure(
    draw: st.DrawFn,
    task: TargetTask,
    number: int,
    heads: list[str],
    before: list[Measure],
    units: list[Unit],
    groups: list[UnitGroup],
) -> None:
    text = draw(words(400))
    deadline_text, kind, starts, ends = draw(deadlines())
    start = draw(st.integers(0, len(text)))
    unasked = text[start : start + draw(st.integers(0, 200))]
    indicator = draw(st.just("") | words(80))
    q1, q2, q3, q4 = draw(st.tuples(*[st.none() | st.integers(0, 100)] * 4))
    measure = Measure.objects.create(
        plan=task.plan,
        task=task,
        number=number,
        text=text,
        units_text=draw(st.just("") | words(120)),
        deadline_text=deadline_text,
        deadline_kind=kind,
        deadline_from=starts,
        deadline_to=ends,
        extras=[[head, draw(words(60))] for head in heads if draw(st.booleans())],
        continues=draw(st.none() | st.sampled_from(before)),
        kind=draw(st.sampled_from(Kind.values)),
        kind_confirmed=draw(st.booleans()),
        lead_confirmed=draw(st.booleans()),
        expected_q1=q1,
        expected_q2=q2,
        expected_q3=q3,
        expected_q4=q4,
        unasked_part=unasked if unasked.strip() else "",
        indicator=indicator,
        indicator_unit=draw(st.just("") | words(20)) if indicator else "",
        indicator_target=draw(
            st.none() | st.decimals(Decimal("-9999999999.99"), Decimal("9999999999.99"), places=2)
        )
        if indicator
        else None,
    )
    free, has_lead = list(units), False
    for order in range(1, draw(st.integers(0, 3)) + 1):
        scope = draw(st.sampled_from(Scope.values))
        is_unit = scope == Scope.UNIT
        party = Responsibility.objects.create(
            measure=measure,
            order=order,
            printed=draw(words(200).filter(lambda text: text.strip() != NOBODY)),
            scope=scope,
            unit=draw(st.sampled_from(units)) if is_unit else None,
            group=None
            if is_unit
            else draw(
                st.sampled_from(groups) if scope != Scope.NOTE else st.none() | st.sampled_from(groups)
            ),
            is_open=draw(st.booleans()),
            first_quarter=draw(st.integers(1, 4)),
        )
        for _ in range(draw(st.integers(0, 2))):
            if not free:
                break
            unit = draw(st.sampled_from(free))
            free.remove(unit)
            first = draw(st.integers(1, 4))
            last = draw(st.just(0) | st.integers(first, 4))
            leads = is_unit and not has_lead and last > 0 and draw(st.booleans())
            has_lead = has_lead or leads
            Assignment.objects.create(
                measure=measure,
                unit=unit,
                responsibility=party,
                role=AssignmentRole.LEAD if leads else AssignmentRole.SUPPORT,
                first_quarter=first,
                last_quarter=last,
            )


def draw_sections(draw: st.DrawFn, plan: Plan) -> None:
    measures = list(plan.measures.order_by("number"))
    for order in range(1, draw(st.integers(0, 3)) + 1):
        section = PlanSection.objects.create(
            plan=plan,
            order=order,
            level=draw(st.integers(1, 3)),
            number=draw(st.sampled_from(("", "一", "（二）", "1."))),
            heading=draw(st.just("") | words(200)),
            text=draw(_TEXT),
        )
        for place in range(1, draw(st.integers(0, 2)) + 1):
            demand = PlanDemand.objects.create(section=section, order=place, text=draw(words(100)))
            for measure in measures:
                if draw(st.booleans()):
                    DemandLink.objects.create(demand=demand, measure=measure, confirmed=draw(st.booleans()))


# --- workbooks ------------------------------------------------------------------------------------
def book_of(plan: Plan) -> bytes:
    return plan_xlsx(contents_of(plan))


def edited(data: bytes, edit: Callable[[Workbook], None]) -> bytes:
    """The workbook after somebody worked on it."""
    book = load_workbook(BytesIO(data))
    edit(book)
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def cell(book: Workbook, sheet: str, head: str, row: int) -> Any:
    """The cell under a head; `row` from 1, the first one below the heads."""
    heads = [str(found.value).strip() for found in book[sheet][HEAD_ROW]]
    return book[sheet].cell(HEAD_ROW + row, heads.index(head) + 1)
