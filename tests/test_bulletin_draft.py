"""The editor of a bulletin's draft: by sections, two people at once, and sentences taken from the data."""

import json
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from reports.blocks import Block
from reports.merging import Content, Edited, merge
from reports.models import Bulletin
from reports.sections import Section, body_of, sections_of, tidy
from reports.services.drafts import StaleBulletin, save_draft, start_draft
from reports.services.editing import adopt_sentences, content_of
from tasks.errors import WorkflowError
from tests.conftest import World
from tests.pages import PageForm, read
from units.models import User

Login = Callable[[User | None], Client]


@pytest.fixture
def office(world: World, login: Login) -> Client:
    return login(world.cast.office)


@pytest.fixture
def colleague(world: World, login: Login) -> Client:
    return login(world.cast.colleague)


@pytest.fixture
def draft(world: World) -> Bulletin:
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    return start_draft(period_id=world.q1.pk, actor=world.cast.office)


def address(world: World) -> str:
    return reverse("reports:bulletin_draft", args=[world.plan.code, 1])


def form_in(page: str) -> PageForm:
    forms, _ = read(page)
    return next(form for form in forms if "/draft/" in form.action)


def opened(client: Client, world: World) -> dict[str, str]:
    response = client.get(address(world))
    assert response.status_code == 200
    return form_in(response.content.decode()).fields


def part(fields: dict[str, str], heading: str) -> str:
    """The name of the section with that heading: s3."""
    return next(name[:-8] for name, value in fields.items() if name.endswith("-heading") and value == heading)


def headings() -> list[str]:
    return [section.heading for section in sections_of(Bulletin.objects.get().body)][1:]


def text_of(heading: str) -> str:
    return next(
        section.text for section in sections_of(Bulletin.objects.get().body) if section.heading == heading
    )


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


def test_a_text_without_anything_in_it_is_refused(world: World, office: Client, draft: Bulletin) -> None:
    fields = {
        name: "" if name.startswith("s") and name != "signatory" else value
        for name, value in opened(office, world).items()
    }
    response = office.post(address(world), fields)
    assert response.status_code == 422
    assert "正文必填" in response.content.decode()


# --- two people at once -----------------------------------------------------------------------------


def test_two_people_in_different_places_keep_both_without_a_conflict(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    theirs[f"{part(theirs, '总体情况')}-text"] = "吴倩写的总体情况。"
    theirs["cc"] = "吴倩写的抄送"
    assert colleague.post(address(world), theirs).status_code == 302
    mine[f"{part(mine, '下一步工作')}-text"] = "周启明写的下一步。"
    mine["recipients"] = "各街道"
    response = office.post(address(world), mine, follow=True)
    page = response.content.decode()
    assert "您编辑期间吴倩也保存了草稿" in page
    assert "“抄送”、“总体情况”" in page
    saved = Bulletin.objects.get()
    assert text_of("总体情况") == "吴倩写的总体情况。"
    assert text_of("下一步工作") == "周启明写的下一步。"
    assert (saved.cc, saved.recipients) == ("吴倩写的抄送", "各街道")


def test_where_both_changed_the_same_both_texts_stand_and_nothing_is_saved_until_it_is_decided(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    for fields, who in ((theirs, "吴倩"), (mine, "周启明")):
        fields[f"{part(fields, '总体情况')}-text"] = f"{who}写的一段。"
        fields["recipients"] = f"{who}写的主送"
        fields["title"] = f"{who}拟的标题"
    theirs[f"{part(theirs, '下一步工作')}-text"] = "吴倩写的下一步。"
    assert colleague.post(address(world), theirs).status_code == 302
    response = office.post(address(world), mine)
    assert response.status_code == 409
    page = response.content.decode()
    for text in ("一段。", "写的主送", "拟的标题"):
        assert f"吴倩{text}" in page or f"吴倩写的{text}" in page
        assert f"周启明{text}" in page or f"周启明写的{text}" in page
    assert "已由吴倩修改" in page
    assert text_of("总体情况") == "吴倩写的一段。"

    again = form_in(page).fields
    # Where they did not meet, hers has been taken over; the rest is decided by saving what the page shows.
    assert again[f"{part(again, '下一步工作')}-text"].strip() == "吴倩写的下一步。"
    assert office.post(address(world), again).status_code == 302
    saved = Bulletin.objects.get()
    assert (saved.title, saved.recipients) == ("周启明拟的标题", "周启明写的主送")
    assert text_of("总体情况") == "周启明写的一段。"
    assert text_of("下一步工作") == "吴倩写的下一步。"


def test_a_field_that_both_changed_is_a_conflict_too(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    colleague.post(address(world), theirs | {"cc": "吴倩写的抄送", "sealed": "on"})
    response = office.post(address(world), mine | {"cc": "周启明写的抄送"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "吴倩写的抄送" in page
    assert Bulletin.objects.get().cc == "吴倩写的抄送"
    again = form_in(page).fields
    assert again["cc"] == "周启明写的抄送"
    assert office.post(address(world), again).status_code == 302
    saved = Bulletin.objects.get()
    assert (saved.cc, saved.sealed) == ("周启明写的抄送", True)


def test_one_deletes_what_the_other_changed_is_for_them_to_decide(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    theirs[f"{part(theirs, '报送情况')}-text"] = "吴倩改过的报送情况。"
    colleague.post(address(world), theirs)
    gone = part(mine, "报送情况")
    response = office.post(address(world), {k: v for k, v in mine.items() if not k.startswith(f"{gone}-")})
    assert response.status_code == 409
    page = response.content.decode()
    assert "吴倩改过的报送情况。" in page
    office.post(address(world), form_in(page).fields)
    assert "报送情况" not in headings()


def test_two_people_add_and_move_sections(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    before = headings()
    count = len(before)
    theirs |= {f"s{count + 1}-heading": "吴倩加的", f"s{count + 1}-text": "她的。"}
    colleague.post(address(world), theirs)
    # He puts the last section first; its number in the name is what orders it.
    moved = {
        k.replace(f"s{count}-", "s0900-") if k.startswith(f"s{count}-") else k: v for k, v in mine.items()
    }
    moved = {k.replace("s0900-", "s1-"): v for k, v in moved.items()} | {
        f"s{place + 1}-{name}": mine[f"s{place}-{name}"]
        for place in range(1, count)
        for name in ("heading", "text", "origin")
    }
    response = office.post(address(world), moved)
    assert response.status_code == 302
    assert headings() == [before[-1], "吴倩加的", *before[:-1]]


def test_a_field_that_only_the_other_left_alone_is_mine(
    world: World, office: Client, colleague: Client, draft: Bulletin
) -> None:
    mine, theirs = opened(office, world), opened(colleague, world)
    colleague.post(address(world), theirs | {"signed_on": "2024-04-09", "sealed": "on"})
    assert office.post(address(world), mine | {"printed_by": "西岗区政府办公室"}).status_code == 302
    saved = Bulletin.objects.get()
    assert (f"{saved.signed_on}", saved.sealed, saved.printed_by) == ("2024-04-09", True, "西岗区政府办公室")


texts = st.sampled_from(["甲。", "乙。", "丙。", "丁。"])
several = st.lists(
    st.builds(Section, st.sampled_from("春夏秋冬"), texts), max_size=4, unique_by=lambda row: row.heading
)


@given(several, several, st.data())
def test_whatever_two_people_do_to_sections_no_text_is_lost(
    base: list[Section], theirs: list[Section], data: st.DataObject
) -> None:
    start, other = [Section("", "开头。"), *base], [Section("", "开头。"), *theirs]
    kept = data.draw(st.permutations(range(1, len(start))))
    kept = kept[: data.draw(st.integers(0, len(kept)))]
    mine = [Edited(start[0], 0)]
    for place in kept:
        text = data.draw(st.sampled_from([start[place].text, "我改的。"]))
        mine.append(Edited(Section(start[place].heading, text), place))
        if data.draw(st.booleans()):
            mine.append(Edited(Section("我加的", f"我加的{place}。"), None))
    merged = merge(Content({}, start), {}, mine, Content({}, other))
    shown = [row.section for row in merged.sections]
    against = [row.theirs for row in merged.sections if row.theirs]
    for row in mine:
        if row.origin is None or row.section.text != start[row.origin].text:
            assert row.section.text in [section.text for section in shown], row
    for section in other:
        if section not in start:
            assert section.heading in [row.heading for row in shown + against], section
        if section.text not in [row.text for row in start]:
            assert section.text in [row.text for row in shown + against], section
    assert merge(Content({}, start), {}, mine, Content({}, start)).sections == [
        type(merged.sections[0])(tidy(row.section), row.origin) for row in mine
    ]
    assert len({row.origin for row in merged.sections if row.origin is not None}) == len(
        [row for row in merged.sections if row.origin is not None]
    )


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
    from reports.services.drafts import rewrite_draft

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
