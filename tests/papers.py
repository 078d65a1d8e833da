"""A small document and a way to ask for it, for tests of what is rendered off the request."""

from typing import Any

from django.utils import timezone

from reports.draftpage import DraftPage
from reports.models import Rendering
from reports.services.drafts import start_draft
from reports.services.renderings import (
    request_rendering,
)
from tests.conftest import World
from units.models import User


def draft_of(world: World) -> dict[str, Any]:
    """A small document to print."""
    bulletin = start_draft(period_id=world.q1.pk, actor=world.cast.office)
    return DraftPage(bulletin, world.q1, timezone.now()).document


def ask(world: World, document: dict[str, Any], *, actor: User | None = None, **more: Any) -> Rendering:
    values = {"file_format": "pdf", "filename": "草稿.pdf", **more}
    return request_rendering(document=document, actor=actor or world.cast.office, **values)
