"""The editor of a bulletin's draft: by sections, two people at once, and sentences taken from the data."""

import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.blocks import Block
from reports.models import Bulletin
from reports.sections import Section, body_of, sections_of
from reports.services.drafts import StaleBulletin, rewrite_draft
from reports.services.editing import adopt_sentences, content_of
from tasks.errors import WorkflowError
from tests.conftest import World
from tests.drafting import address, begun, form_in, headings, opened, part, save_draft, text_of
from units.models import User

Login = Callable[[User | None], Client]


@pytest.fixture
def draft(world: World) -> Bulletin:
    return begun(world)


# --- sections ---------------------------------------------------------------------------------------


def test_what_the_page_sends_back_unchanged_changes_nothing(
    world: World, office: Client, draft: Bulletin
) -> None:
    response = office.post(address(world), opened(office, world))
    assert response.headers["Location"] == address(world) + "#saved"
    saved = Bulletin.objects.get()
    for name, value in content_of(draft).values.items():
        assert content_of(saved).values[name] == value
    assert (saved.body, saved.generated) == (draft.body, draft.generated)
    assert saved.version == draft.version + 1


def test_the_office_edits_title_sections_and_head(world: World, office: Client, draft: Bulletin) -> None:
    fields = opened(office, world)
    here = part(fields, "总体情况")
    fields |= {
        "title": " 关于一季度\r\n\r\n进展的通报 ",
        f"{here}-heading": "一、 总的情况。",
        f"{here}-text": "第一段。\r\n\r\n　　(三)小标题。后文\r\n1、第一条\r\n5．第二条",
        "document_number": "西生态办〔2024〕 3号",
        "signed_on": "2024-04-08",
        "masthead": "西岗区生态办",
        "signatory": "",
        "sealed": "on",
    }
    assert office.post(address(world), fields).status_code == 302
    saved = Bulletin.objects.get()
    assert saved.title == "关于一季度\n进展的通报"
    assert text_of("总的情况") == "第一段。\n（一）小标题。后文\n1.第一条\n2.第二条"
    assert saved.document_number == "西生态办〔2024〕3号"
    assert (f"{saved.signed_on}", saved.signatory, saved.sealed) == ("2024-04-08", "", True)
    del (fields := opened(office, world))["sealed"]
    office.post(address(world), fields)
    assert not Bulletin.objects.get().sealed


def test_a_whole_document_pasted_into_a_section_becomes_sections(
    world: World, office: Client, draft: Bulletin
) -> None:
    fields = {name: value for name, value in opened(office, world).items() if not name.startswith("s")}
    fields |= {
        "s0-text": "根据计划，现通报如下：\n\n一、 总体情况\n　　总体较好。\n二、二季度安排\n一、二季度均已部署。\n（1）分项"
    }
    assert office.post(address(world), fields).status_code == 302
    assert headings() == ["总体情况", "二季度安排"]
    assert text_of("二季度安排") == "一、二季度均已部署。\n（1）分项"


@pytest.mark.parametrize(
    ("do", "after"),
    [
        ("up:2", ["二", "一", "三"]),
        ("up:1", ["一", "二", "三"]),
        ("down:1", ["二", "一", "三"]),
        ("down:3", ["一", "二", "三"]),
        ("remove:2", ["一", "三"]),
        ("remove:0", ["一", "二", "三"]),
        ("add:1", ["一", "", "二", "三"]),
    ],
)
def test_without_script_buttons_order_the_sections_on_the_page_and_save_nothing(
    world: World, office: Client, draft: Bulletin, do: str, after: list[str]
) -> None:
    save_draft(
        period_id=world.q1.pk,
        actor=world.cast.office,
        base_version=draft.version,
        values={
            "body": body_of([Section("", "开头。"), *(Section(name, f"{name}文。") for name in "一二三")])
        },
    )
    fields = opened(office, world) | {"cc": "抄送给某处", "do": do, "document_number": "写错的字号"}
    response = office.post(address(world), fields)
    assert response.status_code == 200
    page = response.content.decode()
    assert "尚未保存" in page
    sent = form_in(page).fields
    assert [value for name, value in sent.items() if name.endswith("-heading")] == after
    assert (sent["cc"], sent["document_number"]) == ("抄送给某处", "写错的字号")
    assert headings() == ["一", "二", "三"]
    sent |= {"document_number": ""}
    assert office.post(address(world), sent).status_code == 302
    assert headings() == [name for name in after if name]


@pytest.mark.parametrize("do", ["up:99", "up:x", "fly:1", "remove:", "add:-1"])
def test_an_order_that_there_is_not_saves_what_was_typed(
    world: World, office: Client, draft: Bulletin, do: str
) -> None:
    assert office.post(address(world), opened(office, world) | {"do": do, "cc": "某处"}).status_code == 302
    assert Bulletin.objects.get().cc == "某处"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "必填"),
        ("title", "长" * 201, "200"),
        ("title", "一\n二\n三\n四\n五", "四行"),
        ("s1-text", "长" * 40_001, "40000"),
        ("s1-text", "有\0空字符", "空字符"),
        ("s1-heading", "长" * 61, "60"),
        ("s1-heading", "  ", "请填写本部分的标题"),
        ("document_number", "西生态办[2024]第3号", "六角括号"),
        ("document_number", "西生态办〔2024〕03号", "不编虚位"),
        ("signed_on", "2024-13-01", "有效"),
        ("version", "x", ""),
        ("version", "99999999999", ""),
        ("base", "{}", "页面数据不完整"),
        ("base", '{"values": [], "sections": 3}', "页面数据不完整"),
        ("base", "[" * 100_000, "页面数据不完整"),
    ],
)
def test_a_wrong_value_is_named_and_everything_typed_is_kept(
    world: World, office: Client, draft: Bulletin, field: str, value: str, message: str
) -> None:
    fields = opened(office, world) | {"cc": "抄送给某处", "s2-text": "另一段。", field: value}
    response = office.post(address(world), fields)
    assert response.status_code == 422
    page = response.content.decode()
    assert message in page
    assert "抄送给某处" in page
    assert form_in(page).fields["s2-text"].strip() == "另一段。"
    assert Bulletin.objects.get().version == draft.version


def test_a_red_head_without_anybody_who_issues_it_is_refused(
    world: World, office: Client, draft: Bulletin
) -> None:
    fields = opened(office, world) | {"document_number": "西生态办〔2024〕3号", "signatory": ""}
    response = office.post(address(world), fields)
    assert response.status_code == 422
    assert "须填写发文机关标志或者署名" in response.content.decode()
    assert office.post(address(world), fields | {"masthead": "西岗区生态办"}).status_code == 302
    # Each of two people takes away one half.
    values = {"document_number": "", "masthead": ""}
    save_draft(period_id=world.q1.pk, actor=world.cast.office, base_version=draft.version + 1, values=values)
    with pytest.raises(WorkflowError, match="须填写发文机关标志或者署名"):
        save_draft(
            period_id=world.q1.pk,
            actor=world.cast.office,
            base_version=draft.version + 2,
            values={"document_number": "西生态办〔2024〕3号"},
        )


def test_a_text_without_anything_in_it_is_refused(world: World, office: Client, draft: Bulletin) -> None:
    fields = {
        name: "" if name.startswith("s") and name != "signatory" else value
        for name, value in opened(office, world).items()
    }
    response = office.post(address(world), fields)
    assert response.status_code == 422
    assert "正文必填" in response.content.decode()


def test_a_body_reads_back_from_its_sections(world: World, draft: Bulletin) -> None:
    assert body_of(sections_of(draft.body)) == draft.body
    body: list[Block] = [
        {"kind": "h1", "text": "甲"},
        {"kind": "h2", "text": "乙。丙"},
        {"kind": "h3", "text": "丁"},
    ]
    assert [section.heading for section in sections_of(body)] == ["", "甲"]
    assert body_of(sections_of(body)) == body


# --- sentences --------------------------------------------------------------------------------------


def test_the_page_says_which_sentences_the_data_changed_and_adopts_one_or_all(
    world: World, office: Client, draft: Bulletin
) -> None:
    assert "数据有变化" not in office.get(address(world)).content.decode()
    world.approve(world.file(world.terminal))
    page = office.get(address(world)).content.decode()
    assert "与最新数据不一致" in page
    assert 'value="adopt:reporting.counts"' in page
    fields = form_in(page).fields | {"do": "adopt:reporting.counts", "cc": "同时填写的抄送"}
    response = office.post(address(world), fields, follow=True)
    page = response.content.decode()
    assert "已按最新数据更新" in page
    assert 'value="adopt:reporting.counts"' not in page
    assert "与最新数据不一致" in page
    saved = Bulletin.objects.get()
    assert "已报送2项次" in text_of("报送情况")
    assert saved.cc == "同时填写的抄送"
    office.post(address(world), form_in(page).fields | {"do": "adopt-all"})
    saved = Bulletin.objects.get()
    rewritten = start_over(world, saved)
    assert saved.body == rewritten.body
    assert saved.generated == rewritten.generated


def start_over(world: World, bulletin: Bulletin) -> Bulletin:
    return rewrite_draft(period_id=world.q1.pk, actor=world.cast.office, base_version=bulletin.version)


def test_what_the_office_rewrote_is_shown_as_such_and_stays(
    world: World, office: Client, draft: Bulletin
) -> None:
    fields = opened(office, world)
    here = f"{part(fields, '报送情况')}-text"
    fields[here] = "报送总体较好。\n" + fields[here].replace("本季度应报送进展", "本季度共应报送进展")
    office.post(address(world), fields)
    world.approve(world.file(world.terminal))
    page = office.get(address(world)).content.decode()
    assert "已由人工修改" in page
    office.post(address(world), form_in(page).fields | {"do": "adopt-all"})
    assert "报送总体较好。" in text_of("报送情况")
    assert "本季度共应报送进展5项次，已报送1项次" in text_of("报送情况")
    assert "本季度应报送进展" not in text_of("报送情况")
    page = office.get(address(world)).content.decode()
    assert "已由人工修改" in page
    assert "全部采用" not in page
    # Looked at, it is not told again, and still stands as the office wrote it.
    office.post(address(world), form_in(page).fields | {"do": "adopt:reporting.counts"})
    assert "与最新数据不一致" not in office.get(address(world)).content.decode()
    assert "本季度共应报送进展5项次，已报送1项次" in text_of("报送情况")


def test_data_that_changed_since_the_page_was_opened_are_shown_first(
    world: World, office: Client, draft: Bulletin
) -> None:
    world.approve(world.file(world.terminal))
    fields = opened(office, world) | {"do": "adopt-all", "cc": "填写的抄送"}
    world.approve(world.file(world.lead))
    response = office.post(address(world), fields)
    assert response.status_code == 409
    page = response.content.decode()
    assert "刚刚又有变化，没有采用" in page
    assert form_in(page).fields["cc"] == "填写的抄送"
    assert Bulletin.objects.get().version == draft.version


def test_adopting_is_the_offices_and_on_the_version_that_it_saw(world: World, draft: Bulletin) -> None:
    world.approve(world.file(world.terminal))
    ask = {"period_id": world.q1.pk, "keys": ["reporting.counts"]}
    with pytest.raises(WorkflowError, match="只有区生态办"):
        adopt_sentences(actor=world.cast.reporter, base_version=draft.version, **ask)
    with pytest.raises(StaleBulletin):
        adopt_sentences(actor=world.cast.office, base_version=draft.version + 1, **ask)
    with pytest.raises(WorkflowError, match="没有可以直接采用"):
        adopt_sentences(actor=world.cast.office, base_version=draft.version, period_id=world.q1.pk, keys=[])
    saved = adopt_sentences(actor=world.cast.office, base_version=draft.version, **ask).bulletin
    assert saved.version == draft.version + 1


# --- cost -------------------------------------------------------------------------------------------


def test_the_page_costs_the_same_for_a_long_text(world: World, office: Client, draft: Bulletin) -> None:
    office.get(address(world))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert office.get(address(world)).status_code == 200
        return len(captured)

    few = queries()
    fields = opened(office, world) | {f"s{n}-heading": f"第{n}节" for n in range(10, 30)}
    office.post(address(world), fields | {f"s{n}-text": "一段。\n" * 20 for n in range(10, 30)})
    assert queries() == few <= 17


def test_the_base_that_the_page_carries_is_what_is_stored(
    world: World, office: Client, draft: Bulletin
) -> None:
    base = json.loads(opened(office, world)["base"])
    assert base["values"]["title"] == draft.title
    assert [heading for heading, _ in base["sections"]][1:] == headings()
