"""Django's admin shows administrators the tables, and lets nobody turn anything there."""

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile, Rendering
from tasks.models import (
    Amendment,
    Evidence,
    FilingUpload,
    MeasureSummary,
    PlanDemand,
    PlanImport,
    PlanSection,
    ProgressUpdate,
    SourceFile,
    UpdateDraft,
)
from tasks.models.plan import DemandLink
from tasks.services.filing import save_draft
from tests.conftest import World
from tests.factories import PASSWORD
from units.adminsite import site
from units.models import User

MODELS = sorted(site._registry, key=lambda model: model._meta.label)


def address(model: type[models.Model], action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


@pytest.fixture
def filled(world: World) -> World:
    """A row in every table that is shown, as far as the world has none."""
    update = world.approve(world.file(world.support))
    Evidence.objects.create(
        update=update,
        name="照片.jpg",
        content_type="image/jpeg",
        size=1,
        sha256="0" * 64,
        uploaded_by=world.cast.reporter,
    )
    MeasureSummary.objects.create(
        measure=world.measures[0],
        period=world.q1,
        text="进展",
        written_by=world.cast.office,
        written_at=update.written_at,
    )
    section = PlanSection.objects.create(plan=world.plan, order=1, number="一", heading="总体要求")
    demand = PlanDemand.objects.create(section=section, order=1, text="推进减污降碳。")
    DemandLink.objects.create(demand=demand, measure=world.measures[0])
    bulletin = Bulletin.objects.create(period=world.q1, title="第一季度通报", data={"secret": "frozen"})
    BulletinFile.objects.create(
        bulletin=bulletin, format="pdf", content=b"%PDF-stored", size=1, sha256="0" * 64
    )
    Rendering.objects.create(
        filename="上海路通报.pdf", format="pdf", asked_by=world.cast.office, asked_at=timezone.now()
    )
    Amendment.objects.create(
        period=world.q1, reason="上海路数据有误", opened_by=world.cast.office, opened_at=timezone.now()
    )
    file = SourceFile.objects.create(
        name="上海路计划.docx", size=10, sha256="0" * 64, content=b"PK-brought", uploaded_by=world.cast.office
    )
    PlanImport.objects.create(file=file, year=2025, started_by=world.cast.office)
    FilingUpload.objects.create(
        file=file,
        period=world.q1,
        unit=world.fgj,
        rows=[{"row": 1, "key": "", "values": {"progress_text": "尚未定稿的文字"}}],
        uploaded_by=world.cast.reporter,
    )
    Client().post("/login/", {"username": "nobody", "password": "wrong"})
    Client().post("/login/", {"username": "office", "password": PASSWORD})
    world.fgj.contact = "刘处长"
    world.fgj.save()
    return world


def test_shows_the_workflow_and_neither_groups_nor_passwords_of_others() -> None:
    names = {model._meta.label for model in MODELS}
    assert {
        "tasks.ProgressUpdate",
        "tasks.StatusChange",
        "units.User",
        "auditlog.LogEntry",
        "axes.AccessAttempt",
    } <= names
    assert "auth.Group" not in names
    assert UpdateDraft._meta.label not in names
    # The stock site is routed nowhere, so what registers there by itself stays out of reach.
    assert admin.site is not site


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_table_can_be_read_and_nothing_else(filled: World, login, rf, model) -> None:
    client = login(filled.cast.admin)
    row = model._default_manager.first()
    assert row is not None, "the fixture has no row of this table"
    assert client.get(address(model, "changelist")).status_code == 200
    assert client.get(address(model, "changelist"), {"q": "海"}).status_code == 200
    page = client.get(address(model, "change", row.pk))
    assert page.status_code == 200
    assert 'type="submit"' not in page.content.decode().split("<main", 1)[1]

    request = rf.get("/")
    request.user = filled.cast.admin
    shown = site._registry[model]
    assert shown.has_view_permission(request, row)
    assert not shown.has_add_permission(request)
    assert not shown.has_change_permission(request, row)
    assert not shown.has_delete_permission(request, row)

    before = model._default_manager.count()
    for url in (
        address(model, "changelist"),
        address(model, "add"),
        address(model, "change", row.pk),
        address(model, "delete", row.pk),
    ):
        data = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes", "name": "改"}
        assert client.post(url, data).status_code == 403, url
    assert client.get(address(model, "add")).status_code == 403
    assert client.get(address(model, "delete", row.pk)).status_code == 403
    assert model._default_manager.count() == before


@pytest.mark.parametrize("who", ["reporter", "approver", "office", "leader"])
def test_other_roles_are_refused(cast, login, who) -> None:
    client = login(getattr(cast, who))
    for url in (reverse("admin:index"), address(User, "changelist"), address(User, "change", cast.admin.pk)):
        assert client.get(url).status_code == 403


def test_a_stranger_is_sent_to_our_login_page(cast) -> None:
    response = Client().get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("units:login"))
    client = Client()
    page = client.post(
        response.redirect_chain[-1][0], {"username": "admin", "password": PASSWORD}, follow=True
    )
    assert page.request["PATH_INFO"] == reverse("admin:index")


def test_a_superuser_flag_opens_nothing(cast, login) -> None:
    User.objects.filter(pk=cast.office.pk).update(is_superuser=True, is_staff=True)
    assert login(cast.office).get(reverse("admin:index")).status_code == 403


def test_has_no_login_logout_or_password_pages_of_its_own() -> None:
    for name in ("logout", "password_change", "password_change_done"):
        with pytest.raises(NoReverseMatch):
            reverse(f"admin:{name}")


def test_never_shows_hashes_or_the_frozen_document_or_stored_bytes(filled: World, login) -> None:
    client = login(filled.cast.admin)
    page = client.get(address(User, "change", filled.cast.office.pk)).content.decode()
    assert filled.cast.office.username in page
    assert filled.cast.office.password not in page
    assert "md5$" not in page
    bulletin = Bulletin.objects.get()
    assert "frozen" not in client.get(address(Bulletin, "change", bulletin.pk)).content.decode()
    stored = client.get(address(BulletinFile, "change", BulletinFile.objects.get().pk)).content.decode()
    assert "%PDF-stored" not in stored
    for model in (SourceFile, PlanImport, FilingUpload):
        row = model._default_manager.get()
        for url in (address(model, "changelist"), address(model, "change", row.pk)):
            page = client.get(url).content.decode()
            assert "上海路计划" in page
            assert "PK-brought" not in page
            # What a unit has not handed in is nobody else's.
            assert "尚未定稿的文字" not in page


def test_a_units_draft_is_not_shown_to_administrators_either(world: World, login) -> None:
    draft = save_draft(
        assignment=world.support,
        period=world.q1,
        actor=world.cast.reporter,
        values=world.values(progress_text="尚未定稿的文字"),
        base_version=0,
    )
    filed = world.file(world.lead)
    client = login(world.cast.admin)
    page = client.get(address(ProgressUpdate, "changelist"))
    shown = page.context["cl"].queryset
    assert filed in shown
    assert draft not in shown
    # Django's admin answers an object that it does not find with the way back to its index.
    response = client.get(address(ProgressUpdate, "change", draft.pk), follow=True)
    assert "尚未定稿的文字" not in response.content.decode()
