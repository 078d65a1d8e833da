"""A plan that came in as a Word file is worked with as any other: opened, filed on, reviewed, looked at and issued."""

from collections.abc import Callable
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from reports.figures import plan_figures
from reports.services.issuing import issue_bulletin
from tasks.models import Assignment, Plan, PlanImport, ProgressUpdate
from tasks.rules import Light, PeriodState, Status
from tasks.services.review import approve_update
from tests.archive_parts import quick_files
from tests.conftest import World
from tests.importing.builders import UP, word
from tests.test_filing_form import typed
from units.models import User

Login = Callable[[User | None], Client]
TITLE = "西岗区2025年生态环境保护工作计划"
GRID = [
    ["序号", "类别", "目标任务", "工作措施", "责任单位", "完成时限", "备注"],
    ["1", "大气", "治理扬尘", "持续加强工地扬尘管控。", "区发改局、各街道", "长期坚持", "重点"],
    [
        "2",
        UP,
        UP,
        "完成扬尘在线监测平台建设。",
        "牵头单位：生态环境分局\n配合单位：区住建局",
        "2025年10月底前",
        "",
    ],
    ["3", "水", "治理河道", "开展河道巡查。", "", "全年", ""],
    ["4", UP, UP, "落实督察整改。", "领导小组成员单位", "12月底前", ""],
]


@pytest.fixture
def plan(world: World, office: Client) -> Plan:
    """Brought, looked at and confirmed in the browser, the measure that names nobody accepted."""
    data = word(TITLE, "2025年，坚持精准治污。", "一、总体要求", "加强生态环境保护。", GRID)
    document = SimpleUploadedFile("2025年计划.docx", data)
    page = office.post(reverse("tasks:imports"), {"file": document})
    record = PlanImport.objects.get()
    address = reverse("tasks:plan_import", args=[record.pk])
    assert page.headers["Location"].startswith(address)
    for row in office.get(address).context["page"].draft.problems:
        if row.is_open:
            office.post(reverse("tasks:import_accept", args=[record.pk]), {"key": row.key, "accepted": "1"})
    office.post(reverse("tasks:import_confirm", args=[record.pk]))
    record.refresh_from_db()
    assert record.plan is not None
    return record.plan


def test_the_application_works_on_an_imported_plan(
    world: World, office: Client, login: Login, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = plan.periods.get(quarter=1)
    office.post(reverse("tasks:period_state", args=["2025", 1, 1]), {"action": "open"})
    period.refresh_from_db()
    assert period.state == PeriodState.OPEN

    duty = Assignment.objects.get(measure__plan=plan, unit=world.fgj)
    reporter = login(world.cast.reporter)
    assert reporter.get(reverse("tasks:workbench", args=["2025", 1])).status_code == 200
    filing = reverse("tasks:filing", args=[duty.pk, period.pk])
    assert "持续加强工地扬尘管控。" in reporter.get(filing).content.decode()
    reporter.post(filing, typed(world.cast.reporter, overall_text="总体正常。", action="submit"))
    update = ProgressUpdate.objects.get(assignment=duty)
    assert update.status == Status.SUBMITTED
    approve_update(update_id=update.pk, actor=world.cast.colleague, version=update.version)

    for name in ("overview", "measures", "tasks", "units", "text", "unit", "task", "measure"):
        for number in (1, 2, 3, 4):
            extra = {"unit": ["fgj"], "task": [1 + (number > 2)], "measure": [number]}.get(name, [])
            for client in (office, reporter, login(world.cast.leader)):
                page = client.get(reverse(f"reports:{name}", args=["2025", 1, *extra]))
                assert page.status_code == 200, (name, number)
    for name in ("plan_manage", "demands"):
        assert office.get(reverse(f"tasks:{name}", args=["2025", 1])).status_code == 200
    for number in (1, 2, 3, 4):
        assert office.get(reverse("tasks:measure_manage", args=["2025", 1, number])).status_code == 200
    assert office.get(reverse("tasks:desk", args=["2025", 1])).status_code == 200

    book = office.get(reverse("reports:ledger", args=["2025", 1]))
    cells = [
        str(cell)
        for sheet in load_workbook(
            BytesIO(b"".join(book.streaming_content) if book.streaming else book.content)
        )
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell
    ]
    assert any("开展检查12次。" in cell for cell in cells)
    assert any("持续加强工地扬尘管控。" in cell for cell in cells)
    quick_files(monkeypatch)
    bulletin = issue_bulletin(period_id=period.pk, actor=world.cast.office)
    assert bulletin.is_issued
    for name in ("overview", "measures", "bulletin"):
        assert office.get(reverse(f"reports:{name}", args=["2025", 1])).status_code == 200
    # The other plan is as it was.
    assert reporter.get(reverse("reports:overview", args=["2024", 1])).status_code == 200


def test_measures_without_any_unit_have_no_figure_and_break_none(
    world: World, office: Client, plan: Plan
) -> None:
    period = plan.periods.get(quarter=1)
    figures = plan_figures(plan, period, timezone.now())
    nobody = next(measure for measure in figures.measures if measure.number == 3)
    assert (nobody.figure.percent, nobody.figure.light, nobody.parties) == (None, Light.GREY, ())
    assert figures.figure.percent == 0
