"""The first draft of the text: every number and name in it is one of the quarter's figures."""

from decimal import Decimal

import pytest
from django.utils import timezone

from reports.figures import plan_figures
from reports.services.drafts import course_to_issue
from reports.words import draft_words
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState, Progress
from tasks.services.periods import close_period
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import open_quarter


def words_of(world: World, period: ReportingPeriod) -> list[str]:
    period = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    course = course_to_issue(period, timezone.now())
    return [block["text"] for block in draft_words(course.current, course.previous).body]


@pytest.fixture
def closed(world: World) -> World:
    """A first quarter with something of everything: lagging, late, returned, undecided, missing, an open party."""
    world.q1 = open_quarter(world.plan, 1, days_left=-1)
    world.file(world.lead)
    world.approve(world.file(world.support, self_status=Progress.ON_SCHEDULE))
    world.approve(
        world.file(
            world.terminal,
            percent=Decimal(5),
            self_status=Progress.LAGGING,
            problems="图纸未定。",
            next_steps="加快。",
        )
    )
    update = world.file(world.street_duties[0], percent=Decimal(25))
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    close_period(period_id=world.q1.pk, actor=world.cast.office, at=timezone.now())
    return world


def test_the_whole_first_draft(closed: World) -> None:
    today = timezone.localdate()
    assert words_of(closed, closed.q1) == [
        "为推动《西岗区2024年生态环境保护工作计划及措施清单》（以下简称《计划》）落地见效，现将2024年第一季度任务进展和报送情况通报如下：",
        "一、总体情况",
        f"《计划》共列目标任务2项、工作措施3项。截至{today.year}年{today.month}月{today.day}日，"
        "总体完成比例为7.5%，低于序时进度（25%）17.5个百分点，总体进展慢于序时进度。"
        "3项工作措施中，部分完成2项；另有责任单位待确认1项。",
        "本季度各责任单位应报送进展5项次，已报送4项次，报送率80%，未报送1项次。"
        "已报送的内容中，审核通过2项次、未完成审核1项次、退回后未重新报送1项次；逾期报送4项次。",
        "二、任务进展情况",
        "（一）慢于序时进度的任务。“深入实施碳达峰行动”进展慢于序时进度。",
        "三、进展较慢事项",
        "以下工作措施进展慢于序时进度，请有关单位查明原因、加快推进。",
        "1.第1项措施（“深入实施碳达峰行动”）：部分完成。生态环境分局所报内容未完成审核，未计入。",
        "2.第2项措施（“深入实施碳达峰行动”）：部分完成，完成比例2.5%，低于序时进度（25%）22.5个百分点。"
        "进展较慢的单位：区发改局、香炉礁街道、日新街道。",
        "四、报送情况",
        "（一）未报送。日新街道（第2项措施）未按要求报送本季度进展。",
        "（二）逾期报送。区发改局（第1、2项措施）、生态环境分局（第1项措施）、香炉礁街道（第2项措施）在规定期限之后报送。",
        "（三）退回后未重新报送。香炉礁街道（第2项措施）所报内容经审核退回，未在通报印发前修改重报。",
        "（四）已报送未审核。生态环境分局（第1项措施）所报内容在通报印发前未完成审核，未计入本季度进展。",
        "五、下一步工作",
        "（一）加快推进进展较慢的工作。有关单位要对照《计划》和序时进度逐项查找原因，明确改进措施、责任人员和完成时限，"
        "并在下一次报送时说明改进情况。",
        "（二）严格按时如实报送。各责任单位要按规定期限报送进展情况和佐证材料，做到内容真实、数据准确；"
        "对退回的内容，要及时修改重报。",
        "（三）统筹推进后续工作。各责任单位要按照职责分工，抓好第二季度各项工作措施的落实，确保完成全年目标任务。",
    ]


def test_all_in_time_names_nobody(world: World) -> None:
    for duty in (world.lead, world.support, world.terminal, *world.street_duties):
        world.approve(world.file(duty))
    text = words_of(world, world.q1)
    assert "各责任单位均按时报送，并已通过审核。" in text
    assert "（一）按序时推进的任务。“深入实施碳达峰行动”按序时推进。" in text
    assert "与25%的序时进度持平，总体按序时推进。" in text[2]
    assert not [line for line in text if "较慢" in line or "滞后" in line or "未报送" in line]


def test_red_measures_come_first_and_give_the_section_its_name(world: World) -> None:
    q2 = open_quarter(world.plan, 2, days_left=-1)
    world.approve(world.file(world.support, period=q2, self_status=Progress.PARTIAL))
    world.approve(world.file(world.lead, period=q2, self_status=Progress.PARTIAL))
    text = words_of(world, q2)
    assert "三、进展滞后事项" in text
    start = text.index("三、进展滞后事项")
    assert text[start + 2].startswith(
        "1.第2项措施（“深入实施碳达峰行动”）：滞后，完成比例0%，低于序时进度（50%）50个百分点。"
    )
    # An ongoing measure has no percent to print.
    assert text[start + 3].startswith("2.第1项措施（“深入实施碳达峰行动”）：部分完成。进展较慢的单位：")
    assert any(line.startswith("（一）加快推进进展滞后的工作。") for line in text)


def test_the_change_since_last_quarter_is_told_where_there_was_one(world: World) -> None:
    world.approve(world.file(world.support))
    assert "较上季度" not in words_of(world, world.q1)[2]
    q2 = open_quarter(world.plan, 2)
    world.approve(world.file(world.support, period=q2))
    first, second = (
        plan_figures(world.plan, period, timezone.now()).figure.percent for period in (world.q1, q2)
    )
    assert first is not None
    assert second is not None
    assert f"较上季度提高{(second - first).normalize():f}个百分点" in words_of(world, q2)[2]


def test_the_last_quarter_looks_back_not_ahead(world: World) -> None:
    q4 = open_quarter(world.plan, 4, days_left=-1)
    text = words_of(world, q4)
    assert any(line.startswith("（三）认真总结全年工作。") for line in text)
    assert not [line for line in text if "下一次报送" in line]


def test_before_the_due_day_nobody_is_blamed(world: World) -> None:
    text = words_of(world, world.q1)
    assert "另有" not in text[2]
    assert "责任单位待确认1项、尚未到期、未报送2项" in text[2]
    assert any(line.startswith("（一）尚未报送。") for line in text)
    assert not [line for line in text if "未按要求" in line or "较慢" in line]


def test_a_quarter_that_has_not_begun_is_no_quarter_before(world: World) -> None:
    q2 = open_quarter(world.plan, 2)
    world.plan.periods.filter(quarter=1).update(state=PeriodState.UPCOMING)
    course = course_to_issue(ReportingPeriod.objects.select_related("plan").get(pk=q2.pk), timezone.now())
    assert [figures.quarter for figures in course.figures] == [2]
