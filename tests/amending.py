"""An issued quarter and its corrections, as tests of amendments begin."""

from decimal import Decimal
from typing import Any

import pytest

from reports.models import Bulletin
from reports.services.editions import start_correction
from reports.services.issuing import issue_bulletin
from tasks.models import Assignment, ProgressUpdate
from tasks.services.evidence import attach_evidence
from tests.archive_parts import quick_files
from tests.conftest import World
from tests.stage import picture

REASON = "区发改局第2项措施的完成比例误报为25%"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quick_files(monkeypatch)


@pytest.fixture
def issued(world: World, quick: None) -> World:
    """Measure 1 and 区发改局 on 2 approved, a street waiting, the other one missing; then the quarter is issued."""
    attach_evidence(assignment=world.support, period=world.q1, actor=world.cast.reporter, upload=picture())
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    world.approve(world.file(world.terminal, percent=Decimal(25), progress_text="改造管网2公里。"))
    world.approve(world.file(world.lead, overall_text="总体进展良好。"))
    world.file(world.street_duties[0])
    issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)
    world.q1.refresh_from_db()
    return world


def update_of(world: World, duty: Assignment) -> ProgressUpdate:
    return ProgressUpdate.objects.get(assignment=duty, period=world.q1)


def correct(world: World, *duties: Assignment, reason: str = REASON) -> Bulletin:
    return start_correction(
        period_id=world.q1.pk,
        actor=world.cast.office,
        reason=reason,
        update_ids=[update_of(world, duty).pk for duty in duties],
    )


def data_of(world: World, edition: int) -> dict[str, Any]:
    return Bulletin.objects.values_list("data", flat=True).get(period=world.q1, edition=edition) or {}
