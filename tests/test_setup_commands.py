"""`manage.py load_plan` and `manage.py demo`: what a server's first start does once, and every later start leaves alone."""

import stat
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from reports.models import Bulletin, BulletinFile
from tasks.models import Evidence, Measure, Plan, ProgressUpdate, ReportingPeriod, Sample
from tasks.rules import PeriodState, Status
from tests.conftest import World
from tests.factories import UserFactory
from units.models import Role, Unit, User

Login = Callable[[User | None], Client]
PASSWORD = "Probe-1234-xyz"


def run(command: str, *options: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command(command, *options, stdout=out)
    return out.getvalue()


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of our own models."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values())
        for app in ("units", "tasks", "reports")
        for model in apps.get_app_config(app).get_models()
    }


@pytest.fixture
def listing(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the demo accounts are listed; their password is given."""
    settings.VAR_DIR = tmp_path
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    return tmp_path / "demo-accounts.txt"


@pytest.fixture
def plan(db: None, listing: Path) -> Plan:
    run("load_plan")
    return Plan.objects.get()


def sign_in(username: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post(reverse("units:login"), {"username": username, "password": password})
    return client


# --- load_plan --------------------------------------------------------------------------------------
def test_the_plan_is_loaded_once_and_what_the_office_changed_since_stays(db: None) -> None:
    assert "13项目标任务、21项工作措施" in run("load_plan")
    plan = Plan.objects.get()
    assert (plan.code, plan.sample) == ("2024", Sample.NONE)
    Unit.objects.filter(code=Unit.objects.earliest("pk").code).update(name="改名后的单位", confirmed=True)
    Measure.objects.filter(plan=plan, number=2).update(kind_confirmed=True, expected_q1=10)
    Measure.objects.filter(plan=plan, number=21).delete()
    before = everything()
    assert "未作改动" in run("load_plan")
    assert everything() == before


def test_beside_any_other_plan_the_2024_one_is_not_loaded(world: World) -> None:
    Plan.objects.update(code="2025", year=2025)
    before = everything()
    assert "未作改动" in run("load_plan")
    assert everything() == before


# --- demo: accounts ---------------------------------------------------------------------------------
def test_empty_makes_accounts_and_nothing_else(plan: Plan, listing: Path) -> None:
    before = everything()
    said = run("demo", "--empty")
    after = everything()
    users = after.pop("User")
    assert before.pop("User") == []
    assert after == before
    assert {role for row in users for role in [row["role"]]} == set(Role)
    assert {row["unit_id"] for row in users if row["role"] == Role.REPORTER} == set(
        Unit.objects.values_list("pk", flat=True)
    )
    assert PASSWORD in said
    assert all(row["username"] in said for row in users)
    assert listing.read_text("utf-8") in said
    assert not Plan.objects.get().sample


def test_a_second_start_changes_nothing_and_keeps_the_passwords(
    plan: Plan, listing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("demo", "--empty")
    User.objects.get(username="leader").delete()
    before, listed = everything(), listing.read_text("utf-8")
    monkeypatch.setenv("DEMO_PASSWORD", "another-one-5678")
    said = run("demo", "--empty")
    assert "演示账号已建立，用户名和口令见" in said
    assert "another-one-5678" not in said
    assert everything() == before
    assert listing.read_text("utf-8") == listed
    listing.unlink()
    assert run("demo", "--empty").strip() == "演示账号已建立。"


@pytest.mark.parametrize(
    ("username", "page"),
    [("office", "tasks:desk"), ("leader", "reports:overview"), ("admin", "units:accounts")],
)
def test_people_log_in_with_the_demo_password_and_come_to_their_page(
    plan: Plan, username: str, page: str
) -> None:
    run("demo", "--empty")
    address = reverse(page, args=[] if page == "units:accounts" else ["2024", 1])
    answer = sign_in(username).get(address)
    # Without a login, or with a password to change first, it would lead elsewhere.
    assert answer.status_code == 200
    assert sign_in(username, "another-one-5678").get(address).status_code == 302


def test_the_list_of_passwords_is_for_its_owner_alone(plan: Plan, listing: Path) -> None:
    listing.write_text("left over from another database", encoding="utf-8")
    listing.chmod(0o644)
    run("demo", "--empty")
    assert stat.S_IMODE(listing.stat().st_mode) == 0o600
    assert PASSWORD in listing.read_text("utf-8")
    User.objects.all().delete()
    listing.unlink()
    run("demo", "--empty")
    assert stat.S_IMODE(listing.stat().st_mode) == 0o600


def test_without_a_given_password_each_installation_has_its_own(
    plan: Plan, listing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO_PASSWORD")
    told = []
    for _ in range(2):
        said = run("demo", "--empty")
        told.append(said.partition("口令均为 ")[2].partition(" ")[0])
        assert User.objects.get(username="office").check_password(told[-1])
        User.objects.all().delete()
    assert told[0] != told[1]
    assert all(len(password) >= 16 for password in told)


def test_a_list_that_cannot_be_written_leaves_no_accounts(plan: Plan, listing: Path) -> None:
    """Their password would be lost: nobody could log in, and the next start would not make them again."""
    listing.mkdir()
    with pytest.raises(OSError, match="demo-accounts"):
        run("demo", "--empty")
    assert not User.objects.exists()


# --- demo: what it refuses --------------------------------------------------------------------------
def test_without_the_plan_it_says_what_to_do(db: None, listing: Path) -> None:
    with pytest.raises(CommandError, match=r"load_plan"):
        run("demo")
    assert not User.objects.exists()
    assert not listing.exists()


def test_a_real_account_of_such_a_name_is_not_touched(plan: Plan, listing: Path) -> None:
    real = UserFactory(username="leader", name="真实账号", role=Role.LEADER)
    with pytest.raises(CommandError, match="leader已被真实账号使用"):
        run("demo")
    assert list(User.objects.all()) == [real]
    assert not listing.exists()
    assert not ProgressUpdate.objects.exists()


def test_a_plan_in_use_takes_no_sample_and_the_start_goes_on(world: World, listing: Path) -> None:
    """A quarter is open: the office works with it, whether or not anything is filed."""
    User.objects.update(is_demo=True)
    before = everything()
    assert "已开始填报，不装入示例数据" in run("demo")
    assert everything() == before


# --- demo: the whole year ---------------------------------------------------------------------------
def test_the_whole_sample_year(plan: Plan, listing: Path, login: Login) -> None:
    """The one test that runs it whole: some ten seconds, two bulletins among them."""
    today = timezone.localdate()
    assert "装入示例数据……完成。" in run("demo")
    plan.refresh_from_db()
    assert plan.sample == Sample.DEMO
    periods = {row.quarter: row for row in ReportingPeriod.objects.filter(plan=plan)}
    assert [periods[quarter].state for quarter in (1, 2, 3, 4)] == [
        PeriodState.ISSUED,
        PeriodState.ISSUED,
        PeriodState.CLOSED,
        PeriodState.OPEN,
    ]
    assert periods[4].due_on == today + timedelta(days=14)
    assert Bulletin.objects.count() == 2
    assert all(bytes(row.content).startswith(b"%PDF-") for row in BulletinFile.objects.filter(format="pdf"))
    in_review = ProgressUpdate.objects.filter(period=periods[3])
    assert {Status.SUBMITTED, Status.APPROVED, Status.RETURNED} <= set(
        in_review.values_list("status", flat=True)
    )
    assert ProgressUpdate.objects.filter(period=periods[4]).exists()
    assert Evidence.objects.exists()
    # Nothing happens in days to come.
    latest = ProgressUpdate.objects.order_by("-submitted_at").exclude(submitted_at=None).first()
    assert latest is not None
    assert latest.submitted_at <= timezone.now()
    for who, address in (
        ("leader", reverse("reports:overview", args=["2024", 1])),
        ("office", reverse("tasks:desk", args=["2024", 3])),
        ("office", reverse("tasks:plans")),
    ):
        html = login(User.objects.get(username=who)).get(address).content.decode()
        assert '<span class="sample-mark">示例数据</span>' in html, address
    # Somebody has tried something out since.
    ProgressUpdate.objects.filter(period=periods[4]).update(progress_text="试着改过的内容。")
    before = everything()
    assert "已装入，未作改动。" in run("demo")
    assert everything() == before
