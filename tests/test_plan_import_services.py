"""Bringing a plan's document, deciding on what is doubtful in it, and importing it: all or nothing, by the office alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import IntegrityError, models

from tasks.errors import WorkflowError
from tasks.importing.choices import Choice
from tasks.importing.draft import draft_of
from tasks.importing.errors import NoPlanFound
from tasks.models import (
    Assignment,
    DeadlineKind,
    Measure,
    Plan,
    PlanImport,
    PlanSection,
    ReportingPeriod,
    Responsibility,
    Scope,
    SourceFile,
    TargetTask,
)
from tasks.services import plan_imports, plan_saving
from tasks.services.plan_imports import (
    accept_problem,
    choose,
    compare_with,
    confirm_import,
    discard_import,
    set_details,
    start_import,
)
from tests.conftest import World
from tests.plan_papers import brought, duties_of, imported, paper, parties_of
from units.models import GroupMembership, Unit, UnitAlias, UnitGroup, UnitKind

ROW = ("治理扬尘", "加强工地扬尘管控。", "区住建局、各街道", "2025年10月底前")
RIVER = ("治理河道", "持续推进河道治理。", "区发改局牵头，区住建局配合", "长期坚持")
ALL = (
    Plan,
    PlanSection,
    TargetTask,
    Measure,
    Responsibility,
    Assignment,
    ReportingPeriod,
    Unit,
    UnitGroup,
    UnitAlias,
    GroupMembership,
)


def rows(*kinds: type[models.Model]) -> dict[str, list[dict[str, Any]]]:
    """Everything in these tables, to see that nothing has changed."""
    return {kind.__name__: list(kind._default_manager.order_by("pk").values()) for kind in kinds or ALL}


def details(record: PlanImport, **changes: Any) -> dict[str, Any]:
    """What the form of the plan's own fields sends."""
    shown = draft_of(record).details
    fields = ("year", "code", "title", "issuer", "issued_on", "attachment_title")
    return {"import_id": record.pk, **{name: getattr(shown, name) for name in fields}, **changes}


# --- a plan without doubts ---------------------------------------------------------------------------


def test_a_plan_becomes_rows(world: World) -> None:
    office = world.cast.office
    plan = imported(office, ROW, RIVER)
    assert (plan.code, plan.year, plan.title) == ("2025", 2025, "西岗区2025年生态环境保护措施清单")
    # Neither the paper nor a person names who issued it: as the year before.
    assert plan.issuer == world.plan.issuer
    assert [task.title for task in plan.tasks.all()] == ["治理扬尘", "治理河道"]
    first, second = plan.measures.order_by("number")
    assert (first.text, first.units_text, first.deadline_text) == ROW[1:]
    assert (first.deadline_kind, str(first.deadline_to)) == (DeadlineKind.DATE, "2025-10-31")
    assert (second.deadline_kind, second.deadline_to) == (DeadlineKind.ONGOING, None)
    assert (first.kind, second.kind, first.kind_confirmed) == ("terminal", "ongoing", False)
    assert parties_of(plan) == [
        (1, 1, "区住建局", Scope.UNIT, world.zjj.code, None, False),
        (1, 2, "各街道", Scope.GROUP, None, "streets", False),
        (2, 1, "区发改局", Scope.UNIT, "fgj", None, False),
        (2, 2, "区住建局", Scope.UNIT, world.zjj.code, None, False),
    ]
    assert duties_of(plan) == [
        (1, "rx", 2, "support"),
        (1, "xlj", 2, "support"),
        (1, "zjj", 1, "lead"),
        (2, "fgj", 1, "lead"),
        (2, "zjj", 2, "support"),
    ]
    # 牵头 stands in the document; that the first one leads is only our convention.
    assert (first.lead_confirmed, second.lead_confirmed) == (False, True)
    periods = plan.periods.order_by("quarter")
    assert [(period.state, period.dates_default) for period in periods] == [("upcoming", True)] * 4
    record = PlanImport.objects.get(plan=plan)
    assert (record.started_by, record.imported_by) == (office, office)
    assert record.imported_at is not None
    assert bytes(record.file.content).decode() == paper(ROW, RIVER)


def test_a_second_plan_of_a_year_has_a_code_of_its_own(world: World) -> None:
    office = world.cast.office
    plans = [imported(office, ROW), imported(office, RIVER), imported(office, ROW, RIVER)]
    assert [plan.code for plan in plans] == ["2025", "2025-2", "2025-3"]
    record = brought(office, ROW, ROW)
    said = [row.problem for row in draft_of(record).problems if row.key.startswith("plan-")]
    assert len(said) == 3
    assert not any(problem.decide for problem in said)
    assert "2025年已有计划" in said[0].message


def test_what_the_change_log_sees(world: World) -> None:
    """Plan, units, groups and names are saved one by one; of measures the import itself is the record."""
    imported(
        world.cast.office,
        ("治理河道", "治理。", "市水务局、河长办、区发改委员会"),
        choices={
            "市水务局": Choice("new_unit", name="区水务局", unit_kind=UnitKind.GOVERNMENT),
            "河长办": Choice("new_group", name="河长制成员单位"),
            "区发改委员会": Choice("unit", code="fgj"),
        },
    )
    seen = set(LogEntry.objects.filter(action=LogEntry.Action.CREATE).values_list("object_repr", flat=True))
    assert {
        "西岗区2025年生态环境保护措施清单",
        "区水务局",
        "市水务局",
        "河长制成员单位",
        "河长办",
        "区发改委员会",
    } <= seen


def test_measures_cost_no_queries_of_their_own(
    world: World, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    def rows_of(count: int, year: int) -> list[tuple[str, ...]]:
        return [
            (f"任务{number // 4}", f"{year}年第{number}项：加强管控。", "区住建局、区发改局、各街道")
            for number in range(count)
        ]

    few, many = (
        brought(world.cast.office, *rows_of(8, 2025)),
        brought(world.cast.office, *rows_of(160, 2026), year=2026),
    )
    with django_assert_max_num_queries(80) as first:
        confirm_import(import_id=few.pk, actor=world.cast.office)
    with django_assert_max_num_queries(90) as second:
        confirm_import(import_id=many.pk, actor=world.cast.office)
    # SQLite takes a thousand values at most in one statement, so that its rows come in more of them.
    assert len(second) - len(first) < 20


# --- problems ----------------------------------------------------------------------------------------


def test_a_problem_is_accepted_by_a_person(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("甲", "治理一。", "区住建局"), ("乙", "治理二。", ""))
    (problem,) = draft_of(record).problems
    assert (problem.accepted, problem.must_mend, problem.is_open) == (False, False, True)
    with pytest.raises(WorkflowError, match="有 1 处问题尚待核对"):
        confirm_import(import_id=record.pk, actor=office)
    record = accept_problem(import_id=record.pk, actor=office, key=problem.key, accepted=True)
    assert draft_of(record).is_ready
    record = accept_problem(import_id=record.pk, actor=office, key=problem.key, accepted=False)
    assert not draft_of(record).is_ready
    accept_problem(import_id=record.pk, actor=office, key=problem.key, accepted=True)
    with pytest.raises(WorkflowError, match="已不存在"):
        accept_problem(import_id=record.pk, actor=office, key="nothing", accepted=True)
    # A measure that names nobody is one all the same.
    plan = confirm_import(import_id=record.pk, actor=office)
    assert plan.measures.count() == 2
    assert duties_of(plan) == [(1, "zjj", 1, "lead")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("长" * 501, "治理。", "区住建局"), "目标任务“长{20}…”超过 500 字"),
        (("甲", "治理。", "区" + "长" * 200 + "局"), "责任单位“区长{19}…”超过 200 字"),
        (("甲", "治理。", "区住建局", "长" * 501), "完成时限“长{20}…”超过 500 字"),
    ],
)
def test_what_does_not_fit_must_be_mended_in_the_document(
    world: World, row: tuple[str, ...], words: str
) -> None:
    office = world.cast.office
    record = brought(office, row)
    for name in draft_of(record).open_names:
        choose(import_id=record.pk, actor=office, printed=name.printed, choice=Choice("note"))
    record.refresh_from_db()
    (problem,) = [row for row in draft_of(record).problems if row.must_mend]
    assert re.match(words, problem.problem.message)
    with pytest.raises(WorkflowError, match="须在原文件中改正"):
        accept_problem(import_id=record.pk, actor=office, key=problem.key, accepted=True)
    with pytest.raises(WorkflowError, match="须在原文件中改正后重新上传"):
        confirm_import(import_id=record.pk, actor=office)
    assert not Plan.objects.filter(year=2025).exists()


def test_a_corrected_file_takes_over_what_was_decided(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("甲", "治理一。", "水务集团"), ("乙", "治理二。", ""))
    choose(import_id=record.pk, actor=office, printed="水务集团", choice=Choice("unit", code="fgj"))
    accept_problem(import_id=record.pk, actor=office, key=draft_of(record).problems[0].key, accepted=True)
    record.refresh_from_db()
    set_details(actor=office, **details(record, title="西岗区2025年计划"))
    # A row more above it: what was looked at is told by what stands there, not by the row's number.
    following = brought(
        office,
        ("新", "治理零。", "区住建局"),
        ("甲", "治理一。", "水务集团"),
        ("乙", "治理二。", ""),
        replaces=record.pk,
    )
    assert not PlanImport.objects.filter(pk=record.pk).exists()
    assert not SourceFile.objects.filter(pk=record.file_id).exists()
    draft = draft_of(following)
    assert draft.is_ready
    assert draft.details.title == "西岗区2025年计划"
    plan = confirm_import(import_id=following.pk, actor=office)
    with pytest.raises(WorkflowError, match="已导入"):
        brought(office, ROW, replaces=following.pk)
    assert PlanImport.objects.get().plan == plan


def test_a_file_without_a_plan_is_not_kept(world: World) -> None:
    record = brought(world.cast.office, ROW)
    for replaces in (None, record.pk):
        with pytest.raises(NoPlanFound):
            start_import(actor=world.cast.office, data="没有表格。", name="a.txt", replaces=replaces)
    assert list(PlanImport.objects.all()) == [record]
    assert SourceFile.objects.count() == 1


# --- the plan's own fields ---------------------------------------------------------------------------


def test_the_year_must_be_known(world: World) -> None:
    office = world.cast.office
    record = brought(office, ("甲", "治理。", "区住建局", "6月底前"), year=None)
    draft = draft_of(record)
    assert "未能确定计划年度，请填写年度。" in draft.blockers
    with pytest.raises(WorkflowError, match="未能确定计划年度"):
        confirm_import(import_id=record.pk, actor=office)
    for year in (1989, 2101):
        with pytest.raises(WorkflowError, match="1990 至 2100"):
            set_details(actor=office, **details(record, year=year))
    record = set_details(actor=office, **details(record, year=2027, code=""))
    draft = draft_of(record)
    assert (draft.details.year, draft.details.code, draft.is_ready) == (2027, "2027", True)
    # The year makes days of months.
    plan = confirm_import(import_id=record.pk, actor=office)
    assert str(plan.measures.get().deadline_to) == "2027-06-30"


def test_what_is_left_alone_follows_the_document(world: World) -> None:
    office = world.cast.office
    record = brought(office, ROW)
    record = set_details(actor=office, **details(record))
    assert (record.year, record.details) == (None, {})
    record = set_details(actor=office, **details(record, issuer="区生态办", code="eco-2025"))
    assert record.details == {"issuer": "区生态办", "code": "eco-2025"}
    for changes, words in (
        ({"code": "2024"}, "“2024”已被使用"),
        ({"code": "二〇二五"}, "计划代码只能用"),
        ({"title": "长" * 201}, "标题超过 200 字"),
    ):
        with pytest.raises(WorkflowError, match=words):
            set_details(actor=office, **details(record, **changes))
    plan = confirm_import(import_id=record.pk, actor=office)
    assert (plan.code, plan.issuer) == ("eco-2025", "区生态办")


# --- the same file, twice ----------------------------------------------------------------------------


def test_the_same_file_again_needs_an_explicit_yes(world: World) -> None:
    office = world.cast.office
    plan = imported(office, ROW)
    record = brought(office, ROW)
    draft = draft_of(record)
    assert [twin.plan for twin in draft.twins] == [plan]
    assert not draft.is_ready
    with pytest.raises(WorkflowError, match="尚待核对"):
        confirm_import(import_id=record.pk, actor=office)
    (said,) = [row for row in draft.problems if row.is_open]
    assert "同一文件已于" in said.problem.message
    accept_problem(import_id=record.pk, actor=office, key=said.key, accepted=True)
    assert confirm_import(import_id=record.pk, actor=office).code == "2025-2"


def test_a_double_click_imports_once(world: World) -> None:
    office = world.cast.office
    record = brought(office, ROW)
    plan = confirm_import(import_id=record.pk, actor=office)
    assert confirm_import(import_id=record.pk, actor=office) == plan
    assert Plan.objects.filter(year=2025).count() == 1
    with pytest.raises(WorkflowError, match="已由周启明导入为《西岗区2025年"):
        confirm_import(import_id=record.pk, actor=world.cast.colleague)


def test_what_is_imported_does_not_change_any_more(world: World) -> None:
    office = world.cast.office
    record = brought(office, ROW)
    confirm_import(import_id=record.pk, actor=office)
    record.refresh_from_db()
    for change in (
        lambda: set_details(actor=office, **details(record)),
        lambda: choose(import_id=record.pk, actor=office, printed="区住建局", choice=None),
        lambda: accept_problem(import_id=record.pk, actor=office, key="x", accepted=True),
        lambda: compare_with(import_id=record.pk, actor=office, plan_id=None),
        lambda: discard_import(import_id=record.pk, actor=office),
    ):
        with pytest.raises(WorkflowError, match="已导入"):
            change()
    assert draft_of(record).blockers == ("本文件已经导入。",)


def test_what_is_thrown_away_is_gone(world: World) -> None:
    office = world.cast.office
    record = brought(office, ROW)
    discard_import(import_id=record.pk, actor=world.cast.colleague)
    assert not PlanImport.objects.exists()
    assert not SourceFile.objects.exists()
    for again in (discard_import, confirm_import):
        with pytest.raises(WorkflowError, match="已被放弃"):
            again(import_id=record.pk, actor=office)


# --- who may, and what a failure leaves --------------------------------------------------------------


@pytest.mark.parametrize("who", ["reporter", "approver", "lead", "leader", "admin"])
def test_only_the_office_imports(world: World, who: str) -> None:
    actor = getattr(world.cast, who)
    record = brought(world.cast.office, ROW)
    before = rows(*ALL, PlanImport, SourceFile)
    for change in (
        lambda: start_import(actor=actor, data=paper(RIVER), name="a.txt"),
        lambda: set_details(actor=actor, **details(record, title="别的")),
        lambda: choose(import_id=record.pk, actor=actor, printed="各街道", choice=Choice("note")),
        lambda: accept_problem(import_id=record.pk, actor=actor, key="x", accepted=True),
        lambda: compare_with(import_id=record.pk, actor=actor, plan_id=world.plan.pk),
        lambda: discard_import(import_id=record.pk, actor=actor),
        lambda: confirm_import(import_id=record.pk, actor=actor),
    ):
        with pytest.raises(WorkflowError, match="只有区生态办"):
            change()
    assert rows(*ALL, PlanImport, SourceFile) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "step", ["_register_names", "_create", "_save_text", "_save_measures", "_save_duties", "touch_plan"]
)
def test_a_failure_on_the_way_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Each step is done, and then the database goes away: in a real transaction, so that it is the database that forgets."""
    office = world.cast.office
    record = brought(office, ("水", "治理。", "水务集团、河长办、区住建"))
    for printed, choice in (
        ("水务集团", Choice("new_unit", name="区水务集团", unit_kind=UnitKind.INSTITUTION)),
        ("河长办", Choice("new_group", name="河长制成员单位")),
    ):
        choose(import_id=record.pk, actor=office, printed=printed, choice=choice)
    before = rows(*ALL, PlanImport, SourceFile, LogEntry)
    module = plan_imports if step == "touch_plan" else plan_saving
    monkeypatch.setattr(module, step, _failing(getattr(module, step)))
    with pytest.raises(IntegrityError, match="gone"):
        confirm_import(import_id=record.pk, actor=office)
    assert rows(*ALL, PlanImport, SourceFile, LogEntry) == before
    monkeypatch.undo()
    confirm_import(import_id=record.pk, actor=office)
    assert Unit.objects.filter(name="区水务集团").exists()


def _failing(function: Callable[..., Any]) -> Callable[..., Any]:
    def fail(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        raise IntegrityError("gone")

    return fail


# --- looking at it -----------------------------------------------------------------------------------


def test_looking_costs_the_same_whatever_the_document_holds(
    world: World, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    few = brought(world.cast.office, ROW, ("甲", "治理。", "水务集团"))
    many = brought(
        world.cast.office,
        *[(f"任务{number}", f"第{number}项治理。", f"第{number}水务集团、各街道") for number in range(60)],
    )
    with django_assert_max_num_queries(16) as first:
        draft_of(few)
    with django_assert_max_num_queries(16) as second:
        draft_of(many)
    assert len(first) == len(second)


def test_a_task_without_a_title_must_be_mended(world: World) -> None:
    office = world.cast.office
    text = (
        "西岗区2025年计划清单\n\n序号\t目标任务\t工作措施\t责任单位\n"
        "1\t\t加强扬尘管控。\t区住建局\n2\t治理河道\t加强河道巡查。\t区住建局\n"
    )
    record = start_import(actor=office, data=text, name="a.txt")
    draft = draft_of(record)
    (row,) = [row for row in draft.problems if row.must_mend]
    assert "目标任务为空" in row.problem.message
    with pytest.raises(WorkflowError, match="须在原文件中改正"):
        confirm_import(import_id=record.pk, actor=office)
