"""计划正文: whole and verbatim, each demand beside its measures, and where text and list do not meet."""

import re
from html import unescape

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.textpage import _place
from tasks.models import DemandLink, Plan, PlanDemand, PlanSection
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UserFactory
from units.models import Role


def plain(html: str) -> str:
    """The words of a piece of HTML without blanks, the marks of measures left out."""
    html = re.sub(
        r'<a class="carrier".*?</a>|<span class="carrier none">.*?</span>', "", html, flags=re.DOTALL
    )
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", html)))


@pytest.fixture
def real(db: None) -> Plan:
    call_command("loaddata", "units", "plan_2024", verbosity=0)
    return Plan.objects.get()


def page_of(client: Client, quarter: int = 1) -> str:
    response = client.get(reverse("reports:text", args=["2024", quarter]))
    assert response.status_code == 200
    return response.content.decode()


def test_the_printed_text_stands_whole_and_in_order(real, login):
    page = page_of(login(UserFactory(role=Role.LEADER)))
    article = page.partition("<article")[2].partition("</article>")[0]
    words = plain("<article" + article)
    expected = [real.issuer, real.title, real.preamble]
    for section in real.sections.order_by("order"):
        expected += [str(section), section.text]
    expected += ["附件：" + real.attachment_title, real.issuer, "2024年2月5日"]
    assert words == re.sub(r"\s", "", "".join(expected))


def test_every_demand_of_the_real_plan_is_marked_in_its_section(real, login):
    page = page_of(login(UserFactory(role=Role.LEADER)))
    assert "未能在文中标出" not in page
    for demand in PlanDemand.objects.all():
        assert page.count(f'id="demand-{demand.pk}"') == 1


def test_where_text_and_list_do_not_meet(real, login):
    response = login(UserFactory(role=Role.OFFICE)).get(reverse("reports:text", args=["2024", 1]))
    page = response.context["page"]
    uncovered = "".join(demand.text for demand in page.uncovered)
    assert "无废城市" in uncovered
    assert "核与辐射" in uncovered
    assert "深入实施碳达峰行动" not in uncovered
    assert {1, 2} <= {row.number for row in page.unasked}
    covered = {link.measure.number for link in DemandLink.objects.select_related("measure")}
    assert {row.number for row in page.unasked} == set(range(1, 22)) - covered
    # 16 is asked for as far as 信访 goes; its first half is not.
    assert [(row.number, row.unasked_part) for row in page.partly] == [
        (16, "加大餐饮油烟污染、恶臭异味治理力度")
    ]
    assert "（部分）　加大餐饮油烟污染、恶臭异味治理力度" in response.content.decode()


def test_a_link_is_marked_until_the_office_has_checked_it(world, login):
    section = PlanSection.objects.create(
        plan=world.plan, order=1, number="一", heading="低碳", text="核算碳排放。其他。"
    )
    demand = PlanDemand.objects.create(section=section, order=1, text="核算碳排放。")
    client = login(world.cast.other)
    page = page_of(client)
    assert "无对应措施</span>" in page
    assert "其中 1 条清单中没有对应措施" in page
    link = DemandLink.objects.create(demand=demand, measure=world.measures[0])
    page = page_of(client)
    assert "措施1<i>待核实</i>" in page
    assert "1 处待核实" in page
    link.confirmed = True
    link.save()
    page = page_of(client)
    assert "措施1</a>" in page
    assert "处待核实" not in page


def test_a_demand_whose_words_were_changed_is_not_lost(world, login):
    section = PlanSection.objects.create(
        plan=world.plan, order=1, number="一", heading="低碳", text="核算碳排放。"
    )
    PlanDemand.objects.create(section=section, order=1, text="核查碳排放。")
    page = page_of(login(world.cast.office))
    assert "未能在文中标出" in page
    assert "核查碳排放。" in page


def test_demands_are_found_in_order_and_by_paragraph():
    class Demand:
        def __init__(self, text: str) -> None:
            self.text = text

    first, second, third = Demand("加强监管"), Demand("加强监管"), Demand("不在文中")
    paragraphs, waiting = _place("一要加强监管。\n二要加强监管。", [first, second, third])  # type: ignore[list-item]
    assert [[(piece.text, piece.demand) for piece in row] for row in paragraphs] == [
        [("一要", None), ("加强监管", first), ("。", None)],
        [("二要", None), ("加强监管", second), ("。", None)],
    ]
    assert waiting == [third]


def test_a_plan_without_text_says_so(world, login):
    page = page_of(login(world.cast.reporter))
    assert "本计划没有录入正文" in page


def test_markup_in_the_text_is_shown_not_run(world, login):
    PlanSection.objects.create(
        plan=world.plan, order=1, number="一", heading="<b>低碳</b>", text="<script>x</script>"
    )
    page = page_of(login(world.cast.reporter))
    assert "<script>x" not in page
    assert "&lt;b&gt;低碳" in page


def test_the_same_queries_for_few_and_many_demands_and_plans(world: World, login):
    client = login(world.cast.leader)
    page_of(client)

    def cost() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as captured:
            page_of(client)
        return len(captured)

    few = cost()
    task = TaskFactory(plan=world.plan, number=9)
    for order in range(1, 9):
        section = PlanSection.objects.create(
            plan=world.plan, order=order, number="一", heading="题", text="文。" * 9
        )
        for place in range(1, 6):
            demand = PlanDemand.objects.create(section=section, order=place, text="文。")
            DemandLink.objects.create(
                demand=demand, measure=MeasureFactory(task=task, number=100 + order * 10 + place)
            )
    PlanFactory.create_batch(49)
    assert cost() == few
