"""措施清单: every condition and every order, conditions that do not exist, and what it costs."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.figures_types import PlanFigures
from reports.measurelist import MeasureList
from reports.reading import figures_for
from reports.tables import MeasureTable, measure_rows
from tasks.deadlines import dues_of
from tasks.models import Assignment, AssignmentRole, Measure, Responsibility, Scope
from tasks.rules import Filing, Light, Progress
from tasks.services.plans import confirm_lead
from tasks.services.review import Correction, return_update
from tests.conftest import World
from tests.deadlines import set_deadlines
from tests.factories import PlanFactory
from units.models import Unit


def address(world: World, query: str = "") -> str:
    return reverse("reports:measures", args=["2024", 1]) + (f"?{query}" if query else "")


def figures_of(world: World) -> PlanFigures:
    world.q1.plan.refresh_from_db()
    return figures_for(world.q1, timezone.now())


def shown(client: Client, world: World, query: str = "") -> list[int]:
    """The numbers of the measures that the page lists, in order."""
    response = client.get(address(world, query))
    assert response.status_code == 200, query
    return [row.number for row in response.context["listed"].page_rows]


@pytest.fixture
def busy(world: World) -> World:
    """Measure 1: the lead approved, the support returned and late; measure 2: submitted by 区发改局, streets missing."""
    world.approve(world.file(world.lead, self_status=Progress.PARTIAL, problems="慢。"))
    world.q1.due_on = timezone.localdate() - timezone.timedelta(days=1)
    world.q1.opens_on = world.q1.due_on
    world.q1.save()
    late = world.file(world.support)
    return_update(update_id=late.pk, actor=world.cast.office, version=late.version, reason="请补充。")
    world.file(world.terminal, percent=30)
    return world


def add_measures(world: World, count: int) -> None:
    """More measures, each answered for by both bureaus."""
    start = Measure.objects.filter(plan=world.plan).count()
    rows = Measure.objects.bulk_create(
        Measure(
            plan=world.plan,
            task=world.tasks[n % 2],
            number=start + n + 1,
            text=f"推进第{n}项工作。",
            units_text="区发改局、生态环境分局",
        )
        for n in range(count)
    )
    parties = Responsibility.objects.bulk_create(
        Responsibility(measure=row, order=place, printed=unit.name, scope=Scope.UNIT, unit=unit)
        for row in rows
        for place, unit in enumerate((world.fgj, world.sthj), 1)
    )
    Assignment.objects.bulk_create(
        Assignment(
            measure=party.measure,
            unit=party.unit,
            responsibility=party,
            role=AssignmentRole.LEAD if party.order == 1 else AssignmentRole.SUPPORT,
        )
        for party in parties
    )


# --- what is shown --------------------------------------------------------------------------------
def test_lists_every_measure_with_its_words(busy, login):
    page = login(busy.cast.other).get(address(busy)).content.decode()
    for measure in busy.measures:
        assert measure.text in page
        assert measure.units_text in page
    assert "责任主体待确认" in page
    assert "1家逾期报送" not in page.partition("落实督察整改。")[2]
    assert "共 3 项工作措施" in page


def test_an_ongoing_measure_has_no_percent_and_one_with_an_end_has(busy, login):
    client = login(busy.cast.office)
    rows = client.get(address(busy)).context["rows"]
    ongoing, terminal, _ = rows
    assert "常态化" in ongoing
    # 序时进度 is the only percent in the row.
    assert ongoing.count("%") == 1
    assert "12.5%" not in ongoing
    busy.approve(busy.terminal.updates.get())
    _, terminal, _ = client.get(address(busy)).context["rows"]
    assert '<span class="amount">15%</span>' in terminal


def test_the_lead_is_named_once_confirmed(world, login):
    client = login(world.cast.reporter)
    before = client.get(address(world)).context["rows"]
    assert '<td data-label="牵头">生态环境分局</td>' in before[0]
    assert '<td data-label="牵头">—</td>' in before[1]
    confirm_lead(measure_id=world.measures[1].pk, actor=world.cast.office, assignment_id=world.terminal.pk)
    after = client.get(address(world)).context["rows"]
    assert '<td data-label="牵头">区发改局</td>' in after[1]


def test_rows_follow_the_data(world, login):
    client = login(world.cast.leader)
    assert "0/2" in client.get(address(world)).context["rows"][0]
    world.file(world.support)
    row = client.get(address(world)).context["rows"][0]
    assert "1/2" in row
    assert "1家待审核" in row


def test_each_quarter_has_its_own_rows(world, login):
    world.approve(world.file(world.support))
    client = login(world.cast.office)
    client.get(address(world))
    second = client.get(reverse("reports:measures", args=["2024", 2]))
    assert "/2024/q2/measures/1/" in second.context["rows"][0]


def test_a_plan_that_does_not_exist_is_not_found(world, login):
    assert login(world.cast.office).get("/1999/q1/measures/").status_code == 404
    assert login(world.cast.office).get("/2024/q5/measures/").status_code == 404


# --- conditions -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("task=1", [1, 2]),
        ("task=2", [3]),
        ("unit=fgj", [1, 2]),
        ("unit=sthj", [1]),
        ("unit=xlj", [2]),
        ("role=lead", [1, 2]),
        ("role=support", [1, 2]),
        ("unit=fgj&role=lead", [2]),
        ("unit=fgj&role=support", [1]),
        ("unit=sthj&role=support", []),
        ("kind=terminal", [2]),
        ("kind=ongoing", [1, 3]),
        ("light=blue", []),
        ("light=green", []),
        ("light=yellow", [1, 2]),
        ("light=red", []),
        ("light=grey", [3]),
        ("filing=approved", [1]),
        ("filing=submitted", [2]),
        ("filing=returned", [1]),
        ("filing=missing", [2]),
        ("filing=overdue", [2]),
        ("filing=unreviewed", []),
        ("filing=unmended", []),
        ("unit=fgj&filing=returned", [1]),
        ("unit=sthj&filing=returned", []),
        ("unit=xlj&filing=missing", [2]),
        ("unit=fgj&filing=missing", []),
        ("late=1", [1, 2]),
        ("late=1&unit=sthj", []),
        ("q=管网", [2]),
        ("q=香炉礁", [2]),
        ("q=督察整改", [3]),
        ("q=发改局 核算", [1]),
        ("q=没有这样的文字", []),
        ("q=  ", [1, 2, 3]),
        ("task=1&kind=terminal&light=yellow&filing=missing", [2]),
        ("nosuch=1", [1, 2, 3]),
        ("page=abc", [1, 2, 3]),
        ("page=99", [1, 2, 3]),
    ],
)
def test_conditions(busy, login, query, numbers):
    assert shown(login(busy.cast.office), busy, query) == numbers


def test_every_value_that_the_form_offers_is_valid_and_holds(busy, login):
    client = login(busy.cast.office)
    offered = client.get(address(busy)).context["listed"].filters.form.fields
    rules = {
        "task": lambda row, value: str(row.task_number) == value,
        "unit": lambda row, value: value in {duty.unit_code for duty in row.duties},
        "role": lambda row, value: any(duty.lead == (value == "lead") for duty in row.duties),
        "kind": lambda row, value: row.kind == value,
        "light": lambda row, value: row.figure.light == value,
        "filing": lambda row, value: any(
            duty.filing == value or (value == Filing.MISSING and duty.filing == Filing.OVERDUE)
            for duty in row.duties
        ),
        "late": lambda row, _: any(duty.late for duty in row.duties),
    }
    tried = 0
    for name, keeps in rules.items():
        choices = [
            value
            for value, label in offered[name].choices
            for value in ([option for option, _ in label] if isinstance(label, (list, tuple)) else [value])
        ]
        for value in filter(None, choices):
            expected = [row.number for row in figures_of(busy).measures if keeps(row, value)]
            assert shown(client, busy, f"{name}={value}") == expected, (name, value)
            tried += 1
    assert tried > 20


@pytest.mark.parametrize(
    ("query", "label"),
    [
        ("light=purple", "进展灯"),
        ("light=BLUE", "进展灯"),
        ("task=99", "目标任务"),
        ("task=1e3", "目标任务"),
        ("task=" + "9" * 400, "目标任务"),
        ("unit=nosuch", "责任单位"),
        # A unit of the district without any duty in the plan.
        ("unit=zjj", "责任单位"),
        ("unit=%ff%fe", "责任单位"),
        ("role=boss", "角色"),
        ("kind=x", "类型"),
        ("filing=draft", "填报"),
        ("late=0", "逾期报送"),
        ("q=" + "长" * 51, "文字"),
        ("sort=nosuch", "排序"),
        ("sort=--number", "排序"),
        ("sort=number;drop", "排序"),
    ],
)
def test_a_condition_that_does_not_exist_is_named_and_the_others_hold(world, login, query, label):
    response = login(world.cast.reporter).get(
        address(world, f"{query}&kind=ongoing" if "kind" not in query else query)
    )
    assert response.status_code == 400
    listed = response.context["listed"]
    assert listed.refused == [label]
    assert f"未按其筛选：{label}" in response.content.decode()
    if "kind" not in query:
        assert [row.number for row in listed.page_rows] == [1, 3]


def test_nul_and_markup_in_the_search(world, login):
    client = login(world.cast.office)
    assert client.get(address(world, "q=%00")).status_code == 400
    page = client.get(address(world, "q=%3Cscript%3Ealert(1)%3C/script%3E")).content.decode()
    assert "<script>alert" not in page
    assert "没有符合条件的措施" in page


def test_what_is_typed_stays_in_the_form_and_in_the_links(world, login):
    page = login(world.cast.office).get(address(world, "unit=fgj&q=管网&sort=-light")).content.decode()
    assert '<option value="fgj" selected>' in page
    assert 'value="管网"' in page
    assert '<input type="hidden" name="sort" value="-light">' in page
    kept = "unit=fgj&amp;q=%E7%AE%A1%E7%BD%91&amp;sort=-light"
    assert f"/2024/q1/ledger.xlsx?{kept}" in page
    assert "?unit=fgj&amp;q=%E7%AE%A1%E7%BD%91&amp;sort=text" in page


# --- order ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", list(MeasureTable.base_columns))
def test_every_column_sorts_both_ways(busy, login, name):
    set_deadlines(busy)
    client = login(busy.cast.office)
    accessor = MeasureTable.base_columns[name].order_by or (name,)
    listed = measure_rows(list(figures_of(busy).measures), figures_of(busy), dues_of(busy.plan.pk))
    rows = {row.number: row for row in listed}
    for sort, reverse_order in ((name, False), (f"-{name}", True)):
        response = client.get(address(busy, f"sort={sort}"))
        numbers = [row.number for row in response.context["listed"].page_rows]
        keys = [getattr(rows[number], accessor[0]) for number in numbers]
        assert keys == sorted(keys, reverse=reverse_order), sort
        assert sorted(numbers) == [1, 2, 3]
        direction = "descending" if reverse_order else "ascending"
        assert f'aria-sort="{direction}"' in response.content.decode()


def test_what_wants_attention_comes_first_by_light(busy):
    figures = figures_of(busy)
    first, *others = figures.measures
    red = replace(first, figure=replace(first.figure, light=Light.RED))
    table = MeasureTable(measure_rows([*others, red], figures), order_by=["light"])
    assert [row.record.figures.figure.light for row in table.rows] == [Light.RED, Light.YELLOW, Light.GREY]


def test_long_plans_come_in_pages(world, login):
    add_measures(world, 60)
    client = login(world.cast.office)
    first, second = client.get(address(world)), client.get(address(world, "page=2"))
    assert len(first.context["rows"]) == 50
    assert [row.number for row in second.context["listed"].page_rows] == list(range(51, 64))


# --- cost -----------------------------------------------------------------------------------------
def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["office", "reporter", "leader"])
def test_the_same_queries_for_one_and_fifty_plans_and_for_3_and_300_measures(world, login, who):
    client = login(getattr(world.cast, who))
    client.get(address(world))
    few = queries(client, address(world))
    cache.clear()
    few_cold = queries(client, address(world, "unit=fgj&sort=-light"))
    for _ in range(49):
        PlanFactory()
    add_measures(world, 297)
    cache.clear()
    assert queries(client, address(world, "unit=fgj&sort=-light")) == few_cold
    assert queries(client, address(world)) == few
    # session, user, quarter, units' stamp, plans and quarters of the switch
    assert few <= 7


def test_no_query_string_adds_to_the_cache(world, login):
    client = login(world.cast.office)
    client.get(address(world))
    before = len(cache._cache)
    for query in (
        "q=碳",
        "q=管网",
        "unit=fgj",
        "light=grey&sort=-text",
        "task=1&filing=missing",
        "light=nosuch",
    ):
        client.get(address(world, query))
    assert len(cache._cache) == before


def test_a_filter_never_reaches_into_the_database(world):
    """An issued quarter is filtered by what was frozen with it, not by today's duties."""
    figures = figures_of(world)
    Assignment.objects.filter(unit=world.fgj).delete()
    Unit.objects.filter(code="fgj").update(name="改名的局")
    with CaptureQueriesContext(connection) as captured:
        listed = MeasureList(QueryDict("unit=fgj&q=发改局"), figures)
        assert [row.number for row in listed.rows] == [1, 2]
    assert len(captured) == 0


def test_the_list_shows_what_was_approved_not_what_was_claimed(world, login):
    update = world.file(world.terminal, percent=20)
    world.approve(update, correction=Correction(percent=Decimal(10), note="核查。"))
    rows = login(world.cast.leader).get(address(world)).context["rows"]
    assert '<span class="amount">5%</span>' in rows[1]
