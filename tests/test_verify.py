"""验真: a file or its hash in, whether it is an issued edition out; nothing is kept."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports.hashing import HashingHandler
from reports.models import Bulletin, BulletinFile
from reports.services.editions import start_correction
from tests.archive_parts import issue, quick_files
from tests.conftest import World
from units.models import User

Login = Callable[[User | None], Client]
PAGE = "/bulletins/verify/"
TRUE, LATE, UNKNOWN = "是印发的原件，现行有效", "是印发的原件，但已被更正", "不是已印发通报的原件"


@pytest.fixture
def editions(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Two editions, the first with a number."""
    quick_files(monkeypatch)
    world.approve(world.file(world.terminal))
    Bulletin.objects.create(
        period=world.q1,
        title="关于一季度的\n通报",
        document_number="西生态办〔2024〕3号",
        signatory="区生态办",
    )
    issue(world)
    start_correction(period_id=world.q1.pk, actor=world.cast.office, reason="完成比例误报为25%")
    issue(world)
    return world


def content_of(world: World, edition: int, file_format: str = "pdf") -> bytes:
    file = BulletinFile.objects.get(bulletin__period=world.q1, bulletin__edition=edition, format=file_format)
    return bytes(file.content)


def ask(client: Client, content: bytes, name: str = "通报.pdf") -> str:
    answer = client.post(PAGE, {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 200
    return plain(answer.content.decode())


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))


def test_the_edition_that_counts(editions: World, login: Login) -> None:
    text = ask(login(editions.cast.leader), content_of(editions, 2))
    assert TRUE in text
    day = timezone.localdate()
    for told in (
        "关于一季度的通报（更正）",
        "2024年第一季度，第2版",
        "发文字号无",
        f"{day.year}年{day.month}月{day.day}日",
        "周启明",
        hashlib.sha256(content_of(editions, 2)).hexdigest(),
        "没有保存文件",
    ):
        assert told in text, told


def test_a_superseded_edition_is_told_by_which_and_why(editions: World, login: Login) -> None:
    client = login(editions.cast.reporter)
    text = ask(client, content_of(editions, 1, "docx"), "改过名.docx")
    assert LATE in text
    assert "2024年第一季度，第1版" in text
    assert "西生态办〔2024〕3号" in text
    assert "第2版取代" in text
    assert "更正原因：完成比例误报为25%" in text
    assert "Word" in text
    page = client.post(PAGE, {"file": SimpleUploadedFile("a", content_of(editions, 1))}).content.decode()
    assert f'href="/{editions.plan.code}/q1/bulletin/e2/"' in page


@pytest.mark.parametrize("file_format", ["pdf", "docx", "xlsx", "brief"])
def test_every_stored_format_is_known(editions: World, login: Login, file_format: str) -> None:
    assert TRUE in ask(login(editions.cast.admin), content_of(editions, 2, file_format))


def test_one_byte_more_is_another_file(editions: World, login: Login) -> None:
    text = ask(login(editions.cast.office), content_of(editions, 2) + b"\n")
    assert UNKNOWN in text
    for told in ("草稿或预览", "内容被改动过", "另存", "没有保存文件"):
        assert told in text, told
    assert TRUE not in text


def test_what_is_being_made_is_no_edition(world: World, login: Login) -> None:
    content = b"%PDF-not yet"
    bulletin = Bulletin.objects.create(period=world.q1, title="草稿", status="rendering")
    BulletinFile.objects.create(
        bulletin=bulletin,
        format="pdf",
        content=content,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    assert UNKNOWN in ask(login(world.cast.office), content)


def test_a_typed_hash_does_as_well_however_it_is_spelled(editions: World, login: Login) -> None:
    client = login(editions.cast.leader)
    digest = hashlib.sha256(content_of(editions, 2)).hexdigest()
    spaced = " ".join(digest[place : place + 8] for place in range(0, 64, 8)).upper()
    for typed in (digest, spaced):
        answer = client.post(PAGE, {"sha256": typed})
        assert TRUE in plain(answer.content.decode())
        assert "没有保存文件" not in answer.content.decode()
    assert UNKNOWN in plain(client.post(PAGE, {"sha256": "0" * 64}).content.decode())


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({}, "请选择文件，或填写文件的 SHA-256 值"),
        ({"sha256": "abc"}, "64 位十六进制数"),
        ({"sha256": "g" * 64}, "64 位十六进制数"),
        ({"file": SimpleUploadedFile("空.pdf", b"")}, "空"),
    ],
)
def test_what_cannot_be_asked_is_told(editions: World, login: Login, sent: dict[str, Any], told: str) -> None:
    answer = login(editions.cast.leader).post(PAGE, sent)
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert "h-verdict" not in answer.content.decode()


def test_nothing_is_stored_not_even_for_a_while(
    editions: World, login: Login, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Django would put a file of that size into a temporary folder."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    seen: list[int] = []
    receive = HashingHandler.receive_data_chunk

    def watched(handler: HashingHandler, raw_data: bytes, start: int) -> None:
        seen.append(len(raw_data))
        assert list(tmp_path.iterdir()) == []
        receive(handler, raw_data, start)

    monkeypatch.setattr(HashingHandler, "receive_data_chunk", watched)
    before = BulletinFile.objects.count()
    big = b"x" * (settings.FILE_UPLOAD_MAX_MEMORY_SIZE * 3 + 17)
    text = ask(login(editions.cast.leader), big)
    assert hashlib.sha256(big).hexdigest() in text
    # In pieces: the file is never whole in memory.
    assert sum(seen) == len(big)
    assert max(seen) <= 1 << 20
    assert list(tmp_path.iterdir()) == []
    assert BulletinFile.objects.count() == before


def test_a_file_over_the_limit_is_refused_in_chinese(editions: World, login: Login, settings: Any) -> None:
    settings.REQUEST_MAX_BYTES = 1000
    answer = login(editions.cast.leader).post(PAGE, {"file": SimpleUploadedFile("大.pdf", b"x" * 2000)})
    assert answer.status_code == 413
    assert "文件" in answer.content.decode()


def test_the_token_is_asked_for(editions: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editions.cast.leader, backend="django.contrib.auth.backends.ModelBackend")
    assert client.post(PAGE, {"sha256": "0" * 64}).status_code == 403
    client.get(PAGE)
    token = client.cookies["csrftoken"].value
    assert client.post(PAGE, {"sha256": "0" * 64, "csrfmiddlewaretoken": token}).status_code == 200


def test_strangers_are_sent_to_the_login(editions: World, login: Login) -> None:
    assert login(None).post(PAGE, {"sha256": "0" * 64}).headers["Location"].startswith("/login/")


# --- pages of editions ------------------------------------------------------------------------------


def test_an_old_edition_keeps_its_page_and_its_files_and_says_that_it_was_corrected(
    editions: World, login: Login
) -> None:
    client = login(editions.cast.reporter)
    base = f"/{editions.plan.code}/q1"
    old, new = client.get(f"{base}/bulletin/e1/"), client.get(f"{base}/bulletin/e2/")
    text = plain(old.content.decode())
    assert "已被更正" in text
    assert "第2版取代" in text
    assert "更正原因：完成比例误报为25%" in text
    assert f'href="{base}/bulletin/e2/"' in old.content.decode()
    assert "已被更正" not in plain(new.content.decode())
    for edition in (1, 2):
        answer = client.get(f"{base}/bulletin/e{edition}/bulletin.pdf")
        assert b"".join(answer.streaming_content if answer.streaming else [answer.content]) == content_of(
            editions, edition
        )
    assert client.get(f"{base}/bulletin/e3/").status_code == 404


def test_the_bulletins_page_lists_the_editions_and_the_list_marks_what_was_corrected(
    editions: World, login: Login
) -> None:
    client = login(editions.cast.leader)
    page = plain(client.get(f"/{editions.plan.code}/q1/bulletin/").content.decode())
    for told in ("第1版 已被更正", "第2版 现行", "完成比例误报为25%", "只更正文字", "西生态办〔2024〕3号"):
        assert told in page, told
    for file in BulletinFile.objects.all():
        assert file.sha256 in page
    listed = client.get("/bulletins/").content.decode()
    assert listed.count("已被更正") == 1
    assert 'href="/bulletins/verify/"' in listed


def test_issued_ones_are_listed_under_the_plans_name_of_then(editions: World, login: Login) -> None:
    then = editions.plan.title
    editions.plan.title = "改名后的计划"
    editions.plan.save()
    main = login(editions.cast.leader).get("/bulletins/").content.decode().partition("<main")[2]
    assert main.count(then) == 2
    assert "改名后的计划" not in main


def test_the_correction_is_chosen_searched_and_given_up_on_pages(
    world: World, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_files(monkeypatch)
    update = world.approve(world.file(world.terminal, progress_text="改造管网2公里。"))
    proxy = world.file(world.support, actor=world.cast.office)
    issue(world)
    client = login(world.cast.office)
    base = f"/{world.plan.code}/q1/bulletin"
    assert f'href="{base}/correct/"' in client.get(f"{base}/").content.decode()
    page = client.get(f"{base}/correct/").content.decode()
    assert f'name="updates" value="{update.pk}"' in page
    # Who filed it themselves may not.
    assert f'value="{proxy.pk}"' not in page
    assert "须他人发起" in page
    empty = client.post(f"{base}/correct/", {"updates": [update.pk], "reason": " "})
    assert empty.status_code == 422
    assert re.search(rf'value="{update.pk}"[^>]* checked', empty.content.decode())
    forbidden = client.post(f"{base}/correct/", {"updates": [proxy.pk], "reason": "误"})
    assert forbidden.status_code == 409
    assert "请由其他同志发起更正" in forbidden.content.decode()
    assert client.post(f"{base}/correct/", {"updates": ["999999"], "reason": "误"}).status_code == 422
    done = client.post(f"{base}/correct/", {"updates": [update.pk], "reason": "比例误报"}, follow=True)
    text = plain(done.content.decode())
    for told in ("已重新打开 1 件填报", "正在更正", "比例误报", "以第1版为准", "撤销更正"):
        assert told in text, told
    # The page at that address is the issued one, and no draft of the next.
    assert "领导专报（未印发）" not in text
    # Units see what to mend and why; nobody else sees that a correction is under way.
    bench = plain(login(world.cast.reporter).get(f"/{world.plan.code}/q2/workbench/").content.decode())
    assert "通报更正" in bench
    assert "更正：比例误报" in bench
    assert "正在更正" not in login(world.cast.leader).get(f"{base}/").content.decode()
    queue = client.get(f"/{world.plan.code}/q1/review/?status=returned").content.decode()
    assert "更正</span>" in queue
    desk = plain(client.get(f"/{world.plan.code}/q2/desk/").content.decode())
    assert "第一季度通报正在更正，更正后的通报尚未印发" in desk
    assert "第一季度通报正在更正，有 1 件退回待改" in desk
    gone = client.post(f"{base}/correct/cancel/", follow=True)
    assert "更正已撤销" in gone.content.decode()
    again = client.post(f"{base}/correct/cancel/", follow=True)
    assert "没有正在办理的更正" in again.content.decode()


def test_as_many_queries_for_many_editions_as_for_one(editions: World, login: Login) -> None:
    client = login(editions.cast.leader)
    pages = [f"/{editions.plan.code}/q1/bulletin/", f"/{editions.plan.code}/q1/bulletin/e1/", "/bulletins/"]

    def count() -> list[int]:
        counts = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page).status_code == 200
            counts.append(len(queries))
        return counts

    before = count()
    for _ in range(3):
        start_correction(period_id=editions.q1.pk, actor=editions.cast.office, reason="再更正")
        issue(editions)
    assert count() == before
