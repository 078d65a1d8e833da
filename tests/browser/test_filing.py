"""A person at the filing form in a real browser: nothing typed is lost, files go up beside, it works without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect

from tasks.models import Assignment, Evidence, ProgressUpdate, ReportingPeriod, StatusChange, UpdateDraft
from tasks.rules import Status
from tasks.services.filing import save_draft
from tasks.services.review import return_update
from tests.browser.conftest import PHONE, People
from tests.conftest import World
from tests.evidence_files import archive, image, pdf
from tests.factories import PASSWORD, open_quarter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Axe = Callable[[Page], list[str]]


def path(duty: Assignment, period: ReportingPeriod) -> str:
    return f"/filing/{duty.pk}/{period.pk}/"


def fill(page: Page, name: str, text: str) -> None:
    page.locator(f"[name={name}]").fill(text)


def press(page: Page, label: str) -> None:
    """A button of the bar below the form."""
    page.locator(".actionbar").get_by_role("button", name=label, exact=True).click()


def said(page: Page, text: str) -> None:
    expect(page.locator("#autosave-state")).to_contain_text(text, timeout=15_000)


def kept_here(page: Page) -> int:
    """How many texts this browser itself keeps."""
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('filing:')).length")


def wait_until_kept_here(page: Page) -> None:
    # wait_for_function would evaluate a string in the page, which the policy forbids.
    for _ in range(50):
        if kept_here(page):
            return
        page.wait_for_timeout(100)
    pytest.fail("the browser kept nothing")


def file(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_autosave_then_an_expired_session_loses_nothing(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    page.get_by_label("按序时推进").check()
    fill(page, "progress_text", "开展检查12次。")
    said(page, "已自动保存")
    assert UpdateDraft.objects.get().payload["progress_text"] == "开展检查12次。"
    assert kept_here(page) == 0, "the server has it, so no copy lies about in the browser"

    Session.objects.all().delete()
    fill(page, "progress_text", "开展检查12次，整改8处。")
    alert = page.locator("#filing-alert")
    expect(alert).to_contain_text("登录已失效", timeout=15_000)
    press(page, "提交审核")
    said(page, "未能自动保存")
    assert page.url.endswith(path(world.support, world.q1)), "the login page did not swallow the form"
    assert page.locator("[name=progress_text]").input_value() == "开展检查12次，整改8处。"
    assert kept_here(page) == 1
    assert not ProgressUpdate.objects.exists()

    with page.context.expect_page() as opened:
        alert.get_by_role("link", name="在新窗口登录").click()
    window = opened.value
    fill(window, "username", "reporter")
    fill(window, "password", PASSWORD)
    window.locator("main button[type=submit]").click()
    expect(window).to_have_url(page.url)
    window.close()
    press(page, "提交审核")
    page.wait_for_url("**/workbench/")
    assert ProgressUpdate.objects.get().progress_text == "开展检查12次，整改8处。"
    assert ProgressUpdate.objects.get().status == Status.SUBMITTED
    assert not UpdateDraft.objects.exists()
    assert kept_here(page) == 0


def test_what_the_server_never_got_is_offered_by_the_browser_after_a_new_login(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    Session.objects.all().delete()
    fill(page, "problems", "断线前写的问题。")
    wait_until_kept_here(page)
    page.close()
    assert not UpdateDraft.objects.exists()

    page_as.log_in(world.cast.reporter)
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    offer = page.locator(".kept")
    expect(offer).to_contain_text("本机浏览器保留了您")
    assert page.locator("[name=problems]").input_value() == ""
    offer.get_by_role("button", name="恢复").click()
    expect(offer).to_have_count(0)
    assert page.locator("[name=problems]").input_value() == "断线前写的问题。"
    press(page, "保存草稿")
    expect(page.locator("main [role=status]").first).to_contain_text("草稿已保存")
    assert ProgressUpdate.objects.get().problems == "断线前写的问题。"
    assert kept_here(page) == 0
    expect(page.locator(".kept")).to_have_count(0)


def test_another_persons_text_in_this_browser_is_not_shown(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    Session.objects.all().delete()
    fill(page, "problems", "张敏的内容。")
    wait_until_kept_here(page)
    # The same browser, another person of the same unit.
    page_as.contexts[world.cast.approver.pk] = page_as.contexts[world.cast.reporter.pk]
    page_as.log_in(world.cast.approver)
    other = page_as(world.cast.approver, path=path(world.support, world.q1))
    expect(other.locator(".kept")).to_have_count(0)
    assert "张敏的内容。" not in other.content()
    # And in the old window the form asks under whose name it goes.
    press(page, "保存草稿")
    expect(page.locator("main")).to_contain_text("当前登录账号已变为“李国强”")
    assert page.locator("[name=problems]").input_value() == "张敏的内容。"
    assert not ProgressUpdate.objects.exists()


def test_the_network_fails_and_comes_back(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    page.route("**/autosave/", lambda route: route.abort())
    fill(page, "progress_text", "断网时写的。")
    press(page, "保存草稿")
    expect(page.locator("#filing-alert")).to_contain_text("暂时连不上服务器")
    assert page.url.endswith(path(world.support, world.q1))
    assert kept_here(page) == 1
    page.unroute("**/autosave/")
    press(page, "保存草稿")
    expect(page.locator("main [role=status]").first).to_contain_text("草稿已保存")
    assert ProgressUpdate.objects.get().progress_text == "断网时写的。"


def test_text_kept_by_the_server_is_offered_and_restored(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    fill(page, "next_steps", "下一步抓整改。")
    said(page, "已自动保存")
    page.reload()
    expect(page.locator(".kept")).to_contain_text("已自动保存，但尚未存入填报")
    page.locator(".kept").get_by_role("link", name="恢复").click()
    assert page.locator("[name=next_steps]").input_value() == "下一步抓整改。"
    press(page, "保存草稿")
    expect(page.locator("main [role=status]").first).to_contain_text("草稿已保存")
    expect(page.locator(".kept")).to_have_count(0)
    assert not UpdateDraft.objects.exists()


def test_a_page_opened_anew_does_not_write_over_what_it_offers(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    fill(page, "progress_text", "第一稿。")
    said(page, "已自动保存")
    page.reload()
    fill(page, "progress_text", "没有理会提示，重新写的。")
    said(page, "已自动保存")
    assert set(UpdateDraft.objects.values_list("payload__progress_text", flat=True)) == {
        "第一稿。",
        "没有理会提示，重新写的。",
    }


def test_two_tabs_meet_on_a_page_of_both_texts(world: World, page_as: People):
    one = page_as(world.cast.reporter, path=path(world.support, world.q1))
    two = page_as(world.cast.reporter, path=path(world.support, world.q1))
    one.get_by_label("按序时推进").check()
    fill(one, "progress_text", "第一个标签页写的。")
    press(one, "保存草稿")
    expect(one.locator("main [role=status]").first).to_contain_text("草稿已保存")
    fill(two, "progress_text", "第二个标签页写的。")
    said(two, "已自动保存")
    expect(two.locator("#filing-alert")).to_contain_text("已保存新的内容")
    press(two, "提交审核")
    expect(two.locator("h1")).to_contain_text("内容对照")
    expect(two.locator("#theirs-progress_text")).to_have_text("第一个标签页写的。")
    expect(two.get_by_label("按序时推进")).to_be_checked()
    two.locator("[data-append=progress_text]").click()
    press(two, "提交右侧内容")
    two.wait_for_url("**/workbench/")
    update = ProgressUpdate.objects.get()
    assert update.progress_text == "第二个标签页写的。\n第一个标签页写的。"
    assert update.status == Status.SUBMITTED


def test_an_impatient_double_click_hands_in_once(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    page.get_by_label("按序时推进").check()
    fill(page, "progress_text", "开展检查。")
    page.locator(".actionbar").get_by_role("button", name="提交审核").dblclick()
    page.wait_for_url("**/workbench/")
    assert StatusChange.objects.count() == 1


def test_what_is_missing_leads_to_its_field(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.terminal, world.q1))
    press(page, "提交审核")
    summary = page.locator("#summary")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="工作进展：请填写工作进展。").click()
    expect(page.locator("[name=progress_text]")).to_be_focused()
    fill(page, "progress_text", "已开工。")
    page.get_by_label("推进中").check()
    fill(page, "percent", "２０％")
    press(page, "提交审核")
    page.wait_for_url("**/workbench/")
    assert ProgressUpdate.objects.get().percent == 20


def test_several_files_go_up_with_progress_and_come_off_again(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    fill(page, "progress_text", "边写边传。")
    seen: list[str] = []
    page.expose_function("seen", lambda value: seen.append(value))
    page.evaluate(
        "new MutationObserver(all => all.forEach(one => window.seen(one.target.getAttribute('aria-valuenow') || '')))"
        ".observe(document.querySelector('[data-uploads]'), {subtree: true, attributeFilter: ['aria-valuenow']})"
    )
    page.locator("#id_files").set_input_files(
        [
            file("现场照片.jpg", image("JPEG", (800, 600))),
            file("监测报告.pdf", pdf()),
            file("程序.exe", b"MZ"),
            file("空.pdf", b""),
            file("网页.pdf", b"<html></html>"),
        ]
    )
    files = page.locator("[data-files] [data-file]")
    expect(files).to_have_count(2)
    assert "100" in seen
    failed = page.locator("[data-uploads] .failed")
    expect(failed).to_have_count(3)
    for words in ("类型不在允许范围内", "空文件", "与扩展名不符"):
        expect(failed.filter(has_text=words)).to_have_count(1)
    picture = files.filter(has_text="现场照片.jpg").locator("img")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

    page.on("dialog", lambda dialog: dialog.accept())
    files.filter(has_text="监测报告.pdf").get_by_role("button", name="移除").click()
    expect(files).to_have_count(1)
    assert list(Evidence.objects.values_list("name", flat=True)) == ["现场照片.jpg"]
    assert page.locator("[name=progress_text]").input_value() == "边写边传。"
    press(page, "保存草稿")
    expect(page.locator("main [role=status]").first).to_contain_text("草稿已保存")
    expect(files).to_have_count(1)
    assert Evidence.objects.count() == 1, "files do not travel twice"


DROP = """(target, files) => {
  const data = new DataTransfer();
  files.forEach(([name, size]) => data.items.add(new File([new Uint8Array(size).fill(35)], name)));
  const over = new DragEvent("dragover", {dataTransfer: data, bubbles: true, cancelable: true});
  target.dispatchEvent(over);
  const drop = new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true});
  target.dispatchEvent(drop);
  return drop.defaultPrevented;
}"""


def test_dropped_files_are_taken_in_their_place_and_open_nothing_elsewhere(world: World, page_as: People):
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    fill(page, "progress_text", "拖放之前写的。")
    assert page.locator("h1").evaluate(DROP, [["别处.zip", 10]]), "a missed drop must not leave the page"
    expect(page.locator("[data-uploads] li")).to_have_count(0)
    page.locator("[data-drop]").evaluate(DROP, [["一.zip", 10], ["二.zip", 10]])
    # Not really archives: the server says so for each.
    expect(
        page.locator("[data-uploads] .failed")
        .filter(has_text="与扩展名不符")
        .or_(page.locator("[data-uploads] .failed").filter(has_text="压缩包"))
    ).to_have_count(2)
    assert page.locator("[name=progress_text]").input_value() == "拖放之前写的。"


def test_a_file_over_the_limit_and_a_lost_login_are_told_beside_the_file(
    world: World, page_as: People, settings: Any
):
    settings.EVIDENCE_MAX_BYTES = 2000
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    page.locator("#id_files").set_input_files([file("大.zip", archive(a=bytes(3000)))])
    failed = page.locator("[data-uploads] .failed")
    expect(failed).to_contain_text("MB，请压缩或拆分后重新上传")
    failed.get_by_role("button", name="知道了").click()
    Session.objects.all().delete()
    page.locator("#id_files").set_input_files([file("小.zip", archive(a=b"x"))])
    expect(failed).to_contain_text("登录已失效")
    page_as.log_in(world.cast.reporter)
    failed.get_by_role("button", name="重试").click()
    expect(page.locator("[data-files] [data-file]")).to_have_count(1)


def test_last_quarters_text_is_copied_and_a_lower_percent_asks_why(world: World, page_as: People):
    world.approve(
        world.file(world.terminal, percent=30, progress_text="上季度的进展。", problems="上季度的问题。")
    )
    open_quarter(world.plan, 2)
    page = page_as(world.cast.reporter, path=path(world.terminal, world.q2))
    reason = page.locator("#field-decrease_reason")
    expect(reason).to_be_hidden()
    fill(page, "percent", "２5")
    expect(reason).to_be_visible()
    fill(page, "percent", "35")
    expect(reason).to_be_hidden()
    fill(page, "progress_text", "本季度的进展。")
    page.locator("[data-fill=progress_text]").click()
    assert page.locator("[name=progress_text]").input_value() == "本季度的进展。\n上季度的进展。"
    page.locator("[data-fill-all]").click()
    assert page.locator("[name=problems]").input_value() == "上季度的问题。"
    assert page.locator("[name=progress_text]").input_value() == "本季度的进展。\n上季度的进展。"
    expect(page.locator("[data-count=id_progress_text]")).to_have_text("15 / 3000 字")
    fill(page, "next_steps", "长" * 3002)
    expect(page.locator("[data-count=id_next_steps]")).to_have_text("超出 2 字，最多 3000 字")


def test_everything_works_without_a_script(world: World, page_as: People):
    page = page_as(world.cast.reporter, path="/2024/q1/workbench/", java_script_enabled=False)
    page.locator(f"#due a.btn[href='{path(world.support, world.q1)}']").click()
    page.get_by_label("按序时推进").check()
    fill(page, "progress_text", "没有脚本。")
    page.locator("#id_files").set_input_files([file("一.pdf", pdf("一")), file("二.pdf", pdf("二"))])
    press(page, "保存草稿")
    expect(page.locator("[data-files] [data-file]")).to_have_count(2)
    fill(page, "progress_text", "没有脚本，改过。")
    files = page.locator("[data-files] [data-file]")
    files.filter(has_text="一.pdf").get_by_role("button", name="移除").click()
    expect(files).to_have_count(1)
    assert page.locator("[name=progress_text]").input_value() == "没有脚本，改过。"
    # Enter in a field saves; it takes no file off and hands nothing in.
    page.goto(path(world.terminal, world.q1))
    fill(page, "percent", "10")
    page.locator("[name=percent]").press("Enter")
    expect(page.locator("main [role=status]").first).to_contain_text("草稿已保存")
    page.goto(path(world.support, world.q1))
    press(page, "提交审核")
    page.wait_for_url("**/workbench/**")
    update = ProgressUpdate.objects.get(assignment=world.support)
    assert (update.status, update.progress_text) == (Status.SUBMITTED, "没有脚本，改过。")


def test_the_pages_are_readable_by_everyone_and_fit_a_phone(world: World, page_as: People, axe: Axe):
    update = world.file(world.terminal)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.approver,
        values=world.values(),
        base_version=0,
    )
    for viewport in (None, PHONE):
        user = world.cast.reporter if viewport is None else world.cast.approver
        page = page_as(user, **({"viewport": viewport} if viewport else {}))
        addresses = [
            "/2024/q1/workbench/",
            path(world.support, world.q1),
            path(world.terminal, world.q1),
            path(world.support, world.q2),
        ]
        for address in addresses:
            page.goto(address)
            assert axe(page) == [], address
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{address} is {wide}px wider than the window"
    page = page_as(world.cast.reporter, path=path(world.support, world.q1))
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.approver,
        values=world.values(progress_text="另一份。"),
        base_version=1,
    )
    fill(page, "progress_text", "我的一份。")
    press(page, "保存草稿")
    expect(page.locator("h1")).to_contain_text("内容对照")
    assert axe(page) == []
