"""The bulletin's pages: who sees what, the editor, the preview, issuing, and the stored file."""

import hashlib
from collections.abc import Callable
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering
from reports.renderers.registry import formats_of
from reports.services import renderings
from reports.services.drafts import start_draft
from reports.services.issuing import issue_bulletin
from tasks.models import Plan, ReportingPeriod
from tasks.rules import PeriodState
from tests.conftest import World
from tests.drafting import save_draft
from tests.factories import PlanFactory
from tests.pages import PageForm, read
from units.models import User

Login = Callable[[User | None], Client]
READERS = ("reporter", "approver", "lead", "other", "leader", "admin")


def url(world: World, name: str, *more: object) -> str:
    return reverse(f"reports:{name}", args=[world.plan.code, 1, *more])


@pytest.fixture
def draft(world: World) -> Bulletin:
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    return start_draft(period_id=world.q1.pk, actor=world.cast.office)


@pytest.fixture
def issued(world: World, draft: Bulletin) -> Bulletin:
    return issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)


def form_on(client: Client, address: str, part: str) -> PageForm:
    """The form on the page at `address` that sends to an address with `part` in it."""
    response = client.get(address)
    assert response.status_code == 200
    forms, _ = read(response.content.decode())
    return next(form for form in forms if part in form.action)


# --- before it is issued ----------------------------------------------------------------------------


def test_before_it_is_issued_others_learn_when_it_will_come_and_nothing_else(
    world: World, login: Login, draft: Bulletin
) -> None:
    for who in READERS:
        client = login(getattr(world.cast, who))
        page = client.get(url(world, "bulletin")).content.decode()
        assert "通报尚未印发" in page
        assert "截止" in page
        assert draft.plain_title not in page
        assert "草稿" not in page
        assert "还没有印发过通报" in client.get(reverse("reports:bulletins")).content.decode()
        for name in ("bulletin_draft", "bulletin_preview"):
            assert client.get(url(world, name)).status_code == 404, (who, name)
        assert client.get(url(world, "bulletin_file", "pdf")).status_code == 404
        for name in ("bulletin_draft", "bulletin_start", "bulletin_rewrite", "bulletin_progress"):
            assert client.post(url(world, name)).status_code == 404, (who, name)
        assert client.post(url(world, "bulletin_issue")).status_code == 403
    assert Bulletin.objects.get().version == draft.version


def test_the_office_drafts_with_one_click_and_a_second_click_makes_no_second_draft(
    world: World, office: Client
) -> None:
    page = office.get(url(world, "bulletin")).content.decode()
    assert "尚未起草" in page
    assert not Bulletin.objects.exists()
    for _ in range(2):
        response = office.post(url(world, "bulletin_start"))
        assert response.headers["Location"] == url(world, "bulletin_draft")
    bulletin = Bulletin.objects.get()
    assert (bulletin.updated_by, bulletin.signatory) == (world.cast.office, world.plan.issuer)


@pytest.mark.parametrize("name", ["bulletin_draft", "bulletin_issue"])
def test_the_quarter_switch_leads_from_a_draft_to_a_quarter_without_one(
    world: World, office: Client, draft: Bulletin, name: str
) -> None:
    other = reverse(f"reports:{name}", args=[world.plan.code, 2])
    assert f'href="{other}"' in office.get(url(world, name)).content.decode()
    response = office.get(other)
    assert response.status_code == 302
    assert response.headers["Location"] == reverse("reports:bulletin", args=[world.plan.code, 2])


def test_a_quarter_that_has_not_begun_offers_no_draft(world: World, office: Client) -> None:
    address = reverse("reports:bulletin", args=[world.plan.code, 2])
    assert "还不能起草通报" in office.get(address).content.decode()
    response = office.post(reverse("reports:bulletin_start", args=[world.plan.code, 2]), follow=True)
    assert "尚未开始填报" in response.content.decode()
    assert not Bulletin.objects.exists()


# --- the draft's page (its form: test_bulletin_draft.py) ---------------------------------------------


def test_rewriting_asks_before_the_offices_words_go_and_is_refused_on_an_old_page(
    world: World, office: Client, draft: Bulletin
) -> None:
    saved = save_draft(
        period_id=world.q1.pk,
        actor=world.cast.office,
        base_version=draft.version,
        values={"body": [{"kind": "p", "text": "改过的一段。"}]},
    )
    page = office.get(url(world, "bulletin_draft")).content.decode()
    assert "正文有您或同事修改的内容，重写后将被替换" in page
    office.post(url(world, "bulletin_rewrite"), {"version": draft.version})
    assert Bulletin.objects.get().body == saved.body
    office.post(url(world, "bulletin_rewrite"), {"version": "x"})
    assert Bulletin.objects.get().body == saved.body
    office.post(url(world, "bulletin_rewrite"), {"version": saved.version})
    assert Bulletin.objects.get().body == draft.body


def test_the_preview_is_a_pdf_made_again_only_when_something_changed(
    world: World, office: Client, draft: Bulletin
) -> None:
    response = office.get(url(world, "bulletin_preview"))
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "Content-Security-Policy" not in response.headers
    assert response.headers["Cache-Control"] == "private, no-cache"
    etag = response.headers["ETag"]
    assert office.get(url(world, "bulletin_preview"), headers={"If-None-Match": etag}).status_code == 304
    world.approve(world.file(world.terminal, progress_text="管网已改造300米。"))
    again = office.get(url(world, "bulletin_preview"), headers={"If-None-Match": etag})
    assert again.status_code == 200
    assert Bulletin.objects.get().version == draft.version


def test_characters_that_cannot_be_printed_are_listed_and_issuing_is_closed(
    world: World, office: Client, draft: Bulletin
) -> None:
    save_draft(
        period_id=world.q1.pk,
        actor=world.cast.office,
        base_version=draft.version,
        values={"body": [{"kind": "p", "text": "进展良好😀"}]},
    )
    page = office.get(url(world, "bulletin_draft")).content.decode()
    assert "正文第1段：😀" in page
    form = form_on(office, url(world, "bulletin_issue"), "issue")
    response = office.post(url(world, "bulletin_issue"), form.fields | {"agree_words": "on"}, follow=True)
    assert "有无法印刷的字符" in response.content.decode()
    assert Bulletin.objects.get().is_draft


# --- issuing ----------------------------------------------------------------------------------------


def test_what_is_undecided_is_listed_and_must_be_agreed_to(
    world: World, office: Client, draft: Bulletin
) -> None:
    world.file(world.lead)
    office.post(url(world, "bulletin_rewrite"), {"version": draft.version})
    page = office.get(url(world, "bulletin_issue")).content.decode()
    assert "生态环境分局" in page
    assert "已报未审" in page
    assert "尚未到期。印发后各单位不能再报送" in page
    form = form_on(office, url(world, "bulletin_issue"), "issue")
    response = office.post(url(world, "bulletin_issue"), form.fields)
    assert response.status_code == 422
    assert "请核对后勾选" in response.content.decode()
    assert ReportingPeriod.objects.get(pk=world.q1.pk).state == PeriodState.OPEN

    response = office.post(url(world, "bulletin_issue"), form.fields | {"agree_undecided": "on"})
    assert response.headers["Location"] == url(world, "bulletin")
    page = office.get(url(world, "bulletin")).content.decode()
    assert "第1项措施 生态环境分局（已报未审）" in page


def test_what_came_in_since_the_page_was_opened_is_shown_before_issuing(
    world: World, office: Client, draft: Bulletin
) -> None:
    form = form_on(office, url(world, "bulletin_issue"), "issue")
    world.file(world.lead)
    answers = form.fields | {"agree_undecided": "on", "agree_words": "on"}
    response = office.post(url(world, "bulletin_issue"), answers, follow=True)
    page = response.content.decode()
    assert "刚刚有变化" in page
    assert "生态环境分局" in page
    assert Bulletin.objects.get().is_draft


def test_a_page_that_is_old_does_not_issue_what_nobody_saw(
    world: World, office: Client, draft: Bulletin
) -> None:
    form = form_on(office, url(world, "bulletin_issue"), "issue")
    save_draft(
        period_id=world.q1.pk,
        actor=world.cast.colleague,
        base_version=draft.version,
        values={"title": "新标题"},
    )
    response = office.post(url(world, "bulletin_issue"), form.fields, follow=True)
    assert "已由吴倩修改，没有印发" in response.content.decode()
    assert Bulletin.objects.get().is_draft


def test_whoever_of_the_office_looks_next_gives_back_a_rendering_that_died(
    world: World, login: Login, office: Client, draft: Bulletin, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Rendering] = []
    monkeypatch.setattr(renderings, "start_process", started.append)
    form = form_on(office, url(world, "bulletin_issue"), "issue")
    for _ in range(2):
        # The second click finds it being issued and starts nothing.
        response = office.post(url(world, "bulletin_issue"), form.fields)
        assert response.headers["Location"] == url(world, "bulletin")
    assert len(started) == 1
    page = office.get(url(world, "bulletin")).content.decode()
    assert "正在启动" in page
    assert "周启明" in page
    script = {"X-Requested-With": "XMLHttpRequest"}
    answer = office.post(url(world, "bulletin_progress"), headers=script)
    assert answer.json() == {"state": "running", "step": "正在启动"}
    assert office.post(url(world, "bulletin_progress")).headers["Location"] == url(world, "bulletin")

    Rendering.objects.update(heartbeat_at=timezone.now() - renderings.DEAD_AFTER * 2)
    office.get(url(world, "bulletin"))
    assert Bulletin.objects.get().status == BulletinStatus.RENDERING
    colleague = login(world.cast.colleague)
    assert colleague.post(url(world, "bulletin_progress"), headers=script).json() == {"state": "ended"}
    assert Bulletin.objects.get().is_draft
    page = colleague.get(url(world, "bulletin")).content.decode()
    assert "上一次印发没有完成：生成中途停止" in page
    assert ReportingPeriod.objects.get(pk=world.q1.pk).state == PeriodState.CLOSED
    assert "已印发" not in page


# --- what is issued ---------------------------------------------------------------------------------


def test_everybody_reads_and_downloads_what_is_issued(world: World, login: Login, issued: Bulletin) -> None:
    stored = issued.files.get(format="pdf")
    name = "filename*=utf-8''" + quote("2024年第一季度通报.pdf")
    for who in (*READERS, "office"):
        client = login(getattr(world.cast, who))
        page = client.get(url(world, "bulletin")).content.decode()
        assert stored.sha256 in page
        assert "周启明" in page
        assert issued.body[0]["text"] in page
        listed = client.get(reverse("reports:bulletins")).content.decode()
        for file in issued.files.all():
            assert file.sha256 in page
            assert url(world, "edition_file", 1, file.format) in page
            assert url(world, "edition_file", 1, file.format) in listed

        response = client.get(url(world, "bulletin_file", "pdf"))
        assert response.status_code == 200
        assert hashlib.sha256(response.content).hexdigest() == stored.sha256
        assert response.headers["Content-Disposition"] == f"attachment; {name}"
        assert response.headers["Cache-Control"] == "private, no-cache"
        etag = response.headers["ETag"]
        again = client.get(url(world, "bulletin_file", "pdf"), headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        shown = client.get(url(world, "bulletin_file", "pdf") + "?view")
        assert shown.headers["Content-Disposition"].startswith("inline; ")
    assert login(None).get(url(world, "bulletin_file", "pdf")).status_code == 302


def test_the_page_of_an_issued_quarter_is_read_from_what_was_frozen(
    world: World, login: Login, issued: Bulletin
) -> None:
    client = login(world.cast.leader)
    before = client.get(url(world, "bulletin")).content
    world.fgj.name = "区发展改革局"
    world.fgj.save()
    world.cast.office.name = "改名"
    world.cast.office.save()
    after = client.get(url(world, "bulletin")).content.decode()
    assert "改名" not in after
    assert issued.body[0]["text"] in after
    assert "周启明" in before.decode()


def test_an_issued_bulletin_has_no_editor_any_more(world: World, office: Client, issued: Bulletin) -> None:
    for name in ("bulletin_draft", "bulletin_issue"):
        assert office.get(url(world, name)).headers["Location"] == url(world, "bulletin")
        assert office.post(url(world, name), {"version": issued.version}).headers["Location"] == url(
            world, "bulletin"
        )
    office.post(url(world, "bulletin_rewrite"), {"version": issued.version})
    assert Bulletin.objects.get().data_sha256 == issued.data_sha256
    assert BulletinFile.objects.count() == len(formats_of("bulletin"))


def test_the_list_costs_the_same_for_one_bulletin_and_for_many(
    world: World, login: Login, issued: Bulletin
) -> None:
    client = login(world.cast.leader)
    address = reverse("reports:bulletins")
    client.get(address)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    one = queries()
    for number in range(30):
        plan: Plan = PlanFactory(code=f"p{number}", year=1990 + number)
        bulletin = Bulletin.objects.create(
            period=plan.periods.get(quarter=1), title=f"通报{number}", status=BulletinStatus.ISSUED
        )
        BulletinFile.objects.create(
            bulletin=bulletin, format="pdf", content=b"%PDF-", size=5, sha256="0" * 64
        )
    assert queries() == one
