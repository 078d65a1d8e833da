"""What a workbook of ours states, with codes in the place of names: settings as everybody hands them to the saving."""

from collections.abc import Mapping
from dataclasses import replace

from tasks.importing.grid import Problem
from tasks.importing.settings import Duty, LeadSettings, MeasureSettings, PartySettings, PlanSettings
from tasks.planbook.stated import Stated
from units.resolving import Directory


def unknown_units(stated: Stated | None, directory: Directory) -> tuple[Problem, ...]:
    """That no unit here goes by a name that has duties, with the likeliest ones."""
    problems = []
    for unit in stated.duty_units if stated else ():
        if _code(unit.name, directory) is None:
            likely = [
                suggestion.target.name
                for suggestion in directory.resolve(unit.name).suggestions
                if suggestion.target.kind == "unit"
            ]
            hint = f"（是否为{'、'.join(likely[:3])}？）" if likely else ""
            problems.append(
                Problem(
                    f"“{unit.place.sheet}”表第{unit.place.row}行：系统中没有名为“{unit.name[:40]}”的单位{hint}，其责任未读入。"
                    "请改为系统中的单位名称，或先在“责任单位”中登记。",
                    unit.place.row,
                    unit.column,
                    True,
                    unit.place,
                )
            )
    return tuple(problems)


def meant(
    stated: Stated, directory: Directory, carried: PlanSettings, earlier: Mapping[tuple[str, int], int]
) -> PlanSettings:
    """The settings of the workbook. `carried`: from last year's plan, for measures of which the workbook states nothing, and for
    what each continues where it is the pattern of a new year. `earlier`: (code of a plan, number) → primary key of the measure."""
    measures = dict(carried.measures)
    for number, own in stated.settings.measures.items():
        before = carried.measures.get(number)
        continues = before.continues if stated.is_new_year and before else None
        if not stated.is_new_year and number in stated.continues:
            continues = earlier.get(stated.continues[number])
        measures[number] = _measure(replace(own, continues=continues), directory)
    return replace(stated.settings, measures=measures)


def _measure(own: MeasureSettings, directory: Directory) -> MeasureSettings:
    lead = own.lead
    if lead is not None and lead.unit:
        lead = LeadSettings(_code(lead.unit, directory) or "", lead.confirmed)
    return replace(
        own, lead=lead, parties={place: _party(party, directory) for place, party in own.parties.items()}
    )


def _party(own: PartySettings, directory: Directory) -> PartySettings:
    if own.duties is None:
        return own
    duties = [
        Duty(code, duty.first_quarter, duty.last_quarter)
        for duty in own.duties
        if (code := _code(duty.unit, directory)) is not None
    ]
    return replace(own, duties=tuple(duties))


def _code(name: str, directory: Directory) -> str | None:
    target = directory.resolve(name).target
    return target.code if target is not None and target.kind == "unit" else None
