"""计划导入: a year's plan comes in from the file that it was issued as. Nothing is imported, so that all other pictures stay in 2024."""

from playwright.sync_api import Locator, Page

from script.pictures.camera import Camera
from script.pictures.documents import PLAN_NAME, plan

LIST = "/manage/imports/"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def imports(camera: Camera) -> None:
    """Where a document is brought, and what was brought before."""
    brought(camera)
    page = camera.as_user("office", LIST)
    camera.take(page, "imports", bottom=page.locator("section:has(#list-head)"))


def names(camera: Camera) -> None:
    """What is to be looked at, names with suggestions and without, and why it cannot be imported yet."""
    page = brought(camera)
    row(page, "区水务集团").locator("details.settle summary").click()
    page.evaluate("window.scrollTo(0, 0)")
    camera.take(page, "names", bottom=page.locator("#names"))


def compare(camera: Camera) -> None:
    page = brought(camera)
    camera.take(page, "compare", box=page.locator("#compare"), margin=6)


def marked(camera: Camera) -> None:
    """The document that comes back, with what is doubtful marked and commented in it."""
    page = brought(camera)
    page.click("#replace summary")
    address = str(page.locator("a", has_text="下载标注了问题的文件").get_attribute("href"))
    camera.take_office_file(page, address, "marked", part=0.45)


def planbook(camera: Camera) -> None:
    """A plan of ours as a workbook."""
    page = camera.as_user("office", "/2024/q3/manage/")
    address = str(page.locator("a", has_text="导出计划（Excel）").get_attribute("href"))
    camera.take_office_file(page, address, "planbook", number=2, part=0.62)


# --- what these pictures need ------------------------------------------------------------------------


def brought(camera: Camera) -> Page:
    """The preview of the document; one name is decided on."""
    page = camera.as_user("office", LIST)
    under_way = page.locator(".import-list a", has_text="继续")
    if under_way.count():
        under_way.first.click()
    else:
        file = {"name": PLAN_NAME, "mimeType": WORD, "buffer": plan()}
        page.get_by_label("文件", exact=True).set_input_files(file)  # type: ignore[arg-type]
        page.get_by_role("button", name="读取并预览").click()
        page.wait_for_selector("#names")
        row(page, "区住房城乡建设局").get_by_role("button", name="区住建局").click()
    page.wait_for_load_state("networkidle")
    page.goto(page.url.partition("#")[0])
    return page


def row(page: Page, printed: str) -> Locator:
    """The row of a printed name."""
    return page.locator(".names tbody tr").filter(has=page.get_by_text(printed, exact=True)).first
