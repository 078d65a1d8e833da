"""Evidence over HTTP: what is taken, who may open it and how it is served, and what becomes of what is taken off."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponseBase
from django.test import Client

from tasks.models import Assignment, Evidence, ProgressUpdate, ReportingPeriod
from tasks.models.filing import evidence_storage
from tasks.rules import PeriodState, Status
from tasks.services.evidence import FILES_MAX, attach_evidence
from tasks.services.filing import save_draft
from tasks.services.review import return_update
from tests.conftest import Cast, World
from tests.evidence_files import archive, every_kind, heic, image, pdf, upload
from tests.factories import UserFactory
from units.models import User

Login = Callable[[User | None], Client]
XHR = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}


def url(duty: Assignment, period: ReportingPeriod) -> str:
    return f"/filing/{duty.pk}/{period.pk}/evidence/"


def send(client: Client, world: World, name: str, content: bytes, duty: Assignment | None = None) -> Any:
    """Upload as the page's script does."""
    return client.post(url(duty or world.support, world.q1), {"file": upload(name, content)}, **XHR)


def attached(world: World, name: str = "报告.pdf", content: bytes = b"", **kwargs: Any) -> Evidence:
    duty = kwargs.pop("duty", world.support)
    actor = kwargs.pop("actor", world.user_of(duty.unit))
    return attach_evidence(
        assignment=duty, period=world.q1, actor=actor, upload=upload(name, content or pdf())
    )


def body(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def on_disk() -> list[Path]:
    folder = Path(evidence_storage().location)  # type: ignore[attr-defined]
    return [path for path in folder.rglob("*") if path.is_file()]


# --- taking files ---------------------------------------------------------------------------------
def test_an_upload_is_stored_under_a_random_name_and_answered_for_the_script(world: World, login: Login):
    response = send(login(world.cast.reporter), world, "第二季度现场检查照片.jpg", image())
    assert response.status_code == 201
    answer = response.json()
    evidence = Evidence.objects.get(pk=answer["id"])
    assert (answer["name"], answer["size"]) == ("第二季度现场检查照片.jpg", len(image()))
    assert answer["url"] == f"/evidence/{evidence.pk}/"
    assert answer["preview"] == f"/evidence/{evidence.pk}/preview/"
    assert "第二季度现场检查照片.jpg" in answer["html"]
    assert f'data-detach="/evidence/{evidence.pk}/detach/"' in answer["html"]
    assert len(evidence.sha256) == 64
    assert evidence.uploaded_by == world.cast.reporter
    assert len(on_disk()) == 2
    assert not any("照片" in str(path) or path.suffix for path in on_disk())
    assert evidence.update.version == 0, "a file is no new version of the text"


def test_every_kind_is_taken(world: World, login: Login):
    client = login(world.cast.reporter)
    for extension, content in every_kind().items():
        # The same bytes under another name would be one file.
        padded = content + b"\n" * len(extension) if extension in ("jpeg", "wps", "et") else content
        response = send(client, world, f"材料.{extension}", padded)
        assert response.status_code == 201, response.json()
    assert Evidence.objects.count() == len(every_kind())


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("空.pdf", b"", 422, "空文件"),
        ("网页.pdf", b"<html><script>alert(1)</script></html>", 422, "与扩展名不符"),
        ("脚本.html", b"<script>", 422, "类型不在允许范围内"),
        ("坏图.png", image("PNG")[:50], 422, "已损坏"),
        ("无扩展名", b"%PDF-", 422, "扩展名"),
        ("过大.zip", archive(a=bytes(1)) + bytes(1024 * 1024), 413, "超过 1 MB"),
    ],
)
def test_a_refused_file_leaves_nothing_behind(
    world: World, login: Login, settings: Any, name: str, content: bytes, status: int, words: str
):
    settings.EVIDENCE_MAX_BYTES = 1024 * 1024
    response = send(login(world.cast.reporter), world, name, content)
    assert response.status_code == status
    assert words in response.json()["error"]
    assert not Evidence.objects.exists()
    assert on_disk() == []


def test_a_request_beyond_the_limit_is_told_to_the_script_in_chinese(
    world: World, login: Login, settings: Any
):
    settings.REQUEST_MAX_BYTES = 1000
    response = send(login(world.cast.reporter), world, "大.zip", archive(a=bytes(2000)))
    assert response.status_code == 413
    assert "MB" in response.json()["error"]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("../../../etc/报告.pdf", "报告.pdf"),
        ("C:\\资料\\报告.pdf", "报告.pdf"),
        ("好😀报告.pdf", "好😀报告.pdf"),
    ],
)
def test_the_name_it_keeps(world: World, login: Login, sent: str, stored: str):
    client = login(world.cast.reporter)
    response = send(client, world, sent, pdf())
    assert response.status_code == 201
    assert response.json()["name"] == stored
    opened = client.get(response.json()["url"])
    name = opened.headers["Content-Disposition"]
    assert quote(stored) in name or f'filename="{stored}"' in name


def test_no_file_in_the_request(world: World, login: Login):
    response = login(world.cast.reporter).post(url(world.support, world.q1), {}, **XHR)
    assert response.status_code == 400
    assert "没有收到文件" in response.json()["error"]


def test_the_same_content_twice_is_one_file(world: World, login: Login):
    client = login(world.cast.reporter)
    first = send(client, world, "报告.pdf", pdf("一")).json()
    count = len(on_disk())
    again = send(client, world, "报告（副本）.pdf", pdf("一"))
    assert again.status_code == 201
    assert again.json()["id"] == first["id"]
    assert len(on_disk()) == count
    assert Evidence.objects.count() == 1


def test_the_thirty_first_file_is_refused(world: World, login: Login):
    for number in range(FILES_MAX):
        attached(world, f"{number}.zip", archive(**{f"{number}.txt": b"x"}))
    count = len(on_disk())
    response = send(login(world.cast.reporter), world, "多一个.zip", archive(more=b"x"))
    assert response.status_code == 409
    assert f"最多上传 {FILES_MAX} 个" in response.json()["error"]
    assert Evidence.objects.count() == FILES_MAX
    assert len(on_disk()) == count


def test_nothing_is_taken_once_the_filing_is_handed_in_or_the_quarter_is_issued(world: World, login: Login):
    world.file(world.support)
    client = login(world.cast.reporter)
    response = send(client, world, "晚了.pdf", pdf())
    assert response.status_code == 409
    assert "待审核" in response.json()["error"]
    world.q1.state = PeriodState.ISSUED
    world.q1.save()
    response = send(client, world, "晚了.pdf", pdf(), duty=world.terminal)
    assert response.status_code == 409
    assert "已印发" in response.json()["error"]
    assert on_disk() == []


def test_a_quarter_issued_while_the_file_was_written_leaves_no_bytes(
    world: World, login: Login, monkeypatch: pytest.MonkeyPatch
):
    """The check that counts comes after the disk was written: what it refuses is removed again."""
    storage = Evidence._meta.get_field("file").storage
    save = storage.save

    def issued_meanwhile(*args: Any, **kwargs: Any) -> str:
        ReportingPeriod.objects.filter(pk=world.q1.pk).update(state=PeriodState.ISSUED)
        return save(*args, **kwargs)

    monkeypatch.setattr(storage, "save", issued_meanwhile)
    response = send(login(world.cast.reporter), world, "照片.png", image("PNG"))
    assert response.status_code == 409
    assert not Evidence.objects.exists()
    assert on_disk() == []


def test_somebody_elses_login_in_the_same_browser_is_noticed(world: World, login: Login):
    client = login(world.cast.approver)
    data = {"file": upload("报告.pdf", pdf()), "typist": str(world.cast.reporter.pk)}
    response = client.post(url(world.support, world.q1), data, **XHR)
    assert response.status_code == 403
    assert "李国强" in response.json()["error"]
    assert not Evidence.objects.exists()


# --- the office and the unit ----------------------------------------------------------------------
def test_the_office_adds_no_file_to_what_a_unit_is_drafting(world: World, login: Login):
    attached(world)
    response = send(login(world.cast.office), world, "代传.pdf", pdf("代传"))
    assert response.status_code == 409
    assert "正在填写" in response.json()["error"]


def test_the_office_files_for_a_unit_that_has_not_begun(world: World, login: Login):
    response = send(login(world.cast.office), world, "代传.pdf", pdf())
    assert response.status_code == 201
    assert ProgressUpdate.objects.get().is_proxy
    assert login(world.cast.office).get(response.json()["url"]).status_code == 200
    assert login(world.cast.reporter).get(response.json()["url"]).status_code == 200


# --- opening ----------------------------------------------------------------------------------------
def test_a_pdf_opens_in_place_and_a_download_is_one(world: World, login: Login):
    client = login(world.cast.reporter)
    file = attached(world, "第一季度 监测报告.pdf")
    response = client.get(f"/evidence/{file.pk}/")
    assert body(response) == pdf()
    assert response.headers["Content-Type"] == "application/pdf"
    name = quote("第一季度 监测报告.pdf")
    assert response.headers["Content-Disposition"] == f"inline; filename*=utf-8''{name}"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "script-src 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"].startswith("private")
    assert int(response.headers["Content-Length"]) == len(pdf())
    saved = client.get(f"/evidence/{file.pk}/?download")
    assert saved.headers["Content-Disposition"].startswith("attachment; ")


@pytest.mark.parametrize("extension", ["doc", "docx", "xls", "xlsx", "wps", "et", "heic", "zip", "mp4"])
def test_what_a_browser_does_not_show_is_always_a_download(world: World, login: Login, extension: str):
    file = attached(world, f"材料.{extension}", every_kind()[extension])
    response = login(world.cast.reporter).get(f"/evidence/{file.pk}/")
    assert response.headers["Content-Disposition"].startswith("attachment; ")
    assert response.headers["Content-Type"] == file.content_type
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_pictures_open_in_a_sandbox_and_have_previews(world: World, login: Login):
    client = login(world.cast.reporter)
    for name, content in (("照片.png", image("PNG")), ("照片.heic", heic())):
        file = attached(world, name, content)
        response = client.get(f"/evidence/{file.pk}/preview/")
        assert response.headers["Content-Type"] == "image/jpeg"
        assert body(response).startswith(b"\xff\xd8\xff")
        assert "private" in response.headers["Cache-Control"]
    shown = client.get(f"/evidence/{Evidence.objects.get(name='照片.png').pk}/")
    assert shown.headers["Content-Disposition"].startswith("inline; ")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    without = attached(world, "报告.pdf")
    assert client.get(f"/evidence/{without.pk}/preview/").status_code == 404


def test_a_part_asked_for_is_answered_with_the_whole(world: World, login: Login):
    file = attached(world)
    response = login(world.cast.reporter).get(f"/evidence/{file.pk}/", HTTP_RANGE="bytes=0-3")
    assert response.status_code == 200
    assert body(response) == pdf()


def test_a_file_lost_from_the_storage_is_a_page_that_says_so(world: World, login: Login):
    file = attached(world, "丢失的照片.png", image("PNG"))
    for path in on_disk():
        path.unlink()
    client = login(world.cast.reporter)
    for address in (f"/evidence/{file.pk}/", f"/evidence/{file.pk}/preview/"):
        response = client.get(address)
        assert response.status_code == 404
        assert "“丢失的照片.png”已登记，但存储中没有找到" in response.content.decode()
    assert client.get(f"/filing/{world.support.pk}/{world.q1.pk}/").status_code == 200


# --- who ----------------------------------------------------------------------------------------------
def statuses(login: Login, cast: Cast, path: str) -> dict[str, int]:
    people = ("reporter", "lead", "other", "street", "office", "leader", "admin")
    return {who: login(getattr(cast, who)).get(path).status_code for who in people}


def test_who_opens_a_file_before_and_after_it_is_handed_in(world: World, login: Login):
    file = attached(world, "照片.png", image("PNG"))
    own = {"reporter": 200, "other": 404, "street": 404}
    addresses = (f"/evidence/{file.pk}/", f"/evidence/{file.pk}/preview/")
    for path in addresses:
        drafting = statuses(login, world.cast, path)
        assert drafting == own | {"lead": 404, "office": 404, "leader": 404, "admin": 404}
    update = world.file(world.support)
    for path in addresses:
        waiting = statuses(login, world.cast, path)
        assert waiting == own | {"lead": 200, "office": 200, "leader": 404, "admin": 200}
    world.approve(update)
    for path in addresses:
        approved = statuses(login, world.cast, path)
        assert approved == own | {"lead": 200, "office": 200, "leader": 200, "admin": 200}
    response = login(None).get(addresses[0])
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/")


def test_what_is_added_while_mending_is_the_units_own(world: World, login: Login):
    old = attached(world, "旧.pdf", pdf("旧"))
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="请补充。")
    new = attached(world, "新.pdf", pdf("新"))
    for who in ("office", "lead", "admin"):
        client = login(getattr(world.cast, who))
        assert client.get(f"/evidence/{old.pk}/").status_code == 200
        assert client.get(f"/evidence/{new.pk}/").status_code == 404
    page = login(world.cast.office).get(f"/filing/{world.support.pk}/{world.q1.pk}/")
    assert "正在填写本季度内容" in page.content.decode(), "a new file counts as mending"
    world.file(world.support)
    assert login(world.cast.office).get(f"/evidence/{new.pk}/").status_code == 200


def test_leaders_open_nothing_that_was_taken_off_before_the_approval(world: World, login: Login):
    file = attached(world)
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="换一份。")
    reporter = login(world.cast.reporter)
    assert reporter.post(f"/evidence/{file.pk}/detach/", **XHR).status_code == 200
    update = world.file(world.support)
    world.approve(update)
    assert login(world.cast.leader).get(f"/evidence/{file.pk}/").status_code == 404
    assert login(world.cast.office).get(f"/evidence/{file.pk}/").status_code == 200


# --- taking off -----------------------------------------------------------------------------------------
def test_a_file_never_handed_in_is_deleted_with_its_bytes(
    world: World, login: Login, django_capture_on_commit_callbacks: Any
):
    file = attached(world, "照片.png", image("PNG"))
    with django_capture_on_commit_callbacks(execute=True):
        response = login(world.cast.reporter).post(f"/evidence/{file.pk}/detach/", **XHR)
    assert response.status_code == 200
    assert not Evidence.objects.exists()
    assert on_disk() == []


def test_a_file_once_handed_in_is_taken_off_but_stays_in_the_earlier_round(
    world: World, login: Login, django_capture_on_commit_callbacks: Any
):
    file = attached(world)
    update = world.file(world.support)
    return_update(update_id=update.pk, actor=world.cast.office, version=update.version, reason="换一份。")
    client = login(world.cast.reporter)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/evidence/{file.pk}/detach/", **XHR).status_code == 200
        assert client.post(f"/evidence/{file.pk}/detach/", **XHR).status_code == 200, "a second click"
    file.refresh_from_db()
    assert file.detached_at is not None
    assert len(on_disk()) == 1
    assert client.get(f"/evidence/{file.pk}/").status_code == 200
    page = client.get(f"/filing/{world.support.pk}/{world.q1.pk}/").content.decode()
    assert f"/evidence/{file.pk}/detach/" not in page


def test_who_may_not_take_a_file_off(world: World, login: Login):
    file = attached(world)
    path = f"/evidence/{file.pk}/detach/"
    expected = {"lead": 404, "other": 404, "street": 404, "office": 404, "leader": 403, "admin": 403}
    for who, status in expected.items():
        assert login(getattr(world.cast, who)).post(path, **XHR).status_code == status, who
    world.file(world.support)
    # The confirmed lead reads it now, but it is not theirs.
    assert login(world.cast.lead).post(path, **XHR).status_code == 403
    response = login(world.cast.reporter).post(path, **XHR)
    assert response.status_code == 409
    assert "不能增减佐证材料" in response.json()["error"]
    assert Evidence.objects.get(pk=file.pk).detached_at is None
    assert login(world.cast.reporter).get(path).status_code == 405


def test_without_a_script_files_come_and_go_with_the_form(world: World, login: Login):
    client = login(world.cast.reporter)
    page = f"/filing/{world.support.pk}/{world.q1.pk}/"
    typed = {
        "base_version": "0",
        "typist": str(world.cast.reporter.pk),
        "self_status": "on_schedule",
        "progress_text": "没有脚本时填写的内容。",
    }
    files = [upload("一.pdf", pdf("一")), upload("二.pdf", pdf("二")), upload("坏.pdf", b"no")]
    response = client.post(page, typed | {"action": "submit", "files": files}, follow=True)
    update = ProgressUpdate.objects.get()
    assert update.status == Status.DRAFT, "a filing without a file one chose is not handed in"
    assert update.progress_text == "没有脚本时填写的内容。"
    assert set(update.evidence.values_list("name", flat=True)) == {"一.pdf", "二.pdf"}
    assert "“坏.pdf”的内容不是PDF" in response.content.decode()
    one = update.evidence.get(name="一.pdf")
    typed |= {"base_version": str(update.version), "progress_text": "又改了一句。", "detach": str(one.pk)}
    response = client.post(page, typed, follow=True)
    update.refresh_from_db()
    assert update.progress_text == "又改了一句。"
    assert [file.name for file in update.evidence.attached()] == ["二.pdf"]
    assert "已移除“一.pdf”" in response.content.decode()


def test_the_button_of_the_form_takes_off_only_files_of_this_filing(world: World, login: Login):
    foreign = attached(world, duty=world.lead, actor=world.cast.lead)
    typed = {"base_version": "0", "typist": str(world.cast.reporter.pk), "detach": str(foreign.pk)}
    login(world.cast.reporter).post(f"/filing/{world.support.pk}/{world.q1.pk}/", typed)
    assert Evidence.objects.filter(pk=foreign.pk, detached_at__isnull=True).exists()


def test_an_office_colleague_may_not_open_a_draft_that_a_unit_took_over(world: World, login: Login):
    save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.office,
        values=world.values(),
        base_version=0,
    )
    file = attached(world, actor=world.cast.office)
    other = UserFactory(unit=world.fgj)
    save_draft(assignment=world.support, period=world.q1, actor=other, values=world.values(), base_version=1)
    assert login(world.cast.colleague).get(f"/evidence/{file.pk}/").status_code == 404
    assert login(world.cast.reporter).get(f"/evidence/{file.pk}/").status_code == 200
