"""What tests of the archive share: small files in place of the rendered ones, and an issued quarter."""

from typing import Any

import pytest

from reports.models import Bulletin
from reports.services import issuing
from reports.services.issuing import issue_bulletin
from tests.conftest import World


def quick_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of a few bytes: for tests that do not ask what files look like. Others render for real."""
    monkeypatch.setattr(issuing, "render_files", small_files)


def small_files(document: dict[str, Any], formats: list[str], **_: Any) -> dict[str, bytes]:
    return {name: f"{name} {document['edition']} {document['dated']}".encode() for name in formats}


def issue(world: World) -> Bulletin:
    return issue_bulletin(period_id=world.q1.pk, actor=world.cast.office)
