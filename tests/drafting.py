"""The editor of a bulletin's draft as tests use it: its page read back, and what is stored."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import reverse

from reports.models import Bulletin
from reports.sections import sections_of
from reports.services.drafts import lock_draft, put, start_draft, write
from tests.conftest import World
from tests.pages import PageForm, read
from units.models import User


@transaction.atomic
def save_draft(*, period_id: int, actor: User, base_version: int, values: Mapping[str, Any]) -> Bulletin:
    """Some fields of a draft, as the page's own way (editing.save_edit) writes them where nobody else saved meanwhile."""
    bulletin = lock_draft(period_id, actor, base_version)
    put(bulletin, values)
    return write(bulletin, actor, None)


def begun(world: World) -> Bulletin:
    """The draft of a quarter in which one filing is approved."""
    world.approve(world.file(world.support, progress_text="发改局核算碳排放12家。"))
    return start_draft(period_id=world.q1.pk, actor=world.cast.office)


def address(world: World) -> str:
    return reverse("reports:bulletin_draft", args=[world.plan.code, 1])


def form_in(page: str) -> PageForm:
    forms, _ = read(page)
    return next(form for form in forms if "/draft/" in form.action)


def opened(client: Client, world: World) -> dict[str, str]:
    response = client.get(address(world))
    assert response.status_code == 200
    return form_in(response.content.decode()).fields


def part(fields: dict[str, str], heading: str) -> str:
    """The name of the section with that heading: s3."""
    return next(name[:-8] for name, value in fields.items() if name.endswith("-heading") and value == heading)


def headings() -> list[str]:
    return [section.heading for section in sections_of(Bulletin.objects.get().body)][1:]


def text_of(heading: str) -> str:
    return next(
        section.text for section in sections_of(Bulletin.objects.get().body) if section.heading == heading
    )
