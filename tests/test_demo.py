"""The sample progress: what it says must be what the units of the plan could really file."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from itertools import combinations
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction

from reports.demo import CONFIRMED_LEADS, PROGRESS_FILE, create_accounts, fill
from tasks.completeness import submission_problems
from tasks.errors import WorkflowError
from tasks.evidence_types import clean_file_name
from tasks.models import Assignment, AssignmentRole, Plan, ProgressUpdate
from tasks.models.filing import TEXT_MAX
from tasks.rules import QUARTER_NAMES, Kind
from tests.conftest import World
from tests.factories import UserFactory
from units.models import Role, Unit, User
from xigang_eco.glyphs import unprintable

FILINGS: dict[str, dict[str, dict[str, dict[str, Any]]]] = json.loads(PROGRESS_FILE.read_text("utf-8"))
KEYS = {
    *("status", "percent", "value", "progress", "problems", "next", "overall", "why_less", "files"),
    *("late", "returned", "first", "corrected", "end", "proxy", "no_work"),
}
TEXTS = ("progress", "problems", "next", "overall", "why_less", "returned", "first")
# More alike than this, and a reader sees a template.
ALIKE = 0.8


@dataclass(frozen=True)
class Duty:
    kind: str
    indicator: str
    is_lead: bool
    quarters: frozenset[int]


@pytest.fixture(scope="module")
def duties(django_db_setup: None, django_db_blocker: Any) -> dict[tuple[str, str], Duty]:
    """(measure number, unit code) → what the shipped plan asks of the unit. The database is left as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("loaddata", "units", "plan_2024", verbosity=0)
        found = {
            (str(row.measure.number), row.unit.code): Duty(
                kind=row.measure.kind,
                indicator=row.measure.indicator,
                is_lead=row.role == AssignmentRole.LEAD,
                quarters=frozenset(quarter for quarter in QUARTER_NAMES if row.covers(quarter)),
            )
            for row in Assignment.objects.select_related("measure", "unit")
        }
        transaction.set_rollback(True)
    return found


def values_of(filing: dict[str, Any], text: str) -> dict[str, Any]:
    percent = filing.get("percent")
    return {
        "no_work": filing.get("no_work", False),
        "percent": None if percent is None else Decimal(str(percent)),
        "self_status": filing.get("status", ""),
        "progress_text": text,
        "problems": filing.get("problems", ""),
        "next_steps": filing.get("next", ""),
        "overall_text": filing.get("overall", ""),
        "decrease_reason": filing.get("why_less", ""),
        "indicator_value": filing.get("value"),
    }


def test_nobody_files_without_a_duty(duties):
    filed = {
        (number, code): {int(quarter) for quarter in quarters}
        for number, units in FILINGS.items()
        for code, quarters in units.items()
    }
    assert sorted(filed.keys() - duties.keys()) == []
    assert [key for key, quarters in filed.items() if not quarters <= duties[key].quarters] == []


def test_every_duty_is_filed_on_at_least_once(duties):
    assert sorted(duties.keys() - {(number, code) for number in FILINGS for code in FILINGS[number]}) == []


@pytest.mark.parametrize("number", FILINGS)
def test_every_filing_is_accepted_by_the_rules(number, duties):
    for code, quarters in FILINGS[number].items():
        duty = duties[number, code]
        last: Decimal | None = None
        for quarter, filing in sorted(quarters.items()):
            place = (number, code, quarter)
            assert filing.keys() <= KEYS, place
            end = filing.get("end", "approved")
            if end == "draft" or filing.get("no_work"):
                continue
            assert ("percent" in filing) == (duty.kind == Kind.TERMINAL), place
            for text in {filing["progress"], filing.get("first", filing["progress"])}:
                problems = submission_problems(
                    values_of(filing, text),
                    kind=duty.kind,
                    quarter=int(quarter),
                    confirmed_lead=duty.is_lead and int(number) in CONFIRMED_LEADS,
                    evidence_count=len(filing.get("files", ())),
                    last_percent=last,
                    indicator=duty.indicator,
                )
                assert problems == {}, place
            if end == "approved" and duty.kind == Kind.TERMINAL:
                last = Decimal(str(filing.get("corrected", {}).get("percent", filing["percent"])))


@pytest.mark.parametrize("number", FILINGS)
def test_texts_fit_print_and_are_nobody_elses(number):
    progress = []
    for code, quarters in FILINGS[number].items():
        for quarter, filing in quarters.items():
            place = (number, code, quarter)
            for key in TEXTS:
                text = filing.get(key, "")
                assert len(text) <= TEXT_MAX, place
                assert unprintable(text) == [], place
            for name in filing.get("files", ()):
                assert clean_file_name(name) == name, place
                assert name.endswith((".jpg", ".pdf")), place
            assert len(filing.get("why_less", "")) <= 300, place
            if "progress" in filing:
                progress.append((place, filing["progress"]))
    for (one, text), (other, other_text) in combinations(progress, 2):
        pair = SequenceMatcher(None, text, other_text, autojunk=False)
        assert pair.quick_ratio() < ALIKE or pair.ratio() < ALIKE, (one, other)


def test_a_plan_that_is_in_use_takes_no_sample(world: World):
    with pytest.raises(WorkflowError, match="已开始填报"):
        fill(world.plan, date(2024, 4, 1))
    assert not ProgressUpdate.objects.exists()
    assert Plan.objects.get(pk=world.plan.pk).sample == world.plan.sample


def test_demo_accounts_log_in_with_the_password_and_need_no_change(db):
    call_command("loaddata", "units", verbosity=0)
    names = {account.username for account in create_accounts("probe-1234-xyz")}
    users = User.objects.filter(is_demo=True)
    assert {user.username for user in users} == names
    assert all(user.check_password("probe-1234-xyz") and not user.must_change_password for user in users)
    assert {user.unit for user in users if user.role == Role.REPORTER} == set(Unit.objects.all())


def test_a_real_account_is_never_taken_for_a_demo_one(db):
    call_command("loaddata", "units", verbosity=0)
    real = UserFactory(username="leader", name="真实账号", role=Role.LEADER)
    with pytest.raises(WorkflowError, match="leader"):
        create_accounts("probe-1234-xyz")
    assert list(User.objects.all()) == [real]
