"""What a unit sees of the filing of a quarter."""

from script.pictures.camera import Camera

Q2, Q3, Q4 = "/2024/q2/", "/2024/q3/", "/2024/q4/"


def login(camera: Camera) -> None:
    page = camera.someone()
    page.goto("/login/")
    camera.take(page, "login", box=page.locator(".login-card"), margin=24)


def workbench(camera: Camera) -> None:
    page = camera.as_user("rixin", Q3 + "workbench/")
    camera.take(page, "workbench", bottom=page.locator("#done"))


def filing(camera: Camera) -> None:
    page = camera.as_user("fagaiju", Q4 + "workbench/")
    page.goto(str(page.locator("#due a.btn", has_text="继续填写").first.get_attribute("href")))
    camera.take(page, "filing")


def evidence(camera: Camera) -> None:
    """The files of a filing, on the screen of somebody who mends it."""
    page = camera.as_user("chengguanju", Q3 + "workbench/")
    page.goto(str(page.locator("#returned a.btn", has_text="修改").first.get_attribute("href")))
    page.wait_for_load_state("networkidle")
    camera.take(page, "evidence", box=page.locator("#field-evidence"), margin=6)


def returned(camera: Camera) -> None:
    page = camera.as_user("rixin", Q3 + "workbench/")
    page.goto(str(page.locator("#returned a.btn", has_text="修改").first.get_attribute("href")))
    camera.take(page, "returned")


def sheet(camera: Camera) -> None:
    page = camera.as_user("rixin", Q2 + "workbench/")
    camera.take_pdf(page, str(page.locator("a", has_text="单位进展单").get_attribute("href")), "sheet")


def form(camera: Camera) -> None:
    page = camera.as_user("fagaiju", Q4 + "workbench/")
    page.goto(str(page.locator("#due a.btn", has_text="继续填写").first.get_attribute("href")))
    camera.take_pdf(page, str(page.locator("a", has_text="纸质表（预填）").get_attribute("href")), "form")


def conflict(camera: Camera) -> None:
    """Two people of one unit have the same filing open; the second saves after the first."""
    first = camera.as_user("fagaiju", Q4 + "workbench/")
    path = str(first.locator("#due a.btn", has_text="填报").last.get_attribute("href"))
    first.goto(path)
    second = camera.as_user("fagaiju-fz", path)
    for page, status, text in (
        (first, "on_schedule", "四季度备案项目38个，未发现“两高”项目；对上半年备案的12个项目完成回访。"),
        (second, "partial", "四季度备案项目38个，其中1个存量项目的能耗指标正在核实。"),
    ):
        page.check(f"[name=self_status][value={status}]")
        page.fill("[name=progress_text]", text)
        page.click(".actionbar button[value=save]")
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(1500)
    camera.take(second, "conflict")
