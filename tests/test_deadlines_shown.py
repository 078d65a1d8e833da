"""What imports add beside text and units is seen where people work: deadlines, further columns, categories, last year's measure."""

from datetime import date

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from reports.renderers.xlsx import HEADS
from tasks.deadlines import Due
from tasks.errors import WorkflowError
from tasks.models import DeadlineKind, Measure
from tasks.rules import quarter_days
from tasks.services.plans import set_deadline
from tests.conftest import World
from tests.deadlines import set_deadlines
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, open_quarter
from tests.test_ledger import book_of
from xigang_eco.http import INVALID


@pytest.fixture
def dated(world: World) -> World:
    set_deadlines(world)
    return world


def page(client, name: str, *extra: int) -> str:
    response = client.get(reverse(name, args=["2024", 1, *extra]))
    assert response.status_code == 200
    return response.content.decode()


# --- where it is read -----------------------------------------------------------------------------
def test_the_measure_page_prints_them(dated, login):
    text = page(login(dated.cast.reporter), "reports:measure", 1)
    for words in (
        "2024年3月底前",
        "2024年3月31日前完成",
        "资金来源",
        "区级财政资金\n80万元",
        "大气污染防治 · 碳达峰",
    ):
        assert words in text
    assert "未识别为日期" not in text
    Measure.objects.filter(number=1).update(
        deadline_text="按上级要求", deadline_kind="unknown", deadline_to=None
    )
    assert "未识别为日期" in page(login(dated.cast.reporter), "reports:measure", 1)


def test_the_form_and_the_task_page_print_them(dated, login):
    form = login(dated.cast.reporter).get(reverse("tasks:filing", args=[dated.support.pk, dated.q1.pk]))
    for words in ("2024年3月底前", "资金来源"):
        assert words in form.content.decode()
    task = page(login(dated.cast.leader), "reports:task", 1)
    assert "完成时限：2024年3月底前" in task
    assert "大气污染防治 · 碳达峰" in task


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("due=now", [1]),
        ("due=before", []),
        ("sort=due", [1, 2, 3]),
        ("sort=-due", [3, 2, 1]),
        ("", [1, 2, 3]),
    ],
)
def test_the_list_sorts_and_filters_by_them(dated, login, query, numbers):
    response = login(dated.cast.office).get(reverse("reports:measures", args=["2024", 1]) + f"?{query}")
    assert response.status_code == 200
    assert [row.number for row in response.context["listed"].page_rows] == numbers
    assert "完成时限" in response.content.decode()


def test_in_the_second_quarter_it_was_due_before(dated, login):
    open_quarter(dated.plan, 2)
    client = login(dated.cast.office)
    for query, numbers in (("due=now", []), ("due=before", [1])):
        response = client.get(reverse("reports:measures", args=["2024", 2]) + f"?{query}")
        assert [row.number for row in response.context["listed"].page_rows] == numbers


def test_the_ledger_has_a_column_for_them(dated, login):
    sheet = book_of(login(dated.cast.office))["台账"]
    heads = [cell.value for cell in sheet[3]]
    assert heads == [*HEADS[:4], "完成时限", *HEADS[4:]]
    assert [sheet.cell(row, 5).value for row in range(4, sheet.max_row + 1) if sheet.cell(row, 1).value] == [
        "2024年3月底前",
        "长期坚持",
        None,
    ]


# --- a plan without ---------------------------------------------------------------------------------
def test_a_plan_without_deadlines_shows_none_of_it(world, login):
    office = login(world.cast.office)
    pages = [
        page(office, "reports:measures"),
        page(office, "reports:measure", 1),
        page(office, "reports:task", 1),
        page(office, "tasks:measure_manage", 1),
        login(world.cast.reporter)
        .get(reverse("tasks:filing", args=[world.support.pk, world.q1.pk]))
        .content.decode(),
    ]
    for text in pages:
        assert "完成时限" not in text
        assert "承接上年" not in text
        assert "类别" not in text
    assert [cell.value for cell in book_of(office)["台账"][3]] == list(HEADS)
    # Not even an address that knows the column.
    assert office.get(reverse("reports:measures", args=["2024", 1]) + "?sort=due").status_code == 400


def test_figures_do_not_look_at_them(world, login):
    client = login(world.cast.office)
    before = client.get(reverse("reports:measures", args=["2024", 1])).context["listed"].figures.measures
    set_deadlines(world)
    Measure.objects.filter(number=1).update(deadline_to=date(2020, 1, 1))
    after = client.get(reverse("reports:measures", args=["2024", 1])).context["listed"].figures.measures
    assert after == before


# --- last year's measure ----------------------------------------------------------------------------
def test_it_says_what_it_continues(world, login):
    last = PlanFactory(year=2023, code="2023")
    old = MeasureFactory(task=TaskFactory(plan=last, number=1), number=7, text="上年度的措施文字。")
    Measure.objects.filter(number=1, plan=world.plan).update(continues=old)
    client = login(world.cast.reporter)
    text = page(client, "reports:measure", 1)
    assert reverse("reports:measure", args=["2023", 1, 7]) in text
    assert "2023年措施7" in text
    assert "上年度的措施文字。" in text
    open_quarter(last, 4)
    text = page(client, "reports:measure", 1)
    assert reverse("reports:measure", args=["2023", 4, 7]) in text
    assert "2023年第四季度" in text


# --- the office corrects ----------------------------------------------------------------------------
def test_the_office_says_what_a_deadline_means(dated, login):
    client = login(dated.cast.office)
    address = reverse("tasks:measure_deadline", args=["2024", 1, 1])
    assert "2024年3月底前" in page(client, "tasks:measure_manage", 1)
    assert "2024年3月31日前完成" in page(client, "reports:measures")
    response = client.post(address, {"kind": "range", "starts": "2024-02-01", "ends": "2024-04-30"})
    assert response.status_code == 302
    measure = Measure.objects.get(plan=dated.plan, number=1)
    assert (measure.deadline_text, measure.deadline_kind) == ("2024年3月底前", "range")
    assert (measure.deadline_from, measure.deadline_to) == (date(2024, 2, 1), date(2024, 4, 30))
    assert "2024年2月1日至2024年4月30日" in page(client, "reports:measure", 1)
    # The list, cached as it is, follows.
    assert "2024年2月1日至2024年4月30日" in page(client, "reports:measures")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "date"}, "请填写完成日期"),
        ({"kind": "range", "ends": "2024-03-31"}, "请填写起始日期"),
        ({"kind": "range", "starts": "2024-05-01", "ends": "2024-03-31"}, "完成日期不能早于起始日期"),
        ({"kind": "date", "ends": "明年"}, "日期"),
        ({"kind": "nosuch"}, "nosuch"),
    ],
)
def test_what_says_no_day_is_refused_and_kept(dated, login, data, words):
    client = login(dated.cast.office)
    response = client.post(reverse("tasks:measure_deadline", args=["2024", 1, 1]), data)
    assert response.status_code == INVALID
    assert words in response.content.decode()
    for value in data.values():
        if value not in ("nosuch",):
            assert value in response.content.decode()
    assert Measure.objects.get(plan=dated.plan, number=1).deadline_kind == "date"


def test_what_is_printed_is_never_said_to_be_nothing(dated):
    office = dated.cast.office
    measure = set_deadline(measure_id=dated.measures[0].pk, actor=office, kind="")
    assert (measure.deadline_kind, measure.deadline_to) == ("unknown", None)
    with pytest.raises(WorkflowError, match="印发原文没有时限"):
        set_deadline(measure_id=dated.measures[2].pk, actor=office, kind="unknown")
    with pytest.raises(WorkflowError):
        set_deadline(measure_id=dated.measures[0].pk, actor=dated.cast.reporter, kind="ongoing")


# --- days -------------------------------------------------------------------------------------------
@given(day=st.dates(date(2023, 6, 1), date(2025, 6, 30)))
def test_a_day_is_in_one_quarter_or_before_or_after(day):
    due = Due("", DeadlineKind.DATE, None, day)
    for quarter in (1, 2, 3, 4):
        first, last = quarter_days(2024, quarter)
        assert due.ends_in(2024, quarter) == (first <= day <= last)
        assert due.ends_before(2024, quarter) == (day < first)
