"""Charts: option dictionaries that are nothing but JSON, that say what the figures say, and that ECharts can draw."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from reports import charts
from reports.charts import FILINGS, LIGHTS, broken
from reports.figures import plan_figures
from reports.reading import Course, course_of
from tasks.rules import Filing, Light, Progress
from tests.conftest import World
from tests.factories import open_quarter
from tests.test_figures import NOW, put

FONT = "Some Font"


@pytest.fixture
def course(world: World) -> Course:
    """Two quarters: measure 1 behind, measure 2 on time in the second, measure 3 待确认; one filing late."""
    put(world.support, 1, state=Progress.LAGGING)
    put(world.terminal, 1, 20, is_late=True)
    put(world.terminal, 2, 60)
    put(world.street_duties[0], 2, 50, status="submitted")
    open_quarter(world.plan, 2, days_left=-1)
    return course_of(world.plan.periods.select_related("plan").get(quarter=2), NOW)


def all_charts(course: Course) -> dict[str, dict[str, Any]]:
    return {
        "tasks": charts.tasks_chart(course.current, font=FONT),
        "course": charts.course_chart(course, font=FONT),
        "lights": charts.lights_chart(course.current, font=FONT),
        "units": charts.units_chart(course.current, font=FONT),
    }


def parts(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from parts(item)


def test_options_are_plain_json_still_and_without_html(
    course: Course, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        options = all_charts(course)
    for option in options.values():
        assert json.loads(json.dumps(option, allow_nan=False)) == option
        assert option["animation"] is False
        assert option["textStyle"]["fontFamily"] == FONT
        assert option["tooltip"]["renderMode"] == "richText"
        for part in parts(option):
            if isinstance(part, dict):
                # A label without an explicit 0 gets an outline, under which WeasyPrint hides the text.
                assert "label" not in part or part["label"]["textBorderWidth"] == 0
                assert part.get("fontFamily", FONT) == FONT
            assert not isinstance(part, str) or "function" not in part


def test_the_tasks_with_their_words_and_marks(course: Course) -> None:
    option = charts.tasks_chart(course.current)
    names, words = option["yAxis"]
    assert names["data"] == ["1. 深入实施碳达峰行动", "2. 推动督察整改"]
    first = course.current.tasks[0].figure
    assert first.percent is not None
    assert words["data"] == ["15% 滞后", "待确认"]
    bars, marks = option["series"]
    assert [bar["value"] for bar in bars["data"]] == [float(first.percent), None]
    assert bars["data"][0]["itemStyle"]["color"] == LIGHTS[first.light].color
    assert marks["data"] == [[50.0, 0], [50.0, 1]]


def test_the_course_leaves_quarters_to_come_empty(course: Course) -> None:
    option = charts.course_chart(course)
    progress, expected = option["series"]
    assert [bar and bar["value"] for bar in progress["data"]] == [
        float(figures.figure.percent or 0) for figures in course.figures
    ] + [None, None]
    assert expected["data"] == [25.0, 50.0, None, None]
    assert option["xAxis"]["data"][2:] == ["第三季度", "第四季度"]
    assert option["xAxis"]["data"][1] == f"第二季度\n{course.current.figure.label}"


def test_every_measure_is_in_the_ring_once(course: Course) -> None:
    option = charts.lights_chart(course.current)
    slices = option["series"][0]["data"]
    assert sum(part["value"] for part in slices) == len(course.current.measures) == 3
    assert {part["name"]: part["value"] for part in slices} == {
        str(Light(light).label): count for light, count in course.current.lights.items()
    }
    assert option["title"]["text"] == "3"


def test_units_stand_in_official_order_with_all_their_duties(course: Course) -> None:
    option = charts.units_chart(course.current)
    assert option["yAxis"]["data"] == ["区发改局", "生态环境分局", "香炉礁街道", "日新街道"]
    assert option["legend"]["data"] == [series["name"] for series in option["series"]]
    assert option["legend"]["data"] == ["通过", "待审核", "逾期未报"]
    per_unit = [
        sum(row or 0 for row in rows) for rows in zip(*(s["data"] for s in option["series"]), strict=True)
    ]
    assert per_unit == [unit.due for unit in course.current.units]


def test_no_two_states_are_told_apart_by_colour_alone() -> None:
    assert set(LIGHTS) == set(Light)
    assert set(FILINGS) == set(Filing)
    patterns = [json.dumps(look.decal) for look in LIGHTS.values()]
    assert len(set(patterns)) == len(patterns)
    # Reviewed or not, a quarter has either 待审核 or 已报未审, 退回 or 退回未改, 未报 or 逾期未报.
    together = [Filing.APPROVED, Filing.SUBMITTED, Filing.RETURNED, Filing.MISSING]
    patterns = [json.dumps(FILINGS[state].decal) for state in together]
    assert len(set(patterns)) == len(patterns)
    assert FILINGS[Filing.OVERDUE].decal != FILINGS[Filing.MISSING].decal


def test_echarts_draws_them_on_a_server(course: Course) -> None:
    """As the bulletin does it: the same library without a browser. What it cannot read, it leaves out silently."""
    racer = pytest.importorskip("py_mini_racer")
    engine = racer.MiniRacer()
    engine.eval("var self = this;")
    engine.eval((settings.BASE_DIR / "static/vendor/echarts/echarts.min.js").read_text(encoding="utf-8"))
    drawn = {}
    for name, option in all_charts(course).items():
        drawn[name] = engine.eval(
            "(function () { var chart = echarts.init(null, null, {renderer: 'svg', ssr: true, width: 620, height: 400});"
            f"chart.setOption({json.dumps(option)}); return chart.renderToSVGString(); }})()"
        )
    for words in ("1. 深入实施碳达峰行动", "待确认", "序时进度", "100%"):
        assert f">{words}<" in drawn["tasks"]
    assert ">第四季度<" in drawn["course"]
    assert ">3<" in drawn["lights"]
    assert ">区发改局<" in drawn["units"]
    for svg in drawn.values():
        assert "Some Font" in svg
        assert "NaN" not in svg
        assert "undefined" not in svg
    assert "<pattern" in drawn["units"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("加强入海排污口监督管理", ["加强入海排污口监督管理"]),
        ("有序推进建设用地风险管控和治理修复", ["有序推进建设用地风险管控", "和治理修复"]),
        ("坚决遏制高耗能、高排放、低水平项目盲目发展", ["坚决遏制高耗能、高排放、", "低水平项目盲目发展"]),
        (
            "扎实推进市容环境综合整治 强化垃圾分类宣传监督",
            ["扎实推进市容环境综合整治", "强化垃圾分类宣传监督"],
        ),
        ("一二三四五六。七八九十甲", ["一二三四五六。", "七八九十甲"]),
        ("", [""]),
    ],
)
def test_titles_break_where_phrases_end(text: str, lines: list[str]) -> None:
    assert broken(text, 15 if len(text) != 12 else 10).split("\n") == lines


@given(st.text(st.sampled_from("一二三四五六、，。（）和 "), max_size=60), st.integers(6, 20))
def test_broken_titles_lose_nothing(text: str, width: int) -> None:
    lines = broken(text, width).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    for line in lines:
        # Only punctuation that may not begin a line makes one longer.
        assert len(line.rstrip("、，。）")) <= width


def test_everything_is_grey_before_anything_is_filed(world: World) -> None:
    figures = plan_figures(world.plan, world.q1, NOW)
    option = charts.lights_chart(figures)
    assert [part["name"] for part in option["series"][0]["data"]] == ["待定"]
    assert charts.units_chart(figures)["legend"]["data"] == ["未报"]
    assert charts.course_chart(Course((figures,)))["xAxis"]["data"][0] == "第一季度\n未到期"
