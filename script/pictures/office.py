"""What the office sees: review, and keeping plan and accounts."""

from script.pictures.camera import SIZE, Camera

Q3 = "/2024/q3/"


def desk(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "desk/")
    page.click("text=查看催报文字")
    camera.take(page, "desk", bottom=page.locator(".desk"))


def queue(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "review/")
    for number in range(3):
        page.locator("input[name=pick]").nth(number).check()
    camera.take(page, "queue", bottom=page.locator(".batch"))


def review(camera: Camera) -> None:
    """One filing under review, with the folded 核定 part open: on a higher screen, where all of it is in sight."""
    page = camera.as_user("office", Q3 + "review/")
    page.locator(".measure a", has_text="18.").first.click()
    page.wait_for_load_state("networkidle")
    page.click(".decision summary")
    page.set_viewport_size({"width": SIZE["width"], "height": 1100})
    camera.take(page, "review", bottom=page.locator(".decision"))
    page.set_viewport_size(SIZE)


def plan(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "manage/")
    camera.take(page, "plan", bottom=page.locator("#m8"), margin=0)


def party(camera: Camera) -> None:
    """An open party with its tick boxes, and the terms of the duties below."""
    page = camera.as_user("office", Q3 + "manage/measures/12/")
    camera.take(page, "party", top=page.locator("#parties"), bottom=page.locator("#duties"))


def account(camera: Camera) -> None:
    """The slip with a first password: of the scratch database, which is gone in a minute."""
    page = camera.as_user("office", "/accounts/?q=baiyun")
    page.click("td a:has-text('袁宏伟')")
    page.click("button:has-text('重置口令')")
    page.wait_for_selector("#handover")
    page.evaluate(
        "() => { const rows = [...document.querySelectorAll('#handover dd')];"
        " rows.find(row => row.textContent.includes('/login/')).textContent = 'https://eco.example.gov.cn/login/' }"
    )
    camera.take(page, "account", box=page.locator("section:has(#handover)"))
