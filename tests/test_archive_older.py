"""What was issued before documents had editions, annex 2, texts and files of four formats: the PDF alone, in schema 1."""

import hashlib
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.draftpage import DraftPage
from reports.kept import ALL_KEPT
from reports.models import Bulletin, BulletinFile
from reports.renderers.process import canonical_json
from reports.services import issuing
from reports.services.drafts import rewrite_draft
from reports.services.editions import start_correction
from tests.archive_parts import issue, quick_files, small_files
from tests.conftest import World
from units.models import User
from xigang_eco.append_only import lifted

Login = Callable[[User | None], Client]
# All that a document held then.
KEYS = [
    *("draft", "dated", "marks", "plan", "title", "body", "head"),
    *("appendix", "charts", "fonts", "undecided", "issued", "figures"),
]


@pytest.fixture
def older(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    quick_files(monkeypatch)
    world.approve(world.file(world.terminal, progress_text="改造管网2公里。"))
    world.approve(world.file(world.support))
    world.file(world.street_duties[0])
    bulletin = issue(world)
    document = {"schema": 1, **{key: (bulletin.data or {})[key] for key in KEYS}}
    document["head"] = {key: value for key, value in document["head"].items() if key != "sealed"}
    # Headings were written with their numbers; what was generated had no keys.
    body = [{"kind": "h1", "text": "一、总体情况"}, {"kind": "p", "text": "总体进展正常。"}]
    document["body"] = body
    sha256 = hashlib.sha256(canonical_json(document)).hexdigest()
    put(bulletin, data=document, data_sha256=sha256, body=body, generated=body)
    with lifted(connection, ALL_KEPT):
        QuerySet(BulletinFile).exclude(format="pdf").delete()
    return world


def put(bulletin: Bulletin, **values: Any) -> None:
    """As it stands in a database from then."""
    with lifted(connection, ALL_KEPT):
        QuerySet(Bulletin).filter(pk=bulletin.pk).update(**values)


def verify(*options: str) -> str:
    out = StringIO()
    call_command("verify_archive", *options, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("who", ["office", "leader", "reporter", "admin"])
def test_every_page_of_the_quarter_opens(older: World, login: Login, who: str) -> None:
    client = login(getattr(older.cast, who))
    base = f"/{older.plan.code}/q1/"
    for path in ("overview/", "measures/", "measures/1/", "tasks/", "units/", f"units/{older.fgj.code}/"):
        assert client.get(base + path).status_code == 200, path
    assert client.get(base + "ledger.xlsx").status_code == 200
    page = client.get(base + "bulletin/").content.decode()
    assert "一、总体情况" in page
    document = Bulletin.objects.get().data or {}
    # There was no annex of units × measures, so the charts were the second.
    assert f"附件：1. {document['appendix']['title']}<br>2. {document['charts']['title']}（见 PDF）" in page
    assert client.get(base + "bulletin/e1/").status_code == 200
    assert client.get("/bulletins/").status_code == 200
    assert client.get(base + "bulletin.pdf").status_code == 200
    for name in ("bulletin.docx", "bulletin.xlsx", "brief.pdf"):
        assert client.get(base + name).status_code == 404, name
    found = client.post("/bulletins/verify/", {"sha256": BulletinFile.objects.get().sha256})
    assert "是印发的原件，现行有效" in found.content.decode()


def test_its_unit_sheet_has_the_figures_and_instead_of_a_brief_there_is_a_word(
    older: World, login: Login
) -> None:
    client = login(older.cast.leader)
    sheet = client.get(reverse("reports:unit_sheet", args=[older.plan.code, 1, older.fgj.code]))
    assert (sheet.status_code, sheet["Content-Type"]) == (200, "application/pdf")
    answer = client.get(reverse("reports:brief_preview", args=[older.plan.code, 1]), follow=True)
    assert answer.status_code == 200
    assert "没有编制领导专报" in answer.content.decode()


def test_the_archive_is_whole_and_is_not_rendered_anew_by_what_came_later(older: World) -> None:
    size = BulletinFile.objects.get().size
    assert verify() == f"全部一致：已印发通报 1 版、文件 1 个（{size} 字节）。\n"
    assert "第1版：未重新生成，冻结数据的格式早于现在的生成程序" in verify("--render")


def test_it_is_corrected_by_an_edition_of_today(older: World, monkeypatch: pytest.MonkeyPatch) -> None:
    draft = start_correction(
        period_id=older.q1.pk,
        actor=older.cast.office,
        reason="完成比例有误",
        update_ids=[older.terminal.updates.get(period=older.q1).pk],
    )
    assert [block["text"] for block in draft.body[1:]] == ["总体情况", "总体进展正常。"]
    older.approve(older.file(older.terminal, percent=40))
    page = DraftPage(draft, older.q1, timezone.now())
    assert page.document["figures"]["measures"]
    # None of the old sentences can be matched with those of today; each new one is on offer.
    assert any(change.new for change in page.changed)
    rewrite_draft(period_id=older.q1.pk, actor=older.cast.office, base_version=draft.version)
    monkeypatch.setattr(issuing, "render_files", small_files)
    second = issue(older)
    assert (second.edition, (second.data or {})["schema"]) == (2, 2)
    first = BulletinFile.objects.get(bulletin__edition=1)
    assert (second.data or {})["edition"]["supersedes"]["sha256"] == first.sha256
    assert verify().startswith("全部一致：已印发通报 2 版")
