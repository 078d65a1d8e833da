"""What a careful clerk reads in the plans of `cities`, in each form in which they come."""

import pytest

from tasks.importing.errors import NoPlanFound
from tasks.importing.reading import Source, read_plan
from tasks.importing.readings import PlanReading
from tests.importing.builders import SOFFICE
from tests.importing.cities import City, told
from tests.importing.cities.pasted import PASTED
from tests.importing.cities.prose import PROSE
from tests.importing.cities.tables import TABLES
from tests.importing.test_cities import read


def _name(value: object) -> str | None:
    return value.name if isinstance(value, City) else None


@pytest.mark.parametrize("city", [*PROSE, *PASTED], ids=_name)
def test_pasted_text_is_read_as_it_says(city: City) -> None:
    assert isinstance(city.content, str)
    assert told(read_plan(Source(city.content))) == city.truth


@pytest.mark.parametrize("city", PROSE, ids=_name)
def test_paragraphs_of_a_word_file_are_read_as_lines_are(city: City) -> None:
    assert isinstance(city.content, str)
    assert told(read(tuple(city.content.strip().split("\n")), "word")) == city.truth


def documents() -> list[tuple[City, str]]:
    return [(city, kind) for city in TABLES for kind in city.kinds]


@pytest.mark.parametrize(("city", "kind"), documents(), ids=_name)
def test_tables_are_read_as_they_say(city: City, kind: str) -> None:
    plan = read(tuple(city.content), kind)
    assert told(plan) == city.truth
    assert not [problem for problem in plan.problems if problem.decide]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("city", [city for city in TABLES if "word" in city.kinds][::3], ids=_name)
def test_a_file_saved_again_by_another_program_reads_the_same(city: City) -> None:
    assert told(read(tuple(city.content), "resaved")) == city.truth


def test_prose_says_deadlines_and_points_share_what_is_below_them() -> None:
    lines = [
        "2024年工作方案",
        "一、大气",
        "1.治理扬尘。（区住建局牵头，区城管局、各街道配合，2024年10月底前完成）",
        "2.治理油烟。（区城管局牵头；完成时限：2024年12月）",
        "二、水",
        "3.加强重点监管单位管理。",
        "（1）更新名录。",
        "（2）开展隐患排查。",
        "责任单位：市生态环境局；完成时限：2024年9月底前。",
    ]
    expected = [
        "# 大气",
        "治理扬尘。 | 区住建局*、区城管局、各街道! | date 2024-10-31",
        "治理油烟。 | 区城管局*! | date 2024-12-31",
        "# 水",
        "加强重点监管单位管理。⏎（1）更新名录。⏎（2）开展隐患排查。 | 市生态环境局* | date 2024-09-30",
    ]
    assert told(read_plan(Source("\n".join(lines)))).split("\n") == expected
    assert told(read(tuple(lines), "word")).split("\n") == expected


def test_problems_in_prose_have_the_measures_asked_of_them() -> None:
    plan = read_plan(
        Source(
            "一、部分企业违规排污。\n整改目标：杜绝违规排污。\n整改时限：2018年12月底前\n整改措施：1.开展排查。2.依法查处。\n"
            "责任单位：市环保局、各县（市、区）政府\n责任人：张某\n督导单位：市政府督查室\n"
            "二、黑臭水体治理滞后。\n整改目标：消除黑臭水体。\n整改时限：长期坚持\n责任单位：市住建局\n整改措施：\n"
            "1.加快管网建设。\n2.强化日常管护。\n"
        )
    )
    assert told(plan).split("\n") == [
        "# 部分企业违规排污。",
        "开展排查。 | 市环保局*、各县（市、区）政府 | date 2018-12-31",
        "依法查处。 | 市环保局*、各县（市、区）政府 | date 2018-12-31",
        "# 黑臭水体治理滞后。",
        "加快管网建设。 | 市住建局* | ongoing",
        "强化日常管护。 | 市住建局* | ongoing",
    ]
    assert plan.measures[0].extras == (
        ("整改目标", "杜绝违规排污。"),
        ("责任人", "张某"),
        ("督导单位", "市政府督查室"),
    )


def test_a_table_in_the_file_keeps_its_prose_as_sections() -> None:
    plan: PlanReading = read(tuple(TABLES[2].content), "word")
    prose = PROSE[0].content
    assert isinstance(prose, str)
    both = read((*prose.strip().split("\n"), *TABLES[2].content), "word")
    assert told(both) == told(plan)
    assert "配合单位：县发改委" in "".join(section.text for section in both.sections)


@pytest.mark.parametrize(
    "text",
    [
        # One bracket is no rule, and a list without units no plan of duties.
        "一、工作任务\n1.加强扬尘治理。（区住建局牵头）\n2.加强执法。\n",
        "环境保护目标考核办法\n序号\n责 任 目 标\n所占分值\n1\n环境保护工作列入重要内容。\n（10分）\n2\n责任制分解落实到位。\n（10分）\n",
        "全市生态环境保护重点工作推进会召开\n会议要求，各牵头单位要细化任务，各配合单位要积极参与。\n",
    ],
)
def test_text_that_does_not_say_regularly_who_answers_is_no_plan(text: str) -> None:
    with pytest.raises(NoPlanFound):
        read_plan(Source(text))
