"""The pictures of docs/manual.md: `screenshots.py BASE_URL FOLDER [NAME…]`. Called by script/screenshots.

Each picture is a function that logs in as somebody, opens a page of the sample data and photographs it at 1366×768,
the screen of the offices; of a PDF, its first page. Pictures for which something is changed come last, so that the others
agree with one another; what such a picture needs, it brings about itself where no picture before it did.
Environment: CHROMIUM (path), DEMO_PASSWORD.
"""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Locator, Page, ViewportSize, sync_playwright

SIZE: ViewportSize = {"width": 1366, "height": 768}
Q2, Q3, Q4 = "/2024/q2/", "/2024/q3/", "/2024/q4/"
LARGEST = 250 * 1024
# Pixels that a page of a PDF is wide, and the line round it.
PAPER_WIDTH, PAPER_EDGE = 820, "#c9cdd4"
# Why the second quarter is corrected here, and the filing that was wrong.
REASON = "区住建局第18项措施的完成比例误报为20%，应为25%。"
WRONG = "更正措施18，区住建局"
# So many colours of a picture are kept exactly: those of the pages' surfaces; the rest are edges of letters.
EXACT = 64
# How browsers in Chinese write a day in a date field; the one at hand may speak another language.
CHINESE_DAYS = """() => document.querySelectorAll('input[type=date]').forEach(field => {
  const day = field.value.replaceAll('-', '/') || '年/月/日';
  field.type = 'text';
  field.value = day;
})"""


class Camera:
    """A browser in which several people are logged in, and the folder that the pictures go to."""

    def __init__(self, browser: Browser, base_url: str, folder: Path) -> None:
        self.browser, self.base_url, self.folder = browser, base_url, folder
        self._pages: dict[str, Page] = {}

    def someone(self) -> Page:
        """A window of somebody who is not logged in."""
        context = self.browser.new_context(base_url=self.base_url, viewport=SIZE, locale="zh-CN")
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    def as_user(self, username: str, path: str) -> Page:
        """The window of an account of the sample data, at `path`."""
        if username not in self._pages:
            page = self.someone()
            page.goto("/login/")
            page.fill("[name=username]", username)
            page.fill("[name=password]", os.environ["DEMO_PASSWORD"])
            page.click("button[type=submit]")
            page.wait_for_url(lambda url: "/login/" not in url)
            self._pages[username] = page
        page = self._pages[username]
        page.goto(path)
        page.wait_for_load_state("networkidle")
        return page

    def take(
        self,
        page: Page,
        name: str,
        *,
        top: Locator | None = None,
        bottom: Locator | None = None,
        box: Locator | None = None,
        margin: int = 12,
    ) -> None:
        """Photograph the screen; or from `top` (else the head of the page) to below `bottom`; or `box` alone."""
        page.evaluate(CHINESE_DAYS)
        page.evaluate("() => document.activeElement && document.activeElement.blur()")
        page.mouse.move(0, 0)
        scrolled = page.evaluate("window.scrollY")
        if box:
            frame = box.bounding_box()
            assert frame
            clip = {
                "x": frame["x"] - margin,
                "y": frame["y"] + scrolled - margin,
                "width": frame["width"] + 2 * margin,
                "height": frame["height"] + 2 * margin,
            }
        elif bottom:
            frame = bottom.bounding_box()
            assert frame
            end = frame["y"] + frame["height"] + scrolled + margin
            start = 0.0
            if top:
                frame = top.bounding_box()
                assert frame
                start = frame["y"] + scrolled - margin
            clip = {"x": 0, "y": start, "width": SIZE["width"], "height": end - start}
        else:
            clip = {"x": 0, "y": 0, **SIZE}
        self._save(page.screenshot(clip=clip, full_page=bool(box or bottom), animations="disabled"), name)  # type: ignore[arg-type]

    def take_pdf(self, page: Page, address: str, name: str) -> None:
        """The first page of the PDF that the person of `page` gets at `address`, once it is made."""
        pdf = pypdfium2.PdfDocument(fetched(page, address))
        width, _ = pdf[0].get_size()
        paper = pdf[0].render(scale=PAPER_WIDTH / width).to_pil().convert("RGB")
        self._store(ImageOps.expand(paper, border=1, fill=PAPER_EDGE), name)

    def _save(self, png: bytes, name: str) -> None:
        self._store(Image.open(BytesIO(png)).convert("RGB"), name)

    def _store(self, image: Image.Image, name: str) -> None:
        image = flattened(image)
        path = self.folder / f"{name}.png"
        image.save(path, optimize=True)
        size = path.stat().st_size
        print(f"  {path}  {image.width}×{image.height}  {size / 1024:.0f} KB")
        if size > LARGEST:
            sys.exit(f"{path} is larger than {LARGEST // 1024} KB")


def fetched(page: Page, address: str) -> bytes:
    """The file at `address` as the person of `page` gets it: a paper that is asked for first is being made (202)."""
    for _ in range(120):
        answer = page.request.get(address)
        if answer.status == 200:
            return answer.body()
        if answer.status != 202:
            sys.exit(f"{address}: {answer.status}")
        time.sleep(0.5)
    sys.exit(f"{address} does not come")


def flattened(image: Image.Image) -> Image.Image:
    """The picture in 256 colours, none far from its own.

    Quantizing by the number of pixels turns the few of a small light brown. Here the palette begins with the most frequent
    colours and goes on, each time, with the one that is furthest from all of it.
    """
    counted = sorted(image.getcolors(image.width * image.height) or [], reverse=True)
    colours: list[Any] = [colour for _, colour in counted]
    palette = colours[:EXACT]
    # Of each colour: how far the nearest of the palette is, and which.
    best = {
        colour: min((distance(colour, one), place) for place, one in enumerate(palette)) for colour in colours
    }
    while len(palette) < 256 and (furthest := max(colours, key=best.__getitem__)) not in palette:
        for colour in colours:
            best[colour] = min(best[colour], (distance(colour, furthest), len(palette)))
        palette.append(furthest)
    data = image.tobytes()
    pixels = zip(data[0::3], data[1::3], data[2::3], strict=True)
    flat = Image.frombytes("P", image.size, bytes(best[pixel][1] for pixel in pixels))
    flat.putpalette([channel for colour in palette for channel in colour])
    return flat


def distance(one: Any, other: Any) -> int:
    """How unlike two RGB colours are."""
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def overview(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "overview/")
    page.wait_for_selector("#lights-head ~ .segments button, .chart canvas")
    page.wait_for_timeout(1500)
    camera.take(page, "overview", bottom=page.locator("section:has(#matrix-head)"))


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


def measures(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "measures/?filing=missing")
    camera.take(page, "measures", bottom=page.locator("main > .panel"))


def measure(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "measures/18/")
    camera.take(page, "measure", bottom=page.locator("section:has(#parties-head)"))


def bulletin(camera: Camera) -> None:
    page = camera.as_user("leader", "/2024/q2/bulletin/")
    camera.take(page, "bulletin")


def plan(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "manage/")
    camera.take(page, "plan", bottom=page.locator("#m8"), margin=0)


def party(camera: Camera) -> None:
    """An open party with its tick boxes, and the terms of the duties below."""
    page = camera.as_user("office", Q3 + "manage/measures/12/")
    camera.take(page, "party", top=page.locator("#parties"), bottom=page.locator("#duties"))


def brief(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "overview/")
    camera.take_pdf(page, str(page.locator("a", has_text="领导专报").get_attribute("href")), "brief")


def sheet(camera: Camera) -> None:
    page = camera.as_user("rixin", Q2 + "workbench/")
    camera.take_pdf(page, str(page.locator("a", has_text="单位进展单").get_attribute("href")), "sheet")


def form(camera: Camera) -> None:
    page = camera.as_user("fagaiju", Q4 + "workbench/")
    page.goto(str(page.locator("#due a.btn", has_text="继续填写").first.get_attribute("href")))
    camera.take_pdf(page, str(page.locator("a", has_text="纸质表（预填）").get_attribute("href")), "form")


# --- from here on something is changed ---------------------------------------------------------------


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


# --- what these pictures need ------------------------------------------------------------------------


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


PICTURES: tuple[Callable[[Camera], None], ...] = (
    overview, login, workbench, filing, evidence, returned, desk, queue, review, measures, measure, bulletin, plan, party,
    brief, sheet, form, draft, changes, progress, correct, correcting, corrections, editions, verify, account, conflict,
)  # fmt: skip


def wait_for(base_url: str) -> None:
    """Return once the server answers."""
    for _ in range(120):
        try:
            with urllib.request.urlopen(f"{base_url}/healthz", timeout=2):  # noqa: S310
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    sys.exit(f"{base_url} does not answer")


def main(base_url: str, folder: Path, names: list[str]) -> None:
    known = {picture.__name__: picture for picture in PICTURES}
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"没有这些图：{'、'.join(unknown)}（可用：{'、'.join(known)}）")
    folder.mkdir(parents=True, exist_ok=True)
    wait_for(base_url)
    arguments = ["--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium's sandbox does not run as root.
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=arguments)
        camera = Camera(browser, base_url, folder)
        for name, picture in known.items():
            if not names or name in names:
                picture(camera)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
