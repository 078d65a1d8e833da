"""`read_plan`: a file or pasted text → the plan it prints."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from tasks.importing.celllines import read_cell_lines
from tasks.importing.deadlines import Deadline, parse_deadline
from tasks.importing.errors import NoPlanFound, TooLarge, Unreadable
from tasks.importing.excel import read_excel
from tasks.importing.foreign import foreign_matter
from tasks.importing.grid import CellPlace, Document, Paragraph, Problem
from tasks.importing.heads import FIRST_LEADS, Column
from tasks.importing.kinds import refuse_other_kinds, refuse_other_text
from tasks.importing.limits import PLAN, too_large
from tasks.importing.numerals import number_of
from tasks.importing.package import DAMAGED, Package
from tasks.importing.parties import Duty, Party, mend_units, pieces, with_roles
from tasks.importing.pasted import decode, read_text
from tasks.importing.prose import collect_prose
from tasks.importing.raw import Found, RawMeasure, RawTask
from tasks.importing.readings import MeasureReading, Place, PlanReading, TaskReading
from tasks.importing.rows import collect
from tasks.importing.said import said_deadline, said_units
from tasks.importing.sections import Around, read_around
from tasks.importing.vetting import vetted
from tasks.importing.word import read_word
from tasks.importing.wording import Marker, items, mend, mend_line, plain, split_marker
from tasks.planbook.reading import find_book, read_book
from xigang_eco.resting import collector_at_rest

NOTHING = (
    "没有找到计划表格。请确认文件中有表头含“目标任务（或重点任务）、工作措施、责任单位”等列的表格，"
    "表格不是图片，且表头与内容在同一表格内。"
)
_DUTIES: dict[Column, Duty] = {"lead": "lead", "units": "main", "support": "support"}
_OFFICE_NAME = re.compile(r"\.(?:docx|xlsx)$", re.IGNORECASE)
_SEPARATORS = ("\t", "|", ",", "  ")
_LEVELS = re.compile(r"(\d{1,2})[.．](\d{1,2})(?![\d.．])[、.．\s]*")
_YEAR = re.compile(r"(20\d\d)\s*年")
# A day of these years as a sheet counts them, in a cell that does not show it as one.
_SERIAL = re.compile(r"4\d{4}|5[0-4]\d{3}")
# Not the end of a stretch: 三年行动计划（2018—2020年）2018年任务清单 is one of 2018.
_OWN_YEAR = re.compile(r"(?<![-—–~～至到])(20\d\d)\s*年(?!\s*[-—–~～至到])")


@dataclass(frozen=True, slots=True)
class Source:
    """What was brought: a file's bytes, or text pasted into a field. `name`: of the file, for its year only."""

    data: bytes | str
    name: str = ""


def read_plan(source: Source, *, year: int | None = None) -> PlanReading:
    """The plan in `source`. `year`: the plan's, where the reader knows better than the document.

    Raises `Unreadable`, `TooLarge` and `NoPlanFound`, each with a text for the person who brought the file.
    """
    # Thousands of cells live until the plan is read: looking for cycles among them took a third of the time.
    with collector_at_rest():
        return _read(source, year)


def _read(source: Source, year: int | None) -> PlanReading:
    package = _package(source.data)
    book = find_book(package) if package is not None and package.kind == "excel" else None
    if book is not None:
        # A plan's workbook as this system exports it: to be read as it stands, with its settings.
        return read_book(book, year)
    document, found = _found(source, package)
    around = read_around(found.texts)
    year = year or _year(around, found, source)
    return _Assembly(found, around, year, document).reading()


def read_document(source: Source) -> Document:
    """The tables and paragraphs in which the plan was found. Raises as `read_plan`."""
    return _found(source, _package(source.data))[0]


def _package(data: bytes | str) -> Package | None:
    """The package in `data`; None for anything else. Raises `Unreadable` and `TooLarge`, also for text."""
    size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(data)
    if size > PLAN.file:
        raise TooLarge(too_large(PLAN))
    if not size:
        raise Unreadable("文件是空的。请重新选择文件。")
    return vetted(data) if isinstance(data, bytes) and data.startswith(b"PK") else None


def _found(source: Source, package: Package | None) -> tuple[Document, Found]:
    data = source.data
    if package is not None:
        document = read_word(package) if package.kind == "word" else read_excel(package)
        document.problems += foreign_matter(package)
        return _with_measures(document)
    if isinstance(data, str):
        return _text(data)
    refuse_other_kinds(data)
    try:
        text = decode(data)
    except Unreadable as error:
        if _OFFICE_NAME.search(source.name):
            # Whoever brings a workbook is not helped by a word about encodings.
            raise Unreadable(DAMAGED) from error
        raise
    refuse_other_text(text)
    return _text(text)


def _text(text: str) -> tuple[Document, Found]:
    """Text as the first separator reads it that gives a plan."""
    for separator in _SEPARATORS:
        if separator.strip() and separator not in text:
            continue
        document = read_text(text, separator)
        found = collect(document)
        if any(task.measures for task in found.tasks):
            return document, found
    lines = read_cell_lines(text)
    if lines is not None:
        found = collect(lines)
        if any(task.measures for task in found.tasks):
            return lines, found
    return _prose(Document([Paragraph(line) for line in text.splitlines()]))


def _with_measures(document: Document) -> tuple[Document, Found]:
    found = collect(document)
    if not any(task.measures for task in found.tasks):
        return _prose(document)
    return document, found


def _prose(document: Document) -> tuple[Document, Found]:
    """No table holds a plan: its paragraphs may."""
    found = collect_prose(document)
    if not any(task.measures for task in found.tasks):
        raise NoPlanFound(NOTHING)
    return document, found


def _year(around: Around, found: Found, source: Source) -> int | None:
    """The year that the title names; else the first that the text, the heads or the file's name do, else the most frequent deadline's."""
    heads = [
        name for task in found.tasks[:1] for measure in task.measures[:1] for name in measure.layout.names
    ]
    texts = [
        around.title,
        around.attachment_title,
        *(item.paragraph.text for item in found.texts[:12]),
        *heads,
        source.name,
    ]
    for text in texts:
        if match := _OWN_YEAR.search(text) or _YEAR.search(text):
            return int(match[1])
    if match := re.search(r"(?<!\d)(20\d\d)(?!\d)", source.name):
        return int(match[1])
    years = Counter(
        year for task in found.tasks for measure in task.measures for year in _YEAR.findall(measure.deadline)
    )
    return int(years.most_common(1)[0][0]) if years else None


@dataclass(slots=True)
class _Item:
    """A measure before it has its number."""

    raw: RawMeasure
    marker: Marker | None
    text: str
    units: dict[tuple[Column, str], str]
    deadline: str


class _Assembly:
    def __init__(self, found: Found, around: Around, year: int | None, document: Document) -> None:
        self.found, self.around, self.year = found, around, year
        self.tables = document.tables
        self.problems = [*document.problems, *found.problems]
        self.said: set[Problem] = set()
        self.names: set[str] = set()
        self.cells: dict[str, tuple[str, list[tuple[str, str, Duty | None]]]] = {}
        self.deadlines: dict[str, tuple[str, Deadline]] = {}

    def reading(self) -> PlanReading:
        tasks = [
            (task, [item for raw in task.measures for item in self.items(raw)]) for task in self.found.tasks
        ]
        for task, measures in tasks:
            if not measures:
                title = mend_line(task.title)[:40]
                self.problems.append(
                    Problem(
                        f"目标任务“{title}”没有工作措施，未读入，请核对。",
                        task.row,
                        "目标任务",
                        place=self.place(task, task.column),
                    )
                )
        tasks = [(task, measures) for task, measures in tasks if measures]
        titles = [self.title(task) for task, _measures in tasks]
        # A number that counts rows belongs to the measure, one that changes with the task to the task.
        per_row = any(
            len({raw.own_number for raw in task.measures if raw.own_number}) > 1 for task, _ in tasks
        ) or any(task.is_implied for task, _ in tasks)
        task_numbers = _numbering(
            [
                (None if per_row and not task.is_implied else _integer(task.number))
                or (marker.number if marker else None)
                for (task, _), (_title, marker) in zip(tasks, titles, strict=True)
            ]
        )
        for place, (_task, measures) in enumerate(tasks):
            self.strip_levels(task_numbers[place] if task_numbers else place + 1, measures)
        flat = [item for _task, measures in tasks for item in measures]
        typed = _numbering([item.marker.number if item.marker else None for item in flat], strict=True)
        counted = (
            _numbering([_integer(item.raw.own_number) for item in flat], strict=True) if per_row else None
        )
        numbers = iter(typed or counted or range(1, len(flat) + 1))
        readings = tuple(
            TaskReading(
                number,
                title,
                tuple(self.measure(item, next(numbers), (task.title, *task.categories)) for item in measures),
                Place(task.table, task.row),
                tuple(split_marker(band)[1] for band in task.categories),
            )
            for (task, measures), (title, _marker), number in zip(
                tasks, titles, task_numbers or range(1, len(tasks) + 1), strict=True
            )
        )
        around = self.around
        return PlanReading(
            title=around.title,
            year=self.year,
            tasks=readings,
            sections=tuple(around.sections),
            preamble=around.preamble,
            attachment_title=around.attachment_title,
            issuer=around.issuer,
            issued_on=around.issued_on,
            problems=tuple(self.problems),
        )

    def title(self, task: RawTask) -> tuple[str, Marker | None]:
        # Of a row that lists measures and names no task, the first one stands for it.
        marker, text = items(mend(task.title))[0] if task.is_implied else split_marker(mend(task.title))
        title = mend_line(text)
        if not title:
            place = self.place(task, task.column)
            self.problems.append(Problem("目标任务为空，请补充。", task.row, "目标任务", place=place))
        return title, marker

    def items(self, raw: RawMeasure) -> list[_Item]:
        """The measures of one cell: several where it lists numbered ones, with the units and deadline of each."""
        listed = items(mend(raw.text))
        units = {key: [plain(text)] * len(listed) for key, text in raw.units.items()}
        deadlines = [plain(raw.deadline)] * len(listed)
        if len(listed) > 1:
            for key, text in raw.units.items():
                units[key] = _each(text, len(listed)) or units[key]
            deadlines = _each(raw.deadline, len(listed)) or deadlines
        return [
            _Item(raw, marker, text, {key: texts[index] for key, texts in units.items()}, deadlines[index])
            for index, (marker, text) in enumerate(listed)
        ]

    def measure(self, item: _Item, number: int, above: tuple[str, ...]) -> MeasureReading:
        """`above`: the headings that the measure stands under."""
        raw, layout = item.raw, item.raw.layout
        units_column = next((name for (_kind, name), text in item.units.items() if text), None)
        units_column = units_column or next((name for _kind, name in item.units), "责任单位")
        text = item.text
        if not any(item.units.values()):
            # No column names who answers: the measure may say it at its end.
            text, named, day = said_units(text)
            item.units = {("units", units_column): named}
            item.deadline = item.deadline or day
        units_text, parties = self.parties(item.units)
        deadline_text, deadline = self.deadline(item.deadline)
        if not deadline_text and "deadline" not in layout.columns:
            # No column for it: （2024年6月底前完成） may stand behind the measure or a heading above it.
            deadline_text = said_deadline((text, *above), self.year)
            deadline = parse_deadline(deadline_text, self.year)
        deadline_column = layout.name_of("deadline", "完成时限")
        if not deadline_text and re.search("[时期][限间]", units_column):
            # 责任单位及完成时限 in one column: what reads as a day is no unit.
            days = [party for party in parties if parse_deadline(party.printed, self.year).kind != "unknown"]
            parties = tuple(party for party in parties if party not in days)
            deadline_text = "；".join(party.printed for party in days)
            deadline = parse_deadline(deadline_text, self.year)
        if deadline_text and deadline.kind == "unknown":
            reason = "" if self.year else "（未能确定计划年度）"
            if _SERIAL.fullmatch(deadline_text):
                reason = "（像是日期的序列号，请把单元格设为日期格式）"
            self.say(
                raw, f"“{deadline_text}”未能识别为日期{reason}，已按原文保留。", deadline_column, decide=False
            )
        if not units_text:
            self.say(raw, "责任单位为空，请补充。", units_column)
        elif raw.inherited:
            self.say(raw, "责任单位为空，暂按与上一项措施相同处理，请核对。", units_column)
        elif not any(party.kind == "party" for party in parties):
            self.say(raw, "责任单位中没有可识别的单位名称，请核对。", units_column)
        return MeasureReading(
            number=number,
            text=text,
            units_text=units_text,
            parties=parties,
            deadline_text=deadline_text,
            deadline=deadline,
            place=Place(raw.table, raw.row),
            units_column=units_column,
            deadline_column=deadline_column,
            label=item.marker.label if item.marker else raw.own_number or None,
            extras=tuple((name, mend(text)) for name, text in raw.extras.items()),
            units_place=self.cell(raw, units_column),
        )

    def strip_levels(self, number: int, measures: list[_Item]) -> None:
        """1.1, 1.2 in task 1 are numbers; 1.5公里 is none: they must begin with the task's and count on."""
        found = [_LEVELS.match(item.text) for item in measures]
        steps = [(int(match[1]), int(match[2])) for match in found if match]
        if len(steps) != len(measures) or steps != [(number, step) for step in range(1, len(steps) + 1)]:
            return
        for item, match in zip(measures, found, strict=True):
            if match and item.marker is None:
                item.marker = Marker("levels", int(match[2]), match[0].strip())
                item.text = item.text[match.end() :]

    def parties(self, units: dict[tuple[Column, str], str]) -> tuple[str, tuple[Party, ...]]:
        """The printed wording of all columns of units, and the parties in it."""
        filled = {key: text for key, text in units.items() if text.strip()}
        labelled = len(units) > 1
        lines: list[str] = []
        named: list[tuple[str, str, Duty | None]] = []
        for (kind, name), text in filled.items():
            shown, found = self.split(text)
            lines.append(f"{name}：{shown}" if labelled else shown)
            if kind == "units" and FIRST_LEADS.search(name) and not any(duty for _name, _form, duty in found):
                # The head says so: 责任单位（列首位的为牵头单位）.
                named += [
                    (printed, form, "lead" if not place else "support")
                    for place, (printed, form, _duty) in enumerate(found)
                ]
            else:
                named += [(printed, form, duty or _DUTIES[kind]) for printed, form, duty in found]
        return "\n".join(lines), tuple(with_roles(named))

    def split(self, text: str) -> tuple[str, list[tuple[str, str, Duty | None]]]:
        """A cell of units mended, and the names in it; lists repeat their cells, so each is split once."""
        if text not in self.cells:
            named: list[tuple[str, str, Duty | None]] = [
                ("".join(piece.text.split()), piece.kind, piece.duty)
                for piece in pieces(text)
                if piece.kind != "joint" and piece.duty != "person"
            ]
            self.names.update(name for name, _, _ in named)
            if len(self.names) > PLAN.names:
                raise TooLarge(
                    f"责任单位超过 {PLAN.names:,} 个不同的名称，不予读取。请检查表格是否错位、责任单位一列是否正确后再导入。"
                )
            self.cells[text] = (mend_units(text), named)
        return self.cells[text]

    def deadline(self, text: str) -> tuple[str, Deadline]:
        """A deadline mended, and what it means."""
        if text not in self.deadlines:
            lines = [mend(line) for line in text.split("\n") if line.strip()]
            # Two lines that are deadlines each stay two; a break inside one goes.
            is_list = all(parse_deadline(line, self.year).kind != "unknown" for line in lines)
            shown = "\n".join(lines) if is_list else mend(text)
            self.deadlines[text] = (shown, parse_deadline(shown, self.year))
        return self.deadlines[text]

    def place(self, raw: RawMeasure | RawTask, column: int) -> CellPlace | None:
        """Where a cell of this row stands; None in a document without tables."""
        if not 0 <= raw.table < len(self.tables):
            return None
        return self.tables[raw.table].place(raw.table, raw.row, column)

    def cell(self, raw: RawMeasure, column: str) -> CellPlace | None:
        """The cell of this row under a head. A column that the table lacks is missed where the measure stands."""
        names, columns = raw.layout.names, raw.layout.columns
        return self.place(raw, names.index(column) if column in names else columns.get("measure", [0])[0])

    def say(self, raw: RawMeasure, message: str, column: str, *, decide: bool = True) -> None:
        problem = Problem(message, raw.row, column, decide, self.cell(raw, column))
        if problem not in self.said:
            self.said.add(problem)
            self.problems.append(problem)


def _each(text: str, count: int) -> list[str] | None:
    """The cell beside a list of `count` measures, if it lists as many; None where it stands for all of them."""
    listed = items(plain(text).strip())
    return [own for _marker, own in listed] if len(listed) == count else None


def _integer(text: str) -> int | None:
    return number_of(text.strip().strip(".．、（）() "))


def _numbering(numbers: Iterable[int | None], *, strict: bool = False) -> list[int] | None:
    """Printed numbers if they can tell rows apart: all there and rising. `strict` is the same for measures of a whole plan."""
    listed = [number for number in numbers if number is not None and 0 < number <= 32_767]
    given = list(numbers) if isinstance(numbers, list) else listed
    if len(listed) != len(given) or not listed:
        return None
    rising = all(first < second for first, second in pairwise(listed))
    return listed if rising else None
