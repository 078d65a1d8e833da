"""责任单位 cells, split as people mean them."""

import pytest

from tasks.importing.parties import mend_units, pieces, split_parties

LEAD, SUPPORT = "lead", "support"


def told(cell: str) -> list[tuple[str, str]]:
    return [(party.printed, party.role) for party in split_parties(cell)]


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("区发改局、区住建局，各街道；区水务局", ["区发改局", "区住建局", "各街道", "区水务局"]),
        ("区发改局,区住建局;区水务局/区河长办", ["区发改局", "区住建局", "区水务局", "区河长办"]),
        ("区发改局 区住建局", ["区发改局", "区住建局"]),
        ("区发改局\n区住建局\n生态环境分局", ["区发改局", "区住建局", "生态环境分局"]),
        ("西岗区住房和城乡建\n设局、区城市更新\n中心", ["西岗区住房和城乡建设局", "区城市更新中心"]),
        ("区委\n宣传部", ["区委宣传部"]),
        ("街道\n办事处、区住 建局", ["街道办事处", "区住建局"]),
        ("各区政府（含经开区、高新区管委会），市城管局", ["各区政府（含经开区、高新区管委会）", "市城管局"]),
        ("各县(区)政府、各乡镇（街道）", ["各县(区)政府", "各乡镇（街道）"]),
        ("各县（市、区）人民政府、各开发区管委会", ["各县（市、区）人民政府", "各开发区管委会"]),
        ("各县、区政府，市直有关部门", ["各县、区政府", "市直有关部门"]),
        ("各县、市、区人民政府，高新区管委会", ["各县、市、区人民政府", "高新区管委会"]),
        ("各街道、区直各部门", ["各街道", "区直各部门"]),
        ("相关街道办事处、区委其他成员单位", ["相关街道办事处", "区委其他成员单位"]),
        ("区发展和改革局及各街道办事处", ["区发展和改革局", "各街道办事处"]),
        ("区住建局和区城管局", ["区住建局", "区城管局"]),
        ("区工业和信息化局、自然资源和规划局", ["区工业和信息化局", "自然资源和规划局"]),
        ("1.区住建局 2.区城管局", ["区住建局", "区城管局"]),
        ("区疾控中心、高等院校", ["区疾控中心", "高等院校"]),
        ("责任单位：区住建局\n责任人：张三\n联系电话：0411", ["区住建局"]),
        ("区水务局负责建设；区发改局负责立项", ["区水务局", "区发改局"]),
        ("区住建局、—、/", ["区住建局"]),
        (
            "（环境保护部牵头，工业和信息化部、能源局等参与，地方各级人民政府负责落实。以下均需地方各级人民政府落实，不再列出）",
            ["环境保护部", "工业和信息化部", "能源局", "等参与", "地方各级人民政府"],
        ),
        ("区委组织部、区委办公室", ["区委组织部", "区委办公室"]),
        ("区住建局（城建科）", ["区住建局（城建科）"]),
        ("（区住建局、区城管局）", ["区住建局", "区城管局"]),
        ("区住建局）、（区城管局", ["区住建局）", "（区城管局"]),
        # A committee and its government are one party where the second says nothing without the place before it.
        ("各县（市、区）党委、政府，市直各有关部门", ["各县（市、区）党委、政府", "市直各有关部门"]),
        ("各县（区）委、政府", ["各县（区）委、政府"]),
        ("各县(市、区)党委政府；各区党委和政府", ["各县(市、区)党委政府", "各区党委和政府"]),
        (
            "各镇党委、人民政府，各开发区党工委、管委会",
            ["各镇党委、人民政府", "各开发区党工委、管委会"],
        ),
        ("各街道党工委、办事处、区住建局", ["各街道党工委、办事处", "区住建局"]),
        ("晋宁区委、区政府，市水务局", ["晋宁区委、区政府", "市水务局"]),
        ("区委、区政府、区住建局", ["区委", "区政府", "区住建局"]),
        ("区委、区政府督查室", ["区委", "区政府督查室"]),
        ("市委组织部、市政府办公室", ["市委组织部", "市政府办公室"]),
        ("各区市县政府及先导区管委会", ["各区市县政府", "先导区管委会"]),
        ("市公安局和平分局、市规划和自然资源局", ["市公安局和平分局", "市规划和自然资源局"]),
        ("①区住建局②区城管局", ["区住建局", "区城管局"]),
        ("（1）区住建局（2）区城管局", ["区住建局", "区城管局"]),
        ("一、区住建局；二、区城管局", ["区住建局", "区城管局"]),
        ("区住建局,各街道,区公安分局.", ["区住建局", "各街道", "区公安分局"]),
        ("区住建局（牵头）区城管局（配合）各街道（落实）", ["区住建局", "区城管局", "各街道"]),
        ("区住建局、区城管局（排名第一的为牵头单位，下同）", ["区住建局", "区城管局"]),
        ("责任单位：各区政府；督导单位：市生态环境局", ["各区政府"]),
        ("待定", []),
        ("", []),
    ],
)
def test_names_are_split_outside_brackets_and_whole(cell: str, names: list[str]) -> None:
    assert [party.printed for party in split_parties(cell)] == names
    assert "".join(piece.text for piece in pieces(cell)) == cell


@pytest.mark.parametrize(
    ("cell", "names", "note"),
    [
        (
            "区住建局、街道办事处等成员单位按照职责分工负责",
            ["区住建局", "街道办事处"],
            "等成员单位按照职责分工负责",
        ),
        ("区住建局、区城管局等按职责分工负责", ["区住建局", "区城管局"], "等按职责分工负责"),
        ("市经信局、市商务局等", ["市经信局", "市商务局"], "等"),
        ("区住建局、区城管局等4部门", ["区住建局", "区城管局"], "等4部门"),
        ("市住建局等市级部门", ["市住建局"], "等市级部门"),
        ("区住建局等四部门", ["区住建局"], "等四部门"),
        ("市城管委\n市住建委 等部门", ["市城管委", "市住建委"], "等部门"),
    ],
)
def test_what_says_that_there_are_more_is_a_note(cell: str, names: list[str], note: str) -> None:
    parties = split_parties(cell)
    assert [party.printed for party in parties if party.kind == "party"] == names
    assert [party.printed for party in parties if party.kind == "note"] == [note]


@pytest.mark.parametrize(
    ("cell", "roles"),
    [
        # Nothing is said: the first leads, if it is a single unit.
        ("区发改局、区住建局", [LEAD, SUPPORT]),
        ("各街道、区住建局", [SUPPORT, SUPPORT]),
        ("重点排污单位、区生态环境局", [SUPPORT, SUPPORT]),
        ("区发改局、★区住建局", [SUPPORT, LEAD]),
        ("区住建局为主，区城管局配合", [LEAD, SUPPORT]),
        ("区城管局为配合单位，区住建局为牵头单位", [SUPPORT, LEAD]),
        ("市生态环境局指导，区水务局负责", [SUPPORT, LEAD]),
        ("区水务局为责任主体，市生态环境局指导监督", [LEAD, SUPPORT]),
        ("区发改局、区住建局按职责分工负责", [LEAD, SUPPORT]),
        ("牵头单位：区发改局\n配合单位：区住建局、各街道", [LEAD, SUPPORT, SUPPORT]),
        ("牵头：区发改局；配合：区住建局", [LEAD, SUPPORT]),
        ("牵头单位：区发改局\n责任单位：各街道，区住建局", [LEAD, SUPPORT, SUPPORT]),
        ("（市生态环境局牵头，市发改委、市工信局参与）", [LEAD, SUPPORT, SUPPORT]),
        ("市生态环境局、市发改委牵头，市工信局配合，各县（区）政府负责落实", [LEAD, LEAD, SUPPORT, SUPPORT]),
        ("区发改局牵头，区工信局、区住建局按职责分工负责", [LEAD, SUPPORT, SUPPORT]),
        ("区发改局（牵头）、区住建局", [LEAD, SUPPORT]),
        ("由区发改局牵头，会同区住建局负责", [LEAD, SUPPORT]),
        ("区城管局会同区住建局负责", [LEAD, SUPPORT]),
        ("区发改局、区住建局，各街道配合", [LEAD, LEAD, SUPPORT]),
        ("区生态环境局牵头落实；各镇街按职责落实", [LEAD, SUPPORT]),
        ("各街道牵头，区住建局配合", [LEAD, SUPPORT]),
    ],
)
def test_roles_are_those_that_the_cell_states(cell: str, roles: list[str]) -> None:
    assert [party.role for party in split_parties(cell)] == roles


def test_the_words_about_duty_are_no_part_of_a_name() -> None:
    assert told("区发改局牵头，区住建局、区城管局按照各自职责分工负责。") == [
        ("区发改局", LEAD),
        ("区住建局", SUPPORT),
        ("区城管局", SUPPORT),
    ]


def test_a_column_speaks_where_the_cell_does_not() -> None:
    assert [party.role for party in split_parties("区发改局、区住建局", "lead")] == [LEAD, LEAD]
    assert [party.role for party in split_parties("区发改局、区住建局", "support")] == [SUPPORT, SUPPORT]
    assert [party.role for party in split_parties("区发改局牵头，区住建局配合", "main")] == [LEAD, SUPPORT]


def test_the_printed_cell_is_kept_but_for_breaks_inside_names() -> None:
    assert mend_units("区城市更新\n中心、区住 建局,\n各街道") == "区城市更新中心、区住建局，各街道"
    assert mend_units("区发改局\n\n区住建局") == "区发改局\n区住建局"
    assert mend_units("牵头单位：区发改局\n配合单位：各街道") == "牵头单位：区发改局\n配合单位：各街道"


@pytest.mark.parametrize(
    ("cell", "roles"),
    [
        (
            "区住建局（区科工局、区城管执法局配合）",
            [("区住建局", "lead"), ("区科工局", "support"), ("区城管执法局", "support")],
        ),
        (
            "区住建局牵头（区科工局、区城管执法局配合）",
            [("区住建局", "lead"), ("区科工局", "support"), ("区城管执法局", "support")],
        ),
        (
            "牵头单位：区住建局（区科工局参与）；配合单位：各街道",
            [("区住建局", "lead"), ("区科工局", "support"), ("各街道", "support")],
        ),
        (
            "牵头单位：（区住建局牵头，区科工局配合）\n配合单位：各街道",
            [("区住建局", "lead"), ("区科工局", "support"), ("各街道", "support")],
        ),
        ("各街道（区住建局牵头）", [("各街道", "support"), ("区住建局", "lead")]),
        ("区住建局（牵头单位）、区科工局", [("区住建局", "lead"), ("区科工局", "support")]),
        ("区公安局（交警大队）、区科工局", [("区公安局（交警大队）", "lead"), ("区科工局", "support")]),
    ],
)
def test_who_takes_part_may_stand_in_a_bracket_behind_a_name(cell: str, roles: list[tuple[str, str]]) -> None:
    assert [(party.printed, party.role) for party in split_parties(cell)] == roles
    assert "".join(piece.text for piece in pieces(cell)) == cell
