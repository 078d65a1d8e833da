"""A bulletin on its way: drafted, issued, corrected, verified. What a picture needs is brought about where no picture did before."""

from playwright.sync_api import Page

from script.pictures.camera import Camera, fetched

Q2, Q3, Q4 = "/2024/q2/", "/2024/q3/", "/2024/q4/"
# Why the second quarter is corrected here, and the filing that was wrong.
REASON = "区住建局第18项措施的完成比例误报为20%，应为25%。"
WRONG = "更正措施18，区住建局"


def bulletin(camera: Camera) -> None:
    page = camera.as_user("leader", "/2024/q2/bulletin/")
    camera.take(page, "bulletin")


def draft(camera: Camera) -> None:
    page = drafted(camera)
    # The viewer of the browser tells nobody when it has drawn the PDF.
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(6000)
    camera.take(page, "draft")


def changes(camera: Camera) -> None:
    """A filing was approved after the draft was begun."""
    drafted(camera)
    page = camera.as_user("office2", Q3 + "review/")
    page.locator(".measure a", has_text="18.").first.click()
    page.click("button:has-text('通过'):not(:has-text('所选'))")
    page.wait_for_load_state("networkidle")
    page = camera.as_user("office", Q3 + "bulletin/draft/")
    camera.take(page, "changes", box=page.locator("section.changes"))


def progress(camera: Camera) -> None:
    """The files of an issue are being made."""
    drafted(camera)
    page = issuing(camera, Q3)
    page.wait_for_selector("#rendering-step:has-text('PDF')")
    # The page asks no more, so that it stands still for the picture.
    page.route("**/bulletin/progress/", lambda route: route.abort())
    camera.take(page, "progress", bottom=page.locator("section:has(#h-state)"))
    page.unroute("**/bulletin/progress/")
    finished(page)


def correct(camera: Camera) -> None:
    page = camera.as_user("office", Q2 + "bulletin/correct/")
    page.fill("[name=reason]", REASON)
    page.get_by_label(WRONG).check()
    page.get_by_label("查找").fill("老旧小区")
    # The head of the page sticks to wherever it was scrolled to.
    page.evaluate("window.scrollTo(0, 0)")
    camera.take(page, "correct", bottom=page.locator("section[aria-label='发起更正']"))


def correcting(camera: Camera) -> None:
    opened(camera)
    page = camera.as_user("office", Q2 + "bulletin/")
    camera.take(page, "correcting", bottom=page.locator("section:has(#h-state)"))


def corrections(camera: Camera) -> None:
    """What the unit sees of it on its workbench, whichever quarter is at hand."""
    opened(camera)
    page = camera.as_user("zhujianju", Q4 + "workbench/")
    camera.take(page, "corrections", bottom=page.locator("#corrections"))


def editions(camera: Camera) -> None:
    corrected(camera)
    page = camera.as_user("leader", Q2 + "bulletin/")
    camera.take(page, "editions", box=page.locator("section:has(#h-editions)"))


def verify(camera: Camera) -> None:
    """The file of an edition that was corrected since."""
    corrected(camera)
    page = camera.as_user("leader", "/bulletins/verify/")
    old = fetched(page, Q2 + "bulletin/e1/bulletin.pdf")
    page.locator("#id_file").set_input_files(
        {"name": "2024年第二季度通报.pdf", "mimeType": "application/pdf", "buffer": old}
    )
    page.get_by_role("button", name="验真").click()
    page.wait_for_selector(".verdict")
    camera.take(page, "verify", bottom=page.locator(".verdict"))


def drafted(camera: Camera) -> Page:
    """The office at the draft of the third quarter."""
    page = camera.as_user("office", Q3 + "bulletin/")
    if page.locator("button:has-text('起草通报')").count():
        page.click("button:has-text('起草通报')")
        page.wait_for_url("**/bulletin/draft/")
        return page
    return camera.as_user("office", Q3 + "bulletin/draft/")


def issuing(camera: Camera, quarter: str) -> Page:
    """The office has looked at everything and issues; the page that tells how far it is."""
    page = camera.as_user("office", quarter + "bulletin/issue/")
    for box in page.locator("#issue-form input[type=checkbox]").all():
        box.check()
    page.click("#issue-form button[type=submit]")
    page.wait_for_url("**/bulletin/")
    return page


def finished(page: Page) -> None:
    page.wait_for_selector("#h-file:visible", timeout=120_000)


def opened(camera: Camera) -> None:
    """The second quarter is being corrected."""
    page = camera.as_user("office", Q2 + "bulletin/")
    if not page.locator("#h-correction").count():
        page.goto(Q2 + "bulletin/correct/")
        page.fill("[name=reason]", REASON)
        page.get_by_label(WRONG).check()
        page.click("button:has-text('发起更正')")
        page.wait_for_selector("#h-correction")


def corrected(camera: Camera) -> None:
    """The second edition of the second quarter is issued."""
    page = camera.as_user("office", Q2 + "bulletin/")
    if page.locator("#h-editions").count():
        return
    opened(camera)
    unit = camera.as_user("zhujianju", Q4 + "workbench/")
    unit.locator("#corrections a", has_text="修改").click()
    unit.fill("[name=percent]", "25")
    unit.click("button:has-text('重新提交')")
    unit.wait_for_url("**/workbench/**")
    reviewer = camera.as_user("office2", Q2 + "bulletin/")
    reviewer.locator("section:has(#h-correction) a", has_text="审核").click()
    reviewer.get_by_role("button", name="通过", exact=True).click()
    reviewer.wait_for_load_state("networkidle")
    page.goto(Q2 + "bulletin/draft/")
    page.click("button:has-text('全部采用')")
    page.wait_for_load_state("networkidle")
    page = issuing(camera, Q2)
    page.wait_for_selector("#h-editions", timeout=120_000)
