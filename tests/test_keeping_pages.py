"""The office's keeping pages: for the office alone, every form kept on refusal, as many queries whatever there is."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tasks.desk import todo_of
from tasks.keeping import mapping_of, measure_rows, span_text
from tasks.models import (
    Assignment,
    DemandLink,
    Measure,
    PlanDemand,
    PlanSection,
    Responsibility,
    Scope,
)
from tasks.rules import Kind, PeriodState
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory, group_of, unit_party
from tests.lookups import logged, make_demand
from units.models import GroupMembership, UnitKind, User
from xigang_eco.http import INVALID

Login = Callable[[User | None], Client]


@pytest.fixture
def demand(world: World) -> PlanDemand:
    return make_demand(world)


def url(name: str, *extra: int) -> str:
    return reverse(f"tasks:{name}", args=["2024", 1, *extra])


def pages(world: World) -> dict[str, str]:
    return {
        "plan": url("plan_manage"),
        "measure": url("measure_manage", 2),
        "open party": url("measure_manage", 3),
        "demands": url("demands"),
        "groups": reverse("tasks:groups"),
        "group": reverse("tasks:group", args=[world.street_group.pk]),
    }


def posts(world: World, demand: PlanDemand) -> list[str]:
    membership = world.street_group.memberships.first()
    link = DemandLink.objects.create(demand=demand, measure=world.measures[1])
    return [
        url("thresholds"),
        url("period_state", 1),
        url("period_dates", 1),
        url("measure_manage", 2),
        url("measure_kind", 2),
        url("measure_lead", 2),
        url("settle_party", 3, 1),
        url("duty_quarters", 2, world.terminal.pk),
        url("demand_confirm"),
        url("demand_link", demand.pk),
        url("demand_unlink", link.pk),
        reverse("tasks:group_confirm", args=[world.street_group.pk]),
        reverse("tasks:member_add", args=[world.street_group.pk]),
        reverse("tasks:member_end", args=[membership.pk]),
        reverse("tasks:member_remove", args=[membership.pk]),
    ]


@pytest.mark.parametrize("role", ["reporter", "approver", "other", "leader", "admin"])
def test_the_keeping_pages_are_the_offices(world: World, demand: PlanDemand, login: Login, role: str) -> None:
    client = login(getattr(world.cast, role))
    assert {client.get(page).status_code for page in pages(world).values()} == {403}
    assert {client.post(page).status_code for page in posts(world, demand)} == {403}


def test_every_page_opens_for_the_office_and_no_get_writes(
    world: World, demand: PlanDemand, login: Login
) -> None:
    client = login(world.cast.office)
    assert {name: client.get(page).status_code for name, page in pages(world).items()} == dict.fromkeys(
        pages(world), 200
    )
    statuses = {client.get(page).status_code for page in posts(world, demand)}
    assert statuses == {200, 405}


def test_all_plans_are_listed_for_everybody_the_latest_year_first(world: World, login: Login) -> None:
    PlanFactory(code="2025", year=2025, title="西岗区2025年计划", sample="demo")
    for person in (world.cast.reporter, world.cast.leader, world.cast.admin, world.cast.office):
        page = login(person).get(reverse("tasks:plans"))
        text = page.content.decode()
        assert page.status_code == 200
        listed = text[text.index("<table") :]
        assert listed.index("西岗区2025年计划") < listed.index(world.plan.title)
        assert "示例数据" in text
        assert reverse("reports:overview", args=["2024", 1]) in text


@pytest.mark.parametrize("wanted", ["0", "99", "x", "1" * 400])
def test_a_page_number_that_is_none_shows_a_page(world: World, login: Login, wanted: str) -> None:
    assert login(world.cast.leader).get(reverse("tasks:plans"), {"page": wanted}).status_code == 200


def test_what_is_not_there_is_404(world: World, demand: PlanDemand, login: Login) -> None:
    client, huge = login(world.cast.office), 10**30
    other = MeasureFactory(task=TaskFactory(plan=PlanFactory(code="2031", year=2031)))
    duty = unit_party(other, world.fgj)
    for number in (9, huge):
        assert client.get(url("measure_manage", number)).status_code == 404
        assert client.get(reverse("tasks:group", args=[number])).status_code == 404
        assert client.post(url("measure_kind", number)).status_code == 404
        assert client.post(url("measure_lead", number)).status_code == 404
        assert client.post(url("settle_party", 3, number)).status_code == 404
        assert client.post(url("duty_quarters", 2, number)).status_code == 404
        assert client.post(url("demand_link", number)).status_code == 404
        assert client.post(reverse("tasks:member_end", args=[number])).status_code == 404
    # A printed single unit has nothing to settle; another plan's rows are not this page's.
    assert client.post(url("settle_party", 1, 1)).status_code == 404
    assert client.post(url("duty_quarters", 2, duty.pk)).status_code == 404
    assert client.post(url("duty_quarters", 2, world.support.pk)).status_code == 404
    assert (
        client.post(reverse("tasks:demand_link", args=["2031", 1, demand.pk]), {"number": 1}).status_code
        == 404
    )


def test_thresholds_on_the_page(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("thresholds"), {"yellow_from": "15", "red_from": "40"})
    assert answer["Location"] == url("plan_manage") + "#top"
    world.plan.refresh_from_db()
    assert (world.plan.yellow_from, world.plan.red_from) == (15, 40)
    for yellow, red, message in (
        ("40", "10", "黄灯起点不能大于红灯起点"),
        ("101", "102", "小于或等于"),
        ("NaN", "30", "输入整数"),
        ("", "30", "必填"),
        ("9" * 5000, "30", "输入整数"),
        ("1\0", "30", "输入整数"),
    ):
        answer = client.post(url("thresholds"), {"yellow_from": yellow, "red_from": red})
        assert answer.status_code == INVALID, yellow[:10]
        assert message in answer.content.decode(), yellow[:10]


MEASURE_FORM = {
    "kind": "terminal",
    "kind_confirmed": "on",
    "expected_q1": "10",
    "expected_q2": "",
    "expected_q3": "",
    "expected_q4": "",
    "indicator": "安全利用率",
    "indicator_unit": "%",
    "indicator_target": "99.5",
}


def test_a_measure_on_its_page(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("measure_manage", 1), MEASURE_FORM)
    assert answer["Location"] == url("measure_manage", 1) + "#top"
    measure = Measure.objects.get(pk=world.measures[0].pk)
    assert (measure.kind, measure.expected_q1, measure.indicator_target) == ("terminal", 10, Decimal("99.50"))
    assert 'value="99.5"' in client.get(url("measure_manage", 1)).content.decode()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "both"}, "选择一个有效的选项"),
        ({"kind": ""}, "必填"),
        ({"expected_q1": "60"}, "逐季不减"),
        ({"expected_q1": "101"}, "小于或等于"),
        ({"expected_q2": "Infinity"}, "输入整数"),
        ({"indicator": "标" * 81}, "80"),
        ({"indicator": "a\0b"}, "空字符"),
        ({"indicator": "", "indicator_unit": "%"}, "请同时填写指标名称"),
        ({"indicator_target": "NaN"}, "输入一个数字"),
        ({"indicator_target": "1e40"}, "位"),
        ({"indicator_target": "1.234"}, "位"),
    ],
)
def test_a_measure_that_cannot_be_comes_back_as_typed(
    world: World, login: Login, change: dict[str, str], message: str
) -> None:
    answer = login(world.cast.office).post(url("measure_manage", 1), MEASURE_FORM | change)
    page = answer.content.decode()
    assert answer.status_code == INVALID
    assert message in page
    assert 'value="99.5"' in page or "indicator_target" in change
    assert Measure.objects.get(pk=world.measures[0].pk).kind == Kind.ONGOING


def test_kind_and_lead_are_confirmed_with_one_click_in_the_table(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("measure_kind", 2), {"kind": "terminal"})
    assert answer["Location"] == url("plan_manage") + "#m2"
    answer = client.post(url("measure_lead", 2), {"lead": str(world.terminal.pk), "next": "table"})
    assert answer["Location"] == url("plan_manage") + "#m2"
    measure = Measure.objects.get(pk=world.measures[1].pk)
    assert measure.kind_confirmed
    assert measure.lead_confirmed
    # What was changed meanwhile is not confirmed unseen.
    answer = client.post(url("measure_kind", 2), {"kind": "ongoing"}, follow=True)
    assert "刚刚已改为" in answer.content.decode()
    answer = client.post(url("measure_lead", 2), {"lead": "999999", "next": "table"}, follow=True)
    assert "刚刚有变化" in answer.content.decode()


def test_the_lead_on_the_measures_page(world: World, login: Login) -> None:
    client = login(world.cast.office)
    answer = client.post(url("measure_lead", 2), {"lead": "none"})
    assert answer["Location"] == url("measure_manage", 2) + "#top"
    assert not world.measures[1].assignments.filter(role="lead").exists()
    assert Measure.objects.get(pk=world.measures[1].pk).lead_confirmed
    for lead in ("", str(world.street_duties[0].pk), str(world.lead.pk), "x\0"):
        answer = client.post(url("measure_lead", 2), {"lead": lead})
        assert answer.status_code == INVALID
    assert "请从列出的单位中选择" in answer.content.decode()


def test_an_open_party_is_settled_and_reopened_on_the_page(world: World, login: Login) -> None:
    client = login(world.cast.office)
    text = client.get(url("measure_manage", 3)).content.decode()
    # Units in official order: by kind, then by their place in it.
    assert text.index(">政府部门<") < text.index(">派驻分局<") < text.index(">街道<")
    values = {"units": [world.fgj.pk, world.zjj.pk], "first_quarter": "2"}
    answer = client.post(url("settle_party", 3, 1), values, follow=True)
    assert "已确认，落实到 2 个单位" in answer.content.decode()
    party = world.measures[2].responsibilities.get()
    assert not party.is_open
    assert {row.span for row in party.assignments.all()} == {(2, 4)}
    answer = client.post(url("settle_party", 3, 1), {"action": "reopen"}, follow=True)
    assert "已恢复为待确认" in answer.content.decode()
    party.refresh_from_db()
    assert party.is_open


def test_a_closed_quarter_says_what_choosing_it_means(world: World, login: Login) -> None:
    client = login(world.cast.office)
    assert "已截止，随即记为未报" not in client.get(url("measure_manage", 3)).content.decode()
    world.plan.periods.filter(quarter=1).update(state=PeriodState.CLOSED)
    assert "第一季度起（已截止，随即记为未报）" in client.get(url("measure_manage", 3)).content.decode()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"units": [], "first_quarter": "1"}, "至少选择一个单位"),
        ({"units": ["999999"], "first_quarter": "1"}, "不在列表中"),
        ({"units": ["x"], "first_quarter": "1"}, "不在列表中"),
        ({"units": ["1" * 400], "first_quarter": "1"}, "不在列表中"),
        ({"units": ["ok"], "first_quarter": "5"}, "请从列出的季度中选择"),
        ({"units": ["ok"], "first_quarter": ""}, "必填"),
    ],
)
def test_a_party_that_cannot_be_settled_so_comes_back_as_ticked(
    world: World, login: Login, values: dict[str, Any], message: str
) -> None:
    values = values | {"units": [world.zjj.pk if pk == "ok" else pk for pk in values["units"]]}
    answer = login(world.cast.office).post(url("settle_party", 3, 1), values)
    page = answer.content.decode()
    assert answer.status_code == INVALID
    assert message in page
    if world.zjj.pk in values["units"]:
        assert f'value="{world.zjj.pk}"' in page
        assert "checked" in page.split(f'value="{world.zjj.pk}"')[1].split(">")[0]
    assert world.measures[2].responsibilities.get().is_open


def test_surprises_of_settling_are_told(world: World, login: Login) -> None:
    client, measure = login(world.cast.office), world.measures[1]
    note = Responsibility.objects.create(
        measure=measure, order=3, printed="等成员单位按照职责分工负责", scope=Scope.NOTE
    )
    values = {"units": [world.fgj.pk, world.zjj.pk], "first_quarter": "1"}
    answer = client.post(url("settle_party", 2, 3), values, follow=True)
    page = answer.content.decode()
    assert "落实到 1 个单位" in page
    assert "区发改局已由本措施其他责任主体列名" in page
    world.file(note.assignments.get())
    values["units"] = [world.sthj.pk]
    page = client.post(url("settle_party", 2, 3), values, follow=True).content.decode()
    assert "区住建局已有填报或已列入通报" in page
    page = client.post(url("settle_party", 2, 3), {"action": "reopen"}, follow=True).content.decode()
    assert "已在该责任主体下填报" in page


def test_only_members_are_offered_for_a_part_of_a_known_group(world: World, login: Login) -> None:
    Responsibility.objects.create(
        measure=world.measures[2],
        order=2,
        printed="相关街道办事处",
        scope=Scope.SUBSET,
        group=world.street_group,
        is_open=True,
    )
    client = login(world.cast.office)
    answer = client.post(url("settle_party", 3, 2), {"units": [world.zjj.pk], "first_quarter": "1"})
    assert answer.status_code == INVALID
    answer = client.post(url("settle_party", 3, 2), {"units": [world.streets[1].pk], "first_quarter": "1"})
    assert answer.status_code == 302


def test_a_whole_group_is_confirmed_once_it_has_members(world: World, login: Login) -> None:
    group = group_of("领导小组", "leading", [])
    party = Responsibility.objects.create(
        measure=world.measures[2], order=2, printed="各成员单位", scope=Scope.GROUP, group=group, is_open=True
    )
    client = login(world.cast.office)
    assert "还没有登记 2024 年的成员" in client.get(url("measure_manage", 3)).content.decode()
    answer = client.post(url("settle_party", 3, 2), {"first_quarter": "1"})
    assert answer.status_code == INVALID
    GroupMembership.objects.create(group=group, unit=world.fgj)
    client.post(url("settle_party", 3, 2), {"first_quarter": "1"})
    assert [row.unit for row in party.assignments.all()] == [world.fgj]


def test_where_all_quarters_are_issued_nothing_can_be_settled(world: World, login: Login) -> None:
    world.plan.periods.update(state=PeriodState.ISSUED)
    client = login(world.cast.office)
    assert client.get(url("measure_manage", 3)).status_code == 200
    answer = client.post(url("settle_party", 3, 1), {"units": [world.fgj.pk], "first_quarter": "1"})
    assert answer.status_code == INVALID
    assert not world.measures[2].assignments.exists()


def test_the_quarters_of_a_duty_on_the_page(world: World, login: Login) -> None:
    client = login(world.cast.office)
    address = url("duty_quarters", 1, world.support.pk)
    answer = client.post(address, {"first_quarter": "1", "last_quarter": "2"})
    assert answer["Location"] == url("measure_manage", 1) + "#top"
    world.support.refresh_from_db()
    assert world.support.span == (1, 2)
    for values, message in (
        ({"first_quarter": "3", "last_quarter": "2"}, "终止季度不能早于起始季度"),
        ({"first_quarter": "0", "last_quarter": "2"}, "请从列出的季度中选择"),
        ({"first_quarter": "1"}, "必填"),
    ):
        answer = client.post(address, values)
        assert answer.status_code == INVALID
        assert message in answer.content.decode()


def test_text_and_list_are_held_against_each_other(world: World, demand: PlanDemand, login: Login) -> None:
    client = login(world.cast.office)
    mapping = mapping_of(world.plan)
    assert (mapping.uncovered, len(mapping.unasked)) == ((demand,), 3)
    answer = client.post(url("demand_link", demand.pk), {"number": "2"})
    assert answer["Location"] == f"{url('demands')}#d{demand.pk}"
    mapping = mapping_of(world.plan)
    assert mapping.uncovered == ()
    assert [measure.number for measure in mapping.unasked] == [1, 3]
    Measure.objects.filter(pk=world.measures[1].pk).update(unasked_part="管网改造")
    assert [measure.number for measure in mapping_of(world.plan).partly] == [2]
    assert "（部分）管网改造" in client.get(url("demands")).content.decode()
    proposed = DemandLink.objects.create(demand=demand, measure=world.measures[0])
    assert "1 条对应关系待核实" in client.get(url("demands")).content.decode()
    client.post(url("demand_confirm"), {"link": [str(proposed.pk), "x", "1" * 50]})
    proposed.refresh_from_db()
    assert proposed.confirmed
    client.post(url("demand_unlink", proposed.pk))
    assert (
        "该对应关系已被移除" in client.post(url("demand_unlink", proposed.pk), follow=True).content.decode()
    )


@pytest.mark.parametrize("number", ["", "99", "x", "1" * 5000, "２\0", "-1"])
def test_a_measure_that_is_none_comes_back_as_typed(
    world: World, demand: PlanDemand, login: Login, number: str
) -> None:
    answer = login(world.cast.office).post(url("demand_link", demand.pk), {"number": number})
    assert answer.status_code == INVALID
    assert not DemandLink.objects.exists()


def test_the_log_names_who_changed_what(world: World, login: Login) -> None:
    login(world.cast.office).post(url("thresholds"), {"yellow_from": "15", "red_from": "40"})
    entry = LogEntry.objects.get_for_object(world.plan).latest("pk")
    assert entry.actor == world.cast.office
    assert logged(world.plan)["yellow_from"] == ["10", "15"]


def test_what_waits_for_the_offices_word(world: World, demand: PlanDemand) -> None:
    DemandLink.objects.create(demand=demand, measure=world.measures[0])
    todo = todo_of(world.plan)
    assert [party.measure.number for party in todo.parties] == [3]
    # Measure 1's lead is confirmed, measure 3 has none to confirm.
    assert (todo.leads, todo.kinds, todo.links) == (1, 3, 1)
    assert todo.units == world.plan.measures.count() + 2
    assert not todo.is_empty


def test_a_duty_that_was_ended_is_not_counted(world: World) -> None:
    before = {row.measure.number: row.units for row in measure_rows(world.plan)}
    Assignment.objects.filter(pk=world.support.pk).update(last_quarter=0)
    after = {row.measure.number: row.units for row in measure_rows(world.plan)}
    assert after == before | {1: before[1] - 1}


def test_measures_show_their_own_pace_only_where_they_have_one(world: World) -> None:
    Measure.objects.filter(pk=world.measures[0].pk).update(expected_q2=60)
    rows = measure_rows(world.plan)
    assert [row.expected for row in rows] == ["25 / 60 / 75 / 100", "", ""]
    assert [row.open_parties for row in rows] == [0, 0, 1]
    assert [row.lead.unit.code if row.lead else None for row in rows] == ["sthj", "fgj", None]
    assert [row.units for row in rows] == [2, 3, 0]


@pytest.mark.parametrize(
    ("span", "text"),
    [
        ((1, 4), "全年"),
        ((2, 4), "第二季度起"),
        ((1, 3), "至第三季度"),
        ((2, 3), "第二至第三季度"),
        ((3, 3), "仅第三季度"),
        ((1, 0), "不再承担"),
    ],
)
def test_a_span_in_words(span: tuple[int, int], text: str) -> None:
    assert span_text(span) == text


def test_as_many_queries_for_sixty_measures_as_for_three(
    world: World, demand: PlanDemand, login: Login
) -> None:
    client = login(world.cast.office)
    addresses = [*pages(world).values(), reverse("tasks:plans"), url("measure_manage", 1)]

    def counts() -> list[int]:
        numbers = []
        for address in addresses:
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(address).status_code == 200
            numbers.append(len(queries))
        return numbers

    before = counts()
    for number in range(4, 61):
        measure = MeasureFactory(task=world.tasks[0], number=number)
        unit_party(measure, world.fgj, lead=True)
        party = Responsibility.objects.create(
            measure=measure, order=2, printed="各街道", scope=Scope.GROUP, group=world.street_group
        )
        for street in world.streets:
            Assignment.objects.create(measure=measure, unit=street, responsibility=party)
        section = PlanSection.objects.create(
            plan=world.plan, order=number, number="（一）", heading="一节", level=2
        )
        row = PlanDemand.objects.create(section=section, order=1, text="一项要求。")
        DemandLink.objects.create(demand=row, measure=measure)
    for number in range(20):
        street = UnitFactory(kind=UnitKind.STREET)
        GroupMembership.objects.create(group=world.street_group, unit=street)
        Assignment.objects.create(
            measure=world.measures[1], unit=street, responsibility=world.street_duties[0].responsibility
        )
        PlanFactory(code=f"19{number + 10}", year=1910 + number)
        Responsibility.objects.create(
            measure=world.measures[1],
            order=10 + number,
            printed=f"第{number}组",
            scope=Scope.GROUP,
            group=group_of(f"第{number}组", f"g{number}", [street]),
            is_open=number % 2 == 0,
        )
    assert counts() == before
