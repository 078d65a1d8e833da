"""A browser with several people logged in, what they see photographed into a folder; of a PDF or a workbook, its paper."""

import os
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps
from playwright.sync_api import Browser, Locator, Page, ViewportSize

from script.pictures.palette import flattened

# The screen of the offices.
SIZE: ViewportSize = {"width": 1366, "height": 768}
LARGEST = 250 * 1024
# Pixels that a page of a PDF is wide, and the line round it.
PAPER_WIDTH, PAPER_EDGE = 820, "#c9cdd4"
# How browsers in Chinese write a day in a date field and a file field; the one at hand may speak another language.
CHINESE = """() => {
  for (const field of document.querySelectorAll('input[type=date]')) {
    const day = field.value.replaceAll('-', '/') || '年/月/日';
    field.type = 'text';
    field.value = day;
  }
  for (const field of document.querySelectorAll('input[type=file]')) {
    if (field.offsetWidth < 20) continue;
    const seen = document.createElement('span');
    const button = document.createElement('span');
    seen.className = field.className;
    seen.style.cssText = 'display: inline-block; padding: 3px 4px; min-width: 290px';
    button.style.cssText = 'display: inline-block; padding: 1px 8px; margin-right: 8px; border: 1px solid #767676; border-radius: 3px; background: #efefef';
    button.textContent = '选择文件';
    seen.append(button, field.files.length ? field.files[0].name : '未选择任何文件');
    field.replaceWith(seen);
  }
}"""


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
        page.evaluate(CHINESE)
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

    def take_office_file(
        self, page: Page, address: str, name: str, *, number: int = 1, width: int = 1200, part: float = 1
    ) -> None:
        """A page of the workbook or Word file that the person of `page` gets at `address`, as LibreOffice prints it.

        `number` from 1; `part`: how much of the page is kept, from above. Without LibreOffice the picture that is there stays.
        """
        office = os.environ.get("SOFFICE")
        if not office:
            print(f"  {name}: 没有 LibreOffice，保留原图")
            return
        data = fetched(page, address)
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, "file.docx" if b"word/document.xml" in data else "file.xlsx")
            source.write_bytes(data)
            profile = f"-env:UserInstallation=file://{folder}/profile"
            command = [
                office,
                profile,
                "--headless",
                "--convert-to",
                "pdf",
                "--outdir",
                folder,
                str(source),
            ]
            subprocess.run(
                command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120
            )
            pdf = pypdfium2.PdfDocument(source.with_suffix(".pdf").read_bytes())
        sheet = pdf[number - 1]
        paper = sheet.render(scale=width / sheet.get_size()[0]).to_pil().convert("RGB")
        paper = paper.crop((0, 0, paper.width, round(paper.height * part)))
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
