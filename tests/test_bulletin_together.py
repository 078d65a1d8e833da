"""Two people of the office at one draft: both texts are kept, and where they meet they decide."""

from collections.abc import Callable

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.merging import Content, Edited, merge
from reports.models import Bulletin
from reports.sections import Section, tidy
from tests.conftest import World
from tests.drafting import address, begun, form_in, headings, opened, part, text_of
from units.models import User

Login = Callable[[User | None], Client]


@pytest.fixture
def draft(world: World) -> Bulletin:
    return begun(world)


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


@settings(deadline=None)
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
