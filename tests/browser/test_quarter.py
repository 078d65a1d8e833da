"""The whole job in a real browser: a unit files, the office returns, the unit corrects, the office approves and issues,
a leader downloads a PDF with the corrected text, and another unit can open neither the filing nor its evidence."""

from io import BytesIO
from pathlib import Path

import pdfplumber
import pytest
from playwright.sync_api import expect

from reports.models import Bulletin, BulletinFile
from tasks.models import Evidence, ProgressUpdate, StatusChange
from tasks.rules import PeriodState, Status
from tests.browser.conftest import People
from tests.conftest import World
from tests.evidence_files import image, pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FIRST = "开展检查若干次。"
REASON = "请写明检查次数和整改情况，并补充现场检查记录。"
CORRECTED = "开展现场检查十二次，发现问题五个，已全部整改到位。"


def test_a_whole_quarter(world: World, detached: None, page_as: People, tmp_path: Path) -> None:
    cast = world.cast

    # The unit files with evidence, starting from its workbench.
    unit = page_as(cast.reporter, path="/")
    unit.get_by_role("row").filter(has_text="持续推进碳排放核算").get_by_role(
        "link", name="填报", exact=True
    ).click()
    unit.get_by_label("按序时推进").check()
    unit.locator("[name=progress_text]").fill(FIRST)
    unit.locator("input[type=file]").set_input_files(
        [
            {"name": "一季度检查记录.pdf", "mimeType": "application/pdf", "buffer": pdf()},
            {"name": "现场照片.jpg", "mimeType": "image/jpeg", "buffer": image("JPEG")},
        ]
    )
    expect(unit.get_by_role("link", name="一季度检查记录.pdf", exact=True)).to_be_visible()
    expect(unit.get_by_role("link", name="现场照片.jpg", exact=True)).to_be_visible()
    unit.get_by_role("button", name="提交审核").click()
    expect(unit.get_by_text("已提交，等待区生态办审核")).to_be_visible()

    # The office finds it at its desk and returns it with a reason.
    office = page_as(cast.office, path="/")
    office.get_by_role("link", name="去审核").click()
    office.get_by_role("row").filter(has_text="区发改局").get_by_role("link").first.click()
    expect(office.get_by_text(FIRST).first).to_be_visible()
    office.locator("[name=reason]").fill(REASON)
    office.get_by_role("button", name="退回", exact=True).click()
    assert ProgressUpdate.objects.get().status == Status.RETURNED

    # The unit sees why, corrects and submits again.
    unit.goto("/")
    expect(unit.get_by_text(REASON).first).to_be_visible()
    unit.get_by_role("link", name="修改", exact=True).first.click()
    expect(unit.get_by_text(REASON).first).to_be_visible()
    unit.locator("[name=progress_text]").fill(CORRECTED)
    unit.get_by_role("button", name="重新提交").click()
    expect(unit.get_by_text("已提交，等待区生态办审核")).to_be_visible()

    # Approval, by somebody else of the office.
    colleague = page_as(cast.colleague, path="/2024/q1/review/")
    colleague.get_by_role("row").filter(has_text="区发改局").get_by_role("link").first.click()
    expect(colleague.get_by_text(CORRECTED).first).to_be_visible()
    colleague.get_by_role("button", name="通过", exact=True).click()
    assert ProgressUpdate.objects.get().status == Status.APPROVED

    # The bulletin is drafted from the figures, looked at, and issued.
    office.goto("/2024/q1/bulletin/")
    office.get_by_role("button", name="起草通报").click()
    office.goto("/2024/q1/bulletin/draft/")
    office.locator("[name=title]").fill("关于2024年第一季度生态环境保护重点任务进展情况的通报")
    office.get_by_role("button", name="保存草稿").click()
    office.goto("/2024/q1/bulletin/issue/")
    for box in office.locator("#issue-form input[type=checkbox]").all():
        box.check()
    office.once("dialog", lambda dialog: dialog.accept())
    office.locator("#issue-form button[type=submit]").click()
    expect(office.get_by_role("link", name="下载 PDF")).to_be_visible(timeout=60_000)
    world.q1.refresh_from_db()
    assert world.q1.state == PeriodState.ISSUED

    # A leader downloads what was issued: the very bytes, with the corrected text in them.
    leader = page_as(cast.leader, path="/2024/q1/bulletin/")
    with leader.expect_download() as waiting:
        leader.get_by_role("link", name="下载 PDF").click()
    download = waiting.value
    assert download.suggested_filename.endswith(".pdf")
    assert "2024年第一季度" in download.suggested_filename
    download.save_as(tmp_path / "bulletin.pdf")
    content = (tmp_path / "bulletin.pdf").read_bytes()
    assert content == bytes(BulletinFile.objects.get(bulletin=Bulletin.objects.get(), format="pdf").content)
    with pdfplumber.open(BytesIO(content)) as document:
        cells = [
            cell or ""
            for page in document.pages
            for table in page.extract_tables()
            for row in table
            for cell in row
        ]
    text = "".join(cells).replace("\n", "")
    assert CORRECTED in text
    assert FIRST not in text

    # Another unit opens the bulletin, and neither the filing nor its evidence; a leader reads what was approved.
    update, evidence = ProgressUpdate.objects.get(), Evidence.objects.order_by("pk").first()
    assert evidence is not None
    stranger = page_as(cast.other, path="/2024/q1/bulletin/")
    expect(stranger.get_by_role("link", name="下载 PDF")).to_be_visible()
    for path in (
        f"/updates/{update.pk}/",
        f"/filing/{update.assignment_id}/{update.period_id}/",
        f"/evidence/{evidence.pk}/",
        f"/evidence/{evidence.pk}/preview/",
    ):
        answer = stranger.request.get(path)
        assert answer.status == 404, path
    leader.goto(f"/updates/{update.pk}/")
    expect(leader.get_by_text(CORRECTED).first).to_be_visible()

    assert [change.to_status for change in StatusChange.objects.order_by("pk")] == [
        Status.SUBMITTED,
        Status.RETURNED,
        Status.SUBMITTED,
        Status.APPROVED,
    ]
