"""Small plans as documents, for tests of importing: what a test does not name is plausible and harmless."""

from collections.abc import Sequence
from typing import Any

from tasks.importing.choices import Choice
from tasks.models import Assignment, Plan, PlanImport, Responsibility
from tasks.services.plan_imports import choose, confirm_import, start_import
from units.models import User

# A task, a measure, its units, its deadline; what is missing at the end is empty.
Row = Sequence[str]


def paper(*rows: Row, year: int | None = 2025, title: str = "西岗区{year}年生态环境保护措施清单") -> str:
    """A plan as pasted text. Without a year its title names none."""
    head = title.format(year=year) if year else "西岗区生态环境保护措施清单"
    lines = [head, "", "\t".join(("目标任务", "工作措施", "责任单位", "完成时限"))]
    lines += ["\t".join([*row, *[""] * (4 - len(row))]) for row in rows]
    return "\n".join(lines) + "\n"


def brought(actor: User, *rows: Row, year: int | None = 2025, **options: Any) -> PlanImport:
    """A plan on its way."""
    return start_import(actor=actor, data=paper(*rows, year=year), name="计划.txt", **options)


def imported(
    actor: User, *rows: Row, year: int = 2025, choices: dict[str, Choice] | None = None, **options: Any
) -> Plan:
    """The plan that comes of these rows, with what the office decided on their names."""
    record = brought(actor, *rows, year=year, **options)
    for printed, choice in (choices or {}).items():
        choose(import_id=record.pk, actor=actor, printed=printed, choice=choice)
    return confirm_import(import_id=record.pk, actor=actor)


def parties_of(plan: Plan) -> list[tuple[object, ...]]:
    """(measure, order, printed, scope, unit, group, is it open) of every printed party."""
    rows = Responsibility.objects.filter(measure__plan=plan).order_by("measure__number", "order")
    return list(
        rows.values_list(
            "measure__number", "order", "printed", "scope", "unit__code", "group__code", "is_open"
        )
    )


def duties_of(plan: Plan) -> list[tuple[int, str, int, str]]:
    """(measure, unit, order of its party, role) of every duty."""
    rows = Assignment.objects.filter(measure__plan=plan)
    return sorted(rows.values_list("measure__number", "unit__code", "responsibility__order", "role"))
