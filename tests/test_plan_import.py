"""A document becomes a plan: the real one of 2024 as the plan that was entered by hand, and all or nothing."""

import pytest
from django.core.management import call_command

from tasks.models import Assignment, Plan, Responsibility
from tasks.services.plan_imports import confirm_import, start_import
from tests.factories import UserFactory
from tests.importing.builders import word
from tests.importing.truth import SCAN, merged, rows_of
from units.models import Role, User

TITLE = "西岗区2024年生态环境保护措施清单"


@pytest.fixture
def office(db: None) -> User:
    call_command("loaddata", "units", verbosity=0)
    return UserFactory(username="office", name="周启明", role=Role.OFFICE)


def imported(actor: User, data: bytes | str, name: str = "计划.docx", **options: int) -> Plan:
    return confirm_import(
        import_id=start_import(actor=actor, data=data, name=name, **options).pk, actor=actor
    )


def duties_of(plan: Plan) -> list[tuple[int, str, int, str]]:
    rows = Assignment.objects.filter(measure__plan=plan)
    return sorted(rows.values_list("measure__number", "unit__code", "responsibility__order", "role"))


def parties_of(plan: Plan) -> list[tuple[object, ...]]:
    rows = Responsibility.objects.filter(measure__plan=plan).order_by("measure__number", "order")
    return list(
        rows.values_list(
            "measure__number", "order", "printed", "scope", "unit__code", "group__code", "is_open"
        )
    )


@pytest.mark.parametrize("kind", ["word", "scan"])
def test_the_attachment_of_2024_gives_the_plan_that_was_entered_by_hand(office: User, kind: str) -> None:
    data = word(TITLE, merged()) if kind == "word" else SCAN.read_bytes()
    plan = imported(office, data)
    assert parties_of(plan) == [
        (
            row["measure"][1],
            row["order"],
            row["printed"],
            row["scope"],
            *(row[key][0] if row.get(key) else None for key in ("unit", "group")),
            row["is_open"],
        )
        for row in rows_of("responsibility")
    ]
    assert duties_of(plan) == sorted(
        (row["measure"][1], row["unit"][0], row["responsibility"][2], row["role"])
        for row in rows_of("assignment")
    )
    assert not plan.measures.filter(lead_confirmed=True).exists()
    assert [(row.number, row.title) for row in plan.tasks.all()] == [
        (row["number"], row["title"]) for row in rows_of("targettask")
    ]
    assert [(row.number, row.task.number, row.text, row.units_text) for row in plan.measures.all()] == [
        (row["number"], row["task"][1], row["text"], row["units_text"]) for row in rows_of("measure")
    ]
    assert [
        (row.quarter, str(row.opens_on), str(row.due_on), row.state, row.dates_default)
        for row in plan.periods.all()
    ] == [
        (row["quarter"], row["opens_on"], row["due_on"], row["state"], row["dates_default"])
        for row in rows_of("reportingperiod")
    ]
    if kind == "scan":
        assert [(row.order, row.level, row.number, row.heading, row.text) for row in plan.sections.all()] == [
            (row["order"], row["level"], row["number"], row["heading"], row["text"])
            for row in rows_of("plansection")
        ]
        fields = rows_of("plan")[0]
        assert {name: str(getattr(plan, name)) for name in fields} == {
            name: str(value) for name, value in fields.items()
        }
