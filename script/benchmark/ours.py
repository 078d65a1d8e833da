"""What the application takes with workbooks; each function for a process of its own, in `manage.py shell -c`.

They print what they took (see measuring.measured).
"""

import pickle
import random
from pathlib import Path

from django.utils import timezone
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from reports.renderers.yearbook import write_yearbook
from reports.yearbook import Yearbook
from script.benchmark.measuring import measured
from tasks.filingbook.book import filing_book_xlsx
from tasks.filingbook.content import filing_book
from tasks.filingbook.reading import read_book
from tasks.importing.reading import Source, read_plan
from tasks.importing.resolve import resolve
from tasks.models import Assignment, Plan, ReportingPeriod
from tasks.services.plan_imports import import_directly
from units.models import Unit, User
from units.resolving import Directory

_DEADLINES = ("2025年12月底前", "6月底前", "长期坚持", "2025年9月30日前")


def yearbook(target: str) -> None:
    """The year of the only plan."""
    plan, office = Plan.objects.get(), User.objects.get(username="load-office")

    def work() -> None:
        with Path(target).open("wb") as file:
            write_yearbook(Yearbook(plan, office, timezone.now()), file)

    measured(work)


def dump(book: str, target: str) -> None:
    """The cells of a workbook as bare.write takes them: a sheet's name, then its rows, and so on."""
    with Path(target).open("wb") as file:
        for sheet in load_workbook(book, read_only=True):
            pickle.dump(sheet.title, file)
            for row in sheet.iter_rows(values_only=True):
                pickle.dump(row, file)


def plan_file(target: str, rows: int) -> None:
    """A plan of so many measures, of units that are known, nearly every time others, with a merged cell for each task of five."""
    names = list(Unit.objects.order_by("pk").values_list("name", flat=True))
    drawn = random.Random(5000)  # noqa: S311 - always the same plan
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.append(["西岗区2025年生态环境保护工作措施清单"])
    sheet.merge_cells("A1:E1")
    sheet.append(["序号", "目标任务", "工作措施", "责任单位", "完成时限"])
    for number in range(1, rows + 1):
        task, place = divmod(number - 1, 5)
        sheet.append(
            [
                number,
                None if place else f"深入推进第{task + 1}项生态环境保护重点任务",
                f"持续开展第{number}号片区巡查整治，全年出动执法人员{number % 90 + 10}人次，完成{number % 37 + 1}处问题整改；"
                "加强部门联动，严格落实责任，推动问题整改销号。",
                _units(drawn.sample(names, drawn.randint(1, 6)), by_role=not number % 3),
                _DEADLINES[number % 4],
            ]
        )
        if not place:
            sheet.merge_cells(f"B{number + 2}:B{min(number + 6, rows + 2)}")
    book.save(target)


def _units(names: list[str], *, by_role: bool) -> str:
    if not by_role or len(names) < 2:
        return "、".join(names)
    return f"牵头单位：{names[0]}\n配合单位：{'、'.join(names[1:])}"


def import_plan(path: str) -> None:
    """Reading it alone, whom its names mean, and saving it; a line for each."""
    data = Path(path).read_bytes()
    reading = measured(lambda: read_plan(Source(data, "2025.xlsx")))
    measured(lambda: resolve(reading, Directory.load()))
    measured(lambda: import_directly(data=data, name="2025.xlsx", year=None, reading=reading))


def filing_book_of(measures: int) -> None:
    """A unit's 季度填报表: made, and what it is when it comes back, read; a line for each."""
    period = ReportingPeriod.objects.select_related("plan").get(quarter=4)
    unit = Unit.objects.order_by("code").first()
    office = User.objects.get(username="load-office")
    assert unit is not None
    # The usual load shares measures among units; this one answers for as many as there are.
    missing = period.plan.measures.exclude(assignments__unit=unit)[:measures]
    Assignment.objects.bulk_create(
        Assignment(measure=measure, unit=unit, responsibility=measure.responsibilities.first())
        for measure in missing
    )

    def make() -> bytes:
        book = filing_book(period, unit, office, timezone.now())
        assert book is not None
        return filing_book_xlsx(book)

    content = measured(make)
    filled = measured(lambda: read_book(content))
    assert (
        len(filled.rows)
        == Assignment.objects.filter(measure__plan=period.plan, unit=unit).count()
        == measures
    )
