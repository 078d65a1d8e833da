"""The pictures of docs/manual.md: `python -m script.pictures.run BASE_URL FOLDER [NAME…]`. Called by script/screenshots.

Each picture is a function that logs in as somebody, opens a page of the sample data and photographs it at 1366×768,
the screen of the offices; of a PDF or an office file, a page. Pictures for which something is changed come last, so that the others
agree with one another; what such a picture needs, it brings about itself where no picture before it did.
Environment: CHROMIUM (path), DEMO_PASSWORD, SOFFICE (path of LibreOffice; empty: pictures of office files are left as they are).
"""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from script.pictures import bulletins, filingbooks, importing, office, seeing, units
from script.pictures.camera import Camera

PICTURES: tuple[Callable[[Camera], None], ...] = (
    seeing.overview, units.login, units.workbench, units.filing, units.evidence, units.returned,
    office.desk, office.queue, office.review, seeing.measures, seeing.measure, bulletins.bulletin, office.plan, office.party,
    seeing.brief, units.sheet, units.form, filingbooks.book, filingbooks.yearbook, importing.planbook,
    # From here on something is changed.
    bulletins.draft, bulletins.changes, bulletins.progress, bulletins.correct, bulletins.correcting, bulletins.corrections,
    bulletins.editions, bulletins.verify, office.account, units.conflict, filingbooks.bookpreview,
    importing.names, importing.imports, importing.compare, importing.marked,
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
