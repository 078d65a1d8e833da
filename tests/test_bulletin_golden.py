"""Whole texts of bulletins, each read sentence by sentence before it was stored: tests/golden/*.txt.

After a change of the words that is meant, `UPDATE_GOLDEN=1` writes them anew: read every line of the difference.
"""

import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from reports.blocks import Block, text_from_blocks
from reports.demo import Author, create_accounts, fill
from reports.document import build_document
from reports.models import BulletinFile, BulletinStatus
from reports.services.drafts import course_to_issue, draft_from_figures, rewrite_draft, texts_to_issue
from reports.services.editions import start_correction
from reports.words import KeyedBlock, Words, draft_words
from tasks.models import Plan, ReportingPeriod
from tasks.rules import Kind, PeriodState, Progress
from tests.conftest import World
from tests.quarters import Duty, Quarter, Row, course_of, make_quarter, missing

FOLDER = Path(__file__).parent / "golden"
TASKS = ("深入实施碳达峰行动", "加强重污染天气应对", "扎实推进市容环境综合整治 强化垃圾分类宣传监督")


def check(name: str, words: Words) -> None:
    text = f"{words.title}\n\n{text_from_blocks(words.body)}\n"
    path = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text.splitlines() == path.read_text("utf-8").splitlines()


def written(*quarters: Quarter) -> Words:
    return draft_words(course_of(*quarters), quarters[-1].texts)


def test_a_plan_of_one_measure() -> None:
    duty = Duty(
        3,
        Progress.IN_PROGRESS,
        percent=40,
        progress="完成管网改造1.2公里，占全年任务的40%。",
        problems="施工图审查较计划晚20天",
        next_steps="7月底前完成剩余标段招标，8月全面开工。",
    )
    row = Row(1, (duty,), text="完成老旧小区管网改造。", kind=Kind.TERMINAL)
    check("one_measure", written(make_quarter(2, [row], tasks=("推进老旧小区改造",))))


def test_sixty_measures() -> None:
    """More of everything than fits a list: the long ones are folded, with their count."""
    units = [f"第{number}责任单位" for number in range(1, 31)]
    tasks = [f"第{number}项目标任务" for number in range(1, 13)]
    rows = []
    for number in range(60):
        own: list[Duty] = []
        for step in range(4):
            unit = (number * 3 + step * 7) % 30
            if number % 5 == 0:
                own.append(missing(unit))
            elif number % 7 == 0:
                own.append(
                    Duty(
                        unit,
                        Progress.LAGGING,
                        problems=f"第{number + 1}项措施用地未落实。",
                        next_steps="本月内落实用地，下月开工建设。",
                    )
                )
            else:
                own.append(
                    Duty(
                        unit,
                        late=number % 11 == 0,
                        returns=number % 3,
                        progress="完成年度检查任务的八成，整改问题十二个。",
                    )
                )
        rows.append(Row(number // 5 + 1, tuple(own), text=f"落实第{number + 1}项工作措施，按月调度。"))
    check("sixty_measures", written(make_quarter(2, rows, tasks=tasks, units=units)))


def test_nothing_filed() -> None:
    rows = [
        Row(1, (missing(1), missing(5))),
        Row(2, (missing(3), missing(6), missing(7)), kind=Kind.TERMINAL),
        Row(3),
    ]
    check("nothing_filed", written(make_quarter(1, rows, tasks=TASKS)))


def test_all_done() -> None:
    rows = [
        Row(
            task,
            (
                Duty(1, Progress.DONE, 100, progress="年度任务全部完成，验收合格。"),
                Duty(5, Progress.DONE, 100),
            ),
            kind=Kind.TERMINAL,
        )
        for task in (1, 2, 3)
    ]
    check("all_done", written(make_quarter(3, rows, tasks=TASKS), make_quarter(4, rows, tasks=TASKS)))


def first_quarter() -> list[Row]:
    return [
        Row(
            1,
            (
                Duty(1, overall="任务已分解到4个单位，重点排放单位数据按期报送。", progress="完成数据报送。"),
                Duty(5),
            ),
            lead_confirmed=True,
        ),
        Row(
            2,
            (
                Duty(5, progress="开展应急演练1次。"),
                Duty(
                    3,
                    Progress.PARTIAL,
                    problems="1.工地复工集中，检查力量不足；\n2.喷淋设备检修未完成",
                    next_steps="4月底前完成21个工地喷淋检修",
                ),
                missing(6),
            ),
        ),
        Row(
            3,
            (
                Duty(3, Progress.IN_PROGRESS, 10, problems="无", next_steps="继续推进。"),
                Duty(2, Progress.IN_PROGRESS, 20, late=True),
            ),
            text="开展老旧小区改造，统筹推进道路维修。",
            kind=Kind.TERMINAL,
        ),
        Row(3, text="落实督察整改。"),
    ]


def test_the_first_quarter() -> None:
    check("first_quarter", written(make_quarter(1, first_quarter(), tasks=TASKS)))


def test_the_last_quarter_sums_up_the_year() -> None:
    rows = [
        Row(
            1,
            (
                Duty(1, Progress.DONE, overall="26项年度任务全部完成。", progress="完成。"),
                Duty(5, Progress.DONE),
            ),
            lead_confirmed=True,
        ),
        Row(
            2,
            (
                Duty(5, progress="全年启动应急响应5次，落实减排措施126条。"),
                Duty(
                    3,
                    Progress.LAGGING,
                    problems="2个工地在线监测未联网",
                    next_steps="次年3月底前完成2个工地在线监测联网",
                ),
            ),
        ),
        Row(
            3,
            (
                Duty(
                    3,
                    Progress.LAGGING,
                    60,
                    problems="管线改移费用未落实；冬季不能开挖。",
                    next_steps="次年5月底前完成余下6个小区外墙收尾。",
                ),
                Duty(2, Progress.DONE, 100),
                Duty(6, Progress.IN_PROGRESS, 95),
                missing(7, Progress.IN_PROGRESS),
            ),
            text="开展老旧小区改造，统筹推进道路维修。",
            kind=Kind.TERMINAL,
        ),
        Row(
            3,
            (Duty(2, Progress.IN_PROGRESS, 95, next_steps="次年1月组织竣工验收。"),),
            text="建设街景提升示范路",
            kind=Kind.TERMINAL,
        ),
    ]
    second = [*first_quarter()[:3], Row(3, (Duty(2, Progress.IN_PROGRESS, 40),), kind=Kind.TERMINAL)]
    check(
        "last_quarter",
        written(
            make_quarter(1, first_quarter(), tasks=TASKS),
            make_quarter(2, second, tasks=TASKS),
            make_quarter(3, second, tasks=TASKS),
            make_quarter(4, rows, tasks=TASKS),
        ),
    )


@pytest.fixture
def demo_quarter(db: None, monkeypatch: pytest.MonkeyPatch) -> ReportingPeriod:
    """The third quarter of the sample year on the real plan."""
    # Its first two quarters are closed; their papers are not what is asked about here.
    monkeypatch.setattr(Author, "issue", lambda *_: None)
    call_command("loaddata", "units", "plan_2024", verbosity=0)
    create_accounts("demo-golden-words")
    fill(Plan.objects.get(), date(2024, 11, 4))
    return ReportingPeriod.objects.select_related("plan").get(quarter=3)


def test_an_ordinary_quarter_of_the_real_plan(demo_quarter: ReportingPeriod) -> None:
    course = course_to_issue(demo_quarter, timezone.now())
    check("demo_third_quarter", draft_words(course, texts_to_issue(demo_quarter)))


def test_a_correction_says_what_it_supersedes_and_why(world: World) -> None:
    wrong = world.approve(
        world.file(world.terminal, percent=Decimal(40), progress_text="管网改造完成400米。")
    )
    world.approve(world.file(world.support, progress_text="完成12家重点用能单位核算。"))
    world.plan.periods.filter(quarter=1).update(opens_on=date(2024, 3, 20), due_on=date(2024, 4, 10))
    period = issued_without_files(world.q1, datetime(2024, 4, 18, 15, tzinfo=UTC))
    draft = start_correction(
        period_id=period.pk,
        actor=world.cast.office,
        reason="区发改局第2项措施完成比例误填为40%，应为25%。",
        update_ids=[wrong.pk],
    )
    mended = world.file(
        world.terminal, percent=Decimal(25), progress_text="管网改造完成250米。", decrease_reason="原数有误。"
    )
    world.approve(mended)
    bulletin = rewrite_draft(period_id=period.pk, actor=world.cast.office, base_version=draft.version)
    check("correction", Words(bulletin.title, [keyed_block(block) for block in bulletin.body]))


def issued_without_files(period: ReportingPeriod, at: datetime) -> ReportingPeriod:
    """The quarter as if issued, with a file that nobody reads: what is asked about here is the next edition's text."""
    period = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    period.state, period.closed_at = PeriodState.CLOSED, datetime(2024, 4, 11, 17, tzinfo=UTC)
    period.save()
    course = course_to_issue(period, at)
    bulletin = draft_from_figures(period, at)
    bulletin.document_number, bulletin.signed_on = "西生态办〔2024〕3号", date(2024, 4, 18)
    bulletin.data = build_document(
        bulletin, period, course, at=at, texts=texts_to_issue(period), issued_by="周启明"
    )
    bulletin.status = BulletinStatus.ISSUED
    bulletin.save()
    BulletinFile.objects.create(bulletin=bulletin, format="pdf", content=b"%PDF-", size=5, sha256="0" * 64)
    period.state = PeriodState.ISSUED
    period.save()
    return period


def keyed_block(block: Block) -> KeyedBlock:
    return {"kind": block["kind"], "key": "", "sentences": [{"key": "", "text": block["text"]}]}
