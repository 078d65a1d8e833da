"""The first draft of the text: every number and name in it is one of the quarter's figures."""

import re
import unicodedata
from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.blocks import blocks_from_text, numbered, numeral, text_from_blocks
from reports.figures import plan_figures
from reports.reading import Course
from reports.services.drafts import course_to_issue, words_for
from reports.words import draft_words
from reports.words.prose import measures_named, own_words, phrase, split_sentences
from tasks.models import ReportingPeriod
from tasks.rules import PeriodState, Progress, round_tenth
from tasks.services.periods import close_period
from tasks.services.review import return_update
from tests.conftest import World
from tests.factories import open_quarter
from tests.quarters import UNITS, course_of, quarters, words


def words_of(world: World, period: ReportingPeriod) -> list[str]:
    """The text as it prints, a block each."""
    period = ReportingPeriod.objects.select_related("plan").get(pk=period.pk)
    return text_from_blocks(words_for(period, timezone.now()).body).splitlines()


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


def test_what_is_told_of_the_quarter(closed: World) -> None:
    today = timezone.localdate()
    text = words_of(closed, closed.q1)
    assert text[2] == (
        f"《计划》共安排目标任务2项、工作措施3项，涉及责任单位4家。截至{today.year}年{today.month}月{today.day}日，"
        "总体完成比例为7.5%，低于序时进度（25%）17.5个百分点，总体进度偏慢。"
    )
    lag = text[text.index("三、进度偏慢事项") :]
    assert lag[2:4] == [
        "1.第1项措施“持续推进碳排放核算”进度偏慢。生态环境分局所报内容未完成审核，未计入。",
        "2.第2项措施“完成管网改造”进度偏慢，完成比例为2.5%，低于序时进度22.5个百分点。"
        "区发改局（完成比例5%）进展滞后，反映的问题是：“图纸未定。”日新街道本季度未报送进展。"
        "香炉礁街道所报内容退回后未重新报送，未计入。",
    ]
    filing = text[text.index("四、报送情况") : text.index("五、下一步工作")]
    assert filing[1:] == [
        "本季度应报送进展5项次，已报送4项次，未报送1项次，报送率为80%。"
        "已报送的内容中，审核通过、未完成审核和退回后未重新报送的分别为2项次、1项次和1项次。逾期报送4项次。",
        "（一）未报送。日新街道（第2项措施）未按要求报送本季度进展。",
        "（二）逾期报送。区发改局（全部2项措施）、生态环境分局（第1项措施）、香炉礁街道（第2项措施）等3家单位"
        "逾期报送本季度进展。",
        "（三）退回后未重新报送。香炉礁街道（第2项措施）所报内容经审核退回，未在通报印发前修改重报。",
        "（四）已报送未审核。生态环境分局（第1项措施）所报内容在通报印发前未完成审核，未计入本季度进展。",
    ]
    # 加快。 is no step that a bulletin need repeat.
    assert not [line for line in text if "：“加快" in line]


def test_all_in_time_names_nobody(world: World) -> None:
    for duty in (world.lead, world.support, world.terminal, *world.street_duties):
        world.approve(world.file(duty))
    text = words_of(world, world.q1)
    assert "本季度应报送进展5项次，已全部报送。各责任单位均按时报送，并已全部通过审核。" in text
    assert "与序时进度（25%）持平，总体按序时推进。" in text[2]
    assert not [line for line in text if "偏慢" in line or "滞后" in line or "未报送" in line]


def test_red_measures_come_first_and_give_the_section_its_name(world: World) -> None:
    q2 = open_quarter(world.plan, 2, days_left=-1)
    world.approve(world.file(world.support, period=q2, self_status=Progress.PARTIAL))
    world.approve(world.file(world.lead, period=q2, self_status=Progress.PARTIAL))
    text = words_of(world, q2)
    start = text.index("三、滞后事项")
    assert text[start + 2] == "（一）滞后的措施"
    assert text[start + 3].startswith("第2项措施“完成管网改造”滞后，完成比例按0%计，低于序时进度50个百分点。")
    assert text[start + 4] == "（二）进度偏慢的措施"
    # An ongoing measure has no percent to print.
    assert text[start + 5] == "第1项措施“持续推进碳排放核算”进度偏慢。区发改局、生态环境分局进度偏慢。"
    assert any(line.startswith("（一）加快推进滞后的工作。") for line in text)


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
    assert any("认真总结全年工作。" in line for line in text)
    assert "一、全年总体情况" in text
    assert "三、未完成事项" in text
    assert any("未完成年度目标，请有关单位查明原因、继续推进。" in line for line in text)
    assert any("逐项查明原因，明确改进措施、责任人员和完成时限，持续推进。" in line for line in text)
    assert not [line for line in text if "下次报送" in line]


def test_before_the_due_day_nobody_is_blamed(world: World) -> None:
    text = words_of(world, world.q1)
    assert "本季度填报尚未截止，暂无单位报送进展。" in text[2]
    assert text[3].endswith("3项工作措施中，责任单位待确认1项、尚未报送2项。")
    assert any("等4家单位尚未报送本季度进展。" in line for line in text)
    assert not [line for line in text if "未按要求" in line or "偏慢" in line]


def test_a_quarter_that_has_not_begun_is_no_quarter_before(world: World) -> None:
    q2 = open_quarter(world.plan, 2)
    world.plan.periods.filter(quarter=1).update(state=PeriodState.UPCOMING)
    course = course_to_issue(ReportingPeriod.objects.select_related("plan").get(pk=q2.pk), timezone.now())
    assert [figures.quarter for figures in course.figures] == [2]


# --- what units wrote -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("图纸未定", "图纸未定。"),
        ("图纸未定。。", "图纸未定。"),
        ("图纸未定；。", "图纸未定。"),
        ("图纸未定,资金未到位;正在协调.", "图纸未定，资金未到位；正在协调。"),
        ("  图纸 未定 \n\n", "图纸未定。"),
        ("1.管线未移\n2.资金未到位\n", "1.管线未移；2.资金未到位。"),
        ("1.管线未移，正在协调。\n2.资金未到位", "1.管线未移，正在协调。2.资金未到位。"),
        ("- 管线未移\r\n● 资金未到位", "管线未移；资金未到位。"),
        ("完成“一厂一策”12家(含复查)", "完成‘一厂一策’12家（含复查）。"),
        ('完成"一厂一策"', "完成‘一厂一策’。"),
        ("完成“一厂一策", "完成一厂一策。"),
        ("比例为3.5%,低于2.5个百分点", "比例为3.5%，低于2.5个百分点。"),
        ("为什么？！", "为什么？"),
        ("还在等...", "还在等……"),
        ("8:30至9:00开展巡查", "8:30至9:00开展巡查。"),
        ("无", ""),
        ("暂无。", ""),
        ("  \n ", ""),
        ("。。。", ""),
        ("——", ""),
    ],
)
def test_a_units_own_words_fit_into_a_sentence_and_stay_its_own(typed: str, told: str) -> None:
    assert own_words(typed, 100) == told


def test_long_words_end_with_the_last_sentence_that_fits_or_show_the_cut() -> None:
    assert own_words("一号管线未移。二号管线未移。三号管线未移。", 15) == "一号管线未移。二号管线未移。"
    assert own_words("一号管线未移；二号管线未移；三号管线未移。", 16) == "一号管线未移；二号管线未移……"
    assert own_words("水" * 50, 20) == "水" * 18 + "……"
    # Not in the middle of what is quoted.
    assert own_words("完成“甲。乙。”两项。另一项未完成，原因待查。", 14) == "完成‘甲。乙。’两项。"


def test_many_measures_of_a_unit_are_counted_not_numbered() -> None:
    assert measures_named([3, 4]) == "第3、4项措施"
    assert measures_named(list(range(1, 14))) == "共13项措施"


def test_a_measure_is_named_by_its_first_clause() -> None:
    assert phrase("开展老旧小区改造，统筹推进。", 40) == "开展老旧小区改造"
    assert phrase("执行“三线一单”（红线，底线）要求。完善体系", 40) == "执行‘三线一单’（红线，底线）要求"
    assert phrase("完成" * 40, 10) == "完成完成完成完成……"
    # Upon what something is done is not its name; a cut leaves no half of a bracket's content.
    assert phrase("按照国家及省、市要求，稳妥推进碳达峰碳中和。落实制度。", 40) == "稳妥推进碳达峰碳中和"
    assert phrase("以住宅用地为重点，依法开展调查。", 40) == "依法开展调查"
    assert phrase("按照要求。", 40) == "按照要求"
    assert phrase("严格执行“三线一单”（红线、底线、上线）管控体系", 18) == "严格执行‘三线一单’……"


@settings(deadline=None)
@given(st.one_of(words, st.text()), st.integers(8, 200))
def test_any_words_make_one_quotable_piece(typed: str, limit: int) -> None:
    told = own_words(typed, limit)
    assert len(told) <= limit
    if not told:
        return
    assert split_sentences(f"某局反映：“{told}”下一句。") == [f"某局反映：“{told}”", "下一句。"]
    assert told[-1] in "。！？…"
    assert not BAD_MARKS.search(told), told
    assert "\n" not in told
    # Nothing is reworded: what is left are the typed characters, in their order.
    letters = [char for char in told if char.isalnum()]
    rest = iter(unicodedata.normalize("NFC", typed))
    assert all(char in rest for char in letters)


# --- any quarter ------------------------------------------------------------------------------------

BAD_MARKS = re.compile(r"[，、；：。！？]{2,}|，”|、”|；”|“”|（）")
_QUOTED = re.compile(r"“[^“”]*”")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_quarter_reads_as_it_should(data: st.DataObject) -> None:
    quarter = data.draw(quarters())
    figures = quarter.figures
    earlier = [
        data.draw(quarters(number)) for number in range(1, figures.quarter) if data.draw(st.booleans())
    ]
    made = draft_words(course_of(*earlier, quarter), quarter.texts)
    text = numbered(made.body)

    keys = [sentence["key"] for block in made.blocks for sentence in block["sentences"]]
    assert len(keys) == len(set(keys))
    for block in made.blocks:
        sentences = [sentence["text"] for sentence in block["sentences"]]
        assert split_sentences("".join(sentences)) == sentences
    assert blocks_from_text(text_from_blocks(made.body)) == made.body

    known = allowed_numbers(course_of(*earlier, quarter))
    for block in text:
        line = _QUOTED.sub("“”", block["text"])
        assert not re.search(r"(?<![0-9.])0(项|家|个)", line), line
        assert not re.search(r"[，、；：。！？]{2,}", block["text"]), block["text"]
        assert "  " not in line
        for number in re.findall(r"\d+(?:\.\d+)?", re.sub(r"^\d+\.", "", line)):
            assert Decimal(number) in known, (number, line)
        # No list of one: 等 follows two at least, 和 stands between two.
        for match in re.finditer(r"([^。；：]*)等(\d+)(家单位|项目标任务)", line):
            assert int(match[2]) >= 2, line
        if block["kind"] == "p" and block["text"][0].isdigit():
            assert not re.match(r"\d+\.", block["text"])
    assert_numbered_without_gap(text)
    for place, block in enumerate(text):
        following = text[place + 1 : place + 2]
        if block["kind"] == "h1" or (block["kind"] == "h2" and "。" not in block["text"]):
            assert following, block
            assert following[0]["kind"] != "h1", block
    order = [unit.name for unit in figures.units]
    for line in (_QUOTED.sub("。", block["text"]) for block in text):
        for listed in re.findall(
            r"(?:^|。)([^。]*(?:、[^。]*)+)(?:等\d+家单位)?(?:尚未|未按|逾期报送本|所报|本季度未|进度偏慢)",
            line,
        ):
            named = [name for name in UNITS if name in listed]
            assert set(named) <= set(order)
            places = [listed.index(name) for name in order if name in listed]
            assert places == sorted(places), listed


def allowed_numbers(course: Course) -> set[Decimal]:
    """Every number that the figures give: counts, percents, differences, and the date."""
    current = course.current
    found = {Decimal(2024), Decimal(100)}
    found.update(map(Decimal, re.split(r"\D", current.as_of[:10])))
    every = [*(row.figure for row in course.figures)]
    for row in course.figures:
        every += [task.figure for task in row.tasks]
    for measure in current.measures:
        every += [measure.figure, *(duty.figure for duty in measure.duties)]
    percents = {figure.percent for figure in every if figure.percent is not None}
    percents |= {figure.expected for figure in every}
    found |= percents | {abs(one - other) for one in percents for other in percents}
    duties = [duty for measure in current.measures for duty in measure.duties]
    # Counts never pass the number of duties, measures, tasks or units.
    found |= set(map(Decimal, range(max(len(duties), len(current.measures), len(current.tasks)) + 1)))
    if current.due:
        found.add(round_tenth(Decimal(current.filed) * 100 / current.due))
    return found


def assert_numbered_without_gap(blocks: list[dict[str, str]]) -> None:
    first = second = third = 0
    for block in blocks:
        if block["kind"] == "h1":
            first, second, third = first + 1, 0, 0
            assert block["text"].startswith(f"{numeral(first)}、")
        elif block["kind"] == "h2":
            second, third = second + 1, 0
            assert block["text"].startswith(f"（{numeral(second)}）")
        elif block["kind"] == "h3":
            third += 1
            assert block["text"].startswith(f"{third}.")


def test_numerals() -> None:
    assert [numeral(number) for number in (1, 9, 10, 11, 20, 21, 99)] == [
        *("一", "九", "十", "十一", "二十", "二十一", "九十九")
    ]
