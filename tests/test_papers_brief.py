"""领导专报: one page whatever there is to say, the right five, and nothing that the figures do not say."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from pdfplumber.page import Page

from reports.filings import QuarterTexts
from reports.models import BulletinFile
from reports.papers.brief import brief_section, lagging
from reports.renderers.brief import PAGE_PT, fitted, height_of
from reports.renderers.fonts import FontStack, choose_fonts
from reports.renderers.paper_text import Setting
from reports.renderers.process import render_files
from reports.renderers.typeset import GETA
from reports.services.drafts import start_draft
from reports.services.issuing import issue_bulletin
from tasks.rules import Filing, Kind, Progress
from tests.conftest import Cast, World
from tests.printed import collisions, is_embedded, outside, pages_of, rows_of, text_of, told
from tests.quarters import UNITS, Duty, Quarter, Row, course_of, make_quarter, missing, quarters
from units.models import User

Login = Callable[[User | None], Client]
TITLES = (
    "推动生态环境保护督察整改工作向纵深发展",
    "深入实施碳达峰行动",
    "坚决遏制高耗能、高排放、低水平项目盲目发展",
    "扎实推进市容环境综合整治 强化垃圾分类宣传监督",
)
FINE = Duty(0, Progress.ON_SCHEDULE)
FONTS = choose_fonts("")
MARK = "数据截至2024年7月11日，未印发"


def terminal(task: int, percent: int, *, unit: int = 1, text: str = "完成管网改造。", **more: Any) -> Row:
    duty = Duty(unit, more.pop("status", Progress.IN_PROGRESS), percent, **more)
    return Row(task, (duty,), text=text, kind=Kind.TERMINAL)


def section(
    *made: Quarter, issuer: str = "西岗区生态办", texts: QuarterTexts | None = None
) -> dict[str, Any]:
    return brief_section(course_of(*made), texts or made[-1].texts, issuer=issuer, day=date(2024, 7, 18))


def document(brief: dict[str, Any], *marks: str) -> dict[str, Any]:
    return {
        "schema": 2,
        "kind": "bulletin",
        "dated": "2024-07-18T00:00:00+08:00",
        "marks": list(marks),
        "fonts": FONTS,
        "brief": brief,
    }


def printed(brief: dict[str, Any]) -> bytes:
    return render_files(document(brief, MARK), ["brief"])["brief"]


@cache
def extreme(name: str) -> bytes:
    """A page of EXTREMES, made once."""
    return printed(EXTREMES[name])


def a_year(rows: Sequence[Row], tasks: Sequence[str] = TITLES) -> dict[str, Any]:
    return section(make_quarter(1, rows, tasks=tasks), make_quarter(2, rows, tasks=tasks))


def behind_on(page: Page) -> list[list[str]]:
    """The rows of the table of those that lag."""
    return [row for row in rows_of(page) if len(row) == 5 and row[0].isdigit()]


LONG = "会同有关部门推进市容环境综合整治和垃圾分类宣传监督工作" * 8
EXTREMES = {
    "one task": a_year([Row(1, (FINE,))], TITLES[:1]),
    "nothing filed": a_year([Row(task, (missing(0), missing(1))) for task in (1, 2, 3, 4)]),
    "nothing but open parties": a_year([Row(task) for task in (1, 2, 3, 4)]),
    "thirteen tasks": a_year(
        [terminal(task, task * 3, problems="冬季气温低，管网开挖受限。") for task in range(1, 14)],
        [TITLES[place % 4] for place in range(13)],
    ),
    "forty tasks": a_year(
        [terminal(task, task % 30) for task in range(1, 41)], [TITLES[place % 4] for place in range(40)]
    ),
    "the longer names at the right": a_year(
        [terminal(task, task % 30) for task in range(1, 25)], [TITLES[1]] * 12 + [TITLES[2]] * 12
    ),
    "long everything": a_year(
        [terminal(task, 0, text=LONG, problems=LONG, status=Progress.LAGGING) for task in range(1, 14)],
        [LONG[:200]] * 13,
    ),
    "a hundred tasks": a_year([terminal(task, 0, text=LONG) for task in range(1, 101)], [LONG[:200]] * 100),
}


@pytest.mark.parametrize("name", EXTREMES)
def test_it_is_one_page_with_nothing_cut_off_and_nothing_on_top_of_another(name: str) -> None:
    pages = pages_of(extreme(name))
    assert len(pages) == 1
    assert outside(pages[0], left=25, right=20, top=10, bottom=15) == []
    assert collisions(pages[0]) == []
    text = text_of(pages[0])
    assert "2024年第二季度生态环境保护任务进展专报" in text
    # The last line is there: nothing fell off the page.
    assert "为滞后。" in text


@settings(max_examples=60, deadline=None)
@given(quarter=quarters())
def test_whatever_the_quarter_the_page_has_room(quarter: Quarter) -> None:
    setting = Setting(FontStack(FONTS, ""))
    brief = section(quarter)
    assert height_of(fitted(brief, setting), brief, setting) <= PAGE_PT


def test_names_of_tasks_are_whole_where_they_fit() -> None:
    text = text_of(pages_of(extreme("thirteen tasks"))[0])
    for title in TITLES:
        assert "".join(title.split()) in text
    assert "……" not in text.split("二、")[0]


def test_a_hundred_tasks_say_that_the_rest_is_in_the_bulletin() -> None:
    assert "另有40项目标任务见通报附件" in text_of(pages_of(extreme("a hundred tasks"))[0])


def test_the_five_furthest_behind_are_told_ties_by_number() -> None:
    rows = [terminal(1, percent) for percent in (30, 20, 38, 20, 50, 0, 25, 60)]
    figures = make_quarter(2, rows, tasks=TITLES[:1]).figures
    assert [row.number for row in lagging(figures)] == [6, 2, 4, 7, 1, 3]
    brief = section(make_quarter(2, rows, tasks=TITLES[:1]))
    assert [row["number"] for row in brief["behind"]] == [6, 2, 4, 7, 1]
    assert brief["behind_count"] == 6
    page = pages_of(printed(brief))[0]
    assert "进展最慢的工作措施（黄灯、红灯共6项，列差距最大的5项）" in text_of(page)
    shown = behind_on(page)
    assert [row[0] for row in shown] == ["6", "2", "4", "7", "1"]
    assert shown[0][2] == "滞后，0%，差50个百分点"


def test_a_measure_lags_by_its_light_not_by_every_point_below() -> None:
    brief = section(make_quarter(2, [terminal(1, 45), Row(1, (FINE,))], tasks=TITLES[:1]))
    assert brief["behind"] == []
    assert "本季度没有进展滞后或慢于序时进度的工作措施" in text_of(pages_of(printed(brief))[0])


def test_of_an_ongoing_measure_no_percent_is_printed() -> None:
    row = Row(1, (Duty(1, Progress.PARTIAL, problems="人员不足。"),))
    told_of = section(make_quarter(2, [row], tasks=TITLES[:1]))["behind"][0]
    assert (told_of["word"], told_of["value"], told_of["problem"]) == ("部分完成", "", "人员不足。")


def test_the_problem_is_that_of_who_lags_by_its_own_word() -> None:
    row = Row(
        1,
        (
            Duty(1, Progress.IN_PROGRESS, 10, problems="资金未到位。"),
            Duty(2, Progress.LAGGING, 20, problems="管线未迁改。\n正在协调。"),
        ),
        kind=Kind.TERMINAL,
    )
    told_of = section(make_quarter(2, [row], tasks=TITLES[:1]))["behind"][0]
    assert told_of["problem"] == f"{UNITS[2]}：管线未迁改。正在协调。"
    assert told_of["units"] == f"{UNITS[1]}、{UNITS[2]}"


@pytest.mark.parametrize(
    ("duties", "problem"),
    [
        ((missing(1), missing(2)), f"{UNITS[1]}、{UNITS[2]}未报送"),
        ((Duty(1, "", filing=Filing.UNREVIEWED),), f"{UNITS[1]}所报内容未完成审核，未计入"),
        ((Duty(1, Progress.PARTIAL),), "未填报存在问题"),
    ],
)
def test_where_no_problem_was_told_the_page_says_why(duties: tuple[Duty, ...], problem: str) -> None:
    assert section(make_quarter(2, [Row(1, duties)], tasks=TITLES[:1]))["behind"][0]["problem"] == problem


def test_the_figures_are_those_of_the_quarter_and_its_change() -> None:
    first = make_quarter(1, [terminal(1, 10), missing_row()], tasks=TITLES[:1])
    second = make_quarter(2, [terminal(1, 41), missing_row()], tasks=TITLES[:1])
    assert section(first, second)["figures"] == [
        ["总体完成比例", "20.5%", "部分完成"],
        ["序时进度", "50%", "本季度末应达到"],
        ["与序时进度相差", "−29.5", "个百分点"],
        ["较上季度", "+15.5", "个百分点"],
        ["报送率", "50%", "已报1/2"],
    ]
    assert section(first)["figures"][3] == ["较上季度", "—", "无可比数据"]
    assert section(make_quarter(1, [Row(1)], tasks=TITLES[:1]))["figures"][4][1] == "—"


def missing_row() -> Row:
    return Row(1, (missing(0),))


def test_the_same_document_gives_the_same_bytes_with_all_fonts_inside() -> None:
    first = extreme("thirteen tasks")
    assert printed(EXTREMES["thirteen tasks"]) == first
    assert is_embedded(first)
    assert told(first) == ("2024年第二季度生态环境保护任务进展专报", "zh-CN")


def test_what_no_font_prints_is_a_geta() -> None:
    brief = a_year([terminal(1, 0, problems="缺\U0001f600人手。")], TITLES[:1])
    assert f"缺{GETA}人手" in text_of(pages_of(printed(brief))[0])


# --- in the application -----------------------------------------------------------------------------


def preview(world: World) -> str:
    return reverse("reports:brief_preview", args=[world.plan.code, 1])


def test_before_issue_it_is_live_and_marked_so(world: World, cast: Cast, login: Login) -> None:
    world.approve(world.file(world.terminal, percent=5, problems="缺管材。"))
    for user in (cast.leader, cast.office):
        answer = login(user).get(preview(world))
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        page = pages_of(b"".join(answer))[0]
        assert "未印发" in text_of(page)
        assert behind_on(page)[0][3:] == ["区发改局", "区发改局：缺管材。"]


def test_what_is_not_approved_is_not_told(world: World, cast: Cast, login: Login) -> None:
    world.file(world.terminal, percent=5, problems="缺管材。")
    assert "缺管材" not in text_of(pages_of(b"".join(login(cast.office).get(preview(world))))[0])


def test_of_a_quarter_that_has_not_begun_there_is_none(world: World, cast: Cast, login: Login) -> None:
    url = reverse("reports:brief_preview", args=[world.plan.code, 2])
    assert login(cast.office).get(url).status_code == 404


def test_issuing_stores_it_and_the_address_leads_to_what_is_stored(
    world: World, cast: Cast, login: Login
) -> None:
    world.approve(world.file(world.terminal, percent=5, problems="缺管材。"))
    bulletin = start_draft(period_id=world.q1.pk, actor=cast.office)
    issue_bulletin(period_id=world.q1.pk, actor=cast.office)
    stored = bytes(BulletinFile.objects.get(bulletin=bulletin, format="brief").content)
    world.fgj.name = "区发展和改革局"
    world.fgj.save()
    answer = login(cast.leader).get(preview(world), follow=True)
    assert b"".join(answer) == stored
    assert answer["Content-Disposition"].startswith("inline")
    text = text_of(pages_of(stored)[0])
    assert "未印发" not in text
    assert "区发改局" in text


def test_leaders_and_the_office_find_it_on_the_overview(world: World, cast: Cast, login: Login) -> None:
    page = reverse("reports:overview", args=[world.plan.code, 1])
    for user, shown in (
        (cast.leader, True),
        (cast.office, True),
        (cast.reporter, False),
        (cast.admin, False),
    ):
        assert (preview(world) in login(user).get(page).content.decode()) is shown
