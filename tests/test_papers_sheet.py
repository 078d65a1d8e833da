"""单位进展单: whose, what each person reads of it, frozen once the quarter is issued, and its pages."""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise, takewhile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.papers.unit_sheet import HASH_SHOWN, unit_sheet
from reports.renderers.process import render_files
from reports.renderers.typeset import GETA
from reports.services.drafts import start_draft
from reports.services.issuing import issue_bulletin
from tasks.models import Measure, ReportingPeriod
from tasks.rules import Progress
from tasks.services.evidence import attach_evidence
from tasks.services.filing import save_draft
from tasks.services.review import Correction, return_update
from tests.conftest import Cast, World
from tests.factories import MeasureFactory, unit_party
from tests.printed import collisions, is_embedded, lines_of, outside, pages_of, text_of, told, whole_text
from tests.stage import picture
from units.models import User

Login = Callable[[User | None], Client]


def sheet(
    world: World, user: User, code: str = "fgj", period: ReportingPeriod | None = None
) -> dict[str, Any]:
    quarter = ReportingPeriod.objects.select_related("plan").get(pk=(period or world.q1).pk)
    document = unit_sheet(quarter, code, user, timezone.now())
    assert document is not None
    return document


def row(document: dict[str, Any], number: int) -> dict[str, Any]:
    return next(measure for measure in document["measures"] if measure["number"] == number)


def texts(document: dict[str, Any], number: int) -> dict[str, str]:
    return dict(row(document, number)["texts"])


def printed(document: dict[str, Any]) -> bytes:
    return render_files(document, ["pdf"])["pdf"]


def url(world: World, code: str = "fgj", quarter: int = 1) -> str:
    return reverse("reports:unit_sheet", args=[world.plan.code, quarter, code])


def issue(world: World) -> None:
    start_draft(period_id=world.q1.pk, actor=world.cast.office)
    issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)


# --- who reads what ---------------------------------------------------------------------------------


def test_the_own_unit_reads_its_draft_and_nobody_else_does(world: World, cast: Cast) -> None:
    values = world.values(progress_text="草稿文字。")
    save_draft(assignment=world.support, period=world.q1, actor=cast.reporter, values=values, base_version=0)
    own = sheet(world, cast.reporter)
    assert texts(own, 1) == {"工作进展": "草稿文字。", "下一步工作": "继续推进。"}
    assert row(own, 1)["state"] == "未报（草稿，未提交）"
    assert row(own, 1)["filed"] == ""
    for user in (cast.office, cast.leader, cast.admin):
        document = sheet(world, user)
        assert texts(document, 1) == {}
        assert row(document, 1)["state"] == "未报"
        assert "草稿文字" not in str(document)


def test_what_waits_is_for_unit_and_office_what_is_approved_for_leaders_too(world: World, cast: Cast) -> None:
    world.file(world.support, progress_text="待审文字。")
    world.approve(world.file(world.terminal, progress_text="通过文字。"), comment="数据详实。")
    for user, waiting, opinion in (
        (cast.reporter, True, True),
        (cast.office, True, True),
        (cast.admin, True, True),
        (cast.leader, False, False),
    ):
        document = sheet(world, user)
        assert ("待审文字" in str(document)) is waiting
        assert "通过文字" in str(document)
        assert ("数据详实" in str(document)) is opinion


def test_a_filing_being_mended_is_read_by_others_as_handed_in(world: World, cast: Cast) -> None:
    update = world.file(world.support, progress_text="原来的文字。")
    update = return_update(
        update_id=update.pk, actor=cast.office, version=update.version, reason="请补数据。"
    )
    values = world.values(progress_text="改到一半的文字。")
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=cast.reporter,
        values=values,
        base_version=update.version,
    )
    own, office = sheet(world, cast.reporter), sheet(world, cast.office)
    assert texts(own, 1)["工作进展"] == "改到一半的文字。"
    assert texts(office, 1)["工作进展"] == "原来的文字。"
    assert "改到一半" not in str(office)
    assert row(own, 1)["opinions"] == ["请补数据。"]
    assert row(own, 1)["state"] == "退回（退回1次）"


def test_another_units_sheet_does_not_exist_also_for_the_confirmed_lead(
    world: World, cast: Cast, login: Login
) -> None:
    world.file(world.support)
    for user in (cast.lead, cast.other, cast.street):
        assert login(user).get(url(world)).status_code == 404
    assert login(cast.lead).get(url(world, "sthj")).status_code == 200
    assert login(cast.office).get(url(world, "no-such-unit")).status_code == 404


# --- what it says -----------------------------------------------------------------------------------


def test_own_and_checked_figures_stand_beside_each_other(world: World, cast: Cast) -> None:
    update = world.file(world.terminal, percent=40)
    world.approve(
        update,
        correction=Correction(percent=Decimal(25), status="", note="现场核实为25%。"),
        comment="同意。",
    )
    world.approve(world.file(world.support))
    document = sheet(world, cast.reporter)
    corrected, agreed = row(document, 2), row(document, 1)
    assert (corrected["own"], corrected["checked"]) == ("推进中，40%", "推进中，25%")
    assert corrected["opinions"] == ["同意。", "核定说明：现场核实为25%。"]
    assert corrected["figure"] == "25%"
    # An ongoing measure has words only.
    assert (agreed["own"], agreed["checked"], agreed["figure"]) == ("按序时推进", "同自评", "")
    today = timezone.localdate()
    assert agreed["decided"] == f"周启明  {today.year}年{today.month}月{today.day}日"


def test_lead_and_support_stand_where_the_office_confirmed_them(world: World, cast: Cast) -> None:
    assert row(sheet(world, cast.lead, "sthj"), 1)["role"] == "牵头"
    assert row(sheet(world, cast.reporter), 1)["role"] == "配合"
    # The lead of measure 2 is a proposal.
    assert row(sheet(world, cast.reporter), 2)["role"] == ""


def test_evidence_is_named_with_the_beginning_of_its_hash(world: World, cast: Cast) -> None:
    file = attach_evidence(
        assignment=world.support, period=world.q1, actor=cast.reporter, upload=picture("检查现场.png")
    )
    world.file(world.support)
    assert row(sheet(world, cast.office), 1)["evidence"] == [["检查现场.png", file.sha256[:HASH_SHOWN]]]


def test_no_work_is_said(world: World, cast: Cast) -> None:
    world.approve(world.file(world.support, no_work=True, progress_text="", next_steps=""))
    found = row(sheet(world, cast.leader), 1)
    assert (found["own"], found["checked"], found["texts"]) == ("本季度无相关工作", "同自评", [])


def test_the_summary_counts_the_units_duties(world: World, cast: Cast) -> None:
    world.file(world.support)
    document = sheet(world, cast.reporter)
    assert document["summary"][0] == "承担工作措施2项，已报送1项，尚未报送1项；其中待审核1项。"
    assert "未印发" in document["marks"][0]


def test_a_unit_without_duties_is_told_so(world: World, cast: Cast, login: Login) -> None:
    answer = login(cast.other).get(url(world, "zjj"))
    pages = pages_of(b"".join(answer))
    assert len(pages) == 1
    assert "区住建局" in text_of(pages[0])
    assert "该单位本季度没有承担的工作措施" in text_of(pages[0])


def test_of_a_quarter_that_has_not_begun_there_is_none(world: World, cast: Cast, login: Login) -> None:
    assert login(cast.reporter).get(url(world, quarter=2)).status_code == 404


def test_nothing_filed_prints_too(world: World, cast: Cast) -> None:
    text = whole_text(printed(sheet(world, cast.reporter)))
    assert "填报状态未报" in text
    assert "第2项措施" in text


# --- issued -----------------------------------------------------------------------------------------


def test_an_issued_quarter_stays_as_it_was_issued(world: World, cast: Cast) -> None:
    world.approve(world.file(world.support, progress_text="印发时的文字。"), comment="同意。")
    issue(world)
    before = sheet(world, cast.reporter)
    world.fgj.name = "区发展和改革局"
    world.fgj.save()
    Measure.objects.filter(pk=world.measures[0].pk).update(text="改过的措施。", units_text="改过的单位")
    User.objects.filter(pk=cast.office.pk).update(name="改名者")
    world.tasks[0].title = "改过的任务"
    world.tasks[0].save()
    after = sheet(world, cast.reporter)
    assert after == before
    assert after["unit"] == "区发改局"
    assert row(after, 1)["decided"].startswith("周启明")
    assert texts(after, 1)["工作进展"] == "印发时的文字。"
    assert after["marks"] == []
    assert "印发）所附数据" in after["basis"]


def test_what_was_undecided_at_issue_is_named_and_its_text_is_not_part_of_it(
    world: World, cast: Cast
) -> None:
    world.file(world.support, progress_text="没有审核的文字。")
    issue(world)
    for user in (cast.reporter, cast.office, cast.leader):
        document = sheet(world, user)
        assert row(document, 1)["state"] == "已报未审"
        # It may have evidence: 无 would say that it has none.
        assert row(document, 1)["evidence"] is None
        assert "佐证材料—" in "".join("".join(text_of(page).split()) for page in pages_of(printed(document)))
        assert "未计入通报" in texts(document, 1)["填报内容"]
        assert "没有审核的文字" not in str(document)


def test_leaders_read_no_opinions_in_an_issued_quarter_either(world: World, cast: Cast) -> None:
    world.approve(world.file(world.support), comment="同意。")
    issue(world)
    assert row(sheet(world, cast.leader), 1)["opinions"] == []
    assert row(sheet(world, cast.reporter), 1)["opinions"] == ["同意。"]


# --- on paper ---------------------------------------------------------------------------------------


@pytest.fixture
def long_sheet(world: World, cast: Cast) -> dict[str, Any]:
    """Measures with texts of every length around a page's end."""
    document = sheet(world, cast.reporter)
    pattern = row(document, 1)
    line = "会同有关部门开展现场检查督促企业落实污染防治措施并建立问题台账逐项销号"
    document["measures"] = [
        {
            **pattern,
            "number": number,
            "texts": [["工作进展", line * (40 + number)], ["存在问题", line * number + "完"]],
            "evidence": [["现场检查照片和整改前后对比材料汇总（第一批）.pdf", "0123456789ab"]] * (number % 4),
        }
        for number in range(1, 9)
    ]
    return document


LABELS = (
    "第",
    "目标任务",
    "责任单位",
    "填报状态",
    "自评",
    "提交",
    "工作进展",
    "存在问题",
    "佐证材料",
    "审核意见",
    "填报人",
)


def begins_row(line: str) -> bool:
    return line.strip().startswith(LABELS)


def test_long_texts_go_over_pages_without_orphan_lines(long_sheet: dict[str, Any]) -> None:
    content = printed(long_sheet)
    pages = pages_of(content)
    assert len(pages) > 12
    bodies = []
    for number, page in enumerate(pages, 1):
        assert outside(page, left=25, right=18, top=10, bottom=8) == []
        assert collisions(page) == []
        lines = lines_of(page)
        assert "".join(lines[-1].split()) == f"第{number}页共{len(pages)}页"
        bodies.append(lines[1:-1])
    cut = 0
    for before, after in pairwise(bodies):
        if begins_row(after[0]):
            continue
        cut += 1
        left = list(takewhile(lambda line: not begins_row(line), reversed(before)))
        # With the line that the row's name stands beside.
        assert len(left) + 1 >= 3
        assert len(list(takewhile(lambda line: not begins_row(line), after))) >= 3
    assert cut >= 8
    whole = "".join(text_of(page) for page in pages)
    for number in range(1, 9):
        assert f"第{number}项措施" in whole
    assert whole.count("会同有关部门") == sum(40 + number + number for number in range(1, 9))


def test_every_page_names_the_unit_and_the_measure_it_begins_with(long_sheet: dict[str, Any]) -> None:
    pages = pages_of(printed(long_sheet))
    assert "区发改局" in lines_of(pages[1])[0]
    assert "第1项措施" in lines_of(pages[1])[0]


def test_a_short_measure_stands_on_one_page(long_sheet: dict[str, Any]) -> None:
    for measure in long_sheet["measures"]:
        measure["texts"] = [["工作进展", "开展现场检查12次，发现问题3个，均已整改。" * 6]]
    pages = [text_of(page) for page in pages_of(printed(long_sheet))]
    for number in range(1, 9):
        (page,) = [text for text in pages if f"第{number}项措施持续" in text]
        assert page.count("目标任务") == page.count("审核意见")


def test_it_ends_with_the_lines_to_sign_and_seal(world: World, cast: Cast) -> None:
    content = printed(sheet(world, cast.reporter))
    text = text_of(pages_of(content)[-1])
    assert "填报人：" in text
    assert "单位负责人：" in text
    assert "（公章）" in text
    assert is_embedded(content)
    assert told(content) == ("区发改局2024年第一季度生态环境保护工作进展单", "zh-CN")
    assert printed(sheet(world, cast.reporter)) == content


def test_what_no_font_prints_is_a_geta(world: World, cast: Cast) -> None:
    document = sheet(world, cast.reporter)
    row(document, 1)["measure"] = "推进\U0001f600治理。"
    assert f"推进{GETA}治理" in whole_text(printed(document))


# --- on pages ---------------------------------------------------------------------------------------


def test_the_unit_and_those_who_may_find_it_on_the_pages(world: World, cast: Cast, login: Login) -> None:
    page = reverse("reports:unit", args=[world.plan.code, 1, "fgj"])
    for user, shown in (
        (cast.reporter, True),
        (cast.office, True),
        (cast.leader, True),
        (cast.admin, True),
        (cast.other, False),
    ):
        assert (url(world) in login(user).get(page).content.decode()) is shown
    bench = reverse("tasks:workbench", args=[world.plan.code, 1])
    assert url(world) in login(cast.reporter).get(bench).content.decode()


def test_more_duties_need_no_more_queries(world: World, cast: Cast) -> None:
    def queries() -> int:
        period = ReportingPeriod.objects.select_related("plan").get(pk=world.q1.pk)
        sheet(world, cast.reporter)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            unit_sheet(period, "fgj", cast.reporter, timezone.now())
        return len(captured)

    world.file(world.support)
    few = queries()
    for number in range(4, 12):
        measure = MeasureFactory(task=world.tasks[0], plan=world.plan, number=number)
        world.file(unit_party(measure, world.fgj), self_status=Progress.PARTIAL)
    assert queries() == few
