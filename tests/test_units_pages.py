"""The pages of tasks and units: lists, one of each, who reads the contact and who may open a filing from there."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from reports.figures import plan_figures
from reports.frozen import to_json
from reports.models import Bulletin
from tasks.models import Assignment, Plan, ProgressUpdate, ReportingPeriod
from tasks.rules import PeriodState, Progress, Status
from tasks.services.common import touch_plan
from tests.conftest import Cast, World
from tests.factories import PlanFactory, open_quarter
from tests.test_figures import put
from tests.test_overview import SECRET, UPDATE_LINK, Login, cost, page, populated, text_of
from units.models import Unit


def url(name: str, *args: Any, quarter: int = 1, plan: str = "2024") -> str:
    return reverse(f"reports:{name}", args=[plan, quarter, *args])


def rows(html: str, table: str) -> list[str]:
    """The rows of the table of that name, as text."""
    body = re.search(rf'aria-label="{table}">.*?<tbody>(.*?)</tbody>', html, re.S)
    assert body
    return [text_of(row).strip() for row in re.findall(r"<tr.*?</tr>", body[1], re.S)]


@pytest.fixture
def filed(world: World) -> dict[str, ProgressUpdate]:
    result = {
        "approved": world.approve(world.file(world.support, progress_text=SECRET)),
        "submitted": world.file(world.lead, progress_text=SECRET),
        "terminal": world.approve(world.file(world.terminal, progress_text=SECRET, percent=40)),
        "draft": put(world.street_duties[0], 1, 77, status=Status.DRAFT, progress_text=SECRET),
    }
    touch_plan(world.plan.pk)
    return result


PAGES = [("tasks",), ("task", 1), ("units",), ("unit", "fgj")]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", ["reporter", "other", "lead", "office", "leader", "admin"])
def test_everybody_reads_them_and_no_text_leaks(
    cast: Cast, filed: Any, login: Login, address: tuple[Any, ...], role: str
) -> None:
    html = page(login, getattr(cast, role), url(*address))
    assert SECRET not in html
    assert "77" not in text_of(html)
    assert login(None).get(url(*address)).status_code == 302
    assert login(getattr(cast, role)).post(url(*address)).status_code == 405


@pytest.mark.parametrize(
    ("role", "opens"),
    [
        ("office", {"approved", "submitted", "terminal"}),
        ("leader", {"approved", "terminal"}),
        ("reporter", {"approved", "terminal"}),
        ("lead", {"approved", "submitted"}),
        ("other", set()),
    ],
)
def test_a_task_links_only_what_may_be_read(
    cast: Cast, filed: dict[str, ProgressUpdate], login: Login, role: str, opens: set[str]
) -> None:
    html = page(login, getattr(cast, role), url("task", 1))
    assert {int(pk) for pk in UPDATE_LINK.findall(html)} == {filed[name].pk for name in opens}
    own = {filed[name].pk for name in opens & {"approved", "terminal"}}
    html = page(login, getattr(cast, role), url("unit", "fgj"))
    assert {int(pk) for pk in UPDATE_LINK.findall(html)} == own


@pytest.mark.parametrize("address", [("task", 99), ("unit", "nobody"), ("unit", "FGJ"), ("task", 1)], ids=str)
def test_what_does_not_exist(world: World, login: Login, address: tuple[Any, ...]) -> None:
    plan = "2099" if address == ("task", 1) else "2024"
    assert login(world.cast.leader).get(url(*address, plan=plan)).status_code == 404


# --- tasks ------------------------------------------------------------------------------------------


def test_the_list_of_tasks(world: World, filed: Any, login: Login) -> None:
    html = page(login, world.cast.leader, url("tasks"))
    assert rows(html, "目标任务进展") == [
        "1 深入实施碳达峰行动 16.3% 25% — 按序时推进 2 0 3/5",
        "2 推动督察整改 — 25% — 待确认 1 0 —",
    ]
    assert f'href="{url("measures")}?task=1&amp;filing=missing"' in html


def test_a_task_with_its_measures_and_parties(world: World, filed: Any, login: Login) -> None:
    """Of ongoing measures no percent is printed, only the status; a group stands with its own light."""
    html = page(login, world.cast.leader, url("task", 1))
    assert rows(html, "措施 1 的责任单位") == [
        "生态环境分局 生态环境分局 牵头 — 部分完成 待审核",
        "区发改局 区发改局 配合 按序时推进 按序时推进 通过",
    ]
    assert rows(html, "措施 2 的责任单位") == [
        "区发改局 区发改局 牵头 （待核实） 40% 按序时推进 通过",
        "各街道 未到期 香炉礁街道 配合 0% 未到期 未报",
        "日新街道 配合 0% 未到期 未报",
    ]
    text = text_of(html)
    assert "常态化 部分完成 序时 25% 已报 2/2" in text
    assert "20% 按序时推进 序时 25% 已报 1/3" in text
    assert f'href="{url("task", 2)}"' in html
    text = text_of(page(login, world.cast.leader, url("task", 2)))
    assert "待区生态办确认，暂不要求填报" in text
    assert "下一项" not in text


def test_until_this_quarter_is_approved_the_last_figure_counts_and_says_so(
    world: World, login: Login
) -> None:
    put(world.terminal, 1, 30)
    put(world.terminal, 2, 60, status=Status.SUBMITTED)
    put(world.support, 1, state=Progress.PARTIAL)
    open_quarter(world.plan, 2)
    touch_plan(world.plan.pk)
    html = page(login, world.cast.leader, url("unit", "fgj", quarter=2))
    first, second = rows(html, "承担的工作措施")
    assert first.endswith("配合 部分完成 部分完成 （上次通过） 未到期 未报")
    assert second.endswith("牵头 （待核实） 按序时推进 30% （上次通过） 部分完成 待审核")


# --- units ------------------------------------------------------------------------------------------


def test_the_list_of_units(world: World, filed: Any, login: Login) -> None:
    html = page(login, world.cast.leader, url("units"))
    assert rows(html, "责任单位填报与进展") == [
        "区发改局 政府部门 32.5% 25% — 按序时推进 2/2 2 0 0 0",
        "生态环境分局 派驻分局 0% 25% — 部分完成 1/1 0 1 0 0",
        "香炉礁街道 街道 0% 25% — 未到期 0/1 0 0 1 0",
        "日新街道 街道 0% 25% — 未到期 0/1 0 0 1 0",
    ]
    assert f'href="{url("measures")}?unit=rx&amp;filing=missing"' in html
    assert "维护单位" not in html
    assert "维护单位" in page(login, world.cast.office, url("units"))


def test_the_contact_is_for_the_office(world: World, login: Login) -> None:
    Unit.objects.filter(code="fgj").update(contact="王敏 0411-83630000")
    for role in ("reporter", "other", "leader", "admin"):
        assert "0411-83630000" not in page(login, getattr(world.cast, role), url("unit", "fgj"))
    assert "0411-83630000" in page(login, world.cast.office, url("unit", "fgj"))


def test_the_way_to_the_workbench_is_the_units_own(world: World, login: Login) -> None:
    assert "去工作台填报" in page(login, world.cast.reporter, url("unit", "fgj"))
    assert "去工作台填报" not in page(login, world.cast.other, url("unit", "fgj"))
    assert "去工作台填报" not in page(login, world.cast.office, url("unit", "fgj"))


def test_a_unit_across_the_quarters(world: World, login: Login) -> None:
    Assignment.objects.filter(pk=world.support.pk).update(first_quarter=2)
    put(world.terminal, 1, 20)
    put(world.terminal, 2, 60, is_late=True)
    put(world.support, 2, state=Progress.ON_SCHEDULE)
    open_quarter(world.plan, 2)
    touch_plan(world.plan.pk)
    html = page(login, world.cast.leader, url("unit", "fgj", quarter=2))
    assert rows(html, "各季度情况") == [
        "第一季度 20% 25% — 按序时推进 1/1 0",
        "第二季度 55% 50% +35 按序时推进 2/2 1",
    ]
    # No duty in the first quarter: a dash there.
    assert "配合 — 按序时推进" in rows(html, "承担的工作措施")[0]
    Assignment.objects.filter(unit=world.fgj).update(first_quarter=2)
    touch_plan(world.plan.pk)
    html = page(login, world.cast.leader, url("unit", "fgj", quarter=2))
    assert rows(html, "各季度情况")[0] == "第一季度 没有承担的工作措施"


def test_a_unit_without_duties_says_so(world: World, login: Login) -> None:
    text = text_of(page(login, world.cast.leader, url("unit", "zjj")))
    assert "该单位在2024年第一季度没有承担的工作措施" in text
    assert "区住建局" in text


def test_an_issued_quarter_calls_a_unit_as_it_was_called(world: World, filed: Any, login: Login) -> None:
    data = {"figures": to_json(plan_figures(world.plan, world.q1, timezone.now(), issuing=True))}
    Bulletin.objects.create(period=world.q1, status="issued", title="通报", data=data)
    ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=PeriodState.ISSUED, closed_at=timezone.now())
    world.fgj.name = "区发展和改革局"
    world.fgj.save()
    Assignment.objects.filter(pk=world.terminal.pk).update(unit=world.zjj)
    touch_plan(world.plan.pk)
    html = page(login, world.cast.leader, url("unit", "fgj"))
    assert "<h1>区发改局</h1>" in html
    assert len(rows(html, "承担的工作措施")) == 2
    # The filing behind it has another unit now: 区发改局 may not open it any more, whatever the frozen figures say.
    assert UPDATE_LINK.findall(page(login, world.cast.reporter, url("unit", "fgj"))) == [
        str(filed["approved"].pk)
    ]


@pytest.mark.parametrize("name", ["tasks", "task", "units", "unit"])
def test_the_same_queries_for_few_and_for_many(world: World, login: Login, name: str) -> None:
    client = login(world.cast.leader)

    def address(plan: Plan) -> str:
        unit = Unit.objects.filter(assignments__measure__plan=plan).first()
        assert unit is not None
        args = {"task": [1], "unit": [unit.code]}.get(name, [])
        return url(name, *args, quarter=2, plan=plan.code)

    few = cost(client, address(populated(1, 3)))
    # Session, user, quarter, units' stamp, plans, quarters; for one of them what may be read, for a task also its categories and
    # deadlines, for a unit its names.
    assert few[1] == {"tasks": 6, "task": 8, "units": 6, "unit": 9}[name]
    big = populated(10, 30)
    for _ in range(50):
        PlanFactory()
    assert cost(client, address(big)) == few
