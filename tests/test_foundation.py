"""The ground under everything: settings that refuse to be unsafe, glyphs, and a world that stands."""

import os
import subprocess
import sys
from ipaddress import ip_network
from pathlib import Path

import pytest

from tasks.planpage import current_period
from tasks.rules import Status
from tests.conftest import World
from tests.factories import PlanFactory, open_quarter
from xigang_eco.glyphs import unprintable

ROOT = Path(__file__).resolve().parent.parent


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings in a fresh process with just these variables."""
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "xigang_eco.settings", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


SAFE = {"SECRET_KEY": "k" * 50, "ALLOWED_HOSTS": "eco.example.cn"}


def test_starts_with_a_key_and_hosts():
    assert start(**SAFE).returncode == 0


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"ALLOWED_HOSTS": "eco.example.cn"}, "SECRET_KEY"),
        ({**SAFE, "SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"SECRET_KEY": "k" * 50}, "ALLOWED_HOSTS"),
        ({**SAFE, "DEBUG": "flase"}, "DEBUG"),
        ({**SAFE, "IDLE_MINUTES": "soon"}, "IDLE_MINUTES"),
        ({**SAFE, "EVIDENCE_MAX_MB": "0"}, "EVIDENCE_MAX_MB"),
        ({**SAFE, "RENDER_PROCESSES": "0"}, "RENDER_PROCESSES"),
        ({**SAFE, "DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({**SAFE, "TRUSTED_PROXIES": "proxy.local"}, "TRUSTED_PROXIES"),
        ({**SAFE, "FONT_DIR": "/nowhere"}, "FONT_DIR"),
    ],
)
def test_refuses_to_start_unsafe_or_on_a_bad_value(environment, message):
    result = start(**environment)
    assert result.returncode != 0
    assert message in result.stderr


def test_names_the_characters_that_no_font_prints():
    assert unprintable("PM₂.₅ 浓度同比下降12%，㎡、℃均可。\n") == []
    assert unprintable("好😀坏\u0007好😀") == ["😀", "\u0007"]


def test_the_world_files_and_approves(world: World):
    update = world.approve(world.file(world.support))
    assert update.status == Status.APPROVED
    assert [change.to_status for change in update.changes.all()] == [Status.SUBMITTED, Status.APPROVED]


@pytest.mark.parametrize(("address", "status"), [("10.0.0.9", 200), ("203.0.113.7", 301)])
def test_only_a_configured_proxy_may_say_that_a_request_came_by_https(client, db, settings, address, status):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.TRUSTED_PROXY_NETWORKS = [ip_network("10.0.0.0/24")]
    response = client.get("/login/", headers={"x-forwarded-proto": "https"}, REMOTE_ADDR=address)
    assert response.status_code == status


def test_next_years_plan_draws_nobody_away_before_it_begins(world: World):
    later = PlanFactory(code="2025", year=2025)
    assert current_period() == world.q1
    quarter = open_quarter(later, 1)
    assert current_period() == quarter
