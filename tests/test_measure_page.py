"""措施 page: figures for everybody, texts and files for those they concern, and the next step for whom it is."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.frozen import to_json
from reports.models import Bulletin
from reports.reading import figures_for
from tasks.models import Assignment, DemandLink, Evidence, PlanDemand, PlanSection, ProgressUpdate
from tasks.readings import evidence_of, evidence_of_many
from tasks.rules import Kind, PeriodState, Progress, Status
from tasks.services.common import touch_plan
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft
from tasks.services.plans import confirm_lead
from tasks.services.review import Correction, return_update
from tasks.services.summaries import set_measure_summary
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, UnitFactory, open_quarter, unit_party
from units.models import User

EVERYBODY = ("reporter", "approver", "lead", "other", "street", "office", "leader", "admin")
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def address(number: int, quarter: int = 1) -> str:
    return reverse("reports:measure", args=["2024", quarter, number])


def page_of(client: Client, number: int, quarter: int = 1) -> str:
    response = client.get(address(number, quarter))
    assert response.status_code == 200
    return response.content.decode()


def attach(world: World, duty: Assignment, name: str) -> Evidence:
    return attach_evidence(
        assignment=duty,
        period=world.q1,
        actor=world.user_of(duty.unit),
        upload=SimpleUploadedFile(name, PDF + name.encode(), "application/pdf"),
    )


# --- what everybody sees --------------------------------------------------------------------------
@pytest.mark.parametrize("who", EVERYBODY)
def test_printed_words_and_figures_are_everybodys(world, login, who):
    world.approve(world.file(world.support, self_status=Progress.PARTIAL, problems="慢。"))
    page = page_of(login(getattr(world.cast, who)), 1)
    assert "持续推进碳排放核算。" in page
    assert "生态环境分局、区发改局" in page
    assert "部分完成" in page
    assert "已报 1/2" in page


def test_an_ongoing_measure_shows_no_percent_but_the_schedule(world, login):
    world.approve(world.file(world.support))
    page = page_of(login(world.cast.office), 1)
    assert "完成比例</th>" not in page
    assert page.count("%") == len(("25%", "50%", "75%", "100%"))


def test_a_measure_with_an_end_shows_what_was_approved(world, login):
    update = world.file(world.terminal, percent=40)
    world.approve(update, correction=Correction(percent=Decimal(30), note="核查后调整。"))
    client = login(world.cast.other)
    page = page_of(client, 2)
    assert '<td class="num">30%</td>' in page
    # What the unit claimed is in its text, which another unit does not read.
    assert "40%" not in page
    assert "核查后调整" not in page
    own = page_of(login(world.cast.reporter), 2)
    assert "自评：推进中，40%" in " ".join(own.split())
    assert "核定：推进中，30%（核查后调整。）" in " ".join(own.split())


def test_lead_is_a_proposal_until_confirmed(world, login):
    client = login(world.cast.office)
    assert "按印发顺序首位单位推定" in page_of(client, 2)
    confirm_lead(measure_id=world.measures[1].pk, actor=world.cast.office, assignment_id=world.terminal.pk)
    assert "按印发顺序首位单位推定" not in page_of(client, 2)
    confirm_lead(measure_id=world.measures[1].pk, actor=world.cast.office, assignment_id=None)
    assert "无（由区生态办填写本措施总体进展）" in page_of(client, 2)


def test_an_open_party_says_that_it_is_open(world, login):
    page = page_of(login(world.cast.office), 3)
    assert "所指单位待区生态办确认" in page
    assert reverse("tasks:measure_manage", args=["2024", 1, 3]) in page
    assert "去确认" not in page_of(login(world.cast.reporter), 3)


def test_quarters_stand_beside_each_other(world, login):
    world.approve(world.file(world.terminal, percent=25))
    open_quarter(world.plan, 2)
    world.approve(world.file(world.terminal, period=world.q2, percent=60))
    response = login(world.cast.leader).get(address(2, 2))
    page = response.context["page"]
    assert [row.figures.figure.percent for row in page.quarters[:2]] == [12.5, 30]
    assert [row.figures for row in page.quarters[2:]] == [None, None]
    bureau = next(row for row in page.unit_courses if row.code == "fgj")
    assert [cell.duty.figure.percent for cell in bureau.cells[:2]] == [25, 60]
    # The first quarter's page does not know the second.
    assert "60%" not in page_of(login(world.cast.leader), 2, 1)


def test_neighbours(world, login):
    client = login(world.cast.leader)
    assert client.get(address(1)).context["page"].neighbours == (None, 2)
    assert client.get(address(2)).context["page"].neighbours == (1, 3)
    assert client.get(address(3)).context["page"].neighbours == (2, None)


@pytest.mark.parametrize("number", [0, 4, 10**30])
def test_a_measure_that_does_not_exist_is_not_found(world, login, number):
    assert login(world.cast.office).get(f"/2024/q1/measures/{number}/").status_code == 404


def test_demands_of_the_text(world, login):
    section = PlanSection.objects.create(
        plan=world.plan, order=1, number="一", heading="绿色低碳", text="核算。"
    )
    demand = PlanDemand.objects.create(section=section, order=1, text="开展碳排放核算。")
    link = DemandLink.objects.create(demand=demand, measure=world.measures[0])
    client = login(world.cast.leader)
    page = page_of(client, 1).partition('id="demands-head"')[2]
    assert "开展碳排放核算。" in page
    assert "待核实" in page
    link.confirmed = True
    link.save()
    assert "待核实" not in page_of(client, 1).partition('id="demands-head"')[2]
    assert "正文中没有对应的要求" in page_of(client, 2)


# --- who reads what -------------------------------------------------------------------------------
def readers(world: World, login: Callable[[User], Client], number: int, text: str) -> set[str]:
    """Everybody on whose page of the measure `text` stands."""
    return {who for who in EVERYBODY if text in page_of(login(getattr(world.cast, who)), number)}


def test_a_supporters_text_is_read_by_itself_its_lead_and_the_office(world, login):
    update = world.file(world.support, progress_text="甲文字")
    assert readers(world, login, 1, "甲文字") == {"reporter", "approver", "lead", "office", "admin"}
    world.approve(update)
    assert readers(world, login, 1, "甲文字") == {"reporter", "approver", "lead", "office", "admin", "leader"}


def test_a_proposed_lead_reads_nothing_of_others(world, login):
    world.file(world.street_duties[0], progress_text="乙文字")
    # 区发改局 is only proposed as lead of measure 2.
    assert readers(world, login, 2, "乙文字") == {"street", "office", "admin"}


def test_a_lead_is_not_read_by_its_supporters(world, login):
    world.file(world.lead, progress_text="丙文字", overall_text="丙总体")
    assert readers(world, login, 1, "丙文字") == {"lead", "office", "admin"}
    assert readers(world, login, 1, "丙总体") == {"lead", "office", "admin"}


def test_a_draft_is_on_nobodys_page(world, login):
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="草稿文字"),
        base_version=0,
    )
    assert readers(world, login, 1, "草稿文字") == set()


def test_what_is_being_mended_is_the_units_own(world, login):
    update = world.file(world.support, progress_text="初稿文字")
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充数量。")
    update.refresh_from_db()
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="修改中的文字"),
        base_version=update.version,
    )
    assert readers(world, login, 1, "修改中的文字") == {"reporter", "approver"}
    assert readers(world, login, 1, "初稿文字") == {"lead", "office", "admin"}
    assert readers(world, login, 1, "补充数量。") == {"reporter", "approver", "lead", "office", "admin"}


def test_files_go_with_the_text(world, login):
    attach(world, world.support, "核算报告.pdf")
    assert readers(world, login, 1, "核算报告.pdf") == set()
    update = world.file(world.support)
    assert readers(world, login, 1, "核算报告.pdf") == {"reporter", "approver", "lead", "office", "admin"}
    world.approve(update)
    assert "leader" in readers(world, login, 1, "核算报告.pdf")


def test_files_of_several_filings_are_those_of_each(world):
    attach(world, world.support, "一.pdf")
    attach(world, world.lead, "二.pdf")
    returned, other = world.file(world.support), world.file(world.lead)
    return_update(update_id=returned.pk, actor=world.cast.office, version=returned.version, reason="补充。")
    attach(world, world.support, "三.pdf")
    updates = list(ProgressUpdate.objects.select_related("assignment").filter(pk__in=[returned.pk, other.pk]))
    for who in EVERYBODY:
        user = getattr(world.cast, who)
        files = evidence_of_many(updates, user)
        assert files == {update.pk: evidence_of(update, user) for update in updates}, who
    names = {who: {file.name for file in evidence_of_many(updates, getattr(world.cast, who))[returned.pk]} for who in ("reporter", "office")}  # fmt: skip
    assert names == {"reporter": {"一.pdf", "三.pdf"}, "office": {"一.pdf"}}


def test_leaders_see_no_thread(world, login):
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="内部意见")
    world.approve(world.file(world.support))
    assert readers(world, login, 1, "内部意见") == {"reporter", "approver", "lead", "office", "admin"}


def test_the_offices_summary_reaches_units_with_the_bulletin(world, login):
    set_measure_summary(
        measure=world.measures[1], period=world.q1, actor=world.cast.office, text="总体进展文字"
    )
    assert readers(world, login, 2, "总体进展文字") == {"office", "leader", "admin"}


def issue(world: World) -> None:
    """The first quarter as issuing leaves it, its figures frozen."""
    figures = figures_for(world.q1, timezone.now())
    Bulletin.objects.create(
        period=world.q1, status="issued", title="通报", data={"figures": to_json(figures)}
    )
    world.q1.state = PeriodState.ISSUED
    world.q1.save()
    touch_plan(world.plan.pk)


def test_an_issued_quarter_stays_as_it_was(world, login):
    world.approve(world.file(world.support, self_status=Progress.PARTIAL, problems="慢。"))
    set_measure_summary(
        measure=world.measures[0], period=world.q1, actor=world.cast.office, text="总体进展文字"
    )
    issue(world)
    world.measures[0].kind = Kind.TERMINAL
    world.measures[0].text = "改过的措施"
    world.measures[0].expected_q1 = world.measures[0].expected_q2 = 31
    world.measures[0].save()
    MeasureFactory(task=world.tasks[0], number=4)
    touch_plan(world.plan.pk)
    page = page_of(login(world.cast.other), 1)
    assert "持续推进碳排放核算。" in page
    assert "改过的措施" not in page
    assert "常态化" in page
    assert "完成比例</th>" not in page
    assert "一季度 25%，二季度 31%" in page
    # The office's word is now in the bulletin, which units read.
    assert "总体进展文字" in page
    assert login(world.cast.office).get(address(4)).status_code == 404
    assert actions(login(world.cast.office), 1) == {"fgj": "查看"}
    # The next quarter goes on with what was changed.
    assert "改过的措施" in page_of(login(world.cast.other), 1, 2)


def test_a_quarter_keeps_the_kind_that_its_measure_had(world, login):
    world.approve(world.file(world.support))
    issue(world)
    world.measures[0].kind = Kind.TERMINAL
    world.measures[0].save()
    touch_plan(world.plan.pk)
    page = login(world.cast.other).get(address(1, 2)).context["page"]
    bureau = next(row for row in page.unit_courses if row.code == "fgj")
    assert [cell.is_terminal for cell in bureau.cells] == [False, True, False, False]


def test_an_empty_page_says_why(world, login):
    assert "各单位只能查阅本单位的填报" in page_of(login(world.cast.other), 1)
    assert "还没有审核通过的填报" in page_of(login(world.cast.leader), 1)
    assert "还没有单位提交填报" in page_of(login(world.cast.office), 1)
    assert "没有单位需要填报" in page_of(login(world.cast.office), 3)


# --- the next step --------------------------------------------------------------------------------
def actions(client: Client, number: int) -> dict[str, str]:
    """Unit → what the person is offered."""
    page = client.get(address(number)).context["page"]
    return {
        row.duty.unit_code: row.action.label for party in page.parties for row in party.rows if row.action
    }


def test_actions(world, login):
    reporter, office = login(world.cast.reporter), login(world.cast.office)
    assert actions(reporter, 1) == {"fgj": "填报"}
    assert actions(office, 1) == {"fgj": "代填", "sthj": "代填"}
    update = world.file(world.support)
    assert actions(reporter, 1) == {"fgj": "查看"}
    assert actions(login(world.cast.lead), 1) == {"sthj": "填报", "fgj": "查看"}
    assert actions(office, 1) == {"fgj": "审核", "sthj": "代填"}
    assert actions(login(world.cast.leader), 1) == {}
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。")
    assert actions(reporter, 1) == {"fgj": "修改"}
    assert actions(office, 1) == {"fgj": "查看", "sthj": "代填"}
    world.q1.state = PeriodState.UPCOMING
    world.q1.save()
    assert actions(login(world.cast.lead), 1) == {"fgj": "查看"}
    assert "由区生态办填写" not in page_of(office, 1)


@pytest.mark.parametrize("who", ["reporter", "leader", "admin"])
def test_keeping_is_offered_to_the_office_alone(world, login, who):
    page = page_of(login(getattr(world.cast, who)), 2)
    assert "/manage/" not in page
    assert "/summary/" not in page
    office = page_of(login(world.cast.office), 2)
    assert reverse("tasks:measure_manage", args=["2024", 1, 2]) in office
    assert reverse("tasks:measure_summary", args=["2024", 1, 2]) in office


# --- cost -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["office", "leader", "lead"])
def test_the_same_queries_for_two_and_forty_units(world, login, who):
    client = login(getattr(world.cast, who))
    # The first request writes the session's clock.
    page_of(client, 1)

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(client, 1)
        return len(captured)

    attach(world, world.support, "一.pdf")
    first = world.file(world.support)
    world.approve(world.file(world.lead))
    return_update(update_id=first.pk, actor=world.cast.office, version=first.version, reason="补充。")
    cache.clear()
    few = cost()
    for _ in range(38):
        duty = unit_party(world.measures[0], UnitFactory())
        attach(world, duty, "附.pdf")
        update = world.file(duty)
        if duty.pk % 2:
            world.approve(update)
        else:
            return_update(
                update_id=update.pk, actor=world.cast.office, version=update.version, reason="补充。"
            )
    MeasureFactory.create_batch(20, task=world.tasks[0])
    PlanFactory.create_batch(49)
    cache.clear()
    assert ProgressUpdate.objects.filter(status=Status.RETURNED).count() > 10
    assert cost() == few
