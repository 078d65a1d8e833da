"""计划导入: what a person decides on a document under way: names, problems, details, the plan compared with."""

import re

import pytest
from django.test import Client

from tasks.models import Plan, PlanImport
from tests.conftest import World
from tests.factories import MeasureFactory, PlanFactory, TaskFactory, UnitFactory
from tests.imports import HEAD, address, brought, document, keys, page, say, settle
from units.models import Unit, UnitAlias, UnitGroup

TAGS = re.compile(r"<[^>]+>|\s+")


def row_of(html: str, printed: str) -> str:
    """The row of a printed name, as HTML."""
    rows = re.findall(r'<tr id="name-\d+".*?</tr>', html, re.DOTALL)
    return next(row for row in rows if f'<div class="printed">{printed}</div>' in row)


def told(html: str) -> str:
    """What a row says, without marks and blanks."""
    return TAGS.sub("", html)


def chosen(record: PlanImport) -> dict[str, dict[str, object]]:
    record.refresh_from_db()
    return dict(record.choices)


@pytest.fixture
def record(office: Client, world: World) -> PlanImport:
    return brought(office)


def test_every_name_stands_once_with_its_state_in_words(office: Client, record: PlanImport) -> None:
    html = page(office, record)
    for printed, state in {
        "区发改委": "建议",
        "区水务集团": "未识别",
        "区发改局": "已识别",
        "西岗区住建局": "已识别",
        "各街道": "已识别",
    }.items():
        assert state in told(row_of(html, printed)), printed
    assert html.count('<div class="printed">区水务集团</div>') == 1
    assert "第2、3项" in told(row_of(html, "区水务集团"))
    assert "已识别 4 · 建议 1 · 未识别 1" in html
    assert "导入时登记为别名" in told(row_of(html, "西岗区住建局"))
    # The list tells the states by signs and words, not by colour alone.
    listed = html.partition('id="list"')[2]
    assert re.search(r"!</i><span class=\"visually-hidden\">未识别：</span>区水务集团", listed)
    assert re.search(r"\?</i><span class=\"visually-hidden\">建议：</span>区发改委", listed)


def test_one_click_takes_a_suggestion(office: Client, record: PlanImport, world: World) -> None:
    assert 'value="unit:fgj"' in row_of(page(office, record), "区发改委")
    response = say(office, record, "区发改委", "pick", pick="unit:fgj")
    assert (response.status_code, response.headers["Location"]) == (302, address(record))
    row = told(row_of(page(office, record), "区发改委"))
    for text in ("已认定", "区发改局", "导入时登记为别名", "撤销"):
        assert text in row
    assert chosen(record) == {"区发改委": {"kind": "unit", "code": "fgj"}}
    assert not UnitAlias.objects.filter(name="区发改委").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("区住建局", {"kind": "unit", "code": "zjj"}),
        (" 区住建局 ", {"kind": "unit", "code": "zjj"}),
        ("各街道", {"kind": "group", "code": "streets"}),
    ],
)
def test_any_unit_or_group_by_its_name(
    office: Client, record: PlanImport, typed: str, meant: dict[str, str]
) -> None:
    assert f'<option value="{typed.strip()}">' in page(office, record)
    assert say(office, record, "区水务集团", "known", known=typed).status_code == 302
    assert chosen(record) == {"区水务集团": meant}


@pytest.mark.parametrize("typed", ["区水利局", ""])
def test_a_name_that_is_nobody_s_is_refused_where_it_was_typed(
    office: Client, record: PlanImport, typed: str
) -> None:
    response = say(office, record, "区水务集团", "known", known=typed)
    row = row_of(response.content.decode(), "区水务集团")
    assert response.status_code == 422
    assert "请从列表中选择" in row
    assert f'value="{typed}"' in row
    assert '<details class="settle" open>' in row
    assert chosen(record) == {}


def test_a_unit_out_of_use_is_not_offered(office: Client, record: PlanImport, world: World) -> None:
    UnitFactory(name="区旧局", is_active=False)
    assert '<option value="区旧局">' not in page(office, record)
    assert say(office, record, "区水务集团", "known", known="区旧局").status_code == 422


def test_a_unit_to_be_made_is_proposed_and_only_made_with_the_import(
    office: Client, record: PlanImport, world: World
) -> None:
    row = row_of(page(office, record), "区水务集团")
    assert "新建单位（事业单位）" in told(row)
    assert say(office, record, "区水务集团", "unit", name="区水务公司", kind="4").status_code == 302
    row = told(row_of(page(office, record), "区水务集团"))
    assert "区水务公司" in row
    assert "导入时新建单位（事业单位）" in row
    assert not Unit.objects.filter(name="区水务公司").exists()
    say(office, record, "区发改委", "pick", pick="unit:fgj")
    office.post(address(record, "confirm/"))
    made = Unit.objects.get(name="区水务公司")
    assert set(made.aliases.values_list("name", flat=True)) == {"区水务公司", "区水务集团"}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "", "kind": "2"}, "请填写名称"),
        ({"name": "长" * 61, "kind": "2"}, "名称不超过 60 个字"),
        ({"name": "区水务集团", "kind": ""}, "请选择类别"),
        ({"name": "区水务集团", "kind": "99"}, "99"),
        ({"name": "区发改局", "kind": "2"}, "请直接选择区发改局"),
    ],
)
def test_a_unit_that_cannot_be_made(
    office: Client, record: PlanImport, fields: dict[str, str], said: str
) -> None:
    response = say(office, record, "区水务集团", "unit", **fields)
    row = row_of(response.content.decode(), "区水务集团")
    assert response.status_code == 422
    assert said in row
    assert f'value="{fields["name"]}"' in row
    assert chosen(record) == {}


def test_a_group_a_note_and_back_again(office: Client, record: PlanImport) -> None:
    assert say(office, record, "区水务集团", "group", name="供水单位").status_code == 302
    row = told(row_of(page(office, record), "区水务集团"))
    assert "供水单位（单位组）" in row
    assert "成员在导入后登记" in row
    assert not UnitGroup.objects.filter(name="供水单位").exists()
    assert say(office, record, "区水务集团", "note").status_code == 302
    assert "照原文保留，不落实到单位" in told(row_of(page(office, record), "区水务集团"))
    assert say(office, record, "区水务集团", "undo").status_code == 302
    assert "未识别" in told(row_of(page(office, record), "区水务集团"))
    assert chosen(record) == {}


@pytest.mark.parametrize(
    ("printed", "fields"),
    [
        ("区发改委", {"action": "pick", "pick": "unit:nobody"}),
        ("区发改委", {"action": "pick", "pick": "fgj"}),
        ("区发改委", {"action": "steal"}),
        ("区发改委", {"action": ""}),
        ("没有印过的局", {"action": "note"}),
        ("", {"action": "note"}),
    ],
)
def test_what_no_button_sends_is_refused_in_words(
    office: Client, record: PlanImport, printed: str, fields: dict[str, str]
) -> None:
    response = say(office, record, printed, **fields)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert chosen(record) == {}


def test_a_known_name_can_be_said_to_mean_nobody(office: Client, record: PlanImport) -> None:
    assert say(office, record, "各街道", "note").status_code == 302
    assert chosen(record) == {"各街道": {"kind": "note"}}


@pytest.fixture
def doubtful(office: Client, world: World) -> PlanImport:
    """Measures 2 and 3 name nobody."""
    rows = [
        HEAD,
        ["1", "碳达峰", "推进核算。", "区发改局", ""],
        ["2", "管网", "完成管网改造。", "", ""],
        ["3", "噪声", "开展夜间检查。", "", ""],
    ]
    return brought(office, document(rows))


def test_problems_say_where_and_what_and_are_looked_at_one_by_one(
    office: Client, doubtful: PlanImport
) -> None:
    html = page(office, doubtful)
    assert "第 3 行“责任单位”栏" in html
    assert "还有 2 处" in html
    first, second = keys(html)
    response = office.post(address(doubtful, "accept/"), {"key": first, "accepted": "1"})
    assert response.status_code == 302
    assert "还有 1 处" in page(office, doubtful)
    office.post(address(doubtful, "accept/"), {"key": second, "accepted": "1"})
    assert "均已核对" in page(office, doubtful)
    office.post(address(doubtful, "accept/"), {"key": first, "accepted": ""})
    assert "还有 1 处" in page(office, doubtful)
    assert office.post(address(doubtful, "confirm/")).status_code == 409


def test_all_at_once_and_an_unknown_one(office: Client, doubtful: PlanImport) -> None:
    listed = keys(page(office, doubtful))
    response = office.post(address(doubtful, "accept/"), {"key": ["nonsense", *listed], "accepted": "1"})
    assert response.status_code == 422
    assert "已不存在" in response.content.decode()
    assert "还有 2 处" in page(office, doubtful)
    office.post(address(doubtful, "accept/"), {"key": listed, "accepted": "1"})
    assert "均已核对" in page(office, doubtful)


def test_what_only_the_file_can_mend_is_not_accepted(office: Client, world: World) -> None:
    record = brought(office, document([HEAD, ["1", "题" * 501, "推进。", "区发改局", ""]]))
    html = page(office, record)
    assert "须改正文件" in html
    assert "须在原文件中改正后重新上传" in html
    assert not keys(html)


def test_details_are_kept_and_the_code_follows_the_year(office: Client, record: PlanImport) -> None:
    sent = {
        "year": "2026",
        "code": "2025",
        "title": TITLE_2026,
        "issuer": "",
        "issued_on": "2026-02-03",
        "attachment_title": "附件",
    }
    assert office.post(address(record, "details/"), sent).status_code == 302
    html = page(office, record)
    assert f'value="{TITLE_2026}"' in html
    assert 'value="2026-02-03"' in html
    assert "新建2026年度计划，代码 2026" in html
    settle(office, record)
    office.post(address(record, "confirm/"))
    plan = Plan.objects.get(code="2026")
    assert (plan.title, plan.year, plan.attachment_title) == (TITLE_2026, 2026, "附件")
    # As the plans before it, where nobody says.
    assert plan.issuer == Plan.objects.get(code="2024").issuer


TITLE_2026 = "西岗区2026年生态环境保护措施清单"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("year", "", "必填"),
        ("year", "1889", "年度应在"),
        ("code", "二〇二五", "代码只能用"),
        ("code", "2024", "已被使用"),
        ("issued_on", "2025-13-45", "日期"),
        ("title", "长" * 201, "200"),
    ],
)
def test_wrong_details_are_shown_again(
    office: Client, record: PlanImport, field: str, value: str, said: str
) -> None:
    sent = {"year": "2025", "code": "2025", "title": "另拟的标题", "issuer": "区生态办", field: value}
    response = office.post(address(record, "details/"), sent)
    html = response.content.decode()
    assert response.status_code == 422
    assert said in html
    assert 'value="区生态办"' in html
    assert f'value="{value}"' in html or not value
    record.refresh_from_db()
    assert record.details == {}


def plan_of(code: str, year: int, *texts: str) -> Plan:
    plan = PlanFactory(code=code, year=year, title=f"{code}号计划")
    task = TaskFactory(plan=plan, number=1, title="深入实施碳达峰行动")
    for number, text in enumerate(texts, 1):
        MeasureFactory(task=task, number=number, text=text, units_text="区发改委、生态环境分局")
    return plan


def test_against_the_year_before_and_against_another(office: Client, world: World) -> None:
    older = plan_of("older", 2023, "完成管网的改造。", "这一项今年没有了，不再延续下去。")
    record = brought(office)
    html = page(office, record)
    # measure 1 and 2 of the world's plan of 2024 read alike, but name other units.
    assert world.plan.title in html
    assert (
        "有改动 <strong>2</strong> 项，新增 <strong>1</strong> 项；上年 <strong>1</strong> 项未延续" in html
    )
    assert "<ins>" in html.partition('id="compare"')[2]
    assert "承接上年措施 2 项" in html
    response = office.post(address(record, "compare/"), {"plan": str(older.pk)})
    assert response.status_code == 302
    html = page(office, record)
    assert "承接上年措施 1 项" in html
    assert "这一项今年没有了，不再延续下去。" in html
    assert office.post(address(record, "compare/"), {"plan": ""}).status_code == 302
    assert "承接上年措施 2 项" in page(office, record)


@pytest.mark.parametrize("sent", ["999999", "-1", "x", "99999999999999999999999"])
def test_only_earlier_plans_are_compared_with(
    office: Client, record: PlanImport, world: World, sent: str
) -> None:
    response = office.post(address(record, "compare/"), {"plan": sent})
    assert response.status_code == 422
    record.refresh_from_db()
    assert record.compared_with is None


def test_without_an_earlier_plan_there_is_nothing_to_compare(office: Client, world: World) -> None:
    record = brought(office, year="2020")
    assert "没有更早年度的计划可以对照" in page(office, record)
