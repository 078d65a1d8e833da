"""A correction in a real browser: what was issued is reopened by name, mended, approved and issued again; the old file stays,
marked as corrected, and both are told apart by dropping them on a page."""

import base64
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from reports.models import Bulletin, BulletinFile
from reports.services.issuing import issue_bulletin
from tasks.models import ProgressUpdate
from tasks.rules import PeriodState, Status
from tests.browser.conftest import PHONE, People
from tests.conftest import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

REASON = "区发改局第2项措施的完成比例误报为25%"
# What a browser does with files that are let go over a page.
DROP = """([name, content]) => {
  const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name));
  const where = document.querySelector("h1");
  for (const type of ["dragover", "drop"])
    where.dispatchEvent(new DragEvent(type, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def issued(world: World) -> World:
    world.approve(world.file(world.terminal, percent=Decimal(25), progress_text="改造管网2公里。"))
    world.approve(world.file(world.support))
    issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)
    return world


def accept(page: Page, press: Callable[[], Any]) -> None:
    page.once("dialog", lambda dialog: dialog.accept())
    press()


def test_a_whole_correction(
    issued: World,
    detached: None,
    page_as: People,
    axe: Callable[[Page], list[str]],
    tmp_path: Path,
) -> None:
    cast = issued.cast

    # The office names the filing, found by typing, and says why.
    office = page_as(cast.office, path="/2024/q1/bulletin/")
    office.get_by_role("link", name="更正…").click()
    office.get_by_label("查找").fill("管网")
    expect(office.get_by_text("显示 1 / 2 件")).to_be_visible()
    assert axe(office) == []
    office.get_by_label("更正措施2，区发改局").check()
    office.get_by_label("查找").fill("")
    office.get_by_label("更正原因").fill(REASON)
    accept(office, lambda: office.get_by_role("button", name="发起更正").click())
    expect(office.get_by_role("heading", name="正在更正")).to_be_visible()
    expect(office.get_by_role("button", name="撤销更正")).to_be_visible()
    assert axe(office) == []

    # The unit sees on its workbench, whichever quarter is at hand, what to mend and why.
    unit = page_as(cast.reporter, path="/2024/q2/workbench/")
    expect(unit.get_by_text(f"更正：{REASON}")).to_be_visible()
    assert axe(unit) == []
    unit.locator("#corrections").get_by_role("link", name="修改").click()
    unit.locator("[name=percent]").fill("40")
    unit.locator("[name=progress_text]").fill("改造管网4公里。")
    unit.get_by_role("button", name="重新提交").click()
    expect(unit.get_by_text("已提交，等待区生态办审核").first).to_be_visible()

    # Meanwhile everybody else reads what was issued, and the correction can no longer be given up.
    leader = page_as(cast.leader, path="/2024/q1/measures/2/")
    expect(leader.get_by_text("改造管网2公里。").first).to_be_visible()
    office.reload()
    expect(office.get_by_role("button", name="撤销更正")).to_have_count(0)

    # Somebody of the office approves it; then the second edition is issued.
    colleague = page_as(cast.colleague, path="/2024/q1/review/")
    colleague.get_by_role("row").filter(has_text="完成管网改造").get_by_role("link").first.click()
    colleague.get_by_role("button", name="通过", exact=True).click()
    assert ProgressUpdate.objects.get(assignment=issued.terminal).status == Status.APPROVED
    office.goto("/2024/q1/bulletin/issue/")
    for box in office.locator("#issue-form input[type=checkbox]").all():
        box.check()
    accept(office, lambda: office.locator("#issue-form button[type=submit]").click())
    expect(office.get_by_role("heading", name="版次")).to_be_visible(timeout=60_000)
    assert Bulletin.objects.current().get(period=issued.q1).edition == 2
    issued.q1.refresh_from_db()
    assert issued.q1.state == PeriodState.ISSUED
    leader.reload()
    expect(leader.get_by_text("改造管网4公里。").first).to_be_visible()

    # The old edition is downloaded as it was, and says that it was corrected.
    leader.goto("/bulletins/")
    leader.get_by_role("row").filter(has_text="已被更正").get_by_role("link", name="（第1版）").click()
    expect(leader.locator(".superseded")).to_contain_text(REASON)
    assert axe(leader) == []
    with leader.expect_download() as waiting:
        leader.get_by_role("link", name="下载本版 PDF").click()
    waiting.value.save_as(tmp_path / "old.pdf")
    old = (tmp_path / "old.pdf").read_bytes()
    new = bytes(BulletinFile.objects.get(bulletin__edition=2, format="pdf").content)
    assert old == bytes(BulletinFile.objects.get(bulletin__edition=1, format="pdf").content) != new

    # 验真: chosen and sent, or dropped anywhere on the page.
    leader.goto("/bulletins/")
    leader.get_by_role("link", name="验真").click()
    leader.locator("#id_file").set_input_files(tmp_path / "old.pdf")
    leader.get_by_role("button", name="验真").click()
    expect(leader.get_by_role("heading", name="是印发的原件，但已被更正")).to_be_visible()
    expect(leader.locator(".verdict")).to_contain_text(REASON)
    assert axe(leader) == []
    leader.evaluate(DROP, ["新版.pdf", base64.b64encode(new).decode()])
    expect(leader.get_by_role("heading", name="是印发的原件，现行有效")).to_be_visible()
    leader.evaluate(DROP, ["改过.pdf", base64.b64encode(new + b" ").decode()])
    expect(leader.get_by_role("heading", name="不是已印发通报的原件")).to_be_visible()
    assert axe(leader) == []


def test_it_is_asked_on_a_phone_and_without_a_script(issued: World, page_as: People, tmp_path: Path) -> None:
    content = bytes(BulletinFile.objects.get(format="pdf").content)
    (tmp_path / "通报.pdf").write_bytes(content)
    page = page_as(issued.cast.reporter, path="/bulletins/verify/", viewport=PHONE, java_script_enabled=False)
    page.locator("#id_file").set_input_files(tmp_path / "通报.pdf")
    page.get_by_role("button", name="验真").click()
    expect(page.get_by_role("heading", name="是印发的原件，现行有效")).to_be_visible()
    wide = page.locator("body").bounding_box()
    assert wide is not None
    assert wide["width"] <= PHONE["width"]
