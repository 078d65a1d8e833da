"""计划导入: a document is brought or refused, listed, taken back, and becomes a plan."""

from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tasks.forms import imports as import_forms
from tasks.importing.limits import PLAN
from tasks.models import Measure, Plan, PlanImport, SourceFile
from tasks.rules import PeriodState
from tasks.services.plan_imports import confirm_import, discard_import
from tasks.views import imports as views
from tests.conftest import World
from tests.factories import UserFactory
from tests.importing.builders import excel, word
from tests.imports import GRID, HEAD, LIST, TITLE, address, bring, brought, document, lines, page, say, settle
from units.models import Role, Unit, UnitAlias

REFUSED = "没有找到计划表格"
MACRO_FREE = "说明文字，不是计划。"


def test_the_way_to_it_and_an_empty_list(office: Client, world: World) -> None:
    assert LIST in office.get("/plans/").content.decode()
    html = office.get(LIST).content.decode()
    assert "还没有导入过计划" in html
    assert 'aria-current="page">计划导入' in html


@pytest.mark.parametrize("role", ["reporter", "leader"])
def test_nobody_else_is_shown_the_way(world: World, login, role: str) -> None:
    assert LIST not in login(getattr(world.cast, role)).get("/plans/").content.decode()


def test_a_word_file_is_read_and_previewed_and_nothing_else_changes(office: Client, world: World) -> None:
    before = (Plan.objects.count(), Unit.objects.count(), UnitAlias.objects.count())
    record = brought(office)
    html = page(office, record)
    assert (record.started_by, record.file.name) == (world.cast.office, "2025年计划.docx")
    for text in (
        TITLE,
        "完成管网改造。",
        "2025年12月底前",
        "至2025年12月31日",
        "未识别，按原文",
        "加强噪声污染防治",
    ):
        assert text in html
    assert (Plan.objects.count(), Unit.objects.count(), UnitAlias.objects.count()) == before


@pytest.mark.parametrize("kind", ["excel", "pasted", "file"])
def test_a_workbook_and_text_do_as_well(office: Client, world: World, kind: str) -> None:
    rows = [list(row) for row in GRID[1:]]
    if kind == "pasted":
        response = office.post(LIST, {"text": lines(*rows).replace("\n", "\r\n"), "year": ""})
    elif kind == "file":
        response = bring(office, lines(*rows).encode("gb18030"), name="计划.tsv")
    else:
        response = bring(office, excel((TITLE, GRID)), name="计划.xlsx")
    assert response.status_code == 302
    assert "完成管网改造。" in page(office, PlanImport.objects.get())


def test_a_refused_file_is_named_and_nothing_is_kept(office: Client, world: World) -> None:
    response = bring(office, word(MACRO_FREE), name="通知.docx")
    html = response.content.decode()
    assert response.status_code == 422
    assert "“通知.docx”未能读取" in html
    assert REFUSED in html
    assert not SourceFile.objects.exists()


def test_refused_text_stays_in_its_field(office: Client, world: World) -> None:
    response = office.post(LIST, {"text": "这不是表格\n也没有责任单位", "year": "2025"})
    html = response.content.decode()
    assert response.status_code == 422
    assert REFUSED in html
    assert "这不是表格\n也没有责任单位</textarea>" in html
    assert 'value="2025"' in html


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "请选择文件，或粘贴表格文字"),
        ({"text": "  \n "}, "请选择文件，或粘贴表格文字"),
        ({"text": "正文", "year": "25"}, "年度应在"),
        ({"text": "正文", "year": "二〇二五"}, "年度应在"),
        ({"text": "有\0空字符"}, "无法识别的字符"),
    ],
)
def test_what_the_form_does_not_take(office: Client, world: World, fields: dict[str, str], said: str) -> None:
    response = office.post(LIST, fields)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not PlanImport.objects.exists()


def test_a_file_and_text_at_once_are_one_too_many_and_the_text_stays(office: Client, world: World) -> None:
    response = bring(office, text="粘贴的内容")
    assert response.status_code == 422
    assert "只需其一" in response.content.decode()
    assert "粘贴的内容</textarea>" in response.content.decode()


def test_an_empty_file_is_refused(office: Client, world: World) -> None:
    response = bring(office, b"")
    assert response.status_code == 422
    assert "文件是空的" in response.content.decode()


def test_a_file_over_the_limit_is_413_and_the_text_stays(
    office: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_forms, "PLAN", replace(PLAN, file=1000))
    response = bring(office, b"x" * 1001, text="粘贴的内容")
    html = response.content.decode()
    assert response.status_code == 413
    assert "不予读取" in html
    assert "粘贴的内容</textarea>" in html
    assert not SourceFile.objects.exists()


def test_what_is_too_large_once_it_is_unpacked_is_413_too(office: Client, world: World) -> None:
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b" " * (PLAN.part + 1))
    response = bring(office, stream.getvalue(), name="炸弹.xlsx")
    assert response.status_code == 413
    assert "“炸弹.xlsx”未能读取：文件解压后过大" in response.content.decode()
    assert not SourceFile.objects.exists()


def test_a_damaged_workbook_is_told_as_one(office: Client, world: World) -> None:
    response = bring(office, b"\x00\x01\xff" * 400, name="计划.XLSX")
    assert response.status_code == 422
    assert "文件已损坏" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("2025年计划.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("计划.html", "application/octet-stream"),
        ("没有后缀", "application/octet-stream"),
    ],
)
def test_the_original_comes_back_byte_for_byte_and_never_opens_in_place(
    office: Client, world: World, name: str, kind: str
) -> None:
    data = document()
    record = brought(office, data, name=name)
    response = office.get(address(record, "file/"))
    assert response.content == data
    assert response.headers["Content-Type"] == kind
    assert response.headers["Content-Disposition"].startswith("attachment;")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_the_same_file_is_gone_on_with_while_it_is_under_way(
    office: Client, colleague: Client, world: World
) -> None:
    record = brought(office)
    response = bring(colleague, name="改了名字.docx")
    assert response.status_code == 302
    assert response.headers["Location"].startswith(address(record))
    assert "同一文件已由周启明上传" in page(colleague, record)
    assert PlanImport.objects.count() == 1
    # For another year it is another plan.
    assert brought(colleague, year="2026") != record


def test_the_same_file_once_more_says_which_plan_it_has_become(office: Client, world: World) -> None:
    first = brought(office)
    settle(office, first)
    assert office.post(address(first, "confirm/")).status_code == 302
    again = brought(office)
    assert again != first
    html = page(office, again)
    plan = Plan.objects.get(year=2025)
    assert "同一文件已于" in html
    assert f"/{plan.code}/q1/manage/" in html
    assert address(first) in html
    # It is no oversight only when somebody says so.
    assert office.post(address(again, "confirm/")).status_code == 409


def test_the_list_tells_who_brought_what_and_what_became_of_it(office: Client, world: World) -> None:
    done = brought(office)
    settle(office, done)
    office.post(address(done, "confirm/"))
    waiting = brought(office, document(title="西岗区2026年工作计划"), name="2026.docx")
    html = office.get(LIST).content.decode()
    for text in ("已导入", "待导入", "周启明", done.file.sha256[:12], "2026.docx", "共 2 次"):
        assert text in html
    assert address(waiting, "discard/") in html
    assert address(done, "discard/") not in html
    assert f"/{Plan.objects.get(year=2025).code}/q1/manage/" in html


def test_a_document_is_taken_back(office: Client, world: World) -> None:
    record = brought(office)
    response = office.post(address(record, "discard/"), follow=True)
    assert "已放弃" in response.content.decode()
    assert not PlanImport.objects.exists()
    assert not SourceFile.objects.exists()
    for action in ("", "file/"):
        assert office.get(address(record, action)).status_code == 404
    for action in ("replace/", "details/", "choose/", "accept/", "compare/", "discard/", "confirm/"):
        assert office.post(address(record, action)).status_code == 404


def test_what_is_settled_becomes_a_plan(office: Client, world: World) -> None:
    record = brought(office)
    blocked = office.post(address(record, "confirm/"))
    assert blocked.status_code == 409
    assert "有 2 个责任单位名称尚未认定" in blocked.content.decode()
    assert not Plan.objects.filter(year=2025).exists()
    settle(office, record)
    html = page(office, record)
    assert "暂不能导入" not in html
    assert "新建单位 1 个：区水务集团" in html
    assert "登记别名 2 个" in html
    response = office.post(address(record, "confirm/"), follow=True)
    plan = Plan.objects.get(year=2025)
    assert response.redirect_chain[0][0].startswith(f"/{plan.code}/q1/manage/")
    assert f"《{TITLE}》已导入" in response.content.decode()
    assert [measure.text for measure in plan.measures.order_by("number")] == [row[2] for row in GRID[1:]]
    assert UnitAlias.objects.get(name="区发改委").unit == world.fgj
    assert {period.state for period in plan.periods.all()} == {PeriodState.UPCOMING}


def test_the_next_plan_asks_less(office: Client, world: World) -> None:
    record = brought(office)
    settle(office, record)
    office.post(address(record, "confirm/"))
    following = brought(office, document(title="西岗区2026年生态环境保护工作计划"))
    html = page(office, following)
    assert "均已识别或认定" in html
    assert "暂不能导入" not in html


def test_what_a_colleague_has_imported_is_closed(office: Client, colleague: Client, world: World) -> None:
    record = brought(office)
    settle(office, record)
    assert colleague.post(address(record, "confirm/")).status_code == 302
    late = office.post(address(record, "confirm/"))
    assert late.status_code == 409
    assert "吴倩" in late.content.decode()
    file = SimpleUploadedFile("改正.docx", document([HEAD, *GRID[1:3]]))
    for action, data in {
        "replace/": {"file": file},
        "details/": {"year": "2026", "title": "别的标题"},
        "choose/": {"printed": "区水务集团", "action": "note"},
        "accept/": {"key": "x", "accepted": "1"},
        "compare/": {"plan": ""},
        "discard/": {},
    }.items():
        response = office.post(address(record, action), data)
        assert response.status_code == 409, action
        assert "已经导入为计划" in response.content.decode()
    record.refresh_from_db()
    assert record.choices.keys() == {"区发改委", "区水务集团"}
    assert Plan.objects.get(year=2025).title == TITLE


@pytest.mark.parametrize(("change", "status"), [("confirm", 409), ("discard", 404)])
def test_what_a_colleague_does_in_the_same_moment(
    office: Client, world: World, monkeypatch: pytest.MonkeyPatch, change: str, status: int
) -> None:
    """Between loading the page's record and the change itself."""
    record = brought(office)
    settle(office, record)
    choose = views.choose

    def overtaken(**kwargs: Any) -> PlanImport:
        service = confirm_import if change == "confirm" else discard_import
        service(import_id=record.pk, actor=world.cast.colleague)
        return choose(**kwargs)

    monkeypatch.setattr(views, "choose", overtaken)
    response = say(office, record, "区水务集团", "note")
    assert response.status_code == status
    assert ("已经导入为计划" in response.content.decode()) == (change == "confirm")


def test_what_is_done_is_read_and_no_longer_changed(office: Client, world: World) -> None:
    record = brought(office)
    settle(office, record)
    office.post(address(record, "confirm/"))
    # The document is not read again: its plan has a life of its own.
    SourceFile.objects.filter(pk=record.file_id).update(content=b"gone")
    html = page(office, record)
    assert "新建单位“区水务集团”" in html
    assert world.plan.title in html
    assert address(record, "confirm/") not in html
    assert address(record, "choose/") not in html


def test_clicked_twice_it_is_one_plan(office: Client, world: World) -> None:
    record = brought(office)
    settle(office, record)
    first, second = (office.post(address(record, "confirm/")) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Plan.objects.filter(year=2025).count() == 1


def test_a_document_that_cannot_be_read_any_more_says_so_and_can_be_replaced(
    office: Client, world: World
) -> None:
    file = SourceFile.objects.create(name="旧.docx", size=4, sha256="0" * 64, content=b"PK\x03\x04")
    record = PlanImport.objects.create(file=file, started_by=world.cast.office)
    html = page(office, record)
    assert "现在读不出计划" in html
    assert address(record, "discard/") in html
    # Buttons of a page that was open before.
    for action, data in {
        "choose/": {"printed": "区发改委", "action": "note"},
        "details/": {"year": "2025"},
        "accept/": {"key": "x", "accepted": "1"},
        "compare/": {"plan": "1"},
        "confirm/": {},
    }.items():
        response = office.post(address(record, action), data)
        assert response.status_code in (409, 422), action
        assert "现在读不出计划" in response.content.decode()
    assert office.get(address(record, "marked/")).headers["Location"] == address(record)
    response = office.post(address(record, "replace/"), {"file": SimpleUploadedFile("新.docx", document())})
    assert response.status_code == 302
    assert PlanImport.objects.get().file.name == "新.docx"


def test_a_plan_s_own_workbook_says_that_its_settings_come_with_it(office: Client, world: World) -> None:
    response = office.get(f"/{world.plan.code}/q1/manage/plan.xlsx")
    record = brought(office, response.getvalue(), name="导出的计划.xlsx")
    html = page(office, record)
    assert "措施类型、序时进度、指标和责任落实按工作簿恢复" in html
    assert f"{world.plan.year}年已有计划" in html
    assert office.post(address(record, "confirm/")).status_code == 302
    again = Plan.objects.get(code=f"{world.plan.code}-2")
    assert list(again.measures.values_list("text", "kind")) == list(
        world.plan.measures.values_list("text", "kind")
    )


def test_the_first_plan_of_an_empty_system(db: None, login) -> None:
    office = login(UserFactory(role=Role.OFFICE))
    assert LIST in office.get("/").content.decode()
    assert LIST not in login(UserFactory(role=Role.LEADER)).get("/").content.decode()
    record = brought(office)
    html = page(office, record)
    assert "没有更早年度的计划可以对照" in html
    for printed in ("区发改委", "区发改局", "区水务集团", "生态环境分局", "西岗区住建局"):
        assert say(office, record, printed, "unit", name=printed, kind="2").status_code == 302
    assert say(office, record, "各街道", "group", name="各街道").status_code == 302
    response = office.post(address(record, "confirm/"), follow=True)
    assert response.redirect_chain[0][0].startswith("/2025/q1/manage/")
    assert Unit.objects.count() == 5


def counted(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_costs_the_same_with_many(office: Client, world: World) -> None:
    brought(office)
    few = counted(office, LIST)
    for year in range(2030, 2042):
        brought(office, document(title=f"西岗区{year}年工作计划"))
    assert counted(office, LIST) == few
    with CaptureQueriesContext(connection) as captured:
        office.get(LIST)
    assert not any('"content"' in query["sql"] for query in captured)


def test_the_preview_costs_the_same_with_many(office: Client, world: World) -> None:
    few = counted(office, address(brought(office)))
    rows = [
        [str(n), f"任务{n}", f"措施{n}。", f"区第{n}局、区发改委、各街道", "长期坚持"] for n in range(1, 70)
    ]
    many = brought(office, document([HEAD, *rows]))
    assert counted(office, address(many)) == few


def test_a_long_list_is_shown_in_parts_and_names_lead_into_them(office: Client, world: World) -> None:
    rows = [
        [str(n), f"任务{n}", f"第{n}号措施。", "区发改局" if n < 60 else "区水务集团", ""]
        for n in range(1, 70)
    ]
    record = brought(office, document([HEAD, *rows]))
    html = page(office, record)
    assert "第50号措施。" in html
    assert "第51号措施。" not in html.partition("清单预览")[2].partition("计划正文")[0]
    assert f"{address(record)}?page=2#measure-60" in html
    second = office.get(address(record), {"page": "2"}).content.decode()
    assert "第69号措施。" in second
    assert 'id="measure-60"' in second
    assert Measure.objects.filter(plan__year=2025).count() == 0
