"""Whom printed names mean: exact, normal, suggested, none."""

import pytest
from django.core.management import call_command

from tasks.importing.reading import Source, read_plan
from tasks.importing.resolve import as_json, resolve
from units.models import Unit, UnitAlias
from units.resolving import Directory, Target, directory_of


@pytest.fixture
def directory(db: None) -> Directory:
    call_command("loaddata", "units", verbosity=0)
    return Directory.load()


@pytest.mark.parametrize(
    ("printed", "match", "code"),
    [
        ("区发改局", "exact", "fagaiju"),
        (" 区 发改局", "exact", "fagaiju"),
        ("大连市西岗区发展和改革局", "exact", "fagaiju"),
        ("各街道", "exact", "jiedao"),
        ("发改局", "normal", "fagaiju"),
        ("西岗区发改局", "normal", "fagaiju"),
        ("市生态环境局西岗分局", "normal", "shengtaifenju"),
        ("大连市自然资源局西岗分局", "normal", "ziranziyuanfenju"),
        ("西岗区香炉礁街道办事处", "normal", "xianglujiao"),
        ("（区）住建局", "normal", "zhujianju"),
        ("区生态环境保护委员会成员单位", "suggested", None),
        ("相关部门", "none", None),
        ("各单位", "none", None),
        ("西岗区住建局（牵头）", "normal", "zhujianju"),
        ("区教育局(含民办学校)", "normal", "jiaoyuju"),
        ("各街道（园区）", "normal", "jiedao"),
        ("区住房城乡建设局", "suggested", None),
        ("区城管局", "suggested", None),
        ("某某纪念馆", "none", None),
        ("", "none", None),
    ],
)
def test_a_name_is_known_or_proposed(
    directory: Directory, printed: str, match: str, code: str | None
) -> None:
    resolution = directory.resolve(printed)
    assert resolution.match == match
    assert (resolution.target.code if resolution.target else None) == code
    assert bool(resolution.suggestions) == (match == "suggested")


@pytest.mark.parametrize(
    ("printed", "first"),
    [
        ("区住房城乡建设局", "zhujianju"),
        ("大连市西岗区住房和城乡建设事务局", "zhujianju"),
        ("区城管局", "chengguanju"),
        ("大连市西岗区生态环境保护委员会成员单位", "shengtai-weiyuanhui-chengyuan"),
        ("区城市管理综合行政执法局", "chengguanju"),
        ("大连市公安局西岗分局交警大队", "jiaojingdadui"),
        ("区发改委", "fagaiju"),
        ("白云街道办事处", "baiyun"),
        ("相关街道", "jiedao"),
        ("区宣传部", "xuanchuanbu"),
        ("西岗区科技和工业信息化局", "kegongju"),
    ],
)
def test_the_likeliest_unit_comes_first(directory: Directory, printed: str, first: str) -> None:
    suggestions = directory.suggest(printed)
    assert suggestions[0].target.code == first
    assert [one.score for one in suggestions] == sorted((one.score for one in suggestions), reverse=True)
    assert len({one.target for one in suggestions}) == len(suggestions) <= 5


def test_a_normal_form_of_two_units_only_proposes_both() -> None:
    water, river = Target("unit", "shuiwu", "区水务局"), Target("unit", "heshui", "市水务局")
    directory = directory_of([("区水务局", water), ("市水务局", river)])
    assert directory.resolve("区水务局").target == water
    resolution = directory.resolve("水务局")
    assert resolution.match == "suggested"
    assert {one.target for one in resolution.suggestions} == {water, river}


def test_a_choice_that_became_an_alias_is_not_asked_again(directory: Directory) -> None:
    assert directory.resolve("区城管局").match == "suggested"
    UnitAlias.objects.create(name="区城管局", unit=Unit.objects.get(code="chengguanju"))
    assert Directory.load().resolve("区城管局").match == "exact"


def test_two_names_of_one_cell_are_not_taken_for_one_unit(directory: Directory) -> None:
    text = "任务\t措施\t责任单位\n治理扬尘\t加强管控。\t市生态环境局、西岗生态环境分局\n"
    plan = as_json(resolve(read_plan(Source(text)), directory))
    parties = plan["tasks"][0]["measures"][0]["responsibilities"]
    assert [(party["match"], party["unit"]) for party in parties] == [
        ("suggested", None),
        ("exact", "shengtaifenju"),
    ]
    assert parties[0]["suggestions"][0]["unit"] == "shengtaifenju"


def test_a_group_never_leads_by_convention(directory: Directory) -> None:
    text = "任务\t措施\t责任单位\n治理扬尘\t加强管控。\t街道办事处、区住建局\n"
    parties = as_json(resolve(read_plan(Source(text)), directory))["tasks"][0]["measures"][0][
        "responsibilities"
    ]
    assert [(party["group"], party["role"]) for party in parties] == [
        ("jiedao", "support"),
        (None, "support"),
    ]
