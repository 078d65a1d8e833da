"""What holds for every plan that adds up, against plain fractions."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.figures_types import NO_DUTY, NO_WORK, OPEN_PARTY
from reports.figures_values import Value, combine
from reports.frozen import figures_from_json, to_json
from tasks.models import Assignment, Responsibility, Scope
from tasks.rules import Light, light_for, mean, round_tenth
from tests.factories import (
    MeasureFactory,
    PlanFactory,
    TaskFactory,
    UnitFactory,
    open_quarter,
)
from tests.test_figures import TERMINAL, figures, put
from units.models import Unit

tenths = st.integers(0, 1000).map(lambda n: Decimal(n) / 10)


def exactly(value: Fraction) -> Decimal:
    """Half up to 0.1, in whole numbers."""
    shifted = value * 10 + Fraction(1, 2)
    return Decimal(shifted.numerator // shifted.denominator) / 10


@given(st.lists(st.lists(tenths, min_size=1, max_size=9), min_size=1, max_size=9))
def test_a_mean_lies_between_its_values_and_rounds_exactly(parties: list[list[Decimal]]) -> None:
    party_values = [combine([Value(percent) for percent in members]) for members in parties]
    value = combine(party_values).percent
    assert value is not None
    every = [percent for members in parties for percent in members]
    assert min(every) <= round_tenth(value) <= max(every)
    exact = [sum(map(Fraction, members), Fraction(0)) / len(members) for members in parties]
    assert round_tenth(value) == exactly(sum(exact, Fraction(0)) / len(exact))


def test_a_half_is_a_half_though_thirds_are_cut_off() -> None:
    parties = [
        ["0.2", "0.5", "0.3"],
        ["0.1"],
        ["0", "25", "10", "25", "10", "0.1"],
        ["0.2", "0.1", "0.5", "25.5", "0.1", "0.5"],
    ]
    means = [mean([Decimal(value) for value in members]) for members in parties]
    total = mean([value for value in means if value is not None])
    assert total is not None
    assert round_tenth(total) == Decimal("4.2")  # 4.15 exactly


@given(tenths, st.integers(1, 12), tenths)
def test_a_group_weighs_as_one_however_many_it_has(street: Decimal, members: int, bureau: Decimal) -> None:
    value = combine([combine([Value(street)] * members), Value(bureau)]).percent
    assert value is not None
    assert round_tenth(value) == exactly((Fraction(street) + Fraction(bureau)) / 2)


values = st.one_of(
    tenths.map(Value),
    st.just(Value(Decimal(100), done=True)),
    st.just(Value(None, without=OPEN_PARTY)),
    st.just(Value(None, without=NO_WORK)),
    st.just(Value(None)),
)


@given(st.lists(values, max_size=8))
def test_done_and_value_of_any_mixture(mixture: list[Value]) -> None:
    result = combine(mixture)
    weighty = [value for value in mixture if value != Value(None)]
    known = [value.percent for value in mixture if value.percent is not None]
    assert result.done == (bool(weighty) and all(value.done for value in weighty))
    assert result.percent == mean(known)
    if result.done:
        assert result.percent == 100
    if not known:
        opened = any(value.without == OPEN_PARTY for value in mixture)
        assert result.without == (OPEN_PARTY if opened else NO_WORK if weighty else NO_DUTY)


RANK = [Light.RED, Light.YELLOW, Light.GREEN]


@given(tenths, tenths, tenths, st.booleans())
def test_more_progress_is_never_a_worse_light(a: Decimal, b: Decimal, expected: Decimal, lag: bool) -> None:
    low, high = sorted((a, b))
    assert RANK.index(light_for(low, expected, lagging=lag)) <= RANK.index(
        light_for(high, expected, lagging=lag)
    )
    assert light_for(expected, expected) == Light.GREEN


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.lists(
        st.lists(st.lists(st.one_of(st.none(), tenths), min_size=1, max_size=4), min_size=1, max_size=3),
        min_size=1,
        max_size=4,
    )
)
def test_whole_plans_add_up_and_survive_freezing(plan: list[list[list[Decimal | None]]]) -> None:
    """measures → parties → members, each with an approved percent or nothing filed, against plain fractions."""
    created = PlanFactory()
    task = TaskFactory(plan=created, number=1)
    units = list(Unit.objects.order_by("pk")[:12])
    units += [UnitFactory() for _ in range(12 - len(units))]
    for number, parties in enumerate(plan, start=1):
        measure = MeasureFactory(task=task, number=number, kind=TERMINAL)
        free = iter(units)
        for order, members in enumerate(parties, start=1):
            party = Responsibility.objects.create(
                measure=measure, order=order, printed="各街道", scope=Scope.NOTE
            )
            for percent in members:
                duty = Assignment.objects.create(measure=measure, unit=next(free), responsibility=party)
                if percent is not None:
                    put(duty, 2, percent)
    open_quarter(created, 2, days_left=-1)

    def fraction(rows: list[Any]) -> Fraction:
        return sum((Fraction(row) for row in rows), Fraction(0)) / len(rows)

    exact = [fraction([fraction([m or 0 for m in members]) for members in parties]) for parties in plan]
    result = figures(created, 2)
    assert [row.figure.percent for row in result.measures] == [exactly(value) for value in exact]
    assert result.figure.percent == result.tasks[0].figure.percent == exactly(fraction(exact))
    assert result.figure.percent is not None
    shown = [row.figure.percent for row in result.measures if row.figure.percent is not None]
    assert min(shown) <= result.figure.percent <= max(shown)
    everyone = [member for parties in plan for members in parties for member in members]
    assert (result.due, result.missing) == (len(everyone), everyone.count(None))
    assert sum(result.lights.values()) == len(plan)
    assert figures_from_json(to_json(result)) == result
