"""The shipped 2024 plan against the printed document, and what the fixtures make of it.

The document is read here a second time, by a parser of its own that mends only what scanning did: blanks and line
breaks inside words, blank lines at page breaks, half-width commas. One character more or less is a failure.
"""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import Model

from tasks.models import (
    Assignment,
    AssignmentRole,
    DemandLink,
    Measure,
    Plan,
    PlanDemand,
    PlanSection,
    ReportingPeriod,
    Responsibility,
    Scope,
    TargetTask,
)
from tasks.rules import Kind, PeriodState
from units.models import GroupMembership, Unit, UnitAlias, UnitGroup, UnitKind
from units.names import normalise_unit_name

SOURCE = Path(__file__).resolve().parent.parent / "docs" / "source" / "xigang-2024-plan.txt"
SEAL = {"办公室", "210204021071302"}
# The one blank that the document means: it stands between the two halves of a title.
MEANT_BLANK = "综合整治 强化"
NOTE = "等成员单位按照职责分工负责"
STREETS = ["香炉礁街道", "日新街道", "八一路街道", "人民广场街道", "白云街道"]


def mend(text: str) -> str:
    """`text` without what scanning added."""
    kept = text.strip().replace(MEANT_BLANK, "综合整治\0强化")
    return kept.replace(" ", "").replace("\0", " ").replace(",", "，")


def printed_document() -> dict[str, str]:
    """The document by place: 标题, 正文 1 标题, 措施 8 责任单位 … → mended text."""
    lines = [line for line in SOURCE.read_text(encoding="utf-8").split("\n") if line.strip()]
    issuer, title, preamble, *rest = lines
    end = next(i for i, line in enumerate(rest) if line.startswith("附件："))
    found = {"印发机关": mend(issuer), "标题": mend(title), "前言": mend(preamble)}
    found |= _sections(rest[:end])
    notice, signature, day, *tail = rest[end:]
    tail = [line for line in tail if line not in SEAL]
    assert tail[0] == "附件"
    assert mend(signature) == found["印发机关"]
    assert mend(notice).removeprefix("附件：") == mend(tail[1])
    year, month, day_of_month = (int(part) for part in re.findall(r"\d+", day))
    found |= {"印发日期": date(year, month, day_of_month).isoformat(), "附件标题": mend(tail[1])}
    assert tail[2].split("\t") == ["序号", "目标任务", "工作措施", "责任单位"]
    return found | _rows(tail[3:])


def _sections(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    order, paragraphs = 0, [""]
    for line in lines:
        heading = re.fullmatch(r"([一二三四五])、(.+)|(（[一二三四五]）)(.+)", line)
        if heading and not line.endswith("。"):
            order += 1
            paragraphs = []
            found[f"正文 {order} 层级"] = "1" if heading[1] else "2"
            found[f"正文 {order} 序号"] = heading[1] or heading[3]
            found[f"正文 {order} 标题"] = mend(heading[2] or heading[4])
        elif paragraphs and not paragraphs[-1].endswith("。"):
            paragraphs[-1] += mend(line)  # a page broke inside the sentence
        else:
            paragraphs.append(mend(line))
        found[f"正文 {order} 正文"] = "\n".join(paragraphs)
    return found


def _rows(lines: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    task = ""
    for line in lines:
        number, title, measure, units = line.split("\t")
        if number:
            task = number
            found[f"任务 {task}"] = mend(title)
        typed, text = measure.split(".", 1)
        found |= {
            f"措施 {typed} 任务": task,
            f"措施 {typed} 措施": mend(text),
            f"措施 {typed} 责任单位": mend(units),
        }
    return found


def loaded_document() -> dict[str, str]:
    """What the database holds, by the same places."""
    plan = Plan.objects.get(code="2024")
    found = {
        "印发机关": plan.issuer,
        "标题": plan.title,
        "前言": plan.preamble,
        "印发日期": plan.issued_on.isoformat() if plan.issued_on else "",
        "附件标题": plan.attachment_title,
    }
    for section in plan.sections.all():
        place = f"正文 {section.order}"
        found |= {
            f"{place} 层级": str(section.level),
            f"{place} 序号": section.number,
            f"{place} 标题": section.heading,
            f"{place} 正文": section.text,
        }
    for task in plan.tasks.all():
        found[f"任务 {task.number}"] = task.title
    for measure in plan.measures.select_related("task"):
        place = f"措施 {measure.number}"
        found |= {
            f"{place} 任务": str(measure.task.number),
            f"{place} 措施": measure.text,
            f"{place} 责任单位": measure.units_text,
        }
    return found


def differences(printed: dict[str, str], loaded: dict[str, str]) -> list[str]:
    """The places where the two differ, and those that only one has."""
    return sorted(
        place for place in printed.keys() | loaded.keys() if printed.get(place) != loaded.get(place)
    )


def printed_parties(cell: str) -> list[str]:
    """The parties of a printed 责任单位 cell, the closing remark last."""
    names = cell.removesuffix(NOTE).split("、")
    return [*names, NOTE] if cell.endswith(NOTE) else names


@pytest.fixture
def loaded(db: None) -> None:
    call_command("loaddata", "units", "plan_2024", verbosity=0)


# The document, word for word


@pytest.mark.usefixtures("loaded")
def test_loaded_plan_is_the_printed_document() -> None:
    printed, loaded = printed_document(), loaded_document()
    assert {place: loaded.get(place) for place in differences(printed, loaded)} == {}
    assert sum(place.startswith("任务") for place in printed) == 13
    assert sum(place.endswith("责任单位") for place in printed) == 21
    assert [printed[f"正文 {order} 序号"] for order in range(1, 9)] == [
        *("一", "二", "（一）", "（二）", "（三）", "三", "四", "五")
    ]


@pytest.mark.usefixtures("loaded")
def test_what_is_mended_and_what_is_kept() -> None:
    plan = Plan.objects.get(code="2024")
    assert (plan.year, plan.issued_on) == (2024, date(2024, 2, 5))
    assert plan.title == "西岗区2024年生态环境保护工作计划及措施清单"
    assert plan.issuer == "西岗区生态文明建设和生态环境保护委员会办公室"
    soil = plan.sections.get(number="（三）")
    assert "目标的地块，不得开工建设与风险管控" in soil.text
    assert plan.tasks.get(number=12).title == "扎实推进市容环境综合整治 强化垃圾分类宣传监督"
    assert plan.tasks.get(number=13).title == "加强生态环境保护宣传引导"
    texts = dict(plan.measures.values_list("number", "text"))
    assert texts[1].startswith("完成中央及省级生态环保督查反馈问题")
    assert [number for number, text in texts.items() if not text.endswith("。")] == [6, 18]
    # Only commas were asked to be widened: the half-width semicolons are as printed.
    assert [number for number, text in texts.items() if ";" in text] == [12, 19]


@pytest.mark.parametrize(
    ("model", "key", "field", "old", "new", "place"),
    [
        (Plan, {"code": "2024"}, "title", "清单", "清 单", "标题"),
        (Plan, {"code": "2024"}, "issuer", "委员会办公室", "委员会 办公室", "印发机关"),
        (Plan, {"code": "2024"}, "preamble", "攻坚之年", "攻关之年", "前言"),
        (Plan, {"code": "2024"}, "attachment_title", "措施", "措拖", "附件标题"),
        (PlanSection, {"order": 3}, "number", "（一）", "(一)", "正文 3 序号"),
        (PlanSection, {"order": 7}, "heading", "监督", "监管", "正文 7 标题"),
        (PlanSection, {"order": 5}, "text", "不得开工", "不得\n开工", "正文 5 正文"),
        (PlanSection, {"order": 8}, "text", "自觉性。", "自觉性", "正文 8 正文"),
        (TargetTask, {"number": 12}, "title", "整治 强化", "整治强化", "任务 12"),
        (TargetTask, {"number": 1}, "title", "督察", "督查", "任务 1"),
        (Measure, {"number": 1}, "text", "督查反馈", "督察反馈", "措施 1 措施"),
        (Measure, {"number": 6}, "text", "管控", "管控。", "措施 6 措施"),
        (Measure, {"number": 12}, "text", ";", "；", "措施 12 措施"),
        (Measure, {"number": 13}, "text", "100%", "l00%", "措施 13 措施"),
        (Measure, {"number": 6}, "units_text", "交警大队", "区交警大队", "措施 6 责任单位"),
        (Measure, {"number": 21}, "units_text", "其他", "其它", "措施 21 责任单位"),
    ],
)
@pytest.mark.usefixtures("loaded")
def test_one_changed_character_is_found(
    model: type[Model], key: dict[str, int | str], field: str, old: str, new: str, place: str
) -> None:
    row = model._default_manager.get(**key)
    value = getattr(row, field)
    assert old in value
    setattr(row, field, value.replace(old, new, 1))
    row.save()
    assert differences(printed_document(), loaded_document()) == [place]


@pytest.mark.usefixtures("loaded")
def test_moved_or_missing_rows_are_found() -> None:
    Plan.objects.filter(code="2024").update(issued_on=date(2024, 2, 6))
    Measure.objects.filter(number=9).update(task=TargetTask.objects.get(number=5))
    Measure.objects.get(number=2).delete()
    places = ["印发日期", "措施 2 任务", "措施 2 措施", "措施 2 责任单位", "措施 9 任务"]
    assert differences(printed_document(), loaded_document()) == sorted(places)


@pytest.mark.usefixtures("loaded")
def test_no_scanning_traces_are_left() -> None:
    texts = list(loaded_document().values())
    texts += PlanDemand.objects.values_list("text", flat=True)
    texts += Responsibility.objects.values_list("printed", flat=True)
    texts += UnitAlias.objects.values_list("name", flat=True)
    traces = re.compile(r"[,\t\r\n\x00\u00a0\u3000\ufeff\ufffd]| ")
    assert [text for text in texts if traces.search(text.replace(MEANT_BLANK, ""))] == []


# Who answers


@pytest.mark.usefixtures("loaded")
def test_parties_are_the_printed_cells() -> None:
    document = printed_document()
    for measure in Measure.objects.prefetch_related("responsibilities"):
        cell = document[f"措施 {measure.number} 责任单位"]
        parties = list(measure.responsibilities.all())
        assert [party.printed for party in parties] == printed_parties(cell)
        assert [party.order for party in parties] == list(range(1, len(parties) + 1))
        named = "、".join(party.printed for party in parties if party.scope != Scope.NOTE)
        assert named + "".join(party.printed for party in parties if party.scope == Scope.NOTE) == cell


@pytest.mark.usefixtures("loaded")
def test_every_printed_name_is_an_alias_of_whom_it_means() -> None:
    for party in Responsibility.objects.exclude(scope=Scope.NOTE):
        alias = UnitAlias.objects.get(name=party.printed)
        assert (alias.unit_id, alias.group_id) == (party.unit_id, party.group_id), party.printed
    for party in Responsibility.objects.filter(scope=Scope.NOTE):
        assert (party.printed, party.unit_id, party.group_id) == (NOTE, None, None)


@pytest.mark.usefixtures("loaded")
def test_aliases_are_the_printed_names_and_the_own_ones() -> None:
    printed = set(Responsibility.objects.exclude(scope=Scope.NOTE).values_list("printed", flat=True))
    own = {*Unit.objects.values_list("name", flat=True), *UnitGroup.objects.values_list("name", flat=True)}
    assert set(UnitAlias.objects.values_list("name", flat=True)) == printed | own
    # loaddata passes save() by, so the folded form has to be right in the file.
    for alias in UnitAlias.objects.all():
        assert alias.normal == normalise_unit_name(alias.name)

    def names_of(name: str) -> set[str]:
        alias = UnitAlias.objects.get(name=name)
        owner = alias.unit or alias.group
        assert owner is not None
        return set(owner.aliases.values_list("name", flat=True))

    assert names_of("交警大队") == {"区交警大队", "交警大队", "西岗交警大队"}
    assert names_of("生态环境分局") == {"生态环境分局", "西岗生态环境分局"}
    assert names_of("各街道") == {"各街道", "街道办事处", "各街道办事处", "相关街道办事处"}


@pytest.mark.usefixtures("loaded")
def test_units_are_in_official_order() -> None:
    names = [(unit.kind, unit.name) for unit in Unit.objects.all()]
    assert names == [
        *((UnitKind.PARTY, name) for name in ("区委宣传部", "区委组织部", "区委党校")),
        *(
            (UnitKind.GOVERNMENT, name)
            for name in ("区发改局", "区城管执法局", "区住建局", "区科工局", "区教育局")
        ),
        *((UnitKind.BRANCH, name) for name in ("西岗生态环境分局", "西岗交警大队", "西岗自然资源分局")),
        (UnitKind.INSTITUTION, "区城市更新中心"),
        *((UnitKind.STREET, name) for name in STREETS),
    ]


@pytest.mark.usefixtures("loaded")
def test_order_within_a_kind_is_first_appearance() -> None:
    appeared: list[int] = []
    for party in Responsibility.objects.filter(scope=Scope.UNIT).order_by("measure__number", "order"):
        assert party.unit_id is not None
        if party.unit_id not in appeared:
            appeared.append(party.unit_id)
    for kind in (UnitKind.PARTY, UnitKind.GOVERNMENT, UnitKind.BRANCH, UnitKind.INSTITUTION):
        ordered = list(Unit.objects.filter(kind=kind).order_by("order").values_list("pk", flat=True))
        assert ordered == [pk for pk in appeared if pk in ordered], kind


@pytest.mark.usefixtures("loaded")
def test_only_the_streets_are_known_members() -> None:
    members = {group.name: [unit.name for unit in group.units.all()] for group in UnitGroup.objects.all()}
    assert members == {
        "各街道": STREETS,
        "区生态环境保护督察整改工作领导小组成员单位": [],
        "区生态文明建设和生态环境保护委员会成员单位": [],
    }
    assert not GroupMembership.objects.exclude(starts=None, ends=None).exists()


@pytest.mark.usefixtures("loaded")
def test_open_parties_are_exactly_those_the_document_leaves_open() -> None:
    parties = Responsibility.objects.filter(is_open=True).order_by("measure__number", "order")
    assert list(parties.values_list("measure__number", "printed", "scope", "group__name")) == [
        (
            1,
            "区生态环境保护督察整改工作领导小组相关成员单位",
            Scope.SUBSET,
            "区生态环境保护督察整改工作领导小组成员单位",
        ),
        (
            2,
            "区生态环境保护督察整改工作领导小组各成员单位",
            Scope.GROUP,
            "区生态环境保护督察整改工作领导小组成员单位",
        ),
        (12, "相关街道办事处", Scope.SUBSET, "各街道"),
        (
            21,
            "区生态文明建设和生态环境保护委员会其他成员单位",
            Scope.OTHERS,
            "区生态文明建设和生态环境保护委员会成员单位",
        ),
    ]
    notes = Responsibility.objects.filter(scope=Scope.NOTE).order_by("measure__number")
    assert list(notes.values_list("measure__number", "order")) == [(7, 7), (8, 7)]


@pytest.mark.usefixtures("loaded")
def test_settled_parties_expand_and_others_ask_nobody() -> None:
    for party in Responsibility.objects.prefetch_related("assignments__unit"):
        asked = [row.unit.name for row in party.assignments.all()]
        if party.is_open or party.scope == Scope.NOTE:
            assert asked == []
        elif party.scope == Scope.UNIT:
            assert party.unit is not None
            assert asked == [party.unit.name]
        else:
            assert (party.scope, asked) == (Scope.GROUP, STREETS)
    assert {row.measure_id for row in Assignment.objects.all()} == {
        measure.pk for measure in Measure.objects.filter(number__gte=3)
    }
    assert not Assignment.objects.exclude(first_quarter=1, last_quarter=4).exists()
    for row in Assignment.objects.select_related("responsibility"):
        assert row.responsibility.measure_id == row.measure_id


@pytest.mark.usefixtures("loaded")
def test_first_printed_single_unit_is_the_proposed_lead() -> None:
    leads = Assignment.objects.filter(role=AssignmentRole.LEAD).order_by("measure__number")
    assert dict(leads.values_list("measure__number", "unit__name")) == {
        **dict.fromkeys((3, 4), "区发改局"),
        **dict.fromkeys((5, 7, 8, 10, 15, 17), "西岗生态环境分局"),
        **dict.fromkeys((6, 18), "区住建局"),
        **dict.fromkeys((9, 11, 12, 16, 19), "区城管执法局"),
        **dict.fromkeys((13, 14), "西岗自然资源分局"),
        **dict.fromkeys((20, 21), "区委宣传部"),
    }
    assert set(leads.values_list("responsibility__order", "responsibility__scope")) == {(1, Scope.UNIT)}


@pytest.mark.usefixtures("loaded")
def test_kinds_and_the_one_indicator() -> None:
    terminal = Measure.objects.filter(kind=Kind.TERMINAL)
    assert list(terminal.values_list("number", flat=True)) == [1, 12, 13, 18]
    assert list(
        Measure.objects.exclude(indicator="").values_list("number", "indicator", "indicator_unit")
    ) == [(13, "重点建设用地安全利用率", "%")]
    assert Measure.objects.get(number=13).indicator_target == Decimal(100)


@pytest.mark.usefixtures("loaded")
def test_what_the_document_does_not_say_is_to_be_checked() -> None:
    assert not Measure.objects.filter(kind_confirmed=True).exists()
    assert not Measure.objects.filter(lead_confirmed=True).exists()
    for model in (Unit, UnitGroup, DemandLink):
        assert not model.objects.filter(confirmed=True).exists()


@pytest.mark.usefixtures("loaded")
def test_quarters_wait_with_their_usual_dates() -> None:
    periods = ReportingPeriod.objects.filter(plan__code="2024")
    assert list(periods.values_list("quarter", "state", "opens_on", "due_on", "dates_default")) == [
        (1, PeriodState.UPCOMING, date(2024, 3, 20), date(2024, 4, 10), True),
        (2, PeriodState.UPCOMING, date(2024, 6, 20), date(2024, 7, 10), True),
        (3, PeriodState.UPCOMING, date(2024, 9, 20), date(2024, 10, 10), True),
        (4, PeriodState.UPCOMING, date(2024, 12, 20), date(2025, 1, 10), True),
    ]


# What the text demands


@pytest.mark.usefixtures("loaded")
def test_demands_are_the_whole_text_verbatim_and_in_order() -> None:
    """Taken out of their section one after the other, they leave nothing but commas and 一是, 二是."""
    printed = printed_document()
    for section in PlanSection.objects.prefetch_related("demands"):
        rest, left = printed[f"正文 {section.order} 正文"], ""
        demands = list(section.demands.all())
        assert [demand.order for demand in demands] == list(range(1, len(demands) + 1))
        for demand in demands:
            before, found, rest = rest.partition(demand.text)
            assert found, demand.text
            left += before
        assert re.sub(r"[一二]是|[，；、]", "", left + rest) == "", section


@pytest.mark.usefixtures("loaded")
def test_demands_that_no_measure_covers() -> None:
    uncovered = PlanDemand.objects.filter(links=None)
    # 主体功能区, 挥发性有机物, 修复活动监管, 无废城市 (two sentences), 核与辐射
    assert [(demand.section.number, demand.text[:12]) for demand in uncovered] == [
        ("一", "落实主体功能区战略，立足"),
        ("（一）", "推进挥发性有机物污染治理"),
        ("（三）", "强化风险管控与修复活动监"),
        ("（三）", "继续推进“无废城市”建设"),
        ("（三）", "以工业固体废物、生活垃圾"),
        ("三", "健全核与辐射安全监管机制"),
    ]


@pytest.mark.usefixtures("loaded")
def test_measures_without_a_demand() -> None:
    # 督察整改 stands nowhere in the text, 老旧小区 neither.
    without = Measure.objects.filter(demand_links=None)
    assert list(without.values_list("number", flat=True)) == [1, 2, 18]


# Loading


def everything() -> dict[str, list[dict[str, object]]]:
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for label in ("units", "tasks")
        for model in apps.get_app_config(label).get_models()
    }


@pytest.mark.usefixtures("loaded")
def test_loading_again_changes_nothing() -> None:
    before = everything()
    call_command("loaddata", "units", "plan_2024", verbosity=0)
    assert everything() == before


@pytest.mark.django_db
def test_fixtures_go_by_names_not_by_ids() -> None:
    """Rows that were there first keep their ids, their texts and their place."""
    unit = Unit.objects.create(code="other", name="另一单位")
    group = UnitGroup.objects.create(code="other", name="另一单位组")
    plan = Plan.objects.create(code="2023", year=2023, title="上一年度计划", issuer="办公室")
    task = TargetTask.objects.create(plan=plan, number=1, title="另一任务")
    Measure.objects.create(plan=plan, task=task, number=1, text="另一措施", units_text="另一单位")
    GroupMembership.objects.create(group=group, unit=unit, starts=date(2023, 1, 1))
    UnitAlias.objects.create(name="另一单位", unit=unit)
    before = everything()
    call_command("loaddata", "units", "plan_2024", verbosity=0)
    after = everything()
    for label, rows in before.items():
        assert [row for row in after[label] if row in rows] == rows
    assert differences(printed_document(), loaded_document()) == []
    assert Measure.objects.filter(plan__code="2024").count() == 21
