"""The editor of a bulletin's draft in a real browser, with and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from reports.models import Bulletin
from reports.sections import sections_of
from reports.services import renderings
from reports.services.drafts import start_draft
from tests.browser.conftest import PHONE, People
from tests.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAFT = "/2024/q1/bulletin/draft/"


@pytest.fixture(autouse=True)
def no_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The preview in the frame is not what is asked about here."""
    monkeypatch.setattr(renderings, "start_process", lambda _: None)


@pytest.fixture
def draft(world: World) -> Bulletin:
    world.approve(world.file(world.support))
    return start_draft(period_id=world.q1.pk, actor=world.cast.office)


def stored() -> list[str]:
    return [section.heading for section in sections_of(Bulletin.objects.get().body)][1:]


def shown(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("[data-name=heading]").all()]


def save(page: Page) -> None:
    page.locator(".save-bar button").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()


def test_sections_are_added_moved_and_removed_on_the_page_and_numbered_at_once(
    world: World, draft: Bulletin, page_as: People
) -> None:
    page = page_as(world.cast.office, path=DRAFT)
    before = shown(page)
    page.locator("[data-section]").nth(1).get_by_role("button", name="下移").click()
    page.locator("[data-section]").nth(1).get_by_role("button", name="在此后增加一部分").click()
    # What was added has the focus.
    page.keyboard.type("新增的一部分")
    page.locator("[data-section]").nth(2).locator("textarea").fill("新增的内容。")
    page.once("dialog", lambda dialog: dialog.accept())
    page.locator("[data-section]").last.get_by_role("button", name="删除").click()
    after = [before[1], "新增的一部分", before[0], *before[2:-1]]
    assert shown(page) == after
    assert [mark.text_content() for mark in page.locator("#sections [data-number]").all()][:3] == [
        "一、",
        "二、",
        "三、",
    ]
    expect(page.locator("#draft-state")).to_have_text("有未保存的修改")
    assert stored() == before
    save(page)
    assert stored() == after
    assert shown(page) == after


def test_enter_in_a_heading_saves_and_moves_nothing(world: World, draft: Bulletin, page_as: People) -> None:
    page = page_as(world.cast.office, path=DRAFT)
    before = shown(page)
    page.locator("[data-name=heading]").nth(2).press("Enter")
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    assert stored() == before


def test_what_was_typed_survives_a_closed_tab_and_meets_what_a_colleague_saved(
    world: World, draft: Bulletin, page_as: People
) -> None:
    page = page_as(world.cast.office, path=DRAFT)
    page.locator("[data-section]").last.get_by_role("button", name="在此后增加一部分").click()
    page.keyboard.type("没有保存的一部分")
    page.locator("[data-section]").nth(1).locator("textarea").fill("没有保存的总体情况。")
    page.close()

    theirs = page_as(world.cast.colleague, path=DRAFT)
    theirs.locator("#id_cc").fill("吴倩写的抄送")
    save(theirs)

    again = page_as(world.cast.office, path=DRAFT)
    expect(again.locator("#draft-kept")).to_be_visible()
    again.get_by_role("button", name="恢复").click()
    assert shown(again)[-1] == "没有保存的一部分"
    assert again.locator("[data-name=text]").nth(1).input_value() == "没有保存的总体情况。"
    save(again)
    assert stored()[-1] == "没有保存的一部分"
    assert Bulletin.objects.get().cc == "吴倩写的抄送"
    again.reload()
    expect(again.locator("#draft-kept")).to_be_hidden()


def test_sentences_are_adopted_together_with_what_is_typed(
    world: World, draft: Bulletin, page_as: People
) -> None:
    page = page_as(world.cast.office, path=DRAFT)
    world.approve(world.file(world.terminal))
    page.reload()
    page.locator("#id_cc").fill("某处")
    page.get_by_role("button", name="全部采用").click()
    expect(page.get_by_text("已按最新数据更新，草稿已保存。")).to_be_visible()
    expect(page.get_by_role("heading", name="数据有变化")).to_have_count(0)
    assert Bulletin.objects.get().cc == "某处"


def test_where_two_people_meet_either_text_is_one_click(
    world: World, draft: Bulletin, page_as: People
) -> None:
    mine = page_as(world.cast.office, path=DRAFT)
    theirs = page_as(world.cast.colleague, path=DRAFT)
    theirs.locator("[data-name=text]").nth(1).fill("吴倩写的。")
    save(theirs)
    mine.locator("[data-name=text]").nth(1).fill("周启明写的。")
    mine.locator(".save-bar button").click()
    expect(mine.get_by_text("双方都改动的地方已在下面标出")).to_be_visible()
    mine.get_by_role("button", name="用这份内容").click()
    assert mine.locator("[data-name=text]").nth(1).input_value() == "吴倩写的。"
    save(mine)


def test_without_scripts_sections_are_moved_by_the_server(
    world: World, draft: Bulletin, page_as: People
) -> None:
    page = page_as(world.cast.office, path=DRAFT, java_script_enabled=False)
    before = stored()
    page.get_by_role("button", name="下移").first.click()
    expect(page.get_by_text("已调整各部分的次序，尚未保存")).to_be_visible()
    page.locator(".save-bar button").click()
    expect(page.get_by_text("草稿已保存")).to_be_visible()
    assert stored() == [before[1], before[0], *before[2:]]


@pytest.mark.parametrize("size", [None, PHONE])
def test_the_editor_is_usable_by_everybody(
    world: World,
    draft: Bulletin,
    page_as: People,
    axe: Callable[[Page], list[str]],
    size: dict[str, int] | None,
) -> None:
    Bulletin.objects.filter(pk=draft.pk).update(
        body=[*draft.body[:-1], {"kind": "p", "text": "办公室自己写的。"}]
    )
    world.approve(world.file(world.terminal))
    page = page_as(world.cast.office, path=DRAFT, **({"viewport": size} if size else {}))
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    expect(page.get_by_role("heading", name="数据有变化")).to_be_visible()
    assert axe(page) == []
