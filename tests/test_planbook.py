"""A plan exported to Excel and imported again is the same plan: whatever it says, and whoever saved the file in between."""

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from tasks.importing.draft import draft_of
from tasks.importing.reading import Source, read_plan
from tasks.models import Measure, Plan
from tasks.planbook import layout as at
from tasks.services.plan_imports import accept_problems, confirm_import, start_import
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory
from tests.imports import address, brought
from tests.planbooks import book_of, cell, edited, plan_facts, plans
from units.models import UnitGroup, User


def imported(data: bytes, actor: User, *, year: int | None = None) -> Plan:
    """The plan that comes of the file, everything that was to be looked at accepted."""
    record = start_import(actor=actor, data=data, name="plan.xlsx", year=year)
    keys = [row.key for row in draft_of(record).problems if row.is_open]
    accept_problems(import_id=record.pk, actor=actor, keys=keys, accepted=True)
    return confirm_import(import_id=record.pk, actor=actor)


def seen(plan: Plan) -> dict[str, Any]:
    return plan_facts(Plan.objects.get(pk=plan.pk))


def differing(old: dict[str, Any], new: dict[str, Any]) -> list[Any]:
    """What is not the same, field by field; empty where both are one plan."""
    found: list[Any] = [
        (name, len(new[name]), len(rows)) for name, rows in old.items() if len(new[name]) != len(rows)
    ]
    for name, rows in old.items():
        for before, after in zip(rows, new[name], strict=False):
            found += [
                (name, field, before[field], after[field])
                for field in before
                if before[field] != after[field]
            ]
    return found


@given(data=st.data())
@settings(
    max_examples=60,
    deadline=None,
    # To make a failing plan smaller takes minutes; `differing` names the field.
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
def test_any_plan_comes_back_as_it_was(world: World, data: st.DataObject) -> None:
    with transaction.atomic():
        last = PlanFactory(year=2023, code="2023")
        task = TaskFactory(plan=last, number=1)
        before = [MeasureFactory(task=task, number=number) for number in (3, 7)]
        units = [world.fgj, world.sthj, world.zjj, *world.streets]
        plan = data.draw(plans(units, list(UnitGroup.objects.all()), before))
        facts, code, book = plan_facts(plan), plan.code, book_of(plan)
        is_lost = data.draw(st.booleans(), label="the plan itself is gone")
        if is_lost:
            plan.delete()
        back = imported(book, world.cast.office)
        assert differing(facts, seen(back)) == []
        assert (back.code == code) is is_lost
        transaction.set_rollback(True)


@pytest.fixture
def plan_2024(db: None) -> Plan:
    call_command("loaddata", "units", "plan_2024", verbosity=0)
    return Plan.objects.get(code="2024")


@pytest.fixture
def office(plan_2024: Plan) -> User:
    return User.objects.create_user("office", name="周启明", role="office", must_change_password=False)


def test_the_plan_of_2024_comes_back_with_nothing_to_decide(plan_2024: Plan, office: User) -> None:
    record = start_import(actor=office, data=book_of(plan_2024), name="2024.xlsx")
    assert [row.problem.message for row in draft_of(record).problems if row.is_open] == []
    assert seen(confirm_import(import_id=record.pk, actor=office)) == plan_facts(plan_2024)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_it_survives_another_office_program(plan_2024: Plan, office: User, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Measure.objects.filter(plan=plan_2024, number=3).update(
        text="  =1+1\n1. 保留行首空格 _x0041_", unasked_part=""
    )
    source = tmp_path / "in" / "plan.xlsx"
    source.write_bytes(book_of(plan_2024))
    command = [
        "soffice",
        "--headless",
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--convert-to",
        "xlsx:Calc MS Excel 2007 XML",
    ]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(source)], check=True, capture_output=True, timeout=180
    )
    saved = (tmp_path / "plan.xlsx").read_bytes()
    assert saved != source.read_bytes()
    assert seen(imported(saved, office)) == plan_facts(plan_2024)


def test_the_list_alone_reads_as_anybodys_plan(plan_2024: Plan) -> None:
    """Copied into a workbook of another office's, with nothing of ours beside it."""
    source = load_workbook(BytesIO(book_of(plan_2024)))[at.LIST_SHEET]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in source.iter_rows():
        for found in row:
            if found.value is not None:
                sheet.cell(found.row or 1, found.column or 1, found.value)
    for area in source.merged_cells.ranges:
        sheet.merge_cells(str(area))
    stream = BytesIO()
    book.save(stream)
    reading = read_plan(Source(stream.getvalue()))
    assert reading.stated is None
    assert [(task.number, task.title) for task in reading.tasks] == list(
        plan_2024.tasks.order_by("number").values_list("number", "title")
    )
    assert [(row.number, row.text, row.units_text) for row in reading.measures] == list(
        plan_2024.measures.order_by("number").values_list("number", "text", "units_text")
    )
    assert [[party.printed for party in row.parties] for row in reading.measures] == [
        [party.printed for party in row.responsibilities.order_by("order")]
        for row in plan_2024.measures.order_by("number")
    ]


def test_last_years_workbook_is_a_pattern_for_this_years(plan_2024: Plan, office: User) -> None:
    """Edited in WPS and imported as 2025: settings hold, a changed deadline is read, what is new is proposed, each continues its own."""

    def edit(book: Workbook) -> None:
        for row in book[at.PLAN_SHEET].iter_rows(min_row=at.HEAD_ROW):
            if row[0].value == "年度":
                row[1].value = 2025
            if row[0].value == "计划标题":
                row[1].value = "西岗区2025年生态环境保护工作计划"
            if row[0].value == "计划代码":
                row[1].value = "2025"
        cell(book, at.LIST_SHEET, at.DEADLINE.head, 1).value = "2025年6月底前"
        sheet = book[at.LIST_SHEET]
        new = ["14", "新的目标任务", 22, "完成固废处置中心建设。", "区发改局、各街道", "2025年9月底前"]
        for column, value in zip((1, 2, 3, 4, 5, 6), new, strict=True):
            sheet.cell(sheet.max_row + (column == 1), column, value)

    measure = plan_2024.measures.get(number=13)
    assert measure.indicator
    plan = imported(edited(book_of(plan_2024), edit), office)
    assert (plan.code, plan.year, plan.measures.count()) == ("2025", 2025, 22)
    again = plan.measures.get(number=13)
    assert (again.kind, again.indicator, again.indicator_target) == (
        measure.kind,
        measure.indicator,
        measure.indicator_target,
    )
    assert again.continues == measure
    first = plan.measures.get(number=1)
    assert (first.deadline_text, str(first.deadline_to)) == ("2025年6月底前", "2025-06-30")
    added = plan.measures.get(number=22)
    assert (added.continues, added.kind_confirmed, added.assignments.count()) == (None, False, 6)


@pytest.mark.django_db(transaction=True)
def test_the_command_takes_it(tmp_path: Path) -> None:
    """As a process of its own, into a database that has the units only."""
    root = Path(__file__).resolve().parent.parent
    environment = {
        "PATH": "/usr/bin:/bin",
        "VAR_DIR": str(tmp_path),
        "DEBUG": "1",
        "SECRET_KEY": "x" * 50,
    }

    def manage(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(root / "manage.py"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)

    call_command("loaddata", "units", "plan_2024", verbosity=0)
    (tmp_path / "plan.xlsx").write_bytes(book_of(Plan.objects.get()))
    for words in (("migrate", "-v0"), ("loaddata", "units", "-v0")):
        assert manage(*words).returncode == 0
    done = manage("import_plan", str(tmp_path / "plan.xlsx"))
    assert (done.returncode, "已导入" in done.stdout + done.stderr) == (0, True), done.stderr
    shown = manage(
        "shell",
        "-c",
        "from tasks.models import Plan, Assignment; print(Plan.objects.get().code, Assignment.objects.count())",
    )
    assert shown.stdout.strip().endswith("2024 80")


def test_on_the_page_what_does_not_agree_is_shown_marked_and_mended(
    plan_2024: Plan, office: User, client: Client
) -> None:
    client.force_login(office, backend="django.contrib.auth.backends.ModelBackend")
    data = book_of(plan_2024)

    def contradict(book: Workbook) -> None:
        cell(book, at.SETTINGS_SHEET, at.KIND.head, 4).value = "长期"

    record = brought(client, edited(data, contradict), name="2024年度计划.xlsx")
    page = client.get(address(record)).content.decode()
    assert "“类型”应为有终点、常态化之一，现为“长期”" in page
    marked = client.get(address(record, "marked/"))
    book = load_workbook(BytesIO(b"".join(marked) if marked.streaming else marked.content))
    found = cell(book, at.SETTINGS_SHEET, at.KIND.head, 4)
    assert found.comment is not None
    assert "“类型”应为" in found.comment.text
    # Mended in the marked file itself, it goes in.
    found.value = "常态化"
    stream = BytesIO()
    book.save(stream)
    record = brought(client, stream.getvalue(), name="2024年度计划.xlsx")
    assert client.post(address(record, "confirm/")).status_code == 302
    record.refresh_from_db()
    assert record.plan is not None
    assert differing(plan_facts(plan_2024), seen(record.plan)) == []
