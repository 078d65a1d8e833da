"""Plans of other cities all the way in: every name decided on, every problem looked at, and what the next year is spared."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tasks.importing.choices import Choice
from tasks.importing.cutting import is_group_wording
from tasks.importing.draft import ImportDraft, NameRow, draft_of
from tasks.models import Assignment, Plan, PlanImport, Responsibility
from tasks.services.plan_imports import accept_problems, choose_all, confirm_import, set_details, start_import
from tests.conftest import World
from tests.importing import plans
from tests.importing.builders import excel, word
from units.models import UnitKind
from units.names import clean_name

CITIES: dict[str, tuple[Any, ...]] = {
    name: value for name, value in vars(plans).items() if name.isupper() and isinstance(value, tuple)
}


def document(city: str) -> bytes:
    return excel(*plans.YANAN) if city == "YANAN" else word(*CITIES[city])


def decided(row: NameRow) -> Choice:
    """As an office would: a unit or a group of that name, and what is no name is a note."""
    name = clean_name(row.printed)
    if is_group_wording(row.printed):
        return Choice("new_group", name=name) if len(name) <= 80 else Choice("note")
    return Choice("new_unit", name=name, unit_kind=UnitKind.GOVERNMENT) if len(name) <= 60 else Choice("note")


def taken_in(world: World, data: bytes, year: int) -> tuple[Plan, ImportDraft]:
    """The plan, and the draft as it was before anybody decided anything."""
    office = world.cast.office
    record = start_import(actor=office, data=data, name="计划.docx", year=year)
    first = draft_of(record)
    choose_all(
        import_id=record.pk, actor=office, choices={row.printed: decided(row) for row in first.open_names}
    )
    keys = [row.key for row in first.problems if not row.must_mend]
    record = accept_problems(import_id=record.pk, actor=office, keys=keys, accepted=True)
    if not draft_of(record).details.title:
        details = draft_of(record).details
        set_details(
            import_id=record.pk,
            actor=office,
            year=year,
            code="",
            title="计划",
            issuer=details.issuer,
            issued_on=None,
            attachment_title="",
        )
    return confirm_import(import_id=record.pk, actor=office), first


@pytest.mark.parametrize("city", CITIES)
def test_a_plan_of_another_city_comes_in_and_asks_nothing_the_next_year(
    world: World, office: Client, city: str
) -> None:
    data = document(city)
    plan, first = taken_in(world, data, 2025)
    reading = first.reading
    assert plan.measures.count() == len(reading.measures)
    assert Responsibility.objects.filter(measure__plan=plan).count() == sum(
        len(measure.parties) for measure in reading.measures
    )
    # Whoever is named by its own name answers, once a measure.
    named = {
        (row.measure_id, row.unit_id)
        for row in Responsibility.objects.filter(measure__plan=plan, unit__isnull=False)
    }
    assert named <= set(Assignment.objects.filter(measure__plan=plan).values_list("measure", "unit"))
    for name in ("overview", "measures", "units", "text"):
        assert office.get(reverse(f"reports:{name}", args=[plan.code, 1])).status_code == 200

    record = start_import(actor=world.cast.office, data=data, name="计划.docx", year=2026)
    following = draft_of(record)
    assert not [row for row in following.names if row.state in ("suggested", "unknown")]
    assert following.comparison is not None
    assert following.comparison.same == len(reading.measures)
    assert not PlanImport.objects.get(pk=record.pk).is_done
