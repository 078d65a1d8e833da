"""One arithmetic for a quarter computed and a quarter corrected: nothing corrected is nothing changed."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.amended import corrected_duty, corrected_figures, counted_before
from reports.figures import plan_figures
from reports.figures_sums import add_up, unjudged
from reports.figures_types import PlanFigures
from reports.frozen import figures_from_json, to_json
from tasks.models import ProgressUpdate, ReportingPeriod
from tasks.rules import Kind, Progress, Status
from tests.conftest import World
from tests.factories import open_quarter

NOW = timezone.now()
FILED = [Status.APPROVED, Status.UNREVIEWED, Status.UNMENDED]
tenths = st.integers(0, 1000).map(lambda n: Decimal(n) / 10)


@st.composite
def filings(draw: st.DrawFn, kinds: list[str]) -> list[dict[str, Any] | None]:
    """For each duty, the values of its filing in a quarter, None for none."""
    rows: list[dict[str, Any] | None] = []
    for kind in kinds:
        status = draw(st.sampled_from([None, *FILED]))
        if status is None:
            rows.append(None)
            continue
        terminal = kind == Kind.TERMINAL
        rows.append(
            {
                "status": status,
                "no_work": draw(st.booleans()) and draw(st.booleans()),
                "percent": draw(tenths) if terminal else None,
                "self_status": draw(
                    st.sampled_from(
                        [Progress.IN_PROGRESS, Progress.DONE, Progress.LAGGING]
                        if terminal
                        else [Progress.ON_SCHEDULE, Progress.PARTIAL, Progress.LAGGING, Progress.DONE]
                    )
                ),
                "approved_percent": draw(st.none() | tenths) if terminal else None,
                "is_late": draw(st.booleans()),
            }
        )
    return rows


def duties_of(world: World) -> list[Any]:
    return [world.lead, world.support, world.terminal, *world.street_duties]


def put(world: World, period: ReportingPeriod, rows: list[dict[str, Any] | None]) -> None:
    ProgressUpdate.objects.filter(period=period).delete()
    for duty, values in zip(duties_of(world), rows, strict=True):
        if values:
            ProgressUpdate.objects.create(assignment=duty, period=period, **values)


def computed(world: World, period: ReportingPeriod) -> PlanFigures:
    return plan_figures(world.plan, period, NOW, issuing=True)


def two_quarters(world: World) -> tuple[ReportingPeriod, ReportingPeriod]:
    return world.q1, open_quarter(world.plan, 2)


KINDS = [Kind.ONGOING, Kind.ONGOING, Kind.TERMINAL, Kind.TERMINAL, Kind.TERMINAL]
several = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@several
@given(st.data())
def test_frozen_figures_that_are_added_up_again_are_the_same(world: World, data: st.DataObject) -> None:
    put(world, world.q1, data.draw(filings(KINDS)))
    frozen = figures_from_json(to_json(computed(world, world.q1)))
    assert corrected_figures(frozen, {}) == frozen
    # Also from nothing but the duties: no figure above them is taken over.
    bare = replace(
        frozen,
        figure=unjudged(),
        filings={},
        lights={},
        due=0,
        filed=0,
        late=0,
        tasks=tuple(replace(row, figure=unjudged(), measures=0, filed=0, due=0) for row in frozen.tasks),
        units=tuple(replace(row, figure=unjudged(), filings={}, due=0, filed=0) for row in frozen.units),
        measures=tuple(
            replace(row, figure=unjudged(row.figure.expected), done=False, filed=0, due=0, lagging=0)
            for row in frozen.measures
        ),
    )
    assert add_up(bare) == frozen


@several
@given(st.data())
def test_correcting_filings_gives_what_computing_the_quarter_gives(world: World, data: st.DataObject) -> None:
    """In a world where nothing else has changed; any filings of the second quarter, whatever the first one had."""
    q1, q2 = two_quarters(world) if not hasattr(world, "opened") else world.opened
    world.opened = (q1, q2)  # type: ignore[attr-defined]
    put(world, q1, data.draw(filings(KINDS)))
    first = data.draw(filings(KINDS))
    put(world, q2, first)
    frozen = figures_from_json(to_json(computed(world, q2)))
    # Others are written in place of those that were handed in.
    second = [new if old and new else old for old, new in zip(first, data.draw(filings(KINDS)), strict=True)]
    put(world, q2, second)
    updates = {row.assignment_id: row for row in ProgressUpdate.objects.filter(period=q2)}
    earlier = (figures_from_json(to_json(computed(world, q1))),)
    changed = {
        duty.assignment_id: corrected_duty(frozen, measure, duty, updates[duty.assignment_id], earlier)
        for measure in frozen.measures
        for duty in measure.duties
        if duty.assignment_id in updates
    }
    assert corrected_figures(frozen, changed) == computed(world, q2)


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [
        ([], ("", Decimal(0))),
        ([None], ("", Decimal(0))),
        ([("in_progress", 30, False)], ("in_progress", Decimal("30.0"))),
        # A quarter without work says nothing of the percent; the one before it does.
        ([("in_progress", 30, False), ("", 0, True)], ("in_progress", Decimal("30.0"))),
        # What is finished stays finished.
        ([("done", 100, False), ("", 0, True)], ("done", Decimal("100.0"))),
    ],
)
def test_what_counts_of_the_quarters_before(
    world: World, quarters: list[tuple[str, int, bool] | None], expected: tuple[str, Decimal]
) -> None:
    figures = []
    for number, filing in enumerate(quarters, start=1):
        period = world.q1 if number == 1 else open_quarter(world.plan, number)
        if filing:
            status, percent, no_work = filing
            ProgressUpdate.objects.create(
                assignment=world.terminal,
                period=period,
                status=Status.APPROVED,
                self_status=status,
                percent=percent,
                no_work=no_work,
            )
        figures.append(computed(world, period))
    assert counted_before(world.terminal.pk, figures) == expected
