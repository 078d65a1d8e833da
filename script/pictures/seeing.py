"""What leaders, and everybody, look at."""

from script.pictures.camera import Camera

Q3 = "/2024/q3/"


def overview(camera: Camera) -> None:
    page = camera.as_user("office", Q3 + "overview/")
    page.wait_for_selector("#lights-head ~ .segments button, .chart canvas")
    page.wait_for_timeout(1500)
    camera.take(page, "overview", bottom=page.locator("section:has(#matrix-head)"))


def measures(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "measures/?filing=missing")
    camera.take(page, "measures", bottom=page.locator("main > .panel"))


def measure(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "measures/18/")
    camera.take(page, "measure", bottom=page.locator("section:has(#parties-head)"))


def brief(camera: Camera) -> None:
    page = camera.as_user("leader", Q3 + "overview/")
    camera.take_pdf(page, str(page.locator("a", has_text="领导专报").get_attribute("href")), "brief")
