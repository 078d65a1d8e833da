"""The stored files of an edition: downloaded whole and in parts, named in Chinese."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile, BulletinStatus, Rendering
from tests.conftest import World
from tests.factories import PlanFactory
from units.models import User

Login = Callable[[User | None], Client]


@pytest.fixture
def stored(world: World) -> Bulletin:
    """An issued bulletin with small files of every format."""
    bulletin = Bulletin.objects.create(
        period=world.q1, title="通报", status=BulletinStatus.ISSUED, data={}, issued_at=timezone.now()
    )
    for file_format in ("pdf", "docx", "xlsx", "brief"):
        content = f"{file_format}-".encode() + bytes(range(200))
        BulletinFile.objects.create(
            bulletin=bulletin, format=file_format, content=content, size=len(content), sha256=file_format * 8
        )
    return bulletin


@pytest.mark.parametrize(
    ("file_format", "name", "kind"),
    [
        ("pdf", "2024年第一季度通报.pdf", "application/pdf"),
        ("docx", "2024年第一季度通报.docx", "wordprocessingml.document"),
        ("xlsx", "2024年第一季度通报附件.xlsx", "spreadsheetml.sheet"),
        ("brief", "2024年第一季度领导专报.pdf", "application/pdf"),
    ],
)
def test_every_file_of_an_edition_is_downloaded_whole_and_in_parts(
    world: World, login: Login, stored: Bulletin, file_format: str, name: str, kind: str
) -> None:
    client = login(world.cast.reporter)
    for address in (
        reverse("reports:bulletin_file", args=["2024", 1, file_format]),
        reverse("reports:edition_file", args=["2024", 1, 1, file_format]),
    ):
        answer = client.get(address)
        assert answer.content == f"{file_format}-".encode() + bytes(range(200))
        assert kind in answer["Content-Type"]
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert name in unquote(answer["Content-Disposition"])
        part = client.get(address, headers={"Range": "bytes=-3"})
        assert (part.status_code, part.content) == (206, bytes([197, 198, 199]))
        etag = answer["ETag"]
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
        head = client.head(address)
        assert (head.content, head["Content-Length"]) == (b"", str(len(answer.content)))
    assert client.get(reverse("reports:edition_file", args=["2024", 1, 2, file_format])).status_code == 404


def test_a_part_is_cut_out_by_the_database(world: World, login: Login, stored: Bulletin) -> None:
    client = login(world.cast.leader)
    address = reverse("reports:bulletin_file", args=["2024", 1, "pdf"])
    with CaptureQueriesContext(connection) as captured:
        client.get(address, headers={"Range": "bytes=1-2"})
    read = [query["sql"] for query in captured if '"content"' in query["sql"]]
    assert len(read) == 1
    assert "SUBSTR" in read[0].upper()
    with CaptureQueriesContext(connection) as captured:
        client.head(address)
        client.get(address, headers={"If-None-Match": f'"{"pdf" * 8}"'})
    assert not [query for query in captured if '"content"' in query["sql"]]


def test_names_of_two_plans_of_one_year_differ(world: World, login: Login, stored: Bulletin) -> None:
    PlanFactory(code="haiyang-2024", year=2024)
    answer = login(world.cast.leader).get(reverse("reports:bulletin_file", args=["2024", 1, "pdf"]))
    assert "2024年第一季度通报（2024）.pdf" in unquote(answer["Content-Disposition"])


def test_a_draft_page_left_open_gets_what_was_issued_meanwhile(
    world: World, login: Login, stored: Bulletin
) -> None:
    """No draft is made of it from today's data."""
    answer = login(world.cast.office).get(reverse("reports:bulletin_preview", args=["2024", 1]))
    assert answer["Location"] == f"{reverse('reports:bulletin_file', args=['2024', 1, 'pdf'])}?view"
    assert not Rendering.objects.exists()
    assert login(world.cast.leader).get(answer.request["PATH_INFO"]).status_code == 404
